//! Plans for this crate's tests.

use wellfit_nn::{Layer, Window};
use wellfit_train::plan::Plan;

/// The article's network under the article's training, on the sample.
pub(crate) fn article() -> Plan {
    plan_with(vec![linear(1000), Layer::RELU, linear(10)])
}

/// A plan whose network is `layers`.
pub(crate) fn plan_with(layers: Vec<Layer>) -> Plan {
    Plan::new("fashion-mnist-sample", layers)
}

pub(crate) fn linear(out: usize) -> Layer {
    Layer::Linear { out, bias: true }
}

/// A 3×3 convolution that keeps the image's size.
pub(crate) fn conv(out: usize) -> Layer {
    Layer::Conv2d { out, window: Window::square(3, 1, 1), bias: true }
}

pub(crate) fn flatten() -> Layer {
    Layer::Flatten
}
