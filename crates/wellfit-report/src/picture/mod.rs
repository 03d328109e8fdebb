//! The report's pictures, each for a wide and for a narrow page, and the picture of a
//! model's layers.

mod axes;
mod calibration;
mod confusion;
mod curves;
mod effects;
mod layers;
mod samples;
mod scatter;
mod strengths;
mod weights;

pub use calibration::calibration;
pub use confusion::{MOST_CLASSES, confusion};
pub use curves::curves;
pub use effects::{effects, reaches_beyond};
pub use layers::{MOST_LAYERS, has_picture, layers};
pub use samples::{Sample, SampleRow, samples};
pub use scatter::scatter;
pub use strengths::strengths;
pub use weights::{Panel, Spread, panels, weights};

/// Widths of the pictures: the page's column, and a phone's.
pub const WIDE: f64 = 760.0;
/// The narrow one.
pub const NARROW: f64 = 336.0;
