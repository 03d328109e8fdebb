//! wellfit's own records.

#[path = "../common/mod.rs"]
mod common;

use common::{overfit, record, samples, study, tensor};
use wellfit_diagnose::verdict::{Facts, Found, Kind, baseline_line, curves_of, judge_record};
use wellfit_nn::Layer;
use wellfit_runs::{ScoreKind, TrainMeasure};
use wellfit_study::Study;
use wellfit_train::Plan;
use wellfit_train::plan::{Document, LossSettings};
use wellfit_train::record::{Record, RunState};

#[test]
fn a_records_rows_become_curves_with_its_samples() {
    let mut record = overfit(0).unwrap();
    record.best_samples = Some(samples(9, 0.327, 50, 0.1));
    record.last_samples = Some(samples(30, 0.446, 50, 0.1));
    let curves = curves_of("a", &record, Facts { classes: Some(10), val_size: Some(7) });
    assert_eq!((curves.at.len(), curves.at[29]), (30, 30.0));
    assert_eq!(curves.train_measure, TrainMeasure::Evaluation);
    assert_eq!((curves.score, curves.classes), (ScoreKind::Accuracy, Some(10)));
    assert_eq!(curves.val_size, Some(50), "its own samples come first");
    let pair = curves.samples.unwrap();
    assert_eq!((pair.best_at, pair.last_at, pair.best.len()), (9.0, 30.0, 50));
    let val_loss = curves.val_loss.unwrap();
    assert_eq!(
        (val_loss.name.as_str(), val_loss.values[29]),
        ("val_loss", record.epochs[29].val_loss)
    );
}

#[test]
fn a_record_without_validation_or_samples_says_so_by_their_absence() {
    let mut record = overfit(0).unwrap();
    for row in &mut record.epochs {
        (row.val_loss, row.val_score) = (None, None);
    }
    let curves = curves_of("a", &record, Facts::default());
    assert_eq!((curves.val_loss, curves.val_score, curves.samples), (None, None, None));
    record.state = RunState::Diverged { epoch: 30, step: Some(3) };
    assert_eq!(judge_record("a", &record, Facts::default()).kind, Kind::Diverged);
    record.state = RunState::Failed { message: "no room".into() };
    record.epochs.clear();
    let verdict = judge_record("a", &record, Facts::default());
    assert_eq!(verdict.kind, Kind::Undecided);
    assert_eq!(verdict.notes, ["the run failed: no room"]);
}

#[test]
fn the_classes_are_the_last_linear_layers_outputs_where_the_loss_is_cross_entropy() {
    let linear = |out| Layer::Linear { out, bias: true };
    let mut plan =
        Plan::new("x", vec![linear(32), Layer::RELU, linear(7), Layer::Dropout { p: 0.1 }]);
    assert_eq!(Facts::of(&plan).classes, Some(7));
    plan.train.loss = Some(LossSettings::Mse);
    assert_eq!(Facts::of(&plan).classes, None);
}

#[test]
fn weights_far_larger_than_the_rest_are_found() {
    let mut record = overfit(0).unwrap();
    let extremes = |record: &Record| {
        let verdict = judge_record("a", record, Facts::default());
        verdict.findings.into_iter().find(|finding| finding.kind == Found::ExtremeWeights)
    };
    // 13.9 standard deviations, where 784,000 normal weights stay below 5.4.
    let found = extremes(&record).unwrap();
    assert!(found.evidence.contains("784,000 normal weights would stay below 5."), "{found:?}");
    assert!(found.evidence.contains("the largest weight of 0.weight has"), "{found:?}");
    record.weights =
        vec![tensor("0.weight", &[1000, 784], 0.1, 0.6), tensor("0.bias", &[10], 0.1, 9.0)];
    assert_eq!(extremes(&record), None);
}

#[test]
fn a_run_that_early_stopping_ended_is_judged_by_what_it_kept() {
    let mut record = overfit(0).unwrap();
    record.best_epoch = Some(9);
    let whole = judge_record("a", &record, Facts::default());
    assert_eq!(whole.kind, Kind::Overfit);
    assert_eq!(whole.notes, ["model.safetensors holds the weights of epoch 9"]);
    record.state = RunState::StoppedEarly;
    let kept = judge_record("a", &record, Facts::default());
    assert_eq!((kept.kind, kept.rows, kept.epochs), (Kind::Healthy, 9, Some(9)), "{kept:#?}");
    assert_eq!(kept.notes, ["early stopping kept epoch 9 of 30; the run is judged up to there"]);
    // Two epochs are few, but the run went on and found none better.
    record.best_epoch = Some(2);
    assert!(!judge_record("a", &record, Facts::default()).headline.contains("too few"));
}

