//! IDX files, good and bad.

mod support;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use support::{gz, idx, labels, write_pair};
use wellfit_data::read_idx_pair;
use wellfit_data::{DataError, Features, FileFault, Idx, Shape, read_idx, read_idx_folder};

/// The error's words, with the folder left out.
fn told<T>(folder: &Path, result: Result<T, DataError>) -> String {
    let Err(error) = result else { panic!("this should have failed") };
    error.to_string().replace(&format!("{}/", folder.display()), "")
}

#[test]
fn plain_and_gzip_files_hold_the_same_whatever_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = idx(&[2, 3], &[1, 2, 3, 4, 5, 6]);
    let expected = Idx { dims: vec![2, 3], values: vec![1, 2, 3, 4, 5, 6] };
    for (name, content) in [("plain.gz", bytes.clone()), ("compressed", gz(&bytes))] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        assert_eq!(read_idx(&path).unwrap(), expected);
    }
}

#[test]
fn every_broken_file_is_refused_in_words_that_name_it() {
    let good = idx(&[2, 3], &[1, 2, 3, 4, 5, 6]);
    let compressed = gz(&good);
    let mut flipped = compressed.clone();
    let crc = flipped.len() - 8;
    flipped[crc] ^= 1;
    let many = idx(&[u32::MAX, u32::MAX, u32::MAX], &[]);
    let mut floats = good.clone();
    floats[2] = 0x0d;
    let cases: &[(&str, &[u8], &str)] = &[
        ("empty", &[], "is empty (0 bytes)"),
        ("short", &[0, 0, 8], "starts with [00, 00, 08]"),
        ("text", b"label,pixel", "starts with [6c, 61, 62, 65]"),
        ("no-dimensions", &[0, 0, 8, 0], "is no IDX file"),
        ("floats", &floats, "type 0x0d; unsigned bytes (0x08) are read"),
        ("short-header", &good[..8], "is truncated: its header promises 8 bytes of values, 4"),
        ("short-values", &good[..16], "its header promises 6 bytes of values, 4 are there"),
        ("long", &[&good[..], &[7]].concat(), "goes on after the 6 bytes"),
        ("huge", &many, "more than can be read"),
        ("huge.gz", &gz(&idx(&[u32::MAX, 4], &[1])), "promises 17179869180 bytes of values, 1"),
        ("truncated.gz", &compressed[..compressed.len() - 9], "is truncated: its compressed data"),
        ("no-trailer.gz", &compressed[..compressed.len() - 3], "is truncated: its compressed data"),
        ("header-only.gz", &compressed[..4], "is truncated: its compressed data"),
        ("damaged.gz", &flipped, "is damaged"),
        ("long.gz", &gz(&[&good[..], &[7]].concat()), "goes on after the 6 bytes"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, content, expected) in cases {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let words = told(folder.path(), read_idx(&path));
        assert!(words.starts_with(&format!("{name}: ")), "{name}: {words}");
        assert!(words.contains(expected), "{name}: {words}");
    }
    let missing = folder.path().join("missing");
    assert_eq!(told(folder.path(), read_idx(&missing)), "missing: no such file or folder");
    fs::create_dir(&missing).unwrap();
    assert_eq!(
        told(folder.path(), read_idx(&missing)),
        "missing: is a folder; a file is needed here"
    );
}

#[test]
fn images_and_labels_that_do_not_go_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: Vec<u8>| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let images = write("images", idx(&[3, 1, 2], &[0; 6]));
    let three = write("three", idx(&[3], &[0, 1, 2]));
    let names = |n: usize| Some((0..n).map(|i| i.to_string()).collect());
    let read = |images: &Path, labels: &Path, names| {
        told(folder.path(), read_idx_pair(images, labels, names))
    };
    let four = write("four", idx(&[4], &[0; 4]));
    assert_eq!(read(&images, &four, None), "four: holds 4 labels, but images holds 3 samples");
    assert_eq!(
        read(&images, &three, names(2)),
        "three: label 2 of sample 2 is not below 2, the number of classes"
    );
    assert_eq!(read(&images, &images, None), "images: has 3 dimensions; labels have 1");
    assert!(read(&three, &three, None).starts_with("three: has 1 dimensions; samples have 3"));
    let none = write("none", idx(&[0], &[]));
    let no_images = write("no-images", idx(&[0, 1, 2], &[]));
    assert!(read(&no_images, &none, None).contains("there are no samples"));
    let flat = write("flat", idx(&[3, 0, 2], &[]));
    assert_eq!(read(&flat, &three, None), "flat: a sample of shape 0×2 has no values");
}

