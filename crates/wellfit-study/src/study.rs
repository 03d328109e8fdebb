//! What is to be compared.

use std::collections::HashMap;

use thiserror::Error;
use wellfit_train::plan::{Extra, Metric, Plan};
use wellfit_train::record::{Record, ScoreKind};

use crate::arm::{Arm, Chain, Strength};
use crate::folds::{Cell, Folds};
use crate::imbalance::{Imbalance, imbalance};
use crate::opening::Opening;
use crate::racing::FIRST_LOOK;
use crate::remedy::{RemedyError, Spacing};
use crate::slug::slug;

/// The first arm's name.
pub const BASELINE: &str = "baseline";

/// A base plan × arms × seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// What the study is called: its file's stem, or `article-sample`.
    pub name: String,
    /// The baseline's plan; its seed is the first.
    pub plan: Plan,
    /// The seeds, at least one, all different.
    pub seeds: Vec<u64>,
    /// The folds that take the place of the plan's validation set; `None`: no
    /// cross-validation.
    pub folds: Option<Folds>,
    /// What arms are judged by.
    pub primary: Metric,
    /// Whether that is left to the data: balanced accuracy on the validation set in the
    /// place of `primary` where classes are imbalanced ([`Study::resolved`]).
    pub primary_by_data: bool,
    /// At which epoch.
    pub judge_at: JudgeAt,
    /// Whether seeds are added only where the ranking is open ([`crate::Racing`]); the
    /// seeds are then the most that an arm gets.
    pub racing: bool,
    /// The arms; the first is the baseline, without remedies.
    pub arms: Vec<Arm>,
}

/// At which epoch arms are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JudgeAt {
    /// The kept one.
    Best,
    /// The last one.
    Last,
}

impl JudgeAt {
    /// Both, as they are written in a study file.
    pub const ALL: [JudgeAt; 2] = [JudgeAt::Best, JudgeAt::Last];

    /// The word in a study file.
    pub fn name(self) -> &'static str {
        match self {
            JudgeAt::Best => "best",
            JudgeAt::Last => "last",
        }
    }
}

/// One training run of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its folder's name, also shown to people: `dropout-s0`, of a fold `dropout-s0-f3`.
    pub name: String,
    /// Which arm, from 0.
    pub arm: usize,
    /// The arm's name.
    pub arm_name: String,
    /// Which of the arm's trials, from 0: its place in [`Study::cells`].
    pub cell: usize,
    /// The seed.
    pub seed: u64,
    /// The fold, from 0, over all draws of them; `None` without cross-validation.
    pub fold: Option<usize>,
    /// The arm's plan with this seed.
    pub plan: Plan,
}

/// A study with what its trials gave.
#[derive(Clone, Debug)]
pub struct StudyRecords {
    /// What was compared.
    pub study: Study,
    /// For each arm of the study, the records of its trials, in the order of
    /// [`Study::cells`]; a trial that has not been run yet is `None`.
    pub records: Vec<Vec<Option<Record>>>,
    /// Training, validation and test samples (of the first fold), and where the data came
    /// from.
    pub data: DataFacts,
    /// When the test set was opened, and for which arm; `None`: it has not been.
    pub opening: Option<Opening>,
}

/// What the report says of the data.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DataFacts {
    /// As in the plan.
    pub source: String,
    /// Where it was found.
    pub origin: String,
    /// Samples by part: training, validation, test; in a cross-validation of the first fold.
    pub samples: [usize; 3],
    /// Names of the classes; none in regression.
    pub classes: Vec<String>,
    /// Names of the targets; none in classification.
    #[serde(default)]
    pub targets: Vec<String>,
    /// The validation set is the set's own test split.
    pub validation_is_test: bool,
    /// Training samples of each class; where the plan draws classes alike, validation
    /// samples. None in regression, and in folders of older versions.
    #[serde(default)]
    pub class_samples: Vec<usize>,
}

impl DataFacts {
    /// What the networks are scored by.
    pub fn score(&self) -> ScoreKind {
        if self.targets.is_empty() { ScoreKind::Accuracy } else { ScoreKind::R2 }
    }

