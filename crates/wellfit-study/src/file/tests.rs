use wellfit_nn::{Layer, Optimizer, PenaltyKind};
use wellfit_train::plan::{Document, Extra, Metric};

use crate::folds::Folds;
use crate::study::{JudgeAt, Study};

const BASE: &str = r#"
[data]
source = "fashion-mnist-sample"
[model]
layers = [{ type = "linear", out = 8 }, { type = "relu" }, { type = "linear", out = 10 }]
[train]
seed = 3
epochs = 2
optimizer = { type = "sgd", lr = 0.1, momentum = 0.9 }
"#;

fn read(study: &str) -> Result<Study, String> {
    let document =
        Document::parse("s.toml", &format!("{BASE}{study}")).map_err(|e| e.to_string())?;
    Study::read(&document, "s").map_err(|e| e.to_string())
}

fn names(study: &Study) -> Vec<&str> {
    study.arms.iter().map(|arm| arm.name.as_str()).collect()
}

#[test]
fn a_plan_without_a_study_section_is_the_baseline_over_five_seeds() {
    let study = read("").unwrap();
    assert_eq!((study.name.as_str(), names(&study)), ("s", vec!["baseline"]));
    assert_eq!(study.seeds, [3, 4, 5, 6, 7]);
    assert_eq!((study.primary, study.judge_at), (Metric::ValLoss, JudgeAt::Best));
}

#[test]
fn every_key_of_the_section_is_read() {
    let study = read(
        r#"
        [study]
        name = "n"
        seeds = [9, 2]
        folds = 1
        primary = "val_accuracy"
        judge_at = "last"
        racing = false
        [[study.arm]]
        name = "both"
        remedies = ["dropout(0.5)", "l1(1e-4)"]
        set = { train.epochs = 4 }
        [[study.arm]]
        remedies = ["l2(1e-4)", "early-stopping"]
        "#,
    )
    .unwrap();
    assert_eq!(study.name, "n");
    assert_eq!((study.seeds.as_slice(), study.plan.train.seed), (&[9, 2][..], 9));
    assert_eq!((study.primary, study.judge_at), (Metric::ValAccuracy, JudgeAt::Last));
    assert_eq!(names(&study), ["baseline", "both", "l2(1e-4) + early-stopping"]);
    let both = &study.arms[1];
    assert_eq!(both.remedies, ["train.epochs = 4", "dropout(0.5)", "l1(1e-4)"]);
    assert_eq!(both.plan.train.epochs, 4);
    assert_eq!(both.plan.train.penalties[0].kind, PenaltyKind::L1);
    assert_eq!(both.plan.model.layers[2], Layer::Dropout { p: 0.5 });
    assert_eq!(study.arms[0].plan.train.epochs, 2, "the baseline stays as it is");
}

#[test]
fn folds_are_read_and_written_and_take_the_place_of_seeds() {
    let study = read("[study]\nfolds = 5\nrepeats = 2").unwrap();
    assert_eq!((study.folds, study.seeds.len()), (Some(Folds { of: 5, repeats: 2 }), 1));
    assert_eq!(read("[study]\nfolds = 5\nseeds = 3").unwrap().seeds.len(), 3);
    for text in ["folds = 5", "folds = 5\nrepeats = 2", "folds = 1", "seeds = 2"] {
        let study = read(&format!("[study]\n{text}")).unwrap();
        let written = study.to_toml();
        let again = Study::read(&Document::parse("s.toml", &written).unwrap(), "s").unwrap();
        assert_eq!(again, study, "{written}");
        assert_eq!(written.contains("folds"), study.folds.is_some(), "{written}");
        assert_eq!(written.contains("repeats"), text.contains("repeats"), "{written}");
    }
}

#[test]
fn a_table_with_a_type_replaces_the_old_one_and_another_changes_single_keys() {
    let study = read(
        r#"
        [[study.arm]]
        name = "adam"
        set = { train.optimizer = { type = "adam", lr = 1e-3 } }
        [[study.arm]]
        name = "slow"
        set = { train.optimizer.lr = 1e-3 }
        "#,
    )
    .unwrap();
    let optimizers: Vec<_> = study.arms.iter().map(|arm| arm.plan.train.optimizer).collect();
    assert!(matches!(optimizers[1], Optimizer::Adam { .. }));
    assert_eq!(optimizers[2], optimizers[0]);
    assert_eq!(study.arms[2].plan.train.lr, 1e-3);
}

