//! Parquet files that pandas and pyarrow wrote (`golden/tables.py`), whole and damaged.
#![cfg(feature = "parquet")]

use std::fs;
use std::path::{Path, PathBuf};

use wellfit_data::{
    ColumnValues, DataError, DataRequest, Dataset, Features, Holdout, Places, RawSplits, SplitRule,
    Table, Task, read_samples, read_source,
};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn read_as(path: &Path, change: impl Fn(&mut DataRequest)) -> Result<Dataset, String> {
    let mut request = DataRequest::of(path.to_str().unwrap());
    request.table.target = vec!["y".into()];
    request.table.drop = vec!["list".into()];
    // Another file of the same rows: all rows of this one stay together.
    request.validation = Some(Holdout::File(golden("gzip.parquet")));
    change(&mut request);
    raw(&request)
        .map(|splits| splits.train)
        .map_err(|error| error.to_string().replace(&format!("{}: ", path.display()), ""))
}

fn read(name: &str) -> Result<Dataset, String> {
    read_as(&golden(name), |_| {})
}

/// What is read, before anything is fitted.
fn raw(request: &DataRequest) -> Result<RawSplits, DataError> {
    read_source(request, &Places::default())?.split(request)
}

fn table(set: &Dataset) -> &Table {
    match set.features() {
        Features::Table(table) => table,
        other => panic!("{other:?}"),
    }
}

fn numbers<'a>(set: &'a Dataset, name: &str) -> &'a [f64] {
    match &table(set).columns.iter().find(|column| column.name == name).unwrap().values {
        ColumnValues::Numbers(values) => values,
        other => panic!("{name}: {other:?}"),
    }
}

