//! An activation on a block of 64 features, whose padding stays 0.

use crate::Activation;
use crate::kernel::{Kernels, TILE, TILE_VECTORS};

/// z = f(z) for `rows` rows of a block; the slopes, unless null, are multiplied by
/// f′(z). What lies beyond `columns` is 0 afterwards as before: the head's products
/// run over it.
///
/// # Safety
/// `z` and `slope` (unless null) must hold `rows` rows of 64 values, and nobody else
/// may work on them.
pub unsafe fn activate(
    kernels: &Kernels,
    activation: Activation,
    z: *mut f32,
    slope: *mut f32,
    rows: usize,
    columns: usize,
) {
    // SAFETY: the caller vouches for so many rows of 64 values.
    unsafe {
        (kernels.activate)(activation, z, slope, rows * TILE_VECTORS);
        if !activation.keeps_zero() {
            for row in 0..rows {
                for column in columns..TILE {
                    *z.add(row * TILE + column) = 0.0;
                }
            }
        }
    }
}
