//! What findings are called. Every word that a reader sees of a finding is written
//! here, once.

use wellfit_stats::{Estimate, format};
use wellfit_study::{JudgeAt, Study};
use wellfit_train::plan::Metric;
use wellfit_train::record::ScoreKind;

use crate::compare::{Contradiction, MANY, MoreSeeds, contradictions};
use crate::trials::ArmTrials;
use crate::{Against, Holds, Judgement, OverfittingVerdict};

/// What paired intervals cover.
pub const COVERS_SEEDS: &str = "training seeds";

impl Judgement {
    /// The judgement in a word or three: `helps`, `over-regularises`…
    pub fn word(self) -> &'static str {
        match self {
            Judgement::Helps => "helps",
            Judgement::NoUsefulDifference => "no useful difference",
            Judgement::Hurts => "hurts",
            Judgement::OverRegularised => "over-regularises",
            Judgement::Undecided => "undecided",
        }
    }

    /// What that means for the model: `gap smaller, model worse`…
    pub fn meaning(self) -> &'static str {
        match self {
            Judgement::Helps => "model better",
            Judgement::NoUsefulDifference => "model as good",
            Judgement::Hurts => "model worse",
            Judgement::OverRegularised => "gap smaller, model worse",
            Judgement::Undecided => "too early to say",
        }
    }
}

impl Holds {
    /// `holds`, `does not hold`, `undecided` or `not measured`.
    pub fn word(self) -> &'static str {
        match self {
            Holds::Holds => "holds",
            Holds::DoesNotHold => "does not hold",
            Holds::Undecided => "undecided",
            Holds::NotMeasured => "not measured",
        }
    }
}

impl OverfittingVerdict {
    /// The verdict about the baseline as the beginning of a sentence.
    pub(crate) fn clause(self) -> &'static str {
        match self {
            OverfittingVerdict::Overfits => "The baseline overfits",
            OverfittingVerdict::DoesNotOverfit => "The baseline does not overfit",
            OverfittingVerdict::Unstable => "The baseline trains unstably",
            OverfittingVerdict::Undecided => "Whether the baseline overfits is undecided",
            OverfittingVerdict::Unknown => "Whether the baseline overfits is unknown",
        }
    }
}

/// A metric in words: `validation loss`.
pub fn metric_words(metric: Metric) -> &'static str {
    match metric {
        Metric::TrainLoss => "training loss in training mode",
        Metric::TrainEvalLoss => "training loss",
        Metric::TrainAccuracy => "training accuracy",
        Metric::ValLoss => "validation loss",
        Metric::ValAccuracy => "validation accuracy",
        Metric::TrainR2 => "training R²",
        Metric::ValR2 => "validation R²",
    }
}

/// What a difference to the baseline does to a metric, with its interval:
/// `lowers validation loss by 0.026 [0.021, 0.031]`,
/// `raises validation accuracy by 0.7 [0.5, 0.9] points`.
pub fn change(metric: Metric, difference: &Estimate) -> String {
    let verb = match difference.mean {
        mean if mean < 0.0 => "lowers",
        mean if mean > 0.0 => "raises",
        _ => "changes",
    };
    let amount = if difference.mean < 0.0 { difference.scaled(-1.0) } else { difference.clone() };
    format!("{verb} {} by {}", metric_words(metric), amount_words(metric, &amount))
}

/// A difference of a metric, without its sign turned: accuracies in points.
pub(crate) fn amount_words(metric: Metric, difference: &Estimate) -> String {
    match metric.score() {
        Some(score) => score_amount(score, difference),
        None => format::estimate(difference),
    }
}

/// A difference of scores: accuracies in points.
pub(crate) fn score_amount(score: ScoreKind, difference: &Estimate) -> String {
    match score {
        ScoreKind::Accuracy => points(difference),
        ScoreKind::R2 => format::estimate(difference),
    }
}

/// A score in words: `accuracy 89.7 %`, `R² 0.843`.
pub(crate) fn score_words(score: ScoreKind, value: &Estimate) -> String {
    match score {
        ScoreKind::Accuracy => format!("accuracy {}", percent(value)),
        ScoreKind::R2 => format!("R² {}", format::estimate(value)),
    }
}

/// A difference of fractions: `4.4 [4.2, 4.6] points`.
pub(crate) fn points(difference: &Estimate) -> String {
    format!("{} points", format::estimate(&difference.scaled(100.0)))
}

/// A fraction: `95.9 [95.8, 96.0] %`.
pub(crate) fn percent(fraction: &Estimate) -> String {
    format!("{} %", format::estimate(&fraction.scaled(100.0)))
}

/// `5 seeds`, `1 seed: no interval`.
pub(crate) fn seeds(n: usize) -> String {
    if n == 1 { "1 seed: no interval".to_owned() } else { format!("{n} seeds") }
}

/// `1 trial`, `3 trials`.
pub(crate) fn plural(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{} {noun}s", format::count(n)) }
}

/// Where a figure was taken, if that is not the judged epoch: ` at the last epoch`.
pub(crate) fn at_words(at: JudgeAt) -> &'static str {
    match at {
        JudgeAt::Best => " at the kept epoch",
        JudgeAt::Last => " at the last epoch",
    }
}

