//! The fused engine: weights are updated, and used again, while they are in cache.
//!
//! `layout.rs` says how a network lies in memory, `step.rs` what a step does.

mod activate;
mod evaluate;
mod layout;
#[cfg(all(loom, test))]
mod model;
mod pack;
mod step;
mod workspace;

use std::ops::Range;
use std::sync::atomic::AtomicBool;

use crate::evaluation::{Judge, SampleResult};
use crate::kernel::{Kernels, RowLoss, Step};
use crate::numbers::tally;
use crate::threads::barrier::Barrier;
use crate::threads::share_out::share_out;
use crate::threads::shared::Sums;
use crate::upload::Uploaded;
use crate::{
    CompileError, DataId, EpochRun, EpochTally, Evaluation, ParameterInfo, Precision, Samples,
    Session, SessionError, Spec, State, Tensor, checks, random,
};
use layout::Network;
use step::{Epoch, Worker};
use workspace::{CHUNK, Scratch, Workspace};

/// A network being trained by the fused engine.
pub struct Fused {
    spec: Spec,
    infos: Vec<ParameterInfo>,
    kernels: &'static Kernels,
    network: Network,
    loss: RowLoss,
    workspace: Workspace,
    /// One for each thread, and the numbers of a step by parameter.
    scratch: Vec<(Scratch, Vec<Step>)>,
    /// Where each parameter's sums are.
    parts: Vec<Range<usize>>,
    sums: [Sums; 2],
    /// Steps taken.
    step: u64,
    data: Vec<Uploaded>,
    threads: usize,
}

impl Fused {
    /// Whether `spec` is for this engine: nothing but linear layers and what is done
    /// value by value, and rules that need no whole gradient.
    pub fn can_run(spec: &Spec) -> bool {
        spec.beyond_dense().is_none()
    }

    /// A session for `spec` with initial weights drawn from its seed.
    pub fn new(
        spec: &Spec,
        threads: usize,
        kernels: &'static Kernels,
    ) -> Result<Self, CompileError> {
        spec.check()?;
        let network = Network::new(spec)?;
        let parts = step::parts(spec, &network);
        let sums = || Sums::zeros(parts.last().map_or(0, |r| r.end));
        let mut session = Fused {
            infos: spec.parameters(),
            kernels,
            loss: RowLoss::new(&spec.loss, spec.outputs),
            workspace: Workspace::new(&network, 0, false)?,
            sums: [sums(), sums()],
            spec: spec.clone(),
            scratch: Vec::new(),
            step: 0,
            data: Vec::new(),
            threads: threads.max(1),
            network,
            parts,
        };
        let values: Vec<Vec<f32>> = random::initial_values(spec).map(|(_, v)| v).collect();
        session.put(0, &values.iter().map(|v| &v[..]).collect::<Vec<_>>());
        session.put_sums(&[]);
        Ok(session)
    }

    /// Threads that have something to do in training.
    fn useful_threads(&self) -> usize {
        let hidden = self.network.hidden.iter().map(|l| l.0.panels());
        let most = hidden.chain([self.network.head.linear.blocks()]).max();
        self.threads.min(most.unwrap_or(1))
    }

    /// Makes room for the batches of a data set and for every thread.
    fn reserve(&mut self, samples: usize) -> Result<(), CompileError> {
        let capacity = self.spec.batch_size.min(samples).max(self.workspace.capacity);
        if capacity > self.workspace.capacity {
            self.workspace = {
                let packed = self.spec.precision == Precision::Bf16;
                Workspace::new(&self.network, capacity, packed)?
            };
            self.scratch.clear();
        }
        while self.scratch.len() < self.threads {
            let scratch = Scratch::new(&self.network, self.workspace.capacity)?;
            self.scratch.push((scratch, Vec::with_capacity(self.infos.len())));
        }
        Ok(())
    }

    /// Puts values of slot `slot` (0: weights) of every parameter in place.
    fn put(&mut self, slot: usize, values: &[&[f32]]) {
        let mut values = values.iter();
        for layer in self.network.layers() {
            let weight = values.next().expect("one for each parameter");
            let bias = if layer.linear().bias { values.next().copied() } else { None };
            layer.put(slot, weight, bias);
        }
        if slot == 0 {
            for block in 0..self.network.head.linear.blocks() {
                // SAFETY: `&mut self`: nobody else is at work.
                unsafe { self.network.head.transpose(block) };
            }
        }
    }

    /// Sets the sums before the next step: as given, or from the weights.
    fn put_sums(&mut self, given: &[[f64; 2]]) {
        let present = &self.sums[(self.step % 2) as usize];
        let weights = if given.is_empty() && !self.spec.penalties.is_empty() {
            self.network.copy(0)
        } else {
            Vec::new()
        };
        for (i, parts) in self.parts.iter().enumerate() {
            let read = self.spec.sums(self.infos[i].is_weight());
            let total = match (given.get(i), weights.get(i)) {
                (Some(&total), _) => total,
                (None, Some(values)) => tally(values, read),
                (None, None) => [0.0; 2],
            };
            // SAFETY: `&mut self`: nobody else is at work.
            unsafe { present.put(parts.clone(), total) };
        }
    }

    /// The sums before the next step, by parameter.
    fn totals(&self) -> Vec<[f64; 2]> {
        if self.spec.penalties.is_empty() {
            return Vec::new();
        }
        let present = &self.sums[(self.step % 2) as usize];
        // SAFETY: outside an epoch nobody writes.
        let total = |parts: &Range<usize>| unsafe { present.total(parts.clone()) };
        self.parts.iter().map(total).collect()
    }

