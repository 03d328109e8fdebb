//! What a comparison says.

use wellfit_stats::{Estimate, format};

use super::figures::Outcome;
use super::{Compared, Comparison, Margin, Measure, Pairing, Side};
use crate::Judgement;
use crate::arms::{MANY, MoreSeeds};
use crate::words::{percent, plural, points};

/// The judgement in a sentence: `HELPS: A's validation loss is 0.026 [0.021, 0.031] lower than
/// B's (5 seeds)`.
pub(super) fn headline(comparison: &Comparison) -> String {
    let primary = comparison.primary();
    let word = comparison.judgement.word().to_uppercase();
    if !primary.difference.is_known() {
        let why = match comparison.judgement {
            Judgement::Hurts => "every run of A diverged and none of B's did",
            _ if primary.sides.iter().all(Estimate::is_known) => {
                "no two runs that ended are a pair"
            }
            _ => "no run of one side has a figure to compare",
        };
        return format!("{word}: {why}");
    }
    let effect = format!("{} ({})", effect(primary), over(comparison));
    let but = but(comparison);
    match comparison.judgement {
        Judgement::Helps | Judgement::Hurts => format!("{word}: {effect}{but}"),
        Judgement::OverRegularised => {
            format!("{word}: {}: {effect}{but}", comparison.judgement.meaning())
        }
        Judgement::NoUsefulDifference => {
            format!("{word}: {effect}{but}: within {}", comparison.margin_words)
        }
        Judgement::Undecided => {
            let more = more(comparison);
            format!("{word}: {effect}{but}; {more} would settle it")
        }
    }
}

/// `A's validation loss is 0.026 [0.021, 0.031] lower than B's`.
fn effect(figure: &Compared) -> String {
    let (words, difference) = (&figure.words, &figure.difference);
    if difference.mean == 0.0 && difference.error == 0.0 {
        return format!("A's {words} is the same as B's");
    }
    let (amount, way) = match difference.mean {
        mean if mean < 0.0 => (difference.scaled(-1.0), "lower"),
        _ => (difference.clone(), "higher"),
    };
    format!("A's {words} is {} {way} than B's", amount_of(figure, &amount))
}

fn amount_of(figure: &Compared, difference: &Estimate) -> String {
    if figure.share { points(difference) } else { format::estimate(difference) }
}

/// A figure of a side: `0.298 [0.296, 0.300]`, `90.0 [89.8, 90.2] %`.
pub(super) fn side_figure(figure: &Compared, side: usize) -> String {
    let value = &figure.sides[side];
    if figure.share && figure.key != "gap" { percent(value) } else { amount_of(figure, value) }
}

/// A − B: `−0.027 [−0.031, −0.023]`.
pub(super) fn difference(figure: &Compared) -> String {
    amount_of(figure, &figure.difference)
}

/// What an interval is over: `5 seeds`, `1 pair: no interval`, `5 runs against 4`.
fn over(comparison: &Comparison) -> String {
    let primary = comparison.primary();
    let n = primary.difference.n;
    let values = match comparison.pairing {
        Pairing::Seeds { .. } => plural(n, "seed"),
        Pairing::Order { .. } => plural(n, "pair"),
        Pairing::Folds { .. } => plural(n, "fold"),
        Pairing::None => {
            let [a, b] = [0, 1].map(|side| primary.sides[side].n);
            format!("{} against {b}", plural(a, "run"))
        }
    };
    let none = if primary.difference.has_interval() { "" } else { ": no interval" };
    format!("{values}{none}")
}

/// What would settle it: `about 4 more seeds`.
pub(super) fn more(comparison: &Comparison) -> String {
    let (noun, a_side) = match comparison.pairing {
        Pairing::Seeds { .. } => ("seed", ""),
        Pairing::Order { .. } => ("pair", ""),
        Pairing::Folds { .. } => ("fold", ""),
        Pairing::None => ("run", " a side"),
    };
    match comparison.more {
        None | Some(MoreSeeds::Some) => {
            format!("more {noun}s{a_side} (five are a good start)")
        }
        Some(MoreSeeds::About(n)) => {
            let s = if n == 1 { "" } else { "s" };
            format!("about {n} more {noun}{s}{a_side}")
        }
        Some(MoreSeeds::Many) => format!("more than {MANY} more {noun}s{a_side}"),
    }
}

/// `±0.0032 (1 % of B's mean)`.
pub(super) fn margin_words(measure: &Measure, width: f64, margin: Margin) -> String {
    let width = if measure.is_share() {
        format!("±{} points", short(width * 100.0))
    } else {
        format!("±{}", short(width))
    };
    let of = match measure.higher_is_better() {
        true => "what B's mean lacks",
        false => "B's mean",
    };
    match margin {
        Margin::Absolute(_) => width,
        Margin::Share(part) => format!("{width} ({} % of {of})", short(part * 100.0)),
    }
}

/// Three digits without zeros at the end: `0.004`, `1`.
fn short(value: f64) -> String {
    let digits = format::three_digits(value);
    match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits,
    }
}

/// `, but …` for figures that say something else than the measure: clearly on the other side
/// of zero.
fn but(comparison: &Comparison) -> String {
    let gain = comparison.primary().gain();
    let says_otherwise = |figure: &&Compared| {
        let other = figure.gain();
        gain.is_above(0.0) && other.is_below(0.0) || gain.is_below(0.0) && other.is_above(0.0)
    };
    let held = comparison.compared[1..].iter().filter(|figure| figure.key != "gap");
    let all: Vec<String> = held.filter(says_otherwise).map(effect).collect();
    if all.is_empty() { String::new() } else { format!(", but {}", all.join(" and ")) }
}

/// What became of the runs that did not end: `a.csv diverged`.
pub(super) fn lost(side: &Side) -> Vec<String> {
    let runs = side.entries.iter().zip(&side.outcomes);
    let lost = runs.filter_map(|(entry, outcome)| {
        let name = &entry.curves.name;
        match outcome {
            Outcome::Ended(_) => None,
            Outcome::Diverged => Some(format!("{name} diverged")),
            Outcome::Unfinished(what) => Some(format!("{name}: {what}")),
        }
    });
    lost.collect()
}
