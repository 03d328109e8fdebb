//! Samples and a network's outputs become the scores of `train.metrics`.

use serde_json::Value;
use wellfit_metrics::{Classified, Extra, Predicted, SetError};
use wellfit_nn::{Samples, Target, Targets};

use crate::encode::Number;

/// The samples with a classifier's logits, a row of `classes` a sample.
///
/// # Errors
/// Samples without classes, outputs that do not fit them or are not finite.
pub fn classified(
    samples: &Samples,
    logits: &[f32],
    classes: usize,
) -> Result<Classified, SetError> {
    let labels: Vec<u32> = (0..samples.len())
        .filter_map(|i| match samples.target(i) {
            Target::Class(class) => Some(class),
            Target::Numbers(_) => None,
        })
        .collect();
    Classified::from_logits(&labels, logits, classes)
}

/// The samples with what a network predicts of their numbers.
///
/// # Errors
/// Samples without numbers, outputs that do not fit them or are not finite.
pub fn predicted(samples: &Samples, outputs: Vec<f32>) -> Result<Predicted, SetError> {
    let columns = match &samples.targets {
        Targets::Numbers { per_sample, .. } => *per_sample,
        Targets::Classes(_) => 0,
    };
    let mut targets = Vec::with_capacity(samples.len() * columns);
    for i in 0..samples.len() {
        if let Target::Numbers(numbers) = samples.target(i) {
            targets.extend_from_slice(numbers);
        }
    }
    Predicted::new(targets, outputs, columns)
}

/// The scores `extras` of what a network with so many outputs gave; NaN where one is not
/// defined.
pub(crate) fn scores(
    extras: &[Extra],
    samples: &Samples,
    logits: Vec<f32>,
    outputs: usize,
) -> Vec<f64> {
    let found = match &samples.targets {
        Targets::Classes(_) => {
            classified(samples, &logits, outputs).map(|set| Extra::of_classes(extras, &set))
        }
        Targets::Numbers { .. } => {
            predicted(samples, logits).map(|set| Extra::of_numbers(extras, &set))
        }
    };
    match found {
        Ok(found) => found.into_iter().map(|score| score.unwrap_or(f64::NAN)).collect(),
        Err(_) => vec![f64::NAN; extras.len()],
    }
}

/// A number as records hold it: `1.5`, `"nan"`; `None` for null and what is no number.
pub(crate) fn number(value: Value) -> Option<f64> {
    serde_json::from_value::<Option<Number>>(value).ok().flatten().map(|Number(value)| value)
}
