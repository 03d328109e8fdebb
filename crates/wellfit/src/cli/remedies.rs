//! `wellfit remedies`

use serde_json::json;
use wellfit::remedy::{Default, Parameter, REMEDIES, Remedy};

use super::arguments::RemediesArguments;
use super::{Failure, print};

/// Lists every remedy.
pub fn remedies(arguments: RemediesArguments) -> Result<(), Failure> {
    if arguments.json {
        let all: Vec<_> = REMEDIES.iter().map(|remedy| as_json(remedy)).collect();
        return print::result(&format!("{:#}\n", json!(all)));
    }
    let each: Vec<String> = REMEDIES.iter().map(|remedy| as_text(remedy)).collect();
    print::result(&each.join("\n"))
}

fn as_text(remedy: &Remedy) -> String {
    let mut text = format!("{}\n  {}\n", remedy.signature(), remedy.meaning);
    for (at, parameter) in remedy.parameters.iter().enumerate() {
        let Parameter { name, kind, meaning, .. } = parameter;
        let several = if remedy.strength == Some(at) { ", or a range of them, a..b" } else { "" };
        text.push_str(&format!("  {name:<15} {meaning}; {}{several}\n", kind.range()));
    }
    text
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
    json!({ "name": remedy.name, "meaning": remedy.meaning, "parameters": parameters })
}
