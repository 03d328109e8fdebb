//! How much of the best arm's figure is the luck of being picked.

use wellfit_stats::{Optimism, optimism};
use wellfit_study::Study;

use crate::trials::{ArmTrials, Trial, sample_scores};
use crate::words::Over;

/// The validation samples are dealt out to so many parts, each of which is left out
/// once.
const PARTS: usize = 10;

/// What picking the best arm made of its figure.
pub struct Picking {
    /// Arms that it was picked from.
    pub arms: usize,
    /// By how much its gain in the primary score is too large.
    pub optimism: Optimism,
    /// Whether the chance of the validation samples is counted in, or the seeds' alone.
    pub with_samples: bool,
}

/// The optimism of picking the arm with the largest gain in the primary score over the
/// baseline, from the seeds that ended in all of them. `None` with fewer than two arms
/// to pick from or fewer than two such seeds.
pub fn picking(study: &Study, trials: &[ArmTrials]) -> Option<Picking> {
    let (baseline, others) = trials.split_first()?;
    let arms: Vec<&ArmTrials> =
        others.iter().filter(|arm| arm.paired(baseline).next().is_some()).collect();
    if arms.len() < 2 {
        return None;
    }
    let in_all =
        |i: &usize| baseline.trial(*i).is_some() && arms.iter().all(|arm| arm.trial(*i).is_some());
    // Of a fold the trials of all seeds that ended in every arm.
    let rows = baseline.rows().into_iter().map(|cells| cells.into_iter().filter(in_all));
    let rows: Vec<Vec<usize>> =
        rows.map(Iterator::collect).filter(|r: &Vec<_>| !r.is_empty()).collect();
    let table = |cells: &dyn Fn(Trial, Trial) -> Option<Vec<f64>>| {
        let cell = |arm: &ArmTrials, i: usize| cells(arm.trial(i)?, baseline.trial(i)?);
        let row = |arm: &ArmTrials, row: &Vec<usize>| {
            mean(&row.iter().map(|&i| cell(arm, i)).collect::<Option<Vec<_>>>()?)
        };
        let rows = |arm: &&ArmTrials| rows.iter().map(|of| row(arm, of)).collect();
        arms.iter().map(rows).collect::<Option<Vec<Vec<Vec<f64>>>>>()
    };

    let sign = if study.primary.higher_is_better() { 1.0 } else { -1.0 };
    let whole = |ours: Trial, theirs: Trial| {
        Some(vec![sign * (ours.figures.primary - theirs.figures.primary)])
    };
    let scores = |trial: Trial| sample_scores(trial.record, study.primary, study.judge_at);
    let by_part = |ours: Trial, theirs: Trial| {
        let (ours, theirs) = (scores(ours)?, scores(theirs)?);
        let differ = ours.iter().zip(&theirs).map(|(a, b)| sign * (a - b)).collect::<Vec<_>>();
        (ours.len() == theirs.len() && differ.len() >= PARTS).then(|| parts(&differ))
    };
    // Folds have samples of their own, which do not cross with the seeds.
    let crossed = baseline.over == Over::Seeds;
    let with_samples = crossed.then(|| table(&by_part)).flatten().and_then(|t| optimism(&t));
    let found = with_samples.or_else(|| optimism(&table(&whole)?))?;
    Some(Picking { arms: arms.len(), optimism: found, with_samples: with_samples.is_some() })
}

/// The mean of lists of one length, place by place; `None` of none.
fn mean(lists: &[Vec<f64>]) -> Option<Vec<f64>> {
    let places = 0..lists.first()?.len();
    let mean = |at: usize| lists.iter().map(|list| list[at]).sum::<f64>() / lists.len() as f64;
    Some(places.map(mean).collect())
}

/// The mean of each part of the values.
fn parts(values: &[f64]) -> Vec<f64> {
    let part = |part: usize| values.iter().skip(part).step_by(PARTS);
    (0..PARTS).map(|i| part(i).sum::<f64>() / part(i).count() as f64).collect()
}
