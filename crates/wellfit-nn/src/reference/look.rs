//! What a probe sees, as its definition has it: the slow twin of [`Probe`](crate::Probe).

use super::chain::Chain;
use super::{Parameter, Real, Reference};
use crate::{
    Activation, CompileError, DataId, Layer, LayerLook, LayerPath, Look, ParameterLook, Precision,
    ProbeError, Samples, Session, Shape, Spec, State, StepSettings,
};

/// What one step of `spec`'s training on these samples, from `state`, would do, and how
/// close it comes to a point where the gradient jumps ([`Reference::margin`]).
///
/// # Errors
/// As [`Probe`](crate::Probe).
pub fn look<T: Real>(
    spec: &Spec,
    samples: &Samples,
    state: &State,
    settings: StepSettings,
) -> Result<(Look, f64), ProbeError> {
    spec.check().map_err(CompileError::from)?;
    let bare = Spec {
        layers: spec.layers.iter().map(without_dropout).collect(),
        measure: None,
        precision: Precision::F32,
        average: false,
        batch_size: samples.len(),
        drop_last: false,
        ..spec.clone()
    };
    let mut twin = Reference::<T>::new(&bare)?;
    let own = state.slots.iter().take(spec.optimizer.slots().len()).cloned().collect();
    twin.import(&State { slots: own, ..state.clone() })?;
    let data: DataId = twin.upload(samples)?;
    let batch: Vec<u32> = (0..samples.len() as u32).collect();
    let loss = twin.data_gradient(data, &batch) / samples.len() as f64;
    let before: Vec<Vec<T>> = twin.trained().map(|(_, p)| p.values.clone()).collect();
    let mut gradients = vec![f64::NAN; before.len()];
    if loss.is_finite() {
        twin.add_penalties();
        gradients = twin.trained().map(|(_, p)| norm(&p.gradient)).collect();
        twin.clip();
        twin.update(settings);
    }
    let parameter = |((info, p), (before, gradient_norm)): ((_, &Parameter<T>), (&Vec<T>, f64))| {
        let info: &crate::ParameterInfo = info;
        let moved: Vec<T> = p.values.iter().zip(before).map(|(&now, &then)| now - then).collect();
        let update_norm = if loss.is_finite() { norm(&moved) } else { f64::NAN };
        ParameterLook { name: info.name.clone(), norm: norm(before), gradient_norm, update_norm }
    };
    let mut shapes = Vec::new();
    let walked = bare.walk(&mut |visit| {
        shapes.push(visit.given.through(visit.layer).map_or(visit.given.shape, |flow| flow.shape));
        Ok(())
    });
    walked.expect("a checked spec");
    let mut eye = Eye { samples: samples.len(), shapes: shapes.into_iter(), rows: Vec::new() };
    eye.chain(&spec.layers, &LayerPath::default(), twin.network.chain(), true);
    let look = Look {
        loss,
        layers: eye.rows.into_iter().flatten().collect(),
        parameters: twin.trained().zip(before.iter().zip(gradients)).map(parameter).collect(),
    };
    Ok((look, twin.margin()))
}

/// A layer in evaluation mode as far as dropout goes.
fn without_dropout(layer: &Layer) -> Layer {
    match layer {
        Layer::Dropout { .. } => Layer::Dropout { p: 0.0 },
        Layer::Residual { layers } => {
            Layer::Residual { layers: layers.iter().map(without_dropout).collect() }
        }
        layer => layer.clone(),
    }
}

fn norm<T: Real>(values: &[T]) -> f64 {
    values.iter().map(|x| x.to_f64().powi(2)).sum::<f64>().sqrt()
}

fn rms<T: Real>(values: &[T]) -> f64 {
    norm(values) / (values.len() as f64).sqrt()
}

/// Goes through the layers after a batch went through them.
struct Eye<I> {
    samples: usize,
    /// What each layer gives, a residual before its inner layers.
    shapes: I,
    /// A row for each value; none for what pools give.
    rows: Vec<Option<LayerLook>>,
}

/// A value that activations may overwrite.
struct Open {
    row: usize,
    units: usize,
    gradient_rms: f64,
}

impl<I: Iterator<Item = Shape>> Eye<I> {
    /// The layers of a list; `data`: whether it is given the data themselves.
    fn chain<T: Real>(
        &mut self,
        layers: &[Layer],
        path: &LayerPath,
        chain: &Chain<T>,
        mut data: bool,
    ) {
        let mut open: Option<Open> = None;
        for (i, (layer, passed)) in layers.iter().zip(chain.passed()).enumerate() {
            let (path, shape) = (path.join(i), self.shapes.next().expect("one for each layer"));
            let of_sample = |deltas: &[T]| rms(deltas) * self.samples as f64;
            let given = of_sample(passed.given_delta);
            let gave = of_sample(passed.gave_delta);
            match layer {
                Layer::Flatten | Layer::Dropout { .. } => {}
                Layer::Activation(_) if data => {}
                Layer::Activation(activation) => {
                    let at = open.get_or_insert_with(|| {
                        self.rows.push(None);
                        let (row, units) = (self.rows.len() - 1, shape.channels());
                        Open { row, units, gradient_rms: given }
                    });
                    let row = activated(path, *activation, at, passed.gave, self.samples);
                    self.rows[at.row] = Some(row);
                }
                _ => {
                    if let Some(inner) = passed.inner {
                        self.chain(layer.inner(), &path, inner, data);
                    }
                    data = false;
                    let is_pool =
                        matches!(layer, Layer::MaxPool2d { .. } | Layer::AvgPool2d { .. });
                    let units = shape.channels();
                    self.rows.push((!is_pool).then(|| LayerLook {
                        layer: path,
                        name: layer.name(),
                        units,
                        dead: None,
                        saturated: None,
                        rms: rms(passed.gave),
                        gradient_rms: gave,
                    }));
                    let row = self.rows.len() - 1;
                    open = Some(Open { row, units, gradient_rms: gave });
                }
            }
        }
    }
}

/// The row of an activation that overwrites the value `at` of so many samples.
fn activated<T: Real>(
    layer: LayerPath,
    activation: Activation,
    at: &Open,
    gave: &[T],
    samples: usize,
) -> LayerLook {
    let (width, places) = (gave.len() / samples, gave.len() / samples / at.units);
    let dead = || {
        let unit = |unit: usize| {
            let of = |sample: usize| &gave[sample * width + unit * places..][..places];
            (0..samples).all(|sample| of(sample).iter().all(|&x| x.to_f64() == 0.0))
        };
        (0..at.units).filter(|&u| unit(u)).count()
    };
    let share = |outside: fn(f64) -> bool| {
        gave.iter().filter(|x| outside(x.to_f64())).count() as f64 / gave.len() as f64
    };
    LayerLook {
        layer,
        name: activation.name(),
        units: at.units,
        dead: (activation == Activation::Relu).then(dead),
        saturated: match activation {
            Activation::Tanh => Some(share(|y| y.abs() > 0.99)),
            Activation::Sigmoid => Some(share(|y| (y - 0.5).abs() > 0.49)),
            _ => None,
        },
        rms: rms(gave),
        gradient_rms: at.gradient_rms,
    }
}
