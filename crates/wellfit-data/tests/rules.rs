//! Parts, subsets and folds by each rule.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use wellfit_data::{
    Dataset, Features, Fold, Parts, Shape, SplitRule, Subset, Targets, fold, partition, subset,
};

const COLUMN: &str = "which";

fn grouped() -> SplitRule {
    SplitRule::Grouped { column: COLUMN.into() }
}

fn time() -> SplitRule {
    SplitRule::Time { column: COLUMN.into() }
}

fn set(labels: Vec<u32>, classes: usize) -> Dataset {
    let names = (0..classes).map(|i| format!("class {i}")).collect();
    Dataset::from_bytes(Shape::Vector(1), vec![0; labels.len()], labels, names).unwrap()
}

fn numbers(n: usize) -> Dataset {
    let features = Features::Bytes(vec![0; n].into());
    let targets = Targets::numbers((0..n).map(|i| i as f32).collect(), vec!["t0".into()]);
    Dataset::new(Shape::Vector(1), features, targets).unwrap()
}

/// The groups of these rows.
fn groups_of(set: &Dataset, rows: &[u32]) -> BTreeSet<u32> {
    set.take(rows).unwrap().groups_in_order().unwrap().collect()
}

fn times_of(set: &Dataset, rows: &[u32]) -> Vec<f64> {
    set.take(rows).unwrap().times_in_order().unwrap().collect()
}

