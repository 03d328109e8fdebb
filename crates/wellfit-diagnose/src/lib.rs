//! Records become comparisons and conclusions. Trains nothing, prints nothing.
//!
//! | file | in → out |
//! |---|---|
//! | `trials` | records → per arm and seed the figures it is judged by, or how it was lost |
//! | `arms` | figures → summaries, paired differences, judgements |
//! | `overfitting` | the baseline's epochs → whether it overfits |
//! | `claims` | all of them → which of the article's claims hold |
//! | `race` | where a race stands → who left it when, and what it saved |
//! | `strengths` | arms that differ in a strength → a validation curve, and which to take |
//! | `learning` | arms that differ in their training samples → what more samples would bring |
//! | `picking` | figures → how much the best arm is flattered by being the best of many |
//! | `test_set` | figures → what the test set says, and which model is handed over |
//! | `undecided` | what is undecided → which arm is at least better, whether seeds can tell |
//! | `answer` | all of them → the headline and the recommendation |
//! | [`inside`] | what was seen of a run from inside → why it may not learn |
//! | `insides` | verdicts → what was seen of a study's trials from inside |
//! | `doubts` | a difference → what casts doubt on it |
//! | `caveats` | all of them → what to know before trusting it |
//! | `words` | findings → what they are called |
//! | `export` | records and findings → `results.json`, `results.csv` |
//! | [`comparison`] | two sides of runs → whether one is better |
//! | [`verdict`] | one run → whether it overfits, since when, how surely, what shows it |

mod answer;
mod arms;
mod caveats;
mod claims;
pub mod comparison;
mod doubts;
mod export;
mod findings;
pub mod inside;
mod insides;
mod learning;
mod overfitting;
mod picking;
mod race;
mod strengths;
mod test_set;
mod trials;
mod undecided;
pub mod verdict;
mod words;

pub use export::{RESULTS_SCHEMA, field as csv_field, model_json, results_csv, results_json};
pub use findings::*;
pub use verdict::{Verdict, judge};
pub use wellfit_study::MARGIN;
pub use words::{Over, change, metric_words, race_cost, strength};

use trials::ArmTrials;
use wellfit_study::{Racing, StudyRecords};

/// What a study's records say. A pure function that takes any records: what is
/// missing, lost or not finite is counted and said, and what cannot be measured
/// stays unknown.
pub fn diagnose(records: &StudyRecords) -> StudyFindings {
    let racing = Racing::of(&records.study, records.data.score(), &records.records);
    let trials = ArmTrials::of(records, racing.as_ref());
    let summaries: Vec<Summary> = trials.iter().map(arms::summary).collect();
    let margin = arms::margin(records.study.primary, summaries.first(), racing.as_ref());
    let overfitting = overfitting::overfitting(trials.first(), records.data.score());
    let arms = arms::arms(records, &trials, summaries, margin, &overfitting, racing.as_ref());
    let race = racing.as_ref().map(|racing| race::race(records, &arms, racing));
    let strengths = strengths::strengths(records, &trials, &arms);
    StudyFindings {
        answer: answer::answer(
            records,
            &trials,
            &arms,
            &overfitting,
            &strengths,
            race.as_ref(),
            margin,
        ),
        claims: claims::claims(records, &trials, &arms),
        inside: insides::insides(&trials),
        why_undecided: undecided::why(records.study.primary, &arms, margin),
        why_primary: words::why_primary(records),
        caveats: caveats::caveats(records, &trials, &arms, race.as_ref(), margin),
        overfitting,
        verdict: trials.first().and_then(overfitting::line),
        arms,
        strengths,
        race,
        margin,
    }
}
