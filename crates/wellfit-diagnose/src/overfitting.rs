//! Whether the baseline overfits, from its own epochs.

use wellfit_stats::Estimate;
use wellfit_train::record::{EpochRow, Record, ScoreKind};

use crate::trials::ArmTrials;
use crate::verdict::thresholds::MARGIN;
use crate::words;
use crate::{Overfitting, OverfittingVerdict};

/// The epoch with the lowest finite validation loss, the earliest of equals.
pub fn lowest(record: &Record) -> Option<(&EpochRow, f64)> {
    let losses = record.epochs.iter().filter_map(|row| Some((row, row.val_loss?)));
    let finite = losses.filter(|(_, loss)| loss.is_finite());
    finite.min_by(|a, b| a.1.total_cmp(&b.1))
}

/// Validation loss at the last epoch − at its lowest, by trial, and the mean of the
/// lowest.
pub fn rise(arm: &ArmTrials) -> (Estimate, f64) {
    let at_lowest = |record: &Record| lowest(record).map_or(f64::NAN, |(_, loss)| loss);
    // An arm's own loss on both sides, whatever arms are compared by.
    let last = |record: &Record| record.last().and_then(|row| row.val_loss).unwrap_or(f64::NAN);
    let rise = arm.estimate(|trial| last(trial.record) - at_lowest(trial.record));
    (rise, arm.estimate(|trial| at_lowest(trial.record)).mean)
}

/// Whether the baseline overfits: validation loss ends more than [`MARGIN`] of its
/// lowest value above that value, with the whole interval over seeds, while training
/// loss goes on falling. The same margin as of the verdict on one run, so that the two do
/// not contradict each other: what seeds say together is only surer. By construction the rise is never negative, so it is held
/// against the margin, not against zero.
pub fn overfitting(baseline: Option<&ArmTrials>, score: ScoreKind) -> Overfitting {
    let none = || Estimate::of([]);
    let Some(baseline) = baseline else {
        let unknown = OverfittingVerdict::Unknown;
        return described(unknown, none(), none(), (none(), score), Vec::new());
    };
    let (rise, lowest_loss) = rise(baseline);
    let margin = MARGIN * lowest_loss;
    let train_change = baseline.estimate(|trial| {
        let last = trial.record.epochs.last().map_or(f64::NAN, |row| row.train_eval_loss);
        let then = lowest(trial.record).map_or(f64::NAN, |(row, _)| row.train_eval_loss);
        last - then
    });
    let verdict = if !rise.is_known() {
        OverfittingVerdict::Unknown
    } else if rise.has_interval() && rise.high <= margin {
        OverfittingVerdict::DoesNotOverfit
    } else if !rise.is_above(margin) {
        OverfittingVerdict::Undecided
    } else if train_change.is_below(0.0) {
        OverfittingVerdict::Overfits
    } else if train_change.is_above(0.0) {
        OverfittingVerdict::Unstable
    } else {
        OverfittingVerdict::Undecided
    };
    let since = baseline.ended().filter_map(|t| Some(lowest(t.record)?.0.epoch)).collect();
    let gap = baseline.estimate(|trial| trial.figures.last.gap);
    described(verdict, rise, train_change, (gap, score), since)
}

fn described(
    verdict: OverfittingVerdict,
    rise: Estimate,
    train_change: Estimate,
    (gap, score): (Estimate, ScoreKind),
    since: Vec<usize>,
) -> Overfitting {
    let sentence = words::overfitting_sentence(verdict, &rise, (&gap, score), &since);
    Overfitting { verdict, sentence, rise, train_change, gap, since }
}