#[test]
fn a_range_of_strengths_gives_an_arm_for_each() {
    let study = read(
        r#"
        [[study.arm]]
        remedies = ["dropout(0.1..0.6, steps = 6)"]
        [[study.arm]]
        name = "weak"
        remedies = ["early-stopping", "l1(1e-7..1e-3, 3)"]
        [[study.arm]]
        name = "wide"
        set = { model.layers.0.out = 64 }
        strength = { family = "width", value = 64, spacing = "logarithmic" }
        "#,
    )
    .unwrap();
    assert_eq!(names(&study)[1..3], ["dropout(0.1)", "dropout(0.2)"]);
    assert_eq!(
        names(&study)[6..],
        ["dropout(0.6)", "weak 1e-7", "weak 1e-5", "weak 0.001", "wide"]
    );
    let family = |arm: usize| study.arms[arm].strength.clone().unwrap();
    assert_eq!((family(1).family.as_str(), family(1).value), ("dropout(0.1..0.6)", 0.1));
    assert_eq!((family(8).family.as_str(), family(8).value), ("weak", 1e-5));
    assert_eq!((family(10).family.as_str(), family(10).value), ("width", 64.0));
    assert_eq!(study.arms[8].remedies, ["early-stopping", "l1(1e-5)"]);
    assert_eq!(study.arms[8].plan.train.penalties[0].lambda, 1e-5);
    let text = study.to_toml();
    let again = Study::read(&Document::parse("study.toml", &text).unwrap(), "s").unwrap();
    assert_eq!(again, study, "{text}");
}

#[test]
fn a_grid_gives_an_arm_for_every_combination() {
    let study = read(
        r#"
        [[study.grid]]
        "train.optimizer.lr" = [1e-3, 1e-2]
        "train.batch_size" = [16, 32, 64]
        "#,
    )
    .unwrap();
    assert_eq!(study.arms.len(), 7);
    assert_eq!(study.arms[2].name, "lr=0.001, batch_size=32");
    assert_eq!(study.arms[2].remedies, ["train.optimizer.lr = 0.001", "train.batch_size = 32"]);
    assert_eq!((study.arms[6].plan.train.lr, study.arms[6].plan.train.batch_size), (1e-2, 64));
}

#[test]
fn the_resolved_study_reads_back_to_the_same_study() {
    let study = read(
        r#"
        [study]
        name = "a \"quoted\" name"
        racing = true
        [[study.arm]]
        name = "Größe <&>"
        remedies = ["dropout(0.5, input=0.5)", "reduce-on-plateau(0.5, threshold_mode=\"abs\")"]
        set = { train.epochs = 4, train.optimizer = { type = "adam" } }
        [[study.grid]]
        "train.optimizer.lr" = [1e-4, 1]
        "model.layers.0.out" = [4, 16]
        "#,
    )
    .unwrap();
    let text = study.to_toml();
    let document = Document::parse("study.toml", &text).unwrap();
    assert_eq!(Study::read(&document, "another name").unwrap(), study, "{text}");
}

#[test]
fn a_study_whose_settings_depend_on_place_or_old_type_keeps_its_plans() {
    let study = read(
        r#"
        [[study.arm]]
        name = "moved"
        set = { data.source = "./other.npz", model.init = "w.safetensors", model.layers = [{ type = "linear", out = 5 }, { type = "relu" }, { type = "linear", out = 10 }] }
        remedies = ["dropout(0.1, input=0.2)"]
        [[study.grid]]
        "train.optimizer.type" = ["sgd"]
        "#,
    )
    .unwrap();
    let text = study.to_toml();
    let again = Study::read(&Document::parse("study.toml", &text).unwrap(), "s").unwrap();
    for (arm, old) in again.arms.iter().zip(&study.arms) {
        assert_eq!((&arm.name, &arm.plan), (&old.name, &old.plan), "{text}");
    }
    assert_eq!(again.arms[1].plan.model.init_index, [None, Some(0), Some(1), None, Some(2)]);
}

