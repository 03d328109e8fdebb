//! From a checked spec to layers, parameters and the values between them.

use super::add::Add;
use super::batch_norm::BatchNorm;
use super::conv2d::Conv2d;
use super::layer_norm::LayerNorm;
use super::layout::Layout;
use super::linear::Linear;
use super::operation::{Back, Buffer, Operation, Ports, Value};
use super::parameter::{Gradient, Map, Parameter};
use super::pointwise::{Pointwise, padding};
use super::pool::Pool;
use crate::elementwise::Op;
use crate::threads::shared::Shared;
use crate::{CompileError, Layer, ParameterInfo, Shape, Spec, random};

/// At most so many chunks a batch, and at least so many samples in one.
const CHUNKS: usize = 16;
const CHUNK_ROWS: usize = 8;
/// Batches larger than this are cut as if they were of this size.
const LARGEST_BATCH: usize = 1 << 16;
/// What chunks may hold of gradients, together: 64 MiB.
const CHUNK_VALUES: usize = 16 << 20;

/// A whole network.
pub struct Network {
    /// The layers in the order of computation.
    pub operations: Vec<Box<dyn Operation>>,
    /// What is done to the data before they lie as the first layer wants them.
    pub input_ops: Vec<Op>,
    /// The padding that they would not leave at 0.
    pub input_padding: Vec<u32>,
    /// How the data lie in PyTorch's order.
    pub stored: Layout,
    /// The values between the layers; the first is the input.
    pub values: Vec<Value>,
    /// The last.
    pub output: usize,
    /// For each of the spec's layers in the order of computation, a residual before its
    /// inner ones: the value that holds what it gives.
    pub made: Vec<usize>,
    /// Where they are; the first holds the data.
    pub buffers: Vec<Buffer>,
    /// The trained tensors.
    pub parameters: Vec<Parameter>,
    /// Where each of the spec's tensors is.
    pub homes: Vec<Home>,
    /// What each chunk adds to gradients that are gathered by chunks.
    pub chunk_gradients: Shared,
    /// Values of a chunk's part of them.
    pub chunk_len: usize,
    /// Samples in a chunk.
    pub chunk_rows: usize,
    /// Chunks of a full batch.
    most_chunks: usize,
    /// Samples that there is room for: values, and all that training needs.
    rows: usize,
    batch: usize,
    /// Values of scratch that a thread needs for a sample, and keeps through a step.
    pub scratch: [usize; 2],
    /// Multiply-adds for a sample on the way forward.
    pub work: usize,
}

/// Where a tensor is.
#[derive(Clone, Copy, Debug)]
pub enum Home {
    /// A trained one, among the parameters.
    Parameter(usize),
    /// Another, in a layer.
    Buffer {
        /// Which layer.
        operation: usize,
        /// Which of its buffers.
        index: usize,
    },
}

/// Samples in a chunk: a matter of the plan alone, never of the threads.
fn chunk_rows(spec: &Spec) -> usize {
    // Linear layers' gradients are not gathered by chunks.
    let by_chunks = |info: &ParameterInfo| info.is_trained() && info.shape.len() != 2;
    let values: usize = spec.parameters().iter().filter(|i| by_chunks(i)).map(|i| i.len()).sum();
    let chunks = (CHUNK_VALUES / values.max(1)).clamp(2, CHUNKS);
    // Even, so that dropout's pairs of rows are not torn apart.
    spec.batch_size.min(LARGEST_BATCH).div_ceil(chunks).max(CHUNK_ROWS).next_multiple_of(2)
}

impl Network {
    /// A checked spec's network; all weights are 0, and there is no room for samples.
    pub fn new(spec: &Spec) -> Result<Self, CompileError> {
        let mut builder = Builder::new(spec)?;
        let input = builder.input()?;
        builder.network.output = builder.layers(&spec.layers, input)?;
        let Network { chunk_len, most_chunks, .. } = builder.network;
        builder.network.chunk_gradients = Shared::zeros(chunk_len.saturating_mul(most_chunks))?;
        Ok(builder.network)
    }

    /// Makes room for training in batches of `batch`, and for evaluating so many samples
    /// at once.
    pub fn reserve(&mut self, batch: usize, evaluated: usize) -> Result<(), CompileError> {
        let rows = batch.max(evaluated);
        if rows > self.rows {
            for buffer in &mut self.buffers {
                buffer.values = Shared::zeros(buffer.sample.saturating_mul(rows))?;
            }
            self.rows = rows;
        }
        if batch > self.batch {
            for buffer in self.buffers.iter_mut().skip(1) {
                buffer.gradients = Shared::zeros(buffer.sample.saturating_mul(batch))?;
            }
            for operation in &mut self.operations {
                operation.reserve(batch)?;
            }
            self.batch = batch;
        }
        Ok(())
    }
}

/// A network in the making.
struct Builder<'a> {
    spec: &'a Spec,
    network: Network,
    dropouts: u16,
    /// Activations and dropouts that have not become a layer yet, each with its place
    /// among the spec's layers.
    pending: Vec<(usize, Op)>,
    /// Buffers that more than one layer reads: nothing is done to them in place, and
    /// gradients are added up.
    shared: Vec<bool>,
}

