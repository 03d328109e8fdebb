//! How an error falls with the number of samples, and what more of them would bring.

use wellfit_random::{Key, Purpose};

use crate::{CONFIDENCE, Interval, Normal};

/// Sizes that a curve is fitted to, at least.
pub const LEAST_SIZES: usize = 3;

/// An error at a number of training samples.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeError {
    /// Training samples, above 0.
    pub samples: f64,
    /// The error (less is better, at least 0) of each seed or fold; finite.
    pub errors: Vec<f64>,
}

/// a + b·n^(−c)
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PowerCurve {
    /// What no number of samples takes away; at least 0.
    pub a: f64,
    /// How much samples take away; above 0.
    pub b: f64,
    /// How fast; above 0.
    pub c: f64,
}

impl PowerCurve {
    /// The error at so many samples.
    pub fn at(&self, samples: f64) -> f64 {
        self.a + self.b * samples.powf(-self.c)
    }
}

/// What a curve says of a number of samples that nobody has tried.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Extrapolated {
    /// So many training samples.
    pub samples: f64,
    /// The error there.
    pub error: f64,
    /// The 95 % interval of what a study of as many seeds would measure there; `None`
    /// where the sizes and seeds are too few for one.
    pub interval: Option<Interval>,
}

/// Why there is no curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCurve {
    /// Fewer than [`LEAST_SIZES`] different sizes.
    TooFew,
    /// The error does not fall by more than chance over the sizes that were tried.
    DoesNotFall,
    /// The error falls, but not as a power law: the means lie too far from the best one.
    NoPowerLaw,
}

/// A fitted curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitted {
    /// The curve.
    pub curve: PowerCurve,
    /// What it says at the sizes that were asked for.
    pub next: Extrapolated,
}

/// How much the errors of a size spread, in the unit of their own noise. The true factor has
/// the prior of a scaled inverse χ².
struct Noise {
    /// The variance of each size's mean, up to a factor.
    variances: Vec<f64>,
    /// The factor, and how many degrees of freedom it is known by.
    prior: Option<(f64, f64)>,
}

/// The prior's degrees of freedom.
const PRIOR: f64 = 4.0;

/// Resamples of the interval.
const RESAMPLES: usize = 1000;

/// Of curves that are power laws, one in a hundred lies so far from one.
const MISFIT: f64 = 0.01;

/// Means that lie no farther from the curve than this share of its fall are near it, whatever
/// the seeds say: the samples of a size have a chance of their own.
const NEAR: f64 = 0.05;

/// Means that lie farther than this from the curve do not follow it.
const FAR: f64 = 0.25;

