//! PyTorch's ReduceLROnPlateau.

use serde::{Deserialize, Serialize};

use crate::better::Better;
use crate::encode;
use crate::plan::PlateauSettings;

/// A cut smaller than this is not made (PyTorch's `eps`).
const LEAST_CUT: f64 = 1e-8;

/// What the schedule remembers between epochs.
///
/// Source: `torch.optim.lr_scheduler.ReduceLROnPlateau`, rules in
/// [its documentation](https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plateau {
    #[serde(with = "encode::number")]
    best: f64,
    bad: usize,
    cooldown: usize,
}

impl Plateau {
    /// The state before the first epoch.
    pub fn new(settings: &PlateauSettings) -> Self {
        Self { best: better(settings).worst(), bad: 0, cooldown: 0 }
    }

    /// Looks at an epoch's figure; the new rate if it is to be cut.
    pub fn step(&mut self, settings: &PlateauSettings, value: f64, lr: f64) -> Option<f64> {
        if better(settings).is(value, self.best) {
            self.best = value;
            self.bad = 0;
        } else {
            self.bad += 1;
        }
        if self.cooldown > 0 {
            self.cooldown -= 1;
            self.bad = 0;
        }
        if self.bad <= settings.patience {
            return None;
        }
        self.cooldown = settings.cooldown;
        self.bad = 0;
        let new = (lr * settings.factor).max(settings.min_lr);
        (lr - new > LEAST_CUT).then_some(new)
    }
}

fn better(settings: &PlateauSettings) -> Better {
    Better::new(settings.monitor, settings.threshold, settings.threshold_mode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Metric, ThresholdMode};

    /// The rate after each epoch, from 1.
    fn rates(settings: PlateauSettings, values: &[f64]) -> Vec<f64> {
        let (mut plateau, mut lr) = (Plateau::new(&settings), 1.0);
        let mut step = |value: &f64| {
            lr = plateau.step(&settings, *value, lr).unwrap_or(lr);
            lr
        };
        values.iter().map(&mut step).collect()
    }

    fn halving(patience: usize) -> PlateauSettings {
        let mode = ThresholdMode::Abs;
        PlateauSettings {
            factor: 0.5,
            patience,
            threshold: 0.0,
            threshold_mode: mode,
            ..Default::default()
        }
    }

    #[test]
    fn the_rate_is_cut_when_patience_is_exceeded() {
        assert_eq!(rates(halving(0), &[3.0, 2.0, 2.0, 1.0, 1.5]), [1.0, 1.0, 0.5, 0.5, 0.25]);
        assert_eq!(rates(halving(1), &[3.0, 4.0, 4.0, 4.0, 4.0]), [1.0, 1.0, 0.5, 0.5, 0.25]);
    }

    #[test]
    fn nothing_is_counted_while_cooling_down() {
        let settings = PlateauSettings { cooldown: 2, ..halving(0) };
        let rates = rates(settings, &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(rates, [1.0, 0.5, 0.5, 0.5, 0.25, 0.25]);
    }

    #[test]
    fn the_rate_stops_at_its_lower_bound_and_is_never_raised_to_it() {
        let low = PlateauSettings { min_lr: 0.4, ..halving(0) };
        assert_eq!(rates(low, &[1.0; 5]), [1.0, 0.5, 0.4, 0.4, 0.4]);
        let high = PlateauSettings { min_lr: 2.0, ..halving(0) };
        assert_eq!(rates(high, &[1.0; 3]), [1.0; 3]);
    }

    #[test]
    fn nan_counts_as_a_bad_epoch() {
        assert_eq!(rates(halving(0), &[1.0, f64::NAN, 0.9]), [1.0, 0.5, 0.5]);
    }

    #[test]
    fn accuracy_is_to_rise() {
        let settings = PlateauSettings { monitor: Metric::ValAccuracy, ..halving(0) };
        assert_eq!(rates(settings, &[0.5, 0.6, 0.6, 0.7]), [1.0, 1.0, 0.5, 0.5]);
    }

    /// The values were made by `plateau.py`, which stands beside them.
    #[test]
    fn every_rate_is_the_one_that_pytorch_gives() {
        #[derive(Deserialize)]
        struct Case {
            mode: String,
            threshold_mode: String,
            factor: f64,
            patience: usize,
            threshold: f64,
            cooldown: usize,
            min_lr: f64,
            lr: f64,
            values: Vec<serde_json::Value>,
            rates: Vec<f64>,
        }
        let text = include_str!("../../tests/golden/plateau.json");
        let cases: Vec<Case> = serde_json::from_str(text).unwrap();
        assert!(cases.len() >= 50);
        for (i, case) in cases.into_iter().enumerate() {
            let settings = PlateauSettings {
                monitor: if case.mode == "max" { Metric::ValAccuracy } else { Metric::ValLoss },
                factor: case.factor,
                patience: case.patience,
                threshold: case.threshold,
                threshold_mode: match case.threshold_mode.as_str() {
                    "abs" => ThresholdMode::Abs,
                    _ => ThresholdMode::Rel,
                },
                cooldown: case.cooldown,
                min_lr: case.min_lr,
            };
            let (mut plateau, mut lr) = (Plateau::new(&settings), case.lr);
            for (epoch, (value, wanted)) in case.values.iter().zip(&case.rates).enumerate() {
                // The script writes NaN as a string.
                let value = value.as_f64().unwrap_or(f64::NAN);
                lr = plateau.step(&settings, value, lr).unwrap_or(lr);
                assert_eq!(lr, *wanted, "case {i}, epoch {epoch}: {settings:?}");
            }
        }
    }
}
