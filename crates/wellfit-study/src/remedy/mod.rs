//! Remedies: named functions Plan → Plan, written `dropout(0.5, input=0.5)`.
//!
//! A remedy is a row of a table: its name, its parameters and what it does to a
//! plan. Everything else (parsing, ranges, defaults, `wellfit remedies`) is read
//! from that row. A remedy that has a strength may be written with a range of them,
//! `dropout(0.1..0.6)`.

mod average;
mod call;
mod capacity;
mod data;
mod dropout;
mod early_stopping;
mod loss;
mod max_norm;
mod more_data;
mod network;
mod norm;
mod parameter;
mod penalty;
mod plateau;
mod range;
mod rate;
mod samples;
mod steps;
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
    /// What it is about.
    pub group: Group,
    /// What it does, in one sentence.
    pub meaning: &'static str,
    /// What is computed.
    pub formula: &'static str,
    /// When it helps, and when it does not, in a sentence or two.
    pub helps: &'static str,
    /// Who says so: papers and PyTorch's pages.
    pub source: &'static str,
    /// In the order in which they may be given without a name.
    pub parameters: &'static [Parameter],
    /// How it is written at the strength to begin with: `dropout(0.5)`.
    pub usual: &'static str,
    /// A range of strengths worth trying, as written; `None` where there is none.
    pub range: Option<&'static str>,
    /// Which parameter is how much of the remedy is taken, of which a range may be
    /// tried; `None`: the remedy has no strength.
    pub strength: Option<usize>,
    /// Whether a smaller value of the strength is more of the remedy.
    pub falling: bool,
    /// Whether it changes what is there, so that twice is more than once.
    pub relative: bool,
    /// Changes the plan; on error says why the plan cannot take it.
    apply: fn(&Arguments, &mut Plan) -> Result<(), String>,
}

/// What a remedy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Which weights are kept.
    Stopping,
    /// The layers.
    Network,
    /// How large weights grow.
    Weights,
    /// Learning rate and steps.
    Rate,
    /// What classes count.
    Classes,
    /// Training samples that change in each epoch.
    Samples,
    /// Preparation of the data.
    Data,
}

impl Group {
    /// Every group, in the order in which they are listed.
    pub const ALL: [Group; 7] = [
        Group::Stopping,
        Group::Network,
        Group::Weights,
        Group::Rate,
        Group::Classes,
        Group::Samples,
        Group::Data,
    ];

    /// As a heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Stopping => "Which weights are kept",
            Group::Network => "The network",
            Group::Weights => "The size of the weights",
            Group::Rate => "The learning rate and the steps",
            Group::Classes => "What classes count",
            Group::Samples => "Training samples that change in each epoch",
            Group::Data => "Preparation of the data",
        }
    }
}

