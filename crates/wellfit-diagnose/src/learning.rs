//! Arms that differ in how many samples they learn from become a learning curve.

use wellfit_data::Subset;
use wellfit_stats::{Fitted, Interval, NoCurve, SizeError, power_curve};
use wellfit_study::{Study, StudyRecords};
use wellfit_train::plan::{Metric, Plan};

use crate::arms::SEED;
use crate::trials::ArmTrials;
use crate::words::{self, Over};
use crate::{LearningCurve, NextScore};

/// How many times the largest size is asked for.
const MORE: usize = 2;

/// How many samples each of these arms learns from, if that is all in which their plans
/// differ; `None` where they differ in more, or two are alike, or it is not known.
pub fn sizes(records: &StudyRecords, arms: &[usize]) -> Option<Vec<usize>> {
    let study = &records.study;
    let plans: Vec<&Plan> = arms.iter().map(|&arm| &study.arms[arm].plan).collect();
    let first = plans.first()?;
    let alike = |plan: &&Plan| {
        let mut other = (*plan).clone();
        other.data.subset = first.data.subset;
        other == **first
    };
    if plans.len() < 2 || !plans.iter().all(alike) {
        return None;
    }
    let known = records.data.samples[0];
    let sizes = plans.iter().map(|plan| size(study, known, plan.data.subset));
    let sizes: Vec<usize> = sizes.collect::<Option<_>>()?;
    let mut sorted = sizes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    (sorted.len() == sizes.len()).then_some(sizes)
}

/// How many samples a subset is, when the base plan's is `known` samples.
fn size(study: &Study, known: usize, subset: Option<Subset>) -> Option<usize> {
    let all = match study.plan.data.subset {
        None => Some(known as f64),
        Some(Subset::Fraction(share)) => Some(known as f64 / share),
        Some(Subset::Count(_)) => None,
    };
    match subset {
        Some(Subset::Count(count)) => Some(count),
        Some(Subset::Fraction(share)) => all.map(|all| (all * share).round() as usize),
        None => all.map(|all| all.round() as usize),
    }
    .filter(|samples| *samples > 0)
}

/// The learning curve of arms with these sizes; the baseline joins where it is of the same
/// plan and has a size of its own.
pub fn curve(
    records: &StudyRecords,
    trials: &[ArmTrials],
    arms: &[usize],
    sizes: &[usize],
) -> LearningCurve {
    let study = &records.study;
    let mut all: Vec<(usize, usize)> = arms.iter().copied().zip(sizes.iter().copied()).collect();
    let with_baseline: Vec<usize> = std::iter::once(0).chain(arms.iter().copied()).collect();
    if !arms.contains(&0)
        && let Some(sizes) = self::sizes(records, &with_baseline)
    {
        all.insert(0, (0, sizes[0]));
    }
    let turned = study.primary.higher_is_better();
    // What is wrong: a loss, or what a score lacks to 1; and back again.
    let error = |score: f64| if turned { 1.0 - score } else { score };
    let points: Vec<SizeError> = all
        .iter()
        .filter_map(|&(arm, samples)| {
            let primary = trials.get(arm)?.estimate(|trial| trial.figures.primary);
            let errors: Vec<f64> = primary.values.iter().map(|score| error(*score)).collect();
            let known = primary.is_known() && errors.iter().all(|error| error.is_finite());
            known.then_some(SizeError { samples: samples as f64, errors })
        })
        .collect();
    let largest = points.iter().map(|point| point.samples as usize).max().unwrap_or(0);
    let next = MORE * largest;
    // Folds have samples of their own; all seeds of a plan share theirs.
    let one_draw = Over::of(study) == Over::Seeds;
    let fitted = power_curve(&points, next as f64, one_draw, SEED);
    let at = |Fitted { next: there, .. }: &Fitted| {
        let interval = there.interval.map(|Interval { low, high }| match turned {
            true => Interval { low: 1.0 - high, high: 1.0 - low },
            false => Interval { low, high },
        });
        NextScore { samples: next, score: error(there.error), interval }
    };
    let found = fitted.as_ref().map(at);
    let now = points.iter().find(|point| point.samples as usize == largest);
    let now = now.map(|point| point.errors.iter().sum::<f64>() / point.errors.len() as f64);
    let sentence = words::learning_sentence(
        study.primary,
        points.len(),
        largest,
        now.map(error),
        found.as_ref().map_err(|why: &&NoCurve| **why),
    );
    LearningCurve {
        sizes: points.len(),
        curve: fitted.as_ref().ok().map(|fitted| fitted.curve),
        next: found.ok(),
        sentence,
    }
}

/// Whether a study's metric can be extrapolated: a held-out one.
pub fn is_held_out(metric: Metric) -> bool {
    matches!(metric, Metric::ValLoss | Metric::ValAccuracy | Metric::ValR2 | Metric::Val(_))
}
