//! Files of samples to predict on, or to evaluate.

use std::path::Path;
use std::sync::Arc;

use crate::images::{self, Further};
use crate::load::Kind;
use crate::progress::{Watch, unwatched};
use crate::schema::ReadAs;
use crate::table::{self, Like, no_targets};
use crate::{
    DataError, Dataset, FileFault, ImageFault, SampleKind, SampleSchema, TableFault, Task, folder,
    npy_file, npz,
};

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
    let plain = |(set, has_targets)| SampleFile { set, has_targets, names: Vec::new() };
    let (task, names) = (like.targets.task, &like.targets.names);
    let class_names = (task == Task::Classification).then(|| names.clone());
    let without = |samples: u64| no_targets(&like.targets, samples as usize);
    let kind = Kind::of(path);
    if images::is_image(path) || kind == Kind::Images {
        return read_images(path, like, needs_targets, &unwatched);
    }
    let file = match kind {
        Kind::Table => return read_table(path, like, needs_targets, &unwatched).map(plain),
        Kind::Npz => {
            npz::read_samples(path, task, class_names, without).map_err(|fault| fault.at(path))?
        }
        Kind::Npy => npy_file::read_samples(path, task, class_names, without)?,
        _ if path.is_dir() => (folder::read_any(path, class_names)?, true),
        _ => folder::read_samples(path, class_names, without)?,
    };
    check_alike(&file.0, like).map_err(|fault| fault.at(path))?;
    if needs_targets && !file.1 {
        return Err(FileFault::NoTargets.at(path));
    }
    let (set, has_targets) = file;
    Ok(plain((set.with_schema(Arc::new(like.clone())), has_targets)))
}

/// Arrays must hold samples like those of training.
fn check_alike(set: &Dataset, like: &SampleSchema) -> Result<(), FileFault> {
    let found = set.own_schema(ReadAs::default());
    let described = |schema: &SampleSchema| {
        let targets = match schema.targets.task {
            Task::Classification => String::new(),
            Task::Regression => match schema.targets.names.len() {
                1 => " with 1 target".into(),
                targets => format!(" with {targets} targets"),
            },
        };
        let samples = match &schema.samples {
            SampleKind::Table { columns, .. } => format!("a table of {} columns", columns.len()),
            SampleKind::Bytes { shape, .. } => format!("{shape} bytes"),
            SampleKind::Floats { shape } => format!("{shape} floats"),
        };
        samples + &targets
    };
    let (found, wanted) = (described(&found), described(like));
    if found == wanted { Ok(()) } else { Err(FileFault::OtherSamples { found, wanted }) }
}

/// Reads images as those of training were read.
pub(crate) fn read_images(
    path: &Path,
    like: &SampleSchema,
    needs_targets: bool,
    watch: Watch<'_>,
) -> Result<SampleFile, DataError> {
    let (SampleKind::Bytes { shape, resized }, Task::Classification) =
        (&like.samples, like.targets.task)
    else {
        return Err(FileFault::from(ImageFault::Unexpected).at(path));
    };
    let classes = &like.targets.names;
    let Further { set, has_targets, names } =
        images::read_like(path, *shape, *resized, classes, needs_targets, watch)?;
    let set = set.with_schema(Arc::new(like.clone()));
    Ok(SampleFile { set, has_targets, names })
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
