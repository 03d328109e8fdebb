//! The area under the receiver operating characteristic.

/// The chance that a positive is scored above a negative (ties count half), and the
/// variance of that figure by E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson
/// ("Comparing the areas under two or more correlated receiver operating characteristic
/// curves", Biometrics 44, 1988), by ranks as X. Sun and W. Xu do (2014). `None` where a side
/// has fewer than two scores.
pub(crate) fn auc(positive: &[f64], negative: &[f64]) -> Option<(f64, f64)> {
    let (m, n) = (positive.len(), negative.len());
    if m < 2 || n < 2 {
        return None;
    }
    let all: Vec<f64> = positive.iter().chain(negative).copied().collect();
    let (ranks, own, others) = (mid_ranks(&all), mid_ranks(positive), mid_ranks(negative));
    // By positive, the share of negatives below it; by negative, of positives above it.
    let above: Vec<f64> = (0..m).map(|i| (ranks[i] - own[i]) / n as f64).collect();
    let below: Vec<f64> = (0..n).map(|j| 1.0 - (ranks[m + j] - others[j]) / m as f64).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let area = mean(&above);
    let variance = |values: &[f64]| {
        let mean = mean(values);
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        squares / (values.len() - 1) as f64 / values.len() as f64
    };
    Some((area, variance(&above) + variance(&below)))
}

/// Ranks from 1; of equals their mean.
pub(crate) fn mid_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for run in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = before as f64 + (run.len() as f64 + 1.0) / 2.0;
        run.iter().for_each(|&at| ranks[at] = rank);
        before += run.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_the_share_of_pairs_in_order() {
        let (positive, negative) = ([0.9, 0.8, 0.4, 0.4], [0.5, 0.4, 0.1]);
        let (area, variance) = auc(&positive, &negative).unwrap();
        // Of 12 pairs 8 are in order and 2 are ties; the variance is NumPy's, of the pairs' table.
        assert!((area - 0.75).abs() < 1e-12 && (variance - 1.0 / 24.0).abs() < 1e-12);
    }

    #[test]
    fn no_order_at_all_is_a_half_and_perfect_order_has_no_spread() {
        assert_eq!(auc(&[1.0; 5], &[1.0; 7]), Some((0.5, 0.0)));
        assert_eq!(auc(&[2.0, 3.0], &[0.0, 1.0]), Some((1.0, 0.0)));
        assert_eq!(auc(&[1.0], &[0.0, 1.0]), None);
    }
}
