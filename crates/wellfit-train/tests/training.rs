//! Whole runs in memory, on the real engine.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::{clouds, numbers, plan, splits, timeless};
use wellfit_data::{Dataset, Splits, Targets};
use wellfit_metrics::{Confusion, Predicted, Ranking};
use wellfit_nn::{Layer, Measure, Optimizer, Scores, Tensor};
use wellfit_train::plan::{
    Average, ClassWeights, EarlyStoppingSettings, Extra, LossSettings, Metric, OneCycleSettings,
    PlateauSettings, ScheduleKind, SwaStart,
};
use wellfit_train::record::{EpochRow, Event, Record, RunState, ScoreKind};
use wellfit_train::{
    Decision, Observer, Plan, Run, TrainError, TrainOptions, classified, evaluate,
    evaluate_with_outputs, samples, score, summarise, train, write_tensors,
};

fn train_quietly(plan: &Plan) -> wellfit_train::Trained {
    train(plan, &splits(), TrainOptions::default()).unwrap()
}

#[test]
fn a_network_learns_and_its_record_says_how() {
    let mut plan = plan();
    plan.train.epochs = 30;
    let record = train_quietly(&plan).record;
    assert_eq!(record.state, RunState::Complete);
    assert_eq!(record.epochs.len(), 30);
    let (first, last) = (&record.epochs[0], record.last().unwrap());
    assert!(last.train_eval_loss < 0.7 * first.train_eval_loss, "{last:?}");
    assert!(last.train_score > 0.85, "{last:?}");
    assert!(last.val_score.unwrap() > 0.6, "{last:?}");
    assert!(record.epochs.iter().all(|row| row.lr == 1e-2 && row.seconds >= row.train_seconds));
    assert_eq!((record.plan_hash, record.arm.as_str()), (plan.hash(), "baseline"));
    let names: Vec<&str> = record.weights.iter().map(|weight| weight.name.as_str()).collect();
    assert_eq!(names, ["0.weight", "0.bias", "3.weight", "3.bias"]);
    assert_eq!(record.weights[0].histogram.counts.iter().sum::<u64>(), 16 * 6);
}

#[test]
fn the_epoch_with_the_lowest_validation_loss_is_kept() {
    let mut plan = plan();
    plan.train.epochs = 60;
    plan.train.lr = 5e-2;
    let trained = train_quietly(&plan);
    let record = &trained.record;
    let loss = |row: &EpochRow| row.val_loss.unwrap();
    let lowest = record.epochs.iter().map(loss).fold(f64::INFINITY, f64::min);
    let best = record.best().unwrap();
    assert_eq!(loss(best), lowest);
    assert!(best.epoch < 60, "the plan was made to overfit");

    let set = splits().validation.unwrap();
    for (weights, samples, row) in [
        (&trained.best, &record.best_samples, best),
        (&trained.last, &record.last_samples, record.last().unwrap()),
    ] {
        let samples = samples.as_ref().unwrap();
        let again = evaluate(&plan, weights, &splits(), &set, 2).unwrap();
        assert_eq!(samples.epoch, row.epoch);
        assert_eq!((&again.losses, &again.scores), (&samples.losses, &samples.scores));
        assert_eq!((again.loss, again.score), (loss(row), row.val_score.unwrap()));
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let run = |threads: usize| {
        let options = TrainOptions { threads: &|| threads, ..Default::default() };
        let trained = train(&plan(), &splits(), options).unwrap();
        (timeless(trained.record), trained.best, trained.last)
    };
    let alone = run(1);
    assert_eq!(run(2), alone);
    assert_eq!(run(3), alone);
    assert_eq!(run(0), alone);
}

#[test]
fn seed_and_order_move_the_result() {
    let losses = |plan: &Plan| {
        train_quietly(plan).record.epochs.iter().map(|row| row.train_loss).collect::<Vec<_>>()
    };
    let base = losses(&plan());
    assert_eq!(losses(&plan()), base);
    let mut other = plan();
    other.train.seed = 1;
    assert_ne!(losses(&other), base);
    let mut other = plan();
    other.train.shuffle = false;
    assert_ne!(losses(&other), base);
}

#[test]
fn divergence_ends_a_run_with_a_record() {
    let mut plan = plan();
    plan.train.optimizer = Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
    plan.train.lr = 1e30;
    let trained = train_quietly(&plan);
    let record = trained.record;
    let RunState::Diverged { epoch: 1, step: Some(step) } = record.state else {
        panic!("{:?}", record.state)
    };
    assert!(step >= 1, "the first loss is that of the initial weights");
    assert_eq!(record.events, [Event::Diverged { epoch: 1 }]);
    assert_eq!(record.epochs.len(), 1);
    assert!(!record.epochs[0].train_loss.is_finite());
    assert_eq!((record.best_epoch, trained.best.len()), (None, 0));
    let text = serde_json::to_string(&record).unwrap();
    let back: Record = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), text);
}

