//! Numbers far from the rest of their column.

use super::figures::Figures;
use crate::Outliers;

/// Between which bounds a column's numbers are no outliers; `None` where the bounds
/// would leave but one value, as in a column that is mostly zeros.
pub(super) fn bounds(outliers: Outliers, figures: &mut Figures) -> Option<(f64, f64)> {
    let (low, high) = match outliers {
        Outliers::Winsorise { quantile } => {
            (figures.quantile(quantile), figures.quantile(1.0 - quantile))
        }
        Outliers::Clip { iqr } | Outliers::Drop { iqr } => {
            let (first, third) = (figures.quantile(0.25), figures.quantile(0.75));
            let reach = iqr * (third - first);
            (first - reach, third + reach)
        }
    };
    (low < high && (high - low).is_finite()).then_some((low, high))
}

/// Whether a number is beyond the bounds; a missing one is not.
pub(super) fn is_beyond(value: f64, (low, high): (f64, f64)) -> bool {
    value < low || value > high
}
