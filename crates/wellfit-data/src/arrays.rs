//! Arrays as samples (`x`) and as what they are to give (`y`), wherever they are stored.

use crate::bytes::Bytes;
use crate::idx::numbered;
use crate::npy::{self, Fault, Header, Number};
use crate::{ArrayFault, Features, FileFault, SetFault, Shape, Targets, Task};

const X_TYPES: &str = "float32, float64 and uint8 are read";
const Y_TYPES: &str =
    "classes are integers, numpy.int64 for instance, numbers to predict float32 or float64";
const Y_SHAPES: &str = "[n] or [n, targets] is needed";
const X_SHAPES: &str = "[n, features] or [n, channels, height, width] is needed";
const LINE_TYPES: &str = "groups and times are integers, float32 or float64";
const LINE_SHAPE: &str = "[n] is needed, a number for each sample";

/// What `y` holds, and of how many samples.
pub(crate) fn targets(
    header: Header,
    bytes: &mut Bytes<'_>,
    task: Option<Task>,
    class_names: Option<Vec<String>>,
) -> Result<(Targets, u64), Fault> {
    let Some(number) = header.number.filter(|n| n.kind != b'f' || n.size > 2) else {
        return Err(ArrayFault::Type { found: header.descr, wanted: Y_TYPES }.into());
    };
    let is_float = number.kind == b'f';
    let (count, width) = match header.shape[..] {
        [count] => (count, None),
        [count, width] if width > 0 => (count, Some(width)),
        _ => return Err(ArrayFault::Shape { found: header.shape, wanted: Y_SHAPES }.into()),
    };
    let task = match (task, width) {
        (Some(Task::Classification), _) if is_float => {
            return Err(ArrayFault::NotClasses("floats").into());
        }
        (Some(Task::Classification), Some(2..)) => {
            return Err(ArrayFault::NotClasses("more than one number a sample").into());
        }
        (None, Some(1)) if !is_float => {
            return Err(ArrayFault::Ambiguous(header.shape).into());
        }
        (Some(task), _) => task,
        (None, None) if !is_float => Task::Classification,
        (None, _) => Task::Regression,
    };
    let width = width.unwrap_or(1);
    if header.fortran_order && width > 1 {
        return Err(ArrayFault::FortranOrder("y").into());
    }
    let too_large = || FileFault::TooLarge { dims: header.shape.clone() };
    let values = count.checked_mul(width).ok_or_else(too_large)?;
    let room = bytes.room(values, number.size as u64);
    let targets = match task {
        Task::Classification => {
            let labels = labels(number, values, vec_for(room, &header.shape)?, bytes)?;
            let names = match class_names {
                Some(names) => names,
                None => numbered(&labels).map_err(FileFault::from)?,
            };
            Targets::classes(labels, names)
        }
        Task::Regression => {
            let names: Vec<String> = (0..width).map(|target| format!("t{target}")).collect();
            let mut stored = vec_for(room, &header.shape)?;
            npy::numbers(bytes, number, values, |at, bytes| {
                let value = float(number, bytes);
                if !(value as f32).is_finite() {
                    let (sample, target) = (at / names.len(), names[at % names.len()].clone());
                    let fault = SetFault::TargetNotFinite { value, sample, target };
                    return Err(ArrayFault::Value(fault.into()).into());
                }
                stored.push(value as f32);
                Ok(())
            })?;
            Targets::numbers(stored, names)
        }
    };
    Ok((targets, count))
}

fn labels(
    number: Number,
    count: u64,
    mut labels: Vec<u32>,
    bytes: &mut Bytes<'_>,
) -> Result<Vec<u32>, Fault> {
    npy::numbers(bytes, number, count, |sample, value| {
        if let value @ ..0 = signed(number, value) {
            return Err(ArrayFault::NegativeLabel { value, sample }.into());
        }
        let value = u64::from_le_bytes(value);
        let label = u32::try_from(value).map_err(|_| ArrayFault::HugeLabel { value, sample })?;
        labels.push(label);
        Ok(())
    })?;
    Ok(labels)
}

/// A signed integer; 0 for other kinds of numbers.
fn signed(number: Number, bytes: [u8; 8]) -> i64 {
    if number.kind != b'i' {
        return 0;
    }
    // The sign stands in the highest bit of the stored bytes.
    let shift = 64 - 8 * number.size;
    ((u64::from_le_bytes(bytes) << shift) as i64) >> shift
}

/// Any number.
fn float(number: Number, bytes: [u8; 8]) -> f64 {
    match (number.kind, number.size) {
        (b'f', 4) => f64::from(f32::from_bits(u64::from_le_bytes(bytes) as u32)),
        (b'f', _) => f64::from_le_bytes(bytes),
        (b'i', _) => signed(number, bytes) as f64,
        _ => u64::from_le_bytes(bytes) as f64,
    }
}

/// What `x` holds: as many samples as `targets` says, where it is known.
pub(crate) fn samples(
    header: Header,
    bytes: &mut Bytes<'_>,
    targets: Option<(&Targets, u64)>,
) -> Result<(Shape, Features, u64), Fault> {
    let (count, shape) = sample_shape(&header.shape)?;
    if header.fortran_order {
        return Err(ArrayFault::FortranOrder("x").into());
    }
    if let Some((targets, labels)) = targets
        && count != labels
    {
        let what = match targets {
            Targets::Classes { .. } => "labels",
            Targets::Numbers { .. } => "samples",
        };
        return Err(ArrayFault::LabelCount { what, labels, samples: count }.into());
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
                let value = float(number, value);
                if !(value as f32).is_finite() {
                    let (sample, column) = (at / shape.len(), at % shape.len());
                    let fault = SetFault::NotFinite { value, sample, column };
                    return Err(ArrayFault::Value(fault.into()).into());
                }
                stored.push(value as f32);
                Ok(())
            })?;
            Features::Floats(stored.into())
        }
        _ => return Err(ArrayFault::Type { found: header.descr, wanted: X_TYPES }.into()),
    };
    Ok((shape, features, count))
}

/// Numbers of shape `[n]`, finite: groups or times.
pub(crate) fn line(header: Header, bytes: &mut Bytes<'_>) -> Result<Vec<f64>, Fault> {
    let Some(number) = header.number.filter(|n| n.kind != b'f' || n.size > 2) else {
        return Err(ArrayFault::Type { found: header.descr, wanted: LINE_TYPES }.into());
    };
    let [count] = header.shape[..] else {
        return Err(ArrayFault::Shape { found: header.shape, wanted: LINE_SHAPE }.into());
    };
    let mut stored = vec_for(bytes.room(count, number.size as u64), &header.shape)?;
    npy::numbers(bytes, number, count, |sample, bytes| {
        let value = float(number, bytes);
        if !value.is_finite() {
            let fault = SetFault::NotFinite { value, sample, column: 0 };
            return Err(ArrayFault::Value(fault.into()).into());
        }
        stored.push(value);
        Ok(())
    })?;
    Ok(stored)
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
