//! The boundary between an engine and those who use it.
//!
//! It is narrow on purpose: data go in once, an epoch is one call that returns
//! tallies, state comes out and goes in as plain tensors. The fused CPU engine
//! and its slow twin stand behind it today; an engine that trains many trials
//! in one pass on a GPU could.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use thiserror::Error;

use crate::Evaluation;

/// Samples as an engine takes them. Cloning is cheap; values are shared.
#[derive(Clone, Debug)]
pub struct Samples {
    /// Values in a sample.
    pub features: usize,
    /// All values, sample after sample.
    pub values: Values,
    /// What each stored sample is to give.
    pub targets: Targets,
    /// Which stored samples belong to this set, in order; all when `None`.
    pub rows: Option<Arc<Vec<u32>>>,
}

/// What stored samples are to give.
#[derive(Clone, Debug)]
pub enum Targets {
    /// The class of each.
    Classes(Arc<Vec<u32>>),
    /// So many numbers of each, sample after sample.
    Numbers {
        /// Numbers of a sample, at least 1.
        per_sample: usize,
        /// All of them.
        values: Arc<Vec<f32>>,
    },
}

/// What one sample is to give.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target<'a> {
    /// A class.
    Class(u32),
    /// Numbers.
    Numbers(&'a [f32]),
}

impl Targets {
    /// Stored samples; a part of one does not count.
    pub fn len(&self) -> usize {
        match self {
            Targets::Classes(classes) => classes.len(),
            Targets::Numbers { per_sample, values } => values.len() / (*per_sample).max(1),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// That of stored sample `row`.
    ///
    /// # Panics
    /// If there is none.
    pub fn at(&self, row: usize) -> Target<'_> {
        match self {
            Targets::Classes(classes) => Target::Class(classes[row]),
            Targets::Numbers { per_sample, values } => {
                Target::Numbers(&values[row * per_sample..(row + 1) * per_sample])
            }
        }
    }
}

/// Stored values. Bytes stay bytes until a batch is packed.
#[derive(Clone, Debug)]
pub enum Values {
    /// Bytes and the number that each of the 256 stands for.
    Bytes(Arc<Vec<u8>>, Arc<[f32; 256]>),
    /// Numbers as they are.
    Floats(Arc<Vec<f32>>),
}

impl Samples {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.rows.as_ref().map_or(self.targets.len(), |rows| rows.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where sample `i` is stored.
    pub fn row(&self, i: usize) -> usize {
        self.rows.as_ref().map_or(i, |rows| rows[i] as usize)
    }

    /// What sample `i` is to give.
    pub fn target(&self, i: usize) -> Target<'_> {
        self.targets.at(self.row(i))
    }

    /// Writes the values of sample `i`.
    pub fn read(&self, i: usize, out: &mut [f32]) {
        let at = self.row(i) * self.features;
        match &self.values {
            Values::Bytes(bytes, table) => {
                for (o, b) in out.iter_mut().zip(&bytes[at..at + self.features]) {
                    *o = table[usize::from(*b)];
                }
            }
            Values::Floats(floats) => out.copy_from_slice(&floats[at..at + self.features]),
        }
    }
}

/// One epoch to run.
#[derive(Clone, Copy, Debug)]
pub struct EpochRun<'a> {
    /// The samples' order: indices into the training set, batch after batch.
    pub order: &'a [u32],
    /// What each step is told.
    pub steps: Steps<'a>,
    /// Raised from elsewhere to end the epoch early.
    pub stop: &'a AtomicBool,
    /// What is trained on in the place of the samples as they are stored; those when
    /// `None`.
    pub feed: Option<&'a dyn Feed>,
}

/// Gives an engine the samples of one epoch, changed or blended as augmentation wants
/// them. Nothing but the values and targets that are trained on passes through it:
/// evaluations, [`Session::refresh_statistics`] and a [`Probe`](crate::Probe) see samples
/// as they are stored.
///
/// It is asked from several threads, in any order and any number of times for the same
/// position: what it gives must depend on nothing but the position.
pub trait Feed: std::fmt::Debug + Sync {
    /// Writes the values of the sample at `position` of the epoch's order, as many as a
    /// sample has. `scratch` holds [`scratch`](Self::scratch) values of whatever the last
    /// call left.
    fn read(&self, position: usize, out: &mut [f32], scratch: &mut [f32]);

