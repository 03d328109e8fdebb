//! What findings are called. Every word that a reader sees of a finding is written
//! here, once.

mod over;

use wellfit_stats::{Estimate, Interval, LEAST_SIZES, NoCurve, format};
use wellfit_study::remedy::Value;
use wellfit_study::{Cell, JudgeAt, Opening, Study, StudyRecords};
use wellfit_train::plan::{Extra, Metric};
use wellfit_train::record::ScoreKind;

use crate::arms::{Contradiction, MoreSeeds, contradictions};
use crate::picking::Picking;
use crate::trials::{ArmTrials, Outcome};
use crate::{
    Against, ArmFindings, Holds, Judgement, LeftBecause, LeftRace, NextScore, OverfittingVerdict,
    RaceFindings, StrengthFamily, TestFigures,
};

pub use over::Over;

/// What paired intervals cover.
pub const COVERS_SEEDS: &str = "training seeds";

/// What intervals cover in a cross-validation.
pub const COVERS_FOLDS: &str = "the folds of a cross-validation, corrected for the samples that \
                                they share (Nadeau and Bengio)";

impl Judgement {
    /// Whether it says that a difference is there.
    pub(crate) fn is_difference(self) -> bool {
        matches!(self, Judgement::Helps | Judgement::Hurts | Judgement::OverRegularised)
    }

    /// All of them.
    pub const ALL: [Judgement; 5] = [
        Judgement::Helps,
        Judgement::NoUsefulDifference,
        Judgement::Hurts,
        Judgement::OverRegularised,
        Judgement::Undecided,
    ];

    /// The word in JSON: `helps`, `no-useful-difference`…
    pub fn name(self) -> &'static str {
        match self {
            Judgement::Helps => "helps",
            Judgement::NoUsefulDifference => "no-useful-difference",
            Judgement::Hurts => "hurts",
            Judgement::OverRegularised => "over-regularised",
            Judgement::Undecided => "undecided",
        }
    }

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
        Metric::Train(extra) => extra.side_words()[0],
        Metric::Val(extra) => extra.side_words()[1],
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
    if metric.is_share() { points(difference) } else { format::estimate(difference) }
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

/// The margin in a metric's unit: `±0.00446`, `±0.11 points`.
pub(crate) fn margin(metric: Metric, margin: f64) -> String {
    match metric.is_share() {
        true => format!("±{} points", format::three_digits(margin * 100.0)),
        false => format!("±{}", format::three_digits(margin)),
    }
}

/// Why arms are undecided though their intervals are clear of zero: some reach into the
/// margin, or some do not when all arms are judged together.
pub(crate) fn why_undecided(within: bool, together: Option<usize>, margin: &str) -> String {
    match (within, together) {
        (true, None) => {
            format!("Undecided: no interval is clear of {margin}")
        }
        (true, Some(arms)) => {
            format!("Undecided: among {arms} arms none is clear of {margin} (Holm)")
        }
        (false, _) => {
            let arms = together.unwrap_or_default();
            format!("Undecided: clear of 0, but among {arms} arms that may be luck (Holm)")
        }
    }
}

/// A fraction: `95.9 [95.8, 96.0] %`.
pub(crate) fn percent(fraction: &Estimate) -> String {
    format!("{} %", format::estimate(&fraction.scaled(100.0)))
}

/// `5 seeds`, `1 seed: no interval`.
fn seeds(n: usize) -> String {
    Over::Seeds.n(n)
}

/// `1 trial`, `3 trials`.
pub(crate) fn plural(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{} {noun}s", format::count(n)) }
}

