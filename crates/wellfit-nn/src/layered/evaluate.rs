//! Through the network in evaluation mode, a few samples at a time. Samples do not
//! depend on each other, so threads share them out as they like.

use std::ops::Range;

use super::network::Network;
use super::operation::{At, Scratch};
use super::step::pack;
use crate::kernel::Kernels;
use crate::upload::Uploaded;

/// Samples that a thread takes through the network at once.
pub const ROWS: usize = 16;

/// Takes `samples` (at most [`ROWS`]) through the network, in the rows of thread `me`;
/// returns the first row of what it gives and the values from a row to the next.
pub fn outputs(
    kernels: &'static Kernels,
    network: &Network,
    data: &Uploaded,
    samples: Range<usize>,
    (me, scratch): (usize, &Scratch),
) -> (*mut f32, usize) {
    let rows = me * ROWS..me * ROWS + samples.len();
    let at = At { kernels, network, scratch, rows, training: None };
    pack(&at, data, samples, None);
    network.operations.iter().for_each(|operation| operation.forward(&at));
    let sample = network.buffers[network.values[network.output].buffer].sample;
    (at.values(network.output), sample)
}
