//! Two sides of runs that exist.

mod common;

use common::{course, luck, plan, record};
use proptest::prelude::*;
use wellfit_data::Holdout;
use wellfit_diagnose::Judgement;
use wellfit_diagnose::comparison::{
    CompareError, CompareOptions, Comparison, Entry, Margin, Pairing, PairingRule, Primary, RunEnd,
    compare, comparison_json, comparison_text,
};
use wellfit_runs::{Curves, ScoreKind, Series, TrainMeasure, Unit};
use wellfit_stats::Estimate;
use wellfit_study::JudgeAt;
use wellfit_train::plan::LossSettings;
use wellfit_train::record::RunState;

/// Another program's run: validation loss falls to `held` in row 8 of 10, then rises by
/// 0.05; training loss ends `gap` below where validation loss does.
fn run(name: &str, held: f64, gap: f64) -> Entry {
    let val = |row: i32| {
        held + if row <= 8 { 0.1 * f64::from(8 - row) } else { 0.025 * f64::from(row - 8) }
    };
    let series = |name: &str, of: &dyn Fn(i32) -> f64| {
        Some(Series { name: name.to_owned(), values: (1..=10).map(|row| Some(of(row))).collect() })
    };
    Entry::from(Curves {
        name: name.to_owned(),
        origin: "by hand".to_owned(),
        unit: Unit::Epoch,
        at: (1..=10).map(f64::from).collect(),
        train_loss: series("loss", &|row| val(row) - gap * f64::from(row) / 10.0),
        train_measure: TrainMeasure::Evaluation,
        val_loss: series("val_loss", &val),
        train_score: None,
        val_score: None,
        score: ScoreKind::Accuracy,
        val_size: None,
        train_size: None,
        classes: None,
        samples: None,
        diverged_at: None,
        notes: Vec::new(),
    })
}

/// Five runs around a validation loss.
fn side(name: &str, held: f64, spread: f64, gap: f64) -> Vec<Entry> {
    let one = |i: u64| run(&format!("{name}{i}.csv"), held + spread * luck(i), gap);
    (0..5).map(one).collect()
}

/// With the seeds 0, 1, 2…
fn seeded(mut side: Vec<Entry>) -> Vec<Entry> {
    (0..).zip(&mut side).for_each(|(seed, entry)| entry.seed = Some(seed));
    side
}

/// The runs' validation accuracies: 1 − loss/4 where nothing else is said.
fn scored(mut side: Vec<Entry>, score: impl Fn(f64) -> f64) -> Vec<Entry> {
    for entry in &mut side {
        let losses = entry.curves.val_loss.as_ref().unwrap();
        let values = losses.values.iter().map(|loss| loss.map(&score)).collect();
        entry.curves.val_score = Some(Series { name: "val_accuracy".into(), values });
    }
    side
}

fn compared(a: &[Entry], b: &[Entry]) -> Comparison {
    compare(a, b, &CompareOptions::default()).unwrap()
}

fn by(pairing: PairingRule) -> CompareOptions {
    CompareOptions { pairing, ..CompareOptions::default() }
}

fn has_note(comparison: &Comparison, words: &str) -> bool {
    comparison.notes.iter().any(|note| note.contains(words))
}

#[test]
fn what_lowers_the_loss_of_runs_helps_and_what_raises_it_hurts() {
    let (good, bad) = (side("a", 0.3, 0.003, 0.1), side("b", 0.4, 0.003, 0.1));
    let better = compared(&good, &bad);
    assert_eq!(better.judgement, Judgement::Helps);
    assert!(
        better.headline.starts_with("HELPS: A's validation loss is 0.1"),
        "{}",
        better.headline
    );
    assert!(better.headline.ends_with("lower than B's (5 runs against 5)"), "{}", better.headline);
    assert!((better.margin - 0.004).abs() < 1e-12);
    assert_eq!(better.more_runs(), None);
    let worse = compared(&bad, &good);
    assert_eq!(worse.judgement, Judgement::Hurts);
    assert!(worse.headline.contains("higher than B's"), "{}", worse.headline);
    let (there, back) = (&better.primary().difference, &worse.primary().difference);
    assert!((there.mean + back.mean).abs() < 1e-12 && (there.low + back.high).abs() < 1e-9);
}

