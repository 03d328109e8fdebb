//! A run, epoch by epoch: for those who write their own loop, and for ours.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use wellfit_data::{Dataset, Features, Splits};
use wellfit_nn::{
    DataId, EpochEnd, EpochRun, EpochTally, Evaluation, Feed, Measure, Samples, Scores, Session,
    SessionError, Spec, State, StepSettings, Steps, Tensor,
};

use crate::average::Averaging;
use crate::best::{Best, watched};
use crate::early_stopping::EarlyStopping;
use crate::encode;
use crate::error::TrainError;
use crate::extras::scores;
use crate::feed::{Feeder, put_in_order};
use crate::init::initialise;
use crate::plan::{Extra, Metric, Plan, PlanError, PlateauSettings, Schedule, ScheduleKind};
use crate::record::{
    EpochRow, Event, ExtraScore, Record, RunState, SCHEMA, SampleScores, Score, ScoreKind,
    WeightSummary,
};
use crate::samples::{fingerprint, samples};
use crate::schedule::{Plateau, Rates};
use crate::watch::{Watch, Watcher};
use crate::weights::summarise;

/// A run, epoch by epoch.
///
/// ```no_run
/// # fn example(plan: wellfit_train::Plan, splits: wellfit_data::Splits)
/// # -> Result<(), wellfit_train::TrainError> {
/// let never = std::sync::atomic::AtomicBool::new(false);
/// let mut run = wellfit_train::Run::new(&plan, &splits)?;
/// while let Some(row) = run.next_epoch(&never) {
///     println!("{} {}", row.epoch, row.train_loss);
/// }
/// let trained = run.finish();
/// # Ok(()) }
/// ```
pub struct Run {
    plan: Plan,
    spec: Spec,
    session: Box<dyn Session>,
    sets: Sets,
    order: Vec<u32>,
    /// Changes training samples, where the plan asks for it.
    feeder: Option<Feeder>,
    rates: Rates,
    averaging: Option<Averaging>,
    /// Looks at the run from inside, where the plan asks for it.
    watcher: Option<Watcher>,
    /// What each step of the epoch is told.
    steps: Vec<StepSettings>,
    /// What the kept epoch is chosen by.
    watched: Option<Metric>,
    /// What is measured besides loss and score.
    extras: Vec<Extra>,
    pub(crate) progress: Progress,
    /// The engine's state after the last whole epoch.
    pub(crate) state: State,
    /// The averaged weights after that epoch, where there are any: they are evaluated
    /// and saved in the place of those that training goes on from.
    averaged: Option<Vec<Tensor>>,
    /// The evaluated weights of the kept epoch; none when there is no such epoch.
    pub(crate) best: Vec<Tensor>,
    end: Option<RunState>,
}

/// What a run remembers from epoch to epoch, apart from tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub epochs: Vec<EpochRow>,
    pub events: Vec<Event>,
    /// The optimiser's rate, as a plateau has left it.
    #[serde(with = "encode::number")]
    lr: f64,
    plateau: Option<Plateau>,
    stopping: Option<EarlyStopping>,
    pub kept: Best,
    pub best_samples: Option<SampleScores>,
    pub last_samples: Option<SampleScores>,
    /// What was seen from inside.
    #[serde(default)]
    watch: Option<Watch>,
}

/// The data as the engine holds them.
struct Sets {
    train: (DataId, Samples),
    validation: Option<(DataId, Samples)>,
}

/// Where an interrupted run goes on.
pub(crate) struct Resume {
    pub progress: Progress,
    pub state: State,
    pub best: Vec<Tensor>,
}

/// What a run gave.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Figures, events and how it ended.
    pub record: Record,
    /// Weights of the kept epoch, as they were evaluated: averaged where the plan asks
    /// for it; none when no epoch could be judged.
    pub best: Vec<Tensor>,
    /// Weights after the last epoch, likewise.
    pub last: Vec<Tensor>,
}

impl Run {
    /// A run at its beginning: plan checked, data handed over, weights drawn from the
    /// seed or read from `init`.
    ///
    /// A batch may be larger than the training set when the last batch is kept: all
    /// samples are then one batch, as in PyTorch.
    pub fn new(plan: &Plan, splits: &Splits) -> Result<Self, TrainError> {
        Self::measured_by(None, plan, splits)
    }

