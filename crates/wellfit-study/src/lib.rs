//! A study becomes records: remedies, runner, store.

mod cores;
pub mod remedy;
mod schedule;
mod study;
#[cfg(test)]
mod test_plan;
mod words;

pub use cores::default_jobs;
pub use study::*;
pub use words::slug;
