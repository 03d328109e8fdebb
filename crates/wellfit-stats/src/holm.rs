//! Several tests at once.

/// Holm's step-down correction: p values that may each be held against 5 % while
/// the chance of any false alarm stays at 5 %. NaN (nothing was tested) stays NaN
/// and does not count. S. Holm, *A simple sequentially rejective multiple test
/// procedure*, Scandinavian Journal of Statistics 6 (1979).
///
/// ```
/// assert_eq!(wellfit_stats::holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
/// ```
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).filter(|&i| !p[i].is_nan()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let (mut adjusted, mut floor) = (p.to_vec(), 0.0f64);
    for (rank, &i) in order.iter().enumerate() {
        floor = floor.max((p[i] * (order.len() - rank) as f64).min(1.0));
        adjusted[i] = floor;
    }
    adjusted
}
