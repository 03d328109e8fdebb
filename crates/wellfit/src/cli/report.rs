//! `wellfit report RUN`, and the files of a study's results.

use std::path::{Path, PathBuf};

use wellfit::findings::model_json;
use wellfit::report::{answer, strengths, write_report};
use wellfit::study::{Chosen, ONNX, hand_over, holds_study, read};
use wellfit::verdict::judge_record;
use wellfit::{
    SavedModel, StudyRecords, diagnose, read_record, results_csv, results_json, write_file,
};

use super::arguments::ReportArguments;
use super::diagnose::facts;
use super::train::{HERE, summary, summary_json};
use super::{Failure, check, print};

/// What a study's results say, for people and for programs.
pub struct Results {
    /// The answer and a table; a table more for each remedy with several strengths.
    pub answer: String,
    /// The content of `results.json`.
    pub json: String,
    /// The file for other programs of the model that is handed over, if there is one.
    pub onnx: Option<PathBuf>,
}

/// Records → findings → `results.json`, `results.csv`, the report, the model.
pub fn write_results(folder: &Path, records: &StudyRecords) -> Result<Results, Failure> {
    let findings = diagnose(records);
    let json = results_json(records, &findings);
    write_file(&folder.join("results.json"), json.as_bytes())?;
    write_file(&folder.join("results.csv"), results_csv(records).as_bytes())?;
    write_report(folder, records, &findings, check::kept(folder)?.as_ref())?;
    let trial = findings.answer.model.as_ref().map(|model| model.trial.as_str());
    let onnx = trial.and_then(|trial| onnx_of(folder, trial));
    // What was handed over before stays where the trial's own model is gone.
    let there = || folder.join("recommended").join(ONNX).exists();
    let named = match (&onnx, trial) {
        (Some(_), _) => true,
        (None, Some(trial)) => !holds_model(folder, trial) && there(),
        (None, None) => false,
    };
    let model = model_json(records, &findings, named.then_some(ONNX));
    let model = model.as_ref().map(|(trial, about)| Chosen { trial, about, onnx: onnx.as_deref() });
    if let Some(gone) = hand_over(folder, model)? {
        print::note(&format!("no model is handed over: {} is not there", gone.display()));
    }
    let answer = answer(records, &findings, print::WIDTH, print::colour())?
        + &strengths(records, &findings, print::WIDTH, print::colour())?;
    let onnx = Some(folder.join("recommended").join(ONNX)).filter(|path| path.exists());
    Ok(Results { answer, json: json.trim_end().to_owned() + "\n", onnx })
}

fn trial_folder(study: &Path, trial: &str) -> PathBuf {
    study.join("trials").join(trial)
}

fn holds_model(study: &Path, trial: &str) -> bool {
    trial_folder(study, trial).join("model.safetensors").exists()
}

/// A trial's model for other programs. Without it the study is still worth having.
fn onnx_of(study: &Path, trial: &str) -> Option<Vec<u8>> {
    if !holds_model(study, trial) {
        return None;
    }
    let written = match SavedModel::open(&trial_folder(study, trial)) {
        Ok(model) => model.onnx(false),
        Err(error) => Err(error),
    };
    match written {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            print::note(&format!("no {ONNX} is written: {}", Failure::from(error).message()));
            None
        }
    }
}

/// Draws again what a study's or a run's folder holds.
pub fn report(arguments: ReportArguments) -> Result<(), Failure> {
    let ReportArguments { run, json } = arguments;
    if holds_study(&run) {
        let results = write_results(&run, &read(&run)?)?;
        return print::result(if json { &results.json } else { &results.answer });
    }
    match read_record(&run)? {
        Some(record) if json => print::result(&summary_json(&record, &run)?),
        Some(record) => {
            let verdict = judge_record(HERE, &record, facts(&run));
            print::result(&summary(&record, &verdict))
        }
        None => Err(Failure::input(format!("{} holds no study and no run", run.display()))
            .hint("name a folder that `wellfit study` or `wellfit train` made")),
    }
}
