//! The same values, called features.

use super::operation::{Operation, Pass};
use super::{Parameter, Real};

#[derive(Debug)]
pub(super) struct Flatten;

impl<T: Real> Operation<T> for Flatten {
    fn forward(&mut self, x: &[T], y: &mut Vec<T>, _: &mut [Parameter<T>], _: Pass) {
        y.extend_from_slice(x);
    }

    fn backward(&mut self, _: &[T], dy: &[T], dx: &mut Vec<T>, _: &mut [Parameter<T>], _: Pass) {
        dx.extend_from_slice(dy);
    }
}