    /// The largest and the smallest class, where they are so uneven that balanced
    /// accuracy is what to judge by.
    pub fn imbalance(&self) -> Option<Imbalance> {
        imbalance(&self.class_samples)
    }
}

/// Why arms, seeds and a plan are not a study.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ArmsError {
    /// Two arms would share a folder.
    #[error(
        "the arms {first:?} and {second:?} have the same name in folders, {slug:?}; rename one"
    )]
    SameName {
        /// The earlier arm.
        first: String,
        /// The later arm.
        second: String,
        /// The name both would have.
        slug: String,
    },
    /// A name that leaves nothing for a folder's name.
    #[error("an arm's name must hold a letter from a to z or a digit, and {name:?} does not")]
    NoName {
        /// The name.
        name: String,
    },
    /// A remedy that cannot be used.
    #[error("arm {arm:?}: {source}")]
    Remedy {
        /// The arm's name.
        arm: String,
        /// Why.
        source: RemedyError,
    },
    /// A strength that does not fit those of its family.
    #[error("arm {arm:?}: {problem}")]
    Strength {
        /// The arm's name.
        arm: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// Too few seeds to add any.
    #[error(
        "a race is looked at after {FIRST_LOOK} seeds and needs more to add, not {seeds} in all; \
         use study.seeds = 10, or no racing"
    )]
    ShortRace {
        /// How many there are.
        seeds: usize,
    },
    /// Folds that are none.
    #[error(
        "a cross-validation has 2 to {most} folds and 1 to {most} repeats, not {of} and {repeats}",
        most = Folds::MOST
    )]
    Folds {
        /// How many folds.
        of: usize,
        /// How many repeats.
        repeats: usize,
    },
    /// A race over folds.
    #[error(
        "a race adds seeds one by one, and folds are not added: leave out study.racing or \
         study.folds"
    )]
    RacedFolds,
    /// No seed at all.
    #[error("a study needs at least one seed")]
    NoSeed,
    /// A seed twice.
    #[error("seed {seed} is named twice; each seed must be different")]
    SameSeed {
        /// The seed.
        seed: u64,
    },
}

impl Study {
    /// A study of the baseline alone, judged by validation loss at the kept epoch,
    /// over the plan's seed and those that follow it, `seeds` in all.
    pub fn new(name: &str, plan: Plan, seeds: usize) -> Result<Study, ArmsError> {
        let first = plan.train.seed;
        let seeds = (0..seeds as u64).map(|i| first.wrapping_add(i)).collect();
        let study = Study {
            name: name.to_owned(),
            arms: vec![Arm::plain(BASELINE, plan.clone())],
            plan,
            seeds,
            folds: None,
            primary: Metric::ValLoss,
            primary_by_data: false,
            judge_at: JudgeAt::Best,
            racing: false,
        };
        study.check()?;
        Ok(study)
    }

    /// The same study with one more arm: the base plan with these remedies applied
    /// in order, each written like `dropout(0.5, input=0.5)`. One of them may have a
    /// range of strengths, `dropout(0.1..0.6)`: then an arm joins for each, called by
    /// the name and its strength.
    pub fn with_arm(mut self, name: &str, remedies: &[&str]) -> Result<Study, ArmsError> {
        let wrong = |source| ArmsError::Remedy { arm: name.to_owned(), source };
        let start = Chain::new(self.plan.clone(), Vec::new());
        let chain = remedies.iter().try_fold(start, |chain, text| chain.then(text));
        self.arms.extend(chain.map_err(wrong)?.arms(Some(name)));
        self.check()?;
        Ok(self)
    }

    /// The same study as a cross-validation: k folds, drawn `repeats` times.
    pub fn with_folds(mut self, of: usize, repeats: usize) -> Result<Study, ArmsError> {
        self.folds = Some(Folds { of, repeats });
        self.check()?;
        Ok(self)
    }

