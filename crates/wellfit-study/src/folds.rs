//! The folds of a study that is a cross-validation.

use wellfit_data::Fold;

/// How a study's samples are folded: k-fold cross-validation, drawn once or several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folds {
    /// Folds of a draw, at least 2.
    pub of: usize,
    /// Draws, at least 1.
    pub repeats: usize,
}

impl Folds {
    /// The most that a study may have of either.
    pub const MOST: usize = 1000;

    /// The folds of all draws.
    pub fn count(self) -> usize {
        self.of * self.repeats
    }

    /// Fold number `i` of all draws, from 0: those of the first draw come first.
    pub fn fold(self, i: usize) -> Fold {
        Fold { index: i % self.of, of: self.of, repeat: i / self.of }
    }
}

/// A trial's place among those of its arm: one for each seed and, in a cross-validation,
/// each fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The seed.
    pub seed: u64,
    /// The fold, from 0, over all draws; `None` without cross-validation.
    pub fold: Option<usize>,
}

impl Cell {
    /// What is put behind an arm's name: `-s0`, `-s0-f3`.
    pub(crate) fn suffix(self) -> String {
        let fold = self.fold.map_or(String::new(), |fold| format!("-f{fold}"));
        format!("-s{}{fold}", self.seed)
    }
}
