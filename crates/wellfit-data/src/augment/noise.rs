//! Normal noise.

use wellfit_random::Stream;

use super::quantile::normal;

/// x′ = x + `std`·N(0, 1), drawn for each value.
pub fn noise(std: f64, values: &mut [f32], stream: &mut Stream) {
    values.iter_mut().for_each(|x| *x += (std * normal(stream.next_u32())) as f32);
}
