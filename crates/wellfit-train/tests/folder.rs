//! Runs in folders: what is there in the end, going on after any stop, bad folders.

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use common::{clouds, numbers, plan, splits, timeless};
use proptest::prelude::*;
use wellfit_data::{
    Column, ColumnValues, DataRequest, Dataset, Features, Preparation, RawSplits, Scale, Shape,
    Splits, Table, Targets,
};
use wellfit_nn::{Measure, Optimizer, Scores};
use wellfit_train::plan::{
    Average, Document, EarlyStoppingSettings, LossSettings, Metric, OneCycleSettings,
    PlateauSettings, Schedule, ScheduleKind, SwaStart, Warmup,
};
use wellfit_train::record::{EpochRow, Event, Record, RunState, ScoreKind};
use wellfit_train::{
    Decision, Observer, Opened, Plan, Run, RunFolder, Start, TrainError, TrainOptions, done,
    read_model, read_preparation, read_record, read_tensors, train, train_in, write_preparation,
};

/// The plan of the tests with every policy switched on.
fn busy_plan() -> Plan {
    let mut plan = plan();
    plan.train.lr = 5e-2;
    let settings = PlateauSettings { factor: 0.5, patience: 0, cooldown: 1, ..Default::default() };
    plan.train.schedule = Some(ScheduleKind::ReduceOnPlateau(settings).into());
    plan.train.early_stopping = Some(EarlyStoppingSettings { patience: 9, ..Default::default() });
    plan.train.epochs = 12;
    plan
}

struct StopAfter(usize);

impl Observer for StopAfter {
    fn epoch(&mut self, row: &EpochRow) -> Decision {
        if row.epoch == self.0 { Decision::Stop } else { Decision::Continue }
    }
}

fn train_until(folder: &Path, plan: &Plan, epoch: usize) -> Result<(Record, Start), TrainError> {
    let mut observer = StopAfter(epoch);
    let options = TrainOptions { observer: Some(&mut observer), ..Default::default() };
    train_in(folder, plan, &splits(), options)
}

fn finish(folder: &Path, plan: &Plan) -> Result<(Record, Start), TrainError> {
    train_in(folder, plan, &splits(), TrainOptions::default())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What a run of `plan` leaves when nothing stops it.
fn undisturbed(plan: &Plan) -> (Record, Vec<wellfit_nn::Tensor>, Vec<wellfit_nn::Tensor>) {
    let trained = train(plan, &splits(), TrainOptions::default()).unwrap();
    (timeless(trained.record), trained.best, trained.last)
}

/// What lies in `folder`, in the same form.
fn left_in(folder: &Path) -> (Record, Vec<wellfit_nn::Tensor>, Vec<wellfit_nn::Tensor>) {
    let record = read_record(folder).unwrap().unwrap();
    let in_order = |mut tensors: Vec<wellfit_nn::Tensor>| {
        tensors.sort_by_key(|tensor| {
            record.weights.iter().position(|weight| weight.name == tensor.name)
        });
        tensors
    };
    let best = in_order(read_model(folder).unwrap());
    let last = in_order(read_tensors(&folder.join("last.safetensors")).unwrap());
    (timeless(record), best, last)
}

#[test]
fn a_finished_run_leaves_the_contracts_files_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("runs/new");
    let (record, start) = finish(&folder, &plan()).unwrap();
    assert_eq!((start, &record.state), (Start::New, &RunState::Complete));
    let wanted = [
        "history.csv",
        "last.safetensors",
        "model.safetensors",
        "plan.toml",
        "preparation.json",
        "record.json",
        "samples.json",
    ];
    assert_eq!(names(&folder), wanted);
    assert_eq!(fs::read_to_string(folder.join("plan.toml")).unwrap(), plan().to_toml());
    let history = fs::read_to_string(folder.join("history.csv")).unwrap();
    assert_eq!(history, wellfit_train::to_csv(record.score, &record.epochs));
    assert_eq!(read_record(&folder).unwrap().unwrap(), record);
    assert_eq!(left_in(&folder), undisturbed(&plan()));
}

