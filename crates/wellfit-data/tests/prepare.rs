//! Preparation: fitted on the training part alone, done to all parts, kept as JSON.

use std::sync::Arc;

use proptest::prelude::*;
use wellfit_data::{
    Column, ColumnValues, DataRequest, Dataset, Features, Input, Keep, MISSING, Missing, Outliers,
    PREPARATION_SCHEMA, Preparation, RawSplits, Resample, Scale, Select, SelectBy, Shape, Sources,
    SplitRule, Splits, Subset, Table, Targets, Task, Unknown, resample,
};

fn numbers(name: &str, values: &[f64]) -> Column {
    Column { name: name.into(), values: ColumnValues::Numbers(values.to_vec()) }
}

/// Categories; missing where the text is empty.
fn categories(name: &str, values: &[&str]) -> Column {
    let (mut codes, mut names) = (Vec::new(), Vec::<String>::new());
    for value in values {
        if value.is_empty() {
            codes.push(MISSING);
            continue;
        }
        let known = names.iter().position(|known| known == value);
        codes.push(known.unwrap_or(names.len()) as u32);
        if known.is_none() {
            names.push((*value).into());
        }
    }
    Column { name: name.into(), values: ColumnValues::Categories { codes, names } }
}

/// A table of two classes in turn.
fn table(columns: Vec<Column>) -> Dataset {
    let rows = match &columns[0].values {
        ColumnValues::Numbers(values) => values.len(),
        ColumnValues::Categories { codes, .. } => codes.len(),
    };
    let shape = Shape::Vector(columns.len());
    let labels = (0..rows).map(|at| (at % 2) as u32).collect();
    let targets = Targets::classes(labels, vec!["no".into(), "yes".into()]);
    Dataset::new(shape, Features::Table(Table { columns, rows }.into()), targets).unwrap()
}

fn request() -> DataRequest {
    DataRequest::of("table.csv")
}

fn asked(change: impl FnOnce(&mut DataRequest)) -> DataRequest {
    let mut request = request();
    change(&mut request);
    request
}

fn split(set: &Dataset, train: &[u32], validation: &[u32]) -> RawSplits {
    RawSplits {
        train: set.take(train).unwrap(),
        validation: Some(set.take(validation).unwrap()),
        test: None,
        validation_is_test: false,
        origin: "here".into(),
    }
}

fn prepare(request: &DataRequest, parts: RawSplits) -> Result<Splits, String> {
    parts.prepare(request).map_err(|error| error.to_string())
}

fn fit(request: &DataRequest, train: &Dataset) -> Result<Preparation, String> {
    Preparation::fit(request, train).map_err(|error| error.to_string())
}

fn told(request: &DataRequest, train: &Dataset) -> String {
    fit(request, train).expect_err("this should have been refused")
}

/// Prepared values, sample by sample.
fn rows(set: &Dataset) -> Vec<Vec<f32>> {
    let Features::Floats(values) = set.features() else { panic!("not prepared to floats") };
    let width = set.shape().len();
    set.stored_rows().map(|row| values[row as usize * width..][..width].to_vec()).collect()
}

fn again(fitted: &Preparation) -> Preparation {
    serde_json::from_str(&serde_json::to_string(fitted).unwrap()).unwrap()
}

const ALL_BY: [SelectBy; 5] = SelectBy::ALL;

#[test]
fn a_held_out_outlier_does_not_move_the_scaler() {
    let calm = table(vec![numbers("x", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])]);
    let wild = table(vec![numbers("x", &[1.0, 2.0, 3.0, 4.0, 5.0, 1e9])]);
    for scale in [Scale::Standard, Scale::MinMax, Scale::Robust] {
        let request = asked(|request| request.scale = Some(scale));
        let of = |set: &Dataset| prepare(&request, split(set, &[0, 1, 2, 3], &[4, 5])).unwrap();
        let (calm, wild) = (of(&calm), of(&wild));
        assert_eq!(calm.preparation, wild.preparation, "{scale:?}");
        assert_eq!(rows(&calm.train), rows(&wild.train));
        assert_ne!(rows(&calm.validation.unwrap()), rows(&wild.validation.unwrap()));
    }
}

#[test]
fn parts_of_one_table_share_what_is_prepared() {
    let set = table(vec![numbers("x", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])]);
    let mut parts = split(&set, &[0, 1], &[2, 3]);
    parts.test = Some(set.take(&[4, 5]).unwrap());
    let splits = prepare(&request(), parts).unwrap();
    let (validation, test) = (splits.validation.unwrap(), splits.test.unwrap());
    let values = |set: &Dataset| match set.features() {
        Features::Floats(values) => values.clone(),
        _ => panic!(),
    };
    assert!(Arc::ptr_eq(&values(&splits.train), &values(&validation)));
    assert!(Arc::ptr_eq(&values(&splits.train), &values(&test)));
    assert_eq!(test.stored_rows().collect::<Vec<_>>(), [4, 5]);
    // Another file is another table.
    let mut parts = split(&set, &[0, 1], &[2, 3]);
    parts.test = Some(table(vec![numbers("x", &[9.0])]));
    let splits = prepare(&request(), parts).unwrap();
    assert_eq!(rows(&splits.test.unwrap()), [[15.0]]);
}

