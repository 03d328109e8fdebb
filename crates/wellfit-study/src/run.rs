//! Runs a study's trials side by side, each saved as soon as it has ended.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wellfit_data::{DataRequest, LoadProgress, Places, RawSplits, Splits, Task};
use wellfit_nn::{Measure, Spec};
use wellfit_train::plan::PlanError;
use wellfit_train::record::{EpochRow, Event, Record, RunState, ScoreKind};
use wellfit_train::{
    Decision, Observer, Run, TensorFileError, TrainError, TrainOptions, read_model, score,
    train_in, write_record,
};

use crate::arm::Arm;
use crate::cores::{Cores, Share, default_jobs};
use crate::data::Data;
use crate::error::StudyError;
use crate::folds::Folds;
use crate::opening::Opening;
use crate::racing::{Racing, wanted};
use crate::schedule::{Ended, side_by_side};
use crate::store::{Store, counts, empty, stored_primary, trial_folder};
use crate::study::{DataFacts, Study, StudyRecords, Trial};

/// What a study may be told apart from what it compares. Nothing here changes a result.
///
/// | field | default | meaning |
/// |---|---|---|
/// | `places` | as the process sees them | where known data sets are looked for |
/// | `threads` | the machine's | threads for all trials together |
/// | `jobs` | as many as fit the last-level cache | trials side by side |
/// | `stop` | never raised | raised from elsewhere to end the study at once |
/// | `watch` | nobody | looks on |
pub struct StudyOptions<'a> {
    /// Where known data sets are looked for.
    pub places: Places,
    /// Threads for all trials together, at least 1.
    pub threads: usize,
    /// Trials side by side, at least 1; by the size of the cache when `None`.
    pub jobs: Option<usize>,
    /// Raised from elsewhere to end the study at once; it can go on later. The study
    /// raises it itself when a trial cannot be saved.
    pub stop: Arc<AtomicBool>,
    /// Looks on, from several threads.
    pub watch: &'a dyn Watch,
}

impl Default for StudyOptions<'_> {
    fn default() -> Self {
        StudyOptions {
            places: Places::from_env(None),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            jobs: None,
            stop: Arc::default(),
            watch: &Nobody,
        }
    }
}

/// Looks on while a study goes on. Called from several threads at once.
pub trait Watch: Sync {
    /// A large file is being read, before all else; again and again.
    fn reading(&self, progress: LoadProgress) {
        let _ = progress;
    }
    /// The base plan's data were read and split (in a cross-validation into its first fold),
    /// and nothing is fitted yet. What it returns as an error refuses the study, in words.
    fn data(&self, request: &DataRequest, raw: &RawSplits) -> Result<(), String> {
        let _ = (request, raw);
        Ok(())
    }
    /// The data are there, the folder is open, work begins.
    fn begun(&self, begun: &Begun<'_>) {
        let _ = begun;
    }
    /// A trial begins or goes on (then [`Event::Resumed`] follows).
    fn started(&self, trial: &Trial) {
        let _ = trial;
    }
    /// After each epoch, before its events.
    fn epoch(&self, trial: &Trial, row: &EpochRow) {
        let _ = (trial, row);
    }
    /// After each event.
    fn event(&self, trial: &Trial, event: &Event) {
        let _ = (trial, event);
    }
    /// A race was looked at, and needs so many trials more before its next look; 0: it is
    /// over.
    fn looked(&self, racing: &Racing, more: usize) {
        let _ = (racing, more);
    }
    /// A trial has ended, in whatever state.
    fn finished(&self, trial: &Trial, record: &Record) {
        let _ = (trial, record);
    }
}

struct Nobody;

impl Watch for Nobody {}

/// What is known when a study's work begins.
#[derive(Clone, Debug)]
pub struct Begun<'a> {
    /// What the trials learn from.
    pub data: &'a DataFacts,
    /// Every trial of the study; of a race those that are done and those before its next
    /// look.
    pub trials: usize,
    /// Trials that had ended before.
    pub done: usize,
    /// Trials side by side.
    pub jobs: usize,
    /// Threads for all of them together.
    pub threads: usize,
}

