//! `train.schedule` in a plan file: its settings, read, written, and their rules.

use wellfit_nn::Optimizer;

use super::check::{require, require_not_negative};
use super::error::PlanError;
use super::section::{Field, Section};
use super::write::number;
use super::{Metric, Train};

/// How the learning rate moves. The formulas stand in `src/schedule`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// By which rule.
    pub kind: ScheduleKind,
    /// What comes before it. Not with one-cycle, which begins with one of its own.
    pub warmup: Option<Warmup>,
}

/// Without a warm-up.
impl From<ScheduleKind> for Schedule {
    fn from(kind: ScheduleKind) -> Self {
        Self { kind, warmup: None }
    }
}

/// A rule that moves the learning rate, by the name of PyTorch's class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ScheduleKind {
    /// ReduceLROnPlateau: the rate is cut when a figure stops improving.
    ReduceOnPlateau(PlateauSettings),
    /// StepLR: the rate is multiplied by `factor` every so many epochs.
    Step {
        /// Epochs, at least 1.
        every: usize,
        /// Above 0, at most 1. 0.1.
        factor: f64,
    },
    /// ExponentialLR: the rate is multiplied by `factor` after each epoch.
    Exponential {
        /// Above 0, at most 1.
        factor: f64,
    },
    /// CosineAnnealingLR: half a cosine from the optimiser's rate down to `min_lr`,
    /// over the epochs after warm-up.
    Cosine {
        /// At least 0, at most the optimiser's rate. 0.
        min_lr: f64,
    },
    /// OneCycleLR: up and down again over all steps of the run.
    OneCycle(OneCycleSettings),
}

impl ScheduleKind {
    /// The name in a plan file.
    pub fn name(&self) -> &'static str {
        match self {
            ScheduleKind::ReduceOnPlateau(_) => "reduce-on-plateau",
            ScheduleKind::Step { .. } => "step",
            ScheduleKind::Exponential { .. } => "exponential",
            ScheduleKind::Cosine { .. } => "cosine",
            ScheduleKind::OneCycle(_) => "one-cycle",
        }
    }
}

/// PyTorch's LinearLR, step by step: the rate rises linearly from `start_factor`
/// times the optimiser's to the optimiser's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warmup {
    /// How long, at least 1 and fewer than the run has.
    pub epochs: usize,
    /// Above 0, at most 1. 1/3.
    pub start_factor: f64,
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

/// PyTorch's defaults, on `val_loss`.
impl Default for PlateauSettings {
    fn default() -> Self {
        Self {
            monitor: Metric::ValLoss,
            factor: 0.1,
            patience: 10,
            threshold: 1e-4,
            threshold_mode: ThresholdMode::Rel,
            cooldown: 0,
            min_lr: 0.0,
        }
    }
}

/// How a threshold is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThresholdMode {
    /// A share of the best value.
    Rel,
    /// A difference to the best value.
    Abs,
}

/// Settings of PyTorch's OneCycleLR with cosine annealing. The optimiser's own rate is
/// not used.
/// <https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html>
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneCycleSettings {
    /// The highest rate, above 0.
    pub max_lr: f64,
    /// Share of the steps in which the rate rises, from 0 to 1. 0.3.
    pub pct_start: f64,
    /// The first rate is max_lr / div_factor; above 0. 25.
    pub div_factor: f64,
    /// The last rate is the first / final_div_factor; above 0. 1e4.
    pub final_div_factor: f64,
    /// Whether SGD's momentum, or Adam's β₁, falls while the rate rises and rises while
    /// it falls. true.
    pub cycle_momentum: bool,
    /// The momentum at the highest rate, at least 0 and below 1 (SGD: above 0). 0.85.
    pub base_momentum: f64,
    /// The momentum at the first and at the last rate, likewise. 0.95.
    pub max_momentum: f64,
}

impl OneCycleSettings {
    /// PyTorch's defaults for this highest rate.
    pub fn new(max_lr: f64) -> Self {
        Self {
            max_lr,
            pct_start: 0.3,
            div_factor: 25.0,
            final_div_factor: 1e4,
            cycle_momentum: true,
            base_momentum: 0.85,
            max_momentum: 0.95,
        }
    }
}

/// PyTorch's defaults.
const STEP_FACTOR: f64 = 0.1;
const START_FACTOR: f64 = 1.0 / 3.0;

