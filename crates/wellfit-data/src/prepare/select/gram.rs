//! Features compared each with each.

use super::super::features::Encoded;
use super::{is_constant, mean, variance_about};

/// Features at mean 0 and variance 1, one after the other; a constant one is all 0.
pub(super) struct Standardised {
    pub columns: Vec<Vec<f64>>,
    pub constant: Vec<bool>,
}

impl Standardised {
    pub fn new(encoded: &Encoded<'_>, rows: &[u32]) -> Self {
        let mut constant = vec![false; encoded.len()];
        let column = |feature| {
            let mut values = encoded.column(feature, rows);
            let middle = mean(&values);
            let spread = variance_about(&values, middle).sqrt();
            constant[feature] = is_constant(&values) || !(spread > 0.0 && spread.is_finite());
            for value in &mut values {
                *value = if constant[feature] { 0.0 } else { (*value - middle) / spread };
            }
            values
        };
        let columns = (0..encoded.len()).map(column).collect();
        Standardised { columns, constant }
    }

    /// Correlations of all pairs, row by row: Σ x_i x_j / n. A feature's with itself is 1,
    /// of a constant 0.
    pub fn correlations(&self) -> Vec<f64> {
        const TILE: usize = 32;
        const PART: usize = 512;
        let (features, n) = (self.columns.len(), self.columns[0].len());
        let mut all = vec![0.0; features * features];
        for first in (0..features).step_by(TILE) {
            for second in (first..features).step_by(TILE) {
                for part in (0..n).step_by(PART) {
                    let part = part..(part + PART).min(n);
                    for i in first..(first + TILE).min(features) {
                        for j in second.max(i)..(second + TILE).min(features) {
                            all[i * features + j] +=
                                dot(&self.columns[i][part.clone()], &self.columns[j][part.clone()]);
                        }
                    }
                }
            }
        }
        for i in 0..features {
            for j in i..features {
                let r = if i == j {
                    f64::from(u8::from(!self.constant[i]))
                } else {
                    all[i * features + j] / n as f64
                };
                all[i * features + j] = r;
                all[j * features + i] = r;
            }
        }
        all
    }
}

/// Σ a·b, added in eight chains.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut chains = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for at in 0..8 {
            chains[at] += a[at] * b[at];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    chains.iter().sum::<f64>() + rest
}
