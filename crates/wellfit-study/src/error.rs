//! Why a study could not be run.

use std::path::PathBuf;

use thiserror::Error;
use wellfit_data::DataError;
use wellfit_train::plan::PlanError;
use wellfit_train::{FileError, TrainError};

use crate::study::{ArmsError, Trial};

/// Why a study could not be run.
#[derive(Debug, Error)]
pub enum StudyError {
    /// Arms, seeds and plan are not a study.
    #[error(transparent)]
    Arms(#[from] ArmsError),
    /// The data of an arm could not be had.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Whoever watches the study refuses its data.
    #[error("{0}")]
    Refused(String),
    /// An arm's plan does not fit its data.
    #[error("arm {arm:?}: {source}")]
    Plan {
        /// The arm's name.
        arm: String,
        /// Why.
        source: Box<TrainError>,
    },
    /// Arms are to be judged by what these data do not have.
    #[error(transparent)]
    Primary(PlanError),
    /// The folder holds another study.
    #[error("{} holds another study: {difference}", folder.display())]
    Other {
        /// Which folder.
        folder: PathBuf,
        /// The first thing that differs.
        difference: String,
    },
    /// The folder holds something that is no study.
    #[error("{} holds files, but no study", folder.display())]
    NoStudy {
        /// Which folder.
        folder: PathBuf,
    },
    /// Somebody else is at work in the folder.
    #[error("{} is in use: another wellfit is running a study there", folder.display())]
    InUse {
        /// Which folder.
        folder: PathBuf,
    },
    /// The study's folder cannot be made.
    #[error("the study's folder cannot be used: {0}")]
    Folder(#[source] FileError),
    /// A file of the study could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// `study.toml` in a study's folder is not what was written there.
    #[error("the study in its folder cannot be read: {0}")]
    Stored(#[from] PlanError),
    /// `data.json` in a study's folder is not what was written there.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A trial's folder could not be read or written.
    #[error("trial {trial}: {source}")]
    Trial {
        /// The trial's name.
        trial: String,
        /// Why.
        source: Box<TrainError>,
    },
}

impl StudyError {
    /// For `map_err`.
    pub(crate) fn trial(trial: &Trial, source: TrainError) -> StudyError {
        StudyError::Trial { trial: trial.name.clone(), source: Box::new(source) }
    }

    /// Whether what was asked for is at fault (study, plan, data, choice of folder),
    /// rather than the machine.
    pub fn is_input(&self) -> bool {
        match self {
            StudyError::Arms(_)
            | StudyError::Data(_)
            | StudyError::Refused(_)
            | StudyError::Primary(_)
            | StudyError::Other { .. }
            | StudyError::NoStudy { .. }
            | StudyError::Folder(_) => true,
            // Nothing was written yet: a file in the way is one that the plan names.
            StudyError::Plan { source, .. } => {
                source.is_input() || matches!(**source, TrainError::Tensors(_))
            }
            StudyError::Trial { source, .. } => source.is_input(),
            StudyError::InUse { .. }
            | StudyError::File(_)
            | StudyError::Stored(_)
            | StudyError::Damaged { .. } => false,
        }
    }
}
