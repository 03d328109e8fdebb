//! Files that lie about what they hold. Each is an error that says what is wrong, and
//! none takes memory or time that its size does not justify.

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use wellfit_weights::{Inspection, NoSpectrum, Options, WeightsError, inspect};

fn look(path: &Path) -> Result<Inspection, WeightsError> {
    inspect(path, Options::default(), |_| ControlFlow::Continue(()))
}

/// What is said about a file with these bytes.
#[track_caller]
fn words(name: &str, bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let started = Instant::now();
    let error = look(&path).expect_err("an error").to_string();
    assert!(started.elapsed() < Duration::from_secs(10), "{error}");
    assert!(error.contains(name), "the file is named: {error}");
    error
}

/// A safetensors file.
fn safetensors(header: &str, values: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), values].concat()
}

/// A zip archive of these files.
fn archive(files: &[(&str, CompressionMethod, &[u8])]) -> Vec<u8> {
    let mut archive = ZipArchiveWriter::new(Vec::new());
    for (name, method, bytes) in files {
        let (mut entry, config) =
            archive.new_file(*name).compression_method(*method).start().unwrap();
        let mut writer = config.wrap(&mut entry);
        writer.write_all(bytes).unwrap();
        let (_, descriptor) = writer.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap()
}

const PLAIN: CompressionMethod = CompressionMethod::STORE;

/// The pickle of {'w': tensor} as `torch.save` writes it, with a storage of `len` floats.
fn pickle(len: u32, offset: u32, shape: [u32; 2], strides: [u32; 2]) -> Vec<u8> {
    let text =
        |text: &str| [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
    let int = |int: u32| [b"J", &int.to_le_bytes()[..]].concat();
    [
        b"\x80\x02}(".to_vec(),
        text("w"),
        b"ctorch._utils\n_rebuild_tensor_v2\n((".to_vec(),
        text("storage"),
        b"ctorch\nFloatStorage\n".to_vec(),
        text("0"),
        text("cpu"),
        int(len),
        b"tQ".to_vec(),
        int(offset),
        int(shape[0]),
        int(shape[1]),
        b"\x86".to_vec(),
        int(strides[0]),
        int(strides[1]),
        b"\x86\x89ccollections\nOrderedDict\n)RtRu.".to_vec(),
    ]
    .concat()
}

fn torch(pickle: &[u8], values: &[u8]) -> Vec<u8> {
    archive(&[("m/data.pkl", PLAIN, pickle), ("m/data/0", PLAIN, values)])
}

#[test]
fn a_truthful_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.pt");
    fs::write(&path, torch(&pickle(6, 0, [2, 3], [3, 1]), &[0; 24])).unwrap();
    let found = look(&path).unwrap();
    assert_eq!((found.layers[0].name.as_str(), &found.layers[0].shape[..]), ("w", &[2, 3][..]));
}

#[test]
fn files_that_are_no_model_are_refused() {
    assert!(words("m.pt", b"").contains("is empty (0 bytes)"));
    assert!(words("m.pt", b"x").contains("is no model file"));
    assert!(words("m.safetensors", b"short").contains("its header says that it is 8 bytes"));
    assert!(
        words("m.bin", &[7; 4096]).contains("is no model file: it starts with the bytes [07, 07")
    );
    let table = words("m.csv", "épochs,loss,val_loss\n1,0.5".as_bytes());
    assert!(table.contains("it starts with the text \"épochs,loss,val\"; safe"), "{table}");
    let cut = words("m.csv", "epoch,loss,valoß".as_bytes());
    assert!(cut.contains("the text \"epoch,loss,valo\";"), "{cut}");
    assert!(words("m.h5", b"\x89HDF\r\n\x1a\n\0\0\0").contains("is no model file"));
    assert!(words("m.pt", b"PK\x03\x04").contains("truncated"));
}

#[test]
fn a_header_longer_than_its_file_is_refused() {
    let mut bytes = safetensors("{}", &[]);
    bytes[0] = 200;
    let error = words("m.safetensors", &bytes);
    assert!(error.contains("says that it is 200 bytes long, but 2 bytes follow"), "{error}");
    bytes[..8].fill(0xff);
    assert!(words("m.safetensors", &bytes).contains("18446744073709551615 bytes long"));
}

#[test]
fn sizes_that_overflow_and_values_that_are_missing_are_refused() {
    let header = r#"{"w":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,4]}}"#;
    assert!(words("m.safetensors", &safetensors(header, &[0; 4])).contains("impossible shape"));
    let header =
        r#"{"w":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}"#;
    let error = words("m.safetensors", &safetensors(header, &[0; 4]));
    assert!(error.contains("need 4000000000000 bytes of values, 4 are there"), "{error}");
}

#[test]
fn storages_that_are_not_as_long_as_promised_are_refused() {
    for (pickle, len, wanted) in [
        (pickle(6, 0, [2, 3], [3, 1]), 20, "6 × 4 bytes, but the archive holds 20"),
        (pickle(600_000_000, 0, [20_000, 30_000], [30_000, 1]), 24, "the archive holds 24"),
        (pickle(6, 1, [2, 3], [3, 1]), 24, "reaches beyond its storage of 6 values"),
        (pickle(6, 0, [2_000_000_000, 2_000_000_000], [0, 0]), 24, "used more than once"),
        (pickle(6, 0, [u32::MAX, 3], [3, 1]), 24, "negative"),
    ] {
        let error = words("m.pt", &torch(&pickle, &vec![0; len]));
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn archives_that_could_blow_up_are_refused() {
    let good = pickle(6, 0, [2, 3], [3, 1]);
    let squeezed = archive(&[
        ("m/data.pkl", PLAIN, &good),
        ("m/data/0", CompressionMethod::DEFLATE, &[0; 24]),
    ]);
    assert!(words("m.pt", &squeezed).contains("m/data/0 is compressed or encrypted"));
    let squeezed = archive(&[("m/data.pkl", CompressionMethod::DEFLATE, &good)]);
    assert!(words("m.pt", &squeezed).contains("m/data.pkl is compressed"));
    let missing = archive(&[("m/data.pkl", PLAIN, &good)]);
    assert!(words("m.pt", &missing).contains("lacks m/data/0"));
    let twice = archive(&[
        ("m/data.pkl", PLAIN, &good),
        ("m/data/0", PLAIN, &[0; 24]),
        ("m/data/0", PLAIN, &[1; 24]),
    ]);
    assert!(words("m.pt", &twice).contains("holds m/data/0 twice"));
    let big_endian = archive(&[("m/data.pkl", PLAIN, &good), ("m/byteorder", PLAIN, b"big")]);
    assert!(words("m.pt", &big_endian).contains("big-endian"));
}

#[test]
fn a_pickle_that_would_run_something_is_refused_by_name() {
    let error = words("m.pt", &torch(b"\x80\x02cposix\nsystem\nX\x02\0\0\0ls\x85R.", &[]));
    assert!(error.contains("asks for posix.system") && error.contains("nothing of it was run"));
}

#[test]
fn a_run_without_a_kept_epoch_shows_its_last_weights() {
    let folder = tempfile::tempdir().unwrap();
    let header = r#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    fs::write(folder.path().join("last.safetensors"), safetensors(header, &[0; 4])).unwrap();
    let found = look(folder.path()).unwrap();
    assert!(found.path.ends_with("last.safetensors"));
    assert!(matches!(found.layers[0].spectrum, Err(NoSpectrum::Vector)));
}

/// A matrix whose singular values would take long is summed up, but not decomposed.
#[test]
fn a_huge_matrix_is_summed_up_in_little_memory_and_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    let side = 8192u64;
    let len = side * side * 2;
    let header =
        format!(r#"{{"w":{{"dtype":"BF16","shape":[{side},{side}],"data_offsets":[0,{len}]}}}}"#);
    // Zeros of a sparse file take no room on disk.
    let file = fs::File::create(&path).unwrap();
    (&file).write_all(&safetensors(&header, &[])).unwrap();
    file.set_len(8 + header.len() as u64 + len).unwrap();
    let found = look(&path).unwrap();
    assert_eq!(found.layers[0].summary.count, side * side);
    assert!(matches!(found.layers[0].spectrum, Err(NoSpectrum::TooLarge { .. })));
}

/// A million matrices of one value are quickly decomposed, but a power law of a million
/// eigenvalues is not quickly fitted.
#[test]
fn a_tensor_of_very_many_matrices_is_summed_up_in_little_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    let header = r#"{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1,1,1000,1000],"data_offsets":[0,4000000]}}"#;
    let values = (1..=1_000_000u32).flat_map(|i| (i as f32).to_le_bytes());
    fs::write(&path, safetensors(header, &values.collect::<Vec<u8>>())).unwrap();
    let found = look(&path).unwrap();
    assert!(matches!(found.layers[0].spectrum, Err(NoSpectrum::TooLarge { .. })));
}

#[test]
fn a_strangers_names_do_not_reach_the_terminal_as_they_are() {
    let header = r#"{"\u001b[2Jw":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#;
    let error = words("m.safetensors", &safetensors(header, &[0; 4]));
    assert!(error.contains("tensor [2Jw needs 8 bytes"), "{error:?}");
    let long = format!("\u{2}c{}\n\u{1b}[2J{}\n.", "a".repeat(10_000), "b".repeat(10_000));
    let error = words("m.pt", &torch(&[b"\x80", long.as_bytes()].concat(), &[]));
    assert!(!error.contains('\u{1b}') && error.len() < 600, "{error:?}");
}

proptest! {
    /// What stands at the start decides which reader gets the rest.
    #[test]
    fn no_bytes_make_it_panic(kind in 0..5, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let whole = match kind {
            0 => bytes,
            1 => [b"PK\x03\x04", &bytes[..]].concat(),
            2 => [&(bytes.len() as u64 / 2).to_le_bytes()[..], b"{", &bytes].concat(),
            3 => torch(&bytes, &[0; 24]),
            _ => torch(&[b"\x80\x02", &bytes[..]].concat(), &[0; 24]),
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.pt");
        fs::write(&path, whole).unwrap();
        prop_assert!(look(&path).is_err());
    }

    /// A file with one tensor whose description has any numbers.
    #[test]
    fn no_sizes_make_it_panic(
        len in any::<u32>(), offset in 0..8u32, rows in any::<u32>(), columns in 0..9u32,
        strides in prop::array::uniform2(0..7u32), stored in 0..64usize
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.pt");
        for (len, rows) in [(len, rows), (stored as u32 / 4, rows % 9)] {
            let bytes = torch(&pickle(len, offset, [rows, columns], strides), &vec![7; stored]);
            fs::write(&path, bytes).unwrap();
            if let Ok(found) = look(&path) {
                let values = u64::from(rows) * u64::from(columns);
                prop_assert_eq!(found.layers[0].summary.count, values);
            }
        }
    }
}