#[test]
fn early_stopping_ends_a_run_and_a_plateau_cuts_its_rate() {
    let mut plan = plan();
    plan.train.epochs = 200;
    plan.train.lr = 5e-2;
    plan.train.early_stopping = Some(EarlyStoppingSettings { patience: 6, ..Default::default() });
    let settings = PlateauSettings { factor: 0.5, patience: 1, ..Default::default() };
    plan.train.schedule = Some(ScheduleKind::ReduceOnPlateau(settings).into());
    let record = train_quietly(&plan).record;
    let epochs = record.epochs.len();
    assert_eq!(record.state, RunState::StoppedEarly);
    assert_eq!(record.events.last(), Some(&Event::StoppedEarly { epoch: epochs }));
    assert_eq!(record.best_epoch, Some(epochs - 6));
    let mut lr = 5e-2;
    for row in &record.epochs {
        assert_eq!(row.lr, lr, "epoch {}", row.epoch);
        for event in &record.events {
            if let Event::RateCut { epoch, lr: new } = event
                && *epoch == row.epoch
            {
                assert_eq!(*new, lr / 2.0);
                lr = *new;
            }
        }
    }
    assert!(lr < 5e-2, "the rate was cut");
}

/// What `run` leaves after each epoch: the weights that it saves, and its row.
fn saved_after(plan: &Plan, epochs: usize) -> (Vec<Tensor>, EpochRow) {
    let never = AtomicBool::new(false);
    let mut run = Run::new(plan, &splits()).unwrap();
    for _ in 0..epochs {
        run.next_epoch(&never).unwrap();
    }
    let row = run.rows().last().unwrap().clone();
    (run.finish().last, row)
}

#[test]
fn swa_saves_the_mean_of_the_epochs_that_count_and_the_plain_weights_before() {
    let mut averaged = plan();
    averaged.train.average = Some(Average::Swa { start: SwaStart::Epoch(4) });
    let plain: Vec<_> = (1..=6).map(|epochs| saved_after(&plan(), epochs).0).collect();
    for epochs in 1..=6 {
        let (found, row) = saved_after(&averaged, epochs);
        for (tensor, found) in found.iter().enumerate() {
            for (i, &found) in found.data.iter().enumerate() {
                let of = |epoch: usize| f64::from(plain[epoch - 1][tensor].data[i]);
                let counted = if epochs < 4 { epochs..=epochs } else { 4..=epochs };
                let n = counted.clone().count() as f64;
                let wanted = counted.map(of).sum::<f64>() / n;
                let off = (f64::from(found) - wanted).abs();
                assert!(off < 1e-5, "epoch {epochs}, tensor {tensor}, {i}: {found} and {wanted}");
            }
        }
        let splits = splits();
        let set = splits.validation.as_ref().unwrap();
        let again = evaluate(&averaged, &found, &splits, set, 1).unwrap();
        assert_eq!(again.loss, row.val_loss.unwrap(), "{row:?}");
        let again = evaluate(&averaged, &found, &splits, &splits.train, 1).unwrap();
        assert_eq!(again.loss, row.train_eval_loss, "{row:?}");
    }
}

