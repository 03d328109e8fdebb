//! The model that a study hands over, in a folder of its own.
//!
//! | file | holds |
//! |---|---|
//! | `model.safetensors` | the kept weights of the trial that was chosen |
//! | `plan.toml` | its plan |
//! | `samples.json` | what its samples look like |
//! | `model.onnx` | the same model for other programs, where it can be written |
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
/// What the folder of a trial of an older version does not have.
const COPIED_IF_THERE: [&str; 2] = ["preparation.json", "samples.json"];

/// The model in the form that other programs read.
pub const ONNX: &str = "model.onnx";

/// What is handed over.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    /// The trial's name.
    pub trial: &'a str,
    /// What is to be said about it, as JSON.
    pub about: &'a str,
    /// The content of [`ONNX`]; `None` where there is none.
    pub onnx: Option<&'a [u8]>,
}

/// Puts a trial's kept model and plan into `recommended/`, with what is to be said
/// about them as JSON. Without a trial the folder of an earlier choice is taken away.
/// `about.json` is there only beside the files that it is about, whatever stops this.
///
/// Gives the file of the trial that is gone, if one is: somebody removed it to save
/// space. What was handed over of the same trial then stays, another choice does not.
///
/// # Errors
/// A file that cannot be read, written or removed.
pub fn hand_over(folder: &Path, chosen: Option<Chosen>) -> Result<Option<PathBuf>, StudyError> {
    let to = folder.join(FOLDER);
    let Some(Chosen { trial, about, onnx }) = chosen else {
        return take_back(&to).map(|()| None);
    };
    let mut files = Vec::with_capacity(COPIED.len() + COPIED_IF_THERE.len());
    for name in COPIED.into_iter().chain(COPIED_IF_THERE) {
        let from = folder.join(TRIALS).join(trial).join(name);
        match fs::read(&from) {
            Ok(bytes) => files.push((name, Some(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if COPIED_IF_THERE.contains(&name) {
                    files.push((name, None));
                    continue;
                }
                let same = fs::read(to.join(ABOUT)).is_ok_and(|there| there == about.as_bytes());
                return if same { Ok(None) } else { take_back(&to).map(|()| Some(from)) };
            }
            Err(error) => return Err(FileError::on("read", &from)(error).into()),
        }
    }
    fs::create_dir_all(&to).map_err(FileError::on("make the folder", &to))?;
    remove(&to.join(ABOUT))?;
    files.push((ONNX, onnx.map(<[u8]>::to_vec)));
    for (name, bytes) in files {
        let path = to.join(name);
        match bytes {
            Some(bytes) => write_file(&path, &bytes)?,
            None => remove(&path)?,
        }
    }
    write_file(&to.join(ABOUT), about.as_bytes())?;
    Ok(None)
}

/// Removes what [`hand_over`] wrote, and the folder if nothing else is in it.
fn take_back(to: &Path) -> Result<(), StudyError> {
    for name in [ABOUT, ONNX].iter().chain(&COPIED).chain(&COPIED_IF_THERE) {
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

    fn chosen<'a>(trial: &'a str, about: &'a str) -> Option<Chosen<'a>> {
        Some(Chosen { trial, about, onnx: None })
    }

    fn texts(texts: [&str; 3]) -> Vec<Option<String>> {
        texts.map(|text| Some(text.to_owned())).to_vec()
    }

    #[test]
    fn a_model_is_handed_over_and_taken_back_when_nothing_is_chosen_any_more() {
        let folder = study(&["a"]);
        let folder = folder.path();
        assert_eq!(hand_over(folder, chosen("a", "about a")).unwrap(), None);
        assert_eq!(handed_over(folder), texts(["about a", "a", "a"]));
        hand_over(folder, None).unwrap();
        assert!(!folder.join(FOLDER).exists() && folder.join(TRIALS).join("a").exists());
        hand_over(folder, None).unwrap();
    }

    #[test]
    fn what_was_fitted_is_handed_over_with_the_model_and_with_no_other() {
        let folder = study(&["a", "b"]);
        let folder = folder.path();
        fs::write(folder.join(TRIALS).join("a").join("preparation.json"), "fitted").unwrap();
        let there = || fs::read_to_string(folder.join(FOLDER).join("preparation.json")).ok();
        hand_over(folder, chosen("a", "about a")).unwrap();
        assert_eq!(there().as_deref(), Some("fitted"));
        hand_over(folder, chosen("b", "about b")).unwrap();
        assert_eq!(there(), None);
        hand_over(folder, chosen("a", "about a")).unwrap();
        hand_over(folder, None).unwrap();
        assert!(!folder.join(FOLDER).exists());
    }

    #[test]
    fn of_a_trial_without_its_model_the_copy_stays_and_no_other_does() {
        let folder = study(&["a", "b"]);
        let folder = folder.path();
        hand_over(folder, chosen("a", "about a")).unwrap();
        for trial in ["a", "b"] {
            fs::remove_file(folder.join(TRIALS).join(trial).join("model.safetensors")).unwrap();
        }
        assert_eq!(hand_over(folder, chosen("a", "about a")).unwrap(), None);
        assert_eq!(handed_over(folder), texts(["about a", "a", "a"]));
        let gone = hand_over(folder, chosen("b", "about b")).unwrap();
        assert!(gone.unwrap().ends_with("trials/b/model.safetensors"));
        assert_eq!(handed_over(folder), [None, None, None]);
    }

    #[test]
    fn what_an_older_trial_does_not_have_is_not_left_from_another_one() {
        let folder = study(&["new", "old"]);
        let folder = folder.path();
        fs::write(folder.join(TRIALS).join("new").join("samples.json"), "new").unwrap();
        let there = |name: &str| folder.join(FOLDER).join(name).exists();
        let onnx = Some(&b"onnx"[..]);
        hand_over(folder, Some(Chosen { trial: "new", about: "new", onnx })).unwrap();
        assert!(there("samples.json") && there(ONNX));
        hand_over(folder, chosen("old", "old")).unwrap();
        assert!(!there("samples.json") && !there(ONNX) && there("model.safetensors"));
        hand_over(folder, Some(Chosen { trial: "new", about: "new", onnx })).unwrap();
        hand_over(folder, None).unwrap();
        assert!(!folder.join(FOLDER).exists());
    }

    #[test]
    fn a_copy_that_was_cut_short_has_no_about_of_another_trial() {
        let folder = study(&["a", "b"]);
        let folder = folder.path();
        hand_over(folder, chosen("a", "about a")).unwrap();
        // Where a folder stands, no file can be written.
        let model = folder.join(FOLDER).join("model.safetensors");
        fs::remove_file(&model).unwrap();
        fs::create_dir_all(model.join("in the way")).unwrap();
        hand_over(folder, chosen("b", "about b")).unwrap_err();
        assert_eq!(handed_over(folder), [None, Some("b".into()), None]);
    }
}
