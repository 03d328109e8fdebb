//! From a plan's `[data]` section to checked splits.

use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::folder::{self, Own};
use crate::known;
use crate::npz::read_npz;
use crate::split::{self, Fold, Parts, partition, subset};
use crate::{
    DataError, DataRequest, Dataset, Features, FileFault, Holdout, Places, Preparation,
    PrepareRequest, Scale, SplitFault, SplitRule, Splits, Task,
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
/// source, drawn by `split_seed` and the rule alone; a subset is drawn from what is left to
/// train on.
///
/// # Errors
/// When the source is nowhere, a file is not what it should be, parts do not go
/// together, or the set cannot be split as asked.
pub fn load(request: &DataRequest, places: &Places) -> Result<Splits, DataError> {
    Source::read(request, places)?.splits(request, None)
}

/// A source that has been read: splits and folds are made from it, and share its values.
#[derive(Clone, Debug)]
pub struct Source {
    /// What decides what was read.
    request: DataRequest,
    own: Own,
    /// Held-out files.
    validation: Option<Dataset>,
    test: Option<Dataset>,
    origin: String,
    /// The training samples and those of the set's own validation split, once folds are
    /// made of them.
    pooled: OnceLock<Option<Dataset>>,
}

impl Source {
    /// Finds, reads and checks what a plan asks for, and splits nothing.
    ///
    /// # Errors
    /// When the source is nowhere, a file is not what it should be, or parts do not go
    /// together.
    pub fn read(request: &DataRequest, places: &Places) -> Result<Source, DataError> {
        refuse_same(request)?;
        let (own, kind, origin) = read(&request.source, request.task, places)?;
        let file = |holdout: &Option<Holdout>| match holdout {
            Some(Holdout::File(path)) => held_out(path, kind, &own.train).map(Some),
            _ => Ok(None),
        };
        let (validation, test) = (file(&request.validation)?, file(&request.test)?);
        let request = what_is_read(request);
        Ok(Source { request, own, validation, test, origin, pooled: OnceLock::new() })
    }

    /// Whether another request reads the same, so that its splits can be made from this.
    pub fn serves(&self, request: &DataRequest) -> bool {
        self.request == what_is_read(request)
    }

    /// The parts that `request` asks for, which this source [`serves`](Self::serves); or
    /// those of a fold of a cross-validation.
    ///
    /// A fold takes the place of `validation`: the test part is cut off first, as without
    /// folds, and the folds divide the other training samples and those of the set's own
    /// validation split together. What is fitted is fitted on the fold's own training
    /// samples.
    ///
    /// # Errors
    /// When the set cannot be split as asked; with a fold also when `validation` is the
    /// set's test split or a file.
    pub fn splits(&self, request: &DataRequest, fold: Option<Fold>) -> Result<Splits, DataError> {
        let parts = match fold {
            None => self.parts(request)?,
            Some(fold) => self.fold(request, fold)?,
        };
        let train = match request.subset {
            Some(size) => subset(&parts.train, &request.split, size, request.split_seed)?,
            None => parts.train.clone(),
        };
        self.prepared(request, Drawn { train, ..parts })
    }

    /// The parts of a plan, as they were read.
    fn parts(&self, request: &DataRequest) -> Result<Drawn, DataError> {
        let validation_share = match &request.validation {
            None if self.own.validation.is_none() => Some(DEFAULT_VALIDATION),
            holdout => fraction(holdout),
        };
        let (train, drawn_validation, drawn_test) =
            draw(&self.own.train, request, validation_share, fraction(&request.test))?;
        let validation = match &request.validation {
            None | Some(Holdout::Fraction(_)) => {
                drawn_validation.or_else(|| self.own.validation.clone())
            }
            Some(Holdout::TestSplit) => Some(self.own_test("validation")?),
            Some(Holdout::File(_)) => self.validation.clone(),
        };
        let test = self.test_part(request, drawn_test)?;
        Ok(Drawn { train, validation, test })
    }

    /// The parts of a fold, as they were read.
    fn fold(&self, request: &DataRequest, fold: Fold) -> Result<Drawn, DataError> {
        let other = match &request.validation {
            None | Some(Holdout::Fraction(_)) => None,
            Some(Holdout::TestSplit) => Some("the set's own test split".to_owned()),
            Some(Holdout::File(path)) => Some(path.display().to_string()),
        };
        if let Some(other) = other {
            return Err(SplitFault::FoldsAndValidation(other).into());
        }
        let samples = self.own.train.len() as u32;
        let (all, more) = match &self.own.validation {
            None => (&self.own.train, 0),
            Some(validation) => (self.pooled(validation)?, validation.len() as u32),
        };
        let share = fraction(&request.test);
        let parts = match share {
            None => None,
            Some(_) => {
                let (rule, seed) = (&request.split, request.split_seed);
                Some(partition(&self.own.train, rule, None, share, seed)?)
            }
        };
        let test = parts.as_ref().map(|parts| all.take(&parts.test)).transpose()?;
        let mut rest = parts.map_or_else(|| (0..samples).collect(), |parts| parts.train);
        rest.extend(samples..samples + more);
        let rest = all.take(&rest)?;
        let Parts { train, validation, .. } =
            split::fold(&rest, &request.split, fold, request.split_seed)?;
        Ok(Drawn {
            train: rest.take(&train)?,
            validation: Some(rest.take(&validation)?),
            test: self.test_part(request, test)?,
        })
    }

    /// The training samples, then those of the set's own validation split.
    fn pooled(&self, validation: &Dataset) -> Result<&Dataset, DataError> {
        let pooled = self.pooled.get_or_init(|| self.own.train.followed_by(validation));
        pooled.as_ref().ok_or(SplitFault::NotPooled.into())
    }

    /// The test part that is asked for; where it is a share, the one that was drawn.
    fn test_part(
        &self,
        request: &DataRequest,
        drawn: Option<Dataset>,
    ) -> Result<Option<Dataset>, DataError> {
        Ok(match &request.test {
            None if is_test(&request.validation) => None,
            None => self.own.test.clone(),
            Some(Holdout::Fraction(_)) => drawn,
            Some(Holdout::TestSplit) => Some(self.own_test("test")?),
            Some(Holdout::File(_)) => self.test.clone(),
        })
    }

    fn own_test(&self, key: &'static str) -> Result<Dataset, DataError> {
        let missing = || SplitFault::NoTestSplit { key, origin: self.origin.clone() };
        Ok(self.own.test.clone().ok_or_else(missing)?)
    }

    /// What the training part says is done to all parts.
    fn prepared(&self, request: &DataRequest, parts: Drawn) -> Result<Splits, DataError> {
        let Drawn { train, validation, test } = parts;
        let scale = scale(request.scale, &train)?;
        Ok(Splits {
            train,
            validation,
            test,
            preparation: Arc::new(Preparation::fixed(scale)),
            validation_is_test: is_test(&request.validation),
            origin: self.origin.clone(),
        })
    }
}

/// Parts before anything is fitted.
struct Drawn {
    train: Dataset,
    validation: Option<Dataset>,
    test: Option<Dataset>,
}

/// The part of a request that decides what is read.
fn what_is_read(request: &DataRequest) -> DataRequest {
    let file = |holdout: &Option<Holdout>| match holdout {
        file @ Some(Holdout::File(_)) => file.clone(),
        _ => None,
    };
    DataRequest {
        validation: file(&request.validation),
        test: file(&request.test),
        split_seed: 0,
        subset: None,
        // Its column is not learned from.
        split: match &request.split {
            SplitRule::Stratified | SplitRule::Random => SplitRule::Stratified,
            by_column => by_column.clone(),
        },
        scale: None,
        prepare: PrepareRequest::default(),
        ..request.clone()
    }
}

fn fraction(holdout: &Option<Holdout>) -> Option<f64> {
    match holdout {
        Some(Holdout::Fraction(share)) => Some(*share),
        _ => None,
    }
}

fn is_test(holdout: &Option<Holdout>) -> bool {
    matches!(holdout, Some(Holdout::TestSplit))
}

/// Cuts the asked shares off the training samples.
fn draw(
    set: &Dataset,
    request: &DataRequest,
    validation: Option<f64>,
    test: Option<f64>,
) -> Result<(Dataset, Option<Dataset>, Option<Dataset>), DataError> {
    if validation.is_none() && test.is_none() {
        return Ok((set.clone(), None, None));
    }
    let parts = partition(set, &request.split, validation, test, request.split_seed)?;
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
