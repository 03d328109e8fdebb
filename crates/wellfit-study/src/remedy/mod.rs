//! Remedies: named functions Plan → Plan, written `dropout(0.5, input=0.5)`.
//!
//! A remedy is a row of a table: its name, its parameters and what it does to a
//! plan. Everything else (parsing, ranges, defaults, `wellfit remedies`) is read
//! from that row. A remedy that has a strength may be written with a range of them,
//! `dropout(0.1..0.6)`.

mod call;
mod dropout;
mod early_stopping;
mod parameter;
mod penalty;
mod plateau;
mod range;
mod weight_decay;

use wellfit_train::plan::Plan;

pub use call::{Call, Calls, RemedyError, Strengths, apply_chain};
pub use parameter::{Arguments, Default, Kind, Parameter, Value};
pub use range::{DEFAULT_STEPS, Spacing};

/// A named function Plan → Plan.
#[derive(Debug)]
pub struct Remedy {
    /// As it is written: `dropout`.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub meaning: &'static str,
    /// In the order in which they may be given without a name.
    pub parameters: &'static [Parameter],
    /// Which parameter is how much of the remedy is taken, of which a range may be
    /// tried; `None`: the remedy has no strength.
    pub strength: Option<usize>,
    /// Changes the plan; on error says why the plan cannot take it.
    apply: fn(&Arguments, &mut Plan) -> Result<(), String>,
}

/// Every remedy, in the order of `wellfit remedies`.
pub static REMEDIES: [&Remedy; 7] = [
    &early_stopping::EARLY_STOPPING,
    &dropout::DROPOUT,
    &penalty::L1,
    &penalty::L2,
    &penalty::L2_NORM,
    &weight_decay::WEIGHT_DECAY,
    &plateau::REDUCE_ON_PLATEAU,
];

/// The remedy of that name.
pub fn find(name: &str) -> Option<&'static Remedy> {
    REMEDIES.iter().copied().find(|remedy| remedy.name == name)
}

impl PartialEq for Remedy {
    /// Names are unique, so they decide.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Remedy {
    /// How it is written, with its defaults: `dropout(p, input=not added)`.
    pub fn signature(&self) -> String {
        let parameters: Vec<String> =
            self.parameters.iter().map(|parameter| parameter.to_string()).collect();
        format!("{}({})", self.name, parameters.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_plan::article;
    use wellfit_nn::{Layer, Optimizer, Penalty, PenaltyKind, PenaltyOn};
    use wellfit_train::plan::{Metric, PlateauSettings, ScheduleKind, ThresholdMode};

    fn after(call: &str) -> Plan {
        call.parse::<Call>().expect(call).apply(&article()).expect(call)
    }

    /// A call of every remedy with only what it requires.
    fn shortest(remedy: &Remedy) -> String {
        let required: Vec<&str> = remedy
            .parameters
            .iter()
            .filter(|parameter| parameter.default == Default::Required)
            .map(|_| "0.25")
            .collect();
        format!("{}({})", remedy.name, required.join(", "))
    }

    #[test]
    fn every_remedy_changes_the_plan_once_and_is_found_by_its_name() {
        for remedy in REMEDIES {
            assert_eq!(find(remedy.name), Some(remedy));
            let once = after(&shortest(remedy));
            assert_ne!(once, article(), "{}", remedy.name);
            let twice = shortest(remedy).parse::<Call>().unwrap().apply(&once).unwrap();
            assert_eq!(twice, once, "{} twice is {} once", remedy.name, remedy.name);
            assert_eq!(once.model.layers.len(), once.model.init_index.len());
        }
    }

    #[test]
    fn a_strength_is_a_number_and_no_parameter_is_called_steps() {
        for remedy in REMEDIES {
            let strength = remedy.strength.map(|at| remedy.parameters[at].kind);
            let numbers = |kind| matches!(kind, Kind::Probability | Kind::NonNegative);
            assert!(strength.is_none_or(numbers), "{}", remedy.name);
            assert!(remedy.parameters.iter().all(|p| p.name != call::STEPS), "{}", remedy.name);
        }
    }

    #[test]
    fn every_default_lies_in_its_own_range() {
        for parameter in REMEDIES.iter().flat_map(|remedy| remedy.parameters) {
            if let Default::Is(value) = parameter.default {
                assert_eq!(parameter.kind.read(&value.to_string()), Some(value), "{parameter}");
            }
        }
    }

    #[test]
    fn ranges_include_and_exclude_their_ends_and_never_let_nan_through() {
        let reads = |kind: Kind, text| kind.read(text).is_some();
        for (kind, inside, outside) in [
            (Kind::Probability, ["0", "1"], ["-1e-9", "1.0000001"]),
            (Kind::NonNegative, ["0", "1e300"], ["-1e-300", "inf"]),
            (Kind::Share, ["1e-9", "0.999"], ["0", "1"]),
            (Kind::Count(1), ["1", "100"], ["0", "1.5"]),
        ] {
            assert!(inside.iter().all(|text| reads(kind, text)), "{kind:?}");
            assert!(!outside.iter().any(|text| reads(kind, text)), "{kind:?}");
            assert!(!reads(kind, "nan") && !reads(kind, ""), "{kind:?}");
        }
    }

    #[test]
    fn remedies_chain_in_the_order_given() {
        let calls: Vec<Call> =
            ["dropout(0.5)", "l1(1e-4)", "dropout(0.2)"].map(|text| text.parse().unwrap()).into();
        let plan = apply_chain(&article(), &calls).unwrap();
        assert_eq!(plan.model.layers[2], Layer::Dropout { p: 0.2 });
        assert_eq!(plan.model.layers.len(), 4);
        assert_eq!(
            plan.train.penalties,
            [Penalty { kind: PenaltyKind::L1, lambda: 1e-4, on: PenaltyOn::All }]
        );
    }

    #[test]
    fn the_articles_plateau_has_the_articles_settings() {
        let plan = after(
            "reduce-on-plateau(0.5, patience=0, threshold=1e-3, threshold_mode=\"abs\", min_lr=1e-5)",
        );
        let settings = PlateauSettings {
            monitor: Metric::ValLoss,
            factor: 0.5,
            patience: 0,
            threshold: 1e-3,
            threshold_mode: ThresholdMode::Abs,
            cooldown: 0,
            min_lr: 1e-5,
        };
        assert_eq!(plan.train.schedule, Some(ScheduleKind::ReduceOnPlateau(settings).into()));
    }

    #[test]
    fn weight_decay_reaches_either_optimiser() {
        let mut plan = article();
        plan.train.optimizer = Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 0.0 };
        let call: Call = "weight-decay(1e-2)".parse().unwrap();
        let sgd = Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-2 };
        assert_eq!(call.apply(&plan).unwrap().train.optimizer, sgd);
        let adam = Optimizer::Adam {
            betas: (0.9, 0.999),
            eps: 1e-8,
            weight_decay: 1e-2,
            decoupled: false,
        };
        assert_eq!(call.apply(&article()).unwrap().train.optimizer, adam);
    }
}
