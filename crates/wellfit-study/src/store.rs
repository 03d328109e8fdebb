//! A study's folder: what it holds, whose it is, what is done already.
//!
//! | file | holds |
//! |---|---|
//! | `study.toml` | the resolved study |
//! | `data.json` | [`DataFacts`], so that a report can be drawn without the data |
//! | `trials/ARM-sSEED/` | a run folder a trial; of a fold `ARM-sSEED-fFOLD` |
//! | `test_opened.json` | when the test set was opened, and for which arm |
//! | `.lock` | locked while somebody is at work |

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wellfit_train::plan::{Document, Metric};
use wellfit_train::{FileError, Record, write_file};

use crate::error::StudyError;
use crate::folds::Folds;
use crate::opening::Opening;
use crate::study::{DataFacts, Study, StudyRecords, Trial};

const STUDY: &str = "study.toml";
const DATA: &str = "data.json";
pub(crate) const TRIALS: &str = "trials";
const LOCK: &str = ".lock";

/// The version of `data.json` that this program writes.
const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct DataFile {
    schema: u32,
    #[serde(flatten)]
    facts: DataFacts,
}

/// A study's folder, locked: nobody else writes to it.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    _lock: File,
}

impl Store {
    /// Opens the folder for this study; makes it when it is missing. A folder of the
    /// same study with fewer seeds or arms is taken too, and grows.
    pub(crate) fn open(
        folder: &Path,
        study: &Study,
        facts: &DataFacts,
    ) -> Result<Store, StudyError> {
        check_free(folder)?;
        let trials = folder.join(TRIALS);
        fs::create_dir_all(&trials).map_err(|error| {
            StudyError::Folder(FileError::on("make the folder", &trials)(error))
        })?;
        let store = Store { folder: folder.to_owned(), _lock: lock(folder)? };
        if let Some(there) = stored_study(folder)?
            && let Some(difference) = difference(&there, study)
        {
            return Err(StudyError::Other { folder: folder.to_owned(), difference });
        }
        let file = DataFile { schema: SCHEMA, facts: facts.clone() };
        let json = serde_json::to_string_pretty(&file).map_err(|error| StudyError::Damaged {
            path: folder.join(DATA),
            reason: error.to_string(),
        })?;
        // The study comes last: where it is, the facts are too.
        write_file(&folder.join(DATA), json.as_bytes())?;
        write_file(&folder.join(STUDY), study.to_toml().as_bytes())?;
        Ok(store)
    }

    /// Where a trial's run folder is.
    pub(crate) fn trial_folder(&self, trial: &Trial) -> PathBuf {
        trial_folder(&self.folder, trial)
    }

    /// The trial's record if it has come to its end.
    pub(crate) fn ended(&self, trial: &Trial) -> Result<Option<Record>, StudyError> {
        wellfit_train::done(&self.trial_folder(trial), &trial.plan)
            .map_err(|error| StudyError::trial(trial, error))
    }
}

/// Reads a study's folder: the study, and the records of the trials that have ended
/// or failed.
pub fn read(folder: &Path) -> Result<StudyRecords, StudyError> {
    let study =
        stored_study(folder)?.ok_or_else(|| StudyError::NoStudy { folder: folder.to_owned() })?;
    let path = folder.join(DATA);
    let text = fs::read_to_string(&path).map_err(FileError::on("read", &path))?;
    let damaged = |reason| StudyError::Damaged { path: path.clone(), reason };
    let file: DataFile = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
    if file.schema > SCHEMA {
        return Err(damaged(format!("schema {} is of a newer wellfit", file.schema)));
    }
    let mut records = empty(&study);
    for trial in study.trials() {
        let record = wellfit_train::read_record(&trial_folder(folder, &trial))
            .map_err(|error| StudyError::trial(&trial, error))?;
        records[trial.arm][trial.cell] = record.filter(counts);
    }
    let opening = Opening::read(folder)?;
    Ok(StudyRecords { study, records, data: file.facts, opening })
}

/// Whether the folder holds a study.
pub fn holds_study(folder: &Path) -> bool {
    folder.join(STUDY).is_file() && folder.join(DATA).is_file()
}

/// Whether a record says how its trial came out; one that was interrupted does not.
pub(crate) fn counts(record: &Record) -> bool {
    record.state.is_final()
        || matches!(record.state, wellfit_train::record::RunState::Failed { .. })
}

/// No record yet, for any arm, seed and fold.
pub(crate) fn empty(study: &Study) -> Vec<Vec<Option<Record>>> {
    vec![vec![None; study.cells().len()]; study.arms.len()]
}

/// Where a trial's run folder is.
pub(crate) fn trial_folder(folder: &Path, trial: &Trial) -> PathBuf {
    folder.join(TRIALS).join(&trial.name)
}

/// What the study in the folder is judged by, if there is one.
pub(crate) fn stored_primary(folder: &Path) -> Result<Option<Metric>, StudyError> {
    Ok(stored_study(folder)?.map(|study| study.primary))
}

