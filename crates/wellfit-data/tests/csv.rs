//! CSV and TSV files become tables, or errors that say what, where, and what would be right.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use proptest::prelude::*;
use wellfit_data::{
    Column, ColumnValues, DataError, DataRequest, Dataset, Features, Holdout, MISSING, Places,
    RawSplits, SplitRule, Table, Targets, Task, read_labelled, read_samples, read_source,
    read_source_watched,
};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

fn asked(path: &std::path::Path, target: &str) -> DataRequest {
    let mut request = DataRequest::of(path.to_str().unwrap());
    request.table.target = vec![target.into()];
    // All rows stay together, so that tables can be compared.
    request.validation = Some(Holdout::File(path.with_extension("val.csv")));
    request
}

/// The training data of a file with target "y", with changes to the request.
fn read_as(bytes: impl AsRef<[u8]>, change: impl Fn(&mut DataRequest)) -> Result<Dataset, String> {
    let folder = Folder::new();
    let path = folder.file("data.csv", &bytes);
    fs::copy(&path, path.with_extension("val.csv")).unwrap();
    let mut request = asked(&path, "y");
    change(&mut request);
    raw(&request).map(|splits| splits.train).map_err(|error| {
        let text = error.to_string();
        text.replace(&format!("{}: ", path.display()), "")
            .replace(&format!("{}", path.display()), "FILE")
    })
}

fn read(bytes: impl AsRef<[u8]>) -> Result<Dataset, String> {
    read_as(bytes, |_| {})
}

