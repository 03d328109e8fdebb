//! Small matrix products whose sums stay in registers.
//!
//! Each element of a product is one chain of fused multiply-adds in the order of
//! k, so it has the same bits whatever the instruction set and the blocking.
//!
//! A step of the chain is a [`Term`]: a number from each side, or a pair of bfloat16
//! numbers from each ([`super::bf16`]).

use super::simd::{LANES, Simd};

/// What is multiplied and added up: an f32 from each side, or whatever else fits its
/// 32 bits.
pub trait Term<S: Simd>: Copy {
    /// Sixteen of them.
    type X: Copy;
    /// # Safety
    /// Sixteen must be at `from`; the machine must have what it takes.
    unsafe fn load(from: *const f32) -> Self::X;
    /// The one at `from`, sixteen times.
    ///
    /// # Safety
    /// It must be there; the machine must have what it takes.
    unsafe fn splat(from: *const f32) -> Self::X;
    /// sum + a·b
    ///
    /// # Safety
    /// The machine must have what it takes.
    unsafe fn add(a: Self::X, b: Self::X, sum: S::V) -> S::V;
}

/// One f32 from each side.
#[derive(Clone, Copy)]
pub struct Single;

impl<S: Simd> Term<S> for Single {
    type X = S::V;
    #[inline(always)]
    unsafe fn load(from: *const f32) -> S::V {
        // SAFETY: the caller vouches for it.
        unsafe { S::load(from) }
    }
    #[inline(always)]
    unsafe fn splat(from: *const f32) -> S::V {
        // SAFETY: the caller vouches for it.
        unsafe { S::splat(*from) }
    }
    #[inline(always)]
    unsafe fn add(a: S::V, b: S::V, sum: S::V) -> S::V {
        // SAFETY: the caller vouches for it.
        unsafe { S::fma(a, b, sum) }
    }
}

/// A matrix of which any two neighbours in a row or column are a fixed step apart.
#[derive(Clone, Copy)]
pub struct Strided {
    /// Its first element.
    pub at: *const f32,
    /// From a row to the next.
    pub row: usize,
    /// From a column to the next.
    pub column: usize,
}

/// Rows of whole vectors, a fixed step apart.
#[derive(Clone, Copy)]
pub struct Rows<P> {
    /// The first element.
    pub at: P,
    /// From a row to the next.
    pub row: usize,
}

/// C = A·B, or C += A·B, for A of m × k, B of k × 16·vectors and C of m × 16·vectors.
///
/// # Safety
/// The pointers must be good for those shapes; C must not overlap A or B; the
/// machine must have S.
#[inline(always)]
pub unsafe fn matmul<S: Simd, T: Term<S>>(
    a: Strided,
    b: Rows<*const f32>,
    c: Rows<*mut f32>,
    (m, k, vectors): (usize, usize, usize),
    accumulate: bool,
) {
    let mut v = 0;
    while v < vectors {
        // SAFETY: column group v lies within B and C.
        unsafe {
            let b = Rows { at: b.at.add(v * LANES), ..b };
            let c = Rows { at: c.at.add(v * LANES), ..c };
            match (vectors - v).min(S::SPAN) {
                1 => column::<S, T, 1>(a, b, c, m, k, accumulate),
                2 => column::<S, T, 2>(a, b, c, m, k, accumulate),
                3 => column::<S, T, 3>(a, b, c, m, k, accumulate),
                _ => column::<S, T, 4>(a, b, c, m, k, accumulate),
            }
        }
        v += S::SPAN;
    }
}

/// All rows of one column group.
#[inline(always)]
unsafe fn column<S: Simd, T: Term<S>, const N: usize>(
    a: Strided,
    b: Rows<*const f32>,
    c: Rows<*mut f32>,
    m: usize,
    k: usize,
    accumulate: bool,
) {
    let mut i = 0;
    while i < m {
        // SAFETY: rows i.. lie within A and C.
        unsafe {
            let a = Strided { at: a.at.add(i * a.row), ..a };
            let c = Rows { at: c.at.add(i * c.row), ..c };
            match m - i {
                1 => tile::<S, T, 1, N>(a, b, c, k, accumulate, |_| ()),
                2 => tile::<S, T, 2, N>(a, b, c, k, accumulate, |_| ()),
                3 => tile::<S, T, 3, N>(a, b, c, k, accumulate, |_| ()),
                4 => tile::<S, T, 4, N>(a, b, c, k, accumulate, |_| ()),
                5 => tile::<S, T, 5, N>(a, b, c, k, accumulate, |_| ()),
                _ => tile::<S, T, 6, N>(a, b, c, k, accumulate, |_| ()),
            }
        }
        i += 6;
    }
}

/// M rows of N vectors, in registers; `meanwhile` is told each step of k.
///
/// # Safety
/// As for [`matmul`].
#[inline(always)]
#[expect(
    clippy::needless_range_loop,
    reason = "counted loops over constants are unrolled, which keeps the sums in registers"
)]
pub unsafe fn tile<S: Simd, T: Term<S>, const M: usize, const N: usize>(
    a: Strided,
    b: Rows<*const f32>,
    c: Rows<*mut f32>,
    k: usize,
    accumulate: bool,
    meanwhile: impl Fn(usize),
) {
    // SAFETY: M rows, k columns and N vectors lie within A, B and C.
    unsafe {
        let mut sums = [[S::splat(0.0); N]; M];
        if accumulate {
            for i in 0..M {
                for n in 0..N {
                    sums[i][n] = S::load(c.at.add(i * c.row + n * LANES));
                }
            }
        }
        let (mut pa, mut pb) = (a.at, b.at);
        for l in 0..k {
            meanwhile(l);
            let mut row = [T::load(pb); N];
            for n in 1..N {
                row[n] = T::load(pb.add(n * LANES));
            }
            for i in 0..M {
                let x = T::splat(pa.add(i * a.row));
                for n in 0..N {
                    sums[i][n] = T::add(x, row[n], sums[i][n]);
                }
            }
            pa = pa.wrapping_add(a.column);
            pb = pb.wrapping_add(b.row);
        }
        for i in 0..M {
            for n in 0..N {
                S::store(c.at.add(i * c.row + n * LANES), sums[i][n]);
            }
        }
    }
}
