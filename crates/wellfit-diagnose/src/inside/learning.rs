//! Whether training lowers the loss at all.

use super::thresholds::{LEARNED, LEAST_EPOCHS, LEAST_FALL};
use super::{InsideKind, Seen, figure, finding};
use crate::verdict::{Finding, Sight};

/// A training loss that has hardly fallen below what it was before the first step, though
/// much is left to learn.
pub fn loss_does_not_fall(seen: &Seen<'_>) -> Vec<Finding> {
    let found = || {
        let (rows, start) = (&seen.record.epochs, seen.start()?.loss);
        let losses = rows.iter().map(|row| row.train_eval_loss).filter(|loss| loss.is_finite());
        let lowest = losses.min_by(f64::total_cmp)?;
        let (fall, epoch) = ((start - lowest) / start, rows.last()?.epoch);
        let learned = match &seen.watch.classes {
            Some(classes) => lowest < LEARNED * entropy(&classes.train),
            None => rows.iter().any(|row| row.train_score > LEARNED),
        };
        let stuck = rows.len() >= LEAST_EPOCHS && fall < LEAST_FALL && !learned;
        let sight = Sight { layer: None, epoch, value: fall, threshold: LEAST_FALL };
        let evidence = format!(
            "the training loss was {} before the first epoch and {} at its lowest in {} epochs",
            figure(start),
            figure(lowest),
            rows.len(),
        );
        stuck.then(|| finding(InsideKind::LossDoesNotFall, sight, evidence))
    };
    found().into_iter().collect()
}

/// What it costs to predict the classes' shares: their entropy.
pub(crate) fn entropy(counts: &[u64]) -> f64 {
    let all = counts.iter().sum::<u64>() as f64;
    let shares = counts.iter().filter(|&&n| n > 0).map(|&n| n as f64 / all);
    shares.map(|p| -p * p.ln()).sum()
}
