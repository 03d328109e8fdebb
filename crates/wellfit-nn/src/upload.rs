//! A data set on its way into the first layer.

use crate::kernel::{Aim, Kernels, TILE};
use crate::threads::shared::Shared;
use crate::{Blend, CompileError, EpochRun, Feed, Samples, Values};

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

/// A thread's memory for what a feed gives.
pub struct FeedScratch {
    /// A sample's values.
    values: Shared,
    /// What the feed works in.
    work: Shared,
}

impl FeedScratch {
    /// None yet.
    pub fn new() -> Result<Self, CompileError> {
        Ok(FeedScratch { values: Shared::zeros(0)?, work: Shared::zeros(0)? })
    }

    /// Makes room for what `run` feeds, if it feeds anything.
    ///
    /// # Panics
    /// If there is no memory for a sample or two.
    pub fn reserve(&mut self, run: &EpochRun<'_>, features: usize) {
        let Some(feed) = run.feed else { return };
        let grow = |buffer: &mut Shared, len: usize| {
            if buffer.len() < len {
                *buffer = Shared::zeros(len).expect("memory for a few samples a thread");
            }
        };
        grow(&mut self.values, features);
        grow(&mut self.work, feed.scratch());
    }

    /// Writes what `feed` gives at `position` in blocks, as [`Uploaded::pack`] does.
    ///
    /// # Safety
    /// This memory must be the thread's own and [reserved](Self::reserve); otherwise as
    /// `pack`.
    pub unsafe fn pack(
        &self,
        feed: &dyn Feed,
        position: usize,
        features: usize,
        to: *mut f32,
        block_step: usize,
    ) {
        // SAFETY: the caller vouches for it; both buffers hold as much as is asked for.
        unsafe {
            let values = std::slice::from_raw_parts_mut(self.values.at(0), features);
            let work = std::slice::from_raw_parts_mut(self.work.at(0), feed.scratch());
            feed.read(position, values, work);
            for (block, values) in values.chunks(TILE).enumerate() {
                let at = to.wrapping_add(block * block_step);
                std::ptr::copy_nonoverlapping(values.as_ptr(), at, values.len());
            }
        }
    }
}

/// What the sample at `position` of an epoch is to give; it is sample `i` of the set.
pub fn aim<'a>(samples: &'a Samples, feed: Option<&dyn Feed>, position: usize, i: u32) -> Aim<'a> {
    let target = |i: u32| samples.target(i as usize);
    let blend = feed.and_then(|feed| feed.blend(position));
    Aim { own: target(i), other: blend.map(|Blend { other, share }| (target(other), share)) }
}
