//! A model file: the tensors that it holds, and their values in pieces.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::error::{Fault, WeightsError};
use crate::kernel::Order;
use crate::number::Number;
use crate::{safetensors, torch};

/// Values that are read at a time.
const PIECE: usize = 1 << 14;

/// First bytes that tell what a file is, and are shown where it is no model.
const START: u64 = 16;

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// safetensors, <https://huggingface.co/docs/safetensors>.
    Safetensors,
    /// A state dict that `torch.save` wrote, since PyTorch 1.6.
    PyTorch,
}

impl Format {
    /// `safetensors` or `pytorch`.
    pub fn name(self) -> &'static str {
        match self {
            Format::Safetensors => "safetensors",
            Format::PyTorch => "pytorch",
        }
    }
}

/// A tensor that can be read, and where its values lie.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorPlace {
    /// Such as `1.weight`.
    pub name: String,
    /// How its values are stored.
    pub number: Number,
    /// Such as [1000, 784]; empty: a single value.
    pub shape: Vec<usize>,
    /// Values: the product of the shape.
    pub count: u64,
    /// The byte where the first value lies.
    pub(crate) offset: u64,
    /// Distances between neighbours in each dimension, in values; `None`: row by row.
    pub(crate) strides: Option<Vec<u64>>,
}

/// A tensor whose values are not of a kind that is analysed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Such as `1.num_batches_tracked`.
    pub name: String,
    /// Such as `int64`, as the file's format calls it.
    pub dtype: String,
    /// As in [`TensorPlace`].
    pub shape: Vec<usize>,
}

/// What a format's reader finds.
pub(crate) struct Listing {
    pub order: Order,
    pub tensors: Vec<TensorPlace>,
    pub skipped: Vec<Skipped>,
    /// Entries beside the state dict, such as `optimizer_state_dict`.
    pub left: Vec<String>,
}

/// A model file whose tensors were listed.
pub struct ModelFile {
    path: PathBuf,
    file: File,
    format: Format,
    listing: Listing,
}

impl ModelFile {
    /// Opens a file, or the `model.safetensors` (else `last.safetensors`) of a run's
    /// folder, and reads what it says about its tensors.
    ///
    /// # Errors
    /// Anything that is not such a file, or that says what cannot be true.
    pub fn open(path: &Path) -> Result<ModelFile, WeightsError> {
        let path = model_in(path).map_err(|fault| fault.of(path))?;
        let opened = File::open(&path).map_err(Fault::from).and_then(|file| {
            let (format, listing) = list(&file, &path)?;
            Ok((file, format, listing))
        });
        let (file, format, listing) = opened.map_err(|fault| fault.of(&path))?;
        Ok(ModelFile { path, file, format, listing })
    }

    /// The file, also where its folder was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What kind of file it is.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The order of its convolutions' dimensions.
    pub fn order(&self) -> Order {
        self.listing.order
    }

    /// The tensors that can be read.
    pub fn tensors(&self) -> &[TensorPlace] {
        &self.listing.tensors
    }

    /// Those that cannot.
    pub fn skipped(&self) -> &[Skipped] {
        &self.listing.skipped
    }

    /// What the file holds beside the state dict.
    pub fn left(&self) -> &[String] {
        &self.listing.left
    }

    /// Gives a tensor's values piece by piece, row by row.
    ///
    /// # Errors
    /// The file cannot be read, or a view's values do not fit into memory.
    pub fn values(
        &self,
        tensor: &TensorPlace,
        take: impl FnMut(&[f64]),
    ) -> Result<(), WeightsError> {
        let given = match &tensor.strides {
            None => self.in_order(tensor, take).map_err(Fault::from),
            Some(strides) => self.gathered(tensor, strides, take),
        };
        given.map_err(|fault| fault.of(&self.path))
    }