    /// Values that [`read`](Self::read) needs to work in; the same for a whole epoch.
    fn scratch(&self) -> usize {
        0
    }

    /// Which sample's target the one at `position` has besides its own.
    fn blend(&self, position: usize) -> Option<Blend> {
        let _ = position;
        None
    }
}

/// A second target: with the own target a, that of the other sample b and the share λ, the
/// sample's part of the loss is λ·ℓ(a) + (1−λ)·ℓ(b), and its weight in the batch's mean is
/// λ·w(a) + (1−λ)·w(b), where w is the class's weight (1 without weights, and for numbers
/// their count).
///
/// For mixup and cutmix, whose partners are a permutation of the batch, that is the loss of
/// H. Zhang, M. Cisse, Y. N. Dauphin and D. Lopez-Paz, *mixup: Beyond empirical risk
/// minimization*, ICLR 2018: λ·loss(a) + (1−λ)·loss(b), each averaged over the batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blend {
    /// The other sample: an index into the training set, as in the order.
    pub other: u32,
    /// λ, the share of the own target, from 0 to 1.
    pub share: f32,
}

/// What the steps of an epoch are told.
#[derive(Clone, Copy, Debug)]
pub enum Steps<'a> {
    /// All the same.
    Same(StepSettings),
    /// One for each step of the epoch.
    Each(&'a [StepSettings]),
}

impl Steps<'_> {
    /// What step `t` of the epoch (from 0) is told.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn at(&self, t: usize) -> StepSettings {
        match self {
            Steps::Same(settings) => *settings,
            Steps::Each(settings) => settings[t],
        }
    }
}

/// What a step is told besides its batch: schedules move these.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepSettings {
    /// The learning rate.
    pub lr: f64,
    /// SGD's momentum or Adam's β₁, where it is not the optimiser's own.
    pub momentum: Option<f64>,
    /// How much of the new weights goes into the average: a += (w − a)·share.
    /// 0 leaves the average alone, 1 copies the weights.
    pub average: f64,
}

impl StepSettings {
    /// A rate, and nothing else.
    pub fn rate(lr: f64) -> Self {
        StepSettings { lr, momentum: None, average: 0.0 }
    }
}

/// What an epoch's training pass gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochTally {
    /// Data loss in training mode, averaged over samples.
    pub loss: f64,
    /// Penalty before each step, averaged over samples.
    pub penalty: f64,
    /// Steps taken.
    pub steps: u64,
    /// How it ended.
    pub end: EpochEnd,
}

/// How an epoch's training pass ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochEnd {
    /// Every batch was trained on.
    Complete,
    /// The stop flag was raised. The state is of no use: import the last one kept.
    Stopped,
    /// The loss was NaN or infinite at this step of the epoch (from 0).
    Diverged {
        /// Which step.
        step: u64,
    },
}

/// A named tensor in PyTorch's layout.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Such as `1.weight`.
    pub name: String,
    /// Such as [out, in].
    pub shape: Vec<usize>,
    /// Row after row.
    pub data: Vec<f32>,
}

/// Everything a session needs to go on as if it had never stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Weights, biases and running statistics, in the order of
    /// [`Spec::parameters`](crate::Spec::parameters).
    pub parameters: Vec<Tensor>,
    /// The optimiser's values and the average: for each of
    /// [`Spec::slots`](crate::Spec::slots), a tensor for each of
    /// [`Spec::trained`](crate::Spec::trained), named like it.
    pub slots: Vec<Vec<Tensor>>,
    /// Steps taken so far.
    pub step: u64,
    /// For each trained parameter Σ|w| and Σw² as the last update gathered them, in f64
    /// in a fixed order: the penalty before the next step. 0 where no penalty reads
    /// it ([`Spec::sums`](crate::Spec::sums)). Empty: recompute.
    pub sums: Vec<[f64; 2]>,
}

