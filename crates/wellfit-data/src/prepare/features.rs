//! The encoded features of an input, in order.

use super::encode::{Codes, Seen};
use super::input::{Input, InputColumn, InputKind};
use crate::{ColumnValues, Features};

/// Where an encoded feature of a table comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Feature {
    /// A column of numbers.
    Number { column: usize },
    /// Whether a column's category is this one.
    Category { column: usize, category: usize },
}

/// The features of a table, column by column.
pub(super) fn list(columns: &[InputColumn]) -> Vec<Feature> {
    let mut list = Vec::new();
    for (column, InputColumn { kind, .. }) in columns.iter().enumerate() {
        match kind {
            InputKind::Number(_) => list.push(Feature::Number { column }),
            InputKind::Category(categories) => {
                let each = 0..categories.names.len();
                list.extend(each.map(|category| Feature::Category { column, category }));
            }
        }
    }
    list
}

/// What the features of an input are called.
pub(super) fn names(input: &Input) -> Vec<String> {
    match input {
        Input::Any => Vec::new(),
        Input::Array(array) => (0..array.shape.len()).map(|value| array.name(value)).collect(),
        Input::Table(columns) => {
            list(columns).iter().map(|feature| name(columns, feature)).collect()
        }
    }
}

fn name(columns: &[InputColumn], feature: &Feature) -> String {
    match *feature {
        Feature::Number { column } => columns[column].name.clone(),
        Feature::Category { column, category } => {
            let InputColumn { name, kind: InputKind::Category(categories) } = &columns[column]
            else {
                unreachable!("a category's feature is made of a column of categories")
            };
            format!("{name}={}", categories.names[category])
        }
    }
}

/// Samples as encoded features, filled in and clipped but not scaled: what features are
/// selected by. The input was fitted on the very same columns.
pub(super) struct Encoded<'a> {
    input: &'a Input,
    values: &'a Features,
    list: Vec<Feature>,
    codes: Vec<Option<Codes>>,
}

impl<'a> Encoded<'a> {
    pub fn new(input: &'a Input, values: &'a Features) -> Self {
        let (list, codes) = match (input, values) {
            (Input::Table(columns), Features::Table(table)) => {
                let codes = columns.iter().zip(&table.columns).map(|(column, raw)| {
                    match (&column.kind, &raw.values) {
                        (InputKind::Category(kind), ColumnValues::Categories { names, .. }) => {
                            Some(Codes::new(kind, names))
                        }
                        _ => None,
                    }
                });
                (list(columns), codes.collect())
            }
            _ => (Vec::new(), Vec::new()),
        };
        Encoded { input, values, list, codes }
    }

    /// How many features there are.
    pub fn len(&self) -> usize {
        match self.input {
            Input::Any => 0,
            Input::Array(array) => array.shape.len(),
            Input::Table(_) => self.list.len(),
        }
    }

    /// Whether a feature is one of a category's, 0 or 1.
    pub fn is_indicator(&self, feature: usize) -> bool {
        matches!(self.list.get(feature), Some(Feature::Category { .. }))
    }

    /// A feature of these stored samples.
    pub fn column(&self, feature: usize, rows: &[u32]) -> Vec<f64> {
        match (self.input, self.values) {
            (Input::Array(array), values) => {
                let (width, group) = (array.shape.len(), &array.groups[array.group(feature)]);
                let place = |row: u32| row as usize * width + feature;
                match values {
                    Features::Bytes(bytes) => {
                        rows.iter().map(|&row| group.clean(f64::from(bytes[place(row)]))).collect()
                    }
                    Features::Floats(floats) => {
                        rows.iter().map(|&row| group.clean(f64::from(floats[place(row)]))).collect()
                    }
                    Features::Table(_) => Vec::new(),
                }
            }
            (Input::Table(columns), Features::Table(table)) => match self.list[feature] {
                Feature::Number { column } => {
                    match (&columns[column].kind, &table.columns[column].values) {
                        (InputKind::Number(numbers), ColumnValues::Numbers(values)) => {
                            rows.iter().map(|&row| numbers.clean(values[row as usize])).collect()
                        }
                        _ => Vec::new(),
                    }
                }
                Feature::Category { column, category } => {
                    match (&self.codes[column], &table.columns[column].values) {
                        (Some(known), ColumnValues::Categories { codes, .. }) => {
                            let is = |row: &u32| {
                                known.get(codes[*row as usize]) == Seen::Known(category)
                            };
                            rows.iter().map(|row| f64::from(u8::from(is(row)))).collect()
                        }
                        _ => Vec::new(),
                    }
                }
            },
            _ => Vec::new(),
        }
    }
}