#[test]
fn a_smaller_gap_with_a_worse_model_over_regularises() {
    let (a, b) = (side("a", 0.4, 0.003, 0.02), side("b", 0.3, 0.003, 0.1));
    let comparison = compared(&a, &b);
    assert_eq!(comparison.judgement, Judgement::OverRegularised);
    assert!(
        comparison.headline.starts_with("OVER-REGULARISES: gap smaller, model worse: A's"),
        "{}",
        comparison.headline
    );
    let gap = comparison.compared.iter().find(|figure| figure.key == "gap").unwrap();
    assert!((gap.difference.mean + 0.08).abs() < 1e-9, "{gap:?}");
}

#[test]
fn a_difference_within_the_margin_is_of_no_use_and_a_wider_interval_is_undecided() {
    let b = side("b", 0.4, 0.001, 0.1);
    let same = compared(&side("a", 0.4001, 0.0011, 0.1), &b);
    assert_eq!(same.judgement, Judgement::NoUsefulDifference);
    assert!(same.headline.contains(": within ±0.004 (1 % of B's mean)"), "{}", same.headline);
    let open = compared(&side("a", 0.39, 0.02, 0.1), &b);
    assert_eq!(open.judgement, Judgement::Undecided);
    let more = open.more_runs().unwrap();
    let said = format!("about {more} more runs a side would settle it");
    assert!(open.headline.ends_with(&said), "{}", open.headline);
    let calmer = compared(&side("a", 0.39, 0.01, 0.1), &b);
    assert!(calmer.more_runs().unwrap() < more);
}

#[test]
fn the_margin_can_be_set_and_decides() {
    let (a, b) = (side("a", 0.38, 0.003, 0.1), side("b", 0.4, 0.003, 0.1));
    let judged = |margin: &str| {
        let margin: Margin = margin.parse().unwrap();
        compare(&a, &b, &CompareOptions { margin, ..CompareOptions::default() }).unwrap().judgement
    };
    assert_eq!(judged("0.005"), Judgement::Helps);
    assert_eq!(judged("0.05"), Judgement::NoUsefulDifference);
    assert_eq!(judged("10%"), Judgement::NoUsefulDifference);
    assert_eq!(judged("0.02"), Judgement::Undecided);
    assert_eq!(judged("0"), Judgement::Helps);
}

/// A difference of 0.01 under luck of 0.02 that both sides share.
fn lucky() -> [Vec<Entry>; 2] {
    let a = |i: u64| run(&format!("a{i}"), 0.39 + 0.02 * luck(i) + 0.0005 * luck(i + 1), 0.1);
    let b = |i: u64| run(&format!("b{i}"), 0.40 + 0.02 * luck(i), 0.1);
    [(0..5).map(a).collect(), (0..5).map(b).collect()]
}

#[test]
fn runs_are_paired_by_seed_where_one_sides_seeds_are_all_on_the_other() {
    let [a, b] = lucky();
    assert_eq!(compared(&a, &b).judgement, Judgement::Undecided);
    let (a, b) = (seeded(a), seeded(b));
    let paired = compared(&a, &b);
    assert_eq!((paired.judgement, paired.pairing.name()), (Judgement::Helps, "seed"));
    assert!(paired.headline.ends_with("(5 seeds)"), "{}", paired.headline);
    let values: Vec<f64> = (0..5).map(|i| -0.01 + 0.0005 * luck(i + 1)).collect();
    let by_hand = Estimate::of(values);
    let difference = &paired.primary().difference;
    assert!((difference.low - by_hand.low).abs() < 1e-9, "{difference:?}");
    assert!(paired.tests.bootstrap.is_some() && paired.tests.sign_flip_p == Some(0.0625));

    let shuffled: Vec<Entry> = b.iter().rev().cloned().collect();
    let again = compared(&a, &shuffled).primary().difference.mean;
    assert!((again - difference.mean).abs() < 1e-12);
    let fewer = compared(&a[..3], &b);
    assert_eq!(fewer.primary().difference.n, 3);
    assert!(has_note(&fewer, "left out, as the other side has no run of their seed: b3, b4"));
    let unpaired = compare(&a, &b, &by(PairingRule::Unpaired)).unwrap();
    assert_eq!((unpaired.judgement, unpaired.pairing), (Judgement::Undecided, Pairing::None));
    assert_eq!((unpaired.tests.bootstrap, unpaired.tests.sign_flip_p), (None, None));
}

