//! How much training: batch, epochs, seeds, and a part of the samples where all would take
//! too long.

use crate::Facts;
use crate::arms::Proposed;
use crate::network::{Kind, Network};
use crate::split::Split;

/// Steps that a run is to have, about.
const STEPS: f64 = 5000.0;
/// Epochs of a run.
const EPOCHS: [usize; 2] = [10, 200];
/// Seeds of a study, and the fewest.
const SEEDS: [usize; 2] = [5, 3];
/// The most that an arm gets in a race, which adds seeds where the ranking is open.
const RACE: usize = 20;
/// Arms that are left when time is short, ranges counted as one.
const LEAST_ARMS: usize = 5;
/// Multiplications of all trials together: some ten minutes on two cores.
const PRODUCTS: f64 = 2e13;
/// A part of the samples is no smaller.
const LEAST_SUBSET: usize = 2000;

/// How much training.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Budget {
    pub batch: usize,
    pub epochs: usize,
    pub seeds: usize,
    /// Whether seeds are added only where the ranking is open.
    pub racing: bool,
    /// Train on so many samples; all when `None`.
    pub subset: Option<usize>,
    pub lr: f64,
    /// The arms that are left.
    pub arms: Vec<Proposed>,
    /// Trials of the study.
    pub trials: usize,
}

impl Budget {
    pub fn of(facts: &Facts, split: &Split, network: &Network, arms: Vec<Proposed>) -> Budget {
        let batch = match split.train {
            ..500 => 16,
            500..5000 => 32,
            5000..50_000 => 64,
            50_000..200_000 => 128,
            _ => 256,
        };
        let lr = if facts.largest_target > 10.0 { 1e-2 } else { 1e-3 };
        // Folds are starts of their own.
        let seeds = if arms.is_empty() || split.folds > 1 { 1 } else { SEEDS[0] };
        let mut budget =
            Budget { batch, epochs: 0, seeds, racing: false, subset: None, lr, arms, trials: 0 };
        // Convolutions run at about half the speed.
        let product = match network.kind {
            Kind::Convolutions(_) => 2.0 * network.products,
            Kind::Mlp(_) => network.products,
        };
        budget.count(split);
        // Forward, and twice as much backward; and once more to evaluate.
        let cost = |budget: &Budget| {
            let samples = budget.subset.unwrap_or(split.train) as f64;
            4.0 * product * samples * (budget.epochs * budget.trials) as f64
        };
        if split.folds == 1 && !budget.arms.is_empty() {
            let race = Budget { seeds: RACE, racing: true, ..budget.clone() };
            let race = Budget { trials: race.trials * RACE / SEEDS[0], ..race };
            if cost(&race) <= PRODUCTS {
                return race;
            }
        }
        if cost(&budget) > PRODUCTS && budget.seeds > SEEDS[1] {
            budget.seeds = SEEDS[1];
            budget.count(split);
        }
        while cost(&budget) > PRODUCTS && budget.arms.len() > LEAST_ARMS {
            budget.arms.pop();
            budget.count(split);
        }
        while cost(&budget) > PRODUCTS {
            let half = budget.subset.unwrap_or(split.train) / 2;
            if half < LEAST_SUBSET {
                break;
            }
            budget.subset = Some(rounded(half));
            budget.count(split);
        }
        budget
    }

    /// Epochs and trials of what is chosen so far.
    fn count(&mut self, split: &Split) {
        let samples = self.subset.unwrap_or(split.train);
        let steps = samples.div_ceil(self.batch) as f64;
        self.epochs = ((STEPS / steps).ceil() as usize).clamp(EPOCHS[0], EPOCHS[1]);
        // A round number reads better.
        if self.epochs > 20 {
            self.epochs = self.epochs.next_multiple_of(10);
        }
        let arms: usize = self.arms.iter().map(|arm| arm.arms).sum();
        self.trials = (1 + arms) * self.seeds * split.folds * split.repeats;
    }

    /// Steps of a run, about.
    pub fn steps(&self, split: &Split) -> usize {
        self.subset.unwrap_or(split.train).div_ceil(self.batch) * self.epochs
    }
}

/// Two digits, then zeros.
fn rounded(n: usize) -> usize {
    let mut unit = 1;
    while n / unit >= 100 {
        unit *= 10;
    }
    n / unit * unit
}
