//! NEON, which every 64-bit ARM has.

use std::arch::aarch64::*;
use std::arch::asm;

use super::Simd;

/// Four 128-bit registers a vector.
#[derive(Clone, Copy)]
pub struct Neon;

/// The same on all four quarters.
macro_rules! quarters {
    ($f:ident, $($a:ident),+) => {
        [
            $f($($a[0]),+),
            $f($($a[1]),+),
            $f($($a[2]),+),
            $f($($a[3]),+),
        ]
    };
}

// SAFETY (every block below): the caller vouches for NEON and, for loads and
// stores, for 16 values behind the pointer.
impl Simd for Neon {
    type V = [float32x4_t; 4];
    type U = [uint32x4_t; 4];
    // 6 rows of 4 registers leave 8 of the 32 for the row of B and the factor.
    const SPAN: usize = 1;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::V {
        // SAFETY: see above.
        unsafe {
            [
                vld1q_f32(from),
                vld1q_f32(from.add(4)),
                vld1q_f32(from.add(8)),
                vld1q_f32(from.add(12)),
            ]
        }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, v: Self::V) {
        // SAFETY: see above.
        unsafe {
            vst1q_f32(to, v[0]);
            vst1q_f32(to.add(4), v[1]);
            vst1q_f32(to.add(8), v[2]);
            vst1q_f32(to.add(12), v[3]);
        }
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::V {
        // SAFETY: see above.
        unsafe { [vdupq_n_f32(x); 4] }
    }
    #[inline(always)]
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        // SAFETY: see above.
        unsafe { quarters!(vfmaq_f32, c, a, b) }
    }
    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: see above.
        unsafe { quarters!(vaddq_f32, a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: see above.
        unsafe { quarters!(vsubq_f32, a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: see above.
        unsafe { quarters!(vmulq_f32, a, b) }
    }
    #[inline(always)]
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V {
        // NEON's own maximum is NaN where either is.
        // SAFETY: see above.
        unsafe { Self::if_gt(a, b, a, b) }
    }
    #[inline(always)]
    unsafe fn abs(a: Self::V) -> Self::V {
        // SAFETY: see above.
        unsafe { quarters!(vabsq_f32, a) }
    }
    #[inline(always)]
    unsafe fn signed(a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: see above.
        unsafe {
            let sign = vdupq_n_u32(1 << 31);
            let one = |a, b| {
                let signed = vbslq_f32(sign, b, a);
                let zero = vceqzq_f32(b);
                vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(signed), zero))
            };
            quarters!(one, a, b)
        }
    }
    #[inline(always)]
    unsafe fn flush(a: Self::V) -> Self::V {
        // SAFETY: see above.
        unsafe {
            let exponent = vdupq_n_u32(0x7f80_0000);
            let one = |a| {
                let bits = vreinterpretq_u32_f32(a);
                vreinterpretq_f32_u32(vandq_u32(bits, vtstq_u32(bits, exponent)))
            };
            quarters!(one, a)
        }
    }
    #[inline(always)]
    unsafe fn if_gt(a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V {
        // SAFETY: see above.
        unsafe {
            let one = |a, b, x, y| vbslq_f32(vcgtq_f32(a, b), x, y);
            quarters!(one, a, b, x, y)
        }
    }
    #[inline(always)]
    unsafe fn sqrt(a: Self::V) -> Self::V {
        // SAFETY: see above.
        unsafe { quarters!(vsqrtq_f32, a) }
    }
    #[inline(always)]
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V {
        // SAFETY: see above.
        unsafe { quarters!(vdivq_f32, a, b) }
    }
    #[inline(always)]
    unsafe fn pow2(n: Self::V) -> Self::V {
        // SAFETY: see above.
        unsafe {
            let one = |n| {
                let exponent = vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127));
                vreinterpretq_f32_s32(vshlq_n_s32::<23>(exponent))
            };
            quarters!(one, n)
        }
    }
    #[inline(always)]
    unsafe fn round(a: Self::V) -> Self::V {
        // SAFETY: see above.
        unsafe { quarters!(vrndnq_f32, a) }
    }
    #[inline(always)]
    unsafe fn load_bytes(from: *const u8) -> Self::V {
        // SAFETY: see above; 16 bytes.
        unsafe {
            let bytes = vld1q_u8(from);
            let (low, high) = (vmovl_u8(vget_low_u8(bytes)), vmovl_high_u8(bytes));
            [
                vcvtq_f32_u32(vmovl_u16(vget_low_u16(low))),
                vcvtq_f32_u32(vmovl_high_u16(low)),
                vcvtq_f32_u32(vmovl_u16(vget_low_u16(high))),
                vcvtq_f32_u32(vmovl_high_u16(high)),
            ]
        }
    }
    #[inline(always)]
    unsafe fn splat_u(x: u32) -> Self::U {
        // SAFETY: see above.
        unsafe { [vdupq_n_u32(x); 4] }
    }
    #[inline(always)]
    unsafe fn lanes() -> Self::U {
        const LANES: [u32; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        let from = LANES.as_ptr();
        // SAFETY: see above; 16 values.
        unsafe {
            [
                vld1q_u32(from),
                vld1q_u32(from.add(4)),
                vld1q_u32(from.add(8)),
                vld1q_u32(from.add(12)),
            ]
        }
    }
    #[inline(always)]
    unsafe fn add_u(a: Self::U, b: Self::U) -> Self::U {
        // SAFETY: see above.
        unsafe { quarters!(vaddq_u32, a, b) }
    }
    #[inline(always)]
    unsafe fn xor_u(a: Self::U, b: Self::U) -> Self::U {
        // SAFETY: see above.
        unsafe { quarters!(veorq_u32, a, b) }
    }
    #[inline(always)]
    unsafe fn mul_wide(a: Self::U, b: Self::U) -> (Self::U, Self::U) {
        // SAFETY: see above.
        unsafe {
            let high = |a, b| {
                let first = vmull_u32(vget_low_u32(a), vget_low_u32(b));
                let second = vmull_high_u32(a, b);
                vcombine_u32(vshrn_n_u64::<32>(first), vshrn_n_u64::<32>(second))
            };
            (quarters!(high, a, b), quarters!(vmulq_u32, a, b))
        }
    }
    #[inline(always)]
    unsafe fn halves(a: Self::U) -> (Self::U, Self::U) {
        // SAFETY: see above.
        unsafe {
            let low = |a| vandq_u32(a, vdupq_n_u32(0xffff));
            let high = |a| vshrq_n_u32::<16>(a);
            (quarters!(low, a), quarters!(high, a))
        }
    }
    #[inline(always)]
    unsafe fn keep_ge(a: Self::U, b: Self::U, x: Self::V) -> Self::V {
        // SAFETY: see above.
        unsafe {
            let one = |a, b, x| {
                vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(x), vcgeq_u32(a, b)))
            };
            quarters!(one, a, b, x)
        }
    }
    #[inline(always)]
    unsafe fn prefetch(at: *const f32) {
        // SAFETY: a prefetch never faults and changes nothing that a program sees.
        unsafe {
            asm!("prfm pldl1keep, [{at}]", at = in(reg) at, options(readonly, nostack, preserves_flags))
        }
    }
}
