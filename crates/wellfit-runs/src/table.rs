//! CSV, TSV and their like: a header, then a row a line.
//!
//! | written by | its header |
//! |---|---|
//! | Keras's `CSVLogger` | `epoch`, then the metrics in alphabetical order; `NA` where nothing was measured |
//! | Lightning's `CSVLogger` | `epoch`, `step` and whatever was logged; training and validation figures stand in rows of their own |
//! | fastai's `CSVLogger` | `epoch,train_loss,valid_loss,…,time`; the header again for each `fit` that appends |
//! | Ultralytics | `epoch`, losses by part, `metrics/…`, `lr/…`; older versions pad the names |
//! | pandas's `to_csv` | a column without a name that counts up |
//! | wellfit's `history.csv` | `epoch,lr,train_loss,train_penalty,train_eval_loss,…` |

use std::io::BufRead;

use csv::{ByteRecord, Position, ReaderBuilder};

use crate::cell::Cell;
use crate::error::Fault;
use crate::input::Input;
use crate::rows::{Item, Rows};
use crate::words::count;

/// A table in a file.
pub(crate) struct Table<'a> {
    input: Input<'a>,
    separator: u8,
    header: ByteRecord,
    names: Vec<String>,
}

impl<'a> Table<'a> {
    /// Finds separator and header.
    ///
    /// # Errors
    ///
    /// When there is no header, or it is that of a table of other things.
    pub(crate) fn new(input: Input<'a>) -> Result<Table<'a>, Fault> {
        let separator = separator(&mut *input.open()?)?;
        let mut table = Table { input, separator, header: ByteRecord::new(), names: Vec::new() };
        let mut header = ByteRecord::new();
        table.reader()?.read_byte_record(&mut header).map_err(fault)?;
        let text = |name: &[u8]| String::from_utf8_lossy(name).trim().to_string();
        let mut names: Vec<String> = header.iter().map(text).collect();
        if let Some(first) = names.first_mut() {
            // NumPy's `savetxt` writes its header as a comment.
            *first = first.trim_start_matches('#').trim().to_string();
        }
        let number = |name: &String| Cell::read(name, separator == b';').number().is_some();
        if names.iter().all(number) {
            return Err(Fault::NoHeader);
        }
        if names.iter().map(String::as_str).take(3).eq(["arm", "seed", "fold"]) {
            return Err(Fault::Trials);
        }
        (table.header, table.names) = (header, names);
        Ok(table)
    }

    /// Who wrote such a header; "looks like" where others may well write it, too.
    pub(crate) fn origin(&self) -> &'static str {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let has = |name: &str| names.contains(&name);
        let ends = |tail: &str| names.iter().any(|name| name.ends_with(tail));
        let begins = |head: &str| names.iter().any(|name| name.starts_with(head));
        match &names[..] {
            _ if self.is_wellfit() => "wellfit's history.csv",
            [.., "time"] if has("epoch") && has("train_loss") && has("valid_loss") => {
                "fastai's CSVLogger"
            }
            _ if has("epoch") && begins("train/") && (begins("metrics/") || begins("val/")) => {
                "Ultralytics's results.csv"
            }
            _ if has("epoch") && has("step") && (ends("_step") || ends("_epoch")) => {
                "Lightning's CSVLogger"
            }
            _ if has("epoch") && has("step") && has("val_loss") => {
                "looks like Lightning's CSVLogger"
            }
            ["epoch", metrics @ ..] if metrics.contains(&"loss") && alphabetical(metrics) => {
                "looks like Keras's CSVLogger"
            }
            ["", ..] => "pandas's to_csv",
            _ if self.separator == b'\t' => "a TSV table",
            _ => "a CSV table",
        }
    }

    /// Whether it is wellfit's own.
    pub(crate) fn is_wellfit(&self) -> bool {
        let own = ["epoch", "lr", "train_loss", "train_penalty"];
        self.names.iter().map(String::as_str).take(own.len()).eq(own)
    }

    fn reader(&self) -> Result<csv::Reader<Box<dyn BufRead + 'a>>, Fault> {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(self.separator).flexible(true).has_headers(false);
        Ok(builder.from_reader(self.input.open()?))
    }
}

