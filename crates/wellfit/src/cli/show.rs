//! `wellfit data show PLAN|DATA`

use std::path::{Path, PathBuf};

use wellfit::data::{Dataset, Places, Shape, Splits, Targets, Task, load};
use wellfit::plan::Document;
use wellfit::report::chart::Pixels;
use wellfit::report::picture::{Sample, SampleRow, samples};
use wellfit::report::write_picture;
use wellfit::stats::format::count;
use wellfit::{Plan, SeenSample, augmented};

use super::arguments::ShowArguments;
use super::{Failure, print};

/// Samples in a row.
const ACROSS: usize = 8;
/// Rows of classes at most, and rows of samples with numbers to predict.
const MOST_CLASSES: usize = 20;
const NUMBER_ROWS: usize = 6;
/// Of a table: rows and columns that are shown, columns that are summed up.
const ROWS: usize = 8;
const COLUMNS: usize = 7;
const SUMMED: usize = 100;

/// Plan or data → training samples → a picture or a table.
pub fn show(arguments: ShowArguments) -> Result<(), Failure> {
    let document = document(&arguments)?;
    let plan = Plan::read(&document, document.folder())?;
    let ShowArguments { out, epoch, places, .. } = arguments;
    let splits = load(&plan.data, &Places::from_env(places.data_dir))?;
    let seen = Seen { document, plan, splits, epoch: epoch as usize };
    match seen.splits.train.shape() {
        Shape::Image { channels, width, .. } => {
            let out = out.unwrap_or_else(|| PathBuf::from("samples.png"));
            seen.images((channels, width), &out)
        }
        shape @ Shape::Vector(_) => match out {
            Some(out) => Err(Failure::input(format!(
                "a sample is {shape}, not an image, so {} cannot be drawn",
                out.display()
            ))
            .hint("leave --out out: such samples are printed as a table")),
            None => seen.table(),
        },
    }
}

/// The plan file with its changes; of data a plan that has nothing else.
fn document(arguments: &ShowArguments) -> Result<Document, Failure> {
    let ShowArguments { what, target, set, .. } = arguments;
    let mut document = if what.ends_with(".toml") {
        Document::read(what.as_ref())?
    } else {
        let source = text(what);
        let layers = "[model]\nlayers = [{ type = \"linear\", out = 1 }]\n";
        Document::parse(what, &format!("[data]\nsource = {source}\n{layers}"))?
    };
    if let Some(target) = target {
        document.set(&format!("data.target={}", text(target)))?;
    }
    for assignment in set {
        document.set(assignment)?;
    }
    Ok(document)
}

/// As a TOML string.
fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

/// Training samples of a plan, and the first epoch of which they are shown.
struct Seen {
    document: Document,
    plan: Plan,
    splits: Splits,
    epoch: usize,
}

impl Seen {
    /// Some training samples as they are stored.
    fn stored(&self, wanted: &[u32]) -> Result<Vec<SeenSample>, Failure> {
        let mut bare = self.plan.clone();
        bare.train.augment.clear();
        self.of(&bare, self.epoch, wanted)
    }

    /// The same as training sees them in an epoch.
    fn changed(&self, epoch: usize, wanted: &[u32]) -> Result<Vec<SeenSample>, Failure> {
        self.of(&self.plan, epoch, wanted)
    }

    fn of(&self, plan: &Plan, epoch: usize, wanted: &[u32]) -> Result<Vec<SeenSample>, Failure> {
        let Splits { train, preparation, .. } = &self.splits;
        augmented(plan, train, preparation, epoch, wanted)
            .map_err(|error| error.locate(&self.document).into())
    }

    /// `flip, shift`
    fn changes(&self) -> String {
        let names: Vec<&str> = self.plan.train.augment.iter().map(|a| a.name()).collect();
        names.join(", ")
    }

