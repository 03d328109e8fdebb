//! Why a run could not be made.

use std::path::PathBuf;

use thiserror::Error;
use wellfit_nn::{CompileError, ProbeError, SessionError};

use crate::files::FileError;
use crate::plan::{Document, PlanError};
use crate::tensors::TensorFileError;

/// Why a run could not be made.
#[derive(Debug, Error)]
pub enum TrainError {
    /// The plan is wrong, or does not fit the data.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// No batch is left to train on.
    #[error(
        "train.batch_size is {batch_size}, but there are only {samples} training samples and \
         last_batch = \"drop\" leaves incomplete batches out: nothing would be trained on"
    )]
    Batch {
        /// Samples a batch.
        batch_size: usize,
        /// Training samples.
        samples: usize,
    },
    /// A metric that needs a validation set is watched without one.
    #[error("{key} is {metric}, but there is no validation set to measure it on")]
    Monitor {
        /// Which setting watches it.
        key: &'static str,
        /// Its name.
        metric: &'static str,
    },
    /// A target that does not vary.
    #[error(
        "target {target} is the same for all samples of the {set}: there is nothing to predict, \
         and R² is not defined; leave it out, or choose another split"
    )]
    ConstantTarget {
        /// Which set.
        set: &'static str,
        /// The target's name.
        target: String,
    },
    /// A table as it was read, which no network takes.
    #[error(
        "the {set} is a table as it was read: Preparation::apply makes of it what a network takes"
    )]
    NotPrepared {
        /// Which set.
        set: &'static str,
    },
    /// The engine could not be made.
    #[error(transparent)]
    Engine(#[from] CompileError),
    /// The engine refused data or weights.
    #[error("{what}: {source}")]
    Session {
        /// Which data or weights.
        what: &'static str,
        /// Why.
        source: SessionError,
    },
    /// The run could not be watched.
    #[error("watching the run (train.watch): {0}")]
    Watch(Box<ProbeError>),
    /// A model file was refused.
    #[error(transparent)]
    Tensors(#[from] TensorFileError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file of the run folder is not what it should be.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder belongs to another plan.
    #[error(
        "{} already holds a run of another plan: choose another folder, or remove this one",
        folder.display()
    )]
    OtherPlan {
        /// Which folder.
        folder: PathBuf,
    },
    /// The folder holds files, but no run.
    #[error(
        "{} is not empty and holds no run: choose an empty or a new folder",
        folder.display()
    )]
    NoRun {
        /// Which folder.
        folder: PathBuf,
    },
    /// The data have changed since the run was interrupted.
    #[error(
        "the run in {} was begun on other data, so it cannot go on: restore them, or choose \
         another folder",
        folder.display()
    )]
    OtherData {
        /// Which folder.
        folder: PathBuf,
    },
    /// Somebody else is at work in the folder.
    #[error("{} is in use: another wellfit is training there", folder.display())]
    InUse {
        /// Which folder.
        folder: PathBuf,
    },
}

impl TrainError {
    /// With the line of `document`, the plan's, where that can be told.
    pub fn locate(self, document: &Document) -> Self {
        match self {
            TrainError::Plan(error) => TrainError::Plan(error.locate(document)),
            other => other,
        }
    }

    /// Whether what was asked for is at fault (plan, data, model file, choice of
    /// folder), rather than the machine.
    pub fn is_input(&self) -> bool {
        match self {
            TrainError::Plan(_)
            | TrainError::Batch { .. }
            | TrainError::Monitor { .. }
            | TrainError::ConstantTarget { .. }
            | TrainError::NotPrepared { .. }
            | TrainError::Session { .. }
            | TrainError::OtherPlan { .. }
            | TrainError::NoRun { .. }
            | TrainError::OtherData { .. } => true,
            TrainError::Tensors(error) => !matches!(error, TensorFileError::File(_)),
            TrainError::Engine(error) => !matches!(error, CompileError::Memory { .. }),
            TrainError::Watch(error) => {
                !matches!(**error, ProbeError::Compile(CompileError::Memory { .. }))
            }
            TrainError::File(_) | TrainError::Damaged { .. } | TrainError::InUse { .. } => false,
        }
    }
}
