//! Arms against the baseline, paired by seed.

use wellfit_stats::{
    CONFIDENCE, Estimate, Place, Runner, Spread, bootstrap, holm, sign_flip, size_to_clear,
    size_to_fit, two_way,
};
use wellfit_study::{JudgeAt, Racing, Study, StudyRecords};
use wellfit_train::plan::{Extra, Metric};
use wellfit_train::record::EpochRow;

use crate::trials::{ArmTrials, Trial, judged_row, sample_scores};
use crate::words::{self, Over};
use crate::{
    Against, ArmFindings, ExtraSummary, Judgement, LeftBecause, LeftRace, Overfitting, Summary,
};

/// What resamples are drawn by, so that the same records give the same findings.
pub const SEED: u64 = 0;

/// Figures of an arm over its seeds.
pub fn summary(arm: &ArmTrials) -> Summary {
    let over = |figure: fn(&Trial) -> f64| arm.estimate(figure);
    Summary {
        seeds: arm.ended().map(|trial| trial.cell.seed).collect(),
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
        extras: {
            let extras = arm.arm.plan.train.metrics.iter().filter(|extra| !extra.is_standard());
            extras.map(|&extra| extra_summary(arm, extra)).collect()
        },
    }
}

fn extra_summary(arm: &ArmTrials, extra: Extra) -> ExtraSummary {
    let at = |at| {
        arm.estimate(|trial| {
            let row = judged_row(trial.record, at);
            row.and_then(|row| row.metric(Metric::Val(extra))).unwrap_or(f64::NAN)
        })
    };
    ExtraSummary { extra, best: at(JudgeAt::Best), last: at(JudgeAt::Last) }
}

/// The equivalence margin of a score: [`wellfit_study::MARGIN`] of the baseline's mean
/// loss, or of its mean error; in a race that of the baseline's first seeds.
pub fn margin(primary: Metric, baseline: Option<&Summary>, racing: Option<&Racing>) -> f64 {
    let score = baseline.map_or(f64::NAN, |summary| summary.primary.mean);
    let fixed = racing.map(|racing| racing.race.margin).filter(|margin| !margin.is_nan());
    fixed.unwrap_or_else(|| wellfit_study::margin(primary, score))
}

/// A difference in which more is better.
pub fn gain(metric: Metric, difference: &Estimate) -> Estimate {
    difference.scaled(if metric.higher_is_better() { 1.0 } else { -1.0 })
}

/// Every arm's findings, the baseline's first.
///
/// Two things are claimed of arms, each for all arms together by a Holm correction of
/// its own. That a difference is clear of the margin: in at most 5 % of studies of any
/// arm of which it is not true. That a difference is within the margin: in at most
/// 2.5 % likewise, as the 95 % interval must fit (two one-sided tests at 2.5 %), so that
/// what an interval shows and what is said of it agree. No arm can be wronged by both,
/// for one of the two is true of it.
pub fn arms(
    records: &StudyRecords,
    trials: &[ArmTrials],
    summaries: Vec<Summary>,
    margin: f64,
    overfitting: &Overfitting,
    racing: Option<&Racing>,
) -> Vec<ArmFindings> {
    let Some((baseline, others)) = trials.split_first() else { return Vec::new() };
    let mut against: Vec<Against> =
        others.iter().map(|arm| differences(records, arm, baseline)).collect();
    let corrected = |p: fn(&Estimate, f64) -> f64| {
        holm(&against.iter().map(|arm| p(&arm.primary, margin)).collect::<Vec<_>>())
    };
    let (beyond, within) = (corrected(Estimate::p_beyond), corrected(Estimate::p_within));
    for (arm, (beyond, within)) in against.iter_mut().zip(beyond.into_iter().zip(within)) {
        (arm.corrected_p, arm.corrected_p_within) = (beyond, within);
    }
    let runners = racing.into_iter().flat_map(|racing| &racing.standing.arms);
    // What exploded without a NaN has a figure in the race, but none that says anything.
    let measured = others.iter().map(|arm| !arm.only_diverged());
    let raced_arms = against.iter_mut().zip(runners).zip(measured).filter(|(_, there)| *there);
    raced_arms.for_each(|((arm, runner), _)| raced(records.study.primary, arm, runner));

    let mut summaries = summaries.into_iter();
    let first = summaries.next().map(|summary| ArmFindings {
        name: baseline.arm.name.clone(),
        summary,
        against_baseline: None,
        judgement: None,
        sentence: overfitting.sentence.clone(),
        left_race: None,
        identical: false,
        verdicts: verdicts(baseline),
    });
    let rest = others.iter().zip(summaries).zip(against).map(|((arm, summary), against)| {
        let judgement = judgement(records.study.primary, &against, arm, baseline);
        let more = more_seeds(&against.primary, margin, others.len());
        let identical = is_identical(arm, baseline);
        let left_race = racing.and_then(|racing| left_race(racing, arm.index));
        ArmFindings {
            name: arm.arm.name.clone(),
            summary,
            sentence: words::arm_sentence(
                &records.study,
                arm,
                &against,
                judgement,
                identical,
                margin,
                left_race.as_ref().ok_or(more),
            ),
            against_baseline: Some(against),
            judgement: Some(judgement),
            left_race,
            identical,
            verdicts: verdicts(arm),
        }
    });
    first.into_iter().chain(rest).collect()
}

