//! wellfit's own records.

#[path = "../common/mod.rs"]
mod common;

use common::{overfit, samples, tensor};
use wellfit_diagnose::verdict::{Facts, Found, Kind, curves_of, judge_record};
use wellfit_nn::Layer;
use wellfit_runs::{ScoreKind, TrainMeasure};
use wellfit_study::Study;
use wellfit_train::Plan;
use wellfit_train::plan::{Document, LossSettings};
use wellfit_train::record::{ClassCounts, Record, RunState, Watch, WatchLook};

#[test]
fn a_records_rows_become_curves_with_its_samples() {
    let mut record = overfit(0).unwrap();
    record.best_samples = Some(samples(9, 0.327, 50, 0.1));
    record.last_samples = Some(samples(30, 0.446, 50, 0.1));
    let curves =
        curves_of("a", &record, Facts { classes: Some(10), val_size: Some(7), ..Facts::default() });
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
    let facts = Facts { val_size: Some(5000), ..Facts::default() };
    let whole = judge_record("a", &record, facts);
    assert_eq!(whole.kind, Kind::Overfit);
    assert_eq!(whole.notes, ["model.safetensors holds the weights of epoch 9"]);
    record.state = RunState::StoppedEarly;
    let kept = judge_record("a", &record, facts);
    assert_eq!(
        (kept.kind, kept.rows, kept.setting.epochs),
        (Kind::Healthy, 9, Some(9)),
        "{kept:#?}"
    );
    assert_eq!(kept.notes, ["early stopping kept epoch 9 of 30; the run is judged up to there"]);
    // Two epochs are few, but the run went on and found none better.
    record.best_epoch = Some(2);
    assert!(!judge_record("a", &record, Facts::default()).headline.contains("too few"));
}

/// A run whose losses stay where they are, in training mode as in evaluation mode.
fn level(train: f64, held: f64, penalty: f64) -> Record {
    let mut record = overfit(0).unwrap();
    for row in &mut record.epochs {
        (row.train_eval_loss, row.val_loss) = (train, Some(held));
        (row.train_loss, row.train_penalty) = (train, penalty);
    }
    record
}

