//! Values in short: moments, share near zero, histogram. Values come in pieces, twice.

/// A value is near zero below this, in absolute value.
pub const NEAR_ZERO: f64 = 1e-3;

/// A histogram has at most so many bins, and more than half as many unless its bins
/// are as narrow as they get.
const MOST_BINS: i64 = 128;

/// A tensor's values in short. All figures but `count` and `not_finite` are of the
/// finite values; NaN where there are none.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Values.
    pub count: u64,
    /// How many of them are NaN or infinite.
    pub not_finite: u64,
    /// Mean.
    pub mean: f64,
    /// Standard deviation (n in the denominator).
    pub std: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// Share with |w| < [`NEAR_ZERO`].
    pub near_zero: f64,
    /// √Σw².
    pub frobenius: f64,
    /// Counts.
    pub histogram: Histogram,
}

/// Counts in bins of equal width; bin i goes from (first + i)·width to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// A power of two.
    pub width: f64,
    /// Where the first bin starts, in widths.
    pub first: i64,
    /// Counts.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Counts the finite ones of values, which are looked at twice.
    pub fn of(values: impl Iterator<Item = f64> + Clone) -> Histogram {
        let mut range = Range::new();
        values.clone().for_each(|value| range.add(&[value]));
        let mut histogram = bins(&range);
        values.filter(|value| value.is_finite()).for_each(|value| histogram.count(value));
        histogram
    }

    /// Counts a value that is in one of its bins.
    fn count(&mut self, value: f64) {
        self.counts[((value / self.width).floor() as i64 - self.first) as usize] += 1;
    }
}

/// What must be known before values can be summed and counted: the first look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    count: u64,
    finite: u64,
    min: f64,
    max: f64,
}

impl Range {
    pub(crate) fn new() -> Range {
        Range { count: 0, finite: 0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }

    /// Takes a piece.
    pub(crate) fn add(&mut self, values: &[f64]) {
        self.count += values.len() as u64;
        for &value in values.iter().filter(|value| value.is_finite()) {
            self.finite += 1;
            self.min = self.min.min(value);
            self.max = self.max.max(value);
        }
    }

    /// Whether there are values and each is finite.
    pub(crate) fn is_finite(&self) -> bool {
        self.count > 0 && self.finite == self.count
    }

    fn largest(&self) -> f64 {
        if self.finite > 0 { self.min.abs().max(self.max.abs()) } else { 0.0 }
    }
}

/// Sums of a tensor whose range is known: the second look.
pub(crate) struct Sums {
    range: Range,
    /// A power of two near the largest value: what is squared is near 1.
    scale: f64,
    n: f64,
    /// Of w / scale.
    mean: f64,
    /// Σ(w/scale − mean)².
    squares: f64,
    near_zero: u64,
    histogram: Histogram,
}

impl Sums {
    pub(crate) fn new(range: Range) -> Sums {
        let scale = power_of_two(range.largest());
        let histogram = bins(&range);
        Sums { range, scale, n: 0.0, mean: 0.0, squares: 0.0, near_zero: 0, histogram }
    }

    /// Takes a piece. Means and squares of pieces are put together as by Chan, Golub &
    /// LeVeque (1983), *The American Statistician* 37, 242.
    pub(crate) fn add(&mut self, values: &[f64]) {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let n = finite().count() as f64;
        if n == 0.0 {
            return;
        }
        let mean = finite().map(|value| value / self.scale).sum::<f64>() / n;
        let squares: f64 = finite().map(|value| (value / self.scale - mean).powi(2)).sum();
        let (all, apart) = (self.n + n, mean - self.mean);
        self.squares += squares + apart * apart * self.n * n / all;
        self.mean += apart * n / all;
        self.n = all;
        for value in finite() {
            self.near_zero += u64::from(value.abs() < NEAR_ZERO);
            self.histogram.count(value);
        }
    }

