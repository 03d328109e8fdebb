//! How often samples count: once each, or as often as a resample drew them.

use crate::Undefined;

/// How often each sample counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Weights<'a> {
    /// Once each.
    Once,
    /// So often.
    Drawn(&'a [u32]),
}

impl Weights<'_> {
    /// How often sample `i` counts.
    pub fn at(self, i: usize) -> u64 {
        match self {
            Weights::Once => 1,
            Weights::Drawn(counts) => u64::from(counts[i]),
        }
    }

    /// The mean of a figure over `n` samples; where a sample does not count, it is not asked.
    pub fn mean(self, n: usize, figure: impl Fn(usize) -> f64) -> Result<f64, Undefined> {
        let (mut sum, mut samples) = (0.0, 0);
        for i in 0..n {
            let count = self.at(i);
            if count > 0 {
                sum += count as f64 * figure(i);
                samples += count;
            }
        }
        if samples == 0 { Err(Undefined::Nothing) } else { Ok(sum / samples as f64) }
    }
}
