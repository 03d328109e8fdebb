//! The interval of a share.

use crate::{CONFIDENCE, Interval, Normal};

/// The 95 % interval of a share of which `hits` of `n` independent samples speak:
/// (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²))/(1 + z²/n) (E. B. Wilson, *Probable inference*,
/// Journal of the American Statistical Association 22, 1927). It stays within 0 and 1 and
/// holds for few samples and for shares near the ends. `None` without samples, or with
/// more hits than samples.
///
/// ```
/// let interval = wellfit_stats::wilson(9, 10).unwrap();
/// assert!((interval.low - 0.5958).abs() < 1e-4 && (interval.high - 0.9821).abs() < 1e-4);
/// ```
pub fn wilson(hits: u64, n: u64) -> Option<Interval> {
    if n == 0 || hits > n {
        return None;
    }
    let (samples, z) = (n as f64, Normal::quantile(0.5 + CONFIDENCE / 2.0));
    let (p, z2) = (hits as f64 / samples, z * z / samples);
    let half = z * (p * (1.0 - p) / samples + z2 / (4.0 * samples)).sqrt();
    let end = |sign: f64| (p + z2 / 2.0 + sign * half) / (1.0 + z2);
    let low = if hits == 0 { 0.0 } else { end(-1.0) };
    let high = if hits == n { 1.0 } else { end(1.0) };
    Some(Interval { low, high })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_at_the_ends_have_intervals_that_stay_inside() {
        // scipy.stats.binomtest(k, n).proportion_ci(method="wilson")
        for (hits, n, low, high) in [
            (0, 10, 0.0, 0.27753279986288926),
            (10, 10, 0.7224672001371109, 1.0),
            (1, 3, 0.06149194472039626, 0.7923403991979523),
            (4200, 5000, 0.8295779148514837, 0.8499000478258774),
        ] {
            let found = wilson(hits, n).unwrap();
            assert!((found.low - low).abs() < 1e-9, "{hits} of {n}: {found:?}");
            assert!((found.high - high).abs() < 1e-9, "{hits} of {n}: {found:?}");
        }
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(3, 2), None);
    }
}
