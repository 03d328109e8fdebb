//! A file of `torch.save`: a zip archive with the pickle of a state dict and, beside it,
//! a file of values for each storage.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use rawzip::{CompressionMethod, ErrorKind, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ZipArchive};

use crate::error::{Fault, PickleFault, shown};
use crate::file::{Listing, Skipped, TensorPlace, span, volume};
use crate::kernel::Order;
use crate::number::Number;
use crate::pickle::{Id, Object, Pickle, Tensor};

/// No state dict's pickle is longer: it holds names and shapes, no values.
const LONGEST_PICKLE: u64 = 1 << 26;
/// Dicts in dicts.
const DEEPEST: usize = 32;
/// Objects that are looked at on the way to the tensors.
const MOST_VISITS: usize = 4_000_000;
/// Letters of all names together: a few words can name very much, as a dict may hold
/// the same object many times.
const MOST_LETTERS: usize = 1 << 26;
/// Under these names training scripts keep the model's state dict beside other things.
const MODELS: [&str; 3] = ["state_dict", "model_state_dict", "model"];

/// Tensors, each with its name.
type Named<'a> = Vec<(String, &'a Tensor)>;

/// A file of the archive.
struct Entry {
    start: u64,
    end: u64,
    /// Neither compressed nor encrypted.
    is_plain: bool,
}

/// Lists the tensors of a file of `len` bytes, in the state dict's order.
pub(crate) fn read(file: &File, len: u64) -> Result<Listing, Fault> {
    let entries = entries(file, len)?;
    let is_pickle = |name: &&String| *name == "data.pkl" || name.ends_with("/data.pkl");
    let Some(name) = entries.keys().filter(is_pickle).min_by_key(|name| name.len()) else {
        return Err(Fault::Archive(
            "is a zip archive without data.pkl, so torch.save did not write it".into(),
        ));
    };
    let root = &name[..name.len() - "data.pkl".len()];
    if entries.contains_key(&format!("{root}constants.pkl")) {
        return Err(Fault::Archive(
            "is a TorchScript program; with PyTorch, torch.save(torch.jit.load(FILE).state_dict(), \
             NEW) writes its weights"
                .into(),
        ));
    }
    if entries.contains_key(&format!("{root}byteorder"))
        && bytes(file, &entries, &format!("{root}byteorder"), 16)? != b"little"
    {
        return Err(Fault::Archive("holds big-endian numbers, which are not read".into()));
    }
    let pickle = Pickle::read(&bytes(file, &entries, name, LONGEST_PICKLE)?)?;
    let (found, left) = model(&pickle)?;
    let (mut tensors, mut skipped) = (Vec::new(), Vec::new());
    for (name, tensor) in found {
        match place(&name, tensor, |key| plain(&entries, &format!("{root}data/{key}")))? {
            Ok(tensor) => tensors.push(tensor),
            Err(other) => skipped.push(other),
        }
    }
    if tensors.is_empty() && skipped.is_empty() {
        return Err(Fault::NoTensors);
    }
    Ok(Listing { order: Order::OutputsFirst, tensors, skipped, left })
}

/// The archive's directory.
fn entries(file: &File, len: u64) -> Result<HashMap<String, Entry>, Fault> {
    let damaged = |error: rawzip::Error| match error.kind() {
        ErrorKind::MissingEndOfCentralDirectory => {
            Fault::Archive("is truncated: the zip archive has no end".into())
        }
        _ => Fault::Archive(format!("its zip archive is damaged: {error}")),
    };
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let archive = ZipArchive::from_file(file.try_clone()?, &mut buffer).map_err(damaged)?;
    let mut found = HashMap::new();
    let mut records = archive.entries(&mut buffer);
    while let Some(record) = records.next_entry().map_err(damaged)? {
        let name = String::from_utf8_lossy(record.file_path().as_bytes()).into_owned();
        let is_plain = record.compression_method() == CompressionMethod::STORE
            && !record.flags().is_encrypted();
        let entry = archive.get_entry(record.wayfinder()).map_err(damaged)?;
        let (start, end) = entry.compressed_data_range();
        if end > len {
            return Err(Fault::Archive(format!("its zip entry {name} lies outside the file")));
        }
        let entry = Entry { start, end, is_plain };
        if found.insert(name.clone(), entry).is_some() {
            return Err(Fault::Archive(format!("its zip archive holds {name} twice")));
        }
    }
    Ok(found)
}