fn texts(set: &Dataset, name: &str) -> Vec<Option<String>> {
    match &table(set).columns.iter().find(|column| column.name == name).unwrap().values {
        ColumnValues::Categories { codes, names } => {
            codes.iter().map(|&code| names.get(code as usize).cloned()).collect()
        }
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn every_type_is_read_as_it_was_written() {
    let set = read("snappy.parquet").unwrap();
    let row = |f: &dyn Fn(f64) -> f64| (0..12).map(|i| f(f64::from(i))).collect::<Vec<f64>>();
    assert_eq!(numbers(&set, "int8"), row(&|i| i - 3.0));
    assert_eq!(numbers(&set, "int64"), row(&|i| i * 1e10));
    assert_eq!(numbers(&set, "uint32"), row(&|i| 4_294_967_295.0 - i));
    assert_eq!(numbers(&set, "float32"), row(&|i| i / 4.0));
    assert_eq!(numbers(&set, "half"), row(&|i| i / 8.0));
    assert_eq!(numbers(&set, "price"), row(&|i| (i - 100.0) / 100.0));
    assert_eq!(numbers(&set, "date"), row(&|i| 1_714_521_600.0 + i * 86_400.0));
    assert_eq!(numbers(&set, "stamp"), row(&|i| 1_714_558_830.0 + i * 3_600.0));
    for (i, value) in numbers(&set, "float64").iter().enumerate() {
        let gap = i % 5 == 2;
        assert!(if gap { value.is_nan() } else { *value == i as f64 / 3.0 }, "{i}: {value}");
    }
    for (i, value) in numbers(&set, "gaps").iter().enumerate() {
        assert!(if i % 3 == 0 { value.is_nan() } else { *value == i as f64 }, "{i}: {value}");
    }
    assert_eq!(texts(&set, "flag")[..2], [Some("true".into()), Some("false".into())]);
    assert_eq!(
        texts(&set, "town")[..4],
        [Some("Ulm".into()), Some("Köln".into()), None, Some("Ulm".into())]
    );
    // Only what the file calls missing is missing.
    assert_eq!(texts(&set, "text")[..2], [Some("NA".into()), Some("b".into())]);
    assert_eq!(set.class_names(), ["no", "yes"]);
    assert_eq!(set.labels()[..4], [0, 1, 0, 1]);
    assert_eq!((set.task(), set.len()), (Task::Classification, 12));
}

#[test]
fn every_plain_rust_compression_gives_the_same_table() {
    let snappy = format!("{:?}", table(&read("snappy.parquet").unwrap()));
    for name in ["none", "lz4"] {
        assert_eq!(
            format!("{:?}", table(&read(&format!("{name}.parquet")).unwrap())),
            snappy,
            "{name}"
        );
    }
    assert_eq!(
        read("zstd.parquet").unwrap_err(),
        "column \"int8\" is compressed with zstd, which is not read; write the file again with \
         snappy: pandas.read_parquet(f).to_parquet(f, compression=\"snappy\")"
    );
}

#[test]
fn a_csv_file_of_the_same_rows_is_the_same_table() {
    let without = |r: &mut DataRequest| {
        r.table.drop =
            ["list", "date", "stamp", "flag", "price", "half", "text"].map(String::from).to_vec();
    };
    let parquet = read_as(&golden("none.parquet"), without).unwrap();
    let csv = read_as(&golden("table.csv"), |r| {
        r.table.drop = ["date", "stamp", "flag", "text"].map(String::from).to_vec();
        r.validation = None;
        r.table.categorical = vec!["town".into()];
        r.validation = Some(Holdout::File(golden("gzip.parquet")));
    });
    assert_eq!(format!("{:?}", table(&csv.unwrap())), format!("{:?}", table(&parquet)));
}

#[test]
fn names_of_rows_are_no_feature() {
    let set = read_as(&golden("named.parquet"), |r| r.table.drop = vec![]).unwrap();
    assert!(table(&set).columns.iter().all(|column| !column.name.contains("index")));
    assert_eq!(set.shape().len(), 10);
}

#[test]
fn nested_columns_are_refused_unless_left_out() {
    assert_eq!(
        read_as(&golden("none.parquet"), |r| r.table.drop = vec![]).unwrap_err(),
        "column \"list\" holds nested values (lists or records), which is not read; leave it out \
         with data.drop = [\"list\"]"
    );
}

#[test]
fn the_kind_of_a_column_can_be_forced() {
    let set = read_as(&golden("none.parquet"), |r| {
        r.table.categorical = vec!["int8".into()];
        r.table.numeric = vec!["flag".into()];
        r.table.missing_values = Some(vec!["NA".into()]);
    })
    .unwrap();
    assert_eq!(texts(&set, "int8")[..2], [Some("-3".into()), Some("-2".into())]);
    assert_eq!(numbers(&set, "flag")[..3], [1.0, 0.0, 1.0]);
    assert_eq!(texts(&set, "text")[..2], [None, Some("b".into())]);
    assert_eq!(
        read_as(&golden("none.parquet"), |r| r.table.numeric = vec!["town".into()]).unwrap_err(),
        "row 1, column \"town\": \"Ulm\" is not a number; a text for a missing value belongs in \
         data.missing_values"
    );
}

#[test]
fn times_and_samples_are_read_from_parquet_too() {
    let set =
        read_as(&golden("none.parquet"), |r| r.split = SplitRule::Time { column: "stamp".into() })
            .unwrap();
    assert!(format!("{set:?}").contains("times: Some([1714558830.0, 1714562430.0,"));
    let file = read_samples(&golden("lz4.parquet"), &set.schema()).unwrap();
    assert!(file.has_targets);
    assert_eq!(format!("{:?}", table(&file.set)), format!("{:?}", table(&set)));
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.parquet");
    let whole = fs::read(golden("snappy.parquet")).unwrap();
    for len in (1..whole.len()).step_by(97) {
        fs::write(&path, &whole[..len]).unwrap();
        let error = read_as(&path, |_| {}).unwrap_err();
        assert!(
            error.starts_with("is no Parquet file that can be read, or is cut short: "),
            "{len}: {error}"
        );
        assert!(error.ends_with("; copy or write it again"), "{error}");
    }
}

#[test]
fn damaged_bytes_never_make_it_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.parquet");
    for name in ["snappy.parquet", "gzip.parquet", "lz4.parquet", "none.parquet"] {
        let whole = fs::read(golden(name)).unwrap();
        // The end of the file says where everything is.
        let footer = whole.len().saturating_sub(600);
        for at in (0..footer).step_by(41).chain((footer..whole.len()).step_by(5)) {
            let mut bytes = whole.clone();
            bytes[at] ^= [0xff, 0x01, 0x80][at % 3];
            fs::write(&path, &bytes).unwrap();
            // Parquet has no checksums here: some damage cannot be seen.
            let _ = read_as(&path, |_| {});
        }
    }
}
