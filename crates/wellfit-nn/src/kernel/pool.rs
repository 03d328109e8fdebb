//! Pooling over channels-last images: each channel for itself, sixteen at a time.

use super::simd::{LANES, Simd};

/// A sample's windows.
#[derive(Clone, Copy, Debug)]
pub struct Pooling {
    /// Windows in a column and in a row of the output.
    pub out: [usize; 2],
    /// Rows and columns of a window.
    pub kernel: [usize; 2],
    /// From a window to the next.
    pub stride: [usize; 2],
    /// Pixels in a row of the input.
    pub width: usize,
    /// Values from a pixel to the next, whole vectors.
    pub pixel: usize,
}

/// Runs a body for every window: its index in the output and its first pixel in the
/// input. (A closure would not be compiled for the kernel's instruction set.)
macro_rules! each_window {
    ($p:ident, $out:ident, $first:ident, $body:block) => {
        for y in 0..$p.out[0] {
            for x in 0..$p.out[1] {
                let $first = y * $p.stride[0] * $p.width + x * $p.stride[1];
                let $out = y * $p.out[1] + x;
                $body
            }
        }
    };
}

/// Runs a body for every pixel of a window, given by its distance from the first.
macro_rules! each_tap {
    ($p:ident, $tap:ident, $body:block) => {
        for y in 0..$p.kernel[0] {
            for x in 0..$p.kernel[1] {
                let $tap = y * $p.width + x;
                $body
            }
        }
    };
}

/// The largest value of each window, the first of equals in row order; `winner`, unless
/// null, gets the number of its tap. A NaN wins (as does an infinity over itself: it
/// becomes one).
///
/// # Safety
/// The pointers must be good for a sample; the machine must have S.
#[inline(always)]
pub unsafe fn max_pool<S: Simd>(x: *const f32, y: *mut f32, winner: *mut f32, p: &Pooling) {
    let vectors = p.pixel / LANES;
    each_window!(p, to, from, {
        for v in 0..vectors {
            // SAFETY: the caller vouches for the sample.
            unsafe {
                let x = x.add(from * p.pixel + v * LANES);
                let mut best = S::load(x);
                let mut place = S::splat(0.0);
                let mut nan = S::splat(0.0);
                let mut number = 0.0;
                each_tap!(p, tap, {
                    let here = S::load(x.add(tap * p.pixel));
                    place = S::if_gt(here, best, S::splat(number), place);
                    best = S::if_gt(here, best, here, best);
                    nan = S::add(nan, S::sub(here, here));
                    number += 1.0;
                });
                let at = to * p.pixel + v * LANES;
                S::store(y.add(at), S::add(best, nan));
                if !winner.is_null() {
                    S::store(winner.add(at), place);
                }
            }
        }
    });
}

/// Adds each output's gradient to the input that won.
///
/// # Safety
/// As for [`max_pool`].
#[inline(always)]
pub unsafe fn max_pool_back<S: Simd>(
    dy: *const f32,
    winner: *const f32,
    dx: *mut f32,
    p: &Pooling,
) {
    let vectors = p.pixel / LANES;
    each_window!(p, from, to, {
        for v in 0..vectors {
            // SAFETY: the caller vouches for the sample.
            unsafe {
                let at = from * p.pixel + v * LANES;
                let (dy, place) = (S::load(dy.add(at)), S::load(winner.add(at)));
                let zero = S::splat(0.0);
                let mut number = 0.0;
                each_tap!(p, tap, {
                    let at = dx.add((to + tap) * p.pixel + v * LANES);
                    let below = S::if_gt(S::splat(number + 0.5), place, dy, zero);
                    let here = S::if_gt(place, S::splat(number - 0.5), below, zero);
                    S::store(at, S::add(S::load(at), here));
                    number += 1.0;
                });
            }
        }
    });
}

/// The mean of each window.
///
/// # Safety
/// As for [`max_pool`].
#[inline(always)]
pub unsafe fn avg_pool<S: Simd>(x: *const f32, y: *mut f32, p: &Pooling) {
    let vectors = p.pixel / LANES;
    let count = (p.kernel[0] * p.kernel[1]) as f32;
    each_window!(p, to, from, {
        for v in 0..vectors {
            // SAFETY: the caller vouches for the sample.
            unsafe {
                let x = x.add(from * p.pixel + v * LANES);
                let mut sum = S::splat(0.0);
                each_tap!(p, tap, {
                    sum = S::add(sum, S::load(x.add(tap * p.pixel)));
                });
                S::store(y.add(to * p.pixel + v * LANES), S::div(sum, S::splat(count)));
            }
        }
    });
}

/// Adds each output's gradient, shared out evenly, to the inputs of its window.
///
/// # Safety
/// As for [`max_pool`].
#[inline(always)]
pub unsafe fn avg_pool_back<S: Simd>(dy: *const f32, dx: *mut f32, p: &Pooling) {
    let vectors = p.pixel / LANES;
    let count = (p.kernel[0] * p.kernel[1]) as f32;
    each_window!(p, from, to, {
        for v in 0..vectors {
            // SAFETY: the caller vouches for the sample.
            unsafe {
                let dy = S::load(dy.add(from * p.pixel + v * LANES));
                let share = S::div(dy, S::splat(count));
                each_tap!(p, tap, {
                    let at = dx.add((to + tap) * p.pixel + v * LANES);
                    S::store(at, S::add(S::load(at), share));
                });
            }
        }
    });
}
