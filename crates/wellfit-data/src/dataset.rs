//! A checked set of samples with what they are to give: a class each, or numbers.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{DataError, SampleSchema, SetFault, Table, Task};

/// What one sample looks like. In files `[values]` or `[channels, rows, columns]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<usize>", try_from = "Vec<usize>")]
pub enum Shape {
    /// So many numbers.
    Vector(usize),
    /// An image.
    Image {
        /// 1 for grey, 3 for colour.
        channels: usize,
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
    },
}

impl Shape {
    /// Values in a sample; `usize::MAX` where no memory could hold them.
    pub fn len(&self) -> usize {
        match *self {
            Shape::Vector(n) => n,
            Shape::Image { channels, height, width } => {
                channels.saturating_mul(height).saturating_mul(width)
            }
        }
    }

    /// Whether a sample has no values (never, in a checked set).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Shape> for Vec<usize> {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Vector(n) => vec![n],
            Shape::Image { channels, height, width } => vec![channels, height, width],
        }
    }
}

impl TryFrom<Vec<usize>> for Shape {
    type Error = String;

    fn try_from(dims: Vec<usize>) -> Result<Self, String> {
        match dims[..] {
            [n] => Ok(Shape::Vector(n)),
            [channels, height, width] => Ok(Shape::Image { channels, height, width }),
            _ => Err(format!("{dims:?} is no shape: [values] or [channels, rows, columns] is")),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Vector(n) => write!(f, "{n} values"),
            Shape::Image { channels: 1, height, width } => write!(f, "{height}×{width}"),
            Shape::Image { channels, height, width } => {
                write!(f, "{channels}×{height}×{width}")
            }
        }
    }
}

/// Stored values, sample after sample. Images stay bytes.
#[derive(Clone, Debug)]
pub enum Features {
    /// Bytes, 0 to 255.
    Bytes(Arc<Vec<u8>>),
    /// Finite numbers.
    Floats(Arc<Vec<f32>>),
    /// A table as it was read: [`Preparation`](crate::Preparation) makes floats of it.
    Table(Arc<Table>),
}

impl Features {
    /// Number of values.
    fn len(&self) -> usize {
        match self {
            Features::Bytes(values) => values.len(),
            Features::Floats(values) => values.len(),
            Features::Table(table) => table.rows * table.columns.len(),
        }
    }

    /// What a value is, in a word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Features::Bytes(_) => "bytes",
            Features::Floats(_) => "floats",
            Features::Table(_) => "a table",
        }
    }
}

/// What samples are to give.
#[derive(Clone, Debug)]
pub enum Targets {
    /// Classification.
    Classes {
        /// The class of each sample, below the number of names.
        labels: Arc<Vec<u32>>,
        /// The classes' names.
        names: Arc<Vec<String>>,
    },
    /// Regression.
    Numbers {
        /// One for each target, sample after sample; finite.
        values: Arc<Vec<f32>>,
        /// The targets' names.
        names: Arc<Vec<String>>,
    },
}

impl Targets {
    /// Classes of these names.
    pub fn classes(labels: Vec<u32>, names: Vec<String>) -> Self {
        Targets::Classes { labels: labels.into(), names: names.into() }
    }

    /// Targets of these names.
    pub fn numbers(values: Vec<f32>, names: Vec<String>) -> Self {
        Targets::Numbers { values: values.into(), names: names.into() }
    }
}

/// A checked set of samples: counts agree, every label is a class, every number is
/// finite, there is at least one sample. Cloning and taking part of it is cheap: values
/// are shared, parts are lists of rows.
#[derive(Clone, Debug)]
pub struct Dataset {
    pub(crate) shape: Shape,
    pub(crate) features: Features,
    pub(crate) targets: Targets,
    pub(crate) rows: Option<Arc<Vec<u32>>>,
    /// Which group each stored sample belongs to, and when it was taken, for splits.
    pub(crate) groups: Option<Arc<Vec<u32>>>,
    pub(crate) times: Option<Arc<Vec<f64>>>,
    /// How the samples looked as they were read.
    pub(crate) schema: Option<Arc<SampleSchema>>,
}

