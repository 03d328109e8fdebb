//! From gradients to new weights, in the order of rounding of PyTorch's
//! `torch.optim.Adam`, `AdamW`, `RMSprop` and `SGD`.

use super::Real;
use crate::Optimizer;

/// An optimiser's rule at one step, with everything that depends on the step
/// but not on the weight worked out in f64.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// `shrink` is what decoupled decay takes of a weight first.
    Adam {
        betas: (f64, f64),
        eps: f64,
        decay: f64,
        shrink: f64,
        step_size: f64,
        root_correction: f64,
    },
    RmsProp {
        lr: f64,
        alpha: f64,
        eps: f64,
        decay: f64,
    },
    Sgd {
        lr: f64,
        momentum: f64,
        nesterov: bool,
        decay: f64,
    },
}

impl Rule {
    /// The rule after `taken` steps, for rate `lr`.
    pub(super) fn at_step(optimizer: &Optimizer, lr: f64, taken: u64) -> Self {
        match *optimizer {
            Optimizer::Adam { betas, eps, weight_decay, decoupled } => {
                let (decay, shrink) =
                    if decoupled { (0.0, lr * weight_decay) } else { (weight_decay, 0.0) };
                let t = (taken + 1) as f64;
                let step_size = lr / (1.0 - betas.0.powf(t));
                let root_correction = (1.0 - betas.1.powf(t)).sqrt();
                Rule::Adam { betas, eps, decay, shrink, step_size, root_correction }
            }
            Optimizer::RmsProp { alpha, eps, weight_decay: decay } => {
                Rule::RmsProp { lr, alpha, eps, decay }
            }
            Optimizer::Sgd { momentum, nesterov, weight_decay: decay } => {
                Rule::Sgd { lr, momentum, nesterov, decay }
            }
        }
    }

    /// Moves the weights of one tensor. `slots` are those of [`Optimizer::slots`].
    pub(super) fn apply<T: Real>(&self, values: &mut [T], gradient: &[T], slots: &mut [Vec<T>]) {
        match (*self, slots) {
            (
                Rule::Adam { betas, eps, decay, shrink, step_size, root_correction },
                [first, second],
            ) => {
                let keep = T::from_f64(betas.1);
                let (gain1, gain2) = (T::from_f64(1.0 - betas.0), T::from_f64(1.0 - betas.1));
                let (eps, decay) = (T::from_f64(eps), T::from_f64(decay));
                let kept = T::from_f64(1.0 - shrink);
                let (size, root) = (T::from_f64(step_size), T::from_f64(root_correction));
                for (i, w) in values.iter_mut().enumerate() {
                    let g = gradient[i] + decay * *w;
                    let m = first[i] + (g - first[i]) * gain1;
                    let v = keep * second[i] + gain2 * (g * g);
                    *w = *w * kept - size * m / (v.sqrt() / root + eps);
                    (first[i], second[i]) = (flush(m), flush(v));
                }
            }
            (Rule::RmsProp { lr, alpha, eps, decay }, [square]) => {
                let (lr, keep, gain) =
                    (T::from_f64(lr), T::from_f64(alpha), T::from_f64(1.0 - alpha));
                let (eps, decay) = (T::from_f64(eps), T::from_f64(decay));
                for (i, w) in values.iter_mut().enumerate() {
                    let g = gradient[i] + decay * *w;
                    let v = keep * square[i] + gain * (g * g);
                    *w -= lr * g / (v.sqrt() + eps);
                    square[i] = flush(v);
                }
            }
            (Rule::Sgd { lr, momentum, nesterov, decay }, [buffer]) => {
                let (lr, momentum) = (T::from_f64(lr), T::from_f64(momentum));
                let decay = T::from_f64(decay);
                for (i, w) in values.iter_mut().enumerate() {
                    let g = gradient[i] + decay * *w;
                    // The buffer starts at 0, so the first step leaves g in it.
                    buffer[i] = flush(momentum * buffer[i] + g);
                    *w -= lr * if nesterov { g + momentum * buffer[i] } else { buffer[i] };
                }
            }
            (Rule::Sgd { lr, decay, .. }, _) => {
                let (lr, decay) = (T::from_f64(lr), T::from_f64(decay));
                for (w, &g) in values.iter_mut().zip(gradient) {
                    *w -= lr * (g + decay * *w);
                }
            }
            (Rule::Adam { .. } | Rule::RmsProp { .. }, _) => unreachable!("they keep slots"),
        }
    }
}

/// Values below f32's smallest normal become 0: denormals cost time and say nothing.
fn flush<T: Real>(x: T) -> T {
    if x.to_f64().abs() < f64::from(f32::MIN_POSITIVE) { T::ZERO } else { x }
}
