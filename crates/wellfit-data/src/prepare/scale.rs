//! How numbers are scaled.

use super::figures::Figures;
use crate::Scale;

/// What is taken off, and what the rest is divided by. A spread of 0 divides by 1.
pub(super) fn fit(scale: Scale, figures: &mut Figures) -> (f64, f64) {
    let or_one = |spread: f64| if spread == 0.0 { 1.0 } else { spread };
    let (low, high) = figures.range();
    match scale {
        Scale::None => (0.0, 1.0),
        Scale::Unit => (0.0, 255.0),
        Scale::Standard => {
            let (mean, variance) = (figures.mean(), figures.variance());
            let constant = low == high || variance <= rounding(figures.len(), mean, variance);
            (mean, if constant { 1.0 } else { variance.sqrt() })
        }
        Scale::MinMax => (low, or_one(high - low)),
        Scale::Robust => {
            let [first, median, third] = [0.25, 0.5, 0.75].map(|q| figures.quantile(q));
            (median, or_one(third - first))
        }
    }
}

/// The variance that rounding alone can bring about: n·ε·variance + (n·mean·ε)², as
/// scikit-learn bounds it.
fn rounding(n: u64, mean: f64, variance: f64) -> f64 {
    let n = n as f64;
    n * f64::EPSILON * variance + (n * mean * f64::EPSILON).powi(2)
}
