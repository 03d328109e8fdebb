//! An arm's figures by epoch, over its seeds.

use wellfit_stats::Estimate;
use wellfit_train::record::{EpochRow, Event, Record, ScoreKind};

/// A figure that is drawn by epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Loss on the validation set.
    ValLoss,
    /// Loss on the training set, in evaluation mode.
    TrainEvalLoss,
    /// Data loss in training mode.
    TrainLoss,
    /// Data loss in training mode and penalty: what was minimised.
    TrainObjective,
    /// Accuracy or R² on the validation set.
    ValScore,
    /// The same on the training set, in evaluation mode.
    TrainScore,
}

impl Figure {
    /// Every figure.
    pub const ALL: [Figure; 6] = [
        Figure::ValLoss,
        Figure::TrainEvalLoss,
        Figure::TrainLoss,
        Figure::TrainObjective,
        Figure::ValScore,
        Figure::TrainScore,
    ];

    /// Its name in the page's data.
    pub fn name(self, score: ScoreKind) -> &'static str {
        let [train, val] = score.columns();
        match self {
            Figure::ValLoss => "val_loss",
            Figure::TrainEvalLoss => "train_eval_loss",
            Figure::TrainLoss => "train_loss",
            Figure::TrainObjective => "train_objective",
            Figure::ValScore => val,
            Figure::TrainScore => train,
        }
    }

    /// Its value in a row; NaN when it was not measured.
    pub fn of(self, row: &EpochRow) -> f64 {
        match self {
            Figure::ValLoss => row.val_loss.unwrap_or(f64::NAN),
            Figure::TrainEvalLoss => row.train_eval_loss,
            Figure::TrainLoss => row.train_loss,
            Figure::TrainObjective => row.train_loss + row.train_penalty,
            Figure::ValScore => row.val_score.unwrap_or(f64::NAN),
            Figure::TrainScore => row.train_score,
        }
    }
}

/// An arm's curves.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    points: [Vec<Point>; 6],
    /// The kept epochs of its trials.
    pub kept: Option<Kept>,
    /// After which epochs the rate was cut, and in how many trials.
    pub cuts: Vec<(usize, usize)>,
    /// Trials that have at least one epoch.
    pub trials: usize,
}

/// A figure after an epoch, over the trials that have a finite one there.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// From 1.
    pub epoch: usize,
    /// Mean with the 95 % interval of the mean; no interval with one trial.
    pub estimate: Estimate,
}

impl Point {
    /// The smallest and the largest trial.
    pub fn range(&self) -> (f64, f64) {
        let values = &self.estimate.values;
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        (low, values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    }
}

/// The kept epochs of an arm's trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The median (of two in the middle, the earlier).
    pub median: usize,
    /// The earliest.
    pub first: usize,
    /// The latest.
    pub last: usize,
}

impl Curves {
    /// The curves of an arm's trials.
    ///
    /// A point needs finite figures of at least half of the trials: past the epoch
    /// where half of them have stopped early, the mean would be one of the survivors.
    pub fn of<'a>(trials: impl Iterator<Item = &'a Record>) -> Curves {
        let trials: Vec<&Record> = trials.filter(|r| !r.epochs.is_empty()).collect();
        let longest = trials.iter().map(|r| r.epochs.len()).max().unwrap_or(0);
        let points = Figure::ALL.map(|figure| {
            (0..longest)
                .filter_map(|at| {
                    let rows = trials.iter().filter_map(|r| r.epochs.get(at));
                    let values: Vec<f64> =
                        rows.map(|row| figure.of(row)).filter(|v| v.is_finite()).collect();
                    let enough = !values.is_empty() && values.len() * 2 >= trials.len();
                    let estimate = enough.then(|| Estimate::of(values))?;
                    Some(Point { epoch: at + 1, estimate })
                })
                .collect()
        });
        let mut kept: Vec<usize> = trials.iter().filter_map(|r| r.best_epoch).collect();
        kept.sort_unstable();
        let kept = match (kept.first(), kept.last()) {
            (Some(&first), Some(&last)) => {
                Some(Kept { median: kept[(kept.len() - 1) / 2], first, last })
            }
            _ => None,
        };
        let mut cuts = std::collections::BTreeMap::new();
        for event in trials.iter().flat_map(|r| &r.events) {
            if let Event::RateCut { epoch, .. } = event {
                *cuts.entry(*epoch).or_insert(0) += 1;
            }
        }
        Curves { points, kept, cuts: cuts.into_iter().collect(), trials: trials.len() }
    }

    /// A figure's points, in the epochs' order.
    pub fn points(&self, figure: Figure) -> &[Point] {
        &self.points[figure as usize]
    }

    /// A figure after an epoch.
    pub fn at(&self, figure: Figure, epoch: usize) -> Option<&Point> {
        self.points(figure).iter().find(|p| p.epoch == epoch)
    }

    /// The last epoch that any figure has.
    pub fn epochs(&self) -> usize {
        self.points.iter().filter_map(|points| points.last()).map(|p| p.epoch).max().unwrap_or(0)
    }
}
