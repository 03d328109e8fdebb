//! From a plan's `[data]` section to checked splits.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::folder::{self, Own};
use crate::known;
use crate::npz::read_npz;
use crate::split::{partition, subset};
use crate::{
    DataError, DataRequest, Dataset, Features, FileFault, Holdout, Places, Preparation, Scale,
    SplitFault, Splits, Task,
};

/// Share of the training samples that is held out when nothing else is said.
const DEFAULT_VALIDATION: f64 = 0.1;

/// What kind of thing a source is: held-out files must be of the same.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Idx,
    Npz,
}

/// Finds, reads, checks and splits what a plan asks for.
///
/// A fraction (of validation or test) is a share of all training samples of the
/// source, drawn by `split_seed` alone; a subset is drawn from what is left to train on.
///
/// # Errors
/// When the source is nowhere, a file is not what it should be, parts do not go
/// together, or the set cannot be split as asked.
pub fn load(request: &DataRequest, places: &Places) -> Result<Splits, DataError> {
    refuse_same(request)?;
    let (own, kind, origin) = read(&request.source, request.task, places)?;
    let scale = scale(request.scale, &own.train)?;
    let validation_is_test = request.validation == Some(Holdout::TestSplit);

    let own_test = |key| {
        let missing = || SplitFault::NoTestSplit { key, origin: origin.clone() };
        own.test.clone().ok_or_else(missing)
    };
    let fraction = |holdout: &Option<Holdout>| match holdout {
        Some(Holdout::Fraction(share)) => Some(*share),
        _ => None,
    };
    let test_share = fraction(&request.test);
    let validation_share = match &request.validation {
        None if own.validation.is_none() => Some(DEFAULT_VALIDATION),
        holdout => fraction(holdout),
    };

    let (train, drawn_validation, drawn_test) =
        draw(&own.train, validation_share, test_share, request.split_seed)?;
    let validation = match &request.validation {
        None | Some(Holdout::Fraction(_)) => drawn_validation.or(own.validation),
        Some(Holdout::TestSplit) => Some(own_test("validation")?),
        Some(Holdout::File(path)) => Some(held_out(path, kind, &own.train)?),
    };
    let test = match &request.test {
        None if validation_is_test => None,
        None => own.test.clone(),
        Some(Holdout::Fraction(_)) => drawn_test,
        Some(Holdout::TestSplit) => Some(own_test("test")?),
        Some(Holdout::File(path)) => Some(held_out(path, kind, &own.train)?),
    };
    let train = match request.subset {
        Some(size) => subset(&train, size, request.split_seed)?,
        None => train,
    };
    let preparation = Arc::new(Preparation::fixed(scale));
    Ok(Splits { train, validation, test, preparation, validation_is_test, origin })
}

/// Cuts the asked shares off the training samples.
fn draw(
    set: &Dataset,
    validation: Option<f64>,
    test: Option<f64>,
    seed: u64,
) -> Result<(Dataset, Option<Dataset>, Option<Dataset>), DataError> {
    if validation.is_none() && test.is_none() {
        return Ok((set.clone(), None, None));
    }
    let parts = partition(set, validation, test, seed)?;
    let take = |share: Option<f64>, rows: &[u32]| share.map(|_| set.take(rows)).transpose();
    Ok((set.take(&parts.train)?, take(validation, &parts.validation)?, take(test, &parts.test)?))
}

/// Reads a source; with it, its kind and where it was found, in words.
fn read(
    source: &str,
    task: Option<Task>,
    places: &Places,
) -> Result<(Own, Kind, String), DataError> {
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
    } else if is_npz(path) {
        (only(read_npz(path, task, None)?), Kind::Npz)
    } else {
        (only(folder::read_single(path, None)?), Kind::Idx)
    };
    Ok((asked(own), kind, source.to_string()))
}

fn held_out(path: &Path, kind: Kind, train: &Dataset) -> Result<Dataset, DataError> {
    if !path.exists() {
        return Err(FileFault::Missing.at(path));
    }
    let found = if is_npz(path) { Kind::Npz } else { Kind::Idx };
    match (kind, found) {
        (Kind::Idx, Kind::Idx) => folder::read_one(path, train),
        (Kind::Npz, Kind::Npz) => {
            let names = match train.task() {
                Task::Classification => Some(train.class_names().to_vec()),
                Task::Regression => None,
            };
            let set = read_npz(path, Some(train.task()), names)?;
            folder::same_samples(&set, train, path)?;
            Ok(set)
        }
        (Kind::Idx, _) => Err(FileFault::OtherKind { wanted: "IDX" }.at(path)),
        (Kind::Npz, _) => Err(FileFault::OtherKind { wanted: "NPZ" }.at(path)),
    }
}

fn is_npz(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npz"))
}

fn looks_like_path(source: &str) -> bool {
    Path::new(source).components().count() > 1 || Path::new(source).extension().is_some()
}

fn scale(asked: Option<Scale>, train: &Dataset) -> Result<Scale, DataError> {
    match (asked, train.features()) {
        (None, Features::Bytes(_)) => Ok(Scale::Unit),
        (None, Features::Floats(_)) => Ok(Scale::None),
        (None, Features::Table(_)) => Ok(Scale::Standard),
        (Some(Scale::Unit), Features::Floats(_)) => Err(DataError::UnitScaleOfFloats),
        (Some(scale), _) => Ok(scale),
    }
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