#[test]
fn arrays_that_nothing_is_done_to_are_shared_not_copied() {
    let values = Arc::new(vec![1.0_f32, 2.0, 3.0, 4.0]);
    let targets = Targets::classes(vec![0, 1], vec!["a".into(), "b".into()]);
    let set = Dataset::new(Shape::Vector(2), Features::Floats(values.clone()), targets).unwrap();
    let fitted = Preparation::fit(&request(), &set).unwrap();
    let prepared = fitted.apply(&set).unwrap();
    assert!(matches!(prepared.features(), Features::Floats(same) if Arc::ptr_eq(same, &values)));
    assert_eq!(fitted.scale(), Scale::None);
}

#[test]
fn categories_are_one_feature_each_and_unknown_ones_none() {
    let train = table(vec![
        categories("job", &["nurse", "clerk", "", "nurse"]),
        numbers("age", &[20.0, 40.0, 20.0, 40.0]),
    ]);
    let request = asked(|request| request.prepare.missing = Missing::Mean);
    let fitted = Preparation::fit(&request, &train).unwrap();
    assert_eq!(fitted.feature_names(), ["job=clerk", "job=nurse", "age"]);
    assert_eq!(fitted.shape(), Some(Shape::Vector(3)));
    assert_eq!(
        (fitted.task(), fitted.output_names()[1].as_str()),
        (Some(Task::Classification), "yes")
    );
    let prepared = fitted.apply(&train).unwrap();
    let wanted = [[0.0, 1.0, -1.0], [1.0, 0.0, 1.0], [0.0, 1.0, -1.0], [0.0, 1.0, 1.0]];
    assert_eq!(rows(&prepared), wanted);

    // Columns in another order, and one more that nobody asked for.
    let held_out = table(vec![
        numbers("height", &[1.0, 2.0]),
        numbers("age", &[f64::NAN, 30.0]),
        categories("job", &["clerk", "pilot"]),
    ]);
    assert_eq!(rows(&fitted.apply(&held_out).unwrap()), [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]);
    assert_eq!((fitted.unknown_categories(&held_out), fitted.unknown_categories(&train)), (1, 0));

    let strict = asked(|request| {
        request.prepare.missing = Missing::Mean;
        request.prepare.unknown = Unknown::Error;
    });
    let fitted = Preparation::fit(&strict, &train).unwrap();
    let error = fitted.apply(&held_out).unwrap_err().to_string();
    assert!(error.contains("\"job\": row 1") && error.contains("\"pilot\""), "{error}");
    assert_eq!(fitted.unknown_categories(&held_out), 1);
}

#[test]
fn what_stands_in_for_missing_values_is_fitted_even_where_training_lacks_none() {
    let train =
        table(vec![numbers("x", &[1.0, 2.0, 2.0, 7.0]), categories("c", &["b", "a", "b", "a"])]);
    let held_out = table(vec![numbers("x", &[f64::NAN]), categories("c", &[""])]);
    for (missing, wanted) in
        [(Missing::Mean, 3.0), (Missing::Median, 2.0), (Missing::MostFrequent, 2.0)]
    {
        let request = asked(|request| {
            request.prepare.missing = missing;
            request.scale = Some(Scale::None);
        });
        let fitted = Preparation::fit(&request, &train).unwrap();
        // Of equally frequent categories the first by name.
        assert_eq!(rows(&fitted.apply(&held_out).unwrap()), [[wanted, 1.0, 0.0]]);
    }
    let fitted = Preparation::fit(&request(), &train).unwrap();
    let error = fitted.apply(&held_out).unwrap_err().to_string();
    assert!(error.contains("\"x\": 1 of 1 values are missing, the first in row 0"), "{error}");
    let error = prepare(
        &request(),
        RawSplits {
            train,
            validation: Some(held_out),
            test: None,
            validation_is_test: false,
            origin: "".into(),
        },
    );
    let error = error.unwrap_err();
    assert!(error.starts_with("validation set: column \"x\""), "{error}");
}

#[test]
fn a_column_without_any_value_may_have_been_read_as_the_other_kind() {
    let train = table(vec![numbers("x", &[1.0, 3.0]), categories("c", &["a", "b"])]);
    let empty = table(vec![categories("x", &["", ""]), numbers("c", &[f64::NAN, f64::NAN])]);
    let request = asked(|request| request.prepare.missing = Missing::Mean);
    let fitted = Preparation::fit(&request, &train).unwrap();
    assert_eq!(rows(&fitted.apply(&empty).unwrap()), [[0.0, 1.0, 0.0]; 2]);
    let fitted = Preparation::fit(&self::request(), &train).unwrap();
    let error = fitted.apply(&empty).unwrap_err().to_string();
    assert!(error.contains("\"x\": 2 of 2 values are missing"), "{error}");
    let swapped = table(vec![categories("x", &["a", "b"]), numbers("c", &[1.0, 2.0])]);
    let error = fitted.apply(&swapped).unwrap_err().to_string();
    assert!(error.contains("\"x\" holds categories, but in training it held numbers"), "{error}");
    let error = fitted.apply(&table(vec![numbers("x", &[1.0])])).unwrap_err().to_string();
    assert!(error.contains("\"c\" is missing; the table has x"), "{error}");
}

