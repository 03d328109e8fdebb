//! By when features enter a linear model along its L1 path: the lasso
//! 1/(2n)‖y − Xw‖² + α‖w‖₁ on standardised features, from the α at which no weight is
//! left down to a thousandth of it in 100 steps of equal ratio (scikit-learn's
//! `lasso_path`), by coordinate descent (J. Friedman, T. Hastie and R. Tibshirani,
//! *Regularization paths for generalized linear models via coordinate descent*, Journal of
//! Statistical Software 33, 2010).
//!
//! Targets are standardised. Of classes there is a model for each against the rest with
//! the target ±1, centred (of two classes one model: the other is its mirror image); of
//! several targets one for each. All share the steps of α, and a feature enters when it
//! enters the first of them.

use super::super::features::Encoded;
use super::gram::{Standardised, dot};
use super::{Wanted, is_constant, mean, variance_about};

const STEPS: usize = 100;
const SMALLEST: f64 = 1e-3;
/// A weight that moves less than this, in units of the target's spread, has settled.
const SETTLED: f64 = 1e-10;
const MOST_SWEEPS: usize = 10_000;

/// The features that enter first; of those that enter at one step the one with the
/// largest weight there, then the first. What never enters comes last, in order.
pub(super) fn first(
    encoded: &Encoded<'_>,
    rows: &[u32],
    wanted: &Wanted,
    keep: usize,
) -> Vec<usize> {
    let standardised = Standardised::new(encoded, rows);
    let n = rows.len() as f64;
    let targets = targets(wanted);
    let towards = |target: &Vec<f64>| -> Vec<f64> {
        standardised.columns.iter().map(|column| dot(column, target) / n).collect()
    };
    let towards: Vec<Vec<f64>> = targets.iter().map(towards).collect();
    let largest = towards.iter().flatten().fold(0.0, |most: f64, pull| most.max(pull.abs()));
    let features = encoded.len();
    let mut order: Vec<usize> = Vec::with_capacity(features);
    let mut entered = vec![false; features];
    if largest > 0.0 {
        let r = standardised.correlations();
        let mut models: Vec<Model<'_>> =
            towards.iter().map(|pull| Model::new(&r, &standardised.constant, pull)).collect();
        for step in 1..STEPS {
            if order.len() >= keep {
                break;
            }
            let alpha = largest * SMALLEST.powf(step as f64 / (STEPS - 1) as f64);
            let mut weights = vec![0.0_f64; features];
            for model in &mut models {
                model.settle(alpha);
                for (most, weight) in weights.iter_mut().zip(&model.weights) {
                    *most = most.max(weight.abs());
                }
            }
            let mut new: Vec<usize> =
                (0..features).filter(|&at| weights[at] > 0.0 && !entered[at]).collect();
            new.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]));
            new.iter().for_each(|&at| entered[at] = true);
            order.extend(new);
        }
    }
    order.extend((0..features).filter(|&at| !entered[at]));
    order.truncate(keep);
    order
}

fn targets(wanted: &Wanted) -> Vec<Vec<f64>> {
    match wanted {
        Wanted::Numbers(targets) => targets
            .iter()
            .map(|target| {
                let middle = mean(target);
                let spread = variance_about(target, middle).sqrt();
                let usable = !is_constant(target) && spread > 0.0;
                let scaled = |value: &f64| if usable { (value - middle) / spread } else { 0.0 };
                target.iter().map(scaled).collect()
            })
            .collect(),
        Wanted::Classes(labels, classes) => {
            let one = |class: usize| {
                let signs =
                    labels.iter().map(|&label| if label as usize == class { 1.0 } else { -1.0 });
                let signs: Vec<f64> = signs.collect();
                let middle = mean(&signs);
                signs.into_iter().map(|sign| sign - middle).collect()
            };
            let models = if *classes == 2 { 1 } else { *classes };
            (0..models).map(one).collect()
        }
    }
}

/// A lasso on features whose correlations are known.
struct Model<'a> {
    r: &'a [f64],
    constant: &'a [bool],
    weights: Vec<f64>,
    /// x·(y − Xw) / n of each feature.
    pulls: Vec<f64>,
}

impl<'a> Model<'a> {
    fn new(r: &'a [f64], constant: &'a [bool], pulls: &[f64]) -> Self {
        Model { r, constant, weights: vec![0.0; pulls.len()], pulls: pulls.to_vec() }
    }

    /// The best weights at this α, from those at the one before.
    fn settle(&mut self, alpha: f64) {
        let all: Vec<usize> = (0..self.weights.len()).filter(|&at| !self.constant[at]).collect();
        let mut sweeps = 0;
        // All features, then those with a weight until they have settled, and again.
        while self.sweep(&all, alpha) > SETTLED && sweeps < MOST_SWEEPS {
            let some: Vec<usize> =
                all.iter().copied().filter(|&at| self.weights[at] != 0.0).collect();
            while self.sweep(&some, alpha) > SETTLED && sweeps < MOST_SWEEPS {
                sweeps += 1;
            }
            sweeps += 1;
        }
    }

    /// Each weight to its best with the others fixed; the largest change.
    fn sweep(&mut self, features: &[usize], alpha: f64) -> f64 {
        let mut largest: f64 = 0.0;
        for &at in features {
            let before = self.weights[at];
            let pull = self.pulls[at] + before;
            let now = pull.signum() * (pull.abs() - alpha).max(0.0);
            let change = now - before;
            if change != 0.0 {
                self.weights[at] = now;
                let row = &self.r[at * self.weights.len()..][..self.weights.len()];
                self.pulls.iter_mut().zip(row).for_each(|(pull, r)| *pull -= change * r);
                largest = largest.max(change.abs());
            }
        }
        largest
    }
}
