//! What chance does to a curve: jitter from row to row, and the luck of the validation set.

use wellfit_random::Stream;
use wellfit_runs::{Curves, ScoreKind};
use wellfit_stats::{Sample, StudentT};

use super::size::from_accuracies;
use super::thresholds::{
    ASSUMED_SIZE, CLIP, DIFFERENCE_WORTH, HARM, LOSS_WORTH, OTHER_NETWORK, PAIRED, PRIOR_JITTER,
    PRIOR_ROWS, SPREAD, SPREAD_OF_WRONG,
};
use super::track::{FARTHEST, Track, median};

/// The noise of a held-out column in shares of its [scale](Track::scale).
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    /// Standard deviation of the independent jitter of each row.
    pub jitter: f64,
    /// Degrees of freedom with which it is known.
    pub freedom: f64,
    /// The luck of the validation set.
    pub sampling: Sampling,
}

/// What the choice of validation samples adds. Rows are measured on the same samples, so it
/// is the same for all of them but for what the network changed in between: a random walk,
/// whose steps a curve does not show.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// Standard deviation of the difference between the first and the last row, in shares.
    pub error: f64,
    /// Standard error of the last row's figure itself, in shares.
    pub level: f64,
    /// How it is known.
    pub known: Known,
}

/// Where the sampling noise is known from.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// From the same samples at two rows.
    Pairs(Pairs),
    /// From the spread of single losses at one row; so many samples.
    Spread(usize),
    /// From the size of the validation set, as the run or its reader gives it.
    Size(usize),
    /// From the size that the steps of its accuracies give away.
    Steps(usize),
    /// From a size that is assumed.
    Assumed(usize),
    /// Nothing is known; it counts as none.
    Nothing,
}

impl Known {
    /// Validation samples, where known for sure.
    pub fn samples(&self) -> Option<usize> {
        match self {
            Known::Pairs(pairs) => Some(pairs.n),
            Known::Spread(n) | Known::Size(n) => Some(*n),
            Known::Steps(_) | Known::Assumed(_) | Known::Nothing => None,
        }
    }

    /// Validation samples that are counted with, known, guessed or assumed.
    pub fn counted(&self) -> Option<usize> {
        match self {
            Known::Steps(n) | Known::Assumed(n) => Some(*n),
            known => known.samples(),
        }
    }

    /// Degrees of freedom with which the luck is known: a few losses may all be small ones.
    pub fn freedom(&self) -> f64 {
        self.counted()
            .map_or(f64::INFINITY, |n| (LOSS_WORTH * (n.max(1) as f64 - 1.0)).max(FEWEST_FREEDOM))
    }

    /// P(T < t) of a difference in units of its standard error.
    pub fn below(&self, t: f64) -> f64 {
        if t.is_nan() { 0.5 } else { 1.0 - StudentT::new(self.freedom()).upper_tail(t) }
    }
}

/// One degree of freedom, as a single difference has, is the least there is.
const FEWEST_FREEDOM: f64 = 1.0;

/// Losses of the same samples at two rows, later − earlier, in the loss's unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    /// Samples.
    pub n: usize,
    /// Mean difference.
    pub rise: f64,
    /// Its standard error.
    pub error: f64,
    /// The rows.
    pub at: [f64; 2],
}

/// What a column is: its noise is estimated accordingly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// A loss.
    Loss,
    /// A score, as a cost.
    Score,
}

impl Noise {
    /// The noise of a held-out cost.
    pub fn of(curves: &Curves, judged: Judged, track: &Track, levels: &[f64]) -> Noise {
        let (jitter, freedom) = jitter(levels);
        Noise { jitter, freedom, sampling: sampling(curves, judged, track) }
    }

    /// The standard deviation of the difference between the means of `window` rows each that
    /// stand `distance` of `rows` rows apart.
    pub fn of_difference(&self, window: usize, distance: usize, rows: usize) -> f64 {
        let walk = self.sampling.error.powi(2) * distance as f64 / rows as f64;
        (2.0 * self.jitter.powi(2) / window as f64 + walk).sqrt()
    }

    /// The probability that the validation set is large enough to tell a network from another
    /// that is better or worse by [`HARM`].
    pub fn tells(&self) -> f64 {
        let luck = OTHER_NETWORK * self.sampling.level;
        2.0 * self.sampling.known.below(HARM / luck) - 1.0
    }

    /// The same with another number of validation samples, where it counts any.
    pub fn with_samples(&self, n: usize) -> Noise {
        let Sampling { error, level, known } = &self.sampling;
        let share = known.counted().map_or(1.0, |counted| (counted as f64 / n as f64).sqrt());
        let sampling =
            Sampling { error: share * error, level: share * level, known: Known::Size(n) };
        Noise { sampling, ..self.clone() }
    }

