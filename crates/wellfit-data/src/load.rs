//! From a plan's `[data]` section to what its files hold.

use std::fs;
use std::path::Path;

use crate::folder::{self, Own};
use crate::known;
use crate::npz::read_npz;
use crate::parts::{Asked, RawSource};
use crate::progress::{Watch, unwatched};
use crate::{
    DataError, DataRequest, Dataset, FileFault, Holdout, LoadProgress, Places, SplitFault, Splits,
    Task, samples, table,
};

/// What kind of thing a source is: held-out files must be of the same.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Idx,
    Npz,
    Table,
}

impl Kind {
    /// By the name; what is nothing else may be IDX, which has no ending of its own.
    fn of(path: &Path) -> Kind {
        if table::is_table(path) {
            Kind::Table
        } else if is_npz(path) {
            Kind::Npz
        } else {
            Kind::Idx
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Idx => "IDX",
            Kind::Npz => "NPZ",
            Kind::Table => "a table",
        }
    }
}

/// Finds, reads, checks, splits and prepares what a plan asks for.
///
/// A fraction (of validation or test) is a share of all training samples of the
/// source, drawn by `split_seed` alone; a subset is drawn from what is left to train on.
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

fn read_source_watched(
    request: &DataRequest,
    places: &Places,
    watch: Watch<'_>,
) -> Result<RawSource, DataError> {
    refuse_same(request)?;
    let (own, kind, origin) = read(request, places, watch)?;
    let file = |holdout: &Option<Holdout>| match holdout {
        Some(Holdout::File(path)) => held_out(path, kind, &own.train, watch).map(Some),
        _ => Ok(None),
    };
    let [validation_file, test_file] = [file(&request.validation)?, file(&request.test)?];
    Ok(RawSource { asked: Asked::of(request), own, validation_file, test_file, origin })
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
        let (own, origin) = known::read(source, places)?;
        return Ok((asked(own), Kind::Idx, origin));
    }
    let path = Path::new(source);
    let only = |train| Own { train, validation: None, test: None };
    let (own, kind) = if path.is_dir() {
        (known::with_known_names(folder::read(path, None)?), Kind::Idx)
    } else if !path.exists() {
        return Err(match looks_like_path(source) {
            true => FileFault::Missing.at(path),
            false => DataError::UnknownSource { source_name: source.into(), known: known::names() },
        });
    } else {
        match Kind::of(path) {
            Kind::Npz => (only(read_npz(path, task, None)?), Kind::Npz),
            Kind::Table => {
                let set = table::read_training(path, request, watch)?;
                return Ok((only(set), Kind::Table, source.to_string()));
            }
            Kind::Idx => (only(folder::read_single(path, None)?), Kind::Idx),
        }
    };
    Ok((asked(own), kind, source.to_string()))
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
    match kind {
        Kind::Idx => folder::read_one(path, train),
        Kind::Npz => {
            let names = match train.task() {
                Task::Classification => Some(train.class_names().to_vec()),
                Task::Regression => None,
            };
            let set = read_npz(path, Some(train.task()), names)?;
            folder::same_samples(&set, train, path)?;
            Ok(set)
        }
        Kind::Table => samples::read_table(path, &train.schema(), true, watch).map(|(set, _)| set),
    }
}

fn is_npz(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npz"))
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
