//! Forward and backward through the layers.

use super::{Parameter, Real};
use crate::{Activation, Layer, Spec, random};

/// What a forward or backward pass is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pass {
    /// Dropout is active; its masks belong to this seed and step.
    Training { seed: u64, step: u64 },
    /// Dropout does nothing.
    Evaluation,
}

/// A layer with its widths, and where its parameters and random numbers are.
#[derive(Clone, Copy, Debug)]
enum Op {
    Linear { inputs: usize, outputs: usize, weight: usize, bias: Option<usize> },
    Activation(Activation),
    Dropout { width: usize, ordinal: u16, p: f64 },
}

/// The layers and a batch on its way through them.
#[derive(Debug)]
pub(super) struct Network<T> {
    ops: Vec<Op>,
    /// Samples in the batch.
    rows: usize,
    /// Before each layer, and after the last: [rows, width].
    activations: Vec<Vec<T>>,
    /// The loss's derivatives by them.
    deltas: Vec<Vec<T>>,
    /// See [`Reference::margin`](super::Reference::margin).
    pub(super) margin: f64,
}

impl<T: Real> Network<T> {
    pub(super) fn new(spec: &Spec) -> Self {
        let (mut width, mut parameter, mut dropout) = (spec.input.len(), 0, 0);
        let op = |layer: &Layer| match *layer {
            Layer::Linear { out, bias } => {
                let (inputs, weight) = (width, parameter);
                (width, parameter) = (out, parameter + 1 + usize::from(bias));
                Op::Linear { inputs, outputs: out, weight, bias: bias.then_some(weight + 1) }
            }
            Layer::Activation(activation) => Op::Activation(activation),
            Layer::Dropout { p } => {
                dropout += 1;
                Op::Dropout { width, ordinal: dropout - 1, p }
            }
            _ => unimplemented!("this layer"),
        };
        let ops: Vec<Op> = spec.layers.iter().map(op).collect();
        let buffers = vec![Vec::new(); ops.len() + 1];
        let margin = f64::INFINITY;
        Self { ops, rows: 0, activations: buffers.clone(), deltas: buffers, margin }
    }

    /// Empties the batch.
    pub(super) fn clear(&mut self) {
        self.rows = 0;
        self.activations[0].clear();
    }

    /// Adds a sample to the batch.
    pub(super) fn push(&mut self, sample: &[f32]) {
        self.rows += 1;
        self.activations[0].extend(sample.iter().map(|&x| T::from_f64(f64::from(x))));
    }

    /// What the last layer gave: [rows, outputs].
    pub(super) fn outputs(&self) -> &[T] {
        &self.activations[self.ops.len()]
    }

    /// Takes the batch through every layer.
    pub(super) fn forward(&mut self, parameters: &[Parameter<T>], pass: Pass) {
        for (i, op) in self.ops.iter().enumerate() {
            let (before, after) = self.activations.split_at_mut(i + 1);
            let (x, y) = (&before[i], &mut after[0]);
            y.clear();
            match *op {
                Op::Linear { inputs, outputs, weight, bias } => {
                    let weight = &parameters[weight].values;
                    for x in x.chunks(inputs) {
                        for o in 0..outputs {
                            let row = &weight[o * inputs..(o + 1) * inputs];
                            let sum = x.iter().zip(row).fold(T::ZERO, |sum, (&x, &w)| sum + x * w);
                            y.push(bias.map_or(sum, |b| sum + parameters[b].values[o]));
                        }
                    }
                }
                Op::Activation(activation) => {
                    y.extend(x.iter().map(|&x| activation.at(x).0));
                    if let (Pass::Training { .. }, true) = (pass, activation.has_kink()) {
                        let sizes = x.iter().map(|x| x.to_f64().abs()).filter(|&x| x > 0.0);
                        self.margin = sizes.fold(self.margin, f64::min);
                    }
                }
                Op::Dropout { width, ordinal, p } => {
                    let mask = Mask::new(pass, width, ordinal, p);
                    y.extend(x.iter().enumerate().map(|(e, &x)| mask.apply(e, x)));
                }
            }
        }
    }

    /// What the last layer gave, and where the loss leaves its derivatives by it.
    pub(super) fn ends(&mut self) -> (&[T], &mut Vec<T>) {
        (&self.activations[self.ops.len()], &mut self.deltas[self.ops.len()])
    }

    /// Takes the derivatives back through every layer; gradients replace what the
    /// parameters had.
    pub(super) fn backward(&mut self, parameters: &mut [Parameter<T>], pass: Pass) {
        for (i, op) in self.ops.iter().enumerate().rev() {
            let (before, after) = self.deltas.split_at_mut(i + 1);
            let (dx, dy, x) = (&mut before[i], &after[0], &self.activations[i]);
            dx.clear();
            match *op {
                Op::Linear { inputs, outputs, weight, bias } => {
                    dx.resize(x.len(), T::ZERO);
                    let Parameter { values, gradient, .. } = &mut parameters[weight];
                    gradient.fill(T::ZERO);
                    let rows = x.chunks(inputs).zip(dx.chunks_mut(inputs)).zip(dy.chunks(outputs));
                    for ((x, dx), dy) in rows {
                        for (o, &dy) in dy.iter().enumerate() {
                            let range = o * inputs..(o + 1) * inputs;
                            for (g, &x) in gradient[range.clone()].iter_mut().zip(x) {
                                *g += dy * x;
                            }
                            for (dx, &w) in dx.iter_mut().zip(&values[range]) {
                                *dx += dy * w;
                            }
                        }
                    }
                    if let Some(bias) = bias {
                        let gradient = &mut parameters[bias].gradient;
                        gradient.fill(T::ZERO);
                        for dy in dy.chunks(outputs) {
                            gradient.iter_mut().zip(dy).for_each(|(g, &dy)| *g += dy);
                        }
                    }
                }
                Op::Activation(activation) => {
                    dx.extend(x.iter().zip(dy).map(|(&x, &dy)| dy * activation.at(x).1));
                }
                Op::Dropout { width, ordinal, p } => {
                    let mask = Mask::new(pass, width, ordinal, p);
                    dx.extend(dy.iter().enumerate().map(|(e, &dy)| mask.apply(e, dy)));
                }
            }
        }
    }
}

/// A dropout layer at one step; `None` does nothing.
struct Mask<T>(Option<(wellfit_random::Key, usize, u32, T)>);

impl<T: Real> Mask<T> {
    fn new(pass: Pass, width: usize, ordinal: u16, p: f64) -> Self {
        Mask(match pass {
            Pass::Evaluation => None,
            Pass::Training { seed, step } => {
                let scale = T::from_f64(f64::from(random::dropout_scale(p)));
                let key = random::dropout_key(seed, ordinal, step);
                Some((key, width, random::dropout_threshold(p), scale))
            }
        })
    }

    /// `x` at flat element `e`, kept and scaled or dropped. A dropped NaN is 0.
    fn apply(&self, e: usize, x: T) -> T {
        match self.0 {
            None => x,
            Some((key, width, threshold, scale)) => {
                let kept = random::keep(key, width, e / width, e % width, threshold);
                if kept { x * scale } else { T::ZERO }
            }
        }
    }
}
