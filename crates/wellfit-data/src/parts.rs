//! From what was read to splits: divided, then prepared.

use std::path::PathBuf;
use std::sync::Arc;

use crate::folder::Own;
use crate::split::{partition, subset};
use crate::{
    DataError, DataRequest, Dataset, Holdout, ImageRequest, Places, SplitFault, Splits,
    TableRequest, Task, read_source,
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
        let validation_is_test = request.validation == Some(Holdout::TestSplit);
        let own_test = |key| {
            let missing = || SplitFault::NoTestSplit { key, origin: self.origin.clone() };
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
            None | Some(Holdout::Fraction(_)) => drawn_validation.or(own.validation.clone()),
            Some(Holdout::TestSplit) => Some(own_test("validation")?),
            Some(Holdout::File(_)) => self.validation_file.clone(),
        };
        let test = match &request.test {
            None if validation_is_test => None,
            None => own.test.clone(),
            Some(Holdout::Fraction(_)) => drawn_test,
            Some(Holdout::TestSplit) => Some(own_test("test")?),
            Some(Holdout::File(_)) => self.test_file.clone(),
        };
        let train = match request.subset {
            Some(size) => subset(&train, size, request.split_seed)?,
            None => train,
        };
        let origin = self.origin.clone();
        Ok(RawSplits { train, validation, test, validation_is_test, origin })
    }
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

/// Sources as they were read, each once, for plans that ask for the same files.
#[derive(Debug)]
pub struct Sources<'a> {
    places: &'a Places,
    read: Vec<Arc<RawSource>>,
}

impl<'a> Sources<'a> {
    /// None yet; known data sets are looked for in `places`.
    pub fn new(places: &'a Places) -> Self {
        Sources { places, read: Vec::new() }
    }

    /// What a plan asks for, read now or before.
    ///
    /// # Errors
    /// As [`read_source`].
    pub fn get(&mut self, request: &DataRequest) -> Result<Arc<RawSource>, DataError> {
        if let Some(known) = self.read.iter().find(|known| known.serves(request)) {
            return Ok(known.clone());
        }
        let source = Arc::new(read_source(request, self.places)?);
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
