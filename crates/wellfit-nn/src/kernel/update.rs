//! The fused update: gradient, penalty, optimiser and tallies while the weights
//! are in cache. The gradient of a dense layer is never written to memory, except
//! six rows at a time into the nearest cache.

use super::matmul::{Rows, Strided, Term, matmul, tile};
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
    /// Whether Σ|w| and whether Σw² is wanted.
    pub sums: [bool; 2],
    /// How much of the new weights goes into their average; 0 leaves it alone.
    pub average: f32,
}

impl Step {
    /// The same, but it leaves the average alone.
    pub fn without_average(self) -> Self {
        Step { average: 0.0, ..self }
    }
}

/// An optimiser's rule at one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Adam: m += (g − m)·(1−β₁); v = β₂v + (1−β₂)g²;
    /// w = keep·w − rate·m/(√v·root + eps).
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
        /// 1 − lr·λ of decoupled weight decay; 1 without.
        keep: f32,
    },
    /// v = αv + (1−α)g²; w −= lr·g/(√v + eps).
    RmsProp {
        /// α.
        keep_square: f32,
        /// 1 − α.
        take_square: f32,
        /// lr.
        rate: f32,
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
    /// The average of the weights; as `w` when none is kept.
    pub average: *mut f32,
}

impl Weights {
    /// The same, `n` values on.
    ///
    /// # Safety
    /// There must be so many.
    #[inline(always)]
    pub unsafe fn add(self, n: usize) -> Self {
        // SAFETY: the caller vouches for it.
        unsafe {
            Weights {
                w: self.w.add(n),
                m: self.m.add(n),
                v: self.v.add(n),
                average: self.average.add(n),
            }
        }
    }
}

/// Runs a body with the rule's type, whether the weights' sign and Σ|w| take part, and
/// whether their multiple and Σw² do.
macro_rules! by_rule {
    ($step:ident, $rule:ident, $signed:ident, $squared:ident => $body:block) => {{
        macro_rules! with {
            ($type:ty, $s:literal, $q:literal) => {{
                type $rule<S> = $type;
                const $signed: bool = $s;
                const $squared: bool = $q;
                $body
            }};
        }
        let signed = $step.l1 != 0.0 || $step.sums[0];
        let squared = $step.shrink != 0.0 || $step.sums[1];
        match ($step.rule, signed, squared) {
            (Rule::Adam { keep, .. }, _, _) if keep != 1.0 => with!(AdamRule<S, true>, true, true),
            (Rule::Adam { .. }, false, false) => with!(AdamRule<S>, false, false),
            (Rule::Adam { .. }, true, false) => with!(AdamRule<S>, true, false),
            (Rule::Adam { .. }, false, true) => with!(AdamRule<S>, false, true),
            (Rule::Adam { .. }, true, true) => with!(AdamRule<S>, true, true),
            (Rule::RmsProp { .. }, _, _) => with!(RmsPropRule<S>, true, true),
            (Rule::Sgd { .. }, _, _) => with!(SgdRule<S>, true, true),
            (Rule::Momentum { .. }, _, _) => with!(MomentumRule<S>, true, true),
        }
    }};
}

/// Trains `rows` rows of 16·`vectors` weights each, contiguous: the gradient is
/// Aᵀ·B with A of samples × rows (`a`: row = from weight row to weight row,
/// column = from sample to sample) and B of samples × 16·vectors. Adds Σ|w| and
/// Σw² of the new weights to `sums`, each if it is wanted.
///
/// # Safety
/// The pointers must be good for those shapes; the machine must have S.
#[inline(always)]
pub unsafe fn update<S: Simd, T: Term<S>>(
    a: Strided,
    b: Rows<*const f32>,
    weights: Weights,
    shape: (usize, usize, usize),
    step: &Step,
    sums: &mut [f64; 2],
) {
    by_rule!(step, R, SIGNED, SQUARED => {
        // SAFETY: handed on.
        unsafe { groups::<S, T, R<S>, SIGNED, SQUARED>(a, b, weights, shape, step, sums) }
    })
}

/// Trains 16·`vectors` weights by a gradient that is there already; otherwise as
/// [`update`].
///
/// # Safety
/// The pointers must be good for so many; the machine must have S.
#[inline(always)]
pub unsafe fn apply<S: Simd>(
    gradient: *const f32,
    weights: Weights,
    vectors: usize,
    step: &Step,
    sums: &mut [f64; 2],
) {
    by_rule!(step, R, SIGNED, SQUARED => {
        // SAFETY: handed on.
        unsafe { given::<S, R<S>, SIGNED, SQUARED>(gradient, weights, vectors, step, sums) }
    })
}

