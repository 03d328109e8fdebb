//! The layered engine: networks with convolutions, pooling, norms and residual blocks,
//! and rules that need the whole gradient at once.
//!
//! A batch is cut into chunks of samples. A thread takes a chunk through all layers and
//! back while it is in cache ([`operation`]); chunks leave their part of the gradients
//! of convolutions and norms behind, which are added up in the chunks' order. After a
//! meeting, each thread updates its own tiles of every parameter, and forms the gradient
//! of linear layers' weights there and then ([`update`]). So a step has two meetings of
//! all threads, two more for a batch norm, and one more for clipping.
//!
//! Chunks and tiles depend on the plan alone, so every number of threads gives the same
//! bits.

mod add;
mod batch_norm;
mod conv2d;
mod evaluate;
mod layer_norm;
mod layout;
mod linear;
mod look;
mod network;
mod operation;
mod parameter;
mod pointwise;
mod pool;
mod step;
mod update;

use std::sync::atomic::AtomicBool;

use crate::evaluation::{Judge, SampleResult};
use crate::kernel::{Kernels, RowLoss, Strided};
use crate::numbers::tally;
use crate::threads::barrier::Barrier;
use crate::threads::share_out::share_out;
use crate::threads::shared::{Shared, Sums};
use crate::upload::{FeedScratch, Uploaded};
use crate::{
    CompileError, DataId, EpochRun, EpochTally, Evaluation, ParameterInfo, Samples, Session,
    SessionError, Spec, State, Tensor, checks, random,
};
use evaluate::ROWS;
use network::{Home, Network};
use operation::Scratch;
use step::{Epoch, Worker};
use update::Tiles;

/// A column of ones: what a bias is multiplied by.
const ONES: Strided = Strided { at: &1.0, row: 0, column: 0 };

/// A network being trained by the layered engine.
pub struct Layered {
    spec: Spec,
    infos: Vec<ParameterInfo>,
    trained: Vec<ParameterInfo>,
    kernels: &'static Kernels,
    network: Network,
    loss: RowLoss,
    tiles: Tiles,
    /// One for each thread.
    scratch: Vec<Scratch>,
    sums: [Sums; 2],
    /// Steps taken.
    step: u64,
    data: Vec<Uploaded>,
    threads: usize,
}

impl Layered {
    /// A session for a checked `spec` with initial weights drawn from its seed.
    pub fn new(
        spec: &Spec,
        threads: usize,
        kernels: &'static Kernels,
    ) -> Result<Self, CompileError> {
        let network = Network::new(spec)?;
        let tiles = Tiles::new(&network, spec)?;
        let sums = || Sums::zeros(tiles.len());
        let mut session = Layered {
            infos: spec.parameters(),
            trained: spec.trained(),
            kernels,
            sums: [sums(), sums()],
            loss: RowLoss::new(&spec.loss, spec.outputs),
            tiles,
            scratch: Vec::new(),
            step: 0,
            data: Vec::new(),
            threads: threads.max(1),
            network,
            spec: spec.clone(),
        };
        let values: Vec<Vec<f32>> = random::initial_values(spec).map(|(_, v)| v).collect();
        session.put(&values.iter().map(|v| &v[..]).collect::<Vec<_>>());
        session.put_sums(&[]);
        Ok(session)
    }

    /// Threads that have something to do in training.
    fn useful_threads(&self) -> usize {
        /// Multiply-adds below which a meeting costs more than a thread brings.
        const WORTH_A_THREAD: usize = 200_000;
        let chunks = self.spec.batch_size.div_ceil(self.network.chunk_rows);
        let work = self.network.work.saturating_mul(self.spec.batch_size);
        self.threads.min(chunks).min(work / WORTH_A_THREAD).max(1)
    }

    /// Makes room for the batches of a data set and for every thread.
    fn reserve(&mut self, samples: usize) -> Result<(), CompileError> {
        let batch = self.spec.batch_size.min(samples);
        self.network.reserve(batch, self.threads * ROWS)?;
        while self.scratch.len() < self.threads {
            let [passing, kept] = self.network.scratch;
            let output = self.network.values[self.network.output].buffer;
            let passing = passing
                .max(2 * self.network.stored.sample())
                .max(self.tiles.largest())
                .max(self.network.buffers[output].sample);
            let (passing, kept) = (Shared::zeros(passing)?, Shared::zeros(kept)?);
            self.scratch.push(Scratch { passing, kept, fed: FeedScratch::new()? });
        }
        Ok(())
    }