fn latest(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

fn earliest(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn all_rows(parts: &[&Vec<u32>]) -> Vec<u32> {
    let mut rows: Vec<u32> = parts.iter().flat_map(|part| part.iter().copied()).collect();
    rows.sort_unstable();
    rows
}

fn folds(set: &Dataset, rule: &SplitRule, of: usize, repeat: usize) -> Result<Vec<Parts>, String> {
    let one = |index| fold(set, rule, Fold { index, of, repeat }, 5);
    (0..of).map(|index| one(index).map_err(|error| error.to_string())).collect()
}

fn told(result: Result<Parts, wellfit_data::DataError>) -> String {
    result.expect_err("this should have been refused").to_string()
}

#[test]
fn random_parts_have_their_sizes_whatever_the_classes() {
    let set = set((0..200).map(|i| u32::from(i < 3)).collect(), 2);
    let part = |test, seed| partition(&set, &SplitRule::Random, Some(0.1), test, seed).unwrap();
    let parts = part(Some(0.2), 0);
    assert_eq!([parts.train.len(), parts.validation.len(), parts.test.len()], [140, 20, 40]);
    assert_eq!(part(None, 0).validation, parts.validation);
    assert_ne!(part(None, 1).validation, parts.validation);
    let error = told(partition(&set, &SplitRule::Random, Some(0.001), None, 0));
    assert!(error.contains("data.validation = 0.001 leaves no sample of 200"), "{error}");
}

#[test]
fn groups_of_one_size_come_as_near_to_their_share_as_groups_can() {
    let set = numbers(120).with_groups((0..120).map(|i| i / 6).collect());
    let parts = partition(&set, &grouped(), Some(0.2), Some(0.1), 0).unwrap();
    assert_eq!([parts.train.len(), parts.validation.len(), parts.test.len()], [84, 24, 12]);
    assert_ne!(parts, partition(&set, &grouped(), Some(0.2), Some(0.1), 1).unwrap());
    // Half of a group is rounded to one.
    let small = partition(&set, &grouped(), Some(0.01), None, 0).unwrap();
    assert_eq!(small.validation.len(), 6);
}

#[test]
fn groups_of_one_class_each_are_still_stratified() {
    // 20 groups of class 0 and 10 of class 1, 5 samples each.
    let labels: Vec<u32> = (0..150).map(|i| u32::from(i / 5 >= 20)).collect();
    let set = set(labels, 2).with_groups((0..150).map(|i| i / 5).collect());
    for seed in 0..10 {
        let parts = partition(&set, &grouped(), Some(0.2), Some(0.2), seed).unwrap();
        for part in [&parts.validation, &parts.test] {
            assert_eq!(set.take(part).unwrap().class_counts(), [20, 10], "seed {seed}");
        }
    }
    for parts in folds(&set, &grouped(), 5, 0).unwrap() {
        assert_eq!(set.take(&parts.validation).unwrap().class_counts(), [20, 10]);
    }
}

#[test]
fn samples_of_one_time_stay_together() {
    // Ten samples on each of ten days.
    let set = numbers(100).with_times((0..100).map(|i| f64::from(i % 10)).collect());
    let parts = partition(&set, &time(), Some(0.22), Some(0.1), 0).unwrap();
    assert_eq!([parts.train.len(), parts.validation.len(), parts.test.len()], [70, 20, 10]);
    assert!(times_of(&set, &parts.test).iter().all(|&time| time == 9.0));
    let other_seed = partition(&set, &time(), Some(0.22), Some(0.1), 9).unwrap();
    assert_eq!(other_seed, parts, "nothing is drawn");
}

#[test]
fn folds_in_order_of_time_are_an_expanding_window() {
    let set = numbers(23).with_times((0..23).rev().map(f64::from).collect());
    let folds = folds(&set, &time(), 4, 0).unwrap();
    let sizes: Vec<_> = folds.iter().map(|f| (f.train.len(), f.validation.len())).collect();
    // What scikit-learn's TimeSeriesSplit(4) gives for 23 samples.
    assert_eq!(sizes, [(7, 4), (11, 4), (15, 4), (19, 4)]);
    // The stored order is the reverse of time.
    assert_eq!(folds[3].validation, [0, 1, 2, 3]);
}

#[test]
fn a_subset_follows_the_rule() {
    let set = numbers(60)
        .with_groups((0..60).map(|i| i / 6).collect())
        .with_times((0..60).map(|i| f64::from(i % 30)).collect());
    let rows = |rule: &SplitRule, count| {
        let part = subset(&set, rule, Subset::Count(count), 2).unwrap();
        part.stored_rows().collect::<Vec<u32>>()
    };
    // The latest: both samples of times 29 and 28, and of 27 the one that comes last.
    assert_eq!(rows(&time(), 5), [28, 29, 57, 58, 59]);
    let by_group = rows(&grouped(), 16);
    assert_eq!(by_group.len(), 18, "three whole groups are nearest to 16");
    assert_eq!(groups_of(&set, &by_group).len(), 3);
    let larger: BTreeSet<u32> = rows(&grouped(), 40).into_iter().collect();
    assert!(by_group.iter().all(|row| larger.contains(row)));
    assert_eq!(rows(&grouped(), 1).len(), 6, "at least one group");
    assert_eq!(rows(&SplitRule::Random, 7).len(), 7);
}

#[test]
fn what_cannot_be_divided_is_refused_with_a_reason() {
    let plain = numbers(10);
    for rule in [grouped(), time()] {
        for error in [
            told(partition(&plain, &rule, Some(0.2), None, 0)),
            told(fold(&plain, &rule, Fold { index: 0, of: 2, repeat: 0 }, 0)),
            subset(&plain, &rule, Subset::Count(2), 0).unwrap_err().to_string(),
        ] {
            assert!(error.contains("column = \"which\"") && error.contains("no column"), "{error}");
        }
    }
    let two = numbers(10).with_groups((0..10).map(|i| i % 2).collect());
    let error = told(partition(&two, &grouped(), Some(0.2), Some(0.2), 0));
    assert!(error.contains("has 2 groups, and 3 parts need one each"), "{error}");
    let folded = |set: &Dataset, rule: &SplitRule, of, repeat| {
        told(fold(set, rule, Fold { index: 0, of, repeat }, 0))
    };
    assert!(folded(&two, &grouped(), 3, 0).contains("has 2 groups, and 3 parts"));
    assert!(folded(&two, &grouped(), 2, 1).contains("each repeat would be the same"));
    let days = numbers(10).with_times((0..10).map(|i| f64::from(i % 2)).collect());
    let error = told(partition(&days, &time(), Some(0.2), Some(0.2), 0));
    assert!(error.contains("has 2 different times, and 3 parts"), "{error}");
    assert!(folded(&days, &time(), 2, 0).contains("has 2 different times, and 3 parts"));
    assert!(folded(&days, &time(), 2, 1).contains("study.repeats above 1"));
    let broken = numbers(3).with_times(vec![0.0, f64::NAN, 1.0]);
    let error = told(partition(&broken, &time(), Some(0.3), None, 0));
    assert!(error.contains("the time of sample 1 is missing or not finite"), "{error}");
    let rare = set(vec![0, 0, 0, 0, 0, 1, 1], 2);
    let error = folded(&rare, &SplitRule::Stratified, 3, 0);
    assert!(error.contains("class 1 (class 1) has 2 samples, fewer than there are"), "{error}");
    fold(&rare, &SplitRule::Random, Fold { index: 0, of: 3, repeat: 0 }, 0).unwrap();
    assert!(folded(&numbers(3), &SplitRule::Random, 4, 0).contains("more than the 3 samples"));
    for (index, of) in [(0, 0), (0, 1), (2, 2)] {
        let error = told(fold(&plain, &SplitRule::Random, Fold { index, of, repeat: 0 }, 0));
        assert!(error.contains("at least 2 folds"), "{error}");
    }
}

#[test]
fn repeats_and_seeds_draw_other_folds() {
    let plain = set((0..40).map(|i| i % 2).collect(), 2);
    let set = plain.with_groups((0..40).map(|i| i / 2).collect());
    for rule in [SplitRule::Stratified, SplitRule::Random, grouped()] {
        let validation = |repeat, seed| {
            fold(&set, &rule, Fold { index: 0, of: 4, repeat }, seed).unwrap().validation
        };
        assert_eq!(validation(0, 0), validation(0, 0));
        assert_ne!(validation(0, 0), validation(1, 0), "{rule:?}");
        assert_ne!(validation(0, 0), validation(0, 1), "{rule:?}");
    }
}

proptest! {
    #[test]
    fn no_group_is_in_two_parts_and_every_sample_in_one(
        groups in prop::collection::vec(0u32..12, 12..120),
        validation in prop::option::of(0.05f64..0.5),
        test in prop::option::of(0.05f64..0.5),
        seed: u64,
        classes: bool,
    ) {
        let n = groups.len();
        let plain = if classes { set((0..n as u32).map(|i| i % 3).collect(), 3) } else { numbers(n) };
        let sizes = groups.iter().fold(BTreeMap::new(), |mut sizes, group| {
            *sizes.entry(*group).or_insert(0usize) += 1;
            sizes
        });
        let largest = sizes.values().max().copied().unwrap_or(0);
        let set = plain.with_groups(groups);
        if let Ok(parts) = partition(&set, &grouped(), validation, test, seed) {
            let all = [&parts.train, &parts.validation, &parts.test];
            prop_assert_eq!(all_rows(&all), (0..n as u32).collect::<Vec<_>>());
            let own: Vec<_> = all.iter().filter(|part| !part.is_empty())
                .map(|part| groups_of(&set, part)).collect();
            for (i, a) in own.iter().enumerate() {
                prop_assert!(own[i + 1..].iter().all(|b| a.is_disjoint(b)));
            }
            prop_assert!(!parts.train.is_empty());
            for (part, share) in [(&parts.validation, validation), (&parts.test, test)] {
                prop_assert_eq!(part.is_empty(), share.is_none());
                if let Some(share) = share && !classes {
                    let off = part.len() as f64 - share * n as f64;
                    prop_assert!(off.abs() <= largest as f64, "{off} of {largest}");
                }
            }
            if let Ok(without) = partition(&set, &grouped(), validation, None, seed)
                && sizes.len() > 3 && test.is_some() && validation.is_some_and(|v| v < 0.3)
                && test.is_some_and(|t| t < 0.3)
            {
                // Where groups are left for both, the test's share moves nothing.
                let left = sizes.len() - groups_of(&set, &without.validation).len();
                if left >= 2 {
                    prop_assert_eq!(without.validation, parts.validation);
                }
            }
        }
    }

    #[test]
    fn no_training_time_is_after_a_validation_time_nor_this_after_a_test_time(
        times in prop::collection::vec(0u8..40, 10..120),
        validation in prop::option::of(0.05f64..0.5),
        test in prop::option::of(0.05f64..0.5),
        of in 2usize..6,
    ) {
        let n = times.len();
        let set = numbers(n).with_times(times.into_iter().map(f64::from).collect());
        if let Ok(parts) = partition(&set, &time(), validation, test, 0) {
            let all = [&parts.train, &parts.validation, &parts.test];
            prop_assert_eq!(all_rows(&all), (0..n as u32).collect::<Vec<_>>());
            let known: Vec<_> = all.iter().filter(|part| !part.is_empty())
                .map(|part| times_of(&set, part)).collect();
            for pair in known.windows(2) {
                prop_assert!(latest(&pair[0]) < earliest(&pair[1]));
            }
        }
        if let Ok(folds) = folds(&set, &time(), of, 0) {
            for parts in &folds {
                let [train, validation] = [&parts.train, &parts.validation];
                prop_assert!(!train.is_empty() && !validation.is_empty());
                prop_assert!(latest(&times_of(&set, train)) < earliest(&times_of(&set, validation)));
            }
            for pair in folds.windows(2) {
                let grown = all_rows(&[&pair[0].train, &pair[0].validation]);
                prop_assert_eq!(&grown, &pair[1].train);
            }
            let last = &folds[of - 1];
            prop_assert_eq!(all_rows(&[&last.train, &last.validation]).len(), n);
        }
    }

    #[test]
    fn every_sample_is_validation_in_one_fold_and_folds_are_alike(
        labels in prop::collection::vec(0u32..3, 20..150), of in 2usize..7, repeat in 0usize..3,
    ) {
        let n = labels.len();
        let set = set(labels, 3);
        for rule in [SplitRule::Stratified, SplitRule::Random] {
            let Ok(folds) = folds(&set, &rule, of, repeat) else { continue };
            let validation: Vec<&Vec<u32>> = folds.iter().map(|f| &f.validation).collect();
            prop_assert_eq!(all_rows(&validation), (0..n as u32).collect::<Vec<_>>());
            for parts in &folds {
                prop_assert!(parts.validation.len().abs_diff(n / of) <= 1);
                let whole = all_rows(&[&parts.train, &parts.validation]);
                prop_assert_eq!(whole, (0..n as u32).collect::<Vec<_>>());
                if rule == SplitRule::Stratified {
                    let own = set.take(&parts.validation).unwrap().class_counts();
                    for (own, all) in own.into_iter().zip(set.class_counts()) {
                        prop_assert!(own == all / of || own == all / of + 1);
                    }
                }
            }
        }
    }

    #[test]
    fn no_group_is_in_two_folds_and_no_fold_is_empty(
        groups in prop::collection::vec(0u32..15, 20..150), of in 2usize..6, classes: bool,
        repeat in 0usize..2,
    ) {
        let n = groups.len();
        let plain = if classes { set((0..n as u32).map(|i| i % 2).collect(), 2) } else { numbers(n) };
        let set = plain.with_groups(groups);
        let Ok(folds) = folds(&set, &grouped(), of, repeat) else { return Ok(()) };
        let validation: Vec<&Vec<u32>> = folds.iter().map(|f| &f.validation).collect();
        prop_assert_eq!(all_rows(&validation), (0..n as u32).collect::<Vec<_>>());
        for parts in &folds {
            prop_assert!(!parts.validation.is_empty() && !parts.train.is_empty());
            let (a, b) = (groups_of(&set, &parts.train), groups_of(&set, &parts.validation));
            prop_assert!(a.is_disjoint(&b));
        }
    }
}
