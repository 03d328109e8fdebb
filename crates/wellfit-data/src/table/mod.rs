//! Tables as they were read: columns of numbers or categories, before anything is fitted.

mod column;
mod csv;
mod dates;
mod error;
mod fields;
pub(crate) mod names;
#[cfg(feature = "parquet")]
mod parquet;
mod roles;
mod target;
mod text;

use std::path::Path;
use std::sync::Arc;

pub use error::{Place, TableFault};

pub(crate) use target::class_order;

use self::column::Filled;
use self::fields::MissingTexts;
use self::roles::{Role, Wanted, as_trained, for_training};
use crate::progress::Watch;
use crate::schema::ReadAs;
use crate::{
    ColumnSchema, DataError, DataRequest, Dataset, Features, FileFault, Shape, TargetSchema,
    Targets, Task,
};

/// Columns of one length.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The columns that may be learned from, in the file's order.
    pub columns: Vec<Column>,
    /// Samples.
    pub rows: usize,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// As in the header; unique in a table.
    pub name: String,
    /// One value a sample.
    pub values: ColumnValues,
}

/// A column's values.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnValues {
    /// Numbers; NaN where the value is missing, never infinite.
    Numbers(Vec<f64>),
    /// Categories.
    Categories {
        /// Below the number of names; [`MISSING`] where the value is missing.
        codes: Vec<u32>,
        /// In the order in which they first appear.
        names: Vec<String>,
    },
}

/// The code of a missing category.
pub const MISSING: u32 = u32::MAX;

/// Chooses columns by the names that a file has.
type Choose<'a> = &'a dyn Fn(&[String]) -> Result<Vec<Wanted>, TableFault>;

/// What was read of a file.
struct RawTable {
    columns: Vec<Filled>,
    rows: usize,
}

/// Columns of a raw table by what they are for.
#[derive(Default)]
struct Parts {
    features: Vec<Column>,
    targets: Vec<Filled>,
    groups: Option<Filled>,
    times: Option<Filled>,
    rows: usize,
}

/// Whether a file is a table, by its ending.
pub(crate) fn is_table(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let text = name.strip_suffix(".gz").unwrap_or(&name);
    [".csv", ".tsv", ".txt"].iter().any(|ending| text.ends_with(ending)) || is_parquet(path)
}

fn is_parquet(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    matches!(&*ending, "parquet" | "pq")
}

/// Reads a table to learn from.
pub(crate) fn read_training(
    path: &Path,
    request: &DataRequest,
    watch: Watch<'_>,
) -> Result<Dataset, DataError> {
    training(path, request, watch).map_err(|fault| fault.at(path))
}

fn training(path: &Path, request: &DataRequest, watch: Watch<'_>) -> Result<Dataset, FileFault> {
    let table = &request.table;
    let choose = |names: &[String]| for_training(names, table, &request.split, request.task);
    let missing = table.missing_values.as_deref();
    let raw = read(path, table.separator, missing, &choose, watch)?;
    if raw.rows == 1 {
        return Err(TableFault::OneRow.into());
    }
    let parts = parts(raw);
    let targets = target::found(&parts.targets, request.task)?;
    let how = ReadAs {
        target: table.target.clone(),
        separator: table.separator,
        missing_values: table.missing_values.clone(),
        resized: false,
    };
    let set = assemble(parts, targets)?;
    let schema = set.own_schema(how);
    Ok(set.with_schema(Arc::new(schema)))
}

/// How further files are read: the columns, what they are to give, and what the text means.
pub(crate) struct Like<'a> {
    pub columns: &'a [ColumnSchema],
    pub targets: &'a TargetSchema,
    pub separator: Option<char>,
    pub missing_values: Option<&'a [String]>,
    /// Whether the file must say what samples are to give.
    pub needs_targets: bool,
}

/// Reads a table as the training table was read, with its columns in their order; and
/// whether it says what the samples are to give. Without, all have class 0 or zeros.
pub(crate) fn read_like(
    path: &Path,
    like: &Like<'_>,
    watch: Watch<'_>,
) -> Result<(Dataset, bool), DataError> {
    further(path, like, watch).map_err(|fault| fault.at(path))
}

fn further(path: &Path, like: &Like<'_>, watch: Watch<'_>) -> Result<(Dataset, bool), FileFault> {
    let choose =
        |names: &[String]| as_trained(names, like.columns, like.targets, like.needs_targets);
    let raw = read(path, like.separator, like.missing_values, &choose, watch)?;
    let parts = parts(raw);
    let rows = parts.rows;
    // A column of targets without a single value says nothing.
    let empty = parts.targets.iter().all(|column| column.missing.count == rows);
    if empty && !like.needs_targets {
        return Ok((assemble(parts, no_targets(like.targets, rows))?, false));
    }
    let targets = target::as_trained(&parts.targets, like.targets)?;
    Ok((assemble(parts, targets)?, true))
}

/// What stands where nothing is said: class 0, or zeros.
pub(crate) fn no_targets(like: &TargetSchema, rows: usize) -> Targets {
    let names = like.names.clone();
    match like.task {
        Task::Classification => Targets::classes(vec![0; rows], names),
        Task::Regression => Targets::numbers(vec![0.0; rows * names.len()], names),
    }
}

fn read(
    path: &Path,
    separator: Option<char>,
    missing: Option<&[String]>,
    choose: Choose<'_>,
    watch: Watch<'_>,
) -> Result<RawTable, FileFault> {
    if is_parquet(path) {
        #[cfg(feature = "parquet")]
        return parquet::read(path, missing, choose, watch);
        #[cfg(not(feature = "parquet"))]
        return Err(TableFault::NoParquet.into());
    }
    csv::read(path, separator, &MissingTexts::new(missing), choose, watch)
}

fn parts(raw: RawTable) -> Parts {
    let mut parts = Parts { rows: raw.rows, ..Parts::default() };
    for column in raw.columns {
        match column.wanted.role {
            Role::Feature => {
                parts.features.push(Column { name: column.wanted.name, values: column.values });
            }
            Role::Target => parts.targets.push(column),
            Role::Group => parts.groups = Some(column),
            Role::Time => parts.times = Some(column),
        }
    }
    parts
}

fn assemble(parts: Parts, targets: Targets) -> Result<Dataset, FileFault> {
    let Parts { features, groups, times, rows, .. } = parts;
    let shape = Shape::Vector(features.len());
    let table = Table { columns: features, rows };
    let mut set = Dataset::checked(shape, Features::Table(Arc::new(table)), targets)?;
    for (column, role) in [(groups, "the group"), (times, "the time")] {
        let Some(column) = column else { continue };
        if column.missing.count > 0 {
            let (count, places) = (column.missing.count, column.missing.places());
            let column = column.wanted.name;
            return Err(TableFault::MissingInRole { column, role, count, places }.into());
        }
        set = match column.values {
            ColumnValues::Categories { codes, .. } => set.with_groups(codes),
            ColumnValues::Numbers(values) => set.with_times(values),
        };
    }
    Ok(set)
}
