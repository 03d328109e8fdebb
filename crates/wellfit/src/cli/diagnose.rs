//! `wellfit diagnose PATH…`

use std::io::Read;
use std::path::Path;

use wellfit::runs::{self, Options};
use wellfit::study::read;
use wellfit::verdict::{Facts, Gate, Show, judge_record, render};
use wellfit::{Verdict, judge};

use super::arguments::DiagnoseArguments;
use super::runs::{Place, places, plan};
use super::{Failure, print};

/// Paths → runs → verdicts → text, and whether they pass the gate.
pub fn diagnose(arguments: DiagnoseArguments) -> Result<(), Failure> {
    let DiagnoseArguments { paths, format, target, fail_on, .. } = &arguments;
    let options =
        Options { val_size: arguments.val_size.map(|n| n as usize), ..arguments.columns.options() };
    let mut verdicts = Vec::new();
    let mut failures = Vec::new();
    for judged in paths.iter().flat_map(|path| judged(path, &options)) {
        match judged {
            Ok(more) => verdicts.extend(more),
            Err(failure) => failures.push(failure),
        }
    }
    let show =
        Show { format: *format, target: *target, gate: fail_on.as_ref(), colour: print::colour() };
    if !verdicts.is_empty() {
        print::result(&render(&verdicts, show))?;
    }
    // What could not be read weighs more than what could: nobody knows its verdict.
    let last = failures.pop();
    failures.into_iter().for_each(|failure| {
        failure.tell();
    });
    match (last, fail_on) {
        (Some(failure), _) => Err(failure),
        (None, Some(gate)) => pass(gate, &verdicts),
        (None, None) => Ok(()),
    }
}

/// Whether every verdict passes.
fn pass(gate: &Gate, verdicts: &[Verdict]) -> Result<(), Failure> {
    let tripped: Vec<String> = verdicts
        .iter()
        .filter(|verdict| gate.trips(verdict))
        .map(|verdict| {
            let (name, kind) = (&verdict.name, verdict.kind.name());
            format!("\n  {name}: {kind}, confidence {:.3}", verdict.confidence)
        })
        .collect();
    match tripped.len() {
        0 => Ok(()),
        n => Err(Failure::gate(format!(
            "stopped by --fail-on: {n} of {} runs:{}",
            verdicts.len(),
            tripped.concat()
        ))),
    }
}

/// The verdicts on what lies at a path.
fn judged(path: &Path, options: &Options) -> Vec<Result<Vec<Verdict>, Failure>> {
    if path == Path::new("-") {
        return vec![incoming(options)];
    }
    let each = places(path).into_iter();
    each.map(|place| place.and_then(|place| verdicts(&place, options))).collect()
}

/// The verdicts on what comes in.
fn incoming(options: &Options) -> Result<Vec<Verdict>, Failure> {
    let mut text = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut text);
    read.map_err(|error| Failure::input(format!("cannot read what comes in: {error}")))?;
    Ok(runs::read_text("stdin", &text, options)?.iter().map(judge).collect())
}

fn verdicts(place: &Place, options: &Options) -> Result<Vec<Verdict>, Failure> {
    match place {
        Place::Study(folder) => study(folder),
        Place::Run(folder, record) => {
            let facts = Facts { val_size: options.val_size, ..facts(folder) };
            Ok(vec![judge_record(&folder.to_string_lossy(), record, facts)])
        }
        Place::Unfinished(path) | Place::Other(path) => {
            Ok(runs::read(path, options)?.iter().map(judge).collect())
        }
    }
}

/// The verdicts on a study's trials, arm by arm.
fn study(folder: &Path) -> Result<Vec<Verdict>, Failure> {
    let records = read(folder)?;
    let trials = records.study.trials();
    let judged = trials.iter().filter_map(|trial| {
        let record = records.records[trial.arm][trial.seed_index].as_ref()?;
        let facts = Facts { val_size: Some(records.data.samples[1]), ..Facts::of(&trial.plan) };
        let name = folder.join("trials").join(&trial.name);
        Some((trial.arm, judge_record(&name.to_string_lossy(), record, facts)))
    });
    let mut judged: Vec<(usize, Verdict)> = judged.collect();
    judged.sort_by_key(|(arm, _)| *arm);
    if judged.is_empty() {
        let folder = folder.display();
        return Err(Failure::input(format!("{folder}: no trial of this study has ended yet")));
    }
    Ok(judged.into_iter().map(|(_, verdict)| verdict).collect())
}

/// What a run folder's plan says; nothing where there is none.
pub fn facts(folder: &Path) -> Facts {
    plan(folder).as_ref().map(Facts::of).unwrap_or_default()
}
