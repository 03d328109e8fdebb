//! A trained network and its preparation become a model of other programs.
//!
//! | function | gives | for |
//! |---|---|---|
//! | [`onnx`] | one file with preparation, network and outputs | every ONNX runtime |
//! | [`torch_module`] | the text of `model.py` | PyTorch, beside `model.safetensors` |
//!
//! The crate trains nothing, runs nothing and writes no file: it returns bytes and text.

mod error;
mod input;
mod onnx;
mod outputs;
mod prepared;
mod torch;

pub use error::ExportError;
pub use input::{Column, ColumnKind, Input, Line, Source};
pub use onnx::{OPSET, onnx};
pub use outputs::Outputs;
pub use torch::torch_module;

use wellfit_nn::{Spec, Tensor};

/// A trained network, and what is done to a sample before it and to an answer behind it.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    /// The network.
    pub spec: &'a Spec,
    /// Its tensors by PyTorch's names, in any order.
    pub weights: &'a [Tensor],
    /// What comes in, and what is done to it before the network.
    pub input: &'a Input,
    /// What the network's values are.
    pub outputs: &'a Outputs,
}

impl Model<'_> {
    /// The tensor of this name and shape.
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<&Tensor, ExportError> {
        let found = self.weights.iter().find(|tensor| tensor.name == name);
        let tensor = found.ok_or_else(|| ExportError::Missing { tensor: name.into() })?;
        if tensor.shape != shape {
            let (found, wanted) = (tensor.shape.clone(), shape.to_vec());
            return Err(ExportError::Shape { tensor: name.into(), found, wanted });
        }
        if let Some(at) = tensor.data.iter().position(|value| !value.is_finite()) {
            let value = tensor.data[at];
            return Err(ExportError::NotFinite { tensor: name.into(), at, value });
        }
        Ok(tensor)
    }

    /// Whether every tensor of the network is there, has its shape, and is finite.
    fn check(&self) -> Result<(), ExportError> {
        for info in self.spec.parameters() {
            self.tensor(&info.name, &info.shape)?;
        }
        let (wanted, found) = (self.spec.outputs, self.outputs.names().len());
        if found != wanted {
            return Err(ExportError::Outputs { found, wanted });
        }
        self.input.check(self.spec.input)
    }
}
