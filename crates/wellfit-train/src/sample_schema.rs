//! `samples.json`: what samples look like and what they are to give, beside the model that
//! learnt from them.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use wellfit_data::SampleSchema;

use crate::error::TrainError;
use crate::files::{FileError, write_file};

/// The name in a run's folder.
pub const SAMPLES: &str = "samples.json";

/// The version of the file's form that this program writes.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct File {
    schema: u32,
    #[serde(flatten)]
    samples: SampleSchema,
}

/// Writes `samples.json`: what the samples of a run look like as they are read.
///
/// # Errors
/// A file that cannot be written.
pub fn write_sample_schema(folder: &Path, samples: &SampleSchema) -> Result<(), TrainError> {
    let path = folder.join(SAMPLES);
    let file = File { schema: VERSION, samples: samples.clone() };
    let text = serde_json::to_string(&file)
        .map_err(|error| TrainError::Damaged { path: path.clone(), reason: error.to_string() })?;
    Ok(write_file(&path, text.as_bytes())?)
}

/// What the samples of the run in `folder` look like.
///
/// # Errors
/// A file that is missing or cannot be read, is damaged, or was written by a newer version.
pub fn read_sample_schema(folder: &Path) -> Result<SampleSchema, TrainError> {
    let path = folder.join(SAMPLES);
    let text = fs::read_to_string(&path).map_err(FileError::on("read", &path))?;
    let damaged = |reason| TrainError::Damaged { path: path.clone(), reason };
    #[derive(Deserialize)]
    struct Version {
        schema: u32,
    }
    let wrong = |error| damaged(format!("this says nothing of samples: {error}"));
    let Version { schema } = serde_json::from_str(&text).map_err(wrong)?;
    if schema > VERSION {
        return Err(damaged(format!(
            "this file has schema {schema}, but this version reads up to {VERSION}: use a newer \
             wellfit"
        )));
    }
    let file: File = serde_json::from_str(&text).map_err(wrong)?;
    if file.samples.targets.names.is_empty() {
        return Err(damaged("no class and no target is named".into()));
    }
    Ok(file.samples)
}

#[cfg(test)]
mod tests {
    use wellfit_data::{ColumnSchema, SampleKind, TargetSchema, Task};

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let targets = |task| TargetSchema {
            task,
            columns: vec!["y".into()],
            names: vec!["no, \"never\"".into(), "ja".into()],
        };
        let column = |name: &str, categorical| ColumnSchema { name: name.into(), categorical };
        for samples in [
            SampleKind::Bytes {
                shape: wellfit_data::Shape::Image { channels: 3, height: 2, width: 5 },
                resized: true,
            },
            SampleKind::Floats { shape: wellfit_data::Shape::Vector(7) },
            SampleKind::Table {
                columns: vec![column("age", false), column("sex", true)],
                separator: Some(';'),
                missing_values: Some(vec!["-".into()]),
            },
        ] {
            for task in [Task::Classification, Task::Regression] {
                let schema = SampleSchema { samples: samples.clone(), targets: targets(task) };
                write_sample_schema(folder.path(), &schema).unwrap();
                assert_eq!(read_sample_schema(folder.path()).unwrap(), schema);
            }
        }
    }

    #[test]
    fn a_damaged_or_newer_file_is_refused_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |text: &str, word: &str| {
            fs::write(folder.path().join(SAMPLES), text).unwrap();
            let error = read_sample_schema(folder.path()).unwrap_err().to_string();
            assert!(error.contains(SAMPLES) && error.contains(word), "{error}");
        };
        refused("", "says nothing of samples");
        refused("{", "says nothing of samples");
        refused(r#"{"schema": 1}"#, "missing field");
        refused(r#"{"schema": 2}"#, "newer wellfit");
        let shape = r#""samples": {"kind": "floats", "shape": [0, 1]}"#;
        let targets = r#""targets": {"task": "regression", "columns": [], "names": ["y"]}"#;
        refused(&format!(r#"{{"schema": 1, {shape}, {targets}}}"#), "no shape");
        let targets = r#""targets": {"task": "regression", "columns": [], "names": []}"#;
        let shape = r#""samples": {"kind": "floats", "shape": [1]}"#;
        refused(&format!(r#"{{"schema": 1, {shape}, {targets}}}"#), "named");
    }
}
