//! Activations with their slopes, sixteen values at a time.

use super::pointwise::exp;
use super::simd::{LANES, Simd};
use crate::Activation;

/// z = f(z) for `vectors` vectors; the slopes, unless null, are multiplied by f′(z).
///
/// # Safety
/// `z` and `slope` (unless null) must be good for 16·`vectors` values; the machine
/// must have S.
#[inline(always)]
pub unsafe fn activate<S: Simd>(
    activation: Activation,
    z: *mut f32,
    slope: *mut f32,
    vectors: usize,
) {
    // SAFETY: handed on.
    unsafe {
        match activation {
            Activation::Relu => each::<S, _>(Relu, z, slope, vectors),
            Activation::LeakyRelu { slope: s } => {
                each::<S, _>(LeakyRelu(s as f32), z, slope, vectors)
            }
            Activation::Elu => each::<S, _>(Elu, z, slope, vectors),
            Activation::Gelu => each::<S, _>(Gelu, z, slope, vectors),
            Activation::Silu => each::<S, _>(Silu, z, slope, vectors),
            Activation::Tanh => each::<S, _>(Tanh, z, slope, vectors),
            Activation::Sigmoid => each::<S, _>(Sigmoid, z, slope, vectors),
        }
    }
}

#[inline(always)]
unsafe fn each<S: Simd, F: Function<S>>(f: F, z: *mut f32, slope: *mut f32, vectors: usize) {
    for i in 0..vectors {
        // SAFETY: the caller vouches for so many vectors and for S.
        unsafe {
            let at = z.add(i * LANES);
            let (y, derivative) = f.at(S::load(at));
            S::store(at, y);
            if !slope.is_null() {
                let at = slope.add(i * LANES);
                S::store(at, S::mul(S::load(at), derivative));
            }
        }
    }
}

/// A function with its derivative.
trait Function<S: Simd> {
    /// f(x) and f′(x); f of a NaN is one.
    ///
    /// # Safety
    /// The machine must have S.
    unsafe fn at(&self, x: S::V) -> (S::V, S::V);
}

struct Relu;
struct LeakyRelu(f32);
struct Elu;
struct Gelu;
struct Silu;
struct Tanh;
struct Sigmoid;

impl<S: Simd> Function<S> for Relu {
    #[inline(always)]
    unsafe fn at(&self, x: S::V) -> (S::V, S::V) {
        // SAFETY: the caller vouches for S.
        unsafe {
            let zero = S::splat(0.0);
            // A NaN stays one, as in PyTorch: it must not hide.
            (S::if_gt(zero, x, zero, x), S::if_gt(x, zero, S::splat(1.0), zero))
        }
    }
}

impl<S: Simd> Function<S> for LeakyRelu {
    #[inline(always)]
    unsafe fn at(&self, x: S::V) -> (S::V, S::V) {
        // SAFETY: the caller vouches for S.
        unsafe {
            let (zero, slope) = (S::splat(0.0), S::splat(self.0));
            (S::if_gt(x, zero, x, S::mul(x, slope)), S::if_gt(x, zero, S::splat(1.0), slope))
        }
    }
}

impl<S: Simd> Function<S> for Elu {
    #[inline(always)]
    unsafe fn at(&self, x: S::V) -> (S::V, S::V) {
        // SAFETY: the caller vouches for S.
        unsafe {
            let (zero, one) = (S::splat(0.0), S::splat(1.0));
            let below = exp_m1::<S>(minus_abs::<S>(x));
            (S::if_gt(x, zero, x, below), S::if_gt(x, zero, one, S::add(below, one)))
        }
    }
}

impl<S: Simd> Function<S> for Gelu {
    #[inline(always)]
    unsafe fn at(&self, x: S::V) -> (S::V, S::V) {
        // SAFETY: the caller vouches for S.
        unsafe {
            let (zero, one) = (S::splat(0.0), S::splat(1.0));
            // Φ(−|x|) = φ(x)·m(|x|), with Mills's ratio m.
            let density = {
                let e = exp::<S>(S::mul(S::mul(x, x), S::splat(-0.5)));
                S::mul(e, S::splat(0.398_942_3))
            };
            let tail = S::mul(density, mills::<S>(S::abs(x)));
            let cdf = S::if_gt(x, zero, S::sub(one, tail), tail);
            (S::mul(x, cdf), S::fma(x, density, cdf))
        }
    }
}

impl<S: Simd> Function<S> for Silu {
    #[inline(always)]
    unsafe fn at(&self, x: S::V) -> (S::V, S::V) {
        // SAFETY: the caller vouches for S.
        unsafe {
            let one = S::splat(1.0);
            let s = sigmoid::<S>(x);
            (S::mul(x, s), S::mul(s, S::fma(x, S::sub(one, s), one)))
        }
    }
}

impl<S: Simd> Function<S> for Tanh {
    #[inline(always)]
    unsafe fn at(&self, x: S::V) -> (S::V, S::V) {
        // SAFETY: the caller vouches for S.
        unsafe {
            let one = S::splat(1.0);
            // tanh |x| = −t/(2 + t) with t = e^(−2|x|) − 1: exact to the last bits
            // also near 0.
            let minus = minus_abs::<S>(x);
            let t = exp_m1::<S>(S::add(minus, minus));
            let y = S::div(S::abs(t), S::add(S::splat(2.0), t));
            let y = S::signed(y, x);
            (y, S::sub(one, S::mul(y, y)))
        }
    }
}

impl<S: Simd> Function<S> for Sigmoid {
    #[inline(always)]
    unsafe fn at(&self, x: S::V) -> (S::V, S::V) {
        // SAFETY: the caller vouches for S.
        unsafe {
            let y = sigmoid::<S>(x);
            (y, S::mul(y, S::sub(S::splat(1.0), y)))
        }
    }
}

