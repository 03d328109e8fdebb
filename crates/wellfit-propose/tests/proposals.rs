//! What is proposed for data of many kinds.

use wellfit_data::{Column, ColumnValues, Dataset, Features, MISSING, Shape, Table, Targets, Task};
use wellfit_nn::{Layer, Optimizer};
use wellfit_propose::{Facts, Proposal, Reason, Samples, Spare, Unfit, Want, propose};
use wellfit_train::plan::{Document, Plan};

fn classes(counts: &[usize]) -> Targets {
    let labels = (0..).zip(counts).flat_map(|(class, &n)| vec![class as u32; n]).collect();
    Targets::classes(labels, (0..counts.len()).map(|i| format!("class {i}")).collect())
}

fn vectors(features: usize, targets: Targets, n: usize) -> Dataset {
    let values: Vec<f32> = (0..n * features).map(|i| (i * 7 % 13) as f32).collect();
    Dataset::new(Shape::Vector(features), Features::Floats(values.into()), targets).unwrap()
}

fn images(channels: usize, side: usize, counts: &[usize]) -> Dataset {
    let shape = Shape::Image { channels, height: side, width: side };
    let n: usize = counts.iter().sum();
    let values = vec![9u8; n * shape.len()];
    Dataset::new(shape, Features::Bytes(values.into()), classes(counts)).unwrap()
}

fn numbers(name: &str, values: impl Iterator<Item = f64>) -> Column {
    Column { name: name.into(), values: ColumnValues::Numbers(values.collect()) }
}

fn categories(name: &str, codes: impl Iterator<Item = u32>, different: usize) -> Column {
    let names = (0..different).map(|i| format!("{name} {i}")).collect();
    Column { name: name.into(), values: ColumnValues::Categories { codes: codes.collect(), names } }
}

fn table(columns: Vec<Column>, targets: Targets, n: usize) -> Dataset {
    let shape = Shape::Vector(columns.len());
    Dataset::new(shape, Features::Table(Table { columns, rows: n }.into()), targets).unwrap()
}

fn proposed(set: &Dataset, want: Want) -> Proposal {
    let mut facts = Facts::of(set, [false; 2]);
    if let Samples::Table(_) = facts.samples {
        facts.target = vec!["the \"target\"".into()];
    }
    let proposal = propose(&facts, "./data.csv", want).unwrap();
    for arm in &proposal.study.arms {
        arm.plan.check().unwrap();
    }
    assert!(proposal.text.lines().all(|line| line.chars().count() < 120), "{}", proposal.text);
    proposal
}

fn names(proposal: &Proposal) -> Vec<&str> {
    proposal.study.arms.iter().map(|arm| arm.name.as_str()).collect()
}

fn has(proposal: &Proposal, arm: &str) -> bool {
    names(proposal).iter().any(|name| name.starts_with(arm))
}

#[test]
fn a_small_table_gets_folds_and_a_little_network() {
    let n = 300;
    let columns = vec![
        numbers("width", (0..n).map(|i| f64::from(i % 17) * 0.5)),
        categories("colour", (0..n).map(|i| i % 3), 3),
    ];
    let set = table(columns, classes(&[100, 100, 100]), n as usize);
    let proposal = proposed(&set, Want::Study);
    let plan = &proposal.study.plan;
    assert_eq!(plan.data.table.target, ["the \"target\""]);
    assert_eq!((plan.data.task, plan.train.batch_size), (Some(Task::Classification), 16));
    assert_eq!(plan.model.layers[0], Layer::Linear { out: 64, bias: true });
    assert_eq!(plan.model.layers[4], Layer::Linear { out: 3, bias: true });
    assert!(plan.train.early_stopping.is_none(), "overfitting must be visible");
    assert!(proposal.text.contains("folds = 5"), "{}", proposal.text);
    assert!(!proposal.text.contains("validation ="), "folds stand in its place");
    for arm in ["early-stopping", "dropout(0.2)", "weight-decay(", "smaller", "noise", "batch-norm"]
    {
        assert!(has(&proposal, arm), "{arm}: {:?}", names(&proposal));
    }
    assert!(!has(&proposal, "class-weights") && !has(&proposal, "augment"));
    let plan = proposed(&set, Want::Plan);
    assert!(plan.text.contains("validation = 0.2") && !plan.text.contains("[study]"));
    assert_eq!(plan.study.arms.len(), 1);
}

