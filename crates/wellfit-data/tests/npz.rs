//! NPZ files: those that NumPy wrote (`golden/make_npz.py`), and bad ones.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use support::{npy, zip};
use wellfit_data::{DataError, Dataset, Features, Shape, Targets, Task, read_npz};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.npz"))
}

fn values(set: &Dataset) -> Vec<f32> {
    match set.features() {
        Features::Bytes(values) => values.iter().map(|&value| value.into()).collect(),
        Features::Floats(values) => values.to_vec(),
        Features::Table(_) => unreachable!("an NPZ file holds arrays"),
    }
}

fn read_bytes(bytes: &[u8]) -> Result<Dataset, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.npz");
    fs::write(&path, bytes).unwrap();
    read_npz(&path, None, None)
}

#[test]
fn what_numpy_wrote_is_read() {
    let image = Shape::Image { channels: 1, height: 2, width: 3 };
    let row = Shape::Vector(4);
    let thirds: &[u32] = &[0, 1, 2, 0, 1];
    let cases: &[(&str, Shape, &[u32])] = &[
        ("images-u1", image, thirds),
        ("images-u1-compressed", image, thirds),
        ("rows-f4", row, thirds),
        ("rows-f8-compressed", row, thirds),
        ("rows-f4-big-endian", row, thirds),
        ("rows-f8-big-endian-bool", row, &[0, 1, 0, 0, 1]),
        ("extra-array", row, thirds),
    ];
    for (name, shape, labels) in cases {
        let set = read_npz(&golden(name), None, None).unwrap();
        assert_eq!(set.shape(), *shape, "{name}");
        assert_eq!(set.labels_in_order().collect::<Vec<_>>(), *labels, "{name}");
        let counted: Vec<f32> = (0..5 * shape.len()).map(|i| i as f32).collect();
        assert_eq!(values(&set), counted, "{name}");
        assert_eq!(matches!(set.features(), Features::Bytes(_)), *shape == image, "{name}");
    }
}

#[test]
fn what_cannot_be_used_is_refused_in_words_that_name_file_and_array() {
    let cases = [
        ("bad-fortran", "array \"x\": is in Fortran order; store numpy.ascontiguousarray(x)"),
        (
            "bad-f2",
            "array \"x\": holds numbers of type \"<f2\"; float32, float64 and uint8 are read",
        ),
        (
            "bad-i8",
            "array \"x\": holds numbers of type \"<i8\"; float32, float64 and uint8 are read",
        ),
        ("bad-string-labels", "array \"y\": holds numbers of type \"<U1\"; classes are integers"),
        ("bad-record-labels", "array \"y\": holds numbers of type \"[('a', '<i4')]\"; classes"),
        ("bad-negative-label", "array \"y\": label -1 of sample 0 is negative"),
        ("bad-huge-label", "array \"y\": label 1099511627776 of sample 0 is too large"),
        ("bad-wild-label", "label 2000 of sample 2 makes 2001 classes of 5 samples"),
        ("bad-scalar-label", "array \"y\": has shape []; [n] or [n, targets] is needed"),
        ("bad-three-dimensions", "array \"x\": has shape [5, 2, 3]; [n, features] or [n, channels"),
        ("bad-count", "array \"x\": holds 5 samples, but \"y\" holds 4 labels"),
        ("bad-empty", "there are no samples"),
        ("bad-no-values", "a sample of shape 0 values has no values"),
        ("bad-no-y", "holds no array \"y\" (it holds: x, z)"),
        ("bad-nan", "array \"x\": value NaN at column 1 of sample 3 is not a finite float32"),
        ("bad-nan-target", "array \"y\": value NaN of target t0 of sample 2 is not a finite"),
        ("bad-beyond-float32", "at column 3 of sample 2 is not a finite float32"),
    ];
    for (name, expected) in cases {
        let words = read_npz(&golden(name), None, None).unwrap_err().to_string();
        assert!(words.starts_with(&format!("{}: ", golden(name).display())), "{words}");
        assert!(words.contains(expected), "{name}: {words}");
    }
}

/// `y` of type `descr` and shape `dims` beside 4 samples of one value.
fn with_targets(
    descr: &str,
    dims: &[usize],
    y: &[u8],
    task: Option<Task>,
) -> Result<Dataset, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.npz");
    let x = npy("<f4", &[4, 1], &[0; 16]);
    fs::write(&path, zip(&[("x.npy", &x), ("y.npy", &npy(descr, dims, y))], true)).unwrap();
    let read = read_npz(&path, task, None);
    read.map_err(|error| error.to_string().replace(&path.display().to_string(), "set.npz"))
}

