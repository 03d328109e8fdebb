//! Who is taken for whom: a row for each true class, a column for each that it is taken
//! for; the shade is the share of the row.

use wellfit_metrics::ClassReport;

use crate::chart::{Ink, Item, Mark, Picture, font, rectangle, rule, text};
use crate::text::abbreviated;

/// A matrix of more classes has cells that nobody can tell apart.
pub const MOST_CLASSES: usize = 100;
/// Up to so many classes cells hold their counts.
const WITH_COUNTS: usize = 20;
/// Right, and mistaken.
const RIGHT: Ink = Ink::Arm(1);
const WRONG: Ink = Ink::Arm(2);
/// The faintest shade of a cell that is not empty, and the share from which words on it
/// are those of the ground.
const FAINTEST: f64 = 0.06;
const DARK: f64 = 0.55;
/// Room for the names of classes, and for the figures to the right.
const NAMES: f64 = 128.0;
const FIGURES: f64 = 52.0;

/// The matrix, with each class's recall to the right and its precision below. For up to
/// [`MOST_CLASSES`] classes.
pub fn confusion(report: &ClassReport, title: &str, width: f64) -> Picture {
    let classes = report.confusion.classes();
    let cell = ((width - NAMES - FIGURES) / classes as f64).min(64.0);
    let (left, top) = (NAMES, 66.0);
    let size = cell * classes as f64;
    let height = (cell * classes as f64).min(34.0 * classes as f64).max(14.0 * classes as f64);
    let row = height / classes as f64;
    let mut picture = Picture::new(width, top + height + 46.0, title);
    picture.description = description(report);
    picture.add(text(0.0, 14.0, title).bold().at_most(width).mark());
    picture.add(text(left + size / 2.0, 36.0, "taken for").muted().middle().mark());
    picture.add(text(left - 8.0, top - 8.0, "class").muted().end().mark());
    picture.add(text(left + size + 8.0, top - 8.0, "recall").muted().mark());
    let bottom = top + height;
    picture.add(text(left - 8.0, bottom + 16.0, "precision").muted().end().mark());
    // Every name where there is room for it, else every so many.
    let every = (11.0 / row).ceil().max(1.0) as usize;
    let across = (26.0 / cell).ceil().max(1.0) as usize;
    for (i, name) in report.classes.iter().enumerate() {
        let (x, y) = (left + cell * (i as f64 + 0.5), top + row * (i as f64 + 0.5));
        if i.is_multiple_of(every) {
            let name = numbered(report, i, name);
            picture.add(text(left - 8.0, y + 4.0, name).end().at_most(NAMES - 12.0).mark());
        }
        if i.is_multiple_of(across) {
            let room = cell * across as f64 - 4.0;
            let name = if named(report, cell) { name.clone() } else { (i + 1).to_string() };
            picture.add(text(x, top - 8.0, name).muted().middle().at_most(room).mark());
        }
        if i.is_multiple_of(every) {
            let recall = percent(report.per_class[i].recall, report.per_class[i].support);
            picture.add(text(left + size + 8.0, y + 4.0, recall).muted().mark());
        }
        if i.is_multiple_of(across) {
            let scores = &report.per_class[i];
            let precision = percent(scores.precision, scores.predicted);
            picture.add(text(x, bottom + 16.0, precision).muted().middle().mark());
        }
    }
    for truth in 0..classes {
        let support = report.confusion.support(truth);
        for taken in 0..classes {
            let n = report.confusion.at(truth, taken);
            let (x, y) = (left + cell * taken as f64, top + row * truth as f64);
            if n > 0 {
                let share = n as f64 / support as f64;
                picture.items.push(marks(report, (truth, taken), share, (x, y, cell, row)));
            }
        }
    }
    for i in 0..=classes {
        let ink = if i == 0 || i == classes { Ink::Axis } else { Ink::Grid };
        let (x, y) = (left + cell * i as f64, top + row * i as f64);
        if ink == Ink::Axis || classes <= WITH_COUNTS {
            picture.add(rule((x, top), (x, bottom), ink, 1.0));
            picture.add(rule((left, y), (left + size, y), ink, 1.0));
        }
    }
    let words = "shade: share of the class; blue: right, orange: taken for another";
    picture.add(text(left, bottom + 38.0, words).muted().at_most(width - left).mark());
    picture
}

/// A cell that is not empty.
fn marks(
    report: &ClassReport,
    (truth, taken): (usize, usize),
    share: f64,
    (x, y, cell, row): (f64, f64, f64, f64),
) -> Item {
    let n = report.confusion.at(truth, taken);
    let ink = if truth == taken { RIGHT } else { WRONG };
    let opacity = FAINTEST + (1.0 - FAINTEST) * share;
    let mut marks: Vec<Mark> = vec![rectangle(x, y, cell, row, ink, opacity)];
    if report.confusion.classes() <= WITH_COUNTS {
        let mut words =
            text(x + cell / 2.0, y + row / 2.0 + 4.0, abbreviated(n)).middle().at_most(cell - 2.0);
        words.ink = if share > DARK { Ink::Paper } else { Ink::Text };
        marks.push(words.mark());
    }
    let (from, to) = (&report.classes[truth], &report.classes[taken]);
    let title = match truth == taken {
        true => format!("{from}: {n} right, {:.1} %", 100.0 * share),
        false => format!("{from} taken for {to}: {n}, {:.1} %", 100.0 * share),
    };
    Item::Group { arm: None, title, marks }
}

/// Whether the columns' names have room above their cells.
fn named(report: &ClassReport, cell: f64) -> bool {
    let fits = |name: &String| font::width(name, crate::chart::SMALL, false) <= cell - 4.0;
    report.classes.iter().all(fits)
}

/// A row's name; with its number where columns have numbers alone.
fn numbered(report: &ClassReport, i: usize, name: &str) -> String {
    let cell = (crate::picture::WIDE - NAMES - FIGURES) / report.confusion.classes() as f64;
    match named(report, cell.min(64.0)) || name == (i + 1).to_string() {
        true => name.to_owned(),
        false => format!("{} · {name}", i + 1),
    }
}

fn percent(share: f64, of: u64) -> String {
    if of == 0 { "–".into() } else { format!("{:.0} %", 100.0 * share) }
}

fn description(report: &ClassReport) -> String {
    let (hits, samples) = (report.confusion.hits(), report.confusion.samples());
    format!(
        "A confusion matrix of {} classes: {hits} of {samples} samples are classified rightly.",
        report.confusion.classes()
    )
}