#[test]
fn seeds_that_overlap_in_part_or_come_twice_pair_nothing() {
    let [a, b] = lucky().map(seeded);
    let mut other = b.clone();
    other[4].seed = Some(17);
    assert_eq!(compared(&a, &other).pairing, Pairing::None);
    other[4].seed = Some(3);
    assert_eq!(compared(&a, &other).pairing, Pairing::None);
    other[4].seed = None;
    assert_eq!(compared(&a, &other).pairing, Pairing::None);
}

#[test]
fn runs_without_seeds_are_paired_in_their_order_if_asked() {
    let [a, b] = lucky();
    let paired = compare(&a, &b, &by(PairingRule::Paired)).unwrap();
    assert_eq!((paired.judgement, paired.pairing.name()), (Judgement::Helps, "order"));
    assert!(paired.headline.ends_with("(5 pairs)"), "{}", paired.headline);
    let error = compare(&a[..3], &b, &by(PairingRule::Paired)).unwrap_err();
    assert_eq!(error, CompareError::Unequal { a: 3, b: 5 });
}

#[test]
fn folds_that_share_samples_have_wider_intervals() {
    let [a, b] = lucky();
    let pairs = compare(&a, &b, &by(PairingRule::Paired)).unwrap();
    let folds = compare(&a, &b, &by(PairingRule::Folds(5))).unwrap();
    let wide = |comparison: &Comparison| comparison.primary().difference.half_width();
    assert!((wide(&folds) / wide(&pairs) - 1.5).abs() < 1e-9);
    assert!(folds.headline.contains("(5 folds)"), "{}", folds.headline);
    assert!(has_note(&folds, "Nadeau and Bengio"));
    assert_eq!(folds.judgement, Judgement::Helps);
    assert_eq!(folds.tests.bootstrap, None);
    for folds in [0, 1, 2, 6] {
        let error = compare(&a, &b, &by(PairingRule::Folds(folds))).unwrap_err();
        assert_eq!(error, CompareError::Folds { n: 5, folds });
    }
}

#[test]
fn with_one_run_on_a_side_there_is_no_interval_and_it_says_so() {
    let [a, b] = lucky();
    for (a, b) in [(&a[..1], &b[..1]), (&a[..1], &b[..]), (&a[..], &b[..1])] {
        let comparison = compared(a, b);
        assert_eq!(comparison.judgement, Judgement::Undecided);
        assert!(!comparison.primary().difference.has_interval());
        assert!(comparison.headline.contains(": no interval); more runs a side"));
        assert!(has_note(&comparison, "chance cannot be told from effect"));
        assert!(!comparison_text(&comparison, false).contains("NaN"));
        assert!(comparison_json(&comparison).contains("\"low\": null"));
    }
    let one = compared(&seeded(a)[..1], &seeded(b));
    assert!(one.headline.contains("(1 seed: no interval)"), "{}", one.headline);
}

#[test]
fn sides_with_the_same_figures_are_of_no_useful_difference() {
    let a = seeded(side("a", 0.4, 0.01, 0.1));
    let b = seeded(side("b", 0.4, 0.01, 0.1));
    let same = compared(&a, &b);
    assert_eq!(same.judgement, Judgement::NoUsefulDifference);
    assert!(same.headline.contains("A's validation loss is the same as B's"), "{}", same.headline);
    assert!(has_note(&same, "both sides have the same figures"));
}

