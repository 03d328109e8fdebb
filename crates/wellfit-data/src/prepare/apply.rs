//! What was fitted, done to samples.

use super::encode::{Codes, Seen};
use super::fault::PrepareFault;
use super::features;
use super::impute::Gaps;
use super::input::{ArrayInput, Input, InputColumn, InputKind, Numbers};
use super::{Preparation, table};
use crate::{ColumnValues, Dataset, Features, Table};

/// Rows that are written together, so that what is written stays in the cache.
const BLOCK: usize = 1024;

/// A set of samples, and which part of the splits it is.
pub(super) type Part<'a> = (Option<&'static str>, &'a Dataset);

/// Prepares all stored samples of `raw`. Values that are wrong matter only where one of
/// `parts`, which share its stored samples, has them.
pub(super) fn apply(
    fitted: &Preparation,
    raw: &Dataset,
    parts: &[Part<'_>],
) -> Result<Dataset, PrepareFault> {
    check_like(fitted, raw)?;
    let features = match (&fitted.input, raw.features()) {
        (Input::Table(columns), Features::Table(table)) => {
            Features::Floats(table_floats(fitted, columns, table, parts)?.into())
        }
        (Input::Array(array), values) => array_values(fitted, array, values, parts)?,
        (_, values) => values.clone(),
    };
    let shape = fitted.shape().unwrap_or(raw.shape());
    Ok(Dataset { shape, features, ..raw.clone() })
}

/// Samples must be like those that were fitted on.
pub(super) fn check_like(fitted: &Preparation, raw: &Dataset) -> Result<(), PrepareFault> {
    let found = || match raw.features() {
        Features::Table(table) => format!("a table of {} columns", table.columns.len()),
        values => format!("{} {}", raw.shape(), values.kind()),
    };
    match (&fitted.input, raw.features()) {
        (Input::Any, Features::Table(_)) => Err(PrepareFault::NotFitted),
        (Input::Any, _) => Ok(()),
        (Input::Table(_), Features::Table(table)) => table::check(table),
        (Input::Table(columns), _) => {
            let wanted = format!("a table of {} columns", columns.len());
            Err(PrepareFault::OtherSamples { found: found(), wanted })
        }
        (Input::Array(array), values) => {
            let bytes = matches!(values, Features::Bytes(_));
            let table = matches!(values, Features::Table(_));
            if array.shape == raw.shape() && array.bytes == bytes && !table {
                return Ok(());
            }
            Err(PrepareFault::OtherSamples { found: found(), wanted: array.words() })
        }
    }
}

/// Room for so many samples of so many features, all 0.
fn room(samples: usize, width: usize) -> Result<Vec<f32>, PrepareFault> {
    let too_large = PrepareFault::TooLarge { samples, features: width };
    let Some(len) = samples.checked_mul(width) else { return Err(too_large) };
    let mut values = Vec::new();
    if values.try_reserve_exact(len).is_err() {
        return Err(too_large);
    }
    values.resize(len, 0.0);
    Ok(values)
}

/// A table's column, and where its features are written.
struct Write<'a> {
    column: &'a InputColumn,
    kind: WriteKind<'a>,
    /// Whether some value cannot be prepared.
    odd: bool,
}

enum WriteKind<'a> {
    Numbers {
        values: &'a [f64],
        numbers: &'a Numbers,
        to: usize,
    },
    Categories {
        codes: &'a [u32],
        names: &'a [String],
        known: Codes,
        to: Vec<Option<usize>>,
    },
    /// Not one value is there, so that the column's kind could not be told: what stands
    /// in for all, and where.
    Nothing {
        fill: Option<f32>,
        to: Option<usize>,
    },
}

