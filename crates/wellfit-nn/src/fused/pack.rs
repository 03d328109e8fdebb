//! What happens to a batch's inputs before the first layer.

use std::ops::Range;

use super::activate::activate;
use crate::elementwise::{Draw, Op};
use crate::kernel::{Kernels, TILE};
use crate::threads::shared::Shared;

/// What the threads do to the inputs of rows `rows` (starting at an even row).
///
/// # Safety
/// Nobody else may work on those rows.
pub unsafe fn input_ops(
    kernels: &Kernels,
    ops: &[Op],
    to: &Shared,
    features: usize,
    capacity: usize,
    rows: Range<usize>,
    draw: Draw,
) {
    let tiles = features.div_ceil(TILE);
    for op in ops {
        for tile in 0..tiles {
            let at = to.at((tile * capacity + rows.start) * TILE);
            // SAFETY: the rows lie within the block.
            unsafe {
                match *op {
                    Op::Activation(activation) => {
                        let none = std::ptr::null_mut();
                        let columns = features - tile * TILE;
                        activate(kernels, activation, at, none, rows.len(), columns);
                    }
                    Op::Dropout { ordinal, threshold, scale } => {
                        let pair = rows.start / 2;
                        let mask = draw.mask(ordinal, threshold, scale, tile, tiles, pair);
                        let none = std::ptr::null_mut();
                        (kernels.dropout)(at, none, TILE, rows.len(), &mask);
                    }
                }
            }
        }
    }
}
