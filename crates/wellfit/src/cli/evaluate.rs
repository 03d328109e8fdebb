//! `wellfit evaluate RUN [DATA]`

use std::path::{Path, PathBuf};

use wellfit::data::{Dataset, Fold, Places, read_labelled, read_samples, read_source};
use wellfit::metrics::Evaluated;
use wellfit::report::{evaluation_summary, write_evaluation};
use wellfit::study::{Opening, holds_study, read};
use wellfit::{SavedModel, read_record};

use super::arguments::{EvaluateArguments, Part};
use super::meant::meant;
use super::{Failure, print};

/// A run's model + samples with what they are to give → scores, tables, pictures.
pub fn evaluate(arguments: EvaluateArguments) -> Result<(), Failure> {
    let EvaluateArguments { run, data, on, out, json, threads, places, quiet } = arguments;
    let machine = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.map_or_else(machine, |threads| threads as usize);
    let folder = meant(&run, quiet)?;
    let model = SavedModel::open(&folder)?;
    let found = match data {
        Some(file) => from_file(&model, &file)?,
        None => {
            let part = on.unwrap_or(Part::Validation);
            let places = Places::from_env(places.data_dir);
            own_part(&model, &run, &folder, part, &places)?
        }
    };
    let unknown = model.preparation.unknown_categories(&found.set);
    let (loss, report) = model.evaluate(&found.set, threads)?;
    let rows = report.listed().into_iter().map(|sample| (found.row)(sample)).collect();
    let mut notes = found.notes;
    if unknown > 0 {
        let values = if unknown == 1 { "value is a category" } else { "values are categories" };
        notes.push(format!("{unknown} {values} that training never saw."));
    }
    let evaluated = Evaluated {
        model: run.display().to_string(),
        data: found.data,
        set: found.name.to_owned(),
        loss,
        report,
        rows,
        notes,
    };
    print::result(&match json {
        true => format!("{:#}\n", evaluated.json()),
        false => evaluation_summary(&evaluated, print::colour()),
    })?;
    if let Some(folder) = out {
        let written = write_evaluation(&folder, &evaluated)?;
        if !quiet {
            print::note(&format!("files: {} ({})", folder.display(), written.len()));
        }
    }
    Ok(())
}

/// Samples to evaluate on.
struct Found {
    /// As they were read.
    set: Dataset,
    /// `validation set`, `file`.
    name: &'static str,
    /// Where they come from.
    data: String,
    /// What a sample is called.
    row: Box<dyn Fn(usize) -> String>,
    notes: Vec<String>,
}

fn from_file(model: &SavedModel, file: &Path) -> Result<Found, Failure> {
    let samples = read_samples(file, &model.schema)?;
    let (set, names) = match samples.has_targets {
        true => (samples.set, samples.names),
        // It says what is missing.
        false => (read_labelled(file, &model.schema)?, Vec::new()),
    };
    let row = move |i: usize| names.get(i).cloned().unwrap_or_else(|| (i + 1).to_string());
    let data = file.display().to_string();
    Ok(Found { set, name: "file", data, row: Box::new(row), notes: Vec::new() })
}

/// A part of the data that the run was made with.
fn own_part(
    model: &SavedModel,
    run: &Path,
    folder: &Path,
    part: Part,
    places: &Places,
) -> Result<Found, Failure> {
    let mut notes = match part {
        Part::Train => vec!["The model was trained on these samples.".to_owned()],
        Part::Validation => vec![
            "The kept epoch, and perhaps the arm, was chosen on these samples: the figures are \
             optimistic."
                .to_owned(),
        ],
        Part::Test => vec![opened(run, folder)?],
    };
    let request = &model.plan.data;
    let source = read_source(request, places)?;
    let data = request.source.clone();
    let parts = match fold_of(folder)? {
        Some((number, fold)) if part != Part::Test => {
            notes.push(format!(
                "These are the parts of fold {number} of a cross-validation, on which this model \
                 was trained; the others hold its other samples."
            ));
            source.fold(request, fold)?
        }
        _ => source.split(request)?,
    };
    let (set, name) = match part {
        Part::Train => (Some(parts.train), "training set"),
        Part::Validation => (parts.validation, "validation set"),
        Part::Test => (parts.test, "test set"),
    };
    let set = set.ok_or_else(|| {
        Failure::input(format!("the plan of {} has no {name}", run.display()))
            .hint("name another one with --on, or a file: wellfit evaluate RUN DATA")
    })?;
    let stored: Vec<u32> = set.stored_rows().collect();
    let row = move |i: usize| (stored[i] + 1).to_string();
    Ok(Found { set, name, data, row: Box::new(row), notes })
}

/// The fold of a cross-validation that a model was trained on, with its number over all
/// draws: a trial's record says it, and of the recommended model `about.json`.
fn fold_of(folder: &Path) -> Result<Option<(usize, Fold)>, Failure> {
    let Some(folds) = study_of(folder).map(|study| read(&study)).transpose()? else {
        return Ok(None);
    };
    let Some(folds) = folds.study.folds else { return Ok(None) };
    let about = || {
        let text = std::fs::read_to_string(folder.join("about.json")).ok()?;
        let about: serde_json::Value = serde_json::from_str(&text).ok()?;
        usize::try_from(about["fold"].as_u64()?).ok()
    };
    let number = read_record(folder).ok().flatten().and_then(|record| record.fold).or_else(about);
    match number.filter(|number| *number < folds.count()) {
        Some(number) => Ok(Some((number, folds.fold(number)))),
        None => Err(Failure::input(format!(
            "{} does not say on which fold of its cross-validation it was trained",
            folder.display()
        ))
        .hint("evaluate it on the test set (--on test) or on a file: wellfit evaluate RUN DATA")),
    }
}

/// What must be known before the test set is looked at again. A trial of a study whose
/// test set was never opened does not open it: it is opened once, for the arm that is
/// recommended.
fn opened(run: &Path, folder: &Path) -> Result<String, Failure> {
    let again = "Who chooses by what it says makes its figures optimistic.";
    let Some(study) = study_of(folder) else {
        return Ok(format!("`wellfit train` has shown this test set at the run's end. {again}"));
    };
    match Opening::read(&study)? {
        Some(opening) => Ok(format!(
            "The study opened its test set on {} for {}, and is not to see it again. {again}",
            opening.day(),
            opening.arm
        )),
        None => Err(Failure::input(format!(
            "{} is of a study that has not opened its test set: it is opened once, for the arm \
             that the study recommends",
            run.display()
        ))
        .hint("evaluate on the validation set, or on a file of samples")),
    }
}

/// The study that a folder is a trial of, or the recommended model.
fn study_of(folder: &Path) -> Option<PathBuf> {
    let folder = std::path::absolute(folder).ok()?;
    let above = folder.ancestors().skip(1).take(2);
    above.filter(|above| holds_study(above)).map(Path::to_path_buf).next()
}