#[test]
fn outliers_are_dropped_from_the_training_part_only() {
    let mut values: Vec<f64> = (0..20).map(f64::from).collect();
    values[3] = 1000.0;
    values[13] = -1000.0;
    let set = table(vec![numbers("x", &values)]);
    let request = asked(|request| request.prepare.outliers = Some(Outliers::Drop { iqr: 1.5 }));
    let (train, validation): (Vec<u32>, Vec<u32>) = (0..20).partition(|row| row % 20 < 10);
    let splits = prepare(&request, split(&set, &train, &validation)).unwrap();
    let kept: Vec<u32> = splits.train.stored_rows().collect();
    assert_eq!(kept, [0, 1, 2, 4, 5, 6, 7, 8, 9]);
    // What is held out is neither dropped nor clipped.
    let validation = splits.validation.unwrap();
    assert_eq!(validation.len(), 10);
    assert!(rows(&validation)[3][0] < -100.0);
    // The scale is fitted on what is left.
    let sum: f32 = rows(&splits.train).iter().map(|row| row[0]).sum();
    assert!(sum.abs() < 1e-5, "{sum}");
}

#[test]
fn dropping_must_leave_samples_of_every_class() {
    // Every second sample, of class 1, has an outlier of its own column.
    let set = table(vec![
        numbers("x", &[0.0, 9.0, 1.0, 0.5, 2.0, 1.5, 3.0]),
        numbers("y", &[0.0, 1.0, 2.0, 9.0, 1.0, 0.5, 1.5]),
        numbers("z", &[0.0, 1.0, 2.0, 1.0, 1.0, 9.0, 1.5]),
    ]);
    let request = asked(|request| request.prepare.outliers = Some(Outliers::Drop { iqr: 1.5 }));
    let error = told(&request, &set);
    assert!(error.contains("leaves no training sample of class yes of 3"), "{error}");
}

#[test]
fn a_column_that_is_mostly_one_value_is_not_clipped_to_it() {
    let mut values = vec![0.0; 20];
    values[7] = 1.0;
    let set = table(vec![numbers("rare", &values)]);
    for outliers in [
        Outliers::Clip { iqr: 1.5 },
        Outliers::Drop { iqr: 1.5 },
        Outliers::Winsorise { quantile: 0.2 },
    ] {
        let request = asked(|request| request.prepare.outliers = Some(outliers));
        let parts = split(&set, &(0..20).collect::<Vec<_>>(), &[7]);
        let splits = prepare(&request, parts).unwrap();
        assert_eq!(splits.train.len(), 20);
        assert!(rows(&splits.validation.unwrap())[0][0] > 4.0, "{outliers:?}");
    }
}

#[test]
fn values_that_cannot_be_prepared_are_refused_with_column_and_row() {
    let nan = f64::NAN;
    for (values, wanted) in [
        (vec![1.0, nan, 2.0, nan], "column \"x\": 2 of 4 values are missing, the first in row 1"),
        (vec![nan; 4], "column \"x\": all 4 values of the training set are missing"),
        (vec![1.0, f64::INFINITY], "column \"x\": the value in row 1 (counted from 0) is inf"),
        (vec![1.0, f64::NEG_INFINITY], "is -inf"),
        (vec![1e308, 1e308, -1e308, 0.0], "column \"x\": its values lie too far apart"),
    ] {
        let error = told(&request(), &table(vec![numbers("x", &values)]));
        assert!(error.contains(wanted), "{error}");
    }
    let error = told(&request(), &table(vec![numbers("x", &[1.0, nan])]));
    assert!(error.contains("data.missing = \"median\"") && error.contains("data.drop = [\"x\"]"));
    let error = told(&request(), &table(vec![categories("c", &["a", ""])]));
    assert!(error.contains("column \"c\": 1 of 2 values are missing"), "{error}");
    let error = told(&request(), &table(vec![categories("c", &["", ""])]));
    assert!(error.contains("column \"c\": all 2 values"), "{error}");
    let median = asked(|request| request.prepare.missing = Missing::Median);
    let error = told(&median, &table(vec![numbers("x", &[nan, nan])]));
    assert!(error.contains("all 2 values"), "{error}");

    let as_it_is = asked(|request| request.scale = Some(Scale::None));
    let large = table(vec![numbers("x", &[1.0, 1e39])]);
    let fitted = Preparation::fit(&as_it_is, &large).unwrap();
    let error = fitted.apply(&large).unwrap_err().to_string();
    assert!(error.contains("feature \"x\"") && error.contains("row 1"), "{error}");
}

