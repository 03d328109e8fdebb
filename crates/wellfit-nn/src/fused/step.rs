//! An epoch of training, as one thread sees it.
//!
//! A step has these phases; `|` is a meeting of all threads, and everything else
//! is done by each thread for the panels and blocks that it owns:
//!
//! 1. activations of the first hidden layer (its products are there already),
//!    pack a share of the next batch, part of the logits |
//! 2. for each further hidden layer: forward |
//! 3. logits, loss and their gradient (by every thread for itself, the same bits)
//! 4. the head: gradient of what feeds it, then its update
//! 5. for each further hidden layer, from the last: | gradient of what feeds it;
//!    its weights are updated after the next meeting, when everybody has read them
//! 6. the first hidden layer: for every block of inputs its update, and with the
//!    fresh weights, still in cache, the products of the *next* batch
//!
//! Where units have a largest norm, a panel's weights are brought down to it before the
//! products of the next batch, and after a last meeting the head's; see
//! [`Spec::max_norm`].
//!
//! With one hidden layer there is one meeting a step, and its weights and the
//! optimiser's values are read and written once.
//!
//! What is written in a step and read by others in the next has two buffers, used
//! in turn (partial logits, sums, the first layer's activations); the inputs have
//! three, since the next batch is packed while a slower thread may still be at the
//! last one.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::activate::activate;
use super::layout::{Linear, Network};
use super::pack;
use super::workspace::{Packed, Scratch, Workspace};
use crate::elementwise::{Draw, Op};
use crate::kernel::{
    Bf16Kernels, Kernels, LANES, RowLoss, Rows, Step, Strided, TILE, TILE_VECTORS, Units, factor,
};
use crate::numbers::Numbers;
use crate::threads::barrier::Barrier;
use crate::threads::shared::{Shared, Sums};
use crate::upload::{self, Uploaded};
use crate::{EpochEnd, EpochRun, EpochTally, Spec};

/// What all threads of an epoch see.
pub struct Epoch<'a> {
    /// The spec.
    pub spec: &'a Spec,
    /// Its weights.
    pub network: &'a Network,
    /// Its loss.
    pub loss: &'a RowLoss,
    /// Its buffers.
    pub workspace: &'a Workspace,
    /// Σ|w| and Σw² by part, for even and odd steps; see [`parts`].
    pub sums: &'a [Sums; 2],
    /// What is trained on.
    pub data: &'a Uploaded,
    /// What was asked for.
    pub run: EpochRun<'a>,
    /// Steps taken before this epoch.
    pub start: u64,
    /// How many threads work.
    pub threads: usize,
    /// Where they meet.
    pub barrier: &'a Barrier,
    /// The first thread's word on whether to stop, for even and odd steps.
    pub stop: &'a [AtomicBool; 2],
    /// The instruction set.
    pub kernels: &'static Kernels,
}

/// For each parameter tensor, where its parts' sums are: a panel or block each;
/// a head's bias is one part.
pub fn parts(spec: &Spec, network: &Network) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut push = |n: usize| {
        let start = ranges.last().map_or(0, |r: &Range<usize>| r.end);
        ranges.push(start..start + n);
    };
    for layer in &network.hidden {
        push(layer.0.panels());
        if layer.0.bias {
            push(layer.0.panels());
        }
    }
    push(network.head.linear.blocks());
    if network.head.linear.bias {
        push(1);
    }
    debug_assert_eq!(ranges.len(), spec.parameters().len());
    ranges
}

/// One thread of an epoch.
pub struct Worker<'a> {
    epoch: &'a Epoch<'a>,
    /// Which thread.
    me: usize,
    scratch: &'a mut Scratch,
    /// By parameter: where its sums are, and its numbers in this step.
    parts: &'a [Range<usize>],
    steps: &'a mut Vec<Step>,
}

impl<'a> Worker<'a> {
    /// Thread `me` of `epoch`.
    pub fn new(
        epoch: &'a Epoch<'a>,
        me: usize,
        scratch: &'a mut Scratch,
        parts: &'a [Range<usize>],
        steps: &'a mut Vec<Step>,
    ) -> Self {
        Worker { epoch, me, scratch, parts, steps }
    }

