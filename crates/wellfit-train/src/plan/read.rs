//! From a document to a plan.

use std::path::Path;

use wellfit_nn::{Optimizer, Penalty, PenaltyKind, PenaltyOn, Precision};

use super::augment::read_augment;
use super::average::read_average;
use super::data::read_data;
use super::document::{Document, Value};
use super::error::PlanError;
use super::layers::read_layers;
use super::metric::read_metrics;
use super::schedule::read_schedule;
use super::section::{Field, Section};
use super::{EarlyStoppingSettings, LossSettings, Metric, Model, Plan, Train};

impl Plan {
    /// Reads the plan in `document` (its `[study]` is left to whoever knows studies).
    /// Relative paths are taken from `folder` and made absolute, so that the plan
    /// means the same wherever it is read again.
    ///
    /// # Errors
    /// An unknown key, a wrong type or a value out of range, each with its line.
    pub fn read(document: &Document, folder: &Path) -> Result<Plan, PlanError> {
        let mut top = document.top();
        let (data, model) = (top.need("data")?, top.need("model")?);
        let train = top.field("train").map(Field::section).transpose()?;
        top.field("study");
        top.finish()?;
        let plan = Plan {
            data: read_data(data.section()?, folder)?,
            model: read_model(model.section()?, folder)?,
            train: train.map_or_else(|| Ok(Train::default()), read_train)?,
        };
        plan.check().map_err(|error| error.locate(document))?;
        Ok(plan)
    }
}

/// The path from the root on; as it is where the working folder cannot be told.
pub(super) fn absolute(path: &Path) -> std::path::PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

fn read_model(mut section: Section<'_>, folder: &Path) -> Result<Model, PlanError> {
    let init = section.field("init").map(|f| f.text()).transpose()?;
    let layers = read_layers(&section.need("layers")?)?;
    let init_index = match section.field("init_index") {
        None => (0..layers.len()).map(Some).collect(),
        Some(field) => field.list()?.iter().map(read_index).collect::<Result<_, _>>()?,
    };
    section.finish()?;
    let init = init.map(|path| absolute(&folder.join(path)));
    Ok(Model { init, init_index, layers })
}

/// -1 stands for a layer that `init` does not have.
fn read_index(field: &Field<'_>) -> Result<Option<usize>, PlanError> {
    match field.node().value {
        Value::Integer(-1) => Ok(None),
        _ => field.count(0).map(Some),
    }
}

fn read_train(mut section: Section<'_>) -> Result<Train, PlanError> {
    let default = Train::default();
    let (optimizer, lr) = match section.field("optimizer") {
        Some(field) => read_optimizer(field.section()?)?,
        None => (default.optimizer, default.lr),
    };
    let train = Train {
        seed: section.field("seed").map_or(Ok(default.seed), |f| f.count(0))?,
        epochs: section.field("epochs").map_or(Ok(default.epochs), |f| f.count(1))?,
        batch_size: section.field("batch_size").map_or(Ok(default.batch_size), |f| f.count(1))?,
        drop_last: section
            .field("last_batch")
            .map_or(Ok(default.drop_last), |f| f.choice(&[("keep", false), ("drop", true)]))?,
        shuffle: section.field("shuffle").map_or(Ok(default.shuffle), |f| f.flag())?,
        loss: section.field("loss").map(|f| LossSettings::read(f.section()?)).transpose()?,
        optimizer,
        lr,
        schedule: section.field("schedule").map(|f| read_schedule(f.section()?)).transpose()?,
        penalties: match section.field("penalties") {
            None => Vec::new(),
            Some(field) => field
                .list()?
                .into_iter()
                .map(|f| read_penalty(f.section()?))
                .collect::<Result<_, _>>()?,
        },
        early_stopping: section
            .field("early_stopping")
            .map(|f| read_early_stopping(f.section()?))
            .transpose()?,
        clip_grad_norm: section.field("clip_grad_norm").map(|f| f.number()).transpose()?,
        precision: match section.field("precision") {
            Some(field) => {
                let all = [Precision::F32, Precision::Bf16];
                field.choice(&all.map(|precision| (precision.name(), precision)))?
            }
            None => Precision::F32,
        },
        max_norm: section.field("max_norm").map(|f| f.number()).transpose()?,
        augment: match section.field("augment") {
            None => Vec::new(),
            Some(field) => field
                .list()?
                .into_iter()
                .map(|f| read_augment(f.section()?))
                .collect::<Result<_, _>>()?,
        },
        average: section.field("average").map(|f| read_average(f.section()?)).transpose()?,
        watch: section.field("watch").map_or(Ok(default.watch), |f| f.flag())?,
        metrics: section.field("metrics").map_or(Ok(Vec::new()), |f| read_metrics(&f))?,
    };
    section.finish()?;
    Ok(train)
}

