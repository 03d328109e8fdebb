//! What is to be compared.

use std::collections::HashMap;

use thiserror::Error;
use wellfit_train::plan::{Metric, Plan};
use wellfit_train::record::{Record, ScoreKind};

use crate::remedy::{Call, RemedyError, apply_chain};
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
    /// What arms are judged by.
    pub primary: Metric,
    /// At which epoch.
    pub judge_at: JudgeAt,
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

/// A chain of remedies under a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Unique within the study.
    pub name: String,
    /// As written: `dropout(0.5, input=0.5)`; `key = value` for what `set` changes.
    pub remedies: Vec<String>,
    /// The base plan with the remedies applied.
    pub plan: Plan,
}

/// One training run of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its folder's name, also shown to people: `dropout-s0`.
    pub name: String,
    /// Which arm, from 0.
    pub arm: usize,
    /// The arm's name.
    pub arm_name: String,
    /// Which of the study's seeds, from 0.
    pub seed_index: usize,
    /// The seed.
    pub seed: u64,
    /// The arm's plan with this seed.
    pub plan: Plan,
}

/// A study with what its trials gave.
#[derive(Clone, Debug)]
pub struct StudyRecords {
    /// What was compared.
    pub study: Study,
    /// For each arm of the study, the records of its trials, in the seeds' order;
    /// a trial that has not been run yet is `None`.
    pub records: Vec<Vec<Option<Record>>>,
    /// Training, validation and test samples, and where the data came from.
    pub data: DataFacts,
}

/// What the report says of the data.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DataFacts {
    /// As in the plan.
    pub source: String,
    /// Where it was found.
    pub origin: String,
    /// Samples by part: training, validation, test.
    pub samples: [usize; 3],
    /// Names of the classes; none in regression.
    pub classes: Vec<String>,
    /// Names of the targets; none in classification.
    #[serde(default)]
    pub targets: Vec<String>,
    /// The validation set is the set's own test split.
    pub validation_is_test: bool,
}

impl DataFacts {
    /// What the networks are scored by.
    pub fn score(&self) -> ScoreKind {
        if self.targets.is_empty() { ScoreKind::Accuracy } else { ScoreKind::R2 }
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
            arms: vec![Arm { name: BASELINE.to_owned(), remedies: Vec::new(), plan: plan.clone() }],
            plan,
            seeds,
            primary: Metric::ValLoss,
            judge_at: JudgeAt::Best,
        };
        study.check()?;
        Ok(study)
    }

    /// The same study with one more arm: the base plan with these remedies applied
    /// in order, each written like `dropout(0.5, input=0.5)`.
    pub fn with_arm(mut self, name: &str, remedies: &[&str]) -> Result<Study, ArmsError> {
        let arm = Arm::of(name, remedies, &self.plan)?;
        self.arms.push(arm);
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

    /// Whether names and seeds are fit to run: unique, and good for folders' names.
    pub fn check(&self) -> Result<(), ArmsError> {
        self.check_seeds()?;
        self.check_names()
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

    /// Every trial, all arms of the first seed before those of the second, so that
    /// a study that is stopped early has arms that can be compared.
    pub fn trials(&self) -> Vec<Trial> {
        let trial = |seed_index: usize, arm: usize| {
            let (seed, Arm { name, plan, .. }) = (self.seeds[seed_index], &self.arms[arm]);
            let mut plan = plan.clone();
            plan.train.seed = seed;
            let folder = format!("{}-s{seed}", slug(name));
            Trial { name: folder, arm, arm_name: name.clone(), seed_index, seed, plan }
        };
        (0..self.seeds.len())
            .flat_map(|seed| (0..self.arms.len()).map(move |arm| (seed, arm)))
            .map(|(seed, arm)| trial(seed, arm))
            .collect()
    }
}

impl Arm {
    /// The plan with these remedies applied in order.
    pub fn of(name: &str, remedies: &[&str], plan: &Plan) -> Result<Arm, ArmsError> {
        let wrong = |source| ArmsError::Remedy { arm: name.to_owned(), source };
        let calls: Vec<Call> =
            remedies.iter().map(|text| text.parse()).collect::<Result<_, _>>().map_err(wrong)?;
        Ok(Arm {
            name: name.to_owned(),
            remedies: remedies.iter().map(|&text| text.to_owned()).collect(),
            plan: apply_chain(plan, &calls).map_err(wrong)?,
        })
    }
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
    fn a_wrong_remedy_names_its_arm() {
        let error = Study::new("s", article(), 1).unwrap().with_arm("x", &["l1(-1)"]).unwrap_err();
        assert!(error.to_string().starts_with("arm \"x\": l1: lambda must be"), "{error}");
    }
}
