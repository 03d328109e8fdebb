//! Layer norm: each sample by its own mean and variance.
//! <https://arxiv.org/abs/1607.06450>

use super::layout::Layout;
use super::operation::{At, Back, Operation, Ports};
use crate::CompileError;
use crate::kernel::LANES;
use crate::threads::shared::Shared;

/// Added to the variance.
const EPS: f32 = 1e-5;

/// A layer norm over features.
pub struct LayerNorm {
    ports: Ports,
    /// Its weight and bias, among the parameters.
    weight: usize,
    bias: usize,
    /// 1 for a feature, 0 for padding.
    mask: Shared,
    /// Mean and inverse of the deviation of each row of a batch.
    moments: Shared,
}

impl LayerNorm {
    /// Layer norm over values of `layout`.
    pub fn new(
        ports: Ports,
        [weight, bias]: [usize; 2],
        layout: Layout,
    ) -> Result<Self, CompileError> {
        let mut mask = Shared::zeros(layout.sample())?;
        (0..layout.len()).for_each(|i| mask.values()[layout.index(i)] = 1.0);
        let moments = Shared::zeros(0)?;
        Ok(LayerNorm { ports, weight, bias, mask, moments })
    }
}

impl Operation for LayerNorm {
    fn reserve(&mut self, rows: usize) -> Result<(), CompileError> {
        self.moments = Shared::zeros(rows.saturating_mul(2))?;
        Ok(())
    }

    fn forward(&self, at: &At<'_>) {
        let Ports { input, output, .. } = self.ports;
        let layout = at.layout(input);
        let size = (layout.len(), layout.pixel / LANES);
        let parameter = |i: usize| at.network.parameters[i].weights(0).w.cast_const();
        let of = [parameter(self.weight), parameter(self.bias), self.mask.at(0).cast_const()];
        for row in 0..at.count() {
            let start = row * layout.sample();
            // SAFETY: the chunk's rows are this thread's own, shapes those of the layer.
            unsafe {
                let (x, y) = (at.values(input).add(start), at.values(output).add(start));
                let moments = (at.kernels.layer_norm)(x, y, of, size, EPS);
                if at.training.is_some() {
                    let to = self.moments.at((at.rows.start + row) * 2);
                    (*to, *to.add(1)) = (moments[0], moments[1]);
                }
            }
        }
    }

    fn backward(&self, at: &At<'_>) {
        let Ports { input, output, back } = self.ports;
        let layout = at.layout(input);
        let size = (layout.len(), layout.pixel / LANES);
        let weight = &at.network.parameters[self.weight];
        let of = [weight.weights(0).w.cast_const(), self.mask.at(0).cast_const()];
        let sums = [self.weight, self.bias].map(|parameter| at.chunk_gradient(parameter));
        // SAFETY: as above; a chunk's gradients are its thread's own.
        unsafe { sums.iter().for_each(|&sum| std::ptr::write_bytes(sum, 0, layout.pixel)) };
        for row in 0..at.count() {
            let start = row * layout.sample();
            let from = self.moments.at((at.rows.start + row) * 2);
            // SAFETY: as above.
            unsafe {
                let dx = match back {
                    Back::Nowhere => std::ptr::null_mut(),
                    _ => at.gradients(input).add(start),
                };
                let (dy, x) = (at.gradients(output).add(start), at.values(input).add(start));
                let moments = [*from, *from.add(1)];
                let add = back == Back::Add;
                (at.kernels.layer_norm_back)(dy, x, (dx, add), of, moments, sums, size);
            }
        }
    }
}