fn read_optimizer(mut section: Section<'_>) -> Result<(Optimizer, f64), PlanError> {
    #[derive(Clone, Copy)]
    enum Type {
        Adam { decoupled: bool },
        RmsProp,
        Sgd,
    }
    let types = [
        ("adam", Type::Adam { decoupled: false }),
        ("adamw", Type::Adam { decoupled: true }),
        ("rmsprop", Type::RmsProp),
        ("sgd", Type::Sgd),
    ];
    let kind = section.field("type").map_or(Ok(types[0].1), |f| f.choice(&types))?;
    let lr = section.field("lr").map_or(Ok(Train::default().lr), |f| f.number())?;
    let decay = if let Type::Adam { decoupled: true } = kind { ADAMW_DECAY } else { 0.0 };
    let weight_decay = section.field("weight_decay").map_or(Ok(decay), |f| f.number())?;
    let optimizer = match kind {
        Type::Adam { decoupled } => Optimizer::Adam {
            betas: section.field("betas").map_or(Ok(ADAM_BETAS), |f| read_betas(&f))?,
            eps: section.field("eps").map_or(Ok(ADAM_EPS), |f| f.number())?,
            weight_decay,
            decoupled,
        },
        Type::RmsProp => Optimizer::RmsProp {
            alpha: section.field("alpha").map_or(Ok(RMSPROP_ALPHA), |f| f.number())?,
            eps: section.field("eps").map_or(Ok(ADAM_EPS), |f| f.number())?,
            weight_decay,
        },
        Type::Sgd => Optimizer::Sgd {
            momentum: section.field("momentum").map_or(Ok(0.0), |f| f.number())?,
            nesterov: section.field("nesterov").map_or(Ok(false), |f| f.flag())?,
            weight_decay,
        },
    };
    section.finish()?;
    Ok((optimizer, lr))
}

/// PyTorch's defaults.
pub(super) const ADAM_BETAS: (f64, f64) = (0.9, 0.999);
pub(super) const ADAM_EPS: f64 = 1e-8;
const ADAMW_DECAY: f64 = 1e-2;
const RMSPROP_ALPHA: f64 = 0.99;

fn read_betas(field: &Field<'_>) -> Result<(f64, f64), PlanError> {
    match field.list()?.as_slice() {
        [first, second] => Ok((first.number()?, second.number()?)),
        items => Err(field.error(format!("must hold two numbers, not {}", items.len()))),
    }
}

fn read_penalty(mut section: Section<'_>) -> Result<Penalty, PlanError> {
    let kinds =
        [("l1", PenaltyKind::L1), ("l2", PenaltyKind::L2), ("l2-norm", PenaltyKind::L2Norm)];
    let covers = [("all", PenaltyOn::All), ("weights", PenaltyOn::Weights)];
    let penalty = Penalty {
        kind: section.need("type")?.choice(&kinds)?,
        lambda: section.need("lambda")?.number()?,
        on: section.field("on").map_or(Ok(PenaltyOn::All), |f| f.choice(&covers))?,
    };
    section.finish()?;
    Ok(penalty)
}

fn read_early_stopping(mut section: Section<'_>) -> Result<EarlyStoppingSettings, PlanError> {
    let default = EarlyStoppingSettings::default();
    let settings = EarlyStoppingSettings {
        monitor: section.field("monitor").map_or(Ok(default.monitor), |f| Metric::read(&f))?,
        patience: section.field("patience").map_or(Ok(default.patience), |f| f.count(1))?,
        min_delta: section.field("min_delta").map_or(Ok(default.min_delta), |f| f.number())?,
    };
    section.finish()?;
    Ok(settings)
}
