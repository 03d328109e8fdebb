//! y = (x − mean)/√(variance + eps)·w + b, mean and variance (the biased one) over the
//! features of each sample.

use super::batch_norm::EPS;
use super::operation::{Operation, Pass};
use super::{Parameter, Real};

#[derive(Debug)]
pub(super) struct LayerNorm {
    pub features: usize,
    /// Where w is among the parameters; b follows it.
    pub weight: usize,
}

/// Mean and 1/√(variance + eps).
fn statistics<T: Real>(x: &[T]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().map(|x| x.to_f64()).sum::<f64>() / n;
    let variance = x.iter().map(|x| (x.to_f64() - mean).powi(2)).sum::<f64>() / n;
    (mean, 1.0 / (variance + EPS).sqrt())
}

impl<T: Real> Operation<T> for LayerNorm {
    fn forward(&mut self, x: &[T], y: &mut Vec<T>, parameters: &mut [Parameter<T>], _: Pass) {
        let [weight, bias] = [0, 1].map(|i| &parameters[self.weight + i].values);
        for x in x.chunks(self.features) {
            let (mean, scale) = statistics(x);
            let (mean, scale) = (T::from_f64(mean), T::from_f64(scale));
            let values = x.iter().zip(weight).zip(bias);
            y.extend(values.map(|((&x, &w), &b)| (x - mean) * scale * w + b));
        }
    }

    /// With x̂ the normalised values of a sample, n their number and d = dy·w:
    /// dx = (d − Σd/n − x̂·Σ(d·x̂)/n)/√(variance + eps), dw = Σ(dy·x̂), db = Σdy.
    fn backward(
        &mut self,
        x: &[T],
        dy: &[T],
        dx: &mut Vec<T>,
        parameters: &mut [Parameter<T>],
        _: Pass,
    ) {
        let [weight, bias, ..] = &mut parameters[self.weight..] else {
            unreachable!("layer norm has two tensors")
        };
        weight.gradient.fill(T::ZERO);
        bias.gradient.fill(T::ZERO);
        let n = self.features as f64;
        for (x, dy) in x.chunks(self.features).zip(dy.chunks(self.features)) {
            let (mean, scale) = statistics(x);
            let normal = |i: usize| (x[i].to_f64() - mean) * scale;
            let slope = |i: usize| dy[i].to_f64() * weight.values[i].to_f64();
            let sum: f64 = (0..x.len()).map(slope).sum();
            let dot: f64 = (0..x.len()).map(|i| slope(i) * normal(i)).sum();
            let delta = |i| scale * (slope(i) - sum / n - normal(i) * (dot / n));
            dx.extend((0..x.len()).map(|i| T::from_f64(delta(i))));
            for (i, &dy) in dy.iter().enumerate() {
                weight.gradient[i] += dy * T::from_f64(normal(i));
                bias.gradient[i] += dy;
            }
        }
    }
}
