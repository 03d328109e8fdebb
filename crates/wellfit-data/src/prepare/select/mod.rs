//! Which features stay, by what the training samples say.

mod anova;
mod correlation;
mod digamma;
mod gram;
mod l1_path;
mod mutual_information;
mod neighbours;
mod variance;

#[cfg(test)]
mod tests;

use wellfit_random::{Key, Purpose};

use super::fault::PrepareFault;
use super::features::Encoded;
use crate::{Keep, Select, SelectBy, Shape, Targets};

/// How many samples features are ranked on by methods that compare samples or features
/// with each other; more are drawn down to so many.
pub(super) const MOST_SAMPLES: usize = 10_000;

/// How many features are compared each with each at most.
pub(super) const MOST_FEATURES: usize = 5_000;

/// What the samples are to give, in their order.
pub(super) enum Wanted {
    /// A class each, of so many.
    Classes(Vec<u32>, usize),
    /// Target by target.
    Numbers(Vec<Vec<f64>>),
}

/// The features that stay, ascending.
pub(super) fn select(
    asked: Select,
    encoded: &Encoded<'_>,
    targets: &Targets,
    rows: &[u32],
    seed: u64,
) -> Result<Vec<usize>, PrepareFault> {
    let features = encoded.len();
    let keep = match asked.keep {
        Keep::Count(keep) if keep > features => {
            let shape = Shape::Vector(features);
            return Err(PrepareFault::TooFewFeatures { keep, features, shape });
        }
        Keep::Count(keep) => keep,
        Keep::Fraction(share) => ((share * features as f64).round() as usize).clamp(1, features),
        Keep::Threshold(_) => features,
    };
    let by_all = matches!(asked.by, SelectBy::Variance | SelectBy::AnovaF);
    let drawn = if by_all { rows.to_vec() } else { draw(rows, seed) };
    let wanted = of(targets, &drawn);
    let compares = matches!(asked.by, SelectBy::Correlation | SelectBy::L1Path);
    if compares && features > MOST_FEATURES {
        let (by, most) = (asked.by.name(), MOST_FEATURES);
        return Err(PrepareFault::TooManyFeatures { by, most, features });
    }
    let mut kept = match (asked.by, asked.keep) {
        (SelectBy::Variance, Keep::Threshold(threshold)) => {
            variance::above(encoded, &drawn, threshold)
        }
        (SelectBy::Correlation, Keep::Threshold(threshold)) => {
            correlation::within(encoded, &drawn, threshold)
        }
        (SelectBy::Variance, _) => largest(&variance::of(encoded, &drawn), keep),
        (SelectBy::AnovaF, _) => largest(&anova::of(encoded, &drawn, &wanted), keep),
        (SelectBy::MutualInformation, _) => {
            largest(&mutual_information::of(encoded, &drawn, &wanted, seed), keep)
        }
        (SelectBy::Correlation, _) => correlation::least(encoded, &drawn, keep),
        (SelectBy::L1Path, _) => l1_path::first(encoded, &drawn, &wanted, keep),
    };
    kept.sort_unstable();
    match asked.keep {
        Keep::Threshold(threshold) if kept.is_empty() => {
            Err(PrepareFault::NoneSelected { threshold, features })
        }
        _ => Ok(kept),
    }
}

/// The features with the largest scores, the first of equals; a score that is no number
/// is the least.
fn largest(scores: &[f64], keep: usize) -> Vec<usize> {
    let score = |at: usize| if scores[at].is_nan() { f64::NEG_INFINITY } else { scores[at] };
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
    order.truncate(keep);
    order
}

/// At most [`MOST_SAMPLES`] of the rows, drawn evenly, in order.
fn draw(rows: &[u32], seed: u64) -> Vec<u32> {
    if rows.len() <= MOST_SAMPLES {
        return rows.to_vec();
    }
    let mut places: Vec<u32> = (0..rows.len() as u32).collect();
    Key { seed, purpose: Purpose::Select, layer: 0, step: 0 }.stream().shuffle(&mut places);
    places.truncate(MOST_SAMPLES);
    places.sort_unstable();
    places.into_iter().map(|place| rows[place as usize]).collect()
}

fn of(targets: &Targets, rows: &[u32]) -> Wanted {
    match targets {
        Targets::Classes { labels, names } => {
            Wanted::Classes(rows.iter().map(|&row| labels[row as usize]).collect(), names.len())
        }
        Targets::Numbers { values, names } => {
            let targets = names.len();
            let value =
                |row: u32, target: usize| f64::from(values[row as usize * targets + target]);
            let column = |target| rows.iter().map(|&row| value(row, target)).collect();
            Wanted::Numbers((0..targets).map(column).collect())
        }
    }
}

/// Sum over values.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Σ (x − mean)² / n.
fn variance_about(values: &[f64], mean: f64) -> f64 {
    values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / values.len() as f64
}

fn is_constant(values: &[f64]) -> bool {
    values.iter().all(|value| *value == values[0])
}
