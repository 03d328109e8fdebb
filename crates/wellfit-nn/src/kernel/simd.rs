//! Sixteen virtual lanes on whatever registers the machine has.
//!
//! Kernels are written once, generic over [`Simd`], and compiled for each
//! instruction set. A lane always does the same sequence of correctly rounded
//! operations, and sums over lanes always take the same order, so that all
//! instruction sets give the same bits.

/// Number of lanes.
pub const LANES: usize = 16;

/// Operations on 16 × f32 and 16 × u32.
///
/// # Safety
/// Every function is unsafe for one reason, besides the pointers of loads and
/// stores: the machine must have the instruction set. Kernels are reached only
/// through a table that was chosen after asking the machine.
pub trait Simd: Copy {
    /// 16 × f32.
    type V: Copy;
    /// 16 × u32.
    type U: Copy;
    /// How many vectors of an output row a micro-tile spans, so that 6 rows of
    /// accumulators fill the registers and no more.
    const SPAN: usize;

    unsafe fn load(from: *const f32) -> Self::V;
    unsafe fn store(to: *mut f32, v: Self::V);
    unsafe fn splat(x: f32) -> Self::V;
    /// a·b + c with one rounding.
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    /// b where a is NaN.
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn abs(a: Self::V) -> Self::V;
    /// a with b's sign, or 0 where b is 0; for positive a.
    unsafe fn signed(a: Self::V, b: Self::V) -> Self::V;
    /// a, or 0 where it is below the smallest normal number.
    unsafe fn flush(a: Self::V) -> Self::V;
    /// a > b ? x : y
    unsafe fn if_gt(a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V;
    /// √a, correctly rounded.
    unsafe fn sqrt(a: Self::V) -> Self::V;
    /// a/b, correctly rounded.
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V;
    /// 2ⁿ for whole n in [−126, 127].
    unsafe fn pow2(n: Self::V) -> Self::V;
    /// The nearest whole number, ties to even.
    unsafe fn round(a: Self::V) -> Self::V;
    /// 16 bytes as numbers.
    unsafe fn load_bytes(from: *const u8) -> Self::V;

    unsafe fn splat_u(x: u32) -> Self::U;
    /// 0, 1, … 15.
    unsafe fn lanes() -> Self::U;
    unsafe fn add_u(a: Self::U, b: Self::U) -> Self::U;
    unsafe fn xor_u(a: Self::U, b: Self::U) -> Self::U;
    /// High and low halves of the 64-bit products.
    unsafe fn mul_wide(a: Self::U, b: Self::U) -> (Self::U, Self::U);
    /// The low, then the high 16 bits of each lane.
    unsafe fn halves(a: Self::U) -> (Self::U, Self::U);
    /// a ≥ b ? x : 0, for a and b below 2³¹.
    unsafe fn keep_ge(a: Self::U, b: Self::U, x: Self::V) -> Self::V;
    /// Brings the cache line at `at` near.
    unsafe fn prefetch(at: *const f32);

    /// The lanes as an array.
    #[inline(always)]
    unsafe fn array(v: Self::V) -> [f32; LANES] {
        let mut out = [0.0; LANES];
        // SAFETY: `out` holds 16 values.
        unsafe { Self::store(out.as_mut_ptr(), v) };
        out
    }

    /// The sum of all lanes, always in the same order: halves onto halves.
    #[inline(always)]
    unsafe fn sum(v: Self::V) -> f32 {
        // SAFETY: the caller vouches for the instruction set.
        let mut a = unsafe { Self::array(v) };
        for half in [8, 4, 2, 1] {
            for i in 0..half {
                a[i] += a[i + half];
            }
        }
        a[0]
    }

    /// The largest lane.
    #[inline(always)]
    unsafe fn largest(v: Self::V) -> f32 {
        // SAFETY: the caller vouches for the instruction set.
        let mut a = unsafe { Self::array(v) };
        for half in [8, 4, 2, 1] {
            for i in 0..half {
                a[i] = if a[i] > a[i + half] { a[i] } else { a[i + half] };
            }
        }
        a[0]
    }
}

/// Plain Rust: the compiler makes NEON of it on ARM64, and anything elsewhere.
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

#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Simd;

