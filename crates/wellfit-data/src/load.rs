//! From a plan's `[data]` section to what its files hold.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use crate::folder::{self, Own};
use crate::known;
use crate::npz;
use crate::parts::{Asked, RawSource};
use crate::progress::{Watch, unwatched};
use crate::{
    DataError, DataRequest, Dataset, FileFault, Holdout, ImageFault, LoadProgress, Places,
    SplitFault, Splits, TableFault, Task, images, npy_file, samples, table,
};

/// What kind of thing a source is: held-out files must be of the same.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Idx,
    Npz,
    Npy,
    Table,
    Images,
}

impl Kind {
    /// By the name, and of a folder by what lies in it; what is nothing else may be IDX, which
    /// has no ending of its own.
    pub fn of(path: &Path) -> Kind {
        if path.is_dir() {
            let idx = folder::holds_idx(path);
            if !idx && images::may_hold_classes(path) { Kind::Images } else { Kind::Idx }
        } else if table::is_table(path) {
            Kind::Table
        } else if has_ending(path, "npz") {
            Kind::Npz
        } else if has_ending(path, "npy") {
            Kind::Npy
        } else {
            Kind::Idx
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Idx => "IDX",
            Kind::Npz => "NPZ",
            Kind::Npy => "NPY",
            Kind::Table => "a table",
            Kind::Images => "a folder of images",
        }
    }
}

/// Finds, reads, checks, splits and prepares what a plan asks for.
///
/// A fraction (of validation or test) is a share of all training samples of the
/// source, drawn by `split_seed` and the rule alone; a subset is drawn from what is left to train on.
/// What is prepared is fitted on what is then left to train on.
///
/// # Errors
/// When the source is nowhere, a file is not what it should be, parts do not go
/// together, the set cannot be split as asked, or cannot be prepared as asked.
pub fn load(request: &DataRequest, places: &Places) -> Result<Splits, DataError> {
    load_watched(request, places, &unwatched)
}

/// As [`load`]; `watch` is told how far a large file has been read.
///
/// # Errors
/// As [`load`].
pub fn load_watched(
    request: &DataRequest,
    places: &Places,
    watch: &dyn Fn(LoadProgress),
) -> Result<Splits, DataError> {
    // What was read is let go as soon as it is prepared.
    let parts = read_source_watched(request, places, watch)?.split(request)?;
    parts.prepare(request)
}

/// Finds, reads and checks what a plan asks for, held-out files too.
///
/// # Errors
/// As [`load`], as far as reading goes.
pub fn read_source(request: &DataRequest, places: &Places) -> Result<RawSource, DataError> {
    read_source_watched(request, places, &unwatched)
}

/// As [`read_source`]; `watch` is told how far a large file has been read.
///
/// # Errors
/// As [`read_source`].
pub fn read_source_watched(
    request: &DataRequest,
    places: &Places,
    watch: &dyn Fn(LoadProgress),
) -> Result<RawSource, DataError> {
    refuse_same(request)?;
    let (own, kind, origin) = read(request, places, watch)?;
    let file = |holdout: &Option<Holdout>| match holdout {
        Some(Holdout::File(path)) => held_out(path, kind, &own.train, watch).map(Some),
        _ => Ok(None),
    };
    let [validation_file, test_file] = [file(&request.validation)?, file(&request.test)?];
    let asked = Asked::of(request);
    let pooled = OnceLock::new();
    Ok(RawSource { asked, own, validation_file, test_file, origin, pooled })
}

