//! Stratified draws: every part has each class in the proportion of the whole, as
//! nearly as whole samples allow. What is drawn depends on the seed alone, class by
//! class, so that another test share does not move the validation samples. In
//! regression all samples are one stratum: the draws are plain random.

use wellfit_random::{Key, Purpose};

use crate::{DataError, Dataset, SplitFault, Subset, Task};

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

/// Divides a set. `validation` and `test` are shares of the whole set, in (0, 1);
/// `None` leaves that part empty. A part holds round(share · n) samples.
///
/// # Errors
/// When a share is out of range, the two leave nothing to train on, or a part
/// would have no sample, or none of a class that the set has.
pub fn partition(
    set: &Dataset,
    validation: Option<f64>,
    test: Option<f64>,
    seed: u64,
) -> Result<Parts, DataError> {
    for (part, share) in [("validation", validation), ("test", test)] {
        if let Some(fraction) = share
            && !(fraction > 0.0 && fraction < 1.0)
        {
            let range = "above 0 and below 1";
            return Err(SplitFault::Fraction { part, fraction, range }.into());
        }
    }
    let total = |share: Option<f64>| (share.unwrap_or(0.0) * set.len() as f64).round() as usize;
    if let (Some(validation), Some(test)) = (validation, test)
        && (validation + test >= 1.0 || total(Some(validation)) + total(Some(test)) >= set.len())
    {
        return Err(SplitFault::NothingLeft { validation, test }.into());
    }
    let strata = shuffled(set, seed, Purpose::Split);
    let counts: Vec<usize> = strata.iter().map(Vec::len).collect();
    let quotas = [validation, test].map(|share| quotas(&counts, total(share)));
    let mut parts = Parts { train: Vec::new(), validation: Vec::new(), test: Vec::new() };
    for (class, mut rows) in strata.into_iter().enumerate() {
        if rows.is_empty() {
            continue;
        }
        let [validation_rows, test_rows] = [quotas[0][class], quotas[1][class]];
        let empty = |key, value, part| nothing_left(set, (key, value), part, class, counts[class]);
        for (key, share, taken) in
            [("validation", validation, validation_rows), ("test", test, test_rows)]
        {
            if let Some(share) = share
                && taken == 0
            {
                return Err(empty(key, share, key).into());
            }
        }
        if validation_rows + test_rows >= rows.len() {
            let (key, value) = match (validation, test) {
                (Some(value), _) => ("validation", value),
                (None, value) => ("test", value.unwrap_or(0.0)),
            };
            return Err(empty(key, value, "training").into());
        }
        // Validation from one end, test from the other: neither moves the other.
        parts.validation.extend(rows.drain(..validation_rows));
        parts.test.extend(rows.drain(rows.len() - test_rows..));
        parts.train.extend(rows);
    }
    for part in [&mut parts.train, &mut parts.validation, &mut parts.test] {
        part.sort_unstable();
    }
    Ok(parts)
}

/// A part of a set, stratified likewise, in the set's order. Smaller subsets of one seed are,
/// class by class, the beginnings of larger ones.
///
/// # Errors
/// When it would be larger than the set, have no sample, or lack a class.
pub fn subset(set: &Dataset, size: Subset, seed: u64) -> Result<Dataset, DataError> {
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
    let strata = shuffled(set, seed, Purpose::Subset);
    let counts: Vec<usize> = strata.iter().map(Vec::len).collect();
    let quotas = quotas(&counts, wanted);
    let mut kept = Vec::with_capacity(wanted);
    for (class, rows) in strata.into_iter().enumerate() {
        if quotas[class] == 0 && counts[class] > 0 {
            let asked = ("subset", value);
            return Err(nothing_left(set, asked, "training", class, counts[class]).into());
        }
        kept.extend_from_slice(&rows[..quotas[class]]);
    }
    kept.sort_unstable();
    set.take(&kept)
}

/// What is wrong when a key and its value leave a part without a stratum.
fn nothing_left(
    set: &Dataset,
    (key, value): (&'static str, f64),
    part: &'static str,
    class: usize,
    count: usize,
) -> SplitFault {
    let samples = set.len();
    match set.class_names().get(class).cloned() {
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

/// The rows of each class, or in regression all rows, in random order.
fn shuffled(set: &Dataset, seed: u64, purpose: Purpose) -> Vec<Vec<u32>> {
    let mut classes = match set.task() {
        Task::Classification => vec![Vec::new(); set.classes()],
        Task::Regression => vec![(0..set.len() as u32).collect()],
    };
    for (row, label) in (0..).zip(set.labels_in_order()) {
        classes[label as usize].push(row);
    }
    for (class, rows) in classes.iter_mut().enumerate() {
        Key { seed, purpose, layer: 0, step: class as u64 }.stream().shuffle(rows);
    }
    classes
}
