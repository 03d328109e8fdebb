//! Seeds are added only where the ranking is open: a study as a race.

use wellfit_stats::{Place, Race, Standing};
use wellfit_train::record::{Record, ScoreKind};

use crate::judged::{Ruler, margin};
use crate::study::{Study, Trial};

/// Seeds of every arm before a race is looked at for the first time.
pub const FIRST_LOOK: usize = 2;

/// A race as far as it has been run.
#[derive(Clone, Debug, PartialEq)]
pub struct Racing {
    /// Its rules. The margin is that of the baseline's first seeds, so that it is fixed
    /// before the first look; NaN before they have been run.
    pub race: Race,
    /// Where it stands; the arms are those of the study without the baseline.
    pub standing: Standing,
}

impl Racing {
    /// Where the study's race stands with these records, by arm and seed; `None`: the
    /// study is no race. It depends on the records alone, not on the order in which they
    /// came, so an interrupted race goes on as it would have.
    pub fn of(study: &Study, score: ScoreKind, records: &[Vec<Option<Record>>]) -> Option<Racing> {
        if !study.racing {
            return None;
        }
        let scores: Vec<Vec<f64>> = study
            .arms
            .iter()
            .zip(records)
            .map(|(arm, records)| {
                let ruler = Ruler::of(study, score, arm);
                // A race runs seed by seed: what comes after a gap has not counted yet.
                let there = records.iter().map_while(Option::as_ref);
                there.map(|record| ruler.judged(record)).collect()
            })
            .collect();
        let (baseline, others) = scores.split_first()?;
        let first: Vec<f64> = baseline.iter().copied().take(FIRST_LOOK).collect();
        let known: Vec<f64> = first.iter().copied().filter(|score| score.is_finite()).collect();
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let margin = if first.len() < FIRST_LOOK { f64::NAN } else { margin(study.primary, mean) };
        let sign = if study.primary.higher_is_better() { 1.0 } else { -1.0 };
        let gains: Vec<Vec<f64>> = others
            .iter()
            .map(|arm| {
                arm.iter().zip(baseline).map(|(ours, theirs)| sign * (ours - theirs)).collect()
            })
            .collect();
        let race = Race { first: FIRST_LOOK, most: study.seeds.len(), margin };
        let standing = race.standing(&gains);
        Some(Racing { race, standing })
    }

    /// Whether a trial is needed before the next look, or counted at an earlier one.
    pub fn needs(&self, arm: usize, seed_index: usize) -> bool {
        let Some(next) = self.standing.next else { return false };
        seed_index < next && self.seeds(arm).is_none()
    }

    /// After how many seeds an arm left the race; `None`: it is in, or the baseline.
    pub fn seeds(&self, arm: usize) -> Option<usize> {
        match self.standing.arms.get(arm.checked_sub(1)?)?.place {
            Place::In => None,
            Place::Useless(seeds) | Place::Behind(seeds) | Place::Lost(seeds) => Some(seeds),
        }
    }

    /// How many arms are in, the baseline not counted.
    pub fn left(&self) -> usize {
        self.standing.arms.iter().filter(|arm| arm.place == Place::In).count()
    }
}

/// The trials that are to be run next, in order: all that are left, or in a race those
/// that are needed before its next look.
pub(crate) fn wanted(
    study: &Study,
    records: &[Vec<Option<Record>>],
    racing: Option<&Racing>,
) -> Vec<Trial> {
    let open = |trial: &Trial| {
        let needed = racing.is_none_or(|racing| racing.needs(trial.arm, trial.cell));
        needed && records[trial.arm][trial.cell].is_none()
    };
    study.trials().into_iter().filter(open).collect()
}
