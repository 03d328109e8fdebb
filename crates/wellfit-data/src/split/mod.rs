//! Which samples go into which part. What is drawn depends on the seed and on the rule:
//!
//! | file | rule |
//! |---|---|
//! | `strata` | stratified, or random: each part has every class in its proportion, or is drawn evenly |
//! | `grouped` | all samples of a group go to one part |
//! | `time` | training before validation before test |
//! | `folds` | the parts of a cross-validation, by any of these rules |
//! | `subset` | a part of the training samples, by any of these rules |

mod folds;
mod grouped;
mod strata;
mod subset;
mod time;

pub use folds::{Fold, fold};
pub use subset::subset;

use crate::{DataError, Dataset, SplitFault, SplitRule};

/// The parts of a set, as rows of that set in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// What is trained on.
    pub train: Vec<u32>,
    /// What arms are judged by.
    pub validation: Vec<u32>,
    /// What is opened once.
    pub test: Vec<u32>,
}

impl Parts {
    /// The parts with their rows in ascending order.
    fn sorted(mut self) -> Parts {
        for part in [&mut self.train, &mut self.validation, &mut self.test] {
            part.sort_unstable();
        }
        self
    }
}

/// The shares that are asked for, of the whole set.
#[derive(Clone, Copy)]
struct Shares {
    validation: Option<f64>,
    test: Option<f64>,
}

impl Shares {
    /// Both, if they are in range and leave something of `samples` to train on.
    fn checked(
        validation: Option<f64>,
        test: Option<f64>,
        samples: usize,
    ) -> Result<Shares, SplitFault> {
        let shares = Shares { validation, test };
        for (part, share) in shares.named() {
            if !(share > 0.0 && share < 1.0) {
                let (fraction, range) = (share, "above 0 and below 1");
                return Err(SplitFault::Fraction { part, fraction, range });
            }
        }
        let total = |share: f64| Shares::count(share, samples);
        if let (Some(validation), Some(test)) = (validation, test)
            && (validation + test >= 1.0 || total(validation) + total(test) >= samples)
        {
            return Err(SplitFault::NothingLeft { validation, test });
        }
        Ok(shares)
    }

    /// Those that are asked for, with their keys.
    fn named(self) -> impl Iterator<Item = (&'static str, f64)> {
        let both = [("validation", self.validation), ("test", self.test)];
        both.into_iter().filter_map(|(key, share)| Some((key, share?)))
    }

    /// How many parts there are, the training part counted.
    fn parts(self) -> usize {
        1 + self.named().count()
    }

    /// How many samples a share is.
    fn count(share: f64, samples: usize) -> usize {
        (share * samples as f64).round() as usize
    }
}

/// Divides a set by a rule. `validation` and `test` are shares of the whole set, in (0, 1);
/// `None` leaves that part empty.
///
/// | rule | a part holds | another test share moves the validation samples |
/// |---|---|---|
/// | stratified | round(share · n) samples, of each class as nearly its share as whole samples allow; in regression as random | no |
/// | random | round(share · n) samples | no |
/// | grouped | whole groups, as near to the share of all samples and of each class as a draw of them comes; at least one | no |
/// | time | the latest round(share · n) samples are the test, those before them validation. Samples of one time stay together: a boundary moves to the nearest change of time | yes, always |
///
/// # Errors
/// When a share is out of range, the two leave nothing to train on, the rule's column is
/// not there, there are fewer groups or times than parts, or a part would have no sample,
/// or (stratified) none of a class that the set has.
pub fn partition(
    set: &Dataset,
    rule: &SplitRule,
    validation: Option<f64>,
    test: Option<f64>,
    seed: u64,
) -> Result<Parts, DataError> {
    let shares = Shares::checked(validation, test, set.len())?;
    let parts = match rule {
        SplitRule::Stratified => strata::partition(set, strata::Strata::Classes, shares, seed)?,
        SplitRule::Random => strata::partition(set, strata::Strata::One, shares, seed)?,
        SplitRule::Grouped { column } => grouped::partition(set, column, shares, seed)?,
        SplitRule::Time { column } => time::partition(set, column, shares)?,
    };
    Ok(parts.sorted())
}
