//! Every remedy of the registry trains on a little set through the real engine.

use wellfit_data::{DataRequest, Dataset, Features, Preparation, Scale, Shape, Splits, Targets};
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

/// What prepares data is done before training.
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
        if prepares(&plan) || !engine_has(&plan) {
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
            if !prepares(&plan) && engine_has(&plan) {
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
        if prepares(&plan) || !engine_has(&plan) || for_images {
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

/// Whether the engine has what the plan asks for.
fn engine_has(plan: &Plan) -> bool {
    plan.train.augment.is_empty() && plan.train.max_norm.is_none()
}
