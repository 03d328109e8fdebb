//! AVX2 with fused multiply-adds.

use std::arch::x86_64::*;

use super::Simd;

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
            let one =
                |i: usize| _mm256_blendv_ps(y[i], x[i], _mm256_cmp_ps::<_CMP_GT_OQ>(a[i], b[i]));
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
                let odd = _mm256_mul_epu32(_mm256_srli_epi64::<32>(a), _mm256_srli_epi64::<32>(b));
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