impl Dataset {
    /// A set of byte samples, laid out sample after sample, each `[channels][rows][columns]`.
    ///
    /// # Errors
    /// When there is no sample, a sample has no values, the number of values is not
    /// `labels.len()` × `shape.len()`, there are more than `u32::MAX` samples, or a
    /// label is not below the number of classes.
    pub fn from_bytes(
        shape: Shape,
        values: Vec<u8>,
        labels: Vec<u32>,
        class_names: Vec<String>,
    ) -> Result<Self, DataError> {
        let targets = Targets::classes(labels, class_names);
        Self::new(shape, Features::Bytes(values.into()), targets)
    }

    /// A set of float samples, laid out like those of [`from_bytes`](Self::from_bytes).
    ///
    /// # Errors
    /// As `from_bytes`, and when a value is NaN or infinite.
    pub fn from_floats(
        shape: Shape,
        values: Vec<f32>,
        labels: Vec<u32>,
        class_names: Vec<String>,
    ) -> Result<Self, DataError> {
        let targets = Targets::classes(labels, class_names);
        Self::new(shape, Features::Floats(values.into()), targets)
    }

    /// A set of any kind.
    ///
    /// ```
    /// use wellfit_data::{Dataset, Features, Shape, Targets, Task};
    ///
    /// let features = Features::Floats(vec![1.0, 2.0, 3.0].into());
    /// let targets = Targets::numbers(vec![0.5, 1.5, 2.5], vec!["price".into()]);
    /// let set = Dataset::new(Shape::Vector(1), features, targets)?;
    /// assert_eq!((set.task(), set.outputs(), set.len()), (Task::Regression, 1, 3));
    /// # Ok::<(), wellfit_data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// As [`from_floats`](Self::from_floats); and when there is no target, or their
    /// values are not finite or no whole number of samples.
    pub fn new(shape: Shape, features: Features, targets: Targets) -> Result<Self, DataError> {
        Ok(Self::checked(shape, features, targets)?)
    }

    /// The same set with its classes renamed.
    pub(crate) fn with_class_names(self, names: &Arc<Vec<String>>) -> Self {
        debug_assert_eq!(names.len(), self.classes());
        let targets = match self.targets {
            Targets::Classes { labels, .. } => Targets::Classes { labels, names: names.clone() },
            numbers @ Targets::Numbers { .. } => numbers,
        };
        Self { targets, ..self }
    }

    /// The same set with its labels as numbers to predict.
    pub(crate) fn into_regression(self) -> Self {
        let Targets::Classes { labels, .. } = &self.targets else { return self };
        let values = labels.iter().map(|&label| label as f32).collect();
        let targets = Targets::numbers(values, vec!["t0".into()]);
        Self { targets, ..self }
    }

    pub(crate) fn checked(
        shape: Shape,
        features: Features,
        targets: Targets,
    ) -> Result<Self, SetFault> {
        let width = shape.len();
        if width == 0 {
            return Err(SetFault::NoValues(shape));
        }
        let samples = match &targets {
            Targets::Classes { labels, .. } => labels.len(),
            Targets::Numbers { values, names } => {
                let (values, targets) = (values.len(), names.len());
                if targets == 0 || !values.is_multiple_of(targets) {
                    return Err(SetFault::TargetCount { values, targets });
                }
                values / targets
            }
        };
        if samples == 0 {
            return Err(SetFault::NoSamples);
        }
        if u32::try_from(samples).is_err() {
            return Err(SetFault::TooMany(samples));
        }
        let needed = width as u128 * samples as u128;
        if needed != features.len() as u128 {
            let (values, labels) = (features.len(), samples);
            return Err(SetFault::Counts { values, labels, shape, needed });
        }
        match &targets {
            Targets::Classes { labels, names } => {
                let classes = names.len();
                let wrong = |&(_, &label): &(usize, &u32)| label as usize >= classes;
                if let Some((sample, &label)) = labels.iter().enumerate().find(wrong) {
                    return Err(SetFault::Label { label, sample, classes });
                }
            }
            Targets::Numbers { values, names } => {
                if let Some(at) = values.iter().position(|value| !value.is_finite()) {
                    let target = names[at % names.len()].clone();
                    let (value, sample) = (f64::from(values[at]), at / names.len());
                    return Err(SetFault::TargetNotFinite { value, sample, target });
                }
            }
        }
        if let Features::Floats(values) = &features
            && let Some(at) = values.iter().position(|value| !value.is_finite())
        {
            let value = f64::from(values[at]);
            return Err(SetFault::NotFinite { value, sample: at / width, column: at % width });
        }
        Ok(Self { shape, features, targets, rows: None, groups: None, times: None, schema: None })
    }

