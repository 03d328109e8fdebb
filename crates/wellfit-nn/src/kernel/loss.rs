//! Losses of one row of outputs, and their gradients in its place.

use super::Kernels;
use super::matmul::Rows;
use super::pointwise::exp;
use super::simd::{LANES, Simd};
use crate::{Loss, Target};

/// A loss as the kernels take it, made once for a session.
///
/// The loss of a batch is Σ terms / normaliser, with each row's term and the batch's
/// [`normaliser`](RowLoss::normaliser).
#[derive(Clone, Debug)]
pub enum RowLoss {
    /// Without smoothing and weights.
    CrossEntropy,
    /// With them.
    ClassTerms(ClassTerms),
    /// (ŷ − y)².
    SquaredError,
    /// [`Loss::Huber`] with this δ.
    Huber(f32),
}

/// Label smoothing and class weights.
#[derive(Clone, Debug)]
pub struct ClassTerms {
    /// 1 − α.
    keep: f32,
    /// α/K.
    share: f32,
    /// By class, with zeros up to whole vectors.
    weights: Vec<f32>,
    /// Their sum.
    total: f32,
}

/// What a row is to give: its own target and, where samples are blended, another's with the
/// own one's share; see [`crate::Blend`].
#[derive(Clone, Copy, Debug)]
pub struct Aim<'a> {
    /// Its own.
    pub own: Target<'a>,
    /// Another's, and λ.
    pub other: Option<(Target<'a>, f32)>,
}

impl RowLoss {
    /// `loss`, checked, for so many outputs.
    pub fn new(loss: &Loss, outputs: usize) -> Self {
        match loss {
            Loss::CrossEntropy { label_smoothing, class_weights: None }
                if *label_smoothing == 0.0 =>
            {
                RowLoss::CrossEntropy
            }
            Loss::CrossEntropy { label_smoothing, .. } => {
                let weight = |class| loss.class_weight(class as u32) as f32;
                let mut weights: Vec<f32> = (0..outputs).map(weight).collect();
                weights.resize(outputs.next_multiple_of(LANES), 0.0);
                RowLoss::ClassTerms(ClassTerms {
                    keep: (1.0 - label_smoothing) as f32,
                    share: (label_smoothing / outputs as f64) as f32,
                    total: weights.iter().map(|&w| f64::from(w)).sum::<f64>() as f32,
                    weights,
                })
            }
            Loss::Mse => RowLoss::SquaredError,
            Loss::Huber { delta } => RowLoss::Huber(*delta as f32),
        }
    }

    /// What the sum of a batch's terms is divided by: its samples, the sum of its
    /// samples' weights, or samples × targets. A blended sample has its share of both
    /// targets' weights.
    pub fn normaliser<'a>(&self, batch: impl ExactSizeIterator<Item = Aim<'a>>) -> f64 {
        let terms = match self {
            RowLoss::CrossEntropy => return batch.len() as f64,
            RowLoss::ClassTerms(terms) => Some(terms),
            RowLoss::SquaredError | RowLoss::Huber(_) => None,
        };
        let weight = |target| match (target, terms) {
            (Target::Class(class), Some(terms)) => f64::from(terms.weights[class as usize]),
            (Target::Numbers(numbers), None) => numbers.len() as f64,
            _ => unreachable!("checked on upload"),
        };
        let blended = |Aim { own, other }: Aim<'a>| match other {
            None => weight(own),
            Some((other, share)) => {
                let share = f64::from(share);
                share * weight(own) + (1.0 - share) * weight(other)
            }
        };
        batch.map(blended).sum()
    }
}