#[test]
fn averaged_weights_are_judged_kept_and_summed_up_and_training_goes_on_without_them() {
    let mut averaged = plan();
    averaged.train.epochs = 12;
    averaged.train.lr = 5e-2;
    averaged.train.average = Some(Average::Ema { decay: 0.9 });
    let mut plain = averaged.clone();
    plain.train.average = None;
    let options = || TrainOptions { open_test: true, ..Default::default() };
    let (ours, theirs) = (
        train(&averaged, &splits(), options()).unwrap(),
        train(&plain, &splits(), options()).unwrap(),
    );
    for (a, b) in ours.record.epochs.iter().zip(&theirs.record.epochs) {
        assert_eq!(a.train_loss, b.train_loss);
        assert_ne!(a.val_loss, b.val_loss);
    }
    let record = &ours.record;
    let lowest = record.epochs.iter().map(|row| row.val_loss.unwrap()).fold(f64::NAN, f64::min);
    assert_eq!(record.best().unwrap().val_loss, Some(lowest));
    let splits = splits();
    let set = splits.validation.as_ref().unwrap();
    assert_eq!(evaluate(&averaged, &ours.best, &splits, set, 1).unwrap().loss, lowest);
    let again = evaluate(&averaged, &ours.best, &splits, splits.test.as_ref().unwrap(), 1).unwrap();
    assert_eq!(record.test.as_ref().unwrap().loss, again.loss);
    assert_ne!(ours.last, theirs.last);
    assert_eq!(record.weights[0], summarise(&ours.last[0]));
}

#[test]
fn a_one_cycle_run_moves_rate_and_momentum_step_by_step() {
    let mut cycled = plan();
    cycled.train.optimizer = Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
    let settings = OneCycleSettings::new(0.1);
    cycled.train.schedule = Some(ScheduleKind::OneCycle(settings).into());
    let record = train_quietly(&cycled).record;
    // The last of 6·7 steps has the lowest rate, 0.1/25/10⁴.
    assert!((record.last().unwrap().lr - 4e-7).abs() < 1e-18, "{:?}", record.last());
    let still = OneCycleSettings { cycle_momentum: false, ..settings };
    cycled.train.schedule = Some(ScheduleKind::OneCycle(still).into());
    let other = train_quietly(&cycled).record;
    let rates = |record: &Record| record.epochs.iter().map(|row| row.lr).collect::<Vec<_>>();
    assert_eq!(rates(&record), rates(&other));
    assert_ne!(record.epochs[0].train_loss, other.epochs[0].train_loss);
}

/// Notes what it is told and stops after an epoch.
struct Notes {
    epochs: Vec<usize>,
    events: Vec<Event>,
    stop_after: usize,
}

impl Observer for Notes {
    fn epoch(&mut self, row: &EpochRow) -> Decision {
        self.epochs.push(row.epoch);
        if row.epoch == self.stop_after { Decision::Stop } else { Decision::Continue }
    }

    fn event(&mut self, event: &Event) {
        self.events.push(event.clone());
    }
}

#[test]
fn an_observer_sees_every_epoch_and_event_and_may_stop_the_run() {
    let mut plan = plan();
    let settings = PlateauSettings { threshold: 1e9, patience: 0, ..Default::default() };
    plan.train.schedule = Some(ScheduleKind::ReduceOnPlateau(settings).into());
    let mut notes = Notes { epochs: Vec::new(), events: Vec::new(), stop_after: 4 };
    let options = TrainOptions { observer: Some(&mut notes), ..Default::default() };
    let record = train(&plan, &splits(), options).unwrap().record;
    assert_eq!(notes.epochs, [1, 2, 3, 4]);
    assert_eq!(record.state, RunState::Interrupted);
    assert_eq!(notes.events, record.events);
    assert!(!notes.events.is_empty());
}

