//! Raw sets side by side: the same columns in the same order, categories by one code.

use std::collections::HashMap;

use wellfit_data::{
    ColumnValues, DataRequest, Dataset, Features, MISSING, RawSplits, Shape, Table, Targets, Task,
};

use crate::finding::Which;

/// What is checked.
pub(crate) struct Parts<'a> {
    pub request: &'a DataRequest,
    pub shape: Shape,
    pub task: Task,
    pub columns: Vec<Named>,
    /// Training first.
    pub parts: Vec<Part<'a>>,
}

/// A column of all parts.
pub(crate) struct Named {
    pub name: String,
    pub kind: ColumnKind,
}

#[derive(PartialEq)]
pub(crate) enum ColumnKind {
    Byte,
    Number,
    /// The names of the codes, training's first.
    Category(Vec<String>),
}

/// A part.
pub(crate) struct Part<'a> {
    pub which: Which,
    set: &'a Dataset,
    /// The stored row of every sample.
    pub rows: Vec<u32>,
    cells: Vec<Cells<'a>>,
}

/// Where a column's values are.
enum Cells<'a> {
    Bytes {
        values: &'a [u8],
        at: usize,
        stride: usize,
    },
    Floats {
        values: &'a [f32],
        at: usize,
        stride: usize,
    },
    Numbers(&'a [f64]),
    /// With what each code is in the other parts, where that differs.
    Codes(&'a [u32], Option<Vec<u32>>),
    /// A column that this part lacks.
    Absent,
}

impl Cells<'_> {
    /// The value in a stored row; NaN where it is missing.
    fn get(&self, row: usize) -> f64 {
        match self {
            Cells::Bytes { values, at, stride } => f64::from(values[row * stride + at]),
            Cells::Floats { values, at, stride } => f64::from(values[row * stride + at]),
            Cells::Numbers(values) => values[row],
            Cells::Codes(codes, others) => match (codes[row], others) {
                (MISSING, _) => f64::NAN,
                (code, None) => f64::from(code),
                (code, Some(others)) => others.get(code as usize).map_or(f64::NAN, |&c| c.into()),
            },
            Cells::Absent => f64::NAN,
        }
    }
}

impl<'a> Parts<'a> {
    /// Puts the parts side by side.
    pub fn of(raw: &'a RawSplits, request: &'a DataRequest) -> Parts<'a> {
        let mut columns = columns(&raw.train);
        let held_out = [(Which::Validation, &raw.validation), (Which::Test, &raw.test)];
        let held_out = held_out.into_iter().filter_map(|(which, set)| Some((which, set.as_ref()?)));
        let parts = [(Which::Training, &raw.train)].into_iter().chain(held_out);
        let parts = parts.map(|(which, set)| Part {
            which,
            set,
            rows: set.stored_rows().collect(),
            cells: cells(set, &mut columns),
        });
        let parts = parts.collect();
        Parts { request, shape: raw.train.shape(), task: raw.train.task(), columns, parts }
    }

    /// The part that is learned from.
    pub fn training(&self) -> &Part<'a> {
        &self.parts[0]
    }

    /// Validation and test, where they are.
    pub fn held_out(&self) -> &[Part<'a>] {
        &self.parts[1..]
    }

    /// Values of a sample.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Whether samples are images: their columns are pixels, and say little alone.
    pub fn is_images(&self) -> bool {
        matches!(self.shape, Shape::Image { .. })
    }

    /// Whether the columns are those of a table.
    pub fn is_table(&self) -> bool {
        matches!(self.training().set.features(), Features::Table(_))
    }

    /// The classes' names; none in regression.
    pub fn classes(&self) -> &'a [String] {
        self.training().set.class_names()
    }

    /// The targets' names; none in classification.
    pub fn targets(&self) -> &'a [String] {
        match self.task {
            Task::Regression => self.training().set.output_names(),
            Task::Classification => &[],
        }
    }
}

impl<'a> Part<'a> {
    /// Samples.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// A value of a sample; NaN where it is missing.
    pub fn value(&self, sample: u32, column: usize) -> f64 {
        self.cells[column].get(self.rows[sample as usize] as usize)
    }

    /// The column's values of these samples.
    pub fn values(&self, samples: &[u32], column: usize) -> Vec<f64> {
        samples.iter().map(|&sample| self.value(sample, column)).collect()
    }

    /// A sample's class; `None` in regression.
    pub fn class(&self, sample: u32) -> Option<u32> {
        self.set.labels().get(self.rows[sample as usize] as usize).copied()
    }

    /// One of a sample's targets; `None` in classification.
    pub fn target(&self, sample: u32, target: usize) -> Option<f64> {
        match self.set.targets() {
            Targets::Classes { .. } => None,
            Targets::Numbers { values, names } => {
                let row = self.rows[sample as usize] as usize;
                Some(values[row * names.len() + target].into())
            }
        }
    }

    /// What a sample is to give, as bits that are equal for equal targets.
    pub fn target_bits(&self, sample: u32) -> Vec<u32> {
        let row = self.rows[sample as usize] as usize;
        match self.set.targets() {
            Targets::Classes { labels, .. } => vec![labels[row]],
            Targets::Numbers { values, names } => {
                let own = &values[row * names.len()..][..names.len()];
                own.iter().map(|value| (value + 0.0).to_bits()).collect()
            }
        }
    }