/// Why a state or data set was refused.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum SessionError {
    /// A tensor that the network has is not there.
    #[error("tensor {name} of shape {shape:?} is missing")]
    Missing {
        /// Its name.
        name: String,
        /// The shape it should have.
        shape: Vec<usize>,
    },
    /// A tensor of another shape.
    #[error("tensor {name} has shape {found:?}, but the network needs {wanted:?}")]
    Shape {
        /// Its name.
        name: String,
        /// What was given.
        found: Vec<usize>,
        /// What the network needs.
        wanted: Vec<usize>,
    },
    /// A tensor that the network does not have.
    #[error("tensor {name} belongs to no layer of the network")]
    Unknown {
        /// Its name.
        name: String,
    },
    /// Samples of another width.
    #[error("samples have {found} values, but the network takes {wanted}")]
    Features {
        /// What was given.
        found: usize,
        /// What the network takes.
        wanted: usize,
    },
    /// Values that do not make whole samples, one a target.
    #[error("{values} values do not make {targets} samples of {features} values, one a target")]
    Count {
        /// Values given.
        values: usize,
        /// Samples that have a target.
        targets: usize,
        /// Values in a sample.
        features: usize,
    },
    /// A row that is not stored.
    #[error("sample {sample} is row {row}, but only {stored} rows are stored")]
    Row {
        /// What was given.
        row: usize,
        /// Where.
        sample: usize,
        /// How many there are.
        stored: usize,
    },
    /// A label that is no class.
    #[error("label {label} of sample {sample} is not below the number of classes, {classes}")]
    Label {
        /// What was given.
        label: u32,
        /// Where.
        sample: usize,
        /// How many classes there are.
        classes: usize,
    },
    /// Classes for a loss that needs numbers, or the reverse.
    #[error("the targets are {found}, but {loss} needs {wanted}")]
    Task {
        /// What was given: `classes` or `numbers`.
        found: &'static str,
        /// The loss's name.
        loss: &'static str,
        /// What it needs.
        wanted: &'static str,
    },
    /// Another number of targets than the network has outputs.
    #[error("samples have {found} targets, but the network gives {wanted}")]
    TargetCount {
        /// What was given.
        found: usize,
        /// What the network gives.
        wanted: usize,
    },
    /// Target values that do not make whole samples.
    #[error("{values} target values do not make samples of {per_sample} targets")]
    TargetValues {
        /// Values given.
        values: usize,
        /// Targets of a sample.
        per_sample: usize,
    },
    /// Not enough memory.
    #[error("not enough memory: {bytes} bytes could not be had")]
    Memory {
        /// What was asked for.
        bytes: usize,
    },
}

/// A data set that a session holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataId(pub usize);

/// A network being trained.
pub trait Session: Send {
    /// Hands over a data set, checked, to be used any number of times.
    fn upload(&mut self, samples: &Samples) -> Result<DataId, SessionError>;

    /// Threads for the next calls (at least 1). Never changes a bit of a result.
    fn set_threads(&mut self, threads: usize);

    /// Trains on every batch of `run.order` once.
    fn train_epoch(&mut self, data: DataId, run: EpochRun<'_>) -> EpochTally;

    /// Losses and scores in evaluation mode.
    fn evaluate(&mut self, data: DataId) -> Evaluation;

    /// Outputs (a classifier's logits) in evaluation mode, sample after sample.
    fn logits(&mut self, data: DataId) -> Vec<f32>;

    /// [`evaluate`](Self::evaluate) and [`logits`](Self::logits), the same bits; an engine
    /// that can takes one pass for both.
    fn evaluate_with_logits(&mut self, data: DataId) -> (Evaluation, Vec<f32>) {
        (self.evaluate(data), self.logits(data))
    }

    /// A copy of everything.
    fn export(&self) -> State;

    /// Puts a state back.
    fn import(&mut self, state: &State) -> Result<(), SessionError>;

    /// Weights, biases and running statistics only: a fresh optimiser starts from them
    /// at step 0.
    fn import_parameters(&mut self, parameters: &[Tensor]) -> Result<(), SessionError>;

    /// Replaces batch norm's running statistics by their plain averages over the
    /// batches of `order`, in training mode; nothing is trained. Averaged weights need
    /// this. Without batch norm it does nothing.
    /// <https://pytorch.org/docs/stable/optim.html#stochastic-weight-averaging>
    fn refresh_statistics(&mut self, data: DataId, order: &[u32]);
}
