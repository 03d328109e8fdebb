//! Products over windows of an image: what a convolution is made of.
//!
//! The same kernel gives a convolution's outputs (a row a pixel, its columns the taps
//! of the window), the gradient of its weights (a row a tap, its columns the pixels)
//! and, over the outputs' gradient with the weights turned round, that of its inputs.
//! Nothing is copied: a row is an offset into the image, its columns come in runs.
//!
//! As in [`super::matmul`], an element is one chain of fused multiply-adds.

use super::matmul::Rows;
use super::simd::{LANES, Simd};

/// Where the columns of a row are, from the row's own place on.
#[derive(Clone, Copy, Debug)]
pub struct Runs {
    /// Number of runs.
    pub count: usize,
    /// From a run to the next.
    pub step: usize,
    /// Columns in a run.
    pub len: usize,
    /// From a column to the next within a run.
    pub column: usize,
}

/// C = A·B, or C += A·B: row i of A lies at `a + rows[i]`, B has 16·vectors columns.
///
/// # Safety
/// The pointers must be good for those shapes; C must not overlap A or B; the
/// machine must have S.
#[inline(always)]
pub unsafe fn windows<S: Simd>(
    a: *const f32,
    rows: &[u32],
    runs: Runs,
    b: Rows<*const f32>,
    c: Rows<*mut f32>,
    vectors: usize,
    accumulate: bool,
) {
    let mut v = 0;
    while v < vectors {
        // SAFETY: column group v lies within B and C.
        unsafe {
            let b = Rows { at: b.at.add(v * LANES), ..b };
            let c = Rows { at: c.at.add(v * LANES), ..c };
            match (vectors - v).min(S::SPAN) {
                1 => column::<S, 1>(a, rows, runs, b, c, accumulate),
                2 => column::<S, 2>(a, rows, runs, b, c, accumulate),
                3 => column::<S, 3>(a, rows, runs, b, c, accumulate),
                _ => column::<S, 4>(a, rows, runs, b, c, accumulate),
            }
        }
        v += S::SPAN;
    }
}

/// All rows of one column group.
#[inline(always)]
unsafe fn column<S: Simd, const N: usize>(
    a: *const f32,
    rows: &[u32],
    runs: Runs,
    b: Rows<*const f32>,
    c: Rows<*mut f32>,
    accumulate: bool,
) {
    for (i, rows) in rows.chunks(6).enumerate() {
        // SAFETY: rows lie within A and C.
        unsafe {
            let c = Rows { at: c.at.add(i * 6 * c.row), ..c };
            match *rows {
                [r] => tile::<S, 1, N>(a, [r], runs, b, c, accumulate),
                [r, s] => tile::<S, 2, N>(a, [r, s], runs, b, c, accumulate),
                [r, s, t] => tile::<S, 3, N>(a, [r, s, t], runs, b, c, accumulate),
                [r, s, t, u] => tile::<S, 4, N>(a, [r, s, t, u], runs, b, c, accumulate),
                [r, s, t, u, v] => tile::<S, 5, N>(a, [r, s, t, u, v], runs, b, c, accumulate),
                [r, s, t, u, v, w] => {
                    tile::<S, 6, N>(a, [r, s, t, u, v, w], runs, b, c, accumulate)
                }
                _ => unreachable!("chunks of 6"),
            }
        }
    }
}

/// M rows of N vectors, in registers.
#[inline(always)]
#[expect(
    clippy::needless_range_loop,
    reason = "counted loops over constants are unrolled, which keeps the sums in registers"
)]
unsafe fn tile<S: Simd, const M: usize, const N: usize>(
    a: *const f32,
    rows: [u32; M],
    runs: Runs,
    b: Rows<*const f32>,
    c: Rows<*mut f32>,
    accumulate: bool,
) {
    // SAFETY: M rows, all runs and N vectors lie within A, B and C.
    unsafe {
        let mut sums = [[S::splat(0.0); N]; M];
        if accumulate {
            for i in 0..M {
                for n in 0..N {
                    sums[i][n] = S::load(c.at.add(i * c.row + n * LANES));
                }
            }
        }
        let mut starts = rows.map(|row| a.wrapping_add(row as usize));
        let mut pb = b.at;
        for _ in 0..runs.count {
            let mut at = 0;
            for _ in 0..runs.len {
                let mut row = [S::splat(0.0); N];
                for n in 0..N {
                    row[n] = S::load(pb.add(n * LANES));
                }
                for i in 0..M {
                    let x = S::splat(*starts[i].add(at));
                    for n in 0..N {
                        sums[i][n] = S::fma(x, row[n], sums[i][n]);
                    }
                }
                at += runs.column;
                pb = pb.wrapping_add(b.row);
            }
            for start in &mut starts {
                *start = start.wrapping_add(runs.step);
            }
        }
        for i in 0..M {
            for n in 0..N {
                S::store(c.at.add(i * c.row + n * LANES), sums[i][n]);
            }
        }
    }
}
