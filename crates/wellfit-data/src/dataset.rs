//! A checked set of labelled samples.

use std::fmt;
use std::sync::Arc;

use crate::{DataError, SetFault};

/// What one sample looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

impl Features {
    /// Number of values.
    fn len(&self) -> usize {
        match self {
            Features::Bytes(values) => values.len(),
            Features::Floats(values) => values.len(),
        }
    }

    /// What a value is, in a word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Features::Bytes(_) => "bytes",
            Features::Floats(_) => "floats",
        }
    }
}

/// A checked set of labelled samples: counts agree, every label is below
/// `classes`, every number is finite, there is at least one sample. Cloning and
/// taking part of it is cheap: values are shared, parts are lists of rows.
#[derive(Clone, Debug)]
pub struct Dataset {
    pub(crate) shape: Shape,
    pub(crate) features: Features,
    pub(crate) labels: Arc<Vec<u32>>,
    pub(crate) class_names: Arc<Vec<String>>,
    pub(crate) rows: Option<Arc<Vec<u32>>>,
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
        Ok(Self::checked(shape, Features::Bytes(values.into()), labels, class_names)?)
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
        Ok(Self::checked(shape, Features::Floats(values.into()), labels, class_names)?)
    }

    /// The same set with its classes renamed.
    pub(crate) fn with_class_names(self, names: &Arc<Vec<String>>) -> Self {
        debug_assert_eq!(names.len(), self.classes());
        Self { class_names: Arc::clone(names), ..self }
    }

    pub(crate) fn checked(
        shape: Shape,
        features: Features,
        labels: Vec<u32>,
        class_names: Vec<String>,
    ) -> Result<Self, SetFault> {
        let width = shape.len();
        if width == 0 {
            return Err(SetFault::NoValues(shape));
        }
        if labels.is_empty() {
            return Err(SetFault::NoSamples);
        }
        if u32::try_from(labels.len()).is_err() {
            return Err(SetFault::TooMany(labels.len()));
        }
        let needed = width as u128 * labels.len() as u128;
        if needed != features.len() as u128 {
            let (values, labels) = (features.len(), labels.len());
            return Err(SetFault::Counts { values, labels, shape, needed });
        }
        let classes = class_names.len();
        if let Some((sample, &label)) =
            labels.iter().enumerate().find(|&(_, &label)| label as usize >= classes)
        {
            return Err(SetFault::Label { label, sample, classes });
        }
        if let Features::Floats(values) = &features
            && let Some(at) = values.iter().position(|value| !value.is_finite())
        {
            let value = f64::from(values[at]);
            return Err(SetFault::NotFinite { value, sample: at / width, column: at % width });
        }
        Ok(Self {
            shape,
            features,
            labels: labels.into(),
            class_names: class_names.into(),
            rows: None,
        })
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
    /// All stored labels, likewise.
    pub fn labels(&self) -> &Arc<Vec<u32>> {
        &self.labels
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
    /// The label of every sample, in this set's order.
    pub fn labels_in_order(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.stored_rows().map(|row| self.labels[row as usize])
    }
    /// Samples of each class.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes()];
        for label in self.labels_in_order() {
            counts[label as usize] += 1;
        }
        counts
    }
    /// Names of the classes; their number is the number of classes.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }
    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.class_names.len()
    }
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.rows.as_ref().map_or(self.labels.len(), |rows| rows.len())
    }
    /// Whether there are no samples (never, in a checked set).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