    pub(crate) fn end(self) -> Summary {
        let Sums { range, scale, n, mean, squares, near_zero, histogram } = self;
        let known = |value: f64| if n > 0.0 { value } else { f64::NAN };
        Summary {
            count: range.count,
            not_finite: range.count - range.finite,
            mean: known((mean * scale).clamp(-f64::MAX, f64::MAX)),
            std: known((squares / n).sqrt() * scale),
            min: known(range.min),
            max: known(range.max),
            near_zero: known(near_zero as f64 / n),
            frobenius: known((squares + n * mean * mean).sqrt() * scale),
            histogram,
        }
    }
}

/// The power of two at or below a finite value that is not negative; 1 for 0.
pub(crate) fn power_of_two(value: f64) -> f64 {
    let power = f64::from_bits(value.to_bits() & (0x7ff << 52));
    if power > 0.0 { power } else { 1.0 }
}

/// Empty bins. The width is the smallest power of two that needs at most [`MOST_BINS`]
/// of them; it is never below 2⁻⁴⁰ of the largest value, so that edges are exact.
fn bins(range: &Range) -> Histogram {
    if range.finite == 0 {
        return Histogram { width: 1.0, first: 0, counts: Vec::new() };
    }
    let bin = |value: f64, width: f64| (value / width).floor() as i64;
    let needed = |width| bin(range.max, width) - bin(range.min, width) + 1;
    let narrow = power_of_two(range.largest()) / (1u64 << 40) as f64;
    let mut width = if range.largest() > 0.0 { narrow.max(f64::MIN_POSITIVE) } else { 1.0 };
    while needed(width) > MOST_BINS {
        width *= 2.0;
    }
    let counts = vec![0; needed(width) as usize];
    Histogram { width, first: bin(range.min, width), counts }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn summary(pieces: &[&[f64]]) -> Summary {
        let mut range = Range::new();
        pieces.iter().for_each(|piece| range.add(piece));
        let mut sums = Sums::new(range);
        pieces.iter().for_each(|piece| sums.add(piece));
        sums.end()
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-12 * b.abs().max(1e-3), "{a} is not {b}");
    }

    #[test]
    fn figures_are_those_of_all_pieces_together() {
        let found = summary(&[&[-2.0, -0.5, 0.0], &[0.25, 0.0005, 4.0]]);
        // numpy: mean, std, linalg.norm
        close(found.mean, 0.29175);
        close(found.std, 1.816_672_410_159_116_5);
        close(found.frobenius, 4.506_939_122_064_996);
        assert_eq!((found.count, found.min, found.max), (6, -2.0, 4.0));
        close(found.near_zero, 2.0 / 6.0);
        assert_eq!(found.histogram.counts.iter().sum::<u64>(), 6);
    }

    #[test]
    fn values_that_are_not_finite_are_counted_and_left_out() {
        let found = summary(&[&[1.0, f64::NAN, 3.0], &[f64::INFINITY]]);
        assert_eq!((found.count, found.not_finite), (4, 2));
        close(found.mean, 2.0);
        close(found.std, 1.0);
        let none = summary(&[&[f64::NAN]]);
        assert!(none.mean.is_nan() && none.histogram.counts.is_empty());
        assert!(summary(&[]).std.is_nan());
    }

    #[test]
    fn huge_and_tiny_values_neither_overflow_nor_vanish() {
        let huge = summary(&[&[1e308, 1e308, -1e308]]);
        close(huge.frobenius / 1e308, 3f64.sqrt());
        let tiny = summary(&[&[5e-324, -5e-324]]);
        assert_eq!(tiny.histogram.counts.iter().sum::<u64>(), 2);
        let zeros = summary(&[&[0.0, 0.0]]);
        assert_eq!((zeros.std, zeros.frobenius, zeros.near_zero), (0.0, 0.0, 1.0));
    }

    #[test]
    fn a_histogram_is_that_of_its_values_looked_at_in_pieces() {
        let values = [-2.0, -0.5, f64::NAN, 0.25, 0.0005, 4.0, f64::INFINITY];
        let whole = Histogram::of(values.into_iter());
        assert_eq!(whole, summary(&[&values[..3], &values[3..]]).histogram);
        assert_eq!((whole.width, whole.first), (0.0625, -32));
        assert!(Histogram::of([f64::NAN].into_iter()).counts.is_empty());
    }

    proptest! {
        #[test]
        fn no_value_is_lost_from_the_histogram(
            values in prop::collection::vec(-1e3..1e3f64, 1..200), scale in -300..300i32
        ) {
            let values: Vec<f64> = values.iter().map(|v| v * 10f64.powi(scale)).collect();
            let found = summary(&[&values]);
            prop_assert_eq!(found.histogram.counts.iter().sum::<u64>(), values.len() as u64);
            prop_assert!(found.histogram.counts.len() <= 128);
        }
    }
}
