//! From a plan to what the engine takes.

use wellfit_data::{Dataset, Task};
use wellfit_nn::{Optimizer, Shape, Spec};

use super::layers::layer_error;
use super::{Outputs, Plan, PlanError, Schedule, ScheduleKind};
use crate::samples::shape;

impl Plan {
    /// The network, its loss and its optimiser for samples of this shape that are to
    /// give `outputs`.
    ///
    /// # Errors
    /// A layer or a loss that does not fit, with its key; see [`PlanError::locate`].
    pub fn spec(&self, input: Shape, outputs: Outputs<'_>) -> Result<Spec, PlanError> {
        let spec = Spec {
            loss: self.loss(&outputs)?,
            optimizer: self.optimizer(),
            penalties: self.train.penalties.clone(),
            clip_grad_norm: self.train.clip_grad_norm,
            max_norm: self.train.max_norm,
            precision: self.train.precision,
            average: self.train.average.is_some(),
            batch_size: self.train.batch_size,
            drop_last: self.train.drop_last,
            seed: self.train.seed,
            ..Spec::new(input, outputs.len(), self.model.layers.clone())
        };
        match spec.check() {
            Ok(()) => Ok(spec),
            Err(error) => Err(layer_error(error)),
        }
    }

    /// The same for a training set.
    ///
    /// # Errors
    /// As [`spec`](Self::spec).
    pub fn spec_for(&self, train: &Dataset) -> Result<Spec, PlanError> {
        let counts = train.class_counts();
        let outputs = match train.task() {
            Task::Classification => {
                Outputs::Classes { names: train.class_names(), counts: &counts }
            }
            Task::Regression => Outputs::Targets(train.outputs()),
        };
        self.spec(shape(train), outputs)
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
