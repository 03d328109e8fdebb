//! How a network lies in memory.
//!
//! A hidden linear layer is cut into *panels* of 64 output units; a panel holds,
//! input by input, the 64 weights of its units, and a last row with their biases.
//! A thread owns whole panels. Activations are cut likewise into blocks of 64
//! features: block after block, in each the samples of the batch, in each 64 values.
//!
//! The last linear layer, the *head*, is cut the other way, by its inputs: the
//! owner of a block of activations owns the weights that read it, output by
//! output, and gives its part of the logits. So a network with one hidden layer
//! needs one meeting of all threads a step.

use crate::elementwise::Op;
use crate::kernel::{LANES, TILE, Weights};
use crate::threads::shared::Shared;
use crate::{CompileError, Layer, Spec, random};

/// A linear layer and what follows it.
pub struct Linear {
    /// Values it reads.
    pub inputs: usize,
    /// Units.
    pub out: usize,
    /// Whether it has biases.
    pub bias: bool,
    /// What is done to its outputs.
    pub ops: Vec<Op>,
    /// Index of its weight among the spec's parameters; its bias is the next.
    pub parameter: usize,
    store: Shared,
    /// From the weights to the optimiser's first values, and on to its second.
    stream: usize,
    slots: usize,
    /// Whether the last of the slots is the weights' average.
    average: bool,
}

impl Linear {
    /// Blocks of 64 inputs.
    pub fn blocks(&self) -> usize {
        self.inputs.div_ceil(TILE)
    }

    /// Panels of 64 units.
    pub fn panels(&self) -> usize {
        self.out.div_ceil(TILE)
    }

    /// The weights from `index` on, with the optimiser's values.
    pub fn weights(&self, index: usize) -> Weights {
        let slot = |n: usize| self.store.at(index + n.min(self.slots) * self.stream);
        let average = if self.average { self.slots } else { 0 };
        Weights { w: slot(0), m: slot(1), v: slot(2), average: slot(average) }
    }

    fn allocate(&mut self, len: usize, spec: &Spec) -> Result<(), CompileError> {
        // Streams that start at the same place in a 4 KiB page get into each
        // other's way: a few cache lines more keep them apart.
        self.stream = len.next_multiple_of(1024) + 5 * LANES;
        self.slots = spec.slots().count();
        self.average = spec.average;
        self.store = Shared::zeros(self.stream.saturating_mul(self.slots + 1))?;
        Ok(())
    }
}

/// Where a layer's values lie.
pub trait Layout {
    /// Index of weight [o][i] in the store.
    fn weight(&self, o: usize, i: usize) -> usize;
    /// Index of bias [o].
    fn bias(&self, o: usize) -> usize;
    /// The layer.
    fn linear(&mut self) -> &mut Linear;

    /// Puts tensor values into slot `slot` (0: the weights themselves).
    fn put(&mut self, slot: usize, weight: &[f32], bias: Option<&[f32]>) {
        let (inputs, start) = (self.linear().inputs, slot * self.linear().stream);
        for (e, &x) in weight.iter().enumerate() {
            let at = start + self.weight(e / inputs, e % inputs);
            self.linear().store.values()[at] = x;
        }
        for (o, &x) in bias.into_iter().flatten().enumerate() {
            let at = start + self.bias(o);
            self.linear().store.values()[at] = x;
        }
    }
}

/// A hidden layer: panels of units.
pub struct Hidden(pub Linear);

impl Hidden {
    /// Values of a panel: a row an input and one of biases.
    pub fn panel_len(&self) -> usize {
        (self.0.inputs + 1) * TILE
    }
}

impl Layout for Hidden {
    fn weight(&self, o: usize, i: usize) -> usize {
        o / TILE * self.panel_len() + i * TILE + o % TILE
    }
    fn bias(&self, o: usize) -> usize {
        self.weight(o, self.0.inputs)
    }
    fn linear(&mut self) -> &mut Linear {
        &mut self.0
    }
}

/// The last layer: blocks of inputs.
pub struct Head {
    /// The layer.
    pub linear: Linear,
    /// Outputs, padded to whole vectors.
    pub padded: usize,
    /// For each block the weights once more, input by input, for the logits.
    pub transposed: Shared,
    /// With a largest norm: for each block Σw² by output.
    pub squares: Shared,
}

impl Head {
    /// Index of the biases, which follow all blocks.
    pub fn biases(&self) -> usize {
        self.linear.blocks() * self.block_len()
    }

    /// Values of a block: a row of 64 an output.
    pub fn block_len(&self) -> usize {
        self.linear.out * TILE
    }