fn table_floats(
    fitted: &Preparation,
    columns: &[InputColumn],
    table: &Table,
    parts: &[Part<'_>],
) -> Result<Vec<f32>, PrepareFault> {
    let encoded = features::list(columns).len();
    let (mut to, mut width) = (vec![None; encoded], 0);
    let all: Vec<usize>;
    let stay = match &fitted.selected {
        Some(selected) => selected,
        None => {
            all = (0..encoded).collect();
            &all
        }
    };
    for &feature in stay {
        to[feature] = Some(width);
        width += 1;
    }
    let mut writes = writes(columns, table, &to)?;
    let mut values = room(table.rows, width)?;
    for (at, block) in values.chunks_mut(BLOCK * width).enumerate() {
        let first = at * BLOCK;
        writes.iter_mut().for_each(|write| write.block(first, block, width, fitted.refuse_unknown));
    }
    for write in writes.iter().filter(|write| write.odd) {
        for &(part, set) in parts {
            let found = write.fault(set, fitted.refuse_unknown);
            if let Some(fault) = found {
                return Err(part.map_or(fault.clone(), |part| fault.within(part)));
            }
        }
    }
    Ok(values)
}

/// What is to be written; columns none of whose features stay are not looked at.
fn writes<'a>(
    columns: &'a [InputColumn],
    table: &'a Table,
    to: &[Option<usize>],
) -> Result<Vec<Write<'a>>, PrepareFault> {
    let (mut next, mut writes) = (0, Vec::new());
    for (column, place) in columns.iter().zip(table::places(columns, table)?) {
        let first = next;
        next += match &column.kind {
            InputKind::Number(_) => 1,
            InputKind::Category(categories) => categories.names.len(),
        };
        let to = &to[first..next];
        if to.iter().all(Option::is_none) {
            continue;
        }
        let kind = match (&column.kind, &table.columns[place].values) {
            (InputKind::Number(numbers), ColumnValues::Numbers(values)) => {
                WriteKind::Numbers { values, numbers, to: to[0].unwrap_or(0) }
            }
            (InputKind::Category(kind), ColumnValues::Categories { codes, names }) => {
                let known = Codes::new(kind, names);
                WriteKind::Categories { codes, names, known, to: to.to_vec() }
            }
            (InputKind::Number(numbers), ColumnValues::Categories { .. }) => {
                let fill = numbers.fill.map(|fill| numbers.prepared(fill) as f32);
                WriteKind::Nothing { fill, to: to[0] }
            }
            (InputKind::Category(kind), ColumnValues::Numbers(_)) => {
                let to = kind.fill.and_then(|fill| to[fill]);
                WriteKind::Nothing { fill: kind.fill.map(|_| 1.0), to }
            }
        };
        let odd = matches!(kind, WriteKind::Nothing { fill: None, .. });
        writes.push(Write { column, kind, odd });
    }
    Ok(writes)
}

impl Write<'_> {
    /// Writes a block of rows that begins with row `first`.
    fn block(&mut self, first: usize, block: &mut [f32], width: usize, refuse_unknown: bool) {
        let mut odd = false;
        let rows = block.chunks_exact_mut(width);
        match &self.kind {
            WriteKind::Numbers { values, numbers, to } => {
                for (row, value) in rows.zip(&values[first..]) {
                    let value = numbers.prepared(*value) as f32;
                    if value.is_finite() {
                        row[*to] = value;
                    } else {
                        odd = true;
                    }
                }
            }
            WriteKind::Categories { codes, known, to, .. } => {
                for (row, code) in rows.zip(&codes[first..]) {
                    match known.get(*code) {
                        Seen::Known(category) => {
                            if let Some(to) = to[category] {
                                row[to] = 1.0;
                            }
                        }
                        Seen::Unknown => odd |= refuse_unknown,
                        Seen::Missing => odd = true,
                    }
                }
            }
            WriteKind::Nothing { fill: Some(value), to: Some(to) } => {
                rows.for_each(|row| row[*to] = *value);
            }
            WriteKind::Nothing { .. } => {}
        }
        self.odd |= odd;
    }

    /// What is wrong with this column among a set's samples, if anything is.
    fn fault(&self, set: &Dataset, refuse_unknown: bool) -> Option<PrepareFault> {
        let name = || self.column.name.clone();
        let mut gaps = Gaps::of(set.len());
        match &self.kind {
            WriteKind::Numbers { values, numbers, .. } => {
                let mut wide = None;
                for row in set.stored_rows() {
                    let value = numbers.prepared(values[row as usize]);
                    if value.is_nan() {
                        gaps.note(row);
                    } else if !(value as f32).is_finite() && wide.is_none() {
                        wide = Some(PrepareFault::NotFinite { feature: name(), row, value });
                    }
                }
                if gaps.count > 0 { Some(gaps.fault(&name())) } else { wide }
            }
            WriteKind::Categories { codes, names, known, .. } => {
                let mut unknown = None;
                for row in set.stored_rows() {
                    let code = codes[row as usize];
                    match known.get(code) {
                        Seen::Missing => gaps.note(row),
                        Seen::Unknown if refuse_unknown && unknown.is_none() => {
                            let category = names[code as usize].clone();
                            unknown = Some(PrepareFault::Unknown { column: name(), category, row });
                        }
                        _ => {}
                    }
                }
                if gaps.count > 0 { Some(gaps.fault(&name())) } else { unknown }
            }
            WriteKind::Nothing { fill: Some(_), .. } => None,
            WriteKind::Nothing { fill: None, .. } => {
                set.stored_rows().for_each(|row| gaps.note(row));
                Some(gaps.fault(&name()))
            }
        }
    }
}

