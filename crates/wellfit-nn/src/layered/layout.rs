//! How the values of a sample lie in memory on their way through the layers.
//!
//! Images are stored channels last: pixel after pixel, in each its channels, padded to
//! whole vectors of 16. So a vector holds sixteen channels of one pixel, and every
//! kernel works on whole vectors. Padding is 0 and stays 0. A flattened image is not
//! moved: its features are where the pixels left them, and the layers that read it map
//! PyTorch's order of features onto that.

use crate::Shape;
use crate::kernel::{LANES, TILE};

/// Where the values of a sample are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Rows and columns; 1 × 1 for features.
    pub size: [usize; 2],
    /// Values from a pixel to the next.
    pub pixel: usize,
    /// PyTorch's order: so many channels of so many values each …
    channels: usize,
    values: usize,
    /// … of which neighbours within a channel lie so far apart.
    step: usize,
}

impl Layout {
    /// Features one after the other.
    pub fn flat(features: usize) -> Self {
        let pixel = features.next_multiple_of(LANES);
        Layout { size: [1, 1], pixel, channels: features, values: 1, step: 0 }
    }

    /// An image whose pixels are whole vectors.
    pub fn image(channels: usize, size: [usize; 2]) -> Self {
        let pixel = channels.next_multiple_of(LANES);
        Layout { size, pixel, channels, values: size[0] * size[1], step: pixel }
    }

    /// An image without padding, which only convolutions read.
    pub fn compact_image(channels: usize, size: [usize; 2]) -> Self {
        Layout { pixel: channels, step: channels, ..Self::image(channels, size) }
    }

    /// The same values as one pixel.
    pub fn flattened(self) -> Self {
        Layout { size: [1, 1], pixel: self.pixels() * self.pixel, ..self }
    }

    /// The layout of a shape.
    pub fn of(shape: Shape) -> Self {
        match shape {
            Shape::Flat(features) => Self::flat(features),
            Shape::Image { channels, height, width } => Self::image(channels, [height, width]),
        }
    }

    /// Number of pixels.
    pub fn pixels(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Number of values in a sample, without padding.
    pub fn len(&self) -> usize {
        self.channels * self.values
    }

    /// From a sample to the next: dropout works on whole tiles.
    pub fn sample(&self) -> usize {
        (self.pixels() * self.pixel).next_multiple_of(TILE)
    }

    /// Where PyTorch's value `i` of a sample is.
    pub fn index(&self, i: usize) -> usize {
        i % self.values * self.step + i / self.values
    }

    /// Where in a pixel feature or channel `i` is.
    pub fn channel(&self, i: usize) -> usize {
        if self.pixels() == 1 { self.index(i) } else { i }
    }

    /// Channels of a pixel; features of a flat value.
    pub fn channels(&self) -> usize {
        if self.pixels() == 1 { self.len() } else { self.channels }
    }

    /// Channels of an image, flattened or not.
    pub fn image_channels(&self) -> usize {
        self.channels
    }

    /// Where its runs of neighbouring values begin, each as long as an image's channels:
    /// at the pixels, flattened or not.
    pub fn runs(self) -> impl Iterator<Item = usize> {
        (0..self.values).map(move |i| i * self.step)
    }

    /// An image with as many channels, of another size.
    pub fn resized(self, size: [usize; 2]) -> Self {
        Self::image(self.channels, size)
    }

    /// Whether PyTorch's values lie one after the other.
    pub fn is_stored_order(&self) -> bool {
        self.values == 1 || self.channels == 1 && self.step == 1
    }

    /// Where a sample has padding.
    pub fn padding(&self) -> Vec<u32> {
        let mut is_padding = vec![true; self.sample()];
        (0..self.len()).for_each(|i| is_padding[self.index(i)] = false);
        (0..self.sample()).filter(|&i| is_padding[i]).map(|i| i as u32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_place_of_its_own_within_the_sample() {
        for layout in [
            Layout::flat(1),
            Layout::flat(100),
            Layout::image(3, [5, 4]),
            Layout::image(16, [2, 7]),
            Layout::compact_image(3, [5, 4]),
            Layout::image(20, [3, 3]).flattened(),
            Layout::image(7, [1, 1]),
        ] {
            let mut places: Vec<usize> = (0..layout.len()).map(|i| layout.index(i)).collect();
            places.sort_unstable();
            places.dedup();
            let run = |start| start..start + layout.image_channels();
            assert_eq!(layout.runs().flat_map(run).collect::<Vec<_>>(), places, "{layout:?}");
            assert_eq!(places.len(), layout.len(), "{layout:?}");
            assert!(places.last().is_some_and(|&last| last < layout.sample()), "{layout:?}");
        }
    }

    #[test]
    fn channels_come_last() {
        // Channel 2 of the pixel in row 1, column 3 of a 3×5×4 image.
        let i = 2 * 20 + 4 + 3;
        assert_eq!(Layout::image(3, [5, 4]).index(i), 7 * 16 + 2);
        assert_eq!(Layout::compact_image(3, [5, 4]).index(i), 7 * 3 + 2);
        assert_eq!(Layout::image(3, [5, 4]).flattened().index(i), 7 * 16 + 2);
    }
}
