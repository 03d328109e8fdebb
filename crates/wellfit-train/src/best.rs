//! Which epoch is kept.

use serde::{Deserialize, Serialize};

use crate::better::Better;
use crate::encode;
use crate::plan::{Metric, Plan};
use crate::record::EpochRow;

/// The best epoch so far: the lowest validation loss, or the best of what early
/// stopping watches; the earliest of equals. Without a validation set (and without
/// early stopping) each epoch replaces the one before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Which epoch, from 1; `None` when none could be judged.
    pub epoch: Option<usize>,
    #[serde(with = "encode::number")]
    value: f64,
}

impl Best {
    /// The state before the first epoch.
    pub fn new() -> Self {
        Self { epoch: None, value: f64::NAN }
    }

    /// Looks at an epoch; whether it is the best so far.
    pub fn step(&mut self, watched: Option<Metric>, row: &EpochRow) -> bool {
        let improved = match watched {
            None => true,
            Some(metric) => row.metric(metric).is_some_and(|value| {
                let better = Better::strictly(metric);
                let best = if self.epoch.is_some() { self.value } else { better.worst() };
                let improved = better.is(value, best);
                if improved {
                    self.value = value;
                }
                improved
            }),
        };
        if improved {
            self.epoch = Some(row.epoch);
        }
        improved
    }
}

/// What the kept epoch is chosen by.
pub fn watched(plan: &Plan, has_validation: bool) -> Option<Metric> {
    match plan.train.early_stopping {
        Some(stopping) => Some(stopping.monitor),
        None => has_validation.then_some(Metric::ValLoss),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::row;

    fn best(watched: Option<Metric>, losses: &[f64]) -> Option<usize> {
        let mut best = Best::new();
        for (i, &loss) in losses.iter().enumerate() {
            best.step(watched, &EpochRow { val_loss: Some(loss), ..row(i + 1) });
        }
        best.epoch
    }

    #[test]
    fn the_earliest_of_the_lowest_losses_is_kept() {
        assert_eq!(best(Some(Metric::ValLoss), &[3.0, 1.0, 2.0, 1.0]), Some(2));
    }

    #[test]
    fn nan_is_never_kept() {
        assert_eq!(best(Some(Metric::ValLoss), &[f64::NAN, 5.0, f64::NAN]), Some(2));
        assert_eq!(best(Some(Metric::ValLoss), &[f64::NAN]), None);
    }

    #[test]
    fn without_anything_to_watch_the_last_epoch_is_kept() {
        assert_eq!(best(None, &[1.0, 2.0, 3.0]), Some(3));
    }
}
