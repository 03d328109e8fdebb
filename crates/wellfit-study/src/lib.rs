//! A study becomes records: remedies, runner, store.
//!
//! A [`Study`] is a base plan × arms × seeds (× [folds](Folds)); an arm is a chain of
//! [remedies](remedy), and a remedy with a range of strengths is an arm for each. [`run`] runs its trials side by side in a folder, where it
//! goes on when it was stopped, and gives [`StudyRecords`]. The same trial gives the
//! same bits whatever the number of threads and whatever ran beside it.

mod arm;
mod cores;
mod data;
mod error;
mod file;
mod folds;
mod imbalance;
mod judged;
mod opening;
mod racing;
mod recommended;
pub mod remedy;
mod run;
mod schedule;
mod slug;
mod store;
mod study;
#[cfg(test)]
mod test_plan;

pub use arm::{Arm, Strength};
pub use cores::default_jobs;
pub use error::StudyError;
pub use folds::{Cell, Folds};
pub use imbalance::{IMBALANCE, Imbalance, imbalance};
pub use judged::{MARGIN, Ruler, WORSE_THAN_GUESSING, classes, judged_row, margin, sample_scores};
pub use opening::Opening;
pub use racing::{FIRST_LOOK, Racing};
pub use recommended::{Chosen, ONNX, hand_over};
pub use run::{Begun, Outcome, StudyOptions, Watch, run};
pub use slug::slug;
pub use store::{holds_study, read};
pub use study::*;
