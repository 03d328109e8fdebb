//! The page's data: every trial's history, and what is drawn from it.

use serde_json::{Value, json};
use wellfit_study::Folds;
use wellfit_train::record::{EpochRow, Record, ScoreKind};

use crate::chart::Marker;
use crate::curves::{Curves, Figure};
use crate::palette::Ink;
use crate::picture::Panel;
use crate::text::Unit;
use crate::view::View;
use crate::weights::layers;
use crate::words::{loss_panel, score_words};

/// The version of the embedded data's form.
const SCHEMA: u32 = 1;

/// Everything as JSON that may stand inside a `<script>`: `<` is written `\u003c`.
///
/// Figures have seven significant digits, more than the page shows; what is not
/// finite is null.
pub fn json(view: &View, shown: &[usize], panels: &[Panel]) -> String {
    let study = &view.records.study;
    let (words, unit) = (score_words(view.score()), Unit::of_score(view.score()));
    let arms: Vec<Value> = (0..view.arms()).map(|arm| arm_json(view, arm)).collect();
    let panels: Vec<Value> =
        panels.iter().map(|p| json!({ "name": p.name, "arms": p.arms })).collect();
    let all = json!({
        "schema": SCHEMA,
        "study": {
            "name": study.name,
            "seeds": study.seeds,
            "folds": study.folds.map(Folds::count),
            "over": view.over().many(),
            "trial": view.trial_words()[0],
            "primary": study.primary.name(),
            "points": Unit::of_difference(study.primary) == Unit::Points,
            "judge_at": study.judge_at.name(),
        },
        "data": {
            "source": view.records.data.source,
            "samples": view.records.data.samples,
            "classes": view.records.data.classes,
            "targets": view.records.data.targets,
            "validation_is_test": view.records.data.validation_is_test,
        },
        "loss": loss_panel(view),
        "score": {
            "columns": view.score().columns(),
            "panel": words.panel,
            "head": words.head,
            "factor": unit.factor(),
            "decimals": if unit == Unit::Plain { 4 } else { 2 },
        },
        "shown": shown,
        "panels": panels,
        "arms": arms,
        "findings": serde_json::to_value(view.findings).map(rounded).unwrap_or_default(),
    });
    all.to_string().replace('<', "\\u003c")
}

fn arm_json(view: &View, arm: usize) -> Value {
    let curves = &view.curves[arm];
    let trials: Vec<Value> = view.trials(arm).map(|record| trial(record, view.score())).collect();
    let weights: Vec<Value> = layers(view.trials(arm))
        .into_iter()
        .map(|layer| {
            json!({
                "name": layer.name,
                "shape": layer.shape,
                "width": layer.bins.width,
                "first": layer.bins.first,
                "counts": numbers(layer.bins.counts.iter().copied()),
                "std": number(layer.std),
                "q01": number(layer.q01),
                "q99": number(layer.q99),
                "max_abs": number(layer.max_abs),
                "near_zero": number(layer.near_zero),
                "n": layer.n,
            })
        })
        .collect();
    let kept = curves.kept.map(|k| json!([k.median, k.first, k.last]));
    json!({
        "name": view.name(arm),
        "remedies": view.records.study.arms[arm].remedies,
        "colour": Ink::slot(arm),
        "marker": format!("{:?}", Marker::of(arm)).to_lowercase(),
        "kept": kept,
        "cuts": curves.cuts,
        "n": curves.trials,
        "curves": curves_json(curves, view.score()),
        "weights": weights,
        "trials": trials,
    })
}

/// By figure, rows of epoch, mean, low, high, n, smallest, largest.
fn curves_json(curves: &Curves, score: ScoreKind) -> Value {
    let figure = |figure: Figure| {
        let rows = curves.points(figure).iter().map(|point| {
            let of = &point.estimate;
            let (low, high) = point.range();
            let (low, high) = (number(low), number(high));
            json!([point.epoch, number(of.mean), number(of.low), number(of.high), of.n, low, high])
        });
        (figure.name(score).to_string(), rows.collect::<Value>())
    };
    Figure::ALL.map(figure).into_iter().collect()
}

fn trial(record: &Record, score: ScoreKind) -> Value {
    let [train, val] = score.columns();
    let column = |of: fn(&EpochRow) -> f64| numbers(record.epochs.iter().map(of));
    json!({
        "seed": record.seed,
        "fold": record.fold,
        "state": record.state,
        "best_epoch": record.best_epoch,
        "version": record.version,
        "instructions": record.instructions,
        "plan_hash": record.plan_hash,
        "events": record.events,
        "lr": column(|r| r.lr),
        "train_loss": column(|r| r.train_loss),
        "train_penalty": column(|r| r.train_penalty),
        "train_eval_loss": column(|r| r.train_eval_loss),
        train: column(|r| r.train_score),
        "val_loss": column(|r| r.val_loss.unwrap_or(f64::NAN)),
        val: column(|r| r.val_score.unwrap_or(f64::NAN)),
        "seconds": column(|r| r.seconds),
        "test": record.test,
    })
}

fn numbers(values: impl Iterator<Item = f64>) -> Value {
    values.map(number).collect()
}

/// Seven significant digits; null when not finite.
fn number(value: f64) -> Value {
    let value: f64 = format!("{value:.6e}").parse().unwrap_or(f64::NAN);
    if value.is_finite() && value == value.trunc() && value.abs() < 1e9 {
        (value as i64).into()
    } else {
        value.into()
    }
}

fn rounded(value: Value) -> Value {
    match value {
        Value::Number(n) if n.is_f64() => number(n.as_f64().unwrap_or(f64::NAN)),
        Value::Array(all) => all.into_iter().map(rounded).collect(),
        Value::Object(all) => all.into_iter().map(|(k, v)| (k, rounded(v))).collect(),
        other => other,
    }
}
