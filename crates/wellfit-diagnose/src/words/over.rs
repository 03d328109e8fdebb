//! What figures are means over, in words.

use wellfit_data::SplitRule;
use wellfit_study::{Cell, Folds, Study};

use super::{COVERS_FOLDS, COVERS_SEEDS};
use crate::arms::{MANY, MoreSeeds};

/// What a study's figures are means over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Seeds.
    Seeds,
    /// The folds of a cross-validation; where a fold has several seeds, their mean counts
    /// as one.
    Folds {
        /// How many folds.
        folds: Folds,
        /// How many seeds each fold has.
        seeds: usize,
        /// Whether they are in order of time, so that they cannot be drawn again.
        in_time: bool,
    },
}

impl Over {
    /// What a study's figures are means over.
    pub fn of(study: &Study) -> Over {
        let in_time = matches!(study.plan.data.split, SplitRule::Time { .. });
        let seeds = study.seeds.len();
        study.folds.map_or(Over::Seeds, |folds| Over::Folds { folds, seeds, in_time })
    }

    /// What the samples of a fold are to those that are trained on in it: 1/(k − 1) with k
    /// folds. In order of time the mean over the folds, as fold i is trained on i of them.
    /// `None` without folds.
    pub(crate) fn test_over_train(self) -> Option<f64> {
        match self {
            Over::Seeds => None,
            Over::Folds { folds, in_time: true, .. } => {
                let k = folds.of as f64;
                Some((1..=folds.of).map(|i| 1.0 / i as f64).sum::<f64>() / k)
            }
            Over::Folds { folds, .. } => Some(1.0 / (folds.of as f64 - 1.0)),
        }
    }

    /// `seed`, `fold`.
    pub fn one(self) -> &'static str {
        match self {
            Over::Seeds => "seed",
            Over::Folds { .. } => "fold",
        }
    }

    /// `seeds`, `folds`.
    pub fn many(self) -> &'static str {
        match self {
            Over::Seeds => "seeds",
            Over::Folds { .. } => "folds",
        }
    }

    /// `5 seeds`, `5 folds`, `5 folds × 2 repeats × 3 seeds`; `9 folds` where some are
    /// missing; `1 fold`.
    pub fn count(self, n: usize) -> String {
        match self {
            _ if n == 1 => format!("1 {}", self.one()),
            Over::Folds { folds, seeds, .. } if n == folds.count() => {
                let repeats = match folds.repeats {
                    1 => String::new(),
                    repeats => format!(" × {repeats} repeats"),
                };
                let seeds = if seeds > 1 { format!(" × {seeds} seeds") } else { String::new() };
                format!("{} folds{repeats}{seeds}", folds.of)
            }
            _ => format!("{n} {}", self.many()),
        }
    }

    /// As [`count`](Self::count); `1 seed: no interval`.
    pub(crate) fn n(self, n: usize) -> String {
        let count = self.count(n);
        if n == 1 { format!("{count}: no interval") } else { count }
    }

    /// A trial of an arm: `seed 0`, `fold 3`, `seed 1, fold 3`.
    pub fn cell(self, cell: Cell) -> String {
        match (self, cell.fold) {
            (Over::Folds { seeds: 1, .. }, Some(fold)) => format!("fold {fold}"),
            (_, Some(fold)) => format!("seed {}, fold {fold}", cell.seed),
            (_, None) => format!("seed {}", cell.seed),
        }
    }

    /// What paired intervals cover.
    pub(crate) fn covers(self) -> &'static str {
        match self {
            Over::Seeds => COVERS_SEEDS,
            Over::Folds { .. } => COVERS_FOLDS,
        }
    }

    /// What would settle an open question: `about 4 more seeds`, `about 2 more repeats`.
    pub(crate) fn more(self, more: MoreSeeds) -> String {
        let about =
            |n: usize, one: &str| format!("about {n} more {one}{}", if n == 1 { "" } else { "s" });
        match (self, more) {
            (Over::Seeds, MoreSeeds::Some) => "more seeds".to_owned(),
            (Over::Seeds, MoreSeeds::About(n)) => about(n, "seed"),
            (Over::Seeds, MoreSeeds::Many) => format!("more than {MANY} more seeds"),
            (Over::Folds { .. }, MoreSeeds::Some) => "more folds".to_owned(),
            (Over::Folds { in_time: false, folds, .. }, MoreSeeds::About(n)) => {
                about(n.div_ceil(folds.of), "repeat")
            }
            // The same samples again tell ever less.
            (Over::Folds { .. }, _) => "more samples rather than more repeats".to_owned(),
        }
    }

    /// What to run, with its option; `n` values are there.
    pub(crate) fn recipe(self, more: MoreSeeds, n: usize) -> String {
        let words = self.more(more);
        match (self, more) {
            (Over::Seeds, MoreSeeds::Some) => {
                "run more seeds: five in all are a good start".to_owned()
            }
            (Over::Seeds, MoreSeeds::About(more)) => format!("run {words}: --seeds {}", n + more),
            (Over::Seeds, MoreSeeds::Many) => format!("run {words}"),
            (Over::Folds { .. }, MoreSeeds::Some) => {
                "run the folds that are missing or lost".to_owned()
            }
            (Over::Folds { in_time: false, folds, .. }, MoreSeeds::About(more)) => {
                let repeats = folds.repeats + more.div_ceil(folds.of);
                format!("run {words}: --repeats {repeats}")
            }
            (Over::Folds { .. }, _) => {
                "gather more samples: more folds of these would hardly settle it".to_owned()
            }
        }
    }
}