/// Some of a list.
pub(crate) fn listed(all: Vec<String>) -> String {
    const SHOWN: usize = 6;
    let more = all.len().saturating_sub(SHOWN);
    let shown = all.into_iter().take(SHOWN).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// What was found in a trial.
pub(crate) fn of_trial(arm: &str, trial: &str, what: &str) -> String {
    format!("{arm}, {trial}: {what}")
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
    format!("{}{at} ({})", change(study.primary, difference), Over::of(study).n(difference.n))
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

/// A number of the primary score's differences: accuracies in points.
struct Amounts {
    unit: &'static str,
    factor: f64,
    digits: usize,
}

impl Amounts {
    /// With the digits of an estimate.
    fn like(metric: Metric, estimate: &Estimate) -> Amounts {
        let (unit, factor) = if metric.is_share() { (" points", 100.0) } else { ("", 1.0) };
        Amounts { unit, factor, digits: format::decimals(&estimate.scaled(factor)) }
    }

    fn words(&self, value: f64) -> String {
        format::number(value * self.factor, self.digits)
    }
}

/// How much of an arm's gain is the luck of being the best of many, with the digits of
/// the gain.
pub(crate) fn luck(study: &Study, arm: &str, gain: &Estimate, picking: &Picking) -> String {
    let amounts = Amounts::like(study.primary, gain);
    let luck = picking.optimism.bias().max(0.0);
    let arms = plural(picking.arms, "arm");
    let left_out = match picking.with_samples {
        true => "seeds and validation samples",
        false => Over::of(study).many(),
    };
    if amounts.words(luck) == amounts.words(0.0) {
        return format!(
            "Being the best of {arms} does not flatter {arm}: on left-out {left_out} the choice \
             gains as much"
        );
    }
    format!(
        "About {}{unit} of that gain is the luck of being the best of {arms}: expect {}{unit} \
         (estimated on left-out {left_out})",
        amounts.words(luck),
        amounts.words(gain.mean - luck),
        unit = amounts.unit
    )
}

/// Less luck than this share of the gain is none that could be measured.
const MEASURABLE: f64 = 0.01;

/// `, by about 0.003 for being the best of 7 arms`, or that it cannot be measured.
pub(crate) fn optimistic_by(metric: Metric, picking: &Picking) -> String {
    let luck = picking.optimism.bias();
    let mut amounts = Amounts::like(metric, &Estimate::of([luck]));
    // Two digits: it is a rough estimate.
    amounts.digits = amounts.digits.saturating_sub(1);
    let arms = plural(picking.arms, "arm");
    match luck > MEASURABLE * picking.optimism.apparent.abs() {
        true => format!(
            ", by about {}{} for being the best of {arms}",
            amounts.words(luck),
            amounts.unit
        ),
        false => format!(", though not measurably for being the best of {arms}"),
    }
}

/// `test loss 0.310 [0.309, 0.311], test accuracy … (5,000 samples, 5 seeds), opened
/// once, on 2026-11-23`.
pub(crate) fn test_figure(study: &Study, test: &TestFigures, day: Option<&str>) -> String {
    let opened = day.map_or(String::new(), |day| format!(", opened once, on {day}"));
    let judged = |(extra, figure): (Extra, &Estimate)| {
        let figure = if extra.is_share() { percent(figure) } else { format::estimate(figure) };
        format!("test {} {figure}, ", extra.words())
    };
    let judged = study.primary.extra().zip(test.primary.as_ref()).map(judged).unwrap_or_default();
    format!(
        "{judged}test loss {}, test {} ({}, {}){opened}",
        format::estimate(&test.loss),
        score_words(test.score_kind, &test.score),
        plural(test.samples, "sample"),
        Over::of(study).n(test.loss.n)
    )
}

/// Why an arm has no figure on the test set, which another one was shown.
pub(crate) fn opened_for_another(opening: &Opening, arm: &str) -> String {
    let (day, other) = (opening.day(), &opening.arm);
    format!("the test set was opened on {day} for {other}, and is not opened again for {arm}")
}

/// The difference to the baseline on the test set, in what arms are judged by.
pub(crate) fn on_test(study: &Study, arm: &str, test: &TestFigures) -> Option<String> {
    let primary = study.primary;
    let (what, amount) = match (primary.extra(), primary.score()) {
        (Some(extra), _) => (extra.words(), test.primary_difference.clone()?),
        (None, None) => ("loss", test.loss_difference.clone()?),
        (None, Some(ScoreKind::Accuracy)) => ("accuracy", test.score_difference.clone()?),
        (None, Some(ScoreKind::R2)) => ("R²", test.score_difference.clone()?),
    };
    let verb = if amount.mean < 0.0 { "lowers" } else { "raises" };
    let size = if amount.mean < 0.0 { amount.scaled(-1.0) } else { amount };
    let (words, n) = (amount_words(primary, &size), Over::of(study).n(size.n));
    Some(format!("On the test set {arm} {verb} {what} by {words} against the baseline ({n})"))
}

/// Why arms are judged by balanced accuracy: the classes with the most and the fewest
/// samples.
pub(crate) fn why_primary(records: &StudyRecords) -> Option<String> {
    let by = records.study.primary.extra();
    let uneven = records.data.imbalance().filter(|_| by == Some(Extra::BalancedAccuracy))?;
    let name = |class: usize| records.data.classes.get(class).map_or("a class", String::as_str);
    Some(format!(
        "Classes are imbalanced ({} has {}, {} {}): arms are judged by balanced accuracy, the \
         mean of the classes' recalls, because loss and accuracy hardly see a rare class",
        name(uneven.large),
        plural(uneven.most, "sample"),
        name(uneven.small),
        format::count(uneven.fewest)
    ))
}

/// Which model is handed over, and why that one.
pub(crate) fn model(over: Over, arm: &str, cell: Cell, val_loss: f64, trials: usize) -> String {
    let kinds = match over {
        Over::Folds { seeds: 2.., .. } => "trials",
        over => over.many(),
    };
    let why = if trials == 1 {
        "the only one".to_owned()
    } else {
        format!(
            "the median of {trials} {kinds} by validation loss, {}",
            format::three_digits(val_loss)
        )
    };
    let part = match over {
        Over::Seeds => "the training part",
        Over::Folds { .. } => "the training part of this fold",
    };
    let trial = over.cell(cell);
    format!(
        "recommended/ holds the model of {arm} with {trial}, {why}: its kept epoch, trained on \
         {part} alone"
    )
}

/// When an arm left a race, and why.
pub(crate) fn left_words(left: &LeftRace) -> String {
    let why = match left.reason {
        LeftBecause::Useless => "hardly a chance to help",
        LeftBecause::Behind => "hardly a chance to come out first",
        LeftBecause::Lost => "every trial was lost",
    };
    format!("left the race after {}, {why}", seeds(left.seeds))
}

/// How a race went: which arms left it when, and what it cost.
pub(crate) fn race_sentence(race: &RaceFindings, arms: &[ArmFindings]) -> String {
    let left = arms.iter().filter_map(|arm| Some((&arm.name, arm.left_race.as_ref()?)));
    let left: Vec<String> =
        left.map(|(name, left)| format!("{name} (after {})", left.seeds)).collect();
    let left = match left.as_slice() {
        [] => "no arm left it early".to_owned(),
        some => format!("seeds after which arms left it: {}", some.join(", ")),
    };
    format!(
        "A race: {}; {left}. Intervals and judgements hold for all of its looks together, so they \
         are wider the earlier an arm left",
        race_cost(race)
    )
}

/// What a race cost and saved: `it ran 34 of 80 trials and saved 46`.
pub fn race_cost(race: &RaceFindings) -> String {
    let (ran, of) = (race.trials, plural(race.of, "trial"));
    match (race.over, race.of.saturating_sub(ran)) {
        (false, _) => format!("it ran {ran} of {of}, and is not over"),
        (true, 0) => format!("it ran all of {of} and saved none"),
        (true, saved) => format!("it ran {ran} of {of} and saved {saved}"),
    }
}

/// A strength as it is written in a remedy: `0.3`, `1e-7`.
pub fn strength(value: f64) -> String {
    Value::Number(value).to_string()
}

/// What the validation curve of a remedy's strengths says.
pub(crate) fn strength_sentence(study: &Study, of: &StrengthFamily, falling: bool) -> String {
    let family = &of.family;
    let shown = |at: usize| strength(of.points[at].strength);
    let effect = |at: usize| effect(study, &of.points[at].difference);
    let said = match (of.recommended, of.best) {
        (Some(taken), Some(best)) if taken != best => format!(
            "{family}: take {}, which {}; the best mean is that of {}, by no more than chance",
            shown(taken),
            effect(taken),
            shown(best)
        ),
        (Some(taken), _) => format!("{family}: take {}, which {}", shown(taken), effect(taken)),
        (None, Some(best)) => format!(
            "{family}: no strength is known to help; the best so far, {}, {}",
            shown(best),
            effect(best)
        ),
        (None, None) if of.points.iter().any(|point| point.difference.is_known()) => {
            return format!(
                "{family}: every strength that could be compared lost trials, so none is \
                 recommended"
            );
        }
        (None, None) => {
            return format!("{family}: no strength could be compared with the baseline");
        }
    };
    let [weaker, stronger] = if falling { [" (larger)", " (smaller)"] } else { [""; 2] };
    match of.best.filter(|_| of.open_ended) {
        Some(0) => format!(
            "{said}. The best is the weakest that was tried: weaker ones{weaker} may do better"
        ),
        Some(_) => format!(
            "{said}. The best is the strongest that was tried: stronger ones{stronger} may do \
             better"
        ),
        None => said,
    }
}

/// What a learning curve says: `twice the data (12,000 training samples) would lower
/// validation loss from 0.45 to about 0.38 [0.36, 0.40] (power law over 5 sizes)`.
pub(crate) fn learning_sentence(
    metric: Metric,
    sizes: usize,
    largest: usize,
    now: Option<f64>,
    found: Result<&NextScore, NoCurve>,
) -> String {
    let what = metric_words(metric);
    let points = metric.is_share();
    let (unit, factor) = if points { (" %", 100.0) } else { ("", 1.0) };
    let sizes = plural(sizes, "size");
    match found {
        Ok(NextScore { samples, score, interval }) => {
            let nan = f64::NAN;
            let ends = interval.map_or([nan, nan], |Interval { low, high }| [low, high]);
            let [mean, low, high] = [*score, ends[0], ends[1]].map(|value| value * factor);
            let there = Estimate { mean, low, high, ..Estimate::of([mean]) };
            let verb = if metric.higher_is_better() { "raise" } else { "lower" };
            let now = now.map_or(String::new(), |now| {
                format!(" from {}", format::number(now * factor, format::decimals(&there)))
            });
            let unsure = match interval {
                Some(_) => "",
                None => "; more seeds or sizes would give an interval",
            };
            format!(
                "twice the data ({} training samples) would {verb} {what}{now} to about {}{unit} \
                 (power law over {sizes}){unsure}",
                format::count(*samples),
                format::estimate(&there)
            )
        }
        Err(NoCurve::TooFew) => {
            format!(
                "a learning curve takes {LEAST_SIZES} sizes of the training set, and {sizes} \
                     could be compared"
            )
        }
        Err(NoCurve::DoesNotFall) => format!(
            "over {sizes} of the training set, up to {} samples, {what} does not get better with \
             more data by more than chance, so no power law fits",
            format::count(largest)
        ),
        Err(NoCurve::NoPowerLaw) => format!(
            "no power law fits {what} over {sizes} of the training set, so nothing is said of \
             more data than {} samples",
            format::count(largest)
        ),
    }
}

/// The sentence of an arm's row.
pub(crate) fn arm_sentence(
    study: &Study,
    arm: &ArmTrials,
    against: &Against,
    judgement: Judgement,
    identical: bool,
    margin: f64,
    next: Result<&LeftRace, MoreSeeds>,
) -> String {
    let lost = lost_words(arm);
    let over = Over::of(study);
    if !against.primary.is_known() {
        let why = if arm.only_diverged() {
            return lost;
        } else if arm.ended().next().is_none() {
            "no trial to judge"
        } else if against.primary.n == 0 {
            match over {
                Over::Seeds => "no seed in common with the baseline",
                Over::Folds { .. } => "no fold in common with the baseline",
            }
        } else {
            return format!("{} was not measured", metric_words(study.primary));
        };
        return if lost.is_empty() { why.to_owned() } else { format!("{why}: {lost}") };
    }
    if identical {
        let n = over.n(against.primary.n);
        return format!("the same figures as the baseline's to the last bit ({n})");
    }
    let effect = effect(study, &against.primary);
    let but = but(study, against, margin);
    let meaning = match judgement {
        Judgement::OverRegularised => format!("{}: {effect}{but}", judgement.meaning()),
        Judgement::Helps | Judgement::Hurts => format!("{effect}{but}"),
        Judgement::NoUsefulDifference => format!("{effect}{but}: {}", judgement.word()),
        Judgement::Undecided => match next {
            Ok(left) => format!("{effect}{but}: {}", left_words(left)),
            Err(more) => {
                let more = over.more(more);
                format!("{effect}{but}: {}, {more} would settle it", judgement.word())
            }
        },
    };
    if lost.is_empty() { meaning } else { format!("{meaning}; {lost}") }
}

/// `2 of 5 trials diverged`, and likewise for what failed or is missing.
pub(crate) fn lost_words(arm: &ArmTrials) -> String {
    let all = arm.outcomes.iter().filter(|o| !matches!(o, Outcome::Spared)).count();
    let counts = [
        (arm.diverged(), "diverged"),
        (arm.failures().count(), "failed"),
        (arm.missing(), "missing"),
    ];
    let counts = counts.iter().filter(|(n, _)| *n > 0);
    let words: Vec<String> =
        counts.map(|(n, what)| format!("{n} of {} {what}", plural(all, "trial"))).collect();
    words.join(", ")
}

/// Whether the baseline overfits, with the figures.
pub(crate) fn overfitting_sentence(
    over: Over,
    verdict: OverfittingVerdict,
    rise: &Estimate,
    train_change: &Estimate,
    (gap, score): (&Estimate, ScoreKind),
    since: &[usize],
) -> String {
    let clause = verdict.clause();
    if verdict == OverfittingVerdict::Unknown {
        return format!("{clause}: there is no validation loss");
    }
    let also = match verdict {
        OverfittingVerdict::Unstable => ", and training loss rises too",
        OverfittingVerdict::Overfits if train_change.is_below(0.0) => {
            " while training loss falls on"
        }
        _ => "",
    };
    let lowest = epochs(since);
    let gap =
        if gap.is_known() { format!("; gap {}", score_amount(score, gap)) } else { String::new() };
    let (rise, n) = (format::estimate(rise), over.n(rise.n));
    format!(
        "{clause}: from its lowest (epoch {lowest}) to the last epoch validation loss rises by {rise}{also}{gap} ({n})"
    )
}

/// What trials are judged to be one by one, behind the sentence of all of them.
pub(crate) fn overfit_trials(overfit: usize, of: usize) -> String {
    format!("; judged one by one {overfit} of {} overfit", plural(of, "trial"))
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
