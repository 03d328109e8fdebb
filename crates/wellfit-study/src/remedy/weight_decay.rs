//! `weight-decay(lambda)`

use wellfit_nn::Optimizer;
use wellfit_train::plan::Plan;

use super::{Arguments, Default, Group, Kind, Parameter, Remedy};

pub(super) static WEIGHT_DECAY: Remedy = Remedy {
    name: "weight-decay",
    group: Group::Weights,
    meaning: "adds lambda·w to each gradient inside the optimiser, as PyTorch's weight_decay does",
    formula: "g ← g + lambda·w; with adamw w ← w − lr·lambda·w instead",
    helps: "as l2 does. With adam the pull is scaled like a gradient; with adamw it is not, and \
            stronger values fit",
    source: "I. Loshchilov, F. Hutter, Decoupled weight decay regularization, 2019, \
             https://arxiv.org/abs/1711.05101; \
             https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html",
    parameters: &[Parameter {
        name: "lambda",
        kind: Kind::NonNegative,
        default: Default::Required,
        meaning: "strength",
    }],
    usual: "weight-decay(1e-3)",
    range: Some("weight-decay(1e-5..1e-1)"),
    strength: Some(0),
    falling: false,
    relative: false,
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
