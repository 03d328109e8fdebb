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
mod optimizer;
mod parallel;
mod parameter;
mod penalty;
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
pub use optimizer::Optimizer;
pub use parameter::{LayerPath, ParameterInfo, Role};
pub use penalty::{Penalty, PenaltyKind, PenaltyOn};
pub use session::*;
pub use shape::Shape;
pub use spec::{MAX_PARAMETERS, Spec, SpecError, check_settings};
