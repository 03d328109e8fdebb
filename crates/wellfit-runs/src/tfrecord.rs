//! TFRecord, the frame of TensorBoard's event files: for each record its length, a
//! checksum of the length, the bytes, a checksum of the bytes; little-endian.
//! <https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details>

use std::io::{self, Read};

use crc::{CRC_32_ISCSI, Crc};

static CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// Longer records (graphs, images) hold no figures and are skipped.
const LONGEST: u64 = 1 << 24;

/// A length and its checksum.
const HEADER: usize = 12;

/// CRC-32C, turned and shifted, so that a file's checksum over checksums means something.
fn masked(bytes: &[u8]) -> u32 {
    CRC32C.checksum(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Whether a file begins with a record.
pub(crate) fn is_record(head: &[u8]) -> bool {
    head.first_chunk::<HEADER>().is_some_and(|header| length(header).is_some())
}

fn length(header: &[u8; HEADER]) -> Option<u64> {
    let (length, checksum) = header.split_first_chunk::<8>()?;
    let checksum = u32::from_le_bytes(checksum.try_into().ok()?);
    (masked(length) == checksum).then(|| u64::from_le_bytes(*length))
}

/// What is met in a file.
#[derive(Debug, PartialEq)]
pub(crate) enum Met {
    /// A whole record; its bytes are in the buffer.
    Record,
    /// A record that is too long for figures.
    Skipped,
    /// A record whose bytes are not what its checksum says.
    Damaged,
    /// The end.
    End,
    /// The file ends within a record.
    CutOff,
    /// What should be a length is none: nothing can be read from here on.
    Lost,
}

/// Reads the next record into the buffer.
///
/// # Errors
///
/// When the operating system says no.
pub(crate) fn next(reader: &mut dyn Read, record: &mut Vec<u8>) -> io::Result<Met> {
    let mut header = [0; HEADER];
    match fill(reader, &mut header)? {
        0 => return Ok(Met::End),
        HEADER => {}
        _ => return Ok(Met::CutOff),
    }
    let Some(length) = length(&header) else { return Ok(Met::Lost) };
    record.clear();
    let mut checksum = [0; 4];
    if length > LONGEST {
        let skipped = io::copy(&mut (&mut *reader).take(length), &mut io::sink())?;
        let whole = skipped == length && fill(reader, &mut checksum)? == checksum.len();
        return Ok(if whole { Met::Skipped } else { Met::CutOff });
    }
    let read = (&mut *reader).take(length).read_to_end(record)?;
    if read as u64 != length || fill(reader, &mut checksum)? != checksum.len() {
        return Ok(Met::CutOff);
    }
    let whole = masked(record) == u32::from_le_bytes(checksum);
    Ok(if whole { Met::Record } else { Met::Damaged })
}

/// As many bytes as there are, up to the buffer's length.
fn fill(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut found = 0;
    while found < buffer.len() {
        match reader.read(&mut buffer[found..]) {
            Ok(0) => break,
            Ok(read) => found += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(bytes: &[u8]) -> Vec<u8> {
        let length = (bytes.len() as u64).to_le_bytes();
        [&length[..], &masked(&length).to_le_bytes(), bytes, &masked(bytes).to_le_bytes()].concat()
    }

    fn all(mut file: &[u8]) -> Vec<Met> {
        let mut record = Vec::new();
        let mut met = Vec::new();
        loop {
            met.push(next(&mut file, &mut record).unwrap());
            if matches!(met.last(), Some(Met::End | Met::CutOff | Met::Lost)) {
                return met;
            }
        }
    }

    #[test]
    fn the_checksum_is_that_of_the_specification() {
        // RFC 3720, B.4: 32 bytes of zeros.
        assert_eq!(CRC32C.checksum(&[0; 32]), 0x8a91_36aa);
    }

    #[test]
    fn records_are_read_to_the_end_or_the_cut() {
        let file = [framed(b"one"), framed(b"")].concat();
        assert!(is_record(&file));
        assert_eq!(all(&file), [Met::Record, Met::Record, Met::End]);
        for end in 1..file.len() {
            let met = all(&file[..end]);
            let last = met.last().unwrap();
            let at_a_seam = end == framed(b"one").len();
            assert_eq!(*last, if at_a_seam { Met::End } else { Met::CutOff }, "{end}");
        }
    }

    #[test]
    fn damage_is_told_from_a_cut() {
        let mut file = [framed(b"one"), framed(b"two")].concat();
        file[13] ^= 1;
        assert_eq!(all(&file), [Met::Damaged, Met::Record, Met::End]);
        file[0] ^= 1;
        assert_eq!(all(&file), [Met::Lost]);
    }

    #[test]
    fn a_length_that_lies_takes_no_memory() {
        for length in [100_u64, 1 << 20, 1 << 40, u64::MAX] {
            let length = length.to_le_bytes();
            let file = [&length[..], &masked(&length).to_le_bytes(), b"short"].concat();
            assert_eq!(all(&file), [Met::CutOff]);
        }
    }
}
