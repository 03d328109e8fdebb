//! The layers of a spec, and the loss behind them.

use super::activation::Activate;
use super::batch_norm::BatchNorm;
use super::chain::Chain;
use super::conv2d::Conv2d;
use super::dropout::Dropout;
use super::flatten::Flatten;
use super::layer_norm::LayerNorm;
use super::linear::Linear;
use super::operation::{Operation, Pass};
use super::pool::{AvgPool2d, MaxPool2d};
use super::residual::Residual;
use super::windows::Windows;
use super::{Parameter, Real};
use crate::layer::Flow;
use crate::{Layer, Spec};

/// The layers and a batch on its way through them.
#[derive(Debug)]
pub(super) struct Network<T> {
    layers: Chain<T>,
    /// Samples in the batch.
    rows: usize,
}

impl<T: Real> Network<T> {
    pub(super) fn new(spec: &Spec) -> Self {
        let mut given = Vec::new();
        let walked = spec.walk(&mut |visit| {
            given.push(visit.given);
            Ok(())
        });
        walked.expect("a checked spec");
        let mut builder = Builder { given: given.into_iter(), parameters: 0, dropouts: 0 };
        Self { layers: builder.chain(&spec.layers), rows: 0 }
    }

    /// Empties the batch.
    pub(super) fn clear(&mut self) {
        self.rows = 0;
        self.layers.input().clear();
    }

    /// Adds a sample to the batch.
    pub(super) fn push(&mut self, sample: &[f32]) {
        self.rows += 1;
        self.layers.input().extend(sample.iter().map(|&x| T::from_f64(f64::from(x))));
    }

    /// What the last layer gave: [rows, outputs].
    pub(super) fn outputs(&self) -> &[T] {
        self.layers.output()
    }

    /// The layers, after a batch went through and back.
    pub(super) fn chain(&self) -> &Chain<T> {
        &self.layers
    }

    /// See [`Reference::margin`](super::Reference::margin).
    pub(super) fn margin(&self) -> f64 {
        self.layers.margin()
    }

    /// Takes the batch through every layer.
    pub(super) fn forward(&mut self, parameters: &mut [Parameter<T>], pass: Pass) {
        self.layers.forward(parameters, pass);
    }

    /// What the last layer gave, and where the loss leaves its derivatives by it.
    pub(super) fn ends(&mut self) -> (&[T], &mut Vec<T>) {
        self.layers.output_delta()
    }

    /// Takes the derivatives back through every layer; gradients replace what the
    /// parameters had.
    pub(super) fn backward(&mut self, parameters: &mut [Parameter<T>], pass: Pass) {
        self.layers.backward(parameters, pass);
    }
}

/// Makes layers in the order of computation, and counts what it has given out.
struct Builder<I> {
    /// What each layer is given, a residual before its inner layers.
    given: I,
    parameters: usize,
    dropouts: u16,
}

impl<I: Iterator<Item = Flow>> Builder<I> {
    fn chain<T: Real>(&mut self, layers: &[Layer]) -> Chain<T> {
        Chain::new(layers.iter().map(|layer| self.operation(layer)).collect())
    }

    fn operation<T: Real>(&mut self, layer: &Layer) -> Box<dyn Operation<T>> {
        let Flow { shape, columns, .. } = self.given.next().expect("one for each layer");
        match *layer {
            Layer::Linear { out: outputs, bias } => {
                let weight = self.take(1 + usize::from(bias));
                Box::new(Linear { inputs: shape.len(), outputs, weight, bias })
            }
            Layer::Conv2d { out: outputs, window, bias } => {
                let weight = self.take(1 + usize::from(bias));
                Box::new(Conv2d { outputs, windows: Windows::new(shape, window), weight, bias })
            }
            Layer::MaxPool2d { window } => Box::new(MaxPool2d::new(Windows::new(shape, window))),
            Layer::AvgPool2d { window } => {
                Box::new(AvgPool2d { windows: Windows::new(shape, window) })
            }
            Layer::Flatten => Box::new(Flatten),
            Layer::BatchNorm => {
                let channels = shape.channels();
                Box::new(BatchNorm::new(channels, shape.len() / channels, self.take(5)))
            }
            Layer::LayerNorm => Box::new(LayerNorm { features: shape.len(), weight: self.take(2) }),
            Layer::Activation(activation) => Box::new(Activate::new(activation)),
            Layer::Dropout { p } => {
                self.dropouts += 1;
                let ordinal = self.dropouts - 1;
                Box::new(Dropout { width: shape.len(), columns, ordinal, p })
            }
            Layer::Residual { ref layers } => Box::new(Residual { layers: self.chain(layers) }),
        }
    }

    /// The next so many parameters: where the first is.
    fn take(&mut self, parameters: usize) -> usize {
        self.parameters += parameters;
        self.parameters - parameters
    }
}
