//! Functions of one number that a network applies to each of its values.

/// A function applied to every value, with PyTorch's definition of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// max(x, 0), with slope 0 at 0.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html>
    Relu,
    /// x above 0, else slope·x.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html>
    LeakyRelu {
        /// The slope at and below 0; at least 0.
        slope: f64,
    },
    /// x above 0, else eˣ − 1.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.ELU.html>
    Elu,
    /// x·Φ(x), with the normal distribution's exact Φ.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.GELU.html>
    Gelu,
    /// x/(1 + e⁻ˣ).
    /// <https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html>
    Silu,
    /// The hyperbolic tangent.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html>
    Tanh,
    /// 1/(1 + e⁻ˣ).
    /// <https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html>
    Sigmoid,
}

impl Activation {
    /// The name in the plan file.
    pub fn name(&self) -> &'static str {
        match self {
            Activation::Relu => "relu",
            Activation::LeakyRelu { .. } => "leaky-relu",
            Activation::Elu => "elu",
            Activation::Gelu => "gelu",
            Activation::Silu => "silu",
            Activation::Tanh => "tanh",
            Activation::Sigmoid => "sigmoid",
        }
    }

    /// Whether it gives `y` where it is saturated: so near one of its ends that it hardly
    /// passes a gradient on. For tanh |y| > 0.99 and for the sigmoid y < 0.01 or
    /// y > 0.99, which leaves at most 2 % and 4 % of their steepest slope; the others have
    /// no two ends.
    pub(crate) fn saturates(&self, y: f32) -> bool {
        match self {
            Activation::Tanh => y.abs() > 0.99,
            Activation::Sigmoid => !(0.01..=0.99).contains(&y) && !y.is_nan(),
            _ => false,
        }
    }

    /// Whether it has an end on each side, where it is saturated.
    pub(crate) fn can_saturate(&self) -> bool {
        matches!(self, Activation::Tanh | Activation::Sigmoid)
    }

    /// Whether it gives 0 for 0, as all do but the sigmoid.
    pub(crate) fn keeps_zero(&self) -> bool {
        *self != Activation::Sigmoid
    }
}
