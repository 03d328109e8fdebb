//! What can be wrong with data, in words: what, where, and what would be right.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::{ImageFault, PrepareFault, Shape, TableFault};

/// Why data could not be had.
#[derive(Debug, Error)]
pub enum DataError {
    /// A file or folder is not what it should be.
    #[error("{}: {fault}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// Values and labels make no data set.
    #[error(transparent)]
    Set(#[from] SetFault),
    /// A set cannot be split as asked.
    #[error(transparent)]
    Split(#[from] SplitFault),
    /// A set cannot be prepared as asked.
    #[error(transparent)]
    Prepare(#[from] PrepareFault),
    /// A known data set is nowhere.
    #[error("data set \"{name}\" was not found\n  looked in: {looked}\n  to get it: {advice}")]
    NotFound {
        /// Its name.
        name: String,
        /// The folders that were looked into.
        looked: String,
        /// The ways to get it.
        advice: String,
    },
    /// The source is neither a known data set nor a path that exists.
    #[error(
        "data.source = \"{source_name}\": neither a known data set ({known}) nor a file or folder"
    )]
    UnknownSource {
        /// What the plan says.
        source_name: String,
        /// The names that are known.
        known: String,
    },
    /// The set is embedded only in builds with the feature `sample`.
    #[error(
        "data set \"{0}\" is not in this build: build with the feature `sample`, \
         or use \"fashion-mnist\""
    )]
    NotEmbedded(String),
    /// The scale does not suit the values.
    #[error(
        "data.scale = \"unit\" divides bytes by 255, but the values are floats; \
         use scale = \"none\""
    )]
    UnitScaleOfFloats,
    /// A download failed.
    #[cfg(feature = "fetch")]
    #[error(transparent)]
    Fetch(#[from] crate::FetchFault),
}

/// What can be wrong with a file or folder.
#[derive(Debug, Error)]
pub enum FileFault {
    /// Nothing is there.
    #[error("no such file or folder")]
    Missing,
    /// A folder where a file is needed.
    #[error("is a folder; a file is needed here")]
    IsFolder,
    /// No bytes.
    #[error("is empty (0 bytes)")]
    Empty,
    /// The operating system says no.
    #[error("{0}")]
    Io(io::Error),
    /// A gzip or deflate stream ends too early.
    #[error("is truncated: its compressed data end too early; copy or download it again")]
    TruncatedStream,
    /// A gzip or deflate stream is damaged.
    #[error("is damaged: {0}; copy or download it again")]
    CorruptStream(io::Error),
    /// Fewer values than promised.
    #[error("is truncated: its header promises {needed} bytes of values, {found} are there")]
    Truncated {
        /// Bytes that the header promises.
        needed: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// More values than promised.
    #[error("goes on after the {promised} bytes of values that its header promises")]
    TrailingBytes {
        /// Bytes that the header promises.
        promised: u64,
    },
    /// More values than memory or the row numbers of a set can hold.
    #[error("holds {dims:?} values, more than can be read (4,294,967,295 samples, and memory)")]
    TooLarge {
        /// The dimensions it gives.
        dims: Vec<u64>,
    },
    /// Not an IDX file.
    #[error("is no IDX file: it starts with {0:02x?}; an IDX file of bytes starts with 00 00 08")]
    NotIdx(Vec<u8>),
    /// An IDX file of values that are not bytes.
    #[error("holds IDX values of type 0x{0:02x}; unsigned bytes (0x08) are read")]
    IdxType(u8),
    /// An IDX file with another number of dimensions than its role asks for.
    #[error("has {found} dimensions; {wanted}")]
    IdxDimensions {
        /// How many it has.
        found: usize,
        /// What was needed.
        wanted: &'static str,
    },
    /// Images and labels that are not of one set.
    #[error("holds {labels} labels, but {} holds {samples} samples", values_file.display())]
    LabelCount {
        /// Labels in this file.
        labels: usize,
        /// Samples in the other.
        samples: usize,
        /// The other.
        values_file: PathBuf,
    },
    /// A folder without training images.
    #[error(
        "holds no IDX files: {0} is needed, plain or with .gz \
         (or the same with a dot before idx)"
    )]
    NoIdxFiles(String),
    /// An images file without its labels, or the reverse.
    #[error("has no companion: {} is needed beside it, plain or with .gz", expected.display())]
    NoCompanion {
        /// What should be there.
        expected: PathBuf,
    },
    /// A folder that would have to hold one pair of files.
    #[error("holds {0} sets of IDX files; for held-out data name the one images file")]
    ManyPairs(usize),
    /// A kind of file that is not read.
    #[error(
        "is of a kind that is not read; tables (.csv, .tsv, .txt, .parquet), arrays (.npz, .npy), \
         IDX files, and folders of IDX files or of images are read"
    )]
    UnknownKind,
    /// Held-out data of another kind than the source.
    #[error("is not of the same kind as the source ({wanted})")]
    OtherKind {
        /// What the source is.
        wanted: &'static str,
    },
    /// Held-out samples that the source's network could not take.
    #[error("holds samples of {found}, the training data of {wanted}")]
    OtherSamples {
        /// What it holds.
        found: String,
        /// What the source holds.
        wanted: String,
    },
    /// Not a zip archive, or a damaged one.
    #[error("is no NPZ file that can be read: {0}")]
    Zip(&'static str),
    /// An NPZ file without `x` or `y`.
    #[error(
        "holds no array \"{wanted}\" (it holds: {found}); numpy.savez(file, x=x, y=y) makes one"
    )]
    NoArray {
        /// What is needed.
        wanted: String,
        /// What is there.
        found: String,
    },
    /// Something about one of its arrays.
    #[error("array \"{array}\": {fault}")]
    Array {
        /// The array's name.
        array: String,
        /// What is wrong with it.
        fault: ArrayFault,
    },
    /// Its values and labels make no data set.
    #[error("{0}")]
    Set(SetFault),
    /// Something about a table.
    #[error("{0}")]
    Table(Box<TableFault>),
    /// Something about images.
    #[error("{0}")]
    Image(Box<ImageFault>),
    /// More memory than there is.
    #[error(
        "needs about {:.1} GiB of memory, but {:.1} GiB are free; take fewer rows or columns, or \
         close other programs", gib(*needed), gib(*free)
    )]
    Memory {
        /// Bytes that are needed.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// Samples without what they are to give, where that is needed.
    #[error("does not say what its samples are to give, which is needed here")]
    NoTargets,
    /// An NPY file of samples without a file of what they are to give.
    #[error(
        "holds samples, but what they are to give is nowhere: {expected} is needed beside it \
         (x.npy goes with y.npy, NAME_x.npy with NAME_y.npy, X_train.npy with y_train.npy)"
    )]
    NoTargetsFile {
        /// The file that is looked for.
        expected: String,
    },
}