    /// A curve that chance makes of `trend`.
    pub fn draw(&self, trend: &[f64], normal: &mut Normals) -> Vec<f64> {
        let jitter = self.jitter * (self.freedom / normal.chi_squared(self.freedom)).sqrt();
        let luck = match self.sampling.known.freedom() {
            freedom if freedom.is_finite() => (freedom / normal.chi_squared(freedom)).sqrt(),
            _ => 1.0,
        };
        let step = luck * self.sampling.error / (trend.len() as f64).sqrt();
        let mut walk = 0.0;
        let mut row = |level: &f64| {
            walk += step * normal.next();
            level + walk + jitter * normal.next()
        };
        trend.iter().map(&mut row).collect()
    }
}

/// The standard deviation of each row's jitter, and with how many degrees of freedom.
pub fn jitter(levels: &[f64]) -> (f64, f64) {
    let differences: Vec<f64> = levels.windows(4).map(third_difference).collect();
    let seen = differences.len() as f64 * DIFFERENCE_WORTH;
    let freedom = PRIOR_ROWS + seen;
    let spread = if differences.is_empty() { 0.0 } else { robust_spread(differences) };
    let variance = (PRIOR_ROWS * PRIOR_JITTER.powi(2) + seen * spread.powi(2)) / freedom;
    (variance.sqrt(), freedom)
}

/// Jitter without trend: differences of third order leave nothing of a parabola, and have
/// the jitter's own variance when divided by √(1 + 9 + 9 + 1). P. Hall, J. W. Kay and
/// D. M. Titterington, *Asymptotically optimal difference-based estimation of variance in
/// nonparametric regression*, Biometrika 77 (1990) 521–528.
fn third_difference(rows: &[f64]) -> f64 {
    (rows[3] - 3.0 * rows[2] + 3.0 * rows[1] - rows[0]) / 20f64.sqrt()
}

/// The standard deviation of normal numbers around 0 from the median of their sizes
/// (F. R. Hampel, *The influence curve and its role in robust estimation*, JASA 69, 1974).
fn robust_spread(values: Vec<f64>) -> f64 {
    1.4826 * median(values.into_iter().map(f64::abs).collect())
}

/// The values with rows that stand out pulled towards their neighbours: at most [`CLIP`]
/// standard deviations from the median of up to five rows around each (Hampel's filter). An
/// end may also lie where a straight line through the two rows beside it goes.
pub fn calmed(levels: &[f64], jitter: f64) -> Vec<f64> {
    let n = levels.len();
    let most = CLIP * jitter;
    let end = |end: f64, beside: f64, next: f64| {
        let (middle, line) = (median(vec![end, beside, next]), 2.0 * beside - next);
        end.clamp(middle.min(line) - most, middle.max(line) + most)
    };
    let row = |row: usize| match row {
        0 => end(levels[0], levels[1], levels[2]),
        _ if row == n - 1 => end(levels[n - 1], levels[n - 2], levels[n - 3]),
        _ => {
            let reach = 2.min(row).min(n - 1 - row);
            let middle = median(levels[row - reach..=row + reach].to_vec());
            levels[row].clamp(middle - most, middle + most)
        }
    };
    if n < 5 { levels.to_vec() } else { (0..n).map(row).collect() }
}

/// The luck of the validation set, at most as far as levels go: a spread of losses over a
/// scale next to 0 must not overflow.
fn sampling(curves: &Curves, judged: Judged, track: &Track) -> Sampling {
    let Sampling { error, level, known } = sampling_in_shares(curves, judged, track);
    Sampling { error: error.min(FARTHEST), level: level.min(FARTHEST), known }
}

fn sampling_in_shares(curves: &Curves, judged: Judged, track: &Track) -> Sampling {
    let end = track.end();
    let level = |n: usize| match (judged, curves.score) {
        (Judged::Loss, _) => Some(spread_of_losses(curves, n) * end.abs() / (n as f64).sqrt()),
        (Judged::Score, ScoreKind::Accuracy) => {
            Some((end * (1.0 - end) / n as f64).max(0.0).sqrt())
        }
        (Judged::Score, ScoreKind::Rises | ScoreKind::Falls) => None,
    };
    let by_size = || {
        let (n, known) = size(curves);
        let level = level(n)? / track.scale();
        Some(Sampling { error: PAIRED * level, level, known })
    };
    let by_samples = from_samples(curves, track).filter(|_| judged == Judged::Loss);
    let nothing = Sampling { error: 0.0, level: 0.0, known: Known::Nothing };
    by_samples.or_else(by_size).unwrap_or(nothing)
}

/// How many validation samples there are, and how that is known.
fn size(curves: &Curves) -> (usize, Known) {
    if let Some(n) = curves.val_size.filter(|&n| n > 0) {
        return (n, Known::Size(n));
    }
    let accuracies = curves.val_score.as_ref().filter(|_| curves.score == ScoreKind::Accuracy);
    let accuracies: Vec<f64> =
        accuracies.into_iter().flat_map(|column| column.values.iter().flatten().copied()).collect();
    match from_accuracies(&accuracies) {
        Some(n) => (n, Known::Steps(n)),
        None => (ASSUMED_SIZE, Known::Assumed(ASSUMED_SIZE)),
    }
}

