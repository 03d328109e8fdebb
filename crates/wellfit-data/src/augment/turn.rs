//! Turning and scaling about the centre, with values between pixels.

use wellfit_random::Stream;

use super::image::Image;

/// Turns by an angle drawn evenly from ±`degrees`: the value at distance (y, x) from the
/// centre becomes that at (y·cos + x·sin, x·cos − y·sin).
pub fn rotate(
    image: Image,
    degrees: f64,
    values: &mut [f32],
    work: &mut [f32],
    stream: &mut Stream,
) {
    let angle = (2.0 * stream.uniform() - 1.0) * degrees * (std::f64::consts::PI / 180.0);
    let (sin, cos) = libm::sincos(angle);
    resample(image, [[cos, sin], [-sin, cos]], values, work);
}

/// Scales by a factor f drawn evenly from 1 − `by` to 1 + `by`: the value at distance
/// (y, x) from the centre becomes that at (y/f, x/f).
pub fn zoom(image: Image, by: f64, values: &mut [f32], work: &mut [f32], stream: &mut Stream) {
    let factor = 1.0 + (2.0 * stream.uniform() - 1.0) * by;
    resample(image, [[1.0 / factor, 0.0], [0.0, 1.0 / factor]], values, work);
}

/// The value at p = (row, column) becomes that at centre + `map`·(p − centre), the centre
/// being ((H−1)/2, (W−1)/2). Between pixels it is the bilinear mean of the four around it;
/// outside the image they are 0.
fn resample(image: Image, map: [[f64; 2]; 2], values: &mut [f32], work: &mut [f32]) {
    let Image { height, width } = image;
    let area = height * width;
    work[..values.len()].copy_from_slice(values);
    let centre = [height, width].map(|n| (n as f32 - 1.0) / 2.0);
    let [[yy, yx], [xy, xx]] = map.map(|row| row.map(|x| x as f32));
    for row in 0..height {
        let y = row as f32 - centre[0];
        for column in 0..width {
            let x = column as f32 - centre[1];
            let (from_y, from_x) = (yy * y + yx * x + centre[0], xy * y + xx * x + centre[1]);
            let (top, left) = (from_y.floor(), from_x.floor());
            let (down, along) = (from_y - top, from_x - left);
            let (top, left) = (top as isize, left as isize);
            let at = row * width + column;
            let outside = top < -1 || left < -1 || top >= height as isize || left >= width as isize;
            for (channel, from) in values.chunks_mut(area).zip(work.chunks(area)) {
                if outside {
                    channel[at] = 0.0;
                    continue;
                }
                let pixel = |y: isize, x: isize| {
                    let inside = y >= 0 && x >= 0 && y < height as isize && x < width as isize;
                    if inside { from[y as usize * width + x as usize] } else { 0.0 }
                };
                let line = |y| (1.0 - along) * pixel(y, left) + along * pixel(y, left + 1);
                channel[at] = (1.0 - down) * line(top) + down * line(top + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resampled(size: (usize, usize), map: [[f64; 2]; 2], values: &[f32]) -> Vec<f32> {
        let (mut values, mut work) = (values.to_vec(), vec![0.0; values.len()]);
        resample(Image { height: size.0, width: size.1 }, map, &mut values, &mut work);
        values
    }

    #[test]
    fn a_map_that_moves_nothing_changes_nothing() {
        let values: Vec<f32> = (0..2 * 15).map(|i| i as f32 * 0.7 - 3.0).collect();
        assert_eq!(resampled((3, 5), [[1.0, 0.0], [0.0, 1.0]], &values), values);
    }

    /// A quarter turn and a half turn, by hand; two channels alike.
    #[test]
    fn right_angles_move_pixels_to_pixels() {
        let square = [1.0, 2.0, 3.0, 4.0];
        let both = [square, square.map(|x| x * 10.0)].concat();
        let quarter = resampled((2, 2), [[0.0, 1.0], [-1.0, 0.0]], &both);
        assert_eq!(quarter, [2.0, 4.0, 1.0, 3.0, 20.0, 40.0, 10.0, 30.0]);
        let half = resampled((2, 3), [[-1.0, 0.0], [0.0, -1.0]], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(half, [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]);
    }

    /// Twice as large: the middle of a row of four is read at ±¼ and ±¾ from the centre.
    #[test]
    fn values_between_pixels_are_their_bilinear_means_and_zeros_come_in() {
        let larger = resampled((1, 4), [[0.5, 0.0], [0.0, 0.5]], &[0.0, 4.0, 8.0, 12.0]);
        assert_eq!(larger, [3.0, 5.0, 7.0, 9.0]);
        let smaller = resampled((1, 4), [[2.0, 0.0], [0.0, 2.0]], &[4.0, 4.0, 4.0, 4.0]);
        // Read at −1.5, 0.5, 2.5 and 4.5.
        assert_eq!(smaller, [0.0, 4.0, 4.0, 0.0]);
    }
}
