//! `wellfit remedies [NAME]`

use serde_json::json;
use wellfit::plan::did_you_mean;
use wellfit::remedy::{Default, Group, Parameter, REMEDIES, Remedy, find};

use super::arguments::RemediesArguments;
use super::{Failure, print};

/// Lists every remedy, or says all of one.
pub fn remedies(arguments: RemediesArguments) -> Result<(), Failure> {
    let RemediesArguments { name, json } = arguments;
    let Some(name) = name else {
        return match json {
            true => json_of(&json!(REMEDIES.iter().map(|r| as_json(r)).collect::<Vec<_>>())),
            false => print::result(&list()),
        };
    };
    let remedy = find(&name).ok_or_else(|| {
        let names = REMEDIES.iter().map(|remedy| remedy.name);
        Failure::input(format!("there is no remedy {name:?}")).hint(
            did_you_mean(&name, names).unwrap_or_else(|| "`wellfit remedies` lists them".into()),
        )
    })?;
    match json {
        true => json_of(&as_json(remedy)),
        false => print::result(&details(remedy)),
    }
}

fn json_of(value: &serde_json::Value) -> Result<(), Failure> {
    print::result(&format!("{value:#}\n"))
}

/// All of them by group.
fn list() -> String {
    let group = |group: Group| {
        let each = REMEDIES.iter().filter(|remedy| remedy.group == group);
        let each: Vec<String> = each.map(|remedy| as_text(remedy)).collect();
        format!("{}\n\n{}", group.title().to_uppercase(), each.join("\n"))
    };
    let groups: Vec<String> = Group::ALL.into_iter().map(group).collect();
    format!(
        "{}\n`wellfit remedies NAME` says what one computes, when it helps, and who says so.\n",
        groups.join("\n")
    )
}

fn as_text(remedy: &Remedy) -> String {
    let mut text = format!("{}\n{}", remedy.signature(), indented(remedy.meaning));
    for (at, parameter) in remedy.parameters.iter().enumerate() {
        let Parameter { name, kind, meaning, .. } = parameter;
        let several = if remedy.strength == Some(at) { ", or a range of them, a..b" } else { "" };
        text.push_str(&format!("  {name:<15} {meaning}; {}{several}\n", kind.range()));
    }
    text
}

fn details(remedy: &Remedy) -> String {
    let Remedy { formula, helps, source, usual, range, .. } = remedy;
    let mut text = as_text(remedy);
    for (head, words) in [("computes", formula), ("helps", helps), ("source", source)] {
        text.push_str(&format!("\n{head}:\n{}", indented(words)));
    }
    text.push_str(&format!("\nto begin with:\n  remedies = [{}]\n", wellfit::plan::quoted(usual)));
    if let Some(range) = range {
        let range = wellfit::plan::quoted(range);
        text.push_str(&format!("several strengths:\n  remedies = [{range}]\n"));
    }
    text
}

/// The words in lines of some 78 characters, each two spaces in.
fn indented(words: &str) -> String {
    let mut lines = vec![String::from(" ")];
    for word in words.split_whitespace() {
        let last = lines.last_mut().expect("a line");
        if last.chars().count() + 1 + word.chars().count() > print::WIDTH && last.trim() != "" {
            lines.push(format!("  {word}"));
        } else {
            *last += &format!(" {word}");
        }
    }
    lines.join("\n") + "\n"
}

fn as_json(remedy: &Remedy) -> serde_json::Value {
    let parameters: Vec<_> = remedy
        .parameters
        .iter()
        .enumerate()
        .map(|(at, Parameter { name, kind, default, meaning })| {
            let required = *default == Default::Required;
            let default = match default {
                Default::Is(value) => Some(value.to_string()),
                Default::Required | Default::Absent(_) => None,
            };
            json!({
                "name": name, "range": kind.range(), "default": default,
                "required": required, "meaning": meaning,
                "strength": remedy.strength == Some(at),
            })
        })
        .collect();
    json!({
        "name": remedy.name, "group": remedy.group.title(), "meaning": remedy.meaning,
        "formula": remedy.formula, "helps": remedy.helps, "source": remedy.source,
        "usual": remedy.usual, "range": remedy.range, "parameters": parameters,
    })
}
