//! What is fitted on the training part of a split, and done to every sample.
//!
//! In this order, each step on what the one before it gives:
//!
//! 1. training samples with outliers are left out (`outliers = { type = "drop" }`);
//! 2. what is missing is filled in ([`Missing`](crate::Missing));
//! 3. numbers are clipped (`"winsorise"`, `"clip"`);
//! 4. categories become features that are 0 or 1, one for each that training saw;
//! 5. features are selected ([`Select`](crate::Select));
//! 6. numbers are scaled ([`Scale`](crate::Scale)); features that are 0 or 1 stay so.
//!
//! Then training samples are drawn so that classes are alike
//! ([`Resample`](crate::Resample)), which changes rows and no figure.

mod apply;
mod encode;
mod fault;
mod features;
mod figures;
mod fit;
mod impute;
mod input;
mod outliers;
mod parts;
mod resample;
mod scale;
mod select;
mod stored;
mod table;

use serde::{Deserialize, Serialize};

use crate::{DataError, DataRequest, Dataset, Features, Scale, Shape, Task};

pub use fault::PrepareFault;
pub use input::{ArrayInput, Categories, Input, InputColumn, InputKind, Numbers};
pub use resample::resample;
pub use stored::PREPARATION_SCHEMA;

/// What was fitted on the training part. A value: it is saved with the model, and what
/// predicts and evaluates does the same to its samples.
///
/// Its JSON is described in the contract under `preparation.json`; a later schema, and
/// figures that cannot be, are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "stored::Stored", into = "stored::Stored")]
pub struct Preparation {
    scale: Scale,
    /// Whether an unknown category is an error.
    refuse_unknown: bool,
    input: Input,
    /// Which of the encoded features stay, ascending; all, in the input's shape, when
    /// `None`.
    selected: Option<Vec<usize>>,
    /// What the samples were to give; unknown when nothing was fitted.
    outputs: Option<(Task, Vec<String>)>,
}

impl Preparation {
    /// Nothing but a scale of bytes that needs no fitting: `Unit` or `None`. Floats stay
    /// as they are.
    pub fn fixed(scale: Scale) -> Self {
        let (refuse_unknown, input, selected, outputs) = (false, Input::Any, None, None);
        Preparation { scale, refuse_unknown, input, selected, outputs }
    }

    /// Fits what a plan asks for on training samples. What is asked about outliers comes
    /// first: with `drop`, the rest is fitted on the samples that
    /// [`without_outliers`](Self::without_outliers) leaves.
    ///
    /// # Errors
    /// Where values are missing and nothing is to stand in for them, a column has no value
    /// at all, a number is infinite, there are fewer features than are to stay, and where
    /// the scale or the draw does not suit the samples.
    pub fn fit(request: &DataRequest, train: &Dataset) -> Result<Self, DataError> {
        fit::fit(request, train)
    }

    /// Prepares samples: a table's rows (its columns by name, in any order; others are not
    /// looked at) become floats, arrays floats or, where all are treated alike, bytes as
    /// they are, which stand for [`byte_values`](Self::byte_values). Rows and targets stay.
    ///
    /// # Errors
    /// Samples of another kind or shape, a column that is not there, values that are
    /// missing where nothing stands in for them, an unknown category where that is an
    /// error, and numbers that are no finite float32 once prepared.
    pub fn apply(&self, raw: &Dataset) -> Result<Dataset, DataError> {
        Ok(apply::apply(self, raw, &[(None, raw)])?)
    }

    /// The training samples without those that `outliers = { type = "drop" }` leaves out.
    ///
    /// # Errors
    /// Samples of another kind, or when nothing would be left.
    pub fn without_outliers(&self, train: &Dataset) -> Result<Dataset, DataError> {
        fit::without_outliers(self, train)
    }

    /// What each of the 256 bytes stands for, in samples that [`apply`](Self::apply) left
    /// as bytes.
    pub fn byte_values(&self) -> [f32; 256] {
        std::array::from_fn(|byte| match (&self.input, self.scale) {
            (Input::Array(array), _) if array.bytes => array.groups[0].prepared(byte as f64) as f32,
            (_, Scale::Unit) => byte as f32 / 255.0,
            _ => byte as f32,
        })
    }

    /// How values are scaled.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// What it takes, and what it does to each column or value.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// Which of the encoded features (an input's values; its columns in order, a category's
    /// features in the order of its names) stay, ascending; all, in the input's shape, when
    /// `None`.
    pub fn selected(&self) -> Option<&[usize]> {
        self.selected.as_deref()
    }

    /// Whether a category that training never saw is an error; else none of its column's
    /// features is 1.
    pub fn refuses_unknown(&self) -> bool {
        self.refuse_unknown
    }

    /// Whether the samples that it was fitted on have classes or numbers to predict;
    /// `None` when nothing was fitted.
    pub fn task(&self) -> Option<Task> {
        self.outputs.as_ref().map(|(task, _)| *task)
    }

    /// Names of the classes or targets of the samples that it was fitted on.
    pub fn output_names(&self) -> &[String] {
        self.outputs.as_ref().map_or(&[], |(_, names)| names)
    }

    /// What a prepared sample looks like; `None` when nothing was fitted.
    pub fn shape(&self) -> Option<Shape> {
        match (&self.input, &self.selected) {
            (Input::Any, _) => None,
            (_, Some(selected)) => Some(Shape::Vector(selected.len())),
            (Input::Array(array), None) => Some(array.shape),
            (Input::Table(columns), None) => Some(Shape::Vector(features::list(columns).len())),
        }
    }

    /// The names of the prepared features, in order: a number's column, `column=category`,
    /// `x3` of vectors, `pixel[row, column]` of images (in colour
    /// `pixel[channel, row, column]`); none when nothing was fitted.
    pub fn feature_names(&self) -> Vec<String> {
        let names = features::names(&self.input);
        match &self.selected {
            Some(selected) => selected.iter().map(|&at| names[at].clone()).collect(),
            None => names,
        }
    }

    /// How many values of a table's samples are categories that training never saw;
    /// columns that are not there have none.
    pub fn unknown_categories(&self, raw: &Dataset) -> usize {
        match (&self.input, raw.features()) {
            (Input::Table(columns), Features::Table(table)) => table::unknown(columns, table, raw),
            _ => 0,
        }
    }
}
