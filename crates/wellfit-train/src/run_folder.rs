//! A run's folder: what it holds, who may write to it, how a run goes on in it.
//!
//! | file | holds |
//! |---|---|
//! | `plan.toml` | the resolved plan |
//! | `preparation.json` | what was fitted on the training samples and done to all |
//! | `samples.json` | what the samples look like, and what they are to give |
//! | `history.csv` | a row an epoch |
//! | `record.json` | the [`Record`]; there once the run has ended or was interrupted |
//! | `model.safetensors` | the kept epoch's weights; not there when no epoch could be judged |
//! | `last.safetensors` | the last epoch's weights |
//! | `checkpoint/` | while the run can go on: `state.safetensors` and the lock |

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use wellfit_data::SampleSchema;
use wellfit_data::{PREPARATION_SCHEMA, Preparation, Scale};
use wellfit_nn::Tensor;

use crate::checkpoint;
use crate::error::TrainError;
use crate::files::{FileError, PARTIAL, write_file};
use crate::history::to_csv;
use crate::plan::{Document, Plan};
use crate::record::{Record, RunState, SCHEMA};
use crate::run::{Run, Trained};
use crate::sample_schema::write_sample_schema;
use crate::tensors::{read_tensors, write_tensors};

const PLAN: &str = "plan.toml";
const PREPARATION: &str = "preparation.json";
const HISTORY: &str = "history.csv";
const RECORD: &str = "record.json";
const MODEL: &str = "model.safetensors";
const LAST: &str = "last.safetensors";
const CHECKPOINT: &str = "checkpoint";
const STATE: &str = "state.safetensors";
const LOCK: &str = "lock";

/// The time between checkpoints, unless told otherwise.
const EVERY: Duration = Duration::from_secs(2);

/// A run's folder, locked: nobody else writes to it.
#[derive(Debug)]
pub struct RunFolder {
    folder: PathBuf,
    plan_hash: String,
    /// SHA-256 of the data, once it is known.
    data: Option<String>,
    every: Duration,
    saved: Instant,
    lock: File,
}

/// What was found in a folder.
#[derive(Debug)]
pub enum Opened {
    /// A run of the same plan that has ended.
    Done(Box<Record>),
    /// A place to train in.
    Ready(RunFolder),
}

impl RunFolder {
    /// Opens the folder for a run of `plan`; makes it when it is missing.
    pub fn open(folder: &Path, plan: &Plan) -> Result<Opened, TrainError> {
        if let Some(record) = ended(folder, plan)? {
            return Ok(Opened::Done(Box::new(record)));
        }
        check_free(folder)?;
        let checkpoint = folder.join(CHECKPOINT);
        fs::create_dir_all(&checkpoint).map_err(FileError::on("make the folder", &checkpoint))?;
        let lock = lock(folder)?;
        // Whoever held the lock may have finished the run just now.
        if let Some(record) = ended(folder, plan)? {
            return Ok(Opened::Done(Box::new(record)));
        }
        let text = plan.to_toml();
        if !folder.join(PLAN).exists() {
            write_file(&folder.join(PLAN), text.as_bytes())?;
        }
        Ok(Opened::Ready(Self {
            folder: folder.to_path_buf(),
            plan_hash: plan.hash(),
            data: None,
            every: EVERY,
            saved: Instant::now(),
            lock,
        }))
    }

    /// Sets the least time between two checkpoints; zero for one after each epoch.
    pub fn checkpoint_every(self, every: Duration) -> Self {
        Self { every, ..self }
    }

    /// Writes what the samples look like, for those who predict with the run's model.
    pub fn keep_schema(&self, samples: &SampleSchema) -> Result<(), TrainError> {
        write_sample_schema(&self.folder, samples)
    }

    fn state(&self) -> PathBuf {
        self.folder.join(CHECKPOINT).join(STATE)
    }