/// Reads a source; with it, its kind and where it was found, in words.
fn read(
    request: &DataRequest,
    places: &Places,
    watch: Watch<'_>,
) -> Result<(Own, Kind, String), DataError> {
    let (source, task) = (request.source.as_str(), request.task);
    let asked = |own: Own| match task {
        Some(Task::Regression) => own.into_regression(),
        Some(Task::Classification) | None => own,
    };
    if known::is_known(source) {
        refuse_keys(request, None).map_err(|fault| fault.at(Path::new(source)))?;
        let (own, origin) = known::read(source, places)?;
        return Ok((asked(own), Kind::Idx, origin));
    }
    let path = Path::new(source);
    if !path.exists() {
        return Err(match looks_like_path(source) {
            true => FileFault::Missing.at(path),
            false => DataError::UnknownSource { source_name: source.into(), known: known::names() },
        });
    }
    let only = |train| Own { train, validation: None, test: None };
    let kind = Kind::of(path);
    refuse_keys(request, Some(kind)).map_err(|fault| fault.at(path))?;
    let own = match kind {
        Kind::Table => only(table::read_training(path, request, watch)?),
        Kind::Images => images::read(path, &request.images, task, watch)?,
        Kind::Npz => asked(only(npz::read_with(path, task, None, &request.split)?)),
        Kind::Npy => asked(only(npy_file::read(path, task, None)?)),
        Kind::Idx if path.is_dir() => asked(known::with_known_names(folder::read(path, None)?)),
        Kind::Idx => asked(only(folder::read_single(path, None)?)),
    };
    Ok((own, kind, source.to_string()))
}

/// Keys that this kind of source knows nothing of.
fn refuse_keys(request: &DataRequest, kind: Option<Kind>) -> Result<(), FileFault> {
    let table = &request.table;
    let of_tables = [
        ("target", !table.target.is_empty()),
        ("columns", !table.columns.is_empty()),
        ("drop", !table.drop.is_empty()),
        ("numeric", !table.numeric.is_empty()),
        ("categorical", !table.categorical.is_empty()),
        ("separator", table.separator.is_some()),
        ("missing_values", table.missing_values.is_some()),
    ];
    let of_images =
        [("size", request.images.size.is_some()), ("channels", request.images.channels.is_some())];
    let set =
        |keys: &[(&'static str, bool)]| keys.iter().find(|(_, set)| *set).map(|(key, _)| *key);
    if kind != Some(Kind::Table)
        && let Some(key) = set(&of_tables)
    {
        return Err(TableFault::NotATable(key).into());
    }
    if kind != Some(Kind::Images)
        && let Some(key) = set(&of_images)
    {
        return Err(ImageFault::NotImages(key).into());
    }
    if request.split.column().is_some() && !matches!(kind, Some(Kind::Table | Kind::Npz)) {
        return Err(TableFault::NoSplitColumn.into());
    }
    Ok(())
}

fn held_out(
    path: &Path,
    kind: Kind,
    train: &Dataset,
    watch: Watch<'_>,
) -> Result<Dataset, DataError> {
    if !path.exists() {
        return Err(FileFault::Missing.at(path));
    }
    if Kind::of(path) != kind {
        return Err(FileFault::OtherKind { wanted: kind.name() }.at(path));
    }
    let names = || match train.task() {
        Task::Classification => Some(train.class_names().to_vec()),
        Task::Regression => None,
    };
    let set = match kind {
        Kind::Idx => return folder::read_one(path, train),
        Kind::Npz => npz::read_npz(path, Some(train.task()), names())?,
        Kind::Npy => npy_file::read(path, Some(train.task()), names())?,
        Kind::Table => samples::read_table(path, &train.schema(), true, watch)?.0,
        Kind::Images => samples::read_images(path, &train.schema(), true, watch)?.set,
    };
    if matches!(kind, Kind::Npz | Kind::Npy) {
        folder::same_samples(&set, train, path)?;
    }
    Ok(set)
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(ending))
}

fn looks_like_path(source: &str) -> bool {
    Path::new(source).components().count() > 1 || Path::new(source).extension().is_some()
}

/// Validation and test must not be the same samples, nor the training samples.
fn refuse_same(request: &DataRequest) -> Result<(), DataError> {
    let same_file = |a: &Path, b: &Path| match (fs::canonicalize(a), fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    };
    match (&request.validation, &request.test) {
        (Some(Holdout::TestSplit), Some(Holdout::TestSplit)) => {
            Err(SplitFault::Same("the set's own test split".to_string()).into())
        }
        (Some(Holdout::File(a)), Some(Holdout::File(b))) if same_file(a, b) => {
            Err(SplitFault::Same(a.display().to_string()).into())
        }
        _ => {
            for (key, holdout) in [("validation", &request.validation), ("test", &request.test)] {
                if let Some(Holdout::File(path)) = holdout
                    && same_file(path, Path::new(&request.source))
                {
                    return Err(SplitFault::HeldOutIsSource(key).into());
                }
            }
            Ok(())
        }
    }
}
