//! Student's t distribution.

use crate::Normal;

/// Student's t distribution with `df` degrees of freedom.
///
/// The tail is the regularised incomplete beta function, by its continued
/// fraction (Abramowitz & Stegun 26.5.8 and 26.7.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StudentT {
    df: f64,
}

/// From here on the normal distribution is the same to ten digits.
const NEARLY_NORMAL: f64 = 1e10;

impl StudentT {
    /// `df` need not be whole. Not above 0, or NaN: every figure is NaN.
    pub fn new(df: f64) -> StudentT {
        StudentT { df: if df > 0.0 { df } else { f64::NAN } }
    }

    /// P(|T| ≥ |t|).
    ///
    /// ```
    /// let p = wellfit_stats::StudentT::new(4.0).two_sided(2.776_445);
    /// assert!((p - 0.05).abs() < 1e-7);
    /// ```
    pub fn two_sided(&self, t: f64) -> f64 {
        if t.is_nan() || self.df.is_nan() {
            return f64::NAN;
        }
        if t.is_infinite() {
            return 0.0;
        }
        if self.df > NEARLY_NORMAL {
            return 2.0 * Normal::upper_tail(t.abs());
        }
        // x = df/(df+t²) and 1−x, each without cancellation; dividing by t first
        // where t² would overflow.
        let (x, rest) = if t.abs() > 1e100 {
            ((self.df / t) / t, 1.0)
        } else {
            (self.df / (self.df + t * t), t * t / (self.df + t * t))
        };
        incomplete_beta(x, rest, self.df / 2.0, 0.5)
    }

    /// P(T ≥ t).
    pub fn upper_tail(&self, t: f64) -> f64 {
        let tail = self.two_sided(t) / 2.0;
        if t < 0.0 { 1.0 - tail } else { tail }
    }

    /// The t that a share `p` of all draws stays below; NaN outside (0, 1).
    ///
    /// ```
    /// let t = wellfit_stats::StudentT::new(4.0).quantile(0.975);
    /// assert!((t - 2.776_445).abs() < 1e-6);
    /// ```
    pub fn quantile(&self, p: f64) -> f64 {
        if !(p > 0.0 && p < 1.0) || self.df.is_nan() {
            return f64::NAN;
        }
        let tail = p.min(1.0 - p);
        let t = newton_from_zero(|t| self.two_sided(t) / 2.0 - tail, |t| self.density(t));
        if p < 0.5 { -t } else { t }
    }

    /// Γ((ν+1)/2) / (√(νπ)·Γ(ν/2)) · (1 + t²/ν)^(−(ν+1)/2).
    fn density(&self, t: f64) -> f64 {
        if self.df > NEARLY_NORMAL {
            return Normal::density(t);
        }
        let half = (self.df + 1.0) / 2.0;
        let scale = -ln_beta(self.df / 2.0, 0.5) - self.df.sqrt().ln();
        (scale - half * (t * t / self.df).ln_1p()).exp()
    }
}

/// The root t ≥ 0 of a convex falling `f` with f(0) ≥ 0 and slope −`density`:
/// Newton's method from 0 then rises to the root and never passes it, so the
/// first step that does not rise has found it. All upper tails of unimodal
/// symmetric distributions are of this kind.
pub(crate) fn newton_from_zero(f: impl Fn(f64) -> f64, density: impl Fn(f64) -> f64) -> f64 {
    let mut t = 0.0;
    // Far out in a heavy tail a step doubles t: 1100 steps span all of f64.
    for _ in 0..2000 {
        let next = t + f(t) / density(t);
        // NaN: the density has vanished; nothing further out can be told apart.
        if next.is_nan() || next <= t || next.is_infinite() {
            break;
        }
        let done = next - t <= t * 1e-15;
        t = next;
        if done {
            break;
        }
    }
    t
}

/// I_x(a, b), the regularised incomplete beta function; `rest` is 1 − x.
fn incomplete_beta(x: f64, rest: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if rest <= 0.0 {
        return 1.0;
    }
    // ln x and ln(1−x), each from the smaller of the two.
    let (ln_x, ln_rest) =
        if x < rest { (x.ln(), (-x).ln_1p()) } else { ((-rest).ln_1p(), rest.ln()) };
    let front = (a * ln_x + b * ln_rest - ln_beta(a, b)).exp();
    let value = if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(x, a, b) / a
    } else {
        1.0 - front * beta_fraction(rest, b, a) / b
    };
    value.clamp(0.0, 1.0)
}

/// The continued fraction of I_x(a, b) by Lentz's method; it converges fast for
/// x below (a+1)/(a+b+2).
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    let away_from_zero = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let (mut c, mut d) = (1.0, 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..100_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut step = 1.0;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            step = c * d;
            fraction *= step;
        }
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

/// ln B(a, ½)-like terms: ln Γ(a) + ln Γ(b) − ln Γ(a+b), where the large parts of
/// ln Γ(a) and ln Γ(a+b) are taken off each other before they are rounded.
fn ln_beta(a: f64, b: f64) -> f64 {
    let (a, b) = if a > b { (a, b) } else { (b, a) };
    if a < STIRLING {
        return ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    }
    // Stirling: ln Γ(a) − ln Γ(a+b) without its cancelling terms.
    let (tail, sum_tail) = (stirling_tail(a), stirling_tail(a + b));
    ln_gamma(b) - (a - 0.5) * (b / a).ln_1p() - b * (a + b).ln() + b + tail - sum_tail
}

/// From here on Stirling's series with six terms is exact to f64.
const STIRLING: f64 = 12.0;

/// ln Γ(x) for x > 0: Stirling's series (Abramowitz & Stegun 6.1.41) after moving
/// x up by Γ(x+1) = x·Γ(x).
pub(crate) fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x, 1.0);
    while x < STIRLING {
        product *= x;
        x += 1.0;
    }
    let half_ln_tau = 0.5 * std::f64::consts::TAU.ln();
    (x - 0.5) * x.ln() - x + half_ln_tau + stirling_tail(x) - product.ln()
}

/// 1/(12x) − 1/(360x³) + 1/(1260x⁵) − …
fn stirling_tail(x: f64) -> f64 {
    let r = 1.0 / (x * x);
    let series = 1.0 / 1188.0 - r * (691.0 / 360_360.0);
    let series = 1.0 / 1260.0 - r * (1.0 / 1680.0 - r * series);
    (1.0 / 12.0 - r * (1.0 / 360.0 - r * series)) / x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_of_whole_numbers_is_the_factorial() {
        let mut factorial = 1.0f64;
        for n in 1..30 {
            let n = f64::from(n);
            assert!(
                (ln_gamma(n + 1.0) - {
                    factorial *= n;
                    factorial.ln()
                })
                .abs()
                    < 1e-13 * n
            );
        }
    }

    #[test]
    fn one_degree_of_freedom_is_the_cauchy_distribution() {
        let t = StudentT::new(1.0);
        for p in [0.6, 0.75, 0.975, 0.999_999] {
            let cauchy = (std::f64::consts::PI * (p - 0.5)).tan();
            assert!((t.quantile(p) / cauchy - 1.0).abs() < 1e-9, "{p}");
        }
    }

    #[test]
    fn nonsense_gives_nan() {
        assert!(StudentT::new(0.0).two_sided(1.0).is_nan());
        assert!(StudentT::new(f64::NAN).quantile(0.9).is_nan());
        assert!(StudentT::new(3.0).two_sided(f64::NAN).is_nan());
        for p in [0.0, 1.0, -1.0, 2.0, f64::NAN] {
            assert!(StudentT::new(3.0).quantile(p).is_nan());
        }
    }
}
