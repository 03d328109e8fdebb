//! How well a network does on a set: a loss and a score, by sample and as a whole.

use crate::kernel::{Kernels, RowLoss};
use crate::{Loss, Measure, Samples, Spec, Target};

/// What a network gives on a set in evaluation mode.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The training loss over the set, with class weights, but without smoothing.
    pub loss: f64,
    /// Accuracy of a classifier. Of numbers R² = 1 − Σ(y−ŷ)²/Σ(y−ȳ)² by target,
    /// averaged over targets; not finite where a target is the same for all samples.
    pub score: f64,
    /// The loss of each sample by [`Spec::measure`], in the set's order.
    pub losses: Vec<f32>,
    /// What each sample adds to the score, likewise.
    pub scores: Scores,
    /// How many samples were taken for each class: whose logit is the largest (the
    /// first of equals); a sample with a NaN is taken for none. `None` for numbers.
    pub predicted: Option<Vec<u64>>,
}

/// What samples add to a score, which is their mean.
#[derive(Clone, Debug, PartialEq)]
pub enum Scores {
    /// Accuracy: whether the largest logit (the first of equals) is the label's.
    Hits(Vec<bool>),
    /// R²: 1 − n/T·Σ(y−ŷ)²/Σ(y−ȳ)² over the T targets, the second sum over the set's n
    /// samples.
    R2(Vec<f32>),
}

impl Scores {
    /// Number of samples.
    pub fn len(&self) -> usize {
        match self {
            Scores::Hits(hits) => hits.len(),
            Scores::R2(shares) => shares.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether each sample was classified rightly; `None` for numbers.
    pub fn hits(&self) -> Option<&[bool]> {
        match self {
            Scores::Hits(hits) => Some(hits),
            Scores::R2(_) => None,
        }
    }

    /// As numbers; a hit is 1.
    pub fn to_vec(&self) -> Vec<f64> {
        match self {
            Scores::Hits(hits) => hits.iter().map(|&hit| f64::from(u8::from(hit))).collect(),
            Scores::R2(shares) => shares.iter().map(|&share| f64::from(share)).collect(),
        }
    }
}

/// What one sample gave.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SampleResult {
    /// Its loss as it is measured.
    pub measured: f32,
    /// Its training loss, without smoothing and weights.
    pub own: f32,
    /// A hit (1 or 0), or Σ(y−ŷ)²/Σ(y−ȳ)² over the targets.
    pub score: f64,
    /// The class that it was taken for.
    pub predicted: Option<u32>,
}

/// Judges a network's outputs on a set, sample by sample, in any order and from any
/// thread; then all of them together.
pub(crate) struct Judge<'a> {
    samples: &'a Samples,
    loss: &'a Loss,
    measure: Measure,
    outputs: usize,
    /// 1/Σ(y−ȳ)² by target.
    inverse_squares: Vec<f64>,
}

impl<'a> Judge<'a> {
    /// For one of the sets of a session for `spec`.
    pub fn new(spec: &'a Spec, samples: &'a Samples) -> Self {
        let squares = samples.squares();
        Judge {
            samples,
            loss: &spec.loss,
            measure: spec.measure(),
            outputs: spec.outputs,
            inverse_squares: squares.into_iter().map(|square| 1.0 / square).collect(),
        }
    }

    /// Judges sample `i` by its outputs, a row of whole vectors, which it overwrites.
    pub fn sample(&self, kernels: &Kernels, i: usize, row: &mut [f32]) -> SampleResult {
        match self.samples.target(i) {
            Target::Class(label) => {
                let predicted = largest(&row[..self.outputs]).map(|class| class as u32);
                let score = f64::from(u8::from(predicted == Some(label)));
                let target = Target::Class(label);
                let loss = kernels.loss_row(&RowLoss::CrossEntropy, row, self.outputs, target, 1.0);
                SampleResult { measured: loss, own: loss, score, predicted }
            }
            Target::Numbers(numbers) => {
                let row = &row[..self.outputs];
                let mean = |measure| mean_error(measure, row, numbers);
                let measured = mean(self.measure);
                let own = self.loss.measure();
                let own = if own == self.measure { measured } else { mean(own) };
                let errors = row.iter().zip(numbers).zip(&self.inverse_squares);
                let share = |((&y, &wanted), inverse): ((&f32, &f32), &f64)| {
                    (f64::from(y) - f64::from(wanted)).powi(2) * inverse
                };
                SampleResult { measured, own, score: errors.map(share).sum(), predicted: None }
            }
        }
    }

