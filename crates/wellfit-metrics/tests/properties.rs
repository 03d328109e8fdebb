//! What every score keeps, whatever the data.

use proptest::prelude::*;
use wellfit_metrics::{Calibration, Classified, Extra, Predicted, Ranking};

const OF_CLASSES: [Extra; 12] = [
    Extra::Accuracy,
    Extra::BalancedAccuracy,
    Extra::F1Macro,
    Extra::F1Weighted,
    Extra::PrecisionMacro,
    Extra::RecallMacro,
    Extra::Auc,
    Extra::AveragePrecision,
    Extra::Top(2),
    Extra::LogLoss,
    Extra::Brier,
    Extra::Ece,
];

const OF_NUMBERS: [Extra; 5] =
    [Extra::R2, Extra::Rmse, Extra::Mae, Extra::MedianAbsoluteError, Extra::MaxError];

/// Labels with every class in them, and logits.
fn set() -> impl Strategy<Value = (usize, Vec<u32>, Vec<f32>)> {
    (2usize..6).prop_flat_map(|classes| {
        let rest = prop::collection::vec(0..classes as u32, 1..40);
        rest.prop_flat_map(move |rest| {
            let labels: Vec<u32> = (0..classes as u32).chain(rest).collect();
            let n = labels.len() * classes;
            (Just(classes), Just(labels), prop::collection::vec(-4i8..5, n))
        })
        .prop_map(|(classes, labels, logits)| {
            (classes, labels, logits.into_iter().map(|x| f32::from(x) / 2.0).collect())
        })
    })
}

