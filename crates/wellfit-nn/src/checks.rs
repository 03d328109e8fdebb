//! What every engine checks before it takes data or weights.

use crate::{ParameterInfo, Samples, SessionError, Spec, State, Target, Targets, Tensor, Values};

/// Refuses samples of another width, counts that do not agree, targets that do not fit
/// the loss or the outputs, rows that are not stored and labels that are no class.
pub(crate) fn samples(spec: &Spec, samples: &Samples) -> Result<(), SessionError> {
    let (found, wanted) = (samples.features, spec.input.len());
    if found != wanted {
        return Err(SessionError::Features { found, wanted });
    }
    let values = match &samples.values {
        Values::Bytes(bytes, _) => bytes.len(),
        Values::Floats(floats) => floats.len(),
    };
    targets(spec, &samples.targets)?;
    let stored = samples.targets.len();
    if stored.checked_mul(wanted) != Some(values) {
        return Err(SessionError::Count { values, targets: stored, features: wanted });
    }
    for sample in 0..samples.len() {
        let row = samples.row(sample);
        if row >= stored {
            return Err(SessionError::Row { row, sample, stored });
        }
        if let Target::Class(label) = samples.targets.at(row)
            && label as usize >= spec.outputs
        {
            return Err(SessionError::Label { label, sample, classes: spec.outputs });
        }
    }
    Ok(())
}

fn targets(spec: &Spec, targets: &Targets) -> Result<(), SessionError> {
    let loss = spec.loss.name();
    match targets {
        Targets::Classes(_) if spec.loss.is_classification() => Ok(()),
        Targets::Classes(_) => {
            Err(SessionError::Task { found: "classes", loss, wanted: "numbers" })
        }
        Targets::Numbers { .. } if spec.loss.is_classification() => {
            Err(SessionError::Task { found: "numbers", loss, wanted: "classes" })
        }
        Targets::Numbers { per_sample, .. } if *per_sample != spec.outputs => {
            Err(SessionError::TargetCount { found: *per_sample, wanted: spec.outputs })
        }
        Targets::Numbers { per_sample, values } if values.len() % per_sample != 0 => {
            let (values, per_sample) = (values.len(), *per_sample);
            Err(SessionError::TargetValues { values, per_sample })
        }
        Targets::Numbers { .. } => Ok(()),
    }
}

/// The values of `tensors` in the order of `parameters`, each once, all shapes right.
pub(crate) fn tensors<'a>(
    parameters: &[ParameterInfo],
    tensors: &'a [Tensor],
) -> Result<Vec<&'a [f32]>, SessionError> {
    let mut taken = vec![false; tensors.len()];
    let mut ordered = Vec::with_capacity(parameters.len());
    for info in parameters {
        let Some(at) = tensors.iter().position(|tensor| tensor.name == info.name) else {
            return Err(SessionError::Missing {
                name: info.name.clone(),
                shape: info.shape.clone(),
            });
        };
        let tensor = &tensors[at];
        let refuse = |found| SessionError::Shape {
            name: info.name.clone(),
            found,
            wanted: info.shape.clone(),
        };
        if tensor.shape != info.shape {
            return Err(refuse(tensor.shape.clone()));
        }
        if tensor.data.len() != info.len() {
            return Err(refuse(vec![tensor.data.len()]));
        }
        taken[at] = true;
        ordered.push(&tensor.data[..]);
    }
    match taken.iter().position(|&taken| !taken) {
        Some(at) => Err(SessionError::Unknown { name: tensors[at].name.clone() }),
        None => Ok(ordered),
    }
}

/// The optimiser's values in `state`, slot by slot, each like [`tensors`];
/// `parameters` are the trained ones.
pub(crate) fn slots<'a>(
    spec: &Spec,
    parameters: &[ParameterInfo],
    state: &'a State,
) -> Result<Vec<Vec<&'a [f32]>>, SessionError> {
    let names: Vec<&str> = spec.slots().collect();
    if let Some(name) = names.get(state.slots.len()) {
        let shape = parameters.first().map_or_else(Vec::new, |info| info.shape.clone());
        return Err(SessionError::Missing { name: name.to_string(), shape });
    }
    if let Some(surplus) = state.slots.get(names.len()) {
        let name = surplus.first().map_or_else(String::new, |tensor| tensor.name.clone());
        return Err(SessionError::Unknown { name: format!("{name} (optimizer state)") });
    }
    state.slots.iter().map(|slot| tensors(parameters, slot)).collect()
}