fn fault(bytes: impl AsRef<[u8]>) -> String {
    read(bytes).unwrap_err()
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

fn numbers(name: &str, values: &[f64]) -> Column {
    Column { name: name.into(), values: ColumnValues::Numbers(values.to_vec()) }
}

fn categories(name: &str, codes: &[u32], names: &[&str]) -> Column {
    let names = names.iter().map(|name| name.to_string()).collect();
    Column { name: name.into(), values: ColumnValues::Categories { codes: codes.to_vec(), names } }
}

fn same(found: &[Column], wanted: &[Column]) {
    // NaN is not equal to itself.
    assert_eq!(format!("{found:?}"), format!("{wanted:?}"));
}

#[test]
fn types_are_found_and_classes_are_sorted() {
    let set = read("age,town,y\n31,Ulm,yes\n,Köln,no\n2.5e1,NA,yes\n+3,Ulm,no\n").unwrap();
    let expected = [
        numbers("age", &[31.0, f64::NAN, 25.0, 3.0]),
        categories("town", &[0, 1, MISSING, 0], &["Ulm", "Köln"]),
    ];
    same(&table(&set).columns, &expected);
    assert_eq!(set.class_names(), ["no", "yes"]);
    assert_eq!(set.labels(), [1, 0, 1, 0]);
    assert_eq!(set.len(), 4);
}

#[test]
fn separators_are_found_or_named() {
    let expected = [numbers("a", &[1.0, 3.0]), categories("b c", &[0, 1], &["x", "y"])];
    for separator in [",", ";", "\t", "|"] {
        let text = format!(
            "a{separator}b c{separator}y\n1{separator}x{separator}0.5\n3{separator}y{separator}1.5\n"
        );
        same(&table(&read(&text).unwrap()).columns, &expected);
    }
    let set = read_as("a:b c:y\n1:x:0.5\n3:y:1.5\n", |request| request.table.separator = Some(':'));
    same(&table(&set.unwrap()).columns, &expected);
    let quoted = "\"a;;;\",\"y\"\n1,0.5\n2,1.5\n";
    same(&table(&read(quoted).unwrap()).columns, &[numbers("a;;;", &[1.0, 2.0])]);
    let bad = |c| read_as("a,y\n1,2\n2,3\n", move |request| request.table.separator = Some(c));
    assert_eq!(
        bad('é').unwrap_err(),
        "data.separator = 'é': one character of ASCII is needed that is no quote, letter, digit \
         or line end"
    );
    assert!(bad('"').is_err() && bad('1').is_err() && bad('\n').is_err());
}

#[test]
fn quoted_fields_may_hold_separators_quotes_and_lines() {
    let text = "a,\"b,c\",y\n\"1\",\"x \"\"y\"\"\nz\",0.5\r\n2,\"u,v\",1.5\r\n";
    let expected = [numbers("a", &[1.0, 2.0]), categories("b,c", &[0, 1], &["x \"y\"\nz", "u,v"])];
    same(&table(&read(text).unwrap()).columns, &expected);
}

#[test]
fn gzip_marks_of_byte_order_and_blanks_change_nothing() {
    let text = "a,b,y\n1,x,0.5\n2,z,1.5\n";
    let plain = read(text).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    for bytes in [
        format!("\u{feff}{text}").into_bytes(),
        text.replace('\n', "\r\n").into_bytes(),
        text.trim_end().to_string().into_bytes(),
        "\n\na , b,\ty\n\n 1,x ,0.5\n\n2 , z,1.5\n\n\n".as_bytes().to_vec(),
        gzip.clone(),
    ] {
        let set = read(&bytes).unwrap();
        assert_eq!(table(&set), table(&plain));
    }
    let cut = fault(&gzip[..gzip.len() - 12]);
    assert_eq!(cut, "is truncated: its compressed data end too early; copy or download it again");
}

#[test]
fn the_kind_of_a_column_can_be_forced() {
    let text = "zip,b,y\n01,1,0.5\n02,x,1.5\n01,2,2.5\n";
    let set = read_as(text, |r| r.table.categorical = vec!["zip".into()]).unwrap();
    same(
        &table(&set).columns,
        &[
            categories("zip", &[0, 1, 0], &["01", "02"]),
            categories("b", &[0, 1, 2], &["1", "x", "2"]),
        ],
    );
    assert_eq!(
        read_as(text, |r| r.table.numeric = vec!["b".into()]).unwrap_err(),
        "line 3, column \"b\": \"x\" is not a number; a text for a missing value belongs in \
         data.missing_values"
    );
    let set = read_as(text, |r| {
        r.table.numeric = vec!["b".into()];
        r.table.missing_values = Some(vec!["x".into()]);
    });
    same(&table(&set.unwrap()).columns[1..], &[numbers("b", &[1.0, f64::NAN, 2.0])]);
}

#[test]
fn columns_are_chosen_and_left_out_by_name() {
    let text = "a,b,c,y\n1,2,3,0.5\n4,5,6,1.5\n";
    let names = |set: &Dataset| -> Vec<String> {
        table(set).columns.iter().map(|column| column.name.clone()).collect()
    };
    let set = read_as(text, |r| r.table.columns = vec!["c".into(), "a".into()]).unwrap();
    assert_eq!(names(&set), ["a", "c"]);
    let set = read_as(text, |r| r.table.drop = vec!["b".into()]).unwrap();
    assert_eq!(names(&set), ["a", "c"]);
    for (key, change) in [
        ("data.columns", (|r| r.table.columns = vec!["B".into()]) as fn(&mut DataRequest)),
        ("data.drop", |r| r.table.drop = vec!["B".into()]),
        ("data.numeric", |r| r.table.numeric = vec!["B".into()]),
        ("data.categorical", |r| r.table.categorical = vec!["B".into()]),
        ("data.target", |r| r.table.target = vec!["B".into()]),
        ("data.split.column", |r| r.split = SplitRule::Time { column: "B".into() }),
    ] {
        assert_eq!(
            read_as(text, change).unwrap_err(),
            format!(
                "{key} names \"B\", which is no column; did you mean \"b\"?\n  columns: a, b, c, y"
            )
        );
    }
}

#[test]
fn whole_numbers_are_classes_when_few_and_repeated() {
    let rows = |values: &[&str]| -> String {
        values.iter().enumerate().fold("a,y\n".into(), |text, (i, v)| format!("{text}{i},{v}\n"))
    };
    let set = read(rows(&["10", "2", "10", "2"])).unwrap();
    assert_eq!((set.class_names().join(" "), set.labels()), ("2 10".into(), &[1, 0, 1, 0][..]));
    // Written as pandas writes whole numbers of a column with gaps.
    assert_eq!(read(rows(&["1.0", "-0.0", "1", "0"])).unwrap().class_names(), ["0", "1"]);
    // Once only; not whole; more than twenty.
    assert_eq!(read(rows(&["1", "2", "1"])).unwrap().task(), Task::Regression);
    assert_eq!(read(rows(&["1.5", "2", "1.5", "2"])).unwrap().task(), Task::Regression);
    let many: Vec<String> = (0..42).map(|i| (i / 2).to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(read(rows(&many)).unwrap().task(), Task::Regression);
    assert_eq!(read(rows(&many[..40])).unwrap().classes(), 20);
    // A plan decides.
    let forced = |values: &[&str], task| read_as(rows(values), |r| r.task = Some(task));
    let set = forced(&["1.5", "2", "1.5"], Task::Classification).unwrap();
    assert_eq!(set.class_names(), ["1.5", "2"]);
    let set = forced(&["1", "2", "1", "2"], Task::Regression).unwrap();
    let Targets::Numbers { values, names } = set.targets() else { panic!() };
    assert_eq!(
        (values.as_slice(), names.as_slice()),
        (&[1.0, 2.0, 1.0, 2.0][..], &["y".to_string()][..])
    );
}

#[test]
fn several_targets_are_numbers() {
    let text = "a,y,z\n1,2,0.5\n2,2,1.5\n3,1,2.5\n4,1,3.5\n";
    let both = |r: &mut DataRequest| r.table.target = vec!["z".into(), "y".into()];
    let set = read_as(text, both).unwrap();
    let Targets::Numbers { values, names } = set.targets() else { panic!() };
    assert_eq!(values.as_slice(), [0.5, 2.0, 1.5, 2.0, 2.5, 1.0, 3.5, 1.0]);
    assert_eq!(names.as_slice(), ["z", "y"]);
    assert_eq!(
        read_as(text.replace("2.5", "x"), both).unwrap_err(),
        "target \"z\" holds texts (\"0.5\"); several targets are named: one column of texts is \
         classes, several targets must be numbers"
    );
    let classes = read_as(text, |r| {
        both(r);
        r.task = Some(Task::Classification);
    });
    assert_eq!(
        classes.unwrap_err(),
        "data.task = \"classification\" takes one target; 2 are named"
    );
}

#[test]
fn ragged_lines_are_named() {
    assert_eq!(fault("a,y\n1,2\n3\n"), "line 3: holds 1 field, the header 2");
    assert_eq!(
        fault("a,y\n1,2\n\n\"x\n\",2\n3,4,5\n"),
        "line 6: holds 3 fields, the header 2; a field that holds the separator must stand in quotes"
    );
    assert_eq!(
        fault("a,y\r\n1,2\r\n\r\n3,4,\r\n"),
        "line 4: holds 3 fields, the header 2; the line ends with a separator"
    );
}

#[test]
fn an_open_quote_does_not_swallow_the_rest() {
    let expected =
        "line 3: a quote (\") opens and is not closed; double it (\"\") where it is text";
    assert_eq!(fault("a,y\n1,2\n3,\"4\n5,6\n"), expected);
    assert_eq!(fault("a,y\n1,2\n\"3,4\n5,6"), expected);
    let swallows = format!("a,y\n1,2\n\"3,4\n{}", "5,6\n".repeat(20_000_000));
    assert_eq!(
        fault(swallows),
        "line 3: goes on for more than 64 MiB; a quote (\") may not be closed, or this is no table"
    );
}

#[test]
fn the_header_must_name_each_column_once() {
    assert_eq!(
        fault("a,b,a,y\n1,2,3,4\n"),
        "the header names \"a\" twice, as columns 1 and 3; names must differ"
    );
    assert_eq!(fault("a,,y\n1,2,3\n"), "column 2 has no name in the header; give every column one");
    assert_eq!(
        fault("1,2.5,-3\n4,5,6\n"),
        "has no header: its first line holds numbers only (1, 2.5, -3); the first line must name \
         the columns"
    );
    assert_eq!(fault("\n\n"), "holds no header: the first line must name the columns");
    assert_eq!(fault(""), "is empty (0 bytes)");
}

#[test]
fn too_few_rows_are_refused() {
    assert_eq!(fault("a,y\n"), "holds a header but no rows");
    assert_eq!(
        fault("a,y\n1,2\n"),
        "holds 1 row: at least 2 are needed, to learn from and to judge by"
    );
}

#[test]
fn other_encodings_are_named_and_how_to_convert_them() {
    assert_eq!(
        fault(b"a,town,y\n1,K\xf6ln,2\n2,Ulm,3\n"),
        "line 2: is not UTF-8 text (perhaps Latin-1 or Windows-1252); convert the file, for \
         instance with `iconv -f WINDOWS-1252 -t UTF-8`"
    );
    let late = "a,town,y\r\n1,Ulm,2\r\n".to_owned() + &"1,Ulm,2\r\n".repeat(30_000);
    let late = [late.as_bytes(), b"\r\n1,K\xf6ln,2\r\n"].concat();
    assert!(fault(late).starts_with("line 30004: is not UTF-8 text"));
    let utf16: Vec<u8> = "a,y\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(
        fault([b"\xff\xfe".to_vec(), utf16.clone()].concat()),
        "line 1: is not UTF-8 text but UTF-16, by its byte-order mark; convert the file, for \
         instance with `iconv -f UTF-16 -t UTF-8`"
    );
    assert_eq!(
        fault(utf16),
        "line 1: is not UTF-8 text (it holds zero bytes, as UTF-16 does); convert the file, for \
         instance with `iconv -f UTF-16LE -t UTF-8`"
    );
    assert_eq!(
        fault(b"PK\x03\x04 and so on"),
        "is no text file: it starts as a zip archive or a workbook (.xlsx) does; save the sheet as CSV"
    );
}

#[test]
fn mixed_types_are_told_once_numbers_were_found() {
    let mut text = String::from("a,y\n");
    (0..20_000).for_each(|i| text.push_str(&format!("{i},{}\n", i % 2)));
    text.push_str("many,1\n");
    assert_eq!(
        fault(&text),
        "line 20002, column \"a\": \"many\" is not a number, as those before are: for categories \
         say data.categorical = [\"a\"]; a text for a missing value belongs in data.missing_values"
    );
}

#[test]
fn infinity_is_refused_and_nan_is_missing() {
    same(
        &table(&read("a,y\n1,2\nnan,3\nNaN,5\n").unwrap()).columns,
        &[numbers("a", &[1.0, f64::NAN, f64::NAN])],
    );
    for text in ["inf", "-Infinity", "1e999", "NAN"] {
        assert_eq!(
            fault(format!("a,y\n1,2\n{text},3\n")),
            format!(
                "line 3, column \"a\": \"{text}\" is not a finite number; write a number, leave \
                 the field empty, or add it to data.missing_values"
            )
        );
    }
    assert!(
        fault("a,y\n1,0.5\n2,inf\n").starts_with("line 3, column \"y\": \"inf\" is not a finite")
    );
    assert_eq!(
        fault("a,y\n1,0.5\n2,1e200\n"),
        "row 2, column \"y\": 1e200 is beyond what a target can be (float32)"
            .replace("1e200", &format!("{}", 1e200))
    );
}

#[test]
fn commas_in_numbers_are_not_taken_for_categories() {
    assert_eq!(
        fault("a;y\n1,5;2\n2,5;3\n"),
        "column \"a\" holds numbers with a comma in them (\"1,5\"): write them with a decimal \
         point, or say data.categorical = [\"a\"]"
    );
    let set = read_as("a;y\n1,5;2\n2,5;3\n", |r| r.table.categorical = vec!["a".into()]);
    same(&table(&set.unwrap()).columns, &[categories("a", &[0, 1], &["1,5", "2,5"])]);
}

#[test]
fn identifiers_are_refused_as_features() {
    let rows =
        |n: usize| (0..n).fold("name,a,y\n".to_string(), |t, i| format!("{t}n{i},{i},{}\n", i % 2));
    assert!(read(rows(19)).is_ok());
    assert_eq!(
        fault(rows(20)),
        "column \"name\" holds another text in each of 20 rows (\"n0\"), as a name or an identifier \
         does: leave it out with data.drop = [\"name\"], or keep it with data.categorical = [\"name\"]"
    );
    assert!(read_as(rows(20), |r| r.table.drop = vec!["name".into()]).is_ok());
    assert!(read_as(rows(20), |r| r.table.categorical = vec!["name".into()]).is_ok());
    let many = rows(10_001) + &rows(10_001)["name,a,y\n".len()..];
    assert!(fault(&many).starts_with(
        "column \"name\" holds more than 10000 different texts: as categories they teach nothing; \
         leave it out with data.drop = [\"name\"]"
    ));
    assert!(read_as(&many, |r| r.table.categorical = vec!["name".into()]).is_ok());
}

#[test]
fn targets_that_teach_nothing_are_refused() {
    assert_eq!(
        read_as("a,b,price\n1,2,3\n4,5,6\n", |r| r.table.target = vec![]).unwrap_err(),
        "data.target is needed: the column to predict. Often it is the last, here \"price\", so \
         write target = \"price\" (or --target \"price\")\n  columns: a, b, price"
    );
    assert!(
        read_as("a,Class,b\n1,2,3\n4,5,6\n", |r| r.table.target = vec![])
            .unwrap_err()
            .contains("\"Class\" looks like it, so write target = \"Class\"")
    );
    assert_eq!(
        read_as("a,prise\n1,2\n3,4\n", |r| r.table.target = vec!["price".into()]).unwrap_err(),
        "data.target names \"price\", which is no column; did you mean \"prise\"?\n  columns: a, prise"
    );
    assert_eq!(
        fault("a,y\n1,2\n2,\n3,NA\n4,1\n"),
        "column \"y\" (the target) is missing in 2 rows: line 3, line 4; remove these rows, or \
         fill in what is missing"
    );
    for value in ["x", "5"] {
        assert_eq!(
            fault(format!("a,y\n1,{value}\n2,{value}\n3,{value}\n")),
            format!("target \"y\" is \"{value}\" in every row: there is nothing to learn")
        );
    }
    assert_eq!(
        fault("a,y\n1,x\n2,y\n3,z\n"),
        "target \"y\" holds another value in each of 3 rows (\"x\"): a name or an identifier is no \
         class; name another column"
    );
    assert!(
        read_as("a,y\n1,1.5\n2,2.5\n", |r| r.task = Some(Task::Classification))
            .unwrap_err()
            .starts_with("target \"y\" holds another value in each of 2 rows")
    );
    assert_eq!(
        fault("y\n1\n2\n"),
        "leaves no column to learn from: besides the target (\"y\") there is none; at least one \
         is needed"
    );
    assert!(
        read_as("a,y\n1,2\n3,4\n", |r| r.table.drop = vec!["a".into()]).unwrap_err().starts_with(
            "leaves no column to learn from: besides the target (\"y\") all are left out"
        )
    );
    assert_eq!(
        read_as("a,y\n1,no\n2,yes\n3,no\n", |r| r.task = Some(Task::Regression)).unwrap_err(),
        "line 2, column \"y\": \"no\" is not a number; a target of numbers (regression) takes \
         nothing else"
    );
}

#[test]
fn ten_thousand_columns_are_read() {
    let mut text: String = (0..10_000).map(|i| format!("c{i},")).collect();
    text.push_str("y\n");
    for row in 0..20 {
        (0..10_000).for_each(|i| text.push_str(&format!("{},", (i * row) % 7)));
        text.push_str(&format!("{}\n", row % 2));
    }
    let set = read(text).unwrap();
    assert_eq!((set.shape().len(), set.len(), set.classes()), (10_000, 20, 2));
    let ColumnValues::Numbers(values) = &table(&set).columns[9_999].values else { panic!() };
    assert_eq!(values[3], (9_999.0 * 3.0) % 7.0);
}

#[test]
fn groups_and_times_are_read_and_not_learned_from() {
    let text =
        "who,when,a,y\nu,2024-05-01,1,0\nv,2024-05-02T00:00:10Z,2,1\nu,1970-01-01,3,0\nv,7,4,1\n";
    let folder = Folder::new();
    let path = folder.file("data.csv", text);
    for (split, change) in [
        (SplitRule::Grouped { column: "who".into() }, ["when", "a"]),
        (SplitRule::Time { column: "when".into() }, ["who", "a"]),
    ] {
        let mut request = asked(&path, "y");
        request.split = split;
        request.validation = Some(Holdout::File(folder.file("val.csv", text)));
        let set = raw(&request).unwrap().train;
        assert_eq!(table(&set).columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), change);
        let described = format!("{set:?}");
        match request.split {
            SplitRule::Grouped { .. } => assert!(described.contains("groups: Some([0, 1, 0, 1])")),
            _ => assert!(
                described.contains("times: Some([1714521600.0, 1714608010.0, 0.0, 7.0])"),
                "{described}"
            ),
        }
    }
    let by_time = |text: &str| read_as(text, |r| r.split = SplitRule::Time { column: "t".into() });
    assert_eq!(
        by_time("t,a,y\n1,2,3\n5/1/2024,4,5\n").unwrap_err(),
        "line 3, column \"t\": \"5/1/2024\" is no time; a number, a date (2024-05-01) or a date \
         with time (2024-05-01T10:20:30, with Z or an offset such as +02:00) is"
    );
    assert_eq!(
        by_time("t,a,y\n1,2,3\n,4,5\n").unwrap_err(),
        "column \"t\" (the time) is missing in 1 row: line 3; remove these rows, or fill in what \
         is missing"
    );
    assert_eq!(
        read_as("a,y\n1,2\n3,4\n", |r| r.split = SplitRule::Grouped { column: "y".into() })
            .unwrap_err(),
        "data.split names \"y\", the target; it is another column, of groups or times"
    );
}

