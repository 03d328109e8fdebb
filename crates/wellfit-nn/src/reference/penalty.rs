//! What is added to the objective, for one parameter tensor.

use super::Real;
use crate::{Penalty, PenaltyKind, PenaltyOn};

/// The penalties that cover a tensor, λ added up by formula.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PenaltyTerms {
    l1: f64,
    l2: f64,
    l2_norm: f64,
}

impl PenaltyTerms {
    pub(super) fn new(penalties: &[Penalty], is_weight: bool) -> Self {
        let mut terms = Self::default();
        for penalty in penalties.iter().filter(|p| is_weight || p.on == PenaltyOn::All) {
            match penalty.kind {
                PenaltyKind::L1 => terms.l1 += penalty.lambda,
                PenaltyKind::L2 => terms.l2 += penalty.lambda,
                PenaltyKind::L2Norm => terms.l2_norm += penalty.lambda,
            }
        }
        terms
    }

    /// λ₁Σ|w| + λ₂Σw² + λₙ√Σw² from Σ|w| and Σw².
    pub(super) fn value(&self, [abs, square]: [f64; 2]) -> f64 {
        self.l1 * abs + self.l2 * square + self.l2_norm * square.sqrt()
    }

    /// Adds λ₁·sign(w) + 2λ₂w + λₙw/‖w‖; sign(0) is 0, and so is 0/‖0‖.
    pub(super) fn add_gradient<T: Real>(&self, gradient: &mut [T], values: &[T], sums: [f64; 2]) {
        let norm = sums[1].sqrt();
        let shrink = if norm > 0.0 { self.l2_norm / norm } else { 0.0 };
        let l1 = T::from_f64(self.l1);
        let linear = T::from_f64(2.0 * self.l2 + shrink);
        for (g, &w) in gradient.iter_mut().zip(values) {
            *g += linear * w;
            if w > T::ZERO {
                *g += l1;
            } else if w < T::ZERO {
                *g -= l1;
            }
        }
    }
}
