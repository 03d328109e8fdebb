//! Kernels that work element by element: dropout, bytes to numbers.

use wellfit_random::{MULTIPLIERS, ROUNDS, WEYL};

use super::matmul::Rows;
use super::simd::{LANES, Simd};

/// Where the mask of a 64-column tile comes from; see [`crate::random`].
#[derive(Clone, Copy, Debug)]
pub struct Mask {
    /// The Philox key.
    pub key: [u32; 2],
    /// The counter of the layer and step; its first word is the tile's.
    pub counter: [u32; 4],
    /// Which tile of the row.
    pub tile: usize,
    /// Tiles in a row.
    pub tiles: usize,
    /// Which pair of rows of the batch comes first.
    pub first_pair: usize,
    /// Kept are 16-bit numbers at or above this.
    pub threshold: u32,
    /// 1/(1−p), 0 for p = 1.
    pub scale: f32,
}

/// x·mask·scale for a tile of `rows` × 64, the rows a fixed
/// step apart; the slope, if there is one, likewise.
///
/// # Safety
/// `x` and `slope` (unless null) must be good for those rows; the machine must have S.
#[inline(always)]
pub unsafe fn dropout<S: Simd>(
    x: *mut f32,
    slope: *mut f32,
    row_step: usize,
    rows: usize,
    mask: &Mask,
) {
    // SAFETY: the caller vouches for `rows` rows of 4 vectors.
    unsafe {
        let (threshold, scale) = (S::splat_u(mask.threshold), S::splat(mask.scale));
        for pair in 0..rows.div_ceil(2) {
            let block = ((mask.first_pair + pair) * mask.tiles + mask.tile) * LANES;
            let counter = [
                S::add_u(S::splat_u(block as u32), S::lanes()),
                S::splat_u(mask.counter[1]),
                S::splat_u(mask.counter[2]),
                S::splat_u(mask.counter[3]),
            ];
            let words = philox::<S>(counter, mask.key);
            for r in 0..(rows - pair * 2).min(2) {
                let at = (pair * 2 + r) * row_step;
                for half in 0..2 {
                    let (low, high) = S::halves(words[r * 2 + half]);
                    for (g, bits) in [(half * 2, low), (half * 2 + 1, high)] {
                        let at = at + g * LANES;
                        let kept = S::keep_ge(bits, threshold, scale);
                        let v = S::mul(S::load(x.add(at)), kept);
                        // 0·∞ would be NaN, and p = 1 must give zeros.
                        S::store(x.add(at), S::keep_ge(bits, threshold, v));
                        if !slope.is_null() {
                            let d = S::mul(S::load(slope.add(at)), kept);
                            S::store(slope.add(at), d);
                        }
                    }
                }
            }
        }
    }
}

/// Philox4x32-10 on 16 counters.
#[inline(always)]
unsafe fn philox<S: Simd>(counter: [S::U; 4], key: [u32; 2]) -> [S::U; 4] {
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    let [mut k0, mut k1] = key;
    // SAFETY: the caller vouches for S.
    unsafe {
        let (m0, m1) = (S::splat_u(MULTIPLIERS[0]), S::splat_u(MULTIPLIERS[1]));
        for _ in 0..ROUNDS {
            let (h0, l0) = S::mul_wide(c0, m0);
            let (h1, l1) = S::mul_wide(c2, m1);
            c0 = S::xor_u(S::xor_u(h1, c1), S::splat_u(k0));
            c2 = S::xor_u(S::xor_u(h0, c3), S::splat_u(k1));
            (c1, c3) = (l1, l0);
            k0 = k0.wrapping_add(WEYL[0]);
            k1 = k1.wrapping_add(WEYL[1]);
        }
    }
    [c0, c1, c2, c3]
}

/// y = y·x
///
/// # Safety
/// Both must be good for 16·`vectors` values; the machine must have S.
#[inline(always)]
pub unsafe fn multiply<S: Simd>(y: *mut f32, x: *const f32, vectors: usize) {
    // SAFETY: the caller vouches for it.
    unsafe {
        for i in 0..vectors {
            let at = y.add(i * LANES);
            S::store(at, S::mul(S::load(at), S::load(x.add(i * LANES))));
        }
    }
}

