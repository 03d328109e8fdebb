//! Every remedy of the registry trains on a little set through the real engine.

use wellfit_data::{
    DataRequest, Dataset, Features, Preparation, RawSplits, Scale, Shape, Splits, Targets,
};
use wellfit_nn::{Layer, Window};
use wellfit_study::remedy::{Call, Calls, REMEDIES, apply_chain};
use wellfit_train::record::RunState;
use wellfit_train::{Plan, Record, TrainOptions, train};

/// Images of three classes, each bright in rows of its own.
fn images(samples: u32) -> Dataset {
    let mut noise: u32 = 7;
    let mut values = Vec::new();
    for sample in 0..samples {
        for pixel in 0..64 {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let bright = if pixel / 8 % 3 == sample % 3 { 90 } else { 0 };
            values.push((noise >> 24) as u8 / 2 + bright);
        }
    }
    let labels = (0..samples).map(|sample| sample % 3).collect();
    let names = ["a", "b", "c"].map(String::from).to_vec();
    let shape = Shape::Image { channels: 1, height: 8, width: 8 };
    Dataset::from_bytes(shape, values, labels, names).unwrap()
}

fn splits(plan: &Plan) -> Splits {
    let (train, validation) = (images(48), images(15));
    Splits {
        train,
        validation: Some(validation),
        test: None,
        preparation: Preparation::fixed(Scale::Unit).into(),
        validation_is_test: false,
        origin: plan.data.source.clone(),
    }
}

/// A network in which every remedy has a place.
fn plan() -> Plan {
    let linear = |out| Layer::Linear { out, bias: true };
    let mut plan = Plan::new(
        "./images",
        vec![
            Layer::Conv2d { out: 4, window: Window::square(3, 1, 1), bias: true },
            Layer::RELU,
            Layer::MaxPool2d { window: Window::square(2, 2, 0) },
            Layer::Flatten,
            linear(8),
            Layer::RELU,
            linear(6),
            Layer::RELU,
            linear(3),
        ],
    );
    (plan.train.epochs, plan.train.batch_size) = (8, 12);
    plan
}

fn trained(plan: &Plan) -> Record {
    let record = train(plan, &splits(plan), TrainOptions::default()).unwrap().record;
    let ended = [RunState::Complete, RunState::StoppedEarly];
    assert!(ended.contains(&record.state), "{:?}", record.state);
    assert!(record.epochs.iter().all(|row| row.train_eval_loss.is_finite()));
    record
}

/// What prepares data is done before training: see below.
fn prepares(plan: &Plan) -> bool {
    plan.data != DataRequest::of("./images")
}

#[test]
fn every_remedy_trains_at_the_strength_to_begin_with() {
    let base = plan();
    let figures = |record: &Record| -> Vec<(f64, Option<f64>)> {
        record.epochs.iter().map(|row| (row.train_loss, row.val_loss)).collect()
    };
    let baseline = figures(&trained(&base));
    for remedy in REMEDIES {
        let apply = |call: &str| call.parse::<Call>().unwrap().apply(&base).unwrap();
        let plan = apply(remedy.usual);
        if prepares(&plan) {
            continue;
        }
        trained(&plan);
        // So strong that eight short epochs show it.
        let strong = match remedy.name {
            "early-stopping" => "early-stopping(1, min_delta=10)",
            "reduce-on-plateau" => "reduce-on-plateau(patience=0, threshold=9, threshold_mode=abs)",
            "step" => "step(1)",
            "clip-grad-norm" => "clip-grad-norm(0.01)",
            "max-norm" => "max-norm(0.1)",
            _ => remedy.usual,
        };
        assert_ne!(figures(&trained(&apply(strong))), baseline, "{strong}");
    }
}

#[test]
fn every_strength_of_an_advised_range_trains() {
    for remedy in REMEDIES {
        let Some(Ok(Calls::Several(several))) = remedy.range.map(str::parse) else { continue };
        for (_, call) in &several.calls {
            let plan = call.apply(&plan()).unwrap();
            if !prepares(&plan) {
                trained(&plan);
            }
        }
    }
}

#[test]
fn a_long_chain_trains() {
    let calls = [
        "smaller(0.75)",
        "batch-norm",
        "dropout(0.2)",
        "label-smoothing",
        "class-weights",
        "weight-decay(1e-3)",
        "elastic-net(1e-5)",
        "warmup",
        "cosine",
        "clip-grad-norm",
        "ema(0.9)",
        "early-stopping",
    ];
    let calls = calls.map(|text| text.parse::<Call>().unwrap());
    trained(&apply_chain(&plan(), &calls).unwrap());
}

