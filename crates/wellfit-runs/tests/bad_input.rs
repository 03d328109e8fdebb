//! Files that are no runs: errors that say what is wrong and what would be right.

mod support;

use std::path::Path;

use proptest::prelude::*;
use support::{folder, record, scalar};
use wellfit_runs::{Options, read, read_text};

fn error(bytes: &[u8]) -> String {
    read_text("stdin", bytes, &Options::default()).unwrap_err().to_string()
}

#[test]
fn what_is_wrong_is_said_in_words() {
    let cases: &[(&[u8], &str)] = &[
        (b"", "stdin: is empty"),
        (b" \n\t\n", "stdin: is empty"),
        (b"\x1f\x8b\x08\0\0\0", "is no text (gzip)"),
        (b"\x80\x04\x95\x01\0\0", "write json.dump(history.history, file)"),
        (b"epoch,loss\0\n", "is no text; a table, JSON"),
        (b"\xff\xfee\0p\0", "is UTF-16 text, as PowerShell's `>` writes it; save it as UTF-8"),
        (b"1,0.5,0.6\n2,0.4,0.5\n", "has no header: its first line holds numbers"),
        (b"epoch,loss,val_loss\n", "holds no numbers (columns: epoch, loss, val_loss)"),
        (b"epoch,loss,val_loss\n1,,\n2,,\n", "holds no numbers (columns: epoch, loss, val_loss)"),
        (b"hello world\nthis is prose\n", "holds no numbers (columns: hello world)"),
        (
            b"epoch,loss,acc\n1,0.5,0.9\n",
            "looks like a validation figure (columns: epoch, loss, acc)",
        ),
        (b"epoch,loss,acc\n1,0.5,0.9\n", "name it with --val-col"),
        (b"epoch,loss,val_loss\n1,0.5,NA\n", "columns: epoch, loss, val_loss (no number)"),
        (
            b"arm,seed,fold,state,val_loss\na,0,,complete,0.5\n",
            "a row a trial; give a trial's folder",
        ),
        (b"{\"a\": [1, 2", "was cut off: it ends in line 1, column 11, within a list; copy or"),
        (b"{\"a\": [1, 2],\n", "cut off: it ends in line 1, column 13, where a value should"),
        (b"{\"a\": [NaN, 2],\n \"val", "it ends in line 2, column 5, within a text in quotes"),
        (b"{\"a\": [1, 2]\n\n", "it ends in line 1, column 12, within an object"),
        (b"{\"name\": \"x\", \"on\": true}", "holds no metrics that can be read"),
        (b"epoch,loss,val_loss\nnan,0.5,0.6\n", "no row with figures has a number in `epoch`"),
        (b"epoch loss val_loss\n1 0.5 0.6\n", "columns are parted by commas, tabs"),
        (b"{'loss': [0.5]}", "line 1, column 2: key must be a string in double quotes"),
        (
            b"a,loss,val_loss\n1,0.5,\"0.6\n2,0.4,0.5\n",
            "line 2, column 7: the quotation mark that opens here",
        ),
        (b"[]", "holds no metrics that can be read"),
        (b"{\"loss\": [1, 2], \"accuracy\": [0.1, 0.2]}", "looks like a validation figure"),
        (b"Epoch 1/2\n9/9 - 1s - loss: 0.5\n", "columns: epoch, loss"),
        (
            b"{\"schema\": 1, \"study\": \"x\", \"arms\": [{\"val_loss\": 1}]}",
            "is a JSON file of wellfit's",
        ),
    ];
    for (bytes, words) in cases {
        let found = error(bytes);
        assert!(found.contains(words), "{found}\n  lacks: {words}");
    }
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let error = read(Path::new("nowhere/metrics.csv"), &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "nowhere/metrics.csv: no such file or folder");
}

#[test]
fn a_folder_without_runs_says_what_was_looked_for() {
    let (_folder, read) = folder(&[("weights.bin", b"1")]);
    let words = read.unwrap_err().to_string();
    assert!(words.contains("holds no run: looked for tables"), "{words}");
    let (_folder, read) = folder(&[("a.csv", b""), ("b.csv", b"1,2\n")]);
    let words = read.unwrap_err().to_string();
    assert!(words.contains("a.csv: is empty") && words.contains("b.csv: has no header"), "{words}");
}

#[test]
fn the_only_file_of_a_folder_gives_its_error() {
    let (_folder, read) = folder(&[("history.csv", b"epoch,loss\n1,0.5\n")]);
    assert!(read.unwrap_err().to_string().contains("looks like a validation figure"));
}

