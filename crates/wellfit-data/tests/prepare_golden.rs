//! What is prepared, against scikit-learn and NumPy: `tests/golden/make_prepare.py`.

use serde_json::Value;
use wellfit_data::{
    Column, ColumnValues, DataRequest, Dataset, Features, MISSING, Missing, Outliers, Preparation,
    RawSplits, Scale, Shape, Splits, Table, Targets,
};

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/prepare.json")).unwrap()
}

/// Numbers; NaN for null.
fn floats(value: &Value) -> Vec<f64> {
    let each = value.as_array().unwrap().iter();
    each.map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
}

fn categories(value: &Value) -> ColumnValues {
    let (mut codes, mut names) = (Vec::new(), Vec::<String>::new());
    for value in value.as_array().unwrap() {
        let Some(name) = value.as_str() else {
            codes.push(MISSING);
            continue;
        };
        let known = names.iter().position(|known| known == name);
        codes.push(known.unwrap_or(names.len()) as u32);
        if known.is_none() {
            names.push(name.into());
        }
    }
    ColumnValues::Categories { codes, names }
}

fn set(shape: Shape, features: Features, n: usize) -> Dataset {
    let names = vec!["a".into(), "b".into()];
    let labels = (0..n).map(|at| (at % 2) as u32).collect();
    Dataset::new(shape, features, Targets::classes(labels, names)).unwrap()
}

fn outliers(value: &Value) -> Option<Outliers> {
    let number = |key: &str| value[key].as_f64().unwrap();
    match value["type"].as_str()? {
        "winsorise" => Some(Outliers::Winsorise { quantile: number("quantile") }),
        "clip" => Some(Outliers::Clip { iqr: number("iqr") }),
        _ => Some(Outliers::Drop { iqr: number("iqr") }),
    }
}

fn scale(value: &Value) -> Scale {
    Scale::ALL.into_iter().find(|scale| scale.name() == value).unwrap()
}

fn splits(train: &Dataset, test: &Dataset, request: &DataRequest) -> Splits {
    let (train, test) = (train.clone(), Some(test.clone()));
    let origin = "golden".into();
    let parts = RawSplits { train, validation: None, test, validation_is_test: false, origin };
    parts.prepare(request).unwrap()
}

/// The values that an engine sees, sample after sample.
fn seen(set: &Dataset, preparation: &Preparation) -> Vec<f32> {
    let width = set.shape().len();
    let rows = set.stored_rows().map(|row| row as usize * width);
    let bytes = preparation.byte_values();
    match set.features() {
        Features::Floats(values) => rows.flat_map(|at| values[at..at + width].to_vec()).collect(),
        Features::Bytes(values) => rows
            .flat_map(|at| {
                values[at..at + width]
                    .iter()
                    .map(|&byte| bytes[usize::from(byte)])
                    .collect::<Vec<_>>()
            })
            .collect(),
        Features::Table(_) => panic!("a table was not prepared"),
    }
}

fn close(found: &[f32], wanted: &[f64], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (at, (&found, &wanted)) in found.iter().zip(wanted).enumerate() {
        let apart = (f64::from(found) - wanted).abs();
        assert!(apart <= 1e-6 * wanted.abs().max(1.0), "{what}, value {at}: {found}, not {wanted}");
    }
}

#[test]
fn tables_are_prepared_as_by_scikit_learns_pipelines() {
    let golden = golden()["tables"].take();
    let names: Vec<&str> =
        golden["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let table = |key: &str, part: usize| {
        let columns = golden[key].as_array().unwrap().iter().zip(&names);
        let mut columns: Vec<Column> = columns
            .map(|(values, name)| Column {
                name: (*name).into(),
                values: ColumnValues::Numbers(floats(values)),
            })
            .collect();
        for name in ["city", "smoker"] {
            columns.push(Column { name: name.into(), values: categories(&golden[name][part]) });
        }
        let rows = golden[key][0].as_array().unwrap().len();
        if part == 1 {
            // Held-out files name the same columns in any order.
            columns.reverse();
        }
        let shape = Shape::Vector(columns.len());
        set(shape, Features::Table(Table { columns, rows }.into()), rows)
    };
    let (train, test) = (table("train", 0), table("test", 1));
    for case in golden["cases"].as_array().unwrap() {
        let what = format!("{} {} {}", case["missing"], case["scale"], case["outliers"]);
        let mut request = DataRequest::of("golden");
        request.scale = Some(scale(&case["scale"]));
        let missing = Missing::ALL.into_iter().find(|missing| missing.name() == case["missing"]);
        request.prepare.missing = missing.unwrap();
        request.prepare.outliers = outliers(&case["outliers"]);
        let splits = splits(&train, &test, &request);
        let (fitted, test) = (&splits.preparation, splits.test.as_ref().unwrap());
        let features: Vec<&str> = case["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        assert_eq!(fitted.feature_names(), features, "{what}");
        let kept: Vec<f64> = splits.train.stored_rows().map(f64::from).collect();
        assert_eq!(kept, floats(&case["kept"]), "{what}");
        for (set, key) in [(&splits.train, "train"), (test, "test")] {
            let wanted: Vec<f64> = case[key].as_array().unwrap().iter().flat_map(floats).collect();
            close(&seen(set, fitted), &wanted, &format!("{what} {key}"));
        }
    }
}

#[test]
fn arrays_are_prepared_by_column_and_images_by_channel() {
    for array in golden()["arrays"].as_array().unwrap() {
        let dims: Vec<usize> = array["shape"]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_u64().unwrap() as usize)
            .collect();
        let shape = match dims[..] {
            [channels, height, width] => Shape::Image { channels, height, width },
            _ => Shape::Vector(dims[0]),
        };
        let part = |key: &str| {
            let values = floats(&array[key]);
            let n = values.len() / shape.len();
            let features = if array["bytes"] == true {
                Features::Bytes(
                    values.into_iter().map(|value| value as u8).collect::<Vec<_>>().into(),
                )
            } else {
                Features::Floats(
                    values.into_iter().map(|value| value as f32).collect::<Vec<_>>().into(),
                )
            };
            set(shape, features, n)
        };
        let (train, test) = (part("raw"), part("raw_test"));
        for case in array["cases"].as_array().unwrap() {
            let what =
                format!("{dims:?} {} {} {}", array["bytes"], case["scale"], case["outliers"]);
            let mut request = DataRequest::of("golden");
            request.scale = Some(scale(&case["scale"]));
            request.prepare.outliers = outliers(&case["outliers"]);
            let splits = splits(&train, &test, &request);
            let test = splits.test.as_ref().unwrap();
            close(&seen(&splits.train, &splits.preparation), &floats(&case["train"]), &what);
            close(&seen(test, &splits.preparation), &floats(&case["test"]), &what);
            // Grey images stay bytes: a byte stands for a value.
            let stays = array["bytes"] == true && dims[0] == 1;
            if stays {
                assert!(matches!(splits.train.features(), Features::Bytes(_)), "{what}");
            }
        }
    }
}