#[test]
fn numbers_are_predicted_with_every_remedy_that_is_not_for_classes() {
    let values: Vec<f32> = (0..96).map(|i| (i * 37 % 96) as f32 / 96.0).collect();
    let targets = (0..48).map(|i| values[2 * i] - values[2 * i + 1]).collect();
    let set = Dataset::new(
        Shape::Vector(2),
        Features::Floats(values.into()),
        Targets::numbers(targets, vec!["y".into()]),
    )
    .unwrap();
    let (linear, names) = (|out| Layer::Linear { out, bias: true }, ["class", "label", "cutmix"]);
    let layers = vec![linear(8), Layer::RELU, linear(6), Layer::RELU, linear(1)];
    let mut base = Plan::new("./images", layers);
    (base.train.epochs, base.train.batch_size) = (2, 12);
    for remedy in REMEDIES {
        let plan = remedy.usual.parse::<Call>().unwrap().apply(&base).unwrap();
        let for_images = remedy.name == "augment" || remedy.name.contains(names[2]);
        if prepares(&plan) || for_images {
            continue;
        }
        let splits = Splits {
            train: set.take(&(0..36).collect::<Vec<_>>()).unwrap(),
            validation: Some(set.take(&(36..48).collect::<Vec<_>>()).unwrap()),
            test: None,
            preparation: Preparation::fixed(Scale::None).into(),
            validation_is_test: false,
            origin: "made in code".into(),
        };
        let trained = train(&plan, &splits, TrainOptions::default());
        let classes = names.iter().any(|name| remedy.name.contains(name));
        match trained {
            Ok(trained) => {
                assert!(!classes, "{}", remedy.name);
                assert!(trained.record.epochs[1].val_loss.is_some_and(f64::is_finite));
            }
            Err(error) => assert!(classes, "{}: {error}", remedy.name),
        }
    }
}

#[test]
fn what_prepares_data_trains_on_data_that_were_so_prepared() {
    let mut noise: u32 = 3;
    let mut next = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 8) as f32 / 1e6
    };
    // Four numbers, of which one tells the class and one has an outlier.
    let n = 60;
    let values: Vec<f32> = (0..n)
        .flat_map(|i| {
            let outlier = if i == 7 { 1e4 } else { next() };
            [(i % 3) as f32 + 0.01 * next(), next(), outlier, next()]
        })
        .collect();
    let labels = (0..n).map(|i| i % 3).collect();
    let names = ["a", "b", "c"].map(String::from).to_vec();
    let set = Dataset::from_floats(Shape::Vector(4), values, labels, names).unwrap();
    let raw = || RawSplits {
        train: set.take(&(0..45).collect::<Vec<_>>()).unwrap(),
        validation: Some(set.take(&(45..60).collect::<Vec<_>>()).unwrap()),
        test: None,
        validation_is_test: false,
        origin: "made in code".into(),
    };
    let linear = |out| Layer::Linear { out, bias: true };
    let mut base = Plan::new("./images", vec![linear(8), Layer::RELU, linear(3)]);
    (base.train.epochs, base.train.batch_size) = (2, 15);
    let trained = |plan: &Plan| -> Vec<f64> {
        let splits = raw().prepare(&plan.data).unwrap();
        let record = train(plan, &splits, TrainOptions::default()).unwrap().record;
        assert_eq!(record.state, RunState::Complete);
        record.epochs.iter().map(|row| row.train_loss).collect()
    };
    let baseline = trained(&base);
    let mut seen = 0;
    for remedy in REMEDIES {
        let several = match remedy.range.map(str::parse) {
            Some(Ok(Calls::Several(several))) => several.calls,
            _ => Vec::new(),
        };
        let usual: Call = remedy.usual.parse().unwrap();
        let kinds = ["outliers(clip)", "outliers(drop)", "feature-selection(correlation, keep=2)"];
        let kinds = kinds.map(|text| text.parse::<Call>().unwrap());
        let kinds = kinds.into_iter().filter(|call| call.remedy() == remedy);
        for call in several.into_iter().map(|(_, call)| call).chain([usual]).chain(kinds) {
            let Ok(plan) = call.apply(&base) else { continue };
            // More samples are another draw: tested with the splits.
            if prepares(&plan) && plan.data.subset.is_none() {
                assert_ne!(trained(&plan), baseline, "{call}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 12, "{seen}");
}
