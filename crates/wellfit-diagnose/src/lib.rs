//! Records become comparisons and conclusions. Trains nothing, prints nothing.
//!
//! | file | in → out |
//! |---|---|
//! | `trials` | records → per arm and seed the figures it is judged by, or how it was lost |
//! | `compare` | figures → summaries, paired differences, judgements |
//! | `overfitting` | the baseline's epochs → whether it overfits |
//! | `claims` | all of them → which of the article's claims hold |
//! | `answer` | all of them → the headline and the recommendation |
//! | `caveats` | all of them → what to know before trusting it |
//! | `words` | findings → what they are called |
//! | `export` | records and findings → `results.json`, `results.csv` |

mod answer;
mod caveats;
mod claims;
mod compare;
mod export;
mod findings;
mod overfitting;
mod trials;
mod words;

pub use compare::MARGIN;
pub use export::{RESULTS_SCHEMA, results_csv, results_json};
pub use findings::*;
pub use words::{change, metric_words};

use trials::ArmTrials;
use wellfit_study::StudyRecords;

/// What a study's records say. A pure function that takes any records: what is
/// missing, lost or not finite is counted and said, and what cannot be measured
/// stays unknown.
pub fn diagnose(records: &StudyRecords) -> Findings {
    let trials = ArmTrials::of(records);
    let summaries: Vec<Summary> = trials.iter().map(compare::summary).collect();
    let margin = compare::margin(records.study.primary, summaries.first());
    let overfitting = overfitting::overfitting(trials.first(), records.data.score());
    let arms = compare::arms(records, &trials, summaries, margin, &overfitting);
    Findings {
        answer: answer::answer(records, &trials, &arms, &overfitting, margin),
        claims: claims::claims(records, &trials, &arms),
        caveats: caveats::caveats(records, &trials, &arms, margin),
        overfitting,
        arms,
        margin,
    }
}