fn gib(bytes: u64) -> f64 {
    bytes as f64 / (1u64 << 30) as f64
}

impl FileFault {
    /// The error that names the file.
    pub(crate) fn at(self, path: &Path) -> DataError {
        DataError::File { path: path.to_path_buf(), fault: self }
    }
}

impl From<TableFault> for FileFault {
    fn from(fault: TableFault) -> Self {
        FileFault::Table(Box::new(fault))
    }
}

impl From<SetFault> for FileFault {
    fn from(fault: SetFault) -> Self {
        FileFault::Set(fault)
    }
}

/// What can be wrong with an array of an NPZ file.
#[derive(Debug, Error)]
pub enum ArrayFault {
    /// Its header cannot be understood.
    #[error("its NPY header {0}")]
    Header(&'static str),
    /// A type of number that is not read here.
    #[error("holds numbers of type \"{found}\"; {wanted}")]
    Type {
        /// NumPy's type string.
        found: String,
        /// What is read.
        wanted: &'static str,
    },
    /// Columns first.
    #[error("is in Fortran order; store numpy.ascontiguousarray({0})")]
    FortranOrder(&'static str),
    /// A shape that does not fit.
    #[error("has shape {found:?}; {wanted}")]
    Shape {
        /// Its shape.
        found: Vec<u64>,
        /// What is needed.
        wanted: &'static str,
    },
    /// Another number of labels than of samples.
    #[error("holds {samples} samples, but \"y\" holds {labels} {what}")]
    LabelCount {
        /// What `y` holds: labels, or samples' targets.
        what: &'static str,
        /// Samples in `y`.
        labels: u64,
        /// Samples in `x`.
        samples: u64,
    },
    /// Another number of groups or times than of samples.
    #[error("holds {found} values, but there are {samples} samples; each needs one")]
    SplitCount {
        /// Values in it.
        found: usize,
        /// Samples.
        samples: usize,
    },
    /// A label below 0.
    #[error("label {value} of sample {sample} is negative; classes are 0, 1, …")]
    NegativeLabel {
        /// The label.
        value: i64,
        /// The sample, counted from 0.
        sample: usize,
    },
    /// A label above 2³² − 1.
    #[error("label {value} of sample {sample} is too large for a class")]
    HugeLabel {
        /// The label.
        value: u64,
        /// The sample, counted from 0.
        sample: usize,
    },
    /// Numbers where classes were asked for.
    #[error(
        "holds {0}, but data.task = \"classification\": classes are integers of shape [n], \
         y.astype(numpy.int64) for instance; for numbers to predict, task = \"regression\""
    )]
    NotClasses(&'static str),
    /// Integers that may be classes or numbers.
    #[error(
        "has shape {0:?} of integers, which may be classes or one target: say \
         data.task = \"classification\" or \"regression\""
    )]
    Ambiguous(Vec<u64>),
    /// A value that cannot be used.
    #[error("{0}")]
    Value(Box<SetFault>),
}

