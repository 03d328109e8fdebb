//! What a trial is judged by.

use wellfit_nn::Layer;
use wellfit_train::plan::{LossSettings, Metric, Plan};
use wellfit_train::record::{EpochRow, Record, RunState, SampleScores, ScoreKind};

use crate::arm::Arm;
use crate::study::{JudgeAt, Study};

/// Differences of less than this share of what is wrong with the baseline (its loss,
/// or its error where a score is judged) count as of no use: the change would be
/// paid for with a remedy to explain and keep, and another draw of the data moves
/// the score by more.
pub const MARGIN: f64 = 0.01;

/// The equivalence margin of a score of which the baseline has this mean: [`MARGIN`] of
/// it, or of what it lacks to 1. NaN where the mean is.
pub fn margin(primary: Metric, baseline: f64) -> f64 {
    let wrong = if primary.higher_is_better() { 1.0 - baseline } else { baseline };
    // `max` would turn an unknown score into a margin of zero.
    if wrong < 0.0 { 0.0 } else { MARGIN * wrong }
}

/// A training loss of more than this many times that of guessing is none that a network
/// was trained to.
pub const WORSE_THAN_GUESSING: f64 = 1.1;

/// How many classes a plan's network tells apart; `None` if its loss is none of classes.
pub fn classes(plan: &Plan) -> Option<usize> {
    let outputs = plan.model.layers.iter().rev().find_map(|layer| match layer {
        Layer::Linear { out, .. } => Some(*out),
        _ => None,
    });
    let of_classes = matches!(plan.train.loss, None | Some(LossSettings::CrossEntropy { .. }));
    outputs.filter(|outputs| of_classes && *outputs > 1)
}

/// The row that a study judges by.
pub fn judged_row(record: &Record, at: JudgeAt) -> Option<&EpochRow> {
    match at {
        JudgeAt::Best => record.best(),
        JudgeAt::Last => record.epochs.last(),
    }
}

/// A trial's scores by validation sample at the judged epoch: losses; 1 for a hit and 0
/// for a miss; or shares of R². `None` if they were not kept or belong to another epoch,
/// and for the scores of `train.metrics`, which are no means over samples.
pub fn sample_scores(record: &Record, primary: Metric, at: JudgeAt) -> Option<Vec<f64>> {
    let SampleScores { epoch, losses, scores } = match at {
        JudgeAt::Best => record.best_samples.as_ref()?,
        JudgeAt::Last => record.last_samples.as_ref()?,
    };
    let row = judged_row(record, at)?;
    if *epoch != row.epoch || losses.is_empty() {
        return None;
    }
    match primary {
        Metric::ValLoss => Some(losses.iter().map(|&loss| f64::from(loss)).collect()),
        Metric::ValAccuracy | Metric::ValR2 => {
            (primary.score() == Some(row.score)).then(|| scores.to_vec())
        }
        Metric::TrainLoss
        | Metric::TrainEvalLoss
        | Metric::TrainAccuracy
        | Metric::TrainR2
        | Metric::Train(_)
        | Metric::Val(_) => None,
    }
}

/// Judges every trial of an arm alike.
#[derive(Clone, Copy, Debug)]
pub struct Ruler {
    /// What arms are judged by.
    pub primary: Metric,
    /// At which epoch.
    pub at: JudgeAt,
    /// Whether an arm's own validation loss is not what the study measures by, so that
    /// only the losses of its single samples can be compared.
    other_loss: bool,
    /// The loss of guessing among the arm's classes; `None` where it has none.
    guessing: Option<f64>,
}

impl Ruler {
    /// The ruler of a study's arm, whose networks are scored by `score`.
    pub fn of(study: &Study, score: ScoreKind, arm: &Arm) -> Ruler {
        let other_loss = arm.plan.has_other_loss(study.plan.measure(score), score);
        let guessing = classes(&arm.plan).filter(|_| score == ScoreKind::Accuracy);
        let guessing = guessing.map(|classes| (classes as f64).ln());
        Ruler { primary: study.primary, at: study.judge_at, other_loss, guessing }
    }

    /// A figure at an epoch. A score of `train.metrics` that is not defined was not
    /// measured.
    pub fn metric(&self, record: &Record, metric: Metric, at: JudgeAt) -> Option<f64> {
        let own = judged_row(record, at)?.metric(metric)?;
        if metric.extra().is_some() && own.is_nan() {
            return None;
        }
        if metric != Metric::ValLoss || !self.other_loss {
            return Some(own);
        }
        let losses = sample_scores(record, Metric::ValLoss, at)?;
        Some(losses.iter().sum::<f64>() / losses.len() as f64)
    }

    /// The primary score at an epoch.
    pub fn primary(&self, record: &Record, at: JudgeAt) -> Option<f64> {
        self.metric(record, self.primary, at)
    }

    /// Whether a trial exploded though its loss stayed a number: it ended (early stopping:
    /// kept an epoch) worse on its own training data, by more than [`WORSE_THAN_GUESSING`],
    /// than a network that knows nothing. How much worse is chance: such figures would make
    /// those of other trials look exact.
    pub fn has_exploded(&self, record: &Record) -> bool {
        let row = match record.state {
            RunState::StoppedEarly => record.best(),
            _ => record.last(),
        };
        let worse = |row: &EpochRow| match row.score {
            ScoreKind::Accuracy => {
                self.guessing.is_some_and(|g| row.train_eval_loss > WORSE_THAN_GUESSING * g)
            }
            // The share of guessing's squared error that is left is 1 − R².
            ScoreKind::R2 => 1.0 - row.train_score > WORSE_THAN_GUESSING,
        };
        record.epochs.len() > 1 && row.is_some_and(worse)
    }

    /// The primary score at the judged epoch of a trial that ended well; NaN for one
    /// that was lost.
    pub fn judged(&self, record: &Record) -> f64 {
        match record.state {
            _ if self.has_exploded(record) => f64::NAN,
            RunState::Complete | RunState::StoppedEarly => {
                self.primary(record, self.at).filter(|score| score.is_finite()).unwrap_or(f64::NAN)
            }
            RunState::Diverged { .. } | RunState::Interrupted | RunState::Failed { .. } => f64::NAN,
        }
    }
}