    /// What this thread owns of `n` things.
    fn own(&self, n: usize) -> Range<usize> {
        let Epoch { threads, .. } = self.epoch;
        n * self.me / threads..n * (self.me + 1) / threads
    }

    /// Runs the epoch. Every thread returns the same tally.
    pub fn run(mut self) -> EpochTally {
        let Epoch { spec, run, barrier, stop, .. } = *self.epoch;
        let steps = spec.steps(run.order.len());
        let batch = |t: usize| {
            let first = t * spec.batch_size;
            &run.order[first..run.order.len().min(first + spec.batch_size)]
        };
        let (mut loss, mut penalty, mut seen) = (0.0, 0.0, 0);
        let mut end = EpochEnd::Complete;
        let mut taken = 0;
        if steps > 0 {
            self.pack(0, batch(0));
            barrier.wait();
            self.first_products(0, batch(0).len());
        }
        for t in 0..steps {
            let now = batch(t);
            let at = |t: usize| if t < steps { batch(t) } else { &[] };
            let next = at(t + 1);
            if self.me == 0 {
                stop[t % 2].store(run.stop.load(Ordering::Relaxed), Ordering::Relaxed);
            }
            self.forward(t, now.len(), next);
            self.look_ahead(at(t + 2));
            if stop[t % 2].load(Ordering::Relaxed) {
                end = EpochEnd::Stopped;
                break;
            }
            penalty += self.plan_update(t) * now.len() as f64;
            let batch_loss = self.loss(t, now);
            loss += batch_loss;
            seen += now.len();
            if !batch_loss.is_finite() {
                end = EpochEnd::Diverged { step: t as u64 };
                break;
            }
            self.backward(t, now.len(), next.len());
            taken += 1;
        }
        let n = seen as f64;
        EpochTally { loss: loss / n, penalty: penalty / n, steps: taken, end }
    }

    /// The step's number since the start of training.
    fn global(&self, t: usize) -> u64 {
        self.epoch.start + t as u64
    }

    fn draw(&self, t: usize) -> Draw {
        Draw { seed: self.epoch.spec.seed, step: self.global(t) }
    }

    /// Packs this thread's share of batch `t`.
    fn pack(&self, t: usize, batch: &[u32]) {
        let Epoch { spec, network, workspace, data, run, kernels, .. } = *self.epoch;
        let to = &workspace.inputs[t % 3];
        // Dropout works on pairs of rows.
        let pairs = self.own(batch.len().div_ceil(2));
        let rows = pairs.start * 2..(pairs.end * 2).min(batch.len());
        if rows.is_empty() {
            return;
        }
        let (capacity, features) = (workspace.capacity, data.samples.features);
        // SAFETY: threads own different rows, and nobody reads this buffer before
        // the next meeting.
        unsafe {
            for row in rows.clone() {
                let (at, block_step) = (to.at(row * TILE), capacity * TILE);
                match run.feed {
                    None => data.pack(kernels, batch[row] as usize, at, block_step),
                    Some(feed) => {
                        let position = t * spec.batch_size + row;
                        self.scratch.fed.pack(feed, position, features, at, block_step);
                    }
                }
            }
            pack::input_ops(
                kernels,
                &network.input_ops,
                to,
                features,
                capacity,
                rows.clone(),
                self.draw(t),
            );
            if let (Some(packed), Some(bf16)) = (&workspace.packed, kernels.bf16) {
                let Packed { rows: to_rows, pairs: to_pairs } = &packed[t % 3];
                for block in 0..features.div_ceil(TILE) {
                    let from = to.at((block * capacity + rows.start) * TILE);
                    let at = to_rows.at((block * capacity + rows.start) * TILE / 2);
                    (bf16.pack_rows)(from, TILE, rows.len(), at);
                    let half = capacity.div_ceil(2);
                    let at = to_pairs.at((block * half + rows.start / 2) * TILE);
                    (bf16.pack_pairs)(from, TILE, rows.len(), at);
                }
            }
        }
    }

    /// Brings this thread's share of a later batch near.
    fn look_ahead(&self, batch: &[u32]) {
        let Epoch { data, kernels, .. } = *self.epoch;
        for &sample in &batch[self.own(batch.len())] {
            data.prefetch(kernels, sample as usize);
        }
    }

