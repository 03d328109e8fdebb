//! A checked set of labelled samples.

use std::sync::Arc;

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
    /// Values in a sample.
    pub fn len(&self) -> usize {
        match *self {
            Shape::Vector(n) => n,
            Shape::Image { channels, height, width } => channels * height * width,
        }
    }

    /// Whether a sample has no values (never, in a checked set).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
    /// Names of the classes; their number is the number of classes.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
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
