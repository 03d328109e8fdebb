//! A comparison for people and for programs.

use serde_json::{Map, Value, json};
use wellfit_stats::{Estimate, format};

use super::{Compared, Comparison, RunEnd, SideRun, words};
use crate::arms::MoreSeeds;
use crate::verdict::{place, place_value, plain, unit_word};

/// The version of the JSON form.
pub const COMPARISON_SCHEMA: u32 = 1;

/// The headline, a table of what was compared, and what to know; with ANSI colours if asked.
pub fn comparison_text(comparison: &Comparison, colour: bool) -> String {
    let bold = |text: &str| match colour {
        true => format!("\x1b[1m{text}\x1b[0m"),
        false => text.to_owned(),
    };
    let head = ["", "A", "B", "A − B [95 %]"].map(str::to_owned);
    let row = |figure: &Compared| {
        let [a, b] = [0, 1].map(|side| words::side_figure(figure, side));
        [figure.words.clone(), a, b, words::difference(figure)]
    };
    let rows: Vec<[String; 4]> =
        std::iter::once(head).chain(comparison.compared.iter().map(row)).collect();
    let mut lines = vec![comparison.headline.clone()];
    lines.extend(table(&rows));
    let difference = &comparison.primary().difference;
    if difference.has_interval() {
        lines.push(format!(
            "  p {} of no difference; differences within {} count as of no use",
            p_words(difference.p),
            comparison.margin_words
        ));
    }
    for (side, runs) in ["A", "B"].iter().zip(&comparison.sides) {
        lines.extend(runs.iter().map(|run| format!("  {side}: {}", run_line(run))));
    }
    lines.extend(comparison.notes.iter().map(|note| format!("  note: {note}")));
    let mut lines: Vec<String> = lines.iter().map(|line| plain(line)).collect();
    lines[0] = bold(&lines[0]);
    lines.join("\n") + "\n"
}

/// `0.0004`, `< 0.0001`.
fn p_words(p: f64) -> String {
    if p < 1e-4 { "< 0.0001".to_owned() } else { format::three_digits(p) }
}

/// Columns side by side, each as wide as its widest cell.
fn table(rows: &[[String; 4]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths = [0, 1, 2, 3].map(|column| width(column).unwrap_or(0));
    let line = |row: &[String; 4]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// `runs/plan (wellfit, seed 3): 0.298 at epoch 12`.
fn run_line(run: &SideRun) -> String {
    let SideRun { name, origin, seed, state, .. } = run;
    let seed = seed.map_or(String::new(), |seed| format!(", seed {seed}"));
    let end = match (state, run.figure, run.judged_at) {
        (RunEnd::Ended, Some(figure), Some(at)) => {
            let figure = format::three_digits(figure);
            format!("{figure} at {} {}", unit_word(run.unit), place(at))
        }
        (RunEnd::Unfinished(what), ..) => what.clone(),
        _ => "diverged".to_owned(),
    };
    format!("{name} ({origin}{seed}): {end}")
}

/// The comparison as an object.
pub fn comparison_json(comparison: &Comparison) -> String {
    let tests = &comparison.tests;
    let figures: Map<String, Value> = comparison
        .compared
        .iter()
        .map(|figure| {
            let [a, b] = figure.sides.each_ref().map(|side| estimate("mean", side));
            let mut difference = estimate("difference", &figure.difference);
            difference.insert("p".to_owned(), json!(figure.difference.p));
            (figure.key.to_owned(), json!({ "a": a, "b": b, "difference": difference }))
        })
        .collect();
    let run = |run: &SideRun| {
        let (state, what) = match &run.state {
            RunEnd::Ended => ("ended", None),
            RunEnd::Diverged => ("diverged", None),
            RunEnd::Unfinished(what) => ("unfinished", Some(what)),
        };
        json!({
            "path": run.name,
            "origin": run.origin,
            "seed": run.seed,
            "state": state,
            "message": what,
            "judged_at": run.judged_at.map(place_value),
            "figure": run.figure,
        })
    };
    let runs = |side: usize| comparison.sides[side].iter().map(run).collect::<Vec<_>>();
    let value = json!({
        "schema": COMPARISON_SCHEMA,
        "judgement": comparison.judgement.name(),
        "headline": comparison.headline,
        "primary": comparison.primary().key,
        "measure": comparison.measure.to_string(),
        "higher_is_better": comparison.measure.higher_is_better(),
        "judge_at": comparison.judge_at.name(),
        "pairing": comparison.pairing.name(),
        "margin": comparison.margin,
        "figures": figures,
        "tests": {
            "p_beyond": tests.p_beyond,
            "p_within": tests.p_within,
            "bootstrap": tests.bootstrap,
            "sign_flip_p": tests.sign_flip_p,
        },
        "more_runs": comparison.more_runs(),
        "settle": comparison.more.map(|_: MoreSeeds| words::more(comparison)),
        "a": runs(0),
        "b": runs(1),
        "notes": comparison.notes,
    });
    format!("{value:#}\n")
}

/// An estimate under the name of its mean; what is not known is null.
fn estimate(mean: &str, estimate: &Estimate) -> Map<String, Value> {
    let Estimate { mean: value, low, high, n, .. } = estimate;
    [(mean, json!(value)), ("low", json!(low)), ("high", json!(high)), ("n", json!(n))]
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect()
}