#[test]
fn a_raised_flag_ends_the_run_and_the_epoch_it_cut_short_counts_for_nothing() {
    let stop = AtomicBool::new(true);
    let options = TrainOptions { stop: &stop, ..Default::default() };
    let trained = train(&plan(), &splits(), options).unwrap();
    assert_eq!(trained.record.state, RunState::Interrupted);
    assert!(trained.record.epochs.is_empty() && trained.best.is_empty());
    assert_eq!(trained.last.len(), 4);

    // Raised by the callback that is asked before the third epoch.
    let (stop, asked) = (AtomicBool::new(false), std::cell::Cell::new(0));
    let threads = || {
        asked.set(asked.get() + 1);
        stop.store(asked.get() == 3, Ordering::Relaxed);
        1
    };
    let options = TrainOptions { stop: &stop, threads: &threads, ..Default::default() };
    let stopped = train(&plan(), &splits(), options).unwrap();
    let mut short = plan();
    short.train.epochs = 2;
    let whole = train_quietly(&short);
    assert_eq!(timeless(stopped.record).epochs, timeless(whole.record).epochs);
    assert_eq!(stopped.last, whole.last);
}

#[test]
fn a_batch_larger_than_the_data_is_one_batch_or_an_error() {
    let mut plan = plan();
    plan.train.batch_size = 1000;
    let record = train_quietly(&plan).record;
    assert_eq!(record.state, RunState::Complete);
    plan.train.drop_last = true;
    let error = train(&plan, &splits(), TrainOptions::default()).unwrap_err();
    assert!(matches!(error, TrainError::Batch { batch_size: 1000, samples: 50 }));
    assert!(error.is_input() && error.to_string().contains("1000, but there are only 50"));
}

#[test]
fn without_a_validation_set_the_last_epoch_is_kept_and_nothing_may_watch_it() {
    let mut splits = splits();
    splits.validation = None;
    let trained = train(&plan(), &splits, TrainOptions::default()).unwrap();
    assert_eq!(trained.record.best_epoch, Some(6));
    assert_eq!(trained.best, trained.last);
    assert_eq!(trained.record.last_samples, None);
    assert!(trained.record.epochs.iter().all(|row| row.val_loss.is_none()));

    let mut watching = plan();
    watching.train.early_stopping = Some(EarlyStoppingSettings::default());
    let error = train(&watching, &splits, TrainOptions::default()).unwrap_err();
    assert!(error.to_string().starts_with("train.early_stopping.monitor is val_loss"), "{error}");
    let mut watching = plan();
    let settings = PlateauSettings { monitor: Metric::ValAccuracy, ..Default::default() };
    watching.train.schedule = Some(ScheduleKind::ReduceOnPlateau(settings).into());
    let error = train(&watching, &splits, TrainOptions::default()).unwrap_err();
    assert!(error.to_string().starts_with("train.schedule.monitor is val_accuracy"), "{error}");
}

#[test]
fn a_run_goes_on_from_the_weights_of_init() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("init.safetensors");
    let first = train_quietly(&plan());
    write_tensors(&path, &first.last).unwrap();
    let mut next = plan();
    next.model.init = Some(path.clone());
    next.train.lr = 1e-12;
    next.train.epochs = 1;
    let second = train_quietly(&next);
    let (before, after) = (first.record.last().unwrap(), second.record.last().unwrap());
    assert!((before.train_eval_loss - after.train_eval_loss).abs() < 1e-6);

    // With a dropout layer before them, the same weights are found by their old names.
    next.model.layers.insert(0, Layer::Dropout { p: 0.0 });
    next.model.init_index.insert(0, None);
    let shifted = |tensor: &Tensor| tensor.data.clone();
    let third = train_quietly(&next);
    assert_eq!(
        third.last.iter().map(shifted).collect::<Vec<_>>(),
        second.last.iter().map(shifted).collect::<Vec<_>>()
    );

    let mut tensors = first.last;
    tensors[0].shape.reverse();
    write_tensors(&path, &tensors).unwrap();
    let error = train(&next, &splits(), TrainOptions::default()).unwrap_err();
    assert!(error.is_input(), "{error}");
    let text = error.to_string();
    assert!(text.contains("init.safetensors: tensor 0.weight has shape [6, 16]"), "{text}");
    next.model.init = Some(folder.path().join("missing"));
    let error = train(&next, &splits(), TrainOptions::default()).unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");
}

