//! Runs that are watched from inside.

mod common;

use common::{CLASSES, clouds, numbers, plan, splits, timeless};
use wellfit_data::Splits;
use wellfit_train::plan::{Average, EarlyStoppingSettings, Metric, Schedule, ScheduleKind, Warmup};
use wellfit_train::record::{Record, RunState, Watch};
use wellfit_train::{Plan, TrainOptions, Trained, train};

fn run(plan: &Plan, splits: &Splits) -> Trained {
    train(plan, splits, TrainOptions::default()).unwrap()
}

fn watch(plan: &Plan, splits: &Splits) -> Watch {
    run(plan, splits).record.watch.unwrap()
}

fn epochs(watch: &Watch) -> Vec<usize> {
    watch.looks.iter().map(|look| look.epoch).collect()
}

#[test]
fn watching_changes_no_bit_of_a_run() {
    let mut plans = vec![plan(), plan()];
    plans[1].train.average = Some(Average::Ema { decay: 0.9 });
    for mut plan in plans {
        let seen = run(&plan, &splits());
        plan.train.watch = false;
        let unseen = run(&plan, &splits());
        assert_eq!(unseen.record.watch, None);
        assert_ne!(seen.record.plan_hash, unseen.record.plan_hash);
        let plain = |record: &Record| {
            timeless(Record { watch: None, plan_hash: String::new(), ..record.clone() })
        };
        assert_eq!(plain(&seen.record), plain(&unseen.record));
        assert_eq!((seen.best, seen.last), (unseen.best, unseen.last));
    }
}

#[test]
fn looks_come_at_both_ends_and_so_often_that_they_cost_little() {
    // 50 samples: looking costs much beside them.
    let few = watch(&plan(), &splits());
    assert_eq!((few.samples, epochs(&few)), (32, vec![0, 1, 6]));
    assert!(few.every > 6);
    let many = Splits { train: clouds(50_000, 1), ..splits() };
    let many = watch(&plan(), &many);
    assert_eq!((many.samples, many.every, epochs(&many)), (128, 1, (0..=6).collect()));
}

#[test]
fn a_run_that_stops_early_is_looked_at_where_it_stopped() {
    let mut plan = plan();
    plan.train.epochs = 50;
    plan.train.early_stopping =
        Some(EarlyStoppingSettings { monitor: Metric::TrainLoss, patience: 1, min_delta: 1.0 });
    let record = run(&plan, &splits()).record;
    assert_eq!(record.state, RunState::StoppedEarly);
    let watch = record.watch.unwrap();
    assert_eq!(epochs(&watch), [0, 1, record.epochs.len()]);
}

#[test]
fn a_run_that_diverges_is_looked_at_where_it_diverged() {
    let mut plan = plan();
    plan.train.optimizer =
        wellfit_nn::Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
    plan.train.lr = 1e30;
    let record = run(&plan, &splits()).record;
    assert!(matches!(record.state, RunState::Diverged { .. }));
    // JSON has no NaN, and yet the record is written and read.
    let text = serde_json::to_string(&record).unwrap();
    let read: Record = serde_json::from_str(&text).unwrap();
    let last = read.watch.unwrap().looks.pop().unwrap();
    assert_eq!(last.epoch, record.epochs.len());
    assert!(!last.rms.iter().chain(&last.gradient_rms).all(|rms| rms.is_finite()));
}

#[test]
fn a_look_has_a_figure_for_each_layer_and_tensor() {
    let watch = watch(&plan(), &splits());
    let layers: Vec<_> =
        watch.layers.iter().map(|l| (&l.layer[..], &l.name[..], l.units)).collect();
    // Dropout is no layer to look at, but counts.
    assert_eq!(layers, [("1", "relu", 16), ("3", "linear", CLASSES)]);
    assert_eq!(watch.parameters, ["0.weight", "0.bias", "3.weight", "3.bias"]);
    for look in &watch.looks {
        assert_eq!([look.rms.len(), look.gradient_rms.len(), look.dead.len()], [2; 3]);
        let tensors = [&look.norm, &look.gradient_norm, &look.update_norm];
        assert!(tensors.iter().all(|figures| figures.len() == 4));
        assert!(look.dead[0].is_some() && look.dead[1].is_none() && look.unchanged.is_empty());
    }
    let first = &watch.looks[0];
    assert!((first.loss - (CLASSES as f64).ln()).abs() < 0.3, "{}", first.loss);
    // Adam's first step moves each of the 96 weights by the rate, 0.01.
    assert!((first.update_norm[0] / (0.01 * 96f64.sqrt()) - 1.0).abs() < 1e-3);
    assert!(watch.looks.last().unwrap().loss < first.loss);
}

#[test]
fn classes_are_counted_as_they_are_and_as_they_are_predicted() {
    let mut plan = plan();
    plan.train.epochs = 3;
    let trained = run(&plan, &splits());
    let record = &trained.record;
    let classes = record.watch.clone().unwrap().classes.unwrap();
    assert_eq!(classes.train.iter().sum::<u64>(), 50);
    assert_eq!(classes.validation.as_ref().unwrap().iter().sum::<u64>(), 37);
    assert!(!classes.weighted);
    let (best, last) = (classes.best.unwrap(), classes.last.unwrap());
    assert_eq!((Some(best.epoch), last.epoch), (record.best_epoch, 3));
    // Each class is predicted at least as often as rightly.
    let hits = record.last_samples.as_ref().unwrap().scores.hits().unwrap().to_vec();
    let set = splits().validation.unwrap();
    let wellfit_data::Targets::Classes { labels, .. } = set.targets() else { unreachable!() };
    for class in 0..CLASSES {
        let right = labels.iter().zip(&hits).filter(|&(&l, &hit)| hit && l as usize == class);
        assert!(right.count() as u64 <= last.counts[class]);
    }
    assert_eq!(last.counts.iter().sum::<u64>(), 37);
}

#[test]
fn regression_has_no_classes_to_count() {
    let mut plan = plan();
    plan.model.layers[3] = wellfit_nn::Layer::Linear { out: 3, bias: true };
    let splits = Splits { train: numbers(50, 1), validation: None, test: None, ..splits() };
    assert_eq!(watch(&plan, &splits).classes, None);
}

#[test]
fn weights_that_do_not_move_are_named() {
    let mut plan = plan();
    plan.train.optimizer =
        wellfit_nn::Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
    plan.train.lr = 1e-30;
    let watch = watch(&plan, &splits());
    assert!(watch.looks[0].unchanged.is_empty());
    assert!(watch.looks[1..].iter().all(|look| look.unchanged == watch.parameters));
}

#[test]
fn weights_that_move_between_two_looks_are_not_called_unmoved() {
    let mut plan = plan();
    plan.train.optimizer =
        wellfit_nn::Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
    // One step an epoch, and no rate worth the name in the first and in the last.
    plan.train.batch_size = 50;
    plan.train.schedule = Some(Schedule {
        kind: ScheduleKind::Step { every: 4, factor: 1e-30 },
        warmup: Some(Warmup { epochs: 1, start_factor: 1e-30 }),
    });
    let record = run(&plan, &splits()).record;
    let rates: Vec<bool> = record.epochs.iter().map(|row| row.lr > 1e-20).collect();
    assert_eq!(rates, [false, true, true, true, true, false]);
    let watch = record.watch.unwrap();
    assert_eq!(epochs(&watch), [0, 1, 6]);
    assert_eq!(watch.looks[1].unchanged, watch.parameters);
    assert!(watch.looks[2].unchanged.is_empty(), "{:?}", watch.looks[2]);
}