    /// The same with the loss that single validation samples are measured by, so that
    /// runs with different losses can be compared; their own without smoothing and
    /// class weights when `None`.
    pub fn measured_by(
        measure: Option<Measure>,
        plan: &Plan,
        splits: &Splits,
    ) -> Result<Self, TrainError> {
        plan.check()?;
        let spec = Spec { measure, ..plan.spec_for(&splits.train)? };
        let session = wellfit_nn::compile(&spec, 1)?;
        let mut run = Self::start(session, spec, plan, splits)?;
        if plan.train.watch {
            let validation = run.sets.validation.as_ref().map(|(_, samples)| samples);
            let start = &run.state.parameters;
            let (watcher, watch) = Watcher::new(&run.spec, start, &run.sets.train.1, validation)
                .map_err(|error| TrainError::Watch(Box::new(error)))?;
            (run.watcher, run.progress.watch) = (Some(watcher), Some(watch));
        }
        Ok(run)
    }

    /// A run on an engine of your own: a fresh session for
    /// [`plan.spec_for`](Plan::spec_for) of the training set. Such a run is not watched
    /// from inside.
    ///
    /// # Panics
    /// Later on, if the spec asks for an average and the engine keeps none, or if it
    /// does not take back what it gave.
    pub fn on(session: Box<dyn Session>, plan: &Plan, splits: &Splits) -> Result<Self, TrainError> {
        plan.check()?;
        Self::start(session, plan.spec_for(&splits.train)?, plan, splits)
    }

    fn start(
        mut session: Box<dyn Session>,
        spec: Spec,
        plan: &Plan,
        splits: &Splits,
    ) -> Result<Self, TrainError> {
        check_fit(plan, splits)?;
        check_batch_norm(&spec, splits.train.len())?;
        let feeder = Feeder::new(plan, splits.train.shape())?;
        let sets = Sets::upload(session.as_mut(), splits)?;
        let mut state = session.export();
        if let Some(path) = &plan.model.init {
            initialise(&spec, &plan.model.init_index, path, &mut state.parameters)?;
            let refused = |source| TrainError::Session { what: "initial weights", source };
            session.import_parameters(&state.parameters).map_err(refused)?;
            state = session.export();
        }
        let progress = Progress {
            epochs: Vec::new(),
            events: Vec::new(),
            lr: plan.train.lr,
            plateau: plateau_settings(plan).map(|settings| Plateau::new(&settings)),
            stopping: plan.train.early_stopping.as_ref().map(EarlyStopping::new),
            kept: Best::new(),
            best_samples: None,
            last_samples: None,
            watch: None,
        };
        Ok(Self {
            order: Vec::with_capacity(splits.train.len()),
            feeder,
            rates: Rates::new(&plan.train, spec.steps(splits.train.len())),
            averaging: Averaging::new(&plan.train),
            watcher: None,
            steps: Vec::new(),
            watched: watched(plan, splits.validation.is_some()),
            extras: plan.extras(),
            plan: plan.clone(),
            spec,
            session,
            sets,
            progress,
            state,
            averaged: None,
            best: Vec::new(),
            end: None,
        })
    }

    /// Goes on where another run stopped.
    pub(crate) fn resume(&mut self, from: Resume) -> Result<(), SessionError> {
        self.session.import(&from.state)?;
        self.state = from.state;
        self.best = from.best;
        self.progress = from.progress;
        let epoch = self.progress.epochs.len();
        self.swap_in_average(epoch);
        self.swap_out_average();
        self.progress.events.push(Event::Resumed { epoch });
        Ok(())
    }

    /// Threads for the next epoch; never changes a bit of a result.
    pub fn set_threads(&mut self, threads: usize) {
        self.session.set_threads(threads.max(1));
        if let Some(watcher) = &mut self.watcher {
            watcher.set_threads(threads.max(1));
        }
    }

