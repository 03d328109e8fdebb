//! A parameter tensor: rows of whole vectors, with the optimiser's values beside them.

use std::ops::Range;

use super::layout::Layout;
use crate::kernel::{Kernels, LANES, Rows, Weights};
use crate::threads::shared::Shared;
use crate::{CompileError, Spec};

/// Rows that are updated at once.
const TILE_ROWS: usize = 64;

/// Which element is where.
#[derive(Clone, Copy, Debug)]
pub enum Map {
    /// PyTorch's [out, in]: a row an input, its columns the outputs.
    Linear {
        /// What the layer reads.
        input: Layout,
    },
    /// PyTorch's [out, in, height, width]: a row for each tap and input channel, its
    /// columns the outputs.
    Conv2d {
        /// Input channels.
        channels: usize,
        /// Values from a pixel to the next.
        pixel: usize,
        /// Taps.
        taps: usize,
    },
    /// One row: a value a feature or channel.
    Vector {
        /// What it belongs to.
        layout: Layout,
    },
}

/// Where a tensor's gradient comes from.
#[derive(Clone, Copy, Debug)]
pub enum Gradient {
    /// xᵀ·dz over the whole batch, of these values.
    Product {
        /// What the layer reads.
        input: usize,
        /// What it gives.
        output: usize,
    },
    /// The sum of dz over the batch.
    Sum {
        /// What the layer gives.
        output: usize,
    },
    /// The sum of what each chunk of samples left from here on.
    Chunks {
        /// Where among a chunk's.
        start: usize,
    },
}

/// A copy of the weights for the gradient of what the layer reads.
pub enum Turned {
    /// Nobody needs it.
    No,
    /// For blocks of 64 inputs: a row an output, in it the block's inputs.
    Linear(Shared),
    /// The taps from the last to the first: a row an output channel, in it the inputs.
    Conv2d {
        /// The copy.
        weights: Shared,
        /// Taps.
        taps: usize,
        /// Values from an input pixel to the next.
        pixel: usize,
    },
}

/// A trained tensor.
pub struct Parameter {
    /// Number of rows.
    pub rows: usize,
    /// Values of a row, whole vectors.
    pub width: usize,
    /// Columns that are not padding.
    columns: usize,
    map: Map,
    /// Where its gradient comes from.
    pub gradient: Gradient,
    /// The copy for the gradient of the layer's input.
    pub turned: Turned,
    /// Whether it is a weight of a linear layer or a convolution.
    pub is_weight: bool,
    /// Number of values, without padding.
    len: usize,
    store: Shared,
    stream: usize,
    slots: usize,
    average: bool,
}

impl Parameter {
    /// Zeros.
    pub fn new(
        spec: &Spec,
        map: Map,
        columns: usize,
        gradient: Gradient,
        is_weight: bool,
    ) -> Result<Self, CompileError> {
        let (rows, width, len) = match map {
            Map::Linear { input } => (
                input.pixels() * input.pixel,
                columns.next_multiple_of(LANES),
                input.len() * columns,
            ),
            Map::Conv2d { channels, pixel, taps } => {
                (taps * pixel, columns.next_multiple_of(LANES), taps * channels * columns)
            }
            Map::Vector { layout } => (1, layout.pixel, columns),
        };
        // As in the fused engine: streams must not start at the same place of a page.
        let stream = (rows * width).next_multiple_of(1024) + 5 * LANES;
        let slots = spec.slots().count();
        let store = Shared::zeros(stream.saturating_mul(slots + 1))?;
        let (turned, average) = (Turned::No, spec.average);
        Ok(Parameter {
            rows,
            width,
            columns,
            map,
            gradient,
            turned,
            is_weight,
            len,
            store,
            stream,
            slots,
            average,
        })
    }

    /// Number of values with padding.
    pub fn stored(&self) -> usize {
        self.rows * self.width
    }

