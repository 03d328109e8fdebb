//! Two sides of runs that exist, wherever they come from: is A better than B?
//!
//! | file | in → out |
//! |---|---|
//! | `entry` | a run's curves, or a record → what is known of a run on one side |
//! | `measure` | both sides → which held-out figure can be compared, and by which margin |
//! | `figures` | a run → the figures it is compared by, or how it was lost |
//! | `pairing` | both sides → which runs belong together |
//! | `notes` | all of them → what to know before trusting it |
//! | `words` | a comparison → its headline |
//! | `render` | a comparison → text and JSON |
//! | `gate` | a judgement → whether a pipeline may go on |

mod entry;
mod figures;
mod gate;
mod measure;
mod notes;
mod pairing;
mod render;
mod words;

pub use entry::Entry;
pub use gate::{JudgementGate, JudgementGateError};
pub use measure::{Margin, MarginError, Measure, Primary};
pub use pairing::{Pairing, PairingRule};
pub use render::{COMPARISON_SCHEMA, comparison_json, comparison_text};

use thiserror::Error;
use wellfit_runs::Unit;
use wellfit_stats::{Estimate, Interval, Spread, bootstrap, resampled, sign_flip, unpaired};
use wellfit_study::JudgeAt;

use crate::Judgement;
use crate::arms::{MoreSeeds, SEED, judged, more_seeds, more_values};
use figures::{Figures, Outcome, Ruler};

/// What a comparison goes by.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareOptions {
    /// The figure; validation loss where every run has one when `None`.
    pub primary: Option<Primary>,
    /// The epoch: the kept one (or, where no run says, the best by the figure) or the last.
    pub judge_at: JudgeAt,
    /// Which runs belong together.
    pub pairing: PairingRule,
    /// Differences within it are of no use.
    pub margin: Margin,
}

impl Default for CompareOptions {
    fn default() -> CompareOptions {
        CompareOptions {
            primary: None,
            judge_at: JudgeAt::Best,
            pairing: PairingRule::Found,
            margin: Margin::default(),
        }
    }
}

/// What two sides of runs say of each other.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What A is against B.
    pub judgement: Judgement,
    /// The judgement in a sentence with its figures.
    pub headline: String,
    /// What the sides are judged by.
    pub measure: Measure,
    /// At which epoch.
    pub judge_at: JudgeAt,
    /// Which runs belong together.
    pub pairing: Pairing,
    /// The equivalence margin in the measure's unit; NaN where B has no figure.
    pub margin: f64,
    /// The margin in words: `±0.0032 (1 % of B's mean)`.
    pub margin_words: String,
    /// What was compared: the measure first, then what else there is of it.
    pub compared: Vec<Compared>,
    /// What the judgement goes by, and what checks it.
    pub tests: SideTests,
    /// How many more would settle it; `None` once it is settled.
    pub(crate) more: Option<MoreSeeds>,
    /// The runs of A and of B.
    pub sides: [Vec<SideRun>; 2],
    /// What to know before trusting it.
    pub notes: Vec<String>,
}

impl Comparison {
    /// About how many more runs a side (of one side and its partners, where runs are
    /// paired) would settle the judgement; `None` when it is settled, when the spread is
    /// not known, or when more than 100 are needed.
    pub fn more_runs(&self) -> Option<usize> {
        match self.more? {
            MoreSeeds::About(n) => Some(n),
            MoreSeeds::Some | MoreSeeds::Many => None,
        }
    }

    /// The measure on both sides and the difference; there is always one.
    pub fn primary(&self) -> &Compared {
        &self.compared[0]
    }
}

/// A figure on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// What it is: `val_loss`, `last_val_loss`, `gap`…
    pub key: &'static str,
    /// In words: `validation loss`, `validation loss at the last epoch`, `gap in score`…
    pub words: String,
    /// Whether it is to rise.
    pub rises: bool,
    /// Whether it is a share of samples, shown in per cent and its differences in points.
    pub share: bool,
    /// Over the runs of A and of B that ended.
    pub sides: [Estimate; 2],
    /// A − B, by the pairing.
    pub difference: Estimate,
}

impl Compared {
    /// The difference, turned so that more is better.
    fn gain(&self) -> Estimate {
        self.difference.scaled(if self.rises { 1.0 } else { -1.0 })
    }
}

/// Tests of the difference in the measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SideTests {
    /// p of "it is within the margin"; NaN without an interval.
    pub p_beyond: f64,
    /// p of "it is beyond the margin" ([`Estimate::p_within`]).
    pub p_within: f64,
    /// Its interval by the bootstrap over pairs ([`bootstrap`]); `None` with fewer than
    /// five, and for folds or runs without pairs.
    pub bootstrap: Option<Interval>,
    /// p of a test by signs ([`sign_flip`]) over pairs.
    pub sign_flip_p: Option<f64>,
}