    /// Brings the transposed copy of `block` up to date.
    ///
    /// # Safety
    /// Nobody else may work on that block.
    pub unsafe fn transpose(&self, block: usize) {
        let from = self.linear.weights(block * self.block_len()).w;
        let to = self.transposed.at(block * TILE * self.padded);
        for o in 0..self.linear.out {
            for u in 0..TILE {
                // SAFETY: o < out ≤ padded and u < 64 lie within both blocks.
                unsafe { *to.add(u * self.padded + o) = *from.add(o * TILE + u) };
            }
        }
    }
}

impl Layout for Head {
    fn weight(&self, o: usize, i: usize) -> usize {
        i / TILE * self.block_len() + o * TILE + i % TILE
    }
    fn bias(&self, o: usize) -> usize {
        self.biases() + o
    }
    fn linear(&mut self) -> &mut Linear {
        &mut self.linear
    }
}

/// A whole network.
pub struct Network {
    /// What is done to the inputs.
    pub input_ops: Vec<Op>,
    /// All linear layers but the last.
    pub hidden: Vec<Hidden>,
    /// The last.
    pub head: Head,
}

impl Network {
    /// Lays out a checked spec's network; all weights are 0.
    pub fn new(spec: &Spec) -> Result<Self, CompileError> {
        let (mut input_ops, mut layers) = (Vec::new(), Vec::<Linear>::new());
        let (mut dropouts, mut parameter) = (0, 0);
        for layer in &spec.layers {
            let op = match *layer {
                Layer::Linear { out, bias } => {
                    let inputs = layers.last().map_or(spec.input.len(), |l| l.out);
                    let ops = Vec::new();
                    let store = Shared::zeros(0)?;
                    let (stream, slots, average) = (0, 0, false);
                    layers.push(Linear {
                        inputs,
                        out,
                        bias,
                        ops,
                        parameter,
                        store,
                        stream,
                        slots,
                        average,
                    });
                    parameter += 1 + usize::from(bias);
                    continue;
                }
                Layer::Activation(activation) => Op::Activation(activation),
                Layer::Dropout { p } => {
                    let ordinal = dropouts;
                    dropouts += 1;
                    let threshold = random::dropout_threshold(p);
                    Op::Dropout { ordinal, threshold, scale: random::dropout_scale(p) }
                }
                _ => unreachable!("not for this engine: see Fused::can_run"),
            };
            layers.last_mut().map_or(&mut input_ops, |l| &mut l.ops).push(op);
        }
        let mut last = layers.pop().expect("a checked spec has a linear layer");
        let mut hidden = Vec::new();
        for linear in layers {
            let mut layer = Hidden(linear);
            let len = layer.0.panels() * layer.panel_len();
            layer.0.allocate(len, spec)?;
            hidden.push(layer);
        }
        // Dropout works on whole tiles.
        let multiple = if last.ops.is_empty() { LANES } else { TILE };
        let padded = last.out.next_multiple_of(multiple);
        last.allocate(last.blocks() * last.out * TILE + padded, spec)?;
        let transposed = Shared::zeros(last.blocks() * TILE * padded)?;
        let limited = if spec.max_norm.is_some() { last.blocks() * last.out } else { 0 };
        let squares = Shared::zeros(limited)?;
        Ok(Network { input_ops, hidden, head: Head { linear: last, padded, transposed, squares } })
    }

    /// The layers from input to output.
    pub fn layers(&mut self) -> impl Iterator<Item = &mut dyn Layout> {
        let hidden = self.hidden.iter_mut().map(|l| l as &mut dyn Layout);
        hidden.chain([&mut self.head as &mut dyn Layout])
    }

    /// Copies slot `slot` of every parameter, in the spec's order and layout.
    pub fn copy(&self, slot: usize) -> Vec<Vec<f32>> {
        let mut all = Vec::new();
        let mut read = |layout: &dyn Layout, linear: &Linear| {
            // SAFETY: `&self` outside an epoch: nobody writes.
            let value = |at| unsafe { *linear.store.at(at + slot * linear.stream) };
            let cells = (0..linear.out).flat_map(|o| (0..linear.inputs).map(move |i| (o, i)));
            all.push(cells.map(|(o, i)| value(layout.weight(o, i))).collect());
            if linear.bias {
                all.push((0..linear.out).map(|o| value(layout.bias(o))).collect());
            }
        };
        self.hidden.iter().for_each(|l| read(l, &l.0));
        read(&self.head, &self.head.linear);
        all
    }
}
