//! Stratified parts and subsets.

use std::collections::BTreeSet;

use proptest::prelude::*;
use wellfit_data::SplitRule::Stratified;
use wellfit_data::{Dataset, Features, Shape, Subset, Targets, partition, subset};

fn set(labels: Vec<u32>, classes: usize) -> Dataset {
    let names = (0..classes).map(|i| format!("class {i}")).collect();
    Dataset::from_bytes(Shape::Vector(1), vec![0; labels.len()], labels, names).unwrap()
}

fn counts(set: &Dataset, rows: &[u32]) -> Vec<usize> {
    set.take(rows).unwrap().class_counts()
}

#[test]
fn parts_are_stratified_and_moved_by_their_seed_alone() {
    let set = set((0..1000).map(|i| i % 10).collect(), 10);
    let parts = partition(&set, &Stratified, Some(0.1), Some(0.2), 0).unwrap();
    assert_eq!(counts(&set, &parts.validation), [10; 10]);
    assert_eq!(counts(&set, &parts.test), [20; 10]);
    assert_eq!(counts(&set, &parts.train), [70; 10]);
    assert_eq!(partition(&set, &Stratified, Some(0.1), Some(0.2), 0).unwrap(), parts);
    assert_ne!(
        partition(&set, &Stratified, Some(0.1), Some(0.2), 1).unwrap().validation,
        parts.validation
    );
}

#[test]
fn validation_and_test_do_not_move_each_other() {
    let set = set((0..300).map(|i| i % 3).collect(), 3);
    let test = |validation| partition(&set, &Stratified, validation, Some(0.2), 7).unwrap().test;
    assert_eq!(test(None), test(Some(0.1)));
    assert_eq!(test(None), test(Some(0.5)));
    let validation = |test| partition(&set, &Stratified, Some(0.2), test, 7).unwrap().validation;
    assert_eq!(validation(None), validation(Some(0.1)));
    assert_eq!(validation(None), validation(Some(0.5)));
}

