//! Files that the real programs wrote (`golden/make.py`), against what those programs say
//! of the same run (`golden/expected.json`).

mod support;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;
use support::gappy;
use wellfit_runs::{Curves, Options, Series, TrainMeasure, Unit, read, read_text};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn runs(name: &str) -> Vec<Curves> {
    read(&golden(name), &Options::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// Numbers, `null` for a gap, and words for what JSON lacks.
fn numbers(value: &Value) -> Vec<Option<f64>> {
    let number = |value: &Value| match value {
        Value::Null => None,
        Value::String(word) => Some(word.parse().unwrap()),
        number => Some(number.as_f64().unwrap()),
    };
    value.as_array().unwrap().iter().map(number).collect()
}

fn close(found: &[Option<f64>], expected: &[Option<f64>], tolerance: f64) -> bool {
    let near = |(found, expected): (&Option<f64>, &Option<f64>)| match (found, expected) {
        (Some(found), Some(expected)) => {
            found == expected
                || (found.is_nan() && expected.is_nan())
                || (found - expected).abs() <= tolerance
        }
        (found, expected) => found == expected,
    };
    found.len() == expected.len() && found.iter().zip(expected).all(near)
}

#[test]
fn runs_are_read_as_their_programs_know_them() {
    let expected: Value =
        serde_json::from_slice(&std::fs::read(golden("expected.json")).unwrap()).unwrap();
    let expected = expected.as_object().unwrap();
    assert!(expected.len() >= 10, "{}", expected.len());
    for (name, expected) in expected {
        let runs = runs(name);
        assert_eq!(runs.len(), 1, "{name}");
        let run = &runs[0];
        let tolerance = expected["tolerance"].as_f64().unwrap_or(0.0);
        assert_eq!(run.origin, expected["origin"].as_str().unwrap(), "{name}");
        assert_eq!(run.train_measure, TrainMeasure::Training, "{name}");
        let at: Vec<_> = run.at.iter().copied().map(Some).collect();
        assert!(close(&at, &numbers(&expected["at"]), 1e-9), "{name}: at {at:?}");
        let series: [(&str, &Option<Series>); 4] = [
            ("train_loss", &run.train_loss),
            ("val_loss", &run.val_loss),
            ("train_score", &run.train_score),
            ("val_score", &run.val_score),
        ];
        for (key, series) in series {
            if let Some(expected) = expected.get(key) {
                let (found, expected) = (gappy(series), numbers(expected));
                assert!(
                    close(&found, &expected, tolerance),
                    "{name}: {key} {found:?} {expected:?}"
                );
            }
        }
        if let Some(size) = expected.get("val_size") {
            assert_eq!(run.val_size, size.as_u64().map(|size| size as usize), "{name}");
        }
    }
}

proptest! {
    #[test]
    fn any_byte_of_a_real_file_may_be_wrong_or_the_last(
        which in 0usize..6, place: prop::sample::Index, byte: u8, cut: bool,
    ) {
        let files = [
            "keras_console.txt",
            "keras_csv_logger.csv",
            "keras_history.json",
            "huggingface_steps/trainer_state.json",
            "lightning/halves/metrics.csv",
            "lightning_tensorboard/events.out.tfevents.1700000000.host.1.0",
        ];
        let mut bytes = std::fs::read(golden(files[which])).unwrap();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        bytes.truncate(if cut { place + 1 } else { bytes.len() });
        for run in read_text("stdin", &bytes, &Options::default()).unwrap_or_default() {
            prop_assert!(!run.at.is_empty() && run.at.windows(2).all(|two| two[0] < two[1]));
            let series = [&run.train_loss, &run.val_loss, &run.train_score, &run.val_score];
            for series in series.into_iter().flatten() {
                prop_assert_eq!(series.values.len(), run.at.len());
            }
        }
    }
}

#[test]
fn lightnings_validations_within_an_epoch_become_steps() {
    let run = &runs("lightning/halves")[0];
    assert_eq!((run.unit, run.at.len()), (Unit::Step, 10));
    assert!(gappy(&run.val_loss).iter().all(Option::is_some));
    assert!(gappy(&run.train_loss).iter().any(Option::is_some));
}

#[test]
fn a_folder_of_golden_files_is_read_whole() {
    let runs = runs("lightning");
    assert_eq!(runs.len(), 2);
}
