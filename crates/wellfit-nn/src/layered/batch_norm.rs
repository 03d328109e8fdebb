//! Batch norm: each feature or channel by its mean and variance over the batch.
//! <https://arxiv.org/abs/1502.03167>
//!
//! Every chunk gathers its own mean and squared distances; they are put together in
//! the chunks' order, in f64 (Chan, Golub and LeVeque, "Updating formulae and a pairwise
//! algorithm for computing sample variances", 1979).

use std::sync::atomic::{AtomicU64, Ordering};

use super::layout::Layout;
use super::operation::{At, Back, Operation, Ports, Training, Way};
use crate::CompileError;
use crate::kernel::Pixels;
use crate::threads::shared::Shared;

/// Added to the variance.
const EPS: f64 = 1e-5;
/// The weight of the new statistics in the running ones.
const MOMENTUM: f64 = 0.1;

/// Rows that a thread keeps through a step, each of a value a channel.
#[derive(Clone, Copy)]
enum Kept {
    Mean,
    /// 1/√(variance + eps)
    Inverse,
    /// The same times the weight: what dy is multiplied by.
    Scale,
    /// What the distance to the mean is multiplied by on the way back.
    Along,
    /// What is added on the way back.
    Plain,
}

/// A batch norm over features or channels.
pub struct BatchNorm {
    ports: Ports,
    /// Its weight and bias, among the parameters.
    weight: usize,
    bias: usize,
    layout: Layout,
    /// Mean and squared distances of each chunk.
    gathered: Shared,
    /// Running mean and variance, a value a stored channel.
    running: Shared,
    /// Batches that they come from.
    batches: AtomicU64,
    /// Where its rows are in what a thread keeps.
    kept: usize,
}

impl BatchNorm {
    /// Values that a thread keeps for a norm over `layout`.
    pub fn kept(layout: Layout) -> usize {
        5 * layout.pixel
    }

    /// Batch norm over values of `layout`, for up to `chunks` chunks; a thread keeps its
    /// rows from `kept` on.
    pub fn new(
        ports: Ports,
        [weight, bias]: [usize; 2],
        layout: Layout,
        chunks: usize,
        kept: usize,
    ) -> Result<Self, CompileError> {
        let gathered = Shared::zeros(chunks.saturating_mul(2 * layout.pixel))?;
        let running = Shared::zeros(2 * layout.pixel)?;
        let batches = AtomicU64::new(0);
        Ok(BatchNorm { ports, weight, bias, layout, gathered, running, batches, kept })
    }

    fn row(&self, at: &At<'_>, kept: Kept) -> *mut f32 {
        at.scratch.kept.at(self.kept + kept as usize * self.layout.pixel)
    }

    /// Some samples' pixels.
    fn pixels(&self, samples: usize) -> Pixels {
        let Layout { pixel, .. } = self.layout;
        Pixels { samples, sample: self.layout.sample(), count: self.layout.pixels(), pixel }
    }

    /// Samples of each chunk, in order.
    fn chunks(training: Training, rows: usize) -> impl Iterator<Item = usize> {
        let Training { samples, chunks, .. } = training;
        (0..chunks).map(move |chunk| rows.min(samples - chunk * rows))
    }

    fn weights(&self, at: &At<'_>, parameter: usize) -> *const f32 {
        at.network.parameters[parameter].weights(0).w
    }

    /// A chunk's gradients of weight and bias.
    fn chunk_sums(&self, at: &At<'_>, chunk: usize) -> [*mut f32; 2] {
        [self.weight, self.bias].map(|parameter| at.gradient_of_chunk(parameter, chunk))
    }

    /// Mean and variance over the batch, and what follows from them.
    fn settle_forward(&self, at: &At<'_>, training: Training, leader: bool) {
        let width = self.layout.pixel;
        let pixels = self.layout.pixels() as f64;
        let n = training.samples as f64 * pixels;
        let [mean_row, inverse, scale] =
            [Kept::Mean, Kept::Inverse, Kept::Scale].map(|kept| self.row(at, kept));
        let weight = self.weights(at, self.weight);
        let batches = self.batches.load(Ordering::Relaxed) + 1;
        let share = if training.cumulative { 1.0 / batches as f64 } else { MOMENTUM };
        for c in 0..width {
            let (mut seen, mut mean, mut squares) = (0.0, 0.0, 0.0);
            let rows = at.network.chunk_rows;
            for (chunk, samples) in Self::chunks(training, rows).enumerate() {
                let gathered = self.gathered.at(chunk * 2 * width + c);
                // SAFETY: written before the meeting, by the chunks' threads.
                let (its_mean, its_squares) =
                    unsafe { (f64::from(*gathered), f64::from(*gathered.add(width))) };
                let count = samples as f64 * pixels;
                let distance = its_mean - mean;
                let all = seen + count;
                mean += distance * count / all;
                squares += its_squares + distance * distance * seen * count / all;
                seen = all;
            }
            let variance = squares / n;
            let inverse_here = 1.0 / (variance + EPS).sqrt();
            // SAFETY: what a thread keeps is its own; the running statistics are the
            // leader's, and nobody reads them in training.
            unsafe {
                *mean_row.add(c) = mean as f32;
                *inverse.add(c) = inverse_here as f32;
                *scale.add(c) = inverse_here as f32 * *weight.add(c);
                if leader {
                    let unbiased = if n > 1.0 { squares / (n - 1.0) } else { f64::NAN };
                    for (row, new) in [(0, mean), (1, unbiased)] {
                        let running = self.running.at(row * width + c);
                        let old = f64::from(*running);
                        *running = (old + (new - old) * share) as f32;
                    }
                }
            }
        }
        if leader {
            self.batches.store(batches, Ordering::Relaxed);
        }
    }

