//! `wellfit diagnose PATH…`

use std::io::Read;
use std::path::Path;

use wellfit::runs::{self, Options};
use wellfit::study::read;
use wellfit::verdict::{Facts, Format, Gate, OutOfReach, Show, Unread, judge_record, render};
use wellfit::{Verdict, judge};

use super::arguments::DiagnoseArguments;
use super::runs::{Place, places, plan};
use super::{Failure, print};

/// Paths → runs → verdicts → text, and whether they pass the gate.
pub fn diagnose(arguments: DiagnoseArguments) -> Result<(), Failure> {
    let DiagnoseArguments { paths, format, target, fail_on, .. } = &arguments;
    let options =
        Options { val_size: arguments.val_size.map(|n| n as usize), ..arguments.columns.options() };
    let (mut verdicts, mut unread, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for (name, judged) in paths.iter().flat_map(|path| judged(path, &options)) {
        match judged {
            Ok(more) => verdicts.extend(more),
            Err(failure) => {
                unread.push(Unread { name, message: failure.message().to_owned() });
                failures.push(failure);
            }
        }
    }
    let show =
        Show { format: *format, target: *target, gate: fail_on.as_ref(), colour: print::colour() };
    if *format != Format::Text || !verdicts.is_empty() {
        print::result(&render(&verdicts, &unread, show))?;
    }
    // What could not be read weighs more than what could: nobody knows its verdict. A gate
    // that cannot trip weighs as much.
    if let Some(gate) = fail_on {
        failures.extend(reach(gate, &verdicts).err());
        failures.extend(pass(gate, &verdicts).err());
    }
    let mut failures = failures.into_iter();
    let first = failures.next();
    failures.for_each(|failure| {
        failure.tell();
    });
    first.map_or(Ok(()), Err)
}

/// Whether every run can be as surely what is listed as the gate asks.
fn reach(gate: &Gate, verdicts: &[Verdict]) -> Result<(), Failure> {
    let mut out: Vec<OutOfReach> =
        verdicts.iter().filter_map(|verdict| gate.out_of_reach(verdict)).collect();
    let more = match out.len() {
        0 => return Ok(()),
        1 => String::new(),
        n => format!(" (and {} runs more)", n - 1),
    };
    Err(Failure::input(format!("{}{more}", out.swap_remove(0))))
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

/// The verdicts on what lies at a path, by what it is called.
fn judged(path: &Path, options: &Options) -> Vec<(String, Result<Vec<Verdict>, Failure>)> {
    if path == Path::new("-") {
        return vec![("stdin".to_owned(), incoming(options))];
    }
    let name = |path: &Path| path.to_string_lossy().into_owned();
    let each = places(path).into_iter().map(|place| match place {
        Ok(place) => (name(place.path()), verdicts(&place, options)),
        Err(failure) => (name(path), Err(failure)),
    });
    each.collect()
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
        let record = records.records[trial.arm][trial.cell].as_ref()?;
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