pub(super) fn read_schedule(mut section: Section<'_>) -> Result<Schedule, PlanError> {
    let kinds = [
        ("reduce-on-plateau", read_plateau as fn(&mut Section<'_>) -> _),
        ("step", read_step),
        ("exponential", read_exponential),
        ("cosine", read_cosine),
        ("one-cycle", read_one_cycle),
    ];
    let read = section.need("type")?.choice(&kinds)?;
    let kind = read(&mut section)?;
    let warmup = section.field("warmup").map(|f| read_warmup(f.section()?)).transpose()?;
    section.finish()?;
    Ok(Schedule { kind, warmup })
}

fn read_plateau(section: &mut Section<'_>) -> Result<ScheduleKind, PlanError> {
    let default = PlateauSettings::default();
    let modes = [("rel", ThresholdMode::Rel), ("abs", ThresholdMode::Abs)];
    Ok(ScheduleKind::ReduceOnPlateau(PlateauSettings {
        monitor: section.field("monitor").map_or(Ok(default.monitor), |f| Metric::read(&f))?,
        factor: or_default(section.field("factor"), default.factor)?,
        patience: section.field("patience").map_or(Ok(default.patience), |f| f.count(0))?,
        threshold: or_default(section.field("threshold"), default.threshold)?,
        threshold_mode: section
            .field("threshold_mode")
            .map_or(Ok(default.threshold_mode), |f| f.choice(&modes))?,
        cooldown: section.field("cooldown").map_or(Ok(default.cooldown), |f| f.count(0))?,
        min_lr: or_default(section.field("min_lr"), default.min_lr)?,
    }))
}

fn read_step(section: &mut Section<'_>) -> Result<ScheduleKind, PlanError> {
    Ok(ScheduleKind::Step {
        every: section.need("every")?.count(1)?,
        factor: or_default(section.field("factor"), STEP_FACTOR)?,
    })
}

fn read_exponential(section: &mut Section<'_>) -> Result<ScheduleKind, PlanError> {
    Ok(ScheduleKind::Exponential { factor: section.need("factor")?.number()? })
}

fn read_cosine(section: &mut Section<'_>) -> Result<ScheduleKind, PlanError> {
    Ok(ScheduleKind::Cosine { min_lr: or_default(section.field("min_lr"), 0.0)? })
}

fn read_one_cycle(section: &mut Section<'_>) -> Result<ScheduleKind, PlanError> {
    let default = OneCycleSettings::new(section.need("max_lr")?.number()?);
    Ok(ScheduleKind::OneCycle(OneCycleSettings {
        pct_start: or_default(section.field("pct_start"), default.pct_start)?,
        div_factor: or_default(section.field("div_factor"), default.div_factor)?,
        final_div_factor: or_default(section.field("final_div_factor"), default.final_div_factor)?,
        cycle_momentum: section
            .field("cycle_momentum")
            .map_or(Ok(default.cycle_momentum), |f| f.flag())?,
        base_momentum: or_default(section.field("base_momentum"), default.base_momentum)?,
        max_momentum: or_default(section.field("max_momentum"), default.max_momentum)?,
        ..default
    }))
}

fn read_warmup(mut section: Section<'_>) -> Result<Warmup, PlanError> {
    let warmup = Warmup {
        epochs: section.need("epochs")?.count(1)?,
        start_factor: or_default(section.field("start_factor"), START_FACTOR)?,
    };
    section.finish()?;
    Ok(warmup)
}

fn or_default(field: Option<Field<'_>>, default: f64) -> Result<f64, PlanError> {
    field.map_or(Ok(default), |f| f.number())
}

pub(super) fn write_schedule(schedule: &Schedule) -> String {
    let settings = match schedule.kind {
        ScheduleKind::ReduceOnPlateau(s) => format!(
            "monitor = \"{}\", factor = {}, patience = {}, threshold = {}, \
             threshold_mode = \"{}\", cooldown = {}, min_lr = {}",
            s.monitor.name(),
            number(s.factor),
            s.patience,
            number(s.threshold),
            match s.threshold_mode {
                ThresholdMode::Rel => "rel",
                ThresholdMode::Abs => "abs",
            },
            s.cooldown,
            number(s.min_lr),
        ),
        ScheduleKind::Step { every, factor } => {
            format!("every = {every}, factor = {}", number(factor))
        }
        ScheduleKind::Exponential { factor } => format!("factor = {}", number(factor)),
        ScheduleKind::Cosine { min_lr } => format!("min_lr = {}", number(min_lr)),
        ScheduleKind::OneCycle(s) => format!(
            "max_lr = {}, pct_start = {}, div_factor = {}, final_div_factor = {}, \
             cycle_momentum = {}, base_momentum = {}, max_momentum = {}",
            number(s.max_lr),
            number(s.pct_start),
            number(s.div_factor),
            number(s.final_div_factor),
            s.cycle_momentum,
            number(s.base_momentum),
            number(s.max_momentum),
        ),
    };
    let warmup = schedule.warmup.map_or_else(String::new, |Warmup { epochs, start_factor }| {
        format!(", warmup = {{ epochs = {epochs}, start_factor = {} }}", number(start_factor))
    });
    format!("{{ type = \"{}\", {settings}{warmup} }}", schedule.kind.name())
}

pub(super) fn check_schedule(schedule: &Schedule, train: &Train) -> Result<(), PlanError> {
    match schedule.kind {
        ScheduleKind::ReduceOnPlateau(plateau) => {
            let ok = plateau.factor > 0.0 && plateau.factor < 1.0;
            require(ok, key("factor"), plateau.factor, "above 0 and below 1")?;
            require_not_negative(key("threshold"), plateau.threshold)?;
            require_not_negative(key("min_lr"), plateau.min_lr)?;
        }
        ScheduleKind::Step { every, factor } => {
            require(every > 0, key("every"), every, "at least 1")?;
            require_share(key("factor"), factor)?;
        }
        ScheduleKind::Exponential { factor } => require_share(key("factor"), factor)?,
        ScheduleKind::Cosine { min_lr } => {
            let range = format!("from 0 to train.optimizer.lr, {}", number(train.lr));
            require((0.0..=train.lr).contains(&min_lr), key("min_lr"), min_lr, &range)?;
        }
        ScheduleKind::OneCycle(settings) => check_one_cycle(&settings, train)?,
    }
    schedule.warmup.map_or(Ok(()), |warmup| check_warmup(&warmup, schedule, train))
}

fn check_one_cycle(settings: &OneCycleSettings, train: &Train) -> Result<(), PlanError> {
    for (name, value) in [
        ("max_lr", settings.max_lr),
        ("div_factor", settings.div_factor),
        ("final_div_factor", settings.final_div_factor),
    ] {
        let ok = value > 0.0 && value.is_finite();
        require(ok, key(name), value, "a finite number above 0")?;
    }
    let rise = settings.pct_start;
    require((0.0..=1.0).contains(&rise), key("pct_start"), rise, "from 0 to 1")?;
    for (name, value) in
        [("base_momentum", settings.base_momentum), ("max_momentum", settings.max_momentum)]
    {
        // SGD drops its buffer at momentum 0.
        let sgd = matches!(train.optimizer, Optimizer::Sgd { .. });
        let range = if sgd { "above 0 and below 1" } else { "at least 0 and below 1" };
        let ok = (0.0..1.0).contains(&value) && !(sgd && value == 0.0);
        require(ok, key(name), value, range)?;
    }
    if settings.cycle_momentum && matches!(train.optimizer, Optimizer::RmsProp { .. }) {
        let message = "train.schedule.cycle_momentum is true, but rmsprop has no momentum that \
                       could be moved";
        return Err(PlanError::about(key("cycle_momentum"), message)
            .with_hint(Some("set cycle_momentum = false, or take sgd, adam or adamw".into())));
    }
    Ok(())
}

fn check_warmup(warmup: &Warmup, schedule: &Schedule, train: &Train) -> Result<(), PlanError> {
    if let ScheduleKind::OneCycle(_) = schedule.kind {
        let message = "train.schedule.warmup cannot stand with one-cycle, which begins with a \
                       warm-up of its own";
        return Err(PlanError::about(key("warmup"), message)
            .with_hint(Some("leave it out; pct_start says how long the rate rises".into())));
    }
    let (epochs, all) = (warmup.epochs, train.epochs);
    require(epochs > 0, key("warmup.epochs"), epochs, "at least 1")?;
    let range = format!("below train.epochs, {all}, so that {} follows", schedule.kind.name());
    require(epochs < all, key("warmup.epochs"), epochs, &range)?;
    require_share(key("warmup.start_factor"), warmup.start_factor)
}

fn key(name: &str) -> String {
    format!("train.schedule.{name}")
}

fn require_share(key: String, value: f64) -> Result<(), PlanError> {
    require(value > 0.0 && value <= 1.0, key, value, "above 0 and at most 1")
}
