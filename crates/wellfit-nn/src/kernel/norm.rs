//! Normalisation: by channel over many pixels (batch norm), by sample over its
//! features (layer norm).

use super::simd::{LANES, Simd};

/// Pixels of some samples, channels last.
#[derive(Clone, Copy, Debug)]
pub struct Pixels {
    /// Number of samples.
    pub samples: usize,
    /// Values from a sample to the next.
    pub sample: usize,
    /// Pixels in a sample.
    pub count: usize,
    /// Values from a pixel to the next, whole vectors.
    pub pixel: usize,
}

/// Runs a body for the place of every pixel. (A closure would not be compiled for the
/// kernel's instruction set.)
macro_rules! each_pixel {
    ($p:ident, $at:ident, $body:block) => {
        for sample in 0..$p.samples {
            for pixel in 0..$p.count {
                let $at = sample * $p.sample + pixel * $p.pixel;
                $body
            }
        }
    };
}

/// For each channel the mean over the pixels, and the sum of squared distances to it.
///
/// # Safety
/// The pointers must be good for those shapes; the machine must have S.
#[inline(always)]
pub unsafe fn moments<S: Simd>(x: *const f32, mean: *mut f32, squares: *mut f32, p: &Pixels) {
    let count = (p.samples * p.count) as f32;
    for v in (0..p.pixel).step_by(LANES) {
        // SAFETY: the caller vouches for it.
        unsafe {
            let mut sum = S::splat(0.0);
            each_pixel!(p, at, { sum = S::add(sum, S::load(x.add(at + v))) });
            let middle = S::div(sum, S::splat(count));
            let mut sum = S::splat(0.0);
            each_pixel!(p, at, {
                let distance = S::sub(S::load(x.add(at + v)), middle);
                sum = S::fma(distance, distance, sum);
            });
            S::store(mean.add(v), middle);
            S::store(squares.add(v), sum);
        }
    }
}

/// y = (x − mean)·scale + shift, channel by channel.
///
/// # Safety
/// As for [`moments`]; `of` holds mean, scale and shift.
#[inline(always)]
pub unsafe fn normalise<S: Simd>(x: *const f32, y: *mut f32, of: [*const f32; 3], p: &Pixels) {
    let [mean, scale, shift] = of;
    each_pixel!(p, at, {
        for v in (0..p.pixel).step_by(LANES) {
            // SAFETY: the caller vouches for it.
            unsafe {
                let centred = S::sub(S::load(x.add(at + v)), S::load(mean.add(v)));
                let y = y.add(at + v);
                S::store(y, S::fma(centred, S::load(scale.add(v)), S::load(shift.add(v))));
            }
        }
    });
}

/// For each channel Σ dy·(x − mean)·inverse and Σ dy.
///
/// # Safety
/// As for [`moments`]; `of` holds mean and the inverse of the deviation.
#[inline(always)]
pub unsafe fn norm_sums<S: Simd>(
    dy: *const f32,
    x: *const f32,
    of: [*const f32; 2],
    sums: [*mut f32; 2],
    p: &Pixels,
) {
    let [mean, inverse] = of;
    for v in (0..p.pixel).step_by(LANES) {
        // SAFETY: the caller vouches for it.
        unsafe {
            let (mean, inverse) = (S::load(mean.add(v)), S::load(inverse.add(v)));
            let (mut along, mut plain) = (S::splat(0.0), S::splat(0.0));
            each_pixel!(p, at, {
                let dy = S::load(dy.add(at + v));
                let normal = S::mul(S::sub(S::load(x.add(at + v)), mean), inverse);
                along = S::fma(dy, normal, along);
                plain = S::add(plain, dy);
            });
            S::store(sums[0].add(v), along);
            S::store(sums[1].add(v), plain);
        }
    }
}

