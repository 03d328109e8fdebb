//! The normal distribution.

use crate::student_t::newton_from_zero;

/// The standard normal distribution.
#[derive(Clone, Copy, Debug)]
pub struct Normal;

impl Normal {
    /// e^(−x²/2) / √(2π).
    pub fn density(x: f64) -> f64 {
        (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt()
    }

    /// P(Z > x), to full relative precision in the far tail too.
    ///
    /// Near 0 by ½ − φ(x)·(x + x³/3 + x⁵/(3·5) + …), further out by Laplace's
    /// continued fraction (Abramowitz & Stegun 26.2.11 and 26.2.14).
    pub fn upper_tail(x: f64) -> f64 {
        if x < 0.0 {
            return 1.0 - Normal::upper_tail(-x);
        }
        if x < 3.0 {
            let (mut term, mut sum, mut k) = (x, x, 1.0);
            while term > sum * 1e-17 {
                k += 2.0;
                term *= x * x / k;
                sum += term;
            }
            return 0.5 - Normal::density(x) * sum;
        }
        let fraction = (1..=100).rev().fold(x, |inner, k| x + f64::from(k) / inner);
        Normal::density(x) / fraction
    }

    /// The x that a share `p` of all draws stays below; NaN outside (0, 1).
    ///
    /// ```
    /// let x = wellfit_stats::Normal::quantile(0.975);
    /// assert!((x - 1.959_964).abs() < 1e-6);
    /// ```
    pub fn quantile(p: f64) -> f64 {
        if !(p > 0.0 && p < 1.0) {
            return f64::NAN;
        }
        let tail = p.min(1.0 - p);
        let x = newton_from_zero(|x| Normal::upper_tail(x) - tail, Normal::density);
        if p < 0.5 { -x } else { x }
    }

    /// The size that the largest of `n` draws stays below, signs ignored, with
    /// probability `p`: the root of (1 − P(|Z| > x))ⁿ = p. NaN for p outside (0, 1)
    /// and for n = 0.
    ///
    /// ```
    /// // Of a million normal numbers the largest is hardly ever beyond 6.
    /// let largest = wellfit_stats::Normal::largest(1_000_000, 0.95);
    /// assert!((5.4..5.5).contains(&largest));
    /// ```
    pub fn largest(n: usize, p: f64) -> f64 {
        if n == 0 || !(p > 0.0 && p < 1.0) {
            return f64::NAN;
        }
        // 1 − p^(1/n), without cancellation.
        let each = -(p.ln() / n as f64).exp_m1();
        newton_from_zero(|x| 2.0 * Normal::upper_tail(x) - each, |x| 2.0 * Normal::density(x))
    }
}
