//! A model file becomes figures, tensor by tensor: no more than one is in memory.

use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::error::{Fault, WeightsError};
use crate::file::{Format, ModelFile, Skipped, TensorPlace};
use crate::kernel::{Kernel, Order};
use crate::number::Number;
use crate::power_law::{self, CUT, FEWEST, NoFit, PowerLaw, RELIABLE};
use crate::singular::{operations, singular_values};
use crate::summary::{Range, Summary, Sums};

/// The singular values of a tensor are computed when they take at most so many
/// floating-point operations, unless all are asked for.
pub const MOST_OPERATIONS: f64 = 1e11;
/// Exponents between these are typical of well-trained layers, WeightWatcher says.
const TYPICAL: std::ops::RangeInclusive<f64> = 2.0..=6.0;

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The singular values of every matrix, however long they take.
    pub all: bool,
}

/// Which tensor comes next.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// From 0.
    pub at: usize,
    /// Tensors.
    pub of: usize,
    /// Its name.
    pub name: &'a str,
}

/// A model's weights.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The file.
    pub path: PathBuf,
    /// What kind of file.
    pub format: Format,
    /// Its tensors, in the order of the state dict or of their names.
    pub layers: Vec<Layer>,
    /// Tensors that hold no floating-point numbers of a kind that is read.
    pub skipped: Vec<Skipped>,
    /// What the file holds beside the state dict.
    pub left: Vec<String>,
}

/// A tensor in figures.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Such as `1.weight`.
    pub name: String,
    /// How its values are stored.
    pub number: Number,
    /// Such as [1000, 784].
    pub shape: Vec<usize>,
    /// Moments, share near zero, histogram.
    pub summary: Summary,
    /// Its singular values and what follows from them.
    pub spectrum: Result<Spectrum, NoSpectrum>,
}

/// The singular values of a tensor's matrices, and the law of their squares, the
/// eigenvalues of WᵀW.
///
/// A convolution has a matrix for each position of its kernel; their singular values
/// are pooled. So its spectral norm is the largest of these matrices', not that of the
/// convolution as a map of images.
#[derive(Clone, Debug)]
pub struct Spectrum {
    /// The matrices.
    pub kernel: Kernel,
    /// Of all matrices together, descending.
    pub singular_values: Vec<f64>,
    /// The power law of the eigenvalues' tail.
    pub tail: Result<PowerLaw, NoFit>,
    /// Each matrix by itself, where there are several.
    pub slices: Vec<Slice>,
}

/// One position of a convolution's kernel.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    /// The largest singular value.
    pub spectral_norm: f64,
    /// Σσ²/σ₁².
    pub stable_rank: f64,
    /// The power law of its eigenvalues' tail.
    pub tail: Result<PowerLaw, NoFit>,
}

/// Why a tensor has no singular values here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoSpectrum {
    /// It has fewer than two dimensions: its norms are one.
    Vector,
    /// It has no values.
    Empty,
    /// It has values that are not finite.
    NotFinite,
    /// They would take so many floating-point operations.
    TooLarge {
        /// So many.
        operations: f64,
    },
}

impl Spectrum {
    /// The largest singular value.
    pub fn spectral_norm(&self) -> f64 {
        self.singular_values.first().copied().unwrap_or(f64::NAN)
    }

    /// Σσ²/σ₁²: how many equal singular values would weigh as much; NaN for zeros.
    pub fn stable_rank(&self) -> f64 {
        stable_rank(&self.singular_values)
    }
}

/// What a reader must know about a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Note {
    /// Values that are NaN or infinite.
    NotFinite {
        /// How many.
        count: u64,
    },
    /// No values.
    Empty,
    /// Singular values that would take long.
    TooLarge {
        /// Floating-point operations.
        operations: f64,
    },
    /// No power law.
    NoFit(NoFit),
    /// A tail too short for a reliable exponent.
    ShortTail,
    /// An exponent below the typical ones.
    Low,
    /// An exponent above them.
    High,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Note::NotFinite { count: 1 } => {
                write!(f, "1 value is NaN or infinite; figures are of the others")
            }
            Note::NotFinite { count } => {
                write!(f, "{count} values are NaN or infinite; figures are of the others")
            }
            Note::Empty => write!(f, "no values"),
            Note::TooLarge { operations } => write!(
                f,
                "no singular values: they take about {operations:.0e} operations (--all computes \
                 them)"
            ),
            Note::NoFit(NoFit::TooFew { .. }) => {
                write!(
                    f,
                    "too small for a power law: fewer than {FEWEST} eigenvalues above {CUT:e}"
                )
            }
            Note::NoFit(NoFit::NoSpread) => {
                write!(f, "no power law: the eigenvalues are all equal")
            }
            Note::ShortTail => write!(
                f,
                "too small for a reliable alpha: fewer than {RELIABLE} eigenvalues in the tail"
            ),
            Note::Low => {
                write!(f, "alpha below 2, which WeightWatcher calls over-trained")
            }
            Note::High => {
                write!(f, "alpha above 6, which WeightWatcher calls under-trained")
            }
        }
    }
}

