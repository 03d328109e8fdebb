//! What is planted is found, with its figures and rows.

mod common;

use common::{Made, kinds, split, stream, the, two};
use wellfit_check::{Effort, Kind, Level, Which, check, text};
use wellfit_data::{
    DataRequest, Dataset, Features, Holdout, Missing, Scale, Shape, SplitRule, Targets,
};

#[test]
fn validation_samples_that_are_in_training_are_counted_and_shown() {
    let mut made = Made::clean(1200, 1);
    for copy in 0..10 {
        made.copy(50 + copy, 1000 + 3 * copy);
    }
    let checked = made.check(200);
    let leak = the(&checked, Kind::Leak);
    assert_eq!((leak.level, leak.part), (Level::Warning, Some(Which::Validation)));
    assert!((leak.value - 0.05).abs() < 1e-12);
    assert!(leak.evidence.starts_with("10 of 200 validation samples (5.0 %)"), "{}", leak.evidence);
    let pairs: Vec<_> =
        leak.examples.iter().map(|e| (e.row.unwrap(), e.other_row.unwrap())).collect();
    assert!(pairs.iter().all(|(row, other)| (row - 1000) / 3 == other - 50), "{pairs:?}");
    assert!(leak.paste.as_deref().unwrap().contains("grouped"));
}

#[test]
fn a_validation_part_that_is_all_in_training_is_an_error() {
    let all = Made::clean(900, 2).set();
    let parts = two(
        all.take(&Vec::from_iter(0..900)).unwrap(),
        all.take(&Vec::from_iter(100..400)).unwrap(),
    );
    let request =
        DataRequest { validation: Some(Holdout::File("v.csv".into())), ..DataRequest::of("made") };
    let checked = check(&parts, &request, Effort::Full);
    let leak = the(&checked, Kind::Leak);
    assert_eq!((leak.level, leak.value), (Level::Error, 1.0));
    assert!(leak.advice.contains("validation file") && leak.paste.is_none());
    assert_eq!(checked.worst(), Some(Level::Error));
    let lines = wellfit_check::brief(&checked, "wellfit data check made.csv");
    assert!(lines.len() <= 5 && lines[0].starts_with("data ERROR: Held-out samples"), "{lines:?}");
    assert!(lines.last().unwrap().contains("wellfit data check made.csv"));
}

#[test]
fn test_samples_that_are_in_validation_are_found_too() {
    let all = Made::clean(1500, 3).set();
    let take = |rows: std::ops::Range<u32>| all.take(&Vec::from_iter(rows)).unwrap();
    let mut parts = two(take(0..900), take(900..1200));
    parts.test = Some(take(1150..1500));
    let checked = check(&parts, &DataRequest::of("made"), Effort::Full);
    let leak = the(&checked, Kind::Leak);
    assert!(leak.part == Some(Which::Test) && leak.evidence.starts_with("50 of 350"), "{leak:?}");
}

#[test]
fn repeats_in_training_are_counted_once_each() {
    let mut made = Made::clean(1000, 4);
    for copy in 1..60 {
        made.copy(0, copy);
    }
    let checked = made.check(200);
    let repeats = the(&checked, Kind::Duplicates);
    assert!(repeats.evidence.starts_with("59 of 800"), "{}", repeats.evidence);
    assert_eq!(repeats.level, Level::Warning);
    assert!(!kinds(&checked).contains(&Kind::NearDuplicates));
}

#[test]
fn rows_drawn_twice_by_resampling_are_no_repeats() {
    let all = Made::clean(500, 5).set();
    let twice: Vec<u32> = (0..300).chain(0..300).collect();
    let parts = two(all.take(&twice).unwrap(), all.take(&Vec::from_iter(300..500)).unwrap());
    let checked = check(&parts, &DataRequest::of("made"), Effort::Full);
    assert!(!kinds(&checked).contains(&Kind::Duplicates), "{}", text(&checked, 100));
}

