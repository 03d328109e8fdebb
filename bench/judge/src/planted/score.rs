//! Truths and verdicts become tables.

use std::path::Path;

use serde_json::{Value, json};
use wellfit::findings::verdict::{Facts, Kind, Verdict, judge_record};

use super::rivals::{RULES, Rule};
use super::truth::{Truth, truth};
use super::{Planted, TUNING};
use crate::results::{Failure, Results, mean, percent, share, table};

/// Macro-F1 that is wanted.
const WANTED_F1: f64 = 0.9;
/// The most false alarms on healthy runs.
const MOST_FALSE_ALARMS: f64 = 0.05;

/// A run, what it is, and what was said of it.
struct Judged<'a> {
    run: &'a Planted,
    truth: Truth,
    verdict: Verdict,
}

impl Judged<'_> {
    fn of(run: &Planted) -> Judged<'_> {
        let facts = Facts::of(&run.case.plan());
        let name = format!("planted {}", run.case.number);
        let verdict = judge_record(&name, &run.measured.record, facts);
        Judged { run, truth: truth(run), verdict }
    }

    fn right(&self) -> bool {
        self.truth.kind == self.verdict.kind
    }

    /// The run in a few lines, for whoever mends the rules.
    fn words(&self) -> String {
        let (case, measured) = (&self.run.case, &self.run.measured);
        let rows = &measured.record.epochs;
        let at = |row: Option<&wellfit::record::EpochRow>| {
            row.map_or("none".into(), |row| {
                format!(
                    "epoch {}: train {:.4} ({:.3}), val {:.4} ({:.3})",
                    row.epoch,
                    row.train_eval_loss,
                    row.train_score,
                    row.val_loss.unwrap_or(f64::NAN),
                    row.val_score.unwrap_or(f64::NAN)
                )
            })
        };
        let fresh = measured.fresh.unwrap_or(f64::NAN);
        let share = |value: f64| 100.0 * value / fresh;
        let cure = self.truth.cure.as_ref().map_or("nothing is better".into(), |twin| {
            format!("{} is better by {:.1} %", twin.change, share(twin.gain))
        });
        format!(
            "#{} {:?}: truth {}, verdict {} ({})\n  {:?} {} classes, {} inputs, noise {:.2}, \
             label noise {}; {} train, {} val, width {}×{}, {} epochs, batch {}, {} {:.1e}, \
             dropout {}, l2 {:.0e}\n  best {}; last {}; guessing {:.4}, fresh {:.4}; {cure}; \
             margin {:.1} %, error of the validation set {:.1} %\n  {}\n",
            case.number,
            case.cause,
            self.truth.kind.name(),
            self.verdict.kind.name(),
            self.verdict.confidence,
            case.source.law,
            case.source.classes,
            case.source.inputs,
            case.source.noise,
            case.source.label_noise,
            case.train,
            case.validation,
            case.width,
            case.depth,
            case.epochs,
            case.batch_size,
            if case.sgd { "sgd" } else { "adam" },
            case.lr,
            case.dropout,
            case.l2,
            at(measured.record.best()),
            at(rows.last()),
            measured.guessing,
            fresh,
            share(self.truth.margin),
            share(self.truth.error),
            self.verdict.headline
        )
    }

    fn csv(&self) -> String {
        let (case, measured) = (&self.run.case, &self.run.measured);
        let number = |value: f64| if value.is_finite() { format!("{value:.5}") } else { "".into() };
        let last = measured.record.epochs.last();
        let cure = self.truth.cure.as_ref();
        let alarms = RULES.map(|(_, rule)| u8::from(rule(&measured.record.epochs)).to_string());
        [
            case.number.to_string(),
            case.draw().to_string(),
            format!("{:?}", case.cause),
            self.truth.kind.name().to_owned(),
            self.verdict.kind.name().to_owned(),
            format!("{:.3}", self.verdict.confidence),
            number(last.map_or(f64::NAN, |row| row.train_eval_loss)),
            number(last.and_then(|row| row.val_loss).unwrap_or(f64::NAN)),
            number(measured.fresh.unwrap_or(f64::NAN)),
            cure.map_or(String::new(), |twin| twin.change.clone()),
            number(cure.map_or(f64::NAN, |twin| twin.gain)),
            number(self.truth.margin),
            number(self.truth.error),
        ]
        .into_iter()
        .chain(alarms)
        .collect::<Vec<_>>()
        .join(",")
    }
}