fn numbers(set: &Dataset) -> (&[f32], &[String]) {
    match set.targets() {
        Targets::Numbers { values, names } => (values, names),
        Targets::Classes { .. } => panic!("these are classes"),
    }
}

#[test]
fn floats_and_tables_of_numbers_are_regression_and_integers_when_asked() {
    let floats: Vec<u8> = [0.5f32, -1.0, 2.0, 1e10].iter().flat_map(|v| v.to_le_bytes()).collect();
    let doubles: Vec<u8> =
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 0.1f64].iter().flat_map(|v| v.to_le_bytes()).collect();
    let signed: Vec<u8> = [-3i16, 0, 7, 300].iter().flat_map(|v| v.to_be_bytes()).collect();
    let asked = Some(Task::Regression);
    for (task, dims) in [(None, &[4][..]), (asked, &[4]), (None, &[4, 1])] {
        let set = with_targets("<f4", dims, &floats, task).unwrap();
        assert_eq!(numbers(&set), (&[0.5, -1.0, 2.0, 1e10][..], &["t0".to_string()][..]));
        assert_eq!((set.task(), set.outputs(), set.classes()), (Task::Regression, 1, 0));
        assert_eq!(set.len(), 4);
    }
    let set = with_targets("<f8", &[4, 2], &doubles, None).unwrap();
    assert_eq!(numbers(&set).0, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 0.1]);
    assert_eq!(set.output_names(), ["t0", "t1"]);
    let set = with_targets(">i2", &[4], &signed, asked).unwrap();
    assert_eq!(numbers(&set).0, [-3.0, 0.0, 7.0, 300.0]);
    let set = with_targets("|u1", &[4, 1], &[3, 2, 1, 0], Some(Task::Classification)).unwrap();
    assert_eq!(set.labels(), [3, 2, 1, 0]);
    let set = with_targets("|u1", &[4, 2], &[1, 2, 3, 4, 5, 6, 7, 8], None).unwrap();
    assert_eq!(set.task(), Task::Regression);
}

