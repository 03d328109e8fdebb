//! Networks and data that tests are run on, drawn from a seed.

#![allow(dead_code, reason = "each test program uses its own part")]

pub mod fed;
pub mod layered;
pub mod twin;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use wellfit_nn::*;
use wellfit_random::{Key, Purpose, Stream};

pub const SGD: Optimizer = Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
pub const ADAM: Optimizer = Optimizer::ADAM;
pub const ADAMW: Optimizer =
    Optimizer::Adam { betas: (0.9, 0.999), eps: 1e-8, weight_decay: 0.01, decoupled: true };
pub const RMSPROP: Optimizer = Optimizer::RmsProp { alpha: 0.99, eps: 1e-8, weight_decay: 0.0 };

/// A flag that nobody raises.
pub static GO_ON: AtomicBool = AtomicBool::new(false);

/// Random numbers for test number `index`.
pub fn stream(index: u64) -> Stream {
    Key { seed: index, purpose: Purpose::Synthetic, layer: 7, step: 0 }.stream()
}

/// An epoch in this order that nobody stops.
pub fn run(order: &[u32], lr: f64) -> EpochRun<'_> {
    EpochRun { order, steps: Steps::Same(StepSettings::rate(lr)), stop: &GO_ON, feed: None }
}

/// linear(hidden) with ReLU between, from `features` to `classes`, by Adam.
pub fn mlp(features: usize, hidden: &[usize], classes: usize, batch_size: usize) -> Spec {
    let mut layers = Vec::new();
    for &out in hidden {
        layers.extend([Layer::Linear { out, bias: true }, Layer::RELU]);
    }
    layers.push(Layer::Linear { out: classes, bias: true });
    let (optimizer, penalties, drop_last, seed) = (ADAM, Vec::new(), false, 3);
    Spec {
        optimizer,
        penalties,
        batch_size,
        drop_last,
        seed,
        ..Spec::new(Shape::Flat(features), classes, layers)
    }
}

/// `n` samples of numbers in ±1.5, with labels that they say something about.
pub fn floats(stream: &mut Stream, n: usize, features: usize, classes: usize) -> Samples {
    let value = |_| (stream.uniform() * 3.0 - 1.5) as f32;
    let values: Vec<f32> = (0..n * features).map(value).collect();
    let label = |row: &[f32]| {
        let sum: f32 = row.iter().take(8).sum();
        ((sum + 10.0) * 3.0) as u32 % classes as u32
    };
    let labels = values.chunks(features).map(label).collect();
    let values = Values::Floats(Arc::new(values));
    Samples { features, values, targets: Targets::Classes(Arc::new(labels)), rows: None }
}

/// `n` samples of bytes scaled to [0, 1], half of them 0, as in pictures.
pub fn bytes(stream: &mut Stream, n: usize, features: usize, classes: usize) -> Samples {
    let byte = |_| stream.below(256) as u8 * u8::from(stream.below(2) == 1);
    let bytes: Vec<u8> = (0..n * features).map(byte).collect();
    let labels = (0..n).map(|_| stream.below(classes as u64) as u32).collect();
    let table = std::array::from_fn(|b| b as f32 / 255.0);
    let values = Values::Bytes(Arc::new(bytes), Arc::new(table));
    Samples { features, values, targets: Targets::Classes(Arc::new(labels)), rows: None }
}

/// ReLU half the time, else another.
pub fn activation(s: &mut Stream) -> Activation {
    use Activation::*;
    let others = [LeakyRelu { slope: 0.1 }, Elu, Gelu, Silu, Tanh, Sigmoid];
    if s.below(2) == 0 { Relu } else { others[s.below(6) as usize] }
}

/// A network with its data: everything that a spec can hold, in every mixture.
#[derive(Clone, Debug)]
pub struct Case {
    pub index: u64,
    pub spec: Spec,
    pub samples: Samples,
}