    /// Puts every tensor in place.
    fn put(&mut self, values: &[&[f32]]) {
        for (home, values) in self.network.homes.iter().zip(values) {
            match *home {
                Home::Parameter(i) => self.network.parameters[i].put(0, values),
                Home::Buffer { operation, index } => {
                    self.network.operations[operation].set_buffer(index, values);
                }
            }
        }
        for parameter in &self.network.parameters {
            // SAFETY: `&mut self`: nobody else is at work.
            unsafe { parameter.turn(self.kernels, 0..parameter.rows) };
        }
    }

    /// Puts everything in place that training goes on from: weights, buffers and the
    /// optimiser's values in the network's order, steps and sums as in `state`.
    pub fn put_state(&mut self, values: &[&[f32]], slots: &[Vec<&[f32]>], state: &State) {
        self.put(values);
        for (i, slot) in slots.iter().enumerate() {
            for (parameter, values) in self.network.parameters.iter_mut().zip(slot) {
                parameter.put(i + 1, values);
            }
        }
        self.step = state.step;
        self.put_sums(&state.sums);
    }

    /// Sets the sums before the next step: as given, or from the weights.
    fn put_sums(&mut self, given: &[[f64; 2]]) {
        let present = &self.sums[(self.step % 2) as usize];
        for (i, parameter) in self.network.parameters.iter().enumerate() {
            let read = self.spec.sums(parameter.is_weight);
            let total = match given.get(i) {
                Some(&total) => total,
                None if read == [false; 2] => [0.0; 2],
                None => tally(&parameter.get(0), read),
            };
            // SAFETY: `&mut self`: nobody else is at work.
            unsafe { present.put(self.tiles.of(i), total) };
        }
    }

    /// The sums before the next step, by parameter.
    fn totals(&self) -> Vec<[f64; 2]> {
        if self.spec.penalties.is_empty() {
            return Vec::new();
        }
        let present = &self.sums[(self.step % 2) as usize];
        // SAFETY: outside an epoch nobody writes.
        (0..self.trained.len()).map(|i| unsafe { present.total(self.tiles.of(i)) }).collect()
    }

    /// Runs `run`, with every thread taking part.
    fn with_threads(&self, epoch: &Epoch<'_>) -> EpochTally {
        let work = |me: usize| {
            let _guard = epoch.barrier.guard();
            Worker::new(epoch, me, &self.scratch[me]).run()
        };
        if epoch.threads == 1 {
            return work(0);
        }
        std::thread::scope(|scope| {
            for me in 1..epoch.threads {
                let work = &work;
                scope.spawn(move || work(me));
            }
            work(0)
        })
    }

    /// An epoch of training, or of looking at batches only.
    fn epoch(&self, data: DataId, run: EpochRun<'_>, refresh: bool) -> EpochTally {
        let threads = self.useful_threads();
        self.with_threads(&Epoch {
            spec: &self.spec,
            network: &self.network,
            tiles: &self.tiles,
            sums: &self.sums,
            loss: &self.loss,
            data: &self.data[data.0],
            run,
            start: self.step,
            threads,
            barrier: &Barrier::new(threads),
            losses: &Sums::zeros(
                self.spec.batch_size.min(run.order.len()).div_ceil(self.network.chunk_rows),
            ),
            stop: &[AtomicBool::new(false), AtomicBool::new(false)],
            kernels: self.kernels,
            refresh,
        })
    }

    /// Calls `each` with every sample's index and row of outputs, shared out among the
    /// threads; each thread writes to parts of `out` of its own.
    fn for_outputs<T: Send>(
        &self,
        data: &Uploaded,
        out: &mut [T],
        each: impl Fn(usize, &mut [f32], &mut T) + Sync,
    ) {
        share_out(out, ROWS, self.threads, |me, first, out| {
            let samples = first..first + out.len();
            let thread = (me, &self.scratch[me]);
            let (rows, width) =
                evaluate::outputs(self.kernels, &self.network, data, samples, thread);
            for (row, out) in out.iter_mut().enumerate() {
                // SAFETY: a row of this thread's own, padded to whole vectors.
                let outputs =
                    unsafe { std::slice::from_raw_parts_mut(rows.add(row * width), width) };
                each(first + row, outputs, out);
            }
        });
    }