/// What a study gave.
#[derive(Debug)]
pub struct Outcome {
    /// The records of all trials that have ended or failed, those of earlier runs
    /// included.
    pub records: StudyRecords,
    /// Trials that had ended before.
    pub done_before: usize,
    /// Whether it was stopped; run it again and it goes on.
    pub interrupted: bool,
    folder: PathBuf,
    data: Data,
}

/// Runs what is left of a study in its folder, which is made when missing.
///
/// A trial that fails is recorded as failed and takes no other with it; it is tried
/// again when the study is run again. A trial that cannot be saved ends the study.
///
/// # Errors
/// A study, plan or data set that is wrong, before anything is trained; a folder of
/// another study or one that is in use; a file that cannot be written.
pub fn run(
    study: &Study,
    folder: &Path,
    options: &StudyOptions<'_>,
) -> Result<Outcome, StudyError> {
    study.check()?;
    let reading = |progress| options.watch.reading(progress);
    let data = Data::read(study, &options.places, &reading, |request, raw| {
        options.watch.data(request, raw).map_err(StudyError::Refused)
    })?;
    let splits = data.splits(&study.plan.data, study.folds.map(|_| 0))?;
    let facts = facts(study, &splits);
    let stored = if study.primary_by_data { stored_primary(folder)? } else { None };
    let study = &study.resolved(&facts, stored);
    check_primary(study, &splits).map_err(|why| {
        StudyError::Primary(PlanError::about("study.primary", format!("study.primary: {why}")))
    })?;
    // One loss for all arms, whatever each trains with.
    let measure = study.plan.measure(facts.score());
    let jobs = check_plans(study, measure, &data, options)?;
    data.keep(jobs);
    let store = Store::open(folder, study, &facts)?;

    let mut records = empty(study);
    let mut done_before = 0;
    for trial in study.trials() {
        if let Some(record) = store.ended(&trial)? {
            records[trial.arm][trial.cell] = Some(record);
            done_before += 1;
        }
    }
    let score = facts.score();
    let mut left = wanted(study, &records, Racing::of(study, score, &records).as_ref());
    let trials = done_before + left.len();
    let threads = options.threads.max(1);
    options.watch.begun(&Begun { data: &facts, trials, done: done_before, jobs, threads });

    // One round, or in a race one for each look.
    while !left.is_empty() && !options.stop.load(Ordering::Relaxed) {
        round(&store, &left, measure, &data, jobs, options, &mut records)?;
        let racing = Racing::of(study, score, &records);
        left = wanted(study, &records, racing.as_ref());
        if let Some(racing) = racing.filter(|_| !options.stop.load(Ordering::Relaxed)) {
            options.watch.looked(&racing, left.len());
        }
    }
    let interrupted = options.stop.load(Ordering::Relaxed);
    let opening = Opening::read(folder)?;
    let records = StudyRecords { study: study.clone(), records, data: facts, opening };
    Ok(Outcome { records, done_before, interrupted, folder: folder.to_owned(), data })
}

/// Runs trials side by side and keeps their records.
fn round(
    store: &Store,
    left: &[Trial],
    measure: Measure,
    data: &Data,
    jobs: usize,
    options: &StudyOptions<'_>,
    records: &mut [Vec<Option<Record>>],
) -> Result<(), StudyError> {
    let cores = Cores::new(options.threads.max(1));
    let gave = side_by_side(left.len(), jobs, &cores, &options.stop, |i, share| {
        let trial = &left[i];
        options.watch.started(trial);
        let splits = match data.splits(&trial.plan.data, trial.fold) {
            Ok(splits) => splits,
            Err(error) => {
                let record = keep_failed(store, trial, error.to_string());
                return record.inspect(|record| options.watch.finished(trial, record));
            }
        };
        let gave = run_trial(store, trial, measure, &splits, share, options).or_else(|error| {
            if is_storage(&error) {
                options.stop.store(true, Ordering::Relaxed);
                return Err(StudyError::trial(trial, error));
            }
            keep_failed(store, trial, error.to_string())
        });
        gave.inspect(|record| options.watch.finished(trial, record))
    });
    for (trial, ended) in left.iter().zip(gave) {
        let record = match ended {
            Ended::NotBegun => continue,
            Ended::Gave(gave) => gave?,
            Ended::Panicked(message) => {
                let record = keep_failed(store, trial, format!("panic: {message}"))?;
                options.watch.finished(trial, &record);
                record
            }
        };
        records[trial.arm][trial.cell] = Some(record).filter(counts);
    }
    Ok(())
}