#[test]
fn a_penalty_or_dropout_without_a_gap_to_close_is_too_much() {
    let mut record = level(0.6, 0.62, 0.01);
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

/// Changed and blended samples cost more than those that are evaluated: that is no restraint.
#[test]
fn augmentation_is_not_taken_for_what_holds_training_back() {
    let mut record = level(0.6, 0.62, 0.01);
    record.epochs.iter_mut().for_each(|row| row.train_loss = 1.1);
    let plain = Facts { classes: Some(10), ..Facts::default() };
    let augmented = Facts { augmented: true, ..plain };
    assert_eq!(judge_record("a", &record, plain).kind, Kind::Underfit);
    assert_eq!(judge_record("a", &record, augmented).kind, Kind::Healthy);
    // What was learned is nearly all lost in training mode.
    let mut record = level(1.8, 1.82, 0.0);
    record.epochs.last_mut().unwrap().train_loss = 2.2;
    assert_eq!(judge_record("a", &record, plain).kind, Kind::Underfit);
    assert_eq!(judge_record("a", &record, augmented).kind, Kind::Healthy);
    // A penalty still is one.
    record.epochs.last_mut().unwrap().train_penalty = 0.5;
    assert_eq!(judge_record("a", &record, augmented).kind, Kind::Underfit);
    let mut plan = Plan::new("x", vec![Layer::Linear { out: 2, bias: true }]);
    assert!(!Facts::of(&plan).augmented);
    plan.train.augment = vec![wellfit_data::Augment::Flip { p: 0.5 }];
    assert!(Facts::of(&plan).augmented);
}

#[test]
fn dropout_that_takes_a_quarter_of_what_was_learned_is_too_much() {
    let mut record = level(1.8, 1.82, 0.0);
    let facts = Facts { classes: Some(10), ..Facts::default() };
    assert_eq!(judge_record("a", &record, facts).kind, Kind::Healthy);
    // Of the 0.503 that were learned from ln 10 on, 0.15 are lost.
    record.epochs.last_mut().unwrap().train_loss = 1.95;
    let verdict = judge_record("a", &record, facts);
    assert_eq!(verdict.kind, Kind::Underfit, "{verdict:#?}");
    assert!(verdict.headline.contains("30 % of what was learned is lost in training mode"));
    // The mean over an epoch in which the loss fell that far lost nothing.
    let [.., before, _] = &mut record.epochs[..] else { unreachable!() };
    before.train_eval_loss = 1.95;
    let falling = judge_record("a", &record, facts);
    assert!(!falling.headline.contains("in training mode"), "{falling:#?}");
}

#[test]
fn steps_as_large_as_their_weights_keep_a_network_from_settling() {
    let mut record = level(0.6, 0.62, 0.0);
    let facts = Facts { classes: Some(10), ..Facts::default() };
    let look = |epoch: usize, update: f64| WatchLook {
        epoch,
        loss: 0.6,
        dead: Vec::new(),
        saturated: Vec::new(),
        rms: Vec::new(),
        gradient_rms: Vec::new(),
        norm: vec![1.0],
        gradient_norm: vec![1.0],
        update_norm: vec![update],
        unchanged: Vec::new(),
    };
    let mut kind = |update: f64| {
        record.watch = Some(Watch {
            samples: 32,
            every: 1,
            layers: Vec::new(),
            parameters: vec!["0.weight".into()],
            looks: (0..=30).map(|epoch| look(epoch, update)).collect(),
            classes: None,
        });
        judge_record("a", &record, facts)
    };
    assert_eq!(kind(0.01).kind, Kind::Healthy);
    let verdict = kind(0.2);
    assert_eq!(verdict.kind, Kind::Underfit, "{verdict:#?}");
    assert!(verdict.headline.starts_with("UNDERFITTING: steps are too large for the weights"));
}

#[test]
fn a_layer_that_passes_on_less_than_its_classes_need_is_a_bottleneck() {
    let mut record = level(0.9, 0.92, 0.0);
    let mut of = |units: usize, classes: usize| {
        record.weights = vec![
            tensor("0.weight", &[64, 20], 0.1, 0.3),
            tensor("0.bias", &[64], 0.1, 0.3),
            tensor("2.weight", &[units, 64], 0.1, 0.3),
            tensor("4.weight", &[classes, units], 0.1, 0.3),
        ];
        judge_record("a", &record, Facts { classes: Some(classes), ..Facts::default() })
    };
    let narrow = of(3, 10);
    assert_eq!(narrow.kind, Kind::Underfit, "{narrow:#?}");
    assert_eq!(
        narrow.headline,
        "UNDERFITTING: layer 2 passes on 3 numbers for 10 classes, and training data are not \
         fitted (training loss 0.900, validation loss 0.920)"
    );
    assert_eq!(narrow.findings[0].kind, Found::Bottleneck);
    assert_eq!(of(9, 10).kind, Kind::Healthy);
    assert!(of(1, 10).headline.contains("layer 2 passes on a single number for 10 classes"));
}

#[test]
fn guessing_costs_what_the_shares_of_the_classes_do() {
    let mut record = level(0.19, 0.195, 0.0);
    let facts = Facts { classes: Some(2), ..Facts::default() };
    let mut of = |train: [u64; 2], weighted: bool| {
        let classes = ClassCounts {
            train: train.to_vec(),
            validation: None,
            weighted,
            best: None,
            last: None,
        };
        record.watch = Some(Watch {
            samples: 32,
            every: 1,
            layers: Vec::new(),
            parameters: Vec::new(),
            looks: Vec::new(),
            classes: Some(classes),
        });
        judge_record("a", &record, facts)
    };
    assert_eq!(of([500, 500], false).kind, Kind::Healthy);
    // 0.95·ln(1/0.95) + 0.05·ln(1/0.05) = 0.199.
    let rare = of([950, 50], false);
    assert_eq!((rare.kind, rare.severity), (Kind::Underfit, 3), "{rare:#?}");
    assert!(rare.headline.contains("is near that of guessing (0.199)"), "{}", rare.headline);
    assert_eq!(of([950, 50], true).kind, Kind::Healthy);
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
        Found::Bottleneck,
        Found::Unfitted,
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
        let set = line.strip_prefix("wellfit train plan.toml --set ");
        let text = match line.split(['.', ' ']).next() {
            Some("wellfit") => PLAN.replace("#train", r#"optimizer = { type = "sgd", lr = 1.0 }"#),
            Some("{") => PLAN.replace("layers = [", &format!("layers = [\n{line}\n")),
            Some("study") => format!("{line}{PLAN}"),
            Some("validation") => PLAN.replace("#data", &line),
            _ => PLAN.replace("#train", &line),
        };
        let mut document = Document::parse("plan", &text).unwrap_or_else(|e| panic!("{line}: {e}"));
        set.map(|set| document.set(set)).transpose().unwrap_or_else(|e| panic!("{line}: {e}"));
        let study = Study::read(&document, "x").unwrap_or_else(|e| panic!("{line}: {e}"));
        let arms = 1 + usize::from(line.starts_with("study"));
        assert_eq!(study.arms.len(), arms, "{line}");
    }
}
