//! Runs that change and blend their training samples, and that limit their units' norms.

mod common;

use std::path::Path;

use common::{numbers, plan, splits, timeless};
use wellfit_data::{Augment, Dataset, Features, Preparation, Scale, Shape, Splits};
use wellfit_nn::{Layer, Tensor};
use wellfit_random::{Key, Purpose};
use wellfit_train::record::{EpochRow, Record, RunState};
use wellfit_train::{
    Decision, Observer, Plan, Start, TrainError, TrainOptions, augmented, evaluate, read_record,
    read_tensors, train, train_in,
};

/// `n` images of bytes, 2 channels of 6×5 pixels, bright in the rows of their class.
fn images(n: usize, seed: u64) -> Dataset {
    let mut stream = Key { seed, purpose: Purpose::Synthetic, layer: 1, step: 0 }.stream();
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let label = stream.below(3) as u32;
        labels.push(label);
        for pixel in 0..60 {
            let bright = pixel / 5 % 3 == label as usize;
            values.push(stream.below(120) as u8 + if bright { 120 } else { 0 });
        }
    }
    let names = ["a", "b", "c"].map(String::from).to_vec();
    let shape = Shape::Image { channels: 2, height: 6, width: 5 };
    Dataset::from_bytes(shape, values, labels, names).unwrap()
}

fn image_splits() -> Splits {
    Splits {
        train: images(50, 1),
        validation: Some(images(37, 2)),
        test: None,
        preparation: Preparation::fixed(Scale::Unit).into(),
        ..splits()
    }
}

fn everything() -> Vec<Augment> {
    vec![
        Augment::Flip { p: 0.5 },
        Augment::FlipVertical { p: 0.2 },
        Augment::Shift { pixels: 1 },
        Augment::Rotate { degrees: 20.0 },
        Augment::Zoom { by: 0.2 },
        Augment::Erase { p: 0.5, area: 0.3 },
        Augment::Brightness { by: 0.2 },
        Augment::Contrast { by: 0.2 },
        Augment::Noise { std: 0.05 },
        Augment::Cutmix { alpha: 1.0 },
        Augment::Crop { padding: 2 },
    ]
}

fn image_plan() -> Plan {
    let mut plan = plan();
    plan.train.augment = everything();
    plan.train.max_norm = Some(0.8);
    plan
}

fn outcome(plan: &Plan, splits: &Splits, threads: usize) -> (Record, Vec<Tensor>, Vec<Tensor>) {
    let options = TrainOptions { threads: &|| threads, ..Default::default() };
    let trained = train(plan, splits, options).unwrap();
    assert_eq!(trained.record.state, RunState::Complete);
    (timeless(trained.record), trained.best, trained.last)
}

#[test]
fn augmented_runs_have_the_same_bits_at_any_number_of_threads() {
    let mut layers =
        vec![Layer::Conv2d { out: 6, window: wellfit_nn::Window::square(3, 1, 1), bias: true }];
    layers.extend([Layer::BatchNorm, Layer::RELU, Layer::Flatten]);
    layers.push(Layer::Linear { out: 3, bias: true });
    let mut convolutional = Plan::new("images", layers);
    convolutional.train = image_plan().train;
    for plan in [image_plan(), convolutional] {
        let one = outcome(&plan, &image_splits(), 1);
        for threads in [2, 3, 8] {
            assert_eq!(outcome(&plan, &image_splits(), threads), one);
        }
        let mut plain = plan.clone();
        plain.train.augment.clear();
        assert_ne!(outcome(&plain, &image_splits(), 1), one);
    }
}

struct StopAfter(usize);

impl Observer for StopAfter {
    fn epoch(&mut self, row: &EpochRow) -> Decision {
        if row.epoch == self.0 { Decision::Stop } else { Decision::Continue }
    }
}

#[test]
fn an_augmented_run_that_was_stopped_goes_on_to_the_same_bits() {
    let plan = image_plan();
    let (record, best, last) = outcome(&plan, &image_splits(), 2);
    let folder = tempfile::tempdir().unwrap();
    let folder: &Path = folder.path();
    let go_on = |epoch: usize| {
        let mut observer = StopAfter(epoch);
        let options = TrainOptions { observer: Some(&mut observer), ..Default::default() };
        train_in(folder, &plan, &image_splits(), options).unwrap()
    };
    assert_eq!(go_on(2).0.state, RunState::Interrupted);
    assert_eq!(go_on(4).1, Start::Resumed { epoch: 2 });
    assert_eq!(go_on(0).1, Start::Resumed { epoch: 4 });
    assert_eq!(timeless(read_record(folder).unwrap().unwrap()), record);
    for (file, wanted) in [("model", best), ("last", last)] {
        let found = read_tensors(&folder.join(format!("{file}.safetensors"))).unwrap();
        for tensor in wanted {
            let found = found.iter().find(|t| t.name == tensor.name).unwrap();
            assert_eq!(found.data, tensor.data, "{file}: {}", tensor.name);
        }
    }
}