#[test]
fn held_out_files_may_have_their_columns_in_any_order() {
    let folder = Folder::new();
    let train = folder.file("train.csv", "a,b,y\n1,u,no\n2,v,yes\n3,u,no\n4,v,yes\n");
    let held = |text: &str| {
        let mut request = asked(&train, "y");
        request.validation = Some(Holdout::File(folder.file("val.csv", text)));
        raw(&request)
            .map(|splits| splits.validation.unwrap())
            .map_err(|error| error.to_string().rsplit("val.csv: ").next().unwrap().to_string())
    };
    let set = held("extra;y;b;a\n9;yes;new;7\n9;no;u;\n").unwrap();
    let expected = [numbers("a", &[7.0, f64::NAN]), categories("b", &[0, 1], &["new", "u"])];
    same(&table(&set).columns, &expected);
    assert_eq!((set.labels(), set.class_names().join(" ")), (&[1, 0][..], "no yes".into()));
    // One row is enough to be judged by.
    assert_eq!(held("a,b,y\n1,u,no\n").unwrap().len(), 1);
    assert_eq!(
        held("a,B,y\n1,u,no\n").unwrap_err(),
        "lacks column \"b\", which the training data have; did you mean \"B\"?\n  its columns: a, B, y"
    );
    assert_eq!(
        held("a,b,z\n1,u,no\n").unwrap_err(),
        "lacks the target, column \"y\", which says what is right\n  its columns: a, b, z"
    );
    assert_eq!(
        held("a,b,y\n1,u,no\n1,u,maybe\n").unwrap_err(),
        "line 3, column \"y\": class \"maybe\" is not among the training data's (no, yes)"
    );
    assert_eq!(
        held("a,b,y\nx,u,no\n").unwrap_err(),
        "line 2, column \"a\": \"x\" is not a number; a text for a missing value belongs in \
         data.missing_values"
    );
    assert!(held("a,b,y\n1,u,\n").unwrap_err().starts_with("column \"y\" (the target) is missing"));
}