/// Fits a + b·n^(−c) with a ≥ 0, b > 0, c > 0 to the mean errors by weighted least squares,
/// and says what it expects at `next` samples: the form that errors of learners have been
/// found to follow (C. Cortes and others, *Learning curves: asymptotic values and rate of
/// convergence*, NIPS 1993; J. Hestness and others, *Deep learning scaling is predictable,
/// empirically*, arXiv 1712.00409, 2017).
///
/// A size's weight is one over the variance of its mean over the seeds, each variance pooled
/// with the others' as a share of the error (4 degrees of freedom of the mean of all). On top of the
/// seeds' chance there is that of the samples that a size happens to have. Where all seeds
/// share them (`one_draw`) no spread over seeds shows it, and its variance is taken to
/// be twice that of one seed, until the distances of the means from the curve say otherwise: the
/// factor on all variances has a scaled inverse χ² prior with 4 degrees of freedom, which
/// meets the k − 3 that k sizes leave.
///
/// The interval is that of a parametric bootstrap: 1000 times the factor is drawn, the means
/// are drawn round the curve, a curve is fitted to them, and its value at `next` drawn with
/// the noise of the largest size. So it holds for what would be measured there, as far as the
/// power law goes on. With one seed the distances from the curve alone tell the noise, and
/// there is no interval with three sizes.
///
/// The same values and `seed` give the same bits.
///
/// # Errors
/// [`NoCurve`] when there are too few sizes, when the error does not fall, or falls
/// otherwise.
pub fn power_curve(
    sizes: &[SizeError],
    next: f64,
    one_draw: bool,
    seed: u64,
) -> Result<Fitted, NoCurve> {
    let mut sizes: Vec<&SizeError> =
        sizes.iter().filter(|size| size.samples > 0.0 && !size.errors.is_empty()).collect();
    sizes.sort_by(|a, b| a.samples.total_cmp(&b.samples));
    sizes.dedup_by(|a, b| a.samples == b.samples);
    let k = sizes.len();
    if k < LEAST_SIZES || next.is_nan() || next <= 0.0 {
        return Err(NoCurve::TooFew);
    }
    let means: Vec<f64> = sizes.iter().map(|size| mean(&size.errors)).collect();
    if means.iter().any(|mean| !mean.is_finite()) {
        return Err(NoCurve::TooFew);
    }
    let logs: Vec<f64> = sizes.iter().map(|size| size.samples.ln()).collect();
    let noise = Noise::of(&sizes, one_draw);
    let weights: Vec<f64> = noise.variances.iter().map(|variance| 1.0 / variance).collect();
    let scale = Scale { logs, next: next.ln() };
    let Some((fit, squares)) = scale.fit(&means, &weights) else {
        return Err(NoCurve::DoesNotFall);
    };

    let left = (k - LEAST_SIZES) as f64;
    let (factor, df) = match noise.prior {
        Some((prior, df)) => ((df * prior + squares) / (df + left), df + left),
        None if left > 0.0 => (squares / left, left),
        None => (0.0, 0.0),
    };
    let fitted = |at: usize| fit.at(scale.logs[at]);
    // How much the curve falls over the sizes, against the noise of its two ends.
    let ends = factor * (noise.variances[0] + noise.variances[k - 1]);
    let fall = fitted(0) - fitted(k - 1);
    let luck = Normal::quantile(0.5 + CONFIDENCE / 2.0) * ends.sqrt();
    if fall.is_nan() || luck.is_nan() || fall <= luck {
        return Err(NoCurve::DoesNotFall);
    }
    // How far the means lie from the curve, as a share of its fall.
    let far = (0..k).map(|at| (means[at] - fitted(at)).powi(2)).sum::<f64>() / k as f64;
    let far = far.sqrt() / fall;
    let clear = noise
        .prior
        .is_some_and(|(prior, _)| left > 0.0 && squares / prior > chi_square(1.0 - MISFIT, left));
    if far > FAR || clear && far > NEAR {
        return Err(NoCurve::NoPowerLaw);
    }
    let interval = (df > 0.0).then(|| {
        let mut stream = Key { seed, purpose: Purpose::Bootstrap, layer: 1, step: 0 }.stream();
        let mut values: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                // df/χ²: a normal draw for each whole degree of freedom.
                let chance: f64 =
                    (0..df.round().max(1.0) as usize).map(|_| stream.normal().powi(2)).sum();
                let drawn = factor * df.round().max(1.0) / chance.max(f64::MIN_POSITIVE);
                let around = |variance: f64, normal: f64| (drawn * variance).sqrt() * normal;
                let means: Vec<f64> = (0..k)
                    .map(|at| fitted(at) + around(noise.variances[at], stream.normal()))
                    .collect();
                let there = match scale.fit(&means, &weights) {
                    Some((fit, _)) => fit.at(scale.next),
                    // It does not fall: the best constant.
                    None => weighted_mean(&means, &weights),
                };
                there + around(noise.variances[k - 1], stream.normal())
            })
            .collect();
        values.sort_by(f64::total_cmp);
        let end = |share: f64| values[(share * (RESAMPLES - 1) as f64).round() as usize].max(0.0);
        Interval { low: end((1.0 - CONFIDENCE) / 2.0), high: end(0.5 + CONFIDENCE / 2.0) }
    });
    let curve = PowerCurve { a: fit.a, b: fit.b * scale.middle().powf(fit.c), c: fit.c };
    Ok(Fitted { curve, next: Extrapolated { samples: next, error: fit.at(scale.next), interval } })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn weighted_mean(values: &[f64], weights: &[f64]) -> f64 {
    let sum: f64 = values.iter().zip(weights).map(|(value, weight)| value * weight).sum();
    sum / weights.iter().sum::<f64>()
}

impl Noise {
    fn of(sizes: &[&SizeError], one_draw: bool) -> Noise {
        // Sums of squares and degrees of freedom within each size.
        let within: Vec<(f64, f64)> = sizes
            .iter()
            .map(|size| {
                let mean = mean(&size.errors);
                let squares = size.errors.iter().map(|error| (error - mean).powi(2)).sum();
                (squares, size.errors.len() as f64 - 1.0)
            })
            .collect();
        // As shares of the error: what is small spreads little.
        let levels: Vec<f64> = sizes.iter().map(|size| mean(&size.errors).powi(2)).collect();
        let df: f64 = within.iter().map(|(_, df)| df).sum();
        let shares = within.iter().zip(&levels).filter(|(_, level)| **level > 0.0);
        let pooled = shares.map(|((squares, _), level)| squares / level).sum::<f64>() / df;
        if !(df > 0.0 && pooled > 0.0) || levels.contains(&0.0) {
            // Nothing tells the noise but the distances from the curve.
            return Noise { variances: vec![1.0; sizes.len()], prior: None };
        }
        let of_means =
            within.iter().zip(&levels).zip(sizes).map(|(((squares, df), level), size)| {
                let variance = (squares + PRIOR * pooled * level) / (df + PRIOR);
                variance / size.errors.len() as f64
            });
        let variances: Vec<f64> = of_means.collect();
        let seeds = mean(&sizes.iter().map(|size| size.errors.len() as f64).collect::<Vec<_>>());
        let prior = if one_draw { 1.0 + 2.0 * seeds } else { 1.0 };
        Noise { variances, prior: Some((prior, PRIOR)) }
    }
}