    /// All samples together, with their logits one after the other.
    pub fn finish_with_logits(
        &self,
        both: Vec<(SampleResult, Vec<f32>)>,
    ) -> (Evaluation, Vec<f32>) {
        let mut logits = Vec::with_capacity(both.len() * self.outputs);
        let mut results = Vec::with_capacity(both.len());
        for (result, row) in both {
            logits.extend(row);
            results.push(result);
        }
        (self.finish(&results), logits)
    }

    /// All samples together.
    pub fn finish(&self, results: &[SampleResult]) -> Evaluation {
        let n = results.len() as f64;
        let losses = results.iter().map(|r| r.measured).collect();
        let own = |r: &SampleResult| f64::from(r.own);
        if !self.loss.is_classification() {
            let targets = self.outputs as f64;
            let share = |r: &SampleResult| (1.0 - n / targets * r.score) as f32;
            return Evaluation {
                loss: results.iter().map(own).sum::<f64>() / n,
                score: 1.0 - results.iter().map(|r| r.score).sum::<f64>() / targets,
                losses,
                scores: Scores::R2(results.iter().map(share).collect()),
                predicted: None,
            };
        }
        let weight = |i: usize| match self.samples.target(i) {
            Target::Class(class) => self.loss.class_weight(class),
            Target::Numbers(_) => unreachable!("checked on upload"),
        };
        let weights = (0..results.len()).map(weight);
        let loss = results.iter().zip(weights.clone()).map(|(r, weight)| weight * own(r));
        let hits: Vec<bool> = results.iter().map(|r| r.score > 0.0).collect();
        let mut predicted = vec![0; self.outputs];
        results.iter().filter_map(|r| r.predicted).for_each(|class| predicted[class as usize] += 1);
        Evaluation {
            loss: loss.sum::<f64>() / weights.sum::<f64>(),
            score: hits.iter().filter(|&&hit| hit).count() as f64 / n,
            losses,
            scores: Scores::Hits(hits),
            predicted: Some(predicted),
        }
    }
}

/// Where the largest logit is, the first of equals; nowhere if one of them is a NaN.
pub(crate) fn largest<T: PartialOrd>(logits: &[T]) -> Option<usize> {
    let largest = (1..logits.len()).fold(0, |at, i| if logits[i] > logits[at] { i } else { at });
    logits.iter().all(|x| *x <= logits[largest]).then_some(largest)
}

fn mean_error(measure: Measure, row: &[f32], numbers: &[f32]) -> f32 {
    let term = |error: f32| match measure {
        Measure::Huber { delta } if error.abs() > delta as f32 => {
            let delta = delta as f32;
            delta * (error.abs() - 0.5 * delta)
        }
        Measure::Huber { .. } => 0.5 * error * error,
        Measure::Mse | Measure::CrossEntropy => error * error,
    };
    let sum: f32 = row.iter().zip(numbers).map(|(&y, &wanted)| term(y - wanted)).sum();
    sum / numbers.len() as f32
}

impl Samples {
    /// Σ(y−ȳ)² by target, in f64 in the set's order; exactly 0 for a target that is the
    /// same for all samples. None for classes.
    pub fn squares(&self) -> Vec<f64> {
        let numbers = |i| match self.target(i) {
            Target::Numbers(numbers) => numbers,
            Target::Class(_) => &[],
        };
        let (n, targets) = (self.len(), if self.is_empty() { 0 } else { numbers(0).len() });
        let square = |t: usize| {
            let values = (0..n).map(|i| f64::from(numbers(i)[t]));
            let first = f64::from(numbers(0)[t]);
            // Differences to the first are exactly 0 where nothing varies.
            let mean = values.clone().map(|y| y - first).sum::<f64>() / n as f64;
            values.map(|y| (y - first - mean).powi(2)).sum()
        };
        (0..targets).map(square).collect()
    }
}