#[test]
fn equal_rows_of_different_classes_contradict_each_other_and_are_no_repeats() {
    let mut made = Made::clean(1000, 6);
    for copy in 0..20 {
        made.copy(copy, 100 + copy);
        made.classes[100 + copy] = 1 - made.classes[copy];
    }
    let checked = made.check(200);
    let conflict = the(&checked, Kind::ConflictingLabels);
    assert!(conflict.evidence.starts_with("40 of 800"), "{}", conflict.evidence);
    assert_eq!(conflict.level, Level::Warning);
    assert!(conflict.examples[0].value.as_deref().unwrap().contains("class-"));
    assert!(!kinds(&checked).contains(&Kind::Duplicates));
}

#[test]
fn equal_rows_with_targets_far_apart_contradict_each_other_near_ones_do_not() {
    let mut made = Made::clean(1000, 7);
    let mut noise = stream(70);
    made.numbers = Some((0..1000).map(|_| noise.normal() as f32).collect());
    for copy in 0..20 {
        made.copy(copy, 100 + copy);
        let apart = if copy < 15 { 5.0 } else { 0.1 };
        made.numbers.as_mut().unwrap()[100 + copy] += apart;
    }
    let conflict = made.check(200);
    let conflict = the(&conflict, Kind::ConflictingLabels);
    assert!(conflict.evidence.starts_with("30 of 800"), "{}", conflict.evidence);
}

#[test]
fn rows_with_noise_in_the_third_digit_are_near_ones() {
    let mut made = Made::clean(2000, 8);
    let mut noise = stream(80);
    for copy in 0..40 {
        made.copy(copy, 1500 + copy);
        for column in 0..6 {
            made.numbers_of(column)[1500 + copy] += 0.002 * noise.normal();
        }
    }
    let checked = made.check(500);
    let near = the(&checked, Kind::NearLeak);
    assert!(near.level == Level::Warning && near.value >= 0.075, "{near:?}");
    assert!(near.examples.iter().all(|e| e.row.unwrap() == e.other_row.unwrap() + 1500));
    assert!(!kinds(&checked).contains(&Kind::Leak));
}

/// Smooth images: sums of a few waves.
fn images(n: usize, seed: u64) -> Vec<u8> {
    let mut draw = stream(seed);
    let mut bytes = Vec::new();
    for _ in 0..n {
        let waves: Vec<[f64; 4]> = (0..6)
            .map(|_| [draw.normal(), draw.normal(), 6.3 * draw.uniform(), 30.0 * draw.normal()])
            .collect();
        for (y, x) in (0..16).flat_map(|y| (0..16).map(move |x| (f64::from(y), f64::from(x)))) {
            let sum: f64 =
                waves.iter().map(|[a, b, c, h]| h * (0.5 * (a * x + b * y) + c).sin()).sum();
            bytes.push((128.0 + sum).clamp(0.0, 255.0) as u8);
        }
    }
    bytes
}

fn image_set(bytes: Vec<u8>) -> Dataset {
    let n = bytes.len() / 256;
    let labels = (0..n as u32).map(|at| at % 2).collect();
    let shape = Shape::Image { channels: 1, height: 16, width: 16 };
    Dataset::from_bytes(shape, bytes, labels, vec!["a".into(), "b".into()]).expect("images")
}

#[test]
fn images_saved_again_with_some_noise_are_near_ones() {
    let mut bytes = images(1500, 9);
    let mut noise = stream(90);
    for copy in 0..30 {
        for pixel in 0..256 {
            let of = f64::from(bytes[copy * 256 + pixel]);
            bytes[(1200 + copy) * 256 + pixel] =
                (of + 2.0 * noise.normal()).clamp(0.0, 255.0) as u8;
        }
    }
    let checked = check(&split(&image_set(bytes), 300), &DataRequest::of("made"), Effort::Full);
    let near = the(&checked, Kind::NearLeak);
    assert!(
        near.evidence.starts_with("30 of 300") || near.evidence.starts_with("29 of 300"),
        "{}",
        near.evidence
    );
    let clean =
        check(&split(&image_set(images(1500, 9)), 300), &DataRequest::of("made"), Effort::Full);
    assert!(clean.worst() <= Some(Level::Note), "{}", text(&clean, 100));
}

