//! `early-stopping(patience, monitor=…, min_delta=…)`

use wellfit_train::plan::{EarlyStoppingSettings, Metric, Plan};

use super::{Arguments, Default, Group, Kind, Parameter, Remedy, Value};

pub(super) static EARLY_STOPPING: Remedy = Remedy {
    name: "early-stopping",
    group: Group::Stopping,
    meaning: "ends training when the watched figure has stopped improving, and keeps the best weights",
    formula: "stop when the figure has not bettered its best by more than min_delta for `patience` epochs",
    helps: "whenever validation loss rises again. The kept epoch is the best one in any case, so \
            what it saves is time",
    source: "L. Prechelt, Early stopping — but when?, 1998, \
             https://doi.org/10.1007/3-540-49430-8_3",
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
    usual: "early-stopping",
    range: None,
    strength: None,
    falling: false,
    relative: false,
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
