//! `l1(lambda)`, `l2(lambda)`, `l2-norm(lambda)`

use wellfit_nn::{Penalty, PenaltyKind, PenaltyOn};
use wellfit_train::plan::Plan;

use super::{Arguments, Default, Kind, Parameter, Remedy};

const LAMBDA: &[Parameter] = &[Parameter {
    name: "lambda",
    kind: Kind::NonNegative,
    default: Default::Required,
    meaning: "strength",
}];

pub(super) static L1: Remedy = Remedy {
    name: "l1",
    meaning: "adds lambda·Σ|w| over all parameters to the loss",
    parameters: LAMBDA,
    strength: Some(0),
    apply: |arguments, plan| set(PenaltyKind::L1, arguments, plan),
};

pub(super) static L2: Remedy = Remedy {
    name: "l2",
    meaning: "adds lambda·Σw² over all parameters to the loss",
    parameters: LAMBDA,
    strength: Some(0),
    apply: |arguments, plan| set(PenaltyKind::L2, arguments, plan),
};

pub(super) static L2_NORM: Remedy = Remedy {
    name: "l2-norm",
    meaning: "adds lambda·Σ‖tensor‖₂, each tensor's norm not squared, to the loss",
    parameters: LAMBDA,
    strength: Some(0),
    apply: |arguments, plan| set(PenaltyKind::L2Norm, arguments, plan),
};

/// Adds the penalty, or gives the one of the same kind that is there the new strength.
fn set(kind: PenaltyKind, arguments: &Arguments, plan: &mut Plan) -> Result<(), String> {
    let lambda = arguments.number(0);
    match plan.train.penalties.iter_mut().find(|penalty| penalty.kind == kind) {
        Some(there) => there.lambda = lambda,
        None => plan.train.penalties.push(Penalty { kind, lambda, on: PenaltyOn::All }),
    }
    Ok(())
}
