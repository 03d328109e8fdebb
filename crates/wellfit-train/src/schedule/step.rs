//! A cut every so many epochs.

use super::exponential;

/// lr · factor^⌊done/every⌋ after `done` epochs.
///
/// Source: <https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html>
/// with `step_size = every` and `gamma = factor`.
pub fn rate(lr: f64, every: usize, factor: f64, done: usize) -> f64 {
    exponential::rate(lr, factor, done / every)
}