    /// Samples of each class.
    pub fn class_counts(&self) -> Vec<usize> {
        self.set.class_counts()
    }

    /// A number of the features of each of these samples that is the same for equal ones.
    pub fn hashes(&self, samples: &[u32]) -> Vec<u64> {
        let width = self.cells.len();
        let row = |sample: &u32| self.rows[*sample as usize] as usize * width;
        match self.set.features() {
            Features::Bytes(values) => {
                samples.iter().map(|s| of_bytes(&values[row(s)..][..width])).collect()
            }
            Features::Floats(values) => {
                let bits = |value: &f32| u64::from((value + 0.0).to_bits());
                let of = |s| values[row(s)..][..width].iter().map(bits).fold(SEED, mix);
                samples.iter().map(of).collect()
            }
            Features::Table(_) => {
                let mut hashes = vec![SEED; samples.len()];
                for column in 0..width {
                    for (hash, &sample) in hashes.iter_mut().zip(samples) {
                        *hash = mix(*hash, bits(self.value(sample, column)));
                    }
                }
                hashes
            }
        }
    }

    /// Whether two samples have the same features, missing ones included.
    pub fn equals(&self, sample: u32, other: &Part<'_>, other_sample: u32) -> bool {
        let width = self.cells.len();
        let at = |part: &Part<'_>, sample: u32| part.rows[sample as usize] as usize * width;
        match (self.set.features(), other.set.features()) {
            (Features::Bytes(a), Features::Bytes(b)) => {
                a[at(self, sample)..][..width] == b[at(other, other_sample)..][..width]
            }
            _ => (0..width).all(|column| {
                bits(self.value(sample, column)) == bits(other.value(other_sample, column))
            }),
        }
    }
}

/// The same bits for what counts as equal: both zeros, and every missing value.
fn bits(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() }
}

const SEED: u64 = 0x9E37_79B9_7F4A_7C15;

/// One step of a hash: the halves of a 128-bit product, put together.
fn mix(hash: u64, word: u64) -> u64 {
    let product = u128::from(hash ^ word) * 0xD6E8_FEB8_6659_FD93_u128;
    (product as u64 ^ (product >> 64) as u64).wrapping_add(SEED)
}

fn of_bytes(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = words.iter().fold(SEED, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    rest.iter().fold(hash, |hash, &byte| mix(hash, byte.into()))
}

/// The training table's columns, or those of an array: `column 0`, `pixel (3, 4)`.
fn columns(train: &Dataset) -> Vec<Named> {
    let array = |kind: fn() -> ColumnKind| {
        let name = |at: usize| match train.shape() {
            Shape::Vector(_) => format!("column {at}"),
            Shape::Image { channels, height, width } => {
                let (channel, row, column) =
                    (at / (height * width), at / width % height, at % width);
                match channels {
                    1 => format!("pixel ({row}, {column})"),
                    _ => format!("pixel ({row}, {column}) of channel {channel}"),
                }
            }
        };
        (0..train.shape().len()).map(|at| Named { name: name(at), kind: kind() }).collect()
    };
    match train.features() {
        Features::Bytes(_) => array(|| ColumnKind::Byte),
        Features::Floats(_) => array(|| ColumnKind::Number),
        Features::Table(table) => {
            let named = table.columns.iter().map(|column| Named {
                name: column.name.clone(),
                kind: match &column.values {
                    ColumnValues::Numbers(_) => ColumnKind::Number,
                    ColumnValues::Categories { names, .. } => ColumnKind::Category(names.clone()),
                },
            });
            named.collect()
        }
    }
}

/// Where a set's columns are, in the training part's order. Categories that training does
/// not have get codes behind its own.
fn cells<'a>(set: &'a Dataset, columns: &mut [Named]) -> Vec<Cells<'a>> {
    let stride = columns.len();
    match set.features() {
        Features::Bytes(values) => {
            (0..stride).map(|at| Cells::Bytes { values, at, stride }).collect()
        }
        Features::Floats(values) => {
            (0..stride).map(|at| Cells::Floats { values, at, stride }).collect()
        }
        Features::Table(table) => columns.iter_mut().map(|column| cell(table, column)).collect(),
    }
}

fn cell<'a>(table: &'a Table, column: &mut Named) -> Cells<'a> {
    let own = table.columns.iter().find(|own| own.name == column.name);
    match (own.map(|own| &own.values), &mut column.kind) {
        (Some(ColumnValues::Numbers(values)), ColumnKind::Number) => Cells::Numbers(values),
        (Some(ColumnValues::Categories { codes, names }), ColumnKind::Category(known)) => {
            if names == known {
                return Cells::Codes(codes, None);
            }
            let mut by_name: HashMap<String, u32> = known.iter().cloned().zip(0..).collect();
            let others = names.iter().map(|name| {
                *by_name.entry(name.clone()).or_insert_with(|| {
                    known.push(name.clone());
                    known.len() as u32 - 1
                })
            });
            Cells::Codes(codes, Some(others.collect()))
        }
        _ => Cells::Absent,
    }
}
