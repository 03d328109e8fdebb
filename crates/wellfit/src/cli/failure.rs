//! How a command ends when it does not end well.

use std::error::Error;
use std::process::ExitCode;

use wellfit::comparison::CompareError;
use wellfit::data::{DataError, FetchFault};
use wellfit::plan::PlanError;
use wellfit::report::ReportError;
use wellfit::runs::ReadError;
use wellfit::weights::{Fault, WeightsError};
use wellfit::{FileError, ModelError, StudyError, TensorFileError, TrainError};

use super::print::note;

/// Why a command did not do what it should, and what helps.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
    hint: Option<String>,
}

/// Something went wrong.
const FAILED: u8 = 1;
/// What was asked for is wrong.
const INPUT: u8 = 2;
/// A run, or a comparison, is judged to be what `--fail-on` lists.
const GATE: u8 = 3;
/// Somebody stopped it.
const INTERRUPTED: u8 = 130;

impl Failure {
    /// Something went wrong that is not the user's doing.
    pub fn failed(message: impl Into<String>) -> Failure {
        Failure { code: FAILED, message: message.into(), hint: None }
    }

    /// What was asked for is wrong.
    pub fn input(message: impl Into<String>) -> Failure {
        Failure { code: INPUT, message: message.into(), hint: None }
    }

    /// The gate of `--fail-on` tripped.
    pub fn gate(message: impl Into<String>) -> Failure {
        Failure { code: GATE, message: message.into(), hint: None }
    }

    /// Somebody stopped it; the message says how to go on.
    pub fn interrupted(message: impl Into<String>) -> Failure {
        Failure { code: INTERRUPTED, message: message.into(), hint: None }
    }

    /// With what would help.
    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }

    /// What went wrong, in words.
    pub fn message(&self) -> &str {
        &self.message
    }

    fn of(error: &dyn Error, input: bool) -> Failure {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let words = error.to_string();
            if !message.contains(&words) {
                message.push_str(&format!("\n  because: {words}"));
            }
            cause = error.source();
        }
        Failure { code: if input { INPUT } else { FAILED }, message, hint: None }
    }

    /// Says it on stderr. The exit code.
    pub fn tell(self) -> ExitCode {
        let head = if matches!(self.code, INTERRUPTED | GATE) { "" } else { "error: " };
        note(&format!("{head}{}", self.message));
        if let Some(hint) = self.hint {
            note(&format!("hint: {hint}"));
        }
        ExitCode::from(self.code)
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Failure {
        Failure::of(&error, true)
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Failure {
        let input = match &error {
            DataError::Fetch(fault) => matches!(
                fault,
                FetchFault::Unknown(_) | FetchFault::Embedded(_) | FetchFault::NoFolder
            ),
            _ => true,
        };
        Failure::of(&error, input)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Failure {
        Failure::of(&error, true)
    }
}

impl From<CompareError> for Failure {
    fn from(error: CompareError) -> Failure {
        Failure::of(&error, true)
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Failure {
        Failure::of(&error, matches!(error, ReportError::Ending { .. }))
    }
}

impl From<WeightsError> for Failure {
    fn from(error: WeightsError) -> Failure {
        let failed = matches!(error.fault, Fault::Io(_) | Fault::Memory { .. } | Fault::Stopped);
        Failure::of(&error, !failed)
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Failure {
        Failure::of(&error, false)
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Failure {
        match error {
            ModelError::Train(error @ TrainError::Damaged { .. }) => Failure::of(&error, true),
            ModelError::Train(error) => error.into(),
            ModelError::Data(error) => error.into(),
            ModelError::Score(error) => Failure::of(&error, false),
            error => Failure::of(&error, true),
        }
    }
}

impl From<TensorFileError> for Failure {
    fn from(error: TensorFileError) -> Failure {
        TrainError::from(error).into()
    }
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Failure {
        let input = error.is_input()
            || is_unusable_folder(&error)
            || matches!(&error, TrainError::Tensors(TensorFileError::File(file)) if file.action == "read");
        let failure = Failure::of(&error, input);
        match error {
            TrainError::OtherPlan { .. } => failure.hint(OTHER_FOLDER),
            TrainError::InUse { .. } => failure.hint(WAIT),
            error if is_unusable_folder(&error) => failure.hint(OTHER_FOLDER),
            _ => failure,
        }
    }
}

impl From<StudyError> for Failure {
    fn from(error: StudyError) -> Failure {
        let failure = Failure::of(&error, error.is_input());
        match error {
            StudyError::Other { .. } | StudyError::NoStudy { .. } | StudyError::Folder(_) => {
                failure.hint(OTHER_FOLDER)
            }
            StudyError::InUse { .. } => failure.hint(WAIT),
            StudyError::Trial { .. } if failure.code == FAILED => failure.hint(
                "trials that had ended are kept; the same command goes on where this one stopped",
            ),
            _ => failure,
        }
    }
}

const OTHER_FOLDER: &str = "name another folder with --out DIR";
const WAIT: &str = "wait until it has ended, or name another folder with --out DIR";

/// The folder itself cannot be made or looked into: another one is needed.
fn is_unusable_folder(error: &TrainError) -> bool {
    let actions = ["make the folder", "read the folder"];
    matches!(error, TrainError::File(FileError { action, .. }) if actions.contains(action))
}
