//! Why there is no score.

use thiserror::Error;

/// Why labels and outputs, or targets and predictions, are no set to score.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SetError {
    /// Nothing to score.
    #[error("there is no sample")]
    Empty,
    /// Fewer classes than there must be.
    #[error("{classes} classes; at least two are needed")]
    Classes {
        /// How many there are.
        classes: usize,
    },
    /// Outputs that do not make a row a sample.
    #[error("{values} values do not make {samples} samples of {columns}")]
    Count {
        /// Values given.
        values: usize,
        /// Samples.
        samples: usize,
        /// Values of a sample.
        columns: usize,
    },
    /// A label that is no class.
    #[error("label {label} of sample {sample} is not below the number of classes, {classes}")]
    Label {
        /// What was given.
        label: u32,
        /// Where, from 0.
        sample: usize,
        /// How many classes there are.
        classes: usize,
    },
    /// Values that are no probabilities.
    #[error("the values of sample {sample} are no probabilities that add up to 1")]
    Probabilities {
        /// Which, from 0.
        sample: usize,
    },
    /// NaN or infinite.
    #[error("a value of sample {sample} is not finite")]
    NotFinite {
        /// Which, from 0.
        sample: usize,
    },
}

/// Why a score is not defined for a set.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Undefined {
    /// Ranks of a class can be told only where there are samples of it and of others.
    #[error("not defined: class {class} has no sample")]
    NoSample {
        /// Which, from 0.
        class: usize,
    },
    /// Likewise.
    #[error("not defined: every sample is of class {class}")]
    OneClass {
        /// Which, from 0.
        class: usize,
    },
    /// A target without spread has no R².
    #[error("not defined: target {target} is the same for all samples")]
    Constant {
        /// Which, from 0.
        target: usize,
    },
    /// A resample without samples, or a set with outputs that are not finite.
    #[error("not defined: there is no finite output to score")]
    Nothing,
}
