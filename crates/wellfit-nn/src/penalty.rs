//! What is added to the loss.

use crate::SpecError;
use crate::spec::require;

/// A term added to the objective; its gradient goes through the optimiser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Penalty {
    /// Which formula.
    pub kind: PenaltyKind,
    /// λ, at least 0.
    pub lambda: f64,
    /// Which tensors.
    pub on: PenaltyOn,
}

impl Penalty {
    /// Checks λ.
    pub(crate) fn check(&self) -> Result<(), SpecError> {
        let lambda = self.lambda;
        require("penalty lambda", "at least 0", lambda, lambda >= 0.0 && lambda.is_finite())
    }
}

/// A penalty's formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PenaltyKind {
    /// λΣ|w|, subgradient 0 at 0.
    L1,
    /// λΣw², gradient 2λw.
    L2,
    /// λΣ‖tensor‖₂ (the norm, not its square), gradient λw/‖w‖, 0 for a zero tensor.
    L2Norm,
}

/// What a penalty covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PenaltyOn {
    /// Weights and biases.
    #[default]
    All,
    /// Weights of linear layers and convolutions only.
    Weights,
}