/// Adds the penalties' part to a gradient and returns the sum of its squares.
///
/// # Safety
/// As for [`apply`].
#[inline(always)]
pub unsafe fn penalise<S: Simd>(
    gradient: *mut f32,
    w: *const f32,
    vectors: usize,
    step: &Step,
) -> f64 {
    // SAFETY: the caller vouches for the pointers and S.
    unsafe {
        let (l1, shrink) = (S::splat(step.l1), S::splat(step.shrink));
        let mut total = 0.0;
        // Sums of a few thousand squares in f32, those of all in f64.
        for first in (0..vectors).step_by(64) {
            let mut square = S::splat(0.0);
            for i in first..vectors.min(first + 64) {
                let (at, w) = (gradient.add(i * LANES), S::load(w.add(i * LANES)));
                let g = S::fma(w, shrink, S::load(at));
                let g = S::add(g, S::signed(l1, w));
                S::store(at, g);
                square = S::fma(g, g, square);
            }
            total += f64::from(S::sum(square));
        }
        total
    }
}

/// a += (w − a)·share; a share of 1 copies, to the last bit.
///
/// # Safety
/// As for [`apply`].
#[inline(always)]
pub(super) unsafe fn average<S: Simd>(weights: Weights, vectors: usize, share: f32) {
    // SAFETY: the caller vouches for the pointers and S.
    unsafe {
        let (copy, share) = (share == 1.0, S::splat(share));
        for i in 0..vectors {
            let (w, at) = (S::load(weights.w.add(i * LANES)), weights.average.add(i * LANES));
            let a = S::load(at);
            S::store(at, if copy { w } else { S::fma(S::sub(w, a), share, a) });
        }
    }
}

/// Rows of gradient that wait in the nearest cache, and vectors of each.
const GROUP: (usize, usize) = (6, 4);

/// [`update`] for one rule; SIGNED with the sign of the weights and Σ|w|,
/// SQUARED with their multiple and Σw².
#[inline(always)]
unsafe fn groups<S: Simd, T: Term<S>, R: VectorRule<S>, const SIGNED: bool, const SQUARED: bool>(
    a: Strided,
    b: Rows<*const f32>,
    weights: Weights,
    (rows, samples, vectors): (usize, usize, usize),
    step: &Step,
    sums: &mut [f64; 2],
) {
    let mut gradient = [[0.0f32; LANES]; GROUP.0 * GROUP.1];
    // SAFETY: groups of at most 6 rows and 4 vectors lie within A, B and the
    // weights; `gradient` holds 6 × 4 vectors.
    unsafe {
        let mut penalised = Penalised::<S, R, SIGNED, SQUARED>::new(step);
        let mut i = 0;
        while i < rows {
            let m = (rows - i).min(GROUP.0);
            let a = Strided { at: a.at.add(i * a.row), ..a };
            let mut v = 0;
            while v < vectors {
                let n = (vectors - v).min(GROUP.1);
                let b = Rows { at: b.at.add(v * LANES), ..b };
                let at = weights.add((i * vectors + v) * LANES);
                let c = Rows { at: gradient.as_mut_ptr().cast::<f32>(), row: n * LANES };
                // What is needed when the products are done comes meanwhile, a vector a
                // sample: all at once it would hold up the products' own loads.
                let near = |line: usize| {
                    if line < m * n {
                        let line = (line / n * vectors + line % n) * LANES;
                        let at = [at.w, at.m, at.v];
                        at[..=R::SLOTS].iter().for_each(|at| S::prefetch(at.add(line)));
                    }
                };
                if (m, n, S::SPAN) == (6, 4, 4) {
                    tile::<S, T, 6, 4>(a, b, c, samples, false, near);
                } else {
                    (0..m * n).for_each(near);
                    matmul::<S, T>(a, b, c, (m, samples, n), false);
                }
                for r in 0..m {
                    let at = at.add(r * vectors * LANES);
                    let gradient = gradient.as_ptr().add(r * n).cast::<f32>();
                    if S::SPAN == 4 && n == 4 {
                        penalised.apply::<4>(gradient, at);
                    } else {
                        for x in 0..n {
                            penalised.apply::<1>(gradient.add(x * LANES), at.add(x * LANES));
                        }
                    }
                    if step.average != 0.0 {
                        average::<S>(at, n, step.average);
                    }
                }
                v += GROUP.1;
            }
            i += GROUP.0;
        }
        penalised.add_sums(step, sums);
    }
}

