//! Files of every kind that the readers know, made by hand.
#![allow(dead_code)] // Each test program uses its own part.

use std::io::Write;
use std::path::Path;

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};

/// An IDX file of unsigned bytes.
pub fn idx(dims: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dims.len() as u8];
    bytes.extend(dims.iter().flat_map(|dim| dim.to_be_bytes()));
    bytes.extend_from_slice(values);
    bytes
}

/// gzip.
pub fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An NPY array.
pub fn npy(descr: &str, dims: &[usize], values: &[u8]) -> Vec<u8> {
    let dims: String = dims.iter().map(|dim| format!("{dim}, ")).collect();
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({dims}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend_from_slice(values);
    bytes
}

/// A zip archive.
pub fn zip(files: &[(&str, &[u8])], deflate: bool) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let mut crc = Crc::new();
        crc.update(content);
        let packed = if deflate {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(content).unwrap();
            encoder.finish().unwrap()
        } else {
            content.to_vec()
        };
        let mut entry = vec![20, 0, 0, 0, if deflate { 8 } else { 0 }, 0, 0, 0, 0, 0];
        entry.extend(crc.sum().to_le_bytes());
        entry.extend((packed.len() as u32).to_le_bytes());
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
        bytes.extend(packed);
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

/// Writes `PREFIX-images-idx3-ubyte.gz` and its labels: 2×2 images whose bytes are
/// the sample's number (modulo 256).
pub fn write_pair(folder: &Path, prefix: &str, labels: &[u8]) {
    let n = labels.len() as u32;
    let images: Vec<u8> = (0..labels.len()).flat_map(|i| [i as u8; 4]).collect();
    std::fs::create_dir_all(folder).unwrap();
    let file = |name: &str| folder.join(format!("{prefix}-{name}-ubyte.gz"));
    std::fs::write(file("images-idx3"), gz(&idx(&[n, 2, 2], &images))).unwrap();
    std::fs::write(file("labels-idx1"), gz(&idx(&[n], labels))).unwrap();
}

/// `n` labels 0, 1, …, `classes` − 1, 0, 1, …
pub fn labels(n: usize, classes: usize) -> Vec<u8> {
    (0..n).map(|i| (i % classes) as u8).collect()
}
