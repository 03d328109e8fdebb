//! How many values a question needs.

use crate::{Spread, chance_to_clear, chance_to_fit};

/// A study should have this chance to settle a question that it is run for: four in
/// five (J. Cohen, *Statistical power analysis for the behavioral sciences*, 1988).
pub const POWER: f64 = 0.8;

/// The smallest number of values, 2 to `most`, that have a chance of [`POWER`] to put
/// the whole t interval at level `alpha` above zero when the true mean is `distance`
/// above it and they spread so far. `None` when `most` are too few, or
/// nothing is known.
///
/// ```
/// assert_eq!(wellfit_stats::size_to_clear(1.0, 1.0, 0.05, 100), Some(10));
/// assert_eq!(wellfit_stats::size_to_clear(0.0, 1.0, 0.05, 100), None);
/// ```
pub fn size_to_clear(
    distance: f64,
    spread: impl Into<Spread>,
    alpha: f64,
    most: usize,
) -> Option<usize> {
    let spread = spread.into();
    first(most, |n| chance_to_clear(distance, spread, n, alpha))
}

/// Likewise to put the whole interval within ±`margin` when the true mean is `mean`.
///
/// ```
/// let few = wellfit_stats::size_to_fit(0.0, 2.0, 1.0, 0.05, 100).unwrap();
/// assert!(few < wellfit_stats::size_to_fit(0.5, 2.0, 1.0, 0.05, 100).unwrap());
/// assert_eq!(wellfit_stats::size_to_fit(3.0, 2.0, 1.0, 0.05, 100), None);
/// ```
pub fn size_to_fit(
    mean: f64,
    margin: f64,
    spread: impl Into<Spread>,
    alpha: f64,
    most: usize,
) -> Option<usize> {
    let spread = spread.into();
    first(most, |n| chance_to_fit(mean, margin, spread, n, alpha))
}

/// The first n whose chance is enough. Chances rise with n once they are above one
/// half, so halving finds it.
fn first(most: usize, chance: impl Fn(usize) -> f64) -> Option<usize> {
    let enough = |n: usize| chance(n) >= POWER;
    if most < 2 || !enough(most) {
        return None;
    }
    let (mut few, mut many) = (1, most);
    while many - few > 1 {
        let middle = few + (many - few) / 2;
        if enough(middle) { many = middle } else { few = middle }
    }
    Some(many)
}
