//! Scores of predicted numbers. Each is computed by target and averaged over targets, as
//! scikit-learn's `multioutput = "uniform_average"` does.

use crate::weights::Weights;
use crate::{Predicted, Undefined};

/// √(mean (ŷ − y)²).
///
/// # Errors
/// Without samples.
pub fn root_mean_squared_error(set: &Predicted) -> Result<f64, Undefined> {
    weighted_rmse(set, Weights::Once)
}

pub(crate) fn weighted_rmse(set: &Predicted, weights: Weights<'_>) -> Result<f64, Undefined> {
    over_targets(set, |target| {
        weights.mean(set.len(), |i| set.error(i, target).powi(2)).map(f64::sqrt)
    })
}

/// mean |ŷ − y|.
///
/// # Errors
/// Without samples.
pub fn mean_absolute_error(set: &Predicted) -> Result<f64, Undefined> {
    weighted_mae(set, Weights::Once)
}

pub(crate) fn weighted_mae(set: &Predicted, weights: Weights<'_>) -> Result<f64, Undefined> {
    over_targets(set, |target| weights.mean(set.len(), |i| set.error(i, target).abs()))
}

/// The median of |ŷ − y|, of an even number the mean of the two in the middle.
///
/// # Errors
/// Without samples.
pub fn median_absolute_error(set: &Predicted) -> Result<f64, Undefined> {
    weighted_median(set, Weights::Once)
}

pub(crate) fn weighted_median(set: &Predicted, weights: Weights<'_>) -> Result<f64, Undefined> {
    over_targets(set, |target| {
        let mut errors: Vec<(f64, u64)> =
            (0..set.len()).map(|i| (set.error(i, target).abs(), weights.at(i))).collect();
        errors.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let n: u64 = errors.iter().map(|(_, count)| count).sum();
        let value = |rank: u64| {
            let mut seen = 0;
            let found = errors.iter().find(|(_, count)| {
                seen += count;
                seen > rank
            });
            found.map(|(error, _)| *error).ok_or(Undefined::Nothing)
        };
        Ok((value(n.saturating_sub(1) / 2)? + value(n / 2)?) / 2.0)
    })
}

/// The largest |ŷ − y| over samples and targets.
///
/// # Errors
/// Without samples.
pub fn max_error(set: &Predicted) -> Result<f64, Undefined> {
    let all = (0..set.len()).flat_map(|i| (0..set.columns()).map(move |target| (i, target)));
    all.map(|(i, target)| set.error(i, target).abs()).reduce(f64::max).ok_or(Undefined::Nothing)
}

/// 1 − Σ(y − ŷ)²/Σ(y − ȳ)².
///
/// # Errors
/// Without samples, and for a target that is the same for all.
pub fn r2(set: &Predicted) -> Result<f64, Undefined> {
    weighted_r2(set, Weights::Once)
}

pub(crate) fn weighted_r2(set: &Predicted, weights: Weights<'_>) -> Result<f64, Undefined> {
    over_targets(set, |target| {
        // Differences to the first are exactly 0 where nothing varies.
        let first = set.target(0, target);
        let middle = weights.mean(set.len(), |i| set.target(i, target) - first)?;
        let spread =
            weights.mean(set.len(), |i| (set.target(i, target) - first - middle).powi(2))?;
        if spread == 0.0 {
            return Err(Undefined::Constant { target });
        }
        Ok(1.0 - weights.mean(set.len(), |i| set.error(i, target).powi(2))? / spread)
    })
}

/// The mean over the targets.
fn over_targets(
    set: &Predicted,
    score: impl Fn(usize) -> Result<f64, Undefined>,
) -> Result<f64, Undefined> {
    let sum = (0..set.columns()).map(score).sum::<Result<f64, _>>()?;
    Ok(sum / set.columns() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_averaged_over_targets() {
        let set =
            Predicted::new(vec![0.0, 10.0, 2.0, 20.0], vec![1.0, 10.0, 1.0, 24.0], 2).unwrap();
        assert_eq!(mean_absolute_error(&set), Ok((1.0 + 2.0) / 2.0));
        assert_eq!(root_mean_squared_error(&set), Ok((1.0 + 8.0_f64.sqrt()) / 2.0));
        assert_eq!(max_error(&set), Ok(4.0));
        assert_eq!(r2(&set), Ok(((1.0 - 2.0 / 2.0) + (1.0 - 16.0 / 50.0)) / 2.0));
    }

    #[test]
    fn a_constant_target_has_no_r2() {
        let set = Predicted::new(vec![0.1; 3], vec![0.1, 0.2, 0.3], 1).unwrap();
        assert_eq!(r2(&set), Err(Undefined::Constant { target: 0 }));
        assert!(mean_absolute_error(&set).is_ok());
    }

    #[test]
    fn a_resample_counts_samples_as_often_as_they_were_drawn() {
        let one = |t: &[f32], p: &[f32]| Predicted::new(t.to_vec(), p.to_vec(), 1).unwrap();
        let set = one(&[1.0, 2.0, 4.0], &[1.5, 2.0, 1.0]);
        let drawn = one(&[1.0, 1.0, 4.0, 4.0], &[1.5, 1.5, 1.0, 1.0]);
        let weights = Weights::Drawn(&[2, 0, 2]);
        assert_eq!(weighted_median(&set, weights), median_absolute_error(&drawn));
        assert_eq!(weighted_r2(&set, weights), r2(&drawn));
        assert_eq!(weighted_rmse(&set, weights), root_mean_squared_error(&drawn));
    }
}
