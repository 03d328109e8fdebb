//! A mean whose interval covers two sources of chance at once.

use crate::{Estimate, Sample};

/// The mean of `values[row][column]` with an interval over rows *and* columns
/// (training seeds and validation samples, say): what to expect of another draw
/// of both, not only of other rows on the same columns.
///
/// The model is value = μ + row + column + rest, each with a variance of its own.
/// The mean's variance is then estimated without bias by
///
/// > V = s²(row means)/R + s²(column means)/C − MSₑ/(RC)
///
/// (the two-way analysis of variance without replication; the rest is part of both
/// first terms and is taken off once). A bootstrap over rows and columns estimates
/// the same, but counts the rest three times (A. B. Owen, *The pigeonhole
/// bootstrap*, Annals of Applied Statistics 1, 2007). V is never taken below the
/// rows' own part. The interval is Student's t with Satterthwaite's degrees of
/// freedom V² / (V_rows²/(R−1) + V_columns²/(C−1)).
///
/// `values` and `n` of the estimate are the row means and their number. `None`
/// when there are fewer than two rows or columns, when rows differ in length, or
/// when a value is not finite.
pub fn two_way(values: &[Vec<f64>]) -> Option<Estimate> {
    let (rows, columns) = (values.len(), values.first()?.len());
    if rows < 2 || columns < 2 || values.iter().any(|row| row.len() != columns) {
        return None;
    }
    let sums = values.iter().fold(vec![0.0; columns], |mut sums: Vec<f64>, row| {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        sums
    });
    let (r, c) = (rows as f64, columns as f64);
    let column_means = Sample::new(sums.into_iter().map(|sum| sum / r).collect()).ok()?;
    let row_means = values.iter().map(|row| row.iter().sum::<f64>() / c).collect();
    let row_means = Sample::new(row_means).ok()?;
    let mean = row_means.mean();

    let rest: f64 = values
        .iter()
        .zip(row_means.values())
        .flat_map(|(row, &row_mean)| {
            let columns = column_means.values().iter();
            row.iter().zip(columns).map(move |(v, column)| (v - row_mean - column + mean).powi(2))
        })
        .sum();
    let rest = rest / ((r - 1.0) * (c - 1.0)) / (r * c);
    let by_rows = row_means.standard_error()?.powi(2);
    let by_columns = (column_means.standard_error()?.powi(2) - rest).max(0.0);
    let variance = by_rows + by_columns;
    let df = variance.powi(2) / (by_rows.powi(2) / (r - 1.0) + by_columns.powi(2) / (c - 1.0));
    Some(Estimate::new(mean, variance.sqrt(), df, row_means.values().to_vec()))
}
