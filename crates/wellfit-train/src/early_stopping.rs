//! Stopping before overfitting goes on.

use serde::{Deserialize, Serialize};

use crate::better::Better;
use crate::encode;
use crate::plan::{EarlyStoppingSettings, ThresholdMode};

/// What early stopping remembers between epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlyStopping {
    #[serde(with = "encode::number")]
    best: f64,
    wait: usize,
}

impl EarlyStopping {
    /// The state before the first epoch.
    pub fn new(settings: &EarlyStoppingSettings) -> Self {
        Self { best: better(settings).worst(), wait: 0 }
    }

    /// Looks at an epoch's figure; whether to stop. An epoch improves when it beats
    /// the best by more than `min_delta`; `patience` epochs in a row that do not end
    /// the run.
    pub fn step(&mut self, settings: &EarlyStoppingSettings, value: f64) -> bool {
        if better(settings).is(value, self.best) {
            self.best = value;
            self.wait = 0;
        } else {
            self.wait += 1;
        }
        self.wait >= settings.patience
    }
}

fn better(settings: &EarlyStoppingSettings) -> Better {
    Better::new(settings.monitor, settings.min_delta, ThresholdMode::Abs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Metric;

    /// The epoch (from 1) after which the run stops.
    fn stops_after(settings: EarlyStoppingSettings, values: &[f64]) -> Option<usize> {
        let mut stopping = EarlyStopping::new(&settings);
        values.iter().position(|&value| stopping.step(&settings, value)).map(|at| at + 1)
    }

    #[test]
    fn a_run_stops_after_patience_epochs_without_improvement() {
        let settings = EarlyStoppingSettings { patience: 2, ..Default::default() };
        assert_eq!(stops_after(settings, &[3.0, 2.0, 2.0, 2.0, 1.0]), Some(4));
        assert_eq!(stops_after(settings, &[3.0, 2.0, 2.5, 1.9, 2.0, 1.8]), None);
    }

    #[test]
    fn an_improvement_must_exceed_min_delta() {
        let settings = EarlyStoppingSettings { patience: 2, min_delta: 0.5, ..Default::default() };
        assert_eq!(stops_after(settings, &[3.0, 2.6, 2.5]), Some(3));
        assert_eq!(stops_after(settings, &[3.0, 2.4, 1.8]), None);
    }

    #[test]
    fn nan_is_no_improvement() {
        let settings = EarlyStoppingSettings { patience: 2, ..Default::default() };
        assert_eq!(stops_after(settings, &[f64::NAN, f64::NAN]), Some(2));
    }

    #[test]
    fn accuracy_is_to_rise() {
        let monitor = Metric::ValAccuracy;
        let settings = EarlyStoppingSettings { monitor, patience: 1, min_delta: 0.0 };
        assert_eq!(stops_after(settings, &[0.5, 0.6, 0.6]), Some(3));
    }
}
