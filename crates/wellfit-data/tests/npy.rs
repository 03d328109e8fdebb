//! NPY files: samples in one, what they are to give in another; groups and times in NPZ files.

use std::fs;
use std::path::Path;

use wellfit_data::{
    DataError, DataRequest, Features, Holdout, Places, RawSplits, Shape, SplitRule, Task,
    read_labelled, read_npz, read_samples, read_source,
};

/// An NPY array whose header says these dimensions.
fn npy(descr: &str, shape: &str, values: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    [&file, header.as_bytes(), values].concat()
}

fn raw(request: &DataRequest) -> Result<RawSplits, DataError> {
    read_source(request, &Places::default())?.split(request)
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn write(folder: &Path, name: &str, bytes: Vec<u8>) -> DataRequest {
    fs::write(folder.join(name), bytes).unwrap();
    DataRequest::of(folder.join(name).to_str().unwrap())
}

#[test]
fn samples_go_with_the_targets_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let request = write(at, "X_train.npy", npy("<f4", "(4, 1)", &floats(&[1.0, 2.0, 3.0, 4.0])));
    let error = raw(&request).unwrap_err().to_string();
    assert!(
        error.contains("what they are to give is nowhere") && error.contains("y_train.npy"),
        "{error}"
    );
    write(at, "y_train.npy", npy("|u1", "(4,)", &[0, 1, 0, 1]));
    write(at, "x.npy", npy("<f4", "(2, 1)", &floats(&[9.0, 8.0])));
    write(at, "y.npy", npy("|u1", "(2,)", &[1, 0]));
    let mut asked = request.clone();
    asked.validation = Some(Holdout::File(at.join("x.npy")));
    let splits = raw(&asked).unwrap();
    assert_eq!(
        (splits.train.shape(), splits.train.labels()),
        (Shape::Vector(1), &[0, 1, 0, 1][..])
    );
    let Features::Floats(values) = splits.train.features() else { panic!() };
    assert_eq!(values.as_slice(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(splits.validation.unwrap().labels(), [1, 0]);
    asked.task = Some(Task::Regression);
    assert_eq!(raw(&asked).unwrap().train.task(), Task::Regression);
    // Samples alone can be predicted on, not judged by.
    let schema = splits.train.schema();
    write(at, "new.npy", npy("<f4", "(1, 1)", &floats(&[5.0])));
    let file = read_samples(&at.join("new.npy"), &schema).unwrap();
    assert_eq!((file.has_targets, file.set.labels()), (false, &[0][..]));
    assert!(read_samples(&at.join("x.npy"), &schema).unwrap().has_targets);
    assert_eq!(read_labelled(&at.join("x.npy"), &schema).unwrap().labels(), [1, 0]);
    let error = read_labelled(&at.join("new.npy"), &schema).unwrap_err().to_string();
    assert!(error.ends_with("does not say what its samples are to give, which is needed here"));
    write(at, "wide.npy", npy("<f4", "(1, 2)", &floats(&[5.0, 6.0])));
    let error = read_samples(&at.join("wide.npy"), &schema).unwrap_err().to_string();
    assert!(
        error.ends_with("holds samples of 2 values floats, the training data of 1 values floats"),
        "{error}"
    );
}

#[test]
fn arrays_that_lie_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "y.npy", npy("|u1", "(2,)", &[1, 0]));
    for (bytes, wanted) in [
        (
            npy("<f4", "(2, 2)", &floats(&[1.0, 2.0])),
            "is truncated: its header promises 16 bytes of values, 8 are there",
        ),
        (npy("<f4", "(2, 1)", &floats(&[1.0, 2.0, 3.0])), "goes on after the 8 bytes of values"),
        (
            npy("<f4", "(3, 1)", &floats(&[1.0, 2.0, 3.0])),
            "array \"x\": holds 3 samples, but \"y\" holds 2 labels",
        ),
        (npy("<f4", "(2, 1)", &floats(&[1.0, f32::NAN])), "value NaN at column 0 of sample 1"),
        (b"\x93NUMPY".to_vec(), "is truncated"),
        (b"text, no array".to_vec(), "does not start as an NPY header does"),
    ] {
        let error = raw(&write(at, "x.npy", bytes)).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn a_split_by_groups_needs_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "y.npy", npy("|u1", "(2,)", &[1, 0]));
    let mut request = write(at, "x.npy", npy("<f4", "(2, 1)", &floats(&[1.0, 2.0])));
    request.split = SplitRule::Grouped { column: "who".into() };
    let error = raw(&request).unwrap_err().to_string();
    assert!(
        error.contains("data.split.column names a column of a table or an array of a .npz file"),
        "{error}"
    );
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/groups.npz");
    let mut request = DataRequest::of(golden.to_str().unwrap());
    request.split = SplitRule::Grouped { column: "who".into() };
    let set = read_source(&request, &Places::default());
    assert!(format!("{set:?}").contains("groups: Some([0, 1, 0, 2, 1, 2])"), "{set:?}");
    request.split = SplitRule::Time { column: "when".into() };
    let set = read_source(&request, &Places::default());
    assert!(format!("{set:?}").contains("times: Some([6.5, 5.5, 4.5, 3.5, 2.5, 1.5])"), "{set:?}");
    request.split = SplitRule::Time { column: "wen".into() };
    let error = read_source(&request, &Places::default()).unwrap_err().to_string();
    assert!(
        error.contains(
            "data.split.column names \"wen\", which is no column; did you mean \"when\"?"
        ),
        "{error}"
    );
    request.split = SplitRule::Grouped { column: "short".into() };
    let error = read_source(&request, &Places::default()).unwrap_err().to_string();
    assert!(
        error.ends_with("array \"short\": holds 2 values, but there are 6 samples; each needs one"),
        "{error}"
    );
}