impl<'a> Builder<'a> {
    fn new(spec: &'a Spec) -> Result<Self, CompileError> {
        let chunk_rows = chunk_rows(spec);
        let network = Network {
            operations: Vec::new(),
            input_ops: Vec::new(),
            input_padding: Vec::new(),
            stored: Layout::flat(spec.input.len()),
            values: Vec::new(),
            output: 0,
            made: Vec::new(),
            buffers: Vec::new(),
            parameters: Vec::new(),
            homes: Vec::new(),
            chunk_gradients: Shared::zeros(0)?,
            chunk_len: 0,
            chunk_rows,
            most_chunks: spec.batch_size.min(LARGEST_BATCH).div_ceil(chunk_rows).max(CHUNKS),
            rows: 0,
            batch: 0,
            scratch: [0; 2],
            work: 0,
        };
        Ok(Builder { spec, network, dropouts: 0, pending: Vec::new(), shared: Vec::new() })
    }

    /// The input as the first layer wants it.
    fn input(&mut self) -> Result<usize, CompileError> {
        let first = self.spec.layers.iter().find(|layer| self.op(layer).is_none());
        let layout = match (self.spec.input, first) {
            (Shape::Image { channels, height, width }, Some(Layer::Conv2d { .. })) => {
                Layout::compact_image(channels, [height, width])
            }
            (shape @ Shape::Image { .. }, Some(layer))
                if !matches!(layer, Layer::Linear { .. } | Layer::Flatten) =>
            {
                Layout::of(shape)
            }
            (shape, _) => Layout::flat(shape.len()),
        };
        self.value(layout)
    }

    /// What a layer does value by value, if that is all it does; dropouts are not
    /// counted.
    fn op(&self, layer: &Layer) -> Option<Op> {
        match *layer {
            Layer::Activation(activation) => Some(Op::Activation(activation)),
            Layer::Dropout { p } => Some(Op::Dropout {
                ordinal: self.dropouts,
                threshold: random::dropout_threshold(p),
                scale: random::dropout_scale(p),
            }),
            _ => None,
        }
    }

    /// A new value in a buffer of its own.
    fn value(&mut self, layout: Layout) -> Result<usize, CompileError> {
        let (sample, none) = (layout.sample(), || Shared::zeros(0));
        self.network.buffers.push(Buffer { sample, values: none()?, gradients: none()? });
        self.shared.push(false);
        Ok(self.view(layout, self.network.buffers.len() - 1))
    }

    /// A value in a buffer that is there.
    fn view(&mut self, layout: Layout, buffer: usize) -> usize {
        self.network.values.push(Value { layout, buffer });
        self.network.values.len() - 1
    }

    fn buffer(&self, value: usize) -> usize {
        self.network.values[value].buffer
    }

    fn layout(&self, value: usize) -> Layout {
        self.network.values[value].layout
    }

    /// What becomes of the gradient of `input`.
    fn back(&self, input: usize) -> Back {
        let buffer = self.buffer(input);
        match (buffer, self.shared[buffer]) {
            (0, _) => Back::Nowhere,
            (_, true) => Back::Add,
            (_, false) => Back::Set,
        }
    }

    fn ports(&self, input: usize, output: usize) -> Ports {
        Ports { input, output, back: self.back(input) }
    }

    /// The layers of a list, from `input` on; returns what they give.
    fn layers(&mut self, layers: &[Layer], input: usize) -> Result<usize, CompileError> {
        let mut at = input;
        for layer in layers {
            let place = self.network.made.len();
            self.network.made.push(at);
            if let Some(op) = self.op(layer) {
                self.dropouts += u16::from(matches!(op, Op::Dropout { .. }));
                self.pending.push((place, op));
                continue;
            }
            at = self.settle(at)?;
            at = self.layer(layer, at)?;
            self.network.made[place] = at;
        }
        self.settle(at)
    }