#[test]
fn a_copy_on_one_side_is_an_error_that_names_both() {
    let mut a = side("a", 0.4, 0.01, 0.1);
    a.push(run("copy.csv", 0.4 + 0.01 * luck(2), 0.1));
    let error = compare(&a, &side("b", 0.4, 0.02, 0.1), &CompareOptions::default()).unwrap_err();
    assert!(matches!(&error, CompareError::Copies { side: 'A', .. }), "{error}");
    assert!(error.to_string().starts_with("A: a2.csv and copy.csv have the same figures"));
    assert_eq!(
        compare(&a[..1], &[], &CompareOptions::default()).unwrap_err(),
        CompareError::NoRun { side: 'B' }
    );
}

#[test]
fn what_every_run_has_is_compared_and_without_it_each_runs_figures_are_listed() {
    let a = scored(side("a", 0.3, 0.003, 0.1), |loss| 1.0 - loss / 4.0);
    let mut b = scored(side("b", 0.4, 0.003, 0.1), |loss| 1.0 - loss / 4.0);
    assert_eq!(compared(&a, &b).measure.to_string(), "validation loss");
    let by_score = CompareOptions { primary: Some(Primary::Score), ..CompareOptions::default() };
    let scored = compare(&a, &b, &by_score).unwrap();
    assert_eq!(scored.judgement, Judgement::Helps);
    assert!(scored.headline.contains("A's validation accuracy is 2.50 [2"), "{}", scored.headline);
    assert!(scored.headline.contains("points higher than B's"), "{}", scored.headline);
    b[3].curves.val_loss = None;
    assert_eq!(compared(&a, &b).measure.to_string(), "validation accuracy");
    b[2].curves.val_score = None;
    let error = compare(&a, &b, &CompareOptions::default()).unwrap_err().to_string();
    assert!(error.contains("a0.csv has `val_loss` and `val_accuracy`"), "{error}");
    b[2].curves.val_loss = None;
    let error = compare(&b[2..3], &b[..1], &CompareOptions::default()).unwrap_err().to_string();
    assert!(error.contains("b2.csv has none"), "{error}");
}

#[test]
fn runs_that_diverged_are_lost_and_when_all_do_it_hurts() {
    let diverged = |mut entry: Entry| {
        entry.curves.val_loss.as_mut().unwrap().values[9] = Some(f64::NAN);
        entry
    };
    let b = side("b", 0.4, 0.003, 0.1);
    let mut a = side("a", 0.3, 0.003, 0.1);
    a[1] = diverged(a[1].clone());
    let some = compared(&a, &b);
    assert_eq!(some.judgement, Judgement::Helps);
    assert_eq!((some.primary().sides[0].n, &some.sides[0][1].state), (4, &RunEnd::Diverged));
    assert!(has_note(&some, "A: 1 of 5 runs lost: a1.csv diverged"));
    let all: Vec<Entry> = a.iter().cloned().map(diverged).collect();
    let lost = compared(&all, &b);
    assert_eq!(lost.judgement, Judgement::Hurts);
    assert_eq!(lost.headline, "HURTS: every run of A diverged and none of B's did");
    let turned = compared(&b, &all);
    assert_eq!(turned.judgement, Judgement::Undecided);
    assert!(!comparison_text(&turned, false).contains("NaN"));
    let both: Vec<Entry> = b.iter().cloned().map(diverged).collect();
    assert_eq!(compared(&all, &both).judgement, Judgement::Undecided);
}

#[test]
fn runs_that_explode_without_a_nan_have_diverged() {
    let explode = |mut entry: Entry| {
        for series in [&mut entry.curves.train_loss, &mut entry.curves.val_loss] {
            let values = &mut series.as_mut().unwrap().values;
            let grown = |row: i32| 1e20 * f64::from(row + 1).powi(3);
            (0..).zip(values).for_each(|(row, value)| *value = value.map(|loss| loss * grown(row)));
        }
        entry
    };
    let hot: Vec<Entry> = side("hot", 0.3, 0.003, 0.1).into_iter().map(explode).collect();
    let told = compared(&hot, &side("b", 0.4, 0.004, 0.1));
    assert_eq!(told.judgement, Judgement::Hurts);
    assert_eq!(told.headline, "HURTS: every run of A diverged and none of B's did");
    assert!(has_note(&told, "A: 5 of 5 runs lost: hot0.csv diverged"), "{:?}", told.notes);
}

