//! Is my network overfitting, and what measurably fixes it?
//!
//! wellfit trains a network, judges whether it overfits, compares remedies over
//! several seeds, and reports. The whole of it is this line, and each part is a module:
//!
//! ```text
//! data → model → train → study → diagnose → report → command line
//! ```
//!
//! | module | in → out | crate |
//! |---|---|---|
//! | [`data`] | files, slices, known sets → checked [`Dataset`], splits | `wellfit-data` |
//! | [`check`] | raw parts → what is wrong with them | `wellfit-check` |
//! | [`model`] | layers, optimiser, penalties → what an engine runs | `wellfit-nn` |
//! | [`plan`], [`record`] | plan + data → [`Record`] | `wellfit-train` |
//! | [`study`], [`remedy`] | study → [`StudyRecords`] | `wellfit-study` |
//! | [`proposal`] | a raw data set → a plan and arms, with reasons | `wellfit-propose` |
//! | [`diagnose`] | records → [`StudyFindings`] | `wellfit-diagnose` |
//! | [`runs`] | files of any program → curves | `wellfit-runs` |
//! | [`judge`], [`verdict`] | curves → [`Verdict`] | `wellfit-diagnose` |
//! | [`weights`] | a model file → figures of each layer | `wellfit-weights` |
//! | [`metrics`] | labels and outputs → scores with intervals | `wellfit-metrics` |
//! | [`SavedModel`], [`export`] | a run's folder → predictions, models of other programs | `wellfit-export` |
//! | `report` | records + findings → page, pictures, words | `wellfit-report` |
//!
//! # Train
//!
//! A [`Plan`] is everything that determines one run; [`train`] runs it.
//!
//! ```
//! use wellfit::data::{Dataset, Preparation, Scale, Shape, Splits};
//! use wellfit::{Layer, Plan, TrainOptions, predict, train};
//!
//! // Two classes that one value tells apart.
//! let values: Vec<f32> = (0..64).map(|i| (i % 2) as f32).collect();
//! let labels: Vec<u32> = (0..64).map(|i| i % 2).collect();
//! let all = Dataset::from_floats(Shape::Vector(1), values, labels, vec!["low".into(), "high".into()])?;
//! let splits = Splits {
//!     train: all.take(&Vec::from_iter(0..48))?,
//!     validation: Some(all.take(&Vec::from_iter(48..64))?),
//!     test: None,
//!     preparation: Preparation::fixed(Scale::None).into(),
//!     validation_is_test: false,
//!     origin: "made in code".into(),
//! };
//!
//! let mut plan = Plan::new("two-classes", vec![Layer::Linear { out: 2, bias: true }]);
//! (plan.train.epochs, plan.train.lr) = (60, 0.1);
//! let trained = train(&plan, &splits, TrainOptions::default())?;
//! let last = trained.record.epochs.last().expect("an epoch");
//! assert_eq!(last.val_score, Some(1.0));
//!
//! let predictions = predict(&plan, &trained.best, &all, &splits.preparation)?;
//! assert_eq!((predictions.class(0), predictions.class(1)), (0, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An [`Observer`] sees each epoch and may stop the run; [`Run`] is the same loop, a
//! step at a time, for those who write their own.
//!
//! # Compare
//!
//! A [`Study`] is a plan × arms × seeds; an arm is a chain of [remedies](remedy).
//!
//! ```no_run
//! use wellfit::study::{StudyOptions, run};
//! use wellfit::{Study, diagnose, plan::Document, Plan};
//!
//! let file = Document::read("examples/article.toml".as_ref())?;
//! let plan = Plan::read(&file, file.folder())?;
//! let study = Study::new("mine", plan, 5)?
//!     .with_arm("dropout", &["dropout(0.5)"])?
//!     .with_arm("both", &["dropout(0.5)", "early-stopping"])?;
//! let outcome = run(&study, "runs/mine".as_ref(), &StudyOptions::default())?;
//! println!("{}", diagnose(&outcome.records).answer.headline);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! | feature | adds | default |
//! |---|---|---|
//! | `cli` | the program `wellfit`; turns on `report` and `sample` | yes |
//! | `report` | `report`: page, pictures, words for a terminal | with `cli` |
//! | `sample` | the embedded set `fashion-mnist-sample` and its study | with `cli` |

mod evaluate;
mod predict;
mod saved;

pub use predict::{Predictions, predict};
pub use saved::{ModelError, SavedModel, model_folder};

pub use wellfit_diagnose::{StudyFindings, Verdict, diagnose, judge, results_csv, results_json};
pub use wellfit_nn::{Activation, Layer, Optimizer, Penalty, PenaltyKind, PenaltyOn, Tensor};
pub use wellfit_study::{Arm, Study, StudyError, StudyRecords};
pub use wellfit_train::{
    Decision, FileError, Observer, Plan, Record, Run, SeenSample, Start, TensorFileError,
    TrainError, TrainOptions, Trained, augmented, done, evaluate, read_model, read_preparation,
    read_record, read_tensors, train, train_in, write_file, write_preparation, write_record,
    write_tensors, write_tensors_with,
};

#[doc(no_inline)]
pub use wellfit_data::Dataset;

/// Files, slices and known data sets become checked sets and splits.
pub mod data {
    pub use wellfit_data::*;
}

/// Raw parts of a data set become findings: leaks, odd columns, drift.
pub mod check {
    pub use wellfit_check::*;
}

/// What an engine runs: layers, optimiser, penalties, and the engine's boundary.
pub mod model {
    pub use wellfit_nn::*;
}

/// The plan file and its strict reader.
pub mod plan {
    pub use wellfit_train::plan::*;
}

/// What a run gives: figures by epoch, events, weights in short.
pub mod record {
    pub use wellfit_train::record::*;
}

/// Arms, seeds, and how they are run.
pub mod study {
    pub use wellfit_study::*;
}

/// Named functions Plan → Plan.
pub mod remedy {
    pub use wellfit_study::remedy::*;
}

/// From a raw data set to a plan and the remedies worth trying on it.
pub mod proposal {
    pub use wellfit_propose::*;
}

/// What a study's records say.
pub mod findings {
    pub use wellfit_diagnose::*;
}

/// What one run is judged to be.
pub mod verdict {
    pub use wellfit_diagnose::verdict::*;
}

/// Two sides of runs: is one better?
pub mod comparison {
    pub use wellfit_diagnose::comparison::*;
}

/// Training runs as curves, wherever they come from.
pub mod runs {
    pub use wellfit_runs::*;
}

/// Means, intervals and differences.
pub mod stats {
    pub use wellfit_stats::*;
}

/// What is known, and what a network said of it, become scores.
pub mod metrics {
    pub use wellfit_metrics::*;
}

/// Model files of any framework become figures of each layer.
pub mod weights {
    pub use wellfit_weights::*;
}

/// Networks and their preparation become models of other programs.
pub mod export {
    pub use wellfit_export::*;
}

/// Findings become a page, pictures and words.
#[cfg(feature = "report")]
pub mod report {
    pub use wellfit_report::*;
}

/// The study that `wellfit study` runs without a file: the article's arms on the
/// embedded sample, as a study file.
#[cfg(feature = "sample")]
pub const SAMPLE_STUDY: &str = include_str!("../../../examples/sample.toml");
