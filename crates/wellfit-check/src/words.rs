//! What a check gave, for people.

use std::fmt::Write;

use wellfit_stats::format::count as thousands;

use crate::{Checked, Finding, Level};

/// Everything: what was looked at, then errors, warnings and notes, each with what was seen
/// and what to do. Lines are broken at `width` columns.
pub fn text(checked: &Checked, width: usize) -> String {
    let [train, validation, test] = checked.samples.map(thousands);
    let mut out = String::new();
    let origin = match checked.origin == checked.source {
        true => String::new(),
        false => format!(" ({})", checked.origin),
    };
    let head = format!(
        "data: {}{origin}, {train} training, {validation} validation, {test} test samples of {} {}",
        checked.source,
        thousands(checked.columns),
        if checked.columns == 1 { "value" } else { "values" }
    );
    fold(&mut out, &head, "", "  ", width);
    fold(&mut out, &format!("looked at: {}", looked(checked)), "", "  ", width);
    if checked.findings.is_empty() {
        let nothing = "Nothing was found: no leaks, repeats or contradictions, no conspicuous \
                       classes, columns or targets, no drift between the parts.";
        out.push('\n');
        fold(&mut out, nothing, "", "", width);
        return out;
    }
    for level in Level::ALL {
        let n = checked.count(level);
        if n > 0 {
            let _ = writeln!(out, "\n{n} {}{}", level.name(), if n == 1 { "" } else { "s" });
        }
        for finding in checked.findings.iter().filter(|finding| finding.level == level) {
            tell(&mut out, finding, width);
        }
    }
    out
}

/// What was looked for, and in how many rows.
fn looked(checked: &Checked) -> String {
    let each = checked.looked.iter().map(|looked| {
        let (rows, of) = (thousands(looked.rows), thousands(looked.of));
        match looked.rows == looked.of {
            true => format!("{} (all {of} rows)", looked.what),
            false => format!("{} ({rows} of {of} rows, drawn)", looked.what),
        }
    });
    each.collect::<Vec<_>>().join(", ")
}

fn tell(out: &mut String, finding: &Finding, width: usize) {
    let line = format!("{}: {}", finding.kind.title(), finding.evidence);
    fold(out, &line, "  ", "    ", width);
    fold(out, &format!("→ {}", finding.advice), "    ", "      ", width);
    if let Some(line) = &finding.paste {
        let _ = writeln!(out, "      {line}");
    }
}

/// Writes words, broken between them.
fn fold(out: &mut String, words: &str, first: &str, others: &str, width: usize) {
    let mut line = first.to_owned();
    let mut empty = true;
    for word in words.split(' ') {
        let fits = line.chars().count() + 1 + word.chars().count() <= width;
        if !empty && !fits {
            out.push_str(&line);
            out.push('\n');
            line = others.to_owned();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(&line);
    out.push('\n');
}

/// What is worth saying before training, in at most five lines; none where there is neither
/// error nor warning. `command` tells more.
pub fn brief(checked: &Checked, command: &str) -> Vec<String> {
    let grave = || checked.findings.iter().filter(|finding| finding.level >= Level::Warning);
    let (errors, warnings) = (checked.count(Level::Error), checked.count(Level::Warning));
    let number = |n: usize, noun| match n {
        0 => None,
        1 => Some(format!("1 {noun}")),
        n => Some(format!("{n} {noun}s")),
    };
    let numbers = [number(errors, "error"), number(warnings, "warning")];
    let numbers: Vec<String> = numbers.into_iter().flatten().collect();
    if numbers.is_empty() {
        return Vec::new();
    }
    let mut lines: Vec<String> = grave()
        .take(3)
        .map(|finding| {
            let head = if finding.level == Level::Error { "ERROR" } else { "warning" };
            format!("data {head}: {}: {}", finding.kind.title(), short(&finding.evidence))
        })
        .collect();
    lines.push(format!("data: {}; `{command}` tells more", numbers.join(" and ")));
    lines
}

/// The first of several clauses.
fn short(evidence: &str) -> &str {
    let cut = [": ", "; "].iter().filter_map(|mark| evidence.find(mark)).min();
    cut.map_or(evidence, |at| &evidence[..at])
}