#[test]
fn smaller_subsets_are_parts_of_larger_ones() {
    let set = set((0..500).map(|i| i % 5).collect(), 5);
    let rows = |n| {
        let part = subset(&set, &Stratified, Subset::Count(n), 3).unwrap();
        assert_eq!(part.class_counts(), [n / 5; 5]);
        part.stored_rows().collect::<BTreeSet<_>>()
    };
    assert!(rows(50).is_subset(&rows(100)));
    assert!(rows(100).is_subset(&rows(400)));
    let half = subset(&set, &Stratified, Subset::Fraction(0.5), 3).unwrap();
    assert_eq!(half.stored_rows().collect::<BTreeSet<_>>(), rows(250));
    let all = subset(&set, &Stratified, Subset::Fraction(1.0), 3).unwrap();
    assert_eq!(all.stored_rows().collect::<Vec<_>>(), (0..500).collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_split_is_refused_with_a_reason() {
    // 96, 3 and 1 samples.
    let labels = (0..100)
        .map(|i| {
            if i < 96 {
                0
            } else if i < 99 {
                1
            } else {
                2
            }
        })
        .collect();
    let rare = set(labels, 3);
    let two = set((0..100).map(|i| i % 2).collect(), 2);
    let split = |set: &Dataset, validation, test| {
        partition(set, &Stratified, validation, test, 0).unwrap_err().to_string()
    };
    assert_eq!(
        split(&rare, Some(0.34), None),
        "data.validation = 0.34 leaves no sample of class 2 (class 2) for validation: the class \
         has 1 of 100 samples; choose another share or leave the class out"
    );
    assert!(split(&rare, None, Some(0.1)).contains("no sample of class 1 (class 1) for test"));
    assert!(split(&rare, Some(0.9), None).contains("(class 1) for training"));
    assert!(
        split(&two, Some(0.001), None).contains("no sample of class 0 (class 0) for validation")
    );
    assert!(split(&two, Some(0.5), Some(0.5)).contains("leave nothing to train on"));
    assert!(split(&two, Some(0.7), Some(0.7)).contains("leave nothing to train on"));
    for share in [0.0, 1.0, -0.1, 1.5, f64::NAN, f64::INFINITY] {
        assert!(split(&two, Some(share), None).contains("a fraction must be above 0 and below 1"));
        assert!(split(&two, None, Some(share)).starts_with("data.test = "));
    }
    let cut = |size| subset(&two, &Stratified, size, 0).unwrap_err().to_string();
    assert_eq!(
        cut(Subset::Count(101)),
        "data.subset = 101 is more than the 100 training samples there are"
    );
    assert_eq!(cut(Subset::Count(0)), "data.subset = 0: at least one sample is needed");
    assert!(cut(Subset::Count(1)).contains("data.subset = 1 leaves no sample of class 1"));
    for share in [0.0, 1.1, -1.0, f64::NAN] {
        assert!(cut(Subset::Fraction(share)).contains("above 0 and at most 1"));
    }
}

proptest! {
    #[test]
    fn parts_are_disjoint_complete_sorted_and_within_one_of_their_share(
        labels in prop::collection::vec(0u32..4, 20..200),
        validation in prop::option::of(0.05f64..0.5),
        test in prop::option::of(0.05f64..0.5),
        seed: u64,
    ) {
        let set = set(labels, 4);
        let n = set.len();
        if let Ok(parts) = partition(&set, &Stratified, validation, test, seed) {
            let all = [&parts.train, &parts.validation, &parts.test];
            for part in all {
                prop_assert!(part.is_sorted());
            }
            let mut rows = all.map(|part| part.as_slice()).concat();
            rows.sort_unstable();
            prop_assert_eq!(rows, (0..n as u32).collect::<Vec<_>>());
            for (part, share) in [(&parts.validation, validation), (&parts.test, test)] {
                let share = share.unwrap_or(0.0);
                prop_assert_eq!(part.len(), (share * n as f64).round() as usize);
                if part.is_empty() {
                    continue;
                }
                for (taken, all) in counts(&set, part).into_iter().zip(set.class_counts()) {
                    // One for the class's rounding, another for the total's.
                    prop_assert!((taken as f64 - share * all as f64).abs() < 2.0);
                    prop_assert!(taken > 0 || all == 0);
                }
            }
        }
    }

    #[test]
    fn a_subset_has_the_asked_size_and_order(
        labels in prop::collection::vec(0u32..4, 1..200), count in 0usize..220, seed: u64,
    ) {
        let set = set(labels, 4);
        if let Ok(part) = subset(&set, &Stratified, Subset::Count(count), seed) {
            prop_assert_eq!(part.len(), count);
            prop_assert!(part.stored_rows().is_sorted_by(|a, b| a < b));
        }
    }
}

#[test]
fn numbers_are_split_evenly_at_random() {
    let features = Features::Floats((0..100).map(|i| i as f32).collect::<Vec<_>>().into());
    let targets = Targets::numbers((0..100).map(|i| i as f32).collect(), vec!["t0".into()]);
    let set = Dataset::new(Shape::Vector(1), features, targets).unwrap();
    let parts = partition(&set, &Stratified, Some(0.2), Some(0.1), 3).unwrap();
    assert_eq!([parts.train.len(), parts.validation.len(), parts.test.len()], [70, 20, 10]);
    assert_ne!(parts.validation, (0..20).collect::<Vec<_>>());
    assert_ne!(parts, partition(&set, &Stratified, Some(0.2), Some(0.1), 4).unwrap());
    let without_test = partition(&set, &Stratified, Some(0.2), None, 3).unwrap();
    assert_eq!(without_test.validation, parts.validation, "another test share moves nothing");
    assert_eq!(subset(&set, &Stratified, Subset::Count(30), 0).unwrap().len(), 30);
    let words = partition(&set, &Stratified, Some(0.001), None, 0).unwrap_err().to_string();
    let wanted = "data.validation = 0.001 leaves no sample of 100 for validation";
    assert!(words.contains(wanted), "{words}");
}

#[test]
fn a_target_that_never_changes_is_found_by_name() {
    let features = Features::Bytes(vec![0; 3].into());
    let names = vec!["a".to_string(), "b".to_string()];
    let targets = Targets::numbers(vec![1.0, 5.0, 2.0, 5.0, 2.0, 6.0], names);
    let set = Dataset::new(Shape::Vector(1), features, targets).unwrap();
    assert_eq!(set.constant_target(), None);
    assert_eq!(set.take(&[0, 1]).unwrap().constant_target(), Some("b"));
    assert_eq!(set.take(&[2, 1]).unwrap().constant_target(), Some("a"));
}
