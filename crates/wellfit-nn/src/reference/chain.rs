//! Layers one after the other.

use super::operation::{Operation, Pass};
use super::{Parameter, Real};

/// A list of layers and a batch on its way through them.
#[derive(Debug)]
pub(super) struct Chain<T> {
    operations: Vec<Box<dyn Operation<T>>>,
    /// Before each layer, and after the last: [rows, width].
    activations: Vec<Vec<T>>,
    /// The loss's derivatives by them.
    deltas: Vec<Vec<T>>,
}

/// A layer that a batch went through and back.
pub(super) struct Passed<'a, T> {
    /// The layers inside.
    pub inner: Option<&'a Chain<T>>,
    /// What it gave: [rows, width].
    pub gave: &'a [T],
    /// The loss's derivatives by what it was given.
    pub given_delta: &'a [T],
    /// Those by what it gave.
    pub gave_delta: &'a [T],
}

impl<T: Real> Chain<T> {
    pub fn new(operations: Vec<Box<dyn Operation<T>>>) -> Self {
        let buffers = vec![Vec::new(); operations.len() + 1];
        Self { operations, activations: buffers.clone(), deltas: buffers }
    }

    /// What the first layer will be given.
    pub fn input(&mut self) -> &mut Vec<T> {
        &mut self.activations[0]
    }

    /// What the last layer gave.
    pub fn output(&self) -> &[T] {
        &self.activations[self.operations.len()]
    }

    /// The loss's derivatives by [`output`](Self::output), to be written.
    pub fn output_delta(&mut self) -> (&[T], &mut Vec<T>) {
        let last = self.operations.len();
        (&self.activations[last], &mut self.deltas[last])
    }

    /// Those by [`input`](Self::input).
    pub fn input_delta(&self) -> &[T] {
        &self.deltas[0]
    }

    /// Every layer, after a batch went through and back.
    pub fn passed(&self) -> impl Iterator<Item = Passed<'_, T>> {
        let layers = self.operations.iter().map(|operation| operation.inner());
        let ends = self.activations.windows(2).zip(self.deltas.windows(2));
        layers.zip(ends).map(|(inner, (values, deltas))| Passed {
            inner,
            gave: &values[1],
            given_delta: &deltas[0],
            gave_delta: &deltas[1],
        })
    }

    pub fn forward(&mut self, parameters: &mut [Parameter<T>], pass: Pass) {
        for (i, operation) in self.operations.iter_mut().enumerate() {
            let (before, after) = self.activations.split_at_mut(i + 1);
            after[0].clear();
            operation.forward(&before[i], &mut after[0], parameters, pass);
        }
    }

    pub fn backward(&mut self, parameters: &mut [Parameter<T>], pass: Pass) {
        for (i, operation) in self.operations.iter_mut().enumerate().rev() {
            let (before, after) = self.deltas.split_at_mut(i + 1);
            before[i].clear();
            operation.backward(&self.activations[i], &after[0], &mut before[i], parameters, pass);
        }
    }

    /// See [`Reference::margin`](super::Reference::margin).
    pub fn margin(&self) -> f64 {
        self.operations.iter().map(|operation| operation.margin()).fold(f64::INFINITY, f64::min)
    }
}
