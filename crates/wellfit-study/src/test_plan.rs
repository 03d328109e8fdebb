//! Plans for this crate's tests.

use wellfit_nn::Layer;
use wellfit_train::plan::Plan;

/// The article's network under the article's training, on the sample.
pub(crate) fn article() -> Plan {
    let linear = |out| Layer::Linear { out, bias: true };
    plan_with(vec![linear(1000), Layer::RELU, linear(10)])
}

/// A plan whose network is `layers`.
pub(crate) fn plan_with(layers: Vec<Layer>) -> Plan {
    Plan::new("fashion-mnist-sample", layers)
}
