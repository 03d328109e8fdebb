//! `wellfit report RUN`, and the files of a study's results.

use std::path::Path;

use wellfit::findings::model_json;
use wellfit::report::{answer, strengths, write_report};
use wellfit::study::{hand_over, holds_study, read};
use wellfit::verdict::judge_record;
use wellfit::{StudyRecords, diagnose, read_record, results_csv, results_json, write_file};

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
}

/// Records → findings → `results.json`, `results.csv`, the report, the model.
pub fn write_results(folder: &Path, records: &StudyRecords) -> Result<Results, Failure> {
    let findings = diagnose(records);
    let json = results_json(records, &findings);
    write_file(&folder.join("results.json"), json.as_bytes())?;
    write_file(&folder.join("results.csv"), results_csv(records).as_bytes())?;
    write_report(folder, records, &findings, check::kept(folder)?.as_ref())?;
    let model = model_json(records, &findings);
    let model = model.as_ref().map(|(trial, about)| (trial.as_str(), about.as_str()));
    if let Some(gone) = hand_over(folder, model)? {
        print::note(&format!("no model is handed over: {} is not there", gone.display()));
    }
    let answer = answer(records, &findings, print::WIDTH, print::colour())?
        + &strengths(records, &findings, print::WIDTH, print::colour())?;
    Ok(Results { answer, json: json.trim_end().to_owned() + "\n" })
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
