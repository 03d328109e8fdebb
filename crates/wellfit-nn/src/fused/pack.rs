//! From stored samples to a batch in blocks of 64 features.

use std::ops::Range;

use super::activate::activate;
use super::layout::Op;
use super::shared::Shared;
use crate::kernel::{Kernels, Mask, TILE};
use crate::{Samples, Values, random};

/// A data set as a session holds it.
pub struct Uploaded {
    /// The samples.
    pub samples: Samples,
    /// When stored bytes stand for byte / divisor, that divisor.
    divisor: Option<f32>,
}

impl Uploaded {
    /// Looks at what the bytes stand for.
    pub fn new(samples: Samples) -> Self {
        let divisor = match &samples.values {
            Values::Bytes(_, table) => [1.0, 255.0].into_iter().find(|divisor| {
                table.iter().enumerate().all(|(byte, x)| *x == byte as f32 / divisor)
            }),
            Values::Floats(_) => None,
        };
        Uploaded { samples, divisor }
    }

    /// Brings the values of sample `i` near.
    pub fn prefetch(&self, kernels: &Kernels, i: usize) {
        let (start, n) = (self.samples.row(i) * self.samples.features, self.samples.features);
        let (at, bytes) = match &self.samples.values {
            Values::Bytes(bytes, _) => (bytes[start..start + n].as_ptr(), n),
            Values::Floats(floats) => {
                (floats[start..start + n].as_ptr().cast(), n * size_of::<f32>())
            }
        };
        // SAFETY: a set is in the table only where the machine has its instructions.
        unsafe { (kernels.prefetch)(at, bytes) };
    }

    /// Writes the values of sample `i` in blocks of 64: the first at `to`, each next
    /// one `block_step` values on. What lies beyond them is left as it is.
    ///
    /// # Safety
    /// The blocks must be there, and nobody else may work on them.
    pub unsafe fn pack(&self, kernels: &Kernels, i: usize, to: *mut f32, block_step: usize) {
        let features = self.samples.features;
        let start = self.samples.row(i) * features;
        for (block, first) in (0..features).step_by(TILE).enumerate() {
            let n = TILE.min(features - first);
            let at = to.wrapping_add(block * block_step);
            let stored = start + first..start + first + n;
            match (&self.samples.values, self.divisor) {
                (Values::Bytes(bytes, _), Some(divisor)) => {
                    // SAFETY: n bytes are there, and a block holds 64 values.
                    unsafe { (kernels.divide_bytes)(bytes[stored].as_ptr(), at, n, divisor) }
                }
                (Values::Bytes(bytes, table), None) => {
                    for (c, &byte) in bytes[stored].iter().enumerate() {
                        // SAFETY: c < n ≤ 64.
                        unsafe { *at.add(c) = table[usize::from(byte)] };
                    }
                }
                (Values::Floats(floats), _) => {
                    let from = &floats[stored];
                    // SAFETY: n values on both sides, in different buffers.
                    unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), at, n) };
                }
            }
        }
    }
}

/// Which numbers dropout draws in a step.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    /// The run's seed.
    pub seed: u64,
    /// Steps taken before.
    pub step: u64,
}

impl Draw {
    /// The mask of one tile of a row.
    pub fn mask(
        self,
        ordinal: u16,
        threshold: u32,
        scale: f32,
        tile: usize,
        tiles: usize,
        first_pair: usize,
    ) -> Mask {
        let key = random::dropout_key(self.seed, ordinal, self.step);
        let (key, counter) = (key.words(), key.counter(0));
        Mask { key, counter, tile, tiles, first_pair, threshold, scale }
    }
}

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
