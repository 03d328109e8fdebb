//! Scores by name, as `train.metrics` lists them.

use std::sync::LazyLock;

use crate::weights::Weights;
use crate::{
    Calibration, Classified, Confusion, Predicted, Ranking, Undefined, calibration, errors,
};

/// What samples have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A class each.
    Classes,
    /// Numbers.
    Numbers,
}

/// A score that can be asked for by name. Those of classes come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Extra {
    /// `accuracy`: [`Confusion::accuracy`]. Every run of classes has it.
    Accuracy,
    /// `balanced-accuracy`: [`Confusion::balanced_accuracy`].
    BalancedAccuracy,
    /// `f1-macro`: [`Confusion::f1_macro`].
    F1Macro,
    /// `f1-weighted`: [`Confusion::f1_weighted`].
    F1Weighted,
    /// `precision-macro`: [`Confusion::precision_macro`].
    PrecisionMacro,
    /// `recall-macro`: [`Confusion::recall_macro`].
    RecallMacro,
    /// `auc`: [`Ranking::auc`].
    Auc,
    /// `average-precision`: [`Ranking::average_precision`].
    AveragePrecision,
    /// `top-5`: [`top_k`](crate::top_k), from 2 to [`MOST_TOP`].
    Top(u16),
    /// `log-loss`: [`log_loss`](crate::log_loss).
    LogLoss,
    /// `brier`: [`brier`](crate::brier).
    Brier,
    /// `ece`: [`Calibration::error`].
    Ece,
    /// `r2`: [`r2`](crate::r2). Every run of numbers has it.
    R2,
    /// `rmse`: [`root_mean_squared_error`](crate::root_mean_squared_error).
    Rmse,
    /// `mae`: [`mean_absolute_error`](crate::mean_absolute_error).
    Mae,
    /// `median-absolute-error`: [`median_absolute_error`](crate::median_absolute_error).
    MedianAbsoluteError,
    /// `max-error`: [`max_error`](crate::max_error).
    MaxError,
}

/// The largest k of `top-k`.
pub const MOST_TOP: u16 = 1000;

/// What an extra is called.
struct Names {
    /// In `train.metrics`.
    name: String,
    /// In tables: `F1 (macro)`.
    words: String,
    /// The columns of training and validation set: `val_f1_macro`.
    columns: [String; 2],
    /// Likewise in sentences: `validation F1 (macro)`.
    sides: [String; 2],
}

impl Names {
    fn of(name: String, words: String) -> Names {
        let column = name.replace('-', "_");
        Names {
            columns: ["train", "val"].map(|side| format!("{side}_{column}")),
            sides: ["training", "validation"].map(|side| format!("{side} {words}")),
            name,
            words,
        }
    }
}

/// Names of all but top-k, in [`Extra::ALL`]'s order.
static NAMES: LazyLock<Vec<Names>> = LazyLock::new(|| {
    Extra::ALL.map(|extra| Names::of(extra.plain_name().into(), extra.plain_words().into())).into()
});

/// Names of top-k, from 2 on.
static TOP_NAMES: LazyLock<Vec<Names>> = LazyLock::new(|| {
    (2..=MOST_TOP).map(|k| Names::of(format!("top-{k}"), format!("top-{k} accuracy"))).collect()
});

impl Extra {
    /// All but top-k.
    pub const ALL: [Extra; 16] = [
        Extra::Accuracy,
        Extra::BalancedAccuracy,
        Extra::F1Macro,
        Extra::F1Weighted,
        Extra::PrecisionMacro,
        Extra::RecallMacro,
        Extra::Auc,
        Extra::AveragePrecision,
        Extra::LogLoss,
        Extra::Brier,
        Extra::Ece,
        Extra::R2,
        Extra::Rmse,
        Extra::Mae,
        Extra::MedianAbsoluteError,
        Extra::MaxError,
    ];

