//! What is to be trained: the network, its objective and its optimiser, checked
//! once. A [`Spec`] that was built is one that an engine can run.

use thiserror::Error;

use crate::Activation;

/// A layer of a sequential network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Layer {
    /// y = x·Wᵀ + b with W of shape [out, in]; `bias = false` leaves b out.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.Linear.html>
    Linear {
        /// Number of output units, at least 1.
        out: usize,
        /// Whether b is there.
        bias: bool,
    },
    /// A function applied to every value.
    Activation(Activation),
    /// In training x·mask/(1−p) with mask ~ Bernoulli(1−p), new for every element
    /// and step; in evaluation x. p = 0 changes nothing, p = 1 gives zeros.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html>
    Dropout {
        /// Probability of a zero, in [0, 1].
        p: f64,
    },
}

impl Layer {
    /// max(x, 0).
    pub const RELU: Layer = Layer::Activation(Activation::Relu);

    /// The name in the plan file.
    pub fn name(&self) -> &'static str {
        match self {
            Layer::Linear { .. } => "linear",
            Layer::Activation(activation) => activation.name(),
            Layer::Dropout { .. } => "dropout",
        }
    }
}

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
    /// λ of weight decay.
    pub fn weight_decay(&self) -> f64 {
        match *self {
            Optimizer::Adam { weight_decay, .. }
            | Optimizer::RmsProp { weight_decay, .. }
            | Optimizer::Sgd { weight_decay, .. } => weight_decay,
        }
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
}

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
    /// Weights of linear layers only.
    Weights,
}

/// Everything an engine needs to know before it sees data.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Number of values in a sample.
    pub features: usize,
    /// Number of classes; the last linear layer must have as many units.
    pub classes: usize,
    /// The network, from input to logits.
    pub layers: Vec<Layer>,
    /// The optimiser.
    pub optimizer: Optimizer,
    /// Added to the cross-entropy.
    pub penalties: Vec<Penalty>,
    /// Samples a step, at least 1.
    pub batch_size: usize,
    /// Whether a last batch with fewer samples is left out.
    pub drop_last: bool,
    /// Decides initial weights, dropout masks and order.
    pub seed: u64,
}

/// A parameter tensor of a network, by PyTorch's name and layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterInfo {
    /// As in `torch.nn.Sequential`: `1.weight`, `1.bias`.
    pub name: String,
    /// Which layer of the list.
    pub layer: usize,
    /// `[out, in]` for a weight, `[out]` for a bias.
    pub shape: Vec<usize>,
    /// Units that feed one unit of this layer.
    pub fan_in: usize,
    /// False for a bias.
    pub is_weight: bool,
}

impl ParameterInfo {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are no values (never, in a checked spec).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Why a [`Spec`] cannot be run. Layers are numbered from 0, as in `1.weight`.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum SpecError {
    /// No linear layer.
    #[error("the network has no linear layer, so there is nothing to train")]
    NoLinear,
    /// A linear layer without units.
    #[error("layer {layer} (linear): out must be at least 1")]
    NoUnits {
        /// Which layer.
        layer: usize,
    },
    /// The last layer does not give one logit a class.
    #[error(
        "layer {layer} (linear) gives {out} outputs, but the data have {classes} classes: set out = {classes}"
    )]
    Outputs {
        /// Which layer.
        layer: usize,
        /// Its units.
        out: usize,
        /// What the data need.
        classes: usize,
    },
    /// A parameter count that does not fit into memory.
    #[error(
        "layer {layer} (linear) would hold {wanted} weights ({inputs} inputs × {out} units); the limit is {limit}"
    )]
    TooLarge {
        /// Which layer.
        layer: usize,
        /// Its inputs.
        inputs: usize,
        /// Its units.
        out: usize,
        /// Weights it would hold.
        wanted: u128,
        /// Weights a network may hold.
        limit: u128,
    },
    /// A setting out of range.
    #[error("{what} must be {range}, not {value}")]
    Range {
        /// Which setting.
        what: String,
        /// What would be right.
        range: &'static str,
        /// What it is.
        value: f64,
    },
}

/// No network may hold more values than this (8 GiB of float32 weights).
pub const MAX_PARAMETERS: u128 = 1 << 31;

