//! `wellfit data list` and `wellfit data fetch NAME`

use std::ops::ControlFlow;

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use wellfit::data::{FetchEvent, FetchOptions, Known, Places, Whereabouts};

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
    let mut bar = Bar::new(arguments.quiet);
    let fetched = wellfit::data::fetch(&arguments.name, &options, |event| {
        bar.show(event);
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
struct Bar {
    quiet: bool,
    bar: ProgressBar,
}

impl Bar {
    fn new(quiet: bool) -> Bar {
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        Bar { quiet, bar: ProgressBar::with_draw_target(None, target) }
    }

    fn show(&mut self, event: &FetchEvent<'_>) {
        match *event {
            FetchEvent::Present { file, size } => {
                self.say(&format!("{file}: there already, {}", HumanBytes(size)));
            }
            FetchEvent::Started { file, size, have } => {
                self.bar.reset();
                self.bar.set_length(size);
                self.bar.set_position(have);
                let look = "{prefix} {bar:30} {bytes}/{total_bytes}, {eta} left";
                if let Ok(style) = ProgressStyle::with_template(look) {
                    self.bar.set_style(style.progress_chars("━╸─"));
                }
                self.bar.set_prefix(file.to_owned());
            }
            FetchEvent::Received { have, .. } => self.bar.set_position(have),
            FetchEvent::Retrying { file, reason } => {
                self.say(&format!("{file}: {reason}; trying again"));
            }
            FetchEvent::Finished { file, size } => {
                self.say(&format!("{file}: {}, checked", HumanBytes(size)));
            }
            _ => {}
        }
    }

    fn say(&self, line: &str) {
        match (self.quiet, self.bar.is_hidden()) {
            (true, _) => {}
            (false, true) => print::note(line),
            (false, false) => self.bar.println(line),
        }
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}
