//! An epoch of the layered engine, as one thread sees it.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::network::Network;
use super::operation::{At, Operation, Scratch, Training, Way};
use super::pointwise;
use super::update::{Steps, Tiles};
use crate::elementwise::Draw;
use crate::kernel::{Kernels, RowLoss, TILE};
use crate::numbers::Numbers;
use crate::threads::barrier::Barrier;
use crate::threads::shared::Sums;
use crate::upload::{self, Uploaded};
use crate::{EpochEnd, EpochRun, EpochTally, Feed, Spec};

/// What all threads of an epoch see.
pub struct Epoch<'a> {
    /// The spec.
    pub spec: &'a Spec,
    /// Its layers, parameters and values.
    pub network: &'a Network,
    /// What is updated by one thread at a time.
    pub tiles: &'a Tiles,
    /// Σ|w| and Σw² by tile, for even and odd steps.
    pub sums: &'a [Sums; 2],
    /// Each chunk's loss.
    pub losses: &'a Sums,
    /// Its loss.
    pub loss: &'a RowLoss,
    /// What is trained on.
    pub data: &'a Uploaded,
    /// What was asked for.
    pub run: EpochRun<'a>,
    /// Steps taken before this epoch.
    pub start: u64,
    /// How many threads work.
    pub threads: usize,
    /// Where they meet.
    pub barrier: &'a Barrier,
    /// The first thread's word on whether to stop, for even and odd steps.
    pub stop: &'a [AtomicBool; 2],
    /// The instruction set.
    pub kernels: &'static Kernels,
    /// Whether nothing is trained, and running statistics become plain averages.
    pub refresh: bool,
}

/// One thread of an epoch.
pub struct Worker<'a> {
    epoch: &'a Epoch<'a>,
    /// Which thread.
    me: usize,
    scratch: &'a Scratch,
    /// Each parameter's numbers in this step.
    steps: Vec<Steps>,
}

/// A batch on its way.
#[derive(Clone, Copy)]
struct Batch<'a> {
    samples: &'a [u32],
    /// The position of the first in the epoch's order.
    first: usize,
    /// Steps taken before.
    step: u64,
}

impl<'a> Worker<'a> {
    /// Thread `me` of `epoch`.
    pub fn new(epoch: &'a Epoch<'a>, me: usize, scratch: &'a Scratch) -> Self {
        let steps = Vec::with_capacity(epoch.network.parameters.len());
        Worker { epoch, me, scratch, steps }
    }

    /// Runs the epoch. Every thread returns the same tally.
    pub fn run(mut self) -> EpochTally {
        let Epoch { spec, run, barrier, stop, network, refresh, .. } = *self.epoch;
        let batches = run.order.chunks(spec.batch_size).take(spec.steps(run.order.len()));
        let (mut loss, mut penalty, mut seen, mut taken) = (0.0, 0.0, 0, 0);
        let mut end = EpochEnd::Complete;
        for (t, samples) in batches.enumerate() {
            if self.me == 0 {
                stop[t % 2].store(run.stop.load(Ordering::Relaxed), Ordering::Relaxed);
            }
            let (first, step) = (t * spec.batch_size, self.epoch.start + t as u64);
            let batch = Batch { samples, first, step };
            self.there_and_back(batch);
            barrier.wait();
            if stop[t % 2].load(Ordering::Relaxed) {
                end = EpochEnd::Stopped;
                break;
            }
            if refresh {
                continue;
            }
            let n = samples.len();
            penalty += self.plan_update(t, batch.step) * n as f64;
            let batch_loss = (0..n.div_ceil(network.chunk_rows)).fold(0.0, |sum, chunk| {
                // SAFETY: written before the last meeting.
                let [loss, _] = unsafe { *self.epoch.losses.at(chunk) };
                sum + loss
            });
            loss += batch_loss;
            seen += n;
            if !batch_loss.is_finite() {
                end = EpochEnd::Diverged { step: t as u64 };
                break;
            }
            let after = &self.epoch.sums[((batch.step + 1) % 2) as usize];
            let Epoch { tiles, .. } = *self.epoch;
            tiles.update(self.epoch, self.me, self.scratch, (n, &self.steps), after);
            barrier.wait();
            taken += 1;
        }
        let n = seen as f64;
        EpochTally { loss: loss / n, penalty: penalty / n, steps: taken, end }
    }