#[test]
fn classes_that_are_numbers_are_known_however_they_are_written() {
    let folder = Folder::new();
    let train = folder.file("train.csv", "a,y\n1,0\n2,1\n3,0\n4,1\n");
    let mut request = asked(&train, "y");
    request.validation = Some(Holdout::File(folder.file("val.csv", "a,y\n1,1.0\n2,0\n3,1e0\n")));
    let splits = raw(&request).unwrap();
    assert_eq!(splits.validation.unwrap().labels(), [1, 0, 1]);
}

#[test]
fn samples_to_predict_on_need_no_target() {
    let train = read("a,b,y\n1,u,no\n2,v,yes\n3,u,no\n4,v,yes\n").unwrap();
    let schema = train.schema();
    let json = serde_json::to_string(&schema).unwrap();
    assert_eq!(serde_json::from_str::<wellfit_data::SampleSchema>(&json).unwrap(), schema);
    let folder = Folder::new();
    let bare = folder.file("new.csv", "b,a\nw,5\nu,6\n");
    let file = read_samples(&bare, &schema).unwrap();
    assert!(!file.has_targets);
    assert_eq!((file.set.labels(), file.set.class_names()), (&[0, 0][..], train.class_names()));
    same(
        &table(&file.set).columns,
        &[numbers("a", &[5.0, 6.0]), categories("b", &[0, 1], &["w", "u"])],
    );
    let told = folder.file("told.csv", "b,a,y\nw,5,yes\n");
    let file = read_samples(&told, &schema).unwrap();
    assert!(file.has_targets);
    assert_eq!(file.set.labels(), [1]);
    assert_eq!(read_labelled(&told, &schema).unwrap().labels(), [1]);
    // A target that is nowhere filled in says nothing; one that is partly filled in is an error.
    let empty = folder.file("empty.csv", "b,a,y\nw,5,\nu,6,NA\n");
    assert!(!read_samples(&empty, &schema).unwrap().has_targets);
    let partly = folder.file("partly.csv", "b,a,y\nw,5,\nu,6,no\n");
    assert!(read_samples(&partly, &schema).is_err());
    let error = read_labelled(&bare, &schema).unwrap_err().to_string();
    assert!(error.contains("lacks the target, column \"y\""), "{error}");
    let error =
        read_samples(&folder.file("x.csv", "a,y\n1,no\n"), &schema).unwrap_err().to_string();
    assert!(error.contains("lacks column \"b\", which the training data have"), "{error}");
}