#[test]
fn figures_and_looks_are_of_samples_as_they_are_stored() {
    let plan = image_plan();
    let (record, _, last) = outcome(&plan, &image_splits(), 1);
    let splits = image_splits();
    let own = evaluate(&plan, &last, &splits, &splits.train, 1).unwrap();
    let row = record.last().unwrap();
    assert_eq!((own.loss, own.score), (row.train_eval_loss, row.train_score));
    let mut plain = plan.clone();
    plain.train.augment.clear();
    let (other, _, _) = outcome(&plain, &splits, 1);
    let [one, other] = [record, other].map(|record| record.watch.unwrap().looks.remove(0));
    assert_eq!(one, other, "the look before the first epoch");
}

#[test]
fn units_end_at_their_largest_norm() {
    let mut plan = plan();
    plan.train.max_norm = Some(0.5);
    let (_, _, last) = outcome(&plan, &splits(), 2);
    let mut reached = 0;
    for tensor in last.iter().filter(|tensor| tensor.shape.len() > 1) {
        for unit in tensor.data.chunks(tensor.data.len() / tensor.shape[0]) {
            let norm = unit.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>().sqrt();
            assert!(norm <= 0.5 + 1e-6, "{}: {norm}", tensor.name);
            reached += usize::from(norm > 0.5 - 1e-6);
        }
    }
    assert!(reached > 5, "only {reached} units");
}

#[test]
fn tables_take_noise_and_mixup_for_classes_and_numbers() {
    let mut plan = plan();
    plan.train.augment = vec![Augment::Noise { std: 0.1 }, Augment::Mixup { alpha: 0.4 }];
    let (record, _, _) = outcome(&plan, &splits(), 2);
    assert!(record.last().unwrap().train_score > 0.6);
    let regression =
        Splits { train: numbers(50, 1), validation: Some(numbers(30, 2)), test: None, ..splits() };
    let one = outcome(&plan, &regression, 1);
    assert_eq!(outcome(&plan, &regression, 3), one);
    assert!(one.0.epochs.iter().all(|row| row.train_loss.is_finite()));
}

#[test]
fn an_augmentation_that_does_not_fit_the_data_is_told_before_training_with_its_key() {
    let error = |augment: Vec<Augment>, splits: &Splits| {
        let mut plan = plan();
        plan.train.augment = augment;
        match train(&plan, splits, TrainOptions::default()).unwrap_err() {
            TrainError::Plan(error) => error.to_string(),
            other => panic!("{other}"),
        }
    };
    let noise = Augment::Noise { std: 0.1 };
    let vectors = error(vec![noise, Augment::Flip { p: 0.5 }], &splits());
    let wanted = "train.augment.1: flip is for images, but a sample is 6 values";
    assert!(vectors.contains(wanted), "{vectors}");
    let far = error(vec![Augment::Crop { padding: 5 }], &image_splits());
    let wanted = "train.augment.0: crop has padding = 5, which must be below the 2×6×5 image's";
    assert!(far.contains(wanted), "{far}");
    let twice = vec![Augment::Mixup { alpha: 0.2 }, Augment::Cutmix { alpha: 1.0 }];
    let twice = error(twice, &image_splits());
    assert!(twice.contains("train.augment.1 is cutmix, but samples are blended once"), "{twice}");
}

#[test]
fn samples_can_be_looked_at_as_training_sees_them() {
    let (mut plan, splits) = (image_plan(), image_splits());
    let seen = |plan: &Plan, epoch| {
        augmented(plan, &splits.train, &splits.preparation, epoch, &[3, 0, 49]).unwrap()
    };
    let Features::Bytes(bytes) = splits.train.features() else { unreachable!() };
    let first = seen(&plan, 1);
    assert_eq!(first, seen(&plan, 1));
    assert_ne!(first, seen(&plan, 2));
    assert!(first.iter().any(|sample| sample.blend.is_some()));
    plan.train.augment.clear();
    for (sample, i) in seen(&plan, 1).iter().zip([3, 0, 49]) {
        let stored = bytes[i * 60..(i + 1) * 60].iter().map(|&byte| f32::from(byte) / 255.0);
        assert!(sample.values.iter().copied().eq(stored) && sample.blend.is_none());
    }
}
