//! From a file and the options that change it to a document.

use std::path::{Path, PathBuf};

use wellfit::TrainError;
use wellfit::data::Places;
use wellfit::plan::{Document, quoted};
use wellfit::proposal::Want;
use wellfit::study::slug;

use super::Failure;
use super::arguments::RunArguments;
use super::proposed::{self, is_data};

/// Reads the file, or proposes a plan for it where it is data.
pub fn read(file: &Path, run: &RunArguments, want: Want) -> Result<Document, Failure> {
    if !is_data(file) {
        return change(Document::read(file)?, run);
    }
    let places = Places::from_env(run.places.data_dir.clone());
    let proposed = proposed::read(file, &run.target, &places, None, want)?;
    if !run.quiet {
        proposed.tell(file, want);
    }
    change(proposed.document()?, run)
}

/// Applies `--target`, then `--set`, then `--seed`.
pub fn change(mut document: Document, run: &RunArguments) -> Result<Document, Failure> {
    change_target(&mut document, &run.target)?;
    for assignment in &run.set {
        document.set(assignment)?;
    }
    if let Some(seed) = run.seed {
        document.set(&format!("train.seed={seed}"))?;
    }
    Ok(document)
}

/// Applies `--target`.
pub fn change_target(document: &mut Document, target: &[String]) -> Result<(), Failure> {
    match target {
        [] => {}
        [one] => document.set(&format!("data.target={}", quoted(one)))?,
        several => {
            let names: Vec<String> = several.iter().map(|name| quoted(name)).collect();
            document.set(&format!("data.target=[{}]", names.join(", ")))?;
        }
    }
    Ok(())
}

/// What a file's study or run is called: its name without the ending.
pub fn name(file: &Path) -> String {
    file.file_stem().map_or_else(|| "study".into(), |stem| stem.to_string_lossy().into_owned())
}

/// Where results go when nobody says: `runs/NAME`.
pub fn default_folder(name: &str) -> PathBuf {
    let slug = slug(name);
    let usable = slug.contains(|c: char| c.is_ascii_alphanumeric());
    Path::new("runs").join(if usable { &slug } else { "study" })
}

/// The error with the line of the file that it is about, where that can be told.
pub fn locate(error: TrainError, document: &Document) -> TrainError {
    match error {
        TrainError::Plan(error) => TrainError::Plan(error.locate(document)),
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_never_go_outside_of_runs() {
        for (name, folder) in [
            ("article", "runs/article"),
            ("My Study!", "runs/my-study"),
            ("..", "runs/study"),
            ("???", "runs/study"),
            ("../../etc", "runs/..-..-etc"),
        ] {
            assert_eq!(default_folder(name), Path::new(folder));
        }
    }
}
