//! The data sets that are known by name, and where they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::folder::{self, Own};
use crate::{DataError, Dataset, Places, Shape};

/// Fashion-MNIST: 60,000 training and 10,000 test images of clothes.
pub const FASHION_MNIST: &str = "fashion-mnist";
/// A part of Fashion-MNIST that is embedded in builds with the feature `sample`.
pub const FASHION_MNIST_SAMPLE: &str = "fashion-mnist-sample";

const NAMES: [&str; 2] = [FASHION_MNIST, FASHION_MNIST_SAMPLE];

const CLASSES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// SHA-256 of the training labels, a byte each, as published by the set's authors.
const TRAIN_LABELS: [u8; 32] = [
    0x65, 0x7f, 0xbd, 0x22, 0x1b, 0xfc, 0x9f, 0x41, 0x98, 0xcc, 0x14, 0xb5, 0x61, 0x9c, 0xc3, 0x3e,
    0xc5, 0x7c, 0x58, 0xdd, 0x0e, 0x47, 0xaf, 0x4d, 0x99, 0xd6, 0x65, 0x07, 0x59, 0xe8, 0x69, 0xa7,
];

/// A data set that is known by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What a plan calls it.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// What a sample looks like.
    pub shape: Shape,
    /// Number of classes.
    pub classes: usize,
    /// Training samples.
    pub train: usize,
    /// Samples in its own validation split; 0 when it has none.
    pub validation: usize,
    /// Samples in its own test split.
    pub test: usize,
    /// Where it is.
    pub whereabouts: Whereabouts,
}

/// Where a known data set is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// In this program.
    Embedded,
    /// In this folder.
    Folder(PathBuf),
    /// Nowhere; these are the ways to get it.
    Absent(String),
}

/// Every known data set and where it is. Nothing is read but folders.
pub fn list(places: &Places) -> Vec<Known> {
    let fashion = Known {
        name: FASHION_MNIST,
        about: "clothes, grey images (Zalando, MIT)",
        shape: Shape::Image { channels: 1, height: 28, width: 28 },
        classes: CLASSES.len(),
        train: 60_000,
        validation: 0,
        test: 10_000,
        whereabouts: match find(places) {
            Some(folder) => Whereabouts::Folder(folder),
            None => Whereabouts::Absent(advice()),
        },
    };
    let sample = Known {
        name: FASHION_MNIST_SAMPLE,
        about: "a tenth of fashion-mnist's training images; its test images halved",
        train: 6_000,
        validation: 5_000,
        test: 5_000,
        whereabouts: if cfg!(feature = "sample") {
            Whereabouts::Embedded
        } else {
            Whereabouts::Absent("build with the feature `sample`".to_string())
        },
        ..fashion.clone()
    };
    vec![fashion, sample]
}

/// Whether a plan's source is one of the known names.
pub(crate) fn is_known(source: &str) -> bool {
    NAMES.contains(&source)
}

/// The known names, for an error.
pub(crate) fn names() -> String {
    NAMES.join(", ")
}

/// Reads a known set; with it, where it was found, in words.
pub(crate) fn read(name: &str, places: &Places) -> Result<(Own, String), DataError> {
    if name == FASHION_MNIST_SAMPLE {
        return read_sample();
    }
    let Some(folder) = find(places) else {
        return Err(DataError::NotFound {
            name: FASHION_MNIST.to_string(),
            looked: candidates(places)
                .iter()
                .map(|folder| folder.display().to_string())
                .collect::<Vec<_>>()
                .join(", "),
            advice: advice(),
        });
    };
    let own = folder::read(&folder, Some(class_names()))?;
    let origin = match is_published(&own.train) {
        true => folder.display().to_string(),
        false => format!(
            "{} (its training labels are not those published as {FASHION_MNIST})",
            folder.display()
        ),
    };
    Ok((own, origin))
}

/// Gives the classes their names when the set is a known one that was named by its path.
pub(crate) fn with_known_names(own: Own) -> Own {
    if !is_published(&own.train) {
        return own;
    }
    let names = Arc::new(class_names());
    Own {
        train: own.train.with_class_names(&names),
        validation: own.validation.map(|set| set.with_class_names(&names)),
        test: own.test.map(|set| set.with_class_names(&names)),
    }
}

#[cfg(feature = "sample")]
fn read_sample() -> Result<(Own, String), DataError> {
    Ok((crate::sample::read(class_names())?, "embedded".to_string()))
}

#[cfg(not(feature = "sample"))]
fn read_sample() -> Result<(Own, String), DataError> {
    Err(DataError::NotEmbedded(FASHION_MNIST_SAMPLE.to_string()))
}

fn class_names() -> Vec<String> {
    CLASSES.map(String::from).to_vec()
}

/// MNIST and its relatives look alike from outside; the labels tell them apart.
fn is_published(train: &Dataset) -> bool {
    let labels: Vec<u8> = train.labels_in_order().map(|label| label as u8).collect();
    Sha256::digest(labels)[..] == TRAIN_LABELS
}

/// The first folder that holds Fashion-MNIST's training and test part.
fn find(places: &Places) -> Option<PathBuf> {
    candidates(places).into_iter().find(|folder| folder::holds_train_and_test(folder))
}

/// Folders in which Fashion-MNIST may be, in the order they are tried. A folder that
/// the user names is the only one.
fn candidates(places: &Places) -> Vec<PathBuf> {
    const TORCHVISION: &str = "FashionMNIST/raw";
    let inside =
        |base: &Path| [base.to_path_buf(), base.join(FASHION_MNIST), base.join(TORCHVISION)];
    if let Some(folder) = &places.data_dir {
        return inside(folder).to_vec();
    }
    let mut folders = Vec::new();
    folders.extend(places.wellfit_data.iter().flat_map(|base| inside(base)));
    folders.extend(places.cache.iter().map(|base| base.join(FASHION_MNIST)));
    folders.extend(places.system.iter().map(|base| base.join(FASHION_MNIST)));
    folders.extend(places.keras.iter().map(|base| base.join("datasets").join(FASHION_MNIST)));
    folders.extend(places.torchvision.iter().map(|base| base.join(TORCHVISION)));
    folders
}

fn advice() -> String {
    "run `wellfit data fetch fashion-mnist`; or install Debian's package \
     dataset-fashion-mnist; or name the folder that holds its four IDX files with \
     --data-dir or WELLFIT_DATA"
        .to_string()
}
