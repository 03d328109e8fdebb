//! Small data sets, in IDX files and in an NPZ file, and who stops a study.
#![allow(dead_code)] // Each test program uses its own part.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use wellfit_study::{Trial, Watch};
use wellfit_train::record::EpochRow;

const SIDE: usize = 4;

/// Images of three classes, each bright in a row of its own, with some noise: so many to
/// train on, and 30 to test.
pub fn write_data(folder: &Path, train: usize) {
    write_classes(folder, train, |sample| sample % 3);
}

/// The same with another class for each sample.
pub fn write_classes(folder: &Path, train: usize, class: impl Fn(usize) -> usize) {
    for (part, samples) in [("train", train), ("t10k", 30)] {
        let mut images = vec![0, 0, 8, 3];
        for dim in [samples, SIDE, SIDE] {
            images.extend((dim as u32).to_be_bytes());
        }
        let mut labels = vec![0, 0, 8, 1];
        labels.extend((samples as u32).to_be_bytes());
        let mut noise: u32 = 1;
        for sample in 0..samples {
            for pixel in 0..SIDE * SIDE {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let bright = if pixel / SIDE == class(sample) { 60 } else { 0 };
                images.push((noise >> 24) as u8 / 2 + bright);
            }
            labels.push(class(sample) as u8);
        }
        fs::write(folder.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
        fs::write(folder.join(format!("{part}-labels-idx1-ubyte")), labels).unwrap();
    }
}

/// Points of two classes on two overlapping sides, as an NPZ file.
pub fn write_npz(path: &Path, samples: usize) {
    let mut noise: u32 = 7;
    let mut next = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 8) as f32 / (1 << 24) as f32
    };
    let mut x: Vec<u8> = Vec::new();
    for sample in 0..samples {
        let side = if sample % 2 == 0 { -0.3 } else { 0.3 };
        (0..4).for_each(|_| x.extend((side + next() - 0.5).to_le_bytes()));
    }
    let y: Vec<u8> = (0..samples).map(|sample| (sample % 2) as u8).collect();
    let x = npy("<f4", &format!("({samples}, 4)"), &x);
    let y = npy("|u1", &format!("({samples},)"), &y);
    fs::write(path, zip(&[("x.npy", &x), ("y.npy", &y)])).unwrap();
}

fn npy(descr: &str, shape: &str, values: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend_from_slice(values);
    bytes
}

/// A zip archive of files as they are.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let mut entry = vec![10, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        entry.extend(crc(content).to_le_bytes());
        entry.extend((content.len() as u32).to_le_bytes());
        entry.extend((content.len() as u32).to_le_bytes());
        entry.extend((name.len() as u16).to_le_bytes());
        entry.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&entry);
        directory.extend([0; 10]);
        directory.extend((bytes.len() as u32).to_le_bytes());
        directory.extend(name.bytes());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&entry);
        bytes.extend(name.bytes());
        bytes.extend(*content);
    }
    let (start, count) = (bytes.len() as u32, files.len() as u16);
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    bytes.extend((directory.len() as u32).to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

/// CRC-32 as ZIP has it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// Raises `stop` after so many epochs.
pub struct StopAfter {
    pub epochs: AtomicUsize,
    pub most: usize,
    pub stop: Arc<AtomicBool>,
}

impl Watch for StopAfter {
    fn epoch(&self, _: &Trial, _: &EpochRow) {
        if self.epochs.fetch_add(1, Ordering::Relaxed) + 1 >= self.most {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}
