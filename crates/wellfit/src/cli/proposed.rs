//! From a data file to a plan or a study, for those who have no plan.

use std::path::Path;

use wellfit::data::{DataError, DataRequest, FileFault, Places, TableFault, list, read_source};
use wellfit::plan::{Document, quoted};
use wellfit::proposal::{Facts, Proposal, Reason, Samples, Spare, Unfit, Want, propose};

use super::{Failure, print};

/// A plan for a data file.
pub struct Proposed {
    /// The plan with its reasons.
    pub proposal: Proposal,
    /// The same data for `wellfit new`, as arguments.
    pub again: String,
    /// The target that was taken because of its name.
    pub guessed: Option<String>,
}

/// Endings of data files; before them `.gz` may stand at the end.
const ENDINGS: [&str; 10] =
    ["csv", "tsv", "txt", "parquet", "pq", "npz", "npy", "idx3-ubyte", "idx1-ubyte", "idx2-ubyte"];

/// Whether a file is data and no plan: by its name, as far as that says it.
pub fn is_data(file: &Path) -> bool {
    if is_known(file) || file.is_dir() {
        return true;
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    ENDINGS.iter().any(|ending| {
        name.ends_with(&format!(".{ending}")) || name.ends_with(&format!("-{ending}"))
    })
}

fn is_known(file: &Path) -> bool {
    list(&Places::default()).iter().any(|known| Path::new(known.name) == file)
}

/// Reads the data and chooses. `beside`: the folder in which the plan is to lie, where it
/// is not the working folder.
pub fn read(
    file: &Path,
    target: &[String],
    places: &Places,
    beside: Option<&Path>,
    want: Want,
) -> Result<Proposed, Failure> {
    if file.join("study.toml").is_file() {
        let folder = file.display();
        return Err(Failure::input(format!("{folder} is the folder of a study, and no data"))
            .hint(format!("go on with `wellfit study {folder}/study.toml --out {folder}`, or draw its report again with `wellfit report {folder}`")));
    }
    let mut request = DataRequest::of(file.to_string_lossy());
    request.table.target = target.to_vec();
    let (mut guessed, mut spare) = (None, Vec::new());
    let source = loop {
        let error = match read_source(&request, places) {
            Ok(source) => break source,
            Err(error) => error,
        };
        match (likely_target(&error), unfit_column(&error, &request.table.target)) {
            (Some(column), _) => {
                request.table.target = vec![column.clone()];
                guessed = Some(column);
            }
            // Each time one column fewer is read.
            (None, Some(column)) => {
                request.table.drop.push(column.name.clone());
                spare.push(column);
            }
            (None, None) => return Err(error.into()),
        }
    };
    let mut facts = Facts::of_source(&source);
    facts.target = request.table.target.clone();
    if let Samples::Table(table) = &mut facts.samples {
        table.spare.splice(0..0, spare);
    }
    let proposal = propose(&facts, &as_written(file, beside), want)?;
    let mut again = shell(&file.to_string_lossy());
    for column in target {
        again.push_str(&format!(" --target {}", shell(column)));
    }
    Ok(Proposed { proposal, again, guessed })
}

/// A column that cannot be learnt from, where that is what the error is about.
fn unfit_column(error: &DataError, target: &[String]) -> Option<Spare> {
    let (column, unfit) = match table_fault(error)? {
        TableFault::Identifier { column, rows, .. } => (column, Unfit::Text { different: *rows }),
        TableFault::TooManyCategories { column, most, .. } => {
            (column, Unfit::TooManyTexts { most: *most })
        }
        _ => return None,
    };
    let name = column.clone();
    (!target.contains(&name)).then_some(Spare { name, unfit })
}

fn table_fault(error: &DataError) -> Option<&TableFault> {
    match error {
        DataError::File { fault: FileFault::Table(fault), .. } => Some(fault),
        _ => None,
    }
}

/// The column that a table calls its target, where no target was named. That it is the last
/// one is no reason to take it.
fn likely_target(error: &DataError) -> Option<String> {
    const CALLED: [&str; 4] = ["target", "label", "class", "y"];
    let TableFault::NoTarget { first, .. } = table_fault(error)? else { return None };
    CALLED.contains(&first.to_lowercase().as_str()).then(|| first.clone())
}

/// The source as a plan in `beside` names it: a known set by its name, a path so that it is
/// seen to be one.
fn as_written(file: &Path, beside: Option<&Path>) -> String {
    let text = file.to_string_lossy().into_owned();
    if is_known(file) {
        return text;
    }
    match beside {
        Some(_) => std::path::absolute(file).map_or(text, |path| path.to_string_lossy().into()),
        None if text.contains(['.', '/', '\\']) => text,
        None => format!("./{text}"),
    }
}

/// A word for the shell, quoted where it must be.
fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=+:,@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

impl Proposed {
    /// The plan as a document, under a name that its errors are told with.
    pub fn document(&self) -> Result<Document, Failure> {
        let name = format!("the plan proposed for {}", self.again);
        Ok(Document::parse(&name, &self.proposal.text)?)
    }

    /// Says on stderr what was chosen and how to choose otherwise, in ten lines at most.
    pub fn tell(&self, file: &Path, want: Want) {
        if let Some(column) = &self.guessed {
            print::note(&format!(
                "target: {} by its name; --target NAME takes another column",
                quoted(column)
            ));
        }
        let Proposal { reasons, study, .. } = &self.proposal;
        for reason in reasons {
            match reason {
                Reason::Data { .. } => print::note(&format!("{}: {reason}", file.display())),
                Reason::Scale(_)
                | Reason::Steps { .. }
                | Reason::Rate { .. }
                | Reason::AtRandom { .. } => {}
                Reason::Trials { .. } => {
                    let names: Vec<&str> = study.arms.iter().map(|arm| &arm.name[..]).collect();
                    print::note(&format!("- {reason}"));
                    print::note(&format!("  {}", names.join(", ")));
                }
                _ => print::note(&format!("- {reason}")),
            }
        }
        let (flag, file) = match want {
            Want::Study => (" --study", "my-study.toml"),
            Want::Plan => ("", "my-plan.toml"),
        };
        let again = &self.again;
        print::note(&format!("- to change any of it: wellfit new {again}{flag} > {file}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_are_told_from_plans_by_their_names() {
        for name in [
            "iris.csv",
            "IRIS.CSV",
            "a.tsv.gz",
            "x.parquet",
            "x.npz",
            "train-images-idx3-ubyte.gz",
            "train-images.idx3-ubyte",
            "fashion-mnist",
            "fashion-mnist-sample",
            ".",
        ] {
            assert!(is_data(Path::new(name)), "{name}");
        }
        for name in ["plan.toml", "study", "csv", "nothing/at/all", "my-fashion-mnist", ""] {
            assert!(!is_data(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn a_path_is_written_so_that_a_plan_takes_it_for_one() {
        assert_eq!(as_written(Path::new("images"), None), "./images");
        assert_eq!(as_written(Path::new("iris.csv"), None), "iris.csv");
        assert_eq!(as_written(Path::new("fashion-mnist"), None), "fashion-mnist");
        assert!(Path::new(&as_written(Path::new("a.csv"), Some(Path::new("x")))).is_absolute());
        assert_eq!(shell("my file's.csv"), "'my file'\\''s.csv'");
        assert_eq!(shell("a/b-c.csv"), "a/b-c.csv");
    }
}
