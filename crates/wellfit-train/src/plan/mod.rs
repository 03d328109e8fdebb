//! Everything that determines one training run. A value: it can be printed,
//! saved, compared and hashed. It is the TOML file.

use std::path::PathBuf;

use wellfit_data::DataRequest;
use wellfit_nn::{Layer, Optimizer, Penalty};

/// Everything that determines one training run.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// `[data]`
    pub data: DataRequest,
    /// `[model]`
    pub model: Model,
    /// `[train]`
    pub train: Train,
}

/// `[model]`
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// A safetensors file to start from (already relative to the working folder).
    pub init: Option<PathBuf>,
    /// For layer `i`, its index in the plan that `init`'s tensor names refer to
    /// (`None`: a layer that a remedy inserted). Identity unless a remedy inserts layers.
    pub init_index: Vec<Option<usize>>,
    /// The network.
    pub layers: Vec<Layer>,
}

/// `[train]`
#[derive(Clone, Debug, PartialEq)]
pub struct Train {
    /// Decides initial weights, dropout masks and order.
    pub seed: u64,
    /// At least 1.
    pub epochs: usize,
    /// At least 1.
    pub batch_size: usize,
    /// `last_batch = "drop"`.
    pub drop_last: bool,
    /// Whether each epoch has an order of its own.
    pub shuffle: bool,
    /// The optimiser without its rate.
    pub optimizer: Optimizer,
    /// The initial learning rate, above 0.
    pub lr: f64,
    /// How the rate moves.
    pub schedule: Option<Schedule>,
    /// Added to the objective.
    pub penalties: Vec<Penalty>,
    /// When to stop before `epochs`.
    pub early_stopping: Option<EarlyStoppingSettings>,
}

/// How the learning rate moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// PyTorch's ReduceLROnPlateau.
    ReduceOnPlateau(PlateauSettings),
}

/// Settings of PyTorch's ReduceLROnPlateau, with its defaults.
/// <https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html>
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlateauSettings {
    /// What is watched; its direction follows the metric.
    pub monitor: Metric,
    /// New rate = rate · factor, in (0, 1). 0.1.
    pub factor: f64,
    /// Epochs without improvement that are tolerated. 10.
    pub patience: usize,
    /// What counts as an improvement. 1e-4.
    pub threshold: f64,
    /// Whether the threshold is a share of the best ("rel") or absolute ("abs"). rel.
    pub threshold_mode: ThresholdMode,
    /// Epochs after a cut in which nothing is counted. 0.
    pub cooldown: usize,
    /// The rate never falls below. 0.
    pub min_lr: f64,
}

/// How a threshold is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThresholdMode {
    /// A share of the best value.
    Rel,
    /// A difference to the best value.
    Abs,
}

/// Settings of early stopping.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStoppingSettings {
    /// What is watched. val_loss.
    pub monitor: Metric,
    /// Epochs without improvement that end the run, at least 1. 5.
    pub patience: usize,
    /// An improvement is more than this, at least 0. 0.
    pub min_delta: f64,
}

/// A figure of an epoch that can be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// `train_loss`
    TrainLoss,
    /// `train_eval_loss`
    TrainEvalLoss,
    /// `train_accuracy`
    TrainAccuracy,
    /// `val_loss`
    ValLoss,
    /// `val_accuracy`
    ValAccuracy,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Metric; 5] = [
        Metric::TrainLoss,
        Metric::TrainEvalLoss,
        Metric::TrainAccuracy,
        Metric::ValLoss,
        Metric::ValAccuracy,
    ];

    /// The column's name in `history.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Metric::TrainLoss => "train_loss",
            Metric::TrainEvalLoss => "train_eval_loss",
            Metric::TrainAccuracy => "train_accuracy",
            Metric::ValLoss => "val_loss",
            Metric::ValAccuracy => "val_accuracy",
        }
    }

    /// Accuracies go up, losses down.
    pub fn higher_is_better(self) -> bool {
        matches!(self, Metric::TrainAccuracy | Metric::ValAccuracy)
    }

    /// Whether it is measured on the validation set.
    pub fn needs_validation(self) -> bool {
        matches!(self, Metric::ValLoss | Metric::ValAccuracy)
    }
}
