//! Mirroring.

use wellfit_random::Stream;

use super::image::Image;

/// With probability `p`, x′(r, c) = x(r, W−1−c).
pub fn left_to_right(image: Image, p: f64, values: &mut [f32], stream: &mut Stream) {
    if stream.uniform() < p {
        values.chunks_mut(image.width).for_each(<[f32]>::reverse);
    }
}

/// With probability `p`, x′(r, c) = x(H−1−r, c).
pub fn top_to_bottom(image: Image, p: f64, values: &mut [f32], stream: &mut Stream) {
    if stream.uniform() >= p {
        return;
    }
    let Image { height, width } = image;
    image.channels(values, |channel| {
        for row in 0..height / 2 {
            let (above, below) = channel.split_at_mut((height - 1 - row) * width);
            above[row * width..(row + 1) * width].swap_with_slice(&mut below[..width]);
        }
    });
}
