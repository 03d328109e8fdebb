//! wellfit's own records as runs to judge.

use wellfit_runs::{Curves, SamplePair, Series, TrainMeasure, Unit};
use wellfit_stats::{Normal, format};
use wellfit_study::classes;
use wellfit_train::Plan;
use wellfit_train::record::{EpochRow, Record, RunState, SampleScores, ScoreKind, WeightSummary};

use super::reading::{Narrow, Own};
use super::thresholds::EXTREME_WEIGHT;
use super::{Finding, Found, Kind, Verdict, judge_own};
use crate::inside::{InsideKind, entropy, inside};

/// The largest of a normal sample's values stays below its bound with this chance.
const SURE: f64 = 0.95;

/// What a record does not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Classes, where the loss is cross-entropy.
    pub classes: Option<usize>,
    /// Validation samples; a record's own samples come first.
    pub val_size: Option<usize>,
    /// Whether training samples were changed or blended: then the loss in training mode is
    /// of harder samples, and says nothing about how much training is held back.
    pub augmented: bool,
}

impl Facts {
    /// From the plan: the classes are the outputs of the last linear layer.
    pub fn of(plan: &Plan) -> Facts {
        let augmented = !plan.train.augment.is_empty();
        Facts { classes: classes(plan), val_size: None, augmented }
    }
}

/// A record's figures by epoch, with the losses of its validation samples.
pub fn curves_of(name: &str, record: &Record, facts: Facts) -> Curves {
    curves(name, record, &record.epochs, record.last_samples.as_ref(), facts)
}

/// The figures up to the kept epoch.
fn curves_until(name: &str, record: &Record, kept: usize, facts: Facts) -> Curves {
    let rows = record.epochs.partition_point(|row| row.epoch <= kept);
    curves(name, record, &record.epochs[..rows], record.best_samples.as_ref(), facts)
}

fn curves(
    name: &str,
    record: &Record,
    rows: &[EpochRow],
    last: Option<&SampleScores>,
    facts: Facts,
) -> Curves {
    let series = |name: &str, of: fn(&EpochRow) -> Option<f64>| {
        let values: Vec<Option<f64>> = rows.iter().map(of).collect();
        let there = values.iter().any(Option::is_some);
        there.then(|| Series { name: name.to_owned(), values })
    };
    let [train, val] = record.score.columns();
    let samples = last.filter(|last| !last.losses.is_empty());
    Curves {
        name: name.to_owned(),
        origin: "wellfit".to_owned(),
        unit: Unit::Epoch,
        at: rows.iter().map(|row| row.epoch as f64).collect(),
        train_loss: series("train_eval_loss", |row| Some(row.train_eval_loss)),
        train_measure: TrainMeasure::Evaluation,
        val_loss: series("val_loss", |row| row.val_loss),
        train_score: series(train, |row| Some(row.train_score)),
        val_score: series(val, |row| row.val_score),
        score: match record.score {
            ScoreKind::Accuracy => wellfit_runs::ScoreKind::Accuracy,
            ScoreKind::R2 => wellfit_runs::ScoreKind::Rises,
        },
        val_size: samples.map(|last| last.losses.len()).or(facts.val_size),
        train_size: None,
        classes: facts.classes.filter(|_| record.score == ScoreKind::Accuracy),
        samples: samples.map(|last| pair(record.best_samples.as_ref(), last)),
        diverged_at: match record.state {
            RunState::Diverged { epoch, .. } => Some(epoch as f64),
            _ => None,
        },
        notes: match &record.state {
            RunState::Failed { message } => vec![format!("the run failed: {message}")],
            RunState::Interrupted => vec!["the run was interrupted".to_owned()],
            _ => Vec::new(),
        },
    }
}

/// Losses at the kept and at the last epoch; at the last alone where none was kept.
fn pair(best: Option<&SampleScores>, last: &SampleScores) -> SamplePair {
    let best = best.unwrap_or(last);
    SamplePair {
        best_at: best.epoch as f64,
        best: best.losses.clone(),
        last_at: last.epoch as f64,
        last: last.losses.clone(),
    }
}

