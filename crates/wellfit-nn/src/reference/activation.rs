//! Activations and their derivatives, as their definitions have them.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use super::Real;
use crate::Activation;

impl Activation {
    /// f(x) and f′(x).
    pub(super) fn at<T: Real>(self, x: T) -> (T, T) {
        let (one, half) = (T::from_f64(1.0), T::from_f64(0.5));
        let sigmoid = |x: T| one / (one + (-x).exp());
        match self {
            Activation::Relu if x > T::ZERO => (x, one),
            // A NaN stays one.
            Activation::Relu if x < T::ZERO => (T::ZERO, T::ZERO),
            Activation::Relu => (x, T::ZERO),
            Activation::LeakyRelu { .. } | Activation::Elu if x > T::ZERO => (x, one),
            Activation::LeakyRelu { slope } => (T::from_f64(slope) * x, T::from_f64(slope)),
            Activation::Elu => (x.exp_m1(), x.exp()),
            Activation::Gelu => {
                let cdf = half * (one + erf(x * T::from_f64(FRAC_1_SQRT_2)));
                let density =
                    T::from_f64(FRAC_2_SQRT_PI * FRAC_1_SQRT_2 / 2.0) * (-(half * x * x)).exp();
                (x * cdf, cdf + x * density)
            }
            Activation::Silu => {
                let s = sigmoid(x);
                (x * s, s * (one + x * (one - s)))
            }
            Activation::Tanh => {
                let y = x.tanh();
                (y, one - y * y)
            }
            Activation::Sigmoid => {
                let y = sigmoid(x);
                (y, y * (one - y))
            }
        }
    }

    /// Whether its slope jumps at 0.
    pub(super) fn has_kink(self) -> bool {
        matches!(self, Activation::Relu | Activation::LeakyRelu { .. })
    }
}

/// The error function.
fn erf<T: Real>(x: T) -> T {
    T::from_f64(libm::erf(x.to_f64()))
}
