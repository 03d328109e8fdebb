//! What the twin asks of a layer.

use std::fmt::Debug;

use super::chain::Chain;
use super::{Parameter, Real};

/// What a forward or backward pass is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pass {
    /// Dropout is active, its masks belong to this seed and step; batch norm takes its
    /// statistics from the batch, and averages them so.
    Training { seed: u64, step: u64, averaging: Averaging },
    /// Dropout does nothing; batch norm takes the averages.
    Evaluation,
}

/// How batch norm's running averages move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Averaging {
    /// By a fixed share of the new.
    Moving,
    /// To the plain mean over all batches tracked.
    Cumulative,
}

/// A layer, and what it keeps of a batch from its forward to its backward pass.
///
/// Batches are [rows, width], each row in PyTorch's order.
pub(super) trait Operation<T: Real>: Debug + Send {
    /// From `x` to `y`, which comes empty.
    fn forward(&mut self, x: &[T], y: &mut Vec<T>, parameters: &mut [Parameter<T>], pass: Pass);

    /// From the loss's derivatives by y to those by x; `dx` comes empty. The
    /// parameters' gradients replace what was there.
    fn backward(
        &mut self,
        x: &[T],
        dy: &[T],
        dx: &mut Vec<T>,
        parameters: &mut [Parameter<T>],
        pass: Pass,
    );

    /// The layers inside.
    fn inner(&self) -> Option<&Chain<T>> {
        None
    }

    /// How close training came to a point where the derivative jumps.
    fn margin(&self) -> f64 {
        f64::INFINITY
    }
}
