//! From a plan to what the engine takes.

use wellfit_nn::{Spec, SpecError};

use super::{Plan, PlanError};

impl Plan {
    /// The network and its optimiser for samples of `features` values in `classes`
    /// classes.
    ///
    /// # Errors
    /// A layer that does not fit, with its key; see [`PlanError::locate`].
    pub fn spec(&self, features: usize, classes: usize) -> Result<Spec, PlanError> {
        let spec = Spec {
            features,
            classes,
            layers: self.model.layers.clone(),
            optimizer: self.train.optimizer,
            penalties: self.train.penalties.clone(),
            batch_size: self.train.batch_size,
            drop_last: self.train.drop_last,
            seed: self.train.seed,
        };
        match spec.check() {
            Ok(()) => Ok(spec),
            Err(error) => {
                let key = match error {
                    SpecError::NoUnits { layer }
                    | SpecError::Outputs { layer, .. }
                    | SpecError::TooLarge { layer, .. } => format!("model.layers.{layer}.out"),
                    SpecError::NoLinear => "model.layers".into(),
                    SpecError::Range { .. } => "train".into(),
                };
                Err(PlanError::about(key, error.to_string()))
            }
        }
    }
}
