//! The chance that a number of values settles a question.
//!
//! Both questions are asked of n normal values with a known [`Spread`] σ, whose t interval
//! at level `alpha` (0.05: the 95 % interval) is mean ± t·s/√n. Given s the chances are
//! normal; they are averaged over the distribution of s, which is that of σ·√(χ²/df).

use crate::student_t::ln_gamma;
use crate::{Normal, StudentT};

/// How far values spread, and what n of them tell of their mean: its error is
/// std·√(1/n + shared), known with `df_each`·(n − 1) degrees of freedom. A number is the
/// standard deviation of independent values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The standard deviation.
    pub std: f64,
    /// Degrees of freedom that each value after the first adds.
    pub df_each: f64,
    /// The part of the variance that more values do not lower: n_test/n_train of
    /// [`crate::resampled`], else 0.
    pub shared: f64,
}

impl From<f64> for Spread {
    fn from(std: f64) -> Spread {
        Spread { std, df_each: 1.0, shared: 0.0 }
    }
}

impl Spread {
    /// That of the difference of two sides with n values each, by the standard deviations
    /// of the sides, as [`crate::unpaired`] has it. With few values chances come out a
    /// little too large (0.66 for 0.61 with four a side), for there the degrees of freedom
    /// are themselves estimated.
    pub fn unpaired(a: f64, b: f64) -> Spread {
        let (a, b) = (a * a, b * b);
        let std = (a + b).sqrt();
        let df_each = if std == 0.0 { 2.0 } else { (a + b).powi(2) / (a * a + b * b) };
        Spread { std, df_each, shared: 0.0 }
    }

    /// That of folds which share training samples, as [`crate::resampled`] has it.
    pub fn resampled(std: f64, test_over_train: f64) -> Spread {
        Spread { shared: test_over_train, ..Spread::from(std) }
    }
}

/// The chance that the whole interval lies above zero when the true mean is
/// `distance` above it: the power of the t test, P(T > t) of the noncentral T. NaN
/// of fewer than two values or where something is no number.
///
/// ```
/// // Ten pairs find a difference of one standard deviation four times in five.
/// let chance = wellfit_stats::chance_to_clear(1.0, 1.0, 10, 0.05);
/// assert!((chance - 0.803).abs() < 0.001);
/// ```
pub fn chance_to_clear(distance: f64, spread: impl Into<Spread>, n: usize, alpha: f64) -> f64 {
    let Some(Reach { t, df, error }) = Reach::of(spread.into(), n, alpha) else {
        return f64::NAN;
    };
    if distance.is_nan() {
        return f64::NAN;
    }
    if error == 0.0 {
        return if distance > 0.0 { 1.0 } else { 0.0 };
    }
    let shift = distance / error;
    // From here on there is no chance, and none of the pieces is needed.
    let widest = (shift + 9.0) / t;
    over_spread(df, widest, |u| Normal::upper_tail(t * u - shift))
}

/// The chance that the whole interval lies within ±`margin` when the true mean is
/// `mean`: the power of two one-sided tests, each at `alpha`/2. NaN as
/// [`chance_to_clear`].
///
/// Given s, the mean may lie between −margin + t·s/√n and margin − t·s/√n (D. J. Schuirmann
/// 1987; the integral is that of K. F. Phillips, *Power of the two one-sided tests
/// procedure in bioequivalence*, Journal of Pharmacokinetics and Biopharmaceutics 18,
/// 1990).
pub fn chance_to_fit(
    mean: f64,
    margin: f64,
    spread: impl Into<Spread>,
    n: usize,
    alpha: f64,
) -> f64 {
    let Some(Reach { t, df, error }) = Reach::of(spread.into(), n, alpha) else {
        return f64::NAN;
    };
    if mean.is_nan() || margin.is_nan() {
        return f64::NAN;
    }
    if error == 0.0 {
        return if mean.abs() <= margin { 1.0 } else { 0.0 };
    }
    let (below, above) = ((-margin - mean) / error, (margin - mean) / error);
    // From here on the interval is wider than what it should fit into.
    let widest = (above - below) / (2.0 * t);
    over_spread(df, widest, |u| {
        Normal::upper_tail(below + t * u) - Normal::upper_tail(above - t * u)
    })
}

/// How far a t interval reaches: t standard errors.
struct Reach {
    t: f64,
    df: f64,
    error: f64,
}

impl Reach {
    fn of(spread: Spread, n: usize, alpha: f64) -> Option<Reach> {
        let Spread { std, df_each, shared } = spread;
        let df = n.checked_sub(1).filter(|&df| df > 0)? as f64 * df_each;
        let t = StudentT::new(df).quantile(1.0 - alpha / 2.0);
        let error = std * (1.0 / n as f64 + shared).sqrt();
        (t.is_finite() && error >= 0.0 && error.is_finite()).then_some(Reach { t, df, error })
    }
}

/// How many pieces Simpson's rule cuts an integral into.
const PIECES: u32 = 2000;

/// The mean of f(s/σ), taken as 0 beyond `widest`, by Simpson's rule over ten
/// standard deviations of s/σ on either side of 1.
fn over_spread(df: f64, widest: f64, f: impl Fn(f64) -> f64) -> f64 {
    let wide = 10.0 / (2.0 * df).sqrt();
    let (from, to) = ((1.0 - wide).max(1e-12), (1.0 + wide).min(widest));
    if to <= from {
        return 0.0;
    }
    let half = df / 2.0;
    let scale = std::f64::consts::LN_2 + half * half.ln() - ln_gamma(half);
    let density = |u: f64| (scale + (df - 1.0) * u.ln() - half * u * u).exp();
    let step = (to - from) / f64::from(PIECES);
    let sum: f64 = (0..=PIECES)
        .map(|i| {
            let u = from + step * f64::from(i);
            let weight = match i {
                0 | PIECES => 1.0,
                _ if i % 2 == 1 => 4.0,
                _ => 2.0,
            };
            weight * density(u) * f(u)
        })
        .sum();
    (sum * step / 3.0).clamp(0.0, 1.0)
}
