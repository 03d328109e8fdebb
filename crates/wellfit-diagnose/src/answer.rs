//! The headline and the recommendation.

use wellfit_stats::{Estimate, format};
use wellfit_study::{Study, StudyRecords};
use wellfit_train::record::Score;

use crate::compare::{MoreSeeds, contradictions, gain, more_seeds};
use crate::trials::ArmTrials;
use crate::words;
use crate::{Against, Answer, ArmFindings, Judgement, Overfitting, OverfittingVerdict};

/// An arm other than the baseline, with what it was compared by.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    index: usize,
    name: &'a str,
    against: &'a Against,
    judgement: Judgement,
    gain: f64,
}

/// What the study says and what to do.
pub fn answer(
    records: &StudyRecords,
    trials: &[ArmTrials],
    arms: &[ArmFindings],
    overfitting: &Overfitting,
    margin: f64,
) -> Answer {
    let study = &records.study;
    let candidates = best_first(study, arms);
    let helpers = candidates.iter().filter(|arm| arm.judgement == Judgement::Helps);
    // An arm that sometimes diverges is recommended only if no steady one helps.
    let winner = helpers.min_by_key(|arm| trials[arm.index].diverged() > 0).copied();
    let open = |arm: &ArmFindings| arm.judgement == Some(Judgement::Undecided);
    let all_settled = arms.len() > 1 && !arms.iter().any(open);

    let said = Said {
        study,
        overfitting,
        candidates: &candidates,
        margin,
        arms: arms.len() - arms.len().min(1),
    };
    let (headline, arm) = match winner {
        Some(winner) => (said.helped(winner, trials), Some(winner.index)),
        None if all_settled => (said.nothing_helps(), Some(0)),
        None => (said.undecided(trials), None),
    };
    let lead = winner.and_then(|winner| said.lead(winner, trials));
    Answer {
        headline,
        decided: arm.is_some(),
        arm,
        details: lead.into_iter().chain(said.still_open()).collect(),
        recipe: said.recipe(arm),
        final_figure: match arm.and_then(|arm| trials.get(arm)) {
            Some(arm) => final_figure(records.data.samples[2], arm),
            None => NOTHING_FINAL.to_owned(),
        },
    }
}

const NOTHING_FINAL: &str = "no final figure: nothing is decided";

/// The arms that could be compared, the largest gain in the primary score first.
fn best_first<'a>(study: &Study, arms: &'a [ArmFindings]) -> Vec<Candidate<'a>> {
    let mut candidates: Vec<Candidate> = arms
        .iter()
        .enumerate()
        .filter_map(|(index, arm)| {
            let against = arm.against_baseline.as_ref().filter(|a| a.primary.is_known())?;
            let gain = gain(study.primary, &against.primary).mean;
            Some(Candidate { index, name: &arm.name, against, judgement: arm.judgement?, gain })
        })
        .collect();
    candidates.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    candidates
}

/// What the sentences are made from.
struct Said<'a> {
    study: &'a Study,
    overfitting: &'a Overfitting,
    candidates: &'a [Candidate<'a>],
    margin: f64,
    /// Arms other than the baseline.
    arms: usize,
}

