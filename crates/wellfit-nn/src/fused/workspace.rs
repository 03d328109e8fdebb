//! What a session needs besides the network: batches, activations, partial sums.

use super::layout::Network;
use crate::CompileError;
use crate::kernel::TILE;
use crate::threads::shared::Shared;
use crate::upload::FeedScratch;

/// Samples that an evaluation takes through the network at once.
pub const CHUNK: usize = 96;

/// Buffers for batches of up to `capacity` samples.
pub struct Workspace {
    /// Samples that a batch may hold.
    pub capacity: usize,
    /// The batch of this step, of the next, and of the last, which slower threads
    /// may still be reading.
    pub inputs: [Shared; 3],
    /// The same batches in bfloat16, if that is what is multiplied.
    pub packed: Option<[Packed; 3]>,
    /// One for each hidden layer.
    pub hidden: Vec<HiddenBuffers>,
    /// Each block's part of the logits, of this step and of the last.
    pub partials: [Shared; 2],
}

/// A batch of inputs in bfloat16, two numbers to a word, in blocks of 64 features.
pub struct Packed {
    /// Rows of 32 words: neighbouring features are pairs.
    pub rows: Shared,
    /// Half as many rows of 64 words: neighbouring samples are pairs.
    pub pairs: Shared,
}

impl Packed {
    fn new(features: usize, capacity: usize) -> Result<Self, CompileError> {
        let rows = Shared::zeros((features / 2).saturating_mul(capacity))?;
        Ok(Packed { rows, pairs: Shared::zeros(features.saturating_mul(capacity.div_ceil(2)))? })
    }
}

/// What a hidden layer gives and gets back, in blocks of 64 units.
pub struct HiddenBuffers {
    /// Activations. The first layer's next ones are written while others may still
    /// read these: it has two, used in turn. The others use the first.
    pub activations: [Shared; 2],
    /// d activation / d z.
    pub slopes: Shared,
    /// d loss / d z.
    pub gradients: Shared,
}

impl Workspace {
    /// For batches of up to `capacity` samples; `packed` with room for bfloat16.
    pub fn new(network: &Network, capacity: usize, packed: bool) -> Result<Self, CompileError> {
        let features = network
            .hidden
            .first()
            .map_or(network.head.linear.inputs, |layer| layer.0.inputs)
            .next_multiple_of(TILE);
        let zeros = |width: usize| Shared::zeros(width.saturating_mul(capacity));
        let deep = network.hidden.len() > 1;
        let hidden = network.hidden.iter().enumerate().map(|(i, layer)| {
            let width = layer.0.panels() * TILE;
            let second = if deep && i == 0 { width } else { 0 };
            Ok(HiddenBuffers {
                activations: [zeros(width)?, zeros(second)?],
                slopes: zeros(width)?,
                gradients: zeros(width)?,
            })
        });
        let parts = network.head.linear.blocks() * network.head.padded;
        Ok(Workspace {
            capacity,
            inputs: [zeros(features)?, zeros(features)?, zeros(features)?],
            packed: match packed {
                true => {
                    let one = || Packed::new(features, capacity);
                    Some([one()?, one()?, one()?])
                }
                false => None,
            },
            hidden: hidden.collect::<Result<_, CompileError>>()?,
            partials: [zeros(parts)?, zeros(parts)?],
        })
    }

    /// The activations of hidden layer `layer` at step `step`.
    pub fn activations(&self, layer: usize, step: u64) -> &Shared {
        let deep = layer == 0 && self.hidden.len() > 1;
        &self.hidden[layer].activations[if deep { (step % 2) as usize } else { 0 }]
    }
}

/// What one thread needs for itself.
pub struct Scratch {
    /// Logits, then their gradients.
    pub logits: Shared,
    /// Slopes of what follows the head.
    pub slopes: Shared,
    /// A transposed block of weights.
    pub block: Shared,
    /// In bfloat16: a block of weights, a panel's gradients and a block of what feeds it.
    pub packed: [Shared; 3],
    /// Inputs and activations of an evaluation's chunk, layer by layer.
    pub chunk: Vec<Shared>,
    /// What a feed gives.
    pub fed: FeedScratch,
    /// A row of logits, for a second target.
    pub spare: Shared,
    /// What the head's units are multiplied by.
    pub factors: Shared,
}

impl Scratch {
    /// For batches of up to `capacity` samples.
    pub fn new(network: &Network, capacity: usize) -> Result<Self, CompileError> {
        let head = &network.head;
        let rows = capacity.max(CHUNK);
        let mut widths = Vec::new();
        if let Some(first) = network.hidden.first() {
            widths.push(first.0.inputs);
        }
        widths.extend(network.hidden.iter().skip(1).map(|layer| layer.0.inputs));
        widths.push(head.linear.inputs);
        let chunk = widths.iter().map(|w| Shared::zeros(w.next_multiple_of(TILE) * CHUNK));
        Ok(Scratch {
            logits: Shared::zeros(rows.saturating_mul(head.padded))?,
            slopes: Shared::zeros(if head.linear.ops.is_empty() { 0 } else { rows * head.padded })?,
            block: Shared::zeros(TILE * TILE)?,
            packed: [
                Shared::zeros(TILE * TILE / 2)?,
                Shared::zeros(rows.div_ceil(2).saturating_mul(TILE))?,
                Shared::zeros(rows.div_ceil(2).saturating_mul(TILE))?,
            ],
            chunk: chunk.collect::<Result<_, _>>()?,
            fed: FeedScratch::new()?,
            spare: Shared::zeros(head.padded)?,
            factors: Shared::zeros(head.padded)?,
        })
    }
}
