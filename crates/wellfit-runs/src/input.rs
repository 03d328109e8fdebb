//! Bytes that can be read from the beginning as often as needed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// A file, or what stood on stdin.
#[derive(Clone, Copy)]
pub(crate) enum Input<'a> {
    File(&'a Path),
    Bytes(&'a [u8]),
}

const BOM: [u8; 3] = [0xef, 0xbb, 0xbf];

impl<'a> Input<'a> {
    /// From the first byte, without the mark that some programs put before UTF-8.
    pub(crate) fn open(self) -> io::Result<Box<dyn BufRead + 'a>> {
        let mut reader: Box<dyn BufRead + 'a> = match self {
            Input::File(path) => Box::new(BufReader::with_capacity(1 << 16, File::open(path)?)),
            Input::Bytes(bytes) => Box::new(bytes),
        };
        if reader.fill_buf()?.starts_with(&BOM) {
            reader.consume(BOM.len());
        }
        Ok(reader)
    }

    /// Whether the last line is whole: whether it ends as a line does.
    pub(crate) fn ends_its_line(self) -> io::Result<bool> {
        let mut last = [0];
        match self {
            Input::File(path) => {
                let mut file = File::open(path)?;
                file.seek(SeekFrom::End(-1))?;
                file.read_exact(&mut last)?;
            }
            Input::Bytes(bytes) => last = bytes.last().map_or([0], |&byte| [byte]),
        }
        Ok(matches!(last, [b'\n' | b'\r']))
    }

    /// The first bytes.
    pub(crate) fn head(self, most: u64) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        self.open()?.take(most).read_to_end(&mut head)?;
        Ok(head)
    }
}
