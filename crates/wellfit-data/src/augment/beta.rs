//! Shares of blended samples.

use wellfit_random::Stream;

use super::quantile::normal;

/// A draw of Beta(α, α) for α above 0: X/(X + Y) of two Gamma(α) numbers, from their
/// logarithms, so that no α is too small for it.
pub fn beta(alpha: f64, stream: &mut Stream) -> f64 {
    let [x, y] = [(); 2].map(|()| ln_gamma(alpha, stream));
    let difference = y - x;
    if difference.is_nan() {
        // Both beyond the smallest number: the share is 0 or 1.
        return if stream.below(2) == 0 { 0.0 } else { 1.0 };
    }
    1.0 / (1.0 + libm::exp(difference))
}

/// The logarithm of a draw of Gamma(α) (G. Marsaglia and W. W. Tsang, *A simple method for
/// generating gamma variables*, ACM Transactions on Mathematical Software 26, 2000); below 1
/// by Gamma(α) = Gamma(α + 1)·U^(1/α).
fn ln_gamma(alpha: f64, stream: &mut Stream) -> f64 {
    let mut ln_uniform = || libm::log(1.0 - stream.uniform());
    let (shape, boost) =
        if alpha < 1.0 { (alpha + 1.0, ln_uniform() / alpha) } else { (alpha, 0.0) };
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(stream.next_u32());
        let root = 1.0 + c * x;
        let v = root * root * root;
        if v <= 0.0 {
            continue;
        }
        let ln_v = libm::log(v);
        if libm::log(1.0 - stream.uniform()) < 0.5 * x * x + d * (1.0 - v + ln_v) {
            return libm::log(d) + ln_v + boost;
        }
    }
}

#[cfg(test)]
mod tests {
    use wellfit_random::{Key, Purpose};

    use super::*;

    /// Mean 1/2, variance 1/(4(2α + 1)), fourth central moment
    /// 3/(16(2α + 1)(2α + 3)).
    #[test]
    fn shares_have_the_moments_of_their_distribution() {
        for alpha in [0.05, 0.2, 0.4, 1.0, 2.5, 50.0] {
            let key = Key { seed: 5, purpose: Purpose::Augment, layer: 0, step: 0 };
            let mut stream = key.stream();
            let n = 40_000;
            let draws: Vec<f64> = (0..n).map(|_| beta(alpha, &mut stream)).collect();
            assert!(draws.iter().all(|share| (0.0..=1.0).contains(share)));
            let moment = |k| draws.iter().map(|x| (x - 0.5f64).powi(k)).sum::<f64>() / n as f64;
            let square = 1.0 / (4.0 * (2.0 * alpha + 1.0));
            let fourth = 3.0 / (16.0 * (2.0 * alpha + 1.0) * (2.0 * alpha + 3.0));
            // Five standard errors.
            let error = |of_square: f64| 5.0 * (of_square / n as f64).sqrt();
            assert!(moment(1).abs() < error(square), "{alpha}: mean {}", moment(1));
            let spread = fourth - square * square;
            assert!((moment(2) - square).abs() < error(spread), "{alpha}: {}", moment(2));
            assert!((moment(4) / fourth - 1.0).abs() < 0.1, "{alpha}: {}", moment(4));
        }
    }

    #[test]
    fn no_strength_is_too_small_or_too_large() {
        let mut stream = Key { seed: 1, purpose: Purpose::Augment, layer: 0, step: 0 }.stream();
        for alpha in [f64::MIN_POSITIVE, 1e-12] {
            let ends = (0..100).map(|_| beta(alpha, &mut stream));
            let ones = ends.inspect(|x| assert!(*x == 0.0 || *x == 1.0)).sum::<f64>();
            assert!((20.0..80.0).contains(&ones), "{ones}");
        }
        for alpha in [1e9, 1e20, f64::MAX / 1e10] {
            assert!((0..100).all(|_| (beta(alpha, &mut stream) - 0.5).abs() < 1e-3));
        }
    }
}