    /// Takes this thread's chunks of a batch through all layers and, in training, back.
    fn there_and_back(&self, batch: Batch<'_>) {
        let Epoch { network, refresh, .. } = *self.epoch;
        let operations = &network.operations[..];
        let meetings = || (0..operations.len()).filter(|&i| operations[i].meets());
        let chunks = batch.samples.len().div_ceil(network.chunk_rows);
        let own =
            || chunks * self.me / self.epoch.threads..chunks * (self.me + 1) / self.epoch.threads;
        let (mut from, mut packed) = (0, false);
        let forward = |at: &At<'_>, range: Range<usize>| {
            operations[range].iter().for_each(|operation| operation.forward(at));
        };
        for meeting in meetings() {
            for chunk in own() {
                let at = self.at(batch, chunk);
                if !packed {
                    self.pack(&at, batch);
                }
                forward(&at, from..meeting);
                operations[meeting].gather(&at, Way::Forward);
            }
            self.meet(&*operations[meeting], batch, Way::Forward);
            (from, packed) = (meeting, true);
        }
        let mut to = operations.len();
        let backward = |at: &At<'_>, range: Range<usize>| {
            operations[range].iter().rev().for_each(|operation| operation.backward(at));
        };
        for (turn, meeting) in meetings().rev().map(Some).chain([None]).enumerate() {
            for chunk in own() {
                let at = self.at(batch, chunk);
                if turn == 0 {
                    if !packed {
                        self.pack(&at, batch);
                    }
                    forward(&at, from..operations.len());
                    if refresh {
                        continue;
                    }
                    self.loss(&at, batch, chunk);
                }
                backward(&at, meeting.map_or(0, |m| m + 1)..to);
                if let Some(meeting) = meeting {
                    operations[meeting].gather(&at, Way::Backward);
                }
            }
            if refresh {
                return;
            }
            if let Some(meeting) = meeting {
                self.meet(&*operations[meeting], batch, Way::Backward);
                to = meeting + 1;
            }
        }
    }

    /// All threads have left their part of the whole: now it can be used.
    fn meet(&self, operation: &dyn Operation, batch: Batch<'_>, way: Way) {
        self.epoch.barrier.wait();
        operation.settle(&self.at(batch, 0), way, self.me == 0);
    }

    fn at(&self, batch: Batch<'_>, chunk: usize) -> At<'a> {
        let Epoch { network, kernels, spec, .. } = *self.epoch;
        let samples = batch.samples.len();
        let first = chunk * network.chunk_rows;
        let training = Training {
            draw: Draw { seed: spec.seed, step: batch.step },
            chunk,
            chunks: samples.div_ceil(network.chunk_rows),
            samples,
            cumulative: self.epoch.refresh,
        };
        At {
            kernels,
            network,
            scratch: self.scratch,
            rows: first..samples.min(first + network.chunk_rows),
            training: Some(training),
        }
    }

    fn pack(&self, at: &At<'_>, batch: Batch<'_>) {
        let rows = at.rows.clone();
        let Epoch { data, run, .. } = *self.epoch;
        let feed = run.feed.map(|feed| (feed, batch.first + rows.start));
        pack(at, data, batch.samples[rows].iter().map(|&sample| sample as usize), feed);
    }

    /// A chunk's loss; the gradients of the batch's mean are left with the output.
    fn loss(&self, at: &At<'_>, batch: Batch<'_>, chunk: usize) {
        let Epoch { network, spec, loss, data, run, kernels, losses, .. } = *self.epoch;
        let width = network.buffers[network.values[network.output].buffer].sample;
        let (logits, gradients) = (at.values(network.output), at.gradients(network.output));
        let aim =
            |(row, &i): (usize, &u32)| upload::aim(&data.samples, run.feed, batch.first + row, i);
        let aims = || batch.samples.iter().enumerate().map(aim);
        let normaliser = loss.normaliser(aims());
        let scale = (1.0 / normaliser) as f32;
        // SAFETY: the chunk's rows are this thread's own; a row is padded to whole tiles.
        unsafe {
            std::ptr::copy_nonoverlapping(logits, gradients, at.count() * width);
            let rows = std::slice::from_raw_parts_mut(gradients, at.count() * width);
            let shape = (width, spec.outputs);
            let aims = aims().skip(at.rows.start).take(at.count());
            let sum = match run.feed {
                None => kernels.loss_rows(loss, rows, shape, aims.map(|aim| aim.own), scale),
                Some(_) => {
                    let spare = std::slice::from_raw_parts_mut(at.scratch.passing.at(0), width);
                    kernels.blended_rows(loss, rows, shape, aims, scale, spare)
                }
            };
            // As in the fused engine: the batch's loss times its samples.
            *losses.at(chunk) = [sum * (batch.samples.len() as f64 / normaliser), 0.0];
        }
    }

    /// Sets the numbers of this step's update; returns the penalty before it.
    fn plan_update(&mut self, t: usize, step: u64) -> f64 {
        let Epoch { spec, network, tiles, sums, run, .. } = *self.epoch;
        let numbers = Numbers::new(spec, run.steps.at(t), step);
        let before = &sums[(step % 2) as usize];
        self.steps.clear();
        let mut penalty = 0.0;
        for (i, parameter) in network.parameters.iter().enumerate() {
            let total = if spec.penalties.is_empty() {
                [0.0; 2]
            } else {
                // SAFETY: written before the last meeting, or before the epoch.
                unsafe { before.total(tiles.of(i)) }
            };
            let (steps, value) = match spec.clip_grad_norm {
                Some(_) => numbers.parts(parameter.is_weight, total),
                None => {
                    let (step, value) = numbers.step(parameter.is_weight, total);
                    ([step; 2], value)
                }
            };
            self.steps.push(steps);
            penalty += value;
        }
        penalty
    }
}