impl Kernels {
    /// The sum of the loss's terms over `rows`, each `width` values long; otherwise as
    /// [`loss_row`](Self::loss_row).
    ///
    /// # Panics
    /// As `loss_row`, or if there are fewer targets than rows.
    pub fn loss_rows<'t>(
        &self,
        loss: &RowLoss,
        rows: &mut [f32],
        (width, outputs): (usize, usize),
        mut targets: impl Iterator<Item = Target<'t>>,
        scale: f32,
    ) -> f64 {
        let mut next = || targets.next().expect("a target for each row");
        let mut sum = 0.0;
        if !matches!(loss, RowLoss::CrossEntropy) || outputs > LANES {
            for row in rows.chunks_exact_mut(width) {
                sum += f64::from(self.loss_row(loss, row, outputs, next(), scale));
            }
            return sum;
        }
        assert!(outputs > 0 && width >= LANES && rows.len().is_multiple_of(width));
        for group in rows.chunks_mut(width * LANES) {
            let (count, mut labels) = (group.len() / width, [0; LANES]);
            for (row, label) in group.chunks_exact_mut(width).zip(&mut labels) {
                match next() {
                    Target::Class(class) if (class as usize) < outputs => *label = class,
                    target => panic!("{target:?} must fit {loss:?} and {outputs} outputs"),
                }
                row[LANES..].fill(0.0);
            }
            let rows = Rows { at: group.as_mut_ptr(), row: width };
            // SAFETY: as below; each row holds at least a vector.
            let terms = unsafe { (self.few_classes)(rows, count, outputs, &labels, scale) };
            sum = terms[..count].iter().fold(sum, |sum, &term| sum + f64::from(term));
        }
        sum
    }

    /// As [`loss_rows`](Self::loss_rows) where rows may have two targets: the term is
    /// λ·ℓ(own) + (1−λ)·ℓ(other). `spare` is overwritten.
    ///
    /// # Panics
    /// As `loss_rows`, or if `spare` is shorter than a row.
    pub fn blended_rows<'t>(
        &self,
        loss: &RowLoss,
        rows: &mut [f32],
        (width, outputs): (usize, usize),
        aims: impl Iterator<Item = Aim<'t>>,
        scale: f32,
        spare: &mut [f32],
    ) -> f64 {
        let spare = &mut spare[..width];
        let mut sum = 0.0;
        for (row, Aim { own, other }) in rows.chunks_exact_mut(width).zip(aims) {
            sum += match other {
                // A share of 0 leaves even what is infinite out.
                Some((other, 0.0)) => f64::from(self.loss_row(loss, row, outputs, other, scale)),
                Some((other, share)) if share != 1.0 => {
                    let rest = 1.0 - share;
                    spare.copy_from_slice(row);
                    let own = self.loss_row(loss, row, outputs, own, share * scale);
                    let other = self.loss_row(loss, spare, outputs, other, rest * scale);
                    row.iter_mut().zip(&*spare).for_each(|(to, other)| *to += other);
                    f64::from(share) * f64::from(own) + f64::from(rest) * f64::from(other)
                }
                _ => f64::from(self.loss_row(loss, row, outputs, own, scale)),
            };
        }
        sum
    }

    /// The loss's term of a row whose first `outputs` values count. The row becomes
    /// the term's gradient times `scale` (1/normaliser), and 0 beyond the outputs.
    ///
    /// # Panics
    /// If the row is shorter than whole vectors of outputs, or the target does not fit
    /// the outputs or the loss.
    pub fn loss_row(
        &self,
        loss: &RowLoss,
        row: &mut [f32],
        outputs: usize,
        target: Target<'_>,
        scale: f32,
    ) -> f32 {
        let padded = outputs.next_multiple_of(LANES);
        let fits = match (loss, target) {
            (RowLoss::CrossEntropy, Target::Class(class)) => (class as usize) < outputs,
            (RowLoss::ClassTerms(terms), Target::Class(class)) => {
                (class as usize) < outputs && terms.weights.len() == padded
            }
            (RowLoss::SquaredError | RowLoss::Huber(_), Target::Numbers(numbers)) => {
                numbers.len() == outputs
            }
            _ => false,
        };
        assert!(fits && padded <= row.len(), "the target must fit {loss:?} and the row");
        row[padded..].fill(0.0);
        // SAFETY: the row holds whole vectors of outputs, the target was looked at, and
        // a set is in the table only where the machine has its instructions.
        unsafe { (self.loss)(loss, row.as_mut_ptr(), outputs, target, scale) }
    }
}

