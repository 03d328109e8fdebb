//! Figures of an epoch by name, and `train.metrics` in a plan file.

use wellfit_metrics::{Extra, MOST_TOP, Task};

use super::document::Value;
use super::error::PlanError;
use super::section::Field;
use super::{Plan, Schedule, ScheduleKind, did_you_mean};
use crate::record::ScoreKind;

/// A figure of an epoch that can be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// `train_loss`
    TrainLoss,
    /// `train_eval_loss`
    TrainEvalLoss,
    /// `train_accuracy`, of classifiers.
    TrainAccuracy,
    /// `val_loss`
    ValLoss,
    /// `val_accuracy`, of classifiers.
    ValAccuracy,
    /// `train_r2`, in regression.
    TrainR2,
    /// `val_r2`, in regression.
    ValR2,
    /// One of `train.metrics` on the training set, such as `train_f1_macro`; never one
    /// that [every run has](Extra::is_standard).
    Train(Extra),
    /// Likewise on the validation set, such as `val_f1_macro`.
    Val(Extra),
}

impl Metric {
    /// Those that runs have without asking.
    pub const ALL: [Metric; 7] = [
        Metric::TrainLoss,
        Metric::TrainEvalLoss,
        Metric::TrainAccuracy,
        Metric::ValLoss,
        Metric::ValAccuracy,
        Metric::TrainR2,
        Metric::ValR2,
    ];

    /// The column's name in `history.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Metric::TrainLoss => "train_loss",
            Metric::TrainEvalLoss => "train_eval_loss",
            Metric::TrainAccuracy => "train_accuracy",
            Metric::ValLoss => "val_loss",
            Metric::ValAccuracy => "val_accuracy",
            Metric::TrainR2 => "train_r2",
            Metric::ValR2 => "val_r2",
            Metric::Train(extra) => extra.columns()[0],
            Metric::Val(extra) => extra.columns()[1],
        }
    }

    /// The metric of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        let own = Self::ALL.into_iter().find(|metric| metric.name() == name);
        own.or_else(|| match Extra::from_column(name)? {
            (extra, _) if extra.is_standard() => None,
            (extra, true) => Some(Metric::Val(extra)),
            (extra, false) => Some(Metric::Train(extra)),
        })
    }

    /// The metric that a field of a plan file names.
    ///
    /// # Errors
    /// Another text, with what there is and what may have been meant.
    pub fn read(field: &Field<'_>) -> Result<Metric, PlanError> {
        if let Value::Text(text) = &field.node().value {
            if let Some(metric) = Metric::from_name(text) {
                return Ok(metric);
            }
            let extras = Extra::ALL.into_iter().filter(|extra| !extra.is_standard());
            let columns: Vec<&str> = extras.flat_map(Extra::columns).collect();
            let begun = columns.iter().find(|column| text.len() > 4 && column.starts_with(text));
            let hint = match begun {
                Some(column) => Some(format!("did you mean `{column}`?")),
                None => did_you_mean(text, columns),
            };
            if hint.is_some() {
                let message = format!("names no metric: \"{text}\"");
                return Err(field.error(message).with_hint(hint));
            }
        }
        field.choice(&Metric::ALL.map(|metric| (metric.name(), metric)))
    }

    /// Scores go up, losses and errors down.
    pub fn higher_is_better(self) -> bool {
        match self.extra() {
            Some(extra) => extra.higher_is_better(),
            None => self.score().is_some(),
        }
    }

    /// Which of the scores that every run has it is; `None` for a loss, and for one of
    /// `train.metrics`.
    pub fn score(self) -> Option<ScoreKind> {
        match self {
            Metric::TrainAccuracy | Metric::ValAccuracy => Some(ScoreKind::Accuracy),
            Metric::TrainR2 | Metric::ValR2 => Some(ScoreKind::R2),
            Metric::TrainLoss
            | Metric::TrainEvalLoss
            | Metric::ValLoss
            | Metric::Train(_)
            | Metric::Val(_) => None,
        }
    }

    /// Which of `train.metrics` it is; `None` for what every run has.
    pub fn extra(self) -> Option<Extra> {
        match self {
            Metric::Train(extra) | Metric::Val(extra) => Some(extra),
            _ => None,
        }
    }

    /// Whether it is a share of samples, which is written in per cent.
    pub fn is_share(self) -> bool {
        match self.extra() {
            Some(extra) => extra.is_share(),
            None => self.score() == Some(ScoreKind::Accuracy),
        }
    }

    /// The same figure on the training set, in evaluation mode, and on the validation set.
    pub fn sides(self) -> [Metric; 2] {
        match self {
            Metric::TrainLoss | Metric::TrainEvalLoss | Metric::ValLoss => {
                [Metric::TrainEvalLoss, Metric::ValLoss]
            }
            Metric::TrainAccuracy | Metric::ValAccuracy => {
                [Metric::TrainAccuracy, Metric::ValAccuracy]
            }
            Metric::TrainR2 | Metric::ValR2 => [Metric::TrainR2, Metric::ValR2],
            Metric::Train(extra) | Metric::Val(extra) => [Metric::Train(extra), Metric::Val(extra)],
        }
    }

    /// Whether networks with this score have it.
    ///
    /// # Errors
    /// Where they do not: `val_accuracy is for classes; regression has val_r2`.
    pub fn check_score(self, score: ScoreKind) -> Result<(), String> {
        let other = match (self, score) {
            (Metric::TrainAccuracy, ScoreKind::R2) => Metric::TrainR2,
            (Metric::ValAccuracy, ScoreKind::R2) => Metric::ValR2,
            (Metric::TrainR2, ScoreKind::Accuracy) => Metric::TrainAccuracy,
            (Metric::ValR2, ScoreKind::Accuracy) => Metric::ValAccuracy,
            (Metric::Train(extra) | Metric::Val(extra), _) => {
                return extra.check(score.task(), usize::MAX);
            }
            _ => return Ok(()),
        };
        let (own, has) = match score {
            ScoreKind::R2 => ("classes", "regression has"),
            ScoreKind::Accuracy => ("regression", "classes have"),
        };
        Err(format!("{} is for {own}; {has} {}", self.name(), other.name()))
    }

    /// Whether it is measured on the validation set.
    pub fn needs_validation(self) -> bool {
        matches!(self, Metric::ValLoss | Metric::ValAccuracy | Metric::ValR2 | Metric::Val(_))
    }
}

