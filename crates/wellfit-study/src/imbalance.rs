//! Whether classes are so uneven that accuracy hardly sees the rare ones.

/// Samples of the largest class for one of the smallest from which on classes are called
/// imbalanced: a network that ignores the smallest is right in 9 of 10 cases of the two
/// (He and Garcia, "Learning from imbalanced data", 2009). The finding `class-imbalance`
/// has the same threshold.
pub const IMBALANCE: f64 = 10.0;

/// The largest and the smallest class of imbalanced data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imbalance {
    /// The smallest class.
    pub small: usize,
    /// Its samples.
    pub fewest: usize,
    /// The largest class.
    pub large: usize,
    /// Its samples.
    pub most: usize,
}

/// Whether classes with so many samples are imbalanced.
///
/// ```
/// assert!(wellfit_study::imbalance(&[900, 95, 400]).is_none());
/// assert_eq!(wellfit_study::imbalance(&[900, 90, 400]).unwrap().small, 1);
/// ```
pub fn imbalance(counts: &[usize]) -> Option<Imbalance> {
    let by_size = || counts.iter().copied().enumerate();
    let (small, fewest) = by_size().min_by_key(|&(_, n)| n)?;
    let (large, most) = by_size().max_by_key(|&(_, n)| n)?;
    let uneven = most > 0 && most as f64 >= IMBALANCE * fewest as f64;
    uneven.then_some(Imbalance { small, fewest, large, most })
}
