//! What the samples of a data set look like, so that other files can be read as they were.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ColumnValues, Dataset, Features, Shape, Targets, Task};

/// How the samples that a network learnt from look as they are read, before anything is
/// fitted: what a file to predict on or to evaluate must hold. Saved with the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleSchema {
    /// What a sample is.
    pub samples: SampleKind,
    /// What a sample is to give.
    pub targets: TargetSchema,
}

/// What a sample is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SampleKind {
    /// A row of a table.
    Table {
        /// The columns that are learned from, in the order of the training file.
        columns: Vec<ColumnSchema>,
        /// What separates fields in a text file; found from each file when `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        separator: Option<char>,
        /// Texts that stand for a missing value; [`MISSING_VALUES`](crate::MISSING_VALUES)
        /// when `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        missing_values: Option<Vec<String>>,
    },
    /// Bytes, 0 to 255: an image, mostly.
    Bytes {
        /// Its shape.
        shape: Shape,
        /// Whether images of another size are resized to it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        resized: bool,
    },
    /// Numbers.
    Floats {
        /// Their shape.
        shape: Shape,
    },
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSchema {
    /// As in the header.
    pub name: String,
    /// Whether it holds categories; else numbers.
    pub categorical: bool,
}

/// What samples are to give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetSchema {
    /// Classes or numbers.
    pub task: Task,
    /// The columns of a table that hold them; empty for arrays and images.
    pub columns: Vec<String>,
    /// The classes' names, in the order of the network's outputs, or the targets'.
    pub names: Vec<String>,
}

/// How a set was read, besides its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadAs {
    pub target: Vec<String>,
    pub separator: Option<char>,
    pub missing_values: Option<Vec<String>>,
    pub resized: bool,
}

impl Dataset {
    /// What its samples looked like as they were read, also when they have been prepared since.
    pub fn schema(&self) -> SampleSchema {
        match &self.schema {
            Some(schema) => schema.as_ref().clone(),
            None => self.own_schema(ReadAs::default()),
        }
    }

    /// The same set, which remembers how its samples looked as they were read.
    pub fn with_schema(self, schema: Arc<SampleSchema>) -> Self {
        Self { schema: Some(schema), ..self }
    }

    /// What its samples look like now.
    pub(crate) fn own_schema(&self, read: ReadAs) -> SampleSchema {
        let shape = self.shape;
        let samples = match &self.features {
            Features::Bytes(_) => SampleKind::Bytes { shape, resized: read.resized },
            Features::Floats(_) => SampleKind::Floats { shape },
            Features::Table(table) => SampleKind::Table {
                columns: table
                    .columns
                    .iter()
                    .map(|column| ColumnSchema {
                        name: column.name.clone(),
                        categorical: matches!(column.values, ColumnValues::Categories { .. }),
                    })
                    .collect(),
                separator: read.separator,
                missing_values: read.missing_values,
            },
        };
        let columns = match (&self.features, &self.targets) {
            (Features::Table(_), Targets::Numbers { names, .. }) => names.to_vec(),
            _ => read.target,
        };
        let targets =
            TargetSchema { task: self.task(), columns, names: self.output_names().to_vec() };
        SampleSchema { samples, targets }
    }
}
