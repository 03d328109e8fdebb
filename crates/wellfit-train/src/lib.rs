//! A plan and its data become a record and a model.
//!
//! A [`Plan`] is everything that determines one training run. [`train`] runs it in
//! memory, [`train_in`] in a folder where a run that was stopped goes on; [`Run`] is
//! the same loop epoch by epoch, for those who write their own. What a run gave is a
//! [`Record`]. The same plan on the same data gives the same bits, whatever the number
//! of threads, and whether it was interrupted or not.
//!
//! ```no_run
//! use wellfit_train::{TrainOptions, train};
//!
//! # fn example(plan: wellfit_train::Plan, splits: wellfit_data::Splits)
//! # -> Result<(), wellfit_train::TrainError> {
//! let trained = train(&plan, &splits, TrainOptions::default())?;
//! for row in &trained.record.epochs {
//!     println!("{} {:?}", row.epoch, row.val_loss);
//! }
//! # Ok(()) }
//! ```

mod average;
mod best;
mod better;
mod checkpoint;
mod early_stopping;
mod encode;
mod error;
mod extras;
mod feed;
mod files;
mod history;
mod init;
pub mod plan;
pub mod record;
mod run;
mod run_folder;
mod sample_schema;
mod samples;
mod schedule;
mod tensors;
mod train;
mod watch;
mod weights;

pub use better::Better;
pub use early_stopping::EarlyStopping;
pub use error::TrainError;
pub use extras::{classified, predicted};
pub use feed::{SeenSample, augmented};
pub use files::{FileError, write_file};
pub use history::{number, to_csv};
pub use plan::Plan;
pub use record::Record;
pub use run::{Run, Trained, evaluate, evaluate_with_outputs, score};
pub use run_folder::{
    Opened, RunFolder, done, read_model, read_preparation, read_record, write_preparation,
    write_record,
};
pub use sample_schema::{SAMPLES, read_sample_schema, write_sample_schema};
pub use samples::{samples, shape};
pub use schedule::Plateau;
pub use tensors::{TensorFileError, read_tensors, write_tensors, write_tensors_with};
pub use train::{Decision, Observer, Start, TrainOptions, train, train_in};
pub use weights::summarise;