/// Judges a record, its weights and what was seen of it from inside included. A run that
/// early stopping ended is judged by the epochs up to the one whose weights it kept.
pub fn judge_record(name: &str, record: &Record, facts: Facts) -> Verdict {
    let stopped = record.best_epoch.filter(|_| record.state == RunState::StoppedEarly);
    let curves = match stopped {
        Some(kept) => curves_until(name, record, kept, facts),
        None => curves_of(name, record, facts),
    };
    let seen = inside(record);
    let own = own(record, &record.epochs[..curves.at.len()], &seen, facts.augmented);
    let mut verdict = judge_own(&curves, stopped.is_some(), own);
    verdict.findings.extend(seen);
    if verdict.kind != Kind::Diverged {
        verdict.findings.extend(extreme_weights(&record.weights));
    }
    verdict.notes.extend(kept_words(record, stopped, &verdict));
    verdict
}

/// The last epoch's. Its mean loss in training mode is that of the networks from the epoch
/// before to this one: without dropout it lies between their losses in evaluation mode. Of
/// augmented samples it counts as the one in evaluation mode.
fn own(record: &Record, rows: &[EpochRow], seen: &[Finding], augmented: bool) -> Option<Own> {
    let row = rows.last()?;
    let before = rows.iter().rev().nth(1).map_or(row.train_loss, |row| row.train_eval_loss);
    let large = |finding: &Finding| finding.kind == Found::Inside(InsideKind::UpdateTooLarge);
    Some(Own {
        penalty: row.train_penalty / row.train_eval_loss,
        training_mode: match augmented {
            true => 1.0,
            false => row.train_loss / row.train_eval_loss.max(before),
        },
        large_steps: seen.iter().any(large),
        lr: rows.iter().map(|row| row.lr).fold(0.0, f64::max),
        guessing: guessing(record),
        narrowest: narrowest(&record.weights),
    })
}

/// What it costs to guess by the shares of the training data's classes, above 0.
fn guessing(record: &Record) -> Option<f64> {
    let classes = record.watch.as_ref()?.classes.as_ref().filter(|classes| !classes.weighted)?;
    Some(entropy(&classes.train)).filter(|cost| *cost > 0.0)
}

/// The narrowest of all linear layers but the last, the first of equals.
fn narrowest(weights: &[WeightSummary]) -> Option<Narrow> {
    let mut matrices: Vec<&WeightSummary> =
        weights.iter().filter(|tensor| tensor.shape.len() == 2).collect();
    matrices.pop();
    let tensor = matrices.into_iter().min_by_key(|tensor| tensor.shape[0])?;
    let layer = tensor.name.strip_suffix(".weight").unwrap_or(&tensor.name).to_owned();
    Some(Narrow { layer, units: tensor.shape[0] })
}

/// Which weights the run kept, where it matters.
fn kept_words(record: &Record, stopped: Option<usize>, verdict: &Verdict) -> Option<String> {
    let overtrained = verdict.findings.iter().any(|finding| finding.kind == Found::Overtrained);
    match (stopped, record.best_epoch) {
        (Some(kept), _) => Some(format!(
            "early stopping kept epoch {kept} of {}; the run is judged up to there",
            record.epochs.len()
        )),
        (None, Some(best)) if overtrained => {
            Some(format!("model.safetensors holds the weights of epoch {best}"))
        }
        _ => None,
    }
}

/// The weight matrix whose largest weight is furthest beyond what normal weights would be.
fn extreme_weights(weights: &[WeightSummary]) -> Option<Finding> {
    let beyond = |tensor: &WeightSummary| {
        let size: usize = tensor.shape.iter().product();
        tensor.max_over_std / Normal::largest(size, SURE)
    };
    let matrices = weights.iter().filter(|tensor| tensor.shape.len() > 1);
    let far = matrices.filter(|tensor| beyond(tensor) >= EXTREME_WEIGHT);
    let tensor = far.max_by(|a, b| beyond(a).total_cmp(&beyond(b)))?;
    let size: usize = tensor.shape.iter().product();
    let evidence = format!(
        "the largest weight of {} has {} standard deviations; {} normal weights would stay \
         below {}",
        tensor.name,
        format::number(tensor.max_over_std, 1),
        format::count(size),
        format::number(Normal::largest(size, SURE), 1)
    );
    Some(Finding::new(Found::ExtremeWeights, evidence))
}
