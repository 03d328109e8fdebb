//! What is done to values one by one on their way, in both engines.

use crate::kernel::Mask;
use crate::{Activation, random};

/// What is done to activations, element by element.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    /// See [`Activation`].
    Activation(Activation),
    /// See [`crate::random`].
    Dropout {
        /// Which among the dropout layers.
        ordinal: u16,
        /// Kept are 16 bits at or above this.
        threshold: u32,
        /// 1/(1−p).
        scale: f32,
    },
}

/// Which numbers dropout draws in a step.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    /// The run's seed.
    pub seed: u64,
    /// Steps taken before.
    pub step: u64,
}

impl Draw {
    /// The mask of one tile of a row.
    pub fn mask(
        self,
        ordinal: u16,
        threshold: u32,
        scale: f32,
        tile: usize,
        tiles: usize,
        first_pair: usize,
    ) -> Mask {
        let key = random::dropout_key(self.seed, ordinal, self.step);
        let (key, counter) = (key.words(), key.counter(0));
        Mask { key, counter, tile, tiles, first_pair, threshold, scale }
    }
}
