//! Arms against the baseline, paired by seed.

use wellfit_stats::{CONFIDENCE, Estimate, holm, sample_size, two_way};
use wellfit_study::{JudgeAt, Study, StudyRecords};
use wellfit_train::plan::Metric;

use crate::trials::{ArmTrials, Trial, sample_scores};
use crate::words;
use crate::{Against, ArmFindings, Judgement, Overfitting, Summary};

/// Differences of less than this share of what is wrong with the baseline (its loss,
/// or its error where a score is judged) count as of no use: the change would be
/// paid for with a remedy to explain and keep, and another draw of the data moves
/// the score by more. The same share is what validation loss may rise by after its
/// lowest epoch before it counts as overfitting.
pub const MARGIN: f64 = 0.01;

/// Figures of an arm over its seeds.
pub fn summary(arm: &ArmTrials) -> Summary {
    let over = |figure: fn(&Trial) -> f64| arm.estimate(figure);
    Summary {
        seeds: arm.ended().map(|trial| trial.seed).collect(),
        primary: over(|t| t.figures.primary),
        best_val_loss: over(|t| t.figures.best.loss),
        best_val_score: over(|t| t.figures.best.score),
        last_val_loss: over(|t| t.figures.last.loss),
        last_val_score: over(|t| t.figures.last.score),
        last_train_score: over(|t| t.figures.last_train_score),
        best_gap: over(|t| t.figures.best.gap),
        last_gap: over(|t| t.figures.last.gap),
        seconds_per_epoch: over(|t| t.figures.seconds_per_epoch).mean,
        lost: arm.diverged() + arm.failures().count(),
        diverged: arm.diverged(),
        missing: arm.missing(),
    }
}

/// The equivalence margin of a score: [`MARGIN`] of the baseline's mean loss, or of
/// its mean error.
pub fn margin(primary: Metric, baseline: Option<&Summary>) -> f64 {
    let score = baseline.map_or(f64::NAN, |summary| summary.primary.mean);
    let wrong = if primary.higher_is_better() { 1.0 - score } else { score };
    // `max` would turn an unknown score into a margin of zero.
    if wrong < 0.0 { 0.0 } else { MARGIN * wrong }
}

/// A difference in which more is better.
pub fn gain(metric: Metric, difference: &Estimate) -> Estimate {
    difference.scaled(if metric.higher_is_better() { 1.0 } else { -1.0 })
}

/// Every arm's findings, the baseline's first.
pub fn arms(
    records: &StudyRecords,
    trials: &[ArmTrials],
    summaries: Vec<Summary>,
    margin: f64,
    overfitting: &Overfitting,
) -> Vec<ArmFindings> {
    let Some((baseline, others)) = trials.split_first() else { return Vec::new() };
    let mut against: Vec<Against> =
        others.iter().map(|arm| differences(records, arm, baseline)).collect();
    let p: Vec<f64> = against.iter().map(|arm| arm.primary.p_beyond(margin)).collect();
    for (arm, corrected) in against.iter_mut().zip(holm(&p)) {
        arm.corrected_p = corrected;
    }

    let mut summaries = summaries.into_iter();
    let first = summaries.next().map(|summary| ArmFindings {
        name: baseline.arm.name.clone(),
        summary,
        against_baseline: None,
        judgement: None,
        sentence: overfitting.sentence.clone(),
    });
    let rest = others.iter().zip(summaries).zip(against).map(|((arm, summary), against)| {
        let judgement = judgement(records.study.primary, &against, margin, arm, baseline);
        let more = more_seeds(&against.primary, margin, others.len());
        ArmFindings {
            name: arm.arm.name.clone(),
            summary,
            sentence: words::arm_sentence(&records.study, arm, &against, judgement, margin, more),
            against_baseline: Some(against),
            judgement: Some(judgement),
        }
    });
    first.into_iter().chain(rest).collect()
}

fn differences(records: &StudyRecords, arm: &ArmTrials, baseline: &ArmTrials) -> Against {
    let over = |figure: fn(&Trial) -> f64| arm.difference(baseline, figure);
    Against {
        score: records.data.score(),
        primary: over(|t| t.figures.primary),
        primary_elsewhere: over(|t| t.figures.primary_elsewhere),
        best_val_loss: over(|t| t.figures.best.loss),
        best_val_score: over(|t| t.figures.best.score),
        last_val_loss: over(|t| t.figures.last.loss),
        last_val_score: over(|t| t.figures.last.score),
        best_gap: over(|t| t.figures.best.gap),
        last_gap: over(|t| t.figures.last.gap),
        covers: words::COVERS_SEEDS.to_owned(),
        corrected_p: f64::NAN,
        primary_with_data: with_data(&records.study, arm, baseline),
    }
}