/// Packs samples as the first layer wants them, into the rows of `at` (which begin
/// with an even one): as they are stored, or as a feed gives them from a position on.
pub fn pack(
    at: &At<'_>,
    data: &Uploaded,
    samples: impl Iterator<Item = usize>,
    feed: Option<(&dyn Feed, usize)>,
) {
    let network = at.network;
    let (stored, layout) = (network.stored, at.layout(0));
    let draw = at.training.map(|training| training.draw);
    let ops = (&network.input_ops[..], &network.input_padding[..]);
    let to = at.values(0);
    let read = |row: usize, sample: usize, to: *mut f32| {
        let features = data.samples.features;
        // SAFETY: a sample's place in rows or scratch that are this thread's own.
        unsafe {
            match feed {
                None => data.pack(at.kernels, sample, to, TILE),
                Some((feed, first)) => {
                    at.scratch.fed.pack(feed, first + row, features, to, TILE);
                }
            }
        }
    };
    // SAFETY: the rows are this thread's own, and so is its scratch, which holds two
    // samples.
    unsafe {
        if layout.is_stored_order() {
            for (row, sample) in samples.enumerate() {
                let to = to.add(row * layout.sample());
                read(row, sample, to);
            }
            let none = std::ptr::null_mut();
            let rows = (at.rows.start, at.count());
            return pointwise::apply(at.kernels, ops, stored, (to, none), rows, draw);
        }
        let scratch = at.scratch.passing.at(0);
        let mut samples = samples.enumerate().peekable();
        while let Some((first, _)) = samples.peek().copied() {
            let mut count = 0;
            while count < 2 {
                let Some((_, sample)) = samples.next() else { break };
                let to = scratch.add(count * stored.sample());
                read(first + count, sample, to);
                count += 1;
            }
            let none = std::ptr::null_mut();
            let rows = (at.rows.start + first, count);
            pointwise::apply(at.kernels, ops, stored, (scratch, none), rows, draw);
            for row in 0..count {
                let from = scratch.add(row * stored.sample());
                let to = to.add((first + row) * layout.sample());
                for i in 0..layout.len() {
                    *to.add(layout.index(i)) = *from.add(i);
                }
            }
        }
    }
}