const CSV: &str = "run,draw,planted,truth,verdict,confidence,train_loss,val_loss,fresh_loss,cure,\
                   gain,margin,error,overfit_rule,overtraining_both,overtraining_one";

/// Scores the runs of some draws and keeps the figures; in `work` also what went wrong in
/// those that may be tuned on.
pub fn keep(
    runs: &[Planted],
    draws: &[u64],
    work: &Path,
    results: &Results,
) -> Result<(), Failure> {
    let mut text = String::new();
    let mut figures = serde_json::Map::new();
    let mut all = vec![CSV.to_owned()];
    let mut mistakes: Vec<String> = Vec::new();
    for &draw in draws {
        let of_draw = runs.iter().filter(|run| run.case.draw() == draw);
        let judged: Vec<Judged> = of_draw.map(Judged::of).collect();
        text += &format!("### {}\n\n{}\n", heading(draw), tables(&judged));
        figures.insert(format!("draw {draw}"), json_of(&judged));
        all.extend(judged.iter().map(Judged::csv));
        if TUNING.contains(&draw) {
            mistakes.extend(judged.iter().filter(|judged| !judged.right()).map(Judged::words));
        }
    }
    wellfit::write_file(&work.join("mistakes.txt"), mistakes.concat().as_bytes())?;
    results.write("judge-planted.csv", &(all.join("\n") + "\n"))?;
    results.keep("planted", Value::Object(figures), &text)
}

fn heading(draw: u64) -> String {
    match TUNING.contains(&draw) {
        true => format!("Draw {draw}, which rules were tuned on"),
        false => format!("Draw {draw}, which was held back"),
    }
}

/// Runs with this truth (row) that got this verdict (column).
fn confusion(judged: &[Judged]) -> [[usize; 5]; 5] {
    let at = |kind: Kind| Kind::ALL.iter().position(|&other| other == kind).unwrap_or(0);
    judged.iter().fold([[0; 5]; 5], |mut counts, judged| {
        counts[at(judged.truth.kind)][at(judged.verdict.kind)] += 1;
        counts
    })
}

/// F1 = 2·hits/(2·hits + missed + false); NaN where the class is neither true nor said.
fn f1(hits: usize, of_class: usize, said: usize) -> f64 {
    2.0 * hits as f64 / (of_class + said) as f64
}

/// F1 of each class.
fn f1_by_class(counts: &[[usize; 5]; 5]) -> [f64; 5] {
    std::array::from_fn(|class| {
        let said = counts.iter().map(|row| row[class]).sum();
        f1(counts[class][class], counts[class].iter().sum(), said)
    })
}

fn macro_f1(counts: &[[usize; 5]; 5]) -> f64 {
    mean(f1_by_class(counts).into_iter().filter(|f1| !f1.is_nan()))
}

/// Of healthy runs, the share called overfit, and called anything to worry about.
fn false_alarms(judged: &[Judged]) -> [f64; 2] {
    let healthy = || judged.iter().filter(|judged| judged.truth.kind == Kind::Healthy);
    let bad = |kind| matches!(kind, Kind::Overfit | Kind::Underfit | Kind::Diverged);
    [
        share(healthy().map(|judged| judged.verdict.kind == Kind::Overfit)),
        share(healthy().map(|judged| bad(judged.verdict.kind))),
    ]
}