/// The primary difference over seeds and validation samples.
fn with_data(study: &Study, arm: &ArmTrials, baseline: &ArmTrials) -> Option<Estimate> {
    let scores = |trial: Trial| sample_scores(trial.record, study.primary, study.judge_at);
    let by_seed: Option<Vec<Vec<f64>>> = arm
        .paired(baseline)
        .map(|(ours, theirs)| {
            let (ours, theirs) = (scores(ours)?, scores(theirs)?);
            let differences = || ours.iter().zip(&theirs).map(|(a, b)| a - b).collect();
            (ours.len() == theirs.len()).then(differences)
        })
        .collect();
    two_way(&by_seed?)
}

fn judgement(
    primary: Metric,
    against: &Against,
    margin: f64,
    arm: &ArmTrials,
    baseline: &ArmTrials,
) -> Judgement {
    let gain = gain(primary, &against.primary);
    if arm.only_diverged() && baseline.ended().next().is_some() && baseline.diverged() == 0 {
        Judgement::Hurts
    } else if gain.is_within(margin) {
        Judgement::NoUsefulDifference
    } else if against.corrected_p > 1.0 - CONFIDENCE || against.corrected_p.is_nan() {
        Judgement::Undecided
    } else if gain.mean > 0.0 {
        Judgement::Helps
    } else if against.last_gap.is_below(0.0) {
        Judgement::OverRegularised
    } else {
        Judgement::Hurts
    }
}

/// How many seeds more would settle what a difference means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoreSeeds {
    /// With fewer than two seeds the spread is not known.
    Some,
    /// About so many.
    About(usize),
    /// More than [`MANY`].
    Many,
}

/// More seeds than anybody will run.
pub const MANY: usize = 100;

/// Seeds to add until the interval would be clear of the margin, or within it, if
/// mean and spread stay what they are. To be clear of it, the first step of Holm's
/// correction over `arms` must be passed.
pub fn more_seeds(difference: &Estimate, margin: f64, arms: usize) -> MoreSeeds {
    let n = difference.n;
    let beyond = difference.mean.abs() - margin;
    let alpha = (1.0 - CONFIDENCE) / if beyond > 0.0 { arms.max(1) as f64 } else { 1.0 };
    match spread(difference) {
        None => MoreSeeds::Some,
        Some(std) => match sample_size(std, beyond.abs(), alpha, n + MANY) {
            Some(needed) => MoreSeeds::About(needed.saturating_sub(n).max(1)),
            None => MoreSeeds::Many,
        },
    }
}

fn spread(estimate: &Estimate) -> Option<f64> {
    wellfit_stats::Sample::new(estimate.values.clone()).ok()?.std()
}

/// A figure that says something else than the primary score.
pub struct Contradiction<'a> {
    /// Which figure.
    pub metric: Metric,
    /// At which epoch.
    pub at: JudgeAt,
    /// Its difference to the baseline.
    pub difference: &'a Estimate,
}

/// The figures that say something else than the primary score: accuracy or R² against loss
/// at the judged epoch when their intervals lie clearly on different sides of zero;
/// and the primary score at the other epoch, when it does so too or is clear of the
/// margin where the judged one is within.
pub fn contradictions<'a>(
    study: &Study,
    against: &'a Against,
    margin: f64,
) -> Vec<Contradiction<'a>> {
    let (metric, at) = (study.primary, study.judge_at);
    let primary = gain(metric, &against.primary);
    let opposed = |metric: Metric, difference: &Estimate| {
        let other = gain(metric, difference);
        primary.is_above(0.0) && other.is_below(0.0) || primary.is_below(0.0) && other.is_above(0.0)
    };
    let companion = match (metric, at) {
        (Metric::ValLoss, JudgeAt::Best) => {
            Some((against.score.val_metric(), &against.best_val_score))
        }
        (Metric::ValLoss, JudgeAt::Last) => {
            Some((against.score.val_metric(), &against.last_val_score))
        }
        (Metric::ValAccuracy | Metric::ValR2, JudgeAt::Best) => {
            Some((Metric::ValLoss, &against.best_val_loss))
        }
        (Metric::ValAccuracy | Metric::ValR2, JudgeAt::Last) => {
            Some((Metric::ValLoss, &against.last_val_loss))
        }
        (
            Metric::TrainLoss | Metric::TrainEvalLoss | Metric::TrainAccuracy | Metric::TrainR2,
            _,
        ) => None,
    };
    let companion = companion
        .filter(|(metric, difference)| opposed(*metric, difference))
        .map(|(metric, difference)| Contradiction { metric, at, difference });

    let difference = &against.primary_elsewhere;
    let only_there =
        primary.is_within(margin) && (difference.is_above(margin) || difference.is_below(-margin));
    let other = (only_there || opposed(metric, difference)).then_some(Contradiction {
        metric,
        at: elsewhere(at),
        difference,
    });
    companion.into_iter().chain(other).collect()
}

/// The other one of kept and last.
pub fn elsewhere(at: JudgeAt) -> JudgeAt {
    match at {
        JudgeAt::Best => JudgeAt::Last,
        JudgeAt::Last => JudgeAt::Best,
    }
}
