//! The parts of a cross-validation: every sample is validation in one fold.

use wellfit_random::{Key, Purpose};

use super::strata::{self, Strata};
use super::{Parts, grouped, time};
use crate::{DataError, Dataset, SplitFault, SplitRule};

/// One fold of a cross-validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fold {
    /// Which one, from 0.
    pub index: usize,
    /// How many there are, at least 2.
    pub of: usize,
    /// Which draw of them, from 0.
    pub repeat: usize,
}

/// Training and validation rows of a fold. What is drawn depends on the seed and the
/// repeat alone; the folds of one repeat divide the set (but for the earliest samples in
/// order of time).
///
/// | rule | the folds |
/// |---|---|
/// | stratified | each has, of every class and of all samples, n/k, rounded up or down; in regression as random |
/// | random | each has n/k samples, rounded up or down |
/// | grouped | whole groups, the largest first, each to the fold that is then nearest to 1/k of all samples and of each class; groups of about one size in random order |
/// | time | an expanding window: the samples in order of time are k + 1 blocks; fold i is trained on the first i + 1 of them and judged by the next. The blocks have n/(k + 1) samples, rounded down, but for the first, which has the rest; samples of one time stay together. Nothing is drawn, so there is one repeat |
///
/// # Errors
/// When there are fewer than two folds, or fewer samples, groups or times than they need;
/// (stratified) a class has fewer samples than there are folds; a repeat would be the same
/// again; or the rule's column is not there.
pub fn fold(set: &Dataset, rule: &SplitRule, fold: Fold, seed: u64) -> Result<Parts, DataError> {
    let Fold { index, of, repeat } = fold;
    if of < 2 || index >= of {
        return Err(SplitFault::NoFold { index, of }.into());
    }
    // The layer tells repeats apart, the step what is drawn.
    let layer = u16::try_from(repeat).map_err(|_| SplitFault::TooManyRepeats)?;
    let key = Key { seed, purpose: Purpose::Folds, layer, step: 0 };
    let folds = match rule {
        SplitRule::Stratified => dealt(set, Strata::Classes, of, key)?,
        SplitRule::Random => dealt(set, Strata::One, of, key)?,
        SplitRule::Grouped { column } => of_groups(set, column, fold, key)?,
        SplitRule::Time { column } if repeat > 0 => {
            let column = column.to_owned();
            return Err(SplitFault::RepeatedTime { column }.into());
        }
        SplitRule::Time { column } => {
            let [train, validation] = time::fold(set, column, index, of)?;
            return Ok(Parts { train, validation, test: Vec::new() }.sorted());
        }
    };
    let mut parts = Parts { train: Vec::new(), validation: Vec::new(), test: Vec::new() };
    for (at, rows) in folds.into_iter().enumerate() {
        if at == index { &mut parts.validation } else { &mut parts.train }.extend(rows);
    }
    Ok(parts.sorted())
}

/// Class after class, in random order within each, samples are dealt out to the folds in
/// turn, so that folds differ by one sample at most, of each class and in all.
fn dealt(set: &Dataset, strata: Strata, of: usize, key: Key) -> Result<Vec<Vec<u32>>, SplitFault> {
    if set.len() < of {
        return Err(SplitFault::TooManyFolds { folds: of, samples: set.len() });
    }
    let rows = strata::shuffled(set, strata, key);
    let small = |rows: &Vec<u32>| !rows.is_empty() && rows.len() < of;
    if strata == Strata::Classes
        && let Some(class) = rows.iter().position(small)
    {
        let (name, count) = (set.class_names().get(class).cloned(), rows[class].len());
        let name = name.unwrap_or_default();
        return Err(SplitFault::FoldsOfClass { folds: of, class, name, count });
    }
    let mut folds = vec![Vec::new(); of];
    for (at, row) in rows.into_iter().flatten().enumerate() {
        folds[at % of].push(row);
    }
    Ok(folds)
}

/// Each group, the largest first, goes to the fold that it leaves most alike.
fn of_groups(
    set: &Dataset,
    column: &str,
    fold: Fold,
    key: Key,
) -> Result<Vec<Vec<u32>>, SplitFault> {
    let Fold { of, repeat, .. } = fold;
    let mut groups = grouped::groups(set, column)?;
    let (column, count) = (|| column.to_owned(), groups.len());
    if count < of {
        return Err(SplitFault::TooFewGroups { column: column(), groups: count, parts: of });
    }
    if repeat > 0 && count == of {
        return Err(SplitFault::RepeatedGroups { column: column(), groups: count });
    }
    key.stream().shuffle(&mut groups);
    // Stable: those of about one size, within a factor of two, stay in random order.
    groups.sort_by_key(|group| std::cmp::Reverse(group.rows.len().ilog2()));
    let mut folds: Vec<(Vec<f64>, Vec<u32>)> =
        vec![(vec![0.0; groups.first().map_or(0, |group| group.shares.len())], Vec::new()); of];
    let wanted = 1.0 / of as f64;
    for (at, group) in groups.into_iter().enumerate() {
        // An empty fold first, where there are only as many groups left as empty folds.
        let empty = folds.iter().filter(|(_, rows)| rows.is_empty()).count();
        let only_empty = count - at <= empty;
        // What taking the group makes better, or else worse by least.
        let worse = |(shares, _): &(Vec<f64>, Vec<u32>)| {
            let more = grouped::with(shares, &group);
            grouped::distance(&more, wanted) - grouped::distance(shares, wanted)
        };
        let open = (0..of).filter(|&i| !only_empty || folds[i].1.is_empty());
        let best = open.min_by(|&a, &b| worse(&folds[a]).total_cmp(&worse(&folds[b])));
        let (shares, rows) = &mut folds[best.unwrap_or(0)];
        *shares = grouped::with(shares, &group);
        rows.extend(group.rows);
    }
    Ok(folds.into_iter().map(|(_, rows)| rows).collect())
}
