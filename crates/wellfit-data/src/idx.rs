//! IDX files, the format of MNIST and its relatives: two zero bytes, the type of
//! value, the number of dimensions, each dimension as a big-endian u32, then the
//! values. Plain or gzip-compressed, whatever the file's name.
//! <https://github.com/cvdfoundation/mnist>

use std::path::{Path, PathBuf};

use crate::bytes::{self, Bytes};
use crate::{DataError, Dataset, Features, FileFault, SetFault, Shape, Targets};

const UNSIGNED_BYTE: u8 = 0x08;

/// The contents of an IDX file of unsigned bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    /// The dimensions, outermost (samples) first.
    pub dims: Vec<usize>,
    /// The values, as many as the product of the dimensions.
    pub values: Vec<u8>,
}

impl Idx {
    /// Reads IDX from bytes, plain or gzip-compressed.
    ///
    /// # Errors
    /// When they are not IDX of unsigned bytes, too short or too long.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FileFault> {
        if bytes.is_empty() {
            return Err(FileFault::Empty);
        }
        Self::parse(Bytes::new(bytes, bytes.len() as u64)?)
    }

    fn parse(mut bytes: Bytes<'_>) -> Result<Self, FileFault> {
        let mut magic = [0; 4];
        let found = bytes.fill(&mut magic)?;
        let [zero, zero_too, kind, rank] = magic;
        if found < magic.len() || [zero, zero_too] != [0, 0] || rank == 0 {
            return Err(FileFault::NotIdx(magic[..found].to_vec()));
        }
        if kind != UNSIGNED_BYTE {
            return Err(FileFault::IdxType(kind));
        }
        let header = bytes.take(4 * u64::from(rank))?;
        let dims: Vec<u64> = header
            .chunks_exact(4)
            .map(|word| u64::from(u32::from_be_bytes([word[0], word[1], word[2], word[3]])))
            .collect();
        let size = dims.iter().try_fold(1u64, |size, &dim| size.checked_mul(dim));
        let Some(size) = size.filter(|&size| usize::try_from(size).is_ok()) else {
            return Err(FileFault::TooLarge { dims });
        };
        let values = bytes.take(size)?;
        bytes.end(size)?;
        Ok(Self { dims: dims.into_iter().map(|dim| dim as usize).collect(), values })
    }

    /// Images or vectors, by the number of dimensions after the first.
    pub(crate) fn sample_shape(&self) -> Result<Shape, FileFault> {
        match self.dims[..] {
            [_, n] => Ok(Shape::Vector(n)),
            [_, height, width] => Ok(Shape::Image { channels: 1, height, width }),
            [_, channels, height, width] => Ok(Shape::Image { channels, height, width }),
            _ => Err(FileFault::IdxDimensions {
                found: self.dims.len(),
                wanted: "samples have 3 (n × rows × columns), or 2 or 4",
            }),
        }
    }
}

/// Reads one IDX file of unsigned bytes, plain or gzip-compressed.
///
/// # Errors
/// When it is missing, a folder, empty, truncated, damaged, not IDX, of another
/// type of value, or longer than its header says.
pub fn read_idx(path: &Path) -> Result<Idx, DataError> {
    bytes::open(path).and_then(Idx::parse).map_err(|fault| fault.at(path))
}

/// Reads the samples in one IDX file and their labels in another.
///
/// Without `class_names` the classes are "0", "1", … up to the largest label.
///
/// # Errors
/// As [`read_idx`]; when counts differ, or a label is not below the number of classes.
pub fn read_idx_pair(
    images: &Path,
    labels: &Path,
    class_names: Option<Vec<String>>,
) -> Result<Dataset, DataError> {
    // Labels first: they are small, and what is wrong with them shows at once.
    let label_idx = read_idx(labels)?;
    let image_idx = read_idx(images)?;
    let names = Names { images: images.to_path_buf(), labels: labels.to_path_buf() };
    pair(image_idx, label_idx, class_names, &names)
}

/// What errors call the two files.
pub(crate) struct Names {
    pub images: PathBuf,
    pub labels: PathBuf,
}

pub(crate) fn pair(
    images: Idx,
    labels: Idx,
    class_names: Option<Vec<String>>,
    names: &Names,
) -> Result<Dataset, DataError> {
    let [count] = labels.dims[..] else {
        let fault = FileFault::IdxDimensions { found: labels.dims.len(), wanted: "labels have 1" };
        return Err(fault.at(&names.labels));
    };
    let shape = images.sample_shape().map_err(|fault| fault.at(&names.images))?;
    if count != images.dims[0] {
        let samples = images.dims[0];
        let values_file = names.images.clone();
        return Err(FileFault::LabelCount { labels: count, samples, values_file }.at(&names.labels));
    }
    let labels: Vec<u32> = labels.values.into_iter().map(u32::from).collect();
    let class_names = match class_names {
        Some(class_names) => class_names,
        None => numbered(&labels).map_err(|fault| FileFault::from(fault).at(&names.labels))?,
    };
    let targets = Targets::classes(labels, class_names);
    Dataset::checked(shape, Features::Bytes(images.values.into()), targets).map_err(|fault| {
        let file = match fault {
            SetFault::Label { .. } => &names.labels,
            _ => &names.images,
        };
        FileFault::from(fault).at(file)
    })
}

/// Names for classes that are only numbers: "0", "1", … up to the largest label.
pub(crate) fn numbered(labels: &[u32]) -> Result<Vec<String>, SetFault> {
    let samples = labels.len();
    let Some((sample, &label)) = labels.iter().enumerate().max_by_key(|&(_, label)| label) else {
        return Err(SetFault::NoSamples);
    };
    // Gaps happen (a letter that nobody wrote), a class list far longer than any
    // data behind it is a mistake: sample numbers or measurements taken for labels.
    if u64::from(label) >= (samples as u64).max(256) {
        return Err(SetFault::WildLabel { label, sample, samples });
    }
    Ok((0..=label).map(|class| class.to_string()).collect())
}