    /// Trains for one epoch and measures. `None` when the run has ended, or when
    /// `stop` was raised: the epoch then counts for nothing.
    pub fn next_epoch(&mut self, stop: &AtomicBool) -> Option<&EpochRow> {
        if self.end.is_some() {
            return None;
        }
        if stop.load(Ordering::Relaxed) {
            self.interrupt();
            return None;
        }
        let epoch = self.progress.epochs.len() + 1;
        put_in_order(&self.plan, epoch, self.sets.train.1.len(), &mut self.order);
        self.set_steps(epoch);
        let started = Instant::now();
        if epoch == 1 {
            self.look(0);
        }
        let training = Instant::now();
        let feed = self.feeder.as_ref();
        let feed = feed.map(|feeder| feeder.epoch(epoch, &self.order, &self.sets.train.1));
        let run = EpochRun {
            order: &self.order,
            steps: Steps::Each(&self.steps),
            stop,
            feed: feed.as_ref().map(|feed| feed as &dyn Feed),
        };
        let tally = self.session.train_epoch(self.sets.train.0, run);
        let train_seconds = training.elapsed().as_secs_f64();
        if tally.end == EpochEnd::Stopped {
            self.interrupt();
            return None;
        }
        self.state = self.session.export();
        let last = epoch >= self.plan.train.epochs;
        if last || self.progress.watch.as_ref().is_some_and(|watch| watch.is_due(epoch)) {
            self.look(epoch);
        }
        self.swap_in_average(epoch);
        let outputs = self.spec.outputs;
        let session = self.session.as_mut();
        let (train, train_extras) = measure(session, &self.sets.train, &self.extras, outputs);
        let held = self.sets.validation.as_ref();
        let held = held.map(|set| measure(session, set, &self.extras, outputs));
        let (validation, val_extras) = held.unzip();
        self.swap_out_average();
        let extra = |(i, &extra): (usize, &Extra)| {
            let val = val_extras.as_ref().map(|scores| scores[i]);
            ExtraScore { extra, train: train_extras[i], val }
        };
        let row = EpochRow {
            epoch,
            lr: self.steps.last().map_or(f64::NAN, |step| step.lr),
            train_loss: tally.loss,
            train_penalty: tally.penalty,
            train_eval_loss: train.loss,
            score: self.score(),
            train_score: train.score,
            val_loss: validation.as_ref().map(|v| v.loss),
            val_score: validation.as_ref().map(|v| v.score),
            train_seconds,
            seconds: started.elapsed().as_secs_f64(),
            extras: self.extras.iter().enumerate().map(extra).collect(),
        };
        if let (Some(watch), Some(evaluation)) = (&mut self.progress.watch, &validation) {
            watch.predicted(epoch, evaluation.predicted.clone());
        }
        self.progress.last_samples =
            validation.map(|v| SampleScores { epoch, losses: v.losses, scores: v.scores });
        self.judge(&row, tally);
        if self.end.is_some() {
            self.look(epoch);
        }
        self.progress.epochs.push(row);
        self.progress.epochs.last()
    }

    /// Looks from inside at the state after `epoch`, unless that was done.
    fn look(&mut self, epoch: usize) {
        let (Some(watcher), Some(watch)) = (&mut self.watcher, &mut self.progress.watch) else {
            return;
        };
        let seen = watch.looks.last().is_some_and(|look| look.epoch >= epoch);
        let step = if epoch == 0 { self.steps.first() } else { self.steps.last() };
        if let (false, Some(&step)) = (seen, step) {
            watcher.look(watch, epoch, &self.state, step);
        }
    }

    /// What the schedule and the average tell each step.
    fn set_steps(&mut self, epoch: usize) {
        self.rates.fill(epoch, self.progress.lr, &mut self.steps);
        if let Some(averaging) = &self.averaging {
            averaging.fill(epoch, &mut self.steps);
        }
    }