impl ScoreKind {
    /// What samples have that are scored by it.
    pub fn task(self) -> Task {
        match self {
            ScoreKind::Accuracy => Task::Classes,
            ScoreKind::R2 => Task::Numbers,
        }
    }
}

/// `train.metrics = ["f1-macro", "auc"]`
pub(super) fn read_metrics(field: &Field<'_>) -> Result<Vec<Extra>, PlanError> {
    field.list()?.iter().map(read_extra).collect()
}

fn read_extra(field: &Field<'_>) -> Result<Extra, PlanError> {
    if let Value::Text(text) = &field.node().value
        && let Some(extra) = Extra::from_name(text)
    {
        return Ok(extra);
    }
    let known = Extra::ALL.into_iter().chain([Extra::Top(5)]);
    field.choice(&known.map(|extra| (extra.name(), extra)).collect::<Vec<_>>())
}

/// As it is read.
pub(super) fn write_metrics(metrics: &[Extra]) -> String {
    let names: Vec<String> = metrics.iter().map(|extra| format!("\"{}\"", extra.name())).collect();
    format!("[{}]", names.join(", "))
}

impl Plan {
    /// What is watched, by the key that says so.
    pub(crate) fn monitors(&self) -> impl Iterator<Item = (&'static str, Metric)> {
        let schedule = match self.train.schedule {
            Some(Schedule { kind: ScheduleKind::ReduceOnPlateau(settings), .. }) => {
                Some(("train.schedule.monitor", settings.monitor))
            }
            _ => None,
        };
        let stopping = self.train.early_stopping.map(|settings| settings.monitor);
        schedule.into_iter().chain(stopping.map(|metric| ("train.early_stopping.monitor", metric)))
    }

    /// Each of `train.metrics` once, and whatever is watched among them.
    pub(super) fn check_metrics(&self) -> Result<(), PlanError> {
        let metrics = &self.train.metrics;
        for (i, extra) in metrics.iter().enumerate() {
            let key = format!("train.metrics.{i}");
            let message = match extra {
                _ if metrics[..i].contains(extra) => {
                    format!("train.metrics names {} twice", extra.name())
                }
                Extra::Top(k) if !(2..=MOST_TOP).contains(k) => {
                    format!("{key} must be top-2 to top-{MOST_TOP}, not top-{k}")
                }
                _ => continue,
            };
            return Err(PlanError::about(key, message));
        }
        for (key, metric) in self.monitors() {
            if let Some(extra) = metric.extra()
                && !metrics.contains(&extra)
            {
                let message = format!(
                    "{key} is {}, which is not measured: add \"{}\" to train.metrics",
                    metric.name(),
                    extra.name()
                );
                return Err(PlanError::about(key, message));
            }
        }
        Ok(())
    }

    /// Those of `train.metrics` that are measured besides what every run has.
    pub(crate) fn extras(&self) -> Vec<Extra> {
        self.train.metrics.iter().copied().filter(|extra| !extra.is_standard()).collect()
    }

    /// The plan with `extra` among its metrics, last if it was not there.
    pub fn measure_also(&mut self, extra: Extra) {
        if !extra.is_standard() && !self.train.metrics.contains(&extra) {
            self.train.metrics.push(extra);
        }
    }

    /// Whether outputs of this kind have every one of `train.metrics`.
    pub(crate) fn check_metrics_fit(&self, task: Task, outputs: usize) -> Result<(), PlanError> {
        for (i, extra) in self.train.metrics.iter().enumerate() {
            extra.check(task, outputs).map_err(|why| {
                let key = format!("train.metrics.{i}");
                PlanError::about(key.clone(), format!("{key}: {why}"))
            })?;
        }
        Ok(())
    }
}
