//! From a plan to what the engine takes.

use wellfit_nn::{Optimizer, Shape, Spec};

use super::layers::layer_error;
use super::{Plan, PlanError, Schedule, ScheduleKind};

impl Plan {
    /// The network and its optimiser for samples of this shape in `classes` classes.
    ///
    /// # Errors
    /// A layer that does not fit, with its key; see [`PlanError::locate`].
    pub fn spec(&self, input: Shape, classes: usize) -> Result<Spec, PlanError> {
        let spec = Spec {
            optimizer: self.optimizer(),
            penalties: self.train.penalties.clone(),
            clip_grad_norm: self.train.clip_grad_norm,
            average: self.train.average.is_some(),
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

    /// The optimiser, with one-cycle's momentum in the place of SGD's own: as in
    /// PyTorch, SGD has a momentum while it is cycled, even if it is set to 0.
    fn optimizer(&self) -> Optimizer {
        let cycled = match self.train.schedule {
            Some(Schedule { kind: ScheduleKind::OneCycle(s), .. }) if s.cycle_momentum => {
                Some(s.max_momentum)
            }
            _ => None,
        };
        match (self.train.optimizer, cycled) {
            (Optimizer::Sgd { nesterov, weight_decay, .. }, Some(momentum)) => {
                Optimizer::Sgd { momentum, nesterov, weight_decay }
            }
            (optimizer, _) => optimizer,
        }
    }
}
