//! What stands in for missing values.

use super::fault::PrepareFault;
use super::figures::Figures;
use crate::Missing;

/// Where values are missing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gaps {
    samples: usize,
    pub count: usize,
    first: u32,
}

impl Gaps {
    pub fn of(samples: usize) -> Self {
        Gaps { samples, count: 0, first: 0 }
    }

    pub fn note(&mut self, row: u32) {
        if self.count == 0 {
            self.first = row;
        }
        self.count += 1;
    }

    /// Of a training set: something must be there, and where nothing stands in for what is
    /// missing, everything.
    pub fn check(&self, column: &str, is_error: bool) -> Result<(), PrepareFault> {
        if self.count == self.samples {
            let (column, samples) = (column.into(), self.samples);
            return Err(PrepareFault::AllMissing { column, samples });
        }
        if is_error && self.count > 0 {
            return Err(self.fault(column));
        }
        Ok(())
    }

    pub fn fault(&self, column: &str) -> PrepareFault {
        let Gaps { samples, count, first: row } = *self;
        PrepareFault::Missing { column: column.into(), count, samples, row }
    }
}

/// What stands in for a missing number, by those that are there.
pub(super) fn missing_number(there: &mut Figures, missing: Missing) -> Option<f64> {
    match missing {
        Missing::Error => None,
        Missing::Mean => Some(there.mean()),
        Missing::Median => Some(there.quantile(0.5)),
        Missing::MostFrequent => Some(there.most_frequent()),
    }
}

/// Which category stands in for a missing one, by how many there are of each: the most
/// frequent, the first of equals.
pub(super) fn missing_category(counts: &[usize], missing: Missing) -> Option<usize> {
    let more = |best: usize, at: usize| if counts[at] > counts[best] { at } else { best };
    (missing != Missing::Error).then(|| (0..counts.len()).fold(0, more))
}
