//! What is trained on what: drawn from a cause that is planted. Whether it shows is
//! measured, not assumed.

use serde::{Deserialize, Serialize};
use wellfit::model::{Optimizer, Penalty, PenaltyKind, PenaltyOn};
use wellfit::{Layer, Plan};

use crate::draw::{Draws, Group, stream};
use crate::pool::network;
use crate::source::{Law, Source};

/// What a run is meant to show. Its truth is measured and may be another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A wide network, few samples, noise, many epochs.
    TrainedTooLong,
    /// Few samples without noise of a law that needs more.
    TooFewSamples,
    /// Samples enough for the network.
    Enough,
    /// The same where next to nothing is left to learn: losses are far apart and tiny.
    LargeGap,
    /// Too low a rate, too few epochs, too narrow, or held back too strongly.
    HeldBack,
    /// Far too high a rate.
    TooHighRate,
    /// One of the first three, with a handful of validation samples.
    FewValidation,
}

/// A run to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// From 0 in the first draw, from 100,000 in the second.
    pub number: u64,
    /// What is planted.
    pub cause: Cause,
    /// Where the samples come from.
    pub source: Source,
    /// Training samples.
    pub train: usize,
    /// Validation samples.
    pub validation: usize,
    /// Width of the hidden layers.
    pub width: usize,
    /// Hidden layers.
    pub depth: usize,
    /// Dropout before each layer but the first.
    pub dropout: f64,
    /// λ of L2 on weights.
    pub l2: f64,
    /// Passes over the data.
    pub epochs: usize,
    /// Samples of a batch.
    pub batch_size: usize,
    /// Whether it is SGD with momentum, or else Adam.
    pub sgd: bool,
    /// Learning rate.
    pub lr: f64,
}

/// Runs of a draw have numbers from this many times the draws before it on: so every key of
/// a run is another in every draw.
const OF_A_DRAW: u64 = 100_000;

/// How often each cause is planted, out of 20.
const CAUSES: [(Cause, usize); 7] = [
    (Cause::TrainedTooLong, 4),
    (Cause::TooFewSamples, 2),
    (Cause::Enough, 4),
    (Cause::LargeGap, 2),
    (Cause::HeldBack, 4),
    (Cause::TooHighRate, 2),
    (Cause::FewValidation, 2),
];

impl Case {
    /// The case of that number: the same one always.
    pub fn new(number: u64) -> Case {
        let mut draws = stream(Group::Case, number, 0);
        let all = CAUSES.iter().flat_map(|&(cause, times)| std::iter::repeat_n(cause, times));
        let cause = all.clone().nth(number as usize % all.count()).expect("one of all");
        let base = match cause {
            Cause::FewValidation => {
                draws.one_of(&[Cause::TrainedTooLong, Cause::TooFewSamples, Cause::Enough])
            }
            cause => cause,
        };
        let case = draw(number, base, &mut draws);
        let validation = match cause {
            Cause::FewValidation => draws.log_count(6, 30),
            _ => case.validation,
        };
        Case { cause, validation, ..case }
    }

    /// The case of that place in a draw; draws count from 1, places from 0.
    pub fn of_draw(draw: u64, place: u64) -> Case {
        Case::new((draw - 1) * OF_A_DRAW + place)
    }

    /// The draw that it belongs to.
    pub fn draw(&self) -> u64 {
        self.number / OF_A_DRAW + 1
    }

    /// The plan of the run.
    pub fn plan(&self) -> Plan {
        let hidden = vec![self.width; self.depth];
        let mut layers = network(&hidden, self.source.outputs());
        if self.dropout > 0.0 {
            let with = |layer: Layer| match layer {
                Layer::Linear { .. } => vec![Layer::Dropout { p: self.dropout }, layer],
                other => vec![other],
            };
            let rest = layers.split_off(1);
            layers.extend(rest.into_iter().flat_map(with));
        }
        let mut plan = Plan::new(format!("planted {}", self.number), layers);
        plan.train.seed = self.number;
        (plan.train.epochs, plan.train.batch_size) = (self.epochs, self.batch_size);
        plan.train.lr = self.lr;
        if self.sgd {
            plan.train.optimizer =
                Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 };
        }
        if self.l2 > 0.0 {
            let penalty =
                Penalty { kind: PenaltyKind::L2, lambda: self.l2, on: PenaltyOn::Weights };
            plan.train.penalties = vec![penalty];
        }
        plan
    }
}