    /// Makes a layer of what is pending.
    fn settle(&mut self, at: usize) -> Result<usize, CompileError> {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok(at);
        }
        let (places, ops): (Vec<usize>, Vec<Op>) = pending.into_iter().unzip();
        let buffer = self.buffer(at);
        if buffer == 0 && !self.shared[0] {
            places.into_iter().for_each(|place| self.network.made[place] = at);
            self.network.input_ops.extend(ops);
            self.network.input_padding = padding(&self.network.input_ops, self.network.stored);
            return Ok(at);
        }
        let layout = self.layout(at);
        let output = if self.shared[buffer] { self.value(layout)? } else { at };
        let pointwise = Pointwise::new(self.ports(at, output), ops, layout)?;
        self.push(Box::new(pointwise));
        // What is done to the data themselves counts as theirs.
        let made = if buffer == 0 { at } else { output };
        places.into_iter().for_each(|place| self.network.made[place] = made);
        Ok(output)
    }

    fn push(&mut self, operation: Box<dyn Operation>) {
        self.network.work += operation.work();
        let scratch = &mut self.network.scratch[0];
        *scratch = operation.scratch().max(*scratch);
        self.network.operations.push(operation);
    }

    fn parameter(
        &mut self,
        map: Map,
        columns: usize,
        product: Option<Gradient>,
        is_weight: bool,
    ) -> Result<usize, CompileError> {
        let start = self.network.chunk_len;
        let gradient = product.unwrap_or(Gradient::Chunks { start });
        let parameter = Parameter::new(self.spec, map, columns, gradient, is_weight)?;
        if product.is_none() {
            self.network.chunk_len += parameter.stored();
        }
        let index = self.network.parameters.len();
        self.network.parameters.push(parameter);
        self.network.homes.push(Home::Parameter(index));
        Ok(index)
    }

    /// A weight and a bias, a value a feature or channel.
    fn norm(&mut self, layout: Layout) -> Result<[usize; 2], CompileError> {
        let map = Map::Vector { layout };
        let mut one = || self.parameter(map, layout.channels(), None, false);
        Ok([one()?, one()?])
    }

    fn layer(&mut self, layer: &Layer, input: usize) -> Result<usize, CompileError> {
        let from = self.layout(input);
        match *layer {
            Layer::Linear { out, bias } => {
                let layout = Layout::flat(out);
                let from = from.flattened();
                let output = self.value(layout)?;
                let product = Gradient::Product { input, output };
                let map = Map::Linear { input: from };
                let weight = self.parameter(map, out, Some(product), true)?;
                let sum = Gradient::Sum { output };
                let map = Map::Vector { layout };
                let bias = bias.then(|| self.parameter(map, out, Some(sum), false)).transpose()?;
                let ports = self.ports(input, output);
                if ports.back != Back::Nowhere {
                    self.network.parameters[weight].add_turned()?;
                }
                let work = from.len() * out;
                self.push(Box::new(Linear { ports, weight, bias, work }));
                Ok(output)
            }
            Layer::Conv2d { out, window, bias } => {
                let size = window.count(from.size).expect("a checked spec");
                let layout = Layout::image(out, size);
                let output = self.value(layout)?;
                let taps = window.kernel[0] * window.kernel[1];
                let channels = from.image_channels();
                let map = Map::Conv2d { channels, pixel: from.pixel, taps };
                let weight = self.parameter(map, out, None, true)?;
                let map = Map::Vector { layout: Layout::flat(out) };
                let bias = bias.then(|| self.parameter(map, out, None, false)).transpose()?;
                let ports = self.ports(input, output);
                if ports.back != Back::Nowhere {
                    self.network.parameters[weight].add_turned()?;
                }
                let both = (weight, bias);
                let conv = Conv2d::new(ports, window, both, (from, channels), layout);
                self.push(Box::new(conv));
                Ok(output)
            }
            Layer::MaxPool2d { window } | Layer::AvgPool2d { window } => {
                let size = window.count(from.size).expect("a checked spec");
                let layout = from.resized(size);
                let output = self.value(layout)?;
                let largest = matches!(layer, Layer::MaxPool2d { .. });
                let ports = self.ports(input, output);
                let pool = Pool::new(ports, window, (from, layout), largest)?;
                self.push(Box::new(pool));
                Ok(output)
            }
            // Nothing moves: the layers behind it see one pixel.
            Layer::Flatten => {
                let buffer = self.buffer(input);
                Ok(self.view(from.flattened(), buffer))
            }
            Layer::BatchNorm => {
                let output = self.value(from)?;
                let both = self.norm(from)?;
                let operation = self.network.operations.len();
                let homes = (0..3).map(|index| Home::Buffer { operation, index });
                self.network.homes.extend(homes);
                let kept = self.network.scratch[1];
                self.network.scratch[1] += BatchNorm::kept(from);
                let (ports, chunks) = (self.ports(input, output), self.network.most_chunks);
                self.push(Box::new(BatchNorm::new(ports, both, from, chunks, kept)?));
                Ok(output)
            }
            Layer::LayerNorm => {
                let output = self.value(from)?;
                let both = self.norm(from)?;
                let ports = self.ports(input, output);
                self.push(Box::new(LayerNorm::new(ports, both, from)?));
                Ok(output)
            }
            Layer::Residual { ref layers } => {
                let buffer = self.buffer(input);
                // Gradients are added up from the last reader to the first. This block's
                // end is the last, unless the input is an outer block's as well.
                let last = !std::mem::replace(&mut self.shared[buffer], true);
                let made = self.layers(layers, input)?;
                let output = self.value(from)?;
                let back = match buffer {
                    0 => Back::Nowhere,
                    _ if last => Back::Set,
                    _ => Back::Add,
                };
                let (back_to_made, back) = match self.buffer(made) == buffer {
                    true if back == Back::Nowhere => (back, back),
                    true => (back, Back::Add),
                    false => (Back::Set, back),
                };
                let layouts = [from, self.layout(made)];
                let ports = Ports { input, output, back };
                self.push(Box::new(Add::new(ports, (made, back_to_made), layouts)));
                Ok(output)
            }
            Layer::Activation(_) | Layer::Dropout { .. } => unreachable!("done value by value"),
        }
    }
}
