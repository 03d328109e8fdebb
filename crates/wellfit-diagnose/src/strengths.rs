//! Arms that differ in a strength become a validation curve and a strength to take.

use wellfit_stats::{Estimate, StrengthGain, strength_curve};
use wellfit_study::remedy::Spacing;
use wellfit_study::{JudgeAt, Strength, Study, StudyRecords};
use wellfit_train::plan::Metric;

use crate::arms::gain;
use crate::learning;
use crate::trials::{ArmTrials, Trial, judged_row};
use crate::words;
use crate::{ArmFindings, Axis, Judgement, StrengthFamily, StrengthPoint};

/// The validation curve of every family of strengths, in the order of their first arms.
///
/// Whether a strength helps is the arm's judgement, which holds for all arms of the
/// study together. Of those that help, the weakest within one standard error of the
/// best is recommended ([`strength_curve`]). Strengths are compared with each other over
/// the seeds that both have.
pub fn strengths(
    records: &StudyRecords,
    trials: &[ArmTrials],
    arms: &[ArmFindings],
) -> Vec<StrengthFamily> {
    let mut families: Vec<&Strength> = Vec::new();
    for strength in records.study.arms.iter().filter_map(|arm| arm.strength.as_ref()) {
        if families.iter().all(|other| other.family != strength.family) {
            families.push(strength);
        }
    }
    families.into_iter().map(|first| family_of(records, trials, arms, first)).collect()
}

fn family_of(
    records: &StudyRecords,
    trials: &[ArmTrials],
    arms: &[ArmFindings],
    first: &Strength,
) -> StrengthFamily {
    let Strength { family, spacing, falling, .. } = first;
    let study = &records.study;
    let [training, validation] = study.primary.sides();
    let at = study.judge_at;
    let figure =
        |arm: &ArmTrials, metric| arm.estimate(|trial| side(trial, metric, study.primary, at));
    let mut points: Vec<StrengthPoint> = study
        .arms
        .iter()
        .enumerate()
        .filter_map(|(index, arm)| {
            let strength = arm.strength.as_ref().filter(|strength| strength.family == *family)?;
            let (trials, found) = (trials.get(index)?, arms.get(index)?);
            let against = found.against_baseline.as_ref();
            Some(StrengthPoint {
                arm: index,
                strength: strength.value,
                place: strength.value,
                training: figure(trials, training),
                validation: figure(trials, validation),
                difference: against.map_or(Estimate::of([]), |against| against.primary.clone()),
                helps: found.judgement == Some(Judgement::Helps),
            })
        })
        .collect();
    // The weakest first.
    points.sort_by(|a, b| match falling {
        false => a.strength.total_cmp(&b.strength),
        true => b.strength.total_cmp(&a.strength),
    });
    let members: Vec<usize> = points.iter().map(|point| point.arm).collect();
    let sizes = learning::sizes(records, &members);
    let learning = sizes
        .as_ref()
        .filter(|_| learning::is_held_out(study.primary))
        .map(|sizes| learning::curve(records, trials, &members, sizes));
    let (axis, places) = match sizes {
        Some(sizes) => (Axis::Samples, Some(sizes)),
        None => match parameters(study, trials, &members) {
            Some(parameters) => (Axis::Parameters, Some(parameters)),
            None => (Axis::Strength, None),
        },
    };
    for (point, place) in points.iter_mut().zip(places.into_iter().flatten()) {
        point.place = place as f64;
    }

    let steady = steady(&points, arms);
    let tried: Vec<StrengthGain> = steady.iter().map(|&i| points[i].tried(study.primary)).collect();
    let trials_of = |at: usize| &trials[points[steady[at]].arm];
    let curve = strength_curve(&tried, |a, b| {
        let behind = trials_of(b).difference(trials_of(a), |trial| trial.figures.primary);
        gain(study.primary, &behind).scaled(-1.0)
    });
    let [best, recommended] = [curve.best, curve.recommended].map(|at| at.map(|at| steady[at]));
    // More samples are no remedy that may be overdone, and a curve says what they bring.
    let open_end = best.filter(|_| curve.is_open_ended() && learning.is_none());
    let baseline = |metric| trials.first().map_or(Estimate::of([]), |arm| figure(arm, metric));
    let mut found = StrengthFamily {
        family: family.clone(),
        logarithmic: axis != Axis::Strength || *spacing == Spacing::Logarithmic,
        metrics: [training.name(), validation.name()],
        baseline: [baseline(training), baseline(validation)],
        points,
        best,
        recommended,
        open_ended: open_end.is_some(),
        axis,
        learning,
        sentence: String::new(),
    };
    found.sentence = match &found.learning {
        Some(learning) => format!("{family}: {}", learning.sentence),
        None => words::strength_sentence(study, &found, *falling),
    };
    found
}

/// How many parameters each arm's network has, where these differ: the family is one of
/// capacities. `None` where they do not, or one is not known.
fn parameters(study: &Study, trials: &[ArmTrials], arms: &[usize]) -> Option<Vec<usize>> {
    // Networks of the same layers differ in what comes in, not in what they can do.
    let layers = |&arm: &usize| &study.arms[arm].plan.model.layers;
    if arms.windows(2).any(|pair| layers(&pair[0]) == layers(&pair[1])) {
        return None;
    }
    let of = |&arm: &usize| {
        let record = trials.get(arm)?.ended().next()?.record;
        let tensors = record.weights.iter().map(|tensor| tensor.shape.iter().product::<usize>());
        Some(tensors.sum::<usize>()).filter(|parameters| *parameters > 0)
    };
    let all: Vec<usize> = arms.iter().map(of).collect::<Option<_>>()?;
    let mut sorted = all.clone();
    sorted.sort_unstable();
    sorted.dedup();
    (all.len() > 1 && sorted.len() == all.len()).then_some(all)
}

/// The points that are compared with each other: those that lost no trial and have as many
/// seeds as any of these.
fn steady(points: &[StrengthPoint], arms: &[ArmFindings]) -> Vec<usize> {
    let whole = || {
        let whole = |point: &StrengthPoint| arms[point.arm].summary.lost == 0;
        (0..points.len()).filter(move |&i| whole(&points[i]))
    };
    let most = whole().map(|i| points[i].difference.n).max().unwrap_or(0);
    whole().filter(|&i| most > 0 && points[i].difference.n == most).collect()
}

impl StrengthPoint {
    fn tried(&self, primary: Metric) -> StrengthGain {
        StrengthGain { gain: gain(primary, &self.difference), helps: self.helps }
    }
}

fn side(trial: &Trial, metric: Metric, primary: Metric, at: JudgeAt) -> f64 {
    if metric == primary {
        return trial.figures.primary;
    }
    judged_row(trial.record, at).and_then(|row| row.metric(metric)).unwrap_or(f64::NAN)
}
