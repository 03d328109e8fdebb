//! The fused update: gradient, penalty, optimiser and tallies while the weights
//! are in cache. The gradient of a dense layer is never written to memory, except
//! six rows at a time into the nearest cache.

use super::matmul::{Rows, Strided, tile};
use super::simd::{LANES, Simd};

/// The numbers of one step, the same for all weights of a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Which rule, with its numbers.
    pub rule: Rule,
    /// λ of L1.
    pub l1: f32,
    /// Everything whose gradient is a multiple of w: 2λ of L2, λ/‖w‖ of the
    /// tensor's norm, λ of weight decay.
    pub shrink: f32,
    /// Whether Σ|w| and Σw² are wanted.
    pub tally: bool,
}

/// An optimiser's rule at one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Adam: m += (g − m)·(1−β₁); v = β₂v + (1−β₂)g²; w −= rate·m/(√v·root + eps).
    Adam {
        /// 1 − β₁.
        take: f32,
        /// β₂.
        keep_square: f32,
        /// 1 − β₂.
        take_square: f32,
        /// lr / (1 − β₁ᵗ).
        rate: f32,
        /// 1 / √(1 − β₂ᵗ).
        root: f32,
        /// Added to the root.
        eps: f32,
    },
    /// w −= lr·g.
    Sgd {
        /// lr.
        rate: f32,
    },
    /// buf = μ·buf + g; w −= lr·buf, or lr·(g + μ·buf).
    Momentum {
        /// lr.
        rate: f32,
        /// μ; 0 at the first step.
        keep: f32,
        /// μ in Nesterov's variant, where the step is g + μ·buf; else unused.
        ahead: f32,
        /// Which variant.
        nesterov: bool,
    },
}

/// Where a row of weights and the optimiser's values for it are.
#[derive(Clone, Copy)]
pub struct Weights {
    /// The weights.
    pub w: *mut f32,
    /// The optimiser's first value a weight; as `w` when it keeps none.
    pub m: *mut f32,
    /// Its second; as `w` when it keeps fewer.
    pub v: *mut f32,
}

impl Weights {
    /// The same, `n` values on.
    ///
    /// # Safety
    /// There must be so many.
    #[inline(always)]
    pub unsafe fn add(self, n: usize) -> Self {
        // SAFETY: the caller vouches for it.
        unsafe { Weights { w: self.w.add(n), m: self.m.add(n), v: self.v.add(n) } }
    }
}

/// Trains `rows` rows of 16·`vectors` weights each, contiguous: the gradient is
/// Aᵀ·B with A of samples × rows (`a`: row = from weight row to weight row,
/// column = from sample to sample) and B of samples × 16·vectors. Adds Σ|w| and
/// Σw² of the new weights to `sums` if they are wanted.
///
/// # Safety
/// The pointers must be good for those shapes; the machine must have S.
#[inline(always)]
pub unsafe fn update<S: Simd>(
    a: Strided,
    b: Rows<*const f32>,
    weights: Weights,
    (rows, samples, vectors): (usize, usize, usize),
    step: &Step,
    sums: &mut [f64; 2],
) {
    let penalised = step.l1 != 0.0 || step.shrink != 0.0 || step.tally;
    // SAFETY: handed on.
    unsafe {
        match (step.rule, penalised) {
            (Rule::Adam { .. }, false) => {
                groups::<S, AdamRule<S>, false>(a, b, weights, (rows, samples, vectors), step, sums)
            }
            (Rule::Adam { .. }, true) => {
                groups::<S, AdamRule<S>, true>(a, b, weights, (rows, samples, vectors), step, sums)
            }
            (Rule::Sgd { .. }, _) => {
                groups::<S, SgdRule<S>, true>(a, b, weights, (rows, samples, vectors), step, sums)
            }
            (Rule::Momentum { .. }, _) => groups::<S, MomentumRule<S>, true>(
                a,
                b,
                weights,
                (rows, samples, vectors),
                step,
                sums,
            ),
        }
    }
}

