//! `max-norm(c=…)`

use super::{Default, Group, Kind, Parameter, Remedy, Value};

pub(super) static MAX_NORM: Remedy = Remedy {
    name: "max-norm",
    group: Group::Weights,
    meaning: "scales the weights that come into a unit down to a largest norm after each step",
    formula: "w ← w·min(1, c/‖w‖₂) for the weights w into each unit",
    helps: "beside dropout and large learning rates, where single weights would run away. A c \
            that no unit reaches changes nothing",
    source: "N. Srivastava et al., Dropout, 2014, section 5.1, \
             https://jmlr.org/papers/v15/srivastava14a.html",
    parameters: &[Parameter {
        name: "c",
        kind: Kind::Positive,
        default: Default::Is(Value::Number(3.0)),
        meaning: "the largest norm",
    }],
    usual: "max-norm",
    range: Some("max-norm(0.5..4, 4)"),
    strength: Some(0),
    falling: true,
    relative: false,
    apply: |arguments, plan| {
        plan.train.max_norm = Some(arguments.number(0));
        Ok(())
    },
};
