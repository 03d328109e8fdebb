//! Moving by whole pixels.

use wellfit_random::Stream;

use super::image::Image;

/// x′(r, c) = x(r + a, c + b) where that is in the image, else 0, with a and b each drawn
/// evenly from the whole numbers −`most` to `most`.
///
/// That is also what is left when `most` zeros are put at each side and a window of the
/// image's size is cut out.
pub fn shift(image: Image, most: usize, values: &mut [f32], work: &mut [f32], stream: &mut Stream) {
    let mut by = || stream.below(2 * most as u64 + 1) as isize - most as isize;
    let (down, along) = (by(), by());
    if (down, along) == (0, 0) {
        return;
    }
    let Image { height, width } = image;
    work[..values.len()].copy_from_slice(values);
    let mut from = work.chunks(height * width);
    image.channels(values, |channel| {
        let from = from.next().expect("as many channels");
        channel.fill(0.0);
        let inside = |i: usize, by: isize, size: usize| {
            usize::try_from(i as isize + by).ok().filter(|&i| i < size)
        };
        // Columns from `first` on are those from `source` on.
        let first = (-along).max(0) as usize;
        let source = along.max(0) as usize;
        let n = width.saturating_sub(along.unsigned_abs());
        for row in 0..height {
            if let Some(at) = inside(row, down, height) {
                let from = &from[at * width + source..][..n];
                channel[row * width + first..][..n].copy_from_slice(from);
            }
        }
    });
}