/// Up to 16 rows of up to 16 logits at once, with the same bits as [`loss`] row by row:
/// a vector holds one class of all rows. `labels` are below `classes`; gives the terms.
///
/// # Safety
/// Rows must be good for `count` rows of 16 values; the machine must have S.
#[inline(always)]
pub unsafe fn few_classes<S: Simd>(
    rows: Rows<*mut f32>,
    count: usize,
    classes: usize,
    labels: &[u32; LANES],
    scale: f32,
) -> [f32; LANES] {
    const SQUARE: usize = LANES * LANES;
    let (mut by_row, mut z) = ([0.0f32; SQUARE], [0.0f32; SQUARE]);
    let own = |row: usize| labels[row] as usize * LANES + row;
    // SAFETY: the caller vouches for the rows and S; a square holds 16 vectors.
    unsafe {
        for row in 0..count {
            let to = by_row.as_mut_ptr().add(row * LANES);
            S::store(to, S::load(rows.at.add(row * rows.row)));
        }
        S::transpose(by_row.as_ptr(), LANES, z.as_mut_ptr(), LANES);
        let z = &mut z;
        z[classes * LANES..].fill(0.0);
        let at_label: [f32; LANES] = std::array::from_fn(|row| z[own(row)]);
        let mut top = S::splat(f32::NEG_INFINITY);
        for class in z[..classes * LANES].as_chunks::<LANES>().0 {
            top = S::max(S::load(class.as_ptr()), top);
        }
        let mut part = [S::splat(0.0); LANES];
        for (class, part) in z.as_chunks_mut::<LANES>().0[..classes].iter_mut().zip(&mut part) {
            *part = exp::<S>(S::sub(S::load(class.as_ptr()), top));
            S::store(class.as_mut_ptr(), *part);
        }
        // In the order of `Simd::sum`; what is beyond the classes is 0.
        let mut half = LANES / 2;
        while half > 0 {
            for i in 0..half {
                part[i] = S::add(part[i], part[i + half]);
            }
            half /= 2;
        }
        let share = S::div(S::splat(scale), part[0]);
        for class in z.as_chunks_mut::<LANES>().0[..classes].iter_mut() {
            S::store(class.as_mut_ptr(), S::mul(S::load(class.as_ptr()), share));
        }
        for row in 0..count {
            z[own(row)] -= scale;
        }
        S::transpose(z.as_ptr(), LANES, by_row.as_mut_ptr(), LANES);
        for row in 0..count {
            let from = by_row.as_ptr().add(row * LANES);
            S::store(rows.at.add(row * rows.row), S::load(from));
        }
        let (sums, top) = (S::array(part[0]), S::array(top));
        std::array::from_fn(|row| ln(sums[row]) + top[row] - at_label[row])
    }
}

/// See [`Kernels::loss_row`].
///
/// # Safety
/// `row` must be good for 16·⌈outputs/16⌉ values, and the target fit the outputs and
/// the loss; the machine must have S.
#[inline(always)]
pub unsafe fn loss<S: Simd>(
    loss: &RowLoss,
    row: *mut f32,
    outputs: usize,
    target: Target<'_>,
    scale: f32,
) -> f32 {
    // SAFETY: handed on.
    unsafe {
        match (loss, target) {
            (RowLoss::CrossEntropy, Target::Class(label)) => {
                cross_entropy::<S>(row, outputs, label as usize, scale)
            }
            (RowLoss::ClassTerms(terms), Target::Class(label)) => {
                class_terms::<S>(row, outputs, label as usize, terms, scale)
            }
            (RowLoss::SquaredError, Target::Numbers(numbers)) => {
                errors::<S>(row, numbers, |e| (S::mul(e, e), S::mul(e, S::splat(2.0 * scale))))
            }
            (RowLoss::Huber(delta), Target::Numbers(numbers)) => {
                let delta = S::splat(*delta);
                errors::<S>(row, numbers, |e| {
                    let (half, size) = (S::splat(0.5), S::abs(e));
                    let square = S::mul(S::mul(e, e), half);
                    let line = S::mul(delta, S::sub(size, S::mul(delta, half)));
                    // A NaN is not above δ: it stays one in both.
                    let slope = S::if_gt(size, delta, S::signed(delta, e), e);
                    (S::if_gt(size, delta, line, square), S::mul(slope, S::splat(scale)))
                })
            }
            _ => unreachable!("the caller vouches for the target"),
        }
    }
}

