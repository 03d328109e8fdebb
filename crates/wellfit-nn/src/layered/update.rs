//! From gradients to new weights, tile by tile.
//!
//! A tile is some rows of one parameter. Without clipping its gradient is used where it
//! is formed; clipping by the global norm needs all of them first, so they are kept.

use std::ops::Range;

use super::network::Network;
use super::operation::Scratch;
use super::parameter::Gradient;
use super::step::Epoch;
use crate::kernel::{LANES, Rows, Step, Strided, Units, factor};
use crate::threads::shared::{Shared, Sums};
use crate::{CompileError, Spec};

/// Every parameter's tiles.
pub struct Tiles {
    tiles: Vec<Tile>,
    /// Which tiles are a parameter's.
    parts: Vec<Range<usize>>,
    /// The work up to and with each tile.
    ends: Vec<u64>,
    largest: usize,
    /// With clipping: the whole gradient, and each tile's squared norm.
    kept: Option<(Shared, Sums)>,
    /// With a largest norm: Σw² by unit of each tile of a weight.
    squares: Shared,
}

struct Tile {
    parameter: usize,
    rows: Range<usize>,
    /// Where it is in a gradient that is kept.
    start: usize,
    /// Where its squares are, if units have a largest norm.
    squares: usize,
}

/// What a tile is updated by: the penalties, then the rule; one step does both where
/// nothing comes between.
pub type Steps = [Step; 2];

impl Tiles {
    /// The tiles of a network's parameters.
    pub fn new(network: &Network, spec: &Spec) -> Result<Self, CompileError> {
        let (mut tiles, mut parts, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        let (mut start, mut largest, mut work) = (0, 0, 0u64);
        let mut squares = 0;
        let batch = spec.batch_size.min(1 << 16) as u64;
        for (parameter, p) in network.parameters.iter().enumerate() {
            let first = tiles.len();
            largest = largest.max(p.tile_len());
            for rows in p.tiles() {
                let values = rows.len() * p.width;
                let per_value = match p.gradient {
                    Gradient::Product { .. } | Gradient::Sum { .. } => batch,
                    Gradient::Chunks { .. } => batch.div_ceil(network.chunk_rows as u64),
                };
                // The rule itself costs about as much as a dozen multiply-adds.
                work += values as u64 * (per_value + 12);
                ends.push(work);
                tiles.push(Tile { parameter, rows, start, squares });
                start += values;
                squares += if p.is_weight && spec.max_norm.is_some() { p.width } else { 0 };
            }
            parts.push(first..tiles.len());
        }
        let kept = match spec.clip_grad_norm {
            Some(_) => Some((Shared::zeros(start)?, Sums::zeros(tiles.len()))),
            None => None,
        };
        let squares = Shared::zeros(squares)?;
        Ok(Tiles { tiles, parts, ends, largest, kept, squares })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tiles.len()
    }

    /// The tiles of parameter `parameter`.
    pub fn of(&self, parameter: usize) -> Range<usize> {
        self.parts[parameter].clone()
    }

    /// The most values that one holds.
    pub fn largest(&self) -> usize {
        self.largest
    }

    /// With clipping: the squared norm that the gradient of the objective by parameter
    /// `parameter` had in the last step, before it was clipped.
    pub fn squared_norm(&self, parameter: usize) -> Option<f64> {
        let (_, norms) = self.kept.as_ref()?;
        // SAFETY: outside an epoch nobody writes.
        let square = |n: usize| unsafe { (*norms.at(n))[0] };
        Some(self.of(parameter).map(square).sum())
    }

    /// What thread `me` of `threads` updates: an equal share of the work.
    fn own(&self, me: usize, threads: usize) -> Range<usize> {
        let total = self.ends.last().copied().unwrap_or(0);
        let share =
            |k: usize| self.ends.partition_point(|&end| end * threads as u64 <= total * k as u64);
        share(me)..share(me + 1)
    }

    /// Updates thread `me`'s tiles after a batch of `samples`, with each parameter's
    /// `steps`; writes the sums for the next step to `after`. Returns once its own tiles
    /// are done.
    pub fn update(
        &self,
        epoch: &Epoch<'_>,
        me: usize,
        scratch: &Scratch,
        (samples, steps): (usize, &[Steps]),
        after: &Sums,
    ) {
        let Epoch { spec, network, kernels, .. } = *epoch;
        let own = self.own(me, epoch.threads);
        let mut factor = 1.0;
        if let (Some(clip), Some((gradients, norms))) = (spec.clip_grad_norm, &self.kept) {
            for (n, tile) in own.clone().zip(&self.tiles[own.clone()]) {
                let p = &network.parameters[tile.parameter];
                let (gradient, vectors) = (gradients.at(tile.start), tile.vectors(p.width));
                // SAFETY: the tile is this thread's own, and so is its part of the
                // gradient; values and their gradients were written before the meeting.
                unsafe {
                    tile.gradient(epoch, samples, gradient);
                    let w = p.weights(tile.rows.start).w;
                    let step = &steps[tile.parameter][0];
                    *norms.at(n) = [(kernels.penalise)(gradient, w, vectors, step), 0.0];
                }
            }
            epoch.barrier.wait();
            let add = |sum: f64, n: usize| {
                // SAFETY: written before the last meeting.
                let [square, _] = unsafe { *norms.at(n) };
                sum + square
            };
            let norm = (0..self.tiles.len()).fold(0.0, add).sqrt();
            // As PyTorch does: a NaN stays one.
            let ratio = clip / (norm + 1e-6);
            factor = if ratio > 1.0 { 1.0 } else { ratio };
        }
        for (n, tile) in own.clone().zip(&self.tiles[own.clone()]) {
            let p = &network.parameters[tile.parameter];
            let weights = p.weights(tile.rows.start);
            let vectors = tile.vectors(p.width);
            let limited = p.is_weight && spec.max_norm.is_some();
            let step = steps[tile.parameter][1];
            let step = &if limited { step.without_average() } else { step };
            let mut sums = [0.0; 2];
            // SAFETY: as above; weights are read by others only after the next meeting.
            unsafe {
                match (&self.kept, p.gradient) {
                    (Some((gradients, _)), _) => {
                        let gradient = gradients.at(tile.start);
                        if factor != 1.0 {
                            (kernels.scale)(gradient, factor as f32, vectors);
                        }
                        (kernels.apply)(gradient, weights, vectors, step, &mut sums);
                    }
                    (None, Gradient::Chunks { .. }) => {
                        let gradient = scratch.passing.at(0);
                        tile.gradient(epoch, samples, gradient);
                        (kernels.apply)(gradient, weights, vectors, step, &mut sums);
                    }
                    (None, Gradient::Product { .. } | Gradient::Sum { .. }) => {
                        let (a, b) = tile.product(epoch);
                        let shape = (tile.rows.len(), samples, p.width / LANES);
                        (kernels.update)(a, b, weights, shape, step, &mut sums);
                    }
                }
                *after.at(n) = sums;
                if limited {
                    let shape = (tile.rows.len(), p.width / LANES);
                    let to = self.squares.at(tile.squares);
                    (kernels.squares)(weights.w, shape, Units::Columns, to);
                } else {
                    p.turn(kernels, tile.rows.clone());
                }
            }
        }
        if let Some(most) = spec.max_norm {
            epoch.barrier.wait();
            self.limit(epoch, own, (most, scratch), steps, after);
        }
    }

    /// Brings the units of the weights among the tiles `own`, which were updated, down to
    /// the norm `most`. A unit is a column, over all tiles of its parameter.
    fn limit(
        &self,
        epoch: &Epoch<'_>,
        own: Range<usize>,
        (most, scratch): (f64, &Scratch),
        steps: &[Steps],
        after: &Sums,
    ) {
        let Epoch { network, kernels, .. } = *epoch;
        let (factors, mut known, mut all_one) = (scratch.passing.at(0), None, true);
        for (n, tile) in own.clone().zip(&self.tiles[own]) {
            let p = &network.parameters[tile.parameter];
            if !p.is_weight {
                continue;
            }
            let tiles = &self.tiles[self.of(tile.parameter)];
            let step = &steps[tile.parameter][1];
            let mut sums = [0.0; 2];
            // SAFETY: the squares were written before the last meeting, and are written
            // again only after the next two; tiles and scratch are this thread's own.
            unsafe {
                if known != Some(tile.parameter) {
                    (known, all_one) = (Some(tile.parameter), true);
                    for unit in 0..p.width {
                        let square = |t: &Tile| f64::from(*self.squares.at(t.squares + unit));
                        let factor = factor(most, tiles.iter().map(square).sum());
                        *factors.add(unit) = factor;
                        all_one &= factor == 1.0;
                    }
                }
                if step.average != 0.0 || !all_one {
                    let shape = (tile.rows.len(), p.width / LANES);
                    let weights = p.weights(tile.rows.start);
                    (kernels.limit)(weights, shape, Units::Columns, factors, step, &mut sums);
                    *after.at(n) = sums;
                }
                p.turn(kernels, tile.rows.clone());
            }
        }
    }
}

impl Tile {
    fn vectors(&self, width: usize) -> usize {
        self.rows.len() * width / LANES
    }

