//! What is fitted on the training part of a split, and done to every sample.

use std::sync::Arc;

use crate::{DataError, DataRequest, Features, RawSplits, Scale, Splits};

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

impl RawSplits {
    /// Fits what a plan asks for on the training part, and does it to all parts.
    ///
    /// # Errors
    /// When the set cannot be prepared as asked.
    pub fn prepare(self, request: &DataRequest) -> Result<Splits, DataError> {
        let scale = match (request.scale, self.train.features()) {
            (None, Features::Bytes(_)) => Scale::Unit,
            (None, Features::Floats(_)) => Scale::None,
            (None, Features::Table(_)) => Scale::Standard,
            (Some(Scale::Unit), Features::Floats(_)) => return Err(DataError::UnitScaleOfFloats),
            (Some(scale), _) => scale,
        };
        let RawSplits { train, validation, test, validation_is_test, origin } = self;
        let preparation = Arc::new(Preparation::fixed(scale));
        Ok(Splits { train, validation, test, preparation, validation_is_test, origin })
    }
}
