//! Categories become features that are 0 or 1.

use super::fault::PrepareFault;
use super::impute::{Gaps, missing_category};
use super::input::Categories;
use crate::{MISSING, Missing};

/// The categories among the training samples, sorted by name.
pub(super) fn fit(
    column: &str,
    (codes, rows): (&[u32], &[u32]),
    names: &[String],
    missing: Missing,
) -> Result<Categories, PrepareFault> {
    let mut counts = vec![0_usize; names.len()];
    let mut gaps = Gaps::of(rows.len());
    for &row in rows {
        match counts.get_mut(codes[row as usize] as usize) {
            Some(count) => *count += 1,
            None => gaps.note(row),
        }
    }
    let mut seen: Vec<usize> = (0..names.len()).filter(|&code| counts[code] > 0).collect();
    seen.sort_by(|&a, &b| names[a].cmp(&names[b]));
    gaps.check(column, missing == Missing::Error)?;
    let counts: Vec<usize> = seen.iter().map(|&code| counts[code]).collect();
    Ok(Categories {
        fill: missing_category(&counts, missing),
        names: seen.into_iter().map(|code| names[code].clone()).collect(),
    })
}

/// What a table's codes stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// One of the fitted categories.
    Known(usize),
    /// One that training never saw.
    Unknown,
    /// None.
    Missing,
}

/// A table's codes in terms of the fitted categories.
#[derive(Debug)]
pub(super) struct Codes {
    known: Vec<Option<usize>>,
    fill: Option<usize>,
}

impl Codes {
    pub fn new(categories: &Categories, names: &[String]) -> Self {
        let place = |name: &String| categories.names.binary_search(name).ok();
        Codes { known: names.iter().map(place).collect(), fill: categories.fill }
    }

    /// What stands in for a missing category is taken for it.
    pub fn get(&self, code: u32) -> Seen {
        match code {
            MISSING => self.fill.map_or(Seen::Missing, Seen::Known),
            code => self.known[code as usize].map_or(Seen::Unknown, Seen::Known),
        }
    }

    pub fn is_unknown(&self, code: u32) -> bool {
        code != MISSING && self.known[code as usize].is_none()
    }
}
