//! Training samples changed at random, anew in every epoch.

/// A random change of training samples; never of those that are evaluated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Augment {
    /// Mirrors an image left to right with this probability.
    Flip {
        /// From 0 to 1.
        p: f64,
    },
    /// Mirrors an image top to bottom with this probability.
    FlipVertical {
        /// From 0 to 1.
        p: f64,
    },
    /// Moves an image by up to so many pixels in each direction; zeros come in.
    Shift {
        /// At least 1.
        pixels: usize,
    },
    /// Pads an image with zeros and cuts a window of its size out of it.
    Crop {
        /// Pixels at each side, at least 1.
        padding: usize,
    },
    /// Turns an image about its centre by up to so many degrees either way.
    Rotate {
        /// Above 0, at most 180.
        degrees: f64,
    },
    /// Scales an image about its centre by a factor from 1 − by to 1 + by.
    Zoom {
        /// Above 0, below 1.
        by: f64,
    },
    /// Blanks a rectangle of an image with this probability.
    Erase {
        /// From 0 to 1.
        p: f64,
        /// Its largest share of the image, above 0, at most 1.
        area: f64,
    },
    /// Multiplies an image's values by a factor from 1 − by to 1 + by.
    Brightness {
        /// Above 0, at most 1.
        by: f64,
    },
    /// Moves an image's values from their mean, or towards it, by a factor from 1 − by
    /// to 1 + by.
    Contrast {
        /// Above 0, at most 1.
        by: f64,
    },
    /// Adds normal noise to every value, images and tables alike, after scaling.
    Noise {
        /// Its standard deviation, above 0.
        std: f64,
    },
    /// Blends each sample with another of its batch: λ ~ Beta(α, α), one a batch.
    Mixup {
        /// α, above 0.
        alpha: f64,
    },
    /// Replaces a rectangle of each image by another's of its batch.
    Cutmix {
        /// α, above 0.
        alpha: f64,
    },
}

impl Augment {
    /// The name in the plan file.
    pub fn name(&self) -> &'static str {
        match self {
            Augment::Flip { .. } => "flip",
            Augment::FlipVertical { .. } => "flip-vertical",
            Augment::Shift { .. } => "shift",
            Augment::Crop { .. } => "crop",
            Augment::Rotate { .. } => "rotate",
            Augment::Zoom { .. } => "zoom",
            Augment::Erase { .. } => "erase",
            Augment::Brightness { .. } => "brightness",
            Augment::Contrast { .. } => "contrast",
            Augment::Noise { .. } => "noise",
            Augment::Mixup { .. } => "mixup",
            Augment::Cutmix { .. } => "cutmix",
        }
    }
}
