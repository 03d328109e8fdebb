//! A cut after each epoch.

/// lr · factorⁿ after `done` = n epochs, multiplied one by one as PyTorch does, so that
/// the bits are the same.
///
/// Source: <https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html>
/// with `gamma = factor`.
pub fn rate(lr: f64, factor: f64, done: usize) -> f64 {
    (0..done).fold(lr, |rate, _| rate * factor)
}
