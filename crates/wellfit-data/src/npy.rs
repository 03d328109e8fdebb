//! NPY, NumPy's format of one array: a magic string, a header that is a Python
//! dictionary, then the numbers.
//! <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>

use std::cmp::Ordering;

use crate::bytes::Bytes;
use crate::{ArrayFault, FileFault, memory};

/// What an array's header says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Header {
    /// NumPy's type string, `<f4` for instance.
    pub descr: String,
    /// The kind and byte order in it, when it is a plain number.
    pub number: Option<Number>,
    /// Columns first.
    pub fortran_order: bool,
    /// Dimensions, outermost first.
    pub shape: Vec<u64>,
    /// Bytes up to the first number.
    pub len: u64,
}

/// How a number is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number {
    /// NumPy's letter: `b` bool, `i`, `u`, `f`.
    pub kind: u8,
    /// Bytes.
    pub size: usize,
    /// Byte order.
    pub big_endian: bool,
}

/// A header longer than this holds no plain array.
const LONGEST_HEADER: u64 = 1 << 16;

/// Why an array could not be read: the array, or the bytes behind it.
pub(crate) enum Fault {
    Array(ArrayFault),
    File(FileFault),
}

impl Header {
    /// The header's numbers must be as many bytes as there are, `of` with the header. Only then
    /// is room made for them.
    pub fn check_promise(&self, of: u64) -> Result<(), FileFault> {
        let Some(number) = self.number else { return Ok(()) };
        let size = number.size as u64;
        let values = self.shape.iter().try_fold(size, |product, dim| product.checked_mul(*dim));
        let too_large = || FileFault::TooLarge { dims: self.shape.clone() };
        let needed = values.ok_or_else(too_large)?;
        let found = of.saturating_sub(self.len);
        match needed.cmp(&found) {
            Ordering::Less => Err(FileFault::TrailingBytes { promised: needed }),
            Ordering::Greater => Err(FileFault::Truncated { needed, found }),
            Ordering::Equal => memory::check(needed),
        }
    }
}

impl From<ArrayFault> for Fault {
    fn from(fault: ArrayFault) -> Self {
        Fault::Array(fault)
    }
}

impl From<FileFault> for Fault {
    fn from(fault: FileFault) -> Self {
        Fault::File(fault)
    }
}

/// Reads the header; the numbers come next.
pub(crate) fn header(bytes: &mut Bytes<'_>) -> Result<Header, Fault> {
    let start = bytes.take(8)?;
    if !start.starts_with(b"\x93NUMPY") {
        return Err(ArrayFault::Header("does not start as an NPY header does").into());
    }
    let (before, len) = match start[6] {
        1 => {
            let len = bytes.take(2)?;
            (10, u64::from(u16::from_le_bytes([len[0], len[1]])))
        }
        2 | 3 => {
            let len = bytes.take(4)?;
            (12, u64::from(u32::from_le_bytes([len[0], len[1], len[2], len[3]])))
        }
        _ => return Err(ArrayFault::Header("is of an unknown version").into()),
    };
    if len > LONGEST_HEADER {
        return Err(ArrayFault::Header("is longer than that of a plain array").into());
    }
    let text =
        String::from_utf8(bytes.take(len)?).map_err(|_| ArrayFault::Header("is not text"))?;
    let header =
        parse(&text).ok_or(ArrayFault::Header("is not the dictionary that NumPy writes"))?;
    Ok(Header { len: before + len, ..header })
}

