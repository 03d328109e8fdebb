//! Studies that are run: on a small data set in IDX files, with the real engine.

mod common;

use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{write_classes, write_data};
use wellfit_data::Places;
use wellfit_nn::Layer;
use wellfit_study::{
    Begun, Outcome, Study, StudyError, StudyOptions, StudyRecords, Trial, Watch, read, run,
};
use wellfit_train::Plan;
use wellfit_train::plan::{Document, Extra, Metric};
use wellfit_train::record::{EpochRow, Event, Record, RunState};

struct World {
    folder: tempfile::TempDir,
    study: Study,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        write_data(folder.path(), 120);
        let layers = vec![
            Layer::Linear { out: 12, bias: true },
            Layer::RELU,
            Layer::Linear { out: 3, bias: true },
        ];
        let mut plan = Plan::new(folder.path().to_string_lossy(), layers);
        (plan.train.epochs, plan.train.batch_size) = (3, 16);
        let study = Study::new("small", plan, 2)
            .and_then(|study| study.with_arm("dropout", &["dropout(0.5, input=0.2)"]))
            .and_then(|study| study.with_arm("l2", &["l2(1e-3)"]))
            .unwrap();
        World { folder, study }
    }

    fn run(&self, name: &str, options: &StudyOptions<'_>) -> Result<Outcome, StudyError> {
        run(&self.study, &self.folder.path().join(name), options)
    }

    fn trial_file(&self, study: &str, trial: &str, file: &str) -> std::path::PathBuf {
        self.folder.path().join(study).join("trials").join(trial).join(file)
    }

    /// What the trials of a study left that must not depend on how it was run.
    fn results(&self, study: &str) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        for trial in self.study.trials() {
            for file in ["model.safetensors", "last.safetensors"] {
                all.push((trial.name.clone(), self.read(study, &trial.name, file)));
            }
            let history = String::from_utf8(self.read(study, &trial.name, "history.csv")).unwrap();
            let timeless = history.lines().map(|line| line.rsplitn(3, ',').nth(2).unwrap());
            all.push((trial.name.clone(), timeless.collect::<Vec<_>>().join("\n").into_bytes()));
        }
        all
    }

    fn read(&self, study: &str, trial: &str, file: &str) -> Vec<u8> {
        let path = self.trial_file(study, trial, file);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

fn options<'a>() -> StudyOptions<'a> {
    StudyOptions { places: Places::default(), ..StudyOptions::default() }
}

/// Counts epochs and raises `stop` after so many.
struct StopAfter<'a> {
    epochs: AtomicUsize,
    most: usize,
    stop: &'a std::sync::atomic::AtomicBool,
}

