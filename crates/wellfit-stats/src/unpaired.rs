//! Two sides that share no seeds.

use crate::{Estimate, Sample};

/// The mean of `a` − the mean of `b`, values that do not come in pairs and may spread
/// differently, with Welch's interval and p: error √(s²ₐ/nₐ + s²ᵦ/nᵦ), degrees of freedom
/// by Satterthwaite (B. L. Welch, *The generalization of "Student's" problem when several
/// different population variances are involved*, Biometrika 34, 1947). Where seeds are
/// shared, [`Estimate::paired`] is sharper.
///
/// `values` and `n` of the estimate are the values of `a` less the mean of `b`, and
/// their number. A side with one value gives no interval, one without a value or with
/// one that is not finite no mean.
///
/// ```
/// let difference = wellfit_stats::unpaired(&[3.0, 4.0, 5.0], &[1.0, 1.5, 0.5, 1.0]);
/// assert_eq!(difference.mean, 3.0);
/// assert!(difference.is_above(0.0));
/// ```
pub fn unpaired(a: &[f64], b: &[f64]) -> Estimate {
    let (Ok(ours), Ok(theirs)) = (Sample::new(a.to_vec()), Sample::new(b.to_vec())) else {
        return Estimate::of([]);
    };
    let part = |sample: &Sample| sample.standard_error().map_or(f64::NAN, |error| error.powi(2));
    let (by_ours, by_theirs) = (part(&ours), part(&theirs));
    let variance = by_ours + by_theirs;
    let rest = |part: f64, sample: &Sample| part.powi(2) / (sample.n() as f64 - 1.0);
    let df = variance.powi(2) / (rest(by_ours, &ours) + rest(by_theirs, &theirs));
    let values = a.iter().map(|value| value - theirs.mean()).collect();
    Estimate::new(ours.mean() - theirs.mean(), variance.sqrt(), df, values)
}
