//! A parameter tensor in short: moments, quantiles, histogram.

use wellfit_nn::Tensor;
use wellfit_weights::NEAR_ZERO;

use crate::record::{Histogram, Quantiles, WeightSummary};

/// Sums a tensor up, in f64 and in the order of its values.
pub fn summarise(tensor: &Tensor) -> WeightSummary {
    let Tensor { name, shape, data } = tensor;
    let n = data.len() as f64;
    let finite = data.iter().all(|w| w.is_finite()) && !data.is_empty();
    let or_nan = |value: f64| if finite { value } else { f64::NAN };
    let mean = data.iter().map(|&w| f64::from(w)).sum::<f64>() / n;
    let moment = |power| data.iter().map(|&w| (f64::from(w) - mean).powi(power)).sum::<f64>() / n;
    let (variance, fourth) = (moment(2), moment(4));
    let std = variance.sqrt();
    let ratio = |a: f64, b: f64| or_nan(if b > 0.0 { a / b } else { 0.0 });
    let max_abs = data.iter().fold(0.0f64, |max, &w| max.max(f64::from(w.abs())));
    let near_zero = data.iter().filter(|w| f64::from(w.abs()) < NEAR_ZERO).count() as f64 / n;
    let mut sorted = data.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let [q01, q50, q99] = [0.01, 0.5, 0.99].map(|p| or_nan(quantile(&sorted, p)));
    let histogram = histogram(data);
    sorted.iter_mut().for_each(|w| *w = w.abs());
    sorted.sort_unstable_by(f32::total_cmp);
    let abs999 = or_nan(quantile(&sorted, 0.999));
    WeightSummary {
        name: name.clone(),
        shape: shape.clone(),
        mean: or_nan(mean),
        std: or_nan(std),
        kurtosis: ratio(fourth, variance * variance),
        max_abs: or_nan(max_abs),
        max_over_std: ratio(max_abs, std),
        quantiles: Quantiles { q01, q50, q99, abs999 },
        near_zero: or_nan(near_zero),
        histogram,
    }
}

/// The quantile of ascending values, linear between neighbours (NumPy's default).
fn quantile(sorted: &[f32], p: f64) -> f64 {
    let at = p * sorted.len().saturating_sub(1) as f64;
    let value = |i: usize| sorted.get(i).map_or(f64::NAN, |&w| f64::from(w));
    let (below, share) = (at.floor() as usize, at.fract());
    let low = value(below);
    if share > 0.0 { low + share * (value(below + 1) - low) } else { low }
}

/// Counts of the finite ones.
fn histogram(data: &[f32]) -> Histogram {
    let values = data.iter().map(|&w| f64::from(w));
    let wellfit_weights::Histogram { width, first, counts } =
        wellfit_weights::Histogram::of(values);
    Histogram { width, first, counts }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tensor(data: Vec<f32>) -> Tensor {
        Tensor { name: "0.weight".into(), shape: vec![data.len()], data }
    }

    /// Figures from NumPy: `std`, `quantile`, and the fourth moment over the squared second.
    #[test]
    fn figures_are_numpys() {
        let summary = summarise(&tensor(vec![-2.0, -0.5, 0.0, 0.25, 0.0005, 4.0]));
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} is not {b}");
        close(summary.mean, 0.29175);
        close(summary.std, 1.8166724);
        close(summary.kurtosis, 3.3217954);
        close(summary.max_abs, 4.0);
        close(summary.max_over_std, 2.2018279);
        close(summary.quantiles.q01, -1.925);
        close(summary.quantiles.q50, 0.00025);
        close(summary.quantiles.q99, 3.8125);
        close(summary.quantiles.abs999, 3.99);
        close(summary.near_zero, 1.0 / 3.0);
    }

    #[test]
    fn equal_values_have_no_spread_and_one_bin() {
        for value in [0.0f32, 0.5, -3e38, 1e-45] {
            let summary = summarise(&tensor(vec![value; 5]));
            assert_eq!((summary.kurtosis, summary.max_over_std), (0.0, 0.0), "{value}");
            assert_eq!(summary.histogram.counts, [5], "{value}");
        }
    }

    #[test]
    fn values_that_are_not_finite_make_figures_nan_but_not_the_histogram() {
        let summary = summarise(&tensor(vec![f32::NAN, 1.0, f32::INFINITY, 2.0]));
        assert!(summary.mean.is_nan() && summary.quantiles.q50.is_nan());
        assert!(summary.max_abs.is_nan() && summary.near_zero.is_nan());
        assert_eq!(summary.histogram.counts.iter().sum::<u64>(), 2);
        assert!(summarise(&tensor(vec![f32::NAN; 3])).histogram.counts.is_empty());
    }

    proptest! {
        #[test]
        fn a_histogram_counts_every_value_in_its_bin(
            data in prop::collection::vec(prop::num::f32::NORMAL | prop::num::f32::ZERO, 1..200)
        ) {
            let histogram = summarise(&tensor(data.clone())).histogram;
            let Histogram { width, first, counts } = histogram;
            prop_assert_eq!(width.log2().fract(), 0.0);
            prop_assert!(counts.len() <= 128);
            for (i, count) in counts.iter().enumerate() {
                let low = (first + i as i64) as f64 * width;
                let inside = |w: &&f32| (low..low + width).contains(&f64::from(**w));
                prop_assert_eq!(data.iter().filter(inside).count() as u64, *count);
            }
        }

        #[test]
        fn spread_values_fill_more_than_half_of_the_bins(scale in 1e-6f32..1e6, n in 500usize..600) {
            let data = (0..n).map(|i| (i as f32 / n as f32 - 0.5) * scale).collect();
            let bins = summarise(&tensor(data)).histogram.counts.len();
            prop_assert!(bins > 63 && bins <= 128, "{} bins", bins);
        }
    }
}