    fn tensors(&self, slot: usize) -> Vec<Tensor> {
        let named = self.infos.iter().zip(self.network.copy(slot));
        named
            .map(|(info, data)| Tensor { name: info.name.clone(), shape: info.shape.clone(), data })
            .collect()
    }

    /// Calls `each` with every sample's index and logits, shared out among the
    /// threads; each thread writes to parts of `out` of its own.
    fn for_logits<T: Send>(
        &self,
        data: DataId,
        out: &mut [T],
        each: impl Fn(usize, &mut [f32], &mut T) + Sync,
    ) {
        let (data, width) = (&self.data[data.0], self.network.head.padded);
        share_out(out, CHUNK, self.threads, |me, first, out| {
            let scratch = &self.scratch[me].0;
            let samples = first..first + out.len();
            evaluate::logits(self.kernels, &self.network, data, samples, scratch);
            for (row, out) in out.iter_mut().enumerate() {
                let at = scratch.logits.at(row * width);
                // SAFETY: a row of this thread's own logits.
                let logits = unsafe { std::slice::from_raw_parts_mut(at, width) };
                each(first + row, logits, out);
            }
        });
    }
}

impl Session for Fused {
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
            self.threads = before.min(self.scratch.len()).max(1);
        }
    }

    fn train_epoch(&mut self, data: DataId, run: EpochRun<'_>) -> EpochTally {
        let threads = self.useful_threads();
        let features = self.spec.input.len();
        self.scratch.iter_mut().for_each(|(scratch, _)| scratch.fed.reserve(&run, features));
        let barrier = Barrier::new(threads);
        let epoch = Epoch {
            spec: &self.spec,
            network: &self.network,
            loss: &self.loss,
            workspace: &self.workspace,
            sums: &self.sums,
            data: &self.data[data.0],
            run,
            start: self.step,
            threads,
            barrier: &barrier,
            stop: &[AtomicBool::new(false), AtomicBool::new(false)],
            kernels: self.kernels,
        };
        let parts = &self.parts;
        let work = |me: usize, scratch: &mut (Scratch, Vec<Step>)| {
            let _guard = barrier.guard();
            Worker::new(&epoch, me, &mut scratch.0, parts, &mut scratch.1).run()
        };
        let (first, others) = self.scratch.split_at_mut(1);
        let tally = if threads == 1 {
            work(0, &mut first[0])
        } else {
            std::thread::scope(|scope| {
                for (i, scratch) in others.iter_mut().take(threads - 1).enumerate() {
                    let work = &work;
                    scope.spawn(move || work(i + 1, scratch));
                }
                work(0, &mut first[0])
            })
        };
        self.step += tally.steps;
        tally
    }

    fn evaluate(&mut self, data: DataId) -> Evaluation {
        let set = &self.data[data.0].samples;
        let judge = Judge::new(&self.spec, set);
        let mut results = vec![SampleResult::default(); set.len()];
        self.for_logits(data, &mut results, |i, outputs, out| {
            *out = judge.sample(self.kernels, i, outputs);
        });
        judge.finish(&results)
    }

    fn logits(&mut self, data: DataId) -> Vec<f32> {
        let outputs = self.spec.outputs;
        let mut rows = vec![Vec::new(); self.data[data.0].samples.len()];
        self.for_logits(data, &mut rows, |_, logits, out| *out = logits[..outputs].to_vec());
        rows.concat()
    }

    fn evaluate_with_logits(&mut self, data: DataId) -> (Evaluation, Vec<f32>) {
        let outputs = self.spec.outputs;
        let set = &self.data[data.0].samples;
        let judge = Judge::new(&self.spec, set);
        let mut both = vec![(SampleResult::default(), Vec::new()); set.len()];
        self.for_logits(data, &mut both, |i, row, (result, logits)| {
            *logits = row[..outputs].to_vec();
            *result = judge.sample(self.kernels, i, row);
        });
        judge.finish_with_logits(both)
    }

    fn refresh_statistics(&mut self, _: DataId, _: &[u32]) {}

    fn export(&self) -> State {
        State {
            parameters: self.tensors(0),
            slots: (1..=self.spec.slots().count()).map(|s| self.tensors(s)).collect(),
            step: self.step,
            sums: self.totals(),
        }
    }

    fn import(&mut self, state: &State) -> Result<(), SessionError> {
        let values = checks::tensors(&self.infos, &state.parameters)?;
        let slots = checks::slots(&self.spec, &self.infos, state)?;
        self.put(0, &values);
        for (i, slot) in slots.iter().enumerate() {
            self.put(i + 1, slot);
        }
        self.step = state.step;
        self.put_sums(&state.sums);
        Ok(())
    }

    fn import_parameters(&mut self, parameters: &[Tensor]) -> Result<(), SessionError> {
        let values = checks::tensors(&self.infos, parameters)?;
        self.put(0, &values);
        let zeros: Vec<Vec<f32>> = self.infos.iter().map(|info| vec![0.0; info.len()]).collect();
        let zeros: Vec<&[f32]> = zeros.iter().map(|z| &z[..]).collect();
        for slot in 1..=self.spec.slots().count() {
            self.put(slot, &zeros);
        }
        self.step = 0;
        self.put_sums(&[]);
        Ok(())
    }
}