fn draw(number: u64, cause: Cause, draws: &mut Draws) -> Case {
    let classes = draws.one_of(&[0, 0, 2, 3, 5, 8]);
    let law = match classes {
        0 => draws.one_of(&[Law::Linear, Law::Teacher, Law::Teacher]),
        _ => draws.one_of(&[Law::Linear, Law::Teacher, Law::Clusters]),
    };
    let inputs = draws.log_count(4, 24);
    let noise = match law {
        Law::Clusters => draws.log_uniform(0.5, 1.5),
        _ if classes == 0 => draws.log_uniform(0.2, 0.8),
        _ => draws.log_uniform(0.02, 0.4),
    };
    let label_noise = if classes == 0 { 0.0 } else { draws.one_of(&[0.0, 0.1, 0.25]) };
    let source = Source { law, inputs, classes, noise, label_noise, seed: number };
    let sgd = draws.below(4) == 0;
    let rate = if sgd { 10.0 } else { 1.0 };
    let usual = Case {
        number,
        cause,
        source,
        train: draws.log_count(1000, 4000),
        validation: draws.log_count(500, 3000),
        width: draws.log_count(8, 32),
        depth: draws.one_of(&[1, 1, 2]),
        dropout: 0.0,
        l2: 0.0,
        epochs: draws.log_count(15, 35),
        batch_size: draws.one_of(&[32, 64]),
        sgd,
        lr: rate * draws.log_uniform(1e-3, 4e-3),
    };
    let clean = |source: Source, noise: f64| Source { noise, label_noise: 0.0, ..source };
    match cause {
        Cause::TrainedTooLong => Case {
            train: draws.log_count(60, 500),
            width: draws.log_count(48, 192),
            epochs: draws.log_count(30, 90),
            batch_size: draws.one_of(&[16, 32]),
            ..usual
        },
        Cause::TooFewSamples => Case {
            source: clean(usual.source, 0.05),
            train: draws.log_count(50, 300),
            width: draws.log_count(32, 128),
            epochs: draws.log_count(40, 90),
            batch_size: 16,
            ..usual
        },
        Cause::LargeGap => Case {
            source: Source {
                law: Law::Clusters,
                classes: draws.one_of(&[2, 3, 5]),
                ..clean(usual.source, draws.log_uniform(0.2, 0.6))
            },
            train: draws.log_count(400, 2000),
            width: draws.log_count(16, 64),
            ..usual
        },
        Cause::HeldBack => match draws.below(8) {
            0..=2 => Case { lr: usual.lr / draws.log_uniform(20.0, 100.0), ..usual },
            3 | 4 => Case { epochs: draws.log_count(5, 8), lr: usual.lr / 8.0, ..usual },
            5 => Case { l2: draws.log_uniform(0.03, 0.3), ..usual },
            6 => Case { dropout: draws.one_of(&[0.7, 0.8, 0.9]), ..usual },
            _ => {
                let source = Source { law: Law::Teacher, ..usual.source.clone() };
                Case { width: draws.one_of(&[1, 2]), source, ..usual }
            }
        },
        Cause::TooHighRate => Case { lr: usual.lr * draws.log_uniform(100.0, 3000.0), ..usual },
        Cause::Enough | Cause::FewValidation => usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_the_same_always_and_another_in_every_draw() {
        assert_eq!(Case::new(7), Case::of_draw(1, 7));
        let (first, second) = (Case::of_draw(1, 7), Case::of_draw(2, 7));
        assert_eq!((first.draw(), second.draw()), (1, 2));
        assert_eq!(first.cause, second.cause);
        assert_ne!(first.source.seed, second.source.seed);
        assert_ne!(first.lr, second.lr);
    }

    #[test]
    fn every_plan_can_be_trained() {
        for number in 0..60 {
            let case = Case::new(number);
            let plan = case.plan();
            plan.check().unwrap();
            plan.spec_for(&case.source.draw(0, case.train)).unwrap();
        }
    }
}
