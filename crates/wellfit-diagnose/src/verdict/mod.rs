//! The verdict on one run: is it overfitting, since when, how surely, and what shows it.
//!
//! | file | in → out |
//! |---|---|
//! | `track` | a column → its finite values, levels in shares of the lowest |
//! | `noise` | a run → jitter from row to row, the luck of its validation set |
//! | `size` | accuracies → the number of samples that they were counted on |
//! | `shape` | levels → the best falling, the best valley-shaped fit |
//! | `rise` | levels and noise → how far the end lies above the lowest point, how surely |
//! | `reading` | a run → all of these |
//! | `signs` | a reading → what its figures are signs of |
//! | `thresholds` | every number that a verdict turns on |
//! | `words` | signs → headline and evidence |
//! | `advice` | a finding → what to do, and a line to paste |
//! | `own` | wellfit's own records → runs to judge |
//! | `gate` | verdicts → whether a pipeline may go on |
//! | `render` | verdicts → text, JSON, annotations, Markdown, JUnit |

mod advice;
mod gate;
mod noise;
mod own;
mod reading;
mod render;
mod rise;
mod shape;
mod signs;
mod size;
pub mod thresholds;
mod track;
mod words;

pub use advice::{Advice, Setting, Target};
pub use gate::{Gate, GateError, OutOfReach};
pub use own::{Facts, curves_of, judge_record};
pub use render::{Format, SCHEMA, Show, Unread, json_value, render, told};

use wellfit_runs::{Curves, ScoreKind, Unit};

use crate::inside::InsideKind;
use noise::Judged;
use reading::{Own, Reading};
pub(crate) use render::{place_value, plain};
use signs::Unstable;
use thresholds as limit;
pub(crate) use words::{place, unit_word};

/// What a run is judged to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What the run is called.
    pub name: String,
    /// Who wrote it.
    pub origin: String,
    /// What its rows count.
    pub unit: Unit,
    /// Rows that were judged.
    pub rows: usize,
    /// What lines to paste depend on.
    pub setting: Setting,
    /// The verdict.
    pub kind: Kind,
    /// How bad it is: 0 nothing to mend (healthy, undecided), 1 mild, 2 moderate, 3 severe.
    /// Overfitting is moderate from 10 % of lost validation loss on, severe from 30 %.
    pub severity: u8,
    /// From 0 to 1, in thousandths: the probability that the verdict holds, given the
    /// noise model. Of an undecided run: 1 less the probability of the likeliest verdict.
    pub confidence: f64,
    /// Whether its confidence is held back for want of the validation set's size.
    pub unsized_validation: bool,
    /// The row since when it overfits or diverged.
    pub since: Option<f64>,
    /// The row with the best held-out figure; `None` without one before it diverged.
    pub best: Option<f64>,
    /// Training score − validation score at the last rows or, where there are no scores
    /// that rise, validation loss − training loss.
    pub gap: Option<f64>,
    /// Whether the gap is one of scores.
    pub gap_of_scores: bool,
    /// The verdict in a sentence, with its figures.
    pub headline: String,
    /// What carries it, the weightiest first.
    pub findings: Vec<Finding>,
    /// What a reader must know of how the run was read.
    pub notes: Vec<String>,
}

/// The verdict in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It learned, and what it learned holds on held-out data.
    Healthy,
    /// It learned its training data at the cost of all other data.
    Overfit,
    /// It could still learn more of its training data and of all others.
    Underfit,
    /// Its loss is not finite, or far beyond its beginning.
    Diverged,
    /// There is not enough evidence.
    Undecided,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 5] =
        [Kind::Healthy, Kind::Overfit, Kind::Underfit, Kind::Diverged, Kind::Undecided];

    /// `healthy`, `overfit`, `underfit`, `diverged` or `undecided`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Healthy => "healthy",
            Kind::Overfit => "overfit",
            Kind::Underfit => "underfit",
            Kind::Diverged => "diverged",
            Kind::Undecided => "undecided",
        }
    }

    /// The most that its confidence can be.
    pub fn most(self, unsized_validation: bool) -> f64 {
        match self {
            Kind::Diverged => limit::DIVERGED_CONFIDENCE,
            Kind::Healthy | Kind::Overfit | Kind::Underfit if unsized_validation => {
                limit::MOST_WITHOUT_SIZE
            }
            _ => 1.0,
        }
    }
}

/// What was found in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What.
    pub kind: Found,
    /// The figures that show it, in words.
    pub evidence: String,
    /// Where it was seen inside the network; `None` of what the run's curves and weights
    /// show.
    pub sight: Option<Sight>,
}

impl Finding {
    /// A finding of what a run's curves or weights show.
    pub fn new(kind: Found, evidence: String) -> Finding {
        Finding { kind, evidence, sight: None }
    }
}