#[test]
fn what_is_wrong_in_rows_of_no_part_does_not_matter() {
    let set = table(vec![numbers("x", &[1.0, 2.0, f64::NAN, 1e300, 3.0, 4.0])]);
    let splits = prepare(&request(), split(&set, &[0, 1], &[4, 5])).unwrap();
    assert_eq!(rows(&splits.validation.unwrap()), [[3.0], [5.0]]);
    let error = prepare(&request(), split(&set, &[0, 1], &[4, 2])).unwrap_err();
    assert!(error.contains("1 of 2 values are missing, the first in row 2"), "{error}");
    let error = prepare(&request(), split(&set, &[0, 2], &[4])).unwrap_err();
    assert!(error.starts_with("training set: column \"x\": 1 of 2"), "{error}");
}

#[test]
fn constant_columns_and_single_rows_are_prepared_to_zeros() {
    for values in [vec![0.1; 7], vec![1e15 / 3.0; 5], vec![5.0]] {
        let set = table(vec![numbers("x", &values)]);
        for scale in [Scale::Standard, Scale::MinMax, Scale::Robust] {
            let request = asked(|request| request.scale = Some(scale));
            let prepared = Preparation::fit(&request, &set).unwrap().apply(&set).unwrap();
            assert!(rows(&prepared).iter().all(|row| row[0].abs() < 1.0), "{scale:?} {values:?}");
            assert!(rows(&prepared).iter().all(|row| row == &rows(&prepared)[0]));
        }
    }
    for by in ALL_BY {
        let keep = Keep::Count(1);
        let request = asked(|request| request.prepare.select = Some(Select { by, keep }));
        for set in [
            table(vec![numbers("x", &[5.0]), numbers("y", &[6.0])]),
            table(vec![numbers("x", &[5.0; 9]), numbers("y", &[5.0; 9])]),
        ] {
            assert_eq!(Preparation::fit(&request, &set).unwrap().feature_names(), ["x"], "{by:?}");
        }
    }
}

#[test]
fn scales_that_do_not_suit_the_values_are_refused() {
    let unit = asked(|request| request.scale = Some(Scale::Unit));
    let error = told(&unit, &table(vec![numbers("x", &[1.0, 2.0])]));
    assert!(error.contains("this is a table") && error.contains("standard"), "{error}");
    let floats =
        Dataset::from_floats(Shape::Vector(1), vec![1.0], vec![0], vec!["a".into()]).unwrap();
    assert!(told(&unit, &floats).contains("the values are floats"));
    let fixed = Preparation::fixed(Scale::Unit);
    let error = fixed.apply(&table(vec![numbers("x", &[1.0])])).unwrap_err().to_string();
    assert!(error.contains("was not fitted on a table"), "{error}");
}

#[test]
fn samples_of_another_kind_are_refused() {
    let floats = |shape: Shape| {
        let n = shape.len();
        Dataset::from_floats(shape, vec![1.0; n], vec![0], vec!["a".into()]).unwrap()
    };
    let image = Shape::Image { channels: 1, height: 2, width: 2 };
    let bytes = Dataset::from_bytes(image, vec![1; 4], vec![0], vec!["a".into()]).unwrap();
    let one = table(vec![numbers("x", &[1.0, 2.0])]);
    let sets = [floats(image), floats(Shape::Vector(4)), floats(Shape::Vector(3)), bytes, one];
    for (i, fitted_on) in sets.iter().enumerate() {
        let fitted = Preparation::fit(&request(), fitted_on).unwrap();
        for (j, set) in sets.iter().enumerate() {
            assert_eq!(fitted.apply(set).is_ok(), i == j, "{i} {j}");
        }
    }
    let error = Preparation::fit(&request(), &sets[0]).unwrap().apply(&sets[3]).unwrap_err();
    assert_eq!(error.to_string(), "samples are 2×2 bytes, but in training they were 2×2 floats");
}

