//! By the features' variance, Σ (x − mean)² / n, before they are scaled
//! (scikit-learn's `VarianceThreshold`).

use super::super::features::Encoded;
use super::{is_constant, mean, variance_about};

pub(super) fn of(encoded: &Encoded<'_>, rows: &[u32]) -> Vec<f64> {
    let variance = |feature| {
        let values = encoded.column(feature, rows);
        // Rounding gives a constant a variance of its own.
        if is_constant(&values) { 0.0 } else { variance_about(&values, mean(&values)) }
    };
    (0..encoded.len()).map(variance).collect()
}

/// The features whose variance is above a bound.
pub(super) fn above(encoded: &Encoded<'_>, rows: &[u32], threshold: f64) -> Vec<usize> {
    let variances = of(encoded, rows);
    (0..variances.len()).filter(|&feature| variances[feature] > threshold).collect()
}