#[test]
fn every_slip_is_an_error_that_names_the_place() {
    for (text, words) in [
        ("[study]\nseeds = 0", "study.seeds must be a whole number of at least 1"),
        ("[study]\nseeds = []", "a study needs at least one seed"),
        ("[study]\nseeds = [1, 1]", "seed 1 is named twice"),
        ("[study]\nseeds = \"five\"", "study.seeds must be a whole number"),
        ("[study]\nseeds = 99999999", "study.seeds must be at most 10000"),
        ("[study]\nseedz = 5", "did you mean `seeds`?"),
        ("[study]\nfolds = 0", "study.folds must be a whole number of at least 1"),
        ("[study]\nfolds = 2.5", "study.folds must be a whole number of at least 1"),
        ("[study]\nfolds = nan", "study.folds must be a whole number of at least 1"),
        ("[study]\nfolds = 1001", "study.folds must be at most 1000"),
        ("[study]\nfolds = 5\nrepeats = 0", "study.repeats must be a whole number of at least 1"),
        ("[study]\nrepeats = 2", "study.repeats above 1 repeats folds, and there are none"),
        ("[study]\nfolds = 5\nracing = true\nseeds = 5", "leave out study.racing or study.folds"),
        ("[study]\nracing = 1", "study.racing must be"),
        (
            "[study]\nracing = true\nseeds = 2",
            "looked at after 2 seeds and needs more to add, not 2",
        ),
        ("[study]\nprimary = \"loss\"", "study.primary must be"),
        ("[study]\njudge_at = \"first\"", "study.judge_at must be \"best\" or \"last\""),
        ("[[study.arm]]", "an arm needs a name, remedies or set"),
        ("[[study.arm]]\nname = \"x\"\nremedie = []", "did you mean `remedies`?"),
        ("[[study.arm]]\nname = \"x\"\nremedies = [\"l1(-1)\"]", "l1: lambda must be"),
        ("[[study.arm]]\nname = \"x\"\nremedies = \"l1(1)\"", "must be a list"),
        ("[[study.arm]]\nremedies = [\"l1(1e-3..1e-7)\"]", "the range runs backwards; write"),
        ("[[study.arm]]\nremedies = [\"l1(0..1e-3)\"]", "a logarithmic range cannot begin at 0"),
        ("[[study.arm]]\nremedies = [\"l1(1e-7..1e-3, steps=1)\"]", "from 2 to 50, not \"1\""),
        ("[[study.arm]]\nremedies = [\"early-stopping(3..9)\"]", "has no strength to vary"),
        ("[[study.arm]]\nremedies = [\"l1(1e-5..1e-3)\", \"l2(1e-5..1e-3)\"]", "only one"),
        (
            "[[study.arm]]\nremedies = [\"l1(1e-5..1e-3)\"]\nstrength = { family = \"a\", value = 1 }",
            "cannot have a strength of its own",
        ),
        ("[[study.arm]]\nname = \"x\"\nstrength = { value = 1 }", "family"),
        (
            "[[study.arm]]\nname = \"x\"\nstrength = { family = \"a\", value = nan }",
            "a strength must be finite",
        ),
        ("[[study.arm]]\nname = \"x\"\nset = { train.epoch = 1 }", "did you mean `epochs`?"),
        ("[[study.arm]]\nname = \"x\"\nset = { train.seed = 1 }", "paired by seed"),
        ("[[study.arm]]\nname = \"x\"\nset = { study.seeds = 1 }", "keys of the plan"),
        ("[[study.arm]]\nname = \"x\"\nset = 5", "a table of changes is wanted"),
        ("[[study.arm]]\nname = \"Baseline\"", "same name in folders"),
        ("[[study.arm]]\nname = \"\u{e4}\"", "must hold a letter"),
        ("[[study.grid]]", "a grid needs a key"),
        ("[[study.grid]]\n\"train.epochs\" = 5", "must be a list"),
        ("[[study.grid]]\n\"train.epochs\" = []", "must hold at least one value"),
        ("[[study.grid]]\n\"train.epochs\" = [0]", "epochs"),
        ("[[study.grid]]\n\"study.seeds\" = [1]", "keys of the plan"),
    ] {
        let message = read(text).expect_err(text);
        assert!(message.contains(words), "{text}:\n{message}");
        assert!(message.contains("s.toml:"), "{text} has a place:\n{message}");
    }
}

