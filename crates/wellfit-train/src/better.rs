//! When is one figure better than another? The one rule behind the plateau
//! schedule, early stopping and the choice of the kept epoch.

use crate::plan::{Metric, ThresholdMode};

/// "Better" for a metric and a margin that must be exceeded. NaN is never better.
///
/// | direction | rel | abs |
/// |---|---|---|
/// | down | a < best·(1 − t) | a < best − t |
/// | up | a > best·(1 + t) | a > best + t |
///
/// As in PyTorch's `ReduceLROnPlateau.is_better`.
#[derive(Clone, Copy, Debug)]
pub struct Better {
    higher: bool,
    threshold: f64,
    mode: ThresholdMode,
}

impl Better {
    /// Better by more than `threshold`, in the metric's own direction.
    pub fn new(metric: Metric, threshold: f64, mode: ThresholdMode) -> Self {
        Self { higher: metric.higher_is_better(), threshold, mode }
    }

    /// Better by however little.
    pub fn strictly(metric: Metric) -> Self {
        Self::new(metric, 0.0, ThresholdMode::Abs)
    }

    /// What any figure but NaN and the worst infinity beats.
    pub fn worst(&self) -> f64 {
        if self.higher { f64::NEG_INFINITY } else { f64::INFINITY }
    }

    /// Whether `value` is better than `best`.
    pub fn is(&self, value: f64, best: f64) -> bool {
        let t = self.threshold;
        match (self.higher, self.mode) {
            (false, ThresholdMode::Rel) => value < best * (1.0 - t),
            (false, ThresholdMode::Abs) => value < best - t,
            (true, ThresholdMode::Rel) => value > best * (1.0 + t),
            (true, ThresholdMode::Abs) => value > best + t,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_follows_the_metrics_direction_and_exceeds_the_margin() {
        let loss = Better::new(Metric::ValLoss, 0.1, ThresholdMode::Abs);
        assert!(loss.is(0.8, 1.0) && !loss.is(0.95, 1.0) && !loss.is(1.2, 1.0));
        let accuracy = Better::new(Metric::ValAccuracy, 0.1, ThresholdMode::Rel);
        assert!(accuracy.is(0.56, 0.5) && !accuracy.is(0.54, 0.5) && !accuracy.is(0.4, 0.5));
        let equal = Better::strictly(Metric::ValLoss);
        assert!(equal.is(0.999, 1.0) && !equal.is(1.0, 1.0));
    }

    #[test]
    fn nan_is_never_better_and_every_number_beats_the_start() {
        for metric in Metric::ALL {
            for mode in [ThresholdMode::Rel, ThresholdMode::Abs] {
                let better = Better::new(metric, 1e-3, mode);
                assert!(better.is(1e300, better.worst()) && better.is(-1e300, better.worst()));
                assert!(!better.is(f64::NAN, better.worst()) && !better.is(f64::NAN, 0.5));
            }
        }
    }
}
