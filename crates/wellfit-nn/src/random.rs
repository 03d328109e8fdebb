//! What initial weights and dropout masks are, number by number.
//!
//! Both are pure functions of a key and a place, so every engine that follows
//! these definitions draws the same network and the same masks, whatever the
//! order or the number of threads it works in. Layers are counted among their
//! own kind: a dropout layer put in front leaves the initial weights as they were.

use wellfit_random::{Key, Purpose};

/// The key of the initial weights (`is_weight`) or biases of linear layer
/// number `linear`, counted from 0 among linear layers.
pub(crate) fn initial_key(seed: u64, linear: u16, is_weight: bool) -> Key {
    Key { seed, purpose: Purpose::Init, layer: linear, step: u64::from(!is_weight) }
}

/// Draws a parameter tensor, in PyTorch's layout: uniform in ±1/√fan_in.
///
/// Element `e` takes word e mod 4 of block ⌊e/4⌋; its upper 24 bits make
/// u in [0, 1), and the value is (2u − 1)·(1/√fan_in) in f32.
pub(crate) fn fill_initial(values: &mut [f32], key: Key, fan_in: usize) {
    let bound = if fan_in == 0 { 0.0 } else { 1.0 / (fan_in as f32).sqrt() };
    for (block, four) in values.chunks_mut(4).enumerate() {
        for (value, word) in four.iter_mut().zip(key.block(block as u32)) {
            let u = (word >> 8) as f32 / (1u32 << 24) as f32;
            *value = (2.0 * u - 1.0) * bound;
        }
    }
}

/// The key of dropout layer number `dropout`, counted from 0 among dropout
/// layers, at `step`, the number of steps taken before.
pub(crate) fn dropout_key(seed: u64, dropout: u16, step: u64) -> Key {
    Key { seed, purpose: Purpose::Dropout, layer: dropout, step }
}

/// An element is kept if its 16 random bits are at least this: round(p·2¹⁶).
/// So the share of zeros is p to within 2⁻¹⁷, and exact for p = 0 and p = 1.
pub(crate) fn dropout_threshold(p: f64) -> u32 {
    (p * 65536.0).round() as u32
}

/// What kept elements are multiplied by: 1/(1−p), or 0 for p = 1.
pub(crate) fn dropout_scale(p: f64) -> f32 {
    if p < 1.0 { (1.0 / (1.0 - p)) as f32 } else { 0.0 }
}

/// Whether dropout keeps the activation in `row` of the batch and `column` of
/// `width` features.
///
/// The 16 bits are laid out for vectors: the 16 lanes of one 512-bit word hold
/// the four words of 16 blocks, which decide two rows of 64 columns.
pub(crate) fn keep(key: Key, width: usize, row: usize, column: usize, threshold: u32) -> bool {
    let (tile, lane, group) = (column / 64, column % 16, column % 64 / 16);
    let tiles = width.div_ceil(64);
    let index = ((row / 2 * tiles + tile) * 16 + lane) as u32;
    let word = key.block(index)[row % 2 * 2 + group / 2];
    let bits = if group % 2 == 0 { word & 0xFFFF } else { word >> 16 };
    bits >= threshold
}
