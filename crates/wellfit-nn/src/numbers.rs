//! A step in numbers: what the optimiser's rule and the penalties are for one tensor,
//! worked out in f64 once a step.

use crate::kernel::{Rule, Step};
use crate::{Optimizer, PenaltyKind, PenaltyOn, Spec, StepSettings};

/// A step's numbers, before they are one tensor's.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<'a> {
    spec: &'a Spec,
    rule: Rule,
    average: f32,
}

/// The penalties on one tensor.
#[derive(Clone, Copy, Debug, Default)]
struct Terms {
    /// λ of L1.
    l1: f64,
    /// What the weights are multiplied by in the gradient.
    shrink: f64,
    /// Their part of the objective.
    value: f64,
}

impl<'a> Numbers<'a> {
    /// Those of the step after `taken` steps.
    pub fn new(spec: &'a Spec, settings: StepSettings, taken: u64) -> Self {
        let optimizer = spec.optimizer.with_momentum(settings.momentum);
        let rule = rule(&optimizer, settings.lr, taken);
        Numbers { spec, rule, average: settings.average as f32 }
    }

    /// The step of a tensor whose Σ|w| and Σw² these are, and its penalty.
    pub fn step(&self, is_weight: bool, sums: [f64; 2]) -> (Step, f64) {
        let Terms { l1, shrink, value } = terms(self.spec, is_weight, sums);
        (self.with(is_weight, l1, shrink + self.decay()), value)
    }

    /// The same in two parts, for clipping between them: first the penalties, then
    /// weight decay and the rule.
    pub fn parts(&self, is_weight: bool, sums: [f64; 2]) -> ([Step; 2], f64) {
        let Terms { l1, shrink, value } = terms(self.spec, is_weight, sums);
        ([self.with(is_weight, l1, shrink), self.with(is_weight, 0.0, self.decay())], value)
    }

    fn with(&self, is_weight: bool, l1: f64, shrink: f64) -> Step {
        let sums = self.spec.sums(is_weight);
        let (rule, average) = (self.rule, self.average);
        Step { rule, l1: l1 as f32, shrink: shrink as f32, sums, average }
    }

    /// λ of weight decay, where it goes through the gradient.
    fn decay(&self) -> f64 {
        let coupled = !matches!(self.spec.optimizer, Optimizer::Adam { decoupled: true, .. });
        if coupled { self.spec.optimizer.weight_decay() } else { 0.0 }
    }
}

fn terms(spec: &Spec, is_weight: bool, [absolute, square]: [f64; 2]) -> Terms {
    let mut terms = Terms::default();
    for penalty in &spec.penalties {
        if penalty.on == PenaltyOn::Weights && !is_weight {
            continue;
        }
        match penalty.kind {
            PenaltyKind::L1 => {
                terms.l1 += penalty.lambda;
                terms.value += penalty.lambda * absolute;
            }
            PenaltyKind::L2 => {
                terms.shrink += 2.0 * penalty.lambda;
                terms.value += penalty.lambda * square;
            }
            PenaltyKind::L2Norm => {
                let norm = square.sqrt();
                terms.shrink += if norm > 0.0 { penalty.lambda / norm } else { 0.0 };
                terms.value += penalty.lambda * norm;
            }
        }
    }
    terms
}

/// Σ|w| and Σw², in order; 0 for what nobody reads.
pub fn tally(values: &[f32], read: [bool; 2]) -> [f64; 2] {
    let sum = |read: bool, term: fn(f64) -> f64| {
        let terms = values.iter().map(|&w| term(f64::from(w)));
        if read { terms.sum() } else { 0.0 }
    };
    [sum(read[0], f64::abs), sum(read[1], |w| w * w)]
}

/// The optimiser's rule after `step` steps.
fn rule(optimizer: &Optimizer, lr: f64, step: u64) -> Rule {
    match *optimizer {
        Optimizer::Adam { betas: (b1, b2), eps, weight_decay, decoupled } => Rule::Adam {
            take: (1.0 - b1) as f32,
            keep_square: b2 as f32,
            take_square: (1.0 - b2) as f32,
            rate: (lr / (1.0 - power(b1, step + 1))) as f32,
            root: (1.0 / (1.0 - power(b2, step + 1)).sqrt()) as f32,
            eps: eps as f32,
            keep: if decoupled { (1.0 - lr * weight_decay) as f32 } else { 1.0 },
        },
        Optimizer::RmsProp { alpha, eps, .. } => Rule::RmsProp {
            keep_square: alpha as f32,
            take_square: (1.0 - alpha) as f32,
            rate: lr as f32,
            eps: eps as f32,
        },
        Optimizer::Sgd { momentum, nesterov, .. } if momentum > 0.0 => Rule::Momentum {
            rate: lr as f32,
            // The buffer is the gradient at the first step: it starts at 0.
            keep: momentum as f32,
            ahead: momentum as f32,
            nesterov,
        },
        Optimizer::Sgd { .. } => Rule::Sgd { rate: lr as f32 },
    }
}

/// xⁿ by squaring: the same bits everywhere, which `powi` does not promise.
fn power(mut x: f64, mut n: u64) -> f64 {
    let mut y = 1.0;
    while n > 0 {
        if n & 1 == 1 {
            y *= x;
        }
        x *= x;
        n >>= 1;
    }
    y
}
