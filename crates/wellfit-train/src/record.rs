//! What a training run gave, as it is kept in `record.json` and `history.csv`.

use serde::{Deserialize, Serialize};

use crate::plan::Metric;

/// The version of `record.json` that this program writes.
pub const SCHEMA: u32 = 1;

/// What a training run gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of this file's form.
    pub schema: u32,
    /// wellfit's version.
    pub version: String,
    /// The engine's instruction set, such as `avx512`.
    pub instructions: String,
    /// SHA-256 of the resolved plan.
    pub plan_hash: String,
    /// The arm's name; `baseline` outside a study.
    pub arm: String,
    /// The seed.
    pub seed: u64,
    /// The fold, from 0; `None` without cross-validation.
    pub fold: Option<usize>,
    /// How the run ended.
    pub state: RunState,
    /// The kept epoch (from 1): the lowest validation loss, or what early stopping
    /// watches; `None` when no epoch could be judged.
    pub best_epoch: Option<usize>,
    /// One row an epoch.
    pub epochs: Vec<EpochRow>,
    /// What happened on the way.
    pub events: Vec<Event>,
    /// The weights at the last epoch, by parameter tensor.
    pub weights: Vec<WeightSummary>,
    /// Validation losses and hits of each sample at the kept epoch.
    pub best_samples: Option<SampleScores>,
    /// Validation losses and hits of each sample at the last epoch.
    pub last_samples: Option<SampleScores>,
    /// The final figure, when the plan has a test set and it was opened.
    pub test: Option<Score>,
    /// The judge's verdict; empty until the judge is there.
    pub diagnosis: Option<serde_json::Value>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum RunState {
    /// All epochs were run.
    Complete,
    /// Early stopping ended it.
    StoppedEarly,
    /// The loss was NaN or infinite.
    Diverged {
        /// In which epoch, from 1.
        epoch: usize,
        /// At which step of the epoch, from 0; `None`: seen in the evaluation after it.
        step: Option<u64>,
    },
    /// Somebody stopped it; it can go on.
    Interrupted,
    /// Something else went wrong.
    Failed {
        /// What.
        message: String,
    },
}

impl RunState {
    /// The word in `results.csv`.
    pub fn name(&self) -> &'static str {
        match self {
            RunState::Complete => "complete",
            RunState::StoppedEarly => "stopped-early",
            RunState::Diverged { .. } => "diverged",
            RunState::Interrupted => "interrupted",
            RunState::Failed { .. } => "failed",
        }
    }

    /// Whether there is nothing left to do.
    pub fn is_final(&self) -> bool {
        !matches!(self, RunState::Interrupted | RunState::Failed { .. })
    }
}

/// The figures of one epoch: a row of `history.csv`.
///
/// JSON has no NaN: a figure that is not finite is written as the string `nan`,
/// `inf` or `-inf`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    /// From 1.
    pub epoch: usize,
    /// The rate of the epoch's last step.
    pub lr: f64,
    /// Data loss in training mode, averaged over samples.
    pub train_loss: f64,
    /// Penalty, likewise.
    pub train_penalty: f64,
    /// Loss on the training set in evaluation mode, after the epoch.
    pub train_eval_loss: f64,
    /// Accuracy likewise.
    pub train_accuracy: f64,
    /// Loss on the validation set.
    pub val_loss: Option<f64>,
    /// Accuracy likewise.
    pub val_accuracy: Option<f64>,
    /// First batch to last update.
    pub train_seconds: f64,
    /// With evaluation, without writing files.
    pub seconds: f64,
}

impl EpochRow {
    /// The figure of that name, if it was measured.
    pub fn metric(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::TrainLoss => Some(self.train_loss),
            Metric::TrainEvalLoss => Some(self.train_eval_loss),
            Metric::TrainAccuracy => Some(self.train_accuracy),
            Metric::ValLoss => self.val_loss,
            Metric::ValAccuracy => self.val_accuracy,
        }
    }

    /// train_accuracy − val_accuracy.
    pub fn gap(&self) -> Option<f64> {
        self.val_accuracy.map(|val| self.train_accuracy - val)
    }
}

/// What happened on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Event {
    /// The learning rate was cut after this epoch.
    RateCut {
        /// From 1.
        epoch: usize,
        /// The new rate.
        lr: f64,
    },
    /// Early stopping ended the run after this epoch.
    StoppedEarly {
        /// From 1.
        epoch: usize,
    },
    /// The loss was NaN or infinite.
    Diverged {
        /// From 1.
        epoch: usize,
    },
    /// The run went on from a checkpoint taken after this epoch.
    Resumed {
        /// From 1.
        epoch: usize,
    },
}

/// A parameter tensor's values in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeightSummary {
    /// Such as `1.weight`.
    pub name: String,
    /// Such as [1000, 784].
    pub shape: Vec<usize>,
    /// Mean.
    pub mean: f64,
    /// Standard deviation (n in the denominator).
    pub std: f64,
    /// Kurtosis: 3 for a normal distribution; 0 when all values are equal.
    pub kurtosis: f64,
    /// Largest absolute value.
    pub max_abs: f64,
    /// max_abs / std; 0 when std is 0.
    pub max_over_std: f64,
    /// 1 %, 50 %, 99 % quantiles of the values, 99.9 % quantile of the absolute values.
    pub quantiles: Quantiles,
    /// Share of values with |w| < 1e-3.
    pub near_zero: f64,
    /// Counts in equal bins.
    pub histogram: Histogram,
}

/// Quantiles of a tensor's values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// 1 % of the values.
    pub q01: f64,
    /// The median.
    pub q50: f64,
    /// 99 % of the values.
    pub q99: f64,
    /// 99.9 % of the absolute values.
    pub abs999: f64,
}

/// Counts in bins of equal width whose edges are whole multiples of that width,
/// so that histograms of different runs share bins: the width is a power of two,
/// and merging neighbours gives the next coarser one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Width of a bin, a power of two.
    pub width: f64,
    /// The first bin starts at `first · width`.
    pub first: i64,
    /// Counts.
    pub counts: Vec<u64>,
}

/// Losses and hits of each sample of a set, in the set's order. In JSON the losses
/// are base64 of little-endian f32 and the hits base64 of bits, least significant first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleScores {
    /// From 1.
    pub epoch: usize,
    /// Cross-entropy.
    pub losses: Vec<f32>,
    /// Whether the prediction was right.
    pub hits: Vec<bool>,
}

/// Loss and accuracy on a set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Mean cross-entropy.
    pub loss: f64,
    /// Share of hits.
    pub accuracy: f64,
    /// Samples.
    pub n: usize,
}
