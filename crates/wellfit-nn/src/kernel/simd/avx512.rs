//! AVX-512.

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
    unsafe fn transpose(from: *const f32, from_row: usize, to: *mut f32, to_row: usize) {
        // SAFETY: see above; 16 rows of 16 values on both sides.
        unsafe {
            let mut r = [_mm512_setzero_ps(); 16];
            for (i, r) in r.iter_mut().enumerate() {
                *r = _mm512_loadu_ps(from.add(i * from_row));
            }
            // Within quarters of 128 bits: pairs, then fours, of rows.
            let mut t = r;
            for i in 0..8 {
                t[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
                t[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
            }
            let pd = |x| _mm512_castps_pd(x);
            for i in (0..16).step_by(4) {
                r[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(pd(t[i]), pd(t[i + 2])));
                r[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(pd(t[i]), pd(t[i + 2])));
                r[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(pd(t[i + 1]), pd(t[i + 3])));
                r[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(pd(t[i + 1]), pd(t[i + 3])));
            }
            // Then the quarters themselves: even and odd ones, twice.
            for half in [0, 8] {
                for i in half..half + 4 {
                    t[i] = _mm512_shuffle_f32x4::<0x88>(r[i], r[i + 4]);
                    t[i + 4] = _mm512_shuffle_f32x4::<0xdd>(r[i], r[i + 4]);
                }
            }
            for i in 0..8 {
                _mm512_storeu_ps(to.add(i * to_row), _mm512_shuffle_f32x4::<0x88>(t[i], t[i + 8]));
                let at = to.add((i + 8) * to_row);
                _mm512_storeu_ps(at, _mm512_shuffle_f32x4::<0xdd>(t[i], t[i + 8]));
            }
        }
    }
    #[inline(always)]
    unsafe fn sum(v: __m512) -> f32 {
        // SAFETY: see above.
        unsafe {
            let upper = _mm512_extractf32x8_ps::<1>(v);
            let eight = _mm256_add_ps(_mm512_castps512_ps256(v), upper);
            let upper = _mm256_extractf128_ps::<1>(eight);
            let four = _mm_add_ps(_mm256_castps256_ps128(eight), upper);
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
        }
    }
    #[inline(always)]
    unsafe fn largest(v: __m512) -> f32 {
        // SAFETY: see above.
        unsafe {
            let upper = _mm512_extractf32x8_ps::<1>(v);
            let eight = _mm256_max_ps(_mm512_castps512_ps256(v), upper);
            let upper = _mm256_extractf128_ps::<1>(eight);
            let four = _mm_max_ps(_mm256_castps256_ps128(eight), upper);
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps::<1>(two, two)))
        }
    }
    #[inline(always)]
    unsafe fn prefetch(at: *const f32) {
        // SAFETY: a prefetch never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
    }
}
