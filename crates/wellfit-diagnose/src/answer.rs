//! The headline and the recommendation.

use wellfit_stats::format;
use wellfit_study::{Study, StudyRecords};

use crate::arms::{Contradiction, MoreSeeds, contradictions, gain, more_seeds};
use crate::picking::{Picking, picking};
use crate::test_set::{model, test_figures};
use crate::trials::ArmTrials;
use crate::undecided::{FewSamples, few_samples, leaning};
use crate::words::{self, Over};
use crate::{
    Against, Answer, ArmFindings, Judgement, Leaning, LeftBecause, Luck, Overfitting,
    OverfittingVerdict, RaceFindings, StrengthFamily, TestFigures,
};

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
    strengths: &[StrengthFamily],
    race: Option<&RaceFindings>,
    margin: f64,
) -> Answer {
    let study = &records.study;
    let candidates = best_first(study, arms);
    // What left a race does not win it, and a race that is not over has no winner.
    let in_race =
        |arm: &&Candidate| race.is_none_or(|race| race.over && arms[arm.index].left_race.is_none());
    let helpers = candidates.iter().filter(|arm| arm.judgement == Judgement::Helps).filter(in_race);
    // An arm that sometimes diverges is recommended only if no steady one helps.
    let winner = helpers.min_by_key(|arm| trials[arm.index].diverged() > 0).copied();
    // Of a family of strengths the one that its curve recommends.
    let family = winner.and_then(|winner| {
        let has = |family: &&StrengthFamily| family.points.iter().any(|p| p.arm == winner.index);
        strengths.iter().find(has)
    });
    let taken = family.and_then(StrengthFamily::taken).map(|point| point.arm);
    let winner = taken
        .and_then(|taken| candidates.iter().find(|arm| arm.index == taken))
        .copied()
        .or(winner);
    let open = |arm: &ArmFindings| match arm.judgement {
        Some(Judgement::Helps) => true,
        Some(Judgement::Undecided) => !given_up(arm),
        _ => false,
    };
    let is_over = race.is_none_or(|race| race.over);
    let all_settled = arms.len() > 1 && !arms.iter().any(open) && is_over;

    let said = Said {
        study,
        overfitting,
        candidates: &candidates,
        race,
        findings: arms,
        margin,
        arms: arms.len() - arms.len().min(1),
        validation_samples: records.data.samples[1],
    };
    let (headline, arm) = match winner {
        Some(winner) => (said.helped(winner, trials), Some(winner.index)),
        None if all_settled && arms.iter().any(undecided) => (said.given_up(), Some(0)),
        None if all_settled => (said.nothing_helps(), Some(0)),
        None => (said.undecided(trials), None),
    };
    // A race's seeds are fixed, and its differences know nothing of validation samples.
    let is_open = arm.is_none() && race.is_none();
    let leaning = is_open.then(|| leaning(study.primary, trials, arms)).flatten();
    let few = is_open.then(|| said.few_samples_words()).flatten();
    let lead = winner.and_then(|winner| said.lead(winner, trials));
    let picking = winner.and_then(|_| picking(study, trials));
    let learned = strengths.iter().filter(|family| family.learning.is_some());
    let learned = learned.map(|family| family.sentence.clone());
    let luck = winner.zip(picking.as_ref()).map(|(winner, picking)| said.luck(winner, picking));
    let test = test_figures(records, trials, arm);
    let on_test = test
        .as_ref()
        .filter(|test| arm == Some(test.arm))
        .and_then(|test| words::on_test(study, &study.arms.get(test.arm)?.name, test));
    let model = arm.and_then(|arm| model(trials.get(arm)?));
    Answer {
        headline,
        decided: arm.is_some(),
        arm,
        details: family
            .filter(|family| family.learning.is_none())
            .map(|family| family.sentence.clone())
            .into_iter()
            .chain(learned)
            .chain(on_test)
            .chain(lead)
            .chain(luck)
            .chain(leaning.as_ref().map(|leaning| said.leaning(leaning)))
            .chain(few)
            .chain(said.still_open())
            .collect(),
        leaning,
        recipe: said.recipe(arm),
        final_figure: match arm {
            Some(arm) => final_figure(records, arm, test.as_ref(), picking.as_ref()),
            None => NOTHING_FINAL.to_owned(),
        },
        test,
        luck: picking.map(|picking| Luck {
            arms: picking.arms,
            apparent: picking.optimism.apparent,
            honest: picking.optimism.honest,
            with_samples: picking.with_samples,
        }),
        model,
    }
}

/// Whether nobody knows if an arm helps.
fn undecided(arm: &ArmFindings) -> bool {
    arm.judgement == Some(Judgement::Undecided)
}

