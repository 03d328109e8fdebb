//! What is held out.

use wellfit_data::Task;

use crate::{Facts, Want};

/// With fewer samples folds judge better than one validation set.
const FEW: usize = 1000;
/// With as many a tenth is enough to judge by.
const MANY: usize = 20_000;
/// Folds of a study of few samples, and how often they are drawn.
const FOLDS: usize = 5;
const REPEATS: usize = 2;

/// What is held out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Split {
    /// A share to validate on; `None`: the set's own part, or folds.
    pub validation: Option<f64>,
    /// A share to test on; `None`: the set's own part.
    pub test: Option<f64>,
    /// Folds of a cross-validation; 1: none.
    pub folds: usize,
    /// How often the folds are drawn.
    pub repeats: usize,
    /// Whether a class is too small to have samples in every part.
    pub at_random: bool,
    /// Samples that are left to train on, about.
    pub train: usize,
}

impl Split {
    pub fn of(facts: &Facts, want: Want) -> Split {
        let [own_validation, own_test] = facts.own_parts;
        let share = if facts.n < MANY { 0.2 } else { 0.1 };
        let test = (!own_test).then_some(share);
        let folds = match want {
            Want::Study if facts.n < FEW && !own_validation => FOLDS,
            _ => 1,
        };
        let validation = (!own_validation && folds == 1).then_some(share);
        let rest = 1.0 - test.unwrap_or(0.0) - validation.unwrap_or(0.0);
        let left = if folds > 1 { rest * (folds - 1) as f64 / folds as f64 } else { rest };
        // A stratified part has a sample of each class: of 8 a fifth is held out for the
        // test, and 6 are dealt out to the folds.
        let needed = if folds > 1 { folds + 3 } else { 6 };
        let smallest = facts.class_counts.iter().min().copied().unwrap_or(usize::MAX);
        let at_random = facts.task == Task::Classification && smallest < needed;
        let train = ((facts.n as f64 * left) as usize).max(1);
        let repeats = if folds > 1 { REPEATS } else { 1 };
        Split { validation, test, folds, repeats, at_random, train }
    }
}
