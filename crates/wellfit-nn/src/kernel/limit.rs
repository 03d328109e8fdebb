//! The largest norm of the weights that come into a unit: weights beyond it are scaled down
//! to it after a step (N. Srebro, J. Rennie and T. Jaakkola, *Maximum-margin matrix
//! factorization*, 2005; N. Srivastava et al., *Dropout: A simple way to prevent neural
//! networks from overfitting*, JMLR 15, 2014).

use super::simd::{LANES, Simd};
use super::update::{Step, Weights, average};

/// Which way a block of weights holds its units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// A row is a unit.
    Rows,
    /// A column is a unit.
    Columns,
}

/// What the weights of a unit with this Σw² are multiplied by, so that their norm is at
/// most `most`; 1 where it is, and where it is NaN.
pub fn factor(most: f64, square: f64) -> f32 {
    let norm = square.sqrt();
    if norm > most { (most / norm) as f32 } else { 1.0 }
}

/// Σw² of each unit over a block of `rows` rows of 16·`vectors` weights.
///
/// # Safety
/// `w` must be good for the block, `to` for a value a unit; the machine must have S.
#[inline(always)]
pub unsafe fn squares<S: Simd>(
    w: *const f32,
    (rows, vectors): (usize, usize),
    units: Units,
    to: *mut f32,
) {
    // SAFETY: the caller vouches for the pointers and S.
    unsafe {
        match units {
            Units::Rows => {
                for row in 0..rows {
                    let mut sum = S::splat(0.0);
                    for v in 0..vectors {
                        let w = S::load(w.add((row * vectors + v) * LANES));
                        sum = S::fma(w, w, sum);
                    }
                    *to.add(row) = S::sum(sum);
                }
            }
            Units::Columns => {
                for v in 0..vectors {
                    let mut sum = S::splat(0.0);
                    for row in 0..rows {
                        let w = S::load(w.add((row * vectors + v) * LANES));
                        sum = S::fma(w, w, sum);
                    }
                    S::store(to.add(v * LANES), sum);
                }
            }
        }
    }
}

/// Multiplies each unit of a block by its factor, then does what a step does to new
/// weights: their average, and Σ|w| and Σw², each if it is wanted.
///
/// # Safety
/// `weights` must be good for the block, `factors` for a value a unit; the machine must
/// have S.
#[inline(always)]
pub unsafe fn limit<S: Simd>(
    weights: Weights,
    (rows, vectors): (usize, usize),
    units: Units,
    factors: *const f32,
    step: &Step,
    sums: &mut [f64; 2],
) {
    // SAFETY: the caller vouches for the pointers and S.
    unsafe {
        let (mut absolute, mut square) = (S::splat(0.0), S::splat(0.0));
        for row in 0..rows {
            let at = weights.add(row * vectors * LANES);
            for v in 0..vectors {
                let factor = match units {
                    Units::Rows => S::splat(*factors.add(row)),
                    Units::Columns => S::load(factors.add(v * LANES)),
                };
                let to = at.w.add(v * LANES);
                let w = S::flush(S::mul(S::load(to), factor));
                S::store(to, w);
                absolute = S::add(absolute, S::abs(w));
                square = S::fma(w, w, square);
            }
            if step.average != 0.0 {
                average::<S>(at, vectors, step.average);
            }
        }
        if step.sums[0] {
            sums[0] += f64::from(S::sum(absolute));
        }
        if step.sums[1] {
            sums[1] += f64::from(S::sum(square));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kernels;
    use super::super::update::Rule;
    use super::*;

    #[test]
    fn units_beyond_the_norm_end_on_it_and_others_are_left_alone() {
        let (rows, vectors) = (5, 2);
        let width = vectors * LANES;
        for kernels in Kernels::available() {
            for (units, count) in [(Units::Rows, rows), (Units::Columns, width)] {
                let old: Vec<f32> = (0..rows * width).map(|i| (i % 23) as f32 - 11.0).collect();
                let (mut w, mut averages) = (old.clone(), vec![0.0; old.len()]);
                let of = |values: &[f32], unit: usize| -> f64 {
                    let own = |i: &usize| match units {
                        Units::Rows => i / width == unit,
                        Units::Columns => i % width == unit,
                    };
                    let all = (0..values.len()).filter(own);
                    all.map(|i| f64::from(values[i]).powi(2)).sum::<f64>().sqrt()
                };
                let most = of(&old, 1);
                let step = Step {
                    rule: Rule::Sgd { rate: 0.0 },
                    l1: 0.0,
                    shrink: 0.0,
                    sums: [true; 2],
                    average: 0.5,
                };
                let (mut found, mut sums) = (vec![0.0; count], [0.0; 2]);
                let at = w.as_mut_ptr();
                let weights = Weights { w: at, m: at, v: at, average: averages.as_mut_ptr() };
                // SAFETY: the buffers hold 5 rows of 2 vectors, and a value a unit.
                let factors: Vec<f32> = unsafe {
                    (kernels.squares)(at, (rows, vectors), units, found.as_mut_ptr());
                    found.iter().map(|&square| factor(most, f64::from(square))).collect()
                };
                // SAFETY: likewise.
                unsafe {
                    let factors = factors.as_ptr();
                    (kernels.limit)(weights, (rows, vectors), units, factors, &step, &mut sums);
                }
                for unit in 0..count {
                    let (before, after) = (of(&old, unit), of(&w, unit));
                    assert!((after - before.min(most)).abs() < 1e-5, "{unit}: {before}, {after}");
                }
                assert!(factors.contains(&1.0) && factors.iter().any(|&f| f < 1.0));
                let all = w.iter().map(|&w| f64::from(w));
                assert!((sums[0] - all.clone().map(f64::abs).sum::<f64>()).abs() < 1e-3);
                assert!((sums[1] - all.map(|w| w * w).sum::<f64>()).abs() < 1e-2);
                assert!(w.iter().zip(&averages).all(|(w, a)| (w / 2.0 - a).abs() < 1e-6));
            }
        }
    }

    #[test]
    fn what_has_no_norm_is_left_alone() {
        assert_eq!([f64::NAN, 0.0, 4.0].map(|square| factor(2.0, square)), [1.0; 3]);
        assert_eq!(factor(2.0, 16.0), 0.5);
    }
}