/// A run of one side.
#[derive(Clone, Debug, PartialEq)]
pub struct SideRun {
    /// What it is called.
    pub name: String,
    /// Who wrote it.
    pub origin: String,
    /// Its seed, where it is known.
    pub seed: Option<u64>,
    /// What its rows count.
    pub unit: Unit,
    /// What it came to.
    pub state: RunEnd,
    /// The row that it is judged at.
    pub judged_at: Option<f64>,
    /// The measure there.
    pub figure: Option<f64>,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// It ended and has figures.
    Ended,
    /// Its loss was NaN or infinite, or ended where nothing was learned.
    Diverged,
    /// It was interrupted or failed: what happened.
    Unfinished(String),
}

/// Why nothing can be compared.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum CompareError {
    /// A side without a run.
    #[error("{side} has no run")]
    NoRun {
        /// `A` or `B`.
        side: char,
    },
    /// A run counts twice.
    #[error(
        "{side}: {first} and {second} have the same figures, row by row: a copy of a run, or the \
         same seed again, says nothing new and would make chance look small"
    )]
    Copies {
        /// `A` or `B`.
        side: char,
        /// The first of them.
        first: String,
        /// The one like it.
        second: String,
    },
    /// No held-out figure that every run has.
    #[error("no held-out figure of one kind is in every run: {found}")]
    NoFigure {
        /// What the runs have.
        found: String,
    },
    /// No run of a side ended.
    #[error("{side}: no run has ended: {what}")]
    NothingEnded {
        /// `A` or `B`.
        side: char,
        /// What became of them.
        what: String,
    },
    /// Runs cannot be paired in their order.
    #[error("runs are paired in their order, but A has {a} and B has {b}")]
    Unequal {
        /// Runs of A.
        a: usize,
        /// Runs of B.
        b: usize,
    },
    /// The runs are not so many folds.
    #[error(
        "{n} runs a side are no whole number of repeats of {folds} folds; at least 2 folds are \
         needed"
    )]
    Folds {
        /// Runs a side.
        n: usize,
        /// Folds that were asked for.
        folds: usize,
    },
}

/// Compares the runs of `a` with those of `b`. What can be measured in every run is
/// compared; what was lost is counted and said.
///
/// # Errors
///
/// [`CompareError`] says why the runs cannot be compared.
pub fn compare(
    a: &[Entry],
    b: &[Entry],
    options: &CompareOptions,
) -> Result<Comparison, CompareError> {
    check(a, 'A')?;
    check(b, 'B')?;
    let chosen = measure::choose(a, b, options.primary)?;
    let ruler = Ruler::of(a, b, &chosen.measure, options.judge_at);
    let sides = [a, b].map(|side| Side::of(side, &ruler));
    for (side, name) in sides.iter().zip(['A', 'B']) {
        side.check(name)?;
    }
    let pairing = Pairing::of(a, b, options.pairing)?;
    let both = Both { sides: &sides, pairing: &pairing };

    let compared = both.compared(&ruler);
    let primary = &compared[0];
    let margin = options.margin.of(&chosen.measure, primary.sides[1].mean);
    let gain = primary.gain();
    let tests = both.tests(&primary.difference, margin);
    let gap = compared.iter().find(|figure| figure.key == "gap");
    let smaller = gap.is_some_and(|gap| gap.difference.is_below(0.0));
    let judgement = if sides[0].only_diverged() && sides[1].is_steady() {
        Judgement::Hurts
    } else {
        judged(&gain, [tests.p_beyond, tests.p_within], smaller)
    };
    let open = judgement == Judgement::Undecided;
    let more = open.then(|| both.more(&primary.difference, margin));
    let mut comparison = Comparison {
        judgement,
        headline: String::new(),
        measure: chosen.measure.clone(),
        judge_at: options.judge_at,
        margin,
        margin_words: words::margin_words(&chosen.measure, margin, options.margin),
        tests,
        more,
        sides: [0, 1].map(|side| sides[side].runs()),
        notes: Vec::new(),
        compared,
        pairing: pairing.clone(),
    };
    comparison.headline = words::headline(&comparison);
    comparison.notes = notes::notes(&comparison, &both, chosen.note);
    Ok(comparison)
}

/// A side has runs, and each counts once.
fn check(side: &[Entry], name: char) -> Result<(), CompareError> {
    if side.is_empty() {
        return Err(CompareError::NoRun { side: name });
    }
    for (i, first) in side.iter().enumerate() {
        if let Some(second) = side[i + 1..].iter().find(|other| first.is_copy_of(other)) {
            let (first, second) = (first.curves.name.clone(), second.curves.name.clone());
            return Err(CompareError::Copies { side: name, first, second });
        }
    }
    Ok(())
}

/// The runs of a side and what they came to.
struct Side<'a> {
    entries: &'a [Entry],
    outcomes: Vec<Outcome>,
}