#[test]
fn a_folder_gives_its_parts_under_every_usual_name() {
    for (separator, suffix) in [("-", ""), (".", ""), ("-", ".gz"), (".", ".gz")] {
        let folder = tempfile::tempdir().unwrap();
        for (prefix, n) in [("train", 4), ("validation", 2), ("t10k", 3)] {
            let pack = |bytes: Vec<u8>| if suffix.is_empty() { bytes } else { gz(&bytes) };
            let write = |what: &str, bytes: Vec<u8>| {
                let name = format!("{prefix}-{what}-ubyte{suffix}")
                    .replace("-idx", &format!("{separator}idx"));
                fs::write(folder.path().join(name), pack(bytes)).unwrap();
            };
            write("images-idx3", idx(&[n, 2, 1], &vec![9; 2 * n as usize]));
            write("labels-idx1", idx(&[n], &labels(n as usize, 2)));
        }
        let (train, validation, test) = read_idx_folder(folder.path(), None).unwrap();
        let lens = [train.len(), validation.unwrap().len(), test.unwrap().len()];
        assert_eq!(lens, [4, 2, 3]);
        assert_eq!(train.shape(), Shape::Image { channels: 1, height: 2, width: 1 });
        assert_eq!(train.class_names(), ["0", "1"]);
        assert!(matches!(train.features(), Features::Bytes(values) if values[..] == [9; 8]));
    }
}

#[test]
fn a_folder_that_lacks_a_file_is_refused_by_the_name_of_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let read = || told(folder.path(), read_idx_folder(folder.path(), None));
    assert!(read().contains("holds no IDX files: train-images-idx3-ubyte"));
    write_pair(folder.path(), "train", &labels(4, 2));
    write_pair(folder.path(), "t10k", &labels(4, 3));
    assert!(read().contains("t10k-labels-idx1-ubyte.gz: label 2 of sample 2 is not below 2"));
    fs::remove_file(folder.path().join("t10k-labels-idx1-ubyte.gz")).unwrap();
    assert_eq!(
        read(),
        "t10k-images-idx3-ubyte.gz: has no companion: t10k-labels-idx1-ubyte is needed \
         beside it, plain or with .gz"
    );
    let other = idx(&[1, 3, 3], &[0; 9]);
    fs::write(folder.path().join("t10k-images-idx3-ubyte.gz"), other).unwrap();
    fs::write(folder.path().join("t10k-labels-idx1-ubyte"), idx(&[1], &[0])).unwrap();
    assert!(read().contains("holds samples of 3×3 bytes, the training data of 2×2 bytes"));
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        (dims, values) in prop::collection::vec(0u32..6, 1..5).prop_flat_map(|dims| {
            let size = dims.iter().product::<u32>() as usize;
            (Just(dims), prop::collection::vec(any::<u8>(), size))
        }),
        compressed: bool,
    ) {
        let bytes = idx(&dims, &values);
        let read = Idx::from_bytes(&if compressed { gz(&bytes) } else { bytes }).unwrap();
        prop_assert_eq!(read.dims, dims.iter().map(|&dim| dim as usize).collect::<Vec<_>>());
        prop_assert_eq!(read.values, values);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Idx::from_bytes(&bytes);
        let _ = Idx::from_bytes(&[&[0, 0, 8], &bytes[..]].concat());
        let _ = Idx::from_bytes(&gz(&[&[0, 0, 8], &bytes[..]].concat()));
        let _ = Idx::from_bytes(&[&[0x1f, 0x8b, 8], &bytes[..]].concat());
    }

    #[test]
    fn a_file_cut_anywhere_is_refused(cut in 0usize..60, compressed: bool) {
        let bytes = idx(&[40], &[3; 40]);
        let bytes = if compressed { gz(&bytes) } else { bytes };
        let cut = cut % bytes.len();
        let fault = Idx::from_bytes(&bytes[..cut]).unwrap_err();
        let expected = matches!(
            fault,
            FileFault::Empty | FileFault::NotIdx(_) | FileFault::Truncated { .. }
                | FileFault::TruncatedStream | FileFault::CorruptStream(_)
        );
        prop_assert!(expected, "{}", fault);
    }
}