fn recorded(name: &str, seed: u64, low: f64) -> Entry {
    let record = record("arm", seed, &course(9, low, low + 0.1, 0.95, 0.89));
    Entry::of_record(name, &record, Some(plan()))
}

#[test]
fn records_are_paired_by_seed_and_judged_at_the_kept_epoch_or_the_last() {
    let a: Vec<Entry> =
        (0..5).map(|s| recorded(&format!("a{s}"), s, 0.3 + 0.01 * luck(s))).collect();
    let b: Vec<Entry> = (0..5)
        .map(|s| recorded(&format!("b{s}"), s, 0.32 + 0.01 * luck(s) + 0.001 * luck(s + 1)))
        .collect();
    let best = compared(&a, &b);
    assert_eq!((best.judgement, best.pairing.name()), (Judgement::Helps, "seed"));
    assert_eq!(best.sides[0][0].judged_at, Some(9.0));
    assert!((best.primary().sides[1].mean - 0.32).abs() < 1e-9);
    let keys: Vec<&str> = best.compared.iter().map(|figure| figure.key).collect();
    assert_eq!(keys, ["best_val_loss", "best_val_score", "val_loss", "gap"]);
    let last = CompareOptions { judge_at: JudgeAt::Last, ..CompareOptions::default() };
    let last = compare(&a, &b, &last).unwrap();
    assert!((last.primary().sides[1].mean - 0.42).abs() < 1e-9);
    assert_eq!(last.primary().key, "val_loss");
    let mut kept = a.clone();
    kept.iter_mut().for_each(|entry| entry.kept = Some(4.0));
    assert_eq!(compared(&kept, &b).sides[0][2].judged_at, Some(4.0));
}

#[test]
fn records_that_never_ended_are_left_out_and_nothing_but_them_is_an_error() {
    let b: Vec<Entry> =
        (0..3).map(|s| recorded(&format!("b{s}"), s, 0.3 + 0.01 * luck(s))).collect();
    let state = |seed: u64, state: RunState| {
        let mut record = record("arm", seed, &course(9, 0.2 + 0.01 * luck(seed), 0.4, 0.95, 0.89));
        record.state = state;
        Entry::of_record(&format!("a{seed}"), &record, Some(plan()))
    };
    let failed = RunState::Failed { message: "no room on the disk".into() };
    let a =
        [state(0, RunState::Complete), state(1, RunState::Interrupted), state(2, failed.clone())];
    let some = compared(&a, &b);
    assert_eq!(some.primary().difference.n, 1);
    assert!(has_note(&some, "A: 2 of 3 runs lost: a1: interrupted, a2: failed (no room"));
    let error = compare(&a[1..], &b, &CompareOptions::default()).unwrap_err();
    assert!(
        matches!(&error, CompareError::NothingEnded { side: 'A', what } if what.contains("a2"))
    );
}

#[test]
fn losses_that_differ_are_not_compared_and_other_data_are_told() {
    let a: Vec<Entry> =
        (0..3).map(|s| recorded(&format!("a{s}"), s, 0.2 + 0.01 * luck(s))).collect();
    let mut b: Vec<Entry> =
        (0..3).map(|s| recorded(&format!("b{s}"), s, 0.3 + 0.01 * luck(s))).collect();
    assert!(!has_note(&compared(&a, &b), "different"));
    for entry in &mut b {
        entry.plan.as_mut().unwrap().train.loss = Some(LossSettings::Mse);
    }
    let other = compared(&a, &b);
    assert_eq!(other.measure.to_string(), "validation accuracy");
    assert!(has_note(&other, "different losses (cross-entropy, mse)"), "{:?}", other.notes);
    assert!(other.compared.iter().all(|figure| !figure.key.contains("loss")));

    b = a
        .iter()
        .map(|entry| {
            let mut entry = entry.clone();
            entry.plan.as_mut().unwrap().data.validation = Some(Holdout::Fraction(0.3));
            entry
        })
        .collect();
    assert!(has_note(&compared(&a, &b), "validated on different data"));
    let mut mixed = a.clone();
    mixed[1].plan.as_mut().unwrap().train.epochs = 3;
    assert!(has_note(&compared(&mixed, &a), "A: its runs have different plans"));
}