/// Vectors of gradient that wait in the nearest cache: 6 rows of 4.
const GROUP: usize = 24;

#[inline(always)]
unsafe fn groups<S: Simd, R: VectorRule<S>, const PENALISED: bool>(
    a: Strided,
    b: Rows<*const f32>,
    weights: Weights,
    (rows, samples, vectors): (usize, usize, usize),
    step: &Step,
    sums: &mut [f64; 2],
) {
    let mut gradient = [[0.0f32; LANES]; GROUP];
    // SAFETY: groups of at most 6 rows and 4 vectors lie within A, B and the
    // weights; `gradient` holds 6 × 4 vectors.
    unsafe {
        let rule = R::new(&step.rule);
        let (l1, shrink) = (S::splat(step.l1), S::splat(step.shrink));
        let (mut absolute, mut square) = (S::splat(0.0), S::splat(0.0));
        let zero = S::splat(0.0);
        let mut i = 0;
        while i < rows {
            let m = (rows - i).min(6);
            let a = Strided { at: a.at.add(i * a.row), ..a };
            let mut v = 0;
            while v < vectors {
                let n = (vectors - v).min(4);
                let b = Rows { at: b.at.add(v * LANES), ..b };
                let at = weights.add((i * vectors + v) * LANES);
                if vectors == 4 {
                    // What is needed when the products are done, and it is contiguous.
                    for line in 0..m * 4 {
                        S::prefetch(at.w.add(line * LANES));
                        if R::SLOTS > 0 {
                            S::prefetch(at.m.add(line * LANES));
                        }
                        if R::SLOTS > 1 {
                            S::prefetch(at.v.add(line * LANES));
                        }
                    }
                }
                let c = Rows { at: gradient.as_mut_ptr().cast::<f32>(), row: n * LANES };
                products::<S>(a, b, c, m, n, samples);
                for r in 0..m {
                    let at = at.add(r * vectors * LANES);
                    for x in 0..n {
                        let at = at.add(x * LANES);
                        let mut g = S::load(gradient[r * n + x].as_ptr());
                        let w = S::load(at.w);
                        if PENALISED {
                            g = S::fma(w, shrink, g);
                            // The subgradient of |w| is 0 at 0.
                            let sign = S::if_gt(S::abs(w), zero, S::copysign(l1, w), zero);
                            g = S::add(g, sign);
                        }
                        let w = rule.apply(w, g, at);
                        S::store(at.w, w);
                        if PENALISED {
                            absolute = S::add(absolute, S::abs(w));
                            square = S::fma(w, w, square);
                        }
                    }
                }
                v += 4;
            }
            i += 6;
        }
        if PENALISED {
            sums[0] += f64::from(S::sum(absolute));
            sums[1] += f64::from(S::sum(square));
        }
    }
}

/// The gradient of up to 6 rows of up to 4 vectors.
#[inline(always)]
unsafe fn products<S: Simd>(
    a: Strided,
    b: Rows<*const f32>,
    c: Rows<*mut f32>,
    m: usize,
    n: usize,
    k: usize,
) {
    // SAFETY: handed on.
    unsafe {
        if m == 6 && n == 4 && S::SPAN == 4 {
            tile::<S, 6, 4>(a, b, c, k, false);
        } else {
            super::matmul::matmul::<S>(a, b, c, (m, k, n), false);
        }
    }
}

/// A rule on 16 weights.
trait VectorRule<S: Simd>: Copy {
    /// Values it keeps for a weight.
    const SLOTS: usize;
    /// # Safety
    /// The machine must have S.
    unsafe fn new(rule: &Rule) -> Self;
    /// The new weights, from the old ones and the gradient.
    ///
    /// # Safety
    /// `at` must be good for 16 values; the machine must have S.
    unsafe fn apply(&self, w: S::V, g: S::V, at: Weights) -> S::V;
}

