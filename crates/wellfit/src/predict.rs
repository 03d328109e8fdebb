//! Weights and samples become probabilities.

use wellfit_data::{Dataset, Scale};
use wellfit_nn::{Spec, Tensor};
use wellfit_train::{Plan, TrainError, samples, shape};

/// What a network says of each sample of a set.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    classes: usize,
    probabilities: Vec<f32>,
}

/// Runs the plan's network with these weights (a run's `best` or `last`, or those of
/// [`read_model`](crate::read_model)) on every sample of `set` in evaluation mode.
/// The set's labels are not looked at: for samples without labels, any will do.
///
/// # Errors
/// Weights that do not belong to the plan's network, or samples that it cannot take.
pub fn predict(
    plan: &Plan,
    weights: &[Tensor],
    set: &Dataset,
    scale: Scale,
) -> Result<Predictions, TrainError> {
    let classes = set.class_names().len();
    // Nothing is trained here, so nothing is averaged.
    let spec = Spec { average: false, ..plan.spec(shape(set), classes)? };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut session = wellfit_nn::compile(&spec, threads)?;
    let refused = |what| move |source| TrainError::Session { what, source };
    session.import_parameters(weights).map_err(refused("weights"))?;
    let id = session.upload(&samples(set, scale)).map_err(refused("samples"))?;
    let mut probabilities = session.logits(id);
    probabilities.chunks_exact_mut(classes).for_each(softmax);
    Ok(Predictions { classes, probabilities })
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
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.probabilities.len() / self.classes
    }

    /// Whether there are no samples (never, for a checked set).
    pub fn is_empty(&self) -> bool {
        self.probabilities.is_empty()
    }

    /// The probability of each class for sample `i`; they add up to 1.
    ///
    /// # Panics
    /// When there is no sample `i`.
    pub fn probabilities(&self, i: usize) -> &[f32] {
        &self.probabilities[i * self.classes..(i + 1) * self.classes]
    }

    /// The most probable class of sample `i`, the first of equals.
    ///
    /// # Panics
    /// When there is no sample `i`.
    pub fn class(&self, i: usize) -> usize {
        let all = self.probabilities(i);
        let better = |best: usize, class: usize| if all[class] > all[best] { class } else { best };
        (1..all.len()).fold(0, better)
    }
}

#[cfg(test)]
mod tests {
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
        let predictions =
            Predictions { classes: 3, probabilities: vec![0.2, 0.4, 0.4, 1.0, 0.0, 0.0] };
        assert_eq!((predictions.len(), predictions.class(0), predictions.class(1)), (2, 1, 0));
    }
}
