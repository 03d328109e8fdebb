//! What a sample looks like on its way through a network.

use std::fmt;

/// The values of one sample, in PyTorch's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// So many features.
    Flat(usize),
    /// Channel after channel, in each row after row.
    Image {
        /// Number of channels.
        channels: usize,
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
    },
}

impl Shape {
    /// Number of values; `usize::MAX` when there are more than that.
    #[allow(clippy::len_without_is_empty, reason = "a checked shape is never empty")]
    pub fn len(&self) -> usize {
        match *self {
            Shape::Flat(features) => features,
            Shape::Image { channels, height, width } => {
                channels.saturating_mul(height).saturating_mul(width)
            }
        }
    }

    /// Features, or channels: what batch norm has statistics of.
    pub fn channels(&self) -> usize {
        match *self {
            Shape::Flat(features) => features,
            Shape::Image { channels, .. } => channels,
        }
    }
}

/// `64 features` or `3×32×32`.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Flat(features) => write!(f, "{features} features"),
            Shape::Image { channels, height, width } => write!(f, "{channels}×{height}×{width}"),
        }
    }
}