/// A text that CSV must bring over unharmed: no blanks round it, nothing that is a number or
/// stands for a missing value.
fn word() -> impl Strategy<Value = String> {
    "[a-z,;|\t\"\n é]{0,6}".prop_map(|inner| format!("w{inner}w"))
}

proptest! {
    #[test]
    fn a_table_comes_back_from_any_way_to_write_it(
        rows in prop::collection::vec((any::<f64>().prop_filter("finite", |v| v.is_finite()), prop::option::of(word()), -9i32..9), 2..40),
        separator in prop::sample::select(vec![',', ';', '\t', '|']),
        quote in prop::collection::vec(any::<bool>(), 3 * 41),
        crlf: bool, last: bool,
    ) {
        let field = |text: String, at: usize| {
            let must = text.contains([separator, '"', '\n', '\r']);
            if must || quote[at % quote.len()] {
                format!("\"{}\"", text.replace('"', "\"\""))
            } else {
                text
            }
        };
        let end = if crlf { "\r\n" } else { "\n" };
        let line = |fields: [String; 3], at: usize| -> String {
            let fields: Vec<String> = fields.into_iter().enumerate().map(|(i, f)| field(f, 3 * at + i)).collect();
            fields.join(&separator.to_string())
        };
        let mut lines = vec![line(["a b".into(), "c".into(), "y".into()], 0)];
        for (i, (number, word, target)) in rows.iter().enumerate() {
            lines.push(line([number.to_string(), word.clone().unwrap_or_default(), format!("{target}.25")], i + 1));
        }
        let text = lines.join(end) + if last { end } else { "" };
        let constant = rows.iter().all(|row| row.2 == rows[0].2);
        let set = read_as(text.as_bytes(), |r| r.table.categorical = vec!["c".into()]);
        prop_assume!(!constant);
        let set = set.unwrap();
        let columns = &table(&set).columns;
        let expected: Vec<f64> = rows.iter().map(|row| row.0).collect();
        prop_assert_eq!(&columns[0].values, &ColumnValues::Numbers(expected));
        let ColumnValues::Categories { codes, names } = &columns[1].values else { panic!() };
        let words: Vec<Option<String>> = codes.iter().map(|&code| names.get(code as usize).cloned()).collect();
        let expected: Vec<Option<String>> = rows.iter().map(|row| row.1.clone()).collect();
        prop_assert_eq!(words, expected);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(prop_oneof![Just(b','), Just(b'\n'), Just(b'"'), Just(b'\r'), Just(b'y'), Just(b'1'), any::<u8>()], 0..80)) {
        let _ = read(bytes);
    }
}

#[test]
fn progress_is_told_of_large_files() {
    let folder = Folder::new();
    let rows: String = (0..600_000).map(|i| format!("{i},{}.5,x\n", i % 7)).collect();
    let path = folder.file("data.csv", format!("a,y,b\n{rows}"));
    let told = std::cell::RefCell::new(Vec::new());
    let request = asked(&path, "y");
    folder.file("data.val.csv", "a,y,b\n1,2.5,x\n");
    let source = read_source_watched(&request, &Places::default(), &|progress| {
        told.borrow_mut().push(progress);
    })
    .unwrap();
    assert_eq!(source.split(&request).unwrap().train.len(), 600_000);
    let told = told.into_inner();
    // The last is that of the held-out file.
    let [first, .., last, _] = told.as_slice() else { panic!("{told:?}") };
    assert!(told.len() > 3 && first.done < last.done && first.rows < last.rows);
    assert_eq!((last.done, last.rows), (last.of, 600_000));
    assert_eq!(last.of, fs::metadata(&path).unwrap().len());
}
