//! Rows as short vectors whose distances are about those of the whole rows.

use wellfit_random::Stream;

use crate::parts::{ColumnKind, Part, Parts};
use crate::profile::Profile;

/// How each column of numbers is brought to one scale; `None`: it is left out.
pub(crate) struct Scales {
    columns: Vec<Option<(f64, f64)>>,
    /// Columns of categories.
    categories: Vec<usize>,
}

impl Scales {
    /// Minus the mean, over the spread, or over that of the middle half where it is smaller:
    /// so that a few extreme values do not make all others equal. Pixels have one spread,
    /// that of all of them.
    pub fn of(parts: &Parts<'_>, profiles: &[Profile]) -> Scales {
        let pixels = profiles.iter().map(|profile| profile.spread.powi(2)).sum::<f64>();
        let pixels = (pixels / profiles.len().max(1) as f64).sqrt();
        let scale = |(at, profile): (usize, &Profile)| {
            let middle = profile.iqr() / 1.349;
            let spread = match parts.columns[at].kind {
                ColumnKind::Category(_) => return None,
                _ if parts.is_images() => pixels,
                _ if middle > 0.0 => profile.spread.min(middle),
                _ => profile.spread,
            };
            (spread > 0.0).then_some((profile.mean, spread))
        };
        let is_category = |at: &usize| matches!(parts.columns[*at].kind, ColumnKind::Category(_));
        Scales {
            columns: profiles.iter().enumerate().map(scale).collect(),
            categories: (0..parts.width()).filter(is_category).collect(),
        }
    }

    /// Columns of numbers that vary.
    pub fn numbers(&self) -> usize {
        self.columns.iter().flatten().count()
    }

    /// A value in its column's scale; the mean stands in for one that is missing.
    fn scaled(&self, part: &Part<'_>, sample: u32, column: usize) -> Option<f32> {
        let (mean, spread) = self.columns[column]?;
        let value = part.value(sample, column);
        Some(if value.is_finite() { ((value - mean) / spread) as f32 } else { 0.0 })
    }

    /// The squared distance of two rows; stops at `most`.
    pub fn distance(&self, a: (&Part<'_>, u32), b: (&Part<'_>, u32), most: f32) -> f32 {
        let mut sum = 0.0;
        for column in 0..self.columns.len() {
            let pair = self.scaled(a.0, a.1, column).zip(self.scaled(b.0, b.1, column));
            let Some((a, b)) = pair else { continue };
            sum += (a - b) * (a - b);
            if sum > most {
                break;
            }
        }
        sum
    }

    /// Whether two rows have the same categories.
    pub fn same_categories(&self, a: (&Part<'_>, u32), b: (&Part<'_>, u32)) -> bool {
        self.categories.iter().all(|&column| {
            let (a, b) = (a.0.value(a.1, column), b.0.value(b.1, column));
            a == b || a.is_nan() && b.is_nan()
        })
    }

    /// Their categories as a number.
    pub fn category_hash(&self, part: &Part<'_>, sample: u32) -> u64 {
        self.categories.iter().fold(0, |hash: u64, &column| {
            let value = part.value(sample, column);
            let bits = if value.is_nan() { u64::MAX } else { value.to_bits() };
            (hash ^ bits).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
        })
    }
}

/// Which entry of the short vector each value goes to, and with which sign. Squared
/// distances stay the same on average (M. Charikar, K. Chen and M. Farach-Colton, "Finding
/// frequent items in data streams", 2002: the count sketch). Few values stay as they are.
pub(crate) struct Sketch {
    to: Vec<(usize, f32)>,
    pub len: usize,
}

impl Sketch {
    /// From `from` values to at most `most`.
    pub fn new(from: usize, most: usize, stream: &mut Stream) -> Sketch {
        if from <= most {
            return Sketch { to: (0..from).map(|at| (at, 1.0)).collect(), len: from };
        }
        let mut one = |_| {
            let sign = if stream.below(2) == 0 { 1.0 } else { -1.0 };
            (stream.below(most as u64) as usize, sign)
        };
        Sketch { to: (0..from).map(&mut one).collect(), len: most }
    }

    /// Adds one value to a short vector.
    pub fn add(&self, at: usize, value: f32, to: &mut [f32]) {
        let (entry, sign) = self.to[at];
        to[entry] += sign * value;
    }

    /// A sample's numbers, in their columns' scales.
    pub fn row(&self, scales: &Scales, part: &Part<'_>, sample: u32, to: &mut [f32]) {
        for column in 0..self.to.len() {
            if let Some(value) = scales.scaled(part, sample, column) {
                self.add(column, value, to);
            }
        }
    }
}
