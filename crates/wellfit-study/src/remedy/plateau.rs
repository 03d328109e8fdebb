//! `reduce-on-plateau(factor, patience=…, …)`

use wellfit_train::plan::{Metric, Plan, PlateauSettings, ScheduleKind, ThresholdMode};

use super::{Arguments, Default, Kind, Parameter, Remedy, Value};

/// Defaults are those of PyTorch's ReduceLROnPlateau.
pub(super) static REDUCE_ON_PLATEAU: Remedy = Remedy {
    name: "reduce-on-plateau",
    meaning: "cuts the learning rate when the watched figure has stopped improving",
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
    strength: None,
    apply,
};

fn apply(arguments: &Arguments, plan: &mut Plan) -> Result<(), String> {
    plan.train.schedule = Some(
        ScheduleKind::ReduceOnPlateau(PlateauSettings {
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
        })
        .into(),
    );
    Ok(())
}