#[test]
fn targets_that_do_not_fit_the_task_are_refused_in_words_that_name_file_and_array() {
    let floats = |values: [f32; 8]| values.map(f32::to_le_bytes).concat();
    let good = floats([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    let nan = floats([1.0, 2.0, 3.0, 4.0, 5.0, f32::NAN, 7.0, f32::INFINITY]);
    let huge = (0..4).flat_map(|i| (1e38 * f64::from(i * i)).to_le_bytes()).collect::<Vec<u8>>();
    let classes = Some(Task::Classification);
    type Case<'a> = (&'a str, &'a [usize], &'a [u8], Option<Task>, &'a str);
    let table: [Case; 8] = [
        ("<f4", &[4], &good[..16], classes, "holds floats, but data.task = \"classification\""),
        ("|u1", &[4, 2], &good[..8], classes, "holds more than one number a sample, but data.task"),
        ("|u1", &[4, 1], &good[..4], None, "may be classes or one target: say data.task"),
        ("<f4", &[4, 2], &nan, None, "value NaN of target t1 of sample 2 is not a finite float32"),
        ("<f8", &[4], &huge, None, "of target t0 of sample 2 is not a finite float32"),
        ("<f2", &[4], &good[..8], None, "holds numbers of type \"<f2\"; classes are integers"),
        ("<f4", &[4, 0], &[], None, "has shape [4, 0]; [n] or [n, targets] is needed"),
        ("<f4", &[4, 2, 1], &good, None, "has shape [4, 2, 1]; [n] or [n, targets] is needed"),
    ];
    for (descr, dims, y, task, expected) in table {
        let words = with_targets(descr, dims, y, task).unwrap_err();
        assert!(words.starts_with("set.npz: array \"y\": "), "{words}");
        assert!(words.contains(expected), "{words}");
    }
    let words = with_targets("<f4", &[3, 2], &good[..24], None).unwrap_err();
    assert!(words.contains("array \"x\": holds 4 samples, but \"y\" holds 3 samples"), "{words}");
}

#[test]
fn files_that_are_no_archives_are_refused() {
    let good = fs::read(golden("rows-f8-compressed")).unwrap();
    let mut flipped = good.clone();
    flipped[80] ^= 0x55;
    let x = npy("<f4", &[2, 1], &[0; 8]);
    let y = npy("<i8", &[2], &[0; 16]);
    let with = |x: &[u8], y: &[u8]| zip(&[("x.npy", x), ("y.npy", y)], false);
    let mut wrong_sum = with(&x, &y);
    wrong_sum[14] ^= 1;
    let cases: &[(&[u8], &str)] = &[
        (&[], "is empty"),
        (b"not an archive", "no zip archive, or is truncated"),
        (&good[..good.len() - 30], "no zip archive, or is truncated"),
        (&good[100..], "is no NPZ file"),
        (&flipped, ""),
        (&with(&x[..20], &y), "is truncated"),
        (&with(&x[..x.len() - 1], &y), "its header promises 8 bytes of values, 7 are there"),
        (&with(&[&x[..], &[0]].concat(), &y), "goes on after the 8 bytes"),
        (&with(b"\x93NUMPY\x09\x00\x00\x00", &y), "its NPY header is of an unknown version"),
        (&with(b"12345678901234567890", &y), "does not start as an NPY header does"),
        (&zip(&[("x.npy", &x)], true), "holds no array \"y\" (it holds: x)"),
        (&zip(&[], true), "(it holds: nothing)"),
        (&with(&npy("<f4", &[1 << 40, 1 << 40], &[]), &y), "more than can be read"),
    ];
    for (i, (bytes, expected)) in cases.iter().enumerate() {
        let words = read_bytes(bytes).unwrap_err().to_string();
        assert!(words.contains(expected), "case {i}: {words}");
    }
    let folder = tempfile::tempdir().unwrap();
    let words = |path: &Path| read_npz(path, None, None).unwrap_err().to_string();
    assert!(words(folder.path()).contains("is a folder"));
    assert!(words(&folder.path().join("no.npz")).contains("no such file or folder"));
}

#[test]
fn a_wrong_checksum_is_seen() {
    let x = npy("<f4", &[2, 1], &[0; 8]);
    let y = npy("<i8", &[2], &[0; 16]);
    let good = zip(&[("x.npy", &x), ("y.npy", &y)], false);
    assert!(read_bytes(&good).is_ok());
    // The last byte of x's values, which is nowhere else.
    let at = 30 + "x.npy".len() + x.len() - 1;
    let mut flipped = good.clone();
    flipped[at] ^= 1;
    let words = read_bytes(&flipped).unwrap_err().to_string();
    assert!(words.contains("is damaged: its checksum is wrong"), "{words}");
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        (features, labels, values) in (1usize..5, prop::collection::vec(0u8..4, 1..9))
            .prop_flat_map(|(features, labels)| {
                let values = prop::collection::vec(-1e30f32..1e30, features * labels.len());
                (Just(features), Just(labels), values)
            }),
        deflate: bool,
    ) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let x = npy("<f4", &[labels.len(), features], &bytes);
        let y = npy("|u1", &[labels.len()], &labels);
        let set = read_bytes(&zip(&[("x.npy", &x), ("y.npy", &y)], deflate)).unwrap();
        prop_assert_eq!(set.shape(), Shape::Vector(features));
        prop_assert_eq!(self::values(&set), values);
        let read: Vec<u32> = set.labels_in_order().collect();
        prop_assert_eq!(read, labels.iter().map(|&label| label.into()).collect::<Vec<u32>>());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_bytes(&bytes);
        let y = npy("<i8", &[2], &[0; 16]);
        let _ = read_bytes(&zip(&[("x.npy", &bytes), ("y.npy", &y)], false));
        let _ = read_bytes(&zip(&[("x.npy", &y), ("y.npy", &bytes)], true));
    }

    #[test]
    fn a_header_of_any_text_is_read_or_refused(text in "[{}'a-z:, ()0-9<>|\\[\\]é]{0,60}") {
        let mut array = b"\x93NUMPY\x01\x00".to_vec();
        array.extend((text.len() as u16).to_le_bytes());
        array.extend(text.bytes());
        let _ = read_bytes(&zip(&[("y.npy", &array)], false));
    }

    #[test]
    fn an_archive_with_a_changed_byte_is_read_or_refused(at in 0usize..600, byte: u8) {
        for name in ["rows-f8-compressed", "images-u1"] {
            let mut bytes = fs::read(golden(name)).unwrap();
            let len = bytes.len();
            bytes[at % len] = byte;
            let _ = read_bytes(&bytes);
        }
    }
}
