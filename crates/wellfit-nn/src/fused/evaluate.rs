//! Through the network in evaluation mode, a chunk of samples at a time. Samples
//! do not depend on each other, so threads share them out as they like.

use std::ops::Range;

use super::layout::Network;
use super::workspace::{CHUNK, Scratch};
use crate::elementwise::Op;
use crate::kernel::{Kernels, LANES, Rows, Strided, TILE, TILE_VECTORS};
use crate::upload::Uploaded;

/// Writes the logits of `samples` (at most a chunk) into the scratch: rows of
/// the head's padded width.
pub fn logits(
    kernels: &Kernels,
    network: &Network,
    data: &Uploaded,
    samples: Range<usize>,
    scratch: &Scratch,
) {
    let rows = samples.len();
    let activate = |buffer: *mut f32, vectors: usize, ops: &[Op]| {
        for op in ops {
            if let Op::Activation(activation) = *op {
                let none = std::ptr::null_mut();
                // SAFETY: the callers' buffers hold so many vectors.
                unsafe { (kernels.activate)(activation, buffer, none, vectors) };
            }
        }
    };
    // SAFETY: the scratch is this thread's own and holds a chunk; weights do not
    // change during an evaluation; shapes are those of the layers.
    unsafe {
        let input = &scratch.chunk[0];
        for (row, sample) in samples.enumerate() {
            data.pack(kernels, sample, input.at(row * TILE), CHUNK * TILE);
        }
        for block in 0..data.samples.features.div_ceil(TILE) {
            activate(input.at(block * CHUNK * TILE), rows * TILE_VECTORS, &network.input_ops);
        }
        for (layer, hidden) in network.hidden.iter().enumerate() {
            let (from, to) = (&scratch.chunk[layer], &scratch.chunk[layer + 1]);
            for panel in 0..hidden.0.panels() {
                let z = to.at(panel * CHUNK * TILE);
                let first = panel * hidden.panel_len();
                let bias = hidden.0.weights(first + hidden.0.inputs * TILE).w;
                (kernels.spread)(bias, Rows { at: z, row: TILE }, (rows, TILE_VECTORS));
                for block in 0..hidden.0.blocks() {
                    let k = TILE.min(hidden.0.inputs - block * TILE);
                    let w = hidden.0.weights(first + block * TILE * TILE).w;
                    (kernels.forward)(from.at(block * CHUNK * TILE), w, z, rows, k);
                }
                activate(z, rows * TILE_VECTORS, &hidden.0.ops);
            }
        }
        let (head, width) = (&network.head, network.head.padded);
        let (from, to) = (&scratch.chunk[network.hidden.len()], scratch.logits.at(0));
        let bias = head.linear.weights(head.biases()).w;
        (kernels.spread)(bias, Rows { at: to, row: width }, (rows, width / LANES));
        for block in 0..head.linear.blocks() {
            let a = Strided { at: from.at(block * CHUNK * TILE), row: TILE, column: 1 };
            let b = head.transposed.at(block * TILE * width).cast_const();
            let (b, c) = (Rows { at: b, row: width }, Rows { at: to, row: width });
            (kernels.matmul)(a, b, c, (rows, TILE, width / LANES), true);
        }
        activate(to, rows * width / LANES, &head.linear.ops);
    }
}
