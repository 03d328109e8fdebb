//! What the trials of an arm came to: figures to judge by, or how they were lost.

use std::collections::BTreeMap;

use wellfit_stats::{Estimate, resampled};
use wellfit_study::{Arm, Cell, JudgeAt, Racing, Ruler, StudyRecords};
pub use wellfit_study::{judged_row, sample_scores};
use wellfit_train::plan::Metric;
use wellfit_train::record::{EpochRow, Record, RunState};

use crate::arms::elsewhere;
use crate::verdict::{Facts, Verdict, judge_record};
use crate::words::Over;

/// An arm with its trials, one a seed and fold, in the order of [`Study::cells`](wellfit_study::Study::cells).
pub struct ArmTrials<'a> {
    /// Its place among the study's arms.
    pub index: usize,
    /// The arm.
    pub arm: &'a Arm,
    /// The seeds and folds that each arm has a trial of.
    pub cells: Vec<Cell>,
    /// What its figures are means over.
    pub over: Over,
    /// One for each of the cells.
    pub outcomes: Vec<Outcome<'a>>,
    /// What each trial is judged to be by itself; `None` of those that came to no end.
    pub verdicts: Vec<Option<Verdict>>,
}

/// What a trial came to.
pub enum Outcome<'a> {
    /// It ended and has figures.
    Ended(Trial<'a>),
    /// Its loss was NaN or infinite, or it ended worse than guessing
    /// ([`Ruler::has_exploded`]). A verdict of `diverged` alone loses no trial: training loss
    /// that ends somewhat higher than it began may leave a kept epoch that is good.
    Diverged,
    /// Something went wrong: what.
    Failed(&'a str),
    /// It has not been run, or was interrupted.
    Missing,
    /// A race does without it.
    Spared,
}

/// A trial that ended.
#[derive(Clone, Copy)]
pub struct Trial<'a> {
    /// Its seed and fold.
    pub cell: Cell,
    /// Everything it gave.
    pub record: &'a Record,
    /// What it is judged by.
    pub figures: Figures,
}

/// The figures that arms are compared by; NaN: not measured.
#[derive(Clone, Copy)]
pub struct Figures {
    /// The primary score at the judged epoch.
    pub primary: f64,
    /// The primary score at the other one of kept and last.
    pub primary_elsewhere: f64,
    /// Validation loss and score, and the gap, at the kept epoch.
    pub best: Held,
    /// Likewise at the last epoch.
    pub last: Held,
    /// Training score at the last epoch.
    pub last_train_score: f64,
    /// Mean over the epochs, with evaluation.
    pub seconds_per_epoch: f64,
}

/// Figures of an epoch on held-out data.
#[derive(Clone, Copy)]
pub struct Held {
    /// Validation loss, as the study measures it.
    pub loss: f64,
    /// Validation accuracy or R².
    pub score: f64,
    /// Training score − validation score.
    pub gap: f64,
}

impl Held {
    fn at(row: Option<&EpochRow>, loss: Option<f64>) -> Held {
        let figure = |of: fn(&EpochRow) -> Option<f64>| row.and_then(of).unwrap_or(f64::NAN);
        Held {
            loss: loss.unwrap_or(f64::NAN),
            score: figure(|row| row.val_score),
            gap: figure(EpochRow::gap),
        }
    }
}

impl Figures {
    fn of(record: &Record, ruler: Ruler) -> Figures {
        let at = ruler.at;
        let score = |at| ruler.primary(record, at).unwrap_or(f64::NAN);
        let loss = |at| ruler.metric(record, Metric::ValLoss, at);
        let (last, epochs) = (record.epochs.last(), record.epochs.len());
        Figures {
            primary: score(at),
            primary_elsewhere: score(elsewhere(at)),
            best: Held::at(record.best(), loss(JudgeAt::Best)),
            last: Held::at(last, loss(JudgeAt::Last)),
            last_train_score: last.map_or(f64::NAN, |row| row.train_score),
            seconds_per_epoch: record.epochs.iter().map(|row| row.seconds).sum::<f64>()
                / epochs as f64,
        }
    }
}

