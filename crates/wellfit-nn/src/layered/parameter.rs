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

impl Map {
    /// Shows `see` every element of PyTorch's tensor of `len` values, `columns` of them
    /// outputs, and where it is among rows of `width` values; in an order in which
    /// neither is far from the one before.
    fn each(self, (len, columns, width): (usize, usize, usize), mut see: impl FnMut(usize, usize)) {
        if let Map::Vector { layout } = self {
            return (0..len).for_each(|e| see(e, layout.channel(e)));
        }
        let inputs = len / columns;
        for first in (0..columns).step_by(LANES) {
            for i in 0..inputs {
                let row = self.row(i) * width;
                for out in first..columns.min(first + LANES) {
                    see(out * inputs + i, row + out);
                }
            }
        }
    }

    /// The row of an output's value `i`.
    fn row(self, i: usize) -> usize {
        match self {
            Map::Linear { input } => input.index(i),
            Map::Conv2d { pixel, taps, .. } => i % taps * pixel + i / taps,
            Map::Vector { .. } => 0,
        }
    }
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

    /// See [`Map::each`].
    fn each(&self, see: impl FnMut(usize, usize)) {
        self.map.each((self.len, self.columns, self.width), see);
    }

    /// Puts PyTorch's tensor into slot `slot` (0: the weights themselves).
    pub fn put(&mut self, slot: usize, values: &[f32]) {
        let (map, shape) = (self.map, (self.len, self.columns, self.width));
        let store = &mut self.store.values()[slot * self.stream..];
        map.each(shape, |e, at| store[at] = values[e]);
    }

    /// Sets slot `slot` to 0.
    pub fn clear(&mut self, slot: usize) {
        let (start, len) = (slot * self.stream, self.stored());
        self.store.values()[start..start + len].fill(0.0);
    }

    /// PyTorch's tensor out of slot `slot`.
    pub fn get(&self, slot: usize) -> Vec<f32> {
        let mut values = vec![0.0; self.len];
        self.each(|e, at| {
            // SAFETY: outside an epoch nobody writes.
            values[e] = unsafe { *self.store.at(slot * self.stream + at) };
        });
        values
    }

    /// Σ(w − b)² and Σb² over the weights w and what they were `before`, PyTorch's
    /// tensor; in f64, in an order of the tensor's own.
    pub fn moved(&self, before: &[f32]) -> [f64; 2] {
        let (mut moved, mut all) = (0.0, 0.0);
        self.each(|e, at| {
            // SAFETY: outside an epoch nobody writes.
            let now = f64::from(unsafe { *self.store.at(at) });
            let then = f64::from(before[e]);
            moved += (now - then) * (now - then);
            all += then * then;
        });
        [moved, all]
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
