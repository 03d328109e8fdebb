//! The engine: a network, its optimiser and its penalties become a session that
//! trains and evaluates.

mod activation;
mod checks;
mod compile;
mod evaluation;
mod fused;
mod kernel;
mod layer;
mod layered;
mod loss;
mod numbers;
mod parallel;
mod random;
pub mod reference;
mod session;
mod shape;
mod spec;

pub use activation::Activation;
pub use compile::{CompileError, compile, compile_on, instruction_sets, instructions};
pub use evaluation::{Evaluation, Scores};
pub use layer::{Layer, LayerError, Window};
pub use loss::{Loss, Measure};
pub use session::*;
pub use shape::Shape;
pub use spec::*;
