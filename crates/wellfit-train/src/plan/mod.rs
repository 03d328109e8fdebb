//! Everything that determines one training run. A value: it can be printed,
//! saved, compared and hashed. It is the TOML file.
//!
//! [`Document`] is the file as a tree that knows its lines, [`Section`] and
//! [`Field`] are the strict reader that every part of a file is read with.

mod augment;
mod average;
mod check;
mod data;
mod document;
mod error;
mod layers;
mod loss;
mod metric;
mod read;
mod schedule;
mod section;
mod spec;
mod suggest;
#[cfg(test)]
mod tests;
mod write;

use std::path::PathBuf;

use wellfit_data::{Augment, DataRequest};
use wellfit_nn::{Layer, Optimizer, Penalty, Precision};

pub use average::{Average, SwaStart};
pub use document::{Document, Entry, Node, Table, Value};
pub use error::{Place, PlanError, Source};
pub use loss::{ClassWeights, LossSettings, Outputs};
pub use metric::Metric;
pub use schedule::{
    OneCycleSettings, PlateauSettings, Schedule, ScheduleKind, ThresholdMode, Warmup,
};
pub use section::{Field, Section};
pub use suggest::did_you_mean;
pub use wellfit_metrics::Extra;
pub(crate) use write::hex;
pub use write::text as quoted;

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

impl Plan {
    /// A plan for a data set (a known name or a path) and a network, with every
    /// other value at its default.
    ///
    /// ```
    /// use wellfit_nn::Layer;
    /// use wellfit_train::Plan;
    ///
    /// let mut plan = Plan::new("fashion-mnist", vec![
    ///     Layer::Linear { out: 1000, bias: true },
    ///     Layer::RELU,
    ///     Layer::Linear { out: 10, bias: true },
    /// ]);
    /// plan.train.epochs = 5;
    /// plan.check()?;
    /// # Ok::<(), wellfit_train::plan::PlanError>(())
    /// ```
    pub fn new(source: impl Into<String>, layers: Vec<Layer>) -> Self {
        let data = DataRequest::of(source);
        Self { data, model: Model::new(layers), train: Train::default() }
    }
}

/// `[model]`
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// A safetensors file to start from; plan files give it from the root on.
    pub init: Option<PathBuf>,
    /// For layer `i`, its index in the plan that `init`'s tensor names refer to
    /// (`None`: a layer that a remedy inserted). Identity unless a remedy inserts layers.
    pub init_index: Vec<Option<usize>>,
    /// The network.
    pub layers: Vec<Layer>,
}

impl Model {
    /// A network that starts from random weights.
    pub fn new(layers: Vec<Layer>) -> Self {
        Self { init: None, init_index: (0..layers.len()).map(Some).collect(), layers }
    }
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
    /// What is made small; cross-entropy, or mse in regression, when `None`.
    pub loss: Option<LossSettings>,
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
    /// The gradient's largest norm.
    pub clip_grad_norm: Option<f64>,
    /// The largest norm of the weights that come into a unit; after each step larger ones
    /// are scaled down to it.
    pub max_norm: Option<f64>,
    /// Random changes of training samples, in order.
    pub augment: Vec<Augment>,
    /// What is multiplied in training.
    pub precision: Precision,
    /// What is evaluated and saved in the weights' place.
    pub average: Option<Average>,
    /// Whether the run is watched from inside.
    pub watch: bool,
    /// Scores that are measured after each epoch besides loss and accuracy or R², each
    /// once.
    pub metrics: Vec<Extra>,
}

/// The plan file's defaults: 30 epochs in shuffled batches of 32, Adam at 1e-3.
impl Default for Train {
    fn default() -> Self {
        Self {
            seed: 0,
            epochs: 30,
            batch_size: 32,
            drop_last: false,
            shuffle: true,
            loss: None,
            optimizer: Optimizer::Adam {
                betas: read::ADAM_BETAS,
                eps: read::ADAM_EPS,
                weight_decay: 0.0,
                decoupled: false,
            },
            lr: 1e-3,
            schedule: None,
            penalties: Vec::new(),
            early_stopping: None,
            clip_grad_norm: None,
            max_norm: None,
            augment: Vec::new(),
            precision: Precision::F32,
            average: None,
            watch: true,
            metrics: Vec::new(),
        }
    }
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

/// Patience 5 on `val_loss`.
impl Default for EarlyStoppingSettings {
    fn default() -> Self {
        Self { monitor: Metric::ValLoss, patience: 5, min_delta: 0.0 }
    }
}