#[test]
fn a_penalty_or_dropout_without_a_gap_to_close_is_too_much() {
    let mut record = overfit(0).unwrap();
    for row in &mut record.epochs {
        (row.train_eval_loss, row.val_loss) = (0.6, Some(0.62));
        (row.train_loss, row.train_penalty) = (0.6, 0.01);
    }
    let facts = Facts { classes: Some(10), ..Facts::default() };
    assert_eq!(judge_record("a", &record, facts).kind, Kind::Healthy);
    record.epochs.last_mut().unwrap().train_penalty = 0.12;
    let verdict = judge_record("a", &record, facts);
    assert_eq!(verdict.kind, Kind::Underfit, "{verdict:#?}");
    assert_eq!(
        verdict.headline,
        "UNDERFITTING: training is held back too much: the penalty is 20 % of the training loss, \
         and there is no gap to close"
    );
    let last = record.epochs.last_mut().unwrap();
    (last.train_penalty, last.train_loss) = (0.0, 0.9);
    let verdict = judge_record("a", &record, facts);
    assert!(verdict.headline.contains("the loss in training mode is 50 % above"), "{verdict:#?}");
}

#[test]
fn a_studys_line_says_how_many_trials_agree() {
    let line = baseline_line(&study(5, overfit)).unwrap();
    assert!(
        line.starts_with("baseline: 5 of 5 trials overfit; seed 0: OVERFITTING since epoch "),
        "{line}"
    );
    let one = baseline_line(&study(1, overfit)).unwrap();
    assert!(one.starts_with("baseline: seed 0: OVERFITTING"), "{one}");
    assert_eq!(baseline_line(&study(2, |_| None)), None);
    let mixed = |seed| if seed < 2 { Some(record("b", seed, &[[0.5; 4]])) } else { overfit(seed) };
    let line = baseline_line(&study(5, mixed)).unwrap();
    assert!(line.starts_with("baseline: 3 of 5 trials overfit; seed 2: "), "{line}");
}

#[test]
fn the_order_of_seeds_changes_no_count() {
    let mixed = |seed| if seed < 2 { Some(record("b", seed, &[[0.5; 4]])) } else { overfit(seed) };
    let (one, mut other) = (study(5, mixed), study(5, mixed));
    other.study.seeds.reverse();
    other.records[0].reverse();
    let count = |study| baseline_line(study).unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(count(&one), count(&other));
}

#[test]
fn every_line_to_paste_into_a_plan_is_one_that_a_plan_takes() {
    const PLAN: &str = "\n[data]\nsource = \"fashion-mnist\"\n#data\n[model]\nlayers = [{ type = \
                        \"linear\", out = 20 }, { type = \"linear\", out = 10 }]\n[train]\nbatch_size = 8\n#train\n";
    let verdict = judge_record("a", &overfit(0).unwrap(), Facts::default());
    for kind in [
        Found::Overtrained,
        Found::Memorised,
        Found::Overconfident,
        Found::LargeGap,
        Found::StillImproving,
        Found::HeldBack,
        Found::HardlyLearned,
        Found::Diverging,
        Found::Unstable,
        Found::Noisy,
        Found::TooFewEpochs,
        Found::TooLittleValidationData,
        Found::NoValidation,
        Found::ExtremeWeights,
    ] {
        let finding = wellfit_diagnose::verdict::Finding::new(kind, String::new());
        let line = verdict.advice(&finding, wellfit_diagnose::verdict::Target::Wellfit).paste;
        let text = match line.split(['.', ' ']).next() {
            Some("study") => format!("{line}{PLAN}"),
            Some("validation") => PLAN.replace("#data", &line),
            _ => PLAN.replace("#train", &line),
        };
        let document = Document::parse("plan", &text).unwrap_or_else(|e| panic!("{line}: {e}"));
        let study = Study::read(&document, "x").unwrap_or_else(|e| panic!("{line}: {e}"));
        let arms = 1 + usize::from(line.starts_with("study"));
        assert_eq!(study.arms.len(), arms, "{line}");
    }
}
