//! A look at a network from inside: what one step on a few samples would do.

use std::sync::atomic::AtomicBool;

use thiserror::Error;

use crate::checks;
use crate::kernel::Kernels;
use crate::layered::Layered;
use crate::{
    Activation, CompileError, DataId, EpochEnd, EpochRun, Layer, LayerPath, ParameterInfo,
    Precision, Samples, Session, SessionError, Spec, State, StepSettings, Steps,
};

/// Takes one step on the same samples whenever it is asked, in a network of its own, and
/// tells what it saw: nothing that is trained is touched.
///
/// The step is that of training — loss, penalties, clipping, the optimiser with its
/// values — but for this: the batch are the probe's samples, dropout is off, batch norm
/// takes its statistics from these samples, and everything is computed in float32. The
/// same bits at any number of threads and on every instruction set.
///
/// It runs on the layered engine, which keeps all values and gradients of a batch,
/// whichever engine trains.
pub struct Probe {
    spec: Spec,
    infos: Vec<ParameterInfo>,
    trained: Vec<ParameterInfo>,
    engine: Layered,
    data: DataId,
    order: Vec<u32>,
    places: Vec<Place>,
}

/// What a probe saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// The training loss of the samples before the step, without dropout and penalties.
    pub loss: f64,
    /// A row for each linear layer, convolution, norm, residual block, or the last of the
    /// activations that follow one (or a pool) directly; in order of computation.
    pub layers: Vec<LayerLook>,
    /// A row for each trained tensor, in order of [`Spec::trained`].
    pub parameters: Vec<ParameterLook>,
}

/// What a layer gave for the samples.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerLook {
    /// Which layer.
    pub layer: LayerPath,
    /// Its name, such as `relu`.
    pub name: &'static str,
    /// Features, or channels of an image.
    pub units: usize,
    /// ReLU: units that are 0 in every place of every sample.
    pub dead: Option<usize>,
    /// Tanh and sigmoid: the share of values so near an end that hardly any gradient
    /// passes, |y| > 0.99, or y < 0.01 or y > 0.99.
    pub saturated: Option<f64>,
    /// The root of the mean square of its values.
    pub rms: f64,
    /// That of the derivatives of a sample's loss by its values; for an activation, by
    /// what it was given. (Glorot and Bengio, "Understanding the difficulty of training
    /// deep feedforward neural networks", 2010, compare these from layer to layer.)
    pub gradient_rms: f64,
}

/// What the step does to a tensor; norms are Euclidean.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterLook {
    /// Such as `0.weight`.
    pub name: String,
    /// Its norm before the step.
    pub norm: f64,
    /// The norm of the gradient of the loss and the penalties, before clipping; NaN where
    /// the loss is not finite.
    pub gradient_norm: f64,
    /// The norm of the step; NaN likewise.
    pub update_norm: f64,
}

/// Why there can be no probe.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum ProbeError {
    /// The spec is wrong, or there is not enough memory.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The samples do not fit.
    #[error(transparent)]
    Samples(#[from] SessionError),
}

/// A layer that can be looked at.
struct Place {
    layer: LayerPath,
    name: &'static str,
    activation: Option<Activation>,
    value: usize,
    buffer: usize,
}

impl Probe {
    /// A probe for networks of `spec` that looks at these samples, all of them at once.
    ///
    /// # Errors
    /// If the spec is wrong, the samples do not fit it or are none, or if there is not
    /// enough memory.
    pub fn new(spec: &Spec, samples: &Samples, threads: usize) -> Result<Self, ProbeError> {
        Self::with(Kernels::choose()?, spec, samples, threads)
    }

    /// As [`Probe::new`], on one of [`instruction_sets`](crate::instruction_sets).
    ///
    /// # Errors
    /// The same, or an instruction set that this machine does not have.
    pub fn on(
        instructions: &str,
        spec: &Spec,
        samples: &Samples,
        threads: usize,
    ) -> Result<Self, ProbeError> {
        Self::with(Kernels::named(instructions)?, spec, samples, threads)
    }