    /// The two factors of the gradient of a linear layer's weight or bias.
    fn product(&self, epoch: &Epoch<'_>) -> (Strided, Rows<*const f32>) {
        let network = epoch.network;
        let buffer = |value: usize| &network.buffers[network.values[value].buffer];
        let rows = |output: usize| {
            let buffer = buffer(output);
            Rows { at: buffer.gradients.at(0).cast_const(), row: buffer.sample }
        };
        match network.parameters[self.parameter].gradient {
            Gradient::Product { input, output } => {
                let x = buffer(input);
                let at = x.values.at(self.rows.start).cast_const();
                (Strided { at, row: 1, column: x.sample }, rows(output))
            }
            Gradient::Sum { output } => (super::ONES, rows(output)),
            Gradient::Chunks { .. } => unreachable!("its gradient is gathered by chunks"),
        }
    }

    /// Writes the tile's gradient over a batch of `samples`.
    ///
    /// # Safety
    /// `to` must hold the tile, and be this thread's own; values and gradients must
    /// have been written before the last meeting.
    unsafe fn gradient(&self, epoch: &Epoch<'_>, samples: usize, to: *mut f32) {
        let Epoch { network, kernels, .. } = *epoch;
        let p = &network.parameters[self.parameter];
        let vectors = self.vectors(p.width);
        // SAFETY: the caller vouches for it.
        unsafe {
            let Gradient::Chunks { start } = p.gradient else {
                let (a, b) = self.product(epoch);
                let shape = (self.rows.len(), samples, p.width / LANES);
                return (kernels.matmul)(a, b, Rows { at: to, row: p.width }, shape, false);
            };
            let first = start + self.rows.start * p.width;
            let of = |chunk: usize| network.chunk_gradients.at(chunk * network.chunk_len + first);
            std::ptr::copy_nonoverlapping(of(0), to, vectors * LANES);
            for chunk in 1..samples.div_ceil(network.chunk_rows) {
                (kernels.accumulate)(to, of(chunk), vectors);
            }
        }
    }
}
