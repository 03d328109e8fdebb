//! How well probabilities put the samples of a class before the others.

use crate::confusion::mean;
use crate::weights::Weights;
use crate::{Classified, Undefined};

/// The samples in the order of a class's probability, the most probable first, for each
/// class that is looked at: class 1 of two, all of more.
#[derive(Clone, Debug)]
pub struct Ranking<'a> {
    set: &'a Classified,
    orders: Vec<(usize, Vec<u32>)>,
}

impl<'a> Ranking<'a> {
    /// Of a set.
    pub fn of(set: &'a Classified) -> Ranking<'a> {
        let first = if set.classes() == 2 { 1 } else { 0 };
        let order = |class: usize| {
            // The bits of numbers that are not negative are in the numbers' order.
            let key = |i: usize| (!set.probabilities(i)[class].abs().to_bits(), i as u32);
            let mut keys: Vec<(u64, u32)> = (0..set.len()).map(key).collect();
            keys.sort_unstable();
            (class, keys.into_iter().map(|(_, i)| i).collect())
        };
        Ranking { set, orders: (first..set.classes()).map(order).collect() }
    }

    /// The area under the ROC curve: the chance that a sample of a class has a higher
    /// probability of it than one of another class, ties counting half. Of two classes
    /// class 1's; of more the mean over the classes, each against the rest:
    /// `roc_auc_score(multi_class = "ovr", average = "macro")`.
    ///
    /// # Errors
    /// Where a class has no sample, or all of them.
    pub fn auc(&self) -> Result<f64, Undefined> {
        self.weighted_auc(Weights::Once)
    }

    /// The mean over recall's steps of the precision there, Σ(Rₙ − Rₙ₋₁)·Pₙ, without
    /// interpolation. Of two classes class 1's; of more the mean over the classes:
    /// `average_precision_score(average = "macro")`.
    ///
    /// # Errors
    /// As [`auc`](Self::auc).
    pub fn average_precision(&self) -> Result<f64, Undefined> {
        self.weighted_average_precision(Weights::Once)
    }

    /// [`auc`](Self::auc) of one class against the rest.
    ///
    /// # Errors
    /// Where it has no sample, or all of them.
    pub fn auc_of(&self, class: usize) -> Result<f64, Undefined> {
        let binary = self.set.classes() == 2;
        // Of two classes each ranks the samples the other way round.
        let at = if binary { 0 } else { class };
        match self.orders.get(at) {
            Some((ranked, order)) => self.area(*ranked, order, Weights::Once).map(|(auc, _)| auc),
            None => Err(Undefined::NoSample { class }),
        }
    }

    pub(crate) fn weighted_auc(&self, weights: Weights<'_>) -> Result<f64, Undefined> {
        self.mean(weights, |(auc, _)| auc)
    }

    pub(crate) fn weighted_average_precision(
        &self,
        weights: Weights<'_>,
    ) -> Result<f64, Undefined> {
        self.mean(weights, |(_, precision)| precision)
    }

    fn mean(
        &self,
        weights: Weights<'_>,
        which: impl Fn((f64, f64)) -> f64,
    ) -> Result<f64, Undefined> {
        let each = self.orders.iter().map(|(class, order)| self.area(*class, order, weights));
        let each: Vec<f64> = each.map(|areas| areas.map(&which)).collect::<Result<_, _>>()?;
        mean(each.into_iter())
    }

    /// The areas under the ROC curve and under the steps of precision over recall.
    fn area(
        &self,
        class: usize,
        order: &[u32],
        weights: Weights<'_>,
    ) -> Result<(f64, f64), Undefined> {
        let score = |i: u32| self.set.probabilities(i as usize)[class];
        // Twice the area in pairs of samples, exactly; the samples so far.
        let (mut area, mut steps) = (0u128, 0.0);
        let (mut hits, mut others) = (0u64, 0u64);
        let mut at = 0;
        while at < order.len() {
            let (mut own, mut rest) = (0, 0);
            let value = score(order[at]);
            while at < order.len() && score(order[at]) == value {
                let i = order[at] as usize;
                let count = weights.at(i);
                if self.set.labels()[i] as usize == class {
                    own += count
                } else {
                    rest += count
                }
                at += 1;
            }
            area += u128::from(rest) * u128::from(2 * hits + own);
            (hits, others) = (hits + own, others + rest);
            if own > 0 {
                steps += own as f64 * (hits as f64 / (hits + others) as f64);
            }
        }
        match (hits, others) {
            (0, 0) => Err(Undefined::Nothing),
            (0, _) => Err(Undefined::NoSample { class }),
            (_, 0) if self.set.classes() == 2 => Err(Undefined::NoSample { class: 1 - class }),
            (_, 0) => Err(Undefined::OneClass { class }),
            _ => {
                let pairs = 2.0 * hits as f64 * others as f64;
                Ok((area as f64 / pairs, steps / hits as f64))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(labels: &[u32], scores: &[f64]) -> Classified {
        let rows = scores.iter().flat_map(|&p| [1.0 - p, p]).collect();
        Classified::new(labels.to_vec(), rows, 2).unwrap()
    }

    #[test]
    fn ties_count_half() {
        let set = binary(&[0, 1, 0, 1], &[0.5; 4]);
        let ranking = Ranking::of(&set);
        assert_eq!((ranking.auc(), ranking.average_precision()), (Ok(0.5), Ok(0.5)));
        let set = binary(&[1, 0, 0, 1], &[0.9, 0.9, 0.1, 0.2]);
        assert_eq!(Ranking::of(&set).auc(), Ok((0.5 + 1.0 + 0.0 + 1.0) / 4.0));
    }

    #[test]
    fn a_class_without_samples_has_no_ranks() {
        let set = binary(&[0, 0], &[0.2, 0.4]);
        let no_sample = Err(Undefined::NoSample { class: 1 });
        assert_eq!(Ranking::of(&set).auc(), no_sample);
        assert_eq!(Ranking::of(&set).average_precision(), no_sample);
        let set = binary(&[1, 1], &[0.2, 0.4]);
        assert_eq!(Ranking::of(&set).auc(), Err(Undefined::NoSample { class: 0 }));
        let set = Classified::new(vec![0, 1], [[0.5, 0.25, 0.25]; 2].concat(), 3).unwrap();
        assert_eq!(Ranking::of(&set).auc(), Err(Undefined::NoSample { class: 2 }));
        let words = Ranking::of(&set).auc().unwrap_err().to_string();
        assert_eq!(words, "not defined: class 2 has no sample");
    }

    #[test]
    fn a_resample_counts_samples_as_often_as_they_were_drawn() {
        let set = binary(&[0, 1, 0, 1, 1], &[0.3, 0.6, 0.6, 0.2, 0.9]);
        let drawn = binary(&[0, 0, 1, 0, 1, 1, 1], &[0.3, 0.3, 0.6, 0.6, 0.9, 0.9, 0.9]);
        let weights = Weights::Drawn(&[2, 1, 1, 0, 3]);
        let (ranking, whole) = (Ranking::of(&set), Ranking::of(&drawn));
        assert_eq!(ranking.weighted_auc(weights), whole.auc());
        assert_eq!(ranking.weighted_average_precision(weights), whole.average_precision());
    }
}
