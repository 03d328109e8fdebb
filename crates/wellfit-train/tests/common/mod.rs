//! Small data and plans that the tests train on.

#![allow(dead_code, reason = "each test file uses a part of it")]

use wellfit_data::{Dataset, Features, Preparation, Scale, Shape, Splits, Targets};
use wellfit_nn::Layer;
use wellfit_random::{Key, Purpose};
use wellfit_train::Plan;
use wellfit_train::record::Record;

pub const FEATURES: usize = 6;
pub const CLASSES: usize = 3;

/// `n` samples in three clouds around corners of a cube.
pub fn clouds(n: usize, seed: u64) -> Dataset {
    let key = Key { seed, purpose: Purpose::Synthetic, layer: 0, step: 0 };
    let mut stream = key.stream();
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let label = stream.below(CLASSES as u64) as u32;
        labels.push(label);
        for feature in 0..FEATURES {
            let centre = f64::from(feature as u32 % CLASSES as u32 == label);
            values.push((centre + 2.0 * (stream.uniform() - 0.5)) as f32);
        }
    }
    let names = (0..CLASSES).map(|class| class.to_string()).collect();
    Dataset::from_floats(Shape::Vector(FEATURES), values, labels, names).unwrap()
}

/// 3 numbers that the network can learn from 6.
pub fn numbers(n: usize, seed: u64) -> Dataset {
    let clouds = clouds(n, seed);
    let Features::Floats(values) = clouds.features() else { unreachable!() };
    let target = |row: &[f32]| [row[0] - 2.0 * row[1], row[2] * row[3], 5.0 + row[4]];
    let targets = values.chunks(FEATURES).flat_map(target).collect();
    let targets = Targets::numbers(targets, ["a", "b", "c"].map(String::from).to_vec());
    Dataset::new(clouds.shape(), clouds.features().clone(), targets).unwrap()
}

pub fn splits() -> Splits {
    Splits {
        train: clouds(50, 1),
        validation: Some(clouds(37, 2)),
        test: Some(clouds(20, 3)),
        preparation: Preparation::fixed(Scale::None).into(),
        validation_is_test: false,
        origin: "synthetic".into(),
    }
}

/// A network with a hidden layer and dropout, for six epochs of partial last batches.
pub fn plan() -> Plan {
    let mut plan = Plan::new(
        "clouds",
        vec![
            Layer::Linear { out: 16, bias: true },
            Layer::RELU,
            Layer::Dropout { p: 0.25 },
            Layer::Linear { out: CLASSES, bias: true },
        ],
    );
    plan.train.epochs = 6;
    plan.train.batch_size = 8;
    plan.train.lr = 1e-2;
    plan
}

/// A record without what may differ between two runs of one plan: times and resumes.
pub fn timeless(mut record: Record) -> Record {
    for row in &mut record.epochs {
        (row.train_seconds, row.seconds) = (0.0, 0.0);
    }
    let resumed = |event: &wellfit_train::record::Event| {
        matches!(event, wellfit_train::record::Event::Resumed { .. })
    };
    record.events.retain(|event| !resumed(event));
    record
}
