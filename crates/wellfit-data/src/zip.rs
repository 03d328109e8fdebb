//! Just enough of ZIP to read what `numpy.savez` and `savez_compressed` write:
//! stored and deflated entries of archives below 4 GiB, checksums checked.
//! <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>, sections 4.3.7,
//! 4.3.12 and 4.3.16.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use crate::FileFault;
use crate::bytes::{Bytes, DEFLATE_LIMIT};

/// Length of the record that ends an archive, without its comment.
const END: usize = 22;
/// Length of an entry's record in the directory, without its names.
const DIRECTORY_ENTRY: usize = 46;
/// Length of the record before an entry's data, without its names.
const LOCAL_HEADER: usize = 30;

/// Arrays larger than this
const BOMB_SIZE: u32 = 1 << 30;
/// must not be packed further than this.
const BOMB_RATIO: u32 = 100;

/// What the directory says about one file of the archive.
struct Entry {
    name: String,
    encrypted: bool,
    method: u16,
    checksum: u32,
    packed: u32,
    size: u32,
    offset: u32,
}

/// An archive whose directory was read.
pub(crate) struct Archive<R> {
    reader: R,
    len: u64,
    entries: Vec<Entry>,
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the directory of an archive of `len` bytes.
    pub(crate) fn open(mut reader: R, len: u64) -> Result<Self, FileFault> {
        // The end record stands before a comment of at most 65,535 bytes.
        let tail_len = len.min((END + usize::from(u16::MAX)) as u64);
        let tail = read_at(&mut reader, len - tail_len, tail_len)?;
        let end = (0..=tail.len().saturating_sub(END))
            .rev()
            .find(|&at| tail[at..].starts_with(b"PK\x05\x06") && tail.len() - at >= END)
            .ok_or(FileFault::Zip("it is no zip archive, or is truncated"))?;
        let (size, offset) = (u32_at(&tail, end + 12), u32_at(&tail, end + 16));
        if offset == u32::MAX || u16_at(&tail, end + 10) == u16::MAX {
            return Err(FileFault::Zip("archives of 4 GiB and more are not read"));
        }
        if u64::from(offset) + u64::from(size) > len {
            return Err(FileFault::Zip("its directory lies outside the file"));
        }
        let directory = read_at(&mut reader, offset.into(), size.into())?;
        Ok(Self { reader, len, entries: entries(&directory)? })
    }

    /// Names of the files in the archive.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// The contents of a file and their size, if there is one of that name.
    pub(crate) fn file(&mut self, name: &str) -> Option<Result<(Bytes<'_>, u64), FileFault>> {
        let entry = self.entries.iter().position(|entry| entry.name == name)?;
        let size = u64::from(self.entries[entry].size);
        Some(self.stream(entry).map(|bytes| (bytes, size)))
    }

    fn stream(&mut self, entry: usize) -> Result<Bytes<'_>, FileFault> {
        let entry = &self.entries[entry];
        if entry.encrypted {
            return Err(FileFault::Zip("it is encrypted"));
        }
        if [entry.packed, entry.size, entry.offset].contains(&u32::MAX) {
            return Err(FileFault::Zip("arrays of 4 GiB and more are not read"));
        }
        if entry.size > BOMB_SIZE && entry.size / BOMB_RATIO > entry.packed {
            return Err(FileFault::Zip(
                "an array of more than 1 GiB is packed into less than a hundredth, as a zip bomb \
                 is; if it is real, numpy.savez stores it as it is",
            ));
        }
        let outside = FileFault::Zip("an entry lies outside the file");
        let at = u64::from(entry.offset);
        if at + LOCAL_HEADER as u64 > self.len {
            return Err(outside);
        }
        let header = read_at(&mut self.reader, at, LOCAL_HEADER as u64)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(FileFault::Zip("an entry does not start where the directory says"));
        }
        let names = u64::from(u16_at(&header, 26)) + u64::from(u16_at(&header, 28));
        let (start, packed) = (at + LOCAL_HEADER as u64 + names, u64::from(entry.packed));
        if start + packed > self.len {
            return Err(outside);
        }
        self.reader.seek(SeekFrom::Start(start)).map_err(FileFault::Io)?;
        let data = (&mut self.reader).take(packed);
        let checksum = entry.checksum;
        let size = u64::from(entry.size);
        match entry.method {
            0 => Ok(Bytes::decoded(Checked::new(data, checksum), packed)),
            8 => Ok(Bytes::decoded(
                Checked::new(DeflateDecoder::new(data), checksum),
                size.min(packed.saturating_mul(DEFLATE_LIMIT)),
            )),
            _ => Err(FileFault::Zip("its compression is neither stored nor deflate")),
        }
    }
}

fn entries(mut directory: &[u8]) -> Result<Vec<Entry>, FileFault> {
    let mut entries = Vec::new();
    while directory.starts_with(b"PK\x01\x02") && directory.len() >= DIRECTORY_ENTRY {
        let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(u16_at(directory, at)));
        let end = DIRECTORY_ENTRY + name + extra + comment;
        if directory.len() < end {
            return Err(FileFault::Zip("its directory is damaged"));
        }
        let name = &directory[DIRECTORY_ENTRY..DIRECTORY_ENTRY + name];
        entries.push(Entry {
            name: String::from_utf8_lossy(name).into_owned(),
            encrypted: u16_at(directory, 8) & 1 == 1,
            method: u16_at(directory, 10),
            checksum: u32_at(directory, 16),
            packed: u32_at(directory, 20),
            size: u32_at(directory, 24),
            offset: u32_at(directory, 42),
        });
        directory = &directory[end..];
    }
    Ok(entries)
}

fn read_at<R: Read + Seek>(reader: &mut R, at: u64, len: u64) -> Result<Vec<u8>, FileFault> {
    let mut bytes = Vec::new();
    reader.seek(SeekFrom::Start(at)).map_err(FileFault::Io)?;
    reader.take(len).read_to_end(&mut bytes).map_err(FileFault::Io)?;
    if (bytes.len() as u64) < len {
        return Err(FileFault::Zip("it became shorter while it was read"));
    }
    Ok(bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Passes bytes on and compares their CRC-32 at the end.
struct Checked<R> {
    inner: R,
    crc: Crc,
    expected: u32,
}

impl<R> Checked<R> {
    fn new(inner: R, expected: u32) -> Self {
        Self { inner, crc: Crc::new(), expected }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.crc.update(&buffer[..n]);
        if n == 0 && !buffer.is_empty() && self.crc.sum() != self.expected {
            return Err(io::Error::new(ErrorKind::InvalidData, "its checksum is wrong"));
        }
        Ok(n)
    }
}