#[test]
fn tables_that_do_not_fit_themselves_are_refused() {
    let short = Table { columns: vec![numbers("x", &[1.0, 2.0]), numbers("y", &[1.0])], rows: 2 };
    let wild = ColumnValues::Categories { codes: vec![0, 7], names: vec!["a".into()] };
    let wild = Table { columns: vec![Column { name: "c".into(), values: wild }], rows: 2 };
    for (table, wanted) in [(short, "\"y\" does not fit"), (wild, "code 7 is not below 1")] {
        let targets = Targets::classes(vec![0, 0], vec!["a".into()]);
        let shape = Shape::Vector(table.columns.len());
        // Whoever makes the set may see it as well.
        let Ok(set) = Dataset::new(shape, Features::Table(table.into()), targets) else { continue };
        let error = told(&request(), &set);
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn selected_features_are_the_only_ones_and_their_columns_alone_are_looked_at() {
    let set = table(vec![
        numbers("flat", &[1.0, 1.1, 1.0, 1.1]),
        categories("c", &["a", "b", "a", "b"]),
        numbers("steep", &[0.0, 100.0, 0.0, 100.0]),
    ]);
    let of = |by, keep| {
        asked(|request| {
            request.prepare.select = Some(Select { by, keep });
            request.scale = Some(Scale::MinMax);
        })
    };
    let names = |by, keep| fit(&of(by, keep), &set).unwrap().feature_names();
    assert_eq!(names(SelectBy::Variance, Keep::Count(2)), ["c=a", "steep"]);
    assert_eq!(names(SelectBy::Variance, Keep::Fraction(0.25)), ["steep"]);
    assert_eq!(names(SelectBy::Variance, Keep::Fraction(0.01)), ["steep"]);
    assert_eq!(names(SelectBy::Variance, Keep::Threshold(0.2)), ["c=a", "c=b", "steep"]);
    assert_eq!(names(SelectBy::Correlation, Keep::Threshold(0.9)), ["flat"]);
    assert_eq!(names(SelectBy::Variance, Keep::Fraction(1.0)).len(), 4);
    let error = told(&of(SelectBy::AnovaF, Keep::Count(5)), &set);
    assert!(error.contains("keep = 5, but there are only 4 features"), "{error}");
    let error = told(&of(SelectBy::Variance, Keep::Threshold(1e6)), &set);
    assert!(error.contains("threshold = 1000000 leaves none of 4"), "{error}");

    let fitted = fit(&of(SelectBy::Variance, Keep::Count(2)), &set).unwrap();
    assert_eq!(fitted.selected(), Some(&[1, 3][..]));
    let held_out = table(vec![
        numbers("flat", &[f64::NAN, 1e300]),
        categories("c", &["a", "b"]),
        numbers("steep", &[50.0, 25.0]),
    ]);
    assert_eq!(rows(&fitted.apply(&held_out).unwrap()), [[1.0, 0.5], [0.0, 0.25]]);
}

#[test]
fn an_image_of_selected_pixels_is_a_vector_and_bytes_stay_bytes() {
    let image = Shape::Image { channels: 1, height: 1, width: 3 };
    let values = vec![0, 9, 100, 0, 9, 200, 0, 10, 0, 0, 10, 50];
    let set =
        Dataset::from_bytes(image, values, vec![0, 1, 0, 1], vec!["a".into(), "b".into()]).unwrap();
    let select = Select { by: SelectBy::Variance, keep: Keep::Count(2) };
    let request = asked(|request| request.prepare.select = Some(select));
    let fitted = Preparation::fit(&request, &set).unwrap();
    assert_eq!(fitted.feature_names(), ["pixel[0, 1]", "pixel[0, 2]"]);
    let prepared = fitted.apply(&set).unwrap();
    assert_eq!(prepared.shape(), Shape::Vector(2));
    let Features::Bytes(bytes) = prepared.features() else { panic!("bytes stay bytes") };
    assert_eq!(bytes[..4], [9, 100, 9, 200]);
    assert_eq!(fitted.byte_values()[255], 1.0);
    let all = Preparation::fixed(Scale::Unit).byte_values();
    assert_eq!(fitted.byte_values(), all, "unit is byte / 255 to the bit");
}

#[test]
fn classes_are_made_alike_by_drawing_again_or_leaving_out() {
    let labels = vec![0, 0, 0, 0, 0, 1, 1, 2, 0, 0];
    let names = ["a", "b", "c", "none"].map(String::from).to_vec();
    let set = Dataset::from_floats(Shape::Vector(1), vec![0.0; 10], labels, names).unwrap();
    let over = resample(&set, Resample::Over, 3).unwrap();
    assert_eq!(over.class_counts(), [7, 7, 7, 0]);
    let rows: Vec<u32> = over.stored_rows().collect();
    assert!(rows.is_sorted(), "{rows:?}");
    let times = |row: u32| rows.iter().filter(|&&other| other == row).count();
    assert_eq!((times(0), times(7)), (1, 7));
    // Of two samples one comes three times, the other four times.
    assert_eq!((times(5).min(times(6)), times(5).max(times(6))), (3, 4));
    let under = resample(&set, Resample::Under, 3).unwrap();
    assert_eq!(under.class_counts(), [1, 1, 1, 0]);
    let drawn =
        |seed| resample(&set, Resample::Under, seed).unwrap().stored_rows().collect::<Vec<_>>();
    assert_eq!(drawn(3), drawn(3));
    assert!((0..20).any(|seed| drawn(seed) != drawn(3)));

    let part = set.take(&[9, 5, 6]).unwrap();
    let over: Vec<u32> = resample(&part, Resample::Over, 0).unwrap().stored_rows().collect();
    assert_eq!(over, [9, 9, 5, 6], "rows are those of the part");
}

#[test]
fn only_training_samples_are_resampled_and_nothing_is_fitted_on_copies() {
    let values: Vec<f64> = (0..12).map(|at| f64::from(at * at)).collect();
    let set = table(vec![numbers("x", &values)]);
    let parts = || split(&set, &[0, 1, 2, 4, 6, 8], &[3, 5, 10]);
    let plain = prepare(&request(), parts()).unwrap();
    for how in [Resample::Over, Resample::Under] {
        let request = asked(|request| request.prepare.resample = Some(how));
        let splits = prepare(&request, parts()).unwrap();
        let counts = splits.train.class_counts();
        assert_eq!(counts, if how == Resample::Over { [5, 5] } else { [1, 1] });
        assert_eq!(splits.preparation, plain.preparation);
        let (a, b) = (splits.validation.unwrap(), plain.validation.clone().unwrap());
        assert_eq!(rows(&a), rows(&b));
    }
    let targets = Targets::numbers(vec![1.0, 2.0], vec!["t".into()]);
    let set =
        Dataset::new(Shape::Vector(1), Features::Floats(vec![0.0, 1.0].into()), targets).unwrap();
    let error = resample(&set, Resample::Over, 0).unwrap_err().to_string();
    assert!(error.contains("numbers to predict"), "{error}");
}

#[test]
fn a_preparation_of_a_later_schema_or_a_damaged_one_is_refused() {
    let set = table(vec![numbers("x", &[1.0, 2.0]), categories("c", &["a", "b"])]);
    let request = asked(|request| request.prepare.missing = Missing::Median);
    let text = serde_json::to_string(&Preparation::fit(&request, &set).unwrap()).unwrap();
    let read =
        |text: &str| serde_json::from_str::<Preparation>(text).map_err(|error| error.to_string());
    assert!(read(&text).is_ok());
    for (from, to, wanted) in [
        ("\"schema\":1", "\"schema\":2", "schema 2, but this version reads up to 1"),
        ("\"scale\":\"standard\"", "\"scale\":\"warped\"", "its scale is unknown"),
        ("\"unknown\":\"ignore\"", "\"unknown\":\"maybe\"", "unknown is neither"),
        ("\"categories\":[\"a\",\"b\"]", "\"categories\":[\"b\",\"a\"]", "not sorted"),
        ("\"categories\":[\"a\",\"b\"]", "\"categories\":[]", "not sorted"),
        ("\"fill\":\"a\"", "\"fill\":\"z\"", "\"z\" is no category of \"c\""),
        ("\"divide\":0.5", "\"divide\":0.0", "figures that cannot be"),
        ("\"divide\":0.5", "\"divide\":\"one\"", "invalid type"),
        ("\"selected\":null", "\"selected\":[0,3]", "ascending numbers below 3"),
        ("\"selected\":null", "\"selected\":[]", "ascending numbers below 3"),
        ("\"selected\":null", "\"selected\":[1,0]", "ascending numbers below 3"),
        ("\"features\":[\"x\"", "\"features\":[\"y\"", "features are not those"),
        ("\"task\":\"classification\"", "\"task\":\"dancing\"", "its task is unknown"),
        ("\"name\":\"c\",\"fill\"", "\"name\":\"x\",\"fill\"", "column \"x\" is there twice"),
        ("\"kind\":\"table\"", "\"kind\":\"chair\"", "unknown variant"),
    ] {
        let damaged = text.replacen(from, to, 1);
        assert_ne!(damaged, text, "{from} is not in {text}");
        let error = read(&damaged).expect_err(&damaged);
        assert!(error.contains(wanted), "{error}");
    }
    for end in 0..text.len() {
        assert!(text.is_char_boundary(end) && read(&text[..end]).is_err(), "{end}");
    }
    assert_eq!(PREPARATION_SCHEMA, 1);
}

#[test]
fn a_preparation_of_version_1_reads_back() {
    let text = include_str!("golden/preparation-v1.json");
    let fitted: Preparation = serde_json::from_str(text).unwrap();
    assert_eq!(fitted.feature_names(), ["age", "job=clerk", "job=nurse"]);
    let Input::Table(columns) = fitted.input() else { panic!("{fitted:?}") };
    assert_eq!(columns.len(), 2);
    let set =
        table(vec![categories("job", &["nurse", "pilot"]), numbers("age", &[50.0, f64::NAN])]);
    assert_eq!(rows(&fitted.apply(&set).unwrap()), [[1.0, 0.0, 1.0], [0.25, 0.0, 0.0]]);
    assert_eq!(serde_json::to_string(&fitted).unwrap(), text.trim_end());
}

/// Values of a column, some of them missing.
fn column(n: usize) -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        8 => -1e3..1e3_f64,
        2 => (-3_i32..4).prop_map(f64::from),
        1 => Just(f64::NAN),
        1 => -1e9..1e9_f64,
    ];
    proptest::collection::vec(value, n).prop_map(|mut values| {
        // Something must be there in the training part, which the tests begin with.
        values[0] = 1.5;
        values
    })
}

