//! Numbers that statistics can be computed from.

use thiserror::Error;

/// One or more finite values, in the order they were given.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample(Vec<f64>);

/// Why values are not a [`Sample`].
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SampleError {
    /// There are no values.
    #[error("a sample needs at least one value, but there is none")]
    Empty,
    /// A value is NaN or infinite.
    #[error("a sample holds finite values only, but value {index} is {value}")]
    NotFinite {
        /// Its position, from 0.
        index: usize,
        /// What it is.
        value: f64,
    },
}

impl Sample {
    /// Checks that there are values and that each is finite.
    pub fn new(values: Vec<f64>) -> Result<Sample, SampleError> {
        if values.is_empty() {
            return Err(SampleError::Empty);
        }
        match values.iter().position(|value| !value.is_finite()) {
            Some(index) => Err(SampleError::NotFinite { index, value: values[index] }),
            None => Ok(Sample(values)),
        }
    }

    /// The values.
    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// How many values, at least 1.
    pub fn n(&self) -> usize {
        self.0.len()
    }

    /// The mean. Equal values have exactly their value as mean.
    pub fn mean(&self) -> f64 {
        let n = self.n() as f64;
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for &value in &self.0 {
            (low, high) = (low.min(value), high.max(value));
        }
        // Dividing first keeps large values from overflowing; the second pass
        // takes back what rounding the first one cost.
        let rough: f64 = self.0.iter().map(|value| value / n).sum();
        let rest: f64 = self.0.iter().map(|value| (value - rough) / n).sum();
        let mean = if rest.is_finite() { rough + rest } else { rough };
        mean.clamp(low, high)
    }

    /// Standard deviation with n − 1 in the denominator; `None` for a single value.
    pub fn std(&self) -> Option<f64> {
        let (n, mean) = (self.n(), self.mean());
        let squares: f64 = self.0.iter().map(|value| (value - mean).powi(2)).sum();
        (n > 1).then(|| (squares / (n - 1) as f64).sqrt())
    }

    /// Standard error of the mean, std / √n; `None` for a single value.
    pub fn standard_error(&self) -> Option<f64> {
        self.std().map(|std| std / (self.n() as f64).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_values_are_no_sample() {
        assert_eq!(Sample::new(vec![]), Err(SampleError::Empty));
    }

    #[test]
    fn a_value_that_is_not_finite_is_named() {
        let error = Sample::new(vec![1.0, f64::INFINITY]).unwrap_err();
        assert_eq!(error.to_string(), "a sample holds finite values only, but value 1 is inf");
        assert!(Sample::new(vec![f64::NAN]).is_err());
    }

    #[test]
    fn equal_values_have_no_spread_at_all() {
        let sample = Sample::new(vec![0.1; 7]).unwrap();
        assert_eq!((sample.mean(), sample.std()), (0.1, Some(0.0)));
    }

    #[test]
    fn the_mean_of_huge_values_does_not_overflow() {
        let sample = Sample::new(vec![f64::MAX, f64::MAX]).unwrap();
        assert_eq!(sample.mean(), f64::MAX);
    }
}