    /// Lets `run` go on where the folder's run stopped; after which epoch. `None` when
    /// there is nothing to go on from.
    pub fn resume(&mut self, run: &mut Run) -> Result<Option<usize>, TrainError> {
        let path = self.state();
        if !path.exists() {
            return Ok(None);
        }
        let checkpoint = checkpoint::read(&path, run.spec())?;
        if checkpoint.plan_hash != self.plan_hash {
            return Err(TrainError::OtherPlan { folder: self.folder.clone() });
        }
        if checkpoint.data != *self.data.insert(run.fingerprint()) {
            return Err(TrainError::OtherData { folder: self.folder.clone() });
        }
        let epoch = checkpoint.resume.progress.epochs.len();
        let refused = |error: wellfit_nn::SessionError| TrainError::Damaged {
            path,
            reason: error.to_string(),
        };
        run.resume(checkpoint.resume).map_err(refused)?;
        Ok(Some(epoch))
    }

    /// Keeps where `run` is, if it is time to. A run that has come to its end needs no
    /// checkpoint, one that was interrupted does.
    pub fn save(&mut self, run: &Run) -> Result<(), TrainError> {
        let due = match run.ended() {
            None => self.saved.elapsed() >= self.every,
            Some(state) => *state == RunState::Interrupted,
        };
        if !due {
            return Ok(());
        }
        let path = self.state();
        let data = self.data.get_or_insert_with(|| run.fingerprint());
        checkpoint::write(&path, &self.plan_hash, data, run)?;
        write_file(&self.folder.join(HISTORY), to_csv(run.score(), run.rows()).as_bytes())?;
        self.saved = Instant::now();
        Ok(())
    }

    /// Writes what the run gave. The record comes last: where it says that the run has
    /// ended, everything is there.
    pub fn finish(self, trained: &Trained) -> Result<(), TrainError> {
        let file = |name| self.folder.join(name);
        if !trained.best.is_empty() {
            write_tensors(&file(MODEL), &trained.best)?;
        }
        write_tensors(&file(LAST), &trained.last)?;
        write_file(
            &file(HISTORY),
            to_csv(trained.record.score, &trained.record.epochs).as_bytes(),
        )?;
        write_record(&self.folder, &trained.record)?;
        // The lock lies in the checkpoint's folder, and some systems remove no open file.
        drop(self.lock);
        if trained.record.state.is_final() {
            remove_checkpoint(&self.folder)?;
        }
        Ok(())
    }
}

/// The record in `folder` if it holds a run of `plan` that has ended; `None` if the run
/// is yet to be made or to go on.
///
/// # Errors
/// The folder belongs to another plan, or cannot be read.
pub fn done(folder: &Path, plan: &Plan) -> Result<Option<Record>, TrainError> {
    let path = folder.join(PLAN);
    if !path.exists() {
        return Ok(None);
    }
    let document = Document::read(&path)?;
    // A plan that is no plan any more was not written by this program for this run.
    let same = Plan::read(&document, folder).is_ok_and(|there| there.hash() == plan.hash());
    if !same {
        return Err(TrainError::OtherPlan { folder: folder.to_path_buf() });
    }
    Ok(read_record(folder)?.filter(|record| record.state.is_final()))
}

/// As [`done`]; removes the checkpoint that a kill after the record was written left.
pub(crate) fn ended(folder: &Path, plan: &Plan) -> Result<Option<Record>, TrainError> {
    let record = done(folder, plan)?;
    if record.is_some() {
        // It does no harm where it cannot be removed.
        let _ = remove_checkpoint(folder);
    }
    Ok(record)
}

/// The record in `folder`, if there is one.
pub fn read_record(folder: &Path) -> Result<Option<Record>, TrainError> {
    let path = folder.join(RECORD);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::on("read", &path)(error).into()),
    };
    let damaged = |reason| TrainError::Damaged { path: path.clone(), reason };
    let record: Record = serde_json::from_str(&text)
        .map_err(|error| damaged(format!("this is no record: {error}")))?;
    if record.schema > SCHEMA {
        let schema = record.schema;
        return Err(damaged(format!(
            "this record has schema {schema}, but this version reads up to {SCHEMA}: use a newer \
             wellfit"
        )));
    }
    Ok(Some(record))
}

