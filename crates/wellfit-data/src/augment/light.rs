//! Brightness and contrast. Values are not cut off at the ends of the data's range: a
//! network does not know any.

use wellfit_random::Stream;

/// x′ = f·x with f drawn evenly from 1 − `by` to 1 + `by`.
pub fn brightness(by: f64, values: &mut [f32], stream: &mut Stream) {
    let factor = factor(by, stream);
    values.iter_mut().for_each(|x| *x *= factor);
}

/// x′ = m + f·(x − m) with f drawn evenly from 1 − `by` to 1 + `by`, where m is the mean
/// over all values of the sample.
pub fn contrast(by: f64, values: &mut [f32], stream: &mut Stream) {
    let factor = factor(by, stream);
    let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / values.len() as f64;
    let mean = mean as f32;
    values.iter_mut().for_each(|x| *x = mean + factor * (*x - mean));
}

fn factor(by: f64, stream: &mut Stream) -> f32 {
    (1.0 + (2.0 * stream.uniform() - 1.0) * by) as f32
}
