//! `ema(decay=…)` and `swa(start=…)`

use wellfit_train::plan::{Average, SwaStart};

use super::{Default, Group, Kind, Parameter, Remedy, Value};

pub(super) static EMA: Remedy = Remedy {
    name: "ema",
    group: Group::Stopping,
    meaning: "evaluates and keeps a moving average of the weights in place of the last ones",
    formula: "a ← decay·a + (1 − decay)·w after each step",
    helps: "when the validation curve is jagged from epoch to epoch. The average should reach \
            over a small part of the run: 1/(1 − decay) steps",
    source: "B. Polyak, A. Juditsky, Acceleration of stochastic approximation by averaging, 1992, \
             https://doi.org/10.1137/0330046",
    parameters: &[Parameter {
        name: "decay",
        kind: Kind::BelowOne,
        default: Default::Is(Value::Number(0.999)),
        meaning: "what stays of the average at a step",
    }],
    usual: "ema",
    range: Some("ema(0.9..0.999, 3)"),
    strength: Some(0),
    falling: false,
    relative: false,
    apply: |arguments, plan| {
        plan.train.average = Some(Average::Ema { decay: arguments.number(0) });
        Ok(())
    },
};

pub(super) static SWA: Remedy = Remedy {
    name: "swa",
    group: Group::Stopping,
    meaning: "evaluates and keeps the mean of the weights after each of the last epochs",
    formula: "a = mean of w over the epochs after the share `start` of them",
    helps: "in longer runs whose rate stays high enough to move about near the end. It brings \
            nothing where the kept epoch lies before its start",
    source: "P. Izmailov et al., Averaging weights leads to wider optima and better \
             generalization, 2018, https://arxiv.org/abs/1803.05407",
    parameters: &[Parameter {
        name: "start",
        kind: Kind::BelowOne,
        default: Default::Is(Value::Number(0.75)),
        meaning: "share of the run's epochs that do not count",
    }],
    usual: "swa",
    range: Some("swa(0.25..0.75, 3)"),
    strength: Some(0),
    falling: true,
    relative: false,
    apply: |arguments, plan| {
        let start = SwaStart::Fraction(arguments.number(0));
        plan.train.average = Some(Average::Swa { start });
        Ok(())
    },
};
