//! In order of time: what is trained on lies before what it is judged by, so that a network
//! is not judged by a past whose future it learned from.

use super::{Parts, Shares};
use crate::{Dataset, SplitFault};

/// The rows of a set from the earliest to the latest; of one time in the set's order.
struct InOrder {
    rows: Vec<u32>,
    /// The places between two rows of different times, from 1.
    changes: Vec<usize>,
}

fn in_order(set: &Dataset, column: &str) -> Result<InOrder, SplitFault> {
    let column = || column.to_owned();
    let missing = || SplitFault::NoColumn { rule: "time", column: column() };
    let times: Vec<f64> = set.times_in_order().ok_or_else(missing)?.collect();
    if let Some(sample) = times.iter().position(|time| !time.is_finite()) {
        return Err(SplitFault::TimeNotFinite { column: column(), sample });
    }
    let mut rows: Vec<u32> = (0..set.len() as u32).collect();
    let time = |row: u32| times[row as usize];
    rows.sort_by(|a, b| time(*a).total_cmp(&time(*b)));
    let changes = (1..rows.len()).filter(|&at| time(rows[at - 1]) < time(rows[at])).collect();
    Ok(InOrder { rows, changes })
}

/// A rising place for each that is wanted: the change of time that is nearest to it, the
/// earlier of equals, and leaves one for each of the others. `None`: there are too few.
fn cuts(changes: &[usize], wanted: &[usize]) -> Option<Vec<usize>> {
    let mut cuts = vec![0; wanted.len()];
    let mut end = changes.len();
    for (at, &wanted) in wanted.iter().enumerate().rev() {
        // The places before `at` are left for the cuts before this one.
        let near = (at..end).min_by_key(|&i| (changes[i].abs_diff(wanted), i))?;
        cuts[at] = changes[near];
        end = near;
    }
    Some(cuts)
}

/// The latest samples are the test, those before them validation.
pub(super) fn partition(set: &Dataset, column: &str, shares: Shares) -> Result<Parts, SplitFault> {
    let InOrder { rows, changes } = in_order(set, column)?;
    let count = |share: Option<f64>| share.map_or(0, |share| Shares::count(share, rows.len()));
    let test_from = rows.len() - count(shares.test).min(rows.len());
    let wanted: Vec<usize> = [
        shares.validation.map(|_| test_from.saturating_sub(count(shares.validation))),
        shares.test.map(|_| test_from),
    ]
    .into_iter()
    .flatten()
    .collect();
    let too_few = || SplitFault::TooFewTimes {
        column: column.to_owned(),
        times: changes.len() + 1,
        parts: shares.parts(),
    };
    let mut cuts = cuts(&changes, &wanted).ok_or_else(too_few)?.into_iter();
    let validation_from = shares.validation.and_then(|_| cuts.next());
    let test_from = shares.test.and_then(|_| cuts.next()).unwrap_or(rows.len());
    let validation_from = validation_from.unwrap_or(test_from);
    Ok(Parts {
        train: rows[..validation_from].to_vec(),
        validation: rows[validation_from..test_from].to_vec(),
        test: rows[test_from..].to_vec(),
    })
}

/// Training and validation rows of a fold: n/(k + 1) samples each, rounded down, are
/// validation, the latest of all in the last fold, and all before them are trained on.
pub(super) fn fold(
    set: &Dataset,
    column: &str,
    index: usize,
    of: usize,
) -> Result<[Vec<u32>; 2], SplitFault> {
    let InOrder { rows, changes } = in_order(set, column)?;
    let size = rows.len() / (of + 1);
    let wanted: Vec<usize> = (0..of).map(|i| rows.len() - (of - i) * size).collect();
    let too_few = || SplitFault::TooFewTimes {
        column: column.to_owned(),
        times: changes.len() + 1,
        parts: of + 1,
    };
    let cuts = cuts(&changes, &wanted).ok_or_else(too_few)?;
    let end = cuts.get(index + 1).copied().unwrap_or(rows.len());
    Ok([rows[..cuts[index]].to_vec(), rows[cuts[index]..end].to_vec()])
}

/// The latest samples, so many; of one time those that come last.
pub(super) fn latest(set: &Dataset, column: &str, wanted: usize) -> Result<Vec<u32>, SplitFault> {
    let InOrder { mut rows, .. } = in_order(set, column)?;
    Ok(rows.split_off(rows.len() - wanted.min(rows.len())))
}

#[cfg(test)]
mod tests {
    use super::cuts;

    #[test]
    fn a_cut_is_the_nearest_change_that_leaves_room_for_the_others() {
        assert_eq!(cuts(&[2, 5, 9], &[4]), Some(vec![5]));
        assert_eq!(cuts(&[2, 6, 9], &[4]), Some(vec![2]), "the earlier of equals");
        assert_eq!(cuts(&[2, 5, 9], &[1, 1]), Some(vec![2, 5]), "one is left for the first");
        assert_eq!(cuts(&[2, 5, 9], &[9, 9]), Some(vec![5, 9]));
        assert_eq!(cuts(&[2], &[1, 9]), None);
        assert_eq!(cuts(&[], &[]), Some(vec![]));
    }
}