#[test]
fn a_run_that_has_ended_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(done(folder.path(), &plan()).unwrap(), None);
    let (first, _) = finish(folder.path(), &plan()).unwrap();
    let written = fs::metadata(folder.path().join("record.json")).unwrap().modified().unwrap();
    // As a kill leaves it that comes between the record and the end.
    fs::create_dir(folder.path().join("checkpoint")).unwrap();
    fs::write(folder.path().join("checkpoint/lock"), "").unwrap();
    let (again, start) = finish(folder.path(), &plan()).unwrap();
    assert!(!folder.path().join("checkpoint").exists());
    assert_eq!((&again, start), (&first, Start::AlreadyDone));
    assert_eq!(done(folder.path(), &plan()).unwrap(), Some(first));
    let now = fs::metadata(folder.path().join("record.json")).unwrap().modified().unwrap();
    assert_eq!(now, written);
}

#[test]
fn a_run_interrupted_after_any_epoch_ends_with_the_same_bits() {
    let plan = busy_plan();
    let whole = undisturbed(&plan);
    let epochs = whole.0.epochs.len();
    assert!(epochs > 6 && !whole.0.events.is_empty(), "{:?}", whole.0.events);
    for epoch in 1..epochs {
        let folder = tempfile::tempdir().unwrap();
        let (record, _) = train_until(folder.path(), &plan, epoch).unwrap();
        assert_eq!((record.state, record.epochs.len()), (RunState::Interrupted, epoch));
        assert!(names(folder.path()).contains(&"checkpoint".into()));
        let (record, start) = finish(folder.path(), &plan).unwrap();
        assert_eq!(start, Start::Resumed { epoch });
        assert!(record.events.contains(&Event::Resumed { epoch }));
        assert_eq!(left_in(folder.path()), whole, "interrupted after epoch {epoch}");
        assert!(!names(folder.path()).contains(&"checkpoint".into()));
    }
}

#[test]
fn a_run_with_a_schedule_and_an_average_ends_with_the_same_bits() {
    let warmup = Some(Warmup { epochs: 2, start_factor: 0.1 });
    let cycle = ScheduleKind::OneCycle(OneCycleSettings::new(5e-2));
    let plateau = PlateauSettings { factor: 0.5, patience: 0, ..Default::default() };
    for (schedule, average) in [
        (Schedule { kind: ScheduleKind::Cosine { min_lr: 1e-4 }, warmup }, None),
        (cycle.into(), Some(Average::Ema { decay: 0.8 })),
        (
            Schedule { kind: ScheduleKind::ReduceOnPlateau(plateau), warmup },
            Some(Average::Swa { start: SwaStart::Epoch(3) }),
        ),
    ] {
        let mut plan = plan();
        plan.train.optimizer = Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 0.0 };
        plan.train.schedule = Some(schedule);
        plan.train.average = average;
        let whole = undisturbed(&plan);
        for epoch in 1..plan.train.epochs {
            let folder = tempfile::tempdir().unwrap();
            train_until(folder.path(), &plan, epoch).unwrap();
            finish(folder.path(), &plan).unwrap();
            assert_eq!(left_in(folder.path()), whole, "{schedule:?}, after epoch {epoch}");
        }
    }
}

#[test]
fn an_interrupted_run_leaves_the_averaged_weights_even_if_it_did_nothing_since() {
    let mut plan = plan();
    plan.train.average = Some(Average::Ema { decay: 0.8 });
    let folder = tempfile::tempdir().unwrap();
    train_until(folder.path(), &plan, 3).unwrap();
    let first = left_in(folder.path());
    let stop = AtomicBool::new(true);
    let options = TrainOptions { stop: &stop, ..Default::default() };
    let (_, start) = train_in(folder.path(), &plan, &splits(), options).unwrap();
    assert_eq!(start, Start::Resumed { epoch: 3 });
    assert_eq!(left_in(folder.path()), first);
}

