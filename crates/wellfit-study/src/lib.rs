//! A study becomes records: remedies, runner, store.
pub mod study;
pub use study::*;
