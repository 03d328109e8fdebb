//! Records become comparisons and conclusions. Trains nothing, prints nothing.

mod findings;
mod words;
pub use findings::*;