    fn in_order(&self, tensor: &TensorPlace, mut take: impl FnMut(&[f64])) -> io::Result<()> {
        let width = tensor.number.bytes() as usize;
        let mut file = &self.file;
        file.seek(SeekFrom::Start(tensor.offset))?;
        let mut bytes = vec![0; PIECE * width];
        let mut numbers = Vec::with_capacity(PIECE);
        let mut left = tensor.count;
        while left > 0 {
            let n = left.min(PIECE as u64) as usize;
            file.read_exact(&mut bytes[..n * width])?;
            numbers.clear();
            tensor.number.decode(&bytes[..n * width], &mut numbers);
            take(&numbers);
            left -= n as u64;
        }
        Ok(())
    }

    /// The values of a view, such as a transposed matrix, from what it looks at.
    fn gathered(
        &self,
        tensor: &TensorPlace,
        strides: &[u64],
        mut take: impl FnMut(&[f64]),
    ) -> Result<(), Fault> {
        let width = tensor.number.bytes();
        let Some(span) = span(&tensor.shape, strides) else { return Ok(()) };
        let size = span * width;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(size as usize).map_err(|_| Fault::memory(&tensor.name, size))?;
        let mut file = &self.file;
        file.seek(SeekFrom::Start(tensor.offset))?;
        bytes.resize(size as usize, 0);
        file.read_exact(&mut bytes)?;
        let mut index = vec![0; tensor.shape.len()];
        let mut numbers = Vec::with_capacity(PIECE);
        for _ in 0..tensor.count {
            let at: u64 = index.iter().zip(strides).map(|(i, stride)| i * stride).sum();
            let at = (at * width) as usize;
            tensor.number.decode(&bytes[at..at + width as usize], &mut numbers);
            if numbers.len() == PIECE {
                take(&numbers);
                numbers.clear();
            }
            for (i, &dim) in index.iter_mut().zip(&tensor.shape).rev() {
                *i += 1;
                if *i < dim as u64 {
                    break;
                }
                *i = 0;
            }
        }
        take(&numbers);
        Ok(())
    }
}

/// The model file that a path means.
fn model_in(path: &Path) -> Result<PathBuf, Fault> {
    let there = fs::metadata(path)?;
    if there.is_file() {
        return Ok(path.to_path_buf());
    }
    if !there.is_dir() {
        return Err(Fault::NotFile);
    }
    let names = ["model.safetensors", "last.safetensors"];
    let found = names.map(|name| path.join(name)).into_iter().find(|file| file.is_file());
    found.ok_or(Fault::NoModel)
}

/// Finds out what a file is, by its first bytes, and lists its tensors.
fn list(file: &File, path: &Path) -> Result<(Format, Listing), Fault> {
    let len = file.metadata()?.len();
    if len == 0 {
        return Err(Fault::Empty);
    }
    let mut start = Vec::new();
    file.take(START).read_to_end(&mut start)?;
    let named = path.extension().is_some_and(|ending| ending == "safetensors");
    if start.starts_with(b"PK\x03\x04") {
        Ok((Format::PyTorch, torch::read(file, len)?))
    } else if named || start.get(8) == Some(&b'{') {
        Ok((Format::Safetensors, safetensors::read(file, len)?))
    } else if start[0] == 0x80 {
        Err(Fault::Legacy)
    } else {
        Err(Fault::NotModel { start })
    }
}

/// The number of values of a shape; `None` where it fits no u64.
pub(crate) fn volume(shape: &[usize]) -> Option<u64> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1u64, |product, &dim| product.checked_mul(dim as u64))
}

/// From the first to the last value of a view that has values, in values; `None` where
/// it fits no u64.
pub(crate) fn span(shape: &[usize], strides: &[u64]) -> Option<u64> {
    shape.iter().zip(strides).try_fold(1u64, |span, (&dim, &stride)| {
        (dim as u64).checked_sub(1)?.checked_mul(stride)?.checked_add(span)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_overflow_are_no_sizes() {
        assert_eq!(volume(&[3, 4]), Some(12));
        assert_eq!(volume(&[]), Some(1));
        assert_eq!(volume(&[usize::MAX, usize::MAX, 0]), Some(0));
        assert_eq!(volume(&[usize::MAX, 2]), None);
        assert_eq!(span(&[3, 4], &[1, 3]), Some(12));
        assert_eq!(span(&[2, 2], &[u64::MAX, 1]), None);
        assert_eq!(span(&[0], &[1]), None);
    }
}