impl<'a> Side<'a> {
    fn of(entries: &'a [Entry], ruler: &Ruler) -> Side<'a> {
        Side { entries, outcomes: entries.iter().map(|entry| ruler.outcome(entry)).collect() }
    }

    fn check(&self, side: char) -> Result<(), CompareError> {
        if self.ended().next().is_some() || self.outcomes.iter().any(Outcome::has_diverged) {
            return Ok(());
        }
        Err(CompareError::NothingEnded { side, what: words::lost(self).join(", ") })
    }

    fn ended(&self) -> impl Iterator<Item = &Figures> {
        self.outcomes.iter().filter_map(Outcome::ended)
    }

    fn only_diverged(&self) -> bool {
        self.outcomes.iter().all(Outcome::has_diverged)
    }

    /// Whether a run ended and none diverged.
    fn is_steady(&self) -> bool {
        self.ended().next().is_some() && !self.outcomes.iter().any(Outcome::has_diverged)
    }

    fn values(&self, figure: impl Fn(&Figures) -> f64) -> Vec<f64> {
        self.ended().map(figure).collect()
    }

    fn runs(&self) -> Vec<SideRun> {
        let run = |(entry, outcome): (&Entry, &Outcome)| SideRun {
            name: entry.curves.name.clone(),
            origin: entry.curves.origin.clone(),
            seed: entry.seed,
            unit: entry.curves.unit,
            state: match outcome {
                Outcome::Ended(_) => RunEnd::Ended,
                Outcome::Diverged => RunEnd::Diverged,
                Outcome::Unfinished(what) => RunEnd::Unfinished(what.clone()),
            },
            judged_at: outcome.ended().map(|figures| figures.judged_at),
            figure: outcome.ended().map(|figures| figures.primary),
        };
        self.entries.iter().zip(&self.outcomes).map(run).collect()
    }
}

/// Both sides and how they are held against each other.
struct Both<'a> {
    sides: &'a [Side<'a>; 2],
    pairing: &'a Pairing,
}

impl Both<'_> {
    /// The pairs of which both ended.
    fn pairs(&self) -> impl Iterator<Item = (&Figures, &Figures)> {
        let ended = |(a, b): &(usize, usize)| {
            Some((self.sides[0].outcomes[*a].ended()?, self.sides[1].outcomes[*b].ended()?))
        };
        self.pairing.pairs().iter().filter_map(ended)
    }

    /// A − B.
    fn difference(&self, figure: impl Fn(&Figures) -> f64) -> Estimate {
        let paired = || self.pairs().map(|(a, b)| figure(a) - figure(b)).collect::<Vec<_>>();
        match self.pairing {
            Pairing::Seeds { .. } | Pairing::Order { .. } => Estimate::of(paired()),
            Pairing::Folds { folds, .. } => resampled(paired(), test_over_train(*folds)),
            Pairing::None => {
                unpaired(&self.sides[0].values(&figure), &self.sides[1].values(&figure))
            }
        }
    }

    /// Every figure that all runs have, the measure first.
    fn compared(&self, ruler: &Ruler) -> Vec<Compared> {
        let row = |(i, figure): (usize, figures::Figure)| {
            let sides = [0, 1].map(|side| Estimate::of(self.sides[side].values(figure.of)));
            let difference = self.difference(figure.of);
            let there = i == 0 || sides.iter().all(Estimate::is_known);
            let figures::Figure { key, words, rises, share, .. } = figure;
            there.then_some(Compared { key, words, rises, share, sides, difference })
        };
        ruler.figures().into_iter().enumerate().filter_map(row).collect()
    }

    fn tests(&self, difference: &Estimate, margin: f64) -> SideTests {
        // Neither folds nor runs without partners can be resampled by pairs.
        let free = match self.pairing {
            Pairing::Seeds { .. } | Pairing::Order { .. } => difference.values.as_slice(),
            Pairing::Folds { .. } | Pairing::None => &[],
        };
        SideTests {
            p_beyond: difference.p_beyond(margin),
            p_within: difference.p_within(margin),
            bootstrap: bootstrap(free, SEED),
            sign_flip_p: sign_flip(free, SEED),
        }
    }

    fn more(&self, difference: &Estimate, margin: f64) -> MoreSeeds {
        if *self.pairing != Pairing::None {
            return more_seeds(difference, margin, 1);
        }
        let [a, b] = [0, 1].map(|side| Estimate::of(self.sides[side].values(|f| f.primary)));
        let spread = Spread::unpaired(a.spread().std, b.spread().std);
        more_values(difference, spread, a.n.min(b.n), margin, 1)
    }
}

/// Samples of a fold for each that is trained on.
fn test_over_train(folds: usize) -> f64 {
    1.0 / (folds as f64 - 1.0)
}