#[test]
fn a_grid_of_too_many_combinations_is_refused_before_it_is_made() {
    let keys = ["train.epochs", "train.batch_size", "data.split_seed", "train.optimizer.lr"];
    let values = (1..=99).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let axes: String = keys.iter().map(|key| format!("\"{key}\" = [{values}]\n")).collect();
    assert!(read(&format!("[[study.grid]]\n{axes}")).unwrap_err().contains("combinations"));
}

proptest::proptest! {
    #[test]
    fn no_study_section_panics(text in "(\\[study\\]\n)?((seeds|folds|repeats|primary|name|arm|grid) = [0-9\"a-z\\[\\]{}., =-]{0,20}\n){0,3}(\\[\\[study\\.(arm|grid)\\]\\]\n[a-z.\"]{1,12} = [0-9\"a-z\\[\\]{}.(), =-]{0,30}\n){0,2}") {
        if let Ok(study) = read(&text) {
            let text = study.to_toml();
            let again = Study::read(&Document::parse("s.toml", &text).unwrap(), "s").unwrap();
            proptest::prop_assert_eq!(again, study);
        }
    }
}

#[test]
fn a_primary_score_is_measured_without_asking_and_watched_by_arms() {
    let study = read(
        r#"
        [study]
        primary = "val_f1_macro"
        [[study.arm]]
        remedies = ["early-stopping(3, monitor=val_f1_macro)"]
        [[study.arm]]
        name = "others"
        set = { train.metrics = ["auc", "top-5"] }
        "#,
    )
    .unwrap();
    assert_eq!(study.primary, Metric::Val(Extra::F1Macro));
    let metrics = |arm: usize| study.arms[arm].plan.train.metrics.as_slice();
    assert_eq!(metrics(0), [Extra::F1Macro]);
    assert_eq!(metrics(1), [Extra::F1Macro]);
    assert_eq!(metrics(2), [Extra::Auc, Extra::Top(5), Extra::F1Macro]);
    let stopping = study.arms[1].plan.train.early_stopping.unwrap();
    assert_eq!(stopping.monitor, Metric::Val(Extra::F1Macro));
    let text = study.to_toml();
    let document = Document::parse("s.toml", &text).unwrap();
    assert_eq!(Study::read(&document, "s").unwrap(), study, "{text}");
}

#[test]
fn a_metric_that_no_plan_measures_cannot_be_watched() {
    let error =
        read("[[study.arm]]\nremedies = [\"early-stopping(monitor=val_auc)\"]\n").unwrap_err();
    let words = "is val_auc, which is not measured: add \"auc\" to train.metrics";
    assert!(error.contains(words) && error.contains("s.toml:"), "{error}");
    for (primary, words) in [("val_f1", "val_f1_macro"), ("auc", "val_loss"), ("val_top_1", "one")]
    {
        let error = read(&format!("[study]\nprimary = \"{primary}\"\n")).unwrap_err();
        assert!(error.contains(words) || words == "one" && error.contains("must be"), "{error}");
    }
}

#[test]
fn a_study_whose_primary_score_is_left_to_the_data_reads_back_so() {
    let study = read("[study]\nseeds = 2\n").unwrap();
    assert!(study.primary_by_data && read("").unwrap().primary_by_data);
    let text = study.to_toml();
    assert!(!text.contains("primary"), "{text}");
    let document = Document::parse("s.toml", &text).unwrap();
    assert_eq!(Study::read(&document, "s").unwrap(), study);
    assert!(!read("[study]\nprimary = \"val_loss\"\n").unwrap().primary_by_data);
}