#[test]
fn a_study_stays_small_enough_to_wait_for() {
    let sets = [
        table(vec![numbers("x", (0..80).map(f64::from))], classes(&[40, 40]), 80),
        vectors(100, classes(&[30_000, 30_000]), 60_000),
        images(3, 32, &[10_000; 3]),
        images(1, 160, &[150; 2]),
    ];
    for set in sets {
        let proposal = proposed(&set, Want::Study);
        let study = &proposal.study;
        let arms = study.arms.iter().filter(|arm| arm.name != "baseline");
        let mut lines: Vec<_> =
            arms.map(|arm| arm.strength.as_ref().map_or(&arm.name, |s| &s.family)).collect();
        lines.dedup();
        assert!((5..=8).contains(&lines.len()), "{lines:?}");
        let runs = study.seeds.len() * study.folds.map_or(1, |folds| folds.count());
        let most = if study.racing { 20 } else { 10 };
        assert!((3..=most).contains(&runs), "{runs}");
        assert!((10..=200).contains(&study.plan.train.epochs));
    }
}

#[test]
fn large_images_get_convolutions_and_a_part_of_the_samples() {
    let proposal = proposed(&images(1, 28, &[3000; 10]), Want::Study);
    let plan = &proposal.study.plan;
    assert!(matches!(plan.model.layers[0], Layer::Conv2d { out: 16, .. }));
    assert!(plan.data.subset.is_some(), "{}", proposal.text);
    assert!(has(&proposal, "augment(symbols)"), "grey images may show digits");
    assert!(proposal.text.contains("scale = \"unit\""));
    let colour = proposed(&images(3, 32, &[50; 2]), Want::Study);
    assert!(names(&colour).contains(&"augment"), "{:?}", names(&colour));
    let tiny = proposed(&images(1, 8, &[300; 2]), Want::Study);
    assert!(matches!(tiny.study.plan.model.layers[0], Layer::Linear { .. }));
}

#[test]
fn classes_that_differ_in_size_are_judged_by_balanced_accuracy() {
    let set = vectors(5, classes(&[950, 150]), 1100);
    let proposal = proposed(&set, Want::Study);
    assert!(has(&proposal, "class-weights"));
    assert!(proposal.text.contains("metrics = [\"balanced-accuracy\"]"));
    assert!(proposal.text.contains("primary = \"val_balanced_accuracy\""));
    let even = proposed(&vectors(5, classes(&[550, 550]), 1100), Want::Study);
    assert!(!even.text.contains("balanced") && !has(&even, "class-weights"));
}

#[test]
fn numbers_to_predict_get_no_remedy_for_classes() {
    let set = vectors(3, Targets::numbers(vec![0.5; 2000], vec!["y".into()]), 2000);
    let proposal = proposed(&set, Want::Study);
    assert_eq!(proposal.study.plan.data.task, Some(Task::Regression));
    assert!(!has(&proposal, "label-smoothing") && !has(&proposal, "class-weights"));
    assert!(has(&proposal, "reduce-on-plateau"));
    assert_eq!(proposal.study.plan.train.lr, 1e-3);
    assert!(matches!(proposal.study.plan.train.optimizer, Optimizer::Adam { .. }));
    let far = Targets::numbers((0..2000).map(|i| i as f32).collect(), vec!["y".into()]);
    let far = proposed(&vectors(3, far, 2000), Want::Plan);
    assert_eq!(far.study.plan.train.lr, 1e-2, "outputs must reach 1999");
}

#[test]
fn a_table_is_looked_through_for_what_needs_care() {
    let n = 1200;
    let columns = vec![
        numbers("row", (0..n).map(f64::from)),
        categories("name", 0..n as u32, n as usize),
        categories("constant", (0..n).map(|_| 0), 1),
        numbers("holes", (0..n).map(|i| if i % 10 == 0 { f64::NAN } else { f64::from(i % 7) })),
        categories("unknown", (0..n as u32).map(|i| if i == 5 { MISSING } else { i % 2 }), 2),
        numbers("wild", (0..n).map(|i| if i == 3 { 1e6 } else { f64::from(i % 11) })),
    ];
    let set = table(columns, classes(&[600, 600]), n as usize);
    let facts = Facts::of(&set, [false; 2]);
    let Samples::Table(found) = &facts.samples else { panic!() };
    let spare = |name: &str, unfit| Spare { name: name.into(), unfit };
    assert_eq!(
        found.spare,
        [
            spare("row", Unfit::Number),
            spare("name", Unfit::Text { different: 1200 }),
            spare("constant", Unfit::Constant)
        ]
    );
    assert_eq!(found.missing, [("holes".to_string(), 120), ("unknown".to_string(), 1)]);
    assert_eq!((found.numbers, found.categories, found.features), (2, 1, 4));
    assert_eq!(found.wild, ["wild"]);
    let proposal = proposed(&set, Want::Study);
    assert_eq!(proposal.study.plan.data.table.drop, ["row", "name", "constant"]);
    assert!(proposal.text.contains("missing = \"median\"") && has(&proposal, "outliers"));
    let told = |reason: &Reason| reason.to_string().contains("row (an identifier");
    assert!(proposal.reasons.iter().any(told));
}