/// What can be wrong with values and labels.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum SetFault {
    /// No samples.
    #[error("there are no samples; at least one is needed")]
    NoSamples,
    /// Samples without values.
    #[error("a sample of shape {0} has no values")]
    NoValues(Shape),
    /// Values that are no whole number of samples, or another number than labels.
    #[error(
        "{values} values and {labels} labels do not fit: \
         {labels} samples of {shape} are {needed} values"
    )]
    Counts {
        /// How many values there are.
        values: usize,
        /// How many labels there are.
        labels: usize,
        /// What a sample looks like.
        shape: Shape,
        /// Values that so many labels need.
        needed: u128,
    },
    /// More samples than row numbers.
    #[error("{0} samples are too many: at most 4,294,967,295 can be held")]
    TooMany(usize),
    /// A label that is no class.
    #[error("label {label} of sample {sample} is not below {classes}, the number of classes")]
    Label {
        /// The label.
        label: u32,
        /// The sample, counted from 0.
        sample: usize,
        /// How many classes there are.
        classes: usize,
    },
    /// A label so large that most classes would have no sample.
    #[error(
        "label {label} of sample {sample} makes {} classes of {samples} samples; \
         labels are expected to be 0, 1, … without large gaps", u64::from(*label) + 1
    )]
    WildLabel {
        /// The label.
        label: u32,
        /// The sample, counted from 0.
        sample: usize,
        /// How many samples there are.
        samples: usize,
    },
    /// NaN or infinity.
    #[error("value {value} at column {column} of sample {sample} is not a finite float32")]
    NotFinite {
        /// The value.
        value: f64,
        /// The sample, counted from 0.
        sample: usize,
        /// The value's position within the sample, counted from 0.
        column: usize,
    },
    /// Target values that are no whole number of samples, or no target at all.
    #[error("{values} target values are not a whole number of samples of {targets} targets")]
    TargetCount {
        /// How many values there are.
        values: usize,
        /// How many targets.
        targets: usize,
    },
    /// NaN or infinity to predict.
    #[error("value {value} of target {target} of sample {sample} is not a finite float32")]
    TargetNotFinite {
        /// The value.
        value: f64,
        /// The sample, counted from 0.
        sample: usize,
        /// The target's name.
        target: String,
    },
    /// A part with a row that the set does not have.
    #[error("row {row} is not below {samples}, the number of samples")]
    Row {
        /// The row.
        row: u32,
        /// How many there are.
        samples: usize,
    },
}

