//! The rules that every plan keeps, whether it was read or made in code. They are
//! written here once; the reader adds the line.

use std::fmt::Display;

use wellfit_nn::Optimizer;

use super::augment::check_augment;
use super::average::check_average;
use super::data::check_data;
use super::layers::check_layers;
use super::schedule::check_schedule;
use super::{LossSettings, Plan, PlanError};

impl Plan {
    /// Checks every value's range and what depends on each other.
    ///
    /// # Errors
    /// The first rule that is broken, with its key.
    pub fn check(&self) -> Result<(), PlanError> {
        check_data(&self.data)?;
        self.check_model()?;
        self.train.loss.iter().try_for_each(LossSettings::check)?;
        self.check_optimizer()?;
        self.check_metrics()?;
        self.check_rest_of_train()
    }

    fn check_model(&self) -> Result<(), PlanError> {
        let model = &self.model;
        check_layers(&model.layers)?;
        let (layers, indices) = (model.layers.len(), model.init_index.len());
        if layers != indices {
            let message = format!(
                "model.init_index must have an index for each of the {layers} layers, not {indices}"
            );
            return Err(PlanError::about("model.init_index", message));
        }
        let mut old: Vec<usize> = model.init_index.iter().flatten().copied().collect();
        old.sort_unstable();
        match old.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => {
                let message = format!("model.init_index names layer {} twice", pair[0]);
                Err(PlanError::about("model.init_index", message))
            }
            None => Ok(()),
        }
    }

    fn check_optimizer(&self) -> Result<(), PlanError> {
        let key = |name: &str| format!("train.optimizer.{name}");
        let share = |name: &str, value: f64| {
            require((0.0..1.0).contains(&value), key(name), value, "at least 0 and below 1")
        };
        let above_0 = |name: &str, value: f64| {
            require(value > 0.0 && value.is_finite(), key(name), value, "a finite number above 0")
        };
        above_0("lr", self.train.lr)?;
        match self.train.optimizer {
            Optimizer::Adam { betas, eps, .. } => {
                for (i, beta) in [betas.0, betas.1].into_iter().enumerate() {
                    share(&format!("betas.{i}"), beta)?;
                }
                above_0("eps", eps)?;
            }
            Optimizer::RmsProp { alpha, eps, .. } => {
                share("alpha", alpha)?;
                above_0("eps", eps)?;
            }
            Optimizer::Sgd { momentum, nesterov, .. } => {
                share("momentum", momentum)?;
                let ok = !nesterov || momentum > 0.0;
                require(ok, key("momentum"), momentum, "above 0 when nesterov = true")?;
            }
        }
        require_not_negative(key("weight_decay"), self.train.optimizer.weight_decay())
    }

    fn check_rest_of_train(&self) -> Result<(), PlanError> {
        let train = &self.train;
        require(train.epochs > 0, "train.epochs", train.epochs, "at least 1")?;
        require(train.batch_size > 0, "train.batch_size", train.batch_size, "at least 1")?;
        if let Some(schedule) = &train.schedule {
            check_schedule(schedule, train)?;
        }
        for (i, penalty) in train.penalties.iter().enumerate() {
            require_not_negative(format!("train.penalties.{i}.lambda"), penalty.lambda)?;
        }
        if let Some(norm) = train.clip_grad_norm {
            let ok = norm > 0.0 && norm.is_finite();
            require(ok, "train.clip_grad_norm", norm, "a finite number above 0")?;
        }
        if let Some(norm) = train.max_norm {
            let ok = norm > 0.0 && norm.is_finite();
            require(ok, "train.max_norm", norm, "a finite number above 0")?;
        }
        for (i, augment) in train.augment.iter().enumerate() {
            check_augment(&format!("train.augment.{i}"), augment)?;
        }
        let mut blends = (0..train.augment.len()).filter(|&i| train.augment[i].blends());
        if let (Some(first), Some(second)) = (blends.next(), blends.next()) {
            let [one, other] = [first, second].map(|i| train.augment[i].name());
            let key = format!("train.augment.{second}");
            let message = format!(
                "{key} is {other}, but samples are blended once, and train.augment.{first} is \
                 {one} already: leave one of them out"
            );
            return Err(PlanError::about(key, message));
        }
        if let Some(average) = &train.average {
            check_average(average, train)?;
        }
        match train.early_stopping {
            Some(stopping) => {
                let key = "train.early_stopping.patience";
                require(stopping.patience > 0, key, stopping.patience, "at least 1")?;
                require_not_negative("train.early_stopping.min_delta", stopping.min_delta)
            }
            None => Ok(()),
        }
    }
}

/// `ok` must be false for NaN: write ranges so that they include, never exclude.
pub(super) fn require(
    ok: bool,
    key: impl Into<String>,
    value: impl Display,
    range: &str,
) -> Result<(), PlanError> {
    if ok {
        return Ok(());
    }
    let key = key.into();
    let message = format!("{key} must be {range}, not {value}");
    Err(PlanError::about(key, message))
}

pub(super) fn require_not_negative(key: impl Into<String>, value: f64) -> Result<(), PlanError> {
    require(value >= 0.0 && value.is_finite(), key, value, "a finite number of at least 0")
}