impl Layer {
    /// What a reader must know.
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        if self.summary.not_finite > 0 {
            notes.push(Note::NotFinite { count: self.summary.not_finite });
        }
        match &self.spectrum {
            Err(NoSpectrum::Vector | NoSpectrum::NotFinite) => {}
            Err(NoSpectrum::Empty) => notes.push(Note::Empty),
            Err(NoSpectrum::TooLarge { operations }) => {
                notes.push(Note::TooLarge { operations: *operations });
            }
            Ok(spectrum) => notes.push(match &spectrum.tail {
                Err(why) => Note::NoFit(*why),
                Ok(law) if !law.is_reliable() => Note::ShortTail,
                Ok(law) if law.alpha < *TYPICAL.start() => Note::Low,
                Ok(law) if law.alpha > *TYPICAL.end() => Note::High,
                Ok(_) => return notes,
            }),
        }
        notes
    }
}

/// Reads a model (a file, or the folder of a run) and computes the figures of each
/// tensor. `progress` hears of each before it is read, and may stop.
///
/// # Errors
/// A path that is no model or a model that lies about itself; [`Fault::Stopped`].
pub fn inspect(
    path: &Path,
    options: Options,
    mut progress: impl FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<Inspection, WeightsError> {
    let file = ModelFile::open(path)?;
    let of = file.tensors().len();
    let mut layers = Vec::with_capacity(of);
    for (at, tensor) in file.tensors().iter().enumerate() {
        if progress(Progress { at, of, name: &tensor.name }).is_break() {
            return Err(Fault::Stopped.of(file.path()));
        }
        layers.push(layer(&file, tensor, options)?);
    }
    Ok(Inspection {
        path: file.path().to_path_buf(),
        format: file.format(),
        layers,
        skipped: file.skipped().to_vec(),
        left: file.left().to_vec(),
    })
}

fn layer(file: &ModelFile, tensor: &TensorPlace, options: Options) -> Result<Layer, WeightsError> {
    let mut range = Range::new();
    file.values(tensor, |values| range.add(values))?;
    let mut sums = Sums::new(range);
    file.values(tensor, |values| sums.add(values))?;
    let spectrum = match matrices(tensor, &range, file.order(), options) {
        Ok(kernel) => Ok(spectrum(file, tensor, kernel)?),
        Err(why) => Err(why),
    };
    let TensorPlace { name, number, shape, .. } = tensor.clone();
    Ok(Layer { name, number, shape, summary: sums.end(), spectrum })
}

/// The matrices of a tensor, if their singular values can be had.
fn matrices(
    tensor: &TensorPlace,
    range: &Range,
    order: Order,
    options: Options,
) -> Result<Kernel, NoSpectrum> {
    if tensor.count == 0 {
        return Err(NoSpectrum::Empty);
    }
    let kernel = Kernel::of(&tensor.shape, order).ok_or(NoSpectrum::Vector)?;
    if !range.is_finite() {
        return Err(NoSpectrum::NotFinite);
    }
    let eigenvalues = kernel.positions as f64 * kernel.columns as f64;
    let operations = kernel.positions as f64 * operations(kernel.rows, kernel.columns)
        + power_law::operations(eigenvalues);
    if operations > MOST_OPERATIONS && !options.all {
        return Err(NoSpectrum::TooLarge { operations });
    }
    Ok(kernel)
}

fn spectrum(
    file: &ModelFile,
    tensor: &TensorPlace,
    kernel: Kernel,
) -> Result<Spectrum, WeightsError> {
    let mut values = Vec::new();
    let bytes = tensor.count.saturating_mul(size_of::<f64>() as u64);
    let memory = || Fault::memory(&tensor.name, bytes).of(file.path());
    let count = usize::try_from(tensor.count).map_err(|_| memory())?;
    values.try_reserve_exact(count).map_err(|_| memory())?;
    values.resize(count, 0.0);
    let mut index = 0;
    file.values(tensor, |piece| {
        for value in piece {
            values[kernel.place(index)] = *value;
            index += 1;
        }
    })?;
    let each: Vec<Vec<f64>> = values
        .chunks_exact_mut(kernel.len())
        .map(|matrix| singular_values(matrix, kernel.columns))
        .collect();
    let slice = |found: &Vec<f64>| Slice {
        spectral_norm: found[0],
        stable_rank: stable_rank(found),
        tail: tail(found),
    };
    let slices = if each.len() > 1 { each.iter().map(slice).collect() } else { Vec::new() };
    let mut singular_values = each.concat();
    singular_values.sort_unstable_by(|a, b| b.total_cmp(a));
    let tail = tail(&singular_values);
    Ok(Spectrum { kernel, singular_values, tail, slices })
}

fn tail(singular_values: &[f64]) -> Result<PowerLaw, NoFit> {
    power_law::fit(singular_values.iter().map(|value| value * value))
}

fn stable_rank(singular_values: &[f64]) -> f64 {
    let largest = singular_values.first().copied().unwrap_or(0.0);
    singular_values.iter().map(|value| (value / largest).powi(2)).sum()
}
