//! Runs that are written by hand.

#![allow(dead_code)]

use std::fs;
use std::path::Path;

use wellfit_runs::{Curves, Options, ReadError, Series, read, read_text};

/// The runs of a text, as from stdin.
pub fn text(text: &str) -> Vec<Curves> {
    text_with(text, &Options::default()).unwrap()
}

/// The only run of a text.
pub fn one(written: &str) -> Curves {
    let mut runs = text(written);
    assert_eq!(runs.len(), 1, "{runs:#?}");
    runs.remove(0)
}

pub fn text_with(text: &str, options: &Options) -> Result<Vec<Curves>, ReadError> {
    read_text("stdin", text.as_bytes(), options)
}

/// Writes files into a new folder, and reads that folder.
pub fn folder(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Result<Vec<Curves>, ReadError>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let runs = read(folder.path(), &Options::default());
    (folder, runs)
}

/// A run's name within its folder.
pub fn within(folder: &Path, curves: &Curves) -> String {
    let name = Path::new(&curves.name);
    name.strip_prefix(folder).unwrap_or(name).display().to_string()
}

/// A series without gaps.
pub fn values(series: &Option<Series>) -> Vec<f64> {
    let values = &series.as_ref().expect("the series is there").values;
    values.iter().map(|value| value.expect("no gaps")).collect()
}

/// A series with gaps.
pub fn gappy(series: &Option<Series>) -> Vec<Option<f64>> {
    series.as_ref().expect("the series is there").values.clone()
}

pub fn name(series: &Option<Series>) -> &str {
    series.as_ref().map_or("", |series| &series.name)
}

pub fn names(curves: &Curves) -> [&str; 4] {
    [&curves.train_loss, &curves.val_loss, &curves.train_score, &curves.val_score].map(name)
}

pub fn has_note(curves: &Curves, words: &str) -> bool {
    curves.notes.iter().any(|note| note.contains(words))
}

/// A record of an event file with one scalar, in the old way or, as a tensor, in the new.
pub fn scalar(step: u8, tag: &str, value: f32, tensor: bool) -> Vec<u8> {
    let bytes = |number: u8, content: &[u8]| {
        [vec![number * 8 + 2, content.len() as u8], content.to_vec()].concat()
    };
    let value = match tensor {
        true => bytes(8, &[vec![8, 1], bytes(4, &value.to_le_bytes())].concat()),
        false => [vec![2 * 8 + 5], value.to_le_bytes().to_vec()].concat(),
    };
    let value = [bytes(1, tag.as_bytes()), value].concat();
    record(
        &[vec![9], 1.5e9_f64.to_le_bytes().to_vec(), vec![16, step], bytes(5, &bytes(1, &value))]
            .concat(),
    )
}

/// A record of an event file.
pub fn record(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    [&length[..], &masked(&length), bytes, &masked(bytes)].concat()
}

fn masked(bytes: &[u8]) -> [u8; 4] {
    let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISCSI).checksum(bytes);
    crc.rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}