#[test]
fn a_score_that_disagrees_with_the_loss_is_said() {
    let a = scored(side("a", 0.3, 0.003, 0.1), |loss| 0.8 + 0.1 * loss);
    let b = scored(side("b", 0.4, 0.003, 0.1), |loss| 0.8 + 0.1 * loss);
    let comparison = compared(&a, &b);
    assert!(
        comparison.headline.contains(", but A's validation accuracy is 1.0"),
        "{}",
        comparison.headline
    );
    assert!(comparison.headline.ends_with("points lower than B's"), "{}", comparison.headline);
}

#[test]
fn what_was_measured_in_training_is_told_where_a_gap_is_compared() {
    let (mut a, b) = (side("a", 0.3, 0.003, 0.1), side("b", 0.4, 0.003, 0.1));
    assert!(!has_note(&compared(&a, &b), "measured while training"));
    a[0].curves.train_measure = TrainMeasure::Training;
    assert!(has_note(&compared(&a, &b), "measured while training"));
}

#[test]
fn the_json_form_holds_the_figures_the_tests_and_the_runs() {
    let [a, b] = lucky().map(seeded);
    let comparison = compared(&a, &b);
    let value: serde_json::Value = serde_json::from_str(&comparison_json(&comparison)).unwrap();
    assert_eq!((&value["judgement"], &value["pairing"]), (&"helps".into(), &"seed".into()));
    assert_eq!(value["primary"], "best_val_loss");
    let difference = &value["figures"]["best_val_loss"]["difference"];
    assert_eq!(difference["difference"], comparison.primary().difference.mean);
    assert_eq!((&difference["n"], &value["more_runs"]), (&5.into(), &serde_json::Value::Null));
    assert_eq!(value["a"][3]["path"], "a3");
    assert_eq!((&value["a"][3]["seed"], &value["a"][3]["judged_at"]), (&3.into(), &8.into()));
    assert!(value["tests"]["p_beyond"].as_f64().unwrap() < 0.05);
    let text = comparison_text(&comparison, false);
    assert!(text.starts_with(&comparison.headline), "{text}");
    assert!(text.contains("  A: a3 (by hand, seed 3): 0.4"), "{text}");
}

/// Any numbers, NaN and infinities among them, with gaps.
fn any_series() -> impl Strategy<Value = Option<Series>> {
    let value = prop::option::of(any::<u64>().prop_map(f64::from_bits));
    let values =
        prop::collection::vec(value, 4).prop_map(|values| Series { name: "x".into(), values });
    prop::option::of(values)
}

fn any_side() -> impl Strategy<Value = Vec<Entry>> {
    let entry = (any_series(), any_series(), any_series(), any_series(), prop::option::of(0..4u64));
    let entry = entry.prop_map(|(train_loss, val_loss, train_score, val_score, seed)| {
        let mut entry = run("x", 0.3, 0.1);
        entry.curves = Curves {
            at: vec![0.0, 1.0, 2.0, 5.0],
            train_loss,
            val_loss,
            train_score,
            val_score,
            ..entry.curves
        };
        Entry { seed, ..entry }
    });
    prop::collection::vec(entry, 0..5)
}

proptest! {
    #[test]
    fn no_runs_panic_and_what_is_not_finite_is_never_shown(a in any_side(), b in any_side()) {
        for pairing in [PairingRule::Found, PairingRule::Paired, PairingRule::Folds(2)] {
            if let Ok(comparison) = compare(&a, &b, &by(pairing)) {
                let text = comparison_text(&comparison, true);
                prop_assert!(!text.contains("NaN") && !text.contains("inf"), "{}", text);
                let json: serde_json::Value = serde_json::from_str(&comparison_json(&comparison)).unwrap();
                prop_assert_eq!(&json["judgement"], comparison.judgement.name());
            }
        }
    }
}
