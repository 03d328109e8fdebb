//! Which runs belong together.

use std::collections::BTreeMap;

use super::{CompareError, Entry};

/// How runs are to be paired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairingRule {
    /// By seed where that is right: every run says its seed, no seed comes twice on a side,
    /// and all seeds of one side are there on the other. Runs of one seed share initial
    /// weights, order and masks, hence luck. Else not at all.
    Found,
    /// By seed as above, else in their order: the first of A with the first of B.
    Paired,
    /// Not at all.
    Unpaired,
    /// In their order; the runs are the folds of a cross-validation with so many folds,
    /// perhaps repeated.
    Folds(usize),
}

/// Which runs of A belong to which of B, by their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// Those of one seed.
    Seeds {
        /// A's run and B's.
        pairs: Vec<(usize, usize)>,
    },
    /// In their order.
    Order {
        /// A's run and B's.
        pairs: Vec<(usize, usize)>,
    },
    /// The same folds of a cross-validation.
    Folds {
        /// A's run and B's.
        pairs: Vec<(usize, usize)>,
        /// How many folds there are.
        folds: usize,
    },
    /// None do.
    None,
}

impl Pairing {
    pub(super) fn of(a: &[Entry], b: &[Entry], rule: PairingRule) -> Result<Pairing, CompareError> {
        let by_order = || {
            let pairs = (0..a.len()).map(|i| (i, i)).collect();
            (a.len() == b.len())
                .then_some(pairs)
                .ok_or(CompareError::Unequal { a: a.len(), b: b.len() })
        };
        match rule {
            PairingRule::Unpaired => Ok(Pairing::None),
            PairingRule::Found => {
                Ok(by_seed(a, b).map_or(Pairing::None, |pairs| Pairing::Seeds { pairs }))
            }
            PairingRule::Paired => match by_seed(a, b) {
                Some(pairs) => Ok(Pairing::Seeds { pairs }),
                None => Ok(Pairing::Order { pairs: by_order()? }),
            },
            PairingRule::Folds(folds) => {
                let pairs = by_order()?;
                if folds < 2 || !a.len().is_multiple_of(folds) {
                    return Err(CompareError::Folds { n: a.len(), folds });
                }
                Ok(Pairing::Folds { pairs, folds })
            }
        }
    }

    /// A's runs and B's that belong together; none without a pairing.
    pub fn pairs(&self) -> &[(usize, usize)] {
        match self {
            Pairing::Seeds { pairs } | Pairing::Order { pairs } | Pairing::Folds { pairs, .. } => {
                pairs
            }
            Pairing::None => &[],
        }
    }

    /// `seed`, `order`, `folds` or `none`.
    pub fn name(&self) -> &'static str {
        match self {
            Pairing::Seeds { .. } => "seed",
            Pairing::Order { .. } => "order",
            Pairing::Folds { .. } => "folds",
            Pairing::None => "none",
        }
    }
}

/// Each side's runs by seed; `None` where a seed is not known or comes twice.
fn seeds(side: &[Entry]) -> Option<BTreeMap<u64, usize>> {
    let seeds = side.iter().enumerate().map(|(i, entry)| Some((entry.seed?, i)));
    let seeds: BTreeMap<u64, usize> = seeds.collect::<Option<_>>()?;
    (seeds.len() == side.len()).then_some(seeds)
}

fn by_seed(a: &[Entry], b: &[Entry]) -> Option<Vec<(usize, usize)>> {
    let (ours, theirs) = (seeds(a)?, seeds(b)?);
    let pair = |(seed, &i): (&u64, &usize)| Some((i, *theirs.get(seed)?));
    let pairs: Vec<(usize, usize)> = ours.iter().filter_map(pair).collect();
    (pairs.len() == a.len().min(b.len())).then_some(pairs)
}