    /// Puts the averaged weights after `epoch`, where there are any, in the session, with
    /// batch norm's statistics for them: those of the weights in training would not fit.
    fn swap_in_average(&mut self, epoch: usize) {
        if !self.averaging.is_some_and(|averaging| averaging.holds_after(epoch)) {
            return;
        }
        let at = self.spec.slots().position(|name| name == "average").expect("the plan's spec");
        let mut averaged = self.state.parameters.clone();
        for mean in &self.state.slots[at] {
            let place = averaged.iter_mut().find(|tensor| tensor.name == mean.name);
            place.expect("a slot is named like its parameter").clone_from(mean);
        }
        self.session.import_parameters(&averaged).expect("the session's own tensors");
        if self.spec.has_batch_norm() {
            self.order.clear();
            self.order.extend(0..self.sets.train.1.len() as u32);
            self.session.refresh_statistics(self.sets.train.0, &self.order);
            averaged = self.session.export().parameters;
        }
        self.averaged = Some(averaged);
    }

    /// Lets training go on from where it was.
    fn swap_out_average(&mut self) {
        if self.averaged.is_some() {
            self.session.import(&self.state).expect("the session's own state");
        }
    }

    /// The weights after the last whole epoch as they are evaluated and saved.
    fn evaluated(&self) -> &[Tensor] {
        self.averaged.as_deref().unwrap_or(&self.state.parameters)
    }

    /// What an epoch's figures mean for the run.
    fn judge(&mut self, row: &EpochRow, tally: EpochTally) {
        let epoch = row.epoch;
        let step = match tally.end {
            EpochEnd::Diverged { step } => Some(step),
            EpochEnd::Complete | EpochEnd::Stopped => None,
        };
        let figures = [row.train_loss, row.train_penalty, row.train_eval_loss];
        let finite = figures.into_iter().chain(row.val_loss).all(f64::is_finite);
        if step.is_some() || !finite {
            self.progress.events.push(Event::Diverged { epoch });
            self.end = Some(RunState::Diverged { epoch, step });
            return;
        }
        if self.progress.kept.step(self.watched, row) {
            self.best = self.evaluated().to_vec();
            self.progress.best_samples.clone_from(&self.progress.last_samples);
            self.progress.watch.iter_mut().for_each(Watch::keep);
        }
        let progress = &mut self.progress;
        let Progress { lr, plateau, stopping, events, .. } = progress;
        let figure = |metric| row.metric(metric).unwrap_or(f64::NAN);
        if let (Some(settings), Some(plateau)) = (plateau_settings(&self.plan), plateau)
            && epoch > self.rates.warmup()
            && let Some(cut) = plateau.step(&settings, figure(settings.monitor), *lr)
        {
            *lr = cut;
            events.push(Event::RateCut { epoch, lr: cut });
        }
        let stop = match (&self.plan.train.early_stopping, stopping) {
            (Some(settings), Some(stopping)) => stopping.step(settings, figure(settings.monitor)),
            _ => false,
        };
        if epoch >= self.plan.train.epochs {
            self.end = Some(RunState::Complete);
        } else if stop {
            events.push(Event::StoppedEarly { epoch });
            self.end = Some(RunState::StoppedEarly);
        }
    }

    /// Ends the run as interrupted, unless it has ended.
    pub fn interrupt(&mut self) {
        self.end.get_or_insert(RunState::Interrupted);
    }

    /// How the run ended; `None` while it can go on.
    pub fn ended(&self) -> Option<&RunState> {
        self.end.as_ref()
    }

    /// The rows so far.
    pub fn rows(&self) -> &[EpochRow] {
        &self.progress.epochs
    }

    /// The events so far.
    pub fn events(&self) -> &[Event] {
        &self.progress.events
    }

    /// What the network is scored by.
    pub fn score(&self) -> ScoreKind {
        match self.spec.loss.is_classification() {
            true => ScoreKind::Accuracy,
            false => ScoreKind::R2,
        }
    }

    /// What is being trained.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// SHA-256 of the training and validation samples.
    pub(crate) fn fingerprint(&self) -> String {
        let sets = std::iter::once(&self.sets.train).chain(&self.sets.validation);
        fingerprint(&sets.map(|(_, samples)| samples).collect::<Vec<_>>())
    }

    /// The trained parameters in short.
    fn summaries(&self) -> Vec<WeightSummary> {
        let infos = self.spec.parameters();
        let tensors = infos.iter().zip(self.evaluated());
        tensors.filter(|(info, _)| info.is_trained()).map(|(_, tensor)| summarise(tensor)).collect()
    }

