//! What a reader must know before trusting the figures.

use std::fmt;

use wellfit_study::{Opening, StudyRecords};

use crate::doubts;
use crate::trials::ArmTrials;
use crate::words::{self, Over};
use crate::{ArmFindings, Caveat, RaceFindings};

/// What a caveat is about; its `Display` is the sentence.
enum About<'a> {
    /// Nothing is held out.
    NoValidation,
    /// Arms were chosen on what should have stayed closed.
    ValidationIsTest,
    /// Arms that joined when the test set had been seen.
    JoinedLater { arms: Vec<&'a str>, opening: &'a Opening },
    /// What arms are judged by, and why.
    Primary(String),
    /// No interval at all.
    OneSeed,
    /// What intervals cover and what they do not.
    Covers { covers: &'a str, samples: Option<usize> },
    /// The folds are no random draws.
    FoldsInTime,
    /// Something casts doubt on an arm's difference.
    Doubt { arm: &'a str, doubt: String },
    /// Arms whose own losses cannot be compared with the baseline's.
    OtherLoss { arms: Vec<&'a str>, measure: &'static str },
    /// What judgements are corrected for, and what is of no use.
    Corrected { arms: usize, margin: String },
    /// Seeds were added only where the ranking was open.
    Raced { race: &'a RaceFindings },
    /// Trials are not all there.
    Lost { arm: &'a str, what: String, all: bool },
    /// A trial's own words.
    Failure { arm: &'a str, message: &'a str },
    /// The best epoch is the last one.
    StillImproving { arms: Vec<&'a str> },
}

impl About<'_> {
    /// Whether the figures are not what they seem to be, whatever the intervals.
    fn is_grave(&self) -> bool {
        matches!(self, About::NoValidation | About::ValidationIsTest | About::JoinedLater { .. })
    }
}

impl fmt::Display for About<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            About::NoValidation => write!(
                f,
                "There is no validation set: training figures alone cannot show overfitting."
            ),
            About::ValidationIsTest => write!(
                f,
                "The validation set is the data's own test split, and epochs and arms were \
                 chosen on it: the figures are optimistic."
            ),
            About::JoinedLater { arms, opening } => write!(
                f,
                "{}: added after the test set was opened (on {} for {}), so whoever added them may \
                 have known its figure.",
                arms.join(", "),
                opening.day(),
                opening.arm
            ),
            About::Primary(why) => write!(f, "{why}."),
            About::OneSeed => write!(f, "1 seed: {}; run more seeds.", doubts::NO_INTERVAL),
            About::Covers { covers, samples: None } => write!(f, "{}.", doubts::covers(covers)),
            About::Covers { covers, samples: Some(samples) } => write!(
                f,
                "{}; all arms share one validation set of {}.",
                doubts::covers(covers),
                words::plural(*samples, "sample")
            ),
            About::FoldsInTime => write!(
                f,
                "The folds are in order of time: each is trained on more samples than the one \
                 before, and their intervals are a rough guide."
            ),
            About::Doubt { arm, doubt } => write!(f, "{arm}: {doubt}."),
            About::OtherLoss { arms, measure } => write!(
                f,
                "{}: trained with another loss or with class weights; losses are compared as \
                 {measure} of single samples, unweighted, and the curves show each arm's own.",
                arms.join(", ")
            ),
            About::Corrected { arms, margin } => {
                let together = if *arms > 1 {
                    format!(
                        "Judgements hold for all {arms} arms together (Holm's correction); an \
                         interval is for its arm alone. "
                    )
                } else {
                    String::new()
                };
                write!(f, "{together}Differences within {margin} count as of no use.")
            }
            About::Raced { race } => write!(f, "{}.", race.sentence),
            About::Lost { arm, what, all: true } => write!(f, "{arm}: {what}: it has no figures."),
            About::Lost { arm, what, all: false } => {
                write!(f, "{arm}: {what}; its figures are those of the other trials.")
            }
            About::Failure { arm, message } => write!(f, "A trial of {arm} failed: {message}."),
            About::StillImproving { arms } => write!(
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
) -> Vec<Caveat> {
    let study = &records.study;
    let points = study.primary.is_share();
    let mut all = Vec::new();
    let validated = trials.iter().flat_map(ArmTrials::ended).any(has_validation);
    let ended = trials.iter().flat_map(ArmTrials::ended).next().is_some();
    if ended && !validated {
        all.push(About::NoValidation);
    }
    if records.data.validation_is_test {
        all.push(About::ValidationIsTest);
    }
    if let Some(opening) = &records.opening {
        let arms = opening.joined(study);
        if !arms.is_empty() {
            all.push(About::JoinedLater { arms, opening });
        }
    }
    all.extend(words::why_primary(records).map(About::Primary));
    all.extend(race.map(|race| About::Raced { race }));
    if study.cells().len() == 1 {
        all.push(About::OneSeed);
    }
    for arm in trials {
        let (name, what) = (arm.arm.name.as_str(), words::lost_words(arm));
        if !what.is_empty() {
            all.push(About::Lost { arm: name, what, all: arm.ended().next().is_none() });
        }
        all.extend(arm.failures().next().map(|message| About::Failure { arm: name, message }));
    }
    all.extend(arms.iter().flat_map(|arm| doubts_of(arm, points)));
    let still: Vec<&str> =
        trials.iter().filter(|arm| still_improving(arm)).map(|arm| arm.arm.name.as_str()).collect();
    if !still.is_empty() {
        all.push(About::StillImproving { arms: still });
    }
    let (score, measure) = (records.data.score(), study.plan.measure(records.data.score()));
    let others = study.arms.iter().filter(|arm| arm.plan.has_other_loss(measure, score));
    let others: Vec<&str> = others.map(|arm| arm.name.as_str()).collect();
    if !others.is_empty() {
        all.push(About::OtherLoss { arms: others, measure: measure.name() });
    }
    if arms.iter().any(|arm| arm.summary.primary.has_interval()) {
        if validated {
            let over = Over::of(study);
            let samples = (over == Over::Seeds).then_some(records.data.samples[1]);
            all.push(About::Covers { covers: over.covers(), samples });
            if let Over::Folds { in_time: true, .. } = over {
                all.push(About::FoldsInTime);
            }
        }
        if arms.len() > 1 {
            all.push(About::Corrected {
                arms: arms.len() - 1,
                margin: words::margin(study.primary, margin),
            });
        }
    }
    all.iter()
        .map(|about| Caveat { sentence: about.to_string(), grave: about.is_grave() })
        .collect()
}

fn has_validation(trial: crate::trials::Trial) -> bool {
    trial.record.epochs.iter().any(|row| row.val_loss.is_some())
}

/// What casts doubt on an arm's difference.
fn doubts_of(arm: &ArmFindings, points: bool) -> impl Iterator<Item = About<'_>> {
    let said = arm.against_baseline.as_ref().map(|against| {
        let of = &against.primary;
        let with_data = against.primary_with_data.as_ref();
        let uneven = |judgement| {
            doubts::uneven(judgement, of, against.bootstrap, against.sign_flip_p, points)
        };
        [
            with_data.and_then(|wide| doubts::data_chance(of, wide, points)),
            arm.judgement.and_then(uneven),
        ]
    });
    let name = arm.name.as_str();
    said.into_iter().flatten().flatten().map(move |doubt| About::Doubt { arm: name, doubt })
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
