//! Cross-validations that are run: on a small NPZ file, with the real engine.

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use common::{StopAfter, write_npz};
use wellfit_data::{Holdout, Places, SplitRule, Subset};
use wellfit_nn::Layer;
use wellfit_study::{Outcome, Study, StudyError, StudyOptions, read, run};
use wellfit_train::Plan;
use wellfit_train::plan::{ClassWeights, LossSettings};
use wellfit_train::record::RunState;

const SAMPLES: usize = 60;

/// Two arms, one seed, three folds.
fn study(folder: &Path) -> Study {
    let source = folder.join("points.npz");
    write_npz(&source, SAMPLES);
    let layers = vec![
        Layer::Linear { out: 8, bias: true },
        Layer::RELU,
        Layer::Linear { out: 2, bias: true },
    ];
    let mut plan = Plan::new(source.to_string_lossy(), layers);
    (plan.train.epochs, plan.train.batch_size) = (3, 8);
    plan.data.test = Some(Holdout::Fraction(0.2));
    Study::new("folded", plan, 1)
        .and_then(|study| study.with_arm("l2", &["l2(1e-3)"]))
        .and_then(|study| study.with_folds(3, 1))
        .unwrap()
}

fn options<'a>() -> StudyOptions<'a> {
    StudyOptions { places: Places::default(), ..StudyOptions::default() }
}

/// What trials left that must not depend on how they were run.
fn results(study: &Study, folder: &Path) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for trial in study.trials() {
        let folder = folder.join("trials").join(&trial.name);
        all.push(fs::read(folder.join("model.safetensors")).unwrap());
        let history = fs::read_to_string(folder.join("history.csv")).unwrap();
        let timeless = history.lines().map(|line| line.rsplitn(3, ',').nth(2).unwrap());
        all.push(timeless.collect::<Vec<_>>().join("\n").into_bytes());
    }
    all
}

fn run_in(study: &Study, folder: &Path) -> Result<Outcome, StudyError> {
    run(study, folder, &options())
}

#[test]
fn every_arm_is_trained_on_every_fold_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let study = study(folder.path());
    let outcome = run_in(&study, &folder.path().join("a")).unwrap();
    assert_eq!((outcome.left(), outcome.failed().len(), outcome.done()), (0, 0, 6));
    // 12 of 60 samples are the test; the folds hold out 16 of the other 48.
    assert_eq!(outcome.records.data.samples, [32, 16, 12]);
    for (arm, records) in outcome.records.records.iter().enumerate() {
        let records: Vec<_> = records.iter().map(|record| record.as_ref().unwrap()).collect();
        for (fold, record) in records.iter().enumerate() {
            assert_eq!((&record.arm, record.seed), (&study.arms[arm].name, 0));
            assert_eq!((record.fold, &record.state), (Some(fold), &RunState::Complete));
        }
        assert_ne!(records[0].best().unwrap().val_loss, records[1].best().unwrap().val_loss);
    }
    let there = read(&folder.path().join("a")).unwrap();
    assert_eq!((&there.study, &there.records), (&study, &outcome.records.records));
    let names: Vec<String> = study.trials().into_iter().map(|trial| trial.name).collect();
    assert_eq!(names[..3], ["baseline-s0-f0", "l2-s0-f0", "baseline-s0-f1"]);
}

#[test]
fn jobs_and_threads_never_change_a_bit() {
    let folder = tempfile::tempdir().unwrap();
    let study = study(folder.path());
    let go = |jobs, threads| {
        let name = folder.path().join(format!("{jobs}-{threads}"));
        run(&study, &name, &StudyOptions { jobs: Some(jobs), threads, ..options() }).unwrap();
        results(&study, &name)
    };
    let reference = go(1, 1);
    for (jobs, threads) in [(2, 2), (6, 3)] {
        assert_eq!(go(jobs, threads), reference, "{jobs} jobs, {threads} threads");
    }
}

#[test]
fn what_was_stopped_goes_on_and_ends_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let study = study(folder.path());
    run_in(&study, &folder.path().join("reference")).unwrap();
    let reference = results(&study, &folder.path().join("reference"));
    for most in [1, 4, 10] {
        let to = folder.path().join(format!("stopped-{most}"));
        let stop = Arc::<AtomicBool>::default();
        let watch = StopAfter { epochs: AtomicUsize::new(0), most, stop: stop.clone() };
        let stopped =
            run(&study, &to, &StudyOptions { jobs: Some(2), stop, watch: &watch, ..options() })
                .unwrap();
        assert!(stopped.interrupted && stopped.left() > 0);
        let again = run_in(&study, &to).unwrap();
        assert_eq!((again.left(), again.interrupted), (0, false));
        assert_eq!(results(&study, &to), reference, "stopped after {most}");
    }
}

