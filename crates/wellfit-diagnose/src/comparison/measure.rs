//! What runs are compared by, and which differences are of no use.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use wellfit_runs::{Curves, ScoreKind, Series};
use wellfit_study::MARGIN;
use wellfit_train::Plan;
use wellfit_train::plan::{ClassWeights, LossSettings};
use wellfit_train::record;

use super::{CompareError, Entry};

/// Which held-out figure runs are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Primary {
    /// Validation loss.
    Loss,
    /// Validation accuracy or another score.
    Score,
}

impl Primary {
    /// Both.
    pub const ALL: [Primary; 2] = [Primary::Loss, Primary::Score];

    /// `loss` or `score`.
    pub fn name(self) -> &'static str {
        match self {
            Primary::Loss => "loss",
            Primary::Score => "score",
        }
    }

    fn other(self) -> Primary {
        match self {
            Primary::Loss => Primary::Score,
            Primary::Score => Primary::Loss,
        }
    }
}

/// A held-out figure that every run has.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// Validation loss.
    Loss,
    /// A score and what its column is called.
    Score(ScoreKind, String),
}

impl Measure {
    /// Whether it is to rise.
    pub fn higher_is_better(&self) -> bool {
        matches!(self, Measure::Score(ScoreKind::Accuracy | ScoreKind::Rises, _))
    }

    /// Whether it is a share of samples.
    pub fn is_share(&self) -> bool {
        matches!(self, Measure::Score(ScoreKind::Accuracy, _))
    }

    /// `loss` or `score`.
    pub fn primary(&self) -> Primary {
        match self {
            Measure::Loss => Primary::Loss,
            Measure::Score(..) => Primary::Score,
        }
    }

    /// Its column in a run.
    pub(super) fn series<'a>(&self, curves: &'a Curves) -> Option<&'a Series> {
        series(curves, self.primary())
    }

    /// The other held-out figure, if all runs have it and mean the same by it.
    pub(super) fn companion(&self, entries: &[&Entry]) -> Option<Measure> {
        if self.primary() == Primary::Score && losses(entries).len() > 1 {
            return None;
        }
        of_all(entries, self.primary().other())
    }
}

/// `validation loss`, `validation accuracy`, or the column's name.
impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Measure::Loss => f.write_str("validation loss"),
            Measure::Score(ScoreKind::Accuracy, _) => f.write_str("validation accuracy"),
            Measure::Score(_, name) => f.write_str(name),
        }
    }
}

fn series(curves: &Curves, primary: Primary) -> Option<&Series> {
    match primary {
        Primary::Loss => curves.val_loss.as_ref(),
        Primary::Score => curves.val_score.as_ref(),
    }
}

/// A measure, and why it is not the one that was to be expected.
pub(super) struct Chosen {
    pub measure: Measure,
    pub note: Option<String>,
}

/// The measure of both sides: what was asked for, else validation loss where every run has
/// one and all mean the same by it, else the score.
pub(super) fn choose(
    a: &[Entry],
    b: &[Entry],
    asked: Option<Primary>,
) -> Result<Chosen, CompareError> {
    let entries: Vec<&Entry> = a.iter().chain(b).collect();
    let chosen = |primary: Primary, note: Option<String>| {
        let measure = of_all(&entries, primary)?;
        Some(Chosen { measure, note })
    };
    let losses = losses(&entries);
    let found = match asked {
        Some(primary) => chosen(primary, None),
        None if losses.len() > 1 => {
            let losses: Vec<&str> = losses.iter().map(String::as_str).collect();
            let losses = losses.join(", ");
            let note = format!(
                "the runs trained with different losses ({losses}), which cannot be compared: \
                 judged by the score"
            );
            chosen(Primary::Score, Some(note))
        }
        None => chosen(Primary::Loss, None).or_else(|| chosen(Primary::Score, None)),
    };
    found.ok_or_else(|| CompareError::NoFigure { found: has(&entries) })
}

/// A figure that all runs have and mean the same by.
fn of_all(entries: &[&Entry], primary: Primary) -> Option<Measure> {
    let name = series(&entries.first()?.curves, primary)?.name.clone();
    let kind = entries.first()?.curves.score;
    let fits = |entry: &&Entry| {
        let there = series(&entry.curves, primary).is_some();
        there && (primary == Primary::Loss || entry.curves.score == kind)
    };
    entries.iter().all(fits).then_some(match primary {
        Primary::Loss => Measure::Loss,
        Primary::Score => Measure::Score(kind, name),
    })
}

/// The losses of the runs whose plans are known, in words: more than one cannot be compared.
fn losses(entries: &[&Entry]) -> BTreeSet<String> {
    let loss = |entry: &&Entry| Some(loss(entry.plan.as_ref()?, entry.curves.score));
    entries.iter().filter_map(loss).collect()
}