#[test]
fn a_run_stopped_before_its_first_epoch_ends_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let stop = AtomicBool::new(true);
    let options = TrainOptions { stop: &stop, ..Default::default() };
    let (record, _) = train_in(folder.path(), &plan(), &splits(), options).unwrap();
    assert_eq!((record.state, record.epochs.len()), (RunState::Interrupted, 0));
    assert_eq!(finish(folder.path(), &plan()).unwrap().1, Start::Resumed { epoch: 0 });
    assert_eq!(left_in(folder.path()), undisturbed(&plan()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_run_interrupted_again_and_again_ends_with_the_same_bits(
        stops in prop::collection::vec(1usize..6, 0..5), seed: u64,
    ) {
        let mut plan = plan();
        plan.train.seed = seed;
        let folder = tempfile::tempdir().unwrap();
        for stop in stops {
            train_until(folder.path(), &plan, stop).unwrap();
        }
        finish(folder.path(), &plan).unwrap();
        prop_assert_eq!(left_in(folder.path()), undisturbed(&plan));
    }
}

#[test]
fn another_plan_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    train_until(folder.path(), &plan(), 2).unwrap();
    let mut other = plan();
    other.train.seed = 1;
    let error = finish(folder.path(), &other).unwrap_err();
    assert!(matches!(error, TrainError::OtherPlan { .. }) && error.is_input(), "{error}");
    assert!(error.to_string().contains("another plan"), "{error}");
    fs::write(folder.path().join("plan.toml"), "not a plan").unwrap();
    let error = finish(folder.path(), &plan()).unwrap_err();
    assert!(error.is_input() && error.to_string().contains("plan.toml:1:5"), "{error}");
}

#[test]
fn a_folder_with_something_else_in_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "").unwrap();
    let error = finish(folder.path(), &plan()).unwrap_err();
    assert!(matches!(error, TrainError::NoRun { .. }) && error.is_input(), "{error}");
    assert_eq!(names(folder.path()), ["thesis.tex"]);
}

#[test]
fn a_plan_that_does_not_fit_its_data_leaves_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("run");
    let mut wrong = plan();
    wrong.model.layers[3] = wellfit_nn::Layer::Linear { out: 9, bias: true };
    let document = Document::parse("plan.toml", &wrong.to_toml()).unwrap();
    let error = finish(&folder, &wrong).unwrap_err().locate(&document).to_string();
    assert!(error.starts_with("plan.toml:10:"), "{error}");
    assert!(!folder.exists());
}

#[test]
fn other_data_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    train_until(folder.path(), &plan(), 2).unwrap();
    let mut other = splits();
    other.train = clouds(50, 9);
    let error = train_in(folder.path(), &plan(), &other, TrainOptions::default()).unwrap_err();
    assert!(matches!(error, TrainError::OtherData { .. }) && error.is_input(), "{error}");
}

#[test]
fn two_at_once_in_one_folder_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let Opened::Ready(held) = RunFolder::open(folder.path(), &plan()).unwrap() else {
        panic!("the folder is new")
    };
    let error = finish(folder.path(), &plan()).unwrap_err();
    assert!(matches!(error, TrainError::InUse { .. }), "{error}");
    drop(held);
    finish(folder.path(), &plan()).unwrap();
}

#[test]
fn damaged_files_are_named_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    train_until(folder.path(), &plan(), 2).unwrap();
    let state = folder.path().join("checkpoint/state.safetensors");
    let whole = fs::read(&state).unwrap();
    for damaged in [&whole[..whole.len() - 1], &whole[..100], b"", b"{}"] {
        fs::write(&state, damaged).unwrap();
        let error = finish(folder.path(), &plan()).unwrap_err();
        assert!(error.to_string().contains("state.safetensors"), "{error}");
        assert_eq!(fs::read(&state).unwrap(), damaged);
    }
    let note = whole.windows(6).position(|bytes| bytes == b"epochs").unwrap();
    let mut damaged = whole.clone();
    damaged[note] = b'x';
    fs::write(&state, damaged).unwrap();
    let error = finish(folder.path(), &plan()).unwrap_err();
    assert!(matches!(error, TrainError::Damaged { .. }), "{error}");
    fs::write(&state, &whole).unwrap();
    finish(folder.path(), &plan()).unwrap();

    for (text, wanted) in [("{", "this is no record"), ("[]", "this is no record")] {
        fs::write(folder.path().join("record.json"), text).unwrap();
        let error = finish(folder.path(), &plan()).unwrap_err().to_string();
        assert!(error.contains("record.json") && error.contains(wanted), "{error}");
    }
}

