//! The engine: a network, its optimiser and its penalties become a session that
//! trains and evaluates.

mod activation;
mod checks;
mod compile;
mod fused;
mod kernel;
mod random;
pub mod reference;
mod session;
mod spec;

pub use activation::Activation;
pub use compile::{CompileError, compile, compile_on, instruction_sets, instructions};
pub use session::*;
pub use spec::*;