/// Whether every trial of an arm went as the baseline's of the same seed, bit by bit; rates
/// and times may differ.
fn is_identical(arm: &ArmTrials, baseline: &ArmTrials) -> bool {
    let figures = |row: &EpochRow| {
        let held = [row.val_loss, row.val_score];
        let of = [row.train_loss, row.train_eval_loss, row.train_score];
        (of.map(f64::to_bits), held.map(|figure| figure.map(f64::to_bits)))
    };
    let same = |(ours, theirs): (Trial, Trial)| {
        let (ours, theirs) = (&ours.record.epochs, &theirs.record.epochs);
        ours.iter().map(figures).eq(theirs.iter().map(figures))
    };
    let lost = arm.diverged() + arm.failures().count();
    lost == 0 && arm.paired(baseline).next().is_some() && arm.paired(baseline).all(same)
}

fn verdicts(arm: &ArmTrials) -> Vec<Option<&'static str>> {
    arm.verdicts.iter().map(|verdict| Some(verdict.as_ref()?.kind.name())).collect()
}

/// What a race knows of an arm's primary difference holds for all of its looks together.
/// Resampling and signs know nothing of looks.
fn raced(primary: Metric, against: &mut Against, runner: &Runner) {
    (against.bootstrap, against.sign_flip_p) = (None, None);
    if runner.gain.is_known() {
        // A gain is a difference with its sign turned for losses, and back again.
        against.primary = gain(primary, &runner.gain);
        (against.corrected_p, against.corrected_p_within) =
            (runner.corrected_p, runner.corrected_p_within);
    }
}

/// When and why an arm left a race.
fn left_race(racing: &Racing, arm: usize) -> Option<LeftRace> {
    let runner = racing.standing.arms.get(arm.checked_sub(1)?)?;
    let (seeds, reason) = match runner.place {
        Place::In => return None,
        Place::Useless(seeds) => (seeds, LeftBecause::Useless),
        Place::Behind(seeds) => (seeds, LeftBecause::Behind),
        Place::Lost(seeds) => (seeds, LeftBecause::Lost),
    };
    Some(LeftRace { seeds, reason })
}