#[test]
fn the_test_set_is_opened_only_when_asked_and_judges_the_kept_weights() {
    assert_eq!(train_quietly(&plan()).record.test, None);
    let options = TrainOptions { open_test: true, ..Default::default() };
    let trained = train(&plan(), &splits(), options).unwrap();
    let again = evaluate(&plan(), &trained.best, &splits(), &clouds(20, 3), 1).unwrap();
    let score = trained.record.test.as_ref().unwrap();
    assert_eq!((score.loss, score.score, score.n), (again.loss, again.score, 20));
}

#[test]
fn data_that_do_not_fit_the_network_are_refused() {
    let mut wrong = plan();
    wrong.model.layers[3] = Layer::Linear { out: 4, bias: true };
    let error = train(&wrong, &splits(), TrainOptions::default()).unwrap_err();
    let TrainError::Plan(error) = error else { panic!("{error}") };
    assert_eq!(error.key.as_deref(), Some("model.layers.3.out"));

    let mut narrow = splits();
    let shape = wellfit_data::Shape::Vector(1);
    let names = vec!["0".into(), "1".into()];
    let set = wellfit_data::Dataset::from_floats(shape, vec![0.0, 1.0], vec![0, 1], names);
    narrow.validation = Some(set.unwrap());
    let error = train(&plan(), &narrow, TrainOptions::default()).unwrap_err();
    assert!(error.to_string().starts_with("validation set: samples have 1 values"), "{error}");
}

fn regression() -> (Plan, Splits) {
    let mut plan = plan();
    plan.train.epochs = 80;
    let test = Some(numbers(20, 3));
    let (train, validation) = (numbers(50, 1), Some(numbers(37, 2)));
    (plan, Splits { train, validation, test, ..splits() })
}

#[test]
fn numbers_are_learnt_by_mse_and_scored_by_r2() {
    let (plan, splits) = regression();
    let options = TrainOptions { open_test: true, ..Default::default() };
    let trained = train(&plan, &splits, options).unwrap();
    let record = &trained.record;
    let (first, last) = (&record.epochs[0], record.last().unwrap());
    assert_eq!((record.score, last.score), (ScoreKind::R2, ScoreKind::R2));
    assert!(last.train_score > 0.7 && last.val_score.unwrap() > 0.4, "{last:?}");
    assert!(last.val_loss < first.val_loss && last.train_score > first.train_score);
    assert_eq!(last.metric(Metric::ValR2), last.val_score);
    assert_eq!(last.metric(Metric::ValAccuracy), None);
    let Scores::R2(shares) = &record.last_samples.as_ref().unwrap().scores else { panic!() };
    let mean = shares.iter().map(|&share| f64::from(share)).sum::<f64>() / 37.0;
    assert!((mean - last.val_score.unwrap()).abs() < 1e-5);
    let test = record.test.as_ref().unwrap();
    assert_eq!((test.kind, test.n), (ScoreKind::R2, 20));
    assert!(test.score > 0.4, "{test:?}");
}

#[test]
fn samples_are_measured_by_one_loss_whatever_is_trained_on() {
    let (mut plan, splits) = regression();
    plan.train.epochs = 2;
    let run = |plan: &Plan, measure| {
        train(plan, &splits, TrainOptions { measure, ..Default::default() }).unwrap().record
    };
    plan.train.loss = Some(LossSettings::Huber { delta: 0.5 });
    let (own, measured) = (run(&plan, None), run(&plan, Some(Measure::Mse)));
    assert_eq!(own.last().unwrap().val_loss, measured.last().unwrap().val_loss);
    let mean = |record: &Record| {
        let losses = &record.last_samples.as_ref().unwrap().losses;
        losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / losses.len() as f64
    };
    assert!((mean(&own) - own.last().unwrap().val_loss.unwrap()).abs() < 1e-9);
    assert!(mean(&measured) > 1.5 * mean(&own), "{} {}", mean(&measured), mean(&own));
}

