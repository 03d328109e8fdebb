//! The slow twin: every formula as one plain loop.
//!
//! The fused engine must give what this gives, to rounding. It is generic over
//! f32 and f64 so that its gradients can be checked against finite differences.
//! One thread, no tricks; a layer is a file, and activations are kept layer by layer.

mod activation;
mod batch_norm;
mod chain;
mod conv2d;
mod dropout;
mod flatten;
mod layer_norm;
mod linear;
mod look;
mod loss;
mod network;
mod operation;
mod optimizer;
mod penalty;
mod pool;
mod real;
mod residual;
#[cfg(test)]
mod tests;
mod windows;

pub use look::look;
pub use real::Real;

use std::sync::atomic::Ordering;

use crate::{
    CompileError, DataId, EpochEnd, EpochRun, EpochTally, Evaluation, Feed, ParameterInfo, Samples,
    Session, SessionError, Spec, State, StepSettings, Tensor, checks, random,
};
use loss::BatchLoss;
use network::Network;
use operation::{Averaging, Pass};
use optimizer::Rule;
use penalty::PenaltyTerms;

/// A network being trained, in the plainest way.
#[derive(Debug)]
pub struct Reference<T> {
    spec: Spec,
    infos: Vec<ParameterInfo>,
    parameters: Vec<Parameter<T>>,
    network: Network<T>,
    /// Steps taken.
    step: u64,
    data: Vec<Samples>,
    /// A sample as it is stored, before it becomes `T`.
    sample: Vec<f32>,
    /// Which samples are before the network.
    batch: Vec<usize>,
}

/// A parameter tensor, its gradient and the optimiser's values. A buffer has only
/// values.
#[derive(Debug)]
struct Parameter<T> {
    values: Vec<T>,
    gradient: Vec<T>,
    /// One tensor for each of the spec's slots: the optimiser's, then the average.
    slots: Vec<Vec<T>>,
    /// Those of Σ|w| and Σw² that the penalties read, after the last step.
    sums: [f64; 2],
    /// Which they read.
    read: [bool; 2],
    penalty: PenaltyTerms,
}

impl<T: Real> Reference<T> {
    /// A session for `spec` with initial weights drawn from its seed.
    ///
    /// # Errors
    /// If the spec is wrong, or if there is not enough memory.
    pub fn new(spec: &Spec) -> Result<Self, CompileError> {
        spec.check()?;
        let (mut infos, mut parameters) = (Vec::new(), Vec::new());
        for (info, drawn) in random::initial_values(spec) {
            parameters.push(Parameter::new(spec, &info, &drawn)?);
            infos.push(info);
        }
        let sample = zeros(spec.input.len())?;
        let network = Network::new(spec);
        let (data, batch) = (Vec::new(), Vec::new());
        Ok(Self { spec: spec.clone(), infos, parameters, network, step: 0, data, sample, batch })
    }

    /// How close training came to a point where the gradient jumps: the smallest
    /// magnitude other than 0 that reached a ReLU, and the smallest distance of a
    /// max-pool's other values to its largest.
    ///
    /// Two engines that round differently can be compared by their gradients only
    /// while this is well above a rounding error: below, a unit may be on in one
    /// and off in the other.
    pub fn margin(&self) -> f64 {
        self.network.margin()
    }

    /// Data loss of the batch times its samples; the loss's gradients are left in the
    /// parameters.
    fn data_gradient(&mut self, data: DataId, batch: &[u32]) -> f64 {
        self.fed_gradient(data, batch, None)
    }

    /// The same of a batch as a feed gives it, from a position of the epoch's order on.
    fn fed_gradient(
        &mut self,
        data: DataId,
        batch: &[u32],
        feed: Option<(&dyn Feed, usize)>,
    ) -> f64 {
        match feed {
            None => self.load(data, batch.iter().map(|&i| i as usize)),
            Some((feed, first)) => self.load_fed(batch, feed, first),
        }
        let pass = self.training(self.step, Averaging::Moving);
        self.network.forward(&mut self.parameters, pass);
        let (outputs, deltas) = self.network.ends();
        let mut loss = BatchLoss::new(&self.spec.loss, &self.data[data.0], &self.batch);
        if let Some((feed, first)) = feed {
            loss.blends = (first..first + batch.len()).map(|at| feed.blend(at)).collect();
        }
        let loss = loss.of(outputs, deltas);
        self.network.backward(&mut self.parameters, pass);
        loss
    }

    fn training(&self, step: u64, averaging: Averaging) -> Pass {
        Pass::Training { seed: self.spec.seed, step, averaging }
    }

    /// The penalty at the present weights, from the tallies of the last step.
    fn penalty(&self) -> f64 {
        self.trained().map(|(_, p)| p.penalty.value(p.sums)).sum()
    }

    /// From gradients of the data loss to those of the objective.
    fn add_penalties(&mut self) {
        for Parameter { values, gradient, sums, penalty, .. } in &mut self.parameters {
            penalty.add_gradient(gradient, values, *sums);
        }
    }

