//! Whole groups: all samples of a group go to one part, so that a network is not judged
//! by a patient, a house or a speaker that it learned from.

use wellfit_random::{Key, Purpose};

use super::{Parts, Shares};
use crate::{Dataset, SplitFault};

/// Draws of groups have a key of their own among those of a purpose.
const LAYER: u16 = 1;

/// How often groups are looked through at most; nearly always two or three times are enough.
const PASSES: usize = 20;

/// A group's samples, and what part of each class and of all samples they are.
pub(super) struct Group {
    pub(super) rows: Vec<u32>,
    /// The share of each class that the set has, then the share of all samples.
    pub(super) shares: Vec<f64>,
}

/// The groups of a set in the order of their first samples.
pub(super) fn groups(set: &Dataset, column: &str) -> Result<Vec<Group>, SplitFault> {
    let missing = || SplitFault::NoColumn { rule: "grouped", column: column.to_owned() };
    let all: Vec<u32> = set.groups_in_order().ok_or_else(missing)?.collect();
    let mut place = std::collections::HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (row, group) in (0..).zip(all) {
        let at = *place.entry(group).or_insert_with(|| {
            groups.push(Group { rows: Vec::new(), shares: Vec::new() });
            groups.len() - 1
        });
        groups[at].rows.push(row);
    }
    let labels: Vec<u32> = set.labels_in_order().collect();
    let counts = set.class_counts();
    for group in &mut groups {
        let mut own = vec![0.0; counts.len()];
        for &row in group.rows.iter().filter(|_| !labels.is_empty()) {
            own[labels[row as usize] as usize] += 1.0;
        }
        let known = own.iter().zip(&counts).filter(|(_, all)| **all > 0);
        group.shares = known.map(|(own, all)| own / *all as f64).collect();
        group.shares.push(group.rows.len() as f64 / set.len() as f64);
    }
    Ok(groups)
}

/// How far shares lie from what is wanted of each: the mean square over the classes, and
/// the square for all samples.
pub(super) fn distance(shares: &[f64], wanted: f64) -> f64 {
    let square = |share: &f64| (share - wanted).powi(2);
    let (all, classes) = shares.split_last().unwrap_or((&wanted, &[]));
    let of_classes = classes.iter().map(square).sum::<f64>() / classes.len().max(1) as f64;
    square(all) + of_classes
}

/// The sum of two groups' shares.
pub(super) fn with(taken: &[f64], group: &Group) -> Vec<f64> {
    taken.iter().zip(&group.shares).map(|(a, b)| a + b).collect()
}

/// What is left of shares without a group's.
fn without(taken: &[f64], group: &Group) -> Vec<f64> {
    taken.iter().zip(&group.shares).map(|(a, b)| a - b).collect()
}

/// Groups in random order.
fn shuffled(mut groups: Vec<Group>, key: Key) -> Vec<Group> {
    Key { layer: LAYER, ..key }.stream().shuffle(&mut groups);
    groups
}

/// Validation takes groups from one end of a random order, test from the other end of what
/// is left: each that brings the part nearer to its share of all samples and of each class,
/// and gives back what brings it nearer, too; at least one stays. So the test's share does
/// not move the validation samples.
pub(super) fn partition(
    set: &Dataset,
    column: &str,
    shares: Shares,
    seed: u64,
) -> Result<Parts, SplitFault> {
    let all = groups(set, column)?;
    let parts = shares.parts();
    if all.len() < parts {
        let (column, groups) = (column.to_owned(), all.len());
        return Err(SplitFault::TooFewGroups { column, groups, parts });
    }
    let key = Key { seed, purpose: Purpose::Split, layer: LAYER, step: 0 };
    let mut left = shuffled(all, key);
    let mut take = |share: Option<f64>, later: usize| {
        let rows = share.map_or(Vec::new(), |share| taken(&mut left, share, later));
        left.reverse();
        rows
    };
    let validation = take(shares.validation, parts.saturating_sub(1));
    let test = take(shares.test, 1);
    let train = left.into_iter().flat_map(|group| group.rows).collect();
    Ok(Parts { train, validation, test })
}

/// Takes the groups of a part out of those that are left, of which `later` stay for the
/// parts that follow.
fn taken(left: &mut Vec<Group>, share: f64, later: usize) -> Vec<u32> {
    let mut shares = vec![0.0; left.first().map_or(0, |group| group.shares.len())];
    let mut chosen = vec![false; left.len()];
    let mut free = left.len().saturating_sub(later);
    for _ in 0..PASSES {
        let before = chosen.clone();
        for (at, group) in left.iter().enumerate() {
            // What was taken early may be too much by now.
            let other = match chosen[at] {
                true => without(&shares, group),
                false if free > 0 => with(&shares, group),
                false => continue,
            };
            if distance(&other, share) < distance(&shares, share) {
                free = if chosen[at] { free + 1 } else { free - 1 };
                (shares, chosen[at]) = (other, !chosen[at]);
            }
        }
        if chosen == before {
            break;
        }
    }
    if !chosen.contains(&true) {
        // All groups are larger than the part: the nearest is.
        let far = |at: &usize| distance(&left[*at].shares, share);
        let nearest = (0..left.len()).min_by(|a, b| far(a).total_cmp(&far(b)));
        nearest.into_iter().for_each(|at| chosen[at] = true);
    }
    let mut rows = Vec::new();
    let mut at = 0;
    left.retain_mut(|group| {
        let gone = chosen[at];
        at += 1;
        if gone {
            rows.append(&mut group.rows);
        }
        !gone
    });
    rows
}

/// Whole groups in random order, as many as come nearest to so many samples; at least one.
pub(super) fn draw(
    set: &Dataset,
    column: &str,
    wanted: usize,
    key: Key,
) -> Result<Vec<u32>, SplitFault> {
    let mut rows: Vec<u32> = Vec::new();
    for group in shuffled(groups(set, column)?, key) {
        let more = rows.len() + group.rows.len();
        if !rows.is_empty() && more.abs_diff(wanted) >= rows.len().abs_diff(wanted) {
            break;
        }
        rows.extend(group.rows);
    }
    Ok(rows)
}
