//! A trained model as a folder holds it: opened, to predict and to export.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use wellfit_data::{DataError, Dataset, Preparation, SampleKind, SampleSchema, Task};
use wellfit_export::{ExportError, Input, Model, Outputs};
use wellfit_metrics::SetError;
use wellfit_nn::{Shape, Spec, Tensor};
use wellfit_train::plan::Document;
use wellfit_train::{
    FileError, Plan, TensorFileError, TrainError, read_model, read_preparation, read_sample_schema,
};

use crate::Predictions;
use crate::predict::{network, run};

/// A trained model: its network, its weights, what its samples look like, and what is done
/// to them before the network.
#[derive(Clone, Debug)]
pub struct SavedModel {
    /// The plan that it was trained by.
    pub plan: Plan,
    /// The kept epoch's weights.
    pub weights: Vec<Tensor>,
    /// What its samples look like as they are read, and what they are to give.
    pub schema: SampleSchema,
    /// What was fitted on its training samples.
    pub preparation: Preparation,
}

/// Why a model could not be opened, used or exported.
#[derive(Debug, Error)]
pub enum ModelError {
    /// There is no such folder.
    #[error("{}: there is no such folder: name one that `wellfit train` or `wellfit study` made", .0.display())]
    NoFolder(PathBuf),
    /// The folder holds no model.
    #[error("{} holds no model: {why}", folder.display())]
    NoModel {
        /// Which folder.
        folder: PathBuf,
        /// Why that is so, or what is missing.
        why: String,
    },
    /// A study that recommends nothing.
    #[error(
        "the study in {} recommends nothing, so no model was handed over: name one of its \
         trials, such as {}",
        folder.display(),
        folder.join(trial).display()
    )]
    NothingRecommended {
        /// The study's folder.
        folder: PathBuf,
        /// One of its trials, from there.
        trial: PathBuf,
    },
    /// A file of the folder is not what it should be, or does not fit the others.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The samples are not what the model takes.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The network's outputs, or the samples, cannot be scored.
    #[error("the model's outputs cannot be scored: {0}")]
    Score(#[from] SetError),
    /// The model cannot be written in this form.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// Which folder holds the model that is meant: a study's is `recommended/`.
///
/// # Errors
/// There is no such folder, or a study's recommends nothing.
pub fn model_folder(run: &Path) -> Result<PathBuf, ModelError> {
    if !run.is_dir() {
        return Err(ModelError::NoFolder(run.to_path_buf()));
    }
    if !wellfit_study::holds_study(run) {
        return Ok(run.to_path_buf());
    }
    let recommended = run.join("recommended");
    if recommended.join("model.safetensors").exists() {
        return Ok(recommended);
    }
    let trial = first_trial(run).unwrap_or_else(|| Path::new("trials").join("baseline-s0"));
    Err(ModelError::NothingRecommended { folder: run.to_path_buf(), trial })
}

/// The first trial by name that holds a model, from the study's folder.
fn first_trial(study: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(study.join("trials")).ok()?;
    let mut names: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.file_name()))
        .filter(|name| study.join("trials").join(name).join("model.safetensors").exists())
        .collect();
    names.sort();
    names.first().map(|name| Path::new("trials").join(name))
}

impl SavedModel {
    /// Opens the model of a run's folder, or of `recommended/` in a study's.
    ///
    /// # Errors
    /// No folder, no model in it, or a damaged file.
    pub fn open(run: &Path) -> Result<SavedModel, ModelError> {
        let folder = model_folder(run)?;
        let plan_file = folder.join("plan.toml");
        let no_model =
            |why: &str| Err(ModelError::NoModel { folder: folder.clone(), why: why.to_owned() });
        if !plan_file.exists() {
            return no_model(
                "it has no plan.toml; name a folder that `wellfit train` or `wellfit study` made",
            );
        }
        let document = Document::read(&plan_file).map_err(TrainError::from)?;
        let plan = Plan::read(&document, &folder)
            .map_err(|error| TrainError::from(error.locate(&document)))?;
        let weights = match read_model(&folder) {
            Err(TrainError::Tensors(TensorFileError::File(error))) if is_missing(&error) => {
                return no_model(
                    "it has no model.safetensors: the run has not ended, or no epoch could be \
                     judged because its loss was not finite",
                );
            }
            weights => weights?,
        };
        let schema = match read_sample_schema(&folder) {
            Err(TrainError::File(error)) if is_missing(&error) => {
                return no_model(
                    "it has no samples.json, which says what samples look like; an older wellfit \
                     trained it: train it again",
                );
            }
            schema => schema?,
        };
        let preparation = read_preparation(&folder)?;
        let model = SavedModel { plan, weights, schema, preparation };
        model.spec()?;
        Ok(model)
    }

