//! What a reader must know before trusting the figures.

use std::fmt;

use wellfit_stats::{CONFIDENCE, Estimate, Interval, format};
use wellfit_study::{Opening, StudyRecords};
use wellfit_train::record::ScoreKind;

use crate::trials::ArmTrials;
use crate::words;
use crate::{ArmFindings, Judgement, RaceFindings};

/// A caveat; its `Display` is the sentence.
enum Caveat<'a> {
    /// Nothing is held out.
    NoValidation,
    /// Arms were chosen on what should have stayed closed.
    ValidationIsTest,
    /// Arms that joined when the test set had been seen.
    JoinedLater { arms: Vec<&'a str>, opening: &'a Opening },
    /// No interval at all.
    OneSeed,
    /// What intervals cover and what they do not.
    Covers { covers: &'a str, samples: Option<usize> },
    /// Counting the data's chance too changes the picture.
    DataChance { arm: &'a str, interval: Estimate, points: bool },
    /// Student's interval is clear of zero, and what assumes no distribution is not.
    Uneven { arm: &'a str, interval: Option<Estimate>, sign_flip_p: Option<f64>, points: bool },
    /// Arms whose own losses cannot be compared with the baseline's.
    OtherLoss { arms: Vec<&'a str>, measure: &'static str },
    /// What judgements are corrected for, and what is of no use.
    Corrected { arms: usize, margin: f64, points: bool },
    /// Seeds were added only where the ranking was open.
    Raced { race: &'a RaceFindings },
    /// Trials are not all there.
    Lost { arm: &'a str, what: String },
    /// A trial's own words.
    Failure { arm: &'a str, message: &'a str },
    /// The best epoch is the last one.
    StillImproving { arms: Vec<&'a str> },
}

impl fmt::Display for Caveat<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Caveat::NoValidation => write!(
                f,
                "There is no validation set: training figures alone cannot show overfitting."
            ),
            Caveat::ValidationIsTest => write!(
                f,
                "The validation set is the data's own test split, and epochs and arms were \
                 chosen on it: the figures are optimistic."
            ),
            Caveat::JoinedLater { arms, opening } => write!(
                f,
                "{}: added after the test set was opened (on {} for {}), so whoever added them may \
                 have known its figure.",
                arms.join(", "),
                opening.day(),
                opening.arm
            ),
            Caveat::OneSeed => write!(
                f,
                "1 seed: no interval, so chance cannot be told from effect; run more seeds."
            ),
            Caveat::Covers { covers, samples: None } => {
                write!(f, "95 % intervals cover {covers}.")
            }
            Caveat::Covers { covers, samples: Some(samples) } => write!(
                f,
                "95 % intervals cover {covers}; all arms share one validation set of {}.",
                words::plural(*samples, "sample")
            ),
            Caveat::DataChance { arm, interval, points } => {
                let interval = shown(interval, *points);
                write!(
                    f,
                    "{arm}: with the chance of the validation samples counted in, the difference \
                     is {interval}, which includes zero."
                )
            }
            Caveat::Uneven { arm, interval, sign_flip_p, points } => {
                let interval = interval.as_ref().map(|interval| {
                    let interval = shown(interval, *points);
                    format!("by the bootstrap the difference is {interval}, which includes zero")
                });
                let signs = sign_flip_p.map(|p| {
                    let share = format::three_digits(p * 100.0);
                    format!("{share} % of all choices of signs give as large a difference")
                });
                let both: Vec<String> = interval.into_iter().chain(signs).collect();
                write!(
                    f,
                    "{arm}: the seeds' differences are too uneven to rely on a normal distribution: {}.",
                    both.join(", and ")
                )
            }
            Caveat::OtherLoss { arms, measure } => write!(
                f,
                "{}: trained with another loss or with class weights; losses are compared as \
                 {measure} of single samples, unweighted, and the curves show each arm's own.",
                arms.join(", ")
            ),
            Caveat::Corrected { arms, margin, points } => {
                let margin = if *points {
                    format!("{} points", format::three_digits(margin * 100.0))
                } else {
                    format::three_digits(*margin)
                };
                let together = if *arms > 1 {
                    format!(
                        "Judgements hold for all {arms} arms together (Holm's correction); an \
                         interval is for its arm alone. "
                    )
                } else {
                    String::new()
                };
                write!(f, "{together}Differences within ±{margin} count as of no use.")
            }
            Caveat::Raced { race } => write!(f, "{}.", race.sentence),
            Caveat::Lost { arm, what } => {
                write!(f, "{arm}: {what}; its figures are those of the other trials.")
            }
            Caveat::Failure { arm, message } => write!(f, "A trial of {arm} failed: {message}."),
            Caveat::StillImproving { arms } => write!(
                f,
                "{}: the best epoch is the last one in most trials; more epochs may help.",
                arms.join(", ")
            ),
        }
    }
}

/// The caveats of a study, gravest first, in words.
pub fn caveats(
    records: &StudyRecords,
    trials: &[ArmTrials],
    arms: &[ArmFindings],
    race: Option<&RaceFindings>,
    margin: f64,
) -> Vec<String> {
    let study = &records.study;
    let points = study.primary.score() == Some(ScoreKind::Accuracy);
    let mut all = Vec::new();
    let validated = trials.iter().flat_map(ArmTrials::ended).any(has_validation);
    let ended = trials.iter().flat_map(ArmTrials::ended).next().is_some();
    if ended && !validated {
        all.push(Caveat::NoValidation);
    }
    if records.data.validation_is_test {
        all.push(Caveat::ValidationIsTest);
    }
    if let Some(opening) = &records.opening {
        let arms = opening.joined(study);
        if !arms.is_empty() {
            all.push(Caveat::JoinedLater { arms, opening });
        }
    }
    all.extend(race.map(|race| Caveat::Raced { race }));
    if study.seeds.len() == 1 {
        all.push(Caveat::OneSeed);
    }
    for arm in trials {
        let (name, what) = (arm.arm.name.as_str(), words::lost_words(arm));
        if !what.is_empty() {
            all.push(Caveat::Lost { arm: name, what });
        }
        all.extend(arm.failures().next().map(|message| Caveat::Failure { arm: name, message }));
    }
    all.extend(arms.iter().filter_map(|arm| data_chance(arm, points)));
    all.extend(arms.iter().filter_map(|arm| uneven(arm, points)));
    let still: Vec<&str> =
        trials.iter().filter(|arm| still_improving(arm)).map(|arm| arm.arm.name.as_str()).collect();
    if !still.is_empty() {
        all.push(Caveat::StillImproving { arms: still });
    }
    let (score, measure) = (records.data.score(), study.plan.measure(records.data.score()));
    let others = study.arms.iter().filter(|arm| arm.plan.has_other_loss(measure, score));
    let others: Vec<&str> = others.map(|arm| arm.name.as_str()).collect();
    if !others.is_empty() {
        all.push(Caveat::OtherLoss { arms: others, measure: measure.name() });
    }
    if arms.iter().any(|arm| arm.summary.primary.has_interval()) {
        if validated {
            let covers = arms.iter().find_map(|arm| arm.against_baseline.as_ref());
            let covers = covers.map_or(words::COVERS_SEEDS, |against| against.covers.as_str());
            let one_set = covers == words::COVERS_SEEDS;
            let samples = one_set.then_some(records.data.samples[1]);
            all.push(Caveat::Covers { covers, samples });
        }
        if arms.len() > 1 {
            all.push(Caveat::Corrected { arms: arms.len() - 1, margin, points });
        }
    }
    all.iter().map(Caveat::to_string).collect()
}

fn has_validation(trial: crate::trials::Trial) -> bool {
    trial.record.epochs.iter().any(|row| row.val_loss.is_some())
}

/// Whether the seeds' interval is clear of zero and the one with data is not.
fn data_chance(arm: &ArmFindings, points: bool) -> Option<Caveat<'_>> {
    let against = arm.against_baseline.as_ref()?;
    let interval = against.primary_with_data.clone()?;
    let clear = |e: &Estimate| e.is_above(0.0) || e.is_below(0.0);
    (clear(&against.primary) && !clear(&interval)).then_some(Caveat::DataChance {
        arm: &arm.name,
        interval,
        points,
    })
}

/// The fewest seeds of which a test by signs can reach 5 %.
pub const LEAST_FOR_SIGNS: usize = 6;

/// Whether an arm was judged to make a difference by a normal distribution that its
/// seeds do not look like.
fn uneven(arm: &ArmFindings, points: bool) -> Option<Caveat<'_>> {
    let against = arm.against_baseline.as_ref()?;
    let differs =
        [Judgement::Helps, Judgement::Hurts, Judgement::OverRegularised].contains(&arm.judgement?);
    let interval = against.bootstrap.filter(|b| differs && b.low <= 0.0 && b.high >= 0.0);
    let interval =
        interval.map(|Interval { low, high }| Estimate { low, high, ..against.primary.clone() });
    let sign_flip_p = against
        .sign_flip_p
        .filter(|&p| differs && p > 1.0 - CONFIDENCE && against.primary.n >= LEAST_FOR_SIGNS);
    (interval.is_some() || sign_flip_p.is_some()).then_some(Caveat::Uneven {
        arm: &arm.name,
        interval,
        sign_flip_p,
        points,
    })
}

/// A difference: of accuracies in points.
fn shown(difference: &Estimate, points: bool) -> String {
    if points { words::points(difference) } else { format::estimate(difference) }
}

/// Whether more than half of an arm's trials were best at their last epoch, after
/// more than one.
fn still_improving(arm: &ArmTrials) -> bool {
    let at_end = arm.ended().filter(|trial| {
        let last = trial.record.epochs.last().map(|row| row.epoch);
        last > Some(1) && trial.record.best_epoch == last
    });
    at_end.count() * 2 > arm.ended().count()
}