    /// A contact sheet: without augmentation samples side by side, with it each sample as
    /// it is stored and as it comes out in seven epochs.
    fn images(&self, shape: (usize, usize), out: &Path) -> Result<(), Failure> {
        let train = &self.splits.train;
        let augments = !self.plan.train.augment.is_empty();
        let classes = train.classes().min(MOST_CLASSES);
        // Of few classes more samples each, so that there is something to see.
        let each = if augments { (4 / classes.max(1)).max(1) } else { ACROSS };
        let mut rows: Vec<(String, Vec<u32>)> = match train.task() {
            Task::Classification => (0..classes)
                .map(|c| (train.class_names()[c].clone(), of_class(train, c, each)))
                .collect(),
            Task::Regression => {
                let each = if augments { 1 } else { ACROSS };
                let some = (0..(NUMBER_ROWS * each).min(train.len()) as u32).collect::<Vec<_>>();
                some.chunks(each).map(|row| (String::new(), row.to_vec())).collect()
            }
        };
        rows.retain(|(_, samples)| !samples.is_empty());
        let all: Vec<u32> = rows.iter().flat_map(|(_, samples)| samples.clone()).collect();
        let stored = self.stored(&all)?;
        let ink = Ink::of(&stored, shape);
        let epochs: Vec<usize> = (self.epoch..self.epoch + ACROSS - 1).collect();
        let (mut sheet, mut columns) = (Vec::new(), Vec::new());
        if augments {
            columns.push("as stored".to_owned());
            columns.extend(epochs.iter().map(|epoch| format!("epoch {epoch}")));
            let versions: Vec<Vec<SeenSample>> =
                epochs.iter().map(|&epoch| self.changed(epoch, &all)).collect::<Result<_, _>>()?;
            let names = rows.iter().flat_map(|(name, samples)| samples.iter().map(move |_| name));
            for (at, name) in names.enumerate() {
                let own = ink.sample(&stored[at], self.said(all[at], train));
                let versions = versions.iter().map(|version| {
                    let seen = &version[at];
                    ink.sample(seen, self.blended(seen, train))
                });
                let samples = std::iter::once(own).chain(versions).collect();
                sheet.push(SampleRow { name: name.clone(), samples });
            }
        } else {
            let mut stored = all.iter().zip(&stored);
            for (name, samples) in rows {
                let tiles = stored.by_ref().take(samples.len());
                let samples = tiles.map(|(&i, seen)| ink.sample(seen, self.said(i, train)));
                sheet.push(SampleRow { name, samples: samples.collect() });
            }
        }
        let title = format!("{} training samples of {}", count(train.len()), self.source());
        let mut notes = vec![ink.words(augments)];
        if augments {
            notes.push(format!("Changed by {} (seed {}).", self.changes(), self.plan.train.seed));
        }
        if train.classes() > classes {
            notes.push(format!("The first {classes} of {} classes.", train.classes()));
        }
        let rows = sheet.len();
        let picture = samples(&title, &columns, &sheet, &notes).with_border(16.0);
        write_picture(out, "samples", &picture)?;
        let shown = match augments {
            false => format!("{rows} rows of samples as they are stored"),
            true => format!(
                "{rows} samples as they are stored and in epochs {} to {}, changed by {}",
                self.epoch,
                self.epoch + ACROSS - 2,
                self.changes()
            ),
        };
        print::result(&format!("{}: {shown}\n", out.display()))
    }

    /// What is said below a sample: the numbers to predict.
    fn said(&self, sample: u32, set: &Dataset) -> String {
        match set.targets() {
            Targets::Classes { .. } => String::new(),
            Targets::Numbers { .. } => target(set, sample).join(" "),
        }
    }

    /// What is said below a changed sample: its partner's share.
    fn blended(&self, seen: &SeenSample, set: &Dataset) -> String {
        let Some((other, share)) = seen.blend else { return String::new() };
        format!("{:.0} % {}", 100.0 * (1.0 - share), target(set, other).join(" "))
    }

    /// The data's name, without the folders before it.
    fn source(&self) -> String {
        let source = &self.plan.data.source;
        Path::new(source).file_name().map_or(source.clone(), |n| n.to_string_lossy().into_owned())
    }

    /// The first rows, and every column in short.
    fn table(&self) -> Result<(), Failure> {
        let train = &self.splits.train;
        let all: Vec<u32> = (0..train.len() as u32).collect();
        let seen = self.changed(self.epoch, &all)?;
        let names = self.column_names();
        let mut lines = vec![self.head()];
        if !self.plan.train.augment.is_empty() {
            let changes = self.changes();
            lines.push(format!("as training sees them in epoch {}: {changes}", self.epoch));
        }
        lines.push(String::new());
        let shown = names.len().min(COLUMNS);
        let mut head: Vec<String> = vec!["sample".into()];
        head.extend(names[..shown].iter().cloned());
        match train.task() {
            Task::Classification => head.push("class".into()),
            Task::Regression => head.extend(train.output_names().iter().take(COLUMNS).cloned()),
        }
        let blends = seen.iter().any(|seen| seen.blend.is_some());
        if blends {
            head.push("with".into());
        }
        let row = |i: usize| {
            let mut row = vec![i.to_string()];
            row.extend(seen[i].values[..shown].iter().map(|&x| number(f64::from(x))));
            row.extend(target(train, i as u32).into_iter().take(COLUMNS));
            if blends {
                row.push(seen[i].blend.map_or("".into(), |(other, share)| {
                    format!("{:.0} % of {other}", 100.0 * (1.0 - share))
                }));
            }
            row
        };
        lines.extend(aligned(head, (0..train.len().min(ROWS)).map(row).collect()));
        let left = (train.len().saturating_sub(ROWS), names.len() - shown);
        if left != (0, 0) {
            lines.push(format!("and {} more samples, {} more columns", count(left.0), left.1));
        }
        lines.push(String::new());
        let head = ["column", "min", "mean", "max", "std"].map(String::from).to_vec();
        let summed = names.len().min(SUMMED);
        let summary = |column: usize| {
            let values = seen.iter().map(|seen| f64::from(seen.values[column]));
            let n = seen.len() as f64;
            let mean = values.clone().sum::<f64>() / n;
            let square = values.clone().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
            let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
                (low.min(x), high.max(x))
            });
            let figures = [low, mean, high, square.sqrt()].map(number);
            [vec![names[column].clone()], figures.to_vec()].concat()
        };
        lines.extend(aligned(head, (0..summed).map(summary).collect()));
        if summed < names.len() {
            lines.push(format!("and {} more columns", names.len() - summed));
        }
        print::result(&(lines.join("\n") + "\n"))
    }

    /// How many samples there are of what.
    fn head(&self) -> String {
        let train = &self.splits.train;
        let of = match train.task() {
            Task::Regression => format!("to predict {}", train.output_names().join(", ")),
            Task::Classification => {
                let counts = train.class_counts();
                let named = train.class_names().iter().zip(&counts).take(MOST_CLASSES);
                let named: Vec<String> = named.map(|(name, n)| format!("{name} {n}")).collect();
                let more = if counts.len() > named.len() { ", …" } else { "" };
                format!("{} classes: {}{more}", counts.len(), named.join(", "))
            }
        };
        format!("{} training samples of {}, {of}", count(train.len()), train.shape())
    }

    /// What the prepared values are called; their numbers where that is not known.
    fn column_names(&self) -> Vec<String> {
        let names = self.splits.preparation.feature_names();
        let columns = self.splits.train.shape().len();
        let name = |i: usize| names.get(i).cloned().unwrap_or_else(|| format!("x{i}"));
        (0..columns).map(name).collect()
    }
}

