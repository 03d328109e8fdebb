//! `wellfit data list` and `wellfit data fetch NAME`

use std::ops::ControlFlow;

use serde_json::json;
use wellfit::data::{FetchEvent, FetchOptions, Known, Places, Whereabouts};
use wellfit::report::{Bar, Counted, size};

use super::arguments::{FetchArguments, ListArguments};
use super::{Failure, Interrupt, print};

/// Shows what is there.
pub fn list(arguments: ListArguments) -> Result<(), Failure> {
    let known = wellfit::data::list(&Places::from_env(arguments.places.data_dir));
    if arguments.json {
        let all: Vec<_> = known.iter().map(as_json).collect();
        return print::result(&format!("{:#}\n", json!(all)));
    }
    let each: Vec<String> = known.iter().map(as_text).collect();
    print::result(&each.join("\n"))
}

fn as_text(known: &Known) -> String {
    let Known { name, about, shape, classes, train, validation, test, whereabouts } = known;
    let place = match whereabouts {
        Whereabouts::Embedded => "in this program".to_owned(),
        Whereabouts::Folder(folder) => folder.display().to_string(),
        Whereabouts::Absent(advice) => format!("not found; to get it: {advice}"),
    };
    format!(
        "{name}\n  {about}\n  {shape}, {classes} classes; {train} training, {validation} \
         validation, {test} test samples\n  {place}\n"
    )
}

fn as_json(known: &Known) -> serde_json::Value {
    let (found, place) = match &known.whereabouts {
        Whereabouts::Embedded => (true, "embedded".to_owned()),
        Whereabouts::Folder(folder) => (true, folder.display().to_string()),
        Whereabouts::Absent(advice) => (false, advice.clone()),
    };
    json!({
        "name": known.name, "about": known.about, "shape": known.shape.to_string(),
        "classes": known.classes, "train": known.train, "validation": known.validation,
        "test": known.test, "found": found, "where": place,
    })
}

/// Downloads a known set, with a bar for each file.
pub fn fetch(arguments: FetchArguments, interrupt: &Interrupt) -> Result<(), Failure> {
    let places = Places::from_env(arguments.places.data_dir);
    let mut options = FetchOptions::new(&arguments.name, &places)?;
    if let Some(base) = arguments.from {
        options.base = base.trim_end_matches('/').to_owned();
    }
    let bar = Bar::new(Counted::Bytes, arguments.quiet);
    let fetched = wellfit::data::fetch(&arguments.name, &options, |event| {
        show(&bar, event);
        if interrupt.is_raised() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.end();
    match fetched {
        Err(_) if interrupt.is_raised() => Err(Failure::interrupted(format!(
            "interrupted: what has come is kept. To go on:\n  {}",
            Interrupt::again()
        ))),
        Err(error) => Err(error.into()),
        Ok(folder) => print::result(&format!("{} is in {}\n", arguments.name, folder.display())),
    }
}

/// A bar on a terminal, a line a file elsewhere.
fn show(bar: &Bar, event: &FetchEvent<'_>) {
    match *event {
        FetchEvent::Present { file, size: bytes } => {
            bar.say(&format!("{file}: there already, {}", size(bytes)));
        }
        FetchEvent::Started { file, size, have } => bar.begin(file, have, size),
        FetchEvent::Received { have, .. } => bar.advance(have),
        FetchEvent::Retrying { file, reason } => {
            bar.say(&format!("{file}: {reason}; trying again"));
        }
        FetchEvent::Finished { file, size: bytes } => {
            bar.say(&format!("{file}: {}, checked", size(bytes)));
        }
        _ => {}
    }
}
