//! `reduce-on-plateau(factor, patience=…, …)`

use wellfit_train::plan::{Metric, Plan, PlateauSettings, ScheduleKind, ThresholdMode};

use super::rate;
use super::{Arguments, Default, Group, Kind, Parameter, Remedy, Value};

/// Defaults are those of PyTorch's ReduceLROnPlateau.
pub(super) static REDUCE_ON_PLATEAU: Remedy = Remedy {
    name: "reduce-on-plateau",
    group: Group::Rate,
    meaning: "cuts the learning rate when the watched figure has stopped improving",
    formula: "lr ← max(min_lr, lr·factor) after more than `patience` epochs without improvement",
    helps: "when the loss wavers near the end: smaller steps settle it. With a patience longer \
            than the run it does nothing",
    source: "https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html",
    parameters: &[
        Parameter {
            name: "factor",
            kind: Kind::Share,
            default: Default::Is(Value::Number(0.1)),
            meaning: "new rate = rate·factor",
        },
        Parameter {
            name: "patience",
            kind: Kind::Count(0),
            default: Default::Is(Value::Count(10)),
            meaning: "epochs without improvement that are tolerated",
        },
        Parameter {
            name: "threshold",
            kind: Kind::NonNegative,
            default: Default::Is(Value::Number(1e-4)),
            meaning: "what counts as an improvement",
        },
        Parameter {
            name: "threshold_mode",
            kind: Kind::Word(&["rel", "abs"]),
            default: Default::Is(Value::Word("rel")),
            meaning: "whether the threshold is a share of the best figure or a difference",
        },
        Parameter {
            name: "cooldown",
            kind: Kind::Count(0),
            default: Default::Is(Value::Count(0)),
            meaning: "epochs after a cut in which nothing is counted",
        },
        Parameter {
            name: "min_lr",
            kind: Kind::NonNegative,
            default: Default::Is(Value::Number(0.0)),
            meaning: "the rate never falls below",
        },
        Parameter {
            name: "monitor",
            kind: Kind::Metric,
            default: Default::Is(Value::Metric(Metric::ValLoss)),
            meaning: "what is watched",
        },
    ],
    usual: "reduce-on-plateau(0.5, patience=3)",
    range: None,
    strength: None,
    falling: false,
    relative: false,
    apply,
};

fn apply(arguments: &Arguments, plan: &mut Plan) -> Result<(), String> {
    let settings = PlateauSettings {
        factor: arguments.number(0),
        patience: arguments.count(1),
        threshold: arguments.number(2),
        threshold_mode: match arguments.word(3) {
            "abs" => ThresholdMode::Abs,
            _ => ThresholdMode::Rel,
        },
        cooldown: arguments.count(4),
        min_lr: arguments.number(5),
        monitor: arguments.metric(6),
    };
    rate::set(plan, ScheduleKind::ReduceOnPlateau(settings));
    Ok(())
}
