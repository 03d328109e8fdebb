//! How often samples count: once each, or as often as a resample drew them.

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
}
