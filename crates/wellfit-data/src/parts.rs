//! From what was read to splits: divided, then prepared.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::folder::Own;
use crate::progress::unwatched;
use crate::split::{self, Fold, Parts, partition, subset};
use crate::{
    DataError, DataRequest, Dataset, Holdout, ImageRequest, LoadProgress, Places, SplitFault,
    Splits, TableRequest, Task, read_source_watched,
};

/// Share of the training samples that is held out when nothing else is said.
const DEFAULT_VALIDATION: f64 = 0.1;

/// A source as it was read, with the held-out files that a plan names. It can be split as
/// often as one likes: parts are lists of rows.
#[derive(Clone, Debug)]
pub struct RawSource {
    pub(crate) asked: Asked,
    pub(crate) own: Own,
    pub(crate) validation_file: Option<Dataset>,
    pub(crate) test_file: Option<Dataset>,
    pub(crate) origin: String,
    /// The training samples and those of the set's own validation split, once folds are made
    /// of them.
    pub(crate) pooled: OnceLock<Option<Dataset>>,
}

/// What of a request decides what is read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    source: String,
    table: TableRequest,
    images: ImageRequest,
    task: Option<Task>,
    validation: Option<PathBuf>,
    test: Option<PathBuf>,
    column: Option<String>,
}

impl Asked {
    pub fn of(request: &DataRequest) -> Self {
        let file = |holdout: &Option<Holdout>| match holdout {
            Some(Holdout::File(path)) => Some(path.clone()),
            _ => None,
        };
        Asked {
            source: request.source.clone(),
            table: request.table.clone(),
            images: request.images,
            task: request.task,
            validation: file(&request.validation),
            test: file(&request.test),
            column: request.split.column().map(str::to_owned),
        }
    }
}

/// The parts of a source, as they were read.
#[derive(Clone, Debug)]
pub struct RawSplits {
    /// What is trained on.
    pub train: Dataset,
    /// What arms are judged by.
    pub validation: Option<Dataset>,
    /// What is opened once.
    pub test: Option<Dataset>,
    /// `validation` is the set's own test split.
    pub validation_is_test: bool,
    /// Where the data were found, in words.
    pub origin: String,
}

impl RawSource {
    /// Whether reading for `request` would read the same.
    pub fn serves(&self, request: &DataRequest) -> bool {
        self.asked == Asked::of(request)
    }

    /// The samples to train on, before anything is held out of them.
    pub fn samples(&self) -> &Dataset {
        &self.own.train
    }

    /// Whether the source has a validation and a test part of its own.
    pub fn has_own_parts(&self) -> [bool; 2] {
        [self.own.validation.is_some(), self.own.test.is_some()]
    }

    /// Where the data were found, in words: a path, or "embedded".
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The parts that a plan asks for, before anything is fitted.
    ///
    /// # Errors
    /// When the set cannot be split as asked.
    pub fn split(&self, request: &DataRequest) -> Result<RawSplits, DataError> {
        let own = &self.own;
        let validation_share = match &request.validation {
            None if own.validation.is_none() => Some(DEFAULT_VALIDATION),
            holdout => fraction(holdout),
        };
        let (train, drawn_validation, drawn_test) =
            draw(&own.train, request, validation_share, fraction(&request.test))?;
        let validation = match &request.validation {
            None | Some(Holdout::Fraction(_)) => drawn_validation.or(own.validation.clone()),
            Some(Holdout::TestSplit) => Some(self.own_test("validation")?),
            Some(Holdout::File(_)) => self.validation_file.clone(),
        };
        let test = self.test_part(request, drawn_test)?;
        self.splits(request, train, validation, test)
    }

    /// The parts of a fold of a cross-validation, before anything is fitted.
    ///
    /// A fold takes the place of `validation`: the test part is cut off first, the same as
    /// without folds, and the folds divide the other training samples, with those of the
    /// set's own validation split among them. A subset is taken of the fold's training
    /// samples.
    ///
    /// # Errors
    /// As [`split`](Self::split); when `validation` is the set's own test split or a file;
    /// and when there can be no such folds.
    pub fn fold(&self, request: &DataRequest, fold: Fold) -> Result<RawSplits, DataError> {
        let other = match &request.validation {
            None | Some(Holdout::Fraction(_)) => None,
            Some(Holdout::TestSplit) => Some("the set's own test split".to_owned()),
            Some(Holdout::File(path)) => Some(path.display().to_string()),
        };
        if let Some(other) = other {
            return Err(SplitFault::FoldsAndValidation(other).into());
        }
        let own = &self.own;
        let samples = own.train.len() as u32;
        let (all, more) = match &own.validation {
            None => (&own.train, 0),
            Some(validation) => (self.pooled(validation)?, validation.len() as u32),
        };
        let (rule, seed) = (&request.split, request.split_seed);
        let share = fraction(&request.test);
        let (mut rest, drawn_test) = match share {
            None => ((0..samples).collect(), None),
            Some(_) => {
                let Parts { train, test, .. } = partition(&own.train, rule, None, share, seed)?;
                (train, Some(all.take(&test)?))
            }
        };
        rest.extend(samples..samples + more);
        let rest = all.take(&rest)?;
        let Parts { train, validation, .. } = split::fold(&rest, rule, fold, seed)?;
        let test = self.test_part(request, drawn_test)?;
        self.splits(request, rest.take(&train)?, Some(rest.take(&validation)?), test)
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
            Some(Holdout::File(_)) => self.test_file.clone(),
        })
    }

    fn own_test(&self, key: &'static str) -> Result<Dataset, DataError> {
        let missing = || SplitFault::NoTestSplit { key, origin: self.origin.clone() };
        Ok(self.own.test.clone().ok_or_else(missing)?)
    }

    /// The parts, with what is asked for of the training samples.
    fn splits(
        &self,
        request: &DataRequest,
        train: Dataset,
        validation: Option<Dataset>,
        test: Option<Dataset>,
    ) -> Result<RawSplits, DataError> {
        let train = match request.subset {
            Some(size) => subset(&train, &request.split, size, request.split_seed)?,
            None => train,
        };
        let validation_is_test = is_test(&request.validation);
        let origin = self.origin.clone();
        Ok(RawSplits { train, validation, test, validation_is_test, origin })
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

/// Sources as they were read, each once, for plans that ask for the same files.
pub struct Sources<'a> {
    places: &'a Places,
    watch: &'a dyn Fn(LoadProgress),
    read: Vec<Arc<RawSource>>,
}

impl<'a> Sources<'a> {
    /// None yet; known data sets are looked for in `places`.
    pub fn new(places: &'a Places) -> Self {
        Sources::watched(places, &unwatched)
    }

    /// Likewise; `watch` is told how far a large file has been read.
    pub fn watched(places: &'a Places, watch: &'a dyn Fn(LoadProgress)) -> Self {
        Sources { places, watch, read: Vec::new() }
    }

    /// What a plan asks for, read now or before.
    ///
    /// # Errors
    /// As [`read_source`](crate::read_source).
    pub fn get(&mut self, request: &DataRequest) -> Result<Arc<RawSource>, DataError> {
        if let Some(known) = self.read.iter().find(|known| known.serves(request)) {
            return Ok(known.clone());
        }
        let source = Arc::new(read_source_watched(request, self.places, self.watch)?);
        self.read.push(source.clone());
        Ok(source)
    }

    /// As [`load`](crate::load), reading only what has not been read before.
    ///
    /// # Errors
    /// As [`load`](crate::load).
    pub fn load(&mut self, request: &DataRequest) -> Result<Splits, DataError> {
        self.get(request)?.split(request)?.prepare(request)
    }
}
