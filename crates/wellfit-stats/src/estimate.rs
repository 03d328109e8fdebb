//! A figure and how surely it is known.

use crate::{CONFIDENCE, Sample, StudentT};

/// A mean with its 95 % interval over n values.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Estimate {
    /// The mean; NaN when there is no value, or one that is not finite.
    pub mean: f64,
    /// Lower end of the 95 % interval; NaN when n < 2.
    pub low: f64,
    /// Upper end; NaN when n < 2.
    pub high: f64,
    /// Two-sided p against zero (paired t test); NaN when n < 2. Values that are
    /// all equal have p 0, or 1 when they are zero.
    pub p: f64,
    /// How many values.
    pub n: usize,
    /// The values themselves, in the seeds' order.
    pub values: Vec<f64>,
}

impl Estimate {
    /// The mean of `values` with Student's t interval: mean ± t₀.₉₇₅(n−1)·s/√n.
    ///
    /// Values that are no [`Sample`] (none, or one that is not finite) give an
    /// estimate whose figures are all NaN: something that was not measured
    /// stays unknown and never looks like a number.
    ///
    /// ```
    /// use wellfit_stats::Estimate;
    /// let estimate = Estimate::of([1.0, 2.0, 3.0]);
    /// assert_eq!(estimate.mean, 2.0);
    /// assert!((estimate.high - 4.484).abs() < 0.001);
    /// assert!(Estimate::of([1.0]).low.is_nan());
    /// ```
    pub fn of(values: impl Into<Vec<f64>>) -> Estimate {
        let values = values.into();
        match Sample::new(values.clone()) {
            Err(_) => Estimate::unknown(values),
            Ok(sample) => {
                let error = sample.standard_error().unwrap_or(f64::NAN);
                let df = sample.n() as f64 - 1.0;
                Estimate::new(sample.mean(), error, df, values)
            }
        }
    }

    /// The mean of the differences `a[i] − b[i]`, as [`Estimate::of`]; the test
    /// behind its p is the paired t test. Pairs end with the shorter list.
    pub fn paired(a: &[f64], b: &[f64]) -> Estimate {
        Estimate::of(a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>())
    }

    /// mean ± t(df)·error. An error of NaN gives no interval, one of 0 an
    /// interval without width.
    pub(crate) fn new(mean: f64, error: f64, df: f64, values: Vec<f64>) -> Estimate {
        let n = values.len();
        if !mean.is_finite() || !error.is_finite() {
            let unknown = Estimate::unknown(values);
            return Estimate { mean, ..unknown };
        }
        if error == 0.0 {
            let p = if mean == 0.0 { 1.0 } else { 0.0 };
            return Estimate { mean, low: mean, high: mean, p, n, values };
        }
        let t = StudentT::new(df);
        let half = t.quantile(1.0 - (1.0 - CONFIDENCE) / 2.0) * error;
        let p = t.two_sided(mean / error);
        Estimate { mean, low: mean - half, high: mean + half, p, n, values }
    }

    fn unknown(values: Vec<f64>) -> Estimate {
        let n = values.len();
        Estimate { mean: f64::NAN, low: f64::NAN, high: f64::NAN, p: f64::NAN, n, values }
    }

    /// Whether there is a mean.
    pub fn is_known(&self) -> bool {
        self.mean.is_finite()
    }

    /// Whether there is an interval: two or more finite values.
    pub fn has_interval(&self) -> bool {
        self.low.is_finite() && self.high.is_finite()
    }

    /// Half the width of the interval; NaN without one.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Whether the whole interval lies above `bound`.
    pub fn is_above(&self, bound: f64) -> bool {
        self.low > bound
    }

    /// Whether the whole interval lies below `bound`.
    pub fn is_below(&self, bound: f64) -> bool {
        self.high < bound
    }

    /// Whether the whole interval lies within ±`margin`, ends included: a test
    /// of equivalence (two one-sided tests, each at 2.5 %).
    pub fn is_within(&self, margin: f64) -> bool {
        self.low >= -margin && self.high <= margin
    }

    /// Two-sided p of the hypothesis that the true mean lies within ±`margin`,
    /// against the side the mean is on: at most 5 % exactly when the interval is
    /// clear of the margin. 1 when the mean itself is within; NaN when n < 2.
    pub fn p_beyond(&self, margin: f64) -> f64 {
        let error = Sample::new(self.values.clone()).ok().and_then(|s| s.standard_error());
        let Some(error) = error.filter(|_| self.has_interval() && !margin.is_nan()) else {
            return f64::NAN;
        };
        let beyond = self.mean.abs() - margin;
        if beyond <= 0.0 {
            1.0
        } else if error == 0.0 {
            0.0
        } else {
            StudentT::new(self.n as f64 - 1.0).two_sided(beyond / error)
        }
    }

    /// The same figure in another unit: 100 turns shares into points, −1 turns
    /// it round.
    pub fn scaled(&self, factor: f64) -> Estimate {
        let (a, b) = (self.low * factor, self.high * factor);
        let (low, high) = if factor < 0.0 { (b, a) } else { (a, b) };
        let values = self.values.iter().map(|value| value * factor).collect();
        Estimate { mean: self.mean * factor, low, high, p: self.p, n: self.n, values }
    }
}