    /// The network.
    ///
    /// # Errors
    /// A plan that does not fit the samples.
    pub fn spec(&self) -> Result<Spec, TrainError> {
        let targets = &self.schema.targets;
        let prepared = self.preparation.shape().unwrap_or(match &self.schema.samples {
            SampleKind::Bytes { shape, .. } | SampleKind::Floats { shape } => *shape,
            SampleKind::Table { columns, .. } => wellfit_data::Shape::Vector(columns.len()),
        });
        let input = match prepared {
            wellfit_data::Shape::Vector(features) => Shape::Flat(features),
            wellfit_data::Shape::Image { channels, height, width } => {
                Shape::Image { channels, height, width }
            }
        };
        Ok(network(&self.plan, input, targets.task, &targets.names)?)
    }

    /// What the network says of samples as they were read, not yet prepared (those of
    /// [`read_samples`](wellfit_data::read_samples) with the model's schema). What they are
    /// to give is not looked at.
    ///
    /// # Errors
    /// Samples that the preparation refuses or the network cannot take.
    pub fn predict(&self, raw: &Dataset) -> Result<Predictions, ModelError> {
        self.predict_prepared(&self.prepare(raw)?)
    }

    /// Samples as they were read become what [`predict_prepared`](Self::predict_prepared)
    /// takes.
    ///
    /// # Errors
    /// Samples of another kind or shape, and those that the preparation refuses.
    pub fn prepare(&self, raw: &Dataset) -> Result<Dataset, ModelError> {
        Ok(self.preparation.apply(raw)?)
    }

    /// As [`predict`](Self::predict), for samples that are prepared.
    ///
    /// # Errors
    /// Samples that the network cannot take.
    pub fn predict_prepared(&self, prepared: &Dataset) -> Result<Predictions, ModelError> {
        Ok(run(&self.spec()?, &self.weights, prepared, &self.preparation)?)
    }

    /// The bytes of an ONNX file that takes samples as they are read, or, with `prepared`,
    /// as the network takes them. [`wellfit_export::onnx`] says what goes in and out.
    ///
    /// # Errors
    /// Weights that are not finite or too many.
    pub fn onnx(&self, prepared: bool) -> Result<Vec<u8>, ModelError> {
        self.export(prepared, wellfit_export::onnx)
    }

    /// The text of `model.py`; see [`wellfit_export::torch_module`].
    ///
    /// # Errors
    /// Weights that are not finite.
    pub fn torch_module(&self, prepared: bool) -> Result<String, ModelError> {
        self.export(prepared, wellfit_export::torch_module)
    }

    fn export<T>(
        &self,
        prepared: bool,
        write: impl FnOnce(Model) -> Result<T, ExportError>,
    ) -> Result<T, ModelError> {
        let spec = self.spec()?;
        let input = match prepared {
            true => Input::plain(spec.input),
            false => Input::of(&self.schema, &self.preparation),
        };
        let names = self.schema.targets.names.clone();
        let outputs = match self.schema.targets.task {
            Task::Classification => Outputs::Classes(names),
            Task::Regression => Outputs::Numbers(names),
        };
        let (weights, input, outputs) = (&self.weights[..], &input, &outputs);
        Ok(write(Model { spec: &spec, weights, input, outputs })?)
    }
}

fn is_missing(error: &FileError) -> bool {
    error.source.kind() == io::ErrorKind::NotFound
}
