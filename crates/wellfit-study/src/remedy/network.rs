//! What remedies that change the network ask of its layers.

use wellfit_nn::Layer;

/// A linear layer or a convolution.
pub(super) fn is_weighted(layer: &Layer) -> bool {
    matches!(layer, Layer::Linear { .. } | Layer::Conv2d { .. })
}

/// The same, or a residual with such a layer inside, at any depth.
pub(super) fn holds_weights(layer: &Layer) -> bool {
    is_weighted(layer) || layer.inner().iter().any(holds_weights)
}