#[test]
fn an_event_file_without_a_whole_record_says_so() {
    let whole = scalar(1, "val_loss", 0.5, true);
    let found = error(&whole[..20]);
    assert!(
        found.contains("no whole record") && found.contains("ends in the middle of a record"),
        "{found}"
    );
    let (_folder, read) = folder(&[("events.out.tfevents.1.host", b"abc")]);
    assert!(read.unwrap_err().to_string().contains("no whole record"));
}

#[test]
fn an_event_file_that_is_cut_before_its_first_validation_figure_says_that_it_is_cut() {
    let rows = [scalar(1, "train_loss", 0.5, true), scalar(2, "train_loss", 0.4, true)].concat();
    let cut = [&rows[..], &scalar(2, "val_loss", 0.6, true)[..30]].concat();
    let found = error(&cut);
    assert!(found.contains("looks like a validation figure (columns: train_loss)"), "{found}");
    let words = "stdin: it ends in the middle of a record, so the rest is lost; 2 records read";
    assert!(found.contains(words), "{found}");
    let (_folder, read) = folder(&[("events.out.tfevents.1.host", &cut)]);
    assert!(read.unwrap_err().to_string().contains("2 records read"));
    assert!(!error(&rows).contains("record"), "a whole file is not called cut");

    let empty = [record(b"\x1a\x0dbrain.Event:2"), rows[..9].to_vec()].concat();
    let found = error(&empty);
    assert!(found.contains("holds no numbers") && found.contains("1 record read"), "{found}");
}

#[test]
fn an_event_file_without_figures_says_so() {
    let found = error(&record(b"\x1a\x0dbrain.Event:2"));
    assert!(found.contains("holds no numbers"), "{found}");
}

#[test]
fn a_column_that_begins_again_all_the_time_is_no_epoch() {
    let rows: String = (0..3000).map(|i| format!("{},0.5,0.6\n", i % 2)).collect();
    let found = error(format!("epoch,loss,val_loss\n{rows}").as_bytes());
    assert!(found.contains("begins again at epoch 0 more than 1000 times"), "{found}");
}

#[test]
fn options_that_name_nothing_list_the_columns() {
    let written = b"epoch,loss,val_loss,empty\n1,0.5,0.6,\n";
    for (option, options) in [
        ("--train-col", Options { train_col: Some("x".into()), ..Options::default() }),
        ("--val-col", Options { val_col: Some("x".into()), ..Options::default() }),
        ("--train-score-col", Options { train_score_col: Some("x".into()), ..Options::default() }),
        ("--val-score-col", Options { val_score_col: Some("x".into()), ..Options::default() }),
    ] {
        let found = read_text("stdin", written, &options).unwrap_err().to_string();
        let words =
            format!("no column `x`, which {option} names (columns: epoch, loss, val_loss, empty)");
        assert!(found.contains(&words), "{found}");
    }
    let options = Options { val_col: Some("empty".into()), ..Options::default() };
    let found = read_text("stdin", written, &options).unwrap_err().to_string();
    assert!(found.contains("`empty`, which --val-col names, holds no number"), "{found}");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_without_harm(bytes: Vec<u8>) {
        let _ = read_text("stdin", &bytes, &Options::default());
    }

    #[test]
    fn any_cut_of_a_good_file_is_read_or_refused_without_harm(end in 0usize..400, which in 0usize..4) {
        let files = [
            "epoch,loss,val_loss\n1,0.5,0.6\n2,0.4,0.5\n".repeat(3),
            "{\"loss\": [0.5, NaN], \"val_loss\": [-Infinity, 0.5]}".to_string(),
            "{\"epoch\": 1, \"loss\": 0.5, \"val_loss\": 0.6}\n".repeat(5),
            "Epoch 1/2\n9/9 [====] - 1s 2ms/step - loss: 0.5 - val_loss: 0.6\n".repeat(4),
        ];
        let file = files[which].as_bytes();
        let _ = read_text("stdin", &file[..end.min(file.len())], &Options::default());
    }

    #[test]
    fn rows_come_out_ascending_with_one_value_each(
        rows in prop::collection::vec((0u8..30, prop::option::of(-9f64..9.0), prop::option::of(-9f64..9.0)), 1..60)
    ) {
        let cell = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let rows: String =
            rows.iter().map(|(epoch, a, b)| format!("{epoch},{},{}\n", cell(*a), cell(*b))).collect();
        let written = format!("epoch,loss,val_loss\n{rows}");
        for run in read_text("stdin", written.as_bytes(), &Options::default()).unwrap_or_default() {
            prop_assert!(run.at.windows(2).all(|two| two[0] < two[1]));
            for series in [&run.train_loss, &run.val_loss].into_iter().flatten() {
                prop_assert_eq!(series.values.len(), run.at.len());
            }
        }
    }
}
