//! Verdicts for a page: a table, then what carries each.

use wellfit_stats::format::{UNKNOWN, number, three_digits};

use super::{Show, Unread, plain};
use crate::verdict::Verdict;
use crate::verdict::words::place;

pub fn markdown(verdicts: &[Verdict], unread: &[Unread], show: Show) -> String {
    let mut text = String::from(
        "| run | verdict | confidence | severity | since | best | gap |\n\
         |---|---|---|---|---|---|---|\n",
    );
    text.extend(verdicts.iter().map(row));
    text.extend(unread.iter().map(unread_row));
    text.extend(verdicts.iter().map(|verdict| details(verdict, show)));
    text.extend(unread.iter().map(|Unread { name, message }| {
        format!("\n### {}\n\ncould not be read: {}\n", escaped(name), escaped(message))
    }));
    text
}

fn unread_row(Unread { name, .. }: &Unread) -> String {
    format!("| {} | could not be read |{}\n", escaped(name), format!(" {UNKNOWN} |").repeat(5))
}

fn row(verdict: &Verdict) -> String {
    let at = |at: Option<f64>| at.map_or(UNKNOWN.to_owned(), place);
    let gap = verdict.gap.map_or(UNKNOWN.to_owned(), three_digits);
    format!(
        "| {} | **{}** | {} | {} | {} | {} | {gap} |\n",
        escaped(&verdict.name),
        verdict.kind.name(),
        number(verdict.confidence, 3),
        verdict.severity,
        at(verdict.since),
        at(verdict.best),
    )
}

fn details(verdict: &Verdict, show: Show) -> String {
    let mut text = format!("\n### {}\n\n{}\n", escaped(&verdict.name), escaped(&verdict.headline));
    if !verdict.findings.is_empty() || !verdict.notes.is_empty() {
        text.push('\n');
    }
    for finding in &verdict.findings {
        let advice = verdict.advice(finding, show.target(verdict));
        text.push_str(&format!(
            "- **{}**: {}  \n  {}: `{}`\n",
            finding.kind.name(),
            escaped(&finding.evidence),
            advice.words,
            advice.paste
        ));
    }
    for note in &verdict.notes {
        text.push_str(&format!("- note: {}\n", escaped(note)));
    }
    text
}

/// Text that stands for itself, also in a table.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in plain(text).chars() {
        if "\\`*_[]<>|#~&".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
