//! What was seen of a study's trials from inside, a line a kind.

use crate::inside::{InsideKind, words as advice};
use crate::trials::ArmTrials;
use crate::verdict::{Finding, Found};
use crate::words::{listed, plural};
use crate::{InsideFindings, words};

/// The kinds that were found in any trial, with the arms, layers and numbers of trials.
pub fn insides(trials: &[ArmTrials]) -> Vec<InsideFindings> {
    InsideKind::ALL.into_iter().filter_map(|kind| of_kind(kind, trials)).collect()
}

/// In an arm: how many trials show it, and in which layers.
struct Shown<'a> {
    arm: &'a str,
    trials: usize,
    of: usize,
    layers: Vec<&'a str>,
}

fn of_kind(kind: InsideKind, trials: &[ArmTrials]) -> Option<InsideFindings> {
    let shown: Vec<Shown> = trials.iter().filter_map(|arm| in_arm(kind, arm)).collect();
    let (arm, trial, first) = trials.iter().find_map(|arm| {
        let mut judged = arm.judged();
        judged.find_map(|(cell, verdict)| {
            Some((&arm.arm.name, arm.over.cell(cell), found(kind, &verdict.findings).next()?))
        })
    })?;
    let arms: Vec<String> = shown
        .iter()
        .map(|shown| {
            let layers = match shown.layers.as_slice() {
                [] => String::new(),
                [one] => format!(", layer {one}"),
                many => format!(", layers {}", many.join(", ")),
            };
            format!("{} ({} of {}{layers})", shown.arm, shown.trials, plural(shown.of, "trial"))
        })
        .collect();
    Some(InsideFindings {
        kind: kind.name(),
        title: kind.title(),
        sentence: listed(arms),
        evidence: words::of_trial(arm, &trial, &first.evidence),
        advice: advice(kind),
    })
}

fn in_arm<'a>(kind: InsideKind, arm: &'a ArmTrials) -> Option<Shown<'a>> {
    let mut shown = Shown { arm: &arm.arm.name, trials: 0, of: 0, layers: Vec::new() };
    for (_, verdict) in arm.judged() {
        shown.of += 1;
        shown.trials += usize::from(found(kind, &verdict.findings).next().is_some());
        for finding in found(kind, &verdict.findings) {
            let layer = finding.sight.as_ref().and_then(|sight| sight.layer.as_deref());
            shown.layers.extend(layer.filter(|layer| !shown.layers.contains(layer)));
        }
    }
    (shown.trials > 0).then_some(shown)
}

fn found(kind: InsideKind, findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    findings.iter().filter(move |finding| finding.kind == Found::Inside(kind))
}