#[test]
fn numbers_that_cannot_be_scored_or_watched_are_refused_before_training() {
    let (plan, splits) = regression();
    let constant = |set: &Dataset| {
        let same = vec![1.0; 3 * set.len()];
        let names = ["a", "b", "c"].map(String::from).to_vec();
        Dataset::new(set.shape(), set.features().clone(), Targets::numbers(same, names)).unwrap()
    };
    let train_set = Splits { train: constant(&splits.train), ..splits.clone() };
    let validation = splits.validation.as_ref().map(constant);
    let validation_set = Splits { validation, ..splits.clone() };
    for (splits, set) in [(train_set, "training set"), (validation_set, "validation set")] {
        let error = train(&plan, &splits, TrainOptions::default()).unwrap_err();
        assert!(error.is_input());
        let wanted = format!("target a is the same for all samples of the {set}");
        assert!(error.to_string().starts_with(&wanted), "{error}");
    }
    let mut watching = plan;
    let monitor = Metric::ValAccuracy;
    watching.train.early_stopping = Some(EarlyStoppingSettings { monitor, ..Default::default() });
    let error = train(&watching, &splits, TrainOptions::default()).unwrap_err().to_string();
    assert!(error.contains("val_accuracy is for classes; regression has val_r2"), "{error}");
    let mut watching = common::plan();
    let monitor = Metric::TrainR2;
    watching.train.early_stopping = Some(EarlyStoppingSettings { monitor, ..Default::default() });
    let error = train(&watching, &common::splits(), TrainOptions::default()).unwrap_err();
    let wanted = "train_r2 is for regression; classes have train_accuracy";
    assert!(error.to_string().contains(wanted), "{error}");
}

/// Class 0 counts ten times as much: its samples are learnt better, at the others' cost.
#[test]
fn class_weights_favour_the_classes_that_count_more() {
    let losses = |class_weights: ClassWeights| {
        let mut plan = plan();
        let loss = LossSettings::CrossEntropy { label_smoothing: 0.0, class_weights };
        plan.train.loss = Some(loss);
        let samples = train_quietly(&plan).record.last_samples.unwrap();
        let set = splits().validation.unwrap();
        [true, false].map(|first| {
            let labelled = samples.losses.iter().zip(set.labels_in_order());
            labelled.filter(|(_, label)| (*label == 0) == first).map(|(loss, _)| loss).sum::<f32>()
        })
    };
    let plain = losses(ClassWeights::Equal);
    let heavy = losses(ClassWeights::List(vec![10.0, 1.0, 1.0]));
    assert!(heavy[0] < 0.8 * plain[0] && heavy[1] > 1.2 * plain[1], "{heavy:?} {plain:?}");
    let scaled = losses(ClassWeights::List(vec![2.0; 3]));
    for (scaled, plain) in scaled.into_iter().zip(plain) {
        assert!((scaled - plain).abs() < 1e-3 * plain, "only their ratios count: {scaled} {plain}");
    }
}

#[test]
fn metrics_are_measured_of_what_is_evaluated_and_change_nothing_else() {
    let plain = train_quietly(&plan());
    let mut plan = plan();
    let metrics = [Extra::F1Macro, Extra::Auc, Extra::Accuracy, Extra::Top(2)];
    metrics.into_iter().for_each(|extra| plan.train.metrics.push(extra));
    let trained = train_quietly(&plan);
    assert_eq!(trained.last, plain.last);

    let splits = splits();
    let last = trained.record.last().unwrap();
    let named: Vec<Extra> = last.extras.iter().map(|score| score.extra).collect();
    assert_eq!(named, [Extra::F1Macro, Extra::Auc, Extra::Top(2)], "accuracy is there anyway");
    for (set, side) in [(&splits.train, 0), (splits.validation.as_ref().unwrap(), 1)] {
        let samples = samples(set, &splits.preparation);
        let (evaluation, logits) =
            evaluate_with_outputs(&plan, &trained.last, &splits.train, &samples, 1).unwrap();
        let set = classified(&samples, &logits, 3).unwrap();
        assert_eq!(evaluation.score, Confusion::of(&set).accuracy().unwrap());
        let found = |extra| last.metric([Metric::Train(extra), Metric::Val(extra)][side]);
        assert_eq!(found(Extra::F1Macro), Confusion::of(&set).f1_macro().ok());
        assert_eq!(found(Extra::Auc), Ranking::of(&set).auc().ok());
    }
}

