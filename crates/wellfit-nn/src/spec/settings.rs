//! What can be checked of a layer by itself.

use crate::{Activation, Layer, LayerPath, SpecError};

/// Checks what can be said of layers before their data are known: each one's own
/// settings.
pub fn check_settings(layers: &[Layer]) -> Result<(), SpecError> {
    fn all(layers: &[Layer], path: &LayerPath) -> Result<(), SpecError> {
        for (i, layer) in layers.iter().enumerate() {
            let path = path.join(i);
            check_layer(layer, &path)?;
            all(layer.inner(), &path)?;
        }
        Ok(())
    }
    fn has_weights(layer: &Layer) -> bool {
        matches!(layer, Layer::Linear { .. } | Layer::Conv2d { .. })
            || layer.inner().iter().any(has_weights)
    }
    all(layers, &LayerPath::default())?;
    if layers.iter().any(has_weights) { Ok(()) } else { Err(SpecError::NoWeights) }
}

fn check_layer(layer: &Layer, path: &LayerPath) -> Result<(), SpecError> {
    let require = |key, range, value: f64, ok: bool| {
        let (layer, name) = (path.clone(), layer.name());
        if ok { Ok(()) } else { Err(SpecError::LayerRange { layer, name, key, range, value }) }
    };
    let positive = |key, pair: [usize; 2]| {
        let least = pair[0].min(pair[1]);
        require(key, "at least 1", least as f64, least >= 1)
    };
    match *layer {
        Layer::Linear { out, .. } => require("out", "at least 1", out as f64, out >= 1),
        Layer::Conv2d { out, window, .. } => {
            require("out", "at least 1", out as f64, out >= 1)?;
            positive("kernel", window.kernel)?;
            positive("stride", window.stride)
        }
        Layer::MaxPool2d { window } | Layer::AvgPool2d { window } => {
            positive("kernel", window.kernel)?;
            positive("stride", window.stride)?;
            let most = window.padding[0].max(window.padding[1]);
            require("padding", "0", most as f64, most == 0)
        }
        Layer::Activation(Activation::LeakyRelu { slope }) => {
            require("slope", "at least 0", slope, slope >= 0.0 && slope.is_finite())
        }
        Layer::Dropout { p } => require("p", "from 0 to 1", p, (0.0..=1.0).contains(&p)),
        _ => Ok(()),
    }
}