/// Understands `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
fn parse(text: &str) -> Option<Header> {
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    let mut rest = text.trim().strip_prefix('{')?.trim_start();
    while !rest.starts_with('}') {
        let (key, after) = quoted(rest)?;
        let value = after.trim_start().strip_prefix(':')?.trim_start();
        rest = match key {
            "descr" if value.starts_with('[') => {
                // A record type: understood well enough to be refused by name.
                let end = value.rfind(']')? + 1;
                let comma = value[end..].find([',', '}'])?;
                descr = Some(value[..end].to_string());
                &value[end + comma..]
            }
            "descr" => {
                let (text, rest) = quoted(value)?;
                descr = Some(text.to_string());
                rest
            }
            "fortran_order" => {
                let (flag, rest) = match value.strip_prefix("True") {
                    Some(rest) => (true, rest),
                    None => (false, value.strip_prefix("False")?),
                };
                fortran_order = Some(flag);
                rest
            }
            "shape" => {
                let (inside, rest) = value.strip_prefix('(')?.split_once(')')?;
                let dims = inside.split(',').map(str::trim).filter(|dim| !dim.is_empty());
                shape = Some(dims.map(|dim| dim.parse().ok()).collect::<Option<Vec<u64>>>()?);
                rest
            }
            _ => return None,
        };
        rest = rest.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    let descr = descr?;
    let number = number(&descr);
    Some(Header { number, descr, fortran_order: fortran_order?, shape: shape?, len: 0 })
}

fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].split_once(quote)
}

fn number(descr: &str) -> Option<Number> {
    let (&[order, kind], size) = descr.as_bytes().split_first_chunk::<2>()?;
    let size = std::str::from_utf8(size).ok()?.parse().ok()?;
    let sizes: &[usize] = match kind {
        b'b' => &[1],
        b'i' | b'u' => &[1, 2, 4, 8],
        b'f' => &[2, 4, 8],
        _ => return None,
    };
    let known = sizes.contains(&size) && matches!(order, b'<' | b'>' | b'|' | b'=');
    known.then_some(Number { kind, size, big_endian: order == b'>' })
}

/// Reads all `count` numbers of an array, one after the other, through a small
/// buffer; nothing may follow them. A number is given as its bytes, little-endian,
/// filled up with zeros.
pub(crate) fn numbers(
    bytes: &mut Bytes<'_>,
    number: Number,
    count: u64,
    mut each: impl FnMut(usize, [u8; 8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut buffer = vec![0; (1 << 16) / number.size * number.size];
    let mut done = 0;
    while done < count {
        let part =
            (buffer.len() / number.size).min(usize::try_from(count - done).unwrap_or(usize::MAX));
        let wanted = part * number.size;
        let found = bytes.fill(&mut buffer[..wanted])?;
        if found < wanted {
            let size = number.size as u64;
            let found = done * size + found as u64;
            return Err(FileFault::Truncated { needed: count * size, found }.into());
        }
        for (i, stored) in buffer[..wanted].chunks_exact(number.size).enumerate() {
            let mut value = [0; 8];
            value[..number.size].copy_from_slice(stored);
            if number.big_endian {
                value[..number.size].reverse();
            }
            each(done as usize + i, value)?;
        }
        done += part as u64;
    }
    Ok(bytes.end(count * number.size as u64)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionaries_that_numpy_writes_are_understood() {
        let header = parse("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 784), }  \n");
        let number = Some(Number { kind: b'f', size: 4, big_endian: false });
        let expected = Header {
            descr: "<f4".into(),
            number,
            fortran_order: false,
            shape: vec![3, 784],
            len: 0,
        };
        assert_eq!(header, Some(expected));
        let scalar = parse("{'shape': (), 'fortran_order': True, 'descr': '|u1'}").unwrap();
        assert!(scalar.shape.is_empty());
        assert_eq!(
            parse("{'shape': (7,), 'fortran_order': True, 'descr': '>i2'}").unwrap().shape,
            [7]
        );
        let record = parse(
            "{'descr': [('a', '<f4'), ('b', '<i8')], 'fortran_order': False, 'shape': (7,), }",
        );
        assert_eq!(record.unwrap().number, None);
    }

    #[test]
    fn other_text_is_refused() {
        for text in
            ["", "{", "{}", "{'descr'", "{'descr': ", "{'shape': (-1,), }", "{'descr': [('a'"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