#[test]
fn many_features_are_worth_selecting_from() {
    assert!(has(
        &proposed(&vectors(40, classes(&[60, 60]), 120), Want::Study),
        "feature-selection"
    ));
    assert!(!has(
        &proposed(&vectors(8, classes(&[60, 60]), 120), Want::Study),
        "feature-selection"
    ));
}

#[test]
fn parts_of_its_own_are_kept() {
    let mut facts = Facts::of(&vectors(4, classes(&[300, 300]), 600), [true, true]);
    let proposal = propose(&facts, "fashion-mnist-sample", Want::Study).unwrap();
    assert_eq!(proposal.study.plan.data.validation, None);
    assert_eq!(proposal.study.plan.data.test, None);
    assert!(!proposal.text.contains("folds"));
    facts.own_parts = [false, true];
    let proposal = propose(&facts, "x.npz", Want::Plan).unwrap();
    assert!(proposal.text.contains("validation = 0.2") && !proposal.text.contains("test = "));
}

#[test]
fn a_class_of_few_samples_does_not_stop_the_split() {
    let proposal = proposed(&vectors(4, classes(&[200, 3]), 203), Want::Study);
    assert!(proposal.text.contains("split = { type = \"random\" }"), "{}", proposal.text);
    assert!(proposal.text.contains("primary = \"val_loss\"") && !has(&proposal, "class-weights"));
}

#[test]
fn a_handful_of_samples_makes_no_batches() {
    let few = proposed(&vectors(4, classes(&[10, 10]), 20), Want::Study);
    assert!(!has(&few, "batch-norm") && !few.text.contains("last_batch"), "{}", few.text);
}

#[test]
fn names_with_quotes_line_ends_and_comments_stay_names() {
    let n = 40;
    let odd = "a\"b\\c\n] # x";
    let columns =
        vec![numbers("x", (0..n).map(|i| f64::from(i % 9))), numbers(odd, (0..n).map(f64::from))];
    let set = table(columns, classes(&[20, 20]), n as usize);
    let mut facts = Facts::of(&set, [false; 2]);
    facts.target = vec!["y\n[study]".into()];
    facts.outputs = vec!["no\nseeds = 9".into(), "yes".into()];
    let proposal = propose(&facts, "./a\"b.csv", Want::Study).unwrap();
    let plan = &proposal.study.plan;
    assert_eq!(plan.data.table.target, ["y\n[study]"]);
    assert_eq!(plan.data.table.drop, [odd]);
    assert_eq!(proposal.study.seeds.len(), 1, "and folds");
}

#[test]
fn what_is_proposed_reads_back_as_a_plan_of_its_own() {
    let proposal = proposed(&vectors(4, classes(&[300, 300]), 600), Want::Plan);
    let document = Document::parse("plan.toml", &proposal.text).unwrap();
    assert_eq!(Plan::read(&document, document.folder()).unwrap(), proposal.study.plan);
}

proptest::proptest! {
    #[test]
    fn any_sizes_give_a_study(
        n in 2usize..3_000_000,
        features in 1usize..20_000,
        side in 1usize..300,
        classes in 2usize..200,
        kind in 0u8..3,
        colour: bool,
    ) {
        let channels = if colour { 3 } else { 1 };
        let mut facts = Facts::of(&vectors(1, self::classes(&[1, 1]), 2), [false; 2]);
        (facts.n, facts.class_counts) = (n, vec![n / classes; classes]);
        facts.outputs = vec!["c".into(); classes];
        facts.samples = match kind {
            0 => Samples::Vector { features, bytes: colour },
            1 => Samples::Image { channels, height: side, width: 300 - side, bytes: true },
            _ => Samples::Image { channels, height: side, width: side, bytes: false },
        };
        let study = propose(&facts, "./x.npz", Want::Study).unwrap().study;
        proptest::prop_assert!(study.arms.len() > 4);
        propose(&facts, "./x.npz", Want::Plan).unwrap();
    }
}
