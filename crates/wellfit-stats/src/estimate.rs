//! A figure and how surely it is known.

use crate::{CONFIDENCE, Sample, Spread, StudentT};

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
    /// Standard error of the mean; NaN when n < 2.
    pub error: f64,
    /// Degrees of freedom of the interval's t; NaN when n < 2.
    pub df: f64,
    /// The part of the variance that more values would not lower: n_test/n_train of
    /// [`crate::resampled`], else 0.
    pub shared: f64,
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
        if !mean.is_finite() || !error.is_finite() {
            let unknown = Estimate::unknown(values);
            return Estimate { mean, ..unknown };
        }
        let p = match (error == 0.0, mean == 0.0) {
            (true, true) => 1.0,
            (true, false) => 0.0,
            (false, _) => StudentT::new(df).two_sided(mean / error),
        };
        let n = values.len();
        Estimate { mean, low: mean, high: mean, p, error, df, shared: 0.0, n, values }
            .with_confidence(CONFIDENCE)
    }

    fn unknown(values: Vec<f64>) -> Estimate {
        let (n, nan) = (values.len(), f64::NAN);
        let (mean, low, high) = (nan, nan, nan);
        Estimate { mean, low, high, p: nan, error: nan, df: nan, shared: 0.0, n, values }
    }

    /// The same estimate with an interval of another confidence (0 to 1, both
    /// excluded), such as 0.9 for a test of equivalence at 5 %.
    pub fn with_confidence(&self, confidence: f64) -> Estimate {
        let half = if self.error == 0.0 {
            0.0
        } else {
            StudentT::new(self.df).quantile(0.5 + confidence / 2.0) * self.error
        };
        Estimate { low: self.mean - half, high: self.mean + half, ..self.clone() }
    }

    /// How far the values spread that the interval was made from; of [`crate::unpaired`]
    /// sides it takes [`Spread::unpaired`].
    pub fn spread(&self) -> Spread {
        Spread::resampled(self.error / (1.0 / self.n as f64 + self.shared).sqrt(), self.shared)
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
    /// of equivalence (two one-sided tests, each at 2.5 %; [`Estimate::p_within`]).
    pub fn is_within(&self, margin: f64) -> bool {
        self.low >= -margin && self.high <= margin
    }

    /// Two-sided p of the hypothesis that the true mean lies within ±`margin`,
    /// against the side the mean is on: at most 5 % exactly when the 95 % interval
    /// is clear of the margin. 1 when the mean itself is within; NaN when n < 2.
    pub fn p_beyond(&self, margin: f64) -> f64 {
        let beyond = self.mean.abs() - margin;
        if !self.has_interval() || margin.is_nan() {
            f64::NAN
        } else if beyond <= 0.0 {
            1.0
        } else if self.error == 0.0 {
            0.0
        } else {
            StudentT::new(self.df).two_sided(beyond / self.error)
        }
    }

    /// p of the hypothesis that the true mean lies beyond ±`margin`: the larger p
    /// of two one-sided t tests, one against each end (D. J. Schuirmann, *A
    /// comparison of the two one-sided tests procedure and the power approach*,
    /// Journal of Pharmacokinetics and Biopharmaceutics 15, 1987). At most 5 %
    /// exactly when the 90 % interval lies within the margin, at most 2.5 % when
    /// the 95 % interval does; NaN when n < 2.
    ///
    /// ```
    /// use wellfit_stats::Estimate;
    /// let estimate = Estimate::of([0.1, -0.2, 0.0, 0.2, -0.1]);
    /// assert!(estimate.p_within(1.0) < 0.001 && estimate.p_within(0.1) > 0.05);
    /// ```
    pub fn p_within(&self, margin: f64) -> f64 {
        let inside = margin - self.mean.abs();
        if !self.has_interval() || margin.is_nan() {
            f64::NAN
        } else if self.error == 0.0 {
            if inside >= 0.0 { 0.0 } else { 1.0 }
        } else {
            StudentT::new(self.df).upper_tail(inside / self.error)
        }
    }

    /// The same figure in another unit: 100 turns shares into points, −1 turns
    /// it round.
    pub fn scaled(&self, factor: f64) -> Estimate {
        let (a, b) = (self.low * factor, self.high * factor);
        let (low, high) = if factor < 0.0 { (b, a) } else { (a, b) };
        let values = self.values.iter().map(|value| value * factor).collect();
        let (mean, error) = (self.mean * factor, self.error * factor.abs());
        Estimate { mean, low, high, error, values, ..self.clone() }
    }
}