/// From single losses: of two rows where they are apart, else from their spread in one.
fn from_samples(curves: &Curves, track: &Track) -> Option<Sampling> {
    let samples = curves.samples.as_ref()?;
    let losses = |losses: &[f32]| losses.iter().map(|&loss| f64::from(loss)).collect();
    let last = Sample::new(losses(&samples.last)).ok()?;
    let scale = track.scale();
    let n = last.n();
    let level = last.standard_error()? / scale;
    let (best, end) = (track.row(samples.best_at), track.row(samples.last_at));
    if best < end && samples.best.len() == n {
        let later = samples.last.iter().zip(&samples.best);
        let differences = later.map(|(last, best)| f64::from(*last) - f64::from(*best));
        let differences = Sample::new(differences.collect()).ok()?;
        let (rise, error) = (differences.mean(), differences.standard_error()?);
        let share = (end - best) as f64 / track.len() as f64;
        let pairs = Pairs { n, rise, error, at: [samples.best_at, samples.last_at] };
        let error = error / scale / share.sqrt();
        return Some(Sampling { error, level, known: Known::Pairs(pairs) });
    }
    Some(Sampling { error: PAIRED * level, level, known: Known::Spread(n) })
}

/// The standard deviation of single losses as a share of their mean.
fn spread_of_losses(curves: &Curves, n: usize) -> f64 {
    let accuracy = match curves.score {
        ScoreKind::Accuracy => Track::of(curves, curves.val_score.as_ref()),
        ScoreKind::Rises | ScoreKind::Falls => None,
    };
    accuracy.map_or(SPREAD, |accuracy| {
        // Not even one wrong sample seen is as if there were one.
        let wrong = (1.0 - accuracy.end()).clamp(1.0 / n as f64, 1.0);
        SPREAD_OF_WRONG / wrong.sqrt()
    })
}

/// Random numbers that noise is made of.
pub struct Normals(Stream);

impl Normals {
    /// From random bits.
    pub fn new(stream: Stream) -> Normals {
        Normals(stream)
    }

    /// The next normal number.
    pub fn next(&mut self) -> f64 {
        self.0.normal()
    }

    /// A χ² number by E. B. Wilson and M. M. Hilferty's cube (1931).
    fn chi_squared(&mut self, freedom: f64) -> f64 {
        let spread = 2.0 / (9.0 * freedom);
        let root = 1.0 - spread + self.next() * spread.sqrt();
        // The cube fails where χ² is next to 0.
        freedom * root.max(0.3).powi(3)
    }
}

#[cfg(test)]
mod tests {
    use wellfit_random::{Key, Purpose};

    use super::*;

    fn normals() -> Normals {
        Normals::new(Key { seed: 1, purpose: Purpose::Synthetic, layer: 0, step: 0 }.stream())
    }

    #[test]
    fn jitter_is_found_under_a_bent_trend() {
        let mut normal = normals();
        let rows = 200;
        let bent = |row: usize| 2.0 * (1.0 - row as f64 / rows as f64).powi(2);
        let levels: Vec<f64> = (0..rows).map(|row| bent(row) + 0.1 * normal.next()).collect();
        let differences = levels.windows(4).map(third_difference).collect();
        let spread = robust_spread(differences);
        assert!((0.08..0.12).contains(&spread), "{spread}");
    }

    #[test]
    fn normal_and_chi_squared_numbers_have_their_moments() {
        let mut normal = normals();
        let moments = |values: Vec<f64>| {
            let sample = Sample::new(values).unwrap();
            (sample.mean(), sample.std().unwrap())
        };
        let (mean, std) = moments((0..20_000).map(|_| normal.next()).collect());
        assert!(mean.abs() < 0.03 && (std - 1.0).abs() < 0.03, "{mean} {std}");
        let (mean, std) = moments((0..20_000).map(|_| normal.chi_squared(8.0)).collect());
        assert!((mean - 8.0).abs() < 0.15 && (std - 4.0).abs() < 0.15, "{mean} {std}");
    }

    #[test]
    fn a_single_spike_is_pulled_back_and_a_slope_is_left_alone() {
        let spike = [1.0, 1.0, 1.0, 9.0, 1.0, 1.0, 1.0];
        assert_eq!(calmed(&spike, 0.1)[3], 1.3);
        let last = [1.0, 1.0, 1.0, 1.0, 9.0];
        assert_eq!(calmed(&last, 0.1)[4], 1.3);
        let slope: Vec<f64> = (0..9).map(f64::from).collect();
        assert_eq!(calmed(&slope, 0.1), slope);
        assert_eq!(calmed(&[1.0, 9.0], 0.1), [1.0, 9.0]);
    }
}