    /// Scales the gradient of the objective down to its largest norm.
    fn clip(&mut self) {
        let Some(most) = self.spec.clip_grad_norm else { return };
        let all = self.parameters.iter().flat_map(|p| &p.gradient);
        let norm = all.fold(0.0, |sum, g| sum + g.to_f64().powi(2)).sqrt();
        let scale = most / (norm + 1e-6);
        if scale >= 1.0 {
            return;
        }
        let all = self.parameters.iter_mut().flat_map(|p| &mut p.gradient);
        all.for_each(|g| *g *= T::from_f64(scale));
    }

    /// From gradients of the objective to new weights, averages and tallies.
    fn update(&mut self, settings: StepSettings) {
        let optimizer = self.spec.optimizer.with_momentum(settings.momentum);
        let rule = Rule::at_step(&optimizer, settings.lr, self.step);
        let own = self.spec.optimizer.slots().len();
        for (info, parameter) in self.infos.iter().zip(&mut self.parameters) {
            if info.is_trained() {
                let Parameter { values, gradient, slots, sums, read, .. } = parameter;
                let (slots, averages) = slots.split_at_mut(own);
                rule.apply(values, gradient, slots);
                if let (Some(most), true) = (self.spec.max_norm, info.is_weight()) {
                    let inputs = values.len() / info.shape[0];
                    values.chunks_mut(inputs).for_each(|unit| limit(unit, most));
                }
                averages.iter_mut().for_each(|a| average(a, values, settings.average));
                *sums = tally(values, *read);
            }
        }
        self.step += 1;
    }

    /// The tensors that the optimiser moves.
    fn trained(&self) -> impl Iterator<Item = (&ParameterInfo, &Parameter<T>)> {
        self.infos.iter().zip(&self.parameters).filter(|(info, _)| info.is_trained())
    }

    /// Puts samples of a data set before the network.
    fn load(&mut self, data: DataId, samples: impl Iterator<Item = usize>) {
        let set = &self.data[data.0];
        self.batch.clear();
        self.network.clear();
        for i in samples {
            set.read(i, &mut self.sample);
            self.batch.push(i);
            self.network.push(&self.sample);
        }
    }

    /// Puts a batch before the network as a feed gives it.
    fn load_fed(&mut self, batch: &[u32], feed: &dyn Feed, first: usize) {
        self.batch.clear();
        self.network.clear();
        let mut scratch = vec![0.0; feed.scratch()];
        for (position, &i) in (first..).zip(batch) {
            feed.read(position, &mut self.sample, &mut scratch);
            self.batch.push(i as usize);
            self.network.push(&self.sample);
        }
    }

    /// What the network gives in evaluation mode, sample after sample.
    fn outputs(&mut self, data: DataId) -> Vec<T> {
        let mut outputs = Vec::new();
        for i in 0..self.data[data.0].len() {
            self.load(data, std::iter::once(i));
            self.network.forward(&mut self.parameters, Pass::Evaluation);
            outputs.extend_from_slice(self.network.outputs());
        }
        outputs
    }
}

impl<T: Real> Parameter<T> {
    fn new(spec: &Spec, info: &ParameterInfo, drawn: &[f32]) -> Result<Self, CompileError> {
        let mut values = zeros(info.len())?;
        copy(&mut values, drawn);
        if !info.is_trained() {
            let (gradient, slots, penalty) = (Vec::new(), Vec::new(), PenaltyTerms::default());
            return Ok(Self { values, gradient, slots, sums: [0.0; 2], read: [false; 2], penalty });
        }
        let slots = spec.slots().map(|_| zeros(info.len()));
        let read = spec.sums(info.is_weight());
        Ok(Self {
            sums: tally(&values, read),
            read,
            values,
            gradient: zeros(info.len())?,
            slots: slots.collect::<Result<_, _>>()?,
            penalty: PenaltyTerms::new(&spec.penalties, info.is_weight()),
        })
    }
}

impl<T: Real> Session for Reference<T> {
    fn upload(&mut self, samples: &Samples) -> Result<DataId, SessionError> {
        checks::samples(&self.spec, samples)?;
        self.data.push(samples.clone());
        Ok(DataId(self.data.len() - 1))
    }

    fn set_threads(&mut self, _: usize) {}

    fn train_epoch(&mut self, data: DataId, run: EpochRun<'_>) -> EpochTally {
        let steps = self.spec.steps(run.order.len());
        let (mut loss, mut penalty, mut seen, mut taken) = (0.0, 0.0, 0, 0);
        let mut end = EpochEnd::Complete;
        for batch in run.order.chunks(self.spec.batch_size).take(steps) {
            if run.stop.load(Ordering::Relaxed) {
                end = EpochEnd::Stopped;
                break;
            }
            let first = taken as usize * self.spec.batch_size;
            let batch_loss = self.fed_gradient(data, batch, run.feed.map(|feed| (feed, first)));
            loss += batch_loss;
            penalty += self.penalty() * batch.len() as f64;
            seen += batch.len();
            if !batch_loss.is_finite() {
                end = EpochEnd::Diverged { step: taken };
                break;
            }
            self.add_penalties();
            self.clip();
            self.update(run.steps.at(taken as usize));
            taken += 1;
        }
        let n = seen as f64;
        EpochTally { loss: loss / n, penalty: penalty / n, steps: taken, end }
    }

