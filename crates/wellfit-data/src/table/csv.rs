//! CSV, TSV and other text with a separator, read in one pass.
//! <https://www.rfc-editor.org/rfc/rfc4180>

use std::path::Path;

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};

use super::column::{Filled, Filling, Look};
use super::error::{Place, TableFault};
use super::fields::{MissingTexts, number, trimmed};
use super::names::listed;
use super::roles::{Kind, Wanted};
use super::text::{self, END, ENDLESS, Guarded, Text};
use super::{Choose, RawTable};
use crate::progress::Watch;
use crate::{FileFault, LoadProgress, memory};

/// Types are found from so many rows,
const LOOKED_AT: usize = 10_000;
/// or from fewer that are as large as this in memory.
const LOOKED_AT_BYTES: usize = 64 << 20;
/// How often progress is told, in bytes.
const TOLD: u64 = 4 << 20;

/// Reads the columns that `choose` wants of a file.
pub(super) fn read(
    path: &Path,
    separator: Option<char>,
    missing: &MissingTexts,
    choose: Choose<'_>,
    watch: Watch<'_>,
) -> Result<RawTable, FileFault> {
    let text = text::open(path)?;
    let separator = text::separator(separator, path, &text.header)?;
    let mut lines = Lines::new(text, separator);
    let mut record = StringRecord::new();
    if !lines.next(&mut record)? {
        return Err(TableFault::NoHeader.into());
    }
    let names: Vec<String> = record.iter().map(|name| trimmed(name).to_owned()).collect();
    if names.iter().all(|name| number(name).is_some()) {
        return Err(TableFault::NumbersAsHeader(listed(&names)).into());
    }
    let wanted = choose(&names)?;
    lines.width = names.len();

    let (sample, ended) = sample(&mut lines)?;
    if sample.is_empty() {
        return Err(TableFault::NoRows.into());
    }
    let kinds = kinds(&wanted, &sample, missing)?;
    let room = if ended { sample.len() } else { lines.estimate(sample.len()) };
    memory::check((room as u64).saturating_mul(kinds.iter().map(|kind| size(*kind)).sum()))?;
    let fill = |(wanted, kind): (&Wanted, &Kind)| Filling::new(wanted, *kind, room);
    let mut columns: Vec<Filling> = wanted.iter().zip(&kinds).map(fill).collect();
    let mut rows = 0;
    for (record, line) in sample {
        push(&mut columns, &record, missing, line)?;
        rows += 1;
    }
    let mut told = 0;
    while !ended && lines.next(&mut record)? {
        push(&mut columns, &record, missing, lines.line)?;
        rows += 1;
        let done = lines.text_done();
        if done >= told + TOLD {
            told = done;
            watch(LoadProgress { done, of: lines.of, rows: rows as u64 });
        }
    }
    watch(LoadProgress { done: lines.of, of: lines.of, rows: rows as u64 });
    let columns = columns.into_iter().map(Filling::end).collect::<Result<Vec<Filled>, _>>()?;
    Ok(RawTable { columns, rows })
}

/// Bytes that a value takes.
fn size(kind: Kind) -> u64 {
    if kind == Kind::Categories { 4 } else { 8 }
}

/// The first rows with their lines, and whether there are no others.
fn sample(lines: &mut Lines) -> Result<(Vec<(StringRecord, u64)>, bool), FileFault> {
    let (mut sample, mut bytes) = (Vec::new(), 0);
    while sample.len() < LOOKED_AT && bytes < LOOKED_AT_BYTES {
        let mut record = StringRecord::new();
        if !lines.next(&mut record)? {
            return Ok((sample, true));
        }
        bytes += record.as_slice().len() + record.len() * size_of::<usize>();
        sample.push((record, lines.line));
    }
    Ok((sample, false))
}

/// What each column is read as.
fn kinds(
    wanted: &[Wanted],
    sample: &[(StringRecord, u64)],
    missing: &MissingTexts,
) -> Result<Vec<Kind>, TableFault> {
    let kind = |wanted: &Wanted| {
        let mut look = Look::default();
        if wanted.kind == Kind::Found {
            for (record, _) in sample {
                look.at(trimmed(&record[wanted.at]), missing);
            }
        }
        look.kind(wanted)
    };
    wanted.iter().map(kind).collect()
}