impl Watch for StopAfter<'_> {
    fn epoch(&self, _: &Trial, _: &EpochRow) {
        if self.epochs.fetch_add(1, Ordering::Relaxed) + 1 >= self.most {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

/// Writes down what happens.
#[derive(Default)]
struct Diary(Mutex<Vec<String>>);

impl Diary {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

impl Watch for Diary {
    fn begun(&self, begun: &Begun<'_>) {
        self.note(format!("begun {}/{}", begun.done, begun.trials));
    }
    fn started(&self, trial: &Trial) {
        self.note(format!("{} started", trial.name));
    }
    fn epoch(&self, trial: &Trial, row: &EpochRow) {
        self.note(format!("{} {}", trial.name, row.epoch));
    }
    fn event(&self, trial: &Trial, event: &Event) {
        self.note(format!("{} {event:?}", trial.name));
    }
    fn finished(&self, trial: &Trial, record: &Record) {
        self.note(format!("{} {}", trial.name, record.state.name()));
    }
}

#[test]
fn every_trial_is_run_saved_and_read_back() {
    let world = World::new();
    let outcome = world.run("a", &options()).unwrap();
    assert!(!outcome.interrupted && outcome.left() == 0 && outcome.failed().is_empty());
    let data = &outcome.records.data;
    assert_eq!(data.samples, [108, 12, 30], "a tenth of 120 is held out");
    for (arm, records) in outcome.records.records.iter().enumerate() {
        for (record, seed) in records.iter().zip([0, 1]) {
            let record = record.as_ref().unwrap();
            assert_eq!((&record.arm, record.seed), (&world.study.arms[arm].name, seed));
            assert_eq!((record.state.clone(), record.epochs.len()), (RunState::Complete, 3));
        }
    }
    let read = read(&world.folder.path().join("a")).unwrap();
    assert_eq!((&read.study, &read.data), (&world.study, data));
    assert_eq!(read.records, outcome.records.records);
}

#[test]
fn jobs_and_threads_never_change_a_bit() {
    let world = World::new();
    world.run("reference", &StudyOptions { jobs: Some(1), threads: 1, ..options() }).unwrap();
    for (jobs, threads) in [(1, 3), (2, 2), (6, 8), (3, 1)] {
        let name = format!("{jobs}-{threads}");
        world.run(&name, &StudyOptions { jobs: Some(jobs), threads, ..options() }).unwrap();
        assert_eq!(world.results(&name), world.results("reference"), "{name}");
    }
}

#[test]
fn a_study_that_was_stopped_goes_on_and_ends_with_the_same_bits() {
    let world = World::new();
    world.run("reference", &options()).unwrap();
    for most in [1, 2, 5, 11] {
        let name = format!("stopped-{most}");
        let stop = std::sync::Arc::default();
        let watch = StopAfter { epochs: AtomicUsize::new(0), most, stop: &stop };
        let stopped = world
            .run(
                &name,
                &StudyOptions { jobs: Some(2), stop: stop.clone(), watch: &watch, ..options() },
            )
            .unwrap();
        assert!(stopped.interrupted && stopped.left() > 0);
        let done = 6 - stopped.left();
        let diary = Diary::default();
        let again = world.run(&name, &StudyOptions { watch: &diary, ..options() }).unwrap();
        assert_eq!((again.done_before, again.left(), again.interrupted), (done, 0, false));
        assert_eq!(diary.0.lock().unwrap()[0], format!("begun {done}/6"));
        assert_eq!(world.results(&name), world.results("reference"), "stopped after {most}");
    }
}

#[test]
fn a_finished_study_is_left_alone_and_more_seeds_may_join() {
    let mut world = World::new();
    world.run("a", &options()).unwrap();
    let diary = Diary::default();
    let again = world.run("a", &StudyOptions { watch: &diary, ..options() }).unwrap();
    assert_eq!((again.done_before, again.left()), (6, 0));
    assert_eq!(*diary.0.lock().unwrap(), ["begun 6/6"]);
    world.study.seeds.push(7);
    let more = world.run("a", &options()).unwrap();
    assert_eq!((more.done_before, more.left()), (6, 0));
    assert_eq!(more.records.records[2][2].as_ref().unwrap().seed, 7);
}

#[test]
fn one_failing_trial_takes_down_no_other_and_is_tried_again() {
    let world = World::new();
    // Another plan in a trial's folder is a failure that shows only when it begins.
    let folder = world.trial_file("a", "l2-s1", "");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    let outcome = world.run("a", &options()).unwrap();
    let failed = outcome.failed();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].0 == "l2-s1" && failed[0].1.contains("holds no run"), "{failed:?}");
    assert_eq!(outcome.records.records.iter().flatten().flatten().count(), 6);
    fs::remove_dir_all(&folder).unwrap();
    let again = world.run("a", &options()).unwrap();
    assert_eq!((again.done_before, again.failed().len()), (5, 0));
}

#[test]
fn a_plan_that_does_not_fit_is_told_before_anything_is_written() {
    let mut world = World::new();
    world.study.arms[2].plan.model.layers[2] = Layer::Linear { out: 5, bias: true };
    let error = world.run("a", &options()).unwrap_err();
    assert!(error.is_input() && error.to_string().starts_with("arm \"l2\": "), "{error}");
    assert!(!world.folder.path().join("a").exists());
    world.study.plan.data.source = "./nowhere.npz".into();
    world.study.arms[0].plan.data.source = "./nowhere.npz".into();
    let error = world.run("a", &options()).unwrap_err();
    assert!(error.is_input() && error.to_string().contains("nowhere.npz"), "{error}");
}

#[test]
fn a_trial_that_cannot_be_saved_ends_the_study() {
    let world = World::new();
    let trials = world.folder.path().join("a/trials");
    fs::create_dir_all(&trials).unwrap();
    fs::write(trials.join("baseline-s0"), "a file in the folder's place").unwrap();
    let options = StudyOptions { jobs: Some(1), ..options() };
    let error = world.run("a", &options).unwrap_err();
    assert!(error.to_string().contains("baseline-s0"), "{error}");
    assert!(!trials.join("baseline-s1").exists(), "nothing more was begun");
}

#[test]
fn a_diverging_trial_ends_alone_with_its_record() {
    let mut world = World::new();
    world.study.arms[2].plan.train.lr = 1e30;
    let outcome = world.run("a", &options()).unwrap();
    let state = |arm: usize| outcome.records.records[arm][0].as_ref().unwrap().state.clone();
    assert!(matches!(state(2), RunState::Diverged { .. }), "{:?}", state(2));
    assert_eq!((state(0), outcome.failed().len()), (RunState::Complete, 0));
}

/// Which of a study's records have a figure on the test set, by arm.
fn opened(records: &StudyRecords) -> Vec<usize> {
    let of = |arm: &Vec<Option<Record>>| {
        arm.iter()
            .flatten()
            .filter(|record| record.test.as_ref().is_some_and(|test| test.n == 30))
            .count()
    };
    records.records.iter().map(of).collect()
}

#[test]
fn the_test_set_is_opened_for_the_chosen_arm_and_the_baseline_only() {
    let world = World::new();
    let mut outcome = world.run("a", &options()).unwrap();
    assert_eq!(outcome.records.opening, None);
    outcome.open_test(1, 2).unwrap();
    let read = read(&world.folder.path().join("a")).unwrap();
    assert_eq!(opened(&read), [2, 2, 0]);
    let opening = read.opening.expect("a mark");
    assert_eq!((opening.arm.as_str(), opening.seeds.as_slice()), ("dropout", &[0, 1][..]));
    assert_eq!(opening.arms, ["baseline", "dropout", "l2"]);
}

#[test]
fn the_test_set_stays_shut_for_whatever_comes_later() {
    let mut world = World::new();
    world.run("a", &options()).unwrap().open_test(1, 1).unwrap();
    let mark = world.folder.path().join("a/test_opened.json");
    let before = fs::read(&mark).unwrap();
    world.study.seeds.push(7);
    world.study = world.study.clone().with_arm("late", &["l1(1e-4)"]).unwrap();
    let mut again = world.run("a", &options()).unwrap();
    for arm in [1, 2, 3] {
        again.open_test(arm, 1).unwrap();
        assert_eq!(opened(&again.records), [2, 2, 0, 0]);
    }
    assert_eq!(fs::read(&mark).unwrap(), before);
    let opening = again.records.opening.as_ref().unwrap();
    assert_eq!(opening.joined(&world.study), ["late"]);
}

#[test]
fn an_opening_that_was_interrupted_is_made_whole() {
    let world = World::new();
    world.run("a", &options()).unwrap().open_test(1, 1).unwrap();
    // As if the program had been killed after the mark and the first figure.
    let folder = world.trial_file("a", "dropout-s1", "");
    let mut record = wellfit_train::read_record(&folder).unwrap().unwrap();
    let figure = record.test.take();
    wellfit_train::write_record(&folder, &record).unwrap();
    let mut again = world.run("a", &options()).unwrap();
    assert_eq!(opened(&again.records), [2, 1, 0]);
    again.open_test(2, 1).unwrap();
    assert_eq!(opened(&again.records), [2, 2, 0]);
    assert_eq!(again.records.records[1][1].as_ref().unwrap().test, figure);
}

impl World {
    /// A study file over data of which every 32nd sample is of class 2.
    fn uneven(section: &str) -> World {
        let mut world = World::new();
        write_classes(world.folder.path(), 320, |i| if i % 32 == 0 { 2 } else { i % 2 });
        let text = format!("{}{section}", world.study.plan.to_toml());
        let document = Document::parse("study.toml", &text).unwrap();
        world.study = Study::read(&document, "uneven").unwrap();
        world
    }
}

const TWO_ARMS: &str = "[study]\nseeds = 2\n[[study.arm]]\nremedies = [\"l2(1e-3)\"]\n";

#[test]
fn imbalanced_data_are_judged_by_balanced_accuracy_unless_the_file_says_otherwise() {
    let world = World::uneven(TWO_ARMS);
    assert!(world.study.primary_by_data);
    let outcome = world.run("a", &options()).unwrap();
    let study = &outcome.records.study;
    assert_eq!(study.primary, Metric::Val(Extra::BalancedAccuracy));
    for arm in &study.arms {
        assert_eq!(arm.plan.train.metrics, [Extra::BalancedAccuracy]);
    }
    let uneven = outcome.records.data.imbalance().unwrap();
    assert_eq!((uneven.small, uneven.fewest), (2, 9));
    for record in outcome.records.records.iter().flatten() {
        let row = record.as_ref().unwrap().last().unwrap();
        assert!(row.metric(study.primary).is_some_and(f64::is_finite));
    }
    let read = read(&world.folder.path().join("a")).unwrap();
    assert_eq!((&read.study, &read.data), (study, &outcome.records.data));
    // The same file goes on, and so does what was resolved from it.
    let again = world.run("a", &options()).unwrap();
    assert_eq!((again.done_before, again.left()), (4, 0));

    let world = World::uneven(&TWO_ARMS.replace("seeds = 2", "seeds = 2\nprimary = \"val_loss\""));
    let outcome = world.run("a", &options()).unwrap();
    assert_eq!(outcome.records.study.primary, Metric::ValLoss);
    assert!(outcome.records.study.plan.train.metrics.is_empty());

    let world = World::new();
    let study = Study { primary_by_data: true, ..world.study.clone() };
    let outcome = World { study, ..world }.run("a", &options()).unwrap();
    assert_eq!(outcome.records.study.primary, Metric::ValLoss, "classes are even here");
}

#[test]
fn a_folder_of_an_older_version_goes_on_with_what_it_was_judged_by() {
    let mut world = World::uneven(TWO_ARMS);
    // Older versions knew no other default than the loss.
    world.study.primary_by_data = false;
    world.run("a", &options()).unwrap();
    world.study.primary_by_data = true;
    let again = world.run("a", &options()).unwrap();
    assert_eq!((again.records.study.primary, again.done_before), (Metric::ValLoss, 4));
}

#[test]
fn what_arms_are_judged_by_is_measured_in_all_of_them() {
    let section = TWO_ARMS.replace("seeds = 2", "seeds = 2\nprimary = \"val_brier\"");
    let world = World::uneven(&section);
    let mut outcome = world.run("a", &options()).unwrap();
    outcome.open_test(1, 1).unwrap();
    for record in outcome.records.records.iter().flatten().flatten() {
        let metric = outcome.records.study.primary;
        let score = record.last().unwrap().metric(metric).unwrap();
        assert!(score > 0.0 && score < 2.0, "{score}");
        assert!(record.test.as_ref().unwrap().metric(metric).is_some());
    }
}

#[test]
fn a_primary_score_that_the_data_do_not_have_is_refused_before_training() {
    let refused = |primary: &str| {
        let line = format!("seeds = 2\nprimary = \"{primary}\"");
        let world = World::uneven(&TWO_ARMS.replace("seeds = 2", &line));
        let error = world.run("a", &options()).unwrap_err();
        assert!(error.is_input() && !world.folder.path().join("a").exists(), "{error}");
        error.to_string()
    };
    assert!(refused("val_rmse").contains("study.primary: rmse is for regression; classes have"));
    assert!(refused("val_top_3").contains("top-3 is always 1 with 3 classes"));
    let world = World::uneven(&TWO_ARMS.replace("seeds = 2", "seeds = 2\nprimary = \"val_auc\""));
    let mut study = world.study.clone();
    let part = |name: &str| world.folder.path().join(name);
    fs::create_dir(part("held")).unwrap();
    write_classes(&part("held"), 20, |i| i % 2);
    let held = part("held").join("t10k-images-idx3-ubyte");
    for plan in [&mut study.plan].into_iter().chain(study.arms.iter_mut().map(|arm| &mut arm.plan))
    {
        plan.data.validation = Some(wellfit_data::Holdout::File(held.clone()));
    }
    let error = World { study, ..world }.run("a", &options()).unwrap_err().to_string();
    assert!(error.contains("auc is not defined: the validation set has no sample of"), "{error}");
}
