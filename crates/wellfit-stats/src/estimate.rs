//! A figure and how surely it is known.

/// A mean with its 95 % interval over n values.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Lower end of the 95 % interval; NaN when n < 2.
    pub low: f64,
    /// Upper end; NaN when n < 2.
    pub high: f64,
    /// Two-sided p against zero (paired t test); NaN when n < 2.
    pub p: f64,
    /// How many values.
    pub n: usize,
    /// The values themselves, in the seeds' order.
    pub values: Vec<f64>,
}
