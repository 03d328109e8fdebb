//! From how much of a remedy was tried to how much to take.

use crate::Estimate;

/// What one strength of a remedy gains over the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct StrengthGain {
    /// The gain (more is better), paired by seed.
    pub gain: Estimate,
    /// Whether it is known to help, for all that was tried together.
    pub helps: bool,
}

/// Where the strengths of a remedy are best, and which one to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrengthCurve {
    /// How many strengths there are.
    pub n: usize,
    /// The one with the largest mean gain; `None` when nothing was measured.
    pub best: Option<usize>,
    /// The one to take; `None` when none is known to help.
    pub recommended: Option<usize>,
}

impl StrengthCurve {
    /// Whether the best strength is the weakest or the strongest of several, so that
    /// the range should be wider.
    pub fn is_open_ended(&self) -> bool {
        let last = self.n.saturating_sub(1);
        last > 0 && self.best.is_some_and(|best| best == 0 || best == last)
    }
}

/// The curve of `gains`, the weakest strength first. `behind(a, b)` is how far the gain
/// of b lies behind that of a, over the seeds that both have.
///
/// Of the strengths that help, the weakest within one standard error of the best of them
/// is recommended: the one-standard-error rule (L. Breiman, J. Friedman, R. Olshen,
/// C. Stone, *Classification and regression trees*, 1984, §3.4.3), with the error of the
/// difference paired by seed in place of the error of the best, as what seeds share is no
/// reason to take less. No curve is fitted: five strengths seldom show its shape, and the
/// rule needs none.
///
/// ```
/// use wellfit_stats::{Estimate, StrengthGain, strength_curve};
/// let gains = [
///     [0.020, 0.024, 0.022, 0.021],
///     [0.031, 0.038, 0.034, 0.029],
///     [0.030, 0.041, 0.031, 0.032],
///     [-0.02, -0.01, -0.02, -0.01],
/// ];
/// let tried = gains.map(|gains| {
///     let gain = Estimate::of(gains);
///     StrengthGain { helps: gain.is_above(0.003), gain }
/// });
/// let curve = strength_curve(&tried, |a, b| Estimate::paired(&gains[a], &gains[b]));
/// // The third is the best by a little, the second as good within its error.
/// assert_eq!((curve.best, curve.recommended), (Some(2), Some(1)));
/// assert!(!curve.is_open_ended());
/// ```
pub fn strength_curve(
    gains: &[StrengthGain],
    behind: impl Fn(usize, usize) -> Estimate,
) -> StrengthCurve {
    let recommended = best(gains, |tried| tried.helps).map(|top| {
        let near = |&at: &usize| {
            let behind = behind(top, at);
            gains[at].helps && behind.mean <= behind.error
        };
        (0..top).find(near).unwrap_or(top)
    });
    StrengthCurve { n: gains.len(), best: best(gains, |tried| tried.gain.is_known()), recommended }
}

/// The one with the largest mean among those that fit, the weakest of equals.
fn best(gains: &[StrengthGain], fits: impl Fn(&StrengthGain) -> bool) -> Option<usize> {
    let fitting = gains.iter().enumerate().filter(|(_, tried)| fits(tried));
    fitting.rev().max_by(|a, b| a.1.gain.mean.total_cmp(&b.1.gain.mean)).map(|(index, _)| index)
}