/// Cross-entropy of a row of logits; the row becomes (softmax − onehot)·`scale`.
/// Padding beyond `classes` becomes 0.
///
/// # Safety
/// As for [`loss`], with `label` below `classes`.
#[inline(always)]
unsafe fn cross_entropy<S: Simd>(row: *mut f32, classes: usize, label: usize, scale: f32) -> f32 {
    let vectors = classes.div_ceil(LANES);
    // SAFETY: the caller vouches for it.
    unsafe {
        pad(row, classes, f32::NEG_INFINITY);
        let top = largest::<S>(row, vectors);
        let at_label = *row.add(label);
        let sum = exponentials::<S>(row, vectors, top);
        let share = S::splat(scale / sum);
        for i in 0..vectors {
            S::store(row.add(i * LANES), S::mul(S::load(row.add(i * LANES)), share));
        }
        pad(row, classes, 0.0);
        *row.add(label) -= scale;
        ln(sum) + top - at_label
    }
}

/// Cross-entropy with smoothing and weights; with W = Σ_c w_c t_c the row becomes
/// (W·softmax − w·t)·`scale`.
///
/// # Safety
/// As for [`loss`], with `label` below `classes`.
#[inline(always)]
unsafe fn class_terms<S: Simd>(
    row: *mut f32,
    classes: usize,
    label: usize,
    terms: &ClassTerms,
    scale: f32,
) -> f32 {
    let ClassTerms { keep, share, weights, total } = terms;
    let vectors = classes.div_ceil(LANES);
    let weight = |i: usize| weights.as_ptr().wrapping_add(i * LANES);
    // SAFETY: the caller vouches for the row; there are as many weights as it is long.
    unsafe {
        pad(row, classes, f32::NEG_INFINITY);
        let top = largest::<S>(row, vectors);
        let below = top - *row.add(label);
        // Σ w_c·(top − z_c); without smoothing it does not count, whatever it is.
        let mut rest = 0.0;
        if *share > 0.0 {
            pad(row, classes, top);
            let mut sum = S::splat(0.0);
            for i in 0..vectors {
                let distance = S::sub(S::splat(top), S::load(row.add(i * LANES)));
                sum = S::fma(S::load(weight(i)), distance, sum);
            }
            rest = S::sum(sum);
            pad(row, classes, f32::NEG_INFINITY);
        }
        let sum = exponentials::<S>(row, vectors, top);
        let own = keep * weights[label];
        let all = S::splat((own + share * total) * scale / sum);
        let minus = S::splat(-share * scale);
        for i in 0..vectors {
            let smooth = S::mul(S::load(weight(i)), minus);
            S::store(row.add(i * LANES), S::fma(S::load(row.add(i * LANES)), all, smooth));
        }
        pad(row, classes, 0.0);
        *row.add(label) -= own * scale;
        let log = ln(sum);
        let smooth = if *share > 0.0 { share * (total * log + rest) } else { 0.0 };
        own * (log + below) + smooth
    }
}

/// Σ f(ŷ − y); the row becomes f′(ŷ − y) as `f` gives it, 0 beyond the targets.
///
/// # Safety
/// As for [`loss`], with a target for each output.
#[inline(always)]
unsafe fn errors<S: Simd>(row: *mut f32, targets: &[f32], f: impl Fn(S::V) -> (S::V, S::V)) -> f32 {
    let mut last = [0.0; LANES];
    let (whole, rest) = targets.as_chunks::<LANES>();
    last[..rest.len()].copy_from_slice(rest);
    let ends = if rest.is_empty() { None } else { Some(&last) };
    // SAFETY: the caller vouches for the row; there are 16 targets for each vector.
    unsafe {
        pad(row, targets.len(), 0.0);
        let mut sum = S::splat(0.0);
        for (i, targets) in whole.iter().chain(ends).enumerate() {
            let at = row.add(i * LANES);
            let (term, slope) = f(S::sub(S::load(at), S::load(targets.as_ptr())));
            sum = S::add(sum, term);
            S::store(at, slope);
        }
        S::sum(sum)
    }
}

/// Fills what lies between the outputs and the end of their last vector.
#[inline(always)]
unsafe fn pad(row: *mut f32, outputs: usize, value: f32) {
    for at in outputs..outputs.next_multiple_of(LANES) {
        // SAFETY: the caller vouches for whole vectors.
        unsafe { *row.add(at) = value };
    }
}