fn push(
    columns: &mut [Filling],
    record: &StringRecord,
    missing: &MissingTexts,
    line: u64,
) -> Result<(), TableFault> {
    for column in columns {
        column.push(trimmed(&record[column.at()]), missing, || Place::Line(line))?;
    }
    Ok(())
}

/// The lines of a file, as fields.
struct Lines {
    reader: Reader<Guarded>,
    since: std::rc::Rc<std::cell::Cell<u64>>,
    done: std::rc::Rc<std::cell::Cell<u64>>,
    of: u64,
    compressed: bool,
    /// Whether lines end with a carriage return and a line feed.
    two_bytes: bool,
    separator: u8,
    /// Fields that every line must have; 0 while the header is read.
    width: usize,
    /// The line on which the last fields began, counted from 1.
    line: u64,
}

impl Lines {
    fn new(text: Text, separator: u8) -> Self {
        let Text { reader, done, of, compressed, two_bytes, .. } = text;
        let since = reader.since.clone();
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .buffer_capacity(1 << 18)
            .from_reader(reader);
        Lines { reader, since, done, of, compressed, two_bytes, separator, width: 0, line: 0 }
    }

    /// Reads the next line; `false` at the end.
    fn next(&mut self, record: &mut StringRecord) -> Result<bool, FileFault> {
        let before = self.reader.position().line();
        let found = self.reader.read_record(record);
        self.since.set(0);
        match found {
            // The end is told by a line of its own.
            Ok(false) => return Err(TableFault::OpenQuote(Place::Line(before)).into()),
            Ok(true) => {}
            Err(error) => return Err(self.fault(error, before)),
        }
        let last = self.last_line();
        self.line = last.saturating_sub(line_ends(record));
        if record.len() == 1 && &record[0] == END {
            return Ok(false);
        }
        if record.iter().next_back().is_some_and(|last| last.ends_with(&format!("{END}\n"))) {
            // It goes on to the end, behind which there is no line.
            return Err(TableFault::OpenQuote(Place::Line(self.line + 1)).into());
        }
        if self.width > 0 && record.len() != self.width {
            return Err(self.ragged(record).into());
        }
        Ok(true)
    }

    fn ragged(&self, record: &StringRecord) -> TableFault {
        let (found, wanted) = (record.len(), self.width);
        let hint = if found == wanted + 1 && record[found - 1].is_empty() {
            "; the line ends with a separator"
        } else if record.iter().any(|field| field.contains('\n')) {
            "; a quote (\") may be open that spans several lines"
        } else if found > wanted && self.separator == b',' {
            "; a field that holds the separator must stand in quotes"
        } else {
            ""
        };
        TableFault::Ragged { place: Place::Line(self.line), found, wanted, hint }
    }

    fn fault(&self, error: csv::Error, before: u64) -> FileFault {
        match error.into_kind() {
            ErrorKind::Utf8 { .. } => {
                let guess = " (perhaps Latin-1 or Windows-1252)";
                let place = Place::Line(self.last_line());
                TableFault::Encoding { place, guess, from: "WINDOWS-1252" }.into()
            }
            ErrorKind::Io(error) if error.to_string() == ENDLESS => {
                TableFault::EndlessLine(Place::Line(before.max(self.line + 1))).into()
            }
            ErrorKind::Io(error) => text::read_fault(error, self.compressed),
            _ => FileFault::Io(std::io::Error::other("it cannot be read as a table")),
        }
    }

    /// The line on which the fields just read ended. What the reader says of where they began
    /// counts empty lines before them, too.
    fn last_line(&self) -> u64 {
        // Of a line end of two bytes the second is not yet read.
        self.reader.position().line() - u64::from(!self.two_bytes)
    }

    fn text_done(&self) -> u64 {
        self.done.get()
    }

    /// About how many rows there are, from what the first ones took; a little too many.
    fn estimate(&self, rows: usize) -> usize {
        let read = match self.compressed {
            true => self.done.get(),
            false => self.reader.position().byte(),
        };
        let share = self.of as f64 / read.max(1) as f64;
        (rows as f64 * share * 1.05) as usize + 16
    }
}

/// Line ends within fields.
fn line_ends(record: &StringRecord) -> u64 {
    record.as_slice().bytes().filter(|byte| *byte == b'\n').count() as u64
}
