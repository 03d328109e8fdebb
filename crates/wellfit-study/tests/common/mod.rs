//! A small data set in IDX files.

use std::fs;
use std::path::Path;

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