impl Rows for Table<'_> {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn walk(&self, each: &mut dyn FnMut(Item<'_>)) -> Result<Vec<String>, Fault> {
        let mut reader = self.reader()?;
        let [mut record, mut next] = [ByteRecord::new(), ByteRecord::new()];
        reader.read_byte_record(&mut record).map_err(fault)?;
        let mut more = reader.read_byte_record(&mut record).map_err(fault)?;
        let mut cells = vec![Cell::Gap; self.names.len()];
        let (mut long, mut headers, mut cut) = (0_u64, 0_u64, false);
        while more {
            more = reader.read_byte_record(&mut next).map_err(fault)?;
            if !more {
                self.check_quotes(&record)?;
                cut = record.len() < self.names.len() && !self.input.ends_its_line()?;
            }
            if record == self.header {
                headers += 1;
                each(Item::Header);
            } else {
                long += u64::from(record.len() > self.names.len());
                self.fill(&mut cells, &record, record.len() - usize::from(cut));
                each(Item::Row { line: line(&record), cells: &cells });
            }
            std::mem::swap(&mut record, &mut next);
        }
        let notes = [
            (long > 0).then(|| {
                let rows = count(long, "row");
                format!("what stands beyond the header's columns was left, in {rows}")
            }),
            (headers > 0).then(|| format!("the header stands {} times", headers + 1)),
            cut.then(|| "the last line is cut off; its last cell was left out".to_string()),
        ];
        Ok(notes.into_iter().flatten().collect())
    }
}

impl Table<'_> {
    /// Reads a record's first cells; others are gaps.
    fn fill(&self, cells: &mut [Cell], record: &ByteRecord, most: usize) {
        let comma = self.separator == b';';
        let read = |text: &[u8]| {
            std::str::from_utf8(text).map_or(Cell::Words, |text| Cell::read(text, comma))
        };
        let found = record.iter().take(most).map(read).chain(std::iter::repeat(Cell::Gap));
        cells.iter_mut().zip(found).for_each(|(cell, found)| *cell = found);
    }

    /// A quotation mark that nothing closes makes one cell of all rows that follow.
    fn check_quotes(&self, last: &ByteRecord) -> Result<(), Fault> {
        let separators = |line: &[u8]| line.iter().filter(|&&byte| byte == self.separator).count();
        let swallows = |cell: &[u8]| {
            let mut lines = cell.split(|&byte| byte == b'\n').skip(1);
            lines.any(|line| self.names.len() > 1 && separators(line) + 1 >= self.names.len())
        };
        let Some(place) = last.iter().position(swallows) else { return Ok(()) };
        let before: usize = last.iter().take(place).map(|cell| cell.len() + 1).sum();
        let message = "the quotation mark that opens here is never closed".to_string();
        let line = line(last).unwrap_or_default() as usize;
        Err(Fault::Line { line, column: before + 1, message })
    }
}

/// Where a record begins, from 1.
fn line(record: &ByteRecord) -> Option<u64> {
    record.position().map(Position::line)
}

/// Keras sorts its columns, and puts validation metrics that come later behind them.
fn alphabetical(names: &[&str]) -> bool {
    let sorted = names.iter().take_while(|name| !name.starts_with("val_")).is_sorted();
    sorted && names.iter().filter(|name| name.starts_with("val_")).is_sorted()
}

/// What stands most often in the first line with text, outside of quotes.
fn separator(reader: &mut dyn BufRead) -> Result<u8, Fault> {
    /// A header longer than this is none.
    const LONGEST: u64 = 1 << 20;
    let mut line = Vec::new();
    let mut reader = std::io::Read::take(reader, LONGEST);
    while line.iter().all(u8::is_ascii_whitespace) {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            break;
        }
    }
    let mut quoted = false;
    let mut counts = [(b',', 0), (b'\t', 0), (b';', 0), (b'|', 0)];
    for byte in line {
        quoted ^= byte == b'"';
        let found = counts.iter_mut().filter(|(separator, _)| !quoted && *separator == byte);
        found.for_each(|(_, count)| *count += 1);
    }
    let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    Ok(most.map_or(b',', |(separator, _)| separator))
}

/// Rows of any length and any bytes are accepted, so only reading itself can fail.
fn fault(error: csv::Error) -> Fault {
    Fault::Io(error.into())
}