    /// The kernels for bfloat16, if that is what is multiplied.
    fn bf16(&self) -> Option<Bf16Kernels> {
        self.epoch.workspace.packed.as_ref().and(self.epoch.kernels.bf16)
    }

    /// z += x·w for `k` inputs of one panel, whose weights are at `w`; `x` is the block
    /// that they read, and in bfloat16 that of the batch before the first layer if there
    /// is one.
    ///
    /// # Safety
    /// This thread must own z, nobody may write x or w; shapes must be right.
    unsafe fn multiply(
        &self,
        x: *const f32,
        packed: Option<*const f32>,
        (w, k): (*const f32, usize),
        (z, rows): (*mut f32, usize),
    ) {
        let kernels = self.epoch.kernels;
        // SAFETY: the caller vouches for it; the scratch is this thread's own.
        unsafe {
            let Some(bf16) = self.bf16() else { return (kernels.forward)(x, w, z, rows, k) };
            let [weights, _, feed] = &self.scratch.packed;
            let x = packed.unwrap_or_else(|| {
                (bf16.pack_rows)(x, TILE, rows, feed.at(0));
                feed.at(0)
            });
            (bf16.pack_pairs)(w, TILE, k, weights.at(0));
            let a = Strided { at: x, row: TILE / 2, column: 1 };
            let b = Rows { at: weights.at(0).cast_const(), row: TILE };
            let c = Rows { at: z, row: TILE };
            (bf16.matmul)(a, b, c, (rows, k.div_ceil(2), TILE_VECTORS), true);
        }
    }

    /// A panel's gradients as the updates of its weights take them.
    ///
    /// # Safety
    /// Nobody may write them.
    unsafe fn gradients_packed(&self, dz: *const f32, rows: usize) -> *const f32 {
        match self.bf16() {
            None => dz,
            Some(bf16) => {
                let to = self.scratch.packed[1].at(0);
                // SAFETY: the scratch is this thread's own and holds a batch.
                unsafe { (bf16.pack_pairs)(dz, TILE, rows, to) };
                to
            }
        }
    }

    /// Block `block` of the inputs of batch `t` in bfloat16: by rows, or by pairs.
    fn packed_input(&self, t: usize, block: usize) -> Option<[*const f32; 2]> {
        let workspace = self.epoch.workspace;
        let Packed { rows, pairs } = &workspace.packed.as_ref()?[t % 3];
        let capacity = workspace.capacity;
        let rows = rows.at(block * capacity * TILE / 2).cast_const();
        Some([rows, pairs.at(block * capacity.div_ceil(2) * TILE).cast_const()])
    }

    /// Block `block` of a buffer of activations.
    fn block(&self, buffer: &Shared, block: usize) -> *mut f32 {
        buffer.at(block * self.epoch.workspace.capacity * TILE)
    }