/// Which training samples are the first of a class.
fn of_class(set: &Dataset, class: usize, most: usize) -> Vec<u32> {
    let labels = set.labels_in_order().zip(0u32..);
    labels.filter(|&(label, _)| label as usize == class).map(|(_, i)| i).take(most).collect()
}

/// What a sample is to give, in words: a class, or numbers.
fn target(set: &Dataset, sample: u32) -> Vec<String> {
    let row = set.stored_rows().nth(sample as usize).map_or(0, |row| row as usize);
    match set.targets() {
        Targets::Classes { labels, names } => vec![names[labels[row] as usize].clone()],
        Targets::Numbers { values, names } => {
            let own = &values[row * names.len()..(row + 1) * names.len()];
            own.iter().map(|&x| number(f64::from(x))).collect()
        }
    }
}

/// With four digits.
fn number(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if value.fract() == 0.0 && size < 1e6 => format!("{value}"),
        _ if !(1e-3..1e6).contains(&size) => format!("{value:.2e}"),
        _ => format!("{value:.*}", (3 - size.log10().floor() as i32).clamp(0, 4) as usize),
    }
}

/// Columns under their heads, all but the first to the right.
fn aligned(head: Vec<String>, rows: Vec<Vec<String>>) -> Vec<String> {
    /// Letters of a name.
    const MOST: usize = 20;
    let cut = |word: &String| {
        let short: String = word.chars().filter(|c| !c.is_control()).take(MOST).collect();
        if word.chars().count() > MOST { short + "…" } else { short }
    };
    let rows: Vec<Vec<String>> =
        std::iter::once(head).chain(rows).map(|row| row.iter().map(cut).collect()).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|w| w.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(i, (word, &width))| match i {
            0 => format!("{word:<width$}"),
            _ => format!("{word:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// From values to colours.
struct Ink {
    /// What is black, and what is white.
    ends: (f32, f32),
    channels: usize,
    width: usize,
}

impl Ink {
    /// The whole range of these samples; 0 to 1 and 0 to 255 where they keep to that.
    fn of(stored: &[SeenSample], (channels, width): (usize, usize)) -> Ink {
        let values = stored.iter().flat_map(|seen| seen.values.iter().copied());
        let (low, high) = values
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let usual = [(0.0, 1.0), (0.0, 255.0)];
        let fits = |&(from, to): &(f32, f32)| from <= low && high <= to;
        Ink { ends: usual.into_iter().find(fits).unwrap_or((low, high)), channels, width }
    }

    fn byte(&self, x: f32) -> u8 {
        let (low, high) = self.ends;
        let share = if high > low { (x - low) / (high - low) } else { 0.0 };
        (share.clamp(0.0, 1.0) * 255.0).round() as u8
    }

    fn sample(&self, seen: &SeenSample, words: String) -> Sample {
        let area = seen.values.len() / self.channels;
        let of = |channel: usize, pixel: usize| self.byte(seen.values[channel * area + pixel]);
        let colour = |pixel: usize| match self.channels {
            3 => [of(0, pixel), of(1, pixel), of(2, pixel)],
            _ => [of(0, pixel); 3],
        };
        let rgb = (0..area).flat_map(colour).collect();
        Sample { pixels: Pixels::new(self.width as u32, rgb), words }
    }

    fn words(&self, changed: bool) -> String {
        let (low, high) = self.ends;
        let [low, high] = [low, high].map(|x| number(f64::from(x)));
        let beyond = if changed { "; what is beyond is cut off here" } else { "" };
        let ends = format!("Black is {low}, white is {high}{beyond}.");
        match self.channels {
            1 | 3 => ends,
            n => format!("{ends} The first of {n} channels."),
        }
    }
}
