//! Why a model could not be written.

use thiserror::Error;

/// Why a model could not be written.
#[derive(Debug, Error)]
pub enum ExportError {
    /// A tensor that the network has is not among the weights.
    #[error("tensor {tensor} is missing among the weights")]
    Missing {
        /// Which tensor.
        tensor: String,
    },
    /// A tensor of another shape.
    #[error("tensor {tensor} has shape {found:?}, but the network needs {wanted:?}")]
    Shape {
        /// Which tensor.
        tensor: String,
        /// The shape that it has.
        found: Vec<usize>,
        /// The shape that the network has.
        wanted: Vec<usize>,
    },
    /// A weight that is not finite.
    #[error("tensor {tensor} holds {value} at place {at}: such a model gives no numbers")]
    NotFinite {
        /// Which tensor.
        tensor: String,
        /// Where, counted from 0.
        at: usize,
        /// What stands there.
        value: f32,
    },
    /// Names of classes or targets that are not the network's.
    #[error("the network gives {wanted} values, but {found} are named")]
    Outputs {
        /// How many are named.
        found: usize,
        /// How many the network gives.
        wanted: usize,
    },
    /// A preparation that does not give what the network takes.
    #[error("the network takes {wanted} values, but the preparation gives {found}")]
    Input {
        /// How many it gives.
        found: usize,
        /// How many the network takes.
        wanted: usize,
    },
    /// A number of the preparation that is not finite.
    #[error("the preparation of {of} holds a number that is not finite")]
    Preparation {
        /// Of what.
        of: String,
    },
    /// More than a file of this form may hold.
    #[error(
        "the model has {bytes} bytes of weights, but an ONNX file holds at most {limit}: export \
         to safetensors or pytorch instead"
    )]
    TooLarge {
        /// How many there are.
        bytes: u64,
        /// How many may be.
        limit: u64,
    },
}
