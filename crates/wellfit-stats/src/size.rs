//! How many values a question needs.

use crate::StudentT;

/// The smallest number of values, 2 to `most`, whose t interval at level `alpha`
/// reaches no further than `distance` from the mean when their standard deviation
/// is `std`: t₁₋α⸝₂(n−1)·std/√n ≤ distance. `None` when `most` are too few, or
/// nothing is known.
///
/// ```
/// assert_eq!(wellfit_stats::sample_size(1.0, 1.0, 0.05, 100), Some(7));
/// assert_eq!(wellfit_stats::sample_size(1.0, 0.0, 0.05, 100), None);
/// ```
pub fn sample_size(std: f64, distance: f64, alpha: f64, most: usize) -> Option<usize> {
    let reaches = |n: usize| {
        let t = StudentT::new(n as f64 - 1.0).quantile(1.0 - alpha / 2.0);
        t * std / (n as f64).sqrt() <= distance
    };
    // The reach falls as n grows, so halving finds the first that fits.
    if most < 2 || !reaches(most) {
        return None;
    }
    let (mut few, mut enough) = (1, most);
    while enough - few > 1 {
        let middle = few + (enough - few) / 2;
        if reaches(middle) { enough = middle } else { few = middle }
    }
    Some(enough)
}
