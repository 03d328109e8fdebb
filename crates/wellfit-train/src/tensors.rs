//! Tensors in safetensors files.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors, View};
use thiserror::Error;
use wellfit_nn::Tensor;

use crate::files::{FileError, write_file};

/// Why a model file was refused.
#[derive(Debug, Error)]
pub enum TensorFileError {
    /// It could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is no safetensors file.
    #[error("{} is no safetensors file: {reason}", path.display())]
    Format {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Numbers of another type than float32.
    #[error(
        "{}: tensor {tensor} holds {found} numbers, but F32 is wanted: save model.float()",
        path.display()
    )]
    Type {
        /// Which file.
        path: PathBuf,
        /// Which tensor.
        tensor: String,
        /// The type that it has.
        found: String,
    },
    /// A tensor that the network has is not in the file.
    #[error("{}: tensor {tensor} of shape {shape:?} is missing", path.display())]
    Missing {
        /// Which file.
        path: PathBuf,
        /// Which tensor, as the file should name it.
        tensor: String,
        /// The shape it should have.
        shape: Vec<usize>,
    },
    /// A tensor of another shape.
    #[error(
        "{}: tensor {tensor} has shape {found:?}, but the network needs {wanted:?}",
        path.display()
    )]
    Shape {
        /// Which file.
        path: PathBuf,
        /// Which tensor.
        tensor: String,
        /// The shape in the file.
        found: Vec<usize>,
        /// The shape that the network has.
        wanted: Vec<usize>,
    },
    /// A tensor that the network does not have.
    #[error("{}: tensor {tensor} belongs to no layer of the network", path.display())]
    Unknown {
        /// Which file.
        path: PathBuf,
        /// Which tensor.
        tensor: String,
    },
}

/// Writes tensors as `torch.nn.Module.load_state_dict` reads them.
pub fn write_tensors(path: &Path, tensors: &[Tensor]) -> Result<(), TensorFileError> {
    let tensors = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor));
    write_with(path, tensors, ("format", "pt".into()))
}

/// The same with notes of one's own, by name; `("format", "pt")` should be among them.
pub fn write_tensors_with(
    path: &Path,
    tensors: &[Tensor],
    notes: &[(&str, String)],
) -> Result<(), TensorFileError> {
    let tensors = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor));
    write_all(path, tensors, notes)
}

/// Writes tensors under names of their own, with one note.
pub(crate) fn write_with<'a, S: AsRef<str> + Ord + std::fmt::Display>(
    path: &Path,
    tensors: impl IntoIterator<Item = (S, &'a Tensor)>,
    note: (&str, String),
) -> Result<(), TensorFileError> {
    write_all(path, tensors, &[note])
}

fn write_all<'a, S: AsRef<str> + Ord + std::fmt::Display>(
    path: &Path,
    tensors: impl IntoIterator<Item = (S, &'a Tensor)>,
    notes: &[(&str, String)],
) -> Result<(), TensorFileError> {
    let tensors = tensors.into_iter().map(|(name, tensor)| (name, Numbers(tensor)));
    let notes: HashMap<String, String> =
        notes.iter().map(|(name, note)| ((*name).to_owned(), note.clone())).collect();
    let bytes = safetensors::serialize(tensors, Some(notes)).map_err(|error| {
        TensorFileError::Format { path: path.to_path_buf(), reason: error.to_string() }
    })?;
    Ok(write_file(path, &bytes)?)
}

/// Every tensor of a file, by name.
pub fn read_tensors(path: &Path) -> Result<Vec<Tensor>, TensorFileError> {
    Ok(read_with(path, "")?.0)
}

/// Every tensor of a file, by name, and its note called `note`.
pub(crate) fn read_with(
    path: &Path,
    note: &str,
) -> Result<(Vec<Tensor>, Option<String>), TensorFileError> {
    let format = |error: safetensors::SafeTensorError| TensorFileError::Format {
        path: path.to_path_buf(),
        reason: error.to_string(),
    };
    let bytes = std::fs::read(path).map_err(FileError::on("read", path))?;
    let file = SafeTensors::deserialize(&bytes).map_err(format)?;
    let mut tensors = Vec::with_capacity(file.len());
    for (name, view) in file.iter() {
        if view.dtype() == Dtype::I64 && view.shape().is_empty() {
            let (words, _) = view.data().as_chunks::<8>();
            let data = words.iter().map(|word| i64::from_le_bytes(*word) as f32).collect();
            tensors.push(Tensor { name: name.into(), shape: Vec::new(), data });
            continue;
        }
        if view.dtype() != Dtype::F32 {
            return Err(TensorFileError::Type {
                path: path.to_path_buf(),
                tensor: name.into(),
                found: format!("{:?}", view.dtype()),
            });
        }
        let (words, _) = view.data().as_chunks::<4>();
        let data = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
        tensors.push(Tensor { name: name.into(), shape: view.shape().to_vec(), data });
    }
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(format)?;
    let note = metadata.metadata().as_ref().and_then(|notes| notes.get(note).cloned());
    Ok((tensors, note))
}

/// A tensor's numbers as bytes: int64 for a scalar, which counts batches
/// (`num_batches_tracked`), else float32.
struct Numbers<'a>(&'a Tensor);

impl Numbers<'_> {
    fn is_count(&self) -> bool {
        self.0.shape.is_empty()
    }
}

impl View for Numbers<'_> {
    fn dtype(&self) -> Dtype {
        if self.is_count() { Dtype::I64 } else { Dtype::F32 }
    }

    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        if self.is_count() {
            let bytes = self.0.data.iter().flat_map(|number| (*number as i64).to_le_bytes());
            return Cow::Owned(bytes.collect());
        }
        Cow::Owned(self.0.data.iter().flat_map(|number| number.to_le_bytes()).collect())
    }

    fn data_len(&self) -> usize {
        let number = if self.is_count() { size_of::<i64>() } else { size_of::<f32>() };
        self.0.data.len() * number
    }
}
