//! A network's layers in the order of computation, with the shapes between them.

use super::MAX_PARAMETERS;
use crate::layer::Flow;
use crate::{Layer, LayerError, LayerPath, Shape, Spec, SpecError};

/// A layer among all, outermost and inner, in the order of computation.
#[derive(Clone, Debug)]
pub(crate) struct Visit<'a> {
    pub path: LayerPath,
    pub layer: &'a Layer,
    /// What it is given.
    pub given: Flow,
}

impl Spec {
    /// Shows `see` every layer in the order of computation, a residual before its
    /// inner layers; returns what the network gives.
    pub(crate) fn walk(
        &self,
        see: &mut impl FnMut(&Visit<'_>) -> Result<(), SpecError>,
    ) -> Result<Shape, SpecError> {
        let flow = Flow::start(self.input);
        Ok(walk(&self.layers, &LayerPath::default(), flow, see)?.shape)
    }
}

fn walk(
    layers: &[Layer],
    path: &LayerPath,
    mut flow: Flow,
    see: &mut impl FnMut(&Visit<'_>) -> Result<(), SpecError>,
) -> Result<Flow, SpecError> {
    for (i, layer) in layers.iter().enumerate() {
        let visit = Visit { path: path.join(i), layer, given: flow };
        see(&visit)?;
        let refused = |error| {
            let (layer, name, error) = (visit.path.clone(), layer.name(), Box::new(error));
            SpecError::Layer { layer, name, error }
        };
        let after = flow.through(layer).map_err(refused)?;
        if let Layer::Residual { layers } = layer {
            let gives = walk(layers, &visit.path, flow.taken(), see)?.shape;
            if gives != flow.shape {
                return Err(refused(LayerError::Residual { given: flow.shape, gives }));
            }
        }
        if after.shape.len() as u128 > MAX_PARAMETERS {
            return Err(refused(LayerError::TooMany { gives: after.shape, limit: MAX_PARAMETERS }));
        }
        flow = after;
    }
    Ok(flow)
}

impl Visit<'_> {
    /// Inputs of a unit, units, and whether they have biases.
    pub fn weights(&self) -> Option<(usize, usize, bool)> {
        match *self.layer {
            Layer::Linear { out, bias } => Some((self.given.shape.len(), out, bias)),
            Layer::Conv2d { out, window, bias } => {
                let [height, width] = window.kernel;
                let taps = height.saturating_mul(width);
                Some((self.given.shape.channels().saturating_mul(taps), out, bias))
            }
            _ => None,
        }
    }
}
