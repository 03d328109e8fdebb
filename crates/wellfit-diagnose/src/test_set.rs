//! What the test set says of the chosen arm, and which model is handed over.

use wellfit_stats::Estimate;
use wellfit_study::{Cell, StudyRecords, trial_name};
use wellfit_train::record::Score;

use crate::trials::{ArmTrials, Trial};
use crate::words;
use crate::{Model, TestFigures};

/// The figures on the test set of the arm that it was opened for, against the
/// baseline's, paired by seed; `None` while it is shut. Records without a mark of the
/// opening are of an older version, which opened it for the recommended arm alone.
pub fn test_figures(
    records: &StudyRecords,
    trials: &[ArmTrials],
    recommended: Option<usize>,
) -> Option<TestFigures> {
    let opening = records.opening.as_ref();
    let arm = match opening {
        Some(opening) => trials.iter().position(|arm| arm.arm.name == opening.arm)?,
        None => recommended?,
    };
    let (ours, baseline) = (trials.get(arm)?, trials.first()?);
    let opened = || ours.ended().filter_map(|trial| Some((trial, trial.record.test.as_ref()?)));
    let (_, first) = opened().next()?;
    let over = |of: &dyn Fn(&Score) -> f64| ours.mean(opened().map(|(trial, s)| (trial, of(s))));
    let against = |of: &dyn Fn(&Score) -> f64| {
        let pairs = ours.paired(baseline).filter_map(|(a, b)| {
            Some((a, of(a.record.test.as_ref()?) - of(b.record.test.as_ref()?)))
        });
        (arm > 0).then(|| ours.mean(pairs)).filter(Estimate::is_known)
    };
    let metric = records.study.primary;
    let primary = |score: &Score| score.metric(metric).unwrap_or(f64::NAN);
    let judged_by_extra = metric.extra().is_some();
    Some(TestFigures {
        arm,
        opened: opening.map(|opening| opening.opened.clone()),
        samples: first.n,
        score_kind: first.kind,
        loss: over(&|score| score.loss),
        score: over(&|score| score.score),
        loss_difference: against(&|score| score.loss),
        score_difference: against(&|score| score.score),
        primary: judged_by_extra.then(|| over(&primary)).filter(Estimate::is_known),
        primary_difference: judged_by_extra.then(|| against(&primary)).flatten(),
        joined: opening
            .map(|opening| opening.joined(&records.study))
            .unwrap_or_default()
            .into_iter()
            .map(str::to_owned)
            .collect(),
    })
}

/// The model of a recommended arm that is handed over: of the trials that ended with a
/// kept epoch the one whose validation loss there is the median, the better of the two
/// in the middle. The best seed would be chosen for its luck, an average of several
/// models is none, and a model that was trained again on more data would be one that
/// nobody has tested.
pub fn model(arm: &ArmTrials) -> Option<Model> {
    let mut kept: Vec<Trial> =
        arm.ended().filter(|trial| trial.record.best_epoch.is_some()).collect();
    kept.sort_by(|a, b| a.figures.best.loss.total_cmp(&b.figures.best.loss));
    let middle = kept.get(kept.len().checked_sub(1)? / 2)?;
    let Cell { seed, fold } = middle.cell;
    let (name, val_loss) = (&arm.arm.name, middle.figures.best.loss);
    Some(Model {
        trial: trial_name(name, middle.cell),
        seed,
        fold,
        val_loss,
        sentence: words::model(arm.over, name, middle.cell, val_loss, kept.len()),
    })
}