fn stored_study(folder: &Path) -> Result<Option<Study>, StudyError> {
    let path = folder.join(STUDY);
    if !path.is_file() {
        return Ok(None);
    }
    let document = Document::read(&path)?;
    Ok(Some(Study::read(&document, "study")?))
}

/// A folder that holds a single run, or files of somebody else, is no study's.
fn check_free(folder: &Path) -> Result<(), StudyError> {
    if !folder.is_dir() || folder.join(STUDY).is_file() {
        return Ok(());
    }
    let read = FileError::on("read the folder", folder);
    for entry in fs::read_dir(folder).map_err(|error| StudyError::Folder(read(error)))? {
        let name = entry.map_err(|error| StudyError::Folder(read(error)))?.file_name();
        let name = name.to_string_lossy();
        // What a study leaves that was stopped before study.toml was in place.
        if ![TRIALS, LOCK, DATA].contains(&&*name) && !name.ends_with(".partial") {
            return Err(StudyError::NoStudy { folder: folder.to_owned() });
        }
    }
    Ok(())
}

fn lock(folder: &Path) -> Result<File, StudyError> {
    let path = folder.join(LOCK);
    let fail = |error| StudyError::Folder(FileError::on("lock", &path)(error));
    let file = File::create(&path).map_err(fail)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StudyError::InUse { folder: folder.to_owned() }),
        // Some network file systems have no locks; a study must be possible there too.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(error)) => Err(fail(error)),
    }
}

/// What keeps `new` from going on in the folder of `old`, in words. The studies'
/// names do not matter; new seeds, repeats and arms may join, but none may leave.
fn difference(old: &Study, new: &Study) -> Option<String> {
    let mut base = new.plan.clone();
    base.train.seed = old.plan.train.seed;
    // By their hashes: an older version wrote out the loss that is now left to the data.
    if old.plan.hash() != base.hash() {
        return Some("its base plan differs".into());
    }
    for old_arm in &old.arms {
        let Some(new_arm) = new.arms.iter().find(|arm| arm.name == old_arm.name) else {
            let names: Vec<&str> = old.arms.iter().map(|arm| arm.name.as_str()).collect();
            let names = names.join(", ");
            return Some(format!("its arms are {names}; others may join, but none may leave"));
        };
        let mut plan = new_arm.plan.clone();
        plan.train.seed = old_arm.plan.train.seed;
        if old_arm.plan.hash() != plan.hash() {
            return Some(format!("its arm {:?} has another plan", old_arm.name));
        }
    }
    if (old.primary, old.judge_at) != (new.primary, new.judge_at) {
        let (primary, at) = (old.primary.name(), old.judge_at.name());
        return Some(format!("it is judged by {primary} at the {at} epoch"));
    }
    if let Some(difference) = fold_difference(old.folds, new.folds) {
        return Some(difference);
    }
    if old.racing || new.racing {
        return race_difference(old, new);
    }
    if !old.seeds.iter().all(|seed| new.seeds.contains(seed)) {
        return Some(format!("it has seeds {:?}; others may join, but none may leave", old.seeds));
    }
    None
}

/// Folds are fixed, as others would be other data; repeats of them may join.
fn fold_difference(old: Option<Folds>, new: Option<Folds>) -> Option<String> {
    let of = |folds: Option<Folds>| folds.map(|folds| folds.of);
    if of(old) != of(new) {
        let folds = of(old).map_or("no folds".into(), |of| format!("{of} folds"));
        return Some(format!("it has {folds}, which is fixed"));
    }
    let (old, new) = (old?.repeats, new?.repeats);
    (old > new).then(|| format!("it has {old} repeats; others may join, but none may leave"))
}

