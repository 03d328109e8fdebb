//! y = x·Wᵀ + b.
//!
//! The gradient of W is left to the update, which forms it from the whole batch tile by
//! tile, while the weights are in cache.

use super::operation::{At, Back, Operation, Ports};
use super::parameter::Turned;
use crate::kernel::{LANES, Rows, Strided, TILE, TILE_VECTORS};

/// Rows of weights that all samples of a chunk meet before the next: they stay in the
/// nearest cache.
const BLOCK: usize = 64;

/// A linear layer.
pub struct Linear {
    /// Its values.
    pub ports: Ports,
    /// Its weight, among the parameters.
    pub weight: usize,
    /// Its bias.
    pub bias: Option<usize>,
    /// Multiply-adds for a sample.
    pub work: usize,
}

impl Operation for Linear {
    fn forward(&self, at: &At<'_>) {
        let Ports { input, output, .. } = self.ports;
        let (x, z) = (at.values(input), at.values(output));
        let (from, to) = (at.layout(input).sample(), at.layout(output).sample());
        let weight = &at.network.parameters[self.weight];
        // SAFETY: the chunk's rows are this thread's own; weights do not change while
        // batches are on their way; shapes are those of the layer.
        unsafe {
            if let Some(bias) = self.bias {
                let bias = at.network.parameters[bias].weights(0).w;
                let shape = (at.count(), weight.width / LANES);
                (at.kernels.spread)(bias, Rows { at: z, row: to }, shape);
            }
            for first in (0..weight.rows).step_by(BLOCK) {
                let k = BLOCK.min(weight.rows - first);
                let a = Strided { at: x.add(first), row: from, column: 1 };
                let b = Rows { at: weight.weights(first).w.cast_const(), row: weight.width };
                let c = Rows { at: z, row: to };
                let shape = (at.count(), k, weight.width / LANES);
                (at.kernels.matmul)(a, b, c, shape, first > 0 || self.bias.is_some());
            }
        }
    }

    fn backward(&self, at: &At<'_>) {
        let Ports { input, output, back } = self.ports;
        let weight = &at.network.parameters[self.weight];
        let Turned::Linear(turned) = &weight.turned else { return };
        let (dz, dx) = (at.gradients(output), at.gradients(input));
        let (from, to) = (at.layout(output).sample(), at.layout(input).sample());
        let out = at.layout(output).len();
        for block in 0..weight.rows.div_ceil(TILE) {
            // SAFETY: as above; a sample is padded to whole blocks of 64.
            unsafe {
                let a = Strided { at: dz.cast_const(), row: from, column: 1 };
                let b = Rows { at: turned.at(block * TILE * out).cast_const(), row: TILE };
                let c = Rows { at: dx.add(block * TILE), row: to };
                let shape = (at.count(), out, TILE_VECTORS);
                (at.kernels.matmul)(a, b, c, shape, back == Back::Add);
            }
        }
    }

    fn work(&self) -> usize {
        self.work
    }
}