proptest! {
    #[test]
    fn scores_stay_in_their_range((classes, labels, logits) in set()) {
        let set = Classified::from_logits(&labels, &logits, classes).unwrap();
        for (extra, value) in OF_CLASSES.iter().zip(Extra::of_classes(&OF_CLASSES, &set)) {
            let most = match extra {
                Extra::LogLoss => f64::INFINITY,
                Extra::Brier if classes > 2 => 2.0,
                _ => 1.0,
            };
            let value = value.unwrap();
            prop_assert!((0.0..=most + 1e-12).contains(&value), "{}: {}", extra.name(), value);
        }
    }

    #[test]
    fn perfect_predictions_have_the_best_scores((classes, labels, _) in set()) {
        let sure = |&label: &u32| -> Vec<f32> {
            (0..classes as u32).map(|class| if class == label { 50.0 } else { 0.0 }).collect()
        };
        let logits: Vec<f32> = labels.iter().flat_map(sure).collect();
        let set = Classified::from_logits(&labels, &logits, classes).unwrap();
        for (extra, value) in OF_CLASSES.iter().zip(Extra::of_classes(&OF_CLASSES, &set)) {
            let best = f64::from(u8::from(extra.higher_is_better()));
            prop_assert!((value.unwrap() - best).abs() < 1e-12, "{}", extra.name());
        }
    }

    #[test]
    fn the_samples_order_does_not_matter((classes, labels, logits) in set(), turn in 0usize..40) {
        let set = Classified::from_logits(&labels, &logits, classes).unwrap();
        let turn = turn % labels.len();
        let (mut labels, mut logits) = (labels, logits);
        labels.rotate_left(turn);
        logits.rotate_left(turn * classes);
        let turned = Classified::from_logits(&labels, &logits, classes).unwrap();
        let both = Extra::of_classes(&OF_CLASSES, &set)
            .into_iter()
            .zip(Extra::of_classes(&OF_CLASSES, &turned));
        for (extra, (one, other)) in OF_CLASSES.iter().zip(both) {
            prop_assert!((one.unwrap() - other.unwrap()).abs() < 1e-12, "{}", extra.name());
        }
    }

    #[test]
    fn the_classes_names_do_not_matter_to_macro_averages((classes, labels, logits) in set()) {
        prop_assume!(classes > 2);
        let set = Classified::from_logits(&labels, &logits, classes).unwrap();
        let turned: Vec<u32> = labels.iter().map(|l| (l + 1) % classes as u32).collect();
        let mut rows: Vec<f64> =
            (0..set.len()).flat_map(|i| set.probabilities(i).to_vec()).collect();
        rows.chunks_mut(classes).for_each(|row| row.rotate_right(1));
        let turned = Classified::new(turned, rows, classes).unwrap();
        let extras = [Extra::Auc, Extra::AveragePrecision, Extra::LogLoss, Extra::Brier];
        for (one, other) in
            Extra::of_classes(&extras, &set).into_iter().zip(Extra::of_classes(&extras, &turned))
        {
            prop_assert!((one.unwrap() - other.unwrap()).abs() < 1e-12);
        }
    }

    #[test]
    fn a_monotone_change_of_probabilities_leaves_the_ranks((_, labels, logits) in set()) {
        let labels: Vec<u32> = labels.into_iter().map(|label| label.min(1)).collect();
        let logits = &logits[..2 * labels.len()];
        let sharper: Vec<f32> = logits.iter().map(|x| 3.0 * x).collect();
        let set = Classified::from_logits(&labels, logits, 2).unwrap();
        let sharp = Classified::from_logits(&labels, &sharper, 2).unwrap();
        let (one, other) = (Ranking::of(&set), Ranking::of(&sharp));
        prop_assert!((one.auc().unwrap() - other.auc().unwrap()).abs() < 1e-12);
        let precision = |of: &Ranking| of.average_precision().unwrap();
        prop_assert!((precision(&one) - precision(&other)).abs() < 1e-12);
    }

    #[test]
    fn turning_two_classes_round_leaves_the_auc((_, labels, logits) in set()) {
        let labels: Vec<u32> = labels.into_iter().map(|label| label.min(1)).collect();
        let mut logits = logits[..2 * labels.len()].to_vec();
        let set = Classified::from_logits(&labels, &logits, 2).unwrap();
        logits.chunks_mut(2).for_each(|row| row.reverse());
        let turned: Vec<u32> = labels.iter().map(|label| 1 - label).collect();
        let turned = Classified::from_logits(&turned, &logits, 2).unwrap();
        let auc = |set: &Classified| Ranking::of(set).auc().unwrap();
        // 1 − p may round two probabilities to one, which would be a tie: none do here.
        prop_assert!((auc(&set) - auc(&turned)).abs() < 1e-12);
        prop_assert_eq!(Ranking::of(&set).auc_of(0), Ranking::of(&set).auc_of(1));
    }

    #[test]
    fn every_sample_is_in_a_bin((classes, labels, logits) in set()) {
        let set = Classified::from_logits(&labels, &logits, classes).unwrap();
        let bins = Calibration::of(&set).bins;
        prop_assert_eq!(bins.iter().map(|bin| bin.samples).sum::<u64>(), labels.len() as u64);
        for bin in bins.iter().filter(|bin| bin.samples > 0) {
            let inside = bin.low - 1e-12 <= bin.confidence && bin.confidence <= bin.high + 1e-12;
            prop_assert!(inside, "{:?}", bin);
        }
    }

    #[test]
    fn perfect_numbers_have_no_error_and_shifts_do_not_matter(
        targets in prop::collection::vec(-100i16..100, 2..40), shift in -50i16..50,
    ) {
        prop_assume!(targets.iter().any(|y| *y != targets[0]));
        let targets: Vec<f32> = targets.into_iter().map(f32::from).collect();
        let set = Predicted::new(targets.clone(), targets.clone(), 1).unwrap();
        for (extra, value) in OF_NUMBERS.iter().zip(Extra::of_numbers(&OF_NUMBERS, &set)) {
            prop_assert_eq!(value.unwrap(), f64::from(u8::from(extra.higher_is_better())));
        }
        let moved = |by: f32| targets.iter().map(|y| y + by).collect::<Vec<f32>>();
        let off: Vec<f32> = targets.iter().enumerate().map(|(i, y)| y + i as f32).collect();
        let shift = f32::from(shift);
        let shifted = Predicted::new(moved(shift), off.iter().map(|y| y + shift).collect(), 1);
        let set = Predicted::new(targets.clone(), off, 1).unwrap();
        for (one, other) in Extra::of_numbers(&OF_NUMBERS, &set)
            .into_iter()
            .zip(Extra::of_numbers(&OF_NUMBERS, &shifted.unwrap()))
        {
            prop_assert!((one.unwrap() - other.unwrap()).abs() < 1e-9);
        }
    }
}
