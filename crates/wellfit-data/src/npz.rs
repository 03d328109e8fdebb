//! NPZ files: a zip archive of NPY arrays, here `x` (the samples) and `y` (the labels).

use std::io::{BufReader, Read, Seek};
use std::path::Path;

use crate::bytes::open_file;
use crate::idx::numbered;
use crate::npy::{self, Fault, Header, Number};
use crate::zip::Archive;
use crate::{ArrayFault, DataError, Dataset, Features, FileFault, SetFault, Shape};

const X_TYPES: &str = "float32, float64 and uint8 are read";
const X_SHAPES: &str = "[n, features] or [n, channels, height, width] is needed";

/// Reads `x`, of shape `[n, features]` or `[n, channels, height, width]` (float32,
/// float64 or uint8), and `y`, of shape `[n]` (integers of any size: classes).
/// float64 values are rounded to float32.
///
/// Without `class_names` the classes are "0", "1", … up to the largest label.
///
/// # Errors
/// When the file is missing, damaged or truncated, an array is missing or has
/// another type, shape or order, a value is not a finite float32, or a label is not
/// a class.
pub fn read_npz(path: &Path, class_names: Option<Vec<String>>) -> Result<Dataset, DataError> {
    open_file(path)
        .and_then(|(file, len)| read(BufReader::new(file), len, class_names))
        .map_err(|fault| fault.at(path))
}

fn read(
    reader: impl Read + Seek,
    len: u64,
    class_names: Option<Vec<String>>,
) -> Result<Dataset, FileFault> {
    let mut archive = Archive::open(reader, len)?;
    // Labels first: they are small, and what is wrong with them shows at once.
    let labels = labels(&mut archive)?;
    let class_names = match class_names {
        Some(names) => names,
        None => numbered(&labels)?,
    };
    let (shape, features) = samples(&mut archive, labels.len() as u64)?;
    Ok(Dataset::checked(shape, features, labels, class_names)?)
}

/// Opens `NAME.npy`, reads its header and hands both on; faults name the array.
fn array<R: Read + Seek, T>(
    archive: &mut Archive<R>,
    name: &'static str,
    read: impl FnOnce(Header, &mut crate::bytes::Bytes<'_>) -> Result<T, Fault>,
) -> Result<T, FileFault> {
    let found = archive.names().map(|name| name.trim_end_matches(".npy")).collect::<Vec<_>>();
    let found = if found.is_empty() { "nothing".to_string() } else { found.join(", ") };
    let mut bytes = archive
        .file(&format!("{name}.npy"))
        .unwrap_or(Err(FileFault::NoArray { wanted: name, found }))?;
    npy::header(&mut bytes).and_then(|header| read(header, &mut bytes)).map_err(|fault| match fault
    {
        Fault::Array(fault) => FileFault::Array { array: name.to_string(), fault },
        Fault::File(fault) => fault,
    })
}

fn labels<R: Read + Seek>(archive: &mut Archive<R>) -> Result<Vec<u32>, FileFault> {
    array(archive, "y", |header, bytes| {
        let integers = |number: &Number| matches!(number.kind, b'i' | b'u' | b'b');
        let number = match header.number {
            Some(number) if integers(&number) => number,
            Some(_) => return Err(ArrayFault::Regression("floats").into()),
            None => {
                let wanted = "classes are integers, numpy.int64 for instance";
                return Err(ArrayFault::Type { found: header.descr, wanted }.into());
            }
        };
        let count = match header.shape[..] {
            [count] => count,
            [_, _] => return Err(ArrayFault::Regression("more than one target").into()),
            _ => {
                let wanted = "[n] is needed";
                return Err(ArrayFault::Shape { found: header.shape, wanted }.into());
            }
        };
        let mut labels = vec_for(bytes.room(count, number.size as u64), &header.shape)?;
        npy::numbers(bytes, number, count, |sample, value| {
            let label = u64::from_le_bytes(value);
            if number.kind == b'i' {
                // The sign stands in the highest bit of the stored bytes.
                let shift = 64 - 8 * number.size;
                let value = ((label << shift) as i64) >> shift;
                if value < 0 {
                    return Err(ArrayFault::NegativeLabel { value, sample }.into());
                }
            }
            let label =
                u32::try_from(label).map_err(|_| ArrayFault::HugeLabel { value: label, sample })?;
            labels.push(label);
            Ok(())
        })?;
        Ok(labels)
    })
}

fn samples<R: Read + Seek>(
    archive: &mut Archive<R>,
    labels: u64,
) -> Result<(Shape, Features), FileFault> {
    array(archive, "x", |header, bytes| {
        let (count, shape) = sample_shape(&header.shape)?;
        if header.fortran_order {
            return Err(ArrayFault::FortranOrder("x").into());
        }
        if count != labels {
            return Err(ArrayFault::LabelCount { labels, samples: count }.into());
        }
        // `sample_shape` has seen that the product fits.
        let values = count * shape.len() as u64;
        let features = match header.number {
            Some(Number { kind: b'u', size: 1, .. }) => {
                let stored = bytes.take(values)?;
                bytes.end(values)?;
                Features::Bytes(stored.into())
            }
            Some(number @ Number { kind: b'f', size: 4 | 8, .. }) => {
                let mut stored = vec_for(bytes.room(values, number.size as u64), &header.shape)?;
                npy::numbers(bytes, number, values, |at, value| {
                    let value = match number.size {
                        4 => f64::from(f32::from_bits(u64::from_le_bytes(value) as u32)),
                        _ => f64::from_le_bytes(value),
                    };
                    if !(value as f32).is_finite() {
                        let (sample, column) = (at / shape.len(), at % shape.len());
                        let fault = SetFault::NotFinite { value, sample, column };
                        return Err(FileFault::from(fault).into());
                    }
                    stored.push(value as f32);
                    Ok(())
                })?;
                Features::Floats(stored.into())
            }
            _ => return Err(ArrayFault::Type { found: header.descr, wanted: X_TYPES }.into()),
        };
        Ok((shape, features))
    })
}

/// Number and shape of the samples in an array of this shape.
fn sample_shape(dims: &[u64]) -> Result<(u64, Shape), Fault> {
    let too_large = || FileFault::TooLarge { dims: dims.to_vec() };
    // Eight bytes a value must be addressable too.
    let size = dims.iter().try_fold(8u64, |size, &dim| size.checked_mul(dim.max(1)));
    size.and_then(|size| usize::try_from(size).ok()).ok_or_else(too_large)?;
    let dim = |i: usize| dims[i] as usize;
    match dims.len() {
        2 => Ok((dims[0], Shape::Vector(dim(1)))),
        4 => Ok((dims[0], Shape::Image { channels: dim(1), height: dim(2), width: dim(3) })),
        _ => Err(ArrayFault::Shape { found: dims.to_vec(), wanted: X_SHAPES }.into()),
    }
}

fn vec_for<T>(capacity: usize, dims: &[u64]) -> Result<Vec<T>, Fault> {
    let mut vec = Vec::new();
    vec.try_reserve_exact(capacity).map_err(|_| FileFault::TooLarge { dims: dims.to_vec() })?;
    Ok(vec)
}
