//! NPZ files: a zip archive of NPY arrays, here `x` (the samples) and `y` (their classes,
//! or the numbers to predict).

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use crate::arrays;
use crate::bytes::{Bytes, open_file};
use crate::npy::{self, Fault, Header};
use crate::table::names::{listed, meant};
use crate::zip::Archive;
use crate::{DataError, Dataset, FileFault, SplitRule, TableFault, Targets, Task};

/// Reads `x`, of shape `[n, features]` or `[n, channels, height, width]` (float32,
/// float64 or uint8), and `y`: integers of any size of shape `[n]` are classes, floats of
/// that shape one target, and numbers of shape `[n, targets]` several, "t0", "t1", ….
/// `task` says otherwise: "regression" makes numbers of integers. float64 values are
/// rounded to float32.
///
/// Without `class_names` the classes are "0", "1", … up to the largest label.
///
/// # Errors
/// When the file is missing, damaged or truncated, an array is missing or has
/// another type, shape or order, a value is not a finite float32, a label is not a
/// class, or `y` does not hold what the task needs.
pub fn read_npz(
    path: &Path,
    task: Option<Task>,
    class_names: Option<Vec<String>>,
) -> Result<Dataset, DataError> {
    read_with(path, task, class_names, &SplitRule::Stratified)
}

/// As [`read_npz`], with the array of groups or times that `split` names.
pub(crate) fn read_with(
    path: &Path,
    task: Option<Task>,
    class_names: Option<Vec<String>>,
    split: &SplitRule,
) -> Result<Dataset, DataError> {
    let read = || {
        let mut archive = open(path)?;
        let set = read(&mut archive, task, class_names)?;
        with_split(set, &mut archive, split)
    };
    read().map_err(|fault| fault.at(path))
}

/// Reads samples and, if the file has `y`, what they are to give.
pub(crate) fn read_samples(
    path: &Path,
    task: Task,
    class_names: Option<Vec<String>>,
    without: impl FnOnce(u64) -> Targets,
) -> Result<(Dataset, bool), FileFault> {
    let mut archive = open(path)?;
    if archive.names().any(|name| name == "y.npy") {
        return Ok((read(&mut archive, Some(task), class_names)?, true));
    }
    let (shape, features, count) =
        array(&mut archive, "x", |header, bytes| arrays::samples(header, bytes, None))?;
    Ok((Dataset::checked(shape, features, without(count))?, false))
}

fn open(path: &Path) -> Result<Archive<BufReader<File>>, FileFault> {
    let (file, len) = open_file(path)?;
    Archive::open(BufReader::new(file), len)
}

fn read<R: Read + Seek>(
    archive: &mut Archive<R>,
    task: Option<Task>,
    class_names: Option<Vec<String>>,
) -> Result<Dataset, FileFault> {
    // Targets first: they are small, and what is wrong with them shows at once.
    let (targets, count) =
        array(archive, "y", |header, bytes| arrays::targets(header, bytes, task, class_names))?;
    let (shape, features, _) = array(archive, "x", |header, bytes| {
        arrays::samples(header, bytes, Some((&targets, count)))
    })?;
    Ok(Dataset::checked(shape, features, targets)?)
}

/// The set with the groups or times of an array of the name that the plan gives.
fn with_split<R: Read + Seek>(
    set: Dataset,
    archive: &mut Archive<R>,
    split: &SplitRule,
) -> Result<Dataset, FileFault> {
    let (column, grouped) = match split {
        SplitRule::Grouped { column } => (column, true),
        SplitRule::Time { column } => (column, false),
        SplitRule::Stratified | SplitRule::Random => return Ok(set),
    };
    let names: Vec<String> =
        archive.names().map(|name| name.trim_end_matches(".npy").to_owned()).collect();
    if !names.contains(column) {
        let (meant, columns) = (meant(column, &names), listed(&names));
        let (key, name) = ("data.split.column", column.clone());
        return Err(TableFault::UnknownColumn { key, name, meant, columns }.into());
    }
    let values = array(archive, column, arrays::line)?;
    if values.len() != set.len() {
        let fault = crate::ArrayFault::SplitCount { found: values.len(), samples: set.len() };
        return Err(FileFault::Array { array: column.clone(), fault });
    }
    Ok(if grouped { set.with_groups(codes(&values)) } else { set.with_times(values) })
}

/// The number of each value's first appearance among the values.
fn codes(values: &[f64]) -> Vec<u32> {
    let mut known = std::collections::HashMap::new();
    let code = |value: &f64| {
        let next = known.len() as u32;
        *known.entry((value + 0.0).to_bits()).or_insert(next)
    };
    values.iter().map(code).collect()
}

/// Opens `NAME.npy`, reads its header and hands both on; faults name the array.
fn array<R: Read + Seek, T>(
    archive: &mut Archive<R>,
    name: &str,
    read: impl FnOnce(Header, &mut Bytes<'_>) -> Result<T, Fault>,
) -> Result<T, FileFault> {
    let found = archive.names().map(|name| name.trim_end_matches(".npy")).collect::<Vec<_>>();
    let found = if found.is_empty() { "nothing".to_string() } else { found.join(", ") };
    let (mut bytes, size) = archive
        .file(&format!("{name}.npy"))
        .unwrap_or(Err(FileFault::NoArray { wanted: name.to_string(), found }))?;
    let values = npy::header(&mut bytes).and_then(|header| {
        header.check_promise(size)?;
        read(header, &mut bytes)
    });
    values.map_err(|fault| match fault {
        Fault::Array(fault) => FileFault::Array { array: name.to_string(), fault },
        Fault::File(fault) => fault,
    })
}