#[test]
fn metrics_are_those_of_averaged_weights_where_these_are_evaluated() {
    let mut plan = plan();
    plan.train.average = Some(Average::Ema { decay: 0.9 });
    plan.train.metrics = vec![Extra::Brier];
    let trained = train_quietly(&plan);
    let splits = splits();
    let found = score(&plan, &trained.last, &splits, splits.validation.as_ref().unwrap(), 1);
    let brier = trained.record.last().unwrap().metric(Metric::Val(Extra::Brier));
    assert_eq!(found.unwrap().metric(Metric::Val(Extra::Brier)), brier);
}

#[test]
fn a_metric_that_is_to_fall_is_watched_downwards() {
    let mut plan = plan();
    (plan.train.epochs, plan.train.lr) = (40, 5e-2);
    plan.train.metrics = vec![Extra::Ece];
    let monitor = Metric::Val(Extra::Ece);
    plan.train.early_stopping =
        Some(EarlyStoppingSettings { monitor, patience: 5, min_delta: 0.0 });
    let record = train_quietly(&plan).record;
    let value = |row: &EpochRow| row.metric(monitor).unwrap();
    let lowest = record.epochs.iter().map(value).fold(f64::INFINITY, f64::min);
    assert_eq!(value(record.best().unwrap()), lowest);
}

#[test]
fn errors_of_numbers_are_measured_and_the_test_set_has_them_too() {
    let (mut plan, mut splits) = regression();
    plan.train.metrics = vec![Extra::Rmse, Extra::Mae, Extra::R2];
    splits.test = splits.validation.clone();
    let options = TrainOptions { open_test: true, ..TrainOptions::default() };
    let trained = train(&plan, &splits, options).unwrap();
    let test = trained.record.test.as_ref().unwrap();
    let best =
        trained.record.epochs.iter().find(|row| Some(row.epoch) == trained.record.best_epoch);
    for extra in [Extra::Rmse, Extra::Mae] {
        assert_eq!(test.metric(Metric::Val(extra)), best.unwrap().metric(Metric::Val(extra)));
    }
    assert_eq!(test.extras.len(), 2, "R² is there anyway");
    let samples = samples(splits.test.as_ref().unwrap(), &splits.preparation);
    let (evaluation, outputs) =
        evaluate_with_outputs(&plan, &trained.best, &splits.train, &samples, 1).unwrap();
    let set: Predicted = wellfit_train::predicted(&samples, outputs).unwrap();
    let r2 = wellfit_metrics::r2(&set).unwrap();
    assert!((evaluation.score - r2).abs() < 1e-9, "{r2}");
}

#[test]
fn metrics_of_another_task_are_refused_before_training() {
    let mut wrong = plan();
    wrong.train.metrics = vec![Extra::Auc, Extra::Rmse];
    let error = train(&wrong, &splits(), TrainOptions::default()).unwrap_err();
    assert!(error.is_input(), "{error}");
    let words = "train.metrics.1: rmse is for regression; classes have accuracy, balanced-";
    assert!(error.to_string().contains(words), "{error}");
    wrong.train.metrics = vec![Extra::Top(3)];
    let error = train(&wrong, &splits(), TrainOptions::default()).unwrap_err();
    assert!(error.to_string().contains("top-3 is always 1 with 3 classes"), "{error}");
    let (mut plan, splits) = regression();
    plan.train.metrics = vec![Extra::F1Macro];
    let error = train(&plan, &splits, TrainOptions::default()).unwrap_err();
    let words = "train.metrics.0: f1-macro is for classes; regression has r2, rmse, mae";
    assert!(error.to_string().contains(words), "{error}");
}
