//! Targets and what a network predicted of them.

use crate::SetError;

/// Samples with the numbers that they have and those that were predicted.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicted {
    columns: usize,
    targets: Vec<f32>,
    predictions: Vec<f32>,
}

impl Predicted {
    /// A row of `columns` numbers a sample in both.
    ///
    /// # Errors
    /// No sample, no column, counts that do not fit, a value that is not finite.
    pub fn new(targets: Vec<f32>, predictions: Vec<f32>, columns: usize) -> Result<Self, SetError> {
        let samples = targets.len() / columns.max(1);
        if samples == 0 {
            return Err(SetError::Empty);
        }
        for values in [targets.len(), predictions.len()] {
            if samples * columns != values {
                return Err(SetError::Count { values, samples, columns });
            }
        }
        let bad = |values: &[f32]| values.iter().position(|value| !value.is_finite());
        match bad(&targets).or_else(|| bad(&predictions)) {
            Some(at) => Err(SetError::NotFinite { sample: at / columns }),
            None => Ok(Predicted { columns, targets, predictions }),
        }
    }

    /// Numbers of a sample.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Number of samples, at least 1.
    pub fn len(&self) -> usize {
        self.targets.len() / self.columns
    }

    /// Never: a set has samples.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Target number `column` of sample `i`.
    pub fn target(&self, i: usize, column: usize) -> f64 {
        f64::from(self.targets[i * self.columns + column])
    }

    /// What was predicted of it.
    pub fn prediction(&self, i: usize, column: usize) -> f64 {
        f64::from(self.predictions[i * self.columns + column])
    }

    /// Prediction − target.
    pub fn error(&self, i: usize, column: usize) -> f64 {
        self.prediction(i, column) - self.target(i, column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_set_is_refused() {
        let new = |targets: &[f32], predictions: &[f32], columns| {
            Predicted::new(targets.to_vec(), predictions.to_vec(), columns).unwrap_err()
        };
        assert_eq!(new(&[], &[], 1), SetError::Empty);
        assert_eq!(new(&[1.0], &[1.0], 0), SetError::Count { values: 1, samples: 1, columns: 0 });
        assert_eq!(
            new(&[1.0; 4], &[1.0; 3], 2),
            SetError::Count { values: 3, samples: 2, columns: 2 }
        );
        assert_eq!(
            new(&[1.0; 4], &[1.0, 1.0, f32::NAN, 1.0], 2),
            SetError::NotFinite { sample: 1 }
        );
    }
}
