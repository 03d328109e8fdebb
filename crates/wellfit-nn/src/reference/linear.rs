//! y = x·Wᵀ + b.

use super::operation::{Operation, Pass};
use super::{Parameter, Real};

#[derive(Debug)]
pub(super) struct Linear {
    pub inputs: usize,
    pub outputs: usize,
    /// Where W of shape [outputs, inputs] is among the parameters; b follows it.
    pub weight: usize,
    pub bias: bool,
}

impl<T: Real> Operation<T> for Linear {
    fn forward(&mut self, x: &[T], y: &mut Vec<T>, parameters: &mut [Parameter<T>], _: Pass) {
        let weight = &parameters[self.weight].values;
        let bias = self.bias.then(|| &parameters[self.weight + 1].values);
        for x in x.chunks(self.inputs) {
            for (o, row) in weight.chunks(self.inputs).enumerate() {
                let sum = x.iter().zip(row).fold(T::ZERO, |sum, (&x, &w)| sum + x * w);
                y.push(bias.map_or(sum, |b| sum + b[o]));
            }
        }
    }

    fn backward(
        &mut self,
        x: &[T],
        dy: &[T],
        dx: &mut Vec<T>,
        parameters: &mut [Parameter<T>],
        _: Pass,
    ) {
        let (inputs, outputs) = (self.inputs, self.outputs);
        dx.resize(x.len(), T::ZERO);
        let Parameter { values, gradient, .. } = &mut parameters[self.weight];
        gradient.fill(T::ZERO);
        let rows = x.chunks(inputs).zip(dx.chunks_mut(inputs)).zip(dy.chunks(outputs));
        for ((x, dx), dy) in rows {
            for (o, &dy) in dy.iter().enumerate() {
                let range = o * inputs..(o + 1) * inputs;
                for (g, &x) in gradient[range.clone()].iter_mut().zip(x) {
                    *g += dy * x;
                }
                for (dx, &w) in dx.iter_mut().zip(&values[range]) {
                    *dx += dy * w;
                }
            }
        }
        if self.bias {
            let gradient = &mut parameters[self.weight + 1].gradient;
            gradient.fill(T::ZERO);
            for dy in dy.chunks(outputs) {
                gradient.iter_mut().zip(dy).for_each(|(g, &dy)| *g += dy);
            }
        }
    }
}