#[test]
fn a_record_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (mut record, _) = finish(folder.path(), &plan()).unwrap();
    record.schema += 1;
    wellfit_train::write_record(folder.path(), &record).unwrap();
    let error = read_record(folder.path()).unwrap_err().to_string();
    assert!(error.contains("use a newer wellfit"), "{error}");
}

/// Written by the first version; it must stay readable.
#[test]
fn a_record_of_the_first_schema_is_read() {
    let text = include_str!("fixtures/record-v1.json");
    let record: Record = serde_json::from_str(text).unwrap();
    assert_eq!((record.schema, record.best_epoch), (1, Some(2)));
    assert_eq!(record.state, RunState::Diverged { epoch: 3, step: None });
    assert!(record.epochs[2].val_loss.unwrap().is_nan());
    let samples = record.best_samples.unwrap();
    assert_eq!(samples.losses, [0.5, 1.0, 2.0]);
    assert_eq!(samples.scores, Scores::Hits(vec![true, false, true]));
    assert_eq!(record.score, ScoreKind::Accuracy);
}

#[test]
fn a_regression_run_that_was_interrupted_ends_with_the_same_bits() {
    let splits =
        Splits { train: numbers(50, 1), validation: Some(numbers(37, 2)), test: None, ..splits() };
    let mut plan = plan();
    plan.train.loss = Some(LossSettings::Huber { delta: 0.5 });
    let monitor = Metric::ValR2;
    plan.train.early_stopping =
        Some(EarlyStoppingSettings { monitor, patience: 9, ..Default::default() });
    let measure = Some(Measure::Mse);
    let whole = train(&plan, &splits, TrainOptions { measure, ..Default::default() }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut observer = StopAfter(3);
    let observed = TrainOptions { observer: Some(&mut observer), measure, ..Default::default() };
    let (record, _) = train_in(folder.path(), &plan, &splits, observed).unwrap();
    assert_eq!((record.state, record.score), (RunState::Interrupted, ScoreKind::R2));
    let options = TrainOptions { measure, ..Default::default() };
    let (_, start) = train_in(folder.path(), &plan, &splits, options).unwrap();
    assert_eq!(start, Start::Resumed { epoch: 3 });
    assert_eq!(left_in(folder.path()), (timeless(whole.record), whole.best, whole.last));
    let history = fs::read_to_string(folder.path().join("history.csv")).unwrap();
    assert!(history.contains(",train_r2,val_loss,val_r2,"), "{history}");
}

/// The second schema has regression.
#[test]
fn a_record_of_the_second_schema_is_read() {
    let record: Record = serde_json::from_str(include_str!("fixtures/record-v2.json")).unwrap();
    assert_eq!((record.schema, record.score, record.best_epoch), (2, ScoreKind::R2, Some(1)));
    let row = &record.epochs[0];
    assert_eq!((row.train_score, row.val_score), (0.75, Some(0.5)));
    let samples = record.best_samples.unwrap();
    assert_eq!(samples.losses, [0.5, 1.0, 2.0]);
    assert_eq!(samples.scores, Scores::R2(vec![0.5, 1.0, 2.0]));
    let test = record.test.unwrap();
    assert_eq!((test.kind, test.score, test.n), (ScoreKind::R2, 0.625, 20));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = finish(&file.join("run"), &plan()).unwrap_err();
    assert!(matches!(error, TrainError::File(_)) && !error.is_input(), "{error}");
    assert!(error.to_string().contains("file"), "{error}");
    assert!(finish(&file, &plan()).is_err());
}

/// Trains in the folder of the environment, with a checkpoint after each epoch. It is
/// what the tests below start in a process of its own and does nothing otherwise.
#[test]
fn child() {
    let Some(folder) = std::env::var_os("WELLFIT_TEST_FOLDER") else { return };
    let mut plan = plan();
    plan.train.epochs = 400;
    let opened = RunFolder::open(Path::new(&folder), &plan).unwrap();
    let Opened::Ready(folder) = opened else { return };
    let mut folder = folder.checkpoint_every(Duration::ZERO);
    let mut run = Run::new(&plan, &splits()).unwrap();
    folder.resume(&mut run).unwrap();
    let never = AtomicBool::new(false);
    while run.next_epoch(&never).is_some() {
        if let Err(error) = folder.save(&run) {
            println!("failed: {error}");
            return;
        }
    }
    folder.finish(&run.finish()).unwrap();
}

#[cfg(unix)]
mod processes {
    use std::process::{Command, Stdio};
    use std::thread::sleep;

    use super::*;

    fn child(folder: &Path) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["child", "--exact", "--nocapture"]).env("WELLFIT_TEST_FOLDER", folder);
        command
    }

    #[test]
    fn a_run_killed_at_any_moment_ends_with_the_same_bits() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("run");
        let mut kills = 0;
        // Longer and longer, so that the run comes to its end however slow the machine.
        for attempt in 0u64.. {
            let quiet = Stdio::null;
            let mut process = child(&folder).stdout(quiet()).stderr(quiet()).spawn().unwrap();
            sleep(Duration::from_millis(15 + 17 * attempt));
            if process.try_wait().unwrap().is_some() {
                break;
            }
            process.kill().unwrap();
            process.wait().unwrap();
            kills += 1;
        }
        assert!(kills > 0, "the run was over before it could be killed");
        let mut plan = plan();
        plan.train.epochs = 400;
        assert_eq!(left_in(&folder), undisturbed(&plan));
    }

    #[test]
    fn a_full_disk_is_an_error_that_names_the_file_and_leaves_the_old_one_whole() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("run");
        // The history outgrows the limit (in blocks of 512 bytes) after many epochs; the
        // model and the state are smaller than that.
        let script = "trap '' XFSZ; ulimit -f 40; exec \"$0\" child --exact --nocapture";
        let output = Command::new("sh")
            .args(["-c", script])
            .arg(std::env::current_exe().unwrap())
            .env("WELLFIT_TEST_FOLDER", &folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("failed: cannot write "), "{said}");
        assert!(said.contains("checkpoint/state.safetensors"), "{said}");
        assert!(names(&folder.join("checkpoint")).iter().all(|name| !name.contains("partial")));

        // The state that was saved last is whole, and with room again the run goes on.
        assert!(child(&folder).status().unwrap().success());
        let mut plan = plan();
        plan.train.epochs = 400;
        assert_eq!(left_in(&folder), undisturbed(&plan));
    }
}