    /// Closes the run: record and weights. A run that has not ended is interrupted.
    pub fn finish(mut self) -> Trained {
        self.interrupt();
        let (weights, score) = (self.summaries(), self.score());
        let record = Record {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").into(),
            instructions: wellfit_nn::instructions().into(),
            plan_hash: self.plan.hash(),
            arm: "baseline".into(),
            seed: self.plan.train.seed,
            fold: None,
            state: self.end.unwrap_or(RunState::Interrupted),
            best_epoch: self.progress.kept.epoch,
            weights,
            score,
            epochs: self.progress.epochs,
            events: self.progress.events,
            best_samples: self.progress.best_samples,
            last_samples: self.progress.last_samples,
            test: None,
            watch: self.progress.watch,
            diagnosis: None,
        };
        Trained { record, best: self.best, last: self.averaged.unwrap_or(self.state.parameters) }
    }
}

/// What `weights` (those of `plan`'s network, in order) give on one of the sets of
/// `splits` in evaluation mode.
///
/// # Errors
/// Weights that do not belong to the network, and a set that cannot be scored.
pub fn evaluate(
    plan: &Plan,
    weights: &[Tensor],
    splits: &Splits,
    set: &Dataset,
    threads: usize,
) -> Result<Evaluation, TrainError> {
    check_prepared("set", set)?;
    check_targets("set", set)?;
    let samples = samples(set, &splits.preparation);
    let (mut session, id) = uploaded(plan, weights, &splits.train, &samples, threads)?;
    Ok(session.evaluate(id))
}

/// The same with the network's outputs (a classifier's logits), sample after sample.
/// `train` is the training set, which the loss's class weights may depend on.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_with_outputs(
    plan: &Plan,
    weights: &[Tensor],
    train: &Dataset,
    samples: &Samples,
    threads: usize,
) -> Result<(Evaluation, Vec<f32>), TrainError> {
    let (mut session, id) = uploaded(plan, weights, train, samples, threads)?;
    Ok(session.evaluate_with_logits(id))
}

/// The same in short, with the scores of the plan's `train.metrics`.
///
/// # Errors
/// As [`evaluate`].
pub fn score(
    plan: &Plan,
    weights: &[Tensor],
    splits: &Splits,
    set: &Dataset,
    threads: usize,
) -> Result<Score, TrainError> {
    let extras = plan.extras();
    check_prepared("set", set)?;
    check_targets("set", set)?;
    let samples = samples(set, &splits.preparation);
    let (mut session, id) = uploaded(plan, weights, &splits.train, &samples, threads)?;
    let set = (id, samples);
    let outputs = splits.train.outputs();
    let (evaluation, found) = measure(session.as_mut(), &set, &extras, outputs);
    let extras = extras.into_iter().zip(found).collect();
    Ok(Score { extras, ..Score::from(&evaluation) })
}

/// A session of the plan's network with these weights, and samples in it.
fn uploaded(
    plan: &Plan,
    weights: &[Tensor],
    train: &Dataset,
    samples: &Samples,
    threads: usize,
) -> Result<(Box<dyn Session>, DataId), TrainError> {
    // Nothing is trained here, so nothing is averaged.
    let spec = Spec { average: false, ..plan.spec_for(train)? };
    let mut session = wellfit_nn::compile(&spec, threads.max(1))?;
    let refused = |what| move |source| TrainError::Session { what, source };
    session.import_parameters(weights).map_err(refused("weights"))?;
    let id = session.upload(samples).map_err(refused("data"))?;
    Ok((session, id))
}

/// What a session gives on a set, and the scores `extras` of it, all in one pass.
fn measure(
    session: &mut dyn Session,
    (id, samples): &(DataId, Samples),
    extras: &[Extra],
    outputs: usize,
) -> (Evaluation, Vec<f64>) {
    if extras.is_empty() {
        return (session.evaluate(*id), Vec::new());
    }
    let (evaluation, logits) = session.evaluate_with_logits(*id);
    (evaluation, scores(extras, samples, logits, outputs))
}