    fn evaluate(&mut self, data: DataId) -> Evaluation {
        let outputs = self.outputs(data);
        loss::evaluation(&self.spec, &self.data[data.0], &outputs)
    }

    fn logits(&mut self, data: DataId) -> Vec<f32> {
        self.outputs(data).iter().map(|x| x.to_f64() as f32).collect()
    }

    /// The masks of dropout in batch number i are those of the step i steps from now.
    fn refresh_statistics(&mut self, data: DataId, order: &[u32]) {
        for (info, parameter) in self.infos.iter().zip(&mut self.parameters) {
            if !info.is_trained() {
                let start = if info.name.ends_with("running_var") { 1.0 } else { 0.0 };
                parameter.values.fill(T::from_f64(start));
            }
        }
        let steps = self.spec.steps(order.len());
        for (i, batch) in order.chunks(self.spec.batch_size).take(steps).enumerate() {
            self.load(data, batch.iter().map(|&i| i as usize));
            let pass = self.training(self.step + i as u64, Averaging::Cumulative);
            self.network.forward(&mut self.parameters, pass);
        }
    }

    fn export(&self) -> State {
        let slot =
            |slot: usize| self.trained().map(|(info, p)| tensor(info, &p.slots[slot])).collect();
        let all = self.infos.iter().zip(&self.parameters);
        State {
            parameters: all.map(|(info, p)| tensor(info, &p.values)).collect(),
            slots: (0..self.spec.slots().count()).map(slot).collect(),
            step: self.step,
            sums: self.trained().map(|(_, p)| p.sums).collect(),
        }
    }

    fn import(&mut self, state: &State) -> Result<(), SessionError> {
        let values = checks::tensors(&self.infos, &state.parameters)?;
        let slots = checks::slots(&self.spec, &self.spec.trained(), state)?;
        for (parameter, values) in self.parameters.iter_mut().zip(values) {
            copy(&mut parameter.values, values);
        }
        let pairs = self.infos.iter().zip(&mut self.parameters);
        for (i, (_, parameter)) in pairs.filter(|(info, _)| info.is_trained()).enumerate() {
            for (slot, tensors) in parameter.slots.iter_mut().zip(&slots) {
                copy(slot, tensors[i]);
            }
            parameter.sums = match state.sums.get(i) {
                Some(&sums) => sums,
                None => tally(&parameter.values, parameter.read),
            };
        }
        self.step = state.step;
        Ok(())
    }

    fn import_parameters(&mut self, parameters: &[Tensor]) -> Result<(), SessionError> {
        let values = checks::tensors(&self.infos, parameters)?;
        for (parameter, values) in self.parameters.iter_mut().zip(values) {
            copy(&mut parameter.values, values);
            parameter.slots.iter_mut().for_each(|slot| slot.fill(T::ZERO));
            parameter.sums = tally(&parameter.values, parameter.read);
        }
        self.step = 0;
        Ok(())
    }
}

fn tensor<T: Real>(info: &ParameterInfo, values: &[T]) -> Tensor {
    let data = values.iter().map(|x| x.to_f64() as f32).collect();
    Tensor { name: info.name.clone(), shape: info.shape.clone(), data }
}

/// a += (w − a)·share; a share of 1 copies.
fn average<T: Real>(averages: &mut [T], values: &[T], share: f64) {
    if share == 1.0 {
        return averages.copy_from_slice(values);
    }
    let share = T::from_f64(share);
    for (a, &w) in averages.iter_mut().zip(values) {
        *a += (w - *a) * share;
    }
}

/// Scales the weights of a unit down to the norm `most`.
fn limit<T: Real>(unit: &mut [T], most: f64) {
    let norm = unit.iter().fold(0.0, |sum, w| sum + w.to_f64().powi(2)).sqrt();
    if norm > most {
        unit.iter_mut().for_each(|w| *w *= T::from_f64(most / norm));
    }
}

/// Σ|w| and Σw², in order; 0 for what nobody reads.
fn tally<T: Real>(values: &[T], read: [bool; 2]) -> [f64; 2] {
    let sum = |read: bool, term: fn(f64) -> f64| {
        if read { values.iter().fold(0.0, |sum, w| sum + term(w.to_f64())) } else { 0.0 }
    };
    [sum(read[0], f64::abs), sum(read[1], |w| w * w)]
}

fn copy<T: Real>(to: &mut [T], from: &[f32]) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to = T::from_f64(f64::from(from));
    }
}

/// `n` zeros, or an error where there is no room for them.
fn zeros<T: Real>(n: usize) -> Result<Vec<T>, CompileError> {
    let mut values = Vec::new();
    let bytes = n.saturating_mul(size_of::<T>());
    values.try_reserve_exact(n).map_err(|_| CompileError::Memory { bytes })?;
    values.resize(n, T::ZERO);
    Ok(values)
}
