//! The test set is opened once, which leaves a mark.
//!
//! | file | holds |
//! |---|---|
//! | `test_opened.json` | an [`Opening`]: when, for which arm, and what was known then |

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use wellfit_train::{FileError, write_file};

use crate::error::StudyError;
use crate::folds::Folds;
use crate::study::{Study, Trial};

const FILE: &str = "test_opened.json";

/// The version of `test_opened.json` that this program writes.
const SCHEMA: u32 = 1;

/// That a study's test set was opened. It is opened once: later arms and seeds never
/// see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// When, as `2026-11-23T09:30:00Z`.
    pub opened: String,
    /// For which arm: the one that was recommended then. The baseline saw it, too.
    pub arm: String,
    /// The arms that were there then.
    pub arms: Vec<String>,
    /// The seeds of which trials were measured.
    pub seeds: Vec<u64>,
    /// In a cross-validation, how many folds over all draws; else none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<usize>,
}

#[derive(Serialize, Deserialize)]
struct OpeningFile {
    schema: u32,
    #[serde(flatten)]
    opening: Opening,
}

impl Opening {
    /// Now, for an arm of the study, with all that is there.
    pub(crate) fn now(study: &Study, arm: usize) -> Opening {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Opening {
            opened: utc(since.map_or(0, |since| since.as_secs())),
            arm: study.arms[arm].name.clone(),
            arms: study.arms.iter().map(|arm| arm.name.clone()).collect(),
            seeds: study.seeds.clone(),
            folds: study.folds.map(Folds::count),
        }
    }

    /// Whether a trial of one of the arms that were measured was there then.
    pub(crate) fn saw(&self, trial: &Trial) -> bool {
        let fold = trial.fold.is_none_or(|fold| self.folds.is_some_and(|folds| fold < folds));
        fold && self.seeds.contains(&trial.seed)
    }

    /// The day: `2026-11-23`.
    pub fn day(&self) -> &str {
        self.opened.split('T').next().unwrap_or_default()
    }

    /// The arms of a study that joined after the opening.
    pub fn joined<'a>(&self, study: &'a Study) -> Vec<&'a str> {
        let names = study.arms.iter().map(|arm| arm.name.as_str());
        names.filter(|name| self.arms.iter().all(|known| known != name)).collect()
    }

    /// The mark in a study's folder, if there is one.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Opening>, StudyError> {
        let path = folder.join(FILE);
        if !path.is_file() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).map_err(FileError::on("read", &path))?;
        let damaged = |reason: String| StudyError::Damaged { path: path.clone(), reason };
        let file: OpeningFile =
            serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if file.schema > SCHEMA {
            return Err(damaged(format!("schema {} is of a newer wellfit", file.schema)));
        }
        Ok(Some(file.opening))
    }

    /// Leaves the mark.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), StudyError> {
        let path = folder.join(FILE);
        let file = OpeningFile { schema: SCHEMA, opening: self.clone() };
        let json = serde_json::to_string_pretty(&file).map_err(|error| StudyError::Damaged {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        write_file(&path, json.as_bytes())?;
        Ok(())
    }
}

/// Seconds since 1970 as a date and time in UTC. The date is H. Hinnant's
/// `civil_from_days`, <https://howardhinnant.github.io/date_algorithms.html>.
fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_since_1970_are_a_date_and_a_time() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_795_426_215, "2026-11-23T09:30:15Z"),
            (4_102_444_800, "2100-01-01T00:00:00Z"),
        ] {
            assert_eq!(utc(seconds), expected);
        }
    }

    #[test]
    fn a_mark_is_read_back_and_a_damaged_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Opening::read(folder.path()).unwrap(), None);
        let opening = Opening {
            opened: utc(0),
            arm: "l1".into(),
            arms: vec!["baseline".into(), "l1".into()],
            seeds: vec![0, u64::MAX],
            folds: Some(10),
        };
        opening.write(folder.path()).unwrap();
        assert_eq!(Opening::read(folder.path()).unwrap(), Some(opening));
        for (text, words) in [
            ("{", "test_opened.json"),
            (
                "{\"schema\": 9, \"opened\": \"\", \"arm\": \"\", \"arms\": [], \"seeds\": []}",
                "newer wellfit",
            ),
        ] {
            fs::write(folder.path().join(FILE), text).unwrap();
            let error = Opening::read(folder.path()).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