#[derive(Clone, Copy)]
struct AdamRule<S: Simd> {
    take: S::V,
    keep_square: S::V,
    take_square: S::V,
    rate: S::V,
    root: S::V,
    eps: S::V,
    tiny: S::V,
    zero: S::V,
}

impl<S: Simd> VectorRule<S> for AdamRule<S> {
    const SLOTS: usize = 2;

    #[inline(always)]
    unsafe fn new(rule: &Rule) -> Self {
        let &Rule::Adam { take, keep_square, take_square, rate, root, eps } = rule else {
            unreachable!("chosen by the rule")
        };
        // SAFETY: the caller vouches for S.
        unsafe {
            AdamRule {
                take: S::splat(take),
                keep_square: S::splat(keep_square),
                take_square: S::splat(take_square),
                rate: S::splat(-rate),
                root: S::splat(root),
                eps: S::splat(eps),
                tiny: S::splat(f32::MIN_POSITIVE),
                zero: S::splat(0.0),
            }
        }
    }

    #[inline(always)]
    unsafe fn apply(&self, w: S::V, g: S::V, at: Weights) -> S::V {
        // SAFETY: the caller vouches for `at` and S.
        unsafe {
            let m = S::load(at.m);
            let v = S::load(at.v);
            let m = S::fma(S::sub(g, m), self.take, m);
            // Values below the smallest normal number would cost a hundred cycles each.
            let m = S::if_gt(self.tiny, S::abs(m), self.zero, m);
            let square = S::mul(S::mul(g, g), self.take_square);
            let v = S::fma(v, self.keep_square, square);
            let normal = S::max(v, self.tiny);
            let v = S::if_gt(self.tiny, v, self.zero, v);
            S::store(at.m, m);
            S::store(at.v, v);
            let below = S::fma(S::sqrt(normal), self.root, self.eps);
            S::fma(S::div(m, below), self.rate, w)
        }
    }
}

#[derive(Clone, Copy)]
struct SgdRule<S: Simd> {
    rate: S::V,
}

impl<S: Simd> VectorRule<S> for SgdRule<S> {
    const SLOTS: usize = 0;

    #[inline(always)]
    unsafe fn new(rule: &Rule) -> Self {
        let &Rule::Sgd { rate } = rule else { unreachable!("chosen by the rule") };
        // SAFETY: the caller vouches for S.
        unsafe { SgdRule { rate: S::splat(-rate) } }
    }

    #[inline(always)]
    unsafe fn apply(&self, w: S::V, g: S::V, _: Weights) -> S::V {
        // SAFETY: the caller vouches for S.
        unsafe { S::fma(g, self.rate, w) }
    }
}

#[derive(Clone, Copy)]
struct MomentumRule<S: Simd> {
    rate: S::V,
    keep: S::V,
    ahead: S::V,
    nesterov: bool,
    tiny: S::V,
    zero: S::V,
}

impl<S: Simd> VectorRule<S> for MomentumRule<S> {
    const SLOTS: usize = 1;

    #[inline(always)]
    unsafe fn new(rule: &Rule) -> Self {
        let &Rule::Momentum { rate, keep, ahead, nesterov } = rule else {
            unreachable!("chosen by the rule")
        };
        // SAFETY: the caller vouches for S.
        unsafe {
            MomentumRule {
                rate: S::splat(-rate),
                keep: S::splat(keep),
                ahead: S::splat(ahead),
                nesterov,
                tiny: S::splat(f32::MIN_POSITIVE),
                zero: S::splat(0.0),
            }
        }
    }

    #[inline(always)]
    unsafe fn apply(&self, w: S::V, g: S::V, at: Weights) -> S::V {
        // SAFETY: the caller vouches for `at` and S.
        unsafe {
            let buffer = S::fma(S::load(at.m), self.keep, g);
            let buffer = S::if_gt(self.tiny, S::abs(buffer), self.zero, buffer);
            S::store(at.m, buffer);
            let along = if self.nesterov { S::fma(buffer, self.ahead, g) } else { buffer };
            S::fma(along, self.rate, w)
        }
    }
}
