//! The command line: each command a file; what they share beside them.

pub mod arguments;
pub mod check;
pub mod compare;
pub mod data;
pub mod diagnose;
pub mod evaluate;
pub mod export;
mod failure;
pub mod inspect;
mod interrupt;
pub mod new;
mod plan;
pub mod predict;
mod print;
mod progress;
mod proposed;
mod reading;
pub mod remedies;
pub mod report;
mod runs;
pub mod show;
pub mod study;
pub mod train;

pub use failure::Failure;
pub use interrupt::Interrupt;