/// An entry whose bytes lie in the file as they are: no archive can blow up.
fn plain<'a>(entries: &'a HashMap<String, Entry>, name: &str) -> Result<&'a Entry, Fault> {
    let entry =
        entries.get(name).ok_or_else(|| Fault::Archive(format!("its zip archive lacks {name}")))?;
    if !entry.is_plain {
        return Err(Fault::Archive(format!(
            "its zip entry {name} is compressed or encrypted, but torch.save does neither: save it \
             again with PyTorch"
        )));
    }
    Ok(entry)
}

/// The contents of a small entry.
fn bytes(
    mut file: &File,
    entries: &HashMap<String, Entry>,
    name: &str,
    most: u64,
) -> Result<Vec<u8>, Fault> {
    let entry = plain(entries, name)?;
    let len = entry.end - entry.start;
    if len > most {
        return Err(Fault::Archive(format!(
            "its zip entry {name} has {len} bytes, more than the {most} that are read"
        )));
    }
    let mut bytes = vec![0; len as usize];
    file.seek(SeekFrom::Start(entry.start))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The model's tensors by name, and what else the pickle holds.
fn model(pickle: &Pickle) -> Result<(Named<'_>, Vec<String>), Fault> {
    let root = pickle.root;
    if let Object::Dict(items) = pickle.object(root) {
        let named = |(key, _): &(Id, Id)| match pickle.object(*key) {
            Object::Text(text) => shown(text),
            _ => "…".into(),
        };
        for name in MODELS {
            let Some(item) = items.iter().find(|item| named(item) == name) else { continue };
            let found = tensors(pickle, item.1)?;
            if !found.is_empty() && matches!(pickle.object(item.1), Object::Dict(_)) {
                let others = items.iter().map(named).filter(|other| other != name);
                return Ok((found, others.collect()));
            }
        }
    }
    Ok((tensors(pickle, root)?, Vec::new()))
}

/// The tensors in an object, named by the way to them.
fn tensors(pickle: &Pickle, root: Id) -> Result<Named<'_>, Fault> {
    let mut found = Vec::new();
    let mut open = vec![(root, String::new(), 0)];
    let (mut visits, mut letters) = (0, 0);
    while let Some((id, path, depth)) = open.pop() {
        if let Object::Tensor(tensor) = pickle.object(id) {
            let name = if path.is_empty() { "tensor".into() } else { path };
            found.push((name, &**tensor));
            continue;
        }
        let first = open.len();
        for (key, child) in children(pickle, id) {
            let name = if path.is_empty() { key.into_owned() } else { format!("{path}.{key}") };
            visits += 1;
            letters += name.len();
            if visits > MOST_VISITS || letters > MOST_LETTERS || depth == DEEPEST {
                return Err(PickleFault::TooMany.into());
            }
            open.push((child, name, depth + 1));
        }
        // The last one pushed is looked at first.
        open[first..].reverse();
    }
    Ok(found)
}

/// What a dict, a list or a tuple holds, each with its name in it.
fn children(pickle: &Pickle, id: Id) -> Vec<(Cow<'_, str>, Id)> {
    let named = |(key, value): &(Id, Id)| match pickle.object(*key) {
        Object::Text(text) => Some((Cow::Borrowed(&**text), *value)),
        Object::Int(int) => Some((Cow::Owned(int.to_string()), *value)),
        _ => None,
    };
    match pickle.object(id) {
        Object::Dict(items) => items.iter().filter_map(named).collect(),
        Object::List(items) | Object::Tuple(items) => {
            items.iter().enumerate().map(|(i, item)| (Cow::Owned(i.to_string()), *item)).collect()
        }
        _ => Vec::new(),
    }
}

