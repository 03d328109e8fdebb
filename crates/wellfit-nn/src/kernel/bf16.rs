//! Products in bfloat16: f32 with its lower 16 bits rounded away.
//!
//! Two numbers share a word, and one instruction multiplies two pairs and adds both
//! products to a sum in f32 (AVX512-BF16's `vdpbf16ps`).
//! <https://en.wikipedia.org/wiki/Bfloat16_floating-point_format>

use std::arch::x86_64::*;

use super::matmul::{self, Rows, Strided, Term};
use super::simd::{Avx512, LANES, Simd};
use super::update::{self, Step, Weights};
use super::{Bf16Kernels, TILE, TILE_VECTORS};

/// For a processor that has it beside all of [`Avx512`].
pub const KERNELS: Bf16Kernels = Bf16Kernels { matmul, update, pack_rows, pack_pairs };

/// Two bfloat16 numbers from each side: the lower halves' product and the upper ones'.
#[derive(Clone, Copy)]
struct Pair;

// SAFETY (every block below): the caller vouches for AVX-512 with BF16 and for the
// pointers.
impl Term<Avx512> for Pair {
    type X = __m512i;
    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m512i {
        // SAFETY: see above.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }
    #[inline(always)]
    unsafe fn splat(from: *const f32) -> __m512i {
        // SAFETY: see above.
        unsafe { _mm512_set1_epi32(*from.cast::<i32>()) }
    }
    #[inline(always)]
    unsafe fn add(a: __m512i, b: __m512i, sum: __m512) -> __m512 {
        // SAFETY: see above; both types are 512 bits.
        unsafe {
            let pairs = |x| std::mem::transmute::<__m512i, __m512bh>(x);
            _mm512_dpbf16_ps(sum, pairs(a), pairs(b))
        }
    }
}

/// 16 numbers, rounded to the nearest bfloat16, each in the lower half of a word.
#[inline(always)]
unsafe fn rounded(v: __m512) -> __m512i {
    // SAFETY: see above; both types are 256 bits.
    unsafe {
        _mm512_cvtepu16_epi32(std::mem::transmute::<__m256bh, __m256i>(_mm512_cvtneps_pbh(v)))
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
unsafe fn matmul(
    a: Strided,
    b: Rows<*const f32>,
    c: Rows<*mut f32>,
    shape: (usize, usize, usize),
    accumulate: bool,
) {
    // SAFETY: the caller's contract is the generic function's.
    unsafe { matmul::matmul::<Avx512, Pair>(a, b, c, shape, accumulate) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
unsafe fn update(
    a: Strided,
    b: Rows<*const f32>,
    weights: Weights,
    shape: (usize, usize, usize),
    step: &Step,
    sums: &mut [f64; 2],
) {
    // SAFETY: the caller's contract is the generic function's.
    unsafe { update::update::<Avx512, Pair>(a, b, weights, shape, step, sums) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
unsafe fn pack_rows(from: *const f32, row_step: usize, rows: usize, to: *mut f32) {
    for row in 0..rows {
        for half in 0..2 {
            // SAFETY: the caller vouches for rows of 64 numbers and of 32 words.
            unsafe {
                let from = from.add(row * row_step + half * 2 * LANES);
                let (first, second) = (Avx512::load(from), Avx512::load(from.add(LANES)));
                let words =
                    std::mem::transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(second, first));
                _mm512_storeu_si512(to.add((row * 2 + half) * LANES).cast(), words);
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
unsafe fn pack_pairs(from: *const f32, row_step: usize, rows: usize, to: *mut f32) {
    for pair in 0..rows.div_ceil(2) {
        for v in 0..TILE_VECTORS {
            // SAFETY: the caller vouches for rows of 64 numbers, and half as many of words.
            unsafe {
                let low = from.add(2 * pair * row_step + v * LANES);
                let high = if 2 * pair + 1 < rows {
                    Avx512::load(low.add(row_step))
                } else {
                    Avx512::splat(0.0)
                };
                let high = _mm512_slli_epi32::<16>(rounded(high));
                let words = _mm512_or_si512(rounded(Avx512::load(low)), high);
                _mm512_storeu_si512(to.add(pair * TILE + v * LANES).cast(), words);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use wellfit_random::{Key, Purpose};

    use super::*;

    /// The nearest bfloat16, ties to even.
    fn round(x: f32) -> f32 {
        let bits = x.to_bits();
        f32::from_bits((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
    }

    /// Products over random shapes, rows packed either way, against plain loops in f64.
    #[test]
    fn products_of_packed_numbers_equal_those_of_rounded_ones() {
        if !is_x86_feature_detected!("avx512bf16") {
            println!("not compared: this processor has no AVX512-BF16");
            return;
        }
        let mut s = Key { seed: 3, purpose: Purpose::Synthetic, layer: 9, step: 0 }.stream();
        for _ in 0..60 {
            let (m, k) = (1 + s.below(40) as usize, 1 + s.below(64) as usize);
            let mut numbers = |n: usize, used: usize| -> Vec<f32> {
                let number = |i| if i % 64 < used { s.uniform() as f32 * 4.0 - 2.0 } else { 0.0 };
                (0..n * 64).map(number).collect()
            };
            let (a, b) = (numbers(m, k), numbers(k, 64));
            let mut rows = vec![0.0; m * 32];
            let mut pairs = vec![0.0; k.div_ceil(2) * 64];
            let mut c = vec![1.0f32; m * 64];
            // SAFETY: the processor has it; shapes are those of the buffers.
            unsafe {
                pack_rows(a.as_ptr(), 64, m, rows.as_mut_ptr());
                pack_pairs(b.as_ptr(), 64, k, pairs.as_mut_ptr());
                let a = Strided { at: rows.as_ptr(), row: 32, column: 1 };
                let b = Rows { at: pairs.as_ptr(), row: 64 };
                let to = Rows { at: c.as_mut_ptr(), row: 64 };
                matmul(a, b, to, (m, k.div_ceil(2), 4), true);
            }
            for i in 0..m {
                for j in 0..64 {
                    let terms = (0..k)
                        .map(|l| f64::from(round(a[i * 64 + l])) * f64::from(round(b[l * 64 + j])));
                    let size: f64 = 1.0 + terms.clone().map(f64::abs).sum::<f64>();
                    let exact = 1.0 + terms.sum::<f64>();
                    let found = f64::from(c[i * 64 + j]);
                    assert!((found - exact).abs() <= 2e-6 * size, "{m}×{k}: {found}, {exact}");
                }
            }
        }
    }
}
