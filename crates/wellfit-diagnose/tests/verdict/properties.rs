//! What holds for any curves.

use proptest::prelude::*;
use wellfit_diagnose::judge;
use wellfit_diagnose::verdict::{Format, Kind, Show, Target, render};
use wellfit_runs::{Curves, SamplePair, ScoreKind, Series, TrainMeasure, Unit};

use crate::curves::{Course, Luck, run};

fn number() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        8 => (0.0..2.0f64).prop_map(Some),
        1 => Just(None),
        1 => any::<u64>().prop_map(|bits| Some(f64::from_bits(bits))),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300, 1e-300]).prop_map(Some),
    ]
}

prop_compose! {
    fn any_curves()(
        rows in prop::collection::vec([number(), number(), number(), number()], 0..20),
        there in any::<[bool; 4]>(),
        score in prop::sample::select(vec![ScoreKind::Accuracy, ScoreKind::Rises, ScoreKind::Falls]),
        val_size in prop::option::of(0..2000usize),
        classes in prop::option::of(0..20usize),
        samples in prop::option::of((0..25usize, 0..25usize, prop::collection::vec(any::<f32>(), 0..5))),
    ) -> Curves {
        let series = |column: usize| {
            let values = rows.iter().map(|row| row[column]).collect();
            there[column].then(|| Series { name: format!("c{column}"), values })
        };
        Curves {
            name: "x".into(),
            origin: "x".into(),
            unit: Unit::Epoch,
            at: (0..rows.len()).map(|row| row as f64).collect(),
            train_loss: series(0),
            train_measure: TrainMeasure::Training,
            val_loss: series(1),
            train_score: series(2),
            val_score: series(3),
            score,
            val_size,
            train_size: None,
            classes,
            samples: samples.map(|(best_at, last_at, losses)| SamplePair {
                best_at: best_at as f64,
                best: losses.iter().skip(1).copied().collect(),
                last_at: last_at as f64,
                last: losses,
            }),
            diverged_at: None,
            notes: Vec::new(),
        }
    }
}

fn drawn(seed: u64, rise: f64) -> (Curves, Luck) {
    let mut luck = Luck::new(seed);
    let course = Course::any(&mut luck);
    let run = Course { rise: rise * course.floor, ..course }.run(&mut luck);
    (run, luck)
}

proptest! {
    #[test]
    fn no_curves_panic_and_no_words_hold_nan(curves in any_curves()) {
        let verdict = judge(&curves);
        prop_assert!((0.0..=1.0).contains(&verdict.confidence), "{:?}", verdict);
        prop_assert!(verdict.severity <= 3);
        let evidence = verdict.findings.iter().map(|finding| &finding.evidence);
        for words in evidence.chain([&verdict.headline]) {
            prop_assert!(!words.contains("NaN") && !words.contains("inf "), "{}", words);
        }
        for format in Format::ALL {
            let show = Show { format, ..Show::default() };
            prop_assert!(!render(std::slice::from_ref(&verdict), &[], show).is_empty());
        }
        let json = wellfit_diagnose::verdict::json_value(&verdict, Target::Keras);
        prop_assert_eq!(&json["verdict"], verdict.kind.name());
    }

    #[test]
    fn the_unit_of_the_loss_changes_no_verdict(seed: u64, rise in 0.0..0.6f64, power in -20..20i32) {
        // Powers of two, so that not even a rounding differs.
        let (run, _) = drawn(seed, rise);
        let mut scaled = run.clone();
        for column in [&mut scaled.train_loss, &mut scaled.val_loss] {
            let values = column.iter_mut().flat_map(|column| &mut column.values).flatten();
            values.for_each(|value| *value *= 2f64.powi(power));
        }
        let (one, other) = (judge(&run), judge(&scaled));
        prop_assert_eq!(one.kind, other.kind);
        prop_assert_eq!((one.severity, one.since, one.best), (other.severity, other.since, other.best));
        prop_assert_eq!(one.confidence, other.confidence);
    }

    #[test]
    fn more_epochs_like_the_last_do_not_make_a_healthy_run_overfit(seed: u64, more in 1..30usize) {
        let (mut luck, jitter) = (Luck::new(seed), 0.01);
        let course = Course { jitter, ..Course::any(&mut luck) };
        let mut curves = course.run(&mut luck);
        prop_assume!(judge(&curves).kind == Kind::Healthy);
        // The last figures go on at the level of the curve, not of its last jump.
        for (column, floor) in
            [(&mut curves.train_loss, course.train_floor), (&mut curves.val_loss, course.floor)]
        {
            column.as_mut().unwrap().values.extend(vec![Some(floor); more]);
        }
        let rows = curves.at.len();
        curves.at.extend((0..more).map(|i| (rows + i + 1) as f64));
        prop_assert_ne!(judge(&curves).kind, Kind::Overfit);
    }

    #[test]
    fn the_same_run_has_the_same_verdict_whatever_it_is_called(seed: u64) {
        let (run, _) = drawn(seed, 0.2);
        let other = Curves { name: "other".into(), origin: "Keras".into(), ..run.clone() };
        let (one, other) = (judge(&run), judge(&other));
        prop_assert_eq!(one.headline, other.headline);
        prop_assert_eq!(one.findings, other.findings);
    }

    #[test]
    fn a_higher_end_never_makes_overfitting_less_likely(low in 1.05..1.3f64, more in 1.0..1.5f64) {
        let held = |end: f64| -> Vec<f64> {
            (0..20)
                .map(|row| if row < 8 { 1.0 + 0.1 * (8 - row) as f64 } else { 1.0 + (end - 1.0) * (row - 8) as f64 / 11.0 })
                .collect()
        };
        let (one, other) = (judge(&run(&[], &held(low))), judge(&run(&[], &held(low * more))));
        let overfit = |verdict: &wellfit_diagnose::Verdict| verdict.kind == Kind::Overfit;
        prop_assert!(!overfit(&one) || overfit(&other));
    }
}