    fn plain_name(self) -> &'static str {
        match self {
            Extra::Accuracy => "accuracy",
            Extra::BalancedAccuracy => "balanced-accuracy",
            Extra::F1Macro => "f1-macro",
            Extra::F1Weighted => "f1-weighted",
            Extra::PrecisionMacro => "precision-macro",
            Extra::RecallMacro => "recall-macro",
            Extra::Auc => "auc",
            Extra::AveragePrecision => "average-precision",
            Extra::Top(_) => "top-k",
            Extra::LogLoss => "log-loss",
            Extra::Brier => "brier",
            Extra::Ece => "ece",
            Extra::R2 => "r2",
            Extra::Rmse => "rmse",
            Extra::Mae => "mae",
            Extra::MedianAbsoluteError => "median-absolute-error",
            Extra::MaxError => "max-error",
        }
    }

    fn plain_words(self) -> &'static str {
        match self {
            Extra::Accuracy => "accuracy",
            Extra::BalancedAccuracy => "balanced accuracy",
            Extra::F1Macro => "F1 (macro)",
            Extra::F1Weighted => "F1 (weighted)",
            Extra::PrecisionMacro => "precision (macro)",
            Extra::RecallMacro => "recall (macro)",
            Extra::Auc => "ROC AUC",
            Extra::AveragePrecision => "average precision",
            Extra::Top(_) => "top-k accuracy",
            Extra::LogLoss => "log loss",
            Extra::Brier => "Brier score",
            Extra::Ece => "calibration error",
            Extra::R2 => "R²",
            Extra::Rmse => "RMSE",
            Extra::Mae => "MAE",
            Extra::MedianAbsoluteError => "median absolute error",
            Extra::MaxError => "largest error",
        }
    }

    fn names(self) -> &'static Names {
        match self {
            // What lies outside cannot be made from a name; it is called by the nearest.
            Extra::Top(k) => &TOP_NAMES[usize::from(k.clamp(2, MOST_TOP) - 2)],
            _ => &NAMES[Extra::ALL.iter().position(|extra| *extra == self).unwrap_or(0)],
        }
    }

    /// The name in `train.metrics`: `f1-macro`.
    pub fn name(self) -> &'static str {
        &self.names().name
    }

    /// The score of that name.
    pub fn from_name(name: &str) -> Option<Extra> {
        let plain = Extra::ALL.into_iter().find(|extra| extra.name() == name);
        plain.or_else(|| {
            let digits = name.strip_prefix("top-").filter(|digits| !digits.starts_with('0'))?;
            let k = digits.parse().ok().filter(|k| (2..=MOST_TOP).contains(k))?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(Extra::Top(k))
        })
    }

    /// Its columns in `history.csv`, of the training and the validation set:
    /// `train_f1_macro`, `val_f1_macro`.
    pub fn columns(self) -> [&'static str; 2] {
        let [train, val] = &self.names().columns;
        [train, val]
    }

    /// The score of such a column, and whether it is the validation set's.
    pub fn from_column(column: &str) -> Option<(Extra, bool)> {
        let (name, held) = match column.strip_prefix("val_") {
            Some(name) => (name, true),
            None => (column.strip_prefix("train_")?, false),
        };
        let extra = Extra::from_name(&name.replace('_', "-"))?;
        (extra.columns()[usize::from(held)] == column).then_some((extra, held))
    }

    /// In words: `F1 (macro)`.
    pub fn words(self) -> &'static str {
        &self.names().words
    }

    /// In words, of the training and the validation set: `validation F1 (macro)`.
    pub fn side_words(self) -> [&'static str; 2] {
        let [train, val] = &self.names().sides;
        [train, val]
    }

    /// What it is a score of.
    pub fn task(self) -> Task {
        match self {
            Extra::R2 | Extra::Rmse | Extra::Mae | Extra::MedianAbsoluteError | Extra::MaxError => {
                Task::Numbers
            }
            _ => Task::Classes,
        }
    }

    /// Whether it is to rise; then 1 is the best.
    pub fn higher_is_better(self) -> bool {
        match self {
            Extra::LogLoss
            | Extra::Brier
            | Extra::Ece
            | Extra::Rmse
            | Extra::Mae
            | Extra::MedianAbsoluteError
            | Extra::MaxError => false,
            Extra::Accuracy
            | Extra::BalancedAccuracy
            | Extra::F1Macro
            | Extra::F1Weighted
            | Extra::PrecisionMacro
            | Extra::RecallMacro
            | Extra::Auc
            | Extra::AveragePrecision
            | Extra::Top(_)
            | Extra::R2 => true,
        }
    }

    /// Whether it is a share of samples, which is written in per cent.
    pub fn is_share(self) -> bool {
        matches!(self, Extra::Accuracy | Extra::BalancedAccuracy | Extra::Top(_))
    }

    /// Whether every run measures it, asked for or not.
    pub fn is_standard(self) -> bool {
        matches!(self, Extra::Accuracy | Extra::R2)
    }

    /// The names of all that a task has, in a sentence.
    pub fn list(task: Task) -> String {
        let all = Extra::ALL.into_iter().filter(|extra| extra.task() == task);
        let mut names: Vec<&str> = all.map(Extra::name).collect();
        if task == Task::Classes {
            names.push("top-5 (and others)");
        }
        names.join(", ")
    }

    /// Whether networks with such outputs have it.
    ///
    /// # Errors
    /// Where they do not: `f1-macro is for classes; regression has r2, rmse, …`.
    pub fn check(self, task: Task, outputs: usize) -> Result<(), String> {
        let name = self.name();
        match (self.task(), task) {
            (Task::Classes, Task::Numbers) => {
                Err(format!("{name} is for classes; regression has {}", Extra::list(task)))
            }
            (Task::Numbers, Task::Classes) => {
                Err(format!("{name} is for regression; classes have {}", Extra::list(task)))
            }
            _ => match self {
                Extra::Top(k) if usize::from(k) >= outputs => Err(format!(
                    "{name} is always 1 with {outputs} classes: it needs more than {k}"
                )),
                _ => Ok(()),
            },
        }
    }

    /// Whether a set with so many samples of each class has it: ranks need samples of
    /// every class.
    ///
    /// # Errors
    /// Where a class has none: `auc is not defined: the validation set has no sample of
    /// …`.
    pub fn check_classes(
        self,
        set: &str,
        samples: &[usize],
        names: &[String],
    ) -> Result<(), String> {
        match samples.iter().position(|samples| *samples == 0) {
            Some(class) if self.is_ranking() => {
                let name = names.get(class).map_or("a class", String::as_str);
                Err(format!("{} is not defined: the {set} has no sample of {name}", self.name()))
            }
            _ => Ok(()),
        }
    }

    /// These scores of classified samples, in order; what is computed for one is used
    /// for all.
    ///
    /// # Panics
    /// For a score of numbers.
    pub fn of_classes(extras: &[Extra], set: &Classified) -> Vec<Result<f64, Undefined>> {
        let ranks = extras.iter().any(|extra| extra.is_ranking()).then(|| Ranking::of(set));
        Extra::weighted(extras, set, ranks.as_ref(), Weights::Once)
    }

    pub(crate) fn is_ranking(self) -> bool {
        matches!(self, Extra::Auc | Extra::AveragePrecision)
    }

    pub(crate) fn weighted(
        extras: &[Extra],
        set: &Classified,
        ranks: Option<&Ranking<'_>>,
        weights: Weights<'_>,
    ) -> Vec<Result<f64, Undefined>> {
        let confusion = Confusion::weighted(set, weights);
        let score = |extra: &Extra| match *extra {
            Extra::Accuracy => confusion.accuracy(),
            Extra::BalancedAccuracy => confusion.balanced_accuracy(),
            Extra::F1Macro => confusion.f1_macro(),
            Extra::F1Weighted => confusion.f1_weighted(),
            Extra::PrecisionMacro => confusion.precision_macro(),
            Extra::RecallMacro => confusion.recall_macro(),
            Extra::Auc => {
                ranks.map_or(Err(Undefined::Nothing), |ranks| ranks.weighted_auc(weights))
            }
            Extra::AveragePrecision => ranks
                .map_or(Err(Undefined::Nothing), |ranks| ranks.weighted_average_precision(weights)),
            Extra::Top(k) => calibration::weighted_top_k(set, usize::from(k), weights),
            Extra::LogLoss => calibration::weighted_log_loss(set, weights),
            Extra::Brier => calibration::weighted_brier(set, weights),
            Extra::Ece => Calibration::weighted(set, weights).error(),
            Extra::R2 | Extra::Rmse | Extra::Mae | Extra::MedianAbsoluteError | Extra::MaxError => {
                panic!("{} is no score of classes", extra.name())
            }
        };
        extras.iter().map(score).collect()
    }

    /// These scores of predicted numbers, in order.
    ///
    /// # Panics
    /// For a score of classes.
    pub fn of_numbers(extras: &[Extra], set: &Predicted) -> Vec<Result<f64, Undefined>> {
        extras.iter().map(|extra| extra.of_weighted(set, Weights::Once)).collect()
    }

    pub(crate) fn of_weighted(
        self,
        set: &Predicted,
        weights: Weights<'_>,
    ) -> Result<f64, Undefined> {
        match self {
            Extra::R2 => errors::weighted_r2(set, weights),
            Extra::Rmse => errors::weighted_rmse(set, weights),
            Extra::Mae => errors::weighted_mae(set, weights),
            Extra::MedianAbsoluteError => errors::weighted_median(set, weights),
            Extra::MaxError => errors::max_error(set),
            _ => panic!("{} is no score of numbers", self.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_columns_read_back() {
        let all = Extra::ALL.into_iter().chain([2, 5, 10, MOST_TOP].map(Extra::Top));
        for extra in all {
            assert_eq!(Extra::from_name(extra.name()), Some(extra));
            let [train, val] = extra.columns();
            assert_eq!(Extra::from_column(train), Some((extra, false)));
            assert_eq!(Extra::from_column(val), Some((extra, true)));
        }
        assert_eq!(Extra::F1Macro.columns(), ["train_f1_macro", "val_f1_macro"]);
        assert_eq!(Extra::Top(5).columns(), ["train_top_5", "val_top_5"]);
        assert_eq!(Extra::Top(5).side_words()[1], "validation top-5 accuracy");
        for bad in ["f1", "top-1", "top-0", "top-05", "top-+5", "top-1001", "top-k", "top-", ""] {
            assert_eq!(Extra::from_name(bad), None, "{bad}");
        }
        for bad in ["val_f1-macro", "f1_macro", "test_auc", "val_top-5", "val_"] {
            assert_eq!(Extra::from_column(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_score_of_the_other_task_says_what_there_is() {
        let error = Extra::Auc.check(Task::Numbers, 1).unwrap_err();
        assert!(error.starts_with("auc is for classes; regression has r2, rmse, mae"), "{error}");
        let error = Extra::Rmse.check(Task::Classes, 3).unwrap_err();
        assert!(error.contains("classes have accuracy, balanced-accuracy"), "{error}");
        assert!(Extra::Top(3).check(Task::Classes, 4).is_ok());
        let error = Extra::Top(5).check(Task::Classes, 5).unwrap_err();
        assert_eq!(error, "top-5 is always 1 with 5 classes: it needs more than 5");
    }
}