/// Two columns of which the sum tells the class, as they were read.
fn raw_table(n: usize) -> Dataset {
    let (x, y) = (|at: usize| (at * 7 % 13) as f64, |at: usize| (at * 5 % 11) as f64);
    let column = |name: &str, value: &dyn Fn(usize) -> f64| Column {
        name: name.into(),
        values: ColumnValues::Numbers((0..n).map(value).collect()),
    };
    let sum = |at: usize| x(at) + y(at);
    let labels = (0..n).map(|at| u32::from(sum(at) > 8.0) + u32::from(sum(at) > 14.0)).collect();
    let columns = vec![column("x", &x), column("y", &y)];
    let table = Features::Table(Table { columns, rows: n }.into());
    let targets = Targets::classes(labels, ["low", "middle", "high"].map(String::from).to_vec());
    Dataset::new(Shape::Vector(2), table, targets).unwrap()
}

fn raw_splits() -> RawSplits {
    let raw = raw_table(60);
    RawSplits {
        train: raw.take(&(0..40).collect::<Vec<_>>()).unwrap(),
        validation: Some(raw.take(&(40..60).collect::<Vec<_>>()).unwrap()),
        test: None,
        validation_is_test: false,
        origin: "synthetic".into(),
    }
}

#[test]
fn what_was_fitted_lies_beside_the_model_from_the_start_and_after_any_stop() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("run");
    let splits = raw_splits().prepare(&DataRequest::of("table.csv")).unwrap();
    let mut observer = StopAfter(2);
    let stopped = TrainOptions { observer: Some(&mut observer), ..Default::default() };
    let mut plan = plan();
    plan.train.epochs = 4;
    train_in(&folder, &plan, &splits, stopped).unwrap();
    assert_eq!(read_preparation(&folder).unwrap(), *splits.preparation);
    fs::remove_file(folder.join("preparation.json")).unwrap();
    let (_, start) = train_in(&folder, &plan, &splits, TrainOptions::default()).unwrap();
    assert_eq!(start, Start::Resumed { epoch: 2 });
    let fitted = read_preparation(&folder).unwrap();
    assert_eq!(fitted, *splits.preparation);
    assert_eq!(
        (fitted.feature_names(), fitted.scale()),
        (vec!["x".into(), "y".into()], Scale::Standard)
    );
}

