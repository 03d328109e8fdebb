//! Records become comparisons and conclusions. Trains nothing, prints nothing.

mod findings;
pub use findings::*;
