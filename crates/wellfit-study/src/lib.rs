//! A study becomes records: remedies, runner, store.

mod cores;
mod file;
pub mod remedy;
mod schedule;
mod slug;
mod study;
#[cfg(test)]
mod test_plan;

pub use cores::default_jobs;
pub use slug::slug;
pub use study::*;
