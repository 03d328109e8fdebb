//! What a plan asks of its data, and what it gets.

use std::path::PathBuf;

use crate::Dataset;

/// The `[data]` section of a plan, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct DataRequest {
    /// A known data set's name, or a path (already relative to the working folder).
    pub source: String,
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
    /// How values are scaled; bytes: unit, floats: none, when `None`.
    pub scale: Option<Scale>,
}

/// What a network learns to predict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// As they are.
    None,
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
    /// How values are scaled, resolved.
    pub scale: Scale,
    /// `validation` is the set's own test split: figures chosen on it are optimistic.
    pub validation_is_test: bool,
    /// Where the data were found, in words: a path, or "embedded".
    pub origin: String,
}
