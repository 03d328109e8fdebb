//! The baseline network.

use wellfit_nn::{Layer, Window};

use crate::{Facts, Samples};

/// An image with a side shorter than this gets no convolutions.
const LEAST_SIDE: usize = 16;

/// The baseline network.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Network {
    pub layers: Vec<Layer>,
    pub kind: Kind,
    /// Multiplications for a sample, forward.
    pub products: f64,
}

/// What it is built of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Two hidden layers of so many units.
    Mlp(usize),
    /// So many convolutions, each with a pool, and a hidden layer.
    Convolutions(usize),
}

impl Network {
    pub fn of(facts: &Facts) -> Network {
        match facts.samples {
            Samples::Image { channels, height, width, .. } if height.min(width) >= LEAST_SIDE => {
                Network::convolutions(channels, [height, width], facts.outputs.len())
            }
            _ => Network::mlp(facts),
        }
    }

    fn mlp(facts: &Facts) -> Network {
        let (inputs, outputs) = (facts.features(), facts.outputs.len());
        let by_samples = match facts.n {
            ..1000 => 64,
            1000..10_000 => 128,
            _ => 256,
        };
        // Many features need some room, even where samples are few.
        let width = if inputs > 256 { by_samples.max(128) } else { by_samples };
        let layers = vec![linear(width), Layer::RELU, linear(width), Layer::RELU, linear(outputs)];
        let products = (inputs * width + width * width + width * outputs) as f64;
        Network { layers, kind: Kind::Mlp(width), products }
    }

    fn convolutions(channels: usize, mut size: [usize; 2], outputs: usize) -> Network {
        const CHANNELS: [usize; 4] = [16, 32, 64, 64];
        const HIDDEN: usize = 64;
        let blocks = match size[0].min(size[1]) {
            ..64 => 2,
            64..128 => 3,
            _ => 4,
        };
        let (mut layers, mut products, mut from) = (Vec::new(), 0.0, channels);
        for out in &CHANNELS[..blocks] {
            products += (size[0] * size[1] * from * out * 9) as f64;
            layers.push(Layer::Conv2d { out: *out, window: Window::square(3, 1, 1), bias: true });
            layers.push(Layer::RELU);
            layers.push(Layer::MaxPool2d { window: Window::square(2, 2, 0) });
            (size, from) = ([size[0] / 2, size[1] / 2], *out);
        }
        let flat = size[0] * size[1] * from;
        products += (flat * HIDDEN + HIDDEN * outputs) as f64;
        layers.extend([Layer::Flatten, linear(HIDDEN), Layer::RELU, linear(outputs)]);
        Network { layers, kind: Kind::Convolutions(blocks), products }
    }
}

fn linear(out: usize) -> Layer {
    Layer::Linear { out, bias: true }
}
