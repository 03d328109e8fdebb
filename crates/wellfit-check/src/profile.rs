//! A column's values in short.

use crate::effort::{Draw, drawn, key};
use crate::parts::{ColumnKind, Parts};
use crate::{Effort, Looked};
use wellfit_stats::quantile;

/// What is known of a column from the training samples that were looked at.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    /// Samples looked at.
    pub rows: usize,
    pub missing: usize,
    pub infinite: usize,
    /// Different values that are there, finite ones.
    pub distinct: usize,
    /// Samples with the most frequent value, and that value.
    pub mode: (usize, f64),
    /// Smallest, largest.
    pub range: (f64, f64),
    /// How many samples have the smallest and the largest.
    pub at_ends: (usize, usize),
    /// 25 %, 50 %, 75 %.
    pub quartiles: [f64; 3],
    pub mean: f64,
    /// Standard deviation, by n.
    pub spread: f64,
    /// The chance that two samples drawn without replacement have the same value.
    pub collision: f64,
    /// Whether all values are whole numbers.
    pub whole: bool,
    /// Whether they rise from sample to sample, in the file's order.
    pub rising: bool,
    /// Values further than [`FAR_OUT`](crate::thresholds::FAR_OUT) from the quartiles.
    pub far_out: usize,
}

impl Profile {
    /// Samples with a finite value.
    pub fn present(&self) -> usize {
        self.rows - self.missing - self.infinite
    }

    /// The quartiles' distance.
    pub fn iqr(&self) -> f64 {
        self.quartiles[2] - self.quartiles[0]
    }

    /// Its values in the order of samples; NaN is missing.
    pub fn of(values: &[f64]) -> Profile {
        let missing = values.iter().filter(|value| value.is_nan()).count();
        let infinite = values.iter().filter(|value| value.is_infinite()).count();
        let mut sorted: Vec<f64> =
            values.iter().filter(|value| value.is_finite()).map(|value| value + 0.0).collect();
        let rising = sorted.len() > 1 && sorted.windows(2).all(|pair| pair[0] < pair[1]);
        sorted.sort_unstable_by(f64::total_cmp);
        let n = sorted.len();
        let (mut distinct, mut mode, mut pairs) = (0, (0, f64::NAN), 0.0);
        for run in sorted.chunk_by(|a, b| a == b) {
            distinct += 1;
            pairs += run.len() as f64 * (run.len() as f64 - 1.0);
            if run.len() > mode.0 {
                mode = (run.len(), run[0]);
            }
        }
        let ends = |end: Option<&f64>| {
            end.map_or((f64::NAN, 0), |&end| {
                (end, sorted.iter().filter(|&&value| value == end).count())
            })
        };
        let ((low, at_low), (high, at_high)) = (ends(sorted.first()), ends(sorted.last()));
        let mean = sorted.iter().sum::<f64>() / n as f64;
        let squares = sorted.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        let quartiles = [0.25, 0.5, 0.75].map(|share| quantile(&sorted, share));
        let reach = crate::thresholds::FAR_OUT * (quartiles[2] - quartiles[0]);
        let far = |value: &&f64| **value < quartiles[0] - reach || **value > quartiles[2] + reach;
        Profile {
            rows: values.len(),
            missing,
            infinite,
            distinct,
            mode,
            range: (low, high),
            at_ends: (at_low, at_high),
            quartiles,
            mean,
            spread: (squares / n as f64).sqrt(),
            collision: if n > 1 { pairs / (n as f64 * (n as f64 - 1.0)) } else { 0.0 },
            whole: sorted.iter().all(|value| value.fract() == 0.0),
            rising,
            far_out: if reach > 0.0 { sorted.iter().filter(far).count() } else { 0 },
        }
    }
}

/// Images that are enough for the mean and spread of their pixels.
const IMAGES: usize = 5_000;

/// The training samples that columns are judged by.
pub(crate) fn samples(parts: &Parts<'_>, effort: Effort) -> Vec<u32> {
    let train = parts.training();
    let most = effort.column_rows(parts.width());
    // Of pixels no more than mean and spread are asked for.
    let most = if parts.is_images() { most.min(IMAGES) } else { most };
    drawn(train.len(), most, key(Draw::Columns, 0))
}

/// Every column's, from these training samples. Codes of categories are taken as numbers.
pub(crate) fn profiles(parts: &Parts<'_>, samples: &[u32]) -> (Vec<Profile>, Looked) {
    let train = parts.training();
    let of = |column| {
        let mut profile = Profile::of(&train.values(samples, column));
        if matches!(parts.columns[column].kind, ColumnKind::Category(_)) {
            (profile.whole, profile.rising) = (false, false);
        }
        profile
    };
    let looked = Looked { what: "training columns".into(), rows: samples.len(), of: train.len() };
    ((0..parts.width()).map(of).collect(), looked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_knows_its_column() {
        let values = [3.0, f64::NAN, 1.0, 2.0, 2.0, -0.0, 0.0, f64::INFINITY];
        let profile = Profile::of(&values);
        assert_eq!((profile.rows, profile.missing, profile.infinite), (8, 1, 1));
        assert_eq!((profile.present(), profile.distinct), (6, 4));
        assert_eq!((profile.mode, profile.range), ((2, 0.0), (0.0, 3.0)));
        // numpy.quantile([0, 0, 1, 2, 2, 3], [0.25, 0.5, 0.75])
        assert_eq!(profile.quartiles, [0.25, 1.5, 2.0]);
        assert!((profile.mean - 8.0 / 6.0).abs() < 1e-15);
        assert!((profile.collision - 4.0 / 30.0).abs() < 1e-15);
        assert!(profile.whole && !profile.rising);
    }

    #[test]
    fn nothing_but_missing_values_is_no_panic() {
        let profile = Profile::of(&[f64::NAN; 3]);
        assert_eq!((profile.present(), profile.distinct, profile.far_out), (0, 0, 0));
        assert!(profile.spread.is_nan() && profile.quartiles[1].is_nan());
    }

    #[test]
    fn values_far_out_are_counted_unless_the_quartiles_meet() {
        let mut values: Vec<f64> = (0..100).map(f64::from).collect();
        values.extend([1e6, -1e6]);
        assert_eq!(Profile::of(&values).far_out, 2);
        assert_eq!(Profile::of(&[0.0, 0.0, 0.0, 0.0, 0.0, 9.0]).far_out, 0);
    }
}
