//! A run on one side of a comparison.

use wellfit_runs::Curves;
use wellfit_train::Plan;
use wellfit_train::record::{Record, RunState};

use crate::verdict::{Facts, curves_of};

/// A run, and what its curves do not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its figures by epoch.
    pub curves: Curves,
    /// What its random numbers were drawn by, where it is known.
    pub seed: Option<u64>,
    /// The row whose weights were kept, where the run says so.
    pub kept: Option<f64>,
    /// Why it never ended: it was interrupted, or failed.
    pub unfinished: Option<String>,
    /// Its plan but for the seed, where it is known.
    pub plan: Option<Plan>,
}

/// A run of which nothing but its figures is known.
impl From<Curves> for Entry {
    fn from(curves: Curves) -> Entry {
        Entry { curves, seed: None, kept: None, unfinished: None, plan: None }
    }
}

/// A copy has as many rows at least; of fewer, rounded figures agree by chance.
const FEWEST_ALIKE: usize = 3;

impl Entry {
    /// A run of wellfit's own, with its plan where that could be read.
    pub fn of_record(name: &str, record: &Record, plan: Option<Plan>) -> Entry {
        let facts = plan.as_ref().map(Facts::of).unwrap_or_default();
        let without_seed = |mut plan: Plan| {
            plan.train.seed = 0;
            plan
        };
        Entry {
            curves: curves_of(name, record, facts),
            seed: Some(record.seed),
            kept: record.best_epoch.map(|epoch| epoch as f64),
            unfinished: match &record.state {
                RunState::Interrupted => Some("interrupted".to_owned()),
                RunState::Failed { message } => Some(format!("failed ({message})")),
                _ => None,
            },
            plan: plan.map(without_seed),
        }
    }

    /// Whether both have the same figures, row by row.
    pub(super) fn is_copy_of(&self, other: &Entry) -> bool {
        let (ours, theirs) = (&self.curves, &other.curves);
        ours.at.len() >= FEWEST_ALIKE
            && ours.at == theirs.at
            && ours.train_loss == theirs.train_loss
            && ours.val_loss == theirs.val_loss
            && ours.train_score == theirs.train_score
            && ours.val_score == theirs.val_score
    }
}
