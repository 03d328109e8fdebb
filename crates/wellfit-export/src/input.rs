//! What comes into a model, and what is done to it before the network: in the simple
//! steps that every framework has.
//!
//! The steps follow each other: missing values are filled in, numbers are kept within
//! bounds, each is put on a line, and of the features some are kept. The first three are
//! computed in float64 where something was fitted.

use wellfit_nn::Shape;

use crate::ExportError;

/// What comes into a model, and what is done to it before the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// What comes in.
    pub source: Source,
    /// The least and the largest value of each feature (of images: of each channel);
    /// infinite where there is no such bound. Empty: none at all.
    pub bounds: Vec<[f64; 2]>,
    /// What each feature (of images: each channel) becomes; a single one is for all.
    /// Empty: values stay as they are.
    pub lines: Vec<Line>,
    /// Which features the network gets, in this order; all of them when `None`.
    pub keep: Option<Vec<usize>>,
}

/// What comes in.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// float32 values of this shape.
    Floats(Shape),
    /// Bytes of this shape.
    Bytes(Shape),
    /// A value of each of these columns.
    Table {
        /// The columns.
        columns: Vec<Column>,
        /// The texts that mean a missing value.
        missing_texts: Vec<String>,
    },
}

/// (x − centre)/scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// What becomes 0.
    pub centre: f64,
    /// What becomes 1 above it; not 0.
    pub scale: f64,
}

impl Line {
    /// The line that changes nothing.
    pub const AS_IT_IS: Line = Line { centre: 0.0, scale: 1.0 };
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// As in the table.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnKind {
    /// Numbers: one feature.
    Numbers {
        /// What stands in for a missing one; `None`: such a sample is refused.
        missing: Option<f64>,
    },
    /// Categories: a feature for each of `names`, 1 where the value is that one, else 0.
    Categories {
        /// What they are called.
        names: Vec<String>,
        /// The category that stands in for a missing one; `None`: such a sample is refused.
        missing: Option<usize>,
        /// Whether a sample with a category of another name is refused; else all of the
        /// column's features are 0.
        refuse_unknown: bool,
    },
}

impl Input {
    /// float32 values as the network takes them: nothing is done to them.
    pub fn plain(shape: Shape) -> Input {
        Input { source: Source::Floats(shape), bounds: Vec::new(), lines: Vec::new(), keep: None }
    }

    /// Features, before some of them are kept.
    fn features(&self) -> usize {
        match &self.source {
            Source::Floats(shape) | Source::Bytes(shape) => shape.len(),
            Source::Table { columns, .. } => {
                columns.iter().map(|column| column.kind.features()).sum()
            }
        }
    }

    /// Whether numbers are consistent, and fit a network that takes `wanted`.
    pub(crate) fn check(&self, wanted: Shape) -> Result<(), ExportError> {
        let features = self.features();
        let channels = match &self.source {
            Source::Floats(shape) | Source::Bytes(shape) => shape.channels(),
            Source::Table { .. } => features,
        };
        let fits = |found: usize, wanted: usize| match found == wanted {
            true => Ok(()),
            false => Err(ExportError::Input { found, wanted }),
        };
        if !self.bounds.is_empty() {
            fits(self.bounds.len(), channels)?;
        }
        if self.lines.len() > 1 {
            fits(self.lines.len(), channels)?;
        }
        let bad_line =
            |line: &Line| !line.centre.is_finite() || !line.scale.is_finite() || line.scale == 0.0;
        let bad_bound = |bound: &[f64; 2]| bound[0].is_nan() || bound[1].is_nan();
        if self.lines.iter().any(bad_line) || self.bounds.iter().any(bad_bound) {
            return Err(ExportError::Preparation { of: "the features".into() });
        }
        if let Source::Table { columns, .. } = &self.source {
            columns.iter().try_for_each(Column::check)?;
        }
        let kept = match &self.keep {
            None => features,
            Some(keep) => {
                if let Some(&beyond) = keep.iter().find(|&&at| at >= features) {
                    return Err(ExportError::Input { found: features, wanted: beyond + 1 });
                }
                keep.len()
            }
        };
        fits(kept, wanted.len())
    }
}

impl ColumnKind {
    /// How many features it becomes.
    pub(crate) fn features(&self) -> usize {
        match self {
            ColumnKind::Numbers { .. } => 1,
            ColumnKind::Categories { names, .. } => names.len(),
        }
    }
}

impl Column {
    fn check(&self) -> Result<(), ExportError> {
        let ok = match &self.kind {
            ColumnKind::Numbers { missing } => missing.is_none_or(f64::is_finite),
            ColumnKind::Categories { names, missing, .. } => {
                missing.is_none_or(|at| at < names.len())
            }
        };
        let of = || format!("column {}", self.name);
        if ok { Ok(()) } else { Err(ExportError::Preparation { of: of() }) }
    }
}
