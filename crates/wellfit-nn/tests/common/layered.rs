//! Networks for the layered engine, with their data, drawn from a seed.

use wellfit_nn::*;
use wellfit_random::Stream;

use super::{Case, SGD, activation, floats, stream};

impl Case {
    /// Case number `index`: images of 1 to 20 channels and 3 to 11 pixels a side, or
    /// features; convolutions and pools with any windows, norms, dropouts, activations
    /// and residual blocks in any order; penalties and clipping; 4 to 60 samples.
    pub fn draw_layered(index: u64) -> Self {
        let mut s = stream(index);
        let classes = 2 + s.below(30) as usize;
        let batch_size = 4 + s.below(30) as usize;
        // No batch may be so small that batch norm blows up rounding errors.
        let n =
            batch_size * (1 + s.below(2) as usize) + 4 + s.below(batch_size as u64 - 3) as usize;
        let mut draw = Draw { s: &mut s, layers: Vec::new(), shape: Shape::Flat(0) };
        draw.shape = match draw.s.below(4) {
            0 => Shape::Flat(1 + draw.s.below(100) as usize),
            _ => Shape::Image {
                channels: [1, 1, 3, 16, 20][draw.s.below(5) as usize],
                height: 3 + draw.s.below(9) as usize,
                width: 3 + draw.s.below(9) as usize,
            },
        };
        let input = draw.shape;
        if let Shape::Image { .. } = input {
            for _ in 0..1 + draw.s.below(3) {
                draw.image_block();
            }
            draw.push(Layer::Flatten);
            draw.between();
        }
        for _ in 0..draw.s.below(3) {
            draw.feature_block();
        }
        let bias = draw.s.below(4) > 0;
        draw.push(Layer::Linear { out: classes, bias });
        if draw.s.below(8) == 0 {
            draw.between();
        }
        let layers = draw.layers;
        let penalty = |s: &mut Stream| Penalty {
            kind: [PenaltyKind::L1, PenaltyKind::L2, PenaltyKind::L2Norm][s.below(3) as usize],
            lambda: s.uniform() * 0.05,
            on: [PenaltyOn::All, PenaltyOn::Weights][s.below(2) as usize],
        };
        let penalties = (0..s.below(3)).map(|_| penalty(&mut s)).collect();
        let clip_grad_norm = (s.below(3) == 0).then(|| s.uniform() * 2.0);
        let samples = floats(&mut s, n, input.len(), classes);
        let spec = Spec {
            optimizer: SGD,
            penalties,
            clip_grad_norm,
            batch_size,
            seed: s.next_u64(),
            ..Spec::new(input, classes, layers)
        };
        Case { index, spec, samples }
    }
}

/// Multiply-adds that a convolution may take for a sample: with more, a few networks
/// would take most of the time, since the twin is slow.
const WORK: usize = 250_000;

/// A network in the making.
struct Draw<'a> {
    s: &'a mut Stream,
    layers: Vec<Layer>,
    shape: Shape,
}

impl Draw<'_> {
    fn push(&mut self, layer: Layer) {
        self.shape = match (&layer, self.shape) {
            (Layer::Linear { out, .. }, _) => Shape::Flat(*out),
            (Layer::Flatten, shape) => Shape::Flat(shape.len()),
            (Layer::Conv2d { out, window, .. }, Shape::Image { height, width, .. }) => {
                let [height, width] = window.count([height, width]).expect("it fits");
                Shape::Image { channels: *out, height, width }
            }
            (
                Layer::MaxPool2d { window } | Layer::AvgPool2d { window },
                Shape::Image { channels, height, width },
            ) => {
                let [height, width] = window.count([height, width]).expect("it fits");
                Shape::Image { channels, height, width }
            }
            (_, shape) => shape,
        };
        self.layers.push(layer);
    }

    /// Multiply-adds of a convolution of the present image, for a sample.
    fn work(&self, out: usize, window: Window) -> usize {
        let Shape::Image { channels, height, width } = self.shape else { unreachable!("an image") };
        let [rows, columns] = window.count([height, width]).expect("it fits");
        rows * columns * out * channels * window.kernel[0] * window.kernel[1]
    }

    /// A window that fits into the present image.
    fn window(&mut self, padded: bool) -> Window {
        let Shape::Image { height, width, .. } = self.shape else { unreachable!("an image") };
        let mut pair = |f: &mut dyn FnMut(&mut Stream, usize) -> usize| {
            [height, width].map(|size| f(self.s, size))
        };
        let padding = pair(&mut |s, _| if padded { s.below(3) as usize } else { 0 });
        let kernel = pair(&mut |s, size| 1 + s.below(4.min(size as u64)) as usize);
        let stride = pair(&mut |s, _| 1 + s.below(3) as usize * (s.below(2) as usize));
        Window { kernel, stride, padding }
    }

    /// Norms, activations, dropouts, or nothing.
    fn between(&mut self) {
        for _ in 0..self.s.below(3) {
            let layer = match self.s.below(6) {
                0 | 1 => Layer::Activation(activation(self.s)),
                2 => Layer::Dropout { p: [0.0, 0.3, 0.5, 1.0][self.s.below(4) as usize] },
                3 if matches!(self.shape, Shape::Flat(_)) => Layer::LayerNorm,
                _ => Layer::BatchNorm,
            };
            self.push(layer);
        }
    }

    fn image_block(&mut self) {
        if self.s.below(4) == 0 {
            self.between();
        }
        match self.s.below(5) {
            0 => {
                let window = self.window(false);
                self.push(Layer::MaxPool2d { window });
            }
            1 => {
                let window = self.window(false);
                self.push(Layer::AvgPool2d { window });
            }
            2 => {
                let Shape::Image { channels, .. } = self.shape else { unreachable!("an image") };
                let padding = self.s.below(3) as usize;
                let mut window = Window::square(2 * padding + 1, 1, padding);
                if self.work(channels, window) > WORK {
                    window = Window::square(1, 1, 0);
                }
                let bias = self.s.below(2) == 0;
                self.residual(Layer::Conv2d { out: channels, window, bias });
            }
            _ => {
                let (window, bias) = (self.window(true), self.s.below(4) > 0);
                let mut out = [1, 5, 16, 17, 32, 70][self.s.below(6) as usize];
                if self.work(out, window) > WORK {
                    out = 17;
                }
                self.push(Layer::Conv2d { out, window, bias });
            }
        }
        self.between();
    }

    fn feature_block(&mut self) {
        match (self.s.below(3), self.shape) {
            (0, Shape::Flat(features)) if features * features <= WORK => {
                let bias = self.s.below(2) == 0;
                self.residual(Layer::Linear { out: features, bias });
            }
            _ => {
                let out = [1, 16, 33, 64, 90][self.s.below(5) as usize];
                let bias = self.s.below(4) > 0;
                self.push(Layer::Linear { out, bias });
            }
        }
        self.between();
    }

    /// A block around `layer`, with others before, behind, or nothing at all inside.
    fn residual(&mut self, layer: Layer) {
        let outer = std::mem::take(&mut self.layers);
        let shape = self.shape;
        if self.s.below(8) > 0 {
            self.between();
            self.push(layer);
            self.between();
            if self.s.below(4) == 0 {
                let inner = std::mem::take(&mut self.layers);
                self.layers = vec![Layer::Residual { layers: inner }];
                self.between();
            }
        }
        let layers = std::mem::replace(&mut self.layers, outer);
        self.shape = shape;
        self.push(Layer::Residual { layers });
    }
}
