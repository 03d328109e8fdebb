//! `early-stopping(patience, monitor=…, min_delta=…)`

use wellfit_train::plan::{EarlyStoppingSettings, Metric, Plan};

use super::{Arguments, Default, Kind, Parameter, Remedy, Value};

pub(super) static EARLY_STOPPING: Remedy = Remedy {
    name: "early-stopping",
    meaning: "ends training when the watched figure has stopped improving, and keeps the best weights",
    parameters: &[
        Parameter {
            name: "patience",
            kind: Kind::Count(1),
            default: Default::Is(Value::Count(5)),
            meaning: "epochs without improvement that end the run",
        },
        Parameter {
            name: "monitor",
            kind: Kind::Metric,
            default: Default::Is(Value::Metric(Metric::ValLoss)),
            meaning: "what is watched",
        },
        Parameter {
            name: "min_delta",
            kind: Kind::NonNegative,
            default: Default::Is(Value::Number(0.0)),
            meaning: "an improvement is more than this",
        },
    ],
    strength: None,
    apply,
};

fn apply(arguments: &Arguments, plan: &mut Plan) -> Result<(), String> {
    plan.train.early_stopping = Some(EarlyStoppingSettings {
        patience: arguments.count(0),
        monitor: arguments.metric(1),
        min_delta: arguments.number(2),
    });
    Ok(())
}