/// What an arm does to the primary score:
/// `lowers validation loss by 0.026 [0.021, 0.031] (5 seeds)`.
pub(crate) fn effect(study: &Study, difference: &Estimate) -> String {
    let at = match study.judge_at {
        JudgeAt::Best => "",
        JudgeAt::Last => at_words(JudgeAt::Last),
    };
    format!("{}{at} ({})", change(study.primary, difference), seeds(difference.n))
}

/// A figure that contradicts the primary score: `raises validation accuracy by 0.4 [0.2, 0.6] points`.
pub(crate) fn contradiction(study: &Study, found: &Contradiction) -> String {
    let at = if found.at == study.judge_at { "" } else { at_words(found.at) };
    format!("{}{at}", change(found.metric, found.difference))
}

/// `, but …` for everything that contradicts the primary score.
pub(crate) fn but(study: &Study, against: &Against, margin: f64) -> String {
    let all = contradictions(study, against, margin);
    let all: Vec<String> = all.iter().map(|found| contradiction(study, found)).collect();
    if all.is_empty() { String::new() } else { format!(", but {}", all.join(" and ")) }
}

/// How many seeds more: `about 4 more seeds`.
pub(crate) fn more_seeds_words(more: MoreSeeds) -> String {
    match more {
        MoreSeeds::Some => "more seeds (five in all are a good start)".to_owned(),
        MoreSeeds::About(n) => {
            format!("about {} more {}", n, if n == 1 { "seed" } else { "seeds" })
        }
        MoreSeeds::Many => format!("more than {MANY} more seeds"),
    }
}

/// The sentence of an arm's row.
pub(crate) fn arm_sentence(
    study: &Study,
    arm: &ArmTrials,
    against: &Against,
    judgement: Judgement,
    margin: f64,
    more: MoreSeeds,
) -> String {
    let lost = lost_words(arm);
    if !against.primary.is_known() {
        let why = if arm.only_diverged() {
            return lost;
        } else if arm.ended().next().is_none() {
            "no trial to judge"
        } else if against.primary.n == 0 {
            "no seed in common with the baseline"
        } else {
            return format!("{} was not measured", metric_words(study.primary));
        };
        return if lost.is_empty() { why.to_owned() } else { format!("{why}: {lost}") };
    }
    let effect = effect(study, &against.primary);
    let but = but(study, against, margin);
    let meaning = match judgement {
        Judgement::OverRegularised => format!("{}: {effect}{but}", judgement.meaning()),
        Judgement::Helps | Judgement::Hurts => format!("{effect}{but}"),
        Judgement::NoUsefulDifference => format!("{effect}{but}: {}", judgement.word()),
        Judgement::Undecided => {
            let more = more_seeds_words(more);
            format!("{effect}{but}: {}, {more} would settle it", judgement.word())
        }
    };
    if lost.is_empty() { meaning } else { format!("{meaning}; {lost}") }
}

/// `diverged (2 of 5 trials)`, and likewise for what failed or is missing.
pub(crate) fn lost_words(arm: &ArmTrials) -> String {
    let all = arm.outcomes.len();
    let counts = [
        (arm.diverged(), "diverged"),
        (arm.failures().count(), "failed"),
        (arm.missing(), "missing"),
    ];
    let counts = counts.iter().filter(|(n, _)| *n > 0);
    let words: Vec<String> =
        counts.map(|(n, what)| format!("{what} ({n} of {})", plural(all, "trial"))).collect();
    words.join(", ")
}

/// Whether the baseline overfits, with the figures.
pub(crate) fn overfitting_sentence(
    verdict: OverfittingVerdict,
    rise: &Estimate,
    (gap, score): (&Estimate, ScoreKind),
    since: &[usize],
) -> String {
    let clause = verdict.clause();
    if verdict == OverfittingVerdict::Unknown {
        return format!("{clause}: there is no validation loss");
    }
    let also = match verdict {
        OverfittingVerdict::Unstable => ", and training loss rises too",
        OverfittingVerdict::Overfits => " while training loss falls on",
        _ => "",
    };
    let lowest = epochs(since);
    let gap =
        if gap.is_known() { format!("; gap {}", score_amount(score, gap)) } else { String::new() };
    let (rise, n) = (format::estimate(rise), seeds(rise.n));
    format!(
        "{clause}: from its lowest (epoch {lowest}) to the last epoch validation loss rises by {rise}{also}{gap} ({n})"
    )
}

/// `9`, or `9 to 13`.
fn epochs(epochs: &[usize]) -> String {
    match (epochs.iter().min(), epochs.iter().max()) {
        (Some(first), Some(last)) if first < last => format!("{first} to {last}"),
        (Some(only), _) => only.to_string(),
        _ => format::UNKNOWN.to_owned(),
    }
}

/// Why an arm cannot be measured.
pub(crate) fn unmeasured(arm: &ArmTrials) -> String {
    match (lost_words(arm), arm.ended().next()) {
        (lost, None) if !lost.is_empty() => format!("no trial to measure: {lost}"),
        (lost, _) if !lost.is_empty() => format!("the figure is not there: {lost}"),
        _ => "the figure was not measured".to_owned(),
    }
}