    /// The same set with the group of each stored sample, for grouped splits: one for each.
    pub fn with_groups(self, groups: Vec<u32>) -> Self {
        debug_assert_eq!(groups.len(), self.stored());
        Self { groups: Some(groups.into()), ..self }
    }

    /// The same set with the time of each stored sample, for splits in order of time,
    /// likewise.
    pub fn with_times(self, times: Vec<f64>) -> Self {
        debug_assert_eq!(times.len(), self.stored());
        Self { times: Some(times.into()), ..self }
    }

    /// How many samples are stored, also those that are not in this set.
    fn stored(&self) -> usize {
        self.features.len() / self.shape.len()
    }

    /// The samples of this set, then those of another of the same kind. The values are
    /// copied. `None` where the two do not go together: other shapes, kinds of values,
    /// classes or targets, or tables.
    pub(crate) fn followed_by(&self, other: &Dataset) -> Option<Self> {
        if self.shape != other.shape || self.output_names() != other.output_names() {
            return None;
        }
        let width = self.shape.len();
        fn both<T: Copy>(
            [a, b]: [&[T]; 2],
            [first, second]: [&Dataset; 2],
            width: usize,
        ) -> Arc<Vec<T>> {
            let rows = |of: &[T], set: &Dataset| {
                let row = |row: u32| of[row as usize * width..][..width].to_vec();
                set.stored_rows().flat_map(row).collect::<Vec<T>>()
            };
            Arc::new([rows(a, first), rows(b, second)].concat())
        }
        let sets = [self, other];
        let features = match (&self.features, &other.features) {
            (Features::Bytes(a), Features::Bytes(b)) => {
                Features::Bytes(both([a.as_slice(), b.as_slice()], sets, width))
            }
            (Features::Floats(a), Features::Floats(b)) => {
                Features::Floats(both([a.as_slice(), b.as_slice()], sets, width))
            }
            _ => return None,
        };
        let targets = match (&self.targets, &other.targets) {
            (Targets::Classes { labels: a, names }, Targets::Classes { labels: b, .. }) => {
                let labels = both([a.as_slice(), b.as_slice()], sets, 1);
                Targets::Classes { labels, names: names.clone() }
            }
            (Targets::Numbers { values: a, names }, Targets::Numbers { values: b, .. }) => {
                let values = both([a.as_slice(), b.as_slice()], sets, names.len());
                Targets::Numbers { values, names: names.clone() }
            }
            _ => return None,
        };
        Some(Self { features, targets, rows: None, groups: None, times: None, ..self.clone() })
    }

    /// Part of this set: `rows` are positions in this set, counted from 0, and give
    /// the order of the part. A row may occur more than once.
    ///
    /// # Errors
    /// When `rows` is empty, or a row is not below [`len`](Self::len).
    pub fn take(&self, rows: &[u32]) -> Result<Self, DataError> {
        if rows.is_empty() {
            return Err(SetFault::NoSamples.into());
        }
        let samples = self.len();
        if let Some(&row) = rows.iter().find(|&&row| row as usize >= samples) {
            return Err(SetFault::Row { row, samples }.into());
        }
        let stored = match &self.rows {
            None => rows.to_vec(),
            Some(own) => rows.iter().map(|&row| own[row as usize]).collect(),
        };
        Ok(Self { rows: Some(stored.into()), ..self.clone() })
    }

