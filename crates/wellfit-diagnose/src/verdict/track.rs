//! A run's columns as they are judged: without gaps, and of a length that can be.

use wellfit_runs::{Curves, ScoreKind, Series};

use super::thresholds::{MOST_ROWS, SMALL_OF_FIRST, WINDOW};

/// Levels are cut at so many times the scale: what explodes must not overflow its squares.
pub const FARTHEST: f64 = 1e4;

/// A column's finite values, where they stand, and nothing between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Where each stands.
    pub at: Vec<f64>,
    /// The values.
    pub values: Vec<f64>,
    /// A value below which nothing is of consequence.
    pub small: f64,
}

impl Track {
    /// The finite values of a column; `None` without any.
    pub fn of(curves: &Curves, series: Option<&Series>) -> Option<Track> {
        let rows = curves.at.iter().zip(&series?.values);
        let finite = rows.filter_map(|(&at, value)| Some((at, (*value)?)));
        let finite = finite.filter(|(at, value)| at.is_finite() && value.is_finite());
        let (at, values): (Vec<f64>, Vec<f64>) = finite.unzip();
        let small = SMALL_OF_FIRST * values.first()?;
        Some(Track { at, values, small })
    }

    /// Values of which less is better.
    pub fn into_cost(mut self, score: ScoreKind) -> Track {
        let rises = |value: f64| 1.0 - value;
        match score {
            ScoreKind::Accuracy | ScoreKind::Rises => {
                self.values.iter_mut().for_each(|value| *value = rises(*value));
            }
            ScoreKind::Falls => {}
        }
        self
    }

    /// How many values, at least 1.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Where the lowest value stands, the earliest of equals.
    pub fn lowest(&self) -> usize {
        let values = self.values.iter().enumerate();
        values.min_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(row, _)| row)
    }

    /// The first value.
    pub fn first(&self) -> f64 {
        self.values[0]
    }

    /// The last value.
    pub fn last(&self) -> f64 {
        self.values[self.len() - 1]
    }

    /// The mean of the last rows, as many as [`window`] says.
    pub fn end(&self) -> f64 {
        mean(&self.values[self.len() - window(self.len())..])
    }

    /// The mean of as many rows around the one that stands nearest to `at`.
    pub fn around(&self, at: f64) -> f64 {
        let row = self.row(at);
        let wide = window(self.len());
        let from = row.saturating_sub(wide / 2).min(self.len() - wide);
        mean(&self.values[from..from + wide])
    }

    /// The row that stands nearest to `at`.
    pub fn row(&self, at: f64) -> usize {
        let far = |row: usize| (self.at[row] - at).abs();
        (0..self.len()).min_by(|&a, &b| far(a).total_cmp(&far(b))).unwrap_or(0)
    }

    /// What relative figures are relative to: the lowest value of a positive column, but no
    /// less than what is small; the range of one that is not positive. Above 0.
    pub fn scale(&self) -> f64 {
        let lowest = self.values[self.lowest()];
        let highest = self.values.iter().copied().fold(lowest, f64::max);
        let scale = if lowest > 0.0 { lowest.max(self.small) } else { highest - lowest };
        if scale > 0.0 && scale.is_finite() { scale } else { 1.0 }
    }

    /// The column averaged down to at most [`MOST_ROWS`] rows, each where its first one
    /// stands.
    pub fn thinned(&self) -> Track {
        let wide = self.len().div_ceil(MOST_ROWS);
        Track {
            at: self.at.iter().copied().step_by(wide).collect(),
            values: self.values.chunks(wide).map(mean).collect(),
            small: self.small,
        }
    }

    /// How far each value lies above the lowest, in shares of the scale.
    pub fn levels(&self) -> Vec<f64> {
        let (lowest, scale) = (self.values[self.lowest()], self.scale());
        let level = |value: &f64| (value / scale - lowest / scale).clamp(0.0, FARTHEST);
        self.values.iter().map(level).collect()
    }
}

/// How many of so many rows an end of the curve is averaged over, at least 1.
pub fn window(rows: usize) -> usize {
    ((WINDOW * rows as f64).round() as usize).max(1)
}

/// The mean; NaN of nothing.
pub fn mean(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    values.iter().map(|value| value / n).sum::<f64>() / f64::from(u8::from(n > 0.0))
}

/// The median; NaN of nothing.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => f64::NAN,
        _ if n % 2 == 1 => values[n / 2],
        _ => values[n / 2 - 1] / 2.0 + values[n / 2] / 2.0,
    }
}