/// y = y + x
///
/// # Safety
/// As for [`multiply`].
#[inline(always)]
pub unsafe fn accumulate<S: Simd>(y: *mut f32, x: *const f32, vectors: usize) {
    // SAFETY: the caller vouches for it.
    unsafe {
        for i in 0..vectors {
            let at = y.add(i * LANES);
            S::store(at, S::add(S::load(at), S::load(x.add(i * LANES))));
        }
    }
}

/// Turns `rows` rows of `columns` numbers into columns; rows lie so far apart.
///
/// # Safety
/// Both must be good for those shapes and must not overlap; the machine must have S.
#[inline(always)]
pub unsafe fn transpose<S: Simd>(
    Rows { at: from, row: from_row }: Rows<*const f32>,
    Rows { at: to, row: to_row }: Rows<*mut f32>,
    (rows, columns): (usize, usize),
) {
    let whole = |n: usize| n / LANES * LANES;
    for i in (0..whole(rows)).step_by(LANES) {
        for j in (0..whole(columns)).step_by(LANES) {
            // SAFETY: the block lies within both.
            unsafe {
                S::transpose(from.add(i * from_row + j), from_row, to.add(j * to_row + i), to_row);
            }
        }
    }
    for i in 0..rows {
        let first = if i < whole(rows) { whole(columns) } else { 0 };
        for j in first..columns {
            // SAFETY: the caller vouches for both shapes.
            unsafe { *to.add(j * to_row + i) = *from.add(i * from_row + j) };
        }
    }
}

/// Copies one row of 16·`vectors` numbers into `rows` rows.
///
/// # Safety
/// Both must be good for that; the machine must have S.
#[inline(always)]
pub unsafe fn spread<S: Simd>(
    row: *const f32,
    to: Rows<*mut f32>,
    (rows, vectors): (usize, usize),
) {
    for v in (0..vectors * LANES).step_by(LANES) {
        // SAFETY: the caller vouches for it.
        unsafe {
            let x = S::load(row.add(v));
            for i in 0..rows {
                S::store(to.at.add(i * to.row + v), x);
            }
        }
    }
}

/// y = y·factor
///
/// # Safety
/// As for [`multiply`].
#[inline(always)]
pub unsafe fn scale<S: Simd>(y: *mut f32, factor: f32, vectors: usize) {
    // SAFETY: the caller vouches for it.
    unsafe {
        let factor = S::splat(factor);
        for i in 0..vectors {
            let at = y.add(i * LANES);
            S::store(at, S::mul(S::load(at), factor));
        }
    }
}

/// dy, or 0 where y is not above 0: a ReLU's gradient, seen from its outputs.
///
/// # Safety
/// As for [`multiply`].
#[inline(always)]
pub unsafe fn relu_back<S: Simd>(dy: *mut f32, y: *const f32, vectors: usize) {
    // SAFETY: the caller vouches for it.
    unsafe {
        let zero = S::splat(0.0);
        for i in 0..vectors {
            let at = dy.add(i * LANES);
            S::store(at, S::if_gt(S::load(y.add(i * LANES)), zero, S::load(at), zero));
        }
    }
}

/// Brings so many bytes near, or the first 64 cache lines of them.
///
/// # Safety
/// The machine must have S.
#[inline(always)]
pub unsafe fn prefetch<S: Simd>(from: *const u8, bytes: usize) {
    const LINE: usize = 64;
    for at in (0..bytes.min(64 * LINE)).step_by(LINE) {
        // SAFETY: the caller vouches for S; nothing is read.
        unsafe { S::prefetch(from.wrapping_add(at).cast()) };
    }
}

