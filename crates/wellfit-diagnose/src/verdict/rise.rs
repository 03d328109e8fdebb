//! Whether a held-out cost has left its minimum for good, and by how much.
//!
//! The lowest of many noisy values is too low, so the rise from it is too high: by how much
//! depends on the curve. So the rise is not held against zero but against the rises that
//! chance makes of a curve that falls or levels off and never rises (a parametric bootstrap;
//! A. C. Davison and D. V. Hinkley, *Bootstrap Methods and their Application*, 1997, ch. 4):
//! the same fit picks the lowest point of each of them, too. The share of them that rise
//! less is the confidence: for a one-sided question it is the probability that the rise is
//! real, under a flat prior (G. Casella and R. L. Berger, JASA 82, 1987, 106–111).

use wellfit_random::{Key, Purpose};
use wellfit_stats::Normal;

use super::noise::{Noise, Normals, calmed};
use super::shape::{falling, valley};
use super::thresholds::{BEGUN, DRAWS, HALF_AGAIN, HARM, MARGIN, SLOWER};
use super::track::{mean, window};

/// What a held-out cost does after its lowest point. Levels are shares of the scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Rise {
    /// From the lowest point of the trend to its end, at least 0.
    pub amount: f64,
    /// The row of the lowest point, the latest of equals.
    pub low: usize,
    /// The first row within [`MARGIN`] of the lowest point.
    pub settled: usize,
    /// The row from which the trend is above its lowest point by more than [`BEGUN`] and
    /// noise, and stays there.
    pub since: Option<usize>,
    /// Probability that it has risen by more than [`MARGIN`].
    pub real: f64,
    /// Probability that it has not risen by [`HARM`].
    pub harmless: f64,
    /// The trend, averaged over [`window`] rows that begin at each row.
    trend: Vec<f64>,
    rows: usize,
}

impl Rise {
    /// Judges the levels of a cost, at least one.
    pub fn of(levels: &[f64], noise: &Noise) -> Rise {
        let rows = levels.len();
        let wide = window(rows);
        let calm = calmed(levels, noise.jitter);
        let fit = valley(&calm);
        let trend = averaged(&fit, wide);
        let amount = rise(&trend);
        let low = latest_lowest(&fit);
        let clear = fit[low] + BEGUN.max(2.0 * noise.jitter / (wide as f64).sqrt());
        let since = (low..rows).find(|&row| fit[row] > clear);
        Rise {
            amount,
            low,
            settled: fit.iter().position(|&level| level <= fit[low] + MARGIN).unwrap_or(low),
            since,
            real: 1.0 - by_chance(&falling(&calm), noise, amount - MARGIN),
            harmless: harmless(&trend, noise, rows),
            trend,
            rows,
        }
    }

    /// How much the trend fell over its last `distance` rows, and the standard deviation of
    /// that.
    pub fn fall(&self, noise: &Noise, distance: usize) -> (f64, f64) {
        let end = self.trend.len() - 1;
        let distance = distance.min(end);
        let error = noise.of_difference(window(self.rows), distance, self.rows);
        (self.trend[end - distance] - self.trend[end], error)
    }

    /// Where the trend ends, above the lowest value.
    pub fn end(&self) -> f64 {
        self.trend[self.trend.len() - 1]
    }

    /// The standard deviation of the rise from the lowest point, and the part of it that
    /// the validation set's luck has.
    pub fn error(&self, noise: &Noise) -> (f64, f64) {
        // A curve that is lowest at its end is looked at over half the run.
        let distance = (self.rows - 1 - self.low).max(self.rows / 2);
        let walk = noise.sampling.error * (distance as f64 / self.rows as f64).sqrt();
        (noise.of_difference(window(self.rows), distance, self.rows), walk)
    }
}

/// How many times the fall over the last quarter of a curve it would fall over as many rows as
/// it has, from its falls over the last two quarters: half as much again, as a loss does that
/// goes with 1/t (one that goes with 1/√t does nearly twice as much), or more where it does
/// not slow down. A quarter has `quarter` of `rows` rows.
pub fn to_come([before, last]: [f64; 2], quarter: usize, rows: usize) -> f64 {
    let slower = if before > last { last / before } else { 1.0 }.clamp(0.0, SLOWER);
    let quarters = rows.div_ceil(quarter.max(1)).min(8) as i32;
    let series: f64 = (1..=quarters).map(|quarter| slower.powi(quarter)).sum();
    series.max(HALF_AGAIN)
}

