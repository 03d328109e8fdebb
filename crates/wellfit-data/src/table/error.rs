//! What can be wrong with a table, in words: what, where, and what would be right.

use thiserror::Error;

/// Where something stands in a table's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of a text file, counted from 1; the header is a line.
    Line(u64),
    /// A row of a binary file, counted from 1.
    Row(u64),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Line(line) => write!(f, "line {line}"),
            Place::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// What can be wrong with a table.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum TableFault {
    /// Text in another encoding.
    #[error(
        "{place}: is not UTF-8 text{guess}; convert the file, for instance with \
         `iconv -f {from} -t UTF-8`"
    )]
    Encoding {
        /// Where.
        place: Place,
        /// What it looks like.
        guess: &'static str,
        /// The encoding that it most likely has.
        from: &'static str,
    },
    /// Something that is no text file at all.
    #[error("is no text file: it starts as {0}")]
    NoText(&'static str),
    /// No header line.
    #[error("holds no header: the first line must name the columns")]
    NoHeader,
    /// A header of numbers.
    #[error(
        "has no header: its first line holds numbers only ({0}); the first line must name \
         the columns"
    )]
    NumbersAsHeader(String),
    /// A column without a name.
    #[error("column {0} has no name in the header; give every column one")]
    UnnamedColumn(usize),
    /// Two columns of one name.
    #[error(
        "the header names \"{name}\" twice, as columns {first} and {second}; names must differ"
    )]
    DuplicateColumn {
        /// The name.
        name: String,
        /// Position, counted from 1.
        first: usize,
        /// Position, counted from 1.
        second: usize,
    },
    /// A line with too few or too many fields.
    #[error("{place}: holds {}, the header {wanted}{hint}", fields(*found))]
    Ragged {
        /// Where.
        place: Place,
        /// Fields found.
        found: usize,
        /// Fields of the header.
        wanted: usize,
        /// What may be the cause.
        hint: &'static str,
    },
    /// A quote that is never closed.
    #[error("{0}: a quote (\") opens and is not closed; double it (\"\") where it is text")]
    OpenQuote(Place),
    /// A line longer than any table's.
    #[error(
        "{0}: goes on for more than 64 MiB; a quote (\") may not be closed, or this is no table"
    )]
    EndlessLine(Place),
    /// A separator that is no single byte.
    #[error(
        "data.separator = {0:?}: one character of ASCII is needed that is no quote, letter, \
         digit or line end"
    )]
    Separator(char),
    /// Only a header.
    #[error("holds a header but no rows")]
    NoRows,
    /// One sample.
    #[error("holds 1 row: at least 2 are needed, to learn from and to judge by")]
    OneRow,
    /// A field of a column of numbers that is none.
    #[error("{place}, column \"{column}\": \"{text}\" is not a number{advice}")]
    NotANumber {
        /// Where.
        place: Place,
        /// The column.
        column: String,
        /// The field.
        text: String,
        /// What to write.
        advice: String,
    },
    /// Infinity, or a NaN that is not among the missing values.
    #[error(
        "{place}, column \"{column}\": \"{text}\" is not a finite number; write a number, leave \
         the field empty, or add it to data.missing_values"
    )]
    NotFinite {
        /// Where.
        place: Place,
        /// The column.
        column: String,
        /// The field.
        text: String,
    },
    /// A number that float32 does not hold, as a target.
    #[error("{place}, column \"{column}\": {value} is beyond what a target can be (float32)")]
    TargetTooLarge {
        /// Where.
        place: Place,
        /// The column.
        column: String,
        /// The value.
        value: f64,
    },
    /// Numbers with commas in them.
    #[error(
        "column \"{column}\" holds numbers with a comma in them (\"{text}\"): write them with a \
         decimal point, or say data.categorical = [\"{column}\"]"
    )]
    Commas {
        /// The column.
        column: String,
        /// The first such field.
        text: String,
    },
    /// A field of a time column that is none.
    #[error(
        "{place}, column \"{column}\": \"{text}\" is no time; a number, a date (2024-05-01) or a \
         date with time (2024-05-01T10:20:30, with Z or an offset such as +02:00) is"
    )]
    NotATime {
        /// Where.
        place: Place,
        /// The column.
        column: String,
        /// The field.
        text: String,
    },
    /// A feature with too many categories.
    #[error(
        "column \"{column}\" holds more than {most} different texts: as categories they teach \
         nothing; leave it out with data.drop = [\"{column}\"]{or}"
    )]
    TooManyCategories {
        /// The column.
        column: String,
        /// The most there may be.
        most: usize,
        /// Another way out.
        or: String,
    },
    /// A feature with another text in each row.
    #[error(
        "column \"{column}\" holds another text in each of {rows} rows (\"{text}\"), as a name or \
         an identifier does: leave it out with data.drop = [\"{column}\"], or keep it with \
         data.categorical = [\"{column}\"]"
    )]
    Identifier {
        /// The column.
        column: String,
        /// Rows with a value.
        rows: usize,
        /// The first of its texts.
        text: String,
    },
    /// No target was named.
    #[error(
        "data.target is needed: the column to predict. {likely}, so write target = \"{first}\" \
         (or --target \"{first}\")\n  columns: {columns}"
    )]
    NoTarget {
        /// Which columns look like it, in words.
        likely: String,
        /// The likeliest.
        first: String,
        /// All columns.
        columns: String,
    },
    /// A name that no column has.
    #[error("{key} names \"{name}\", which is no column{meant}\n  columns: {columns}")]
    UnknownColumn {
        /// The key of the plan.
        key: &'static str,
        /// The name.
        name: String,
        /// "; did you mean …?", or nothing.
        meant: String,
        /// All columns.
        columns: String,
    },
    /// A file that lacks a column that was learned from.
    #[error(
        "lacks column \"{name}\", which the training data have{meant}\n  its columns: {columns}"
    )]
    MissingColumn {
        /// The name.
        name: String,
        /// "; did you mean …?", or nothing.
        meant: String,
        /// The file's columns.
        columns: String,
    },
    /// A split by the target.
    #[error("data.split names \"{0}\", the target; it is another column, of groups or times")]
    SplitByTarget(String),
    /// Nothing to learn from.
    #[error(
        "leaves no column to learn from: besides the target (\"{target}\"){rest}; at least one is \
         needed"
    )]
    NoFeatures {
        /// The target.
        target: String,
        /// What became of the others.
        rest: &'static str,
    },
    /// Rows without a target, a group or a time.
    #[error(
        "column \"{column}\" ({role}) is missing in {}: {places}; remove these rows, or fill in \
         what is missing", rows(*count)
    )]
    MissingInRole {
        /// The column.
        column: String,
        /// What it is for.
        role: &'static str,
        /// How many rows.
        count: usize,
        /// The first of them.
        places: String,
    },
    /// A target with one value.
    #[error("target \"{column}\" is \"{value}\" in every row: there is nothing to learn")]
    ConstantTarget {
        /// The column.
        column: String,
        /// Its value.
        value: String,
    },
    /// A target with another text in each row.
    #[error(
        "target \"{column}\" holds another value in each of {rows} rows (\"{value}\"): a name or \
         an identifier is no class; name another column"
    )]
    DistinctTarget {
        /// The column.
        column: String,
        /// Rows.
        rows: usize,
        /// The first of its values.
        value: String,
    },
    /// Classes where numbers are needed.
    #[error(
        "target \"{column}\" holds texts (\"{text}\"); {why}: one column of texts is classes, \
         several targets must be numbers"
    )]
    TextTarget {
        /// The column.
        column: String,
        /// The first of its texts.
        text: String,
        /// Why numbers are needed.
        why: &'static str,
    },
    /// Several targets in classification.
    #[error("data.task = \"classification\" takes one target; {0} are named")]
    SeveralClassTargets(usize),
    /// A class that training does not have.
    #[error(
        "{place}, column \"{column}\": class \"{class}\" is not among the training data's ({known})"
    )]
    UnknownClass {
        /// Where it first stands.
        place: Place,
        /// The target.
        column: String,
        /// The class.
        class: String,
        /// The classes of training.
        known: String,
    },
    /// A column of a kind that is not read.
    #[error(
        "column \"{column}\" holds {what}, which is not read; leave it out with \
         data.drop = [\"{column}\"]"
    )]
    ColumnKind {
        /// The column.
        column: String,
        /// What it holds.
        what: String,
    },
    /// A damaged Parquet file.
    #[error("is no Parquet file that can be read, or is cut short: {0}; copy or write it again")]
    DamagedParquet(String),
    /// A compression that is not in this program.
    #[error(
        "column \"{column}\" is compressed with {method}, which is not read; write the file again \
         with snappy: pandas.read_parquet(f).to_parquet(f, compression=\"snappy\")"
    )]
    ParquetCompression {
        /// The column.
        column: String,
        /// The compression.
        method: String,
    },
    /// A build without Parquet.
    #[error("is a Parquet file, which this build does not read: build with the feature `parquet`")]
    NoParquet,
    /// A key of tables with another source.
    #[error("data.{0} is about tables (.csv, .tsv, .parquet), and this is none")]
    NotATable(&'static str),
    /// A split by a column with a source that has none.
    #[error("data.split.column names a column of a table or an array of a .npz file; this is none")]
    NoSplitColumn,
    /// A table where the training data are none, or the reverse.
    #[error("is a table; the training data are none")]
    UnexpectedTable,
    /// No targets where they are needed.
    #[error(
        "lacks the target, column \"{name}\", which says what is right{meant}\n  its columns: \
         {columns}"
    )]
    NoTargetColumn {
        /// The name.
        name: String,
        /// "; did you mean …?", or nothing.
        meant: String,
        /// The file's columns.
        columns: String,
    },
}

fn fields(count: usize) -> String {
    if count == 1 { "1 field".into() } else { format!("{count} fields") }
}

fn rows(count: usize) -> String {
    if count == 1 { "1 row".into() } else { format!("{count} rows") }
}
