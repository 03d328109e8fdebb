//! What a plan asks of its data, and what it gets.

use std::path::PathBuf;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Dataset, Preparation};

/// The `[data]` section of a plan, checked. [`DataRequest::of`] is one with defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct DataRequest {
    /// A known data set's name, or a path (already relative to the working folder).
    pub source: String,
    /// How a table is read.
    pub table: TableRequest,
    /// How a folder of images is read.
    pub images: ImageRequest,
    /// Classes or numbers to predict; found from the data when `None`.
    pub task: Option<Task>,
    /// What is held out to judge by; the set's own validation split, else a tenth, when `None`.
    pub validation: Option<Holdout>,
    /// What is opened once at the end; the set's own test split, else nothing, when `None`.
    pub test: Option<Holdout>,
    /// The only thing that moves splits.
    pub split_seed: u64,
    /// Train on a part of the training samples: stratified by class, or, in regression,
    /// drawn evenly.
    pub subset: Option<Subset>,
    /// How parts and folds are drawn.
    pub split: SplitRule,
    /// How values are scaled; bytes: unit, tables: standard, float arrays: none, when `None`.
    pub scale: Option<Scale>,
    /// What else is fitted on the training part.
    pub prepare: PrepareRequest,
}

impl DataRequest {
    /// A source with everything else at its default.
    pub fn of(source: impl Into<String>) -> Self {
        DataRequest {
            source: source.into(),
            table: TableRequest::default(),
            images: ImageRequest::default(),
            task: None,
            validation: None,
            test: None,
            split_seed: 0,
            subset: None,
            split: SplitRule::Stratified,
            scale: None,
            prepare: PrepareRequest::default(),
        }
    }
}

/// How a table (CSV, TSV, Parquet) is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableRequest {
    /// The columns to predict; tables need at least one.
    pub target: Vec<String>,
    /// The only columns to learn from; all but target, group and time when empty.
    pub columns: Vec<String>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// Columns that hold numbers, whatever they look like.
    pub numeric: Vec<String>,
    /// Columns that hold categories, whatever they look like.
    pub categorical: Vec<String>,
    /// What separates fields; found from the header when `None`.
    pub separator: Option<char>,
    /// Texts that stand for a missing value; [`MISSING_VALUES`] when `None`.
    pub missing_values: Option<Vec<String>>,
}

/// Texts that stand for a missing value, unless a plan names others.
pub const MISSING_VALUES: [&str; 12] =
    ["", "NA", "N/A", "n/a", "na", "NaN", "nan", "NULL", "null", "None", "?", "#N/A"];

/// How a folder of class folders of images is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageRequest {
    /// Rows and columns that images are resized to; the first image's when `None`.
    pub size: Option<(usize, usize)>,
    /// 1: grey, 3: colour; colour if any image is, when `None`.
    pub channels: Option<usize>,
}

/// How parts and folds are drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SplitRule {
    /// Each part has every class in its proportion; in regression as `Random`.
    #[default]
    Stratified,
    /// Evenly.
    Random,
    /// All samples with one value in this column go to the same part.
    Grouped {
        /// The column, which is not learned from.
        column: String,
    },
    /// In the order of this column: training before validation before test.
    Time {
        /// The column, which is not learned from.
        column: String,
    },
}

impl SplitRule {
    /// The column that decides the part of a sample.
    pub fn column(&self) -> Option<&str> {
        match self {
            SplitRule::Grouped { column } | SplitRule::Time { column } => Some(column),
            SplitRule::Stratified | SplitRule::Random => None,
        }
    }
}

/// What is fitted on the training part, besides the scale, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PrepareRequest {
    /// What stands in for missing numbers; missing categories become the most frequent.
    pub missing: Missing,
    /// What becomes of categories that training never saw.
    pub unknown: Unknown,
    /// What becomes of outliers among numbers.
    pub outliers: Option<Outliers>,
    /// Which features stay.
    pub select: Option<Select>,
    /// How training samples are drawn so that classes are alike.
    pub resample: Option<Resample>,
}

/// What stands in for a missing number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// Nothing: it is an error.
    #[default]
    Error,
    /// The column's mean.
    Mean,
    /// The column's median.
    Median,
    /// The column's most frequent value, the smallest of equals.
    MostFrequent,
}

impl Missing {
    /// All, as a plan names them.
    pub const ALL: [Missing; 4] =
        [Missing::Error, Missing::Mean, Missing::Median, Missing::MostFrequent];

