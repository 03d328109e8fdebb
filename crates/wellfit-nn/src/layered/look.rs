//! What a step leaves behind, read by whoever looks at a network from inside: values and
//! gradients of the whole batch lie in their buffers until the next one.

use super::Layered;
use super::operation::Buffer;
use crate::Activation;

/// The values that a layer gave for a batch, and their gradients, in short.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Units: features, or channels of an image.
    pub units: usize,
    /// Units that were 0 in every place of every sample.
    pub silent: usize,
    /// Values in all.
    pub values: usize,
    /// Those of them where the activation is saturated.
    pub saturated: usize,
    /// Σx².
    pub squares: f64,
    /// The sum of the squares of the loss's derivatives by what came before the
    /// activations.
    pub gradient_squares: f64,
}

impl Layered {
    /// For each of the spec's layers, the value that holds what it gives, and the buffer
    /// that this is in; buffer 0 holds the data.
    pub fn made(&self) -> impl Iterator<Item = (usize, usize)> {
        let network = &self.network;
        network.made.iter().map(|&value| (value, network.values[value].buffer))
    }

    /// What lies in a buffer after a step over `rows` samples.
    pub fn tally(&self, buffer: usize, activation: Option<Activation>, rows: usize) -> Tally {
        // The first value of a buffer is as its layer gave it; flatten only calls it
        // something else.
        let first = self.network.values.iter().find(|value| value.buffer == buffer);
        let layout = first.expect("a buffer of the network").layout;
        let Buffer { sample, values, gradients } = &self.network.buffers[buffer];
        let (channels, units) = (layout.image_channels(), layout.channels());
        let mut silent = vec![true; units];
        let mut tally = Tally { units, values: rows * layout.len(), ..Tally::default() };
        for row in 0..rows {
            for (run, start) in layout.runs().enumerate() {
                let at = row * sample + start;
                // SAFETY: outside a step nobody writes; both buffers hold so many samples,
                // and a run is as long as the channels.
                let (values, gradients) = unsafe {
                    (
                        std::slice::from_raw_parts(values.at(at), channels),
                        std::slice::from_raw_parts(gradients.at(at), channels),
                    )
                };
                // An image's pixels are of the same units, flattened ones are not.
                let first = run * channels % units;
                for (silent, &x) in silent[first..].iter_mut().zip(values) {
                    *silent &= x == 0.0;
                }
                if let Some(activation) = activation {
                    tally.saturated += values.iter().filter(|&&x| activation.saturates(x)).count();
                }
                tally.squares += squares(values);
                tally.gradient_squares += squares(gradients);
            }
        }
        tally.silent = silent.into_iter().filter(|&silent| silent).count();
        tally
    }

    /// The norm of the gradient of the objective by trained tensor `parameter` in the last
    /// step, before clipping. NaN where gradients are not kept.
    pub fn gradient_norm(&self, parameter: usize) -> f64 {
        self.tiles.squared_norm(parameter).map_or(f64::NAN, f64::sqrt)
    }

    /// The norms of what trained tensor `parameter` is now minus what it was `before`, and
    /// of what it was.
    pub fn moved(&self, parameter: usize, before: &[f32]) -> [f64; 2] {
        self.network.parameters[parameter].moved(before).map(f64::sqrt)
    }
}

/// Σx², in order.
fn squares(values: &[f32]) -> f64 {
    values.iter().map(|&x| f64::from(x) * f64::from(x)).sum()
}
