//! y = x + f(x).

use super::chain::Chain;
use super::operation::{Operation, Pass};
use super::{Parameter, Real};

#[derive(Debug)]
pub(super) struct Residual<T> {
    /// f.
    pub layers: Chain<T>,
}

impl<T: Real> Operation<T> for Residual<T> {
    fn forward(&mut self, x: &[T], y: &mut Vec<T>, parameters: &mut [Parameter<T>], pass: Pass) {
        let input = self.layers.input();
        input.clear();
        input.extend_from_slice(x);
        self.layers.forward(parameters, pass);
        y.extend(x.iter().zip(self.layers.output()).map(|(&x, &f)| x + f));
    }

    fn backward(
        &mut self,
        _: &[T],
        dy: &[T],
        dx: &mut Vec<T>,
        parameters: &mut [Parameter<T>],
        pass: Pass,
    ) {
        let (_, delta) = self.layers.output_delta();
        delta.clear();
        delta.extend_from_slice(dy);
        self.layers.backward(parameters, pass);
        dx.extend(dy.iter().zip(self.layers.input_delta()).map(|(&dy, &df)| dy + df));
    }

    fn inner(&self) -> Option<&Chain<T>> {
        Some(&self.layers)
    }

    fn margin(&self) -> f64 {
        self.layers.margin()
    }
}