/// A zip archive of deflated files that claim to be of this size.
fn zip(files: &[(&str, &[u8], u32)]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes, size) in files {
        let mut checksum = flate2::Crc::new();
        checksum.update(bytes);
        let mut packed =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut packed, bytes).unwrap();
        let packed = packed.finish().unwrap();
        let offset = file.len() as u32;
        let mut common = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        common.extend(checksum.sum().to_le_bytes());
        common.extend((packed.len() as u32).to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(name.as_bytes());
        file.extend(&packed);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let at = file.len() as u32;
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend((files.len() as u16).to_le_bytes());
    file.extend((files.len() as u16).to_le_bytes());
    file.extend((directory.len() as u32).to_le_bytes());
    file.extend(at.to_le_bytes());
    file.extend([0, 0]);
    file
}

fn told_of(file: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    std::fs::write(&path, file).unwrap();
    let error = read_npz(&path, None, None).unwrap_err().to_string();
    error.replace(&format!("{}: ", path.display()), "")
}

#[test]
fn a_zip_bomb_is_refused_before_room_is_made_for_it() {
    let y = npy("<i8", "(2,)", &[0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    let good = npy("|u1", "(2, 3)", &[1, 2, 3, 4, 5, 6]);
    let y_file = ("y.npy", &y[..], y.len() as u32);
    let whole = zip(&[y_file, ("x.npy", &good, good.len() as u32)]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.npz"), whole).unwrap();
    assert_eq!(read_npz(&folder.path().join("x.npz"), None, None).unwrap().len(), 2);
    // The header promises more than the archive says that there is.
    let lie = npy("|u1", "(2, 2000000000)", &[1; 6]);
    assert_eq!(
        told_of(&zip(&[y_file, ("x.npy", &lie, lie.len() as u32)])),
        "is truncated: its header promises 4000000000 bytes of values, 6 are there"
    );
    // Both lie.
    let size = lie.len() as u32 - 6 + 4_000_000_000;
    assert_eq!(
        told_of(&zip(&[y_file, ("x.npy", &lie, size)])),
        "is no NPZ file that can be read: an array of more than 1 GiB is packed into less than a \
         hundredth, as a zip bomb is; if it is real, numpy.savez stores it as it is"
    );
    // The archive holds more than it says.
    let more = npy("|u1", "(2, 3)", &[0; 1 << 20]);
    assert_eq!(
        told_of(&zip(&[y_file, ("x.npy", &more, more.len() as u32 - (1 << 20) + 6)])),
        "goes on after the 6 bytes of values that its header promises"
    );
    assert_eq!(
        told_of(&zip(&[y_file, ("x.npy", &npy("<f8", "(99999999999, 99999999999)", &[]), 128)])),
        "holds [99999999999, 99999999999] values, more than can be read (4,294,967,295 samples, \
         and memory)"
    );
}
