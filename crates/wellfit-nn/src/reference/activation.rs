//! Activations and their derivatives, as their definitions have them.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use super::operation::{Operation, Pass};
use super::{Parameter, Real};
use crate::Activation;

/// y = f(x), value by value.
#[derive(Debug)]
pub(super) struct Activate {
    activation: Activation,
    margin: f64,
}

impl Activate {
    pub fn new(activation: Activation) -> Self {
        Self { activation, margin: f64::INFINITY }
    }
}

impl<T: Real> Operation<T> for Activate {
    fn forward(&mut self, x: &[T], y: &mut Vec<T>, _: &mut [Parameter<T>], pass: Pass) {
        y.extend(x.iter().map(|&x| self.activation.at(x).0));
        if let (Pass::Training { .. }, true) = (pass, self.activation.has_kink()) {
            let sizes = x.iter().map(|x| x.to_f64().abs()).filter(|&x| x > 0.0);
            self.margin = sizes.fold(self.margin, f64::min);
        }
    }

    fn backward(&mut self, x: &[T], dy: &[T], dx: &mut Vec<T>, _: &mut [Parameter<T>], _: Pass) {
        dx.extend(x.iter().zip(dy).map(|(&x, &dy)| dy * self.activation.at(x).1));
    }

    fn margin(&self) -> f64 {
        self.margin
    }
}

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
