//! What casts doubt on a difference that seems sure, in words that studies and comparisons
//! share.

use wellfit_stats::{CONFIDENCE, Estimate, Interval, format};

use crate::{Judgement, words};

/// What is said of a single seed or run.
pub const NO_INTERVAL: &str = "no interval, so chance cannot be told from effect";

/// What intervals cover.
pub fn covers(what: &str) -> String {
    format!("95 % intervals cover {what}")
}

/// Whether the seeds' interval is clear of zero and the one that counts the validation
/// samples' chance in, too, is not. `points`: differences of accuracies.
pub fn data_chance(difference: &Estimate, with_data: &Estimate, points: bool) -> Option<String> {
    let clear = |e: &Estimate| e.is_above(0.0) || e.is_below(0.0);
    (clear(difference) && !clear(with_data)).then(|| {
        format!(
            "with the chance of the validation samples counted in, the difference is {}, which \
             includes zero",
            shown(with_data, points)
        )
    })
}

/// The fewest pairs of which a test by signs can reach 5 %.
const LEAST_FOR_SIGNS: usize = 6;

/// Whether a difference was found by a normal distribution that the pairs do not look like:
/// what assumes none, the bootstrap or a test by signs, does not find it.
pub fn uneven(
    judgement: Judgement,
    difference: &Estimate,
    bootstrap: Option<Interval>,
    sign_flip_p: Option<f64>,
    points: bool,
) -> Option<String> {
    if !judgement.is_difference() {
        return None;
    }
    let interval = bootstrap.filter(|b| b.low <= 0.0 && b.high >= 0.0).map(|b| {
        let wide = Estimate { low: b.low, high: b.high, ..difference.clone() };
        format!("by the bootstrap the difference is {}, which includes zero", shown(&wide, points))
    });
    let signs = sign_flip_p.filter(|&p| p > 1.0 - CONFIDENCE && difference.n >= LEAST_FOR_SIGNS);
    let signs = signs.map(|p| {
        let share = format::three_digits(p * 100.0);
        format!("{share} % of all choices of signs give as large a difference")
    });
    let both: Vec<String> = interval.into_iter().chain(signs).collect();
    (!both.is_empty()).then(|| {
        format!(
            "the differences are too uneven to rely on a normal distribution: {}",
            both.join(", and ")
        )
    })
}

/// A difference: of accuracies in points.
fn shown(difference: &Estimate, points: bool) -> String {
    if points { words::points(difference) } else { format::estimate(difference) }
}