    /// What a sample looks like.
    pub fn shape(&self) -> Shape {
        self.shape
    }
    /// All stored values, also those of samples that are not in [`rows`](Self::rows).
    pub fn features(&self) -> &Features {
        &self.features
    }
    /// What all stored samples are to give, likewise.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }
    /// All stored labels, likewise; none in regression.
    pub fn labels(&self) -> &[u32] {
        match &self.targets {
            Targets::Classes { labels, .. } => labels,
            Targets::Numbers { .. } => &[],
        }
    }
    /// Whether samples have classes or numbers to predict.
    pub fn task(&self) -> Task {
        match self.targets {
            Targets::Classes { .. } => Task::Classification,
            Targets::Numbers { .. } => Task::Regression,
        }
    }
    /// Number of classes or targets: what a network must give for a sample.
    pub fn outputs(&self) -> usize {
        self.output_names().len()
    }
    /// Names of the classes or targets.
    pub fn output_names(&self) -> &[String] {
        match &self.targets {
            Targets::Classes { names, .. } | Targets::Numbers { names, .. } => names,
        }
    }
    /// The first target that is the same for all samples of this set: there is nothing
    /// to learn, and R² is not defined. `None` in classification.
    pub fn constant_target(&self) -> Option<&str> {
        let Targets::Numbers { values, names } = &self.targets else { return None };
        let value = |row: u32, target: usize| values[row as usize * names.len() + target];
        let first = self.stored_rows().next()?;
        let constant = |target: &usize| {
            self.stored_rows().all(|row| value(row, *target) == value(first, *target))
        };
        (0..names.len()).find(constant).map(|target| &names[target][..])
    }
    /// Which stored samples belong to this set, in order; all when `None`.
    pub fn rows(&self) -> Option<&Arc<Vec<u32>>> {
        self.rows.as_ref()
    }
    /// The stored row of every sample, in this set's order.
    pub fn stored_rows(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        // `checked` keeps the number of samples within u32.
        (0..self.len() as u32).map(|i| self.rows.as_ref().map_or(i, |rows| rows[i as usize]))
    }
    /// The label of every sample, in this set's order; none in regression.
    pub fn labels_in_order(&self) -> impl Iterator<Item = u32> + '_ {
        self.stored_rows().filter_map(|row| self.labels().get(row as usize).copied())
    }
    /// The group of every stored sample, where groups are known.
    pub fn groups(&self) -> Option<&Arc<Vec<u32>>> {
        self.groups.as_ref()
    }
    /// The time of every stored sample, where times are known.
    pub fn times(&self) -> Option<&Arc<Vec<f64>>> {
        self.times.as_ref()
    }
    /// The group of every sample, in this set's order; `None` where groups are not known.
    pub fn groups_in_order(&self) -> Option<impl Iterator<Item = u32> + '_> {
        let groups = self.groups.as_ref()?;
        Some(self.stored_rows().map(|row| groups[row as usize]))
    }
    /// The time of every sample, likewise.
    pub fn times_in_order(&self) -> Option<impl Iterator<Item = f64> + '_> {
        let times = self.times.as_ref()?;
        Some(self.stored_rows().map(|row| times[row as usize]))
    }
    /// Samples of each class; empty in regression.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes()];
        for label in self.labels_in_order() {
            counts[label as usize] += 1;
        }
        counts
    }
    /// Names of the classes; none in regression.
    pub fn class_names(&self) -> &[String] {
        match &self.targets {
            Targets::Classes { names, .. } => names,
            Targets::Numbers { .. } => &[],
        }
    }
    /// Number of classes; 0 in regression.
    pub fn classes(&self) -> usize {
        self.class_names().len()
    }
    /// Number of samples.
    pub fn len(&self) -> usize {
        match &self.rows {
            Some(rows) => rows.len(),
            None => self.stored(),
        }
    }
    /// Whether there are no samples (never, in a checked set).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
