//! `weight-decay(lambda)`

use wellfit_nn::Optimizer;
use wellfit_train::plan::Plan;

use super::{Arguments, Default, Kind, Parameter, Remedy};

pub(super) static WEIGHT_DECAY: Remedy = Remedy {
    name: "weight-decay",
    meaning: "adds lambda·w to each gradient inside the optimiser, as PyTorch's weight_decay does",
    parameters: &[Parameter {
        name: "lambda",
        kind: Kind::NonNegative,
        default: Default::Required,
        meaning: "strength",
    }],
    strength: Some(0),
    apply,
};

fn apply(arguments: &Arguments, plan: &mut Plan) -> Result<(), String> {
    match &mut plan.train.optimizer {
        Optimizer::Adam { weight_decay, .. }
        | Optimizer::RmsProp { weight_decay, .. }
        | Optimizer::Sgd { weight_decay, .. } => *weight_decay = arguments.number(0),
    }
    Ok(())
}