/// A race's rules are fixed before it starts: its arms and the most seeds are among them.
fn race_difference(old: &Study, new: &Study) -> Option<String> {
    let kind = |racing| if racing { "a race" } else { "no race" };
    if old.racing != new.racing {
        return Some(format!("it is {}", kind(old.racing)));
    }
    if old.seeds != new.seeds {
        return Some(format!("it is a race with seeds {:?}, which are fixed", old.seeds));
    }
    let names = |study: &Study| study.arms.iter().map(|arm| arm.name.clone()).collect::<Vec<_>>();
    (names(old) != names(new))
        .then(|| format!("it is a race of {}, which are fixed", names(old).join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_plan::article;

    fn study(seeds: usize) -> Study {
        Study::new("s", article(), seeds).unwrap().with_arm("l1", &["l1(1e-4)"]).unwrap()
    }

    fn facts() -> DataFacts {
        DataFacts {
            source: "fashion-mnist-sample".into(),
            origin: "embedded".into(),
            samples: [6000, 5000, 5000],
            classes: vec!["a".into(), "b".into()],
            targets: Vec::new(),
            validation_is_test: false,
            class_samples: vec![3000, 3000],
        }
    }

    #[test]
    fn a_folder_takes_the_same_study_again_and_more_seeds_and_arms_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new/folder");
        Store::open(&folder, &study(2), &facts()).unwrap();
        Store::open(&folder, &study(2), &facts()).unwrap();
        Store::open(&folder, &study(3), &facts()).unwrap();
        let read = read(&folder).unwrap();
        assert_eq!((read.study, read.data), (study(3), facts()));
        let more = study(3).with_arm("l2", &["l2(1e-4)"]).unwrap();
        Store::open(&folder, &more, &facts()).unwrap();
        assert_eq!(super::read(&folder).unwrap().study, more);
        assert_eq!(read.records, vec![vec![None, None, None]; 2]);
    }

    #[test]
    fn another_study_is_refused_with_what_differs() {
        let folder = tempfile::tempdir().unwrap();
        Store::open(folder.path(), &study(2), &facts()).unwrap();
        let mut epochs = study(2);
        epochs.plan.train.epochs = 3;
        let mut judged = study(2);
        judged.judge_at = crate::study::JudgeAt::Last;
        let mut arm = study(2);
        arm.arms[1].plan.train.lr = 1.0;
        for (other, words) in [
            (study(1), "it has seeds [0, 1]"),
            (
                Study::new("s", article(), 2).unwrap().with_arm("l2", &["l2(1e-4)"]).unwrap(),
                "its arms are baseline, l1; others may join",
            ),
            (epochs, "its base plan differs"),
            (judged, "it is judged by val_loss at the best epoch"),
            (arm, "its arm \"l1\" has another plan"),
        ] {
            let error = Store::open(folder.path(), &other, &facts()).unwrap_err();
            assert!(error.is_input() && error.to_string().contains(words), "{error}");
        }
    }

    #[test]
    fn folds_are_fixed_and_repeats_may_join() {
        let folder = tempfile::tempdir().unwrap();
        let folded = |of, repeats| study(1).with_folds(of, repeats).unwrap();
        Store::open(folder.path(), &folded(5, 1), &facts()).unwrap();
        Store::open(folder.path(), &folded(5, 2), &facts()).unwrap();
        assert_eq!(read(folder.path()).unwrap().records, vec![vec![None; 10]; 2]);
        for (other, words) in [
            (study(1), "it has 5 folds, which is fixed"),
            (folded(4, 2), "it has 5 folds, which is fixed"),
            (folded(5, 1), "it has 2 repeats; others may join"),
        ] {
            let error = Store::open(folder.path(), &other, &facts()).unwrap_err();
            assert!(error.is_input() && error.to_string().contains(words), "{error}");
        }
        let plain = tempfile::tempdir().unwrap();
        Store::open(plain.path(), &study(1), &facts()).unwrap();
        let error = Store::open(plain.path(), &folded(5, 1), &facts()).unwrap_err();
        assert!(error.to_string().contains("it has no folds"), "{error}");
    }

    #[test]
    fn the_rules_of_a_race_are_fixed() {
        let folder = tempfile::tempdir().unwrap();
        let race = |seeds| Study { racing: true, ..study(seeds) };
        Store::open(folder.path(), &race(5), &facts()).unwrap();
        Store::open(folder.path(), &race(5), &facts()).unwrap();
        for (other, words) in [
            (study(5), "it is a race"),
            (race(6), "it is a race with seeds [0, 1, 2, 3, 4], which are fixed"),
            (race(5).with_arm("l2", &["l2(1e-4)"]).unwrap(), "a race of baseline, l1, which are"),
        ] {
            let error = Store::open(folder.path(), &other, &facts()).unwrap_err();
            assert!(error.is_input() && error.to_string().contains(words), "{error}");
        }
    }

    #[test]
    fn a_folder_of_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.tex"), "").unwrap();
        let error = Store::open(folder.path(), &study(1), &facts()).unwrap_err();
        assert!(matches!(error, StudyError::NoStudy { .. }), "{error}");
        let file = folder.path().join("thesis.tex");
        let error = Store::open(&file, &study(1), &facts()).unwrap_err();
        assert!(error.is_input() && error.to_string().contains("thesis.tex"), "{error}");
        assert!(matches!(read(folder.path()), Err(StudyError::NoStudy { .. })));
    }

    #[test]
    fn two_at_once_in_one_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let first = Store::open(folder.path(), &study(1), &facts()).unwrap();
        let error = Store::open(folder.path(), &study(1), &facts()).unwrap_err();
        assert!(matches!(error, StudyError::InUse { .. }), "{error}");
        drop(first);
        Store::open(folder.path(), &study(1), &facts()).unwrap();
    }

    #[test]
    fn damaged_files_are_errors_that_name_them() {
        let folder = tempfile::tempdir().unwrap();
        Store::open(folder.path(), &study(1), &facts()).unwrap();
        for (name, text, words) in [
            (DATA, "{}", "data.json"),
            (
                DATA,
                r#"{"schema":9,"source":"","origin":"","samples":[1,1,1],"classes":[],"validation_is_test":false}"#,
                "newer wellfit",
            ),
            (STUDY, "[study", "study.toml"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
            let error = read(folder.path()).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