impl<'a> Outcome<'a> {
    fn of(cell: Cell, record: Option<&'a Record>, ruler: Ruler) -> Outcome<'a> {
        let Some(record) = record else { return Outcome::Missing };
        match &record.state {
            RunState::Interrupted => Outcome::Missing,
            RunState::Failed { message } => Outcome::Failed(message),
            RunState::Diverged { .. } => Outcome::Diverged,
            RunState::Complete | RunState::StoppedEarly => {
                // A score that was measured and is no number is a divergence too,
                // whatever the record calls it.
                let score = ruler.primary(record, ruler.at);
                if ruler.has_exploded(record) || score.is_some_and(|score| !score.is_finite()) {
                    return Outcome::Diverged;
                }
                if record.epochs.is_empty() {
                    return Outcome::Failed("the record holds no epoch");
                }
                Outcome::Ended(Trial { cell, record, figures: Figures::of(record, ruler) })
            }
        }
    }
}

impl<'a> ArmTrials<'a> {
    /// The arms of a study with their trials. Arms or trials without a record are
    /// missing, unless the race does without them.
    pub fn of(records: &'a StudyRecords, racing: Option<&Racing>) -> Vec<ArmTrials<'a>> {
        let study = &records.study;
        let score = records.data.score();
        let arms = study.arms.iter().enumerate().map(|(index, arm)| {
            let of_arm = records.records.get(index);
            let ruler = Ruler::of(study, score, arm);
            let val_size = Some(records.data.samples[1]).filter(|samples| *samples > 0);
            let facts = Facts { val_size, ..Facts::of(&arm.plan) };
            let record = |i: usize| of_arm.and_then(|arm| arm.get(i)?.as_ref());
            let verdict =
                |i| record(i).filter(|r| ended(r)).map(|r| judge_record(&arm.name, r, facts));
            let cells = study.cells();
            let verdicts: Vec<Option<Verdict>> = (0..cells.len()).map(verdict).collect();
            let outcomes = cells.iter().enumerate().map(|(i, &cell)| {
                match Outcome::of(cell, record(i), ruler) {
                    Outcome::Missing if racing.is_some_and(|racing| !racing.needs(index, i)) => {
                        Outcome::Spared
                    }
                    outcome => outcome,
                }
            });
            let outcomes = outcomes.collect();
            ArmTrials { index, arm, cells, over: Over::of(study), outcomes, verdicts }
        });
        arms.collect()
    }

    /// What the trials are judged to be one by one.
    pub fn judged(&self) -> impl Iterator<Item = (Cell, &Verdict)> {
        let both = self.cells.iter().zip(&self.verdicts);
        both.filter_map(|(cell, verdict)| Some((*cell, verdict.as_ref()?)))
    }

    /// The trials that ended, in their order.
    pub fn ended(&self) -> impl Iterator<Item = Trial<'a>> {
        self.outcomes.iter().filter_map(Outcome::ended)
    }

    /// The trial of cell number `i`, if it ended.
    pub fn trial(&self, i: usize) -> Option<Trial<'a>> {
        self.outcomes.get(i).and_then(Outcome::ended)
    }

    /// The trials that ended in this arm and in `other`, by seed and fold: (this, other).
    pub fn paired(&self, other: &ArmTrials<'a>) -> impl Iterator<Item = (Trial<'a>, Trial<'a>)> {
        let both = self.outcomes.iter().zip(&other.outcomes);
        both.filter_map(|(ours, theirs)| Some((ours.ended()?, theirs.ended()?)))
    }

    /// How many trials diverged.
    pub fn diverged(&self) -> usize {
        self.outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Diverged)).count()
    }

    /// Whether every trial that was run to an end diverged, and at least one did.
    pub fn only_diverged(&self) -> bool {
        let run = self
            .outcomes
            .iter()
            .filter(|outcome| !matches!(outcome, Outcome::Missing | Outcome::Spared));
        self.diverged() > 0 && run.count() == self.diverged()
    }

    /// What went wrong in the trials that failed.
    pub fn failures(&self) -> impl Iterator<Item = &'a str> {
        self.outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Failed(message) => Some(*message),
            _ => None,
        })
    }

    /// How many trials have not been run.
    pub fn missing(&self) -> usize {
        self.outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Missing)).count()
    }

    /// A figure over the trials that ended.
    pub fn estimate(&self, figure: impl Fn(&Trial) -> f64) -> Estimate {
        self.mean(self.ended().map(|trial| (trial, figure(&trial))))
    }

    /// A figure's difference this − other over the seeds and folds that both
    /// ended.
    pub fn difference(&self, other: &ArmTrials<'a>, figure: impl Fn(&Trial) -> f64) -> Estimate {
        self.mean(self.paired(other).map(|(a, b)| (a, figure(&a) - figure(&b))))
    }

    /// A figure over trials: over seeds; or over the folds of a cross-validation, which share
    /// their training samples ([`resampled`]). Where a fold was trained with several seeds,
    /// their mean counts as one value: seeds of a fold share its samples, and counting them
    /// as values of their own would make the interval too narrow.
    pub fn mean<'t>(&self, figures: impl Iterator<Item = (Trial<'t>, f64)>) -> Estimate {
        let Some(test_over_train) = self.over.test_over_train() else {
            return Estimate::of(figures.map(|(_, figure)| figure).collect::<Vec<_>>());
        };
        let mut by_fold: BTreeMap<Option<usize>, Vec<f64>> = BTreeMap::new();
        for (trial, figure) in figures {
            by_fold.entry(trial.cell.fold).or_default().push(figure);
        }
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        resampled(by_fold.into_values().map(mean).collect::<Vec<_>>(), test_over_train)
    }

    /// The cells whose figures count together as one value: one each, or those of a fold.
    pub fn rows(&self) -> Vec<Vec<usize>> {
        let mut rows: BTreeMap<(Option<usize>, usize), Vec<usize>> = BTreeMap::new();
        for (i, cell) in self.cells.iter().enumerate() {
            let alone = if cell.fold.is_some() { 0 } else { i };
            rows.entry((cell.fold, alone)).or_default().push(i);
        }
        rows.into_values().collect()
    }
}

/// Whether a trial came to an end of its own.
fn ended(record: &Record) -> bool {
    !matches!(record.state, RunState::Interrupted | RunState::Failed { .. })
}

impl<'a> Outcome<'a> {
    fn ended(&self) -> Option<Trial<'a>> {
        match self {
            Outcome::Ended(trial) => Some(*trial),
            _ => None,
        }
    }
}
