//! Folders: which runs lie in them.
//!
//! | in the folder | is |
//! |---|---|
//! | `trainer_state.json`, or `checkpoint-*` with one | a run of Hugging Face's trainer; of several checkpoints the last has it all |
//! | `train/epoch-N`, `valid/epoch-N` | an experiment of burn |
//! | tables (`.csv`, `.tsv`, `.jsonl`, `.json`) that hold a run | a run each |
//! | else event files, here or in folders such as `train` and `validation` | a run of TensorBoard |
//!
//! Other folders within are looked through in the same way.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Fault, ReadError};
use crate::events::{self, EventFile};
use crate::input::Input;
use crate::names::{Split, meaning};
use crate::{Curves, Options, burn, file};

/// So deep are folders looked through.
const DEEPEST: usize = 6;

const TABLES: [&str; 4] = ["csv", "tsv", "jsonl", "json"];

/// Reads all runs of a folder.
///
/// # Errors
///
/// When there are none: with the file's own error, if there is but one that could be one.
pub(crate) fn read(folder: &Path, options: &Options) -> Result<Vec<Curves>, ReadError> {
    let mut found = Found { options, runs: Vec::new(), failures: Vec::new() };
    found.look(folder, 0);
    let Found { mut runs, mut failures, .. } = found;
    if runs.is_empty() {
        if failures.len() == 1 {
            return Err(failures.remove(0));
        }
        let fault = Fault::NoRuns(failures.iter().map(ToString::to_string).collect());
        return Err(ReadError { name: folder.display().to_string(), fault });
    }
    if let Some(first) = runs.first_mut() {
        first.notes.extend(failures.iter().map(|failure| format!("left: {failure}")));
    }
    Ok(runs)
}

struct Found<'a> {
    options: &'a Options,
    runs: Vec<Curves>,
    failures: Vec<ReadError>,
}

impl Found<'_> {
    fn look(&mut self, folder: &Path, depth: usize) {
        let name = folder.display().to_string();
        let (files, folders) = match entries(folder) {
            Ok(entries) => entries,
            Err(fault) => return self.failures.push(ReadError { name, fault }),
        };
        if let Some(state) = trainer_state(folder, &files, &folders) {
            let read = file::read(Input::File(&state), Some(&state), &name, self.options);
            self.add(name, read);
            return;
        }
        if burn::is_experiment(folder) {
            let read = burn::read(folder, &name, self.options);
            self.add(name, read);
            return;
        }
        let before = self.runs.len();
        self.tables(&name, &files);
        let (events, mut others) = event_files(folder, &files, folders);
        if self.runs.len() > before {
            if !events.is_empty() {
                self.runs[before].notes.push("event files beside it were left".to_string());
            }
        } else if !events.is_empty() {
            let files = events.iter().map(|(prefix, path)| EventFile {
                folder: prefix.clone(),
                name: path.display().to_string(),
                input: Input::File(path),
            });
            let read = events::read(&files.collect::<Vec<_>>(), &name, self.options);
            self.add(name, read);
        }
        if depth < DEEPEST {
            others.sort();
            others.iter().for_each(|folder| self.look(folder, depth + 1));
        }
    }

    fn add(&mut self, name: String, read: Result<Vec<Curves>, Fault>) {
        match read {
            Ok(runs) => self.runs.extend(runs),
            Err(fault) => self.failures.push(ReadError { name, fault }),
        }
    }

    /// Tables of a folder; where one alone holds a run, that has the folder's name.
    fn tables(&mut self, name: &str, files: &[PathBuf]) {
        let before = self.runs.len();
        let mut holding = Vec::new();
        for path in files.iter().filter(|path| is_table(path)) {
            let own = path.display().to_string();
            let read = file::read(Input::File(path), Some(path), &own, self.options);
            // Many a folder holds settings as JSON, or a single evaluation.
            let json = path.extension().is_some_and(|extension| extension == "json");
            match &read {
                Err(Fault::JsonShape | Fault::WellfitJson | Fault::NoNumbers { .. }) if json => {}
                Ok(runs) if json && runs.iter().all(|run| run.at.len() < 2) => {}
                _ => {
                    holding.extend(read.is_ok().then(|| own.clone()));
                    self.add(own, read);
                }
            }
        }
        if let [only] = &holding[..] {
            for run in &mut self.runs[before..] {
                run.name = run.name.replacen(only, name, 1);
            }
        }
    }
}

fn is_table(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| TABLES.contains(&extension))
}

type Entries = (Vec<PathBuf>, Vec<PathBuf>);

/// Files and folders, without hidden ones, in the order of their names.
fn entries(folder: &Path) -> Result<Entries, Fault> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths.into_iter().partition(|path| !path.is_dir()))
}

/// The trainer's state, its own or that of the last checkpoint.
fn trainer_state(folder: &Path, files: &[PathBuf], folders: &[PathBuf]) -> Option<PathBuf> {
    const STATE: &str = "trainer_state.json";
    let own = folder.join(STATE);
    if files.contains(&own) {
        return Some(own);
    }
    let step = |path: &PathBuf| {
        let name = path.file_name()?.to_str()?;
        let step: u64 = name.strip_prefix("checkpoint-")?.parse().ok()?;
        let state = path.join(STATE);
        state.is_file().then_some((step, state))
    };
    folders.iter().filter_map(step).max().map(|(_, state)| state)
}

/// Event files of a run with the run's folder that they lie in, and the other folders.
fn event_files(
    folder: &Path,
    files: &[PathBuf],
    folders: Vec<PathBuf>,
) -> (Vec<(String, PathBuf)>, Vec<PathBuf>) {
    let of = |files: &[PathBuf], prefix: &str| {
        let events = files.iter().filter(|path| is_event_file(path));
        events.map(|path| (prefix.to_string(), path.clone())).collect::<Vec<_>>()
    };
    let mut events = of(files, "");
    let mut others = Vec::new();
    for inner in folders {
        let name = inner.strip_prefix(folder).unwrap_or(&inner).display().to_string();
        let said = meaning(&name).split != Split::Unsaid;
        let files = if said {
            entries(&inner).map(|(files, _)| files).unwrap_or_default()
        } else {
            Vec::new()
        };
        let found = of(&files, &name);
        if found.is_empty() {
            others.push(inner);
        } else {
            events.extend(found);
        }
    }
    (events, others)
}

/// Whether a file is called as TensorBoard's are.
pub(crate) fn is_event_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains(".tfevents."))
}