    /// The same study with as many seeds from `first` on: first, first + 1, …
    pub fn with_first_seed(mut self, first: u64) -> Study {
        self.seeds = (0..self.seeds.len() as u64).map(|i| first.wrapping_add(i)).collect();
        for plan in std::iter::once(&mut self.plan).chain(self.arms.iter_mut().map(|a| &mut a.plan))
        {
            plan.train.seed = first;
        }
        self
    }

    /// The study as it is run on such data: where the primary score is left to the data it
    /// is `stored`, that of the study whose folder this one goes on in; else
    /// `val_balanced_accuracy`, where classes are imbalanced and there is a validation
    /// set. Every arm measures what arms are judged by.
    pub fn resolved(&self, data: &DataFacts, stored: Option<Metric>) -> Study {
        let mut study = self.clone();
        if study.primary_by_data {
            let balanced = || {
                let uneven = data.samples[1] > 0 && data.imbalance().is_some();
                uneven.then_some(Metric::Val(Extra::BalancedAccuracy))
            };
            study.primary = stored.or_else(balanced).unwrap_or(study.primary);
            study.primary_by_data = false;
        }
        study.measure_primary();
        study
    }

    /// Puts what arms are judged by among what every arm measures.
    pub(crate) fn measure_primary(&mut self) {
        if let Some(extra) = self.primary.extra() {
            self.plan.measure_also(extra);
            self.arms.iter_mut().for_each(|arm| arm.plan.measure_also(extra));
        }
    }

    /// Whether names and seeds are fit to run: unique, and good for folders' names.
    pub fn check(&self) -> Result<(), ArmsError> {
        self.check_seeds()?;
        self.check_folds()?;
        self.check_names()?;
        self.check_strengths()
    }

    fn check_seeds(&self) -> Result<(), ArmsError> {
        if self.seeds.is_empty() {
            return Err(ArmsError::NoSeed);
        }
        for (i, &seed) in self.seeds.iter().enumerate() {
            if self.seeds[..i].contains(&seed) {
                return Err(ArmsError::SameSeed { seed });
            }
        }
        if self.racing && self.seeds.len() <= FIRST_LOOK {
            return Err(ArmsError::ShortRace { seeds: self.seeds.len() });
        }
        Ok(())
    }

    fn check_folds(&self) -> Result<(), ArmsError> {
        let Some(Folds { of, repeats }) = self.folds else { return Ok(()) };
        if self.racing {
            return Err(ArmsError::RacedFolds);
        }
        if !(2..=Folds::MOST).contains(&of) || !(1..=Folds::MOST).contains(&repeats) {
            return Err(ArmsError::Folds { of, repeats });
        }
        Ok(())
    }

    fn check_names(&self) -> Result<(), ArmsError> {
        let mut seen: HashMap<String, &str> = HashMap::new();
        for Arm { name, .. } in &self.arms {
            let slug = slug(name);
            if !slug.contains(|c: char| c.is_ascii_alphanumeric()) {
                return Err(ArmsError::NoName { name: name.clone() });
            }
            if let Some(first) = seen.insert(slug.clone(), name) {
                let (first, second) = (first.to_owned(), name.clone());
                return Err(ArmsError::SameName { first, second, slug });
            }
        }
        Ok(())
    }

    fn check_strengths(&self) -> Result<(), ArmsError> {
        let strengths = self.arms.iter().filter_map(|arm| Some((arm, arm.strength.as_ref()?)));
        let mut seen: Vec<(&Arm, &Strength)> = Vec::new();
        for (arm, strength) in strengths {
            let wrong =
                |problem: String| Err(ArmsError::Strength { arm: arm.name.clone(), problem });
            let Strength { family, value, spacing, falling } = strength;
            if !value.is_finite() {
                return wrong(format!("a strength must be finite, not {value}"));
            }
            if *spacing == Spacing::Logarithmic && *value <= 0.0 {
                return wrong(format!(
                    "a strength on a logarithmic scale must be above 0, not {value}"
                ));
            }
            let relatives = seen.iter().filter(|(_, other)| other.family == *family);
            for (other, there) in relatives {
                if there.value == *value {
                    let other = &other.name;
                    return wrong(format!(
                        "arm {other:?} of {family} has the strength {value}, too"
                    ));
                }
                if there.spacing != *spacing {
                    let (own, there) = (spacing.name(), there.spacing.name());
                    return wrong(format!("its spacing is {own}, that of {family} is {there}"));
                }
                if there.falling != *falling {
                    return wrong(format!(
                        "falling is {falling}, and {} for other arms of {family}",
                        there.falling
                    ));
                }
            }
            seen.push((arm, strength));
        }
        Ok(())
    }

