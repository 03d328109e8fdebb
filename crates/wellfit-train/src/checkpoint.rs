//! Everything that an interrupted run needs to go on, in one file, so that a rename
//! replaces all of it at once.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use wellfit_nn::{ParameterInfo, Spec, State, Tensor};

use crate::encode::Number;
use crate::error::TrainError;
use crate::run::{Progress, Resume, Run};
use crate::tensors::{read_with, write_with};

/// The version of the checkpoint's form.
const SCHEMA: u32 = 1;
/// The note of the safetensors file that holds everything but tensors.
const NOTE: &str = "wellfit";
const WEIGHTS: &str = "weights";
const BEST: &str = "best";

#[derive(Serialize, Deserialize)]
struct Note {
    schema: u32,
    plan_hash: String,
    /// SHA-256 of training and validation samples.
    data: String,
    step: u64,
    sums: Vec<[Number; 2]>,
    progress: Progress,
}

/// Writes where `run` is after its last whole epoch.
pub fn write(path: &Path, plan_hash: &str, data: &str, run: &Run) -> Result<(), TrainError> {
    let State { parameters, slots, step, sums } = &run.state;
    let note = Note {
        schema: SCHEMA,
        plan_hash: plan_hash.into(),
        data: data.into(),
        step: *step,
        sums: sums.iter().map(|pair| pair.map(Number)).collect(),
        progress: run.progress.clone(),
    };
    let note = serde_json::to_string(&note)
        .map_err(|error| damaged(path, format!("cannot be written: {error}")))?;
    let slots = run.spec().slots().zip(slots.iter().map(Vec::as_slice));
    let groups = [(WEIGHTS, parameters.as_slice()), (BEST, &run.best)].into_iter().chain(slots);
    let tensors = groups.flat_map(|(group, tensors)| {
        tensors.iter().map(move |tensor| (format!("{group}/{}", tensor.name), tensor))
    });
    Ok(write_with(path, tensors, (NOTE, note))?)
}

/// A checkpoint that was read.
pub struct Checkpoint {
    /// Hash of the plan that it belongs to.
    pub plan_hash: String,
    /// SHA-256 of the samples that it was trained on.
    pub data: String,
    /// Where the run goes on.
    pub resume: Resume,
}

/// Reads what [`write`] wrote for a run of `spec`.
pub fn read(path: &Path, spec: &Spec) -> Result<Checkpoint, TrainError> {
    let (tensors, note) = read_with(path, NOTE)?;
    let note = note.ok_or_else(|| damaged(path, "it is no checkpoint".into()))?;
    let note: Note = serde_json::from_str(&note)
        .map_err(|error| damaged(path, format!("it is no checkpoint of this version: {error}")))?;
    if note.schema > SCHEMA {
        return Err(damaged(path, "it was written by a newer wellfit".into()));
    }
    let mut tensors: BTreeMap<String, Tensor> =
        tensors.into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
    let mut group = |prefix: &str, infos: &[ParameterInfo]| {
        let take = |info: &ParameterInfo| {
            let name = format!("{prefix}/{}", info.name);
            let tensor = tensors.remove(&name);
            let tensor = tensor.ok_or_else(|| damaged(path, format!("{name} is missing")))?;
            Ok(Tensor { name: info.name.clone(), ..tensor })
        };
        infos.iter().map(take).collect::<Result<Vec<_>, TrainError>>()
    };
    let (all, trained) = (spec.parameters(), spec.trained());
    let parameters = group(WEIGHTS, &all)?;
    let slots = spec.slots().map(|name| group(name, &trained)).collect::<Result<_, _>>()?;
    let best = if note.progress.kept.epoch.is_some() { group(BEST, &all)? } else { Vec::new() };
    let sums = note.sums.iter().map(|pair| pair.map(|Number(sum)| sum)).collect();
    let state = State { parameters, slots, step: note.step, sums };
    let resume = Resume { progress: note.progress, state, best };
    Ok(Checkpoint { plan_hash: note.plan_hash, data: note.data, resume })
}

fn damaged(path: &Path, reason: String) -> TrainError {
    TrainError::Damaged { path: path.to_path_buf(), reason }
}