#[test]
fn repeats_join_and_other_folds_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut study = study(folder.path());
    let to = folder.path().join("a");
    run_in(&study, &to).unwrap();
    let before = results(&study, &to);
    study = study.with_folds(3, 2).unwrap();
    let more = run_in(&study, &to).unwrap();
    assert_eq!((more.done_before, more.left(), more.done()), (6, 0, 12));
    assert_eq!(results(&study, &to)[..before.len()], before);
    let losses: Vec<_> = more.records.records[0]
        .iter()
        .map(|r| r.as_ref().unwrap().best().unwrap().val_loss)
        .collect();
    assert!(losses[..3].iter().all(|loss| !losses[3..].contains(loss)), "{losses:?}");
    let error = run_in(&study.with_folds(4, 2).unwrap(), &to).unwrap_err();
    assert!(error.is_input() && error.to_string().contains("it has 3 folds"), "{error}");
}

#[test]
fn the_test_set_is_the_same_for_every_fold_and_opened_for_those_that_were_there() {
    let folder = tempfile::tempdir().unwrap();
    let study = study(folder.path());
    let to = folder.path().join("a");
    run_in(&study, &to).unwrap().open_test(1, 2).unwrap();
    let more = study.with_folds(3, 2).unwrap();
    let mut outcome = run_in(&more, &to).unwrap();
    outcome.open_test(1, 2).unwrap();
    let there = read(&to).unwrap();
    for records in &there.records {
        let tested: Vec<usize> = records
            .iter()
            .map(|r| r.as_ref().unwrap().test.as_ref().map_or(0, |test| test.n))
            .collect();
        assert_eq!(tested, [12, 12, 12, 0, 0, 0]);
    }
    assert_eq!(there.opening.unwrap().folds, Some(3));
}

#[test]
fn arms_with_subsets_of_their_own_share_the_folds() {
    let folder = tempfile::tempdir().unwrap();
    let mut study = study(folder.path());
    study.arms[1].plan.data.subset = Some(Subset::Fraction(0.5));
    let outcome = run_in(&study, &folder.path().join("a")).unwrap();
    assert_eq!((outcome.done(), outcome.failed().len()), (6, 0));
}

#[test]
fn what_is_wrong_with_a_fold_is_told_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("a");
    let study = study(folder.path());
    let changed = |change: fn(&mut Plan)| {
        let mut study = study.clone();
        let arms = study.arms.iter_mut().map(|arm| &mut arm.plan);
        [&mut study.plan].into_iter().chain(arms).for_each(change);
        study
    };
    for (wrong, words) in [
        (changed(|plan| plan.data.validation = Some(Holdout::File("v.npz".into()))), "v.npz"),
        (
            changed(|plan| plan.data.split = SplitRule::Grouped { column: "patient".into() }),
            "patient",
        ),
        (study.clone().with_folds(30, 1).unwrap(), "class 0 (0) has 24 samples, fewer than"),
        (
            changed(|plan| {
                plan.data.subset = Some(Subset::Count(2));
                plan.data.split = SplitRule::Random;
                let class_weights = ClassWeights::Balanced;
                plan.train.loss =
                    Some(LossSettings::CrossEntropy { label_smoothing: 0.0, class_weights });
            })
            .with_folds(20, 1)
            .unwrap(),
            "class",
        ),
    ] {
        let error = run_in(&wrong, &to).expect_err(words);
        assert!(error.is_input() && error.to_string().contains(words), "{error}");
        assert!(!to.exists(), "{words}");
    }
}

#[test]
fn folds_go_by_the_plans_rule() {
    let folder = tempfile::tempdir().unwrap();
    let study = study(folder.path());
    let losses = |rule: SplitRule, name: &str| {
        let mut study = study.clone();
        study.plan.data.split = rule.clone();
        study.arms.iter_mut().for_each(|arm| arm.plan.data.split = rule.clone());
        let outcome = run_in(&study, &folder.path().join(name)).unwrap();
        outcome.records.records[0][0].as_ref().unwrap().best().unwrap().val_loss
    };
    assert_ne!(losses(SplitRule::Random, "random"), losses(SplitRule::Stratified, "stratified"));
}

/// A study that was run before there were folds, with its test set opened.
fn before_folds() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/before-folds")
}

#[test]
fn a_study_of_before_there_were_folds_is_read_and_written_as_it_was() {
    let there = read(&before_folds()).unwrap();
    assert_eq!((there.study.folds, there.study.seeds.as_slice()), (None, &[0, 1][..]));
    let opening = there.opening.as_ref().unwrap();
    assert_eq!((opening.folds, opening.seeds.as_slice()), (None, &[0, 1][..]));
    for records in &there.records {
        assert_eq!(records.len(), 2);
        for (seed, record) in records.iter().enumerate() {
            let record = record.as_ref().unwrap();
            assert_eq!((record.seed, record.fold), (seed as u64, None));
            assert_eq!(record.plan_hash, {
                let arm = there.study.arms.iter().find(|arm| arm.name == record.arm).unwrap();
                let mut plan = arm.plan.clone();
                plan.train.seed = record.seed;
                plan.hash()
            });
        }
    }
    let text = fs::read_to_string(before_folds().join("study.toml")).unwrap();
    assert_eq!(there.study.to_toml(), text);
}