/// [`apply`] for one rule.
#[inline(always)]
unsafe fn given<S: Simd, R: VectorRule<S>, const SIGNED: bool, const SQUARED: bool>(
    gradient: *const f32,
    weights: Weights,
    vectors: usize,
    step: &Step,
    sums: &mut [f64; 2],
) {
    // SAFETY: the caller vouches for the pointers and S.
    unsafe {
        let mut penalised = Penalised::<S, R, SIGNED, SQUARED>::new(step);
        let mut i = 0;
        while i < vectors {
            let (gradient, at) = (gradient.add(i * LANES), weights.add(i * LANES));
            if S::SPAN == 4 && vectors - i >= 4 {
                penalised.apply::<4>(gradient, at);
                i += 4;
            } else {
                penalised.apply::<1>(gradient, at);
                i += 1;
            }
        }
        if step.average != 0.0 {
            average::<S>(weights, vectors, step.average);
        }
        penalised.add_sums(step, sums);
    }
}

/// A rule, the penalties' part of the gradient and the sums that they need.
struct Penalised<S: Simd, R, const SIGNED: bool, const SQUARED: bool> {
    rule: R,
    l1: S::V,
    shrink: S::V,
    absolute: S::V,
    square: S::V,
}

impl<S: Simd, R: VectorRule<S>, const SIGNED: bool, const SQUARED: bool>
    Penalised<S, R, SIGNED, SQUARED>
{
    /// # Safety
    /// The machine must have S.
    #[inline(always)]
    unsafe fn new(step: &Step) -> Self {
        // SAFETY: the caller vouches for S.
        unsafe {
            Penalised {
                rule: R::new(&step.rule),
                l1: S::splat(step.l1),
                shrink: S::splat(step.shrink),
                absolute: S::splat(0.0),
                square: S::splat(0.0),
            }
        }
    }

    /// Adds the sums that are wanted.
    ///
    /// # Safety
    /// The machine must have S.
    #[inline(always)]
    unsafe fn add_sums(&self, step: &Step, sums: &mut [f64; 2]) {
        // SAFETY: the caller vouches for S.
        unsafe {
            if step.sums[0] {
                sums[0] += f64::from(S::sum(self.absolute));
            }
            if step.sums[1] {
                sums[1] += f64::from(S::sum(self.square));
            }
        }
    }

    /// Trains N vectors, in step: while one waits for a result, others go on.
    ///
    /// # Safety
    /// `gradient` and `at` must be good for N vectors; the machine must have S.
    #[inline(always)]
    #[expect(clippy::needless_range_loop, reason = "counted loops are unrolled")]
    unsafe fn apply<const N: usize>(&mut self, gradient: *const f32, at: Weights) {
        // SAFETY: the caller vouches for the pointers and S.
        unsafe {
            let mut g = load::<S, N>(gradient);
            let mut w = load::<S, N>(at.w);
            if SQUARED {
                for i in 0..N {
                    g[i] = S::fma(w[i], self.shrink, g[i]);
                }
            }
            if SIGNED {
                // The subgradient of |w| is 0 at 0.
                for i in 0..N {
                    g[i] = S::add(g[i], S::signed(self.l1, w[i]));
                }
            }
            self.rule.apply(&mut w, &g, at);
            if SQUARED {
                // Weights that only shrink would end below the smallest normal number.
                for i in 0..N {
                    w[i] = S::flush(w[i]);
                }
            }
            store::<S, N>(at.w, &w);
            if SIGNED {
                for i in 0..N {
                    self.absolute = S::add(self.absolute, S::abs(w[i]));
                }
            }
            if SQUARED {
                for i in 0..N {
                    self.square = S::fma(w[i], w[i], self.square);
                }
            }
        }
    }
}

/// # Safety
/// N vectors must be at `from`; the machine must have S.
#[inline(always)]
unsafe fn load<S: Simd, const N: usize>(from: *const f32) -> [S::V; N] {
    // SAFETY: the caller vouches for S and N vectors.
    unsafe {
        let mut vectors = [S::splat(0.0); N];
        for (i, v) in vectors.iter_mut().enumerate() {
            *v = S::load(from.add(i * LANES));
        }
        vectors
    }
}

/// # Safety
/// N vectors must fit at `to`; the machine must have S.
#[inline(always)]
unsafe fn store<S: Simd, const N: usize>(to: *mut f32, vectors: &[S::V; N]) {
    for (i, &v) in vectors.iter().enumerate() {
        // SAFETY: the caller vouches for S and N vectors.
        unsafe { S::store(to.add(i * LANES), v) };
    }
}

/// A rule on 16·N weights.
trait VectorRule<S: Simd>: Copy {
    /// Values it keeps for a weight.
    const SLOTS: usize;
    /// # Safety
    /// The machine must have S.
    unsafe fn new(rule: &Rule) -> Self;
    /// From the old weights and the gradient to the new weights.
    ///
    /// # Safety
    /// `at` must be good for N vectors; the machine must have S.
    unsafe fn apply<const N: usize>(&self, w: &mut [S::V; N], g: &[S::V; N], at: Weights);
}

