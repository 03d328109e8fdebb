//! Why a run could not be read, in words: what is wrong, where, and what would be right.

use std::io;

use thiserror::Error;

/// Why a run could not be read.
#[derive(Debug, Error)]
#[error("{name}: {fault}")]
pub struct ReadError {
    /// The file or folder.
    pub name: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a run's file or folder.
#[derive(Debug, Error)]
pub enum Fault {
    /// Nothing is there.
    #[error("no such file or folder")]
    Missing,
    /// The operating system says no.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// No bytes, or white space alone.
    #[error("is empty")]
    Empty,
    /// Neither text nor an event file.
    #[error("is no text{}; a table, JSON, Keras's output or a TensorBoard event file is read", .0.map(|kind| format!(" ({kind})")).unwrap_or_default())]
    Binary(Option<&'static str>),
    /// Text in two bytes a character.
    #[error("is UTF-16 text, as PowerShell's `>` writes it; save it as UTF-8")]
    Utf16,
    /// The first line of a table is numbers.
    #[error("has no header: its first line holds numbers; write the columns' names above them")]
    NoHeader,
    /// No column holds a number.
    #[error("holds no numbers (columns: {}){}", list(.columns), parted(.columns))]
    NoNumbers {
        /// The columns' names.
        columns: Vec<String>,
    },
    /// Rows with figures do not say where they stand.
    #[error("no row with figures has a number in `{column}`, which says where rows stand")]
    NoPlaces {
        /// The column.
        column: String,
    },
    /// No column looks like a validation figure.
    #[error("has no column that looks like a validation figure (columns: {}); \
             if one is, name it with --val-col, or --val-score-col for a score", list(.columns))]
    NoValidation {
        /// The columns' names; those without numbers say so.
        columns: Vec<String>,
    },
    /// What was read of files that are not whole is no run.
    #[error("{fault}\n  {}", .notes.join("\n  "))]
    NotWhole {
        /// Why it is none.
        fault: Box<Fault>,
        /// Which files are not whole, and how much of them was read.
        notes: Vec<String>,
    },
    /// An option names a column that is not there.
    #[error("has no column `{wanted}`, which {option} names (columns: {})", list(.columns))]
    NoColumn {
        /// The option.
        option: &'static str,
        /// The column that it names.
        wanted: String,
        /// The columns that are there.
        columns: Vec<String>,
    },
    /// An option names a column without a number.
    #[error("column `{column}`, which {option} names, holds no number")]
    ColumnWithoutNumbers {
        /// The option.
        option: &'static str,
        /// The column.
        column: String,
    },
    /// A line that cannot be read.
    #[error("line {line}, column {column}: {message}")]
    Line {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// JSON that ends too soon.
    #[error(
        "was cut off: it ends in line {line}, column {column}, {within}; copy or write the \
         whole file again (of JSON with a record a line what stands before the cut is read)"
    )]
    CutOff {
        /// The line of its last character, from 1.
        line: usize,
        /// Where that stands, from 1.
        column: usize,
        /// In the midst of what.
        within: &'static str,
    },
    /// JSON of another shape.
    #[error(
        "holds no metrics that can be read: lists of numbers by name, a list of records, \
         one record a line, or a trainer's \"log_history\""
    )]
    JsonShape,
    /// Lists that belong to different numbers of epochs.
    #[error("`{first}` has {first_len} values and `{other}` {other_len}: which belong together?")]
    Lengths {
        /// The longest list.
        first: String,
        /// Its length.
        first_len: usize,
        /// Another.
        other: String,
        /// Its length.
        other_len: usize,
    },
    /// Lists of several tables, perhaps of several runs.
    #[error("holds figures in several tables ({}); give each a file of its own", list(.tables))]
    Tables {
        /// Their names.
        tables: Vec<String>,
    },
    /// A table of trials, not of epochs.
    #[error("is a study's table with a row a trial; give a trial's folder")]
    Trials,
    /// A JSON file of wellfit's own, which is no history.
    #[error("is a JSON file of wellfit's that holds no history; give the folder that it lies in")]
    WellfitJson,
    /// Epochs that begin again all the time.
    #[error("begins again at {column} {first} more than {limit} times: is that its epoch?")]
    TooManyRuns {
        /// The column.
        column: String,
        /// Where it begins.
        first: f64,
        /// As many runs as one file may hold.
        limit: usize,
    },
    /// An event file without one whole record.
    #[error("holds no whole record of a TensorBoard event file: {0}")]
    NoRecords(&'static str),
    /// A folder without runs.
    #[error(
        "holds no run: looked for tables (.csv, .tsv, .json, .jsonl), trainer_state.json, \
         checkpoint-*, train/epoch-*, and TensorBoard event files{}", left(.0)
    )]
    NoRuns(Vec<String>),
}

/// The first forty names.
fn list(columns: &[String]) -> String {
    const SHOWN: usize = 40;
    let shown = columns.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match columns.len() {
        0 => "none".to_string(),
        n if n > SHOWN => format!("{shown}, and {} more", n - SHOWN),
        _ => shown,
    }
}

/// What may be wrong where there is a single column.
fn parted(columns: &[String]) -> &'static str {
    match columns {
        [_] => "; columns are parted by commas, tabs, semicolons or `|`",
        _ => "",
    }
}

fn left(errors: &[String]) -> String {
    errors.iter().map(|error| format!("\n  {error}")).collect()
}
