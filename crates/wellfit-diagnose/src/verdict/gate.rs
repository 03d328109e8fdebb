//! Whether a pipeline may go on: `overfit,diverged:0.9`.

use std::str::FromStr;

use thiserror::Error;

use super::{Kind, Verdict};

/// Verdicts that stop a pipeline, and how sure they must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// The verdicts, at least one.
    pub kinds: Vec<Kind>,
    /// The least confidence, from 0 to 1; 0 unless said.
    pub confidence: f64,
}

impl Gate {
    /// Whether a verdict trips the gate. An undecided run passes unless it is listed.
    pub fn trips(&self, verdict: &Verdict) -> bool {
        self.kinds.contains(&verdict.kind) && verdict.confidence >= self.confidence
    }

    /// The first of the listed verdicts that this run can never be with such confidence: a
    /// gate that it cannot trip is none.
    pub fn out_of_reach(&self, verdict: &Verdict) -> Option<OutOfReach> {
        let most = |kind: Kind| kind.most(verdict.unsized_validation);
        let kind = self.kinds.iter().copied().find(|kind| most(*kind) < self.confidence)?;
        Some(OutOfReach {
            name: verdict.name.clone(),
            kind,
            asked: self.confidence,
            most: most(kind),
            by_size: kind.most(false) >= self.confidence,
        })
    }
}

/// A verdict that cannot be as sure as a gate asks.
#[derive(Clone, Debug, PartialEq, Error)]
#[error(
    "--fail-on asks for a confidence of {asked}, but no verdict {} on {name} is surer than \
     {most}{}; ask for at most {most}{}", .kind.name(),
    if *.by_size { " while nobody knows how large its validation set is" } else { "" },
    if *.by_size { ", or say the size with --val-size N" } else { "" },
)]
pub struct OutOfReach {
    /// The run.
    pub name: String,
    /// The verdict.
    pub kind: Kind,
    /// What the gate asks for.
    pub asked: f64,
    /// What it can be at most.
    pub most: f64,
    /// Whether it could be as sure if the validation set's size were known.
    pub by_size: bool,
}

/// Why text is no gate.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GateError {
    /// A word that is no verdict.
    #[error(
        "{word:?} is no verdict: list healthy, overfit, underfit, diverged or undecided, with \
         commas between"
    )]
    Kind {
        /// The word.
        word: String,
    },
    /// A confidence that is none.
    #[error(
        "{word:?} is no confidence: it comes last, for the whole list, and is a number from 0 to \
         1, as in overfit,diverged:0.9"
    )]
    Confidence {
        /// The word.
        word: String,
    },
}

/// Reads `LIST[:CONFIDENCE]`.
impl FromStr for Gate {
    type Err = GateError;

    fn from_str(text: &str) -> Result<Gate, GateError> {
        let (list, confidence) = match text.split_once(':') {
            None => (text, 0.0),
            Some((list, word)) => {
                let number = word.trim().parse().ok();
                let number = number.filter(|number| (0.0..=1.0).contains(number));
                (list, number.ok_or_else(|| GateError::Confidence { word: word.to_owned() })?)
            }
        };
        let kind = |word: &str| {
            let found = Kind::ALL.into_iter().find(|kind| kind.name() == word.trim());
            found.ok_or_else(|| GateError::Kind { word: word.trim().to_owned() })
        };
        Ok(Gate { kinds: list.split(',').map(kind).collect::<Result<_, _>>()?, confidence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_may_end_with_a_confidence() {
        let gate: Gate = "overfit, diverged:0.9".parse().unwrap();
        assert_eq!(gate, Gate { kinds: vec![Kind::Overfit, Kind::Diverged], confidence: 0.9 });
        assert_eq!("undecided".parse::<Gate>().unwrap().confidence, 0.0);
    }

    #[test]
    fn a_slip_says_what_would_be_right() {
        for (text, words) in [
            ("overfitting", "\"overfitting\" is no verdict"),
            ("", "\"\" is no verdict"),
            ("overfit,,diverged", "\"\" is no verdict"),
            ("overfit:1.1", "\"1.1\" is no confidence"),
            ("overfit:nan", "\"nan\" is no confidence"),
            ("overfit:-0.1", "from 0 to 1"),
            ("overfit:0.9,diverged", "it comes last"),
        ] {
            let error = text.parse::<Gate>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
