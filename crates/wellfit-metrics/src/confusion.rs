//! Who is taken for whom.

use crate::weights::Weights;
use crate::{Classified, Undefined};

/// How many samples of each class are taken for each class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    /// A row for each true class, a column for each predicted one.
    counts: Vec<u64>,
}

/// Scores of one class against all others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassScores {
    /// The share of those taken for it that are it; 0 when none is, as scikit-learn's
    /// `zero_division = 0` has it.
    pub precision: f64,
    /// The share of its samples that are taken for it; 0 when it has none.
    pub recall: f64,
    /// 2·TP/(2·TP + FP + FN), the harmonic mean of both; 0 when there is neither a sample
    /// nor a prediction.
    pub f1: f64,
    /// Its samples.
    pub support: u64,
    /// Samples that are taken for it.
    pub predicted: u64,
}

impl Confusion {
    /// Of a set.
    pub fn of(set: &Classified) -> Confusion {
        Confusion::weighted(set, Weights::Once)
    }

    pub(crate) fn weighted(set: &Classified, weights: Weights<'_>) -> Confusion {
        let classes = set.classes();
        let mut counts = vec![0; classes * classes];
        for (i, (&label, &predicted)) in set.labels().iter().zip(set.predicted()).enumerate() {
            counts[label as usize * classes + predicted as usize] += weights.at(i);
        }
        Confusion { classes, counts }
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// All counts, a row for each true class.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Samples of class `truth` that are taken for class `predicted`.
    ///
    /// # Panics
    /// If there is no such class.
    pub fn at(&self, truth: usize, predicted: usize) -> u64 {
        assert!(predicted < self.classes, "class {predicted} of {}", self.classes);
        self.counts[truth * self.classes + predicted]
    }

    /// Samples of a class.
    pub fn support(&self, class: usize) -> u64 {
        self.counts[class * self.classes..(class + 1) * self.classes].iter().sum()
    }

    /// Samples that are taken for a class.
    pub fn taken_for(&self, class: usize) -> u64 {
        self.counts.iter().skip(class).step_by(self.classes).sum()
    }

    /// All samples.
    pub fn samples(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Samples that are classified rightly.
    pub fn hits(&self) -> u64 {
        (0..self.classes).map(|class| self.at(class, class)).sum()
    }

    /// Scores of a class against all others.
    pub fn scores(&self, class: usize) -> ClassScores {
        let (support, predicted) = (self.support(class), self.taken_for(class));
        let hits = self.at(class, class);
        let share = |of: u64| if of == 0 { 0.0 } else { hits as f64 / of as f64 };
        let both = support + predicted;
        let f1 = if both == 0 { 0.0 } else { 2.0 * hits as f64 / both as f64 };
        ClassScores { precision: share(predicted), recall: share(support), f1, support, predicted }
    }

    /// The share that is classified rightly; of single labels F1's micro average is the
    /// same.
    ///
    /// # Errors
    /// Without samples.
    pub fn accuracy(&self) -> Result<f64, Undefined> {
        let samples = self.samples();
        if samples == 0 {
            return Err(Undefined::Nothing);
        }
        Ok(self.hits() as f64 / samples as f64)
    }

    /// The mean recall of the classes that have samples: scikit-learn's
    /// `balanced_accuracy_score`.
    ///
    /// # Errors
    /// Without samples.
    pub fn balanced_accuracy(&self) -> Result<f64, Undefined> {
        mean(self.each().filter(|scores| scores.support > 0).map(|scores| scores.recall))
    }

    /// The mean F1 of the classes that have samples or are predicted.
    ///
    /// # Errors
    /// Without samples.
    pub fn f1_macro(&self) -> Result<f64, Undefined> {
        mean(self.there().map(|scores| scores.f1))
    }

    /// The mean F1 of the classes, each weighted with its samples.
    ///
    /// # Errors
    /// Without samples.
    pub fn f1_weighted(&self) -> Result<f64, Undefined> {
        let samples = self.samples();
        if samples == 0 {
            return Err(Undefined::Nothing);
        }
        let sum: f64 = self.each().map(|scores| scores.f1 * scores.support as f64).sum();
        Ok(sum / samples as f64)
    }

    /// The mean precision of the classes that have samples or are predicted.
    ///
    /// # Errors
    /// Without samples.
    pub fn precision_macro(&self) -> Result<f64, Undefined> {
        mean(self.there().map(|scores| scores.precision))
    }

    /// The mean recall of the classes that have samples or are predicted: as
    /// [`balanced_accuracy`](Self::balanced_accuracy), but a class that is predicted
    /// without having a sample counts as 0.
    ///
    /// # Errors
    /// Without samples.
    pub fn recall_macro(&self) -> Result<f64, Undefined> {
        mean(self.there().map(|scores| scores.recall))
    }

    fn each(&self) -> impl Iterator<Item = ClassScores> {
        (0..self.classes).map(|class| self.scores(class))
    }

    /// The classes that occur, among labels or predictions.
    fn there(&self) -> impl Iterator<Item = ClassScores> {
        self.each().filter(|scores| scores.support + scores.predicted > 0)
    }
}

pub(crate) fn mean(values: impl Iterator<Item = f64>) -> Result<f64, Undefined> {
    let (sum, n) = values.fold((0.0, 0u64), |(sum, n), value| (sum + value, n + 1));
    if n == 0 { Err(Undefined::Nothing) } else { Ok(sum / n as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_without_samples_counts_only_where_it_is_predicted() {
        // Classes 0, 0, 1 taken for 0, 2, 1; class 3 does not occur.
        let one = |class: usize| (0..4).map(|c| f64::from(u8::from(c == class))).collect();
        let rows: Vec<Vec<f64>> = vec![one(0), one(2), one(1)];
        let set = Classified::new(vec![0, 0, 1], rows.concat(), 4).unwrap();
        let confusion = Confusion::of(&set);
        assert_eq!(confusion.balanced_accuracy(), Ok(0.75));
        assert_eq!(confusion.recall_macro(), Ok(0.5));
        assert_eq!(confusion.f1_macro(), Ok((2.0 / 3.0 + 1.0) / 3.0));
        assert_eq!(confusion.accuracy(), Ok(2.0 / 3.0));
        assert_eq!((confusion.support(0), confusion.taken_for(2)), (2, 1));
        let scores = confusion.scores(3);
        assert_eq!((scores.precision, scores.recall, scores.f1), (0.0, 0.0, 0.0));
    }
}