/// One trial from its beginning, or from where it stopped, to its end.
fn run_trial(
    store: &Store,
    trial: &Trial,
    measure: Measure,
    splits: &Splits,
    share: &Share<'_>,
    options: &StudyOptions<'_>,
) -> Result<Record, TrainError> {
    let mut look = Look { trial, watch: options.watch };
    let train = TrainOptions {
        arm: trial.arm_name.clone(),
        fold: trial.fold,
        threads: &|| share.threads(),
        stop: &options.stop,
        observer: Some(&mut look),
        measure: Some(measure),
        open_test: false,
    };
    Ok(train_in(&store.trial_folder(trial), &trial.plan, splits, train)?.0)
}

/// Hands a trial's news to whoever watches the study.
struct Look<'a> {
    trial: &'a Trial,
    watch: &'a dyn Watch,
}

impl Observer for Look<'_> {
    fn epoch(&mut self, row: &EpochRow) -> Decision {
        self.watch.epoch(self.trial, row);
        Decision::Continue
    }

    fn event(&mut self, event: &Event) {
        self.watch.event(self.trial, event);
    }
}

/// Whether a trial failed because its folder takes no more: the next one would, too.
fn is_storage(error: &TrainError) -> bool {
    matches!(error, TrainError::File(_) | TrainError::Tensors(TensorFileError::File(_)))
}

/// Keeps in the trial's folder that it failed, and why.
fn keep_failed(store: &Store, trial: &Trial, message: String) -> Result<Record, StudyError> {
    let record = Record::failed(&trial.plan, &trial.arm_name, trial.fold, message);
    write_record(&store.trial_folder(trial), &record)
        .map_err(|error| StudyError::trial(trial, error))?;
    Ok(record)
}

/// Whether the data have what arms are to be judged by.
fn check_primary(study: &Study, splits: &Splits) -> Result<(), String> {
    let score = ScoreKind::of(splits.train.task());
    study.primary.check_score(score)?;
    let Some(extra) = study.primary.extra() else { return Ok(()) };
    extra.check(score.task(), splits.train.outputs())?;
    match &splits.validation {
        Some(set) if study.primary.needs_validation() => {
            extra.check_classes("validation set", &set.class_counts(), splits.train.class_names())
        }
        _ => Ok(()),
    }
}

/// Begins a run of every arm, and in a cross-validation makes every fold and begins a run of
/// it, so that whatever is wrong with one shows before anything is trained. How many trials
/// to run side by side.
fn check_plans(
    study: &Study,
    measure: Measure,
    data: &Data,
    options: &StudyOptions<'_>,
) -> Result<usize, StudyError> {
    let mut jobs = usize::MAX;
    let mut begin = |arm: &Arm, fold: Option<usize>| -> Result<(), StudyError> {
        let splits = data.splits(&arm.plan.data, fold)?;
        let run = Run::measured_by(Some(measure), &arm.plan, &splits)
            .map_err(|error| StudyError::Plan { arm: arm.name.clone(), source: Box::new(error) })?;
        // A batch is no larger than the data.
        let batch_size = run.spec().batch_size.min(splits.train.len());
        let spec = Spec { batch_size, ..run.spec().clone() };
        jobs = jobs.min(default_jobs(&spec, options.threads));
        Ok(())
    };
    for arm in &study.arms {
        begin(arm, study.folds.map(|_| 0))?;
    }
    for fold in 1..study.folds.map_or(0, Folds::count) {
        for request in data.requests() {
            let arm = study.arms.iter().find(|arm| arm.plan.data == *request);
            arm.map_or(Ok(()), |arm| begin(arm, Some(fold)))?;
        }
    }
    Ok(options.jobs.unwrap_or(jobs).max(1))
}