    /// The weights from row `row` on, with the optimiser's values.
    pub fn weights(&self, row: usize) -> Weights {
        let slot = |n: usize| self.store.at(row * self.width + n.min(self.slots) * self.stream);
        let average = if self.average { self.slots } else { 0 };
        Weights { w: slot(0), m: slot(1), v: slot(2), average: slot(average) }
    }

    /// The rows of each part that is updated by one thread at a time.
    pub fn tiles(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let rows = self.rows;
        (0..rows).step_by(TILE_ROWS).map(move |first| first..rows.min(first + TILE_ROWS))
    }

    /// The most values that a tile holds.
    pub fn tile_len(&self) -> usize {
        self.rows.min(TILE_ROWS) * self.width
    }

    /// Where element `e` of PyTorch's tensor is.
    fn place(&self, e: usize) -> usize {
        match self.map {
            Map::Linear { input } => {
                let (out, i) = (e / input.len(), e % input.len());
                input.index(i) * self.width + out
            }
            Map::Conv2d { channels, pixel, taps } => {
                let (out, i) = (e / (channels * taps), e % (channels * taps));
                (i % taps * pixel + i / taps) * self.width + out
            }
            Map::Vector { layout } => layout.channel(e),
        }
    }

    /// Puts PyTorch's tensor into slot `slot` (0: the weights themselves).
    pub fn put(&mut self, slot: usize, values: &[f32]) {
        for (e, &x) in values.iter().enumerate() {
            let at = slot * self.stream + self.place(e);
            self.store.values()[at] = x;
        }
    }

    /// Sets slot `slot` to 0.
    pub fn clear(&mut self, slot: usize) {
        let (start, len) = (slot * self.stream, self.stored());
        self.store.values()[start..start + len].fill(0.0);
    }

    /// PyTorch's tensor out of slot `slot`.
    pub fn get(&self, slot: usize) -> Vec<f32> {
        // SAFETY: outside an epoch nobody writes.
        let value = |e| unsafe { *self.store.at(slot * self.stream + self.place(e)) };
        (0..self.len).map(value).collect()
    }

    /// Makes room for the copy that the gradient of the layer's input needs.
    pub fn add_turned(&mut self) -> Result<(), CompileError> {
        self.turned = match self.map {
            Map::Linear { .. } => {
                Turned::Linear(Shared::zeros(self.rows.next_multiple_of(TILE_ROWS) * self.columns)?)
            }
            Map::Conv2d { pixel, taps, .. } => {
                Turned::Conv2d { weights: Shared::zeros(self.stored())?, taps, pixel }
            }
            Map::Vector { .. } => Turned::No,
        };
        Ok(())
    }

    /// Brings the copy up to date with these rows.
    ///
    /// # Safety
    /// Nobody else may work on these rows, nor on the copy of a linear layer's block
    /// that they are in.
    pub unsafe fn turn(&self, kernels: &Kernels, rows: Range<usize>) {
        let from = |row: usize| Rows { at: self.weights(row).w.cast_const(), row: self.width };
        match &self.turned {
            Turned::No => {}
            Turned::Linear(copy) => {
                let mut row = rows.start;
                while row < rows.end {
                    let (block, within) = (row / TILE_ROWS, row % TILE_ROWS);
                    let n = (TILE_ROWS - within).min(rows.end - row);
                    let to = copy.at(block * TILE_ROWS * self.columns + within);
                    // SAFETY: both lie within their buffers.
                    unsafe {
                        let to = Rows { at: to, row: TILE_ROWS };
                        (kernels.transpose)(from(row), to, (n, self.columns));
                    }
                    row += n;
                }
            }
            Turned::Conv2d { weights, taps, pixel } => {
                let mut row = rows.start;
                while row < rows.end {
                    let (tap, channel) = (taps - 1 - row / pixel, row % pixel);
                    let n = (pixel - channel).min(rows.end - row);
                    let to = weights.at(tap * self.width * pixel + channel);
                    // SAFETY: both lie within their buffers.
                    unsafe {
                        let to = Rows { at: to, row: *pixel };
                        (kernels.transpose)(from(row), to, (n, self.width));
                    }
                    row += n;
                }
            }
        }
    }
}
