//! From a file and the options that change it to a document.

use std::path::Path;

use wellfit::plan::Document;

use super::Failure;
use super::arguments::RunArguments;

/// Reads the file and applies `--set`, then `--seed`.
pub fn read(file: &Path, run: &RunArguments) -> Result<Document, Failure> {
    change(Document::read(file)?, run)
}

/// Applies `--set`, then `--seed`.
pub fn change(mut document: Document, run: &RunArguments) -> Result<Document, Failure> {
    for assignment in &run.set {
        document.set(assignment)?;
    }
    if let Some(seed) = run.seed {
        document.set(&format!("train.seed={seed}"))?;
    }
    Ok(document)
}

/// What a file's study or run is called: its name without the ending.
pub fn name(file: &Path) -> String {
    file.file_stem().map_or_else(|| "study".into(), |stem| stem.to_string_lossy().into_owned())
}