    /// What the gradients over the batch make of a chunk's.
    fn settle_backward(&self, at: &At<'_>, training: Training) {
        let n = (training.samples * self.layout.pixels()) as f64;
        let [inverse, scale, along, plain] =
            [Kept::Inverse, Kept::Scale, Kept::Along, Kept::Plain].map(|kept| self.row(at, kept));
        for c in 0..self.layout.pixel {
            let mut sums = [0.0f64; 2];
            for chunk in 0..training.chunks {
                for (sum, from) in sums.iter_mut().zip(self.chunk_sums(at, chunk)) {
                    // SAFETY: written before the meeting, by the chunks' threads.
                    *sum += f64::from(unsafe { *from.add(c) });
                }
            }
            // SAFETY: what a thread keeps is its own.
            unsafe {
                let scale = f64::from(*scale.add(c));
                *along.add(c) = (-scale * f64::from(*inverse.add(c)) * sums[0] / n) as f32;
                *plain.add(c) = (-scale * sums[1] / n) as f32;
            }
        }
    }
}

impl Operation for BatchNorm {
    fn meets(&self) -> bool {
        true
    }

    fn gather(&self, at: &At<'_>, way: Way) {
        let Some(Training { chunk, .. }) = at.training else { return };
        let Ports { input, output, .. } = self.ports;
        let pixels = self.pixels(at.count());
        let x = at.values(input).cast_const();
        // SAFETY: the chunk's rows are this thread's own, shapes those of the layer; so
        // is the chunk's part of what is gathered.
        unsafe {
            match way {
                Way::Forward => {
                    let to = self.gathered.at(chunk * 2 * self.layout.pixel);
                    (at.kernels.moments)(x, to, to.add(self.layout.pixel), &pixels);
                }
                Way::Backward => {
                    let of = [Kept::Mean, Kept::Inverse].map(|k| self.row(at, k).cast_const());
                    let sums = self.chunk_sums(at, chunk);
                    let dy = at.gradients(output).cast_const();
                    (at.kernels.norm_sums)(dy, x, of, sums, &pixels);
                }
            }
        }
    }

    fn settle(&self, at: &At<'_>, way: Way, leader: bool) {
        let Some(training) = at.training else { return };
        match way {
            Way::Forward => self.settle_forward(at, training, leader),
            Way::Backward => self.settle_backward(at, training),
        }
    }

    fn forward(&self, at: &At<'_>) {
        let Ports { input, output, .. } = self.ports;
        let width = self.layout.pixel;
        let (mean, scale) = match at.training {
            Some(_) => (self.row(at, Kept::Mean), self.row(at, Kept::Scale)),
            None => {
                let scale = self.row(at, Kept::Scale);
                let weight = self.weights(at, self.weight);
                for c in 0..width {
                    // SAFETY: what a thread keeps is its own; nobody trains now.
                    unsafe {
                        let variance = f64::from(*self.running.at(width + c));
                        *scale.add(c) = (1.0 / (variance + EPS).sqrt()) as f32 * *weight.add(c);
                    }
                }
                (self.running.at(0), scale)
            }
        };
        let of = [mean.cast_const(), scale.cast_const(), self.weights(at, self.bias)];
        let (x, y) = (at.values(input), at.values(output));
        // SAFETY: the chunk's rows are this thread's own, shapes those of the layer.
        unsafe { (at.kernels.normalise)(x, y, of, &self.pixels(at.count())) };
    }

    fn backward(&self, at: &At<'_>) {
        let Ports { input, output, back } = self.ports;
        if back == Back::Nowhere {
            return;
        }
        let rows = [Kept::Mean, Kept::Scale, Kept::Along, Kept::Plain];
        let of = rows.map(|kept| self.row(at, kept).cast_const());
        let (dy, x, dx) = (at.gradients(output), at.values(input), at.gradients(input));
        let add = back == Back::Add;
        // SAFETY: as above.
        unsafe { (at.kernels.norm_back)(dy, x, dx, of, &self.pixels(at.count()), add) };
    }

    fn buffers(&self) -> Vec<Vec<f32>> {
        let row = |row: usize| {
            // SAFETY: outside an epoch nobody writes.
            let value =
                |i| unsafe { *self.running.at(row * self.layout.pixel + self.layout.channel(i)) };
            (0..self.layout.channels()).map(value).collect()
        };
        vec![row(0), row(1), vec![self.batches.load(Ordering::Relaxed) as f32]]
    }

    fn forget(&mut self) {
        self.batches = AtomicU64::new(0);
    }

    fn set_buffer(&mut self, index: usize, values: &[f32]) {
        if index == 2 {
            self.batches = AtomicU64::new(values[0] as u64);
            return;
        }
        for (i, &value) in values.iter().enumerate() {
            let at = index * self.layout.pixel + self.layout.channel(i);
            self.running.values()[at] = value;
        }
    }
}