fn array_values(
    fitted: &Preparation,
    array: &ArrayInput,
    values: &Features,
    parts: &[Part<'_>],
) -> Result<Features, PrepareFault> {
    let width = array.shape.len();
    let selected = fitted.selected.as_deref();
    match values {
        Features::Bytes(bytes) if array.is_uniform() => Ok(match selected {
            None => values.clone(),
            Some(selected) => {
                let rows = bytes.chunks_exact(width);
                let some = |row: &[u8]| selected.iter().map(|&at| row[at]).collect::<Vec<u8>>();
                Features::Bytes(rows.flat_map(some).collect::<Vec<u8>>().into())
            }
        }),
        Features::Bytes(bytes) => floats(fitted, array, bytes, parts),
        Features::Floats(floats)
            if selected.is_none() && array.groups.iter().all(Numbers::changes_nothing) =>
        {
            Ok(Features::Floats(floats.clone()))
        }
        Features::Floats(values) => floats(fitted, array, values, parts),
        Features::Table(_) => Err(PrepareFault::NotFitted),
    }
}

fn floats<T: Copy + Into<f64>>(
    fitted: &Preparation,
    array: &ArrayInput,
    values: &[T],
    parts: &[Part<'_>],
) -> Result<Features, PrepareFault> {
    let width = array.shape.len();
    let stay: Vec<(usize, &Numbers)> = match &fitted.selected {
        Some(selected) => selected.iter().map(|&at| (at, &array.groups[array.group(at)])).collect(),
        None => (0..width).map(|at| (at, &array.groups[array.group(at)])).collect(),
    };
    let mut prepared = room(values.len() / width, stay.len())?;
    let mut odd = false;
    for (to, from) in prepared.chunks_exact_mut(stay.len()).zip(values.chunks_exact(width)) {
        for (to, (at, numbers)) in to.iter_mut().zip(&stay) {
            let value = numbers.prepared(from[*at].into()) as f32;
            odd |= !value.is_finite();
            *to = value;
        }
    }
    if odd {
        for &(part, set) in parts {
            for row in set.stored_rows() {
                let first = row as usize * width;
                let prepared = |&(at, numbers): &(usize, &Numbers)| {
                    (at, numbers.prepared(values[first + at].into()))
                };
                let wide = stay.iter().map(prepared).find(|(_, v)| !(*v as f32).is_finite());
                if let Some((at, value)) = wide {
                    let fault = PrepareFault::NotFinite { feature: array.name(at), row, value };
                    return Err(part.map_or(fault.clone(), |part| fault.within(part)));
                }
            }
        }
        // Samples of no set are never looked at, but a set's values are all finite.
        prepared.iter_mut().filter(|value| !value.is_finite()).for_each(|value| *value = 0.0);
    }
    Ok(Features::Floats(prepared.into()))
}
