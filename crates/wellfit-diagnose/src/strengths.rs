//! Arms that differ in a strength become a validation curve and a strength to take.

use wellfit_stats::{Estimate, StrengthGain, strength_curve};
use wellfit_study::remedy::Spacing;
use wellfit_study::{JudgeAt, StudyRecords};
use wellfit_train::plan::Metric;

use crate::arms::gain;
use crate::trials::{ArmTrials, Trial, judged_row};
use crate::words;
use crate::{ArmFindings, Judgement, StrengthFamily, StrengthPoint};

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
    let mut families: Vec<(&str, Spacing)> = Vec::new();
    for strength in records.study.arms.iter().filter_map(|arm| arm.strength.as_ref()) {
        if families.iter().all(|(family, _)| *family != strength.family) {
            families.push((&strength.family, strength.spacing));
        }
    }
    let of = |(family, spacing)| family_of(records, trials, arms, family, spacing);
    families.into_iter().map(of).collect()
}

fn family_of(
    records: &StudyRecords,
    trials: &[ArmTrials],
    arms: &[ArmFindings],
    family: &str,
    spacing: Spacing,
) -> StrengthFamily {
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
            let strength = arm.strength.as_ref().filter(|strength| strength.family == family)?;
            let (trials, found) = (trials.get(index)?, arms.get(index)?);
            let against = found.against_baseline.as_ref();
            Some(StrengthPoint {
                arm: index,
                strength: strength.value,
                training: figure(trials, training),
                validation: figure(trials, validation),
                difference: against.map_or(Estimate::of([]), |against| against.primary.clone()),
                helps: found.judgement == Some(Judgement::Helps),
            })
        })
        .collect();
    points.sort_by(|a, b| a.strength.total_cmp(&b.strength));

    let steady = steady(&points, arms);
    let tried: Vec<StrengthGain> = steady.iter().map(|&i| points[i].tried(study.primary)).collect();
    let trials_of = |at: usize| &trials[points[steady[at]].arm];
    let curve = strength_curve(&tried, |a, b| {
        let behind = trials_of(b).difference(trials_of(a), |trial| trial.figures.primary);
        gain(study.primary, &behind).scaled(-1.0)
    });
    let [best, recommended] = [curve.best, curve.recommended].map(|at| at.map(|at| steady[at]));
    let open_end = best.filter(|_| curve.is_open_ended());
    let baseline = |metric| trials.first().map_or(Estimate::of([]), |arm| figure(arm, metric));
    let mut found = StrengthFamily {
        family: family.to_owned(),
        logarithmic: spacing == Spacing::Logarithmic,
        metrics: [training.name(), validation.name()],
        baseline: [baseline(training), baseline(validation)],
        points,
        best,
        recommended,
        open_ended: open_end.is_some(),
        sentence: String::new(),
    };
    found.sentence = words::strength_sentence(study, &found);
    found
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
