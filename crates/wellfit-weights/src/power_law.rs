//! The power law that the largest eigenvalues follow.
//!
//! Clauset, Shalizi & Newman (2009), "Power-law distributions in empirical data", *SIAM
//! Review* 51, 661: p(x) ∝ x^−α from x_min on; α by maximum likelihood (their equation
//! 3.1), x_min as the value with the smallest Kolmogorov–Smirnov distance (their section
//! 3.3). For the eigenvalues of WᵀW: Martin & Mahoney (2021), "Implicit self-regularization
//! in deep neural networks", *Journal of Machine Learning Research* 22(165), and their
//! program WeightWatcher, whose choices these are where the papers leave one.

/// Eigenvalues at or below this are left out, as WeightWatcher does.
pub const CUT: f64 = 1e-5;
/// Fewer eigenvalues are not fitted: WeightWatcher takes another estimator for them, and
/// no exponent of so few says much.
pub const FEWEST: usize = 20;
/// A tail with fewer values than this gives no reliable exponent (Clauset et al.,
/// section 3.4).
pub const RELIABLE: usize = 50;

/// Eigenvalues whose exponent is larger differ by rounding errors only.
const STEEPEST: f64 = 1e9;

/// A fitted tail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerLaw {
    /// The exponent of the density: above 1.
    pub alpha: f64,
    /// (α − 1)/√n, the standard error of α (Clauset et al., equation 3.2).
    pub standard_error: f64,
    /// Where the tail begins.
    pub x_min: f64,
    /// D: the largest distance between the tail's distribution and the law, measured
    /// just below each value as `plfit` and `powerlaw` do.
    pub distance: f64,
    /// Eigenvalues in the tail.
    pub tail: usize,
    /// Eigenvalues that were looked at.
    pub of: usize,
}

impl PowerLaw {
    /// Whether the tail is long enough for α to mean something.
    pub fn is_reliable(&self) -> bool {
        self.tail >= RELIABLE
    }
}

/// Why there is no exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoFit {
    /// Fewer than [`FEWEST`] eigenvalues above [`CUT`].
    TooFew {
        /// So many.
        found: usize,
    },
    /// All eigenvalues are equal, but for rounding errors.
    NoSpread,
}

/// Floating-point operations that a fit takes at most: for each value as x_min, an
/// exponential a value above it.
pub(crate) fn operations(eigenvalues: f64) -> f64 {
    10.0 * eigenvalues * eigenvalues
}

/// Fits the tail of eigenvalues, given in any order.
pub(crate) fn fit(eigenvalues: impl IntoIterator<Item = f64>) -> Result<PowerLaw, NoFit> {
    let mut values: Vec<f64> = eigenvalues.into_iter().filter(|value| *value > CUT).collect();
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len();
    if n < FEWEST {
        return Err(NoFit::TooFew { found: n });
    }
    let logs: Vec<f64> = values.iter().map(|value| libm::log(*value)).collect();
    // Σ over j ≥ i of ln x_j, for each i.
    let mut sums = logs.clone();
    for i in (0..n - 1).rev() {
        sums[i] += sums[i + 1];
    }
    let mut best: Option<(usize, f64, f64)> = None;
    for i in 0..n - 1 {
        let tail = (n - i) as f64;
        let alpha = 1.0 + tail / (sums[i] - tail * logs[i]);
        if !(alpha > 1.0 && alpha < STEEPEST) {
            continue;
        }
        let nearest = best.map_or(f64::INFINITY, |(_, _, distance)| distance);
        if let Some(distance) = distance(&logs[i..], alpha, nearest) {
            best = Some((i, alpha, distance));
        }
    }
    let (i, alpha, distance) = best.ok_or(NoFit::NoSpread)?;
    Ok(PowerLaw {
        alpha,
        standard_error: (alpha - 1.0) / ((n - i) as f64).sqrt(),
        x_min: values[i],
        distance,
        tail: values.iter().filter(|value| **value >= values[i]).count(),
        of: n,
    })
}

/// The distance between the values whose logarithms ascend in `logs` and the law that
/// begins at the first; `None` as soon as it is not below `nearest`.
fn distance(logs: &[f64], alpha: f64, nearest: f64) -> Option<f64> {
    let n = logs.len() as f64;
    let mut largest = 0.0f64;
    for (k, log) in logs.iter().enumerate() {
        let law = 1.0 - libm::exp((1.0 - alpha) * (log - logs[0]));
        largest = largest.max((law - k as f64 / n).abs());
        if largest >= nearest {
            return None;
        }
    }
    Some(largest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Quantiles of a power law, in no order.
    fn law(alpha: f64, x_min: f64, n: usize) -> Vec<f64> {
        let at = |i: usize| (i * 7919 % n) as f64 / n as f64 + 0.5 / n as f64;
        (0..n).map(|i| x_min * (1.0 - at(i)).powf(1.0 / (1.0 - alpha))).collect()
    }

    #[test]
    fn the_exponent_of_a_power_law_is_found() {
        for alpha in [1.8, 2.5, 4.0, 6.5] {
            let found = fit(law(alpha, 0.3, 2003)).unwrap();
            assert!((found.alpha - alpha).abs() < 0.05, "{alpha}: {found:?}");
            assert!(found.is_reliable() && found.distance < 0.01);
        }
    }

    #[test]
    fn a_body_below_the_tail_is_left_out() {
        let body = (0..500).map(|i| 0.1 + 0.9 * f64::from(i) / 500.0);
        let found = fit(body.chain(law(3.0, 1.0, 503))).unwrap();
        assert!((found.alpha - 3.0).abs() < 0.2, "{found:?}");
        assert!((found.x_min - 1.0).abs() < 0.2 && found.tail < 620, "{found:?}");
        assert_eq!(found.of, 1003);
    }

    #[test]
    fn too_few_values_and_equal_values_are_not_fitted() {
        assert_eq!(fit(vec![1.0; 19]), Err(NoFit::TooFew { found: 19 }));
        let small = (1..100).map(|i| 1e-7 * f64::from(i)).chain([2.0; 3]);
        assert_eq!(fit(small), Err(NoFit::TooFew { found: 3 }));
        assert_eq!(fit(vec![0.7; 40]), Err(NoFit::NoSpread));
        assert_eq!(fit([f64::NAN; 20]), Err(NoFit::TooFew { found: 0 }));
    }

    proptest! {
        #[test]
        fn the_exponent_does_not_depend_on_the_weights_scale(
            values in prop::collection::vec(0.5..50.0f64, 20..120), power in 0..20i32
        ) {
            let one = fit(values.clone());
            let other = fit(values.iter().map(|v| v * 2f64.powi(power)));
            match (one, other) {
                (Ok(a), Ok(b)) => {
                    prop_assert!((a.alpha - b.alpha).abs() <= 1e-9 * a.alpha);
                    prop_assert!((0.0..1.0).contains(&a.distance) && a.alpha > 1.0);
                }
                (a, b) => prop_assert_eq!(a.is_err(), b.is_err()),
            }
        }
    }
}
