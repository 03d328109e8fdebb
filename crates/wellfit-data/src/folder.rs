//! Folders of IDX files, named as MNIST and its relatives name them.

use std::path::{Path, PathBuf};

use crate::idx::{read_idx, read_idx_pair};
use crate::{DataError, Dataset, Features, FileFault, Targets, Task};

/// The parts of a set, as its author divided it.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    pub train: Dataset,
    pub validation: Option<Dataset>,
    pub test: Option<Dataset>,
}

impl Own {
    /// The same parts with their labels as numbers to predict.
    pub fn into_regression(self) -> Self {
        Own {
            train: self.train.into_regression(),
            validation: self.validation.map(Dataset::into_regression),
            test: self.test.map(Dataset::into_regression),
        }
    }
}

/// The images file and the labels file of one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub images: PathBuf,
    pub labels: PathBuf,
}

const TRAIN: &[&str] = &["train"];
const VALIDATION: &[&str] = &["validation", "val"];
const TEST: &[&str] = &["t10k", "test"];

/// Finds `PREFIX-images-idx3-ubyte`, also with a dot before `idx`, also with
/// `.gz`; likewise the labels.
fn find(folder: &Path, prefix: &str, what: &str, ranks: &[u8]) -> Option<PathBuf> {
    ["-", "."]
        .iter()
        .flat_map(|separator| ranks.iter().map(move |rank| (separator, rank)))
        .flat_map(|(separator, rank)| {
            let name = format!("{prefix}-{what}{separator}idx{rank}-ubyte");
            [folder.join(&name), folder.join(name + ".gz")]
        })
        .find(|path| path.is_file())
}

/// The pair of a part; an error when only one half of it is there.
fn find_pair(folder: &Path, prefixes: &[&str]) -> Result<Option<Pair>, DataError> {
    for prefix in prefixes {
        let images = find(folder, prefix, "images", &[3, 2, 4]);
        let labels = find(folder, prefix, "labels", &[1]);
        let lonely = |path: &Path, expected: String| {
            Err(FileFault::NoCompanion { expected: folder.join(expected) }.at(path))
        };
        match (images, labels) {
            (Some(images), Some(labels)) => return Ok(Some(Pair { images, labels })),
            (Some(images), None) => return lonely(&images, format!("{prefix}-labels-idx1-ubyte")),
            (None, Some(labels)) => return lonely(&labels, format!("{prefix}-images-idx3-ubyte")),
            (None, None) => {}
        }
    }
    Ok(None)
}

/// Whether the folder holds IDX files, if only one half of a pair.
pub(crate) fn holds_idx(folder: &Path) -> bool {
    let holds = |prefixes| !matches!(find_pair(folder, prefixes), Ok(None));
    [TRAIN, VALIDATION, TEST].into_iter().any(holds)
}

/// Whether the folder holds the training and the test part.
pub(crate) fn holds_train_and_test(folder: &Path) -> bool {
    let has = |prefixes| matches!(find_pair(folder, prefixes), Ok(Some(_)));
    has(TRAIN) && has(TEST)
}

/// Reads a folder of IDX files: `train-images-idx3-ubyte` and
/// `train-labels-idx1-ubyte`, and if they are there `validation-…` (or `val-…`) and
/// `t10k-…` (or `test-…`); plain or `.gz`, with a hyphen or a dot before `idx`.
/// Gives the training part, the validation part and the test part.
///
/// Without `class_names` the classes are "0", "1", … up to the largest training label.
///
/// # Errors
/// When there is no training part, a part lacks its labels or its images, a file
/// is not what it should be, or the parts do not go together.
pub fn read_idx_folder(
    folder: &Path,
    class_names: Option<Vec<String>>,
) -> Result<(Dataset, Option<Dataset>, Option<Dataset>), DataError> {
    let own = read(folder, class_names)?;
    Ok((own.train, own.validation, own.test))
}

pub(crate) fn read(folder: &Path, class_names: Option<Vec<String>>) -> Result<Own, DataError> {
    let Some(train) = find_pair(folder, TRAIN)? else {
        let wanted = "train-images-idx3-ubyte with train-labels-idx1-ubyte".to_string();
        return Err(FileFault::NoIdxFiles(wanted).at(folder));
    };
    // Before the large files are read, see that nothing is missing.
    let held_out = [find_pair(folder, VALIDATION)?, find_pair(folder, TEST)?];
    let train = read_idx_pair(&train.images, &train.labels, class_names)?;
    let [validation, test] = held_out.map(|pair| pair.map(|pair| read_held_out(&pair, &train)));
    Ok(Own { validation: validation.transpose()?, test: test.transpose()?, train })
}