fn requests() -> impl Strategy<Value = DataRequest> {
    let missing =
        prop_oneof![Just(Missing::Mean), Just(Missing::Median), Just(Missing::MostFrequent)];
    let scale = prop_oneof![
        Just(Scale::Standard),
        Just(Scale::MinMax),
        Just(Scale::Robust),
        Just(Scale::None)
    ];
    let outliers = proptest::option::of(prop_oneof![
        (0.001..0.4_f64).prop_map(|quantile| Outliers::Winsorise { quantile }),
        (0.5..3.0_f64).prop_map(|iqr| Outliers::Clip { iqr }),
        (2.0..5.0_f64).prop_map(|iqr| Outliers::Drop { iqr }),
    ]);
    let by = proptest::sample::select(&ALL_BY[..]);
    let select = proptest::option::of(
        (by, 1..4_usize).prop_map(|(by, keep)| Select { by, keep: Keep::Count(keep) }),
    );
    (missing, scale, outliers, select).prop_map(|(missing, scale, outliers, select)| {
        asked(|request| {
            request.prepare.missing = missing;
            request.scale = Some(scale);
            request.prepare.outliers = outliers;
            request.prepare.select = select;
        })
    })
}

fn tables(n: usize) -> impl Strategy<Value = Dataset> {
    let names = proptest::collection::vec(proptest::sample::select(vec!["a", "b", "c", ""]), n);
    (column(n), column(n), names).prop_map(|(x, y, mut names)| {
        names[0] = "b";
        table(vec![numbers("x", &x), categories("c", &names), numbers("y", &y)])
    })
}

