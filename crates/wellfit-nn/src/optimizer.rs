//! How gradients become steps.

use crate::SpecError;
use crate::spec::require;

/// How gradients become steps. The learning rate is an argument of each epoch,
/// because schedules move it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimizer {
    /// w −= (lr/(1−β₁ᵗ))·m / (√v/√(1−β₂ᵗ) + eps). Weight decay is coupled
    /// (g += λw before the moments), or decoupled, as AdamW has it (first w −= lr·λw).
    /// <https://pytorch.org/docs/stable/generated/torch.optim.Adam.html>
    /// <https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html>
    Adam {
        /// β₁ and β₂, each in [0, 1).
        betas: (f64, f64),
        /// Added to the root, above 0.
        eps: f64,
        /// λ, at least 0.
        weight_decay: f64,
        /// Whether the decay goes past the moments.
        decoupled: bool,
    },
    /// g += λw; v = αv + (1−α)g²; w −= lr·g / (√v + eps).
    /// <https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html>
    RmsProp {
        /// α in [0, 1).
        alpha: f64,
        /// Added to the root, above 0.
        eps: f64,
        /// λ, at least 0.
        weight_decay: f64,
    },
    /// g += λw; buf = g at the first step, then μ·buf + g; step along g + μ·buf
    /// (Nesterov) or buf.
    /// <https://pytorch.org/docs/stable/generated/torch.optim.SGD.html>
    Sgd {
        /// μ in [0, 1); 0 keeps no buffer.
        momentum: f64,
        /// Nesterov's variant; needs momentum above 0.
        nesterov: bool,
        /// λ, at least 0.
        weight_decay: f64,
    },
}

impl Optimizer {
    /// Adam with PyTorch's settings.
    pub const ADAM: Optimizer =
        Optimizer::Adam { betas: (0.9, 0.999), eps: 1e-8, weight_decay: 0.0, decoupled: false };

    /// λ of weight decay.
    pub fn weight_decay(&self) -> f64 {
        match *self {
            Optimizer::Adam { weight_decay, .. }
            | Optimizer::RmsProp { weight_decay, .. }
            | Optimizer::Sgd { weight_decay, .. } => weight_decay,
        }
    }

    /// The same with another momentum (for Adam: β₁), if one is given.
    pub(crate) fn with_momentum(mut self, moved: Option<f64>) -> Self {
        if let Some(moved) = moved {
            match &mut self {
                Optimizer::Adam { betas, .. } => betas.0 = moved,
                Optimizer::Sgd { momentum, .. } => *momentum = moved,
                Optimizer::RmsProp { .. } => {}
            }
        }
        self
    }

    /// How many values the optimiser keeps for each weight, by name.
    pub fn slots(&self) -> &'static [&'static str] {
        match self {
            Optimizer::Adam { .. } => &["exp_avg", "exp_avg_sq"],
            Optimizer::RmsProp { .. } => &["square_avg"],
            Optimizer::Sgd { momentum, .. } if *momentum > 0.0 => &["momentum_buffer"],
            Optimizer::Sgd { .. } => &[],
        }
    }

    /// Checks every setting.
    pub(crate) fn check(&self) -> Result<(), SpecError> {
        let share = |what, value: f64| {
            require(what, "at least 0 and below 1", value, (0.0..1.0).contains(&value))
        };
        let above =
            |eps: f64| require("optimizer eps", "above 0", eps, eps > 0.0 && eps.is_finite());
        match *self {
            Optimizer::Adam { betas, eps, .. } => {
                share("optimizer betas[0]", betas.0)?;
                share("optimizer betas[1]", betas.1)?;
                above(eps)?;
            }
            Optimizer::RmsProp { alpha, eps, .. } => {
                share("optimizer alpha", alpha)?;
                above(eps)?;
            }
            Optimizer::Sgd { momentum, nesterov, .. } => {
                share("optimizer momentum", momentum)?;
                let ok = !nesterov || momentum > 0.0;
                require("optimizer momentum", "above 0 with nesterov", momentum, ok)?;
            }
        }
        let decay = self.weight_decay();
        require("optimizer weight_decay", "at least 0", decay, decay >= 0.0 && decay.is_finite())
    }
}
