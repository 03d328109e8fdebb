//! The resolved study as a study file.

use wellfit_train::plan::Document;

use super::inline::{inline, quoted};
use crate::arm::{Arm, Strength};
use crate::folds::Folds;
use crate::remedy::Call;
use crate::study::Study;

impl Study {
    /// The study with every default filled in. It reads back to the same plans,
    /// arms and seeds, wherever the text lies.
    pub fn to_toml(&self) -> String {
        let base = self.plan.to_toml();
        let seeds: Vec<String> = self.seeds.iter().map(u64::to_string).collect();
        let mut text = format!(
            "{}\n\n[study]\nname = {}\nseeds = [{}]\n",
            base.trim_end(),
            quoted(&self.name),
            seeds.join(", "),
        );
        // Every arm measures what the study is judged by.
        let mut base = base;
        if !self.primary_by_data {
            let primary = format!("primary = \"{}\"\n", self.primary.name());
            base.push_str(&format!("\n[study]\n{primary}"));
            text.push_str(&primary);
        }
        text.push_str(&format!("judge_at = \"{}\"\n", self.judge_at.name()));
        if let Some(Folds { of, repeats }) = self.folds {
            text.push_str(&format!("folds = {of}\n"));
            if repeats > 1 {
                text.push_str(&format!("repeats = {repeats}\n"));
            }
        }
        if self.racing {
            text.push_str("racing = true\n");
        }
        for arm in &self.arms[1..] {
            text.push_str(&written(arm, &base));
        }
        text
    }
}

/// The arm as it was written where that reads back to the same plan, else with what
/// its plan changes spelt out. (A relative path does not, nor does a change of type
/// that leaves the old type's settings standing.)
fn written(arm: &Arm, base: &str) -> String {
    let is_remedy = |text: &String| text.parse::<Call>().is_ok();
    let (remedies, set): (Vec<_>, Vec<_>) = arm.remedies.iter().cloned().partition(is_remedy);
    let as_written = section(arm, &remedies, &set);
    if reads_back(base, &as_written, arm) {
        as_written
    } else {
        section(arm, &remedies, &differences(base, &arm.plan.to_toml()))
    }
}

fn section(arm: &Arm, remedies: &[String], set: &[String]) -> String {
    let mut text = format!("\n[[study.arm]]\nname = {}\n", quoted(&arm.name));
    if !set.is_empty() {
        text.push_str(&format!("set = {{ {} }}\n", set.join(", ")));
    }
    if !remedies.is_empty() {
        let remedies: Vec<String> = remedies.iter().map(|call| quoted(call)).collect();
        text.push_str(&format!("remedies = [{}]\n", remedies.join(", ")));
    }
    if let Some(Strength { family, value, spacing, falling }) = &arm.strength {
        let (family, spacing) = (quoted(family), spacing.name());
        let falling = if *falling { ", falling = true" } else { "" };
        text.push_str(&format!(
            "strength = {{ family = {family}, value = {value:?}, spacing = \"{spacing}\"{falling} }}\n"
        ));
    }
    text
}

fn reads_back(base: &str, section: &str, arm: &Arm) -> bool {
    let text = format!("{base}{section}");
    let study = Document::parse("study.toml", &text).and_then(|text| Study::read(&text, "study"));
    study.is_ok_and(|study| study.arms[1..] == *std::slice::from_ref(arm))
}

/// The keys (`train.optimizer`) whose values differ between two plans' texts, as
/// `key = value` with the second's value.
fn differences(base: &str, changed: &str) -> Vec<String> {
    let lines = |text: &str| -> Vec<String> {
        let document = Document::parse("plan", text);
        let sections = document.iter().flat_map(|document| document.top().rest());
        let fields = sections.filter_map(|(_, field)| field.section().ok());
        fields
            .flat_map(|section| section.rest())
            .map(|(_, field)| format!("{} = {}", field.path(), inline(field.node())))
            .collect()
    };
    let old = lines(base);
    lines(changed).into_iter().filter(|line| !old.contains(line)).collect()
}
