//! `wellfit study [FILE]`

use std::path::Path;

use wellfit::data::Places;
use wellfit::plan::Document;
use wellfit::proposal::Want;
use wellfit::study::{BASELINE, Outcome, StudyOptions, run};
use wellfit::verdict::{Facts, Target, json_value, judge_record};
use wellfit::{SAMPLE_STUDY, Study, StudyError, diagnose};

use super::arguments::StudyArguments;
use super::progress::Live;
use super::proposed::is_data;
use super::report::write_results;
use super::train::HERE;
use super::{Failure, Interrupt, check, plan, print};

/// Study → records → findings → report.
pub fn study(arguments: StudyArguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let (study, document) = read(&arguments)?;
    let newcomer = arguments.file.as_deref().is_some_and(is_data);
    let options = &arguments.run;
    let folder = options.out.clone().unwrap_or_else(|| plan::default_folder(&study.name));
    let live = Live::new(arguments.file.as_deref(), options);
    let outcome = run(
        &study,
        &folder,
        &StudyOptions {
            places: Places::from_env(options.places.data_dir.clone()),
            threads: options.threads(),
            jobs: arguments.jobs.map(|jobs| jobs as usize),
            stop: interrupt.flag().clone(),
            watch: &live,
        },
    );
    live.end();
    let mut outcome = outcome.map_err(|error| locate(error, &document))?;
    if let Some(checked) = live.checked() {
        check::keep(&folder, checked)?;
    }
    if outcome.left() > 0 {
        return Err(stopped(&outcome));
    }
    let has_test = outcome.records.data.samples[2] > 0;
    if has_test && let Some(arm) = diagnose(&outcome.records).answer.arm {
        outcome.open_test(arm, options.threads())?;
    }
    outcome.note_diagnoses(|trial, record| {
        let verdict = judge_record(HERE, record, Facts::of(&trial.plan));
        json_value(&verdict, Target::Wellfit)
    })?;
    let results = write_results(&folder, &outcome.records)?;
    print::result(if options.json { &results.json } else { &results.answer })?;
    if !options.quiet {
        print::note(&format!("report: {}", folder.join("report.html").display()));
        if let Some(onnx) = &results.onnx {
            print::note(&format!("model: {}", onnx.display()));
        }
        if newcomer {
            print::note(&next_steps(&folder));
        }
    }
    failed(&outcome)
}

/// How the model is used, for those who came with nothing but data.
fn next_steps(folder: &Path) -> String {
    let shown = folder.display();
    match folder.join("recommended").is_dir() {
        true => format!(
            "to use it: wellfit predict {shown} FILE; for other programs: wellfit export {shown} \
             --to onnx"
        ),
        false => format!(
            "no model is recommended, because nothing is decided; the baseline's first: wellfit \
             predict {shown}/trials/{} FILE",
            first_trial(folder)
        ),
    }
}

/// The folder of a baseline's trial.
fn first_trial(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder.join("trials")).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let of_baseline = names.filter(|name| name.starts_with(&format!("{BASELINE}-")));
    of_baseline.min().unwrap_or_else(|| format!("{BASELINE}-s0"))
}

/// The file's study, or the article's arms on the sample, with the options' changes.
fn read(arguments: &StudyArguments) -> Result<(Study, Document), Failure> {
    let run = &arguments.run;
    let (mut document, name) = match &arguments.file {
        Some(file) => (plan::read(file, run, Want::Study)?, plan::name(file)),
        None => {
            let document = Document::parse("the built-in study", SAMPLE_STUDY)?;
            (plan::change(document, run)?, "article-sample".into())
        }
    };
    if let Some(seeds) = arguments.seeds {
        document.set(&format!("study.seeds={seeds}"))?;
    }
    if let Some(folds) = arguments.folds {
        document.set(&format!("study.folds={folds}"))?;
    }
    if let Some(repeats) = arguments.repeats {
        document.set(&format!("study.repeats={repeats}"))?;
    }
    if arguments.race {
        document.set("study.racing=true")?;
    }
    if let Some(epochs) = arguments.epochs {
        document.set(&format!("train.epochs={epochs}"))?;
    }
    let study = Study::read(&document, &name)?;
    let study = match arguments.run.seed {
        Some(first) => study.with_first_seed(first),
        None => study,
    };
    Ok((study, document))
}

/// The error with the line that it is about. An arm's layers may stand elsewhere than
/// the file's, so this is for the baseline only.
fn locate(error: StudyError, document: &Document) -> StudyError {
    match error {
        StudyError::Plan { arm, source } if arm == BASELINE => {
            StudyError::Plan { arm, source: Box::new(plan::locate(*source, document)) }
        }
        StudyError::Primary(error) => StudyError::Primary(error.locate(document)),
        error => error,
    }
}

/// Trials are left: somebody stopped the study.
fn stopped(outcome: &Outcome) -> Failure {
    let done = outcome.done();
    let so_far = if outcome.records.study.racing { " of the race so far" } else { "" };
    Failure::interrupted(format!(
        "interrupted: {done} of {} trials{so_far} are done, the others are saved as far as they \
         are. To go on:\n  {}",
        done + outcome.left(),
        Interrupt::again()
    ))
}

/// Every trial was run, but some failed.
fn failed(outcome: &Outcome) -> Result<(), Failure> {
    let failed = outcome.failed();
    if failed.is_empty() {
        return Ok(());
    }
    let each = failed.iter().map(|(trial, why)| format!("\n  {trial}: {why}"));
    let message = format!("{} trials failed:{}", failed.len(), each.collect::<String>());
    Err(Failure::failed(message).hint("the same command tries them again, and only them"))
}
