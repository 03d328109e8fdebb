//! A preparation as JSON.

use serde::{Deserialize, Serialize};

use super::fault::PrepareFault;
use super::input::{ArrayInput, Categories, Input, InputColumn, InputKind, Numbers};
use super::{Preparation, features};
use crate::{Scale, Shape, Task};

/// The schema of a preparation's JSON that this version writes, and the latest that it
/// reads.
pub const PREPARATION_SCHEMA: u32 = 1;

/// The JSON's form.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    schema: u32,
    task: Option<String>,
    /// Names of classes or targets.
    #[serde(default)]
    outputs: Vec<String>,
    #[serde(default)]
    scale: Option<String>,
    #[serde(default)]
    unknown: Option<String>,
    #[serde(default)]
    input: Option<StoredInput>,
    #[serde(default)]
    selected: Option<Vec<usize>>,
    /// For those who read it; it follows from the rest.
    #[serde(default)]
    features: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum StoredInput {
    Any,
    Array {
        /// `bytes` or `floats`.
        values: String,
        /// `[columns]` or `[channels, rows, columns]`.
        shape: Vec<usize>,
        groups: Vec<StoredNumbers>,
    },
    Table {
        columns: Vec<StoredColumn>,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum StoredColumn {
    Number {
        name: String,
        #[serde(flatten)]
        numbers: StoredNumbers,
    },
    Category {
        name: String,
        fill: Option<String>,
        categories: Vec<String>,
    },
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct StoredNumbers {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    fill: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    clip: Option<(f64, f64)>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    drop: Option<(f64, f64)>,
    shift: f64,
    divide: f64,
}

impl From<Preparation> for Stored {
    fn from(fitted: Preparation) -> Self {
        let features = fitted.feature_names();
        let (task, outputs) = match fitted.outputs {
            Some((task, names)) => (Some(task.name().to_owned()), names),
            None => (None, Vec::new()),
        };
        Stored {
            schema: PREPARATION_SCHEMA,
            task,
            outputs,
            scale: Some(fitted.scale.name().into()),
            unknown: Some(if fitted.refuse_unknown { "error" } else { "ignore" }.into()),
            input: Some(fitted.input.into()),
            selected: fitted.selected,
            features,
        }
    }
}

impl From<Input> for StoredInput {
    fn from(input: Input) -> Self {
        match input {
            Input::Any => StoredInput::Any,
            Input::Array(ArrayInput { shape, bytes, groups }) => StoredInput::Array {
                values: if bytes { "bytes" } else { "floats" }.into(),
                shape: match shape {
                    Shape::Vector(columns) => vec![columns],
                    Shape::Image { channels, height, width } => vec![channels, height, width],
                },
                groups: groups.into_iter().map(StoredNumbers::from).collect(),
            },
            Input::Table(columns) => {
                let column = |InputColumn { name, kind }| match kind {
                    InputKind::Number(numbers) => {
                        StoredColumn::Number { name, numbers: numbers.into() }
                    }
                    InputKind::Category(Categories { fill, names }) => {
                        let fill = fill.map(|at| names[at].clone());
                        StoredColumn::Category { name, fill, categories: names }
                    }
                };
                StoredInput::Table { columns: columns.into_iter().map(column).collect() }
            }
        }
    }
}

impl From<Numbers> for StoredNumbers {
    fn from(Numbers { fill, clip, drop, shift, divide }: Numbers) -> Self {
        StoredNumbers { fill, clip, drop, shift, divide }
    }
}

fn damaged(what: impl std::fmt::Display) -> PrepareFault {
    PrepareFault::Stored(format!("this is no preparation: {what}"))
}

impl TryFrom<Stored> for Preparation {
    type Error = PrepareFault;

    fn try_from(stored: Stored) -> Result<Self, PrepareFault> {
        if stored.schema > PREPARATION_SCHEMA {
            return Err(PrepareFault::Stored(format!(
                "this preparation has schema {}, but this version reads up to \
                 {PREPARATION_SCHEMA}: use a newer wellfit",
                stored.schema
            )));
        }
        let scale = stored.scale.as_deref().ok_or_else(|| damaged("it has no scale"))?;
        let scale = Scale::ALL.into_iter().find(|known| known.name() == scale);
        let refuse_unknown = match stored.unknown.as_deref() {
            Some("error") => true,
            Some("ignore") => false,
            _ => return Err(damaged("unknown is neither \"error\" nor \"ignore\"")),
        };
        let outputs = match stored.task.as_deref() {
            None => None,
            Some(name) => {
                let known = [Task::Classification, Task::Regression];
                let task = known.into_iter().find(|task| task.name() == name);
                Some((task.ok_or_else(|| damaged("its task is unknown"))?, stored.outputs))
            }
        };
        let fitted = Preparation {
            scale: scale.ok_or_else(|| damaged("its scale is unknown"))?,
            refuse_unknown,
            input: stored.input.ok_or_else(|| damaged("it has no input"))?.try_into()?,
            selected: stored.selected,
            outputs,
        };
        if let Some(selected) = &fitted.selected {
            let features = features::names(&fitted.input).len();
            let ascending = selected.is_sorted_by(|a, b| a < b);
            if selected.is_empty() || !ascending || selected.iter().any(|&at| at >= features) {
                return Err(damaged(format!(
                    "selected must be ascending numbers below {features}, its features"
                )));
            }
        }
        if fitted.feature_names() != stored.features {
            return Err(damaged("features are not those of its columns"));
        }
        Ok(fitted)
    }
}

impl TryFrom<StoredInput> for Input {
    type Error = PrepareFault;

    fn try_from(stored: StoredInput) -> Result<Self, PrepareFault> {
        match stored {
            StoredInput::Any => Ok(Input::Any),
            StoredInput::Array { values, shape, groups } => {
                let bytes = match &values[..] {
                    "bytes" => true,
                    "floats" => false,
                    _ => return Err(damaged("values are neither \"bytes\" nor \"floats\"")),
                };
                let (shape, wanted) = match shape[..] {
                    [columns] => (Shape::Vector(columns), columns),
                    [channels, height, width] => {
                        (Shape::Image { channels, height, width }, channels)
                    }
                    _ => return Err(damaged("a shape has one number or three")),
                };
                if shape.is_empty() || groups.len() != wanted {
                    return Err(damaged(format!("{} groups do not fit {shape}", groups.len())));
                }
                let groups = groups.into_iter().map(Numbers::try_from).collect::<Result<_, _>>()?;
                Ok(Input::Array(ArrayInput { shape, bytes, groups }))
            }
            StoredInput::Table { columns } => {
                if columns.is_empty() {
                    return Err(damaged("it has no columns"));
                }
                let columns = columns.into_iter().map(InputColumn::try_from);
                let columns: Vec<InputColumn> = columns.collect::<Result<_, _>>()?;
                let mut names: Vec<&str> = columns.iter().map(|column| &column.name[..]).collect();
                names.sort_unstable();
                if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
                    return Err(damaged(format!("column \"{}\" is there twice", twice[0])));
                }
                Ok(Input::Table(columns))
            }
        }
    }
}

impl TryFrom<StoredColumn> for InputColumn {
    type Error = PrepareFault;

    fn try_from(stored: StoredColumn) -> Result<Self, PrepareFault> {
        match stored {
            StoredColumn::Number { name, numbers } => {
                Ok(InputColumn { name, kind: InputKind::Number(numbers.try_into()?) })
            }
            StoredColumn::Category { name, fill, categories: names } => {
                if names.is_empty() || !names.is_sorted_by(|a, b| a < b) {
                    return Err(damaged(format!("the categories of \"{name}\" are not sorted")));
                }
                let fill = match fill {
                    None => None,
                    Some(fill) => Some(names.binary_search(&fill).map_err(|_| {
                        damaged(format!("\"{fill}\" is no category of \"{name}\""))
                    })?),
                };
                let kind = InputKind::Category(Categories { fill, names });
                Ok(InputColumn { name, kind })
            }
        }
    }
}

impl TryFrom<StoredNumbers> for Numbers {
    type Error = PrepareFault;

    fn try_from(stored: StoredNumbers) -> Result<Self, PrepareFault> {
        let StoredNumbers { fill, clip, drop, shift, divide } = stored;
        let finite = shift.is_finite() && divide.is_finite() && fill.is_none_or(f64::is_finite);
        let in_order = |bounds: Option<(f64, f64)>| bounds.is_none_or(|(low, high)| low < high);
        if !finite || divide == 0.0 || !in_order(clip) || !in_order(drop) {
            return Err(damaged(format!("figures that cannot be: {stored:?}")));
        }
        Ok(Numbers { fill, clip, drop, shift, divide })
    }
}