#[test]
fn runs_of_versions_that_fitted_nothing_have_their_plans_scale() {
    let fixture =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/run-without-preparation");
    assert_eq!(read_preparation(&fixture).unwrap(), Preparation::fixed(Scale::None));

    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let text = fs::read_to_string(fixture.join("plan.toml")).unwrap();
    let with = |data: &str| {
        fs::write(at.join("plan.toml"), text.replace("scale = \"none\"", data)).unwrap();
        read_preparation(at).map_err(|error| error.to_string())
    };
    assert_eq!(with("").unwrap(), Preparation::fixed(Scale::Unit));
    assert_eq!(with("scale = \"unit\"").unwrap(), Preparation::fixed(Scale::Unit));
    for fitted in ["scale = \"standard\"", "missing = \"mean\"", "target = \"price\""] {
        let error = with(fitted).unwrap_err();
        assert!(error.contains("preparation.json: is missing"), "{error}");
    }
    fs::remove_file(at.join("plan.toml")).unwrap();
    assert!(read_preparation(at).is_err());
}

#[test]
fn a_damaged_preparation_or_one_of_a_later_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let fitted = Preparation::fit(&DataRequest::of("table.csv"), &raw_table(20)).unwrap();
    write_preparation(at, &fitted).unwrap();
    assert_eq!(read_preparation(at).unwrap(), fitted);
    let path = at.join("preparation.json");
    let text = fs::read_to_string(&path).unwrap();
    for (text, wanted) in [
        ("{\"schema\":9,\"wonders\":[]}", "schema 9, but this version reads up to 1"),
        ("", "this is no preparation"),
        ("{}", "this is no preparation"),
        ("{\"schema\":1}", "no scale"),
        (&text[..text.len() / 2], "this is no preparation"),
        (&text.replace("\"divide\":", "\"divide\":0,\"was\":"), "figures that cannot be"),
    ] {
        fs::write(&path, text).unwrap();
        let error = read_preparation(at).unwrap_err().to_string();
        assert!(error.contains("preparation.json: ") && error.contains(wanted), "{error}");
    }
}

#[test]
fn a_table_as_it_was_read_is_refused_before_the_folder_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("run");
    let RawSplits { train, validation, test, validation_is_test, origin } = raw_splits();
    let preparation = Preparation::fixed(Scale::None).into();
    let raw = Splits { train, validation, test, preparation, validation_is_test, origin };
    let error = train_in(&folder, &plan(), &raw, TrainOptions::default()).unwrap_err();
    assert!(matches!(error, TrainError::NotPrepared { set: "training set" }), "{error}");
    assert!(error.is_input() && !folder.exists());
}
