//! `wellfit compare A… --against B…`

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use wellfit::comparison::{
    CompareOptions, Entry, PairingRule, compare as compare_sides, comparison_json, comparison_text,
};
use wellfit::runs::{self, Options};

use super::arguments::{CompareArguments, CompareFormat};
use super::runs::{Place, places, plan};
use super::{Failure, print};

/// Paths → runs of two sides → a comparison → text, and whether it passes the gate.
pub fn compare(arguments: CompareArguments) -> Result<(), Failure> {
    let CompareArguments { a, against: b, columns, .. } = &arguments;
    let [a, b] = [side(a)?, side(b)?];
    apart(&a, &b)?;
    let options = columns.options();
    let [a, b] = [runs_of(&a, &options)?, runs_of(&b, &options)?];
    let pairing = match (arguments.paired, arguments.unpaired, arguments.folds) {
        (_, _, Some(folds)) => PairingRule::Folds(folds as usize),
        (true, ..) => PairingRule::Paired,
        (_, true, _) => PairingRule::Unpaired,
        _ => PairingRule::Found,
    };
    let comparison = compare_sides(
        &a,
        &b,
        &CompareOptions {
            primary: arguments.primary,
            judge_at: arguments.judge_at,
            pairing,
            margin: arguments.margin.unwrap_or_default(),
        },
    )?;
    print::result(&match arguments.format {
        CompareFormat::Text => comparison_text(&comparison, print::colour()),
        CompareFormat::Json => comparison_json(&comparison),
    })?;
    match arguments.fail_on {
        Some(gate) if gate.trips(comparison.judgement) => {
            Err(Failure::gate(format!("stopped by --fail-on: {}", comparison.judgement.name())))
        }
        _ => Ok(()),
    }
}

/// Every run stands once: on one side, and once there.
fn apart(a: &[Place], b: &[Place]) -> Result<(), Failure> {
    let mut seen: BTreeMap<PathBuf, char> = BTreeMap::new();
    let sides = a.iter().map(|place| (place, 'A')).chain(b.iter().map(|place| (place, 'B')));
    for (place, side) in sides {
        let path = place.path();
        let Ok(place) = fs::canonicalize(path) else { continue };
        let path = path.display();
        match seen.insert(place, side) {
            None => {}
            Some(other) if other == side => {
                return Err(Failure::input(format!("{path} is named twice: a run counts once")));
            }
            Some(_) => {
                return Err(Failure::input(format!(
                    "{path} stands on both sides: nothing differs from itself"
                )));
            }
        }
    }
    Ok(())
}

/// What lies at a side's paths.
fn side(paths: &[PathBuf]) -> Result<Vec<Place>, Failure> {
    paths.iter().flat_map(|path| places(path)).collect()
}

/// The runs of a side.
fn runs_of(places: &[Place], options: &Options) -> Result<Vec<Entry>, Failure> {
    let runs: Result<Vec<Vec<Entry>>, Failure> =
        places.iter().map(|place| entries(place, options)).collect();
    Ok(runs?.concat())
}

fn entries(place: &Place, options: &Options) -> Result<Vec<Entry>, Failure> {
    let name = place.path().to_string_lossy();
    match place {
        Place::Study(_) => Err(Failure::input(format!("{name} holds a whole study, not one side"))
            .hint(format!(
                "`wellfit report {name}` compares its arms; or name an arm's trials: \
                 {name}/trials/ARM-s*"
            ))),
        Place::Run(folder, record) => Ok(vec![Entry::of_record(&name, record, plan(folder))]),
        Place::Unfinished(_) => Err(Failure::input(format!("{name}: this run has not ended yet"))),
        Place::Other(path) => Ok(runs::read(path, options)?.into_iter().map(Entry::from).collect()),
    }
}