    /// The name in the plan file.
    pub fn name(self) -> &'static str {
        match self {
            Missing::Error => "error",
            Missing::Mean => "mean",
            Missing::Median => "median",
            Missing::MostFrequent => "most-frequent",
        }
    }
}

/// What becomes of a category that training never saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unknown {
    /// None of the column's features is 1.
    #[default]
    Ignore,
    /// It is an error.
    Error,
}

/// What becomes of numbers far from the rest of their column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outliers {
    /// Values beyond the quantiles q and 1 − q become these.
    Winsorise {
        /// Above 0 and below 0.5.
        quantile: f64,
    },
    /// Values beyond quartile ± k·IQR become that bound.
    Clip {
        /// k, above 0.
        iqr: f64,
    },
    /// Training samples with such a value are left out.
    Drop {
        /// k, above 0.
        iqr: f64,
    },
}

/// Which features stay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Select {
    /// How features are ranked.
    pub by: SelectBy,
    /// How many of them stay.
    pub keep: Keep,
}

/// How features are ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectBy {
    /// By their variance.
    Variance,
    /// By how little they correlate with those before them.
    Correlation,
    /// By mutual information with the target.
    MutualInformation,
    /// By the F statistic of an analysis of variance (in regression of the correlation).
    AnovaF,
    /// By when they enter a linear model along its L1 path.
    L1Path,
}

impl SelectBy {
    /// All, as a plan names them.
    pub const ALL: [SelectBy; 5] = [
        SelectBy::Variance,
        SelectBy::Correlation,
        SelectBy::MutualInformation,
        SelectBy::AnovaF,
        SelectBy::L1Path,
    ];

    /// The name in the plan file.
    pub fn name(self) -> &'static str {
        match self {
            SelectBy::Variance => "variance",
            SelectBy::Correlation => "correlation",
            SelectBy::MutualInformation => "mutual-information",
            SelectBy::AnovaF => "anova-f",
            SelectBy::L1Path => "l1-path",
        }
    }
}

/// How many features stay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Keep {
    /// So many, at least 1.
    Count(usize),
    /// A fraction, above 0 and at most 1.
    Fraction(f64),
    /// Those beyond a bound: of variance, those above it; of correlation, those that
    /// correlate with none before them by more than it.
    Threshold(f64),
}

/// How training samples are drawn so that classes are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resample {
    /// Samples of smaller classes are drawn again until all are as large as the largest.
    Over,
    /// Samples of larger classes are left out until all are as small as the smallest.
    Under,
}

/// What a network learns to predict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// One of several classes.
    Classification,
    /// One or more numbers.
    Regression,
}

impl Task {
    /// The name in the plan file.
    pub fn name(self) -> &'static str {
        match self {
            Task::Classification => "classification",
            Task::Regression => "regression",
        }
    }
}

/// Where held-out samples come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Holdout {
    /// A fraction of the training samples, above 0 and below 1: stratified by class, or,
    /// in regression, drawn evenly.
    Fraction(f64),
    /// The set's own test split.
    TestSplit,
    /// A file of the same kind as the source.
    File(PathBuf),
}

/// How many training samples to keep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subset {
    /// So many, at least 1.
    Count(usize),
    /// A fraction, above 0 and at most 1.
    Fraction(f64),
}

/// How values are scaled before they reach the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Bytes / 255.
    Unit,
    /// (x − mean) / standard deviation, by column; of images by channel.
    Standard,
    /// (x − min) / (max − min), likewise.
    MinMax,
    /// (x − median) / IQR, likewise.
    Robust,
    /// As they are.
    None,
}

impl Scale {
    /// All, as a plan names them.
    pub const ALL: [Scale; 5] =
        [Scale::Unit, Scale::Standard, Scale::MinMax, Scale::Robust, Scale::None];

    /// The name in the plan file.
    pub fn name(self) -> &'static str {
        match self {
            Scale::Unit => "unit",
            Scale::Standard => "standard",
            Scale::MinMax => "min-max",
            Scale::Robust => "robust",
            Scale::None => "none",
        }
    }
}

/// The parts of a data set.
#[derive(Clone, Debug)]
pub struct Splits {
    /// What is trained on.
    pub train: Dataset,
    /// What arms are judged by.
    pub validation: Option<Dataset>,
    /// What is opened once, for the final figure.
    pub test: Option<Dataset>,
    /// What was fitted on the training part and done to all parts.
    pub preparation: Arc<Preparation>,
    /// `validation` is the set's own test split: figures chosen on it are optimistic.
    pub validation_is_test: bool,
    /// Where the data were found, in words: a path, or "embedded".
    pub origin: String,
}