    /// What feeds layer `layer` (counted from the input; the head is the last).
    fn feed(&self, layer: usize, t: usize) -> &'a Shared {
        let workspace = self.epoch.workspace;
        match layer {
            0 => &workspace.inputs[t % 3],
            _ => workspace.activations(layer - 1, self.global(t)),
        }
    }

    /// Products of the first hidden layer with batch `t`, at the start of an epoch.
    fn first_products(&self, t: usize, rows: usize) {
        if !self.epoch.network.hidden.is_empty() {
            for panel in self.own(self.epoch.network.hidden[0].0.panels()) {
                self.products(0, panel, t, rows);
            }
        }
    }

    /// z = x·w + b of one panel.
    fn products(&self, layer: usize, panel: usize, t: usize, rows: usize) {
        let Epoch { network, workspace, .. } = *self.epoch;
        let hidden = &network.hidden[layer];
        let z = self.block(workspace.activations(layer, self.global(t)), panel);
        let first = panel * hidden.panel_len();
        self.start_products(&hidden.0, first, z, rows);
        let feed = self.feed(layer, t);
        for block in 0..hidden.0.blocks() {
            let k = TILE.min(hidden.0.inputs - block * TILE);
            let w = hidden.0.weights(first + block * TILE * TILE).w;
            let packed = if layer == 0 { self.packed_input(t, block) } else { None };
            let packed = packed.map(|[rows, _]| rows);
            // SAFETY: this thread owns the panel; the feed was written before the
            // last meeting; shapes are those of the layer and the batch.
            unsafe { self.multiply(self.block(feed, block), packed, (w, k), (z, rows)) };
        }
    }

    /// z = b of one panel.
    fn start_products(&self, linear: &Linear, first: usize, z: *mut f32, rows: usize) {
        let bias = linear.weights(first + linear.inputs * TILE).w;
        // SAFETY: this thread owns the panel and its outputs; without biases that row of
        // the panel is 0.
        unsafe {
            let z = Rows { at: z, row: TILE };
            (self.epoch.kernels.spread)(bias, z, (rows, TILE_VECTORS));
        }
    }

    /// What follows a hidden layer, on one panel.
    fn activate(&self, layer: usize, panel: usize, t: usize, rows: usize) {
        let Epoch { network, workspace, kernels, .. } = *self.epoch;
        let linear = &network.hidden[layer].0;
        let z = self.block(workspace.activations(layer, self.global(t)), panel);
        let slope = self.block(&workspace.hidden[layer].slopes, panel);
        // SAFETY: this thread owns the panel.
        unsafe {
            for i in 0..rows * TILE {
                *slope.add(i) = 1.0;
            }
            for op in &linear.ops {
                match *op {
                    Op::Activation(activation) => {
                        let columns = linear.out - panel * TILE;
                        activate(kernels, activation, z, slope, rows, columns);
                    }
                    Op::Dropout { ordinal, threshold, scale } => {
                        let tiles = linear.panels();
                        let mask = self.draw(t).mask(ordinal, threshold, scale, panel, tiles, 0);
                        (kernels.dropout)(z, slope, TILE, rows, &mask);
                    }
                }
            }
        }
    }

    /// Phases 1 and 2.
    fn forward(&self, t: usize, rows: usize, next: &[u32]) {
        let Epoch { network, barrier, .. } = *self.epoch;
        let depth = network.hidden.len();
        for layer in 0..depth {
            for panel in self.own(network.hidden[layer].0.panels()) {
                if layer > 0 {
                    self.products(layer, panel, t, rows);
                }
                self.activate(layer, panel, t, rows);
                if layer + 1 == depth {
                    self.partial_logits(panel, t, rows);
                }
            }
            if layer == 0 {
                self.pack(t + 1, next);
            }
            barrier.wait();
        }
        if depth == 0 {
            for block in self.own(network.head.linear.blocks()) {
                self.partial_logits(block, t, rows);
            }
            self.pack(t + 1, next);
            barrier.wait();
        }
    }

    /// A block's part of the logits; the first block's holds the biases.
    fn partial_logits(&self, block: usize, t: usize, rows: usize) {
        let Epoch { network, kernels, .. } = *self.epoch;
        let (head, width) = (&network.head, network.head.padded);
        let feed = self.block(self.feed(network.hidden.len(), t), block);
        let to = self.partial(block, t);
        // SAFETY: this thread owns the block, its part of the head and its part of
        // the logits.
        unsafe {
            if block == 0 {
                let bias = head.linear.weights(head.biases()).w;
                (kernels.spread)(bias, Rows { at: to, row: width }, (rows, width / LANES));
            }
            let a = Strided { at: feed, row: TILE, column: 1 };
            let b = Rows { at: head.transposed.at(block * TILE * width).cast_const(), row: width };
            let c = Rows { at: to, row: width };
            (kernels.matmul)(a, b, c, (rows, TILE, width / LANES), block == 0);
        }
    }

    fn partial(&self, block: usize, t: usize) -> *mut f32 {
        let Epoch { network, workspace, .. } = *self.epoch;
        workspace.partials[t % 2].at(block * workspace.capacity * network.head.padded)
    }

    /// Sets the numbers of this step's update; returns the penalty before it.
    fn plan_update(&mut self, t: usize) -> f64 {
        let Epoch { spec, network, sums, run, .. } = *self.epoch;
        let numbers = Numbers::new(spec, run.steps.at(t), self.global(t));
        let before = &sums[(self.global(t) % 2) as usize];
        self.steps.clear();
        let mut penalty = 0.0;
        let linears = network.hidden.iter().map(|l| &l.0).chain([&network.head.linear]);
        for (parameter, is_weight) in linears
            .flat_map(|l| [true, false].into_iter().take(1 + usize::from(l.bias)))
            .enumerate()
        {
            let total = if spec.penalties.is_empty() {
                [0.0; 2]
            } else {
                // SAFETY: written before the last meeting, or before the epoch.
                unsafe { before.total(self.parts[parameter].clone()) }
            };
            let (step, value) = numbers.step(is_weight, total);
            self.steps.push(step);
            penalty += value;
        }
        penalty
    }

    /// Phase 3: the batch's loss times its samples; its gradients are left in the
    /// scratch's logits.
    fn loss(&self, t: usize, batch: &[u32]) -> f64 {
        let Epoch { spec, network, loss, data, run, kernels, .. } = *self.epoch;
        let (rows, width) = (batch.len(), network.head.padded);
        let logits = self.scratch.logits.at(0);
        let vectors = rows * width / LANES;
        let (ops, slopes) = (&network.head.linear.ops, self.scratch.slopes.at(0));
        // SAFETY: the parts were written before the last meeting; logits and slopes
        // are this thread's own and hold a batch.
        unsafe {
            std::ptr::copy_nonoverlapping(self.partial(0, t), logits, rows * width);
            for block in 1..network.head.linear.blocks() {
                (kernels.accumulate)(logits, self.partial(block, t), vectors);
            }
            if !ops.is_empty() {
                for i in 0..rows * width {
                    *slopes.add(i) = 1.0;
                }
            }
            for op in ops {
                match *op {
                    Op::Activation(activation) => {
                        (kernels.activate)(activation, logits, slopes, vectors);
                    }
                    Op::Dropout { ordinal, threshold, scale } => {
                        let tiles = width / TILE;
                        for tile in 0..tiles {
                            let mask = self.draw(t).mask(ordinal, threshold, scale, tile, tiles, 0);
                            let (x, slope) = (logits.add(tile * TILE), slopes.add(tile * TILE));
                            (kernels.dropout)(x, slope, width, rows, &mask);
                        }
                    }
                }
            }
            let aim = |(row, &i): (usize, &u32)| {
                upload::aim(&data.samples, run.feed, t * spec.batch_size + row, i)
            };
            let aims = || batch.iter().enumerate().map(aim);
            let normaliser = loss.normaliser(aims());
            let all = std::slice::from_raw_parts_mut(logits, rows * width);
            let (shape, scale) = ((width, spec.outputs), (1.0 / normaliser) as f32);
            let sum = match run.feed {
                None => kernels.loss_rows(loss, all, shape, aims().map(|aim| aim.own), scale),
                Some(_) => {
                    let spare = std::slice::from_raw_parts_mut(self.scratch.spare.at(0), width);
                    kernels.blended_rows(loss, all, shape, aims(), scale, spare)
                }
            };
            if !ops.is_empty() {
                (kernels.multiply)(logits, slopes, vectors);
            }
            sum * (rows as f64 / normaliser)
        }
    }

    /// Phases 4 to 6.
    fn backward(&self, t: usize, rows: usize, next_rows: usize) {
        let Epoch { network, barrier, .. } = *self.epoch;
        let depth = network.hidden.len();
        for block in self.own(network.head.linear.blocks()) {
            self.head(block, t, rows);
        }
        for layer in (1..depth).rev() {
            barrier.wait();
            for panel in self.own(network.hidden[layer - 1].0.panels()) {
                self.gradient(layer, panel, rows);
            }
            if layer + 1 < depth {
                self.update_hidden(layer + 1, t, rows);
            }
        }
        if depth > 1 {
            barrier.wait();
            self.update_hidden(1, t, rows);
        }
        if depth > 0 {
            for panel in self.own(network.hidden[0].0.panels()) {
                self.first_layer(panel, t, rows, next_rows);
            }
        }
        self.limit_head(t);
    }

    /// What a weight is updated by: where its norm is limited afterwards, the average waits.
    fn weight_step(&self, parameter: usize) -> Step {
        let step = self.steps[parameter];
        if self.epoch.spec.max_norm.is_some() { step.without_average() } else { step }
    }

    /// Brings the units of an updated panel of a hidden layer down to their largest norm;
    /// `sums` become those of the weights afterwards.
    fn limit_panel(&self, layer: usize, panel: usize, sums: &mut [f64; 2]) {
        let Epoch { spec, network, kernels, .. } = *self.epoch;
        let Some(most) = spec.max_norm else { return };
        let hidden = &network.hidden[layer];
        let blocks = || {
            (0..hidden.0.blocks()).map(|block| {
                let rows = TILE.min(hidden.0.inputs - block * TILE);
                let first = panel * hidden.panel_len() + block * TILE * TILE;
                (hidden.0.weights(first), (rows, TILE_VECTORS))
            })
        };
        let (mut squares, mut part) = ([0.0f64; TILE], [0.0f32; TILE]);
        for (weights, shape) in blocks() {
            // SAFETY: this thread owns the panel; a part holds its 64 units.
            unsafe { (kernels.squares)(weights.w, shape, Units::Columns, part.as_mut_ptr()) };
            squares.iter_mut().zip(part).for_each(|(sum, part)| *sum += f64::from(part));
        }
        let (factors, step) = (squares.map(|s| factor(most, s)), &self.steps[hidden.0.parameter]);
        if step.average == 0.0 && factors == [1.0; TILE] {
            return;
        }
        *sums = [0.0; 2];
        for (weights, shape) in blocks() {
            let factors = factors.as_ptr();
            // SAFETY: as above.
            unsafe { (kernels.limit)(weights, shape, Units::Columns, factors, step, sums) };
        }
    }

    /// The same for the head, whose units are spread over all threads: one more meeting.
    fn limit_head(&self, t: usize) {
        let Epoch { spec, network, barrier, kernels, .. } = *self.epoch;
        let Some(most) = spec.max_norm else { return };
        barrier.wait();
        let (head, out, factors) = (&network.head, spec.outputs, self.scratch.factors.at(0));
        let (step, mut limited) = (&self.steps[head.linear.parameter], false);
        // SAFETY: the squares were written before the meeting, and are written again only
        // after the next; factors and own blocks are this thread's own.
        unsafe {
            for unit in 0..out {
                let square = |block: usize| f64::from(*head.squares.at(block * out + unit));
                let factor = factor(most, (0..head.linear.blocks()).map(square).sum());
                *factors.add(unit) = factor;
                limited |= factor != 1.0;
            }
            if step.average == 0.0 && !limited {
                return;
            }
            for block in self.own(head.linear.blocks()) {
                let weights = head.linear.weights(block * head.block_len());
                let (mut sums, shape) = ([0.0; 2], (out, TILE_VECTORS));
                (kernels.limit)(weights, shape, Units::Rows, factors, step, &mut sums);
                self.put_sums(head.linear.parameter, block, t, sums);
                head.transpose(block);
            }
        }
    }

    /// Adds to a part's sums for the next step.
    fn put_sums(&self, parameter: usize, part: usize, t: usize, sums: [f64; 2]) {
        let after = &self.epoch.sums[((self.global(t) + 1) % 2) as usize];
        // SAFETY: the part's owner writes it; others read it after the next meeting.
        unsafe { *after.at(self.parts[parameter].start + part) = sums };
    }

    /// Phase 4 for one block of what feeds the head.
    fn head(&self, block: usize, t: usize, rows: usize) {
        let Epoch { spec, network, workspace, kernels, .. } = *self.epoch;
        let (head, width) = (&network.head, network.head.padded);
        let (depth, out) = (network.hidden.len(), spec.outputs);
        let logits = self.scratch.logits.at(0).cast_const();
        let weights = head.linear.weights(block * head.block_len());
        let feed = self.block(self.feed(depth, t), block);
        let parameter = head.linear.parameter;
        // SAFETY: this thread owns the block of activations, their gradients and
        // the weights that read them; the logits' gradient is its own.
        unsafe {
            if let Some(hidden) = depth.checked_sub(1).map(|last| &workspace.hidden[last]) {
                let gradient = self.block(&hidden.gradients, block);
                let a = Strided { at: logits, row: width, column: 1 };
                let b = Rows { at: weights.w.cast_const(), row: TILE };
                let c = Rows { at: gradient, row: TILE };
                (kernels.matmul)(a, b, c, (rows, out, TILE_VECTORS), false);
                let slopes = self.block(&hidden.slopes, block);
                (kernels.multiply)(gradient, slopes, rows * TILE_VECTORS);
            }
            let a = Strided { at: logits, row: 1, column: width };
            let b = Rows { at: feed.cast_const(), row: TILE };
            let (mut sums, shape) = ([0.0; 2], (out, rows, TILE_VECTORS));
            (kernels.update)(a, b, weights, shape, &self.weight_step(parameter), &mut sums);
            self.put_sums(parameter, block, t, sums);
            head.transpose(block);
            if spec.max_norm.is_some() {
                let (to, shape) = (head.squares.at(block * out), (out, TILE_VECTORS));
                (kernels.squares)(weights.w, shape, Units::Rows, to);
            }
            if block == 0 && head.linear.bias {
                let b = Rows { at: logits, row: width };
                let (mut sums, shape) = ([0.0; 2], (1, rows, width / LANES));
                let weights = head.linear.weights(head.biases());
                let step = &self.steps[parameter + 1];
                (kernels.update)(ONES, b, weights, shape, step, &mut sums);
                self.put_sums(parameter + 1, 0, t, sums);
            }
        }
    }

    /// Phase 5: d loss / d z of a panel of layer − 1, from those of `layer`.
    fn gradient(&self, layer: usize, panel: usize, rows: usize) {
        let Epoch { network, workspace, kernels, .. } = *self.epoch;
        let above = &network.hidden[layer];
        let to = self.block(&workspace.hidden[layer - 1].gradients, panel);
        let scratch = self.scratch.block.at(0);
        let k = TILE.min(above.0.inputs - panel * TILE);
        // SAFETY: this thread owns the panel; the gradients of `layer` were written
        // before the last meeting, and its weights change only after the next.
        unsafe {
            for other in 0..above.0.panels() {
                let w = above.0.weights(other * above.panel_len() + panel * TILE * TILE).w;
                if k < TILE {
                    std::ptr::write_bytes(scratch, 0, TILE * TILE);
                }
                let from = Rows { at: w.cast_const(), row: TILE };
                let turned = Rows { at: scratch, row: TILE };
                (kernels.transpose)(from, turned, (k, TILE));
                let from = self.block(&workspace.hidden[layer].gradients, other);
                if self.bf16().is_some() {
                    if other == 0 {
                        std::ptr::write_bytes(to, 0, rows * TILE);
                    }
                    self.multiply(from, None, (scratch, TILE), (to, rows));
                    continue;
                }
                let a = Strided { at: from, row: TILE, column: 1 };
                let b = Rows { at: scratch.cast_const(), row: TILE };
                let c = Rows { at: to, row: TILE };
                (kernels.matmul)(a, b, c, (rows, TILE, TILE_VECTORS), other > 0);
            }
            let slopes = self.block(&workspace.hidden[layer - 1].slopes, panel);
            (kernels.multiply)(to, slopes, rows * TILE_VECTORS);
        }
    }

    /// Updates this thread's panels of a hidden layer that is not the first.
    fn update_hidden(&self, layer: usize, t: usize, rows: usize) {
        let Epoch { network, workspace, .. } = *self.epoch;
        let hidden = &network.hidden[layer];
        for panel in self.own(hidden.0.panels()) {
            let dz = self.block(&workspace.hidden[layer].gradients, panel);
            let mut sums = [0.0; 2];
            self.update_biases(layer, panel, dz, t, rows);
            // SAFETY: written before the last meeting.
            let dz = unsafe { self.gradients_packed(dz, rows) };
            for block in 0..hidden.0.blocks() {
                let mut x = self.block(self.feed(layer, t), block).cast_const();
                if let Some(bf16) = self.bf16() {
                    let feed = self.scratch.packed[2].at(0);
                    // SAFETY: as above; the scratch is this thread's own.
                    unsafe { (bf16.pack_pairs)(x, TILE, rows, feed) };
                    x = feed;
                }
                let k = TILE.min(hidden.0.inputs - block * TILE);
                let row = block * TILE;
                self.update_rows(layer, panel, row, (x, k), (dz, rows), &mut sums);
            }
            self.limit_panel(layer, panel, &mut sums);
            self.put_sums(hidden.0.parameter, panel, t, sums);
        }
    }

    /// Updates `k` rows of a panel from input `row` on; in bfloat16 x and dz are pairs of
    /// samples.
    fn update_rows(
        &self,
        layer: usize,
        panel: usize,
        row: usize,
        (x, k): (*const f32, usize),
        (dz, samples): (*const f32, usize),
        sums: &mut [f64; 2],
    ) {
        let Epoch { network, kernels, .. } = *self.epoch;
        let hidden = &network.hidden[layer];
        let weights = hidden.0.weights(panel * hidden.panel_len() + row * TILE);
        let step = &self.weight_step(hidden.0.parameter);
        // SAFETY: this thread owns the panel, and everybody has read its weights;
        // x and dz were written before the last meeting or by this thread.
        unsafe {
            match self.bf16() {
                None => (kernels.update_panel)(x, dz, weights, (k, samples), step, sums),
                Some(bf16) => {
                    let a = Strided { at: x, row: 1, column: TILE };
                    let b = Rows { at: dz, row: TILE };
                    let shape = (k, samples.div_ceil(2), TILE_VECTORS);
                    (bf16.update)(a, b, weights, shape, step, sums);
                }
            }
        }
    }

    fn update_biases(&self, layer: usize, panel: usize, dz: *const f32, t: usize, rows: usize) {
        let Epoch { network, kernels, .. } = *self.epoch;
        let hidden = &network.hidden[layer];
        if hidden.0.bias {
            let parameter = hidden.0.parameter + 1;
            let weights = hidden.0.weights(panel * hidden.panel_len() + hidden.0.inputs * TILE);
            let b = Rows { at: dz, row: TILE };
            let (mut sums, shape) = ([0.0; 2], (1, rows, TILE_VECTORS));
            // SAFETY: as in `update_rows`.
            unsafe {
                let step = &self.steps[parameter];
                (kernels.update)(ONES, b, weights, shape, step, &mut sums);
            }
            self.put_sums(parameter, panel, t, sums);
        }
    }

    /// Phase 6 for one panel.
    fn first_layer(&self, panel: usize, t: usize, rows: usize, next_rows: usize) {
        let Epoch { network, workspace, .. } = *self.epoch;
        let hidden = &network.hidden[0];
        let first = panel * hidden.panel_len();
        let dz = self.block(&workspace.hidden[0].gradients, panel).cast_const();
        let z = self.block(workspace.activations(0, self.global(t) + 1), panel);
        let x = self.feed(0, t);
        self.update_biases(0, panel, dz, t, rows);
        self.start_products(&hidden.0, first, z, next_rows);
        let mut sums = [0.0; 2];
        // A unit's norm is known only after all its weights were updated.
        let at_once = self.epoch.spec.max_norm.is_none();
        // SAFETY: written by this thread.
        let dz = unsafe { self.gradients_packed(dz, rows) };
        for block in 0..hidden.0.blocks() {
            let row = block * TILE;
            let k = TILE.min(hidden.0.inputs - row);
            let x = match self.packed_input(t, block) {
                Some([_, pairs]) => pairs,
                None => self.block(x, block).cast_const(),
            };
            self.update_rows(0, panel, row, (x, k), (dz, rows), &mut sums);
            if at_once {
                self.next_products(panel, block, t, next_rows);
            }
        }
        if !at_once {
            self.limit_panel(0, panel, &mut sums);
            (0..hidden.0.blocks()).for_each(|b| self.next_products(panel, b, t, next_rows));
        }
        self.put_sums(hidden.0.parameter, panel, t, sums);
    }

    /// What a block of a panel's fresh weights gives to the products of the batch after `t`.
    fn next_products(&self, panel: usize, block: usize, t: usize, rows: usize) {
        if rows == 0 {
            return;
        }
        let Epoch { network, workspace, .. } = *self.epoch;
        let (hidden, next) = (&network.hidden[0], self.feed(0, t + 1));
        let z = self.block(workspace.activations(0, self.global(t) + 1), panel);
        let row = block * TILE;
        let k = TILE.min(hidden.0.inputs - row);
        let packed = self.packed_input(t + 1, block).map(|[rows, _]| rows);
        let w = hidden.0.weights(panel * hidden.panel_len() + row * TILE).w;
        // SAFETY: this thread owns the panel; the next batch was packed before the last
        // meeting.
        unsafe { self.multiply(self.block(next, block), packed, (w, k), (z, rows)) };
    }
}

/// A column of ones: what a bias is multiplied by.
const ONES: Strided = Strided { at: &1.0, row: 0, column: 0 };