    fn with(
        kernels: &'static Kernels,
        spec: &Spec,
        samples: &Samples,
        threads: usize,
    ) -> Result<Self, ProbeError> {
        let bare = Spec {
            layers: without_dropout(&spec.layers),
            measure: None,
            // The engine keeps a gradient that may have to be clipped.
            clip_grad_norm: spec.clip_grad_norm.or(Some(f64::MAX)),
            precision: Precision::F32,
            average: false,
            batch_size: samples.len(),
            drop_last: false,
            ..spec.clone()
        };
        spec.check().map_err(CompileError::from)?;
        bare.check().map_err(CompileError::from)?;
        let mut engine = Layered::new(&bare, threads, kernels)?;
        Ok(Probe {
            spec: spec.clone(),
            infos: spec.parameters(),
            trained: spec.trained(),
            data: engine.upload(samples)?,
            order: (0..samples.len() as u32).collect(),
            places: places(spec, &engine),
            engine,
        })
    }

    /// Threads for the next looks (at least 1). Never changes a bit of a result.
    pub fn set_threads(&mut self, threads: usize) {
        self.engine.set_threads(threads);
    }

    /// What a step from `state`, told `settings`, would do. Averaged weights in the state
    /// are left alone.
    ///
    /// # Errors
    /// A state of another network.
    pub fn look(&mut self, state: &State, settings: StepSettings) -> Result<Look, SessionError> {
        let values = checks::tensors(&self.infos, &state.parameters)?;
        let mut slots = checks::slots(&self.spec, &self.trained, state)?;
        // The average, if there is one, comes last.
        slots.truncate(self.spec.optimizer.slots().len());
        self.engine.put_state(&values, &slots, state);
        let (steps, never) = (Steps::Same(settings), AtomicBool::new(false));
        let run = EpochRun { order: &self.order, steps, stop: &never, feed: None };
        let tally = self.engine.train_epoch(self.data, run);
        let trained = self.infos.iter().zip(values).filter(|(info, _)| info.is_trained());
        let stepped = tally.end == EpochEnd::Complete;
        let parameter = |(i, (info, before)): (usize, (&ParameterInfo, &[f32]))| {
            let [update, norm] = self.engine.moved(i, before);
            let of_step = |norm: f64| if stepped { norm } else { f64::NAN };
            ParameterLook {
                name: info.name.clone(),
                norm,
                gradient_norm: of_step(self.engine.gradient_norm(i)),
                update_norm: of_step(update),
            }
        };
        Ok(Look {
            loss: tally.loss,
            layers: self.places.iter().map(|place| self.layer(place)).collect(),
            parameters: trained.enumerate().map(parameter).collect(),
        })
    }

    fn layer(&self, place: &Place) -> LayerLook {
        let samples = self.order.len();
        let tally = self.engine.tally(place.buffer, place.activation, samples);
        let values = tally.values as f64;
        let is_relu = place.activation == Some(Activation::Relu);
        let saturates = place.activation.is_some_and(|activation| activation.can_saturate());
        LayerLook {
            layer: place.layer.clone(),
            name: place.name,
            units: tally.units,
            dead: is_relu.then_some(tally.silent),
            saturated: saturates.then(|| tally.saturated as f64 / values),
            rms: (tally.squares / values).sqrt(),
            // Gradients are of the mean over the samples.
            gradient_rms: (tally.gradient_squares / values).sqrt() * samples as f64,
        }
    }
}

/// The layers without dropout, in residual blocks too.
fn without_dropout(layers: &[Layer]) -> Vec<Layer> {
    let kept = layers.iter().filter(|layer| !matches!(layer, Layer::Dropout { .. }));
    kept.map(|layer| match layer {
        Layer::Residual { layers } => Layer::Residual { layers: without_dropout(layers) },
        layer => layer.clone(),
    })
    .collect()
}

/// What can be looked at in a network of `spec` that `engine` has without its dropouts.
/// An activation overwrites what the layer before it gave, and stands for both.
fn places(spec: &Spec, engine: &Layered) -> Vec<Place> {
    let mut layers = Vec::new();
    let walked = spec.walk(&mut |visit| {
        if !matches!(visit.layer, Layer::Dropout { .. }) {
            layers.push((visit.path.clone(), visit.layer.clone()));
        }
        Ok(())
    });
    walked.expect("a checked spec");
    let mut places: Vec<Place> = Vec::new();
    for ((path, layer), (value, buffer)) in layers.into_iter().zip(engine.made()) {
        let passes_on =
            matches!(layer, Layer::Flatten | Layer::MaxPool2d { .. } | Layer::AvgPool2d { .. });
        if buffer == 0 || passes_on {
            continue;
        }
        let activation = match layer {
            Layer::Activation(activation) => Some(activation),
            _ => None,
        };
        places.retain(|place| place.buffer != buffer);
        places.push(Place { layer: path, name: layer.name(), activation, value, buffer });
    }
    places.sort_by_key(|place| place.value);
    places
}
