//! y[o] = b[o] + Σ over c and the window's taps of W[o, c, tap]·x[c, tap].

use super::operation::{Operation, Pass};
use super::windows::Windows;
use super::{Parameter, Real};

#[derive(Debug)]
pub(super) struct Conv2d {
    pub outputs: usize,
    pub windows: Windows,
    /// Where W of shape [outputs, channels, height, width] is among the parameters; b
    /// follows it.
    pub weight: usize,
    pub bias: bool,
}

impl Conv2d {
    /// Values of W for one output channel and one input channel.
    fn kernel(&self) -> usize {
        self.windows.window.kernel.iter().product()
    }
}

impl<T: Real> Operation<T> for Conv2d {
    fn forward(&mut self, x: &[T], y: &mut Vec<T>, parameters: &mut [Parameter<T>], _: Pass) {
        let (area, kernel) = (self.windows.area(), self.kernel());
        let weight = &parameters[self.weight].values;
        let bias = self.bias.then(|| &parameters[self.weight + 1].values);
        for x in x.chunks(self.windows.channels * area) {
            for (o, weight) in weight.chunks(self.windows.channels * kernel).enumerate() {
                for (_, place) in self.windows.places() {
                    let mut sum = T::ZERO;
                    for (x, w) in x.chunks(area).zip(weight.chunks(kernel)) {
                        for (tap, at) in self.windows.taps(place) {
                            sum += x[at] * w[tap];
                        }
                    }
                    y.push(bias.map_or(sum, |b| sum + b[o]));
                }
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
        let (area, kernel) = (self.windows.area(), self.kernel());
        let (inputs, weights) = (self.windows.channels * area, self.windows.channels * kernel);
        let places: usize = self.windows.count.iter().product();
        dx.resize(x.len(), T::ZERO);
        let Parameter { values, gradient, .. } = &mut parameters[self.weight];
        gradient.fill(T::ZERO);
        let rows = x.chunks(inputs).zip(dx.chunks_mut(inputs));
        for ((x, dx), dy) in rows.zip(dy.chunks(self.outputs * places)) {
            for (o, dy) in dy.chunks(places).enumerate() {
                let weight = &values[o * weights..(o + 1) * weights];
                let gradient = &mut gradient[o * weights..(o + 1) * weights];
                for (i, place) in self.windows.places() {
                    for c in 0..self.windows.channels {
                        for (tap, at) in self.windows.taps(place) {
                            gradient[c * kernel + tap] += dy[i] * x[c * area + at];
                            dx[c * area + at] += dy[i] * weight[c * kernel + tap];
                        }
                    }
                }
            }
        }
        if self.bias {
            let gradient = &mut parameters[self.weight + 1].gradient;
            gradient.fill(T::ZERO);
            for (channel, dy) in dy.chunks(places).enumerate() {
                let gradient = &mut gradient[channel % self.outputs];
                dy.iter().for_each(|&dy| *gradient += dy);
            }
        }
    }
}