    /// What each arm has a trial of: the seeds, or in a cross-validation the folds of the
    /// first seed, then those of the second.
    pub fn cells(&self) -> Vec<Cell> {
        let folds = self.folds.map_or(1, Folds::count);
        let of_seed =
            |&seed: &u64| (0..folds).map(move |fold| Cell { seed, fold: self.folds.map(|_| fold) });
        self.seeds.iter().flat_map(of_seed).collect()
    }

    /// Every trial, all arms of the first seed (and fold) before those of the second, so
    /// that a study that is stopped early has arms that can be compared.
    pub fn trials(&self) -> Vec<Trial> {
        let trial = |place: usize, cell: Cell, arm: usize| {
            let Arm { name, plan, .. } = &self.arms[arm];
            let mut plan = plan.clone();
            plan.train.seed = cell.seed;
            Trial {
                name: trial_name(name, cell),
                arm,
                arm_name: name.clone(),
                cell: place,
                seed: cell.seed,
                fold: cell.fold,
                plan,
            }
        };
        let cells = self.cells().into_iter().enumerate();
        cells
            .flat_map(|(place, cell)| (0..self.arms.len()).map(move |arm| (place, cell, arm)))
            .map(|(place, cell, arm)| trial(place, cell, arm))
            .collect()
    }
}

