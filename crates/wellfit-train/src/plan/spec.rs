//! From a plan to what the engine takes.

use wellfit_nn::{Shape, Spec};

use super::layers::layer_error;
use super::{Plan, PlanError};

impl Plan {
    /// The network and its optimiser for samples of this shape in `classes` classes.
    ///
    /// # Errors
    /// A layer that does not fit, with its key; see [`PlanError::locate`].
    pub fn spec(&self, input: Shape, classes: usize) -> Result<Spec, PlanError> {
        let spec = Spec {
            optimizer: self.train.optimizer,
            penalties: self.train.penalties.clone(),
            clip_grad_norm: self.train.clip_grad_norm,
            batch_size: self.train.batch_size,
            drop_last: self.train.drop_last,
            seed: self.train.seed,
            ..Spec::new(input, classes, self.model.layers.clone())
        };
        match spec.check() {
            Ok(()) => Ok(spec),
            Err(error) => Err(layer_error(error)),
        }
    }
}
