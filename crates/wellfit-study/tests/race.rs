//! Races that are run: on a small data set in IDX files, with the real engine.

mod common;

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};

use common::{StopAfter, write_data};
use wellfit_data::Places;
use wellfit_nn::Layer;
use wellfit_stats::Place;
use wellfit_study::{
    Cell, Outcome, Racing, Study, StudyError, StudyOptions, Watch, read, run, trial_name,
};
use wellfit_train::Plan;
use wellfit_train::record::RunState;

/// Arms of which one clearly helps, one clearly harms and two differ by luck alone.
const ARMS: [(&str, f64); 4] = [("fast", 1e-2), ("slow", 1e-6), ("a", 2.00e-3), ("b", 2.01e-3)];

struct World {
    folder: tempfile::TempDir,
    study: Study,
}

impl World {
    fn new(seeds: usize) -> World {
        let folder = tempfile::tempdir().unwrap();
        write_data(folder.path(), 90);
        let layers = vec![
            Layer::Linear { out: 8, bias: true },
            Layer::RELU,
            Layer::Linear { out: 3, bias: true },
        ];
        let mut plan = Plan::new(folder.path().to_string_lossy(), layers);
        (plan.train.epochs, plan.train.batch_size) = (2, 16);
        let mut study = Study::new("race", plan, seeds).unwrap();
        for (name, lr) in ARMS {
            study = study.with_arm(name, &[]).unwrap();
            study.arms.last_mut().unwrap().plan.train.lr = lr;
        }
        study.racing = true;
        World { folder, study }
    }

    fn run(&self, name: &str, options: &StudyOptions<'_>) -> Result<Outcome, StudyError> {
        run(&self.study, &self.folder.path().join(name), options)
    }

    fn trials(&self, name: &str) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path().join(name).join("trials")).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap())).collect();
        names.sort();
        names
    }
}

fn options<'a>() -> StudyOptions<'a> {
    StudyOptions { places: Places::default(), threads: 1, ..StudyOptions::default() }
}

fn racing(outcome: &Outcome) -> Racing {
    let records = &outcome.records;
    Racing::of(&records.study, records.data.score(), &records.records).expect("a race")
}

#[test]
fn losers_stop_early_and_what_was_run_is_what_the_race_asked_for() {
    let world = World::new(8);
    let outcome = world.run("a", &options()).unwrap();
    let racing = racing(&outcome);
    assert_eq!((racing.standing.next, outcome.left(), outcome.interrupted), (None, 0, false));
    assert_eq!(racing.standing.winner, Some(0), "{racing:?}");
    // The baseline hardly learns, and so does what is slower still.
    assert_eq!(racing.seeds(2), Some(2), "{racing:?}");
    assert!(outcome.done() < 5 * 8, "{} trials", outcome.done());
    for (arm, records) in outcome.records.records.iter().enumerate() {
        let ran = records.iter().flatten().count();
        assert!(records[ran..].iter().all(Option::is_none), "seed by seed");
        assert_eq!(racing.seeds(arm).unwrap_or(ran), ran, "{}", world.study.arms[arm].name);
    }
    let names = world.trials("a");
    assert!(
        !names.contains(&trial_name("slow", Cell { seed: 2, fold: None }))
            && names.contains(&trial_name("slow", Cell { seed: 1, fold: None }))
    );
    let read = read(&world.folder.path().join("a")).unwrap();
    assert_eq!(read.records, outcome.records.records);
    assert!(read.study.racing);
}

#[test]
fn jobs_and_threads_never_change_who_runs() {
    let world = World::new(6);
    world.run("reference", &options()).unwrap();
    for (jobs, threads) in [(1, 3), (3, 2)] {
        let name = format!("{jobs}-{threads}");
        let outcome =
            world.run(&name, &StudyOptions { jobs: Some(jobs), threads, ..options() }).unwrap();
        assert_eq!(world.trials(&name), world.trials("reference"), "{name}");
        assert_eq!(outcome.left(), 0);
    }
}

#[test]
fn an_interrupted_race_goes_on_as_it_would_have() {
    let world = World::new(6);
    let whole = world.run("reference", &options()).unwrap();
    for most in [1, 9, 21, 31] {
        let name = format!("stopped-{most}");
        let stop = Arc::new(AtomicBool::new(false));
        let watch = StopAfter { epochs: AtomicUsize::new(0), most, stop: stop.clone() };
        let first = world.run(&name, &StudyOptions { stop, watch: &watch, ..options() }).unwrap();
        assert!(first.interrupted && first.left() > 0, "stopped after {most} epochs");
        let again = world.run(&name, &options()).unwrap();
        assert_eq!(again.done_before, first.done());
        assert_eq!(world.trials(&name), world.trials("reference"), "stopped after {most}");
        assert_eq!(racing(&again), racing(&whole));
    }
}

/// Writes down what is said of the race.
#[derive(Default)]
struct Diary(Mutex<Vec<(Option<usize>, usize)>>);

impl Watch for Diary {
    fn looked(&self, racing: &Racing, more: usize) {
        self.0.lock().unwrap().push((racing.standing.next, more));
    }
}

#[test]
fn each_look_is_told_and_the_last_one_says_that_it_is_over() {
    let world = World::new(5);
    let diary = Diary::default();
    world.run("a", &StudyOptions { watch: &diary, ..options() }).unwrap();
    let looks = diary.0.into_inner().unwrap();
    assert_eq!(looks[0].0, Some(3), "the first look is at two seeds: {looks:?}");
    assert_eq!(looks.last(), Some(&(None, 0)));
    assert!(looks[..looks.len() - 1].iter().all(|(_, more)| *more > 0), "{looks:?}");
}

#[test]
fn an_arm_that_only_diverges_and_one_that_only_fails_leave_as_lost() {
    let mut world = World::new(5);
    world.study.arms[2].plan.train.lr = 1e30;
    for seed in 0..5 {
        let folder =
            world.folder.path().join("a/trials").join(trial_name("a", Cell { seed, fold: None }));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("notes.txt"), "mine").unwrap();
    }
    let outcome = world.run("a", &options()).unwrap();
    let racing = racing(&outcome);
    for arm in [2, 3] {
        assert_eq!(racing.standing.arms[arm - 1].place, Place::Lost(2), "{racing:?}");
    }
    let state = |arm: usize| outcome.records.records[arm][0].as_ref().unwrap().state.clone();
    assert!(matches!(state(2), RunState::Diverged { .. }));
    assert!(matches!(state(3), RunState::Failed { .. }));
    assert_eq!((outcome.left(), outcome.failed().len()), (0, 2));
}

#[test]
fn a_baseline_that_only_diverges_ends_the_race_at_its_first_look() {
    let mut world = World::new(5);
    world.study.plan.train.lr = 1e30;
    world.study.arms[0].plan.train.lr = 1e30;
    let outcome = world.run("a", &options()).unwrap();
    let racing = racing(&outcome);
    assert_eq!((racing.standing.next, racing.standing.winner), (None, None));
    assert_eq!((outcome.done(), outcome.left()), (5 * 2, 0));
}