/// Where a tensor's values lie in the file, or why they are not looked at.
fn place<'a>(
    name: &str,
    tensor: &Tensor,
    entry: impl Fn(&str) -> Result<&'a Entry, Fault>,
) -> Result<Result<TensorPlace, Skipped>, Fault> {
    let fault = |reason: String| Fault::tensor(name, reason);
    let Tensor { storage, dtype, offset, shape, strides } = tensor;
    let whole = |ints: &[i64]| {
        ints.iter().map(|int| usize::try_from(*int).ok()).collect::<Option<Vec<usize>>>()
    };
    let (Some(dims), Some(steps), Ok(offset), Ok(values)) =
        (whole(shape), whole(strides), u64::try_from(*offset), u64::try_from(storage.len))
    else {
        return Err(fault(format!("has a negative size: shape {shape:?}, strides {strides:?}")));
    };
    if dims.len() != steps.len() {
        return Err(fault(format!("has {} dimensions, but {} strides", dims.len(), steps.len())));
    }
    let dtype = dtype.as_deref().unwrap_or_else(|| type_of(&storage.class));
    let Some(number) = number(dtype) else {
        let dtype = dtype.trim_start_matches("torch.").to_string();
        return Ok(Err(Skipped { name: name.into(), dtype, shape: dims }));
    };
    let Entry { start, end, .. } = entry(&storage.key)?;
    let (width, stored) = (number.bytes(), end - start);
    let unit = if *storage.class == *"torch.storage.UntypedStorage" { 1 } else { width };
    if values.checked_mul(unit) != Some(stored) {
        return Err(fault(format!(
            "lies in a storage of {values} × {unit} bytes, but the archive holds {stored}"
        )));
    }
    let strides: Vec<u64> = steps.iter().map(|step| *step as u64).collect();
    let count = volume(&dims).ok_or_else(|| fault(format!("has the impossible shape {dims:?}")))?;
    if count > 0 {
        let last = span(&dims, &strides).and_then(|span| span.checked_add(offset));
        if last.is_none_or(|last| last > stored / width) {
            return Err(fault(format!(
                "of shape {dims:?} and strides {strides:?} reaches beyond its storage of {} values",
                stored / width
            )));
        }
        if span(&dims, &strides).is_some_and(|span| count > span) {
            return Err(fault(format!(
                "of shape {dims:?} has the strides {strides:?}, so that values are used more than \
                 once: save tensor.contiguous()"
            )));
        }
    }
    let strides = (count > 0 && !is_in_order(&dims, &strides)).then_some(strides);
    let offset = if count > 0 { start + offset * width } else { *start };
    Ok(Ok(TensorPlace { name: name.into(), number, shape: dims, count, offset, strides }))
}

/// Whether the values lie row by row, one behind the other.
fn is_in_order(shape: &[usize], strides: &[u64]) -> bool {
    let mut wanted = 1;
    shape.iter().zip(strides).rev().all(|(&dim, &stride)| {
        let fits = dim == 1 || stride == wanted;
        wanted *= dim as u64;
        fits
    })
}

/// The type of a storage class's values.
fn type_of(class: &str) -> &str {
    match class.trim_start_matches("torch.") {
        "FloatStorage" => "float32",
        "DoubleStorage" => "float64",
        "HalfStorage" => "float16",
        "BFloat16Storage" => "bfloat16",
        "LongStorage" => "int64",
        "IntStorage" => "int32",
        "ShortStorage" => "int16",
        "CharStorage" => "int8",
        "ByteStorage" => "uint8",
        "BoolStorage" => "bool",
        "ComplexFloatStorage" => "complex64",
        "ComplexDoubleStorage" => "complex128",
        other => other,
    }
}