#[test]
fn constant_and_nearly_constant_columns_are_named_with_the_line_that_drops_them() {
    let mut rare = vec![0.0; 1000];
    rare[7] = 1.0;
    let made =
        Made::clean(1000, 10).with_numbers("year", vec![2020.0; 1000]).with_numbers("rare", rare);
    let checked = made.check(200);
    let constant = the(&checked, Kind::ConstantColumn);
    assert!(
        constant.evidence.starts_with("column year is 2020 in all 800"),
        "{}",
        constant.evidence
    );
    assert_eq!(constant.paste.as_deref(), Some(r#"drop = ["year"]"#));
    let nearly = the(&checked, Kind::NearlyConstant);
    assert!(
        nearly.level == Level::Note && nearly.evidence.contains("rare is 0 in 799 of 800"),
        "{}",
        nearly.evidence
    );
}

#[test]
fn numbers_and_names_of_rows_are_identifiers_measurements_are_not() {
    let made = Made::clean(1000, 11)
        .with_numbers("id", (0..1000).map(|row| f64::from(7000 + row)).collect())
        .with_categories(
            "name",
            (0..1000).collect(),
            (0..1000).map(|row| format!("p{row}")).collect(),
        )
        .with_numbers("rising", (0..1000).map(|row| f64::from(row) + 0.5).collect());
    let checked = made.check(200);
    let identifier = the(&checked, Kind::Identifier);
    assert_eq!(identifier.paste.as_deref(), Some(r#"drop = ["id", "name"]"#));
    assert_eq!(identifier.level, Level::Warning);
}

#[test]
fn an_identifier_is_one_though_some_rows_are_there_twice() {
    let mut made = Made::clean(1000, 40)
        .with_numbers("id", (0..1000).map(|row| f64::from(row * 7 % 1000)).collect());
    (0..30).for_each(|copy| made.copy(copy, 500 + copy));
    assert!(
        the(&made.check(200), Kind::Identifier)
            .evidence
            .starts_with("column id has whole numbers without")
    );
    // Whole numbers of a measurement repeat.
    let mut draw = stream(400);
    let years = (0..1000).map(|_| (draw.uniform() * 1500.0).floor()).collect();
    let checked = Made::clean(1000, 41).with_numbers("metres", years).check(200);
    assert!(!kinds(&checked).contains(&Kind::Identifier));
}

#[test]
fn a_column_that_follows_from_the_target_gives_it_away() {
    let mut made = Made::clean(1000, 12);
    let mut noise = stream(120);
    let paid: Vec<f64> =
        made.classes.iter().map(|&c| f64::from(c) * 10.0 + noise.normal()).collect();
    made = made.with_numbers("paid", paid);
    let checked = made.check(200);
    let away = the(&checked, Kind::GivesTargetAway);
    assert!(away.evidence.starts_with("column paid alone"), "{}", away.evidence);
    assert_eq!((away.level, away.paste.as_deref()), (Level::Warning, Some(r#"drop = ["paid"]"#)));
    assert!(away.advice.contains("before the target"));
}

#[test]
fn a_category_gives_one_of_many_classes_away_and_a_number_a_number() {
    let mut made = Made::clean(1000, 13);
    made.class_names = 5;
    let mut draw = stream(130);
    made.classes = (0..1000).map(|_| draw.below(5) as u32).collect();
    let codes = made.classes.iter().map(|class| (class + 3) % 5).collect();
    let made = made.with_categories("code", codes, (0..5).map(|c| format!("k{c}")).collect());
    assert!(the(&made.check(200), Kind::GivesTargetAway).evidence.contains("column code"));

    let mut made = Made::clean(1000, 14);
    let first = made.numbers_of(0).clone();
    made.numbers = Some(first.iter().map(|x| (x * x * x + 3.0) as f32).collect());
    let away = made.check(200);
    assert!(the(&away, Kind::GivesTargetAway).evidence.contains("column n0"));
}

#[test]
fn where_nearly_all_are_of_one_class_no_column_gives_it_away() {
    let mut made = Made::clean(2000, 15);
    made.classes = (0..2000).map(|row| u32::from(row % 70 == 0)).collect();
    let checked = made.check(300);
    assert!(!kinds(&checked).contains(&Kind::GivesTargetAway), "{}", text(&checked, 100));
    let imbalance = the(&checked, Kind::ClassImbalance);
    assert!(imbalance.evidence.contains("to 1 (at least 10.0)"), "{}", imbalance.evidence);
}

#[test]
fn classes_with_few_samples_and_classes_missing_in_a_part_are_named() {
    let mut made = Made::clean(1000, 16);
    made.class_names = 5;
    made.classes = (0..1000).map(|row| row % 3).collect();
    made.classes[..4].fill(3);
    made.classes[990..].fill(4);
    let checked = made.check(200);
    let few = the(&checked, Kind::FewSamples);
    assert!(
        few.evidence.contains("1 of 5 classes") && few.evidence.contains("class-3"),
        "{}",
        few.evidence
    );
    let missing: Vec<&str> = checked
        .findings
        .iter()
        .filter(|finding| finding.kind == Kind::MissingClass)
        .map(|finding| &finding.evidence[..])
        .collect();
    assert!(
        missing.iter().any(|words| words.contains("without a training sample: class class-4")),
        "{missing:?}"
    );
    assert!(
        missing
            .iter()
            .any(|words| words.contains("validation part has no sample of class class-3")),
        "{missing:?}"
    );
}

#[test]
fn missing_values_are_a_warning_where_the_plan_refuses_them() {
    let mut made = Made::clean(1000, 17);
    made.numbers_of(2)[..80].fill(f64::NAN);
    let parts = made.parts(200);
    let refused = check(&parts, &DataRequest::of("made"), Effort::Full);
    let missing = the(&refused, Kind::MissingValues);
    assert_eq!(
        (missing.level, missing.paste.as_deref()),
        (Level::Warning, Some(r#"missing = "median""#))
    );
    assert!(
        missing.evidence.contains("1 of 8 columns has") && missing.evidence.contains("n2 10 %"),
        "{}",
        missing.evidence
    );
    let mut request = DataRequest::of("made");
    request.prepare.missing = Missing::Median;
    let filled = check(&parts, &request, Effort::Full);
    assert_eq!(the(&filled, Kind::MissingValues).level, Level::Note);
    made.numbers_of(2)[..500].fill(f64::NAN);
    let mostly = check(&made.parts(200), &request, Effort::Full);
    let mostly = the(&mostly, Kind::MissingValues);
    assert_eq!((mostly.level, mostly.paste.as_deref()), (Level::Warning, Some(r#"drop = ["n2"]"#)));
}

#[test]
fn codes_for_missing_values_and_extreme_values_are_told_apart() {
    let mut made = Made::clean(1000, 18);
    (0..1000).step_by(25).for_each(|row| made.numbers_of(1)[row] = -999.0);
    made.numbers_of(3)[5] = 1e7;
    let checked = made.check(200);
    let code = the(&checked, Kind::CodedValue);
    assert!(code.evidence.starts_with("column n1 is -999 in 32 of 800"), "{}", code.evidence);
    assert!(code.paste.as_deref().unwrap().contains(r#""-999""#));
    let outliers = the(&checked, Kind::Outliers);
    assert!(
        outliers.level == Level::Warning && outliers.evidence.contains("column n3"),
        "{}",
        outliers.evidence
    );
}

#[test]
fn infinite_values_are_found() {
    let mut made = Made::clean(400, 19);
    made.numbers_of(0)[3] = f64::INFINITY;
    let checked = made.check(150);
    assert!(the(&checked, Kind::NotFinite).evidence.contains("1 of 250 in n0"));
}

#[test]
fn magnitudes_matter_only_where_nothing_is_scaled() {
    let mut made = Made::clean(1000, 20);
    made.numbers_of(4).iter_mut().for_each(|x| *x *= 5000.0);
    let parts = made.parts(200);
    assert!(
        !kinds(&check(&parts, &DataRequest::of("made"), Effort::Full))
            .contains(&Kind::UnscaledColumns)
    );
    let request = DataRequest { scale: Some(Scale::None), ..DataRequest::of("made") };
    let checked = check(&parts, &request, Effort::Full);
    let found = the(&checked, Kind::UnscaledColumns);
    assert!(found.value > 1000.0 && found.paste.as_deref() == Some(r#"scale = "standard""#));

    let set = image_set(images(400, 21));
    let parts = split(&set, 150);
    let checked = check(&parts, &request, Effort::Quick);
    assert_eq!(the(&checked, Kind::UnscaledBytes).paste.as_deref(), Some(r#"scale = "unit""#));
    assert!(
        !kinds(&check(&parts, &DataRequest::of("made"), Effort::Quick))
            .contains(&Kind::UnscaledBytes)
    );
}

#[test]
fn float_arrays_are_not_scaled_by_default() {
    let mut draw = stream(22);
    let values: Vec<f32> =
        (0..1500).map(|at| (draw.normal() * if at % 3 == 0 { 1e4 } else { 1.0 }) as f32).collect();
    let features = Features::Floats(values.into());
    let targets =
        Targets::classes((0..500).map(|at| at % 2).collect(), vec!["a".into(), "b".into()]);
    let set = Dataset::new(Shape::Vector(3), features, targets).unwrap();
    let checked = check(&split(&set, 200), &DataRequest::of("made"), Effort::Full);
    assert!(the(&checked, Kind::UnscaledColumns).evidence.contains("column 0"));
}

#[test]
fn very_many_categories_and_those_that_training_lacks_are_found() {
    let mut draw = stream(23);
    let mut codes: Vec<u32> = (0..1000).map(|_| draw.below(150) as u32).collect();
    codes[950] = 150;
    let names = (0..151).map(|code| format!("town {code}")).collect();
    let checked = Made::clean(1000, 23).with_categories("town", codes, names).check(200);
    let many = the(&checked, Kind::ManyCategories);
    assert!(
        many.level == Level::Warning && many.evidence.contains("column town has 1"),
        "{}",
        many.evidence
    );
    let unknown = the(&checked, Kind::UnknownCategories);
    assert!(
        unknown
            .examples
            .iter()
            .any(|e| e.value.as_deref() == Some("town 150") && e.row == Some(950))
    );
}

#[test]
fn columns_that_say_the_same_are_a_note() {
    let mut made = Made::clean(1000, 24);
    let twice = made.numbers_of(2).iter().map(|x| -2.0 * x + 1.0).collect();
    let checked = made.with_numbers("again", twice).check(200);
    let pair = the(&checked, Kind::Correlated);
    assert!(pair.level == Level::Note && (pair.value + 1.0).abs() < 1e-3, "{pair:?}");
    assert_eq!(pair.examples[0].columns, ["n2", "again"]);
}

#[test]
fn a_validation_file_of_another_kind_drifts_and_the_columns_are_named() {
    let train = Made::clean(1500, 25);
    let mut other = Made::clean(500, 26);
    other.numbers_of(3).iter_mut().for_each(|x| *x += 1.0);
    let parts = two(train.set(), other.set());
    for effort in [Effort::Quick, Effort::Full] {
        let checked = check(&parts, &DataRequest::of("made"), effort);
        let drift = the(&checked, Kind::Drift);
        assert_eq!((drift.level, drift.part), (Level::Warning, Some(Which::Validation)));
        assert!(drift.evidence.contains("most by n3"), "{}", drift.evidence);
    }
    // What is meant to differ is worth a note.
    let split = SplitRule::Time { column: "day".into() };
    let checked = check(&parts, &DataRequest { split, ..DataRequest::of("made") }, Effort::Full);
    assert_eq!(the(&checked, Kind::Drift).level, Level::Note);
}

#[test]
fn another_spread_and_other_categories_are_drift_too() {
    let train = Made::clean(2000, 27);
    let mut wide = Made::clean(800, 28);
    wide.numbers_of(1).iter_mut().for_each(|x| *x *= 3.0);
    let checked = check(&two(train.set(), wide.set()), &DataRequest::of("made"), Effort::Full);
    assert!(the(&checked, Kind::Drift).evidence.contains("n1"));

    let mut other = Made::clean(800, 29);
    // The same categories under other codes are the same; other shares are not.
    if let wellfit_data::ColumnValues::Categories { codes, names } = &mut other.columns[7].values {
        names.reverse();
        codes.iter_mut().for_each(|code| *code = 3 - *code);
    }
    let same = check(&two(train.set(), other.set()), &DataRequest::of("made"), Effort::Full);
    assert!(!kinds(&same).contains(&Kind::Drift), "{}", text(&same, 100));
    if let wellfit_data::ColumnValues::Categories { codes, .. } = &mut other.columns[7].values {
        codes.iter_mut().step_by(2).for_each(|code| *code = 0);
    }
    let checked = check(&two(train.set(), other.set()), &DataRequest::of("made"), Effort::Full);
    let drift = the(&checked, Kind::Drift);
    assert!(drift.evidence.contains("k1: c3 is"), "{}", drift.evidence);
}

#[test]
fn darker_images_drift_by_brightness() {
    let train = image_set(images(900, 30));
    let dark = image_set(images(400, 31).iter().map(|byte| byte / 2).collect());
    let checked = check(&two(train, dark), &DataRequest::of("made"), Effort::Full);
    assert!(the(&checked, Kind::Drift).evidence.contains("brightness"));
}

#[test]
fn targets_of_another_mixture_or_range_are_found() {
    let (train, mut other) = (Made::clean(1500, 32), Made::clean(500, 33));
    other.classes = (0..500).map(|row| u32::from(row % 5 == 0)).collect();
    let checked = check(&two(train.set(), other.set()), &DataRequest::of("made"), Effort::Full);
    assert!(the(&checked, Kind::TargetDrift).evidence.contains("of the validation part"));

    let numbers = |made: &mut Made, seed, shift: f64| {
        let mut draw = stream(seed);
        made.numbers = Some((0..made.rows()).map(|_| (draw.normal() + shift) as f32).collect());
    };
    let (mut train, mut other) = (Made::clean(1500, 34), Made::clean(500, 35));
    numbers(&mut train, 340, 0.0);
    numbers(&mut other, 350, 0.5);
    let checked = check(&two(train.set(), other.set()), &DataRequest::of("made"), Effort::Full);
    assert!(the(&checked, Kind::TargetDrift).evidence.contains("target price has a median of"));
}

#[test]
fn a_skewed_target_is_a_note_with_huber() {
    let mut made = Made::clean(1000, 36);
    let mut draw = stream(360);
    made.numbers = Some((0..1000).map(|_| (1.5 * draw.normal()).exp() as f32).collect());
    let checked = made.check(200);
    let skew = the(&checked, Kind::TargetSkew);
    assert!(skew.level == Level::Note && skew.advice.contains("logarithms"), "{skew:?}");
}

#[test]
fn few_validation_samples_are_a_warning_with_the_share_that_is_enough() {
    let checked = Made::clean(1000, 37).check(50);
    let few = the(&checked, Kind::SmallValidation);
    assert!(
        few.level == Level::Warning && few.evidence.contains("±8.3 points"),
        "{}",
        few.evidence
    );
    assert_eq!(few.paste.as_deref(), Some("validation = 0.2"));
    assert_eq!(the(&Made::clean(2000, 38).check(400), Kind::SmallValidation).level, Level::Note);
}

#[test]
fn a_check_is_read_back_from_its_json() {
    let mut made = Made::clean(600, 39);
    made.copy(3, 500);
    let checked = made.check(140);
    let json = serde_json::to_string_pretty(&checked).unwrap();
    let back: wellfit_check::Checked = serde_json::from_str(&json).unwrap();
    assert_eq!(back, checked);
    assert!(json.contains(r#""kind": "leak""#) && json.contains(r#""level": "note""#), "{json}");
}