/// dx = dy·a + (x − mean)·b + c, channel by channel; or dx += that.
///
/// # Safety
/// As for [`moments`]; `of` holds mean, a, b and c.
#[inline(always)]
pub unsafe fn norm_back<S: Simd>(
    dy: *const f32,
    x: *const f32,
    dx: *mut f32,
    of: [*const f32; 4],
    p: &Pixels,
    accumulate: bool,
) {
    let [mean, a, b, c] = of;
    each_pixel!(p, at, {
        for v in (0..p.pixel).step_by(LANES) {
            // SAFETY: the caller vouches for it.
            unsafe {
                let centred = S::sub(S::load(x.add(at + v)), S::load(mean.add(v)));
                let d = S::fma(S::load(dy.add(at + v)), S::load(a.add(v)), S::load(c.add(v)));
                let d = S::fma(centred, S::load(b.add(v)), d);
                let dx = dx.add(at + v);
                S::store(dx, if accumulate { S::add(S::load(dx), d) } else { d });
            }
        }
    });
}

/// One sample's layer norm over the `n` features that `mask` marks with 1:
/// y = (x − mean)/√(variance + eps)·w + b. Returns the mean and the inverse of the
/// deviation.
///
/// # Safety
/// All pointers must be good for 16·`vectors` values, w and b with 0 where the mask has
/// it; the machine must have S.
#[inline(always)]
pub unsafe fn layer_norm<S: Simd>(
    x: *const f32,
    y: *mut f32,
    [w, b, mask]: [*const f32; 3],
    (n, vectors): (usize, usize),
    eps: f32,
) -> [f32; 2] {
    // SAFETY: the caller vouches for it.
    unsafe {
        let mut sum = S::splat(0.0);
        for v in (0..vectors * LANES).step_by(LANES) {
            sum = S::add(sum, S::load(x.add(v)));
        }
        let mean = S::sum(sum) / n as f32;
        let middle = S::splat(mean);
        let mut sum = S::splat(0.0);
        for v in (0..vectors * LANES).step_by(LANES) {
            let distance = S::mul(S::sub(S::load(x.add(v)), middle), S::load(mask.add(v)));
            sum = S::fma(distance, distance, sum);
        }
        let inverse = 1.0 / (S::sum(sum) / n as f32 + eps).sqrt();
        let scale = S::splat(inverse);
        for v in (0..vectors * LANES).step_by(LANES) {
            let normal = S::mul(S::sub(S::load(x.add(v)), middle), scale);
            S::store(y.add(v), S::fma(normal, S::load(w.add(v)), S::load(b.add(v))));
        }
        [mean, inverse]
    }
}

/// The gradient of one sample's layer norm: dx (set, or added to, or null), and what is added to
/// those of w and b.
///
/// # Safety
/// As for [`layer_norm`].
#[inline(always)]
pub unsafe fn layer_norm_back<S: Simd>(
    dy: *const f32,
    x: *const f32,
    (dx, accumulate): (*mut f32, bool),
    [w, mask]: [*const f32; 2],
    [mean, inverse]: [f32; 2],
    [dw, db]: [*mut f32; 2],
    (n, vectors): (usize, usize),
) {
    // SAFETY: the caller vouches for it.
    unsafe {
        let (middle, scale) = (S::splat(mean), S::splat(inverse));
        macro_rules! normal {
            ($v:expr) => {
                S::mul(S::mul(S::sub(S::load(x.add($v)), middle), scale), S::load(mask.add($v)))
            };
        }
        let (mut plain, mut along) = (S::splat(0.0), S::splat(0.0));
        for v in (0..vectors * LANES).step_by(LANES) {
            let (dy, normal) = (S::load(dy.add(v)), normal!(v));
            S::store(dw.add(v), S::fma(dy, normal, S::load(dw.add(v))));
            S::store(db.add(v), S::add(dy, S::load(db.add(v))));
            let scaled = S::mul(dy, S::load(w.add(v)));
            plain = S::add(plain, scaled);
            along = S::fma(scaled, normal, along);
        }
        if dx.is_null() {
            return;
        }
        let plain = S::splat(S::sum(plain) / n as f32);
        let along = S::splat(-(S::sum(along) / n as f32));
        for v in (0..vectors * LANES).step_by(LANES) {
            let scaled = S::mul(S::load(dy.add(v)), S::load(w.add(v)));
            let d = S::fma(normal!(v), along, S::sub(scaled, plain));
            let d = S::mul(S::mul(d, scale), S::load(mask.add(v)));
            let dx = dx.add(v);
            S::store(dx, if accumulate { S::add(S::load(dx), d) } else { d });
        }
    }
}
