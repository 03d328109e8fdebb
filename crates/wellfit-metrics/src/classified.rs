//! Labels and what a network said of them.

use crate::SetError;

/// Probabilities may miss 1 by so much and still be taken for float32's.
const ROUNDING: f64 = 1e-4;

/// Samples with their class, the probability of each class, and the class that they are
/// taken for: the most probable, the first of equals.
#[derive(Clone, Debug, PartialEq)]
pub struct Classified {
    classes: usize,
    labels: Vec<u32>,
    /// A row of `classes` a sample.
    probabilities: Vec<f64>,
    predicted: Vec<u32>,
}

impl Classified {
    /// From a network's outputs, a row of `classes` a sample; their softmax is taken in
    /// f64.
    ///
    /// # Errors
    /// No sample, fewer than two classes, a label that is no class, counts that do not
    /// fit, a logit that is NaN or +∞.
    pub fn from_logits(labels: &[u32], logits: &[f32], classes: usize) -> Result<Self, SetError> {
        check(labels, logits.len(), classes)?;
        let mut probabilities = Vec::with_capacity(logits.len());
        for (sample, row) in logits.chunks_exact(classes).enumerate() {
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            if !largest.is_finite() || row.iter().any(|logit| logit.is_nan()) {
                return Err(SetError::NotFinite { sample });
            }
            let powers = row.iter().map(|&logit| (f64::from(logit) - f64::from(largest)).exp());
            let sum: f64 = powers.clone().sum();
            probabilities.extend(powers.map(|power| power / sum));
        }
        let predicted = logits.chunks_exact(classes).map(largest).collect();
        Ok(Classified { classes, labels: labels.to_vec(), probabilities, predicted })
    }

    /// From probabilities, a row of `classes` a sample.
    ///
    /// # Errors
    /// As [`from_logits`](Self::from_logits), and values that are no probabilities.
    pub fn new(
        labels: Vec<u32>,
        probabilities: Vec<f64>,
        classes: usize,
    ) -> Result<Self, SetError> {
        check(&labels, probabilities.len(), classes)?;
        let rows = probabilities.chunks_exact(classes);
        let fits = |row: &[f64]| {
            let sum: f64 = row.iter().sum();
            row.iter().all(|p| (0.0..=1.0).contains(p)) && (sum - 1.0).abs() <= ROUNDING
        };
        if let Some(sample) = rows.clone().position(|row| !fits(row)) {
            return Err(SetError::Probabilities { sample });
        }
        let predicted = rows.map(largest).collect();
        Ok(Classified { classes, labels, probabilities, predicted })
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Number of samples, at least 1.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Never: a set has samples.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The class of each sample.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// What each sample is taken for.
    pub fn predicted(&self) -> &[u32] {
        &self.predicted
    }

    /// The probability of each class for sample `i`.
    ///
    /// # Panics
    /// If there is no such sample.
    pub fn probabilities(&self, i: usize) -> &[f64] {
        &self.probabilities[i * self.classes..(i + 1) * self.classes]
    }

    /// That of the class that sample `i` is taken for.
    pub(crate) fn confidence(&self, i: usize) -> f64 {
        self.probabilities(i)[self.predicted[i] as usize]
    }

    /// Whether sample `i` is classified rightly.
    pub(crate) fn is_hit(&self, i: usize) -> bool {
        self.predicted[i] == self.labels[i]
    }
}

fn check(labels: &[u32], values: usize, classes: usize) -> Result<(), SetError> {
    if classes < 2 {
        return Err(SetError::Classes { classes });
    }
    if labels.is_empty() {
        return Err(SetError::Empty);
    }
    if labels.len().checked_mul(classes) != Some(values) {
        return Err(SetError::Count { values, samples: labels.len(), columns: classes });
    }
    match labels.iter().position(|&label| label as usize >= classes) {
        Some(sample) => Err(SetError::Label { label: labels[sample], sample, classes }),
        None => Ok(()),
    }
}

/// Where the largest value is, the first of equals.
fn largest<T: PartialOrd>(row: &[T]) -> u32 {
    (1..row.len()).fold(0, |at, i| if row[i] > row[at] { i } else { at }) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logits_become_probabilities_even_where_they_are_huge() {
        let set = Classified::from_logits(&[0, 1], &[1e30, 0.0, 0.0, 3.0_f32.ln()], 2).unwrap();
        assert_eq!(set.probabilities(0), [1.0, 0.0]);
        assert!((set.probabilities(1)[1] - 0.75).abs() < 1e-7);
        let set = Classified::from_logits(&[0], &[0.0, f32::NEG_INFINITY], 2).unwrap();
        assert_eq!(set.probabilities(0), [1.0, 0.0]);
    }

    #[test]
    fn the_first_of_equal_classes_is_predicted() {
        let set = Classified::from_logits(&[2, 0], &[0.0, 1.0, 1.0, 2.0, 2.0, 2.0], 3).unwrap();
        assert_eq!(set.predicted(), [1, 0]);
    }

    #[test]
    fn what_is_no_set_is_refused() {
        let logits = |labels: &[u32], logits: &[f32], classes| {
            Classified::from_logits(labels, logits, classes).unwrap_err()
        };
        assert_eq!(logits(&[], &[], 2), SetError::Empty);
        assert_eq!(logits(&[0], &[1.0], 1), SetError::Classes { classes: 1 });
        assert_eq!(
            logits(&[0], &[1.0; 3], 2),
            SetError::Count { values: 3, samples: 1, columns: 2 }
        );
        assert_eq!(
            logits(&[0, 2], &[1.0; 4], 2),
            SetError::Label { label: 2, sample: 1, classes: 2 }
        );
        for bad in [f32::NAN, f32::INFINITY] {
            let error = logits(&[0, 1], &[0.0, 1.0, bad, 0.0], 2);
            assert_eq!(error, SetError::NotFinite { sample: 1 });
        }
        let all = f32::NEG_INFINITY;
        assert_eq!(logits(&[0], &[all, all], 2), SetError::NotFinite { sample: 0 });
        for bad in [[0.5, 0.4], [1.5, -0.5], [f64::NAN, 0.5]] {
            let error = Classified::new(vec![0], bad.to_vec(), 2).unwrap_err();
            assert_eq!(error, SetError::Probabilities { sample: 0 });
        }
    }
}