/// An alarm for overfitting: F1, found of the overfit, false of the healthy.
fn alarm(judged: &[Judged], alarms: impl Fn(&Judged) -> bool) -> [f64; 3] {
    let overfit = |judged: &&Judged| judged.truth.kind == Kind::Overfit;
    let healthy = |judged: &&Judged| judged.truth.kind == Kind::Healthy;
    let hits = judged.iter().filter(overfit).filter(|judged| alarms(judged)).count();
    let said = judged.iter().filter(|judged| alarms(judged)).count();
    let of_class = judged.iter().filter(overfit).count();
    [
        f1(hits, of_class, said),
        share(judged.iter().filter(overfit).map(&alarms)),
        share(judged.iter().filter(healthy).map(&alarms)),
    ]
}

fn alarms(judged: &[Judged]) -> Vec<(&'static str, [f64; 3])> {
    let own = ("wellfit", alarm(judged, |judged| judged.verdict.kind == Kind::Overfit));
    let rule = |(name, rule): Rule| {
        (name, alarm(judged, |judged| rule(&judged.run.measured.record.epochs)))
    };
    std::iter::once(own).chain(RULES.map(rule)).collect()
}

fn tables(judged: &[Judged]) -> String {
    let counts = confusion(judged);
    let [overfit, any] = false_alarms(judged);
    let head: Vec<&str> =
        ["truth \\ verdict"].into_iter().chain(Kind::ALL.map(Kind::name)).chain(["F1"]).collect();
    let rows: Vec<Vec<String>> = Kind::ALL
        .iter()
        .zip(counts.iter().zip(f1_by_class(&counts)))
        .map(|(kind, (row, f1))| {
            let cells = row.iter().map(usize::to_string);
            std::iter::once(kind.name().to_owned())
                .chain(cells)
                .chain([format!("{f1:.2}")])
                .collect()
        })
        .collect();
    let rules: Vec<Vec<String>> = alarms(judged)
        .into_iter()
        .map(|(name, [f1, found, wrong])| {
            vec![name.to_owned(), format!("{f1:.2}"), percent(found), percent(wrong)]
        })
        .collect();
    let reached = |yes: bool| if yes { "reached" } else { "missed" };
    let score = macro_f1(&counts);
    format!(
        "{} runs. Macro-F1 **{score:.3}** (wanted: {WANTED_F1}; {}). Of healthy runs {} are called \
         overfit (wanted: at most {}; {}) and {} overfit, underfit or diverged.\n\n{}\n\
         Alarms for overfitting:\n\n{}",
        judged.len(),
        reached(score >= WANTED_F1),
        percent(overfit),
        percent(MOST_FALSE_ALARMS),
        reached(overfit <= MOST_FALSE_ALARMS),
        percent(any),
        table(&head, &rows),
        table(&["rule", "F1", "overfit runs found", "healthy runs alarmed"], &rules)
    )
}

fn json_of(judged: &[Judged]) -> Value {
    let counts = confusion(judged);
    let [overfit, any] = false_alarms(judged);
    let names = Kind::ALL.map(Kind::name);
    let rules: Vec<Value> = alarms(judged)
        .into_iter()
        .map(|(name, [f1, found, wrong])| {
            json!({ "rule": name, "f1": f1, "found": found, "false_on_healthy": wrong })
        })
        .collect();
    json!({
        "runs": judged.len(), "classes": names, "confusion": counts,
        "f1": f1_by_class(&counts), "macro_f1": macro_f1(&counts),
        "healthy_called_overfit": overfit, "healthy_called_anything_bad": any,
        "alarms": rules,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f1_is_one_for_a_perfect_class_and_counts_both_kinds_of_mistakes() {
        let mut counts = [[0; 5]; 5];
        (counts[0][0], counts[1][1]) = (4, 2);
        assert_eq!(macro_f1(&counts), 1.0);
        counts[1][0] = 2;
        let [healthy, overfit, underfit, ..] = f1_by_class(&counts);
        assert_eq!((healthy, overfit), (0.8, 4.0 / 6.0));
        assert!(underfit.is_nan());
        assert_eq!(macro_f1(&counts), (0.8 + 4.0 / 6.0) / 2.0);
    }
}
