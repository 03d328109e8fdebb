//! Intervals of statistics that no formula has.

use wellfit_random::{Key, Purpose};

use crate::{CONFIDENCE, Interval, Normal, quantile};

/// Resamples in which a statistic is not defined may be this share of all.
const MOST_UNDEFINED: f64 = 0.05;

/// The 95 % intervals of statistics of `n` independent samples by the bootstrap, in its
/// bias-corrected form (BC; B. Efron, *Nonparametric standard errors and confidence
/// intervals*, Canadian Journal of Statistics 9, 1981).
///
/// `statistics` is told how often each sample was drawn, and gives as many values as
/// `of`, which holds those of the samples themselves. It is called `resamples` times. An
/// interval is `None` where the statistic is not finite, or not in more than one resample
/// of 20, or where all resamples lie on one side of it.
///
/// The same samples and `seed` give the same bits.
///
/// ```
/// let values = [3.0, 4.0, 4.5, 5.0, 5.5, 6.0, 7.0, 9.0];
/// let mean = |counts: &[u32]| {
///     let sum = counts.iter().zip(values).map(|(&count, value)| f64::from(count) * value);
///     vec![sum.sum::<f64>() / 8.0]
/// };
/// let found = wellfit_stats::resample(8, &mean(&[1; 8]), 1000, 0, mean)[0].unwrap();
/// assert!(4.0 < found.low && found.low < 4.6 && 6.4 < found.high && found.high < 7.2);
/// ```
pub fn resample(
    n: usize,
    of: &[f64],
    resamples: usize,
    seed: u64,
    mut statistics: impl FnMut(&[u32]) -> Vec<f64>,
) -> Vec<Option<Interval>> {
    if n == 0 {
        return vec![None; of.len()];
    }
    let mut stream = Key { seed, purpose: Purpose::Bootstrap, layer: 1, step: 0 }.stream();
    let mut found = vec![Vec::with_capacity(resamples); of.len()];
    let mut counts = vec![0; n];
    for _ in 0..resamples {
        counts.fill(0);
        (0..n).for_each(|_| counts[stream.below(n as u64) as usize] += 1);
        for (all, value) in found.iter_mut().zip(statistics(&counts)) {
            all.push(value);
        }
    }
    found.into_iter().zip(of).map(|(all, &value)| interval(all, value, resamples)).collect()
}

fn interval(mut all: Vec<f64>, value: f64, resamples: usize) -> Option<Interval> {
    all.retain(|value| value.is_finite());
    let undefined = (resamples - all.len()) as f64;
    if !value.is_finite() || all.is_empty() || undefined > MOST_UNDEFINED * resamples as f64 {
        return None;
    }
    all.sort_by(f64::total_cmp);
    if all[0] == value && all[all.len() - 1] == value {
        return Some(Interval { low: value, high: value });
    }
    let below = all.partition_point(|&one| one < value);
    let not_above = all.partition_point(|&one| one <= value);
    let share = (below + not_above) as f64 / (2 * all.len()) as f64;
    if share <= 0.0 || share >= 1.0 {
        return None;
    }
    let (bias, z) = (Normal::quantile(share), Normal::quantile(0.5 + CONFIDENCE / 2.0));
    let end = |z: f64| quantile(&all, Normal::upper_tail(-(2.0 * bias + z)));
    Some(Interval { low: end(-z), high: end(z) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wilson;

    #[test]
    fn of_a_share_it_is_about_wilsons_interval() {
        let (n, hits) = (400, 300);
        let share = |counts: &[u32]| {
            vec![f64::from(counts[..hits].iter().sum::<u32>()) / f64::from(n as u32)]
        };
        let found = resample(n, &[0.75], 2000, 0, share)[0].unwrap();
        let wanted = wilson(hits as u64, n as u64).unwrap();
        assert!((found.low - wanted.low).abs() < 0.01, "{found:?} {wanted:?}");
        assert!((found.high - wanted.high).abs() < 0.01, "{found:?} {wanted:?}");
        let again = resample(n, &[0.75], 2000, 0, share)[0].unwrap();
        assert_eq!(again, found);
    }

    #[test]
    fn what_is_not_defined_has_no_interval() {
        let nothing = |_: &[u32]| vec![f64::NAN, 1.0, 3.0];
        let found = resample(5, &[1.0, 1.0, 2.0], 100, 0, nothing);
        assert_eq!(found, [None, Some(Interval { low: 1.0, high: 1.0 }), None]);
        assert_eq!(resample(0, &[1.0], 100, 0, nothing), [None]);
        assert_eq!(resample(3, &[f64::NAN], 100, 0, |_| vec![1.0]), [None]);
    }
}
