//! A study becomes records: remedies, runner, store.
//!
//! A [`Study`] is a base plan × arms × seeds; an arm is a chain of
//! [remedies](remedy). [`run`] runs its trials side by side in a folder, where it
//! goes on when it was stopped, and gives [`StudyRecords`]. The same trial gives the
//! same bits whatever the number of threads and whatever ran beside it.

mod cores;
mod error;
mod file;
pub mod remedy;
mod run;
mod schedule;
mod slug;
mod store;
mod study;
#[cfg(test)]
mod test_plan;

pub use cores::default_jobs;
pub use error::StudyError;
pub use run::{Begun, Outcome, StudyOptions, Watch, run};
pub use slug::slug;
pub use store::{holds_study, read};
pub use study::*;
