//! Losses and scores, as their definitions have them.

use super::Real;
use crate::evaluation::largest;
use crate::{Evaluation, Loss, Samples, Scores, Spec, Target};

/// The loss of a batch times its samples; `deltas` become the derivatives of the loss.
/// Outputs are [rows, outputs].
pub(super) fn batch<T: Real>(
    loss: &Loss,
    samples: &Samples,
    batch: &[usize],
    outputs: &[T],
    deltas: &mut Vec<T>,
) -> f64 {
    let rows = batch.len();
    let width = outputs.len() / rows;
    let number = |x: f64| T::from_f64(x);
    let normaliser: f64 = batch
        .iter()
        .map(|&i| match samples.target(i) {
            Target::Class(class) => loss.class_weight(class),
            Target::Numbers(numbers) => numbers.len() as f64,
        })
        .sum();
    let mut sum = 0.0;
    deltas.clear();
    for (row, &i) in outputs.chunks(width).zip(batch) {
        match samples.target(i) {
            Target::Class(label) => {
                let Loss::CrossEntropy { label_smoothing: alpha, .. } = *loss else {
                    unreachable!("checked on upload")
                };
                let log = log_softmax(row);
                let weighted = |class: usize| {
                    let hot = if class == label as usize { 1.0 - alpha } else { 0.0 };
                    loss.class_weight(class as u32) * (hot + alpha / width as f64)
                };
                // Σ_c w_c t_c
                let whole = number((0..width).map(weighted).sum());
                for (class, &log) in log.iter().enumerate() {
                    let t = number(weighted(class));
                    if weighted(class) > 0.0 {
                        sum -= (t * log).to_f64();
                    }
                    deltas.push((log.exp() * whole - t) / number(normaliser));
                }
            }
            Target::Numbers(numbers) => {
                for (&y, &wanted) in row.iter().zip(numbers) {
                    let error = y - number(f64::from(wanted));
                    let (term, slope) = error_term(loss, error);
                    sum += term.to_f64();
                    deltas.push(slope / number(normaliser));
                }
            }
        }
    }
    sum * (rows as f64 / normaliser)
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
        let mean = |loss: &Loss| batch(loss, samples, &[i], row, &mut Vec::new());
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