/// Why a set cannot be split as asked.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum SplitFault {
    /// A fraction out of range.
    #[error("data.{part} = {fraction}: a fraction must be {range}")]
    Fraction {
        /// Which key of the plan.
        part: &'static str,
        /// Its value.
        fraction: f64,
        /// What is allowed.
        range: &'static str,
    },
    /// Validation and test together leave nothing to train on.
    #[error("data.validation = {validation} and data.test = {test} leave nothing to train on")]
    NothingLeft {
        /// Share for validation.
        validation: f64,
        /// Share for the test.
        test: f64,
    },
    /// A part without samples of a class.
    #[error(
        "data.{key} = {value} leaves no sample of class {class} ({name}) for {part}: \
         the class has {count} of {samples} samples; choose another share or leave the class out"
    )]
    EmptyClass {
        /// Which key of the plan.
        key: &'static str,
        /// Its value.
        value: f64,
        /// The part that would lack the class.
        part: &'static str,
        /// The class.
        class: usize,
        /// Its name.
        name: String,
        /// Its samples.
        count: usize,
        /// All samples.
        samples: usize,
    },
    /// A part without samples.
    #[error("data.{key} = {value} leaves no sample of {samples} for {part}: choose another share")]
    EmptyPart {
        /// Which key of the plan.
        key: &'static str,
        /// Its value.
        value: f64,
        /// The part that would be empty.
        part: &'static str,
        /// All samples.
        samples: usize,
    },
    /// A subset of nothing.
    #[error("data.subset = 0: at least one sample is needed")]
    EmptySubset,
    /// A subset larger than what it is taken from.
    #[error("data.subset = {wanted} is more than the {samples} training samples there are")]
    SubsetTooLarge {
        /// Samples asked for.
        wanted: usize,
        /// Samples there are.
        samples: usize,
    },
    /// A rule by a column that the data do not have.
    #[error(
        "data.split = {{ type = \"{rule}\", column = {column:?} }}: these data have no column \
         of that name"
    )]
    NoColumn {
        /// The rule's name.
        rule: &'static str,
        /// The column.
        column: String,
    },
    /// Fewer groups than parts.
    #[error(
        "column {column:?} has {groups} groups, and {parts} parts need one each; hold out less, \
         or group by another column"
    )]
    TooFewGroups {
        /// The column of the groups.
        column: String,
        /// How many there are.
        groups: usize,
        /// How many parts, or folds, there would be.
        parts: usize,
    },
    /// A time that is no number.
    #[error("column {column:?}: the time of sample {sample} is missing or not finite")]
    TimeNotFinite {
        /// The column of the times.
        column: String,
        /// The sample, from 0.
        sample: usize,
    },
    /// Fewer times than parts.
    #[error(
        "column {column:?} has {times} different times, and {parts} parts in order of time need \
         one each, as samples of one time stay together"
    )]
    TooFewTimes {
        /// The column of the times.
        column: String,
        /// How many different ones there are.
        times: usize,
        /// How many parts there would be.
        parts: usize,
    },
    /// A fold that is none.
    #[error("fold {index} of {of}: a cross-validation has at least 2 folds, counted from 0")]
    NoFold {
        /// Which one.
        index: usize,
        /// How many there would be.
        of: usize,
    },
    /// More folds than samples.
    #[error("study.folds = {folds} is more than the {samples} samples there are")]
    TooManyFolds {
        /// How many folds.
        folds: usize,
        /// How many samples.
        samples: usize,
    },
    /// More folds than a class has samples.
    #[error(
        "study.folds = {folds}: class {class} ({name}) has {count} samples, fewer than there are \
         folds; use fewer folds, or data.split = {{ type = \"random\" }}"
    )]
    FoldsOfClass {
        /// How many folds.
        folds: usize,
        /// The class.
        class: usize,
        /// Its name.
        name: String,
        /// Its samples.
        count: usize,
    },
    /// Repeats of what is not drawn.
    #[error(
        "study.repeats above 1: folds in order of time (column {column:?}) are not drawn, so each \
         repeat would be the same; leave study.repeats out"
    )]
    RepeatedTime {
        /// The column of the times.
        column: String,
    },
    /// Repeats of folds that can only be drawn in one way.
    #[error(
        "study.repeats above 1: column {column:?} has {groups} groups, as many as there are \
         folds, so each repeat would be the same; use fewer folds, or leave study.repeats out"
    )]
    RepeatedGroups {
        /// The column of the groups.
        column: String,
        /// How many there are.
        groups: usize,
    },
    /// More repeats than there are draws.
    #[error("study.repeats is more than 65,536")]
    TooManyRepeats,
    /// An own validation split that cannot join the training samples.
    #[error(
        "study.folds: the set's own validation split is of another kind than its training \
         samples, so folds cannot be made of both"
    )]
    NotPooled,
    /// Folds and another validation set.
    #[error(
        "study.folds takes the place of data.validation, which names {0}; leave data.validation \
         out, or study.folds"
    )]
    FoldsAndValidation(String),
    /// `validation` and `test` are the same samples.
    #[error(
        "data.validation and data.test are both {0}: what is chosen on the one would be \
         measured on the same samples; leave data.test out or name other data"
    )]
    Same(String),
    /// A held-out file that is the source itself.
    #[error(
        "data.{0} is the file that data.source names: a network is not judged by the \
         samples it learns from; give a fraction or another file"
    )]
    HeldOutIsSource(&'static str),
    /// `"test"` without a test split.
    #[error(
        "data.{key} = \"test\": {origin} has no test split of its own; give a fraction or a file"
    )]
    NoTestSplit {
        /// Which key of the plan.
        key: &'static str,
        /// The data.
        origin: String,
    },
}
