//! Whether the baseline overfits, from its own epochs and the verdicts on its trials.

use wellfit_stats::Estimate;
use wellfit_study::Cell;
use wellfit_train::record::{EpochRow, Record, RunState, ScoreKind};

use crate::trials::ArmTrials;
use crate::verdict::thresholds::MARGIN;
use crate::verdict::{Kind, Verdict};
use crate::words::{self, Over};
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
    risen(arm, Record::last)
}

/// Likewise until another epoch than the last.
fn risen(arm: &ArmTrials, until: fn(&Record) -> Option<&EpochRow>) -> (Estimate, f64) {
    let at_lowest = |record: &Record| lowest(record).map_or(f64::NAN, |(_, loss)| loss);
    // An arm's own loss on both sides, whatever arms are compared by.
    let end = |record: &Record| until(record).and_then(|row| row.val_loss).unwrap_or(f64::NAN);
    let rise = arm.estimate(|trial| end(trial.record) - at_lowest(trial.record));
    (rise, arm.estimate(|trial| at_lowest(trial.record)).mean)
}

/// The epoch that a trial is judged until: that which early stopping kept, else the last.
fn judged_last(record: &Record) -> Option<&EpochRow> {
    match record.state {
        RunState::StoppedEarly => record.best().or(record.last()),
        _ => record.last(),
    }
}

/// Whether the baseline overfits, from its epochs over all seeds and from what its trials
/// are judged to be one by one, so that the two never contradict each other.
///
/// It does when more than half of its trials are judged overfit; or when validation loss
/// ends more than [`MARGIN`] of its lowest value above that value with the whole interval
/// over seeds, training loss does not rise too, and no majority of trials is judged to be
/// something else. It does not when no trial is judged overfit and the whole interval lies
/// within the margin. By construction the rise is never negative, so it is held against
/// the margin, not against zero.
pub fn overfitting(baseline: Option<&ArmTrials>, score: ScoreKind) -> Overfitting {
    let none = || Estimate::of([]);
    let Some(baseline) = baseline else {
        let unknown = OverfittingVerdict::Unknown;
        return described(Over::Seeds, unknown, none(), none(), (none(), score), Vec::new());
    };
    let (rise, lowest_loss) = risen(baseline, judged_last);
    let margin = MARGIN * lowest_loss;
    let train_change = baseline.estimate(|trial| {
        let last = judged_last(trial.record).map_or(f64::NAN, |row| row.train_eval_loss);
        let then = lowest(trial.record).map_or(f64::NAN, |(row, _)| row.train_eval_loss);
        last - then
    });
    let counts = Counts::of(baseline);
    let verdict = together(&rise, margin, &train_change, &counts);
    // Where the rise alone does not show it, the verdicts do.
    let one_by_one = verdict == OverfittingVerdict::Overfits && !rise.is_above(margin);
    let overfit = one_by_one.then(|| (counts.of_kind(Kind::Overfit), counts.judged.len()));
    let since = baseline.ended().filter_map(|t| Some(lowest(t.record)?.0.epoch)).collect();
    let gap = baseline.estimate(|trial| trial.figures.last.gap);
    let mut found = described(baseline.over, verdict, rise, train_change, (gap, score), since);
    found.sentence.extend(overfit.map(|(n, of)| words::overfit_trials(n, of)));
    found
}

/// The one statement that is made of curves and single verdicts.
fn together(
    rise: &Estimate,
    margin: f64,
    train_change: &Estimate,
    counts: &Counts,
) -> OverfittingVerdict {
    let healthy = counts.most(&[Kind::Healthy]);
    let within = match rise.has_interval() {
        true => rise.high <= margin,
        // One seed has no interval, but a verdict.
        false => healthy && rise.mean <= margin,
    };
    let otherwise = counts.most(&[Kind::Healthy, Kind::Underfit]);
    if counts.most(&[Kind::Overfit]) {
        OverfittingVerdict::Overfits
    } else if !rise.is_known() {
        OverfittingVerdict::Unknown
    } else if within && counts.of_kind(Kind::Overfit) == 0 {
        OverfittingVerdict::DoesNotOverfit
    } else if !rise.is_above(margin) || otherwise {
        OverfittingVerdict::Undecided
    } else if train_change.is_above(0.0) {
        OverfittingVerdict::Unstable
    } else {
        OverfittingVerdict::Overfits
    }
}

/// What the trials of an arm are judged to be.
struct Counts<'a> {
    judged: Vec<(Cell, &'a Verdict)>,
}

impl<'a> Counts<'a> {
    fn of(arm: &'a ArmTrials) -> Counts<'a> {
        Counts { judged: arm.judged().collect() }
    }

    fn of_kind(&self, kind: Kind) -> usize {
        self.judged.iter().filter(|(_, verdict)| verdict.kind == kind).count()
    }

    /// Whether more than half are of these kinds.
    fn most(&self, kinds: &[Kind]) -> bool {
        let of: usize = kinds.iter().map(|kind| self.of_kind(*kind)).sum();
        2 * of > self.judged.len()
    }
}

/// What an arm's trials are judged to be one by one, in a line: how many are what, and the
/// headline of the first of the commonest kind. `None` without a trial.
pub fn line(arm: &ArmTrials) -> Option<String> {
    let counts = Counts::of(arm);
    let mut kinds: Vec<(usize, Kind)> =
        Kind::ALL.into_iter().map(|kind| (counts.of_kind(kind), kind)).collect();
    kinds.retain(|(n, _)| *n > 0);
    // Stable: of equally many the first in the list.
    kinds.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
    let (_, commonest) = *kinds.first()?;
    let (cell, first) = counts.judged.iter().find(|(_, verdict)| verdict.kind == commonest)?;
    let shares = kinds.iter().enumerate().map(|(i, (n, kind))| match i {
        0 => format!("{n} of {} trials {}", counts.judged.len(), kind.name()),
        _ => format!("{n} {}", kind.name()),
    });
    let shares = match counts.judged.len() {
        1 => String::new(),
        _ => shares.collect::<Vec<_>>().join(", ") + "; ",
    };
    let trial = arm.over.cell(*cell);
    Some(format!("{}: {shares}{trial}: {}", arm.arm.name, first.headline))
}

fn described(
    over: Over,
    verdict: OverfittingVerdict,
    rise: Estimate,
    train_change: Estimate,
    (gap, score): (Estimate, ScoreKind),
    since: Vec<usize>,
) -> Overfitting {
    let sentence =
        words::overfitting_sentence(over, verdict, &rise, &train_change, (&gap, score), &since);
    Overfitting { verdict, sentence, rise, train_change, gap, since }
}
