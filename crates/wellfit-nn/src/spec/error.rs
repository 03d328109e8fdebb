//! Why a spec cannot be run.

use thiserror::Error;

use crate::{LayerError, LayerPath, Shape};

/// Why a [`Spec`](crate::Spec) cannot be run. Layers are numbered from 0, as in `1.weight`.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum SpecError {
    /// Nothing to train.
    #[error("the network has no linear layer and no convolution, so there is nothing to train")]
    NoWeights,
    /// The last layer does not give one value a class or target.
    #[error(
        "layer {layer} ({name}) gives {}, but the data have {wanted} {}: {advice}",
        outputs(out), noun(*wanted, *classes)
    )]
    Outputs {
        /// The last layer that decides what comes out.
        layer: LayerPath,
        /// Its name.
        name: &'static str,
        /// What comes out.
        out: Shape,
        /// What the data need.
        wanted: usize,
        /// Whether these are classes; else targets.
        classes: bool,
        /// What would be right.
        advice: String,
    },
    /// A layer that cannot take what it is given.
    #[error("layer {layer} ({name}) {error}")]
    Layer {
        /// Which layer.
        layer: LayerPath,
        /// Its name.
        name: &'static str,
        /// Why.
        error: Box<LayerError>,
    },
    /// bfloat16 for what it cannot do.
    #[error(
        "precision \"bf16\" is for networks of linear layers, activations and dropout without clip_grad_norm, but this one has {found}: set precision = \"f32\""
    )]
    Precision {
        /// What stands against it.
        found: &'static str,
    },
    /// A parameter count that does not fit into memory.
    #[error(
        "layer {layer} ({name}) would hold {wanted} weights ({inputs} inputs × {out} units); the limit is {limit}"
    )]
    TooLarge {
        /// Which layer.
        layer: LayerPath,
        /// Its name.
        name: &'static str,
        /// Inputs of a unit.
        inputs: usize,
        /// Its units.
        out: usize,
        /// Weights it would hold.
        wanted: u128,
        /// Weights a network may hold.
        limit: u128,
    },
    /// A layer's setting out of range.
    #[error("layer {layer} ({name}): {key} must be {range}, not {value}")]
    LayerRange {
        /// Which layer.
        layer: LayerPath,
        /// Its name.
        name: &'static str,
        /// Which setting.
        key: &'static str,
        /// What would be right.
        range: &'static str,
        /// What it is.
        value: f64,
    },
    /// Class weights for another number of classes.
    #[error("there are {found} class weights, but the data have {classes} classes")]
    ClassWeights {
        /// How many there are.
        found: usize,
        /// How many there should be.
        classes: usize,
    },
    /// Classes measured as numbers, or the reverse.
    #[error("a network that trains by {loss} cannot be measured by {measure}")]
    Measure {
        /// The training loss's name.
        loss: &'static str,
        /// The measure's.
        measure: &'static str,
    },
    /// A setting out of range.
    #[error("{what} must be {range}, not {value}")]
    Range {
        /// Which setting.
        what: String,
        /// What would be right.
        range: &'static str,
        /// What it is.
        value: f64,
    },
}

fn outputs(out: &Shape) -> String {
    match out {
        Shape::Flat(n) => format!("{n} outputs"),
        Shape::Image { .. } => format!("an image of {out}"),
    }
}

fn noun(n: usize, classes: bool) -> &'static str {
    match (classes, n) {
        (true, 1) => "class",
        (true, _) => "classes",
        (false, 1) => "target",
        (false, _) => "targets",
    }
}

/// Nothing where `ok`, else that `what` is out of its range.
pub(crate) fn require(
    what: impl Into<String>,
    range: &'static str,
    value: f64,
    ok: bool,
) -> Result<(), SpecError> {
    if ok { Ok(()) } else { Err(SpecError::Range { what: what.into(), range, value }) }
}