/// Where and when something was seen inside a network, and by which figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Sight {
    /// In which layer, as PyTorch numbers it (`3.0`); `None` where it is the whole network
    /// or the data.
    pub layer: Option<String>,
    /// Since the end of which epoch; 0: before the first.
    pub epoch: usize,
    /// The figure in question, as its threshold in
    /// [`inside::thresholds`](crate::inside::thresholds) describes it.
    pub value: f64,
    /// What it is on the wrong side of.
    pub threshold: f64,
}

/// What can be found in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It was best earlier and is worse now.
    Overtrained,
    /// The training set is known by heart while validation stands still.
    Memorised,
    /// Validation loss rises while the score does not fall.
    Overconfident,
    /// Training and validation lie far apart; no fault by itself.
    LargeGap,
    /// Validation still gets better at the end.
    StillImproving,
    /// Penalties or dropout hold training back too much.
    HeldBack,
    /// A layer passes on fewer numbers than its classes need.
    Bottleneck,
    /// More might be learned: no curve can tell a network that is too small from data that
    /// are as noisy. No fault by itself.
    Unfitted,
    /// Next to nothing was learned.
    HardlyLearned,
    /// A loss is NaN or infinite, or far beyond its beginning.
    Diverging,
    /// Training and validation loss rise together, or a loss was not finite for a while.
    Unstable,
    /// Validation loss jumps from row to row.
    Noisy,
    /// There are too few rows.
    TooFewEpochs,
    /// The validation set is too small to tell.
    TooLittleValidationData,
    /// There is no held-out figure.
    NoValidation,
    /// Some weights are far larger than the rest.
    ExtremeWeights,
    /// What was seen inside the network while it was trained.
    Inside(InsideKind),
}

impl Found {
    /// The word in JSON: `overtrained`, `large-gap`…
    pub fn name(self) -> &'static str {
        match self {
            Found::Overtrained => "overtrained",
            Found::Memorised => "memorised",
            Found::Overconfident => "overconfident",
            Found::LargeGap => "large-gap",
            Found::StillImproving => "still-improving",
            Found::HeldBack => "held-back",
            Found::Bottleneck => "bottleneck",
            Found::Unfitted => "unfitted",
            Found::HardlyLearned => "hardly-learned",
            Found::Diverging => "diverging",
            Found::Unstable => "unstable",
            Found::Noisy => "noisy",
            Found::TooFewEpochs => "too-few-epochs",
            Found::TooLittleValidationData => "too-little-validation-data",
            Found::NoValidation => "no-validation",
            Found::ExtremeWeights => "extreme-weights",
            Found::Inside(kind) => kind.name(),
        }
    }
}

/// Judges a run. A pure function that takes any curves: what is missing or not finite is
/// left out, and what cannot be told is undecided.
pub fn judge(curves: &Curves) -> Verdict {
    judge_reading(Reading::of(curves))
}

/// Judges a run of which more is known than curves: what holds it back, and whether early
/// stopping chose its last row. Then that it ends there is no sign of having stopped too soon.
fn judge_own(curves: &Curves, stopped: bool, own: Option<Own>) -> Verdict {
    judge_reading(Reading::with(curves, own, stopped))
}

fn judge_reading(reading: Reading) -> Verdict {
    let curves = reading.curves;
    let mut conclusion = conclude(&reading);
    if !matches!(conclusion.kind, Kind::Healthy | Kind::Undecided) {
        // A gap is no fault, so it is not told beside one.
        conclusion.findings.retain(|finding| finding.kind != Found::LargeGap);
    }
    let gap = reading.gap();
    let size = reading.held.as_ref().and_then(|held| reading.size_note(held));
    let known = |held: &reading::Held| held.noise.sampling.known.samples().is_some();
    let unsized_validation = !reading.held.as_ref().is_none_or(known);
    let most = conclusion.kind.most(unsized_validation);
    let before = |best: &f64| {
        conclusion.kind != Kind::Diverged || conclusion.since.is_none_or(|since| *best < since)
    };
    Verdict {
        name: curves.name.clone(),
        origin: curves.origin.clone(),
        unit: curves.unit,
        rows: curves.at.len(),
        setting: setting(&reading),
        kind: conclusion.kind,
        severity: conclusion.severity,
        confidence: (conclusion.confidence.clamp(0.0, most) * 1000.0).round() / 1000.0,
        unsized_validation,
        since: conclusion.since,
        best: reading.held.as_ref().map(|held| held.best_at()).filter(before),
        gap: gap.map(|gap| gap.value()),
        gap_of_scores: gap.is_some_and(|gap| gap.scores),
        headline: conclusion.headline,
        findings: conclusion.findings,
        notes: curves.notes.iter().cloned().chain(size).collect(),
    }
}

