//! The weights of a trained network, by layer: moments, norms, singular values, and
//! the power law that the tail of the spectrum follows. Knows no training.
//!
//! [`inspect`] reads safetensors files, PyTorch's state dicts (`torch.save`) and the
//! run folders that wellfit writes, one tensor at a time. A pickle is read by a small
//! machine that knows what a state dict is made of, and nothing of it is ever run.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//! use wellfit_weights::{Options, inspect};
//!
//! let found = inspect("model.safetensors".as_ref(), Options::default(), |_| ControlFlow::Continue(()))?;
//! for layer in &found.layers {
//!     println!("{} {:?} {}", layer.name, layer.shape, layer.summary.std);
//! }
//! # Ok::<(), wellfit_weights::WeightsError>(())
//! ```
//!
//! | file | in → out |
//! |---|---|
//! | `file` | a path → the tensors it holds, and their values in pieces |
//! | `safetensors`, `torch`, `pickle` | a header, an archive, a pickle → names, shapes, places |
//! | `number` | bytes → numbers |
//! | `summary` | values → moments, share near zero, histogram |
//! | `kernel` | a shape → the matrices that are cut from it |
//! | `singular` | a matrix → singular values |
//! | `power_law` | eigenvalues → exponent, distance, tail |
//! | `layer` | a file → an [`Inspection`] |
//! | `json` | an [`Inspection`] → JSON |

mod error;
mod file;
mod json;
mod kernel;
mod layer;
mod number;
mod pickle;
mod power_law;
mod safetensors;
mod singular;
mod summary;
mod torch;

pub use error::{Fault, PickleFault, WeightsError};
pub use file::{Format, ModelFile, Skipped, TensorPlace};
pub use json::json;
pub use kernel::{Kernel, Order};
pub use layer::{
    Inspection, Layer, MOST_OPERATIONS, NoSpectrum, Note, Options, Progress, Slice, Spectrum,
    inspect,
};
pub use number::Number;
pub use power_law::{CUT, FEWEST, NoFit, PowerLaw, RELIABLE};
pub use singular::{operations, singular_values};
pub use summary::{Histogram, NEAR_ZERO, Summary};
