//! What lies at a path that runs are asked of: studies, wellfit's runs, or what another
//! program wrote.

use std::fs;
use std::path::{Path, PathBuf};

use wellfit::plan::Document;
use wellfit::record::Record;
use wellfit::study::holds_study;
use wellfit::{Plan, read_record};

use super::{Failure, print};

/// What lies at a path.
pub enum Place {
    /// A study's folder.
    Study(PathBuf),
    /// A folder of a run of ours that has ended.
    Run(PathBuf, Box<Record>),
    /// A folder of a run of ours that has not.
    Unfinished(PathBuf),
    /// Anything else: another program's.
    Other(PathBuf),
}

impl Place {
    /// Where it lies.
    pub fn path(&self) -> &Path {
        match self {
            Place::Study(path)
            | Place::Run(path, _)
            | Place::Unfinished(path)
            | Place::Other(path) => path,
        }
    }
}

/// What lies at a path or, at any depth, in the folders within; what cannot be read is a
/// failure in its place. Another program's files beside runs of ours are left out, and a
/// note on stderr names them.
pub fn places(path: &Path) -> Vec<Result<Place, Failure>> {
    let own = path.to_owned();
    if holds_study(path) {
        return vec![Ok(Place::Study(own))];
    }
    if path.join("record.json").is_file() {
        return match read_record(path) {
            Ok(Some(record)) => vec![Ok(Place::Run(own, Box::new(record)))],
            Ok(None) => vec![Ok(Place::Unfinished(own))],
            Err(error) => vec![Err(Failure::input(error.to_string()))],
        };
    }
    if path.join("plan.toml").is_file() {
        return vec![Ok(Place::Unfinished(own))];
    }
    let (ours, others): (Vec<PathBuf>, Vec<PathBuf>) =
        within(path).into_iter().partition(|entry| holds_ours(entry));
    if ours.is_empty() {
        return vec![Ok(Place::Other(own))];
    }
    if !others.is_empty() {
        let names = others.iter().map(|other| other.display().to_string());
        let names = names.collect::<Vec<_>>().join(", ");
        print::note(&format!("note: left out beside wellfit's runs; name to read: {names}"));
    }
    ours.iter().flat_map(|folder| places(folder)).collect()
}

/// The plan in a run's folder, where there is one that can be read; a judgement can do
/// without.
pub fn plan(folder: &Path) -> Option<Plan> {
    let document = Document::read(&folder.join("plan.toml")).ok()?;
    Plan::read(&document, folder).ok()
}

/// Whether a study or a run of ours lies in a folder, at any depth.
fn holds_ours(path: &Path) -> bool {
    let is_run = |name| path.join(name).is_file();
    path.is_dir()
        && (holds_study(path)
            || is_run("record.json")
            || is_run("plan.toml")
            || within(path).iter().any(|entry| holds_ours(entry)))
}

/// What a folder holds, by name, but for hidden entries and links, which may lead in a
/// circle.
fn within(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let seen = |entry: &fs::DirEntry| {
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        !hidden && entry.file_type().is_ok_and(|kind| !kind.is_symlink())
    };
    let mut paths: Vec<PathBuf> = entries.filter(seen).map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