    fn named(&self, infos: &[ParameterInfo], values: Vec<Vec<f32>>) -> Vec<Tensor> {
        let tensor = |(info, data): (&ParameterInfo, _)| Tensor {
            name: info.name.clone(),
            shape: info.shape.clone(),
            data,
        };
        infos.iter().zip(values).map(tensor).collect()
    }
}

impl Session for Layered {
    fn upload(&mut self, samples: &Samples) -> Result<DataId, SessionError> {
        checks::samples(&self.spec, samples)?;
        self.reserve(samples.len()).map_err(|e| match e {
            CompileError::Memory { bytes } => SessionError::Memory { bytes },
            _ => unreachable!("the spec and the instructions were checked"),
        })?;
        self.data.push(Uploaded::new(samples.clone()));
        Ok(DataId(self.data.len() - 1))
    }

    fn set_threads(&mut self, threads: usize) {
        let before = self.threads;
        self.threads = threads.max(1);
        if self.reserve(0).is_err() {
            // More threads are never needed: go on with those that have room.
            self.threads = before;
        }
    }

    fn train_epoch(&mut self, data: DataId, run: EpochRun<'_>) -> EpochTally {
        let features = self.spec.input.len();
        self.scratch.iter_mut().for_each(|scratch| scratch.fed.reserve(&run, features));
        let tally = self.epoch(data, run, false);
        self.step += tally.steps;
        tally
    }

    fn evaluate(&mut self, data: DataId) -> Evaluation {
        let data = &self.data[data.0];
        let judge = Judge::new(&self.spec, &data.samples);
        let mut results = vec![SampleResult::default(); data.samples.len()];
        self.for_outputs(data, &mut results, |i, row, out| {
            *out = judge.sample(self.kernels, i, row);
        });
        judge.finish(&results)
    }

    fn logits(&mut self, data: DataId) -> Vec<f32> {
        let outputs = self.spec.outputs;
        let data = &self.data[data.0];
        let mut rows = vec![Vec::new(); data.samples.len()];
        self.for_outputs(data, &mut rows, |_, row, out| *out = row[..outputs].to_vec());
        rows.concat()
    }

    fn evaluate_with_logits(&mut self, data: DataId) -> (Evaluation, Vec<f32>) {
        let outputs = self.spec.outputs;
        let data = &self.data[data.0];
        let judge = Judge::new(&self.spec, &data.samples);
        let mut both = vec![(SampleResult::default(), Vec::new()); data.samples.len()];
        self.for_outputs(data, &mut both, |i, row, (result, logits)| {
            *logits = row[..outputs].to_vec();
            *result = judge.sample(self.kernels, i, row);
        });
        judge.finish_with_logits(both)
    }

    fn export(&self) -> State {
        let values = self.network.homes.iter().map(|home| match *home {
            Home::Parameter(i) => self.network.parameters[i].get(0),
            Home::Buffer { operation, index } => {
                self.network.operations[operation].buffers().swap_remove(index)
            }
        });
        let slot = |slot: usize| {
            let values = self.network.parameters.iter().map(|p| p.get(slot + 1)).collect();
            self.named(&self.trained, values)
        };
        State {
            parameters: self.named(&self.infos, values.collect()),
            slots: (0..self.spec.slots().count()).map(slot).collect(),
            step: self.step,
            sums: self.totals(),
        }
    }

    fn import(&mut self, state: &State) -> Result<(), SessionError> {
        let values = checks::tensors(&self.infos, &state.parameters)?;
        let slots = checks::slots(&self.spec, &self.trained, state)?;
        self.put_state(&values, &slots, state);
        Ok(())
    }

    fn import_parameters(&mut self, parameters: &[Tensor]) -> Result<(), SessionError> {
        let values = checks::tensors(&self.infos, parameters)?;
        self.put(&values);
        for slot in 1..=self.spec.slots().count() {
            for parameter in &mut self.network.parameters {
                parameter.clear(slot);
            }
        }
        self.step = 0;
        self.put_sums(&[]);
        Ok(())
    }

    fn refresh_statistics(&mut self, data: DataId, order: &[u32]) {
        if !self.spec.has_batch_norm() || order.is_empty() {
            return;
        }
        for operation in &mut self.network.operations {
            operation.forget();
        }
        let never = AtomicBool::new(false);
        let steps = crate::Steps::Same(crate::StepSettings::rate(0.0));
        self.epoch(data, EpochRun { order, steps, stop: &never, feed: None }, true);
    }
}
