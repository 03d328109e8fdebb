//! What was seen of a run from inside becomes findings: why it may not learn.
//!
//! | file | looks for |
//! |---|---|
//! | `units` | dead ReLUs, saturated activations |
//! | `gradients` | gradients that vanish or explode on their way back |
//! | `updates` | steps too large or too small for their weights, weights that never move |
//! | `start` | initial weights that do not suit the network |
//! | `learning` | a loss that does not fall |
//! | `classes` | imbalance, classes that are never predicted |
//! | `thresholds` | from where on, and why |
//!
//! `advice` says what to do about it.

mod advice;
mod classes;
mod gradients;
mod learning;
mod start;
pub mod thresholds;
mod units;
mod updates;

pub use advice::{paste, words};
pub(crate) use learning::entropy;

use wellfit_train::record::{Record, Watch, WatchLook};

use crate::verdict::{Finding, Found, Sight};

/// What can be found inside a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsideKind {
    /// Units behind a ReLU that are 0 whatever comes.
    DeadRelu,
    /// Values at an end of tanh or the sigmoid, where hardly a gradient passes.
    Saturated,
    /// Hardly any of the gradient reaches the first layer.
    VanishingGradient,
    /// The gradient grows on its way back, or is not finite.
    ExplodingGradient,
    /// A step moves weights by much of their own size.
    UpdateTooLarge,
    /// No step moves weights by anything that matters.
    UpdateTooSmall,
    /// The network starts with a loss or with values out of all proportion.
    PoorInitialisation,
    /// Weights that are the same bits from the first epoch to the last.
    UnchangedWeights,
    /// Training does not lower the loss.
    LossDoesNotFall,
    /// Some classes have far fewer samples than others.
    ClassImbalance,
    /// Classes that no validation sample is taken for.
    ClassNeverPredicted,
}

impl InsideKind {
    /// All of them.
    pub const ALL: [InsideKind; 11] = [
        InsideKind::DeadRelu,
        InsideKind::Saturated,
        InsideKind::VanishingGradient,
        InsideKind::ExplodingGradient,
        InsideKind::UpdateTooLarge,
        InsideKind::UpdateTooSmall,
        InsideKind::PoorInitialisation,
        InsideKind::UnchangedWeights,
        InsideKind::LossDoesNotFall,
        InsideKind::ClassImbalance,
        InsideKind::ClassNeverPredicted,
    ];

    /// What it is called: `Dead ReLUs`.
    pub fn title(self) -> &'static str {
        match self {
            InsideKind::DeadRelu => "Dead ReLUs",
            InsideKind::Saturated => "Saturated activations",
            InsideKind::VanishingGradient => "Vanishing gradient",
            InsideKind::ExplodingGradient => "Exploding gradient",
            InsideKind::UpdateTooLarge => "Steps too large",
            InsideKind::UpdateTooSmall => "Steps too small",
            InsideKind::PoorInitialisation => "Poor initialisation",
            InsideKind::UnchangedWeights => "Weights that never move",
            InsideKind::LossDoesNotFall => "Loss that does not fall",
            InsideKind::ClassImbalance => "Class imbalance",
            InsideKind::ClassNeverPredicted => "Class never predicted",
        }
    }

    /// The word for it, as in JSON: `dead-relu`.
    pub fn name(self) -> &'static str {
        match self {
            InsideKind::DeadRelu => "dead-relu",
            InsideKind::Saturated => "saturated",
            InsideKind::VanishingGradient => "vanishing-gradient",
            InsideKind::ExplodingGradient => "exploding-gradient",
            InsideKind::UpdateTooLarge => "update-too-large",
            InsideKind::UpdateTooSmall => "update-too-small",
            InsideKind::PoorInitialisation => "poor-initialisation",
            InsideKind::UnchangedWeights => "unchanged-weights",
            InsideKind::LossDoesNotFall => "loss-does-not-fall",
            InsideKind::ClassImbalance => "class-imbalance",
            InsideKind::ClassNeverPredicted => "class-never-predicted",
        }
    }
}

/// What the record of a run tells of its inside, causes before effects. A pure function;
/// a record that nobody looked at from inside gives nothing.
pub fn inside(record: &Record) -> Vec<Finding> {
    let Some(watch) = &record.watch else { return Vec::new() };
    let seen = Seen { record, watch };
    [
        classes::imbalance(&seen),
        start::poor_initialisation(&seen),
        updates::too_large(&seen),
        units::dead(&seen),
        units::saturated(&seen),
        gradients::vanishing(&seen),
        gradients::exploding(&seen),
        updates::unchanged(&seen),
        updates::too_small(&seen),
        learning::loss_does_not_fall(&seen),
        classes::never_predicted(&seen),
    ]
    .concat()
}

/// A finding of what was seen from inside.
fn finding(kind: InsideKind, sight: Sight, evidence: String) -> Finding {
    Finding { kind: Found::Inside(kind), evidence, sight: Some(sight) }
}

/// A run and what was seen of it.
struct Seen<'a> {
    record: &'a Record,
    watch: &'a Watch,
}

impl<'a> Seen<'a> {
    /// The last look.
    fn last(&self) -> Option<&'a WatchLook> {
        self.watch.looks.last()
    }

    /// The look before the first epoch.
    fn start(&self) -> Option<&'a WatchLook> {
        self.watch.looks.first().filter(|look| look.epoch == 0)
    }

    /// The first epoch from which `holds` for every look to the last.
    fn since(&self, holds: impl Fn(&WatchLook) -> bool) -> Option<usize> {
        let unbroken = self.watch.looks.iter().rev().take_while(|look| holds(look));
        unbroken.last().map(|look| look.epoch)
    }

    /// `layer 3.0 (relu)`.
    fn layer(&self, row: usize) -> String {
        match self.watch.layers.get(row) {
            Some(layer) => format!("layer {} ({})", layer.layer, layer.name),
            None => "a layer".into(),
        }
    }

    /// `3.0`.
    fn number(&self, row: usize) -> Option<String> {
        self.watch.layers.get(row).map(|layer| layer.layer.clone())
    }

    /// The places of the weights of linear layers and convolutions among the tensors, with
    /// their layers.
    fn weights(&self) -> impl Iterator<Item = (usize, &'a str)> {
        let shape = |name: &str| {
            let summary = self.record.weights.iter().find(|summary| summary.name == name);
            summary.map_or(0, |summary| summary.shape.len())
        };
        let names = self.watch.parameters.iter().enumerate();
        names.filter(move |(_, name)| shape(name) > 1).map(|(i, name)| (i, layer_of(name)))
    }
}

/// `3.0` of `3.0.weight`.
fn layer_of(tensor: &str) -> &str {
    tensor.rsplit_once('.').map_or(tensor, |(layer, _)| layer)
}

/// `before the first epoch`, `after epoch 3`.
fn when(epoch: usize) -> String {
    match epoch {
        0 => "before the first epoch".into(),
        epoch => format!("after epoch {epoch}"),
    }
}

/// `, since epoch 3`; nothing where that is the epoch itself.
fn since(first: usize, last: usize) -> String {
    match first {
        _ if first == last => String::new(),
        0 => ", since the start".into(),
        first => format!(", since epoch {first}"),
    }
}

/// Three digits, with an exponent where it is far from 1.
fn figure(value: f64) -> String {
    if value == 0.0 || (1e-3..1e5).contains(&value.abs()) {
        wellfit_stats::format::three_digits(value)
    } else {
        format!("{value:.1e}")
    }
}
