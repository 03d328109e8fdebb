//! Why data could not be prepared.

use thiserror::Error;

use crate::Shape;

/// Why data could not be prepared.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum PrepareFault {
    /// In which part of the splits.
    #[error("{part} set: {fault}")]
    In {
        /// `training`, `validation` or `test`.
        part: &'static str,
        /// What is wrong there.
        fault: Box<PrepareFault>,
    },
    /// Values are missing, and nothing is to stand in for them.
    #[error(
        "column \"{column}\": {count} of {samples} values are missing, the first in row {row} \
         (counted from 0); data.missing = \"median\" (or \"mean\", \"most-frequent\") \
         fills them, data.drop = [\"{column}\"] leaves the column out"
    )]
    Missing {
        /// The column.
        column: String,
        /// How many are missing.
        count: usize,
        /// Of how many.
        samples: usize,
        /// The first of them: a row of what was read, counted from 0.
        row: u32,
    },
    /// Nothing is there to fit on.
    #[error(
        "column \"{column}\": all {samples} values of the training set are missing; \
         data.drop = [\"{column}\"] leaves the column out"
    )]
    AllMissing {
        /// The column.
        column: String,
        /// How many.
        samples: usize,
    },
    /// An infinite number.
    #[error("column \"{column}\": the value in row {row} (counted from 0) is {value}")]
    Infinite {
        /// The column.
        column: String,
        /// A row of what was read, counted from 0.
        row: u32,
        /// ±infinity.
        value: f64,
    },
    /// Numbers so large that their mean or spread is infinite.
    #[error(
        "column \"{column}\": its values lie too far apart to be scaled; \
         data.drop = [\"{column}\"] leaves the column out, data.outliers limits it"
    )]
    TooWide {
        /// The column.
        column: String,
    },
    /// A prepared value that is no finite float32.
    #[error(
        "feature \"{feature}\": the value in row {row} (counted from 0) is {value} once it \
         is prepared, which is no finite float32; data.scale or data.outliers limits it"
    )]
    NotFinite {
        /// The feature.
        feature: String,
        /// A row of what was read, counted from 0.
        row: u32,
        /// What it would be.
        value: f64,
    },
    /// A category that training never saw, where that is an error.
    #[error(
        "column \"{column}\": row {row} (counted from 0) holds \"{category}\", which training \
         never saw; data.unknown = \"ignore\" sets none of the column's features"
    )]
    Unknown {
        /// The column.
        column: String,
        /// The category.
        category: String,
        /// A row of what was read, counted from 0.
        row: u32,
    },
    /// A column that was fitted on is not there.
    #[error("column \"{column}\" is missing; the table has {found}")]
    NoColumn {
        /// The column.
        column: String,
        /// The columns that are there, in words.
        found: String,
    },
    /// A column of another kind than the one that was fitted on.
    #[error("column \"{column}\" holds {found}, but in training it held {wanted}")]
    OtherKind {
        /// The column.
        column: String,
        /// What it holds.
        found: &'static str,
        /// What it held.
        wanted: &'static str,
    },
    /// A table whose columns do not hold what they should.
    #[error("column \"{column}\" does not fit its table: {why}")]
    BadColumn {
        /// The column.
        column: String,
        /// What is wrong.
        why: String,
    },
    /// Samples that look otherwise than those that were fitted on.
    #[error("samples are {found}, but in training they were {wanted}")]
    OtherSamples {
        /// What they are.
        found: String,
        /// What they were.
        wanted: String,
    },
    /// Bytes / 255 of something else.
    #[error(
        "data.scale = \"unit\" divides bytes by 255, but this is a table; \
         use scale = \"standard\", \"min-max\", \"robust\" or \"none\""
    )]
    UnitScaleOfTable,
    /// Dropping outliers leaves nothing, or nothing of a class.
    #[error(
        "data.outliers = {{ type = \"drop\", iqr = {iqr} }} leaves no training sample{of} of \
         {samples}: give a larger iqr, or clip instead"
    )]
    AllDropped {
        /// k.
        iqr: f64,
        /// Empty, or of which class.
        of: String,
        /// How many there were.
        samples: usize,
    },
    /// More features asked for than there are.
    #[error("data.select.keep = {keep}, but there are only {features} features: {shape}")]
    TooFewFeatures {
        /// How many are to stay.
        keep: usize,
        /// How many there are.
        features: usize,
        /// What a sample looks like, encoded.
        shape: Shape,
    },
    /// A bound that no feature passes.
    #[error("data.select.threshold = {threshold} leaves none of {features} features")]
    NoneSelected {
        /// The bound.
        threshold: f64,
        /// How many there are.
        features: usize,
    },
    /// Too many features to compare each with each.
    #[error(
        "data.select by \"{by}\" compares each feature with each, at most {most} of them, and \
         there are {features}; by = \"variance\" or \"anova-f\" takes any number"
    )]
    TooManyFeatures {
        /// How they were to be ranked.
        by: &'static str,
        /// How many there may be.
        most: usize,
        /// How many there are.
        features: usize,
    },
    /// Classes are balanced, numbers have none.
    #[error(
        "data.resample makes classes alike, but the samples have numbers to predict; \
         leave it out"
    )]
    ResampleNumbers,
    /// More rows than can be numbered.
    #[error(
        "data.resample = \"over\" would make {0} training samples, more than 4,294,967,295; \
         use \"under\", or train.loss with class weights"
    )]
    TooManyRows(u64),
    /// More prepared values than memory can hold.
    #[error(
        "{samples} samples of {features} features are more than memory can hold; data.drop \
         leaves out columns with many categories, such as identifiers"
    )]
    TooLarge {
        /// Samples.
        samples: usize,
        /// Features, once categories are encoded.
        features: usize,
    },
    /// A table, but nothing was fitted on one.
    #[error("a table cannot be prepared by what was not fitted on a table")]
    NotFitted,
    /// A file of another version, or a damaged one.
    #[error("{0}")]
    Stored(String),
}

impl PrepareFault {
    /// The same fault, with the part of the splits that it is in.
    pub(crate) fn within(self, part: &'static str) -> Self {
        PrepareFault::In { part, fault: Box::new(self) }
    }
}