fn differences(records: &StudyRecords, arm: &ArmTrials, baseline: &ArmTrials) -> Against {
    let over = |figure: fn(&Trial) -> f64| arm.difference(baseline, figure);
    let primary = over(|t| t.figures.primary);
    let of_folds = arm.over != Over::Seeds;
    // Folds are not independent: neither resampling them nor turning their signs is sound.
    let free = if of_folds { &[][..] } else { primary.values.as_slice() };
    Against {
        score: records.data.score(),
        bootstrap: bootstrap(free, SEED),
        sign_flip_p: sign_flip(free, SEED),
        primary,
        primary_elsewhere: over(|t| t.figures.primary_elsewhere),
        best_val_loss: over(|t| t.figures.best.loss),
        best_val_score: over(|t| t.figures.best.score),
        last_val_loss: over(|t| t.figures.last.loss),
        last_val_score: over(|t| t.figures.last.score),
        best_gap: over(|t| t.figures.best.gap),
        last_gap: over(|t| t.figures.last.gap),
        covers: arm.over.covers().to_owned(),
        corrected_p: f64::NAN,
        corrected_p_within: f64::NAN,
        primary_with_data: with_data(&records.study, arm, baseline).filter(|_| !of_folds),
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
    arm: &ArmTrials,
    baseline: &ArmTrials,
) -> Judgement {
    let gain = gain(primary, &against.primary);
    if arm.only_diverged() && baseline.ended().next().is_some() && baseline.diverged() == 0 {
        Judgement::Hurts
    } else {
        let p = [against.corrected_p, against.corrected_p_within];
        judged(&gain, p, against.last_gap.is_below(0.0))
    }
}

/// What a gain means, by the p of "it is within the margin" and of "it is beyond" (NaN
/// without an interval), and whether the gap is clearly smaller.
pub fn judged(gain: &Estimate, [beyond, within]: [f64; 2], gap_is_smaller: bool) -> Judgement {
    // Two equal differences, as coarse scores give them, say nothing of how they spread.
    if gain.n == 2 && gain.error == 0.0 && gain.mean != 0.0 {
        return Judgement::Undecided;
    }
    if within <= (1.0 - CONFIDENCE) / 2.0 {
        Judgement::NoUsefulDifference
    } else if beyond > 1.0 - CONFIDENCE || beyond.is_nan() {
        Judgement::Undecided
    } else if gain.mean > 0.0 {
        Judgement::Helps
    } else if gap_is_smaller {
        Judgement::OverRegularised
    } else {
        Judgement::Hurts
    }
}

/// How many seeds (or folds) more would settle what a difference means.
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

/// Seeds to add for a chance of four in five that the difference is clear of the margin,
/// or within it, whichever its mean is: if its true mean and spread are what they
/// seem, and past the first step of Holm's correction over `arms`.
pub fn more_seeds(difference: &Estimate, margin: f64, arms: usize) -> MoreSeeds {
    more_values(difference, difference.spread(), difference.n, margin, arms)
}

/// As [`more_seeds`], of n values that are there and spread so far.
pub fn more_values(
    difference: &Estimate,
    spread: Spread,
    n: usize,
    margin: f64,
    arms: usize,
) -> MoreSeeds {
    if !difference.has_interval() {
        return MoreSeeds::Some;
    }
    let mean = difference.mean.abs();
    let alpha = (1.0 - CONFIDENCE) / arms.max(1) as f64;
    let needed = if mean > margin {
        size_to_clear(mean - margin, spread, alpha, n + MANY)
    } else {
        size_to_fit(mean, margin, spread, alpha, n + MANY)
    };
    needed.map_or(MoreSeeds::Many, |needed| MoreSeeds::About(needed.saturating_sub(n).max(1)))
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
        (Metric::ValAccuracy | Metric::ValR2 | Metric::Val(_), JudgeAt::Best) => {
            Some((Metric::ValLoss, &against.best_val_loss))
        }
        (Metric::ValAccuracy | Metric::ValR2 | Metric::Val(_), JudgeAt::Last) => {
            Some((Metric::ValLoss, &against.last_val_loss))
        }
        (
            Metric::TrainLoss
            | Metric::TrainEvalLoss
            | Metric::TrainAccuracy
            | Metric::TrainR2
            | Metric::Train(_),
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
