//! Stratified draws: every part has each class in the proportion of the whole, as
//! nearly as whole samples allow. What is drawn depends on the seed alone, class by
//! class, so that another test share does not move the validation samples. In
//! regression, and where the rule is random, all samples are one stratum.

use wellfit_random::{Key, Purpose};

use super::{Parts, Shares};
use crate::{Dataset, SplitFault, Task};

/// What is drawn from by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strata {
    /// Each class; in regression all samples.
    Classes,
    /// All samples.
    One,
}

/// Each stratum is dealt out in its proportion.
pub(super) fn partition(
    set: &Dataset,
    strata: Strata,
    shares: Shares,
    seed: u64,
) -> Result<Parts, SplitFault> {
    let Shares { validation, test } = shares;
    let total = |share: Option<f64>| share.map_or(0, |share| Shares::count(share, set.len()));
    let key = Key { seed, purpose: Purpose::Split, layer: 0, step: 0 };
    let rows = shuffled(set, strata, key);
    let counts: Vec<usize> = rows.iter().map(Vec::len).collect();
    let quotas = [validation, test].map(|share| quotas(&counts, total(share)));
    let mut parts = Parts { train: Vec::new(), validation: Vec::new(), test: Vec::new() };
    for (class, mut rows) in rows.into_iter().enumerate() {
        if rows.is_empty() {
            continue;
        }
        let [validation_rows, test_rows] = [quotas[0][class], quotas[1][class]];
        let empty =
            |key, value, part| nothing_left(set, strata, (key, value), part, class, counts[class]);
        for (key, share, taken) in
            [("validation", validation, validation_rows), ("test", test, test_rows)]
        {
            if let Some(share) = share
                && taken == 0
            {
                return Err(empty(key, share, key));
            }
        }
        if validation_rows + test_rows >= rows.len() {
            let (key, value) = match (validation, test) {
                (Some(value), _) => ("validation", value),
                (None, value) => ("test", value.unwrap_or(0.0)),
            };
            return Err(empty(key, value, "training"));
        }
        // Validation from one end, test from the other: neither moves the other.
        parts.validation.extend(rows.drain(..validation_rows));
        parts.test.extend(rows.drain(rows.len() - test_rows..));
        parts.train.extend(rows);
    }
    Ok(parts)
}

/// So many rows, of each stratum in its proportion; smaller draws of one key are, stratum
/// by stratum, the beginnings of larger ones.
pub(super) fn draw(
    set: &Dataset,
    strata: Strata,
    wanted: usize,
    value: f64,
    key: Key,
) -> Result<Vec<u32>, SplitFault> {
    let rows = shuffled(set, strata, key);
    let counts: Vec<usize> = rows.iter().map(Vec::len).collect();
    let quotas = quotas(&counts, wanted);
    let mut kept = Vec::with_capacity(wanted);
    for (class, rows) in rows.into_iter().enumerate() {
        if quotas[class] == 0 && counts[class] > 0 {
            let asked = ("subset", value);
            return Err(nothing_left(set, strata, asked, "training", class, counts[class]));
        }
        kept.extend_from_slice(&rows[..quotas[class]]);
    }
    Ok(kept)
}

/// What is wrong when a key and its value leave a part without a stratum.
fn nothing_left(
    set: &Dataset,
    strata: Strata,
    (key, value): (&'static str, f64),
    part: &'static str,
    class: usize,
    count: usize,
) -> SplitFault {
    let samples = set.len();
    let name = set.class_names().get(class).filter(|_| strata == Strata::Classes);
    match name.cloned() {
        Some(name) => SplitFault::EmptyClass { key, value, part, class, name, count, samples },
        None => SplitFault::EmptyPart { key, value, part, samples },
    }
}

/// How many of each class make `total` in proportion: the largest-remainder method
/// (Hamilton), ties to the lower class.
fn quotas(counts: &[usize], total: usize) -> Vec<usize> {
    let samples = counts.iter().sum::<usize>().max(1) as u128;
    let exact = |count: usize| count as u128 * total as u128;
    let mut quotas: Vec<usize> =
        counts.iter().map(|&count| (exact(count) / samples) as usize).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&class| std::cmp::Reverse(exact(counts[class]) % samples));
    let missing = total - quotas.iter().sum::<usize>();
    for &class in order.iter().take(missing) {
        quotas[class] += 1;
    }
    quotas
}

/// The rows of each stratum in random order; stratum c draws with the key's step c.
pub(super) fn shuffled(set: &Dataset, strata: Strata, key: Key) -> Vec<Vec<u32>> {
    let classes = strata == Strata::Classes && set.task() == Task::Classification;
    let mut rows = match classes {
        true => vec![Vec::new(); set.classes()],
        false => vec![(0..set.len() as u32).collect()],
    };
    if classes {
        for (row, label) in (0..).zip(set.labels_in_order()) {
            rows[label as usize].push(row);
        }
    }
    for (class, rows) in rows.iter_mut().enumerate() {
        Key { step: class as u64, ..key }.stream().shuffle(rows);
    }
    rows
}
