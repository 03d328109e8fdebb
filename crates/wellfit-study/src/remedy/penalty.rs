//! `l1(lambda)`, `l2(lambda)`, `l2-norm(lambda)`, `elastic-net(lambda, ratio=…)`

use wellfit_nn::{Penalty, PenaltyKind, PenaltyOn};
use wellfit_train::plan::Plan;

use super::{Default, Group, Kind, Parameter, Remedy, Value};

const LAMBDA: &[Parameter] = &[Parameter {
    name: "lambda",
    kind: Kind::NonNegative,
    default: Default::Required,
    meaning: "strength",
}];

pub(super) static L1: Remedy = Remedy {
    name: "l1",
    group: Group::Weights,
    meaning: "adds lambda·Σ|w| over all parameters to the loss",
    formula: "loss + lambda·Σ|w|",
    helps: "when few inputs matter: many weights become 0. Too much of it leaves nothing of the \
            network",
    source: "R. Tibshirani, Regression shrinkage and selection via the lasso, 1996, \
             https://doi.org/10.1111/j.2517-6161.1996.tb02080.x",
    parameters: LAMBDA,
    usual: "l1(1e-4)",
    range: Some("l1(1e-6..1e-2)"),
    strength: Some(0),
    falling: false,
    relative: false,
    apply: |arguments, plan| set(PenaltyKind::L1, arguments.number(0), plan),
};

pub(super) static L2: Remedy = Remedy {
    name: "l2",
    group: Group::Weights,
    meaning: "adds lambda·Σw² over all parameters to the loss",
    formula: "loss + lambda·Σw²",
    helps: "in most networks that overfit, a little: weights stay small and the function smooth",
    source: "A. Krogh, J. Hertz, A simple weight decay can improve generalization, 1991, \
             https://papers.nips.cc/paper/563-a-simple-weight-decay-can-improve-generalization",
    parameters: LAMBDA,
    usual: "l2(1e-4)",
    range: Some("l2(1e-5..1e-2, 4)"),
    strength: Some(0),
    falling: false,
    relative: false,
    apply: |arguments, plan| set(PenaltyKind::L2, arguments.number(0), plan),
};

pub(super) static L2_NORM: Remedy = Remedy {
    name: "l2-norm",
    group: Group::Weights,
    meaning: "adds lambda·Σ‖tensor‖₂, each tensor's norm not squared, to the loss",
    formula: "loss + lambda·Σ‖tensor‖₂ over the parameter tensors",
    helps: "when whole tensors may shrink together; its pull does not fade near 0, as that of l2 \
            does",
    source: "M. Yuan, Y. Lin, Model selection and estimation in regression with grouped \
             variables, 2006, https://doi.org/10.1111/j.1467-9868.2005.00532.x",
    parameters: LAMBDA,
    usual: "l2-norm(1e-2)",
    range: Some("l2-norm(1e-4..1e-1, 4)"),
    strength: Some(0),
    falling: false,
    relative: false,
    apply: |arguments, plan| set(PenaltyKind::L2Norm, arguments.number(0), plan),
};

pub(super) static ELASTIC_NET: Remedy = Remedy {
    name: "elastic-net",
    group: Group::Weights,
    meaning: "adds l1 and l2 together to the loss: weights become 0, and the rest small",
    formula: "loss + lambda·(ratio·Σ|w| + (1 − ratio)/2·Σw²)",
    helps: "where l1 would, among inputs that go together: l1 alone takes one of them by chance",
    source: "H. Zou, T. Hastie, Regularization and variable selection via the elastic net, 2005, \
             https://doi.org/10.1111/j.1467-9868.2005.00503.x",
    parameters: &[
        Parameter {
            name: "lambda",
            kind: Kind::NonNegative,
            default: Default::Required,
            meaning: "strength",
        },
        Parameter {
            name: "ratio",
            kind: Kind::Probability,
            default: Default::Is(Value::Number(0.5)),
            meaning: "how much of it is l1",
        },
    ],
    usual: "elastic-net(1e-4)",
    range: Some("elastic-net(1e-6..1e-2)"),
    strength: Some(0),
    falling: false,
    relative: false,
    apply: |arguments, plan| {
        let (lambda, ratio) = (arguments.number(0), arguments.number(1));
        set(PenaltyKind::L1, lambda * ratio, plan)?;
        set(PenaltyKind::L2, lambda * (1.0 - ratio) / 2.0, plan)
    },
};

/// Adds the penalty, or gives the one of the same kind that is there the new strength.
fn set(kind: PenaltyKind, lambda: f64, plan: &mut Plan) -> Result<(), String> {
    match plan.train.penalties.iter_mut().find(|penalty| penalty.kind == kind) {
        Some(there) => there.lambda = lambda,
        None => plan.train.penalties.push(Penalty { kind, lambda, on: PenaltyOn::All }),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Call;
    use crate::test_plan::article;
    use wellfit_nn::PenaltyKind;

    #[test]
    fn the_elastic_net_is_l1_and_half_of_l2_in_its_ratio() {
        let lambdas = |call: &str| -> Vec<(PenaltyKind, f64)> {
            let plan = call.parse::<Call>().unwrap().apply(&article()).unwrap();
            plan.train.penalties.iter().map(|penalty| (penalty.kind, penalty.lambda)).collect()
        };
        let net = lambdas("elastic-net(0.5, ratio=0.25)");
        assert_eq!(net, [(PenaltyKind::L1, 0.125), (PenaltyKind::L2, 0.1875)]);
        assert_eq!(lambdas("elastic-net(0.5, ratio=1)")[0], (PenaltyKind::L1, 0.5));
    }
}
