//! Clean data give no warning.

mod common;

use common::{Made, stream};
use wellfit_check::{Effort, Level, check, text};
use wellfit_data::{DataRequest, Dataset, Shape};

/// How many of so many clean sets have a warning, and the first such.
fn false_alarms(seeds: u64, effort: Effort, made: impl Fn(u64) -> Made) -> (usize, String) {
    let (mut alarms, mut first) = (0, String::new());
    for seed in 0..seeds {
        let checked = check(&made(seed).parts(300), &DataRequest::of("made"), effort);
        if checked.worst() >= Some(Level::Warning) {
            alarms += 1;
            first = if first.is_empty() { text(&checked, 100) } else { first };
        }
    }
    (alarms, first)
}

#[test]
fn of_two_hundred_clean_sets_at_most_one_in_twenty_has_a_warning() {
    let (alarms, first) = false_alarms(200, Effort::Quick, |seed| Made::clean(1500, seed));
    assert!(alarms <= 10, "{alarms} of 200:\n{first}");
}

#[test]
fn nor_do_clean_regressions() {
    let (alarms, first) = false_alarms(50, Effort::Quick, |seed| {
        let mut made = Made::clean(1500, 1000 + seed);
        let mut noise = stream(5000 + seed);
        let first = made.numbers_of(0).clone();
        made.numbers = Some(first.iter().map(|x| (2.0 * x + noise.normal()) as f32).collect());
        made
    });
    assert!(alarms <= 2, "{alarms} of 50:\n{first}");
}

#[test]
fn nor_do_coarse_or_heavy_tailed_columns() {
    let (alarms, first) = false_alarms(30, Effort::Full, |seed| {
        let mut made = Made::clean(1500, 2000 + seed);
        for column in 0..3 {
            made.numbers_of(column).iter_mut().for_each(|x| *x = (*x * 2.0).round());
        }
        for column in 3..6 {
            made.numbers_of(column).iter_mut().for_each(|x| *x = x.exp());
        }
        made
    });
    assert!(alarms <= 1, "{alarms} of 30:\n{first}");
}

#[test]
fn nor_does_a_coarse_table_whose_rows_are_equal_by_chance() {
    let rows = 3000;
    let mut draw = stream(9);
    let mut made = Made::clean(rows, 9);
    made.columns.clear();
    for name in ["a", "b", "c"] {
        let codes = (0..rows).map(|_| draw.below(4) as u32).collect();
        made = made.with_categories(name, codes, (0..4).map(|code| format!("v{code}")).collect());
    }
    let checked = made.check(500);
    assert_eq!(checked.worst(), Some(Level::Note), "{}", text(&checked, 100));
    assert!(text(&checked, 200).contains("by chance"), "{}", text(&checked, 200));
}

#[test]
fn noise_images_give_no_warning() {
    let mut draw = stream(4);
    let n = 600;
    let values: Vec<u8> = (0..n * 64).map(|_| draw.below(256) as u8).collect();
    let labels: Vec<u32> = (0..n as u32).map(|at| at % 3).collect();
    let names = ["a", "b", "c"].map(String::from).to_vec();
    let shape = Shape::Image { channels: 1, height: 8, width: 8 };
    let set = Dataset::from_bytes(shape, values, labels, names).expect("images");
    let checked = check(&common::split(&set, 200), &DataRequest::of("made"), Effort::Full);
    assert!(checked.worst() <= Some(Level::Note), "{}", text(&checked, 100));
}

#[test]
fn a_check_without_findings_says_what_was_looked_for() {
    let checked = Made::clean(4000, 3).check(1000);
    assert_eq!(checked.findings, [], "{}", text(&checked, 100));
    let text = text(&checked, 80);
    assert!(text.contains("Nothing was found") && text.contains("all 4,000 rows"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80));
    assert_eq!(wellfit_check::brief(&checked, "wellfit data check made.csv"), [""; 0]);
}

#[test]
fn the_same_data_give_the_same_findings() {
    let made = Made::clean(800, 5);
    let json = |checked| serde_json::to_string(&checked).expect("JSON");
    assert_eq!(json(made.check(100)), json(made.check(100)));
}

#[test]
fn a_set_of_two_samples_is_no_panic() {
    for rows in [2, 3, 5] {
        for effort in [Effort::Quick, Effort::Full] {
            check(&Made::clean(rows, 1).parts(1), &DataRequest::of("made"), effort);
        }
    }
}
