//! A data set as the engine takes it.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use wellfit_data::{Dataset, Features, Preparation};
use wellfit_nn::{Samples, Shape, Target, Targets, Values};

use crate::plan::hex;

/// The samples of `dataset`; values are shared, not copied. Bytes stand for what
/// `preparation` says; numbers stay as they are.
///
/// # Panics
/// For a table as it was read: it must be prepared first.
pub fn samples(dataset: &Dataset, preparation: &Preparation) -> Samples {
    let values = match dataset.features() {
        Features::Bytes(bytes) => {
            let table = preparation.byte_values();
            Values::Bytes(bytes.clone(), Arc::new(table))
        }
        Features::Floats(floats) => Values::Floats(floats.clone()),
        Features::Table(_) => panic!("a table must be prepared before it is trained on"),
    };
    Samples {
        features: dataset.shape().len(),
        values,
        targets: match dataset.targets() {
            wellfit_data::Targets::Classes { labels, .. } => Targets::Classes(labels.clone()),
            wellfit_data::Targets::Numbers { values, names } => {
                Targets::Numbers { per_sample: names.len(), values: values.clone() }
            }
        },
        rows: dataset.rows().cloned(),
    }
}

/// The shape of its samples.
pub fn shape(dataset: &Dataset) -> Shape {
    match dataset.shape() {
        wellfit_data::Shape::Vector(features) => Shape::Flat(features),
        wellfit_data::Shape::Image { channels, height, width } => {
            Shape::Image { channels, height, width }
        }
    }
}

/// SHA-256 of what an engine sees of these sets: sizes, targets and values, in order.
pub fn fingerprint(sets: &[&Samples]) -> String {
    let mut hash = Sha256::new();
    for set in sets {
        hash.update((set.len() as u64).to_le_bytes());
        hash.update((set.features as u64).to_le_bytes());
        if let Values::Bytes(_, table) = &set.values {
            table.iter().for_each(|value| hash.update(value.to_le_bytes()));
        }
        let mut row_bytes = Vec::new();
        for i in 0..set.len() {
            let at = set.row(i) * set.features;
            match set.target(i) {
                Target::Class(class) => hash.update(class.to_le_bytes()),
                Target::Numbers(numbers) => {
                    numbers.iter().for_each(|number| hash.update(number.to_le_bytes()));
                }
            }
            match &set.values {
                Values::Bytes(bytes, _) => hash.update(&bytes[at..at + set.features]),
                Values::Floats(floats) => {
                    row_bytes.clear();
                    let row = &floats[at..at + set.features];
                    row_bytes.extend(row.iter().flat_map(|value| value.to_le_bytes()));
                    hash.update(&row_bytes);
                }
            }
        }
    }
    hex(&hash.finalize())
}