    /// One 512-bit register a vector.
    #[derive(Clone, Copy)]
    pub struct Avx512;

    // SAFETY (every block below): the caller vouches for AVX-512F and, for loads
    // and stores, for 16 values behind the pointer.
    impl Simd for Avx512 {
        type V = __m512;
        type U = __m512i;
        const SPAN: usize = 4;

        #[inline(always)]
        unsafe fn load(from: *const f32) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_loadu_ps(from) }
        }
        #[inline(always)]
        unsafe fn store(to: *mut f32, v: __m512) {
            // SAFETY: see above.
            unsafe { _mm512_storeu_ps(to, v) }
        }
        #[inline(always)]
        unsafe fn splat(x: f32) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_set1_ps(x) }
        }
        #[inline(always)]
        unsafe fn fma(a: __m512, b: __m512, c: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_fmadd_ps(a, b, c) }
        }
        #[inline(always)]
        unsafe fn add(a: __m512, b: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_add_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn sub(a: __m512, b: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_sub_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn mul(a: __m512, b: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_mul_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn max(a: __m512, b: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_max_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn abs(a: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_abs_ps(a) }
        }
        #[inline(always)]
        unsafe fn signed(a: __m512, b: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe {
                let sign = _mm512_castps_si512(_mm512_set1_ps(-0.0));
                let (a, b) = (_mm512_castps_si512(a), _mm512_castps_si512(b));
                // sign ? b : a, bit by bit, where bits other than the sign are set
                let nonzero = _mm512_test_epi32_mask(b, _mm512_set1_epi32(i32::MAX));
                _mm512_castsi512_ps(_mm512_maskz_ternarylogic_epi32::<0xD8>(nonzero, a, b, sign))
            }
        }
        #[inline(always)]
        unsafe fn flush(a: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe {
                let exponent = _mm512_set1_epi32(0x7f80_0000);
                _mm512_maskz_mov_ps(_mm512_test_epi32_mask(_mm512_castps_si512(a), exponent), a)
            }
        }
        #[inline(always)]
        unsafe fn if_gt(a: __m512, b: __m512, x: __m512, y: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(a, b), y, x) }
        }
        #[inline(always)]
        unsafe fn sqrt(a: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_sqrt_ps(a) }
        }
        #[inline(always)]
        unsafe fn div(a: __m512, b: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_div_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn pow2(n: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_scalef_ps(_mm512_set1_ps(1.0), n) }
        }
        #[inline(always)]
        unsafe fn round(a: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT }>(a) }
        }
        #[inline(always)]
        unsafe fn load_bytes(from: *const u8) -> __m512 {
            // SAFETY: see above; 16 bytes.
            unsafe { _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(from.cast()))) }
        }
        #[inline(always)]
        unsafe fn splat_u(x: u32) -> __m512i {
            // SAFETY: see above.
            unsafe { _mm512_set1_epi32(x as i32) }
        }
        #[inline(always)]
        unsafe fn lanes() -> __m512i {
            // SAFETY: see above.
            unsafe { _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) }
        }
        #[inline(always)]
        unsafe fn add_u(a: __m512i, b: __m512i) -> __m512i {
            // SAFETY: see above.
            unsafe { _mm512_add_epi32(a, b) }
        }
        #[inline(always)]
        unsafe fn xor_u(a: __m512i, b: __m512i) -> __m512i {
            // SAFETY: see above.
            unsafe { _mm512_xor_si512(a, b) }
        }
        #[inline(always)]
        unsafe fn mul_wide(a: __m512i, b: __m512i) -> (__m512i, __m512i) {
            // SAFETY: see above.
            unsafe {
                let even = _mm512_mul_epu32(a, b);
                let odd = _mm512_mul_epu32(_mm512_srli_epi64::<32>(a), _mm512_srli_epi64::<32>(b));
                let high = _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64::<32>(even), odd);
                let low = _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64::<32>(odd));
                (high, low)
            }
        }
        #[inline(always)]
        unsafe fn halves(a: __m512i) -> (__m512i, __m512i) {
            // SAFETY: see above.
            unsafe { (_mm512_and_si512(a, _mm512_set1_epi32(0xffff)), _mm512_srli_epi32::<16>(a)) }
        }
        #[inline(always)]
        unsafe fn keep_ge(a: __m512i, b: __m512i, x: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_maskz_mov_ps(_mm512_cmpge_epi32_mask(a, b), x) }
        }
        #[inline(always)]
        unsafe fn prefetch(at: *const f32) {
            // SAFETY: a prefetch never faults.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
        }
    }

    /// Two 256-bit registers a vector.
    #[derive(Clone, Copy)]
    pub struct Avx2;

    /// The same on both halves.
    macro_rules! both {
        ($f:ident, $($a:ident),+) => { [$f($($a[0]),+), $f($($a[1]),+)] };
    }

    // SAFETY (every block below): the caller vouches for AVX2 and FMA and, for
    // loads and stores, for 16 values behind the pointer.
    impl Simd for Avx2 {
        type V = [__m256; 2];
        type U = [__m256i; 2];
        const SPAN: usize = 1;

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self::V {
            // SAFETY: see above.
            unsafe { [_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))] }
        }
        #[inline(always)]
        unsafe fn store(to: *mut f32, v: Self::V) {
            // SAFETY: see above.
            unsafe {
                _mm256_storeu_ps(to, v[0]);
                _mm256_storeu_ps(to.add(8), v[1]);
            }
        }
        #[inline(always)]
        unsafe fn splat(x: f32) -> Self::V {
            // SAFETY: see above.
            unsafe { [_mm256_set1_ps(x); 2] }
        }
        #[inline(always)]
        unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
            // SAFETY: see above.
            unsafe { both!(_mm256_fmadd_ps, a, b, c) }
        }
        #[inline(always)]
        unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: see above.
            unsafe { both!(_mm256_add_ps, a, b) }
        }
        #[inline(always)]
        unsafe fn sub(a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: see above.
            unsafe { both!(_mm256_sub_ps, a, b) }
        }
        #[inline(always)]
        unsafe fn mul(a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: see above.
            unsafe { both!(_mm256_mul_ps, a, b) }
        }
        #[inline(always)]
        unsafe fn max(a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: see above.
            unsafe { both!(_mm256_max_ps, a, b) }
        }
        #[inline(always)]
        unsafe fn abs(a: Self::V) -> Self::V {
            // SAFETY: see above.
            unsafe {
                let sign = _mm256_set1_ps(-0.0);
                [_mm256_andnot_ps(sign, a[0]), _mm256_andnot_ps(sign, a[1])]
            }
        }
        #[inline(always)]
        unsafe fn signed(a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: see above.
            unsafe {
                let sign = _mm256_set1_ps(-0.0);
                let one = |a, b| {
                    let signed = _mm256_or_ps(a, _mm256_and_ps(sign, b));
                    let zero = _mm256_cmp_ps::<_CMP_EQ_OQ>(b, _mm256_setzero_ps());
                    _mm256_andnot_ps(zero, signed)
                };
                [one(a[0], b[0]), one(a[1], b[1])]
            }
        }
        #[inline(always)]
        unsafe fn flush(a: Self::V) -> Self::V {
            // SAFETY: see above.
            unsafe {
                let exponent = _mm256_set1_epi32(0x7f80_0000);
                let one = |a| {
                    let bits = _mm256_and_si256(_mm256_castps_si256(a), exponent);
                    let below = _mm256_cmpeq_epi32(bits, _mm256_setzero_si256());
                    _mm256_andnot_ps(_mm256_castsi256_ps(below), a)
                };
                [one(a[0]), one(a[1])]
            }
        }
        #[inline(always)]
        unsafe fn if_gt(a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V {
            // SAFETY: see above.
            unsafe {
                let one = |i: usize| {
                    _mm256_blendv_ps(y[i], x[i], _mm256_cmp_ps::<_CMP_GT_OQ>(a[i], b[i]))
                };
                [one(0), one(1)]
            }
        }
        #[inline(always)]
        unsafe fn sqrt(a: Self::V) -> Self::V {
            // SAFETY: see above.
            unsafe { both!(_mm256_sqrt_ps, a) }
        }
        #[inline(always)]
        unsafe fn div(a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: see above.
            unsafe { both!(_mm256_div_ps, a, b) }
        }
        #[inline(always)]
        unsafe fn pow2(n: Self::V) -> Self::V {
            // SAFETY: see above.
            unsafe {
                let one = |n| {
                    let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
                    _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent))
                };
                [one(n[0]), one(n[1])]
            }
        }
        #[inline(always)]
        unsafe fn round(a: Self::V) -> Self::V {
            const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
            // SAFETY: see above.
            unsafe { [_mm256_round_ps::<NEAREST>(a[0]), _mm256_round_ps::<NEAREST>(a[1])] }
        }
        #[inline(always)]
        unsafe fn load_bytes(from: *const u8) -> Self::V {
            // SAFETY: see above; 16 bytes.
            unsafe {
                let one = |from: *const u8| {
                    _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(from.cast())))
                };
                [one(from), one(from.add(8))]
            }
        }
        #[inline(always)]
        unsafe fn splat_u(x: u32) -> Self::U {
            // SAFETY: see above.
            unsafe { [_mm256_set1_epi32(x as i32); 2] }
        }
        #[inline(always)]
        unsafe fn lanes() -> Self::U {
            // SAFETY: see above.
            unsafe {
                [
                    _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
                    _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15),
                ]
            }
        }
        #[inline(always)]
        unsafe fn add_u(a: Self::U, b: Self::U) -> Self::U {
            // SAFETY: see above.
            unsafe { both!(_mm256_add_epi32, a, b) }
        }
        #[inline(always)]
        unsafe fn xor_u(a: Self::U, b: Self::U) -> Self::U {
            // SAFETY: see above.
            unsafe { both!(_mm256_xor_si256, a, b) }
        }
        #[inline(always)]
        unsafe fn mul_wide(a: Self::U, b: Self::U) -> (Self::U, Self::U) {
            // SAFETY: see above.
            unsafe {
                let one = |a, b| {
                    let even = _mm256_mul_epu32(a, b);
                    let odd =
                        _mm256_mul_epu32(_mm256_srli_epi64::<32>(a), _mm256_srli_epi64::<32>(b));
                    (
                        _mm256_blend_epi32::<0xAA>(_mm256_srli_epi64::<32>(even), odd),
                        _mm256_blend_epi32::<0xAA>(even, _mm256_slli_epi64::<32>(odd)),
                    )
                };
                let (x, y) = (one(a[0], b[0]), one(a[1], b[1]));
                ([x.0, y.0], [x.1, y.1])
            }
        }
        #[inline(always)]
        unsafe fn halves(a: Self::U) -> (Self::U, Self::U) {
            // SAFETY: see above.
            unsafe {
                let low = _mm256_set1_epi32(0xffff);
                (
                    [_mm256_and_si256(a[0], low), _mm256_and_si256(a[1], low)],
                    [_mm256_srli_epi32::<16>(a[0]), _mm256_srli_epi32::<16>(a[1])],
                )
            }
        }
        #[inline(always)]
        unsafe fn keep_ge(a: Self::U, b: Self::U, x: Self::V) -> Self::V {
            // SAFETY: see above.
            unsafe {
                let one = |i: usize| {
                    let below = _mm256_castsi256_ps(_mm256_cmpgt_epi32(b[i], a[i]));
                    _mm256_andnot_ps(below, x[i])
                };
                [one(0), one(1)]
            }
        }
        #[inline(always)]
        unsafe fn prefetch(at: *const f32) {
            // SAFETY: a prefetch never faults.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
        }
    }
}
