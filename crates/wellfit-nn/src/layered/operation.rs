//! What the layers have in common: a value comes in, a value goes out, and on the way
//! back its gradient.

use std::ops::Range;

use super::layout::Layout;
use super::network::Network;
use super::parameter::Gradient;
use crate::CompileError;
use crate::elementwise::Draw;
use crate::kernel::{Kernels, LANES};
use crate::threads::shared::Shared;
use crate::upload::FeedScratch;

/// A layer at work.
///
/// All but the meetings is done chunk by chunk: a chunk is some samples of a batch, and
/// one thread takes it through all layers and back while it is in cache. What a chunk
/// needs of the whole batch is gathered first, and settled by every thread for itself
/// after all threads have met.
pub trait Operation: Send + Sync {
    /// From its input to its output.
    fn forward(&self, at: &At<'_>);

    /// From its output's gradient to its input's, and to what the chunk adds to its
    /// parameters' gradients.
    fn backward(&self, at: &At<'_>);

    /// Whether it needs something of the whole batch.
    fn meets(&self) -> bool {
        false
    }

    /// What the chunk gives to the whole, on the way forward and on the way back.
    fn gather(&self, _: &At<'_>, _: Way) {}

    /// After the meeting, once for every thread. The leader alone writes what lasts.
    fn settle(&self, _: &At<'_>, _: Way, _leader: bool) {}

    /// Values of scratch that it needs while it works on a sample.
    fn scratch(&self) -> usize {
        0
    }

    /// Makes room for batches of `rows` samples.
    fn reserve(&mut self, _rows: usize) -> Result<(), CompileError> {
        Ok(())
    }

    /// Multiply-adds for a sample, on the way forward.
    fn work(&self) -> usize {
        0
    }

    /// Tensors that are not trained: shown and set in their order.
    fn buffers(&self) -> Vec<Vec<f32>> {
        Vec::new()
    }

    /// Before running statistics are gathered anew.
    fn forget(&mut self) {}

    /// Sets buffer `index`.
    fn set_buffer(&mut self, _index: usize, _values: &[f32]) {}
}

/// Which way a batch goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From inputs to outputs.
    Forward,
    /// Back with the gradients.
    Backward,
}

/// Where a layer's values are, among the network's.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// What it reads.
    pub input: usize,
    /// What it gives.
    pub output: usize,
    /// What becomes of its input's gradient.
    pub back: Back,
}

/// What becomes of the gradient of a layer's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// Nobody needs it: the input is the data.
    Nowhere,
    /// It is set.
    Set,
    /// It is added to what is there: the value is read by others too.
    Add,
}

/// A value on its way through the network.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// Where a sample's values are.
    pub layout: Layout,
    /// In which buffer: a flattened image is in the image's.
    pub buffer: usize,
}

/// Memory for values of a whole batch.
pub struct Buffer {
    /// Values of a sample.
    pub sample: usize,
    /// The values.
    pub values: Shared,
    /// The loss's gradient by them; empty for the data.
    pub gradients: Shared,
}

/// What a layer works on: some rows of a batch, by one thread.
pub struct At<'a> {
    /// The instruction set.
    pub kernels: &'static Kernels,
    /// Values and parameters.
    pub network: &'a Network,
    /// The thread's own memory.
    pub scratch: &'a Scratch,
    /// Which rows of the batch.
    pub rows: Range<usize>,
    /// Training; `None` in an evaluation.
    pub training: Option<Training>,
}

/// A chunk's part in a training step.
#[derive(Clone, Copy, Debug)]
pub struct Training {
    /// Which random numbers dropout draws.
    pub draw: Draw,
    /// Which chunk of the batch.
    pub chunk: usize,
    /// Chunks in the batch.
    pub chunks: usize,
    /// Samples in the batch.
    pub samples: usize,
    /// Whether running statistics are plain averages over batches instead of
    /// exponential ones.
    pub cumulative: bool,
}

/// A thread's own memory.
pub struct Scratch {
    /// What a layer needs while it works on a sample.
    pub passing: Shared,
    /// What layers keep through a step, each at a place of its own.
    pub kept: Shared,
    /// What a feed gives.
    pub fed: FeedScratch,
}

impl At<'_> {
    /// Number of rows.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// The first row's values.
    pub fn values(&self, value: usize) -> *mut f32 {
        let buffer = &self.network.buffers[self.network.values[value].buffer];
        buffer.values.at(self.rows.start * buffer.sample)
    }

    /// The first row's gradients.
    pub fn gradients(&self, value: usize) -> *mut f32 {
        let buffer = &self.network.buffers[self.network.values[value].buffer];
        buffer.gradients.at(self.rows.start * buffer.sample)
    }

    /// A value's layout.
    pub fn layout(&self, value: usize) -> Layout {
        self.network.values[value].layout
    }

    /// Vectors of all rows of a value.
    pub fn vectors(&self, value: usize) -> usize {
        self.count() * self.layout(value).sample() / LANES
    }

    /// What this chunk adds to the gradient of parameter `parameter`.
    pub fn chunk_gradient(&self, parameter: usize) -> *mut f32 {
        self.gradient_of_chunk(parameter, self.training.map_or(0, |t| t.chunk))
    }

    /// What chunk `chunk` adds to it.
    ///
    /// # Panics
    /// If its gradient is not gathered by chunks.
    pub fn gradient_of_chunk(&self, parameter: usize, chunk: usize) -> *mut f32 {
        let Gradient::Chunks { start } = self.network.parameters[parameter].gradient else {
            panic!("a gradient that is formed in the update")
        };
        self.network.chunk_gradients.at(chunk * self.network.chunk_len + start)
    }
}
