//! The value below which a share of values lie.

/// The value below which a share of sorted values lie, between neighbours in proportion
/// (R. J. Hyndman and Y. Fan, *Sample quantiles in statistical packages*, 1996, type 7, as
/// NumPy does); NaN without values. `share` is from 0 to 1.
///
/// ```
/// assert_eq!(wellfit_stats::quantile(&[0.0, 1.0, 4.0], 0.75), 2.5);
/// ```
///
/// # Panics
/// For a share that is not from 0 to 1.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = share * last as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    low + (high - low) * at.fract()
}