/// The distance in standard deviations at which a one-sided question is settled with
/// [`LIKELY`](super::thresholds::LIKELY).
pub const LIKELY_Z: f64 = 0.8416;

fn averaged(fit: &[f64], wide: usize) -> Vec<f64> {
    fit.windows(wide).map(mean).collect()
}

fn lowest(trend: &[f64]) -> f64 {
    trend.iter().copied().fold(f64::INFINITY, f64::min)
}

fn latest_lowest(fit: &[f64]) -> usize {
    let rows = fit.iter().enumerate().rev();
    rows.min_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(row, _)| row)
}

/// How far a trend's end lies above its lowest point.
fn rise(trend: &[f64]) -> f64 {
    trend[trend.len() - 1] - lowest(trend)
}

/// The share of curves around a trend without rise that chance lets rise at least so far.
fn by_chance(trend: &[f64], noise: &Noise, least: f64) -> f64 {
    if least <= 0.0 {
        return 1.0;
    }
    let wide = window(trend.len());
    let rises = |draw: &u64| {
        let key = Key { seed: 0, purpose: Purpose::Bootstrap, layer: 0, step: *draw };
        let levels = noise.draw(trend, &mut Normals::new(key.stream()));
        let fit = valley(&calmed(&levels, noise.jitter));
        rise(&averaged(&fit, wide)) >= least
    };
    let rising = (0..DRAWS as u64).filter(rises).count();
    (rising + 1) as f64 / (DRAWS + 1) as f64
}

/// The least probability, over all earlier points, that the end lies less than [`HARM`]
/// above.
fn harmless(trend: &[f64], noise: &Noise, rows: usize) -> f64 {
    let end = trend.len() - 1;
    let wide = window(rows);
    let from = |start: usize| {
        let error = noise.of_difference(wide, end - start, rows);
        below((HARM - (trend[end] - trend[start])) / error)
    };
    (0..end).map(from).fold(1.0, f64::min)
}

/// P(Z < z) for a standard normal Z; an error of zero gives 0, ½ or 1.
pub fn below(z: f64) -> f64 {
    if z.is_nan() { 0.5 } else { 1.0 - Normal::upper_tail(z) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::noise::{Known, Sampling};

    fn noise(jitter: f64, sampling: f64) -> Noise {
        let sampling = Sampling { error: sampling, level: sampling, known: Known::Nothing };
        Noise { jitter, freedom: 10.0, sampling }
    }

    fn course(lowest: usize, rise: f64) -> Vec<f64> {
        let fall = |row: usize| (lowest - row) as f64 / lowest as f64;
        let climb = |row: usize| rise * (row - lowest) as f64 / (29 - lowest) as f64;
        (0..30).map(|row| if row <= lowest { fall(row) } else { climb(row) }).collect()
    }

    #[test]
    fn a_plain_rise_is_real_and_its_beginning_is_found() {
        let rise = Rise::of(&course(9, 0.4), &noise(0.01, 0.0));
        assert!(rise.real > 0.99 && rise.harmless < 0.01, "{rise:?}");
        assert!((8..=10).contains(&rise.low) && (10..=12).contains(&rise.since.unwrap()));
        assert!((0.3..0.4).contains(&rise.amount), "{}", rise.amount);
    }

    #[test]
    fn a_fall_has_no_rise_at_all() {
        let rise = Rise::of(&course(29, 0.0), &noise(0.01, 0.0));
        assert_eq!((rise.amount, rise.real, rise.since), (0.0, 0.0, None));
        assert!(rise.harmless > 0.99);
        let (fall, error) = rise.fall(&noise(0.01, 0.0), 7);
        assert!((fall - 7.0 / 29.0).abs() < 1e-9 && error < 0.01);
    }

    #[test]
    fn few_validation_samples_leave_the_same_rise_open() {
        let few = Rise::of(&course(9, 0.4), &noise(0.01, 0.6));
        assert!(few.real < 0.95 && few.harmless < 0.8, "{few:?}");
    }

    #[test]
    fn what_is_likely_is_so_many_deviations_away() {
        assert!((below(LIKELY_Z) - crate::verdict::thresholds::LIKELY).abs() < 1e-4);
    }

    #[test]
    fn one_row_is_no_rise() {
        let rise = Rise::of(&[0.0], &noise(0.01, 0.0));
        assert_eq!((rise.amount, rise.real, rise.harmless), (0.0, 0.0, 1.0));
    }
}
