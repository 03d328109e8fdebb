//! The model that a study hands over, in a folder of its own.
//!
//! | file | holds |
//! |---|---|
//! | `model.safetensors` | the kept weights of the trial that was chosen |
//! | `plan.toml` | its plan |
//! | `preparation.json` | what was fitted on its training samples; a trial of an older version has none |
//! | `about.json` | which trial it is and why |

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use wellfit_train::{FileError, write_file};

use crate::error::StudyError;
use crate::store::TRIALS;

const FOLDER: &str = "recommended";
const ABOUT: &str = "about.json";
const COPIED: [&str; 2] = ["plan.toml", "model.safetensors"];
/// Copied where it is there.
const PREPARATION: &str = "preparation.json";

/// Puts a trial's kept model and plan into `recommended/`, with what is to be said
/// about them as JSON. Without a trial the folder of an earlier choice is taken away.
/// `about.json` is there only beside the files that it is about, whatever stops this.
///
/// Gives the file of the trial that is gone, if one is: somebody removed it to save
/// space. What was handed over of the same trial then stays, another choice does not.
///
/// # Errors
/// A file that cannot be read, written or removed.
pub fn hand_over(
    folder: &Path,
    chosen: Option<(&str, &str)>,
) -> Result<Option<PathBuf>, StudyError> {
    let to = folder.join(FOLDER);
    let Some((trial, about)) = chosen else { return take_back(&to).map(|()| None) };
    let mut files = Vec::with_capacity(COPIED.len());
    for name in COPIED {
        let from = folder.join(TRIALS).join(trial).join(name);
        match fs::read(&from) {
            Ok(bytes) => files.push((name, bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let same = fs::read(to.join(ABOUT)).is_ok_and(|there| there == about.as_bytes());
                return if same { Ok(None) } else { take_back(&to).map(|()| Some(from)) };
            }
            Err(error) => return Err(FileError::on("read", &from)(error).into()),
        }
    }
    let from = folder.join(TRIALS).join(trial).join(PREPARATION);
    let preparation = match fs::read(&from) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(FileError::on("read", &from)(error).into()),
    };
    fs::create_dir_all(&to).map_err(FileError::on("make the folder", &to))?;
    remove(&to.join(ABOUT))?;
    match preparation {
        Some(bytes) => write_file(&to.join(PREPARATION), &bytes)?,
        None => remove(&to.join(PREPARATION))?,
    }
    for (name, bytes) in files {
        write_file(&to.join(name), &bytes)?;
    }
    write_file(&to.join(ABOUT), about.as_bytes())?;
    Ok(None)
}

/// Removes what [`hand_over`] wrote, and the folder if nothing else is in it.
fn take_back(to: &Path) -> Result<(), StudyError> {
    for name in [ABOUT, PREPARATION].iter().chain(&COPIED) {
        remove(&to.join(name))?;
    }
    // It stays where somebody keeps files of their own.
    let _ = fs::remove_dir(to);
    Ok(())
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<(), StudyError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::on("remove", path)(error).into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A study's folder with these trials, each file of which holds the trial's name.
    fn study(trials: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for trial in trials {
            let at = folder.path().join(TRIALS).join(trial);
            fs::create_dir_all(&at).unwrap();
            COPIED.iter().for_each(|name| fs::write(at.join(name), trial).unwrap());
        }
        folder
    }

    /// What `recommended/` holds: `about.json`, then the files of the trial.
    fn handed_over(folder: &Path) -> Vec<Option<String>> {
        let text = |name| fs::read_to_string(folder.join(FOLDER).join(name)).ok();
        [ABOUT].into_iter().chain(COPIED).map(text).collect()
    }

    fn texts(texts: [&str; 3]) -> Vec<Option<String>> {
        texts.map(|text| Some(text.to_owned())).to_vec()
    }

    #[test]
    fn a_model_is_handed_over_and_taken_back_when_nothing_is_chosen_any_more() {
        let folder = study(&["a"]);
        let folder = folder.path();
        assert_eq!(hand_over(folder, Some(("a", "about a"))).unwrap(), None);
        assert_eq!(handed_over(folder), texts(["about a", "a", "a"]));
        hand_over(folder, None).unwrap();
        assert!(!folder.join(FOLDER).exists() && folder.join(TRIALS).join("a").exists());
        hand_over(folder, None).unwrap();
    }

    #[test]
    fn what_was_fitted_is_handed_over_with_the_model_and_with_no_other() {
        let folder = study(&["a", "b"]);
        let folder = folder.path();
        fs::write(folder.join(TRIALS).join("a").join(PREPARATION), "fitted").unwrap();
        let there = || fs::read_to_string(folder.join(FOLDER).join(PREPARATION)).ok();
        hand_over(folder, Some(("a", "about a"))).unwrap();
        assert_eq!(there().as_deref(), Some("fitted"));
        hand_over(folder, Some(("b", "about b"))).unwrap();
        assert_eq!(there(), None);
        hand_over(folder, Some(("a", "about a"))).unwrap();
        hand_over(folder, None).unwrap();
        assert!(!folder.join(FOLDER).exists());
    }

    #[test]
    fn of_a_trial_without_its_model_the_copy_stays_and_no_other_does() {
        let folder = study(&["a", "b"]);
        let folder = folder.path();
        hand_over(folder, Some(("a", "about a"))).unwrap();
        for trial in ["a", "b"] {
            fs::remove_file(folder.join(TRIALS).join(trial).join("model.safetensors")).unwrap();
        }
        assert_eq!(hand_over(folder, Some(("a", "about a"))).unwrap(), None);
        assert_eq!(handed_over(folder), texts(["about a", "a", "a"]));
        let gone = hand_over(folder, Some(("b", "about b"))).unwrap();
        assert!(gone.unwrap().ends_with("trials/b/model.safetensors"));
        assert_eq!(handed_over(folder), [None, None, None]);
    }

    #[test]
    fn a_copy_that_was_cut_short_has_no_about_of_another_trial() {
        let folder = study(&["a", "b"]);
        let folder = folder.path();
        hand_over(folder, Some(("a", "about a"))).unwrap();
        // Where a folder stands, no file can be written.
        let model = folder.join(FOLDER).join("model.safetensors");
        fs::remove_file(&model).unwrap();
        fs::create_dir_all(model.join("in the way")).unwrap();
        hand_over(folder, Some(("b", "about b"))).unwrap_err();
        assert_eq!(handed_over(folder), [None, Some("b".into()), None]);
    }
}
