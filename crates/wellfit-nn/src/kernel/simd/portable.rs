//! Plain Rust, for every machine; what the others are measured against.

use super::{LANES, Simd};

/// Plain Rust: the compiler makes of it what the build allows.
#[derive(Clone, Copy)]
pub struct Portable;

macro_rules! lanes {
    ($f:expr) => {{
        let f = $f;
        let mut out = [Default::default(); LANES];
        let mut i = 0;
        while i < LANES {
            out[i] = f(i);
            i += 1;
        }
        out
    }};
}

impl Simd for Portable {
    type V = [f32; LANES];
    type U = [u32; LANES];
    const SPAN: usize = 1;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::V {
        // SAFETY: the caller vouches for 16 values.
        unsafe { from.cast::<Self::V>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, v: Self::V) {
        // SAFETY: the caller vouches for 16 values.
        unsafe { to.cast::<Self::V>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::V {
        [x; LANES]
    }
    #[inline(always)]
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        lanes!(|i: usize| a[i].mul_add(b[i], c[i]))
    }
    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        lanes!(|i: usize| a[i] + b[i])
    }
    #[inline(always)]
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V {
        lanes!(|i: usize| a[i] - b[i])
    }
    #[inline(always)]
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V {
        lanes!(|i: usize| a[i] * b[i])
    }
    #[inline(always)]
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V {
        lanes!(|i: usize| if a[i] > b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    unsafe fn abs(a: Self::V) -> Self::V {
        lanes!(|i: usize| a[i].abs())
    }
    #[inline(always)]
    unsafe fn signed(a: Self::V, b: Self::V) -> Self::V {
        lanes!(|i: usize| if b[i] == 0.0 { 0.0 } else { a[i].copysign(b[i]) })
    }
    #[inline(always)]
    unsafe fn flush(a: Self::V) -> Self::V {
        lanes!(|i: usize| if a[i].abs() < f32::MIN_POSITIVE { 0.0 } else { a[i] })
    }
    #[inline(always)]
    unsafe fn if_gt(a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V {
        lanes!(|i: usize| if a[i] > b[i] { x[i] } else { y[i] })
    }
    #[inline(always)]
    unsafe fn sqrt(a: Self::V) -> Self::V {
        lanes!(|i: usize| a[i].sqrt())
    }
    #[inline(always)]
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V {
        lanes!(|i: usize| a[i] / b[i])
    }
    #[inline(always)]
    unsafe fn pow2(n: Self::V) -> Self::V {
        lanes!(|i: usize| f32::from_bits(((n[i] as i32 + 127) << 23) as u32))
    }
    #[inline(always)]
    unsafe fn round(a: Self::V) -> Self::V {
        lanes!(|i: usize| a[i].round_ties_even())
    }
    #[inline(always)]
    unsafe fn load_bytes(from: *const u8) -> Self::V {
        // SAFETY: the caller vouches for 16 bytes.
        let bytes = unsafe { from.cast::<[u8; LANES]>().read_unaligned() };
        lanes!(|i: usize| f32::from(bytes[i]))
    }
    #[inline(always)]
    unsafe fn splat_u(x: u32) -> Self::U {
        [x; LANES]
    }
    #[inline(always)]
    unsafe fn lanes() -> Self::U {
        lanes!(|i: usize| i as u32)
    }
    #[inline(always)]
    unsafe fn add_u(a: Self::U, b: Self::U) -> Self::U {
        lanes!(|i: usize| a[i].wrapping_add(b[i]))
    }
    #[inline(always)]
    unsafe fn xor_u(a: Self::U, b: Self::U) -> Self::U {
        lanes!(|i: usize| a[i] ^ b[i])
    }
    #[inline(always)]
    unsafe fn mul_wide(a: Self::U, b: Self::U) -> (Self::U, Self::U) {
        (
            lanes!(|i: usize| ((u64::from(a[i]) * u64::from(b[i])) >> 32) as u32),
            lanes!(|i: usize| a[i].wrapping_mul(b[i])),
        )
    }
    #[inline(always)]
    unsafe fn halves(a: Self::U) -> (Self::U, Self::U) {
        (lanes!(|i: usize| a[i] & 0xffff), lanes!(|i: usize| a[i] >> 16))
    }
    #[inline(always)]
    unsafe fn keep_ge(a: Self::U, b: Self::U, x: Self::V) -> Self::V {
        lanes!(|i: usize| if a[i] >= b[i] { x[i] } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn prefetch(_: *const f32) {}
}