/// The same rows up to `n`, then those of another table.
fn with_other_end(set: &Dataset, other: &Dataset, n: usize) -> Dataset {
    let (Features::Table(set), Features::Table(other)) = (set.features(), other.features()) else {
        panic!()
    };
    let columns = set.columns.iter().zip(&other.columns).map(|(a, b)| {
        let values = match (&a.values, &b.values) {
            (ColumnValues::Numbers(a), ColumnValues::Numbers(b)) => {
                ColumnValues::Numbers([&a[..n], &b[n..]].concat())
            }
            (
                ColumnValues::Categories { codes: a, names },
                ColumnValues::Categories { codes: b, names: other },
            ) => {
                // Names that the other table alone has come after.
                let mut names = names.clone();
                names.extend(other.iter().map(|name| format!("other {name}")));
                let known = names.len() - other.len();
                let later = b[n..].iter().map(|&code| match code {
                    MISSING => MISSING,
                    code => code + known as u32,
                });
                let codes = a[..n].iter().copied().chain(later).collect();
                ColumnValues::Categories { codes, names }
            }
            _ => panic!(),
        };
        Column { name: a.name.clone(), values }
    });
    table(columns.collect())
}

proptest! {
    #[test]
    fn nothing_but_training_rows_is_fitted_on(
        request in requests(), set in tables(30), other in tables(30)
    ) {
        let (train, held_out): (Vec<u32>, Vec<u32>) = (0..30).partition(|row| *row < 20);
        let changed = with_other_end(&set, &other, 20);
        let of = |set: &Dataset| prepare(&request, split(set, &train, &held_out));
        match (of(&set), of(&changed)) {
            (Ok(a), Ok(b)) => {
                prop_assert_eq!(&a.preparation, &b.preparation);
                prop_assert_eq!(rows(&a.train), rows(&b.train));
                prop_assert_eq!(a.validation.unwrap().len(), 10);
            }
            (Err(a), Err(b)) => prop_assert_eq!(a, b),
            (a, b) => prop_assert!(false, "{:?} {:?}", a.err(), b.err()),
        }
    }

    #[test]
    fn what_is_read_back_does_the_same_to_the_bit(
        request in requests(), set in tables(24), other in tables(24)
    ) {
        if let Ok(fitted) = fit(&request, &set) {
            let back = again(&fitted);
            prop_assert_eq!(&back, &fitted);
            let prepared = fitted.apply(&other).unwrap();
            prop_assert_eq!(rows(&prepared), rows(&back.apply(&other).unwrap()));
            prop_assert_eq!(fitted.feature_names().len(), prepared.shape().len());
            let finite = rows(&prepared).iter().flatten().all(|value| value.is_finite());
            prop_assert!(finite);
        }
    }

    #[test]
    fn standardised_columns_have_mean_0_and_deviation_1(
        values in proptest::collection::vec(-1e6..1e6_f64, 2..60), constant in -5.0..5.0_f64
    ) {
        let n = values.len();
        let set = table(vec![numbers("x", &values), numbers("k", &vec![constant; n])]);
        let prepared = rows(&fit(&request(), &set).unwrap().apply(&set).unwrap());
        let of = |f: &dyn Fn(f64) -> f64| prepared.iter().map(|row| f(f64::from(row[0]))).sum::<f64>() / n as f64;
        let mean = of(&|value| value);
        prop_assert!(mean.abs() < 1e-5, "{}", mean);
        let varies = values.iter().any(|value| (value - values[0]).abs() > 1e-3);
        let variance = of(&|value| value * value);
        prop_assert!(!varies || (variance - 1.0).abs() < 1e-5, "{}", variance);
        prop_assert!(prepared.iter().all(|row| row[1].abs() < 1e-6));
    }

    #[test]
    fn min_max_columns_fill_0_to_1(values in proptest::collection::vec(-1e6..1e6_f64, 2..60)) {
        let set = table(vec![numbers("x", &values)]);
        let request = asked(|request| request.scale = Some(Scale::MinMax));
        let prepared: Vec<f32> = rows(&fit(&request, &set).unwrap().apply(&set).unwrap()).concat();
        prop_assert!(prepared.iter().all(|value| (0.0..=1.0).contains(value)));
        prop_assert!(prepared.contains(&0.0));
    }
}

