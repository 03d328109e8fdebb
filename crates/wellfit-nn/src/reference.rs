//! The slow twin: every formula as one plain loop.
//!
//! The fused engine must give what this gives, to rounding. It is generic over
//! f32 and f64 so that its gradients can be checked against finite differences.
//! One thread, no tricks; activations are kept layer by layer.

mod activation;
mod network;
mod optimizer;
mod penalty;
mod real;
#[cfg(test)]
mod tests;

pub use real::Real;

use std::sync::atomic::Ordering;

use crate::{
    CompileError, DataId, EpochEnd, EpochRun, EpochTally, Evaluation, ParameterInfo, Samples,
    Session, SessionError, Spec, State, StepSettings, Tensor, checks, random,
};
use network::{Network, Pass};
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
    labels: Vec<u32>,
}

/// A parameter tensor, its gradient and the optimiser's values.
#[derive(Debug)]
struct Parameter<T> {
    values: Vec<T>,
    gradient: Vec<T>,
    /// One tensor for each of [`Spec::slots`].
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
        let (data, labels) = (Vec::new(), Vec::new());
        Ok(Self { spec: spec.clone(), infos, parameters, network, step: 0, data, sample, labels })
    }

    /// The smallest magnitude other than 0 that reached a ReLU in training so far.
    ///
    /// Two engines that round differently can be compared by their gradients only
    /// while this is well above a rounding error: below, a unit may be on in one
    /// and off in the other.
    pub fn margin(&self) -> f64 {
        self.network.margin
    }

    /// Data loss of the batch, summed over its samples; the gradients of its mean
    /// are left in the parameters.
    fn data_gradient(&mut self, data: DataId, batch: &[u32]) -> f64 {
        self.load(data, batch.iter().map(|&i| i as usize));
        let pass = Pass::Training { seed: self.spec.seed, step: self.step };
        self.network.forward(&self.parameters, pass);
        let loss = self.network.cross_entropy(&self.labels);
        self.network.backward(&mut self.parameters, pass);
        loss
    }

    /// The penalty at the present weights, from the tallies of the last step.
    fn penalty(&self) -> f64 {
        self.parameters.iter().map(|p| p.penalty.value(p.sums)).sum()
    }

    /// From gradients of the data loss to new weights and new tallies.
    fn update(&mut self, settings: StepSettings) {
        let optimizer = self.spec.optimizer.with_momentum(settings.momentum);
        let rule = Rule::at_step(&optimizer, settings.lr, self.step);
        for parameter in &mut self.parameters {
            let Parameter { values, gradient, slots, sums, read, penalty } = parameter;
            let (slots, average) = slots.split_at_mut(self.spec.optimizer.slots().len());
            penalty.add_gradient(gradient, values, *sums);
            rule.apply(values, gradient, slots);
            if let [average] = average {
                let share = T::from_f64(settings.average);
                average.iter_mut().zip(&*values).for_each(|(a, &w)| *a += (w - *a) * share);
            }
            *sums = tally(values, *read);
        }
        self.step += 1;
    }

    /// Puts samples of a data set before the network.
    fn load(&mut self, data: DataId, samples: impl Iterator<Item = usize>) {
        let set = &self.data[data.0];
        self.labels.clear();
        self.network.clear();
        for i in samples {
            set.read(i, &mut self.sample);
            self.labels.push(set.label(i));
            self.network.push(&self.sample);
        }
    }

    fn tensors<'a>(&'a self, values: impl Fn(&'a Parameter<T>) -> &'a [T]) -> Vec<Tensor> {
        let tensor = |(info, parameter): (&ParameterInfo, &'a Parameter<T>)| Tensor {
            name: info.name.clone(),
            shape: info.shape.clone(),
            data: values(parameter).iter().map(|x| x.to_f64() as f32).collect(),
        };
        self.infos.iter().zip(&self.parameters).map(tensor).collect()
    }
}

impl<T: Real> Parameter<T> {
    fn new(spec: &Spec, info: &ParameterInfo, drawn: &[f32]) -> Result<Self, CompileError> {
        let mut values = zeros(info.len())?;
        copy(&mut values, drawn);
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
            let batch_loss = self.data_gradient(data, batch);
            loss += batch_loss;
            penalty += self.penalty() * batch.len() as f64;
            seen += batch.len();
            if !batch_loss.is_finite() {
                end = EpochEnd::Diverged { step: taken };
                break;
            }
            self.update(run.steps.at(taken as usize));
            taken += 1;
        }
        let n = seen as f64;
        EpochTally { loss: loss / n, penalty: penalty / n, steps: taken, end }
    }

    fn evaluate(&mut self, data: DataId) -> Evaluation {
        let mut evaluation = Evaluation::default();
        for i in 0..self.data[data.0].len() {
            self.load(data, std::iter::once(i));
            self.network.forward(&self.parameters, Pass::Evaluation);
            evaluation.hits.push(network::is_hit(self.network.logits(), self.labels[0]));
            evaluation.losses.push(self.network.cross_entropy(&self.labels) as f32);
        }
        evaluation
    }

    fn logits(&mut self, data: DataId) -> Vec<f32> {
        let mut logits = Vec::new();
        for i in 0..self.data[data.0].len() {
            self.load(data, std::iter::once(i));
            self.network.forward(&self.parameters, Pass::Evaluation);
            logits.extend(self.network.logits().iter().map(|x| x.to_f64() as f32));
        }
        logits
    }

    fn refresh_statistics(&mut self, _: DataId, _: &[u32]) {}

    fn export(&self) -> State {
        let slots = 0..self.spec.slots().count();
        State {
            parameters: self.tensors(|p| &p.values),
            slots: slots.map(|slot| self.tensors(|p| &p.slots[slot])).collect(),
            step: self.step,
            sums: self.parameters.iter().map(|p| p.sums).collect(),
        }
    }

    fn import(&mut self, state: &State) -> Result<(), SessionError> {
        let values = checks::tensors(&self.infos, &state.parameters)?;
        let slots = checks::slots(&self.spec, &self.infos, state)?;
        for (i, parameter) in self.parameters.iter_mut().enumerate() {
            copy(&mut parameter.values, values[i]);
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
