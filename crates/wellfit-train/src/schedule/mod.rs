//! Learning-rate schedules: what each step of a run is told.
//!
//! Every rule but one is a pure function from a step or an epoch to a rate, in f64, so
//! that a run that was interrupted needs no memory of it. A file a rule:
//!
//! | rule | moves | as PyTorch's |
//! |---|---|---|
//! | [`warmup`] | each step | LinearLR |
//! | [`step`], [`exponential`], [`cosine`] | each epoch | StepLR, ExponentialLR, CosineAnnealingLR |
//! | [`one_cycle`] | each step | OneCycleLR |
//! | [`plateau`] | when a figure stops improving: it has a state | ReduceLROnPlateau |
//!
//! A warm-up of `w` epochs comes first; the other rule's clock starts after it, at the
//! optimiser's rate: what PyTorch's SequentialLR makes of the two. A plateau looks at
//! no figure of the warm-up.

mod cosine;
mod exponential;
mod one_cycle;
mod plateau;
mod step;
mod warmup;

#[cfg(test)]
mod tests;

use wellfit_nn::StepSettings;

use crate::plan::{Schedule, ScheduleKind, Train};
pub use plateau::Plateau;

/// The rates of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    schedule: Option<Schedule>,
    /// The optimiser's rate.
    lr: f64,
    /// Epochs that the run may have.
    epochs: usize,
    /// Steps in each, at least 1.
    steps: usize,
}

impl Rates {
    /// Those of a plan whose epochs have `steps` steps.
    pub fn new(train: &Train, steps: usize) -> Self {
        Self { schedule: train.schedule, lr: train.lr, epochs: train.epochs, steps }
    }

    /// Epochs of warm-up.
    pub fn warmup(&self) -> usize {
        self.schedule.and_then(|schedule| schedule.warmup).map_or(0, |warmup| warmup.epochs)
    }

    /// Writes what each step of `epoch` (from 1) is told. `plateau` is the rate that
    /// a plateau has left.
    pub fn fill(&self, epoch: usize, plateau: f64, out: &mut Vec<StepSettings>) {
        out.clear();
        let Some(Schedule { kind, warmup }) = self.schedule else {
            return out.extend((0..self.steps).map(|_| StepSettings::rate(self.lr)));
        };
        if let Some(warmup) = warmup.filter(|warmup| epoch <= warmup.epochs) {
            let all = warmup.epochs as f64 * self.steps as f64;
            let factor = |step| warmup::factor(warmup.start_factor, step, all);
            return out.extend(self.clock(epoch).map(|s| StepSettings::rate(self.lr * factor(s))));
        }
        // Epochs that the rule has behind it, and all that it has.
        let (done, all) = (epoch - 1 - self.warmup(), self.epochs - self.warmup());
        let rate = match kind {
            ScheduleKind::OneCycle(settings) => {
                let all = self.epochs as f64 * self.steps as f64;
                return out.extend(self.clock(epoch).map(|s| one_cycle::at(&settings, s, all)));
            }
            ScheduleKind::ReduceOnPlateau(_) => plateau,
            ScheduleKind::Step { every, factor } => step::rate(self.lr, every, factor, done),
            ScheduleKind::Exponential { factor } => exponential::rate(self.lr, factor, done),
            ScheduleKind::Cosine { min_lr } => cosine::rate(self.lr, min_lr, done, all),
        };
        out.extend((0..self.steps).map(|_| StepSettings::rate(rate)));
    }

    /// The run's steps in `epoch`, from 0.
    fn clock(&self, epoch: usize) -> impl Iterator<Item = f64> {
        let first = (epoch - 1) as f64 * self.steps as f64;
        (0..self.steps).map(move |step| first + step as f64)
    }
}
