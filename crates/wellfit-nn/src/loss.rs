//! What is made small: how far a network's outputs are from their targets.

use crate::SpecError;
use crate::spec::require;

/// A loss, averaged over a batch as PyTorch's `reduction = "mean"` does.
#[derive(Clone, Debug, PartialEq)]
pub enum Loss {
    /// For classes y of K: Σ ℓ / Σ w_y over the batch, where ℓ = −Σ_c w_c t_c ln p_c,
    /// p = softmax(outputs) and t = (1−α)·onehot(y) + α/K.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html>
    CrossEntropy {
        /// α, at least 0 and below 1.
        label_smoothing: f64,
        /// w, one for each class, at least 0 and not all 0; all 1 when `None`. A batch
        /// all of whose samples weigh 0 has the loss 0/0, which is NaN, as in PyTorch.
        class_weights: Option<Vec<f64>>,
    },
    /// Mean of (ŷ − y)² over batch and targets.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html>
    Mse,
    /// Mean over batch and targets of e²/2 where |e| ≤ δ, else δ(|e| − δ/2), for
    /// e = ŷ − y.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html>
    Huber {
        /// δ, above 0.
        delta: f64,
    },
}

/// A loss that single samples are measured by: without smoothing and weights, so that
/// runs that train with different losses can be compared sample by sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// −ln p_y.
    CrossEntropy,
    /// (ŷ − y)², averaged over targets.
    Mse,
    /// [`Loss::Huber`]'s, averaged over targets.
    Huber {
        /// δ, above 0.
        delta: f64,
    },
}

impl Loss {
    /// Cross-entropy without smoothing and weights.
    pub const CROSS_ENTROPY: Loss =
        Loss::CrossEntropy { label_smoothing: 0.0, class_weights: None };

    /// The name in the plan file.
    pub fn name(&self) -> &'static str {
        self.measure().name()
    }

    /// Whether its targets are classes; else they are numbers.
    pub fn is_classification(&self) -> bool {
        self.measure().is_classification()
    }

    /// The same without smoothing and weights.
    pub fn measure(&self) -> Measure {
        match *self {
            Loss::CrossEntropy { .. } => Measure::CrossEntropy,
            Loss::Mse => Measure::Mse,
            Loss::Huber { delta } => Measure::Huber { delta },
        }
    }

    /// How much samples of class `class` weigh; 1 without weights.
    pub fn class_weight(&self, class: u32) -> f64 {
        match self {
            Loss::CrossEntropy { class_weights: Some(weights), .. } => weights[class as usize],
            _ => 1.0,
        }
    }

    /// Checks settings for a network of so many outputs.
    pub(crate) fn check(&self, outputs: usize) -> Result<(), SpecError> {
        match self {
            Loss::CrossEntropy { label_smoothing, class_weights } => {
                let (alpha, ok) = (*label_smoothing, (0.0..1.0).contains(label_smoothing));
                require("loss label_smoothing", "at least 0 and below 1", alpha, ok)?;
                let Some(weights) = class_weights else { return Ok(()) };
                if weights.len() != outputs {
                    let found = weights.len();
                    return Err(SpecError::ClassWeights { found, classes: outputs });
                }
                for (class, &weight) in weights.iter().enumerate() {
                    let what = format!("loss class_weights[{class}]");
                    let ok = weight >= 0.0 && weight <= f64::from(f32::MAX);
                    require(what, "a finite number of at least 0", weight, ok)?;
                }
                let total = weights.iter().sum();
                require("the sum of loss class_weights", "above 0", total, total > 0.0)
            }
            Loss::Mse => Ok(()),
            Loss::Huber { delta } => {
                let ok = *delta > 0.0 && *delta <= f64::from(f32::MAX);
                require("loss delta", "a finite number above 0", *delta, ok)
            }
        }
    }
}

impl Measure {
    /// The name in the plan file.
    pub fn name(self) -> &'static str {
        match self {
            Measure::CrossEntropy => "cross-entropy",
            Measure::Mse => "mse",
            Measure::Huber { .. } => "huber",
        }
    }

    /// Whether its targets are classes; else they are numbers.
    pub fn is_classification(self) -> bool {
        self == Measure::CrossEntropy
    }
}

/// As a training loss: without smoothing and weights.
impl From<Measure> for Loss {
    fn from(measure: Measure) -> Self {
        match measure {
            Measure::CrossEntropy => Loss::CROSS_ENTROPY,
            Measure::Mse => Loss::Mse,
            Measure::Huber { delta } => Loss::Huber { delta },
        }
    }
}