/// What lines to paste depend on.
fn setting(reading: &Reading) -> Setting {
    let curves = reading.curves;
    let judged_by_score = reading.held.as_ref().is_some_and(|held| held.judged == Judged::Score);
    let score = curves.val_score.as_ref().filter(|_| judged_by_score);
    Setting {
        epochs: epochs(curves),
        score: score.map(|score| score.name.clone()),
        falls: curves.score == ScoreKind::Falls,
        lr: reading.own.as_ref().map(|own| own.lr),
    }
}

/// Epochs until the last row; rows may be numbered from 0 or from 1, and stand within an
/// epoch.
fn epochs(curves: &Curves) -> Option<usize> {
    let (first, last) = (curves.at.first()?, curves.at.last()?);
    let from_zero = if *first <= 0.0 && first.fract() == 0.0 { 1.0 } else { 0.0 };
    let epochs = (last + from_zero).ceil();
    (curves.unit == Unit::Epoch && epochs >= 1.0).then_some(epochs as usize)
}

/// What a verdict turns on.
struct Conclusion {
    kind: Kind,
    severity: u8,
    confidence: f64,
    since: Option<f64>,
    headline: String,
    findings: Vec<Finding>,
}

impl Conclusion {
    fn undecided(confidence: f64, headline: String, findings: Vec<Finding>) -> Conclusion {
        let kind = Kind::Undecided;
        Conclusion { kind, severity: 0, confidence, since: None, headline, findings }
    }
}

fn conclude(reading: &Reading) -> Conclusion {
    if let Some(divergence) = reading.divergence() {
        let words = reading.diverged_words(&divergence);
        return Conclusion {
            kind: Kind::Diverged,
            severity: 3,
            confidence: limit::DIVERGED_CONFIDENCE,
            since: divergence.at,
            headline: reading.diverged_headline(&divergence, &words),
            findings: vec![Finding::new(Found::Diverging, words)],
        };
    }
    if let Some(unlearned) = reading.unlearned() {
        let words = reading.unlearned_words(unlearned);
        let validation = reading.held.is_none().then(|| reading.no_validation());
        let finding = Finding::new(Found::HardlyLearned, words.clone());
        return Conclusion {
            kind: Kind::Underfit,
            severity: unlearned.severity(),
            confidence: unlearned.confidence(),
            since: None,
            headline: format!("UNDERFITTING: {words}"),
            findings: std::iter::once(finding).chain(validation).collect(),
        };
    }
    match &reading.held {
        None => {
            let finding = reading.no_validation();
            let headline = format!("UNDECIDED: {}", finding.evidence);
            Conclusion::undecided(1.0, headline, vec![finding])
        }
        Some(held) if held.whole.len() < limit::FEWEST_ROWS && !reading.stopped => {
            let finding = reading.too_few_rows(held);
            let headline = format!("UNDECIDED: {}", finding.evidence);
            Conclusion::undecided(1.0, headline, vec![finding])
        }
        Some(held) => weigh(reading, held),
    }
}

