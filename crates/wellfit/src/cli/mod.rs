//! The command line: each command a file; what they share beside them.

pub mod arguments;
pub mod data;
mod failure;
mod interrupt;
mod plan;
mod print;
mod progress;
pub mod remedies;
pub mod report;
pub mod study;
pub mod train;

pub use failure::Failure;
pub use interrupt::Interrupt;
