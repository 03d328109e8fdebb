//! Verdicts for people in a terminal: the headline first, then what carries it.

use wellfit_stats::format::{number, three_digits};

use super::{Show, plain};
use crate::verdict::words::{place, unit_word};
use crate::verdict::{Finding, Kind, Verdict};

pub fn text(verdicts: &[Verdict], show: Show) -> String {
    let each: Vec<String> = verdicts.iter().map(|verdict| block(verdict, show)).collect();
    let mut text = each.join("\n");
    if verdicts.len() > 1 {
        text.push_str(&format!("\n{}\n", summary(verdicts)));
    }
    text
}

fn block(verdict: &Verdict, show: Show) -> String {
    let code = |code: &str, words: &str| match show.colour {
        true => format!("\x1b[{code}m{words}\x1b[0m"),
        false => words.to_owned(),
    };
    let mut lines = vec![
        code("1", &plain(&verdict.headline)),
        code("2", &format!("  {}", plain(&facts(verdict)))),
    ];
    lines.extend(verdict.findings.iter().flat_map(|finding| told(verdict, finding, show)));
    lines.extend(verdict.notes.iter().map(|note| format!("  note: {}", plain(note))));
    lines.join("\n") + "\n"
}

/// What was found, and what to do about it: a line each.
pub fn told(verdict: &Verdict, finding: &Finding, show: Show) -> [String; 2] {
    let (name, evidence) = (finding.kind.name(), plain(&finding.evidence));
    let advice = plain(&show.advice(verdict, finding));
    [format!("  {name}: {evidence}"), format!("    → {advice}")]
}

/// `runs/plan (wellfit, 30 rows), confidence 0.99, severity 3 of 3, best epoch 12, gap 6.6
/// points`.
fn facts(verdict: &Verdict) -> String {
    let Verdict { name, origin, rows, .. } = verdict;
    let rows = format!("{rows} {}", if *rows == 1 { "row" } else { "rows" });
    let mut facts = vec![format!("{name} ({origin}, {rows})")];
    facts.extend(sureness(verdict));
    if verdict.severity > 0 {
        facts.push(format!("severity {} of 3", verdict.severity));
    }
    if let Some(best) = verdict.best {
        facts.push(format!("best {} {}", unit_word(verdict.unit), place(best)));
    }
    if let Some(gap) = verdict.gap {
        let of = if verdict.gap_of_scores { "score" } else { "loss" };
        facts.push(format!("gap in {of} {}", three_digits(gap)));
    }
    facts.join(", ")
}

/// How sure the verdict is; of an undecided run, how likely the likeliest other one is, where
/// any was weighed at all.
fn sureness(verdict: &Verdict) -> Option<String> {
    let other = 1.0 - verdict.confidence;
    match verdict.kind {
        Kind::Undecided if other < 0.0005 => None,
        Kind::Undecided => {
            Some(format!("no other verdict has a probability above {}", number(other, 3)))
        }
        _ => Some(format!("confidence {}", number(verdict.confidence, 3))),
    }
}

/// `5 runs: 3 healthy, 2 overfit`.
fn summary(verdicts: &[Verdict]) -> String {
    let count = |kind: Kind| verdicts.iter().filter(|verdict| verdict.kind == kind).count();
    let kinds = Kind::ALL.into_iter().filter(|kind| count(*kind) > 0);
    let words: Vec<String> = kinds.map(|kind| format!("{} {}", count(kind), kind.name())).collect();
    format!("{} runs: {}", verdicts.len(), words.join(", "))
}
