//! Who left a race when, and what the race saved.

use wellfit_study::{Racing, StudyRecords};

use crate::words;
use crate::{ArmFindings, RaceFindings};

/// How a study's race went.
pub fn race(records: &StudyRecords, arms: &[ArmFindings], racing: &Racing) -> RaceFindings {
    let study = &records.study;
    let mut found = RaceFindings {
        looks: racing.race.looks(),
        over: racing.standing.next.is_none(),
        // The baseline does not run against itself.
        winner: racing.standing.winner.map(|winner| winner + 1),
        trials: records.records.iter().flatten().flatten().count(),
        of: study.arms.len() * study.cells().len(),
        sentence: String::new(),
    };
    found.sentence = words::race_sentence(&found, arms);
    found
}