/// A plan's validation loss in words; smoothing is no part of it.
fn loss(plan: &Plan, score: ScoreKind) -> String {
    let score = match score {
        ScoreKind::Accuracy => record::ScoreKind::Accuracy,
        ScoreKind::Rises | ScoreKind::Falls => record::ScoreKind::R2,
    };
    let weights = match &plan.train.loss {
        Some(LossSettings::CrossEntropy { class_weights, .. }) => class_weights,
        _ => &ClassWeights::Equal,
    };
    let weights = match weights {
        ClassWeights::Equal => String::new(),
        ClassWeights::Balanced => " with balanced classes".to_owned(),
        ClassWeights::List(weights) => format!(" with class weights {weights:?}"),
    };
    match plan.measure(score) {
        wellfit_nn::Measure::Huber { delta } => format!("huber with delta {delta}"),
        measure => format!("{}{weights}", measure.name()),
    }
}

/// Which held-out figures each run has; the first few runs of those that differ.
fn has(entries: &[&Entry]) -> String {
    let words = |entry: &&Entry| {
        let Curves { name, val_loss, val_score, .. } = &entry.curves;
        let there: Vec<String> =
            [val_loss, val_score].into_iter().flatten().map(|s| format!("`{}`", s.name)).collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(" and ") };
        format!("{name} has {there}")
    };
    const SHOWN: usize = 6;
    let mut all: Vec<String> = entries.iter().take(SHOWN).map(words).collect();
    if entries.len() > SHOWN {
        all.push(format!("and {} more runs", entries.len() - SHOWN));
    }
    all.join("; ")
}

/// Differences of less than this are of no use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Margin {
    /// A share of what is wrong with B: of its mean loss, of what its mean score lacks to 1.
    Share(f64),
    /// In the measure's unit; shares of samples as shares.
    Absolute(f64),
}

impl Default for Margin {
    fn default() -> Margin {
        Margin::Share(MARGIN)
    }
}

impl Margin {
    /// In the measure's unit. Where a score lacks nothing to 1 because it knows no such
    /// bound, and where a loss is below 0, the share is one of its size.
    pub(super) fn of(self, measure: &Measure, mean: f64) -> f64 {
        let wrong = match measure {
            Measure::Score(ScoreKind::Accuracy | ScoreKind::Rises, _) if mean <= 1.0 => 1.0 - mean,
            _ => mean.abs(),
        };
        match self {
            Margin::Share(share) => share * wrong,
            Margin::Absolute(margin) => margin,
        }
    }
}

/// Text that is no margin.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{0:?} is no margin: give a number of at least 0 in the unit of what is compared, such as \
     0.005, or a share of what is wrong with B, such as 1%"
)]
pub struct MarginError(String);

/// Reads `0.005` or `1%`.
impl FromStr for Margin {
    type Err = MarginError;

    fn from_str(text: &str) -> Result<Margin, MarginError> {
        let (number, share) = match text.trim().strip_suffix('%') {
            Some(number) => (number.trim(), true),
            None => (text.trim(), false),
        };
        let value: Option<f64> = number.parse().ok();
        let value = value.filter(|value| value.is_finite() && *value >= 0.0);
        let value = value.ok_or_else(|| MarginError(text.to_owned()))?;
        Ok(if share { Margin::Share(value / 100.0) } else { Margin::Absolute(value) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_is_a_number_or_a_share() {
        assert_eq!("1%".parse(), Ok(Margin::Share(0.01)));
        assert_eq!(" 0.005 ".parse(), Ok(Margin::Absolute(0.005)));
        assert_eq!("0".parse(), Ok(Margin::Absolute(0.0)));
        for wrong in ["", "%", "-1", "nan", "inf", "-1%", "1 point"] {
            let error = wrong.parse::<Margin>().unwrap_err().to_string();
            assert!(error.contains("is no margin"), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_share_is_one_of_what_is_wrong() {
        let accuracy = Measure::Score(ScoreKind::Accuracy, "val_accuracy".into());
        let bleu = Measure::Score(ScoreKind::Rises, "bleu".into());
        let margin = Margin::Share(0.01);
        assert_eq!(margin.of(&Measure::Loss, 0.4), 0.004);
        assert!((margin.of(&accuracy, 0.9) - 0.001).abs() < 1e-12);
        assert_eq!(margin.of(&bleu, 30.0), 0.3);
        assert_eq!(margin.of(&Measure::Loss, -2.0), 0.02);
        assert!(margin.of(&Measure::Loss, f64::NAN).is_nan());
        assert_eq!(Margin::Absolute(0.5).of(&accuracy, 0.9), 0.5);
    }
}