impl Said<'_> {
    /// The headline when an arm helps.
    fn helped(&self, winner: Candidate, trials: &[ArmTrials]) -> String {
        let effect = words::effect(self.study, &winner.against.primary);
        let but = words::but(self.study, winner.against, self.margin);
        let arm = &trials[winner.index];
        let lost = if arm.diverged() > 0 {
            format!("; {}", words::lost_words(arm))
        } else {
            String::new()
        };
        format!("{}; {} {effect}{but}{lost}", self.overfitting.verdict.clause(), winner.name)
    }

    /// The headline when every arm is settled and none helps.
    fn nothing_helps(&self) -> String {
        let clause = self.overfitting.verdict.clause();
        let score = words::metric_words(self.study.primary);
        let Some(nearest) = self.candidates.first() else {
            return format!("{clause}; no remedy helps: every one of them diverged");
        };
        let effect = words::effect(self.study, &nearest.against.primary);
        let but = self.contradicted(*nearest);
        format!(
            "{clause}; no remedy makes {score} better: the nearest, {}, {effect}{but}",
            nearest.name
        )
    }

    /// The headline when nothing can be recommended yet.
    fn undecided(&self, trials: &[ArmTrials]) -> String {
        let clause = self.overfitting.verdict.clause();
        if self.arms == 0 {
            return format!("{clause}; no remedy was tried");
        }
        let Some(open) = self.open() else { return self.nothing_to_compare(trials) };
        let effect = words::effect(self.study, &open.against.primary);
        let but = self.contradicted(*open);
        let more = words::more_seeds_words(self.more(open));
        format!(
            "{clause}; what helps is undecided: {} {effect}{but}; {more} would settle it",
            open.name
        )
    }

    /// The headline when arms were tried but none has a seed to compare.
    fn nothing_to_compare(&self, trials: &[ArmTrials]) -> String {
        let baseline = trials.first().map(words::lost_words).unwrap_or_default();
        let no_baseline = trials.first().is_none_or(|arm| arm.ended().next().is_none());
        let score = words::metric_words(self.study.primary);
        let measured = |arm: &ArmTrials| arm.ended().any(|trial| !trial.figures.primary.is_nan());
        if no_baseline {
            format!("Nothing can be judged: the baseline has no trial that ended: {baseline}")
        } else if !trials.iter().any(measured) {
            format!("Nothing can be judged: {score} was not measured")
        } else {
            let clause = self.overfitting.verdict.clause();
            format!("{clause}; what helps is undecided: no other arm has a seed to compare yet")
        }
    }

    /// The most promising arm that is undecided.
    fn open(&self) -> Option<&Candidate<'_>> {
        self.candidates.iter().find(|arm| arm.judgement == Judgement::Undecided)
    }

    /// Which arms are undecided, and what would settle them.
    fn still_open(&self) -> Option<String> {
        let open = self.candidates.iter().filter(|arm| arm.judgement == Judgement::Undecided);
        let open: Vec<String> = open
            .map(|arm| format!("{} ({})", arm.name, words::more_seeds_words(self.more(arm))))
            .collect();
        (!open.is_empty())
            .then(|| format!("Undecided, and what would settle it: {}", open.join(", ")))
    }

    /// What contradicts the primary score in this arm or else in another one.
    fn contradicted(&self, arm: Candidate) -> String {
        let own = words::but(self.study, arm.against, self.margin);
        let other = || {
            self.candidates.iter().find_map(|other| {
                let all = contradictions(self.study, other.against, self.margin);
                let said = words::contradiction(self.study, all.first()?);
                Some(format!(", though {} {said}", other.name))
            })
        };
        if own.is_empty() { other().unwrap_or_default() } else { own }
    }

    fn more(&self, arm: &Candidate) -> MoreSeeds {
        more_seeds(&arm.against.primary, self.margin, self.arms)
    }

    /// How far the winner is ahead of the next best arm that helps or may help,
    /// paired by seed.
    fn lead(&self, winner: Candidate, trials: &[ArmTrials]) -> Option<String> {
        let rival = |arm: &&Candidate| {
            let promising = matches!(arm.judgement, Judgement::Helps | Judgement::Undecided);
            arm.index != winner.index && promising
        };
        let next = self.candidates.iter().find(rival)?;
        let ahead = trials[winner.index].difference(&trials[next.index], |t| t.figures.primary);
        let lead = gain(self.study.primary, &ahead);
        if !lead.is_known() {
            return None;
        }
        let clear = if lead.is_above(0.0) { "clear of noise" } else { "not clear of noise" };
        let amount = words::amount_words(self.study.primary, &lead);
        let n = words::seeds(lead.n);
        Some(format!("The lead of {} over {} is {clear}: {amount} ({n})", winner.name, next.name))
    }

    /// What to do.
    fn recipe(&self, arm: Option<usize>) -> String {
        match arm {
            None => match self.open().map(|open| (open, self.more(open))) {
                Some((open, more @ MoreSeeds::About(n))) => {
                    let seeds = open.against.primary.n + n;
                    format!("run {}: --seeds {seeds}", words::more_seeds_words(more))
                }
                Some((_, more)) => format!("run {}", words::more_seeds_words(more)),
                None if self.arms == 0 => "add an arm to compare with".to_owned(),
                None => "run the trials that are missing or lost".to_owned(),
            },
            Some(0) if self.overfitting.verdict == OverfittingVerdict::Overfits => {
                let rise = format::estimate(&self.overfitting.rise);
                format!("keep the plan and its best epoch, not its last: {rise} of validation loss")
            }
            Some(0) => "keep the plan as it is".to_owned(),
            Some(arm) => plan_lines(self.study.arms.get(arm).map_or(&[][..], |arm| &arm.remedies)),
        }
    }
}

/// An arm's changes as lines of a study file: remedies, then the keys it sets.
fn plan_lines(changes: &[String]) -> String {
    // `dropout(0.5, input=0.5)` is a remedy, `train.batch_size = 8` a key.
    let is_key = |change: &&String| {
        change.find('=').is_some_and(|equals| change.find('(').is_none_or(|open| equals < open))
    };
    let (keys, remedies): (Vec<&String>, Vec<&String>) = changes.iter().partition(is_key);
    let quoted: Vec<String> = remedies.iter().map(|remedy| format!("{remedy:?}")).collect();
    let remedies = (!quoted.is_empty()).then(|| format!("remedies = [{}]", quoted.join(", ")));
    remedies.into_iter().chain(keys.into_iter().cloned()).collect::<Vec<_>>().join("; ")
}

/// The recommended arm's figure on the test set, or why it is optimistic.
fn final_figure(test_samples: usize, arm: &ArmTrials) -> String {
    let opened: Vec<Score> = arm.ended().filter_map(|trial| trial.record.test).collect();
    if opened.is_empty() {
        return if test_samples == 0 {
            "no test set: this figure is optimistic".to_owned()
        } else {
            "the test set has not been opened: this figure is optimistic".to_owned()
        };
    }
    let over =
        |figure: fn(&Score) -> f64| Estimate::of(opened.iter().map(figure).collect::<Vec<_>>());
    let (loss, score) = (over(|score| score.loss), over(|score| score.score));
    format!(
        "test loss {}, test {} ({}, {})",
        format::estimate(&loss),
        words::score_words(opened[0].kind, &score),
        words::plural(opened[0].n, "sample"),
        words::seeds(opened.len())
    )
}