/// What a trial of an arm is called, and its folder.
pub fn trial_name(arm: &str, cell: Cell) -> String {
    format!("{}{}", slug(arm), cell.suffix())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_plan::article;

    #[test]
    fn trials_run_through_all_arms_before_the_next_seed() {
        let study = Study::new("s", article(), 2)
            .and_then(|study| study.with_arm("L1 (weak)", &["l1(1e-6)"]))
            .unwrap();
        let names: Vec<String> = study.trials().into_iter().map(|trial| trial.name).collect();
        assert_eq!(names, ["baseline-s0", "l1-weak-s0", "baseline-s1", "l1-weak-s1"]);
        assert_eq!(study.trials()[3].plan.train.seed, 1);
        assert_eq!(study.trials()[3].plan.train.penalties[0].lambda, 1e-6);
    }

    #[test]
    fn folds_are_trials_of_their_own_in_every_arm() {
        let study = Study::new("s", article(), 2)
            .and_then(|study| study.with_arm("l1", &["l1(1e-6)"]))
            .and_then(|study| study.with_folds(2, 2))
            .unwrap();
        let trials = study.trials();
        let names: Vec<&str> = trials.iter().map(|trial| trial.name.as_str()).collect();
        assert_eq!(names[..4], ["baseline-s0-f0", "l1-s0-f0", "baseline-s0-f1", "l1-s0-f1"]);
        assert_eq!((names.len(), names[15]), (16, "l1-s1-f3"));
        let last = trials.last().unwrap();
        assert_eq!((last.cell, last.seed, last.fold), (7, 1, Some(3)));
        let fold = study.folds.unwrap().fold(3);
        assert_eq!((fold.index, fold.of, fold.repeat), (1, 2, 1));
    }

    #[test]
    fn folds_must_be_some_and_do_not_race() {
        let study = || Study::new("s", article(), 5).unwrap();
        for (of, repeats) in [(0, 1), (1, 1), (1001, 1), (5, 0), (5, 1001)] {
            assert_eq!(study().with_folds(of, repeats), Err(ArmsError::Folds { of, repeats }));
        }
        let racing = Study { racing: true, ..study() };
        assert_eq!(racing.with_folds(5, 1), Err(ArmsError::RacedFolds));
    }

    #[test]
    fn two_arms_that_would_share_a_folder_are_an_error() {
        let study = Study::new("s", article(), 1).unwrap();
        let study = study.with_arm("l1 weak", &["l1(1e-6)"]).unwrap();
        let error = study.clone().with_arm("L1-Weak", &["l1(1e-7)"]).unwrap_err();
        assert!(matches!(error, ArmsError::SameName { .. }), "{error}");
        let error = study.clone().with_arm("baseline", &[]).unwrap_err();
        assert!(matches!(error, ArmsError::SameName { .. }), "{error}");
        let error = study.with_arm("???", &[]).unwrap_err();
        assert!(matches!(error, ArmsError::NoName { .. }), "{error}");
    }

    #[test]
    fn seeds_must_be_there_and_different() {
        assert_eq!(Study::new("s", article(), 0), Err(ArmsError::NoSeed));
        let mut study = Study::new("s", article(), 2).unwrap();
        study.seeds = vec![3, 4, 3];
        assert_eq!(study.check(), Err(ArmsError::SameSeed { seed: 3 }));
    }

    #[test]
    fn the_first_seed_moves_all_of_them() {
        let mut study = Study::new("s", article(), 3).unwrap();
        study.seeds = vec![4, 1, 9];
        let moved = study.with_first_seed(7);
        assert_eq!((moved.seeds.as_slice(), moved.plan.train.seed), (&[7, 8, 9][..], 7));
        assert_eq!(moved.trials()[1].plan.train.seed, 8);
    }

    #[test]
    fn a_range_of_strengths_is_an_arm_for_each() {
        let study = Study::new("s", article(), 1)
            .and_then(|study| study.with_arm("drop", &["early-stopping", "dropout(0.1..0.3, 3)"]))
            .unwrap();
        let names: Vec<&str> = study.arms.iter().map(|arm| arm.name.as_str()).collect();
        assert_eq!(names, ["baseline", "drop 0.1", "drop 0.2", "drop 0.3"]);
        assert_eq!(study.arms[2].remedies, ["early-stopping", "dropout(0.2)"]);
        let (family, spacing) = ("drop".into(), Spacing::Linear);
        let strength = Strength { family, value: 0.2, spacing, falling: false };
        assert_eq!(study.arms[2].strength, Some(strength));
        assert_eq!(study.arms[0].strength, None);
        let error = study.with_arm("two", &["dropout(0.1..0.3)", "l1(1e-5..1e-3)"]).unwrap_err();
        assert!(error.to_string().contains("an arm can have only one"), "{error}");
    }

    #[test]
    fn strengths_of_a_family_must_differ_and_lie_on_one_scale() {
        let arm = |name: &str, value: f64, spacing| {
            let strength = Strength { family: "f".into(), value, spacing, falling: false };
            Arm { strength: Some(strength), ..Arm::plain(name, article()) }
        };
        for (second, words) in [
            (arm("b", 0.5, Spacing::Linear), "arm \"a\" of f has the strength 0.5, too"),
            (arm("b", 0.7, Spacing::Logarithmic), "its spacing is logarithmic"),
            (arm("b", 0.0, Spacing::Logarithmic), "must be above 0, not 0"),
            (arm("b", f64::NAN, Spacing::Linear), "must be finite, not NaN"),
        ] {
            let mut study = Study::new("s", article(), 1).unwrap();
            study.arms.extend([arm("a", 0.5, Spacing::Linear), second]);
            let error = study.check().unwrap_err().to_string();
            assert!(error.starts_with("arm \"b\": ") && error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_wrong_remedy_names_its_arm() {
        let error = Study::new("s", article(), 1).unwrap().with_arm("x", &["l1(-1)"]).unwrap_err();
        assert!(error.to_string().starts_with("arm \"x\": l1: lambda must be"), "{error}");
    }
}
