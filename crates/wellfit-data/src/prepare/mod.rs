//! What is fitted on the training part of a split, and done to every sample.

use crate::Scale;

/// What was fitted on the training part. A value: it is saved with the model, and what
/// predicts and evaluates does the same to its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Preparation {
    scale: Scale,
}

impl Preparation {
    /// Nothing but a scale that needs no fitting: `Unit` or `None`.
    pub fn fixed(scale: Scale) -> Self {
        Preparation { scale }
    }

    /// What each of the 256 bytes stands for.
    pub fn byte_values(&self) -> [f32; 256] {
        std::array::from_fn(|byte| match self.scale {
            Scale::Unit => byte as f32 / 255.0,
            _ => byte as f32,
        })
    }

    /// How values are scaled.
    pub fn scale(&self) -> Scale {
        self.scale
    }
}