/// The largest value of a row.
#[inline(always)]
unsafe fn largest<S: Simd>(row: *const f32, vectors: usize) -> f32 {
    // SAFETY: the caller vouches for so many vectors.
    unsafe {
        let mut largest = S::splat(f32::NEG_INFINITY);
        for i in 0..vectors {
            // `max` gives its second argument when the first is NaN: the loss
            // becomes NaN all the same, through the label or the sum.
            largest = S::max(S::load(row.add(i * LANES)), largest);
        }
        S::largest(largest)
    }
}

/// z = exp(z − top); returns the sum.
#[inline(always)]
unsafe fn exponentials<S: Simd>(row: *mut f32, vectors: usize, top: f32) -> f32 {
    // SAFETY: the caller vouches for so many vectors.
    unsafe {
        let mut sum = S::splat(0.0);
        for i in 0..vectors {
            let e = exp::<S>(S::sub(S::load(row.add(i * LANES)), S::splat(top)));
            sum = S::add(sum, e);
            S::store(row.add(i * LANES), e);
        }
        S::sum(sum)
    }
}

/// ln x for x ≥ 1 or NaN, the same bits everywhere: computed in f64 by the series
/// of artanh, rounded once.
#[inline(always)]
fn ln(x: f32) -> f32 {
    let bits = f64::from(x).to_bits();
    let exponent = ((bits >> 52) as i64 - 1023) as f64;
    let mantissa = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
    let (mantissa, exponent) = if mantissa > std::f64::consts::SQRT_2 {
        (mantissa / 2.0, exponent + 1.0)
    } else {
        (mantissa, exponent)
    };
    // ln m = 2 artanh((m−1)/(m+1)) with |argument| ≤ 0.172: 11 terms reach 1e-18.
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let square = t * t;
    let mut series = 0.0;
    for odd in (1..=21).rev().step_by(2) {
        series = series * square + 1.0 / f64::from(odd);
    }
    let log = (2.0 * t * series + exponent * std::f64::consts::LN_2) as f32;
    if x.is_finite() { log } else { x }
}

#[cfg(test)]
mod tests {
    use wellfit_random::{Key, Purpose};

    use super::*;

    #[test]
    fn many_rows_at_once_have_the_bits_of_row_by_row() {
        const ODD: [f32; 6] = [0.0, -0.0, 3e38, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
        let key = Key { seed: 1, purpose: Purpose::Shuffle, layer: 0, step: 0 };
        let mut stream = key.stream();
        let loss = RowLoss::CrossEntropy;
        for round in 0..300 {
            let (width, outputs) = [(16, 1), (16, 2), (16, 10), (64, 16), (32, 17)][round % 5];
            let rows = 1 + stream.below(40) as usize;
            // Every other round with numbers that overflow and that are none.
            let mut logit = || match stream.below(if round % 2 == 0 { 60 } else { u64::MAX }) {
                at if at < 6 => ODD[at as usize],
                _ => stream.uniform() as f32 * 60.0 - 30.0,
            };
            let all: Vec<f32> = (0..rows * width).map(|_| logit()).collect();
            let target = |row: usize| Target::Class((round + row) as u32 % outputs as u32);
            for kernels in Kernels::available() {
                let (mut by_row, mut sum) = (all.clone(), 0.0);
                for (i, row) in by_row.chunks_exact_mut(width).enumerate() {
                    sum += f64::from(kernels.loss_row(&loss, row, outputs, target(i), 0.125));
                }
                let (mut at_once, shape) = (all.clone(), (width, outputs));
                let targets = (0..rows).map(target);
                let whole = kernels.loss_rows(&loss, &mut at_once, shape, targets, 0.125);
                let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
                assert!(same(whole, sum), "{}: {whole}, {sum}", kernels.name);
                for (&a, &b) in at_once.iter().zip(&by_row) {
                    assert!(same(a.into(), b.into()), "{}: {a}, {b}", kernels.name);
                }
            }
        }
    }

    #[test]
    fn our_logarithm_agrees_with_the_library_to_one_ulp() {
        for i in 0..200_000u32 {
            let x = f32::from_bits(1.0f32.to_bits() + i * 331);
            let (ours, exact) = (ln(x), f64::from(x).ln() as f32);
            assert!((ours - exact).abs() <= exact.abs() * 1.2e-7, "ln {x}: {ours}, {exact}");
        }
        assert!(ln(f32::NAN).is_nan());
        assert_eq!(ln(f32::INFINITY), f32::INFINITY);
    }
}