fn number(dtype: &str) -> Option<Number> {
    match dtype.trim_start_matches("torch.") {
        "float16" => Some(Number::F16),
        "bfloat16" => Some(Number::BF16),
        "float32" => Some(Number::F32),
        "float64" => Some(Number::F64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::pickle::Storage;

    fn tensor(offset: i64, shape: &[i64], strides: &[i64]) -> Tensor {
        let storage = Storage { class: "torch.FloatStorage".into(), key: "0".into(), len: 6 };
        Tensor {
            storage: storage.into(),
            dtype: None,
            offset,
            shape: shape.into(),
            strides: strides.into(),
        }
    }

    fn placed(tensor: &Tensor) -> Result<Result<TensorPlace, Skipped>, Fault> {
        let entry = Entry { start: 100, end: 124, is_plain: true };
        place("w", tensor, |_| Ok(&entry))
    }

    #[test]
    fn views_keep_their_place_and_their_strides() {
        let whole = placed(&tensor(0, &[2, 3], &[3, 1])).unwrap().unwrap();
        assert_eq!((whole.offset, whole.strides), (100, None));
        let turned = placed(&tensor(0, &[3, 2], &[1, 3])).unwrap().unwrap();
        assert_eq!(turned.strides, Some(vec![1, 3]));
        let row = placed(&tensor(3, &[1, 3], &[77, 1])).unwrap().unwrap();
        assert_eq!((row.offset, row.strides), (112, None));
        let none = placed(&tensor(6, &[0, 3], &[3, 1])).unwrap().unwrap();
        assert_eq!((none.count, none.offset), (0, 100));
    }

    #[test]
    fn a_view_that_lies_about_its_size_is_refused() {
        for (tensor, words) in [
            (tensor(1, &[2, 3], &[3, 1]), "reaches beyond its storage of 6 values"),
            (tensor(0, &[7], &[1]), "reaches beyond"),
            (tensor(0, &[2, 3], &[i64::MAX, 1]), "reaches beyond"),
            (tensor(i64::MAX, &[2], &[1]), "reaches beyond"),
            (tensor(0, &[1 << 40, 1 << 40], &[0, 0]), "impossible shape"),
            (tensor(0, &[1 << 30, 6], &[0, 1]), "used more than once"),
            (tensor(-1, &[2], &[1]), "negative"),
            (tensor(0, &[-2], &[1]), "negative"),
            (tensor(0, &[2], &[-1]), "negative"),
            (tensor(0, &[2, 3], &[1]), "2 dimensions, but 1 strides"),
        ] {
            let got = placed(&tensor).unwrap_err().to_string();
            assert!(got.contains(words), "{got}");
        }
        let mut lying = tensor(0, &[2, 3], &[3, 1]);
        Rc::get_mut(&mut lying.storage).unwrap().len = 1 << 40;
        assert!(placed(&lying).unwrap_err().to_string().contains("the archive holds 24"));
    }

    #[test]
    fn numbers_of_other_types_are_named() {
        let mut other = tensor(0, &[2, 3], &[3, 1]);
        Rc::get_mut(&mut other.storage).unwrap().class = "torch.LongStorage".into();
        assert_eq!(placed(&other).unwrap().unwrap_err().dtype, "int64");
        other.dtype = Some("torch.float8_e5m2".into());
        assert_eq!(placed(&other).unwrap().unwrap_err().dtype, "float8_e5m2");
    }

    #[test]
    fn a_dict_that_holds_itself_ends_with_an_error() {
        // d = {}; d['a'] = d
        let pickle = Pickle::read(b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.").unwrap();
        assert!(tensors(&pickle, pickle.root).is_err());
        // Thirty tuples, each with the one before it twice: 2³⁰ ways to the first.
        let mut bytes = b"\x80\x02)q\x00".to_vec();
        bytes.extend((0..30).flat_map(|_| *b"h\x00h\x00\x86q\x00"));
        bytes.push(b'.');
        let pickle = Pickle::read(&bytes).unwrap();
        assert!(tensors(&pickle, pickle.root).is_err());
    }

    #[test]
    fn a_few_words_cannot_name_more_than_memory_holds() {
        // A key of a megabyte, and a dict that has it a hundred thousand times.
        let mut bytes = b"\x80\x02X\x00\x00\x10\x00".to_vec();
        bytes.resize(bytes.len() + (1 << 20), b'a');
        bytes.extend(b"q\x00}(");
        bytes.extend((0..100_000).flat_map(|_| *b"h\x00h\x00"));
        bytes.extend(b"u.");
        let pickle = Pickle::read(&bytes).unwrap();
        assert!(tensors(&pickle, pickle.root).is_err());
    }
}