/// Sizes in logarithms, so that powers stay small: n^(−c) is taken relative to the sizes'
/// geometric mean.
struct Scale {
    logs: Vec<f64>,
    next: f64,
}

/// A curve relative to the sizes' middle.
#[derive(Clone, Copy)]
struct Relative {
    a: f64,
    b: f64,
    c: f64,
    middle: f64,
}

impl Relative {
    fn at(&self, log: f64) -> f64 {
        self.a + self.b * (-self.c * (log - self.middle)).exp()
    }
}

impl Scale {
    /// The sizes' geometric mean.
    fn middle(&self) -> f64 {
        mean(&self.logs).exp()
    }

    /// The best curve and its weighted squares; `None` where no falling one is better than a
    /// constant.
    fn fit(&self, means: &[f64], weights: &[f64]) -> Option<(Relative, f64)> {
        /// Exponents that are tried, by equal factors: from curves that are a straight line
        /// over the logarithm to those that are flat at once.
        const EXPONENTS: usize = 40;
        const LEAST: f64 = 0.01;
        const MOST: f64 = 4.0;
        let step = (MOST / LEAST).ln() / (EXPONENTS - 1) as f64;
        let exponent = |i: f64| LEAST * (i * step).exp();
        let of = |i: f64| self.linear(means, weights, exponent(i));
        let best = (0..EXPONENTS)
            .filter_map(|i| Some((i, of(i as f64)?.1)))
            .min_by(|a, b| a.1.total_cmp(&b.1))?
            .0 as f64;
        // Golden section between the neighbours.
        let golden = (5f64.sqrt() - 1.0) / 2.0;
        let (mut low, mut high) = ((best - 1.0).max(0.0), (best + 1.0).min(EXPONENTS as f64 - 1.0));
        let squares = |i: f64| of(i).map_or(f64::INFINITY, |fit| fit.1);
        for _ in 0..20 {
            let (left, right) = (high - golden * (high - low), low + golden * (high - low));
            if squares(left) <= squares(right) { high = right } else { low = left }
        }
        let middle = of((low + high) / 2.0);
        // The grid's own may be the better one at an end.
        [middle, of(best)].into_iter().flatten().min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The best a ≥ 0 and b > 0 for an exponent: a weighted straight line over n^(−c), or
    /// one through the origin.
    fn linear(&self, means: &[f64], weights: &[f64], c: f64) -> Option<(Relative, f64)> {
        let middle = mean(&self.logs);
        let x: Vec<f64> = self.logs.iter().map(|log| (-c * (log - middle)).exp()).collect();
        let total: f64 = weights.iter().sum();
        let (mx, my) = (weighted_mean(&x, weights), weighted_mean(means, weights));
        let sums = |f: &dyn Fn(usize) -> f64| (0..x.len()).map(|i| weights[i] * f(i)).sum::<f64>();
        let sxx = sums(&|i| (x[i] - mx).powi(2));
        let sxy = sums(&|i| (x[i] - mx) * (means[i] - my));
        let mut b = sxy / sxx;
        let mut a = my - b * mx;
        if a < 0.0 {
            a = 0.0;
            b = sums(&|i| x[i] * means[i]) / sums(&|i| x[i] * x[i]);
        }
        if !(b > 0.0 && a.is_finite() && total > 0.0) {
            return None;
        }
        let squares = sums(&|i| (means[i] - a - b * x[i]).powi(2));
        Some((Relative { a, b, c, middle }, squares))
    }
}

/// The quantile of χ² by the cube of a normal variable (E. B. Wilson, M. M. Hilferty, *The
/// distribution of chi-square*, PNAS 17, 1931): off by a few hundredths at most at the levels
/// that are asked for here.
fn chi_square(p: f64, df: f64) -> f64 {
    let part = 2.0 / (9.0 * df);
    df * (1.0 - part + Normal::quantile(p) * part.sqrt()).powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantiles_of_chi_square_are_near_those_of_tables() {
        for (p, df, wanted) in [(0.99, 1.0, 6.635), (0.99, 2.0, 9.210), (0.99, 5.0, 15.086)] {
            let found = chi_square(p, df);
            assert!((found - wanted).abs() < 0.03 * wanted, "{p} {df}: {found}");
        }
    }
}
