//! The bytes of a file, decompressed when they are gzip, read without trusting
//! what a header promises.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::FileFault;

/// Deflate cannot expand further than this.
/// <https://zlib.net/zlib_tech.html>
pub(crate) const DEFLATE_LIMIT: u64 = 1032;

/// A stream that knows how many bytes it can hold at most.
pub(crate) struct Bytes<'a> {
    stream: Box<dyn Read + 'a>,
    at_most: u64,
    compressed: bool,
}

/// Opens a file; folders and empty files are refused.
pub(crate) fn open(path: &Path) -> Result<Bytes<'static>, FileFault> {
    let (file, len) = open_file(path)?;
    Bytes::new(BufReader::with_capacity(1 << 16, file), len)
}

/// Opens a file for reading at will, with its length.
pub(crate) fn open_file(path: &Path) -> Result<(File, u64), FileFault> {
    let meta = fs::metadata(path).map_err(io_fault)?;
    if meta.is_dir() {
        return Err(FileFault::IsFolder);
    }
    let file = File::open(path).map_err(io_fault)?;
    if meta.len() == 0 {
        return Err(FileFault::Empty);
    }
    Ok((file, meta.len()))
}

/// The fault behind an error of the operating system.
pub(crate) fn io_fault(error: io::Error) -> FileFault {
    match error.kind() {
        ErrorKind::NotFound => FileFault::Missing,
        _ => FileFault::Io(error),
    }
}

impl<'a> Bytes<'a> {
    /// `len` bytes, taken for gzip when they start as gzip does.
    pub(crate) fn new(mut raw: impl BufRead + 'a, len: u64) -> Result<Self, FileFault> {
        let gzip = raw.fill_buf().map_err(FileFault::Io)?.starts_with(&[0x1f, 0x8b]);
        Ok(if gzip {
            Self::decoded(MultiGzDecoder::new(raw), len.saturating_mul(DEFLATE_LIMIT))
        } else {
            Self { stream: Box::new(raw), at_most: len, compressed: false }
        })
    }

    /// What a decoder gives, which is no more than `at_most` bytes.
    pub(crate) fn decoded(decoder: impl Read + 'a, at_most: u64) -> Self {
        Self { stream: Box::new(decoder), at_most, compressed: true }
    }

    /// How many values of `size` bytes it is worth making room for.
    pub(crate) fn room(&self, values: u64, size: u64) -> usize {
        usize::try_from(values.min(self.at_most / size)).unwrap_or(usize::MAX)
    }

    /// Exactly `size` bytes in a vector of exactly that capacity.
    pub(crate) fn take(&mut self, size: u64) -> Result<Vec<u8>, FileFault> {
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(self.room(size, 1))
            .map_err(|_| FileFault::TooLarge { dims: vec![size] })?;
        let found = (&mut self.stream)
            .take(size)
            .read_to_end(&mut bytes)
            .map_err(|error| fault_of(error, self.compressed))? as u64;
        if found < size {
            return Err(FileFault::Truncated { needed: size, found });
        }
        Ok(bytes)
    }

    /// Fills as much of `buffer` as there is left; how much that was.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, FileFault> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.stream.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(fault_of(error, self.compressed)),
            }
        }
        Ok(filled)
    }

    /// Nothing may follow. Reading to the end also checks a stream's checksum.
    pub(crate) fn end(&mut self, promised: u64) -> Result<(), FileFault> {
        match self.fill(&mut [0])? {
            0 => Ok(()),
            _ => Err(FileFault::TrailingBytes { promised }),
        }
    }
}

fn fault_of(error: io::Error, compressed: bool) -> FileFault {
    match (compressed, error.kind()) {
        (true, ErrorKind::UnexpectedEof) => FileFault::TruncatedStream,
        (true, ErrorKind::InvalidData | ErrorKind::InvalidInput) => FileFault::CorruptStream(error),
        _ => FileFault::Io(error),
    }
}