/// Whether a race did without an arm because the full study would hardly have picked it.
/// One that lost its trials may have them run again.
fn given_up(arm: &ArmFindings) -> bool {
    let left = arm.left_race.as_ref().map(|left| left.reason);
    matches!(left, Some(LeftBecause::Useless | LeftBecause::Behind))
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
    race: Option<&'a RaceFindings>,
    findings: &'a [ArmFindings],
    margin: f64,
    /// Arms other than the baseline.
    arms: usize,
    validation_samples: usize,
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

    /// The headline when a race has given up what it did not settle: no claim that nothing
    /// helps, but the arm that the full study would have picked is the baseline, most likely.
    fn given_up(&self) -> String {
        let clause = self.overfitting.verdict.clause();
        let nearest = self.candidates.first().map_or_else(String::new, |nearest| {
            let effect = words::effect(self.study, &nearest.against.primary);
            format!("; the nearest, {}, {effect}{}", nearest.name, self.contradicted(*nearest))
        });
        format!(
            "{clause}; no remedy is worth more seeds: the race gave them up, as all its seeds would \
             hardly show that one helps{nearest}"
        )
    }

    /// The headline when nothing can be recommended yet.
    fn undecided(&self, trials: &[ArmTrials]) -> String {
        let clause = self.overfitting.verdict.clause();
        if self.arms == 0 {
            return format!("{clause}; no remedy was tried");
        }
        if self.race.is_some_and(|race| !race.over) {
            return format!("{clause}; what helps is undecided: the race is not over");
        }
        if let Some(nearest) = self.candidates.first().filter(|_| self.race.is_some()) {
            let effect = words::effect(self.study, &nearest.against.primary);
            let (name, but) = (nearest.name, self.contradicted(*nearest));
            return format!(
                "{clause}; the race found no remedy that is known to help: the nearest, {name}, \
                 {effect}{but}"
            );
        }
        let Some(open) = self.open() else { return self.nothing_to_compare(trials) };
        let effect = words::effect(self.study, &open.against.primary);
        let but = self.contradicted(*open);
        let settle = match (self.more(open), self.few_samples(open)) {
            (MoreSeeds::Many, Some(few)) => {
                let samples = words::plural(few.samples, "validation sample");
                format!("{samples} are too few to settle it, whatever the seeds")
            }
            (more, _) => format!("{} would settle it", self.over().more(more)),
        };
        format!("{clause}; what helps is undecided: {} {effect}{but}; {settle}", open.name)
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
            format!(
                "{clause}; what helps is undecided: no other arm has a {} to compare yet",
                self.over().one()
            )
        }
    }

    /// The most promising arm that is undecided.
    fn open(&self) -> Option<&Candidate<'_>> {
        self.candidates.iter().find(|arm| arm.judgement == Judgement::Undecided)
    }

    /// Which arms are undecided, and what would settle them.
    fn still_open(&self) -> Option<String> {
        let open = self.candidates.iter().filter(|arm| arm.judgement == Judgement::Undecided);
        let open = open.filter(|arm| self.findings[arm.index].left_race.is_none());
        // Arms that take as many seeds stand together.
        let mut groups: Vec<(MoreSeeds, Vec<&str>)> = Vec::new();
        for arm in open {
            let more = self.more(arm);
            match groups.iter_mut().find(|(of, _)| *of == more) {
                Some((_, names)) => names.push(arm.name),
                None => groups.push((more, vec![arm.name])),
            }
        }
        let groups = groups
            .iter()
            .map(|(more, names)| format!("{} ({})", names.join(", "), self.over().more(*more)));
        let all = groups.collect::<Vec<_>>().join("; ");
        (!all.is_empty()).then(|| format!("Undecided, and what would settle it: {all}"))
    }

    /// What contradicts the primary score in this arm or else in another one.
    fn contradicted(&self, arm: Candidate) -> String {
        let own = words::but(self.study, arm.against, self.margin);
        let other = || {
            let found = self.candidates.iter().filter_map(|other| {
                let all = contradictions(self.study, other.against, self.margin);
                Some((other.name, all.into_iter().next()?))
            });
            let found: Vec<_> = found.collect();
            let metric = found.first()?.1.metric;
            // The weightiest of those of one figure.
            let alike = found.iter().filter(|(_, one)| one.metric == metric).rev();
            let gain = |one: &Contradiction| gain(metric, one.difference).mean;
            let (name, most) = alike.max_by(|a, b| gain(&a.1).total_cmp(&gain(&b.1)))?;
            Some(format!(", though {name} {}", words::contradiction(self.study, most)))
        };
        if own.is_empty() { other().unwrap_or_default() } else { own }
    }

    /// Whether the validation samples are too few for an arm, whatever the seeds.
    fn few_samples(&self, arm: &Candidate) -> Option<FewSamples> {
        few_samples(&self.findings[arm.index], self.validation_samples, self.margin, self.arms)
    }

    /// What seeds cannot tell of the most promising arm that is undecided.
    fn few_samples_words(&self) -> Option<String> {
        let open = self.open().filter(|open| self.more(open) == MoreSeeds::Many)?;
        let FewSamples { samples, needed } = self.few_samples(open)?;
        Some(format!(
            "{} are too few for {}: to tell a difference as small as the margin takes about {}, \
             however many the seeds",
            words::plural(samples, "validation sample"),
            open.name,
            format::count(needed)
        ))
    }

    /// Which arm to take, and how sure that is.
    fn leaning(&self, leaning: &Leaning) -> String {
        let metric = self.study.primary;
        let amount = words::amount_words(metric, &leaning.gain);
        let counted = match self.findings[leaning.arm].against_baseline.as_ref() {
            Some(Against { primary_with_data: Some(_), .. }) => {
                ", with the chance of the validation samples counted in"
            }
            _ => "",
        };
        format!(
            "If one must be taken now, take {}: its {} is better than the baseline's \
             ({amount}{counted}), though perhaps by less than is of use",
            self.findings[leaning.arm].name,
            words::metric_words(metric)
        )
    }

    fn over(&self) -> Over {
        Over::of(self.study)
    }

    fn more(&self, arm: &Candidate) -> MoreSeeds {
        more_seeds(&arm.against.primary, self.margin, self.arms)
    }

    /// How far the winner is ahead of the next best arm that helps or may help,
    /// paired by seed.
    fn lead(&self, winner: Candidate, trials: &[ArmTrials]) -> Option<String> {
        let family = |arm: &Candidate| {
            self.study.arms[arm.index].strength.as_ref().map(|strength| &strength.family)
        };
        // Another strength of the same remedy is no rival.
        let related = |arm: &Candidate| family(arm).is_some() && family(arm) == family(&winner);
        let rival = |arm: &&Candidate| {
            let promising = matches!(arm.judgement, Judgement::Helps | Judgement::Undecided);
            arm.index != winner.index && !related(arm) && promising
        };
        let next = self.candidates.iter().find(rival)?;
        let ahead = trials[winner.index].difference(&trials[next.index], |t| t.figures.primary);
        let lead = gain(self.study.primary, &ahead);
        if !lead.is_known() {
            return None;
        }
        let clear = if lead.is_above(0.0) { "clear of noise" } else { "not clear of noise" };
        let amount = words::amount_words(self.study.primary, &lead);
        let n = self.over().n(lead.n);
        Some(format!("The lead of {} over {} is {clear}: {amount} ({n})", winner.name, next.name))
    }

    /// How much of the winner's gain is the luck of being the best of many.
    fn luck(&self, winner: Candidate, picking: &Picking) -> String {
        let gain = gain(self.study.primary, &winner.against.primary);
        words::luck(self.study, winner.name, &gain, picking)
    }

    /// What to do.
    fn recipe(&self, arm: Option<usize>) -> String {
        match arm {
            None if self.race.is_some_and(|race| !race.over) => {
                "go on with the race: the same command in the same folder".to_owned()
            }
            None if self.race.is_some() => {
                "keep the plan, or run more seeds as a study of its own: a race's seeds are fixed"
                    .to_owned()
            }
            None => match self.open().map(|open| (open, self.more(open))) {
                Some((open, more)) => match self.few_samples(open) {
                    Some(few) if more == MoreSeeds::Many => {
                        format!("hold out about {} validation samples", format::count(few.needed))
                    }
                    _ => self.over().recipe(more, open.against.primary.n),
                },
                None if self.arms == 0 => "add an arm to compare with".to_owned(),
                None => "run the trials that are missing or lost".to_owned(),
            },
            Some(0) if self.overfitting.verdict == OverfittingVerdict::Overfits => {
                let rise = format::estimate(&self.overfitting.rise);
                format!("keep the plan and its best epoch, not its last: {rise} of validation loss")
            }
            Some(0) if self.findings.iter().any(undecided) => {
                "keep the plan as it is, or run more seeds as a study of its own".to_owned()
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

/// The recommended arm's figure on the test set, or why there is none and how
/// optimistic the validation figure is.
fn final_figure(
    records: &StudyRecords,
    arm: usize,
    test: Option<&TestFigures>,
    picking: Option<&Picking>,
) -> String {
    let study = &records.study;
    let name = |arm: usize| study.arms.get(arm).map_or("", |arm| arm.name.as_str());
    match test {
        Some(test) if test.arm == arm => {
            let when = records.opening.as_ref().map(|opening| opening.day());
            words::test_figure(study, test, when)
        }
        _ => {
            let why = match &records.opening {
                Some(opening) => words::opened_for_another(opening, name(arm)),
                None if records.data.samples[2] == 0 => "no test set".to_owned(),
                None => "the test set has not been opened".to_owned(),
            };
            let luck = picking.map(|picking| words::optimistic_by(study.primary, picking));
            format!("{why}: this figure is optimistic{}", luck.unwrap_or_default())
        }
    }
}
