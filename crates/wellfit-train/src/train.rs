//! The training loop.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use wellfit_data::Splits;
use wellfit_nn::Measure;

use crate::error::TrainError;
use crate::plan::Plan;
use crate::record::{EpochRow, Event, Record};
use crate::run::{Run, Trained, score};
use crate::run_folder::{Opened, RunFolder, ended, write_preparation};

/// Looks on while a run goes on, and may stop it.
pub trait Observer {
    /// After each epoch, before its events.
    fn epoch(&mut self, row: &EpochRow) -> Decision;

    /// After each event.
    fn event(&mut self, event: &Event) {
        let _ = event;
    }
}

/// Whether a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It goes on.
    Continue,
    /// It ends as interrupted; in a folder it can be resumed.
    Stop,
}

/// What a run may be told apart from its plan. Nothing here changes a result.
pub struct TrainOptions<'a> {
    /// The arm's name, for the record.
    pub arm: String,
    /// The fold, for the record.
    pub fold: Option<usize>,
    /// Asked before each epoch for the number of threads.
    pub threads: &'a dyn Fn() -> usize,
    /// Raised from elsewhere to end the run at once.
    pub stop: &'a AtomicBool,
    /// Looks on.
    pub observer: Option<&'a mut dyn Observer>,
    /// What single validation samples are measured by; the plan's own loss without
    /// smoothing and class weights when `None`.
    pub measure: Option<Measure>,
    /// Whether to open the test set at the end, for the kept weights' final figure.
    pub open_test: bool,
}

/// Alone on all cores, unobserved; the test set stays closed.
impl Default for TrainOptions<'_> {
    fn default() -> Self {
        static NEVER: AtomicBool = AtomicBool::new(false);
        Self {
            arm: "baseline".into(),
            fold: None,
            threads: &all_cores,
            stop: &NEVER,
            observer: None,
            measure: None,
            open_test: false,
        }
    }
}

fn all_cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Trains in memory.
///
/// # Errors
/// A plan that is wrong or does not fit the data. Divergence is no error: the record
/// says so.
pub fn train(
    plan: &Plan,
    splits: &Splits,
    mut options: TrainOptions<'_>,
) -> Result<Trained, TrainError> {
    let mut run = Run::measured_by(options.measure, plan, splits)?;
    drive(&mut run, &mut options, |_| Ok(()))?;
    close(run, plan, splits, &options)
}

/// How a run in a folder began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The folder was new.
    New,
    /// The run went on after this epoch (0: it was stopped in its first).
    Resumed {
        /// From 1.
        epoch: usize,
    },
    /// The run had ended; nothing was done.
    AlreadyDone,
}

/// Trains in a folder, which is made when missing: a run that was stopped there, even
/// by force, goes on and ends with the same bits; one that has ended is left alone.
/// [`done`](crate::done) tells before the data are loaded whether that is so.
///
/// # Errors
/// As [`train`], and: a folder that belongs to another plan, is in use, or cannot be
/// written.
pub fn train_in(
    folder: &Path,
    plan: &Plan,
    splits: &Splits,
    mut options: TrainOptions<'_>,
) -> Result<(Record, Start), TrainError> {
    plan.check()?;
    if let Some(record) = ended(folder, plan)? {
        return Ok((record, Start::AlreadyDone));
    }
    // Before the folder is touched: a plan that does not fit its data leaves no trace.
    let mut run = Run::measured_by(options.measure, plan, splits)?;
    let at = folder;
    let mut folder = match RunFolder::open(at, plan)? {
        Opened::Done(record) => return Ok((*record, Start::AlreadyDone)),
        Opened::Ready(folder) => folder,
    };
    folder.keep_schema(&splits.train.schema())?;
    let start = match folder.resume(&mut run)? {
        Some(epoch) => Start::Resumed { epoch },
        None => Start::New,
    };
    // Before the first weights are there, so that no model is ever without it.
    write_preparation(at, &splits.preparation)?;
    if let (Some(observer), Start::Resumed { .. }) = (&mut options.observer, start) {
        run.events().last().into_iter().for_each(|event| observer.event(event));
    }
    drive(&mut run, &mut options, |run| folder.save(run))?;
    let trained = close(run, plan, splits, &options)?;
    folder.finish(&trained)?;
    Ok((trained.record, start))
}

/// The loop: an epoch, what is kept of it, who looks on.
fn drive(
    run: &mut Run,
    options: &mut TrainOptions<'_>,
    mut save: impl FnMut(&Run) -> Result<(), TrainError>,
) -> Result<(), TrainError> {
    loop {
        run.set_threads((options.threads)());
        let told = run.events().len();
        let row = run.next_epoch(options.stop).cloned();
        if let (Some(row), Some(observer)) = (&row, &mut options.observer) {
            let decision = observer.epoch(row);
            run.events()[told..].iter().for_each(|event| observer.event(event));
            if decision == Decision::Stop {
                run.interrupt();
            }
        }
        save(run)?;
        if run.ended().is_some() {
            return Ok(());
        }
    }
}

/// The record with its names and, if asked for, its test figure.
fn close(
    run: Run,
    plan: &Plan,
    splits: &Splits,
    options: &TrainOptions<'_>,
) -> Result<Trained, TrainError> {
    let mut trained = run.finish();
    trained.record.arm.clone_from(&options.arm);
    trained.record.fold = options.fold;
    if let Some(test) = &splits.test
        && options.open_test
        && trained.record.state.is_final()
        && !trained.best.is_empty()
    {
        let threads = (options.threads)();
        trained.record.test = Some(score(plan, &trained.best, splits, test, threads)?);
    }
    Ok(trained)
}
