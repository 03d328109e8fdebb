//! Files of samples to predict on, or to evaluate.

use std::path::Path;
use std::sync::Arc;

use crate::progress::{Watch, unwatched};
use crate::table::{self, Like};
use crate::{DataError, Dataset, FileFault, SampleKind, SampleSchema, TableFault};

/// Samples of a file, read as the training samples were.
#[derive(Clone, Debug)]
pub struct SampleFile {
    /// The samples, not yet prepared. Without targets in the file, all have class 0, or
    /// zeros to predict.
    pub set: Dataset,
    /// Whether the file says what the samples are to give.
    pub has_targets: bool,
    /// What each sample is called, where the file says so: the paths of images. Else empty.
    pub names: Vec<String>,
}

/// Reads samples to predict on: a table with the training table's columns, by name and in
/// any order; an array or images of the training samples' shape; a folder of images. What
/// they are to give is read too where the file says it.
///
/// # Errors
/// When the file is missing or damaged, lacks a column or holds other samples than `like`
/// says, or a target is no class that training knew.
pub fn read_samples(path: &Path, like: &SampleSchema) -> Result<SampleFile, DataError> {
    read(path, like, false)
}

/// Reads samples with what they are to give: to evaluate.
///
/// # Errors
/// As [`read_samples`]; and when the file does not say what the samples are to give.
pub fn read_labelled(path: &Path, like: &SampleSchema) -> Result<Dataset, DataError> {
    Ok(read(path, like, true)?.set)
}

fn read(path: &Path, like: &SampleSchema, needs_targets: bool) -> Result<SampleFile, DataError> {
    if !path.exists() {
        return Err(FileFault::Missing.at(path));
    }
    if table::is_table(path) {
        let (set, has_targets) = read_table(path, like, needs_targets, &unwatched)?;
        return Ok(SampleFile { set, has_targets, names: Vec::new() });
    }
    Err(FileFault::UnknownKind.at(path))
}

/// Reads a table as the training table was read; and whether it says what samples are to give.
pub(crate) fn read_table(
    path: &Path,
    like: &SampleSchema,
    needs_targets: bool,
    watch: Watch<'_>,
) -> Result<(Dataset, bool), DataError> {
    let SampleKind::Table { columns, separator, missing_values } = &like.samples else {
        return Err(FileFault::from(TableFault::UnexpectedTable).at(path));
    };
    let how = Like {
        columns,
        targets: &like.targets,
        separator: *separator,
        missing_values: missing_values.as_deref(),
        needs_targets,
    };
    let (set, has_targets) = table::read_like(path, &how, watch)?;
    Ok((set.with_schema(Arc::new(like.clone())), has_targets))
}