/// Every remedy, group by group.
pub static REMEDIES: [&Remedy; 31] = [
    &early_stopping::EARLY_STOPPING,
    &average::EMA,
    &average::SWA,
    &dropout::DROPOUT,
    &norm::BATCH_NORM,
    &norm::LAYER_NORM,
    &capacity::SMALLER,
    &capacity::SHALLOWER,
    &penalty::L1,
    &penalty::L2,
    &penalty::L2_NORM,
    &penalty::ELASTIC_NET,
    &weight_decay::WEIGHT_DECAY,
    &max_norm::MAX_NORM,
    &plateau::REDUCE_ON_PLATEAU,
    &rate::COSINE,
    &rate::ONE_CYCLE,
    &rate::STEP,
    &rate::WARMUP,
    &steps::BATCH_SIZE,
    &steps::CLIP_GRAD_NORM,
    &loss::LABEL_SMOOTHING,
    &loss::CLASS_WEIGHTS,
    &samples::AUGMENT,
    &samples::NOISE,
    &samples::MIXUP,
    &samples::CUTMIX,
    &data::FEATURE_SELECTION,
    &data::STANDARDISE,
    &data::OUTLIERS,
    &more_data::MORE_DATA,
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
        match parameters.is_empty() {
            true => self.name.to_owned(),
            false => format!("{}({})", self.name, parameters.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_plan::{article, conv, flatten, linear, plan_with};
    use wellfit_nn::{Layer, Optimizer, Penalty, PenaltyKind, PenaltyOn, Window};
    use wellfit_train::plan::{Document, Metric, PlateauSettings, ScheduleKind, ThresholdMode};

    /// The plan as its text says.
    fn read_again(plan: &Plan) -> Plan {
        let document = Document::parse("plan.toml", &plan.to_toml()).unwrap();
        Plan::read(&document, document.folder()).unwrap()
    }

    fn after(call: &str) -> Plan {
        call.parse::<Call>().expect(call).apply(&article()).expect(call)
    }

    /// A network that every remedy finds its place in.
    fn network() -> Plan {
        let pool = Layer::MaxPool2d { window: Window::square(2, 2, 0) };
        let mut plan = plan_with(vec![
            conv(4),
            Layer::RELU,
            pool,
            flatten(),
            linear(8),
            Layer::RELU,
            linear(6),
            Layer::RELU,
            linear(10),
        ]);
        plan.train.batch_size = 48;
        plan
    }

    #[test]
    fn every_remedy_changes_the_plan_and_is_found_by_its_name() {
        for remedy in REMEDIES {
            assert_eq!(find(remedy.name), Some(remedy));
            let call: Call = remedy.usual.parse().expect(remedy.usual);
            assert_eq!(call.remedy(), remedy);
            let once = call.apply(&network()).expect(remedy.usual);
            assert_ne!(once, network(), "{}", remedy.name);
            once.check().expect(remedy.name);
            assert_eq!(once.model.layers.len(), once.model.init_index.len());
            assert_eq!(read_again(&once).to_toml(), once.to_toml(), "{}", remedy.name);
            let twice = call.apply(&once).unwrap();
            assert_eq!(twice == once, !remedy.relative, "{} twice", remedy.name);
        }
    }

    #[test]
    fn names_are_unique_and_lie_together_by_group() {
        let mut groups: Vec<Group> = REMEDIES.iter().map(|remedy| remedy.group).collect();
        groups.dedup();
        assert_eq!(groups, Group::ALL);
        let names = REMEDIES.map(|remedy| remedy.name);
        assert!(names.iter().all(|name| names.iter().filter(|n| *n == name).count() == 1));
    }

    #[test]
    fn every_remedy_says_what_it_computes_when_it_helps_and_who_says_so() {
        for Remedy { name, meaning, formula, helps, source, .. } in REMEDIES {
            for text in [meaning, formula, helps, source] {
                assert!(text.len() > 10 && !text.ends_with('.'), "{name}: {text}");
                assert!(!text.contains("  ") && !text.contains('\n'), "{name}: {text}");
            }
            assert!(source.contains("https://"), "{name}: {source}");
        }
    }

    #[test]
    fn a_range_that_is_advised_is_one_and_changes_the_plan_at_each_strength() {
        for remedy in REMEDIES {
            let Some(range) = remedy.range else { continue };
            let Ok(Calls::Several(several)) = range.parse() else { panic!("{range}") };
            assert_eq!(several.falling, remedy.falling);
            let mut plans = Vec::new();
            for (strength, call) in &several.calls {
                assert_eq!(call.remedy(), remedy);
                let plan = call.apply(&network()).expect(range);
                plan.check().expect(range);
                assert!(!plans.contains(&plan) && plan != network(), "{range} at {strength}");
                plans.push(plan);
            }
        }
    }

    #[test]
    fn every_strength_takes_a_range_and_every_other_argument_refuses_one() {
        for remedy in REMEDIES {
            assert!(remedy.range.is_none() || remedy.strength.is_some(), "{}", remedy.name);
            assert!(!remedy.falling || remedy.strength.is_some(), "{}", remedy.name);
            assert!(remedy.parameters.iter().all(|p| p.name != call::STEPS), "{}", remedy.name);
            for (at, parameter) in remedy.parameters.iter().enumerate() {
                let ends = match parameter.kind {
                    Kind::Count(_) | Kind::CountOrShare => "2..4",
                    _ => "0.25..0.5",
                };
                let required = remedy
                    .parameters
                    .iter()
                    .enumerate()
                    .filter(|(other, p)| *other != at && p.default == Default::Required)
                    .map(|(_, p)| format!(", {}=1", p.name));
                let text = format!(
                    "{}({}={ends}{})",
                    remedy.name,
                    parameter.name,
                    required.collect::<String>()
                );
                match (text.parse::<Calls>(), remedy.strength == Some(at)) {
                    (Ok(Calls::Several(_)), true) => {}
                    (Err(error), false) => {
                        assert!(error.to_string().contains("takes one value"), "{text}: {error}");
                    }
                    (other, _) => panic!("{text}: {other:?}"),
                }
            }
        }
    }

    #[test]
    fn every_argument_refuses_what_lies_outside_of_its_range() {
        for remedy in REMEDIES {
            for parameter in remedy.parameters {
                for bad in ["nan", "-1", "inf", "", "1e999", "x"] {
                    let text = format!("{}({}={bad})", remedy.name, parameter.name);
                    let error = text.parse::<Call>().expect_err(&text).to_string();
                    assert!(error.contains("must be"), "{text}: {error}");
                }
            }
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
            (Kind::Positive, ["1e-300", "1e300"], ["0", "inf"]),
            (Kind::BelowOne, ["0", "0.999"], ["-0.1", "1"]),
            (Kind::CountOrShare, ["1", "0.5"], ["0", "1.0"]),
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