fn facts(study: &Study, splits: &Splits) -> DataFacts {
    let len = |part: &Option<wellfit_data::Dataset>| part.as_ref().map_or(0, |part| part.len());
    DataFacts {
        source: study.plan.data.source.clone(),
        origin: splits.origin.clone(),
        samples: [splits.train.len(), len(&splits.validation), len(&splits.test)],
        classes: splits.train.class_names().to_vec(),
        targets: match splits.train.task() {
            Task::Classification => Vec::new(),
            Task::Regression => splits.train.output_names().to_vec(),
        },
        validation_is_test: splits.validation_is_test,
        class_samples: match &splits.validation {
            Some(validation) if study.plan.data.prepare.resample.is_some() => {
                validation.class_counts()
            }
            _ => splits.train.class_counts(),
        },
    }
}

impl Outcome {
    /// Opens the test set for the kept weights of an arm's trials and the baseline's,
    /// and puts the figures into their records, on disk too. It is opened once: the
    /// first opening leaves a mark ([`Opening`]), and whatever is asked for later, only
    /// what an interrupted opening left out is measured. Does nothing without a test
    /// set.
    ///
    /// # Errors
    /// Weights that cannot be read, or a file that cannot be written.
    pub fn open_test(&mut self, arm: usize, threads: usize) -> Result<(), StudyError> {
        if self.records.data.samples[2] == 0 || arm >= self.records.study.arms.len() {
            return Ok(());
        }
        let opening = match &self.records.opening {
            Some(before) => before.clone(),
            None => {
                let opening = Opening::now(&self.records.study, arm);
                opening.write(&self.folder)?;
                self.records.opening.insert(opening).clone()
            }
        };
        let seen = |trial: &Trial| {
            let arm = trial.arm == 0 || trial.arm_name == opening.arm;
            arm && opening.saw(trial)
        };
        for trial in self.records.study.trials().into_iter().filter(seen) {
            let record = &mut self.records.records[trial.arm][trial.cell];
            let Some(record) = record else { continue };
            if record.test.is_some() || record.best_epoch.is_none() {
                continue;
            }
            let splits = self.data.splits(&trial.plan.data, trial.fold)?;
            let Some(test) = &splits.test else { continue };
            let folder = trial_folder(&self.folder, &trial);
            let figure = read_model(&folder).and_then(|weights| {
                record.test = Some(score(&trial.plan, &weights, &splits, test, threads)?);
                write_record(&folder, record)
            });
            figure.map_err(|error| StudyError::trial(&trial, error))?;
        }
        Ok(())
    }

    /// Puts what a judge says of each trial into its record, on disk too, where it says
    /// something else than the record does.
    ///
    /// # Errors
    /// A record that cannot be written.
    pub fn note_diagnoses(
        &mut self,
        judge: impl Fn(&Trial, &Record) -> serde_json::Value,
    ) -> Result<(), StudyError> {
        for trial in self.records.study.trials() {
            let record = &mut self.records.records[trial.arm][trial.cell];
            let Some(record) = record else { continue };
            let diagnosis = Some(judge(&trial, record));
            if record.diagnosis == diagnosis {
                continue;
            }
            record.diagnosis = diagnosis;
            write_record(&trial_folder(&self.folder, &trial), record)
                .map_err(|error| StudyError::trial(&trial, error))?;
        }
        Ok(())
    }

    /// Trials that failed, each with its reason.
    pub fn failed(&self) -> Vec<(String, String)> {
        let trials = self.records.study.trials().into_iter();
        let failed = trials.filter_map(|trial| {
            match &self.records.records[trial.arm][trial.cell].as_ref()?.state {
                RunState::Failed { message } => Some((trial.name, message.clone())),
                _ => None,
            }
        });
        failed.collect()
    }

    /// Trials of the study that are still to be run; of a race those before its next look.
    pub fn left(&self) -> usize {
        let StudyRecords { study, records, data, .. } = &self.records;
        wanted(study, records, Racing::of(study, data.score(), records).as_ref()).len()
    }

    /// Trials that have ended or failed.
    pub fn done(&self) -> usize {
        self.records.records.iter().flatten().flatten().count()
    }
}
