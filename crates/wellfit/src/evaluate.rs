//! A trained model and samples become scores.

use wellfit_data::{Dataset, Task};
use wellfit_metrics::{LossFigure, Report};
use wellfit_train::plan::LossSettings;
use wellfit_train::record::ScoreKind;
use wellfit_train::{classified, evaluate_with_outputs, predicted, samples};

use crate::{ModelError, SavedModel};

impl SavedModel {
    /// What the model gives on samples as they were read, not yet prepared: the mean loss
    /// of single samples, without class weights and smoothing, and every score.
    ///
    /// # Errors
    /// Samples that the preparation refuses or the network cannot take, and outputs that
    /// are not finite.
    pub fn evaluate(
        &self,
        raw: &Dataset,
        threads: usize,
    ) -> Result<(LossFigure, Report), ModelError> {
        let set = self.prepare(raw)?;
        // Class weights may depend on the training set, which need not be there.
        let mut plan = self.plan.clone();
        if set.task() == Task::Classification {
            plan.train.loss = Some(LossSettings::CROSS_ENTROPY);
        }
        let samples = samples(&set, &self.preparation);
        let (evaluation, outputs) =
            evaluate_with_outputs(&plan, &self.weights, &set, &samples, threads)?;
        let names = set.output_names();
        let report = match set.task() {
            Task::Classification => {
                Report::of_classes(&classified(&samples, &outputs, set.outputs())?, names)
            }
            Task::Regression => Report::of_numbers(&predicted(&samples, outputs)?, names),
        };
        let name = plan.measure(ScoreKind::of(set.task())).name();
        Ok((LossFigure::of(name, &evaluation.losses), report))
    }
}