/// −|x|
#[inline(always)]
unsafe fn minus_abs<S: Simd>(x: S::V) -> S::V {
    // SAFETY: the caller vouches for S.
    unsafe { S::sub(S::splat(0.0), S::abs(x)) }
}

/// 1/(1 + e⁻ˣ), by e^(−|x|), which cannot overflow.
#[inline(always)]
unsafe fn sigmoid<S: Simd>(x: S::V) -> S::V {
    // SAFETY: the caller vouches for S.
    unsafe {
        let (zero, one) = (S::splat(0.0), S::splat(1.0));
        let e = exp::<S>(minus_abs::<S>(x));
        S::div(S::if_gt(zero, x, e, one), S::add(one, e))
    }
}

/// eˣ − 1 for x ≤ 0; NaN stays NaN.
#[inline(always)]
unsafe fn exp_m1<S: Simd>(x: S::V) -> S::V {
    // SAFETY: the caller vouches for S.
    unsafe {
        // Below −87 the result is −1.
        let least = S::splat(-87.0);
        let x = S::if_gt(least, x, least, x);
        let n = S::round(S::mul(x, S::splat(std::f32::consts::LOG2_E)));
        // x − n·ln 2, with ln 2 in two parts so that no bit is lost.
        let r = S::fma(n, S::splat(-0.693_145_75), x);
        let r = S::fma(n, S::splat(-1.428_606_8e-6), r);
        // Taylor's series of (eʳ − 1 − r)/r² for |r| ≤ ln 2 / 2.
        let mut p = S::splat(1.0 / 40320.0);
        for c in [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5] {
            p = S::fma(p, r, S::splat(c));
        }
        let q = S::fma(S::mul(r, r), p, r);
        // 2ⁿ·(1 + q) − 1
        let power = S::pow2(n);
        S::fma(q, power, S::sub(power, S::splat(1.0)))
    }
}

/// Mills's ratio (1 − Φ(x))/φ(x) for x from 0 to 13 (beyond, φ is 0 here) within
/// 5e-7 of itself: a polynomial in u = 1/(1 + 0.35·x), fitted to it by weighted
/// least squares.
#[inline(always)]
unsafe fn mills<S: Simd>(x: S::V) -> S::V {
    // SAFETY: the caller vouches for S.
    unsafe {
        let one = S::splat(1.0);
        let u = S::div(one, S::fma(x, S::splat(0.35), one));
        let mut p = S::splat(-0.073_059_99);
        for c in [
            0.360_892_92,
            -0.640_999_4,
            0.399_011_2,
            -0.057_941_43,
            0.264_474_84,
            0.300_375_16,
            0.350_581_88,
            0.349_978_95,
            0.0,
        ] {
            p = S::fma(p, u, S::splat(c));
        }
        p
    }
}

#[cfg(test)]
mod tests {
    use super::super::simd::Portable;
    use super::*;

    const ALL: [Activation; 7] = [
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.2 },
        Activation::Elu,
        Activation::Gelu,
        Activation::Silu,
        Activation::Tanh,
        Activation::Sigmoid,
    ];

    /// f and f′ at `x`.
    fn at(f: Activation, x: f32) -> (f64, f64) {
        let (mut z, mut slope) = ([x; LANES], [1.0; LANES]);
        // SAFETY: one vector each; plain Rust runs everywhere.
        unsafe { activate::<Portable>(f, z.as_mut_ptr(), slope.as_mut_ptr(), 1) };
        (f64::from(z[0]), f64::from(slope[0]))
    }

    #[test]
    fn values_agree_with_the_definitions() {
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let phi = |x: f64| libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2) / 2.0;
        let elu = |x: f64| if x > 0.0 { x } else { x.exp_m1() };
        let exact: [(Activation, &dyn Fn(f64) -> f64); 5] = [
            (Activation::Elu, &elu),
            (Activation::Gelu, &|x| x * phi(x)),
            (Activation::Silu, &|x| x * sigmoid(x)),
            (Activation::Tanh, &f64::tanh),
            (Activation::Sigmoid, &sigmoid),
        ];
        let grid = (-3000..=3000).map(|i| i as f32 * 0.01);
        let small = (-40..0).flat_map(|e| [1.0, -1.37].map(|x: f32| x * 2f32.powi(e)));
        for x in grid.chain(small) {
            for (f, exact) in &exact {
                let (ours, exact) = (at(*f, x).0, exact(f64::from(x)));
                // An exponent's rounding, which grows with it, is the exponential's error.
                let tolerance = 7e-7 * exact.abs() * (1.0 + f64::from(x * x) / 8.0) + 1e-36;
                assert!((ours - exact).abs() <= tolerance, "{f:?} of {x}: {ours}, {exact}");
            }
        }
    }

    #[test]
    fn slopes_agree_with_differences_of_values() {
        for f in ALL {
            for i in -300..300 {
                // Away from 0, where some have a kink.
                let x = i as f32 * 0.02 + 0.01;
                let (above, below) = (x + 1e-3, x - 1e-3);
                let rise = at(f, above).0 - at(f, below).0;
                let difference = rise / (f64::from(above) - f64::from(below));
                let slope = at(f, x).1;
                assert!((slope - difference).abs() < 5e-4, "{f:?} at {x}: {slope}, {difference}");
            }
        }
    }

    #[test]
    fn a_nan_stays_one() {
        for f in ALL {
            assert!(at(f, f32::NAN).0.is_nan(), "{f:?}");
        }
    }
}