#[derive(Clone, Copy)]
struct AdamRule<S: Simd, const DECOUPLED: bool = false> {
    take: S::V,
    keep_square: S::V,
    take_square: S::V,
    rate: S::V,
    root: S::V,
    eps: S::V,
    keep: S::V,
}

impl<S: Simd, const DECOUPLED: bool> VectorRule<S> for AdamRule<S, DECOUPLED> {
    const SLOTS: usize = 2;

    #[inline(always)]
    unsafe fn new(rule: &Rule) -> Self {
        let &Rule::Adam { take, keep_square, take_square, rate, root, eps, keep } = rule else {
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
                keep: S::splat(keep),
            }
        }
    }

    #[inline(always)]
    unsafe fn apply<const N: usize>(&self, w: &mut [S::V; N], g: &[S::V; N], at: Weights) {
        // SAFETY: the caller vouches for `at` and S.
        unsafe {
            let mut m = load::<S, N>(at.m);
            let mut v = load::<S, N>(at.v);
            for i in 0..N {
                // Values below the smallest normal number would cost a hundred cycles each.
                m[i] = S::flush(S::fma(S::sub(g[i], m[i]), self.take, m[i]));
            }
            store::<S, N>(at.m, &m);
            for i in 0..N {
                let square = S::mul(S::mul(g[i], g[i]), self.take_square);
                v[i] = S::flush(S::fma(v[i], self.keep_square, square));
            }
            store::<S, N>(at.v, &v);
            let mut below = v;
            for i in 0..N {
                below[i] = S::fma(S::sqrt(v[i]), self.root, self.eps);
            }
            for i in 0..N {
                let kept = if DECOUPLED { S::mul(w[i], self.keep) } else { w[i] };
                w[i] = S::fma(S::div(m[i], below[i]), self.rate, kept);
            }
        }
    }
}

#[derive(Clone, Copy)]
struct RmsPropRule<S: Simd> {
    keep_square: S::V,
    take_square: S::V,
    rate: S::V,
    eps: S::V,
}

impl<S: Simd> VectorRule<S> for RmsPropRule<S> {
    const SLOTS: usize = 1;

    #[inline(always)]
    unsafe fn new(rule: &Rule) -> Self {
        let &Rule::RmsProp { keep_square, take_square, rate, eps } = rule else {
            unreachable!("chosen by the rule")
        };
        // SAFETY: the caller vouches for S.
        unsafe {
            RmsPropRule {
                keep_square: S::splat(keep_square),
                take_square: S::splat(take_square),
                rate: S::splat(-rate),
                eps: S::splat(eps),
            }
        }
    }

    #[inline(always)]
    unsafe fn apply<const N: usize>(&self, w: &mut [S::V; N], g: &[S::V; N], at: Weights) {
        // SAFETY: the caller vouches for `at` and S.
        unsafe {
            let mut v = load::<S, N>(at.m);
            for i in 0..N {
                let square = S::mul(S::mul(g[i], g[i]), self.take_square);
                v[i] = S::flush(S::fma(v[i], self.keep_square, square));
            }
            store::<S, N>(at.m, &v);
            for i in 0..N {
                let below = S::add(S::sqrt(v[i]), self.eps);
                w[i] = S::fma(S::div(g[i], below), self.rate, w[i]);
            }
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
    unsafe fn apply<const N: usize>(&self, w: &mut [S::V; N], g: &[S::V; N], _: Weights) {
        for i in 0..N {
            // SAFETY: the caller vouches for S.
            w[i] = unsafe { S::fma(g[i], self.rate, w[i]) };
        }
    }
}

#[derive(Clone, Copy)]
struct MomentumRule<S: Simd> {
    rate: S::V,
    keep: S::V,
    ahead: S::V,
    nesterov: bool,
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
            }
        }
    }

    #[inline(always)]
    unsafe fn apply<const N: usize>(&self, w: &mut [S::V; N], g: &[S::V; N], at: Weights) {
        // SAFETY: the caller vouches for `at` and S.
        unsafe {
            let mut buffer = load::<S, N>(at.m);
            for i in 0..N {
                let b = S::fma(buffer[i], self.keep, g[i]);
                buffer[i] = S::flush(b);
            }
            store::<S, N>(at.m, &buffer);
            for i in 0..N {
                let along =
                    if self.nesterov { S::fma(buffer[i], self.ahead, g[i]) } else { buffer[i] };
                w[i] = S::fma(along, self.rate, w[i]);
            }
        }
    }
}