impl Spec {
    /// Whether the penalties read Σ|w| and Σw² of a weight (else: of a bias).
    pub fn sums(&self, is_weight: bool) -> [bool; 2] {
        let mut covering = self.penalties.iter().filter(|p| is_weight || p.on == PenaltyOn::All);
        [
            covering.clone().any(|p| p.kind == PenaltyKind::L1),
            covering.any(|p| p.kind != PenaltyKind::L1),
        ]
    }

    /// Checks every setting and shape.
    pub fn check(&self) -> Result<(), SpecError> {
        let range = |what: String, range, value: f64, ok: bool| {
            if ok { Ok(()) } else { Err(SpecError::Range { what, range, value }) }
        };
        range("features".into(), "at least 1", self.features as f64, self.features >= 1)?;
        let (mut inputs, mut total, mut last) = (self.features, 0u128, None);
        for (layer, spec) in self.layers.iter().enumerate() {
            match *spec {
                Layer::Linear { out, bias } => {
                    if out == 0 {
                        return Err(SpecError::NoUnits { layer });
                    }
                    let wanted = inputs as u128 * out as u128;
                    total += wanted + if bias { out as u128 } else { 0 };
                    if total > MAX_PARAMETERS {
                        let limit = MAX_PARAMETERS;
                        return Err(SpecError::TooLarge { layer, inputs, out, wanted, limit });
                    }
                    (inputs, last) = (out, Some(layer));
                }
                Layer::Activation(Activation::LeakyRelu { slope }) => range(
                    format!("layer {layer} (leaky-relu): slope"),
                    "at least 0",
                    slope,
                    slope >= 0.0 && slope.is_finite(),
                )?,
                Layer::Activation(_) => {}
                Layer::Dropout { p } => range(
                    format!("layer {layer} (dropout): p"),
                    "from 0 to 1",
                    p,
                    (0.0..=1.0).contains(&p),
                )?,
            }
        }
        let layer = last.ok_or(SpecError::NoLinear)?;
        if inputs != self.classes {
            return Err(SpecError::Outputs { layer, out: inputs, classes: self.classes });
        }
        let size = self.batch_size as f64;
        range("batch_size".into(), "at least 1", size, self.batch_size >= 1)?;
        match self.optimizer {
            Optimizer::Adam { betas, eps, .. } => {
                for (name, beta) in [("betas[0]", betas.0), ("betas[1]", betas.1)] {
                    let ok = (0.0..1.0).contains(&beta);
                    range(format!("optimizer {name}"), "at least 0 and below 1", beta, ok)?;
                }
                let ok = eps > 0.0 && eps.is_finite();
                range("optimizer eps".into(), "above 0", eps, ok)?;
            }
            Optimizer::RmsProp { alpha, eps, .. } => {
                let ok = (0.0..1.0).contains(&alpha);
                range("optimizer alpha".into(), "at least 0 and below 1", alpha, ok)?;
                let ok = eps > 0.0 && eps.is_finite();
                range("optimizer eps".into(), "above 0", eps, ok)?;
            }
            Optimizer::Sgd { momentum, nesterov, .. } => {
                let ok = (0.0..1.0).contains(&momentum);
                range("optimizer momentum".into(), "at least 0 and below 1", momentum, ok)?;
                let ok = !nesterov || momentum > 0.0;
                range("optimizer momentum".into(), "above 0 with nesterov", momentum, ok)?;
            }
        }
        let decay = self.optimizer.weight_decay();
        let finite = |x: f64| x >= 0.0 && x.is_finite();
        range("optimizer weight_decay".into(), "at least 0", decay, finite(decay))?;
        for Penalty { lambda, .. } in &self.penalties {
            range("penalty lambda".into(), "at least 0", *lambda, finite(*lambda))?;
        }
        Ok(())
    }

    /// The parameters in order of the layers, weight before bias.
    pub fn parameters(&self) -> Vec<ParameterInfo> {
        let (mut fan_in, mut all) = (self.features, Vec::new());
        for (layer, spec) in self.layers.iter().enumerate() {
            if let Layer::Linear { out, bias } = *spec {
                let mut push = |what, shape, is_weight| {
                    let name = format!("{layer}.{what}");
                    all.push(ParameterInfo { name, layer, shape, fan_in, is_weight });
                };
                push("weight", vec![out, fan_in], true);
                if bias {
                    push("bias", vec![out], false);
                }
                fan_in = out;
            }
        }
        all
    }

    /// Steps in an epoch over `samples` samples.
    pub fn steps(&self, samples: usize) -> usize {
        if self.drop_last { samples / self.batch_size } else { samples.div_ceil(self.batch_size) }
    }
}
