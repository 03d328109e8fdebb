//! Values drawn from distributions whose truth is known.

#![allow(dead_code)] // Each test file uses its own part.

use wellfit_random::{Key, Purpose, Stream};

/// A normal number by Box and Muller's method.
pub fn normal(stream: &mut Stream) -> f64 {
    let (u, v) = (1.0 - stream.uniform(), stream.uniform());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// The draws of one test.
pub fn stream(step: u64) -> Stream {
    Key { seed: 5, purpose: Purpose::Synthetic, layer: 0, step }.stream()
}

/// n normal numbers around `mean` with this standard deviation.
pub fn sample(stream: &mut Stream, n: usize, mean: f64, std: f64) -> Vec<f64> {
    (0..n).map(|_| mean + std * normal(stream)).collect()
}

/// The gains of arms over a common baseline by seed, paired: each has the true gain
/// given, a standard deviation of 1, and shares half its variance with all others.
pub fn gains(stream: &mut Stream, truth: &[f64], seeds: usize) -> Vec<Vec<f64>> {
    let half = 0.5f64.sqrt();
    let baseline = sample(stream, seeds, 0.0, half);
    let arm = |truth: &f64| {
        let own = sample(stream, seeds, *truth, half);
        own.iter().zip(&baseline).map(|(own, baseline)| own - baseline).collect()
    };
    truth.iter().map(arm).collect()
}

/// The share of `rounds` in which something happens.
pub fn share(rounds: usize, happens: impl FnMut(usize) -> bool) -> f64 {
    (0..rounds).map(happens).filter(|&happened| happened).count() as f64 / rounds as f64
}
