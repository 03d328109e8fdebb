//! Whether probabilities are what they say, and other scores of probabilities.

use crate::weights::Weights;
use crate::{Classified, Undefined};

/// Bins of a [`Calibration`], as in C. Guo et al., *On Calibration of Modern Neural
/// Networks*, ICML 2017.
pub const BINS: usize = 15;

/// How often a network is right, by how sure it says that it is: the reliability curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// [`BINS`] equally wide bins from 0 to 1, without the lower and with the upper end.
    pub bins: Vec<Bin>,
}

/// The samples whose predicted class has a probability in a bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// How many samples.
    pub samples: u64,
    /// The mean probability of the predicted class; NaN without samples.
    pub confidence: f64,
    /// The share that is classified rightly; NaN without samples.
    pub accuracy: f64,
}

impl Calibration {
    /// Of a set.
    pub fn of(set: &Classified) -> Calibration {
        Calibration::weighted(set, Weights::Once)
    }

    pub(crate) fn weighted(set: &Classified, weights: Weights<'_>) -> Calibration {
        let mut sums = [(0u64, 0.0, 0u64); BINS];
        for i in 0..set.len() {
            let (confidence, count) = (set.confidence(i), weights.at(i));
            let at = ((confidence * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
            let (samples, sure, hits) = &mut sums[at];
            *samples += count;
            *sure += count as f64 * confidence;
            *hits += count * u64::from(set.is_hit(i));
        }
        let end = |i: usize| i as f64 / BINS as f64;
        let bin = |(i, (samples, sure, hits)): (usize, (u64, f64, u64))| Bin {
            low: end(i),
            high: end(i + 1),
            samples,
            confidence: sure / samples as f64,
            accuracy: hits as f64 / samples as f64,
        };
        Calibration { bins: sums.into_iter().enumerate().map(bin).collect() }
    }

    /// The expected calibration error: Σ share·|accuracy − confidence| over the bins.
    ///
    /// # Errors
    /// Without samples.
    pub fn error(&self) -> Result<f64, Undefined> {
        let samples: u64 = self.bins.iter().map(|bin| bin.samples).sum();
        if samples == 0 {
            return Err(Undefined::Nothing);
        }
        let there = self.bins.iter().filter(|bin| bin.samples > 0);
        let miss = there.map(|bin| bin.samples as f64 * (bin.accuracy - bin.confidence).abs());
        Ok(miss.sum::<f64>() / samples as f64)
    }
}

/// The Brier score, from 0. Of two classes (p₁ − y)² over the samples, at most 1; of more
/// Σ(p_c − y_c)² over the classes, at most 2: scikit-learn's `brier_score_loss`.
///
/// # Errors
/// Without samples.
pub fn brier(set: &Classified) -> Result<f64, Undefined> {
    weighted_brier(set, Weights::Once)
}

pub(crate) fn weighted_brier(set: &Classified, weights: Weights<'_>) -> Result<f64, Undefined> {
    let half = if set.classes() == 2 { 0.5 } else { 1.0 };
    weights.mean(set.len(), |i| {
        let label = set.labels()[i] as usize;
        let each = set.probabilities(i).iter().enumerate();
        half * each.map(|(c, p)| (p - f64::from(u8::from(c == label))).powi(2)).sum::<f64>()
    })
}

/// The mean of −ln p of the samples' classes, where p is at least f64's ε, as in
/// scikit-learn's `log_loss`: cross-entropy without class weights and smoothing.
///
/// # Errors
/// Without samples.
pub fn log_loss(set: &Classified) -> Result<f64, Undefined> {
    weighted_log_loss(set, Weights::Once)
}

pub(crate) fn weighted_log_loss(set: &Classified, weights: Weights<'_>) -> Result<f64, Undefined> {
    weights.mean(set.len(), |i| {
        let p = set.probabilities(i)[set.labels()[i] as usize];
        -p.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
    })
}

/// The share of samples whose class is among the `k` most probable; of equally probable
/// classes the first come first, as in [`Classified::predicted`].
///
/// # Errors
/// Without samples.
pub fn top_k(set: &Classified, k: usize) -> Result<f64, Undefined> {
    weighted_top_k(set, k, Weights::Once)
}

pub(crate) fn weighted_top_k(
    set: &Classified,
    k: usize,
    weights: Weights<'_>,
) -> Result<f64, Undefined> {
    weights.mean(set.len(), |i| {
        let (row, label) = (set.probabilities(i), set.labels()[i] as usize);
        let before = |(c, p): (usize, &f64)| *p > row[label] || *p == row[label] && c < label;
        let rank = row.iter().enumerate().filter(|&(c, p)| before((c, p))).count();
        f64::from(u8::from(rank < k))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_that_is_as_often_right_as_it_says_is_calibrated() {
        // Four times sure by 0.75, three times right.
        let set = Classified::new(vec![0, 0, 0, 1], [[0.75, 0.25]; 4].concat(), 2).unwrap();
        assert_eq!(Calibration::of(&set).error(), Ok(0.0));
        let set = Classified::new(vec![0, 1, 1, 1], [[0.75, 0.25]; 4].concat(), 2).unwrap();
        let calibration = Calibration::of(&set);
        assert_eq!(calibration.error(), Ok(0.5));
        let bin = calibration.bins[11];
        assert_eq!((bin.samples, bin.confidence, bin.accuracy), (4, 0.75, 0.25));
        assert!(bin.low < 0.75 && 0.75 < bin.high);
    }

    #[test]
    fn a_bin_has_its_upper_end_and_certainty_is_in_the_last() {
        let confidences = [1.0, 0.8, 0.6];
        let rows = confidences.map(|p| [p, 1.0 - p]).concat();
        let set = Classified::new(vec![0, 0, 0], rows, 2).unwrap();
        let samples = Calibration::of(&set).bins.iter().map(|b| b.samples).collect::<Vec<_>>();
        assert_eq!((samples[14], samples[11], samples[8]), (1, 1, 1));
    }

    #[test]
    fn certain_mistakes_have_a_finite_log_loss() {
        let set = Classified::new(vec![1], vec![1.0, 0.0], 2).unwrap();
        assert_eq!(log_loss(&set), Ok(-f64::EPSILON.ln()));
        assert_eq!(brier(&set), Ok(1.0));
    }

    #[test]
    fn the_first_of_equally_probable_classes_comes_first() {
        let set = Classified::new(vec![0, 1, 2], [[0.25, 0.5, 0.25]; 3].concat(), 3).unwrap();
        assert_eq!([1, 2, 3].map(|k| top_k(&set, k).unwrap()), [1.0 / 3.0, 2.0 / 3.0, 1.0]);
    }
}