/// Weighs what held-out figures say.
fn weigh(reading: &Reading, held: &reading::Held) -> Conclusion {
    let unstable = reading.unstable(held);
    let together = matches!(unstable, Some(Unstable::Rises { .. }));
    let risen = if together { 0.0 } else { held.rise.real };
    let held_back = reading.held_back();
    let memorised = reading.memorised(held);
    let falling = reading.still_falling(held);
    let most = match held.noise.sampling.known.samples() {
        Some(_) => 1.0,
        None => limit::MOST_WITHOUT_SIZE,
    };
    let overfit = risen.max(memorised).min(most);
    let longer = !reading.large_gap() || reading.longer_wins(held, &falling);
    let underfit = if longer { falling.fast.min(most) } else { 0.0 };
    let healthy = match reading.too_short(held) {
        true => 0.0,
        false => held.rise.harmless.min(held.noise.tells()).min(most),
    };
    let stopped_short = falling.fast >= limit::LIKELY && !falling.enough;

    let findings = Findings { reading, held, risen, memorised, falling: &falling };
    let findings = findings.all(unstable);
    if overfit >= limit::DECIDED {
        let by_rise = risen.min(most) >= limit::DECIDED;
        let since = if by_rise { held.rise.since } else { Some(held.rise.settled) };
        let since = since.map(|row| held.track.at[row]);
        return Conclusion {
            kind: Kind::Overfit,
            severity: if by_rise { severity(held.rise.amount) } else { 1 },
            confidence: overfit,
            since,
            headline: reading.overfit_headline(held, since, by_rise),
            findings,
        };
    }
    let fitted = reading.fitted();
    let short_of = |words: String, confidence: f64| Conclusion {
        kind: Kind::Underfit,
        severity: 1,
        confidence,
        since: None,
        headline: format!("UNDERFITTING: {words}"),
        findings: findings.clone(),
    };
    if reading.steps_too_large() {
        return short_of(reading.large_steps_words(), limit::LIKELY);
    }
    match unstable {
        Some(unstable) if !fitted && !reading.large_gap() => {
            let words = format!("training is unstable: {}", reading.unstable_words(unstable));
            return short_of(words, limit::LIKELY);
        }
        Some(unstable @ Unstable::Rises { .. }) => {
            let words = reading.unstable_words(unstable);
            let headline = format!("UNDECIDED: training is unstable: {words}");
            return Conclusion::undecided(1.0 - underfit.max(overfit), headline, findings);
        }
        _ => {}
    }
    if let Some(restraint) = held_back {
        return short_of(reading.held_back_words(restraint), limit::HELD_BACK_CONFIDENCE);
    }
    if falling.enough && underfit >= falling.bar() {
        return Conclusion {
            kind: Kind::Underfit,
            severity: if falling.to_come >= limit::SEVERE { 2 } else { 1 },
            confidence: underfit,
            since: None,
            headline: format!("UNDERFITTING: {}", reading.stopped_short_words(held, &falling)),
            findings,
        };
    }
    if let Some(bottleneck) = reading.bottleneck() {
        return short_of(reading.bottleneck_words(&bottleneck), limit::LIKELY);
    }
    if healthy >= limit::LIKELY && !stopped_short {
        let unfitted = reading.unfitted() && !falling.improving;
        let unfitted = unfitted.then(|| Finding::new(Found::Unfitted, reading.unfitted_words()));
        return Conclusion {
            kind: Kind::Healthy,
            severity: 0,
            confidence: healthy,
            since: None,
            headline: reading.healthy_headline(held, &falling),
            findings: findings.into_iter().chain(unfitted).collect(),
        };
    }
    let headline = match stopped_short || reading.too_short(held) {
        true => format!("UNDECIDED: {}", reading.too_few_rows(held).evidence),
        false => {
            let small =
                findings.iter().find(|finding| finding.kind == Found::TooLittleValidationData);
            reading.open_headline(held, small.map(|finding| finding.evidence.as_str()))
        }
    };
    let likeliest = overfit.max(underfit).max(if stopped_short { 0.0 } else { healthy });
    Conclusion::undecided(1.0 - likeliest, headline, findings)
}

/// Severity of a rise.
fn severity(rise: f64) -> u8 {
    1 + u8::from(rise >= limit::MODERATE) + u8::from(rise >= limit::SEVERE)
}

/// What findings are made from.
struct Findings<'a> {
    reading: &'a Reading<'a>,
    held: &'a reading::Held,
    risen: f64,
    memorised: f64,
    falling: &'a signs::Falling,
}

impl Findings<'_> {
    /// All that carry evidence, the weightiest first.
    fn all(&self, unstable: Option<Unstable>) -> Vec<Finding> {
        let Findings { reading, held, falling, .. } = *self;
        let found = |kind, evidence| Some(Finding::new(kind, evidence));
        let overtrained = self.risen >= limit::DECIDED;
        let change = reading.score_change(held).filter(|_| overtrained);
        let memorised = self.memorised >= limit::DECIDED;
        [
            overtrained
                .then(|| reading.overtrained_words(held))
                .and_then(|words| found(Found::Overtrained, words)),
            change.filter(signs::ScoreChange::holds).and_then(|change| {
                found(Found::Overconfident, reading.overconfident_words(held, change))
            }),
            memorised
                .then(|| reading.memorised_words(held))
                .and_then(|words| found(Found::Memorised, words)),
            unstable.and_then(|unstable| found(Found::Unstable, reading.unstable_words(unstable))),
            reading
                .held_back()
                .and_then(|restraint| found(Found::HeldBack, reading.held_back_words(restraint))),
            reading.bottleneck().and_then(|bottleneck| {
                found(Found::Bottleneck, reading.bottleneck_words(&bottleneck))
            }),
            reading.lapse_words().and_then(|words| found(Found::Unstable, words)),
            (reading.large_gap() && !memorised)
                .then(|| reading.large_gap_words(falling))
                .flatten()
                .and_then(|words| found(Found::LargeGap, words)),
            falling
                .improving
                .then(|| reading.stopped_short_words(held, falling))
                .and_then(|words| found(Found::StillImproving, words)),
            (held.noise.jitter >= limit::NOISY)
                .then(|| reading.noisy_words(held))
                .and_then(|words| found(Found::Noisy, words)),
            (falling.fast >= limit::LIKELY && !falling.enough).then(|| reading.too_few_rows(held)),
            reading
                .too_small_words(held)
                .and_then(|words| found(Found::TooLittleValidationData, words)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
