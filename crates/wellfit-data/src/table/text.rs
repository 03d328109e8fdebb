//! Text files: plain or gzip, in UTF-8, with a header that shows what separates fields.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

use super::error::{Place, TableFault};
use crate::FileFault;
use crate::bytes::open_file;

/// As much of a file is looked at before it is read: its first bytes tell encoding and
/// separator.
const HEAD: u64 = 1 << 20;
/// No line of a table is longer than this.
const LONGEST_LINE: u64 = 64 << 20;
/// What is put behind the end of a file, in a line of its own: where it does not come out as
/// a line, a quote was left open.
pub(super) const END: &str = "\u{1}end\u{1}";
/// The error of a line that does not end.
pub(super) const ENDLESS: &str = "a line does not end";

/// A text file that was opened.
pub(super) struct Text {
    /// Its text, without a byte-order mark, and [`END`] behind it.
    pub reader: Guarded,
    /// Bytes read so far, as they lie on disk.
    pub done: Rc<Cell<u64>>,
    /// Bytes in all, likewise.
    pub of: u64,
    /// Whether it is gzip.
    pub compressed: bool,
    /// Its first line.
    pub header: String,
    /// Whether lines end with a carriage return and a line feed, by the first.
    pub two_bytes: bool,
}

/// Opens a file and looks at its beginning.
pub(super) fn open(path: &Path) -> Result<Text, FileFault> {
    let (file, of) = open_file(path)?;
    let done = Rc::new(Cell::new(0));
    let mut raw = BufReader::with_capacity(1 << 18, Counting { file, done: done.clone() });
    let mut magic = Vec::new();
    raw.by_ref().take(2).read_to_end(&mut magic).map_err(FileFault::Io)?;
    let compressed = magic == [0x1f, 0x8b];
    let raw = Cursor::new(magic).chain(raw);
    let mut text: Box<dyn Read> =
        if compressed { Box::new(MultiGzDecoder::new(BufReader::new(raw))) } else { Box::new(raw) };
    let mut head = Vec::new();
    text.by_ref()
        .take(HEAD)
        .read_to_end(&mut head)
        .map_err(|error| read_fault(error, compressed))?;
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    if head.is_empty() {
        return Err(FileFault::Empty);
    }
    check_encoding(&head)?;
    let header = header(&head)?;
    let feed = head.iter().position(|byte| *byte == b'\n');
    let two_bytes = feed.is_some_and(|at| at > 0 && head[at - 1] == b'\r');
    let since = Rc::new(Cell::new(0));
    let tail = Cursor::new(format!("\n{END}\n").into_bytes());
    let reader = Guarded { text: Box::new(Cursor::new(head).chain(text)), tail, since };
    Ok(Text { reader, done, of, compressed, header, two_bytes })
}

/// The fault behind an error while a file is read.
pub(super) fn read_fault(error: io::Error, compressed: bool) -> FileFault {
    match (compressed, error.kind()) {
        (true, io::ErrorKind::UnexpectedEof) => FileFault::TruncatedStream,
        (true, io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => {
            FileFault::CorruptStream(error)
        }
        _ => FileFault::Io(error),
    }
}

fn check_encoding(head: &[u8]) -> Result<(), TableFault> {
    for (start, what) in [
        (&b"PAR1"[..], "a Parquet file does; give it the ending .parquet"),
        (b"PK\x03\x04", "a zip archive or a workbook (.xlsx) does; save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0", "an old workbook (.xls) does; save the sheet as CSV"),
    ] {
        if head.starts_with(start) {
            return Err(TableFault::NoText(what));
        }
    }
    let encoding = |guess, from| TableFault::Encoding { place: Place::Line(1), guess, from };
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Err(encoding(" but UTF-16, by its byte-order mark", "UTF-16"));
    }
    // Every second byte of English text in UTF-16 is zero.
    if head[..head.len().min(1 << 12)].contains(&0) {
        let from = if head[0] == 0 { "UTF-16BE" } else { "UTF-16LE" };
        return Err(encoding(" (it holds zero bytes, as UTF-16 does)", from));
    }
    Ok(())
}

/// The first line that is not empty, as far as it was read.
fn header(head: &[u8]) -> Result<String, TableFault> {
    let start = head.iter().position(|byte| !matches!(byte, b'\r' | b'\n'));
    let head = &head[start.ok_or(TableFault::NoHeader)?..];
    // A line ends where no quote is open.
    let mut quoted = false;
    let end = head.iter().position(|byte| {
        quoted ^= *byte == b'"';
        !quoted && matches!(byte, b'\r' | b'\n')
    });
    Ok(String::from_utf8_lossy(&head[..end.unwrap_or(head.len())]).into_owned())
}

/// The separator that is named, else found: of a comma, a semicolon, a tab and a bar the one
/// that stands most often in the header outside quotes; the first of equals; a tab in a
/// `.tsv` file.
pub(super) fn separator(named: Option<char>, path: &Path, header: &str) -> Result<u8, TableFault> {
    if let Some(named) = named {
        let usable = named.is_ascii()
            && !named.is_ascii_alphanumeric()
            && !matches!(named, '"' | '\n' | '\r' | '\0');
        return if usable { Ok(named as u8) } else { Err(TableFault::Separator(named)) };
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    if name.trim_end_matches(".gz").ends_with(".tsv") {
        return Ok(b'\t');
    }
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for byte in header.bytes() {
        quoted ^= byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(one, _)| *one == byte && !quoted) {
            *count += 1;
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    Ok(counts.iter().find(|(_, count)| *count == most).map_or(b',', |(byte, _)| *byte))
}

/// A file that tells how much of it was read.
struct Counting {
    file: File,
    done: Rc<Cell<u64>>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.done.set(self.done.get() + n as u64);
        Ok(n)
    }
}

/// A text with [`END`] behind it, which refuses lines that do not end.
pub(super) struct Guarded {
    text: Box<dyn Read>,
    tail: Cursor<Vec<u8>>,
    /// Bytes given since the last line; whoever finds one sets it to 0.
    pub since: Rc<Cell<u64>>,
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since.get() > LONGEST_LINE {
            return Err(io::Error::other(ENDLESS));
        }
        let n = match self.text.read(buffer)? {
            0 => self.tail.read(buffer)?,
            n => n,
        };
        self.since.set(self.since.get() + n as u64);
        Ok(n)
    }
}
