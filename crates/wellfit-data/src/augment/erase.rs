//! Blanking a rectangle (Z. Zhong et al., *Random erasing data augmentation*, AAAI 2020).

use wellfit_random::Stream;

use super::image::Image;

/// With probability `p`, the values of a rectangle become 0. Its area is at most a share of
/// the image's that is drawn evenly from 0 to `area`, its ratio of height to width has an
/// even logarithm from 3/10 to 10/3, its place is drawn evenly. It has at least one pixel.
pub fn erase(image: Image, (p, area): (f64, f64), values: &mut [f32], stream: &mut Stream) {
    let [chance, share, ratio] = [(); 3].map(|()| stream.uniform());
    let Image { height, width } = image;
    let pixels = area * (1.0 - share) * (height * width) as f64;
    let ratio = libm::exp((2.0 * ratio - 1.0) * libm::log(10.0 / 3.0));
    let rows = ((pixels * ratio).sqrt() as usize).clamp(1, height);
    let columns = ((pixels / rows as f64) as usize).clamp(1, width);
    let top = stream.below((height - rows) as u64 + 1) as usize;
    let left = stream.below((width - columns) as u64 + 1) as usize;
    if chance < p {
        image.channels(values, |channel| {
            for row in top..top + rows {
                channel[row * width + left..][..columns].fill(0.0);
            }
        });
    }
}
