//! Whether a pipeline may go on: `hurts,undecided`.

use std::str::FromStr;

use thiserror::Error;

use crate::Judgement;

/// Judgements that stop a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgementGate(Vec<Judgement>);

impl JudgementGate {
    /// Whether a judgement trips the gate. What over-regularises hurts, too.
    pub fn trips(&self, judgement: Judgement) -> bool {
        self.0.contains(&judgement)
            || judgement == Judgement::OverRegularised && self.0.contains(&Judgement::Hurts)
    }
}

/// A word that is no judgement.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{0:?} is no judgement: list helps, no-useful-difference, hurts, over-regularised or \
     undecided, with commas between"
)]
pub struct JudgementGateError(String);

/// Reads a list with commas.
impl FromStr for JudgementGate {
    type Err = JudgementGateError;

    fn from_str(text: &str) -> Result<JudgementGate, JudgementGateError> {
        let judgement = |word: &str| {
            let found = Judgement::ALL.into_iter().find(|one| one.name() == word.trim());
            found.ok_or_else(|| JudgementGateError(word.trim().to_owned()))
        };
        Ok(JudgementGate(text.split(',').map(judgement).collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_over_regularises_hurts() {
        let gate: JudgementGate = "hurts, undecided".parse().unwrap();
        let tripped: Vec<Judgement> =
            Judgement::ALL.into_iter().filter(|judgement| gate.trips(*judgement)).collect();
        assert_eq!(tripped, [Judgement::Hurts, Judgement::OverRegularised, Judgement::Undecided]);
        let gate: JudgementGate = "over-regularised".parse().unwrap();
        assert!(!gate.trips(Judgement::Hurts));
    }

    #[test]
    fn a_slip_says_what_would_be_right() {
        for text in ["", "hurt", "hurts,,helps", "no useful difference"] {
            let error = text.parse::<JudgementGate>().unwrap_err().to_string();
            assert!(error.contains("is no judgement: list helps,"), "{text}: {error}");
        }
    }
}
