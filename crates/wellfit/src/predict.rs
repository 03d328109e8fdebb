//! Weights and samples become predictions: probabilities of classes, or numbers.

use wellfit_data::{Dataset, Features, Preparation, Task};
use wellfit_nn::{Precision, Shape, Spec, Tensor};
use wellfit_train::plan::{Outputs, PlanError};
use wellfit_train::{Plan, TrainError, samples, shape};

/// What a network says of each sample of a set.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    task: Task,
    outputs: usize,
    values: Vec<f32>,
}

/// Runs the plan's network with these weights (a run's `best` or `last`, or those of
/// [`read_model`](crate::read_model)) on every sample of `set` in evaluation mode. The
/// samples are prepared ones: those of [`Splits`](wellfit_data::Splits), or what
/// [`Preparation::apply`] gives; [`SavedModel`](crate::SavedModel) takes them as they are
/// read. What the set's samples are to give is not looked at, only whether that is classes
/// or numbers, and how many: for samples without labels, any will do.
///
/// # Errors
/// Weights that do not belong to the plan's network, samples that it cannot take, or a
/// table that was not [prepared](Preparation::apply).
pub fn predict(
    plan: &Plan,
    weights: &[Tensor],
    set: &Dataset,
    preparation: &Preparation,
) -> Result<Predictions, TrainError> {
    let spec = network(plan, shape(set), set.task(), set.output_names())?;
    run(&spec, weights, set, preparation)
}

/// The plan's network for samples of this shape, as predictions need it: without its
/// loss, which may depend on the training set, and without what only training needs.
pub(crate) fn network(
    plan: &Plan,
    input: Shape,
    task: Task,
    names: &[String],
) -> Result<Spec, PlanError> {
    let mut plan = plan.clone();
    plan.train.loss = None;
    plan.train.average = None;
    plan.train.precision = Precision::F32;
    let counts = vec![0; names.len()];
    plan.spec(
        input,
        match task {
            Task::Classification => Outputs::Classes { names, counts: &counts },
            Task::Regression => Outputs::Targets(names.len()),
        },
    )
}

/// What a network with these weights says of prepared samples.
pub(crate) fn run(
    spec: &Spec,
    weights: &[Tensor],
    prepared: &Dataset,
    preparation: &Preparation,
) -> Result<Predictions, TrainError> {
    if let Features::Table(_) = prepared.features() {
        return Err(TrainError::NotPrepared { set: "set" });
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut session = wellfit_nn::compile(spec, threads)?;
    let refused = |what| move |source| TrainError::Session { what, source };
    session.import_parameters(weights).map_err(refused("weights"))?;
    let id = session.upload(&samples(prepared, preparation)).map_err(refused("samples"))?;
    let (task, outputs, mut values) = (prepared.task(), spec.outputs, session.logits(id));
    if task == Task::Classification {
        values.chunks_exact_mut(outputs).for_each(softmax);
    }
    Ok(Predictions { task, outputs, values })
}

/// p_c = exp(z_c) / Σ exp(z), with the largest z taken off first so that nothing
/// overflows.
fn softmax(logits: &mut [f32]) {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers = |logit: f32| f64::from(logit - largest).exp();
    let sum: f64 = logits.iter().map(|&logit| powers(logit)).sum();
    logits.iter_mut().for_each(|logit| *logit = (powers(*logit) / sum) as f32);
}

impl Predictions {
    /// Whether these are probabilities of classes, or numbers.
    pub fn task(&self) -> Task {
        self.task
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.values.len() / self.outputs
    }

    /// Whether there are no samples (never, for a checked set).
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    fn row(&self, i: usize) -> &[f32] {
        &self.values[i * self.outputs..(i + 1) * self.outputs]
    }

    /// The number predicted for each target of sample `i`.
    ///
    /// # Panics
    /// When there is no sample `i`, or the samples are classified.
    pub fn numbers(&self, i: usize) -> &[f32] {
        assert_eq!(self.task, Task::Regression, "these are classes, not numbers");
        self.row(i)
    }

    /// The probability of each class for sample `i`; they add up to 1.
    ///
    /// # Panics
    /// When there is no sample `i`, or there are no classes.
    pub fn probabilities(&self, i: usize) -> &[f32] {
        assert_eq!(self.task, Task::Classification, "these are numbers, not classes");
        self.row(i)
    }

    /// The most probable class of sample `i`, the first of equals.
    ///
    /// # Panics
    /// As [`probabilities`](Self::probabilities).
    pub fn class(&self, i: usize) -> usize {
        let all = self.probabilities(i);
        let better = |best: usize, class: usize| if all[class] > all[best] { class } else { best };
        (1..all.len()).fold(0, better)
    }
}

#[cfg(test)]
mod tests {
    use wellfit_data::{Scale, Targets};
    use wellfit_nn::Layer;

    use super::*;

    #[test]
    fn probabilities_add_up_to_one_even_for_huge_logits() {
        let mut logits = [1e30, 0.0, -1e30];
        softmax(&mut logits);
        assert_eq!(logits, [1.0, 0.0, 0.0]);
        let mut logits = [0.0_f32, 3.0_f32.ln(), 0.0];
        softmax(&mut logits);
        assert!((logits[1] - 0.6).abs() < 1e-6 && (logits.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_first_of_equal_classes_is_predicted() {
        let (task, values) = (Task::Classification, vec![0.2, 0.4, 0.4, 1.0, 0.0, 0.0]);
        let predictions = Predictions { task, outputs: 3, values };
        assert_eq!((predictions.len(), predictions.class(0), predictions.class(1)), (2, 1, 0));
    }

    #[test]
    fn regression_predicts_numbers() {
        let plan = Plan::new("by hand", vec![Layer::Linear { out: 2, bias: true }]);
        let tensor = |name: &str, shape: &[usize], data: &[f32]| Tensor {
            name: name.into(),
            shape: shape.to_vec(),
            data: data.to_vec(),
        };
        let weights =
            [tensor("0.weight", &[2, 1], &[2.0, -1.0]), tensor("0.bias", &[2], &[0.5, 0.0])];
        let features = Features::Floats(vec![1.0, 3.0].into());
        let targets = Targets::numbers(vec![0.0; 4], vec!["a".into(), "b".into()]);
        let set = Dataset::new(wellfit_data::Shape::Vector(1), features, targets).unwrap();
        let predictions = predict(&plan, &weights, &set, &Preparation::fixed(Scale::None)).unwrap();
        assert_eq!((predictions.task(), predictions.len()), (Task::Regression, 2));
        assert_eq!(
            (predictions.numbers(0), predictions.numbers(1)),
            (&[2.5, -1.0][..], &[6.5, -3.0][..])
        );
    }
}