/// Bytes / `divisor`, correctly rounded, for whole divisors up to 255 (1 leaves
/// them as they are).
///
/// # Safety
/// `from` and `to` must be good for `n` values; the machine must have S.
#[inline(always)]
pub unsafe fn divide_bytes<S: Simd>(from: *const u8, to: *mut f32, n: usize, divisor: f32) {
    // SAFETY: the caller vouches for it.
    unsafe {
        let (minus, inverse) = (S::splat(-divisor), S::splat(1.0 / divisor));
        let mut i = 0;
        while i + LANES <= n {
            let x = S::load_bytes(from.add(i));
            let q = S::mul(x, inverse);
            let rest = S::fma(q, minus, x);
            S::store(to.add(i), S::fma(rest, inverse, q));
            i += LANES;
        }
        while i < n {
            *to.add(i) = f32::from(*from.add(i)) / divisor;
            i += 1;
        }
    }
}

/// eˣ for x ≤ 0 within 2 ulp (0 below −87.3); NaN stays NaN.
///
/// # Safety
/// The machine must have S.
#[inline(always)]
pub unsafe fn exp<S: Simd>(x: S::V) -> S::V {
    // SAFETY: the caller vouches for S.
    unsafe {
        let n = S::round(S::mul(x, S::splat(std::f32::consts::LOG2_E)));
        // n from −126; what lies below is 0 in the end.
        let n = S::if_gt(S::splat(-126.0), n, S::splat(-126.0), n);
        // x − n·ln 2, with ln 2 in two parts so that no bit is lost.
        let r = S::fma(n, S::splat(-0.693_145_75), x);
        let r = S::fma(n, S::splat(-1.428_606_8e-6), r);
        // Taylor's series of eʳ for |r| ≤ ln 2 / 2; the first term left out is 5e-9.
        let mut p = S::splat(1.0 / 5040.0);
        for c in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
            p = S::fma(p, r, S::splat(c));
        }
        let y = S::mul(p, S::pow2(n));
        S::if_gt(S::splat(-87.3), x, S::splat(0.0), y)
    }
}

#[cfg(test)]
mod tests {
    use super::super::simd::Portable;
    use super::*;

    #[test]
    fn a_matrix_of_any_shape_is_turned_on_every_instruction_set() {
        for kernels in super::super::Kernels::available() {
            for (rows, columns) in [(1, 1), (16, 16), (16, 33), (37, 20), (64, 64), (5, 50)] {
                let from: Vec<f32> = (0..rows * 70).map(|i| i as f32).collect();
                let mut to = vec![-1.0; columns * 66];
                // SAFETY: rows of 70 hold `columns`, columns of 66 hold `rows`.
                unsafe {
                    let from = Rows { at: from.as_ptr(), row: 70 };
                    let to = Rows { at: to.as_mut_ptr(), row: 66 };
                    (kernels.transpose)(from, to, (rows, columns));
                }
                for (at, &x) in to.iter().enumerate() {
                    let (j, i) = (at / 66, at % 66);
                    let wanted = if i < rows { from[i * 70 + j] } else { -1.0 };
                    assert_eq!(x, wanted, "{rows}×{columns} on {}", kernels.name);
                }
            }
        }
    }

    #[test]
    fn our_exponential_agrees_with_the_library() {
        for i in 0..=9_000 {
            let x = -(i as f32) * 0.01;
            // SAFETY: plain Rust runs everywhere.
            let ours = unsafe { Portable::array(exp::<Portable>(Portable::splat(x)))[0] };
            let exact = f64::from(x).exp();
            let error = (f64::from(ours) - exact).abs();
            assert!(error <= exact * 2.4e-7 || (x < -87.3 && ours == 0.0), "exp {x}: {ours}");
        }
        // SAFETY: as above.
        assert!(unsafe { Portable::array(exp::<Portable>(Portable::splat(f32::NAN)))[0] }.is_nan());
    }

    #[test]
    fn every_byte_divides_as_the_processor_divides() {
        let bytes: Vec<u8> = (0..=255).collect();
        for divisor in [1.0, 255.0] {
            let mut out = [0.0; 256];
            // SAFETY: 256 values on both sides.
            unsafe { divide_bytes::<Portable>(bytes.as_ptr(), out.as_mut_ptr(), 256, divisor) };
            for (b, x) in bytes.iter().zip(out) {
                assert_eq!(x.to_bits(), (f32::from(*b) / divisor).to_bits());
            }
        }
    }
}
