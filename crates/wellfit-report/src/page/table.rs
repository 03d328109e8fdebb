//! Every figure, by arm and by trial.

use std::fmt::Write;

use wellfit_diagnose::Judgement;
use wellfit_stats::Estimate;
use wellfit_train::plan::{Extra, Metric};
use wellfit_train::record::{Record, ScoreKind};

use crate::text::{Unit, escape};
use crate::view::View;

/// A table that script makes sortable and copyable.
struct Table {
    id: &'static str,
    caption: String,
    heads: Vec<String>,
    /// Words, and what they are sorted by (nothing: by the words).
    rows: Vec<Vec<(String, Option<f64>)>>,
}

impl Table {
    fn html(&self) -> String {
        let mut out = format!(
            r#"<div class="table" role="region" tabindex="0" aria-label="{0}"><table id="{1}"><caption>{0}</caption><thead><tr>"#,
            escape(&self.caption),
            self.id
        );
        for head in &self.heads {
            let _ = write!(out, r#"<th scope="col">{}</th>"#, escape(head));
        }
        out.push_str("</tr></thead><tbody>\n");
        for row in &self.rows {
            out.push_str("<tr>");
            for (i, (words, key)) in row.iter().enumerate() {
                let words = escape(words);
                let _ = match (i, key) {
                    (0, _) => write!(out, r#"<th scope="row">{words}</th>"#),
                    (_, Some(key)) if key.is_finite() => {
                        write!(out, r#"<td class="n" data-key="{key:.7}">{words}</td>"#)
                    }
                    (_, Some(_)) => write!(out, r#"<td class="n" data-key="">{words}</td>"#),
                    (_, None) => write!(out, "<td>{words}</td>"),
                };
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody></table></div>\n");
        out
    }
}

/// The columns' heads that say what the score is.
struct Heads {
    kept: String,
    last: String,
    train: String,
    gap_kept: String,
    gap_last: String,
}

impl Heads {
    /// `val accuracy, kept, %`
    fn of(score: ScoreKind) -> Heads {
        let (name, unit, points) = match score {
            ScoreKind::Accuracy => ("accuracy", ", %", ", points"),
            ScoreKind::R2 => ("R²", "", ""),
        };
        Heads {
            kept: format!("val {name}, kept{unit}"),
            last: format!("val {name}, last{unit}"),
            train: format!("train {name}, last{unit}"),
            gap_kept: format!("gap, kept{points}"),
            gap_last: format!("gap, last{points}"),
        }
    }
}

/// A row an arm: means with intervals.
pub fn arms(view: &View) -> String {
    let primary = view.records.study.primary;
    let extras = extras(view);
    let (unit, gap) = (Unit::of_score(view.score()), Unit::of_gap(view.score()));
    let words = |words: String| (words, None);
    let rows = (0..view.arms()).map(|arm| {
        let found = view.found(arm);
        let s = &found.summary;
        let estimate = |of: &Estimate, unit: Unit| (unit.interval(of), Some(of.mean));
        let (difference, p) = match &found.against_baseline {
            Some(against) => {
                let p = against.primary.p;
                let written = if p.is_nan() {
                    "–".into()
                } else if p < 1e-4 {
                    "< 0.0001".into()
                } else {
                    format!("{p:.4}")
                };
                (estimate(&against.primary, Unit::of_difference(primary)), (written, Some(p)))
            }
            None => (("–".into(), Some(f64::NAN)), ("–".into(), Some(f64::NAN))),
        };
        let n = s.seeds.len();
        let more = extras.iter().flat_map(|&extra| {
            let unit = Unit::of(Metric::Val(extra));
            let found = s.extras.iter().find(|of| of.extra == extra);
            let both = found.map(|of| [&of.best, &of.last].map(|of| estimate(of, unit)));
            both.unwrap_or_else(|| [("–".into(), Some(f64::NAN)), ("–".into(), Some(f64::NAN))])
        });
        let mut row = vec![
            words(found.name.clone()),
            words(match found.judgement {
                Some(_) if found.identical => "identical".to_string(),
                judgement => judgement.map_or("–", Judgement::word).to_string(),
            }),
            difference,
            p,
            estimate(&s.best_val_loss, Unit::Plain),
            estimate(&s.best_val_score, unit),
            estimate(&s.best_gap, gap),
            estimate(&s.last_val_loss, Unit::Plain),
            estimate(&s.last_val_score, unit),
            estimate(&s.last_train_score, unit),
            estimate(&s.last_gap, gap),
            (format!("{:.2}", s.seconds_per_epoch).replace("NaN", "–"), Some(s.seconds_per_epoch)),
            (n.to_string(), Some(n as f64)),
            (s.lost.to_string(), Some(s.lost as f64)),
        ];
        row.extend(more);
        row
    });
    let Heads { kept, last, train, gap_kept, gap_last } = Heads::of(view.score());
    let heads = [
        "arm",
        "judgement",
        "difference in primary score",
        "p",
        "val loss, kept",
        &kept,
        &gap_kept,
        "val loss, last",
        &last,
        &train,
        &gap_last,
        "s/epoch",
        view.trial_words()[1],
        "lost",
    ];
    let more = extras.iter().flat_map(|extra| {
        let unit = if extra.is_share() { ", %" } else { "" };
        ["kept", "last"].map(|at| format!("val {}, {at}{unit}", extra.words()))
    });
    let heads = heads.map(|head: &str| head.to_owned()).into_iter().chain(more);
    Table {
        id: "by-arm",
        caption: format!("By arm: means over {} with 95 % intervals", view.over().many()),
        heads: heads.collect(),
        rows: rows.collect(),
    }
    .html()
}

/// The scores of `train.metrics` that any arm has.
fn extras(view: &View) -> Vec<Extra> {
    let mut all: Vec<Extra> = Vec::new();
    for of in view.findings.arms.iter().flat_map(|arm| &arm.summary.extras) {
        if !all.contains(&of.extra) {
            all.push(of.extra);
        }
    }
    all
}

/// A row a trial, as in `results.csv`.
pub fn trials(view: &View) -> String {
    let study = &view.records.study;
    let mut rows = Vec::new();
    for arm in 0..view.arms() {
        let records = &view.records.records[arm];
        for (i, cell) in study.cells().into_iter().enumerate() {
            let name = view.name(arm).to_string();
            let mut head = vec![(name, None), (cell.seed.to_string(), Some(cell.seed as f64))];
            head.extend(cell.fold.map(|fold| (fold.to_string(), Some(fold as f64))));
            rows.push(match records.get(i).and_then(Option::as_ref) {
                Some(record) => {
                    let verdict = view.found(arm).verdicts.get(i).copied().flatten();
                    head.into_iter().chain(trial(record, verdict, view.score())).collect()
                }
                None => {
                    let mut row = head;
                    row.push(("not run".into(), None));
                    row.push(("–".into(), None));
                    row.extend((0..10).map(|_| ("–".to_string(), Some(f64::NAN))));
                    row
                }
            });
        }
    }
    let Heads { kept, last, train, gap_last, .. } = Heads::of(view.score());
    let fold = study.folds.map(|_| "fold");
    let heads = [
        "state",
        "verdict",
        "epochs",
        "kept epoch",
        "val loss, kept",
        &kept,
        "train loss, last",
        &train,
        "val loss, last",
        &last,
        &gap_last,
        "s/epoch",
    ];
    Table {
        id: "by-trial",
        caption: "By trial".into(),
        heads: ["arm", "seed"]
            .into_iter()
            .chain(fold)
            .chain(heads)
            .map(|head: &str| head.to_owned())
            .collect(),
        rows,
    }
    .html()
}

fn trial(record: &Record, verdict: Option<&str>, score: ScoreKind) -> Vec<(String, Option<f64>)> {
    let (unit, gap) = (Unit::of_score(score), Unit::of_gap(score));
    let last = record.epochs.last();
    let best = record.best_epoch.and_then(|e| record.epochs.iter().find(|r| r.epoch == e));
    let figure = |value: Option<f64>, unit: Unit| {
        let value = value.unwrap_or(f64::NAN);
        (unit.value(value), Some(value))
    };
    let whole = |n: Option<usize>| {
        (n.map_or("–".into(), |n| n.to_string()), Some(n.map_or(f64::NAN, |n| n as f64)))
    };
    let n = record.epochs.len();
    let seconds = record.epochs.iter().map(|r| r.seconds).sum::<f64>() / n as f64;
    vec![
        (record.state.name().replace('-', " "), None),
        (verdict.unwrap_or("–").to_string(), None),
        whole(Some(n)),
        whole(record.best_epoch),
        figure(best.and_then(|r| r.val_loss), Unit::Plain),
        figure(best.and_then(|r| r.val_score), unit),
        figure(last.map(|r| r.train_eval_loss), Unit::Plain),
        figure(last.map(|r| r.train_score), unit),
        figure(last.and_then(|r| r.val_loss), Unit::Plain),
        figure(last.and_then(|r| r.val_score), unit),
        figure(last.and_then(|r| r.gap()), gap),
        figure(Some(seconds), Unit::Plain),
    ]
}
