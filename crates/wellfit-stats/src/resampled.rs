//! Figures of cross-validation, whose folds share their training samples.

use crate::{Estimate, Sample};

/// The mean of `values`, one for each fold, with the interval and p of the
/// corrected resampled t test.
///
/// Folds are not independent: any two share most of what they trained on, and the
/// plain t test then finds differences that are not there. The variance of the mean
/// is taken as
///
/// > s²·(1/J + n_test/n_train)
///
/// over the J values, with J − 1 degrees of freedom (C. Nadeau, Y. Bengio,
/// *Inference for the generalization error*, Machine Learning 52, 2003; for folds
/// repeated with other seeds: R. R. Bouckaert, E. Frank, *Evaluating the
/// replicability of significance tests for comparing learning algorithms*, PAKDD
/// 2004). `test_over_train` is n_test/n_train: 1/(k − 1) with k folds. More repeats
/// do not make the second part smaller, as they add no sample.
///
/// No [`Sample`], fewer than two values, or a ratio that is negative or no number
/// give no interval.
///
/// ```
/// use wellfit_stats::{Estimate, resampled};
/// let folds = [0.02, 0.05, 0.01, 0.04, 0.03];
/// let (plain, corrected) = (Estimate::of(folds), resampled(folds, 0.25));
/// assert_eq!(plain.mean, corrected.mean);
/// assert!((corrected.half_width() / plain.half_width() - 1.5).abs() < 1e-12);
/// ```
pub fn resampled(values: impl Into<Vec<f64>>, test_over_train: f64) -> Estimate {
    let values = values.into();
    let ratio = if test_over_train >= 0.0 { test_over_train } else { f64::NAN };
    let Ok(sample) = Sample::new(values.clone()) else { return Estimate::of(values) };
    let n = sample.n() as f64;
    let error = sample.std().unwrap_or(f64::NAN) * (1.0 / n + ratio).sqrt();
    Estimate { shared: ratio, ..Estimate::new(sample.mean(), error, n - 1.0, values) }
}