/// Writes `record.json` alone, for a run that failed before it could begin.
pub fn write_record(folder: &Path, record: &Record) -> Result<(), TrainError> {
    let path = folder.join(RECORD);
    let text = serde_json::to_string(record)
        .map_err(|error| TrainError::Damaged { path: path.clone(), reason: error.to_string() })?;
    Ok(write_file(&path, text.as_bytes())?)
}

/// Writes `preparation.json`: what was fitted on a run's training samples, for whoever
/// uses its model.
pub fn write_preparation(folder: &Path, preparation: &Preparation) -> Result<(), TrainError> {
    let path = folder.join(PREPARATION);
    let text = serde_json::to_string(preparation)
        .map_err(|error| TrainError::Damaged { path: path.clone(), reason: error.to_string() })?;
    Ok(write_file(&path, text.as_bytes())?)
}

/// What was fitted on a run's training samples. A run of a version that wrote no
/// `preparation.json` had nothing fitted: its plan's scale, `unit` or `none`, is all, and
/// bytes are / 255 where the plan says nothing.
///
/// # Errors
/// A file of a later schema or a damaged one; without it, a plan that is none, or that
/// asks for what must have been fitted.
pub fn read_preparation(folder: &Path) -> Result<Preparation, TrainError> {
    let path = folder.join(PREPARATION);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return from_plan(folder, &path),
        Err(error) => return Err(FileError::on("read", &path)(error).into()),
    };
    let damaged = |reason| TrainError::Damaged { path: path.clone(), reason };
    // First, because a later schema may hold what this version cannot know.
    #[derive(serde::Deserialize)]
    struct Version {
        schema: u32,
    }
    let version: Version = serde_json::from_str(&text)
        .map_err(|error| damaged(format!("this is no preparation: {error}")))?;
    if version.schema > PREPARATION_SCHEMA {
        return Err(damaged(format!(
            "this preparation has schema {}, but this version reads up to {PREPARATION_SCHEMA}: \
             use a newer wellfit",
            version.schema
        )));
    }
    serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))
}

/// The preparation of a run that wrote none.
fn from_plan(folder: &Path, missing: &Path) -> Result<Preparation, TrainError> {
    let document = Document::read(&folder.join(PLAN))?;
    let plan = Plan::read(&document, folder)?;
    let data = &plan.data;
    match data.scale {
        Some(Scale::Unit | Scale::None) | None
            if data.prepare == Default::default() && data.table.target.is_empty() =>
        {
            Ok(Preparation::fixed(data.scale.unwrap_or(Scale::Unit)))
        }
        _ => {
            let reason = "is missing, and the plan beside it asks for what is fitted; train again";
            Err(TrainError::Damaged { path: missing.to_path_buf(), reason: reason.into() })
        }
    }
}

/// The kept epoch's weights.
pub fn read_model(folder: &Path) -> Result<Vec<Tensor>, TrainError> {
    Ok(read_tensors(&folder.join(MODEL))?)
}

/// A folder that holds something else is nobody's run.
fn check_free(folder: &Path) -> Result<(), TrainError> {
    if !folder.exists() || folder.join(PLAN).exists() {
        return Ok(());
    }
    let fail = FileError::on("read the folder", folder);
    for entry in fs::read_dir(folder).map_err(&fail)? {
        let name = entry.map_err(&fail)?.file_name();
        let name = name.to_string_lossy();
        // What a run leaves that was stopped before its plan was in place.
        if name != CHECKPOINT && !name.ends_with(PARTIAL) && name != RECORD {
            return Err(TrainError::NoRun { folder: folder.to_path_buf() });
        }
    }
    Ok(())
}

fn lock(folder: &Path) -> Result<File, TrainError> {
    let path = folder.join(CHECKPOINT).join(LOCK);
    let file = File::create(&path).map_err(FileError::on("write", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(TrainError::InUse { folder: folder.to_path_buf() }),
        // Some network file systems have no locks; a run must be possible there too.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(error)) => Err(FileError::on("lock", &path)(error).into()),
    }
}

fn remove_checkpoint(folder: &Path) -> Result<(), TrainError> {
    let path = folder.join(CHECKPOINT);
    match fs::remove_dir_all(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::on("remove", &path)(error).into())
        }
        _ => Ok(()),
    }
}
