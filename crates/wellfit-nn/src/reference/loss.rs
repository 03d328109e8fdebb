//! Losses and scores, as their definitions have them.

use super::Real;
use crate::evaluation::largest;
use crate::{Blend, Evaluation, Loss, Samples, Scores, Spec, Target};

/// The loss of a batch as its definition has it.
pub(super) struct BatchLoss<'a> {
    loss: &'a Loss,
    samples: &'a Samples,
    batch: &'a [usize],
    /// Second targets, one for each sample or none at all.
    pub blends: Vec<Option<Blend>>,
}

impl<'a> BatchLoss<'a> {
    /// Of these samples, each with its own target.
    pub fn new(loss: &'a Loss, samples: &'a Samples, batch: &'a [usize]) -> Self {
        BatchLoss { loss, samples, batch, blends: Vec::new() }
    }

    /// The targets of row `row` of the batch, each with its share.
    fn targets(&self, row: usize) -> Vec<(f64, Target<'a>)> {
        let own = self.samples.target(self.batch[row]);
        match self.blends.get(row).copied().flatten() {
            None => vec![(1.0, own)],
            Some(Blend { other, share }) => {
                let share = f64::from(share);
                vec![(share, own), (1.0 - share, self.samples.target(other as usize))]
            }
        }
    }

    /// The loss times the batch's samples; `deltas` become its derivatives by the outputs,
    /// which are [rows, outputs].
    pub fn of<T: Real>(&self, outputs: &[T], deltas: &mut Vec<T>) -> f64 {
        let (loss, rows) = (self.loss, self.batch.len());
        let width = outputs.len() / rows;
        let weight = |target| match target {
            Target::Class(class) => loss.class_weight(class),
            Target::Numbers(numbers) => numbers.len() as f64,
        };
        let weights = |row| self.targets(row).into_iter().map(|(share, t)| share * weight(t));
        let normaliser: f64 = (0..rows).flat_map(weights).sum();
        let mut sum = 0.0;
        deltas.clear();
        for (row, outputs) in outputs.chunks(width).enumerate() {
            let start = deltas.len();
            deltas.resize(start + width, T::ZERO);
            for (share, target) in self.targets(row) {
                let add = |output: usize, slope: T| {
                    deltas[start + output] += slope * T::from_f64(share) / T::from_f64(normaliser);
                };
                sum += share * term(loss, outputs, target, add);
            }
        }
        sum * (rows as f64 / normaliser)
    }
}

/// A row's term of the loss; `add` is told its derivative by each output.
fn term<T: Real>(loss: &Loss, row: &[T], target: Target<'_>, mut add: impl FnMut(usize, T)) -> f64 {
    let number = |x: f64| T::from_f64(x);
    let mut sum = 0.0;
    match target {
        Target::Class(label) => {
            let Loss::CrossEntropy { label_smoothing: alpha, .. } = *loss else {
                unreachable!("checked on upload")
            };
            let weighted = |class: usize| {
                let hot = if class == label as usize { 1.0 - alpha } else { 0.0 };
                loss.class_weight(class as u32) * (hot + alpha / row.len() as f64)
            };
            // Σ_c w_c t_c
            let whole = number((0..row.len()).map(weighted).sum());
            for (class, &log) in log_softmax(row).iter().enumerate() {
                let t = number(weighted(class));
                if weighted(class) > 0.0 {
                    sum -= (t * log).to_f64();
                }
                add(class, log.exp() * whole - t);
            }
        }
        Target::Numbers(numbers) => {
            for (i, (&y, &wanted)) in row.iter().zip(numbers).enumerate() {
                let (term, slope) = error_term(loss, y - number(f64::from(wanted)));
                sum += term.to_f64();
                add(i, slope);
            }
        }
    }
    sum
}

/// f(e) and f′(e) of a loss of numbers.
fn error_term<T: Real>(loss: &Loss, error: T) -> (T, T) {
    let number = |x: f64| T::from_f64(x);
    match *loss {
        Loss::Huber { delta } if error.to_f64() > delta => {
            (number(delta) * (error - number(0.5 * delta)), number(delta))
        }
        Loss::Huber { delta } if error.to_f64() < -delta => {
            (number(delta) * (-error - number(0.5 * delta)), number(-delta))
        }
        Loss::Huber { .. } => (number(0.5) * error * error, error),
        _ => (error * error, number(2.0) * error),
    }
}

/// zᵢ − ln Σ exp z
fn log_softmax<T: Real>(logits: &[T]) -> Vec<T> {
    let largest = logits[1..].iter().fold(logits[0], |a, &b| if b > a { b } else { a });
    let sum = logits.iter().fold(T::ZERO, |sum, &x| sum + (x - largest).exp());
    logits.iter().map(|&x| x - largest - sum.ln()).collect()
}

/// Losses and scores of a set, from its outputs.
pub(super) fn evaluation<T: Real>(spec: &Spec, samples: &Samples, outputs: &[T]) -> Evaluation {
    let (n, width) = (samples.len(), spec.outputs);
    let own = Loss::from(spec.loss.measure());
    let measure = Loss::from(spec.measure());
    let (mut losses, mut hits, mut predicted) = (Vec::new(), Vec::new(), vec![0; width]);
    let (mut loss, mut weights) = (0.0, 0.0);
    let mut errors = vec![vec![0.0; n]; width];
    for (i, row) in outputs.chunks(width).enumerate() {
        let mean = |loss: &Loss| BatchLoss::new(loss, samples, &[i]).of(row, &mut Vec::new());
        losses.push(mean(&measure) as f32);
        let mut weight = 1.0;
        match samples.target(i) {
            Target::Class(label) => {
                let class = largest(row);
                hits.push(class == Some(label as usize));
                class.into_iter().for_each(|class| predicted[class] += 1);
                weight = spec.loss.class_weight(label);
            }
            Target::Numbers(numbers) => {
                for (t, (&y, &wanted)) in row.iter().zip(numbers).enumerate() {
                    errors[t][i] = (y.to_f64() - f64::from(wanted)).powi(2);
                }
            }
        }
        loss += weight * mean(&own);
        weights += weight;
    }
    let loss = loss / weights;
    if spec.loss.is_classification() {
        let score = hits.iter().filter(|&&hit| hit).count() as f64 / n as f64;
        return Evaluation {
            loss,
            score,
            losses,
            scores: Scores::Hits(hits),
            predicted: Some(predicted),
        };
    }
    let squares = samples.squares();
    let r2 = |t: usize| 1.0 - errors[t].iter().sum::<f64>() / squares[t];
    let share = |i: usize| {
        let lost: f64 = (0..width).map(|t| errors[t][i] / squares[t]).sum();
        (1.0 - n as f64 / width as f64 * lost) as f32
    };
    let score = (0..width).map(r2).sum::<f64>() / width as f64;
    let scores = Scores::R2((0..n).map(share).collect());
    Evaluation { loss, score, losses, scores, predicted: None }
}
