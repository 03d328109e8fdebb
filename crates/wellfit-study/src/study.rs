//! What is to be compared.

use wellfit_train::plan::{Metric, Plan};
use wellfit_train::record::Record;

/// A base plan × arms × seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// What the study is called: its file's stem, or `article-sample`.
    pub name: String,
    /// The baseline's plan; its seed is the first.
    pub plan: Plan,
    /// The seeds, at least one, all different.
    pub seeds: Vec<u64>,
    /// What arms are judged by.
    pub primary: Metric,
    /// At which epoch.
    pub judge_at: JudgeAt,
    /// The arms; the first is the baseline, without remedies.
    pub arms: Vec<Arm>,
}

/// At which epoch arms are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JudgeAt {
    /// The kept one.
    Best,
    /// The last one.
    Last,
}

/// A chain of remedies under a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Unique within the study.
    pub name: String,
    /// As written: `dropout(0.5, input=0.5)`; `key = value` for what `set` changes.
    pub remedies: Vec<String>,
    /// The base plan with the remedies applied.
    pub plan: Plan,
}

/// A study with what its trials gave.
#[derive(Clone, Debug)]
pub struct StudyRecords {
    /// What was compared.
    pub study: Study,
    /// For each arm of the study, the records of its trials, in the seeds' order;
    /// a trial that has not been run yet is `None`.
    pub records: Vec<Vec<Option<Record>>>,
    /// Training, validation and test samples, and where the data came from.
    pub data: DataFacts,
}

/// What the report says of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFacts {
    /// As in the plan.
    pub source: String,
    /// Where it was found.
    pub origin: String,
    /// Samples by part: training, validation, test.
    pub samples: [usize; 3],
    /// Names of the classes.
    pub classes: Vec<String>,
    /// The validation set is the set's own test split.
    pub validation_is_test: bool,
}
