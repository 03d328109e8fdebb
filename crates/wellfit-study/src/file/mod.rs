//! The study file: a plan and a `[study]` section.

mod arms;
mod inline;
#[cfg(test)]
mod tests;
mod write;

use wellfit_train::plan::{Document, Metric, Plan, PlanError, Section};

use crate::folds::Folds;
use crate::study::{JudgeAt, Study};

/// Seeds of a study file that does not say how many.
const DEFAULT_SEEDS: u64 = 5;

impl Study {
    /// Reads a study from a plan's text and its `[study]` section; without the
    /// section the study is the baseline over five seeds. `name` is what the study
    /// is called when the section has no name of its own.
    ///
    /// | key | default | meaning |
    /// |---|---|---|
    /// | `name` | the file's stem | what the study is called |
    /// | `seeds` | 5, with folds 1 | how many, from `train.seed` on; or a list |
    /// | `folds` | 1: none | k-fold cross-validation, in the place of a validation set |
    /// | `repeats` | 1 | how many times the folds are drawn |
    /// | `primary` | `val_loss`; by the data | what arms are judged by ([`Study::resolved`]) |
    /// | `judge_at` | `best` | at the kept epoch, or at the `last` |
    /// | `racing` | false | seeds are added only where the ranking is open |
    /// | `[[study.arm]]` | | `name`, `remedies`, `set`, `strength` |
    /// | `[[study.grid]]` | | a list of values a key: an arm for every combination |
    pub fn read(document: &Document, name: &str) -> Result<Study, PlanError> {
        let mut plan = Plan::read(document, document.folder())?;
        let Some(mut section) = document.section("study")? else {
            let study = Study::new(name, plan, DEFAULT_SEEDS as usize)
                .map_err(|error| PlanError::new(error.to_string()))?;
            return Ok(Study { primary_by_data: true, ..study });
        };
        let name = match section.field("name") {
            Some(field) => field.text()?.to_owned(),
            None => name.to_owned(),
        };
        let folds = folds(&mut section)?;
        let count = if folds.is_some() { 1 } else { DEFAULT_SEEDS };
        let seeds = seeds(&mut section, plan.train.seed, count)?;
        let primary = section.field("primary").map(|f| Metric::read(&f)).transpose()?;
        let primary_by_data = primary.is_none();
        let primary = primary.unwrap_or(Metric::ValLoss);
        let judge_at = match section.field("judge_at") {
            Some(field) => field.choice(&JudgeAt::ALL.map(|at| (at.name(), at)))?,
            None => JudgeAt::Best,
        };
        let racing = section.field("racing").map_or(Ok(false), |field| field.flag())?;
        plan.train.seed = seeds.first().copied().unwrap_or(plan.train.seed);
        if let Some(extra) = primary.extra() {
            plan.measure_also(extra);
        }
        let arms = arms::read(&mut section, document, &plan)?;
        let mut study =
            Study { name, plan, seeds, folds, primary, primary_by_data, judge_at, racing, arms };
        study.measure_primary();
        study.check().map_err(|error| section.error(error.to_string()))?;
        section.finish()?;
        Ok(study)
    }
}

/// `seeds = 5` or `seeds = [0, 7, 8]`.
fn seeds(section: &mut Section<'_>, first: u64, count: u64) -> Result<Vec<u64>, PlanError> {
    let Some(field) = section.field("seeds") else {
        return Ok((0..count).map(|i| first.wrapping_add(i)).collect());
    };
    if let Ok(list) = field.list() {
        return list.iter().map(|seed| seed.count(0)).collect();
    }
    /// No study has more seeds than this.
    const MOST: u64 = 10_000;
    match field.count::<u64>(1)? {
        count if count <= MOST => Ok((0..count).map(|i| first.wrapping_add(i)).collect()),
        count => Err(field.error(format!("must be at most {MOST}, not {count}"))),
    }
}

/// `folds = 5`, `repeats = 2`.
fn folds(section: &mut Section<'_>) -> Result<Option<Folds>, PlanError> {
    let mut count = |key| -> Result<usize, PlanError> {
        let Some(field) = section.field(key) else { return Ok(1) };
        match field.count::<usize>(1)? {
            count if count <= Folds::MOST => Ok(count),
            count => Err(field.error(format!("must be at most {}, not {count}", Folds::MOST))),
        }
    };
    let (of, repeats) = (count("folds")?, count("repeats")?);
    match (of, repeats) {
        (1, 1) => Ok(None),
        (1, _) => {
            let field = section.field("repeats");
            let message = "above 1 repeats folds, and there are none; set study.folds to 2 or more";
            Err(field.map_or_else(|| PlanError::new(message), |field| field.error(message)))
        }
        (of, repeats) => Ok(Some(Folds { of, repeats })),
    }
}
