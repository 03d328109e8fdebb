//! Verdicts for programs.

use serde_json::{Value, json};

use super::Show;
use crate::verdict::{Sight, Target, Verdict};

/// The version of the form.
pub const SCHEMA: u32 = 1;

pub fn json(verdicts: &[Verdict], show: Show) -> String {
    let each: Vec<Value> =
        verdicts.iter().map(|verdict| json_value(verdict, show.target(verdict))).collect();
    format!("{:#}\n", Value::Array(each))
}

/// A verdict as an object; also what `record.json` keeps.
pub fn json_value(verdict: &Verdict, target: Target) -> Value {
    let findings: Vec<Value> = verdict
        .findings
        .iter()
        .map(|finding| {
            let mut object = json!({
                "kind": finding.kind.name(),
                "evidence": finding.evidence,
                "advice": verdict.advice(finding, target).to_string(),
            });
            if let Some(Sight { layer, epoch, value, threshold }) = &finding.sight {
                object["layer"] = json!(layer);
                object["epoch"] = json!(epoch);
                object["value"] = json!(value);
                object["threshold"] = json!(threshold);
            }
            object
        })
        .collect();
    json!({
        "schema": SCHEMA,
        "path": verdict.name,
        "verdict": verdict.kind.name(),
        "severity": verdict.severity,
        "confidence": verdict.confidence,
        "since_epoch": verdict.since.map(place_value),
        "best_epoch": verdict.best.map(place_value),
        "gap": verdict.gap,
        "gap_of": verdict.gap.map(|_| if verdict.gap_of_scores { "score" } else { "loss" }),
        "headline": verdict.headline,
        "findings": findings,
        "origin": verdict.origin,
        "notes": verdict.notes,
    })
}

/// Where a row stands: a whole number where it is one.
pub fn place_value(at: f64) -> Value {
    if at.fract() == 0.0 && at.abs() < 9e15 { (at as i64).into() } else { at.into() }
}
