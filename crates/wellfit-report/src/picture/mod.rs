//! The report's three pictures, each for a wide and for a narrow page.

mod curves;
mod effects;
mod weights;

pub use curves::curves;
pub use effects::effects;
pub use weights::{Panel, Spread, panels, weights};

/// Widths of the pictures: the page's column, and a phone's.
pub const WIDE: f64 = 760.0;
/// The narrow one.
pub const NARROW: f64 = 336.0;