#[test]
fn a_subset_is_what_is_fitted_on() {
    let values: Vec<f64> = (0..40).map(f64::from).collect();
    let set = table(vec![numbers("x", &values)]);
    let small = wellfit_data::subset(&set, &SplitRule::Random, Subset::Count(4), 1).unwrap();
    let fitted = Preparation::fit(&request(), &small).unwrap();
    assert_ne!(fitted, Preparation::fit(&request(), &set).unwrap());
    let sum: f32 = rows(&fitted.apply(&small).unwrap()).concat().iter().sum();
    assert!(sum.abs() < 1e-5);
}

#[test]
fn a_csv_file_is_prepared_for_training_and_another_for_predicting() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let mut text = "age,job,income,smokes\n".to_owned();
    for row in 0..40 {
        let job = ["clerk", "nurse", "", "cook"][row % 4];
        let income = if row % 7 == 0 { "NA".into() } else { (row * row).to_string() };
        text += &format!("{},{job},{income},{}\n", 20 + row % 30, ["no", "yes"][row / 2 % 2]);
    }
    let path = file("people.csv", &text);
    let mut request = DataRequest::of(path.to_str().unwrap());
    request.table.target = vec!["smokes".into()];
    let load = |request: &DataRequest| {
        wellfit_data::load(request, &Default::default()).map_err(|error| error.to_string())
    };
    let error = load(&request).unwrap_err();
    assert!(error.contains("\"job\"") && error.contains("data.missing"), "{error}");
    request.prepare.missing = Missing::Median;
    request.prepare.outliers = Some(Outliers::Winsorise { quantile: 0.05 });
    let splits = load(&request).unwrap();
    assert_eq!(splits.train.shape(), Shape::Vector(5));
    let fitted = again(&splits.preparation);
    assert_eq!(fitted.feature_names(), ["age", "job=clerk", "job=cook", "job=nurse", "income"]);
    assert_eq!(
        (fitted.task(), fitted.output_names()),
        (Some(Task::Classification), &["no".to_owned(), "yes".into()][..])
    );

    let unseen = file("unseen.csv", "income,job,age\n5,pilot,30\n,nurse,31\n");
    let unseen = wellfit_data::read_samples(&unseen, &splits.train.schema()).unwrap();
    assert!(!unseen.has_targets);
    let prepared = rows(&fitted.apply(&unseen.set).unwrap());
    assert_eq!(prepared[0][1..4], [0.0, 0.0, 0.0]);
    assert_eq!(prepared[1][1..4], [0.0, 0.0, 1.0]);
    assert_eq!(fitted.unknown_categories(&unseen.set), 1);
}

#[test]
fn a_source_is_read_once_for_all_that_split_or_prepare_it_differently() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    let lines: String = (0..30).map(|row| format!("{row},{},{}\n", row * row, row % 2)).collect();
    std::fs::write(&path, format!("a,b,y\n{lines}")).unwrap();
    let mut base = DataRequest::of(path.to_str().unwrap());
    base.table.target = vec!["y".into()];
    let places = Default::default();
    let mut sources = Sources::new(&places);
    let first = sources.get(&base).unwrap();
    let alike: [fn(&mut DataRequest); 4] = [
        |request| request.scale = Some(Scale::Robust),
        |request| request.subset = Some(Subset::Count(10)),
        |request| request.split_seed = 7,
        |request| request.prepare.resample = Some(Resample::Over),
    ];
    for change in alike {
        let mut request = base.clone();
        change(&mut request);
        assert!(Arc::ptr_eq(&first, &sources.get(&request).unwrap()));
        let (once, alone) =
            (sources.load(&request).unwrap(), wellfit_data::load(&request, &places));
        assert_eq!(rows(&once.train), rows(&alone.unwrap().train));
    }
    let mut other = base.clone();
    other.table.drop = vec!["b".into()];
    assert!(!Arc::ptr_eq(&first, &sources.get(&other).unwrap()));
    assert_eq!(sources.load(&other).unwrap().train.shape(), Shape::Vector(1));
}