/// Loss and score in short, without further scores.
impl From<&Evaluation> for Score {
    fn from(evaluation: &Evaluation) -> Self {
        let kind = match evaluation.scores {
            Scores::Hits(_) => ScoreKind::Accuracy,
            Scores::R2(_) => ScoreKind::R2,
        };
        let (n, score) = (evaluation.losses.len(), evaluation.score);
        Self { loss: evaluation.loss, kind, score, n, extras: Vec::new() }
    }
}

/// A network takes numbers, no table as it was read.
pub(crate) fn check_prepared(name: &'static str, set: &Dataset) -> Result<(), TrainError> {
    match set.features() {
        Features::Table(_) => Err(TrainError::NotPrepared { set: name }),
        Features::Bytes(_) | Features::Floats(_) => Ok(()),
    }
}

fn check_targets(name: &'static str, set: &Dataset) -> Result<(), TrainError> {
    match set.constant_target() {
        None => Ok(()),
        Some(target) => Err(TrainError::ConstantTarget { set: name, target: target.into() }),
    }
}

fn plateau_settings(plan: &Plan) -> Option<PlateauSettings> {
    match plan.train.schedule {
        Some(Schedule { kind: ScheduleKind::ReduceOnPlateau(settings), .. }) => Some(settings),
        _ => None,
    }
}

/// What only plan and data together can tell.
fn check_fit(plan: &Plan, splits: &Splits) -> Result<(), TrainError> {
    let (batch_size, samples) = (plan.train.batch_size, splits.train.len());
    if plan.train.drop_last && batch_size > samples {
        return Err(TrainError::Batch { batch_size, samples });
    }
    let score = ScoreKind::of(splits.train.task());
    plan.check_metrics_fit(score.task(), splits.train.outputs())?;
    for (key, metric) in plan.monitors() {
        if metric.needs_validation() && splits.validation.is_none() {
            return Err(TrainError::Monitor { key, metric: metric.name() });
        }
        let wrong = |why| PlanError::about(key, format!("{key}: {why}"));
        metric.check_score(score).map_err(wrong)?;
        if let (Metric::Val(extra), Some(set)) = (metric, &splits.validation) {
            let (counts, names) = (set.class_counts(), splits.train.class_names());
            extra.check_classes("validation set", &counts, names).map_err(wrong)?;
        }
    }
    check_prepared("training set", &splits.train)?;
    check_targets("training set", &splits.train)?;
    for (name, set) in [("validation set", &splits.validation), ("test set", &splits.test)] {
        set.iter().try_for_each(|set| {
            check_prepared(name, set)?;
            check_targets(name, set)
        })?;
    }
    Ok(())
}

/// A batch of one sample has no variance, so batch norm over features cannot be
/// trained on it; PyTorch, too, refuses.
fn check_batch_norm(spec: &Spec, samples: usize) -> Result<(), PlanError> {
    let Some(layer) = spec.batch_norm_over_samples() else { return Ok(()) };
    let size = spec.batch_size;
    let (single, set) = if samples == 1 {
        ("there is only one training sample".into(), "take more data")
    } else if size == 1 {
        ("train.batch_size is 1".into(), "set it to 2 or more")
    } else if samples % size == 1 && !spec.drop_last {
        let last = format!("of {samples} training samples in batches of {size} one is left over");
        (last, "set train.last_batch = \"drop\", or another train.batch_size")
    } else {
        return Ok(());
    };
    let message = format!(
        "layer {layer} (batch-norm) needs at least two samples in every batch for a variance, but \
         {single}: {set}"
    );
    Err(PlanError::about(format!("model.layers.{}", layer.key()), message))
}

impl Sets {
    fn upload(session: &mut dyn Session, splits: &Splits) -> Result<Self, TrainError> {
        let mut upload = |what, set| {
            let samples = samples(set, &splits.preparation);
            match session.upload(&samples) {
                Ok(id) => Ok((id, samples)),
                Err(source) => Err(TrainError::Session { what, source }),
            }
        };
        Ok(Self {
            train: upload("training set", &splits.train)?,
            validation: match &splits.validation {
                Some(set) => Some(upload("validation set", set)?),
                None => None,
            },
        })
    }
}
