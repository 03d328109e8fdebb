//! A part of the training samples.

use wellfit_random::{Key, Purpose};

use super::strata::{self, Strata};
use super::{grouped, time};
use crate::{DataError, Dataset, SplitFault, SplitRule, Subset};

/// A part of a set by the rule that its parts were drawn by, in the set's order.
///
/// | rule | holds |
/// |---|---|
/// | stratified | of each class its proportion; in regression as random |
/// | random | evenly drawn samples |
/// | grouped | whole groups, evenly drawn until the number of samples is nearest; at least one |
/// | time | the latest samples, of one time those that come last |
///
/// A smaller subset of one seed is part of a larger one (of each class, where the rule is
/// stratified).
///
/// # Errors
/// When it would be larger than the set, have no sample, or (stratified) lack a class, or
/// the rule's column is not there.
pub fn subset(
    set: &Dataset,
    rule: &SplitRule,
    size: Subset,
    seed: u64,
) -> Result<Dataset, DataError> {
    let (wanted, value) = match size {
        Subset::Count(0) => return Err(SplitFault::EmptySubset.into()),
        Subset::Count(count) => (count, count as f64),
        Subset::Fraction(share) if share > 0.0 && share <= 1.0 => {
            ((share * set.len() as f64).round() as usize, share)
        }
        Subset::Fraction(fraction) => {
            let (part, range) = ("subset", "above 0 and at most 1, or a number of samples");
            return Err(SplitFault::Fraction { part, fraction, range }.into());
        }
    };
    if wanted > set.len() {
        return Err(SplitFault::SubsetTooLarge { wanted, samples: set.len() }.into());
    }
    if wanted == set.len() {
        return Ok(set.clone());
    }
    if wanted == 0 {
        let (key, part, samples) = ("subset", "training", set.len());
        return Err(SplitFault::EmptyPart { key, value, part, samples }.into());
    }
    let key = Key { seed, purpose: Purpose::Subset, layer: 0, step: 0 };
    let mut kept = match rule {
        SplitRule::Stratified => strata::draw(set, Strata::Classes, wanted, value, key)?,
        SplitRule::Random => strata::draw(set, Strata::One, wanted, value, key)?,
        SplitRule::Grouped { column } => grouped::draw(set, column, wanted, key)?,
        SplitRule::Time { column } => time::latest(set, column, wanted)?,
    };
    kept.sort_unstable();
    set.take(&kept)
}
