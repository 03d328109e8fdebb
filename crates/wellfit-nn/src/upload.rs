//! A data set on its way into the first layer.

use crate::kernel::{Kernels, TILE};
use crate::{Samples, Values};

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