fn read_held_out(pair: &Pair, train: &Dataset) -> Result<Dataset, DataError> {
    let set = labelled(pair, names_of(train))?;
    same_samples(&set, train, &pair.images)?;
    Ok(set)
}

/// Names of the classes; `None` in regression.
fn names_of(train: &Dataset) -> Option<Vec<String>> {
    (train.task() == Task::Classification).then(|| train.class_names().to_vec())
}

/// A pair with labels of these classes, or, without, numbers to predict.
fn labelled(pair: &Pair, class_names: Option<Vec<String>>) -> Result<Dataset, DataError> {
    let regression = class_names.is_none();
    let set = read_idx_pair(&pair.images, &pair.labels, class_names)?;
    Ok(if regression { set.into_regression() } else { set })
}

/// Held-out samples must look like the training samples.
pub(crate) fn same_samples(set: &Dataset, train: &Dataset, path: &Path) -> Result<(), DataError> {
    let describe = |set: &Dataset| {
        let of_targets = match (set.task(), set.outputs()) {
            (Task::Classification, _) => String::new(),
            (Task::Regression, 1) => " with 1 target".into(),
            (Task::Regression, targets) => format!(" with {targets} targets"),
        };
        format!("{} {}{of_targets}", set.shape(), set.features().kind())
    };
    if describe(set) == describe(train) {
        return Ok(());
    }
    Err(FileFault::OtherSamples { found: describe(set), wanted: describe(train) }.at(path))
}

/// Reads images and, if there is a labels file beside them, their labels.
pub(crate) fn read_samples(
    images: &Path,
    class_names: Option<Vec<String>>,
    without: impl FnOnce(u64) -> Targets,
) -> Result<(Dataset, bool), DataError> {
    match companion(images) {
        Ok(labels) => {
            Ok((labelled(&Pair { images: images.to_path_buf(), labels }, class_names)?, true))
        }
        Err(DataError::File {
            fault: FileFault::NoCompanion { .. } | FileFault::UnknownKind,
            ..
        }) => {
            let idx = read_idx(images)?;
            let shape = idx.sample_shape().map_err(|fault| fault.at(images))?;
            let targets = without(idx.dims[0] as u64);
            let set = Dataset::checked(shape, Features::Bytes(idx.values.into()), targets);
            Ok((set.map_err(|fault| FileFault::from(fault).at(images))?, false))
        }
        Err(error) => Err(error),
    }
}

/// The labels file that belongs to an images file, by name.
fn companion(images: &Path) -> Result<PathBuf, DataError> {
    if !images.exists() {
        return Err(FileFault::Missing.at(images));
    }
    let name = images.file_name().unwrap_or_default().to_string_lossy();
    let swapped = name.replacen("images", "labels", 1);
    if *swapped == *name {
        return Err(FileFault::UnknownKind.at(images));
    }
    let plain =
        ["idx2", "idx3", "idx4"].iter().fold(swapped, |n, rank| n.replacen(rank, "idx1", 1));
    let plain = plain.trim_end_matches(".gz").to_string();
    let expected = images.with_file_name(&plain);
    [expected.clone(), images.with_file_name(plain + ".gz")]
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| FileFault::NoCompanion { expected }.at(images))
}

/// Reads an images file and the labels file beside it.
pub(crate) fn read_single(
    images: &Path,
    class_names: Option<Vec<String>>,
) -> Result<Dataset, DataError> {
    read_idx_pair(images, &companion(images)?, class_names)
}

/// Reads held-out data for an IDX source: an images file, or a folder with one pair.
pub(crate) fn read_one(path: &Path, train: &Dataset) -> Result<Dataset, DataError> {
    if !path.is_dir() {
        let images = path.to_path_buf();
        return read_held_out(&Pair { labels: companion(path)?, images }, train);
    }
    read_held_out(&only_pair(path)?, train)
}

/// Reads the one pair of a folder.
pub(crate) fn read_any(
    folder: &Path,
    class_names: Option<Vec<String>>,
) -> Result<Dataset, DataError> {
    labelled(&only_pair(folder)?, class_names)
}

fn only_pair(path: &Path) -> Result<Pair, DataError> {
    let mut pairs = Vec::new();
    for prefixes in [TRAIN, VALIDATION, TEST] {
        pairs.extend(find_pair(path, prefixes)?);
    }
    match &pairs[..] {
        [pair] => Ok(pair.clone()),
        [] => {
            let wanted = "t10k-images-idx3-ubyte with t10k-labels-idx1-ubyte".to_string();
            Err(FileFault::NoIdxFiles(wanted).at(path))
        }
        many => Err(FileFault::ManyPairs(many.len()).at(path)),
    }
}
