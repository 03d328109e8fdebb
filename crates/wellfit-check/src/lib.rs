//! Is anything wrong with the data, before a network is trained on them?
//!
//! [`check`] takes the raw parts of a split ([`wellfit_data::RawSource::split`]) and the plan's
//! `[data]` section, and returns [`Checked`]: what was looked at, and a [`Finding`] for each
//! thing that was found, with figures, rows and a line for the plan. It changes nothing, and
//! the same data give the same findings.
//!
//! | file | looks for |
//! |---|---|
//! | `equal` | samples in two parts, repeats, equal samples with different targets |
//! | `near` | the same among samples that are nearly equal |
//! | `classes` | classes that are few, or missing in a part |
//! | `alone` | a column that gives the target away |
//! | `columns` | constants, identifiers, missing values, codes, outliers, magnitudes, categories |
//! | `correlated` | columns that say the same |
//! | `drift` | held-out samples of another kind, by a small network |
//! | `targets` | targets of another distribution or a skewed one, few validation samples |
//! | [`thresholds`] | from where on, and why |
//!
//! ```
//! use wellfit_check::{Effort, Kind, check};
//! use wellfit_data::{DataRequest, Dataset, RawSplits, Shape};
//!
//! let values: Vec<f32> = (0..40).map(|i| (i * i % 37) as f32).collect();
//! let names = vec!["low".to_string(), "high".to_string()];
//! let all = Dataset::from_floats(Shape::Vector(1), values, vec![0; 40], names)?;
//! let parts = RawSplits {
//!     train: all.take(&Vec::from_iter(0..30))?,
//!     validation: Some(all.take(&Vec::from_iter(30..40))?),
//!     test: None,
//!     validation_is_test: false,
//!     origin: "made in code".into(),
//! };
//! let checked = check(&parts, &DataRequest::of("made in code"), Effort::Quick);
//! assert!(checked.findings.iter().any(|finding| finding.kind == Kind::OneClass));
//! # Ok::<(), wellfit_data::DataError>(())
//! ```

mod alone;
mod auc;
mod classes;
mod columns;
mod correlated;
mod drift;
mod effort;
mod equal;
mod finding;
mod near;
mod parts;
mod profile;
mod sketch;
mod targets;
pub mod thresholds;
mod words;

use serde::{Deserialize, Serialize};
use wellfit_data::{DataRequest, RawSplits};

pub use effort::Effort;
pub use finding::{Example, Finding, Kind, Level, Which};
use parts::Parts;
pub use words::{brief, text};

/// The version of the JSON form.
pub const SCHEMA: u32 = 1;

/// How many rows something was looked for in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// For what.
    pub what: String,
    /// Rows that were looked at.
    pub rows: usize,
    /// Rows that there are.
    pub of: usize,
}

/// What a check gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// The version of this form.
    pub schema: u32,
    /// What the plan calls the data.
    pub source: String,
    /// Where they were found.
    pub origin: String,
    /// Training, validation and test samples.
    pub samples: [usize; 3],
    /// Values of a sample.
    pub columns: usize,
    /// What was looked for, and in how many rows.
    pub looked: Vec<Looked>,
    /// What was found: errors, then warnings, then notes; in each the gravest kinds first.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// How many findings are of a level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// The gravest level there is; `None` where nothing was found.
    pub fn worst(&self) -> Option<Level> {
        self.findings.iter().map(|finding| finding.level).max()
    }
}

/// Looks at the raw parts of a split that was made for this request.
pub fn check(raw: &RawSplits, request: &DataRequest, effort: Effort) -> Checked {
    let parts = Parts::of(raw, request);
    let samples = profile::samples(&parts, effort);
    let (profiles, columns_looked) = profile::profiles(&parts, &samples);
    let equal = equal::equal(&parts, &profiles, effort);
    let (near, near_looked) = near::near(&parts, &profiles, &equal.distinct, effort);
    let (drift, drift_looked) = drift::drift(&parts, &profiles, effort);

    let mut findings = equal.findings;
    findings.extend(near);
    findings.extend(classes::classes(&parts));
    findings.extend(alone::alone(&parts, &samples));
    findings.extend(columns::columns(&parts, &profiles, effort));
    findings.extend(correlated::correlated(&parts, &profiles, &samples, effort));
    findings.extend(drift);
    findings.extend(targets::targets(&parts, effort));
    findings.extend(targets::small_validation(&parts));
    let place = |kind: Kind| Kind::ALL.iter().position(|one| *one == kind);
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.level), place(finding.kind)));

    let mut looked = vec![equal.looked];
    looked.extend(near_looked);
    looked.push(columns_looked);
    looked.extend(drift_looked);
    let len = |part: &Option<wellfit_data::Dataset>| part.as_ref().map_or(0, |part| part.len());
    Checked {
        schema: SCHEMA,
        source: request.source.clone(),
        origin: raw.origin.clone(),
        samples: [raw.train.len(), len(&raw.validation), len(&raw.test)],
        columns: parts.width(),
        looked,
        findings,
    }
}