impl Case {
    /// Case number `index`: depth 1 to 5, widths and features 1 to 200, 2 to 100
    /// classes, batches of 1 to 70, 1 to 150 samples, bytes or floats, all rows or
    /// some, any activations, any dropout, any penalties. Some cases round a width to 16 or 64,
    /// where vectors end.
    pub fn draw(index: u64) -> Self {
        let mut s = stream(index);
        let mut size = |largest: u64| {
            let n = 1 + s.below(largest) as usize;
            match s.below(4) {
                0 => n.next_multiple_of(16).min(largest as usize),
                1 => n.next_multiple_of(64).min(largest as usize),
                _ => n,
            }
        };
        let (features, batch_size, n) = (size(200), size(70), size(150));
        let widths = [size(200), size(200), size(200), size(200)];
        let classes = 2 + s.below(99) as usize;
        let depth = s.below(5) as usize;
        let mut layers = Vec::new();
        for out in widths.into_iter().take(depth).chain([classes]) {
            if s.below(5) < 2 {
                let p = [0.0, 0.1, 0.3, 0.5, 0.5, 0.8, 1.0][s.below(7) as usize];
                layers.push(Layer::Dropout { p });
            }
            layers.push(Layer::Linear { out, bias: s.below(8) > 0 });
            if s.below(8) > 0 {
                layers.push(Layer::Activation(activation(&mut s)));
            }
        }
        if matches!(layers.last(), Some(Layer::Activation(_))) && s.below(8) > 0 {
            layers.pop();
        }
        let penalty = |s: &mut Stream| Penalty {
            kind: [PenaltyKind::L1, PenaltyKind::L2, PenaltyKind::L2Norm][s.below(3) as usize],
            lambda: s.uniform() * 0.05,
            on: [PenaltyOn::All, PenaltyOn::Weights][s.below(2) as usize],
        };
        let penalties = (0..s.below(3)).map(|_| penalty(&mut s)).collect();
        let drop_last = n >= batch_size && s.below(3) == 0;
        let optimizer = SGD;
        let mut samples = match s.below(2) {
            0 => bytes(&mut s, n, features, classes),
            _ => floats(&mut s, n, features, classes),
        };
        if s.below(3) == 0 {
            let rows = (0..n).map(|_| s.below(n as u64) as u32).collect();
            samples.rows = Some(Arc::new(rows));
        }
        let seed = s.next_u64();
        let spec = Spec {
            optimizer,
            penalties,
            batch_size,
            drop_last,
            seed,
            ..Spec::new(Shape::Flat(features), classes, layers)
        };
        Self { index, spec, samples }
    }

    /// The same case with another loss: cross-entropy with label smoothing, class
    /// weights or both, or numbers to fit, 1 to 40 of them.
    pub fn with_loss(mut self) -> Self {
        let mut s = stream(self.index + 1_000_000);
        let (n, classes) = (self.samples.targets.len(), self.spec.outputs);
        let smoothing = [0.0, 0.1, 0.6][s.below(3) as usize];
        let weights = (0..classes).map(|_| 0.1 + s.uniform() * 2.0).collect();
        let entropy =
            |label_smoothing, class_weights| Loss::CrossEntropy { label_smoothing, class_weights };
        self.spec.loss = match s.below(6) {
            0 => entropy(0.1, None),
            1 | 2 => entropy(smoothing, Some(weights)),
            3 => Loss::Mse,
            _ => Loss::Huber { delta: [0.1, 1.0, 10.0][s.below(3) as usize] },
        };
        if !self.spec.loss.is_classification() {
            let per_sample = [1, 2, 3, 16, 17, 40][s.below(6) as usize];
            let is_linear = |layer: &Layer| matches!(layer, Layer::Linear { .. });
            let last = self.spec.layers.iter().rposition(is_linear).unwrap();
            let Layer::Linear { out, .. } = &mut self.spec.layers[last] else { unreachable!() };
            *out = per_sample;
            self.spec.outputs = per_sample;
            self.spec.measure = [None, Some(Measure::Mse)][s.below(2) as usize];
            let value = |_| (s.uniform() * 4.0 - 2.0) as f32;
            let values = Arc::new((0..n * per_sample).map(value).collect());
            self.samples.targets = Targets::Numbers { per_sample, values };
        }
        self
    }

    /// Every sample once, in an order of epoch `epoch`.
    pub fn order(&self, epoch: u64) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.samples.len() as u32).collect();
        stream(self.index * 1000 + epoch + 1).shuffle(&mut order);
        order
    }
}

/// What a session holds, as bits: equal only if everything is.
pub fn bits(state: &State) -> (Vec<u32>, Vec<[u64; 2]>, u64) {
    let tensors = state.parameters.iter().chain(state.slots.iter().flatten());
    let values = tensors.flat_map(|tensor| tensor.data.iter().map(|x| x.to_bits()));
    (values.collect(), state.sums.iter().map(|s| s.map(f64::to_bits)).collect(), state.step)
}
