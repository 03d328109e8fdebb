//! y = (x − mean)/√(variance + eps)·w + b by feature or channel.
//!
//! In training mean and variance (the biased one) are those of the batch; running
//! averages of the mean and of the unbiased variance serve evaluation. Sums are in
//! f64, as PyTorch has them on processors.

use super::operation::{Averaging, Operation, Pass};
use super::{Parameter, Real};

/// Added to the variance.
pub(super) const EPS: f64 = 1e-5;

/// The share of the new statistics in the running ones.
const MOMENTUM: f64 = 0.1;

#[derive(Debug)]
pub(super) struct BatchNorm {
    /// Features, or channels.
    channels: usize,
    /// Values of a sample in a channel.
    area: usize,
    /// Where w is among the parameters; b, running mean, running variance and the
    /// number of batches follow it.
    weight: usize,
    /// Mean and 1/√(variance + eps) of each channel in the last pass.
    used: Vec<(f64, f64)>,
}

impl BatchNorm {
    pub fn new(channels: usize, area: usize, weight: usize) -> Self {
        Self { channels, area, weight, used: Vec::new() }
    }

    /// Where the batch's values of channel `c` are.
    fn places(&self, c: usize, len: usize) -> impl Iterator<Item = usize> + Clone + use<> {
        let (area, sample) = (self.area, self.channels * self.area);
        (0..len / sample).flat_map(move |row| {
            let start = row * sample + c * area;
            start..start + area
        })
    }

    /// Takes the batch's statistics, and moves the running ones.
    fn measure<T: Real>(&mut self, x: &[T], parameters: &mut [Parameter<T>], by: Averaging) {
        let [.., mean, variance, batches] = &mut parameters[self.weight..self.weight + 5] else {
            unreachable!("batch norm has five tensors")
        };
        batches.values[0] += T::from_f64(1.0);
        let share = match by {
            Averaging::Moving => MOMENTUM,
            Averaging::Cumulative => 1.0 / batches.values[0].to_f64(),
        };
        let n = x.len() / self.channels;
        self.used.clear();
        for c in 0..self.channels {
            let values = self.places(c, x.len()).map(|at| x[at].to_f64());
            let average = values.clone().sum::<f64>() / n as f64;
            let square = values.map(|x| (x - average) * (x - average)).sum::<f64>();
            self.used.push((average, 1.0 / (square / n as f64 + EPS).sqrt()));
            let unbiased = square / n.saturating_sub(1).max(1) as f64;
            for (running, new) in [(&mut *mean, average), (&mut *variance, unbiased)] {
                let old = running.values[c].to_f64();
                running.values[c] = T::from_f64(share * new + (1.0 - share) * old);
            }
        }
    }
}

impl<T: Real> Operation<T> for BatchNorm {
    fn forward(&mut self, x: &[T], y: &mut Vec<T>, parameters: &mut [Parameter<T>], pass: Pass) {
        match pass {
            Pass::Training { averaging, .. } => self.measure(x, parameters, averaging),
            Pass::Evaluation => {
                let [mean, variance] = [2, 3].map(|i| &parameters[self.weight + i].values);
                let pairs = mean.iter().zip(variance);
                self.used.clear();
                self.used.extend(pairs.map(|(m, v)| (m.to_f64(), 1.0 / (v.to_f64() + EPS).sqrt())));
            }
        }
        let [weight, bias] = [0, 1].map(|i| &parameters[self.weight + i].values);
        y.resize(x.len(), T::ZERO);
        for c in 0..self.channels {
            let (mean, scale) = self.used[c];
            let (mean, scale) = (T::from_f64(mean), T::from_f64(scale));
            for at in self.places(c, x.len()) {
                y[at] = (x[at] - mean) * scale * weight[c] + bias[c];
            }
        }
    }

    /// With x̂ the normalised values of a channel and n their number:
    /// dx = w/√(variance + eps)·(dy − Σdy/n − x̂·Σ(dy·x̂)/n), dw = Σ(dy·x̂), db = Σdy.
    fn backward(
        &mut self,
        x: &[T],
        dy: &[T],
        dx: &mut Vec<T>,
        parameters: &mut [Parameter<T>],
        _: Pass,
    ) {
        let [weight, bias, ..] = &mut parameters[self.weight..] else {
            unreachable!("batch norm has five tensors")
        };
        let n = (x.len() / self.channels) as f64;
        dx.resize(x.len(), T::ZERO);
        for c in 0..self.channels {
            let (mean, scale) = self.used[c];
            let places = self.places(c, x.len());
            let normal = |at: usize| (x[at].to_f64() - mean) * scale;
            let (sum, dot) = places.clone().fold((0.0, 0.0), |(sum, dot), at| {
                let dy = dy[at].to_f64();
                (sum + dy, dot + dy * normal(at))
            });
            weight.gradient[c] = T::from_f64(dot);
            bias.gradient[c] = T::from_f64(sum);
            let slope = weight.values[c].to_f64() * scale;
            for at in places {
                let delta = dy[at].to_f64() - sum / n - normal(at) * (dot / n);
                dx[at] = T::from_f64(slope * delta);
            }
        }
    }
}
