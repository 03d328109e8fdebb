//! A linear rise to the optimiser's rate.

/// What the optimiser's rate is multiplied with at `step` (from 0) of a warm-up of
/// `all` steps: f + (1 − f)·step/all.
///
/// Source: <https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html>
/// with `end_factor = 1` and `total_iters = all`; 1 would be reached at step `all`.
pub fn factor(start_factor: f64, step: f64, all: f64) -> f64 {
    start_factor + (1.0 - start_factor) * step / all
}
