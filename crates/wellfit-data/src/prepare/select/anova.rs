//! By the F statistic: of classes that of a one-way analysis of variance (scikit-learn's
//! `f_classif`), of numbers that of the correlation (`f_regression`), of several targets
//! the largest.

use super::super::features::Encoded;
use super::{Wanted, is_constant, mean};

pub(super) fn of(encoded: &Encoded<'_>, rows: &[u32], wanted: &Wanted) -> Vec<f64> {
    let score = |feature| {
        let values = encoded.column(feature, rows);
        if is_constant(&values) {
            return 0.0;
        }
        match wanted {
            Wanted::Classes(labels, classes) => of_classes(&values, labels, *classes),
            Wanted::Numbers(targets) => {
                targets.iter().map(|target| of_numbers(&values, target)).fold(0.0, f64::max)
            }
        }
    };
    (0..encoded.len()).map(score).collect()
}

/// F = (Σ_k n_k (m_k − m)² / (K − 1)) / (Σ (x − m_k)² / (n − K)), m_k the mean of class k.
fn of_classes(values: &[f64], labels: &[u32], classes: usize) -> f64 {
    let middle = mean(values);
    let (mut sums, mut counts) = (vec![0.0; classes], vec![0_usize; classes]);
    for (value, &label) in values.iter().zip(labels) {
        sums[label as usize] += value - middle;
        counts[label as usize] += 1;
    }
    let there = counts.iter().filter(|&&count| count > 0).count();
    let means: Vec<f64> = sums
        .iter()
        .zip(&counts)
        .map(|(sum, &n)| if n > 0 { sum / n as f64 } else { 0.0 })
        .collect();
    let between: f64 = means.iter().zip(&counts).map(|(m, &n)| n as f64 * m * m).sum();
    let apart = |(value, &label): (&f64, &u32)| (value - middle - means[label as usize]).powi(2);
    let within: f64 = values.iter().zip(labels).map(apart).sum();
    if there < 2 || values.len() <= there {
        return 0.0;
    }
    (between / (there - 1) as f64) / (within / (values.len() - there) as f64)
}

/// F = r² / (1 − r²) · (n − 2), r the correlation.
fn of_numbers(values: &[f64], target: &[f64]) -> f64 {
    if is_constant(target) || values.len() < 3 {
        return 0.0;
    }
    let (x, y) = (mean(values), mean(target));
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (a, b) in values.iter().zip(target) {
        let (a, b) = (a - x, b - y);
        (xx, xy, yy) = (xx + a * a, xy + a * b, yy + b * b);
    }
    let share = (xy / xx) * (xy / yy);
    share / (1.0 - share).max(0.0) * (values.len() - 2) as f64
}
