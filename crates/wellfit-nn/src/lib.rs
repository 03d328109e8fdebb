//! The engine.
pub mod session;
pub mod spec;
pub use session::*;
pub use spec::*;
