//! What a model gives on a set: tables in plain text, pictures in files.

use std::fs;
use std::path::{Path, PathBuf};

use wellfit_metrics::{ClassReport, Evaluated, Extra, Figure, NumberReport, Report};
use wellfit_stats::{Estimate, Interval, format};

use crate::ReportError;
use crate::chart::Picture;
use crate::chart::png::png;
use crate::chart::svg::{Ground, svg};
use crate::picture::{MOST_CLASSES, WIDE, calibration, confusion, scatter};
use crate::terminal::{Style, cut, length, wrap};
use crate::text::{abbreviated, short};
use crate::write::replace;

/// Columns of a terminal.
const WIDTH: usize = 80;
/// Classes of a matrix in a terminal; of more the commonest mistakes are named.
const MATRIX: usize = 12;
/// Classes of a table; of more those with the lowest F1.
const TABLE: usize = 20;
/// Letters of a class's name.
const NAME: usize = 20;
/// Letters of a bar.
const BAR: usize = 30;
/// Mistakes that are named.
const COMMON: usize = 10;

/// Scores with their intervals, who is taken for whom, calibration, the worst samples:
/// lines of at most 80 columns. `colour` makes heads bold or dim with ANSI codes.
pub fn evaluation_summary(of: &Evaluated, colour: bool) -> String {
    let style = Style { colour };
    let samples = format::count(of.report.samples());
    let head = format!("{} on the {}: {samples} samples of {}", of.model, of.set, of.data);
    let mut lines: Vec<String> =
        wrap(&head, WIDTH, 3).iter().map(|line| style.bold(line)).collect();
    lines.push(String::new());
    lines.extend(scores(of, style));
    match &of.report {
        Report::Classes(report) => {
            lines.extend(classes(report, style));
            lines.extend(match report.confusion.classes() <= MATRIX {
                true => matrix(report, style),
                false => commonest(report, style),
            });
            lines.extend(reliability(report, style));
            lines.extend(mistakes(report, &of.rows, style));
        }
        Report::Numbers(report) => {
            lines.extend(residuals(report, style));
            lines.extend(worst(report, &of.rows, style));
        }
    }
    if !of.notes.is_empty() {
        lines.push(String::new());
    }
    for note in &of.notes {
        lines.extend(style.headed("note", wrap(note, WIDTH - 8, usize::MAX)));
    }
    lines.join("\n") + "\n"
}

/// A value with its interval, with the digits that the interval allows.
fn with_interval(value: f64, interval: Option<Interval>, factor: f64) -> String {
    let unknown = Interval { low: f64::NAN, high: f64::NAN };
    let Interval { low, high } = interval.unwrap_or(unknown);
    let estimate = Estimate { mean: value, low, high, ..Estimate::of([value]) };
    format::estimate(&estimate.scaled(factor))
}

fn scores(of: &Evaluated, style: Style) -> Vec<String> {
    let figures = match &of.report {
        Report::Classes(report) => &report.figures,
        Report::Numbers(report) => &report.figures,
    };
    let loss =
        (format!("loss ({})", of.loss.name), with_interval(of.loss.value, of.loss.interval, 1.0));
    let row = |figure: &Figure| {
        let value = match figure.value {
            Ok(value) if figure.extra.is_share() => {
                format!("{} %", with_interval(value, figure.interval, 100.0))
            }
            Ok(value) => with_interval(value, figure.interval, 1.0),
            Err(why) => why.to_string(),
        };
        (figure.extra.words().to_owned(), value)
    };
    // The log loss is the loss again.
    let told = figures.iter().filter(|figure| figure.extra != Extra::LogLoss);
    let rows: Vec<(String, String)> = std::iter::once(loss).chain(told.map(row)).collect();
    let wide = rows.iter().map(|(name, _)| length(name)).max().unwrap_or(0);
    let mut lines = vec![style.dim(&format!("{:<wide$}  value [95 %]", "score"))];
    lines.extend(rows.into_iter().map(|(name, value)| format!("{name:<wide$}  {value}")));
    lines
}

/// A class's name, cut.
fn name(report: &ClassReport, class: usize) -> String {
    cut(&report.classes[class], NAME)
}

fn classes(report: &ClassReport, style: Style) -> Vec<String> {
    let mut order: Vec<usize> = (0..report.classes.len()).collect();
    let all = order.len();
    if all > TABLE {
        let f1 = |class: usize| report.per_class[class].f1;
        order.sort_by(|&a, &b| f1(a).total_cmp(&f1(b)));
        order.truncate(TABLE);
    }
    let wide = order.iter().map(|&class| length(&name(report, class))).max().unwrap_or(0).max(5);
    let head = format!(
        "{:<wide$}  {:>9}  {:>6}  {:>6}  {:>7}  {:>7}  {:>9}",
        "class", "precision", "recall", "F1", "AUC", "samples", "taken for"
    );
    let mut lines = vec![String::new(), style.dim(&head)];
    lines.extend(order.iter().map(|&class| {
        let of = &report.per_class[class];
        let auc = report.aucs[class];
        let share = |value: f64, of: u64| match of {
            0 => format::UNKNOWN.to_owned(),
            _ => format!("{value:.3}"),
        };
        format!(
            "{:<wide$}  {:>9}  {:>6}  {:>6}  {:>7}  {:>7}  {:>9}",
            name(report, class),
            share(of.precision, of.predicted),
            share(of.recall, of.support),
            share(of.f1, of.support + of.predicted),
            format::number(auc, 4),
            of.support,
            of.predicted
        )
    }));
    if all > TABLE {
        lines.push(style.dim(&format!("the {TABLE} classes with the lowest F1, of {all}")));
    }
    lines
}

/// The confusion matrix, its columns by number.
fn matrix(report: &ClassReport, style: Style) -> Vec<String> {
    let classes = report.confusion.classes();
    let number = |class: usize| format!("{} {}", class + 1, name(report, class));
    let wide = (0..classes).map(|class| length(&number(class))).max().unwrap_or(0).max(6);
    let heads: String = (1..=classes).map(|class| format!("{class:>5}")).collect();
    let mut lines = vec![
        String::new(),
        style.dim(&format!("{:<wide$} taken for class number", "class")),
        style.dim(&format!("{:<wide$}{heads}", "")),
    ];
    for truth in 0..classes {
        let cells: String = (0..classes)
            .map(|taken| match report.confusion.at(truth, taken) {
                0 => format!("{:>5}", "·"),
                n if truth == taken => style.bold(&format!("{:>5}", abbreviated(n))),
                n => format!("{:>5}", abbreviated(n)),
            })
            .collect();
        lines.push(format!("{:<wide$}{cells}", number(truth)));
    }
    lines
}

/// The mistakes that are made most often, where a matrix would be too large.
fn commonest(report: &ClassReport, style: Style) -> Vec<String> {
    let each = 0..report.confusion.classes();
    let pairs = each.clone().flat_map(|truth| each.clone().map(move |taken| (truth, taken)));
    let wrong = pairs.filter(|(truth, taken)| truth != taken);
    let mut wrong: Vec<(u64, usize, usize)> = wrong
        .map(|(truth, taken)| (report.confusion.at(truth, taken), truth, taken))
        .filter(|(n, ..)| *n > 0)
        .collect();
    if wrong.is_empty() {
        return Vec::new();
    }
    wrong.sort_by(|a, b| b.0.cmp(&a.0).then(a.cmp(b)));
    let mut lines = vec![String::new(), style.dim("the commonest mistakes")];
    lines.extend(wrong.into_iter().take(COMMON).map(|(n, truth, taken)| {
        let share = 100.0 * n as f64 / report.confusion.support(truth) as f64;
        let (truth, taken) = (name(report, truth), name(report, taken));
        format!("{n:>6}  {truth} taken for {taken} ({share:.1} % of them)")
    }));
    lines
}

/// How often the network is right, by how sure it says it is.
fn reliability(report: &ClassReport, style: Style) -> Vec<String> {
    let bins = || report.calibration.bins.iter().filter(|bin| bin.samples > 0);
    let mut lines = vec![
        String::new(),
        style.dim(&format!(
            "{:<11}  {:>7}  {:>7}  {:>7}  {}",
            "sure by", "samples", "on av.", "right", "█ how often right, │ how sure"
        )),
    ];
    lines.extend(bins().map(|bin| {
        let at = |share: f64| (share * BAR as f64).round() as usize;
        let (right, said) = (at(bin.accuracy), at(bin.confidence).saturating_sub(1));
        let letter = |i: usize| match i {
            _ if i == said => '│',
            _ if i < right => '█',
            _ => ' ',
        };
        let bar: String = (0..BAR).map(letter).collect();
        format!(
            "{:>3.0}–{:<3.0} %    {:>7}  {:>5.1} %  {:>5.1} %  {}",
            100.0 * bin.low,
            100.0 * bin.high,
            abbreviated(bin.samples),
            100.0 * bin.confidence,
            100.0 * bin.accuracy,
            bar.trim_end()
        )
    }));
    let samples: u64 = bins().map(|bin| bin.samples).sum();
    let over = |of: fn(&wellfit_metrics::Bin) -> f64| {
        bins().map(|bin| bin.samples as f64 * of(bin)).sum::<f64>() / samples as f64
    };
    let (sure, right) = (over(|bin| bin.confidence), over(|bin| bin.accuracy));
    lines.push(style.dim(&format!(
        "it says that it is sure by {:.1} %, and is right in {:.1} %",
        100.0 * sure,
        100.0 * right
    )));
    lines
}

fn mistakes(report: &ClassReport, rows: &[String], style: Style) -> Vec<String> {
    if report.mistakes.is_empty() {
        return vec![String::new(), "No sample is mistaken.".to_owned()];
    }
    let wide = rows.iter().map(|row| length(row).min(NAME)).max().unwrap_or(0).max(3);
    let head = format!("{:>wide$}  surest mistakes", "row");
    let mut lines = vec![String::new(), style.dim(&head)];
    lines.extend(report.mistakes.iter().zip(rows).map(|(of, row)| {
        let (class, taken) = (name(report, of.class), name(report, of.predicted));
        let sure = 100.0 * of.probability;
        format!("{:>wide$}  {class} taken for {taken}, sure by {sure:.1} %", cut(row, NAME))
    }));
    lines
}

fn residuals(report: &NumberReport, style: Style) -> Vec<String> {
    let names = report.targets.iter().map(|of| length(&of.name).min(NAME));
    let wide = names.max().unwrap_or(0).max(6);
    let heads = ["RMSE", "MAE", "R²", "mean", "5 %", "25 %", "50 %", "75 %", "95 %"];
    let head: String = heads.map(|head| format!("{head:>8}")).concat();
    let mut lines = vec![
        String::new(),
        style.dim(&format!("{:<wide$}{:24}  prediction − target", "", "")),
        style.dim(&format!("{:<wide$}{head}", "target")),
    ];
    lines.extend(report.targets.iter().map(|of| {
        let [a, b, c, d, e] = of.quantiles;
        let cells = [of.rmse, of.mae, of.r2, of.bias, a, b, c, d, e];
        let cells: String = cells.map(|value| format!("{:>8}", short(value))).concat();
        format!("{:<wide$}{cells}", cut(&of.name, NAME))
    }));
    lines
}

fn worst(report: &NumberReport, rows: &[String], style: Style) -> Vec<String> {
    if report.worst.is_empty() {
        return Vec::new();
    }
    let wide = rows.iter().map(|row| length(row).min(NAME)).max().unwrap_or(0).max(3);
    let head =
        format!("{:>wide$}  {:>10}  {:>10}  {:>10}  target", "row", "true", "predicted", "error");
    let mut lines = vec![String::new(), style.dim("the worst predictions"), style.dim(&head)];
    lines.extend(report.worst.iter().zip(rows).map(|(of, row)| {
        format!(
            "{:>wide$}  {:>10}  {:>10}  {:>10}  {}",
            cut(row, NAME),
            short(of.truth),
            short(of.predicted),
            short(of.predicted - of.truth),
            cut(&report.targets[of.target].name, NAME)
        )
    }));
    lines
}

/// Writes `evaluation.json` and pictures, each as `.svg` and `.png`, into a folder, which
/// is made when missing: `confusion` (for up to 100 classes) and `calibration`, or for
/// numbers `predictions`. The files that were written.
///
/// # Errors
/// A file or folder that cannot be written.
pub fn write_evaluation(folder: &Path, of: &Evaluated) -> Result<Vec<PathBuf>, ReportError> {
    fs::create_dir_all(folder)
        .map_err(|source| ReportError::Write { path: folder.to_path_buf(), source })?;
    let title = |what: &str| format!("{what}, {} of {}", of.set, of.model);
    let pictures: Vec<(&str, Picture)> = match &of.report {
        Report::Classes(report) => {
            let matrix = report.confusion.classes() <= MOST_CLASSES;
            let matrix =
                matrix.then(|| ("confusion", confusion(report, &title("Confusion matrix"), WIDE)));
            let curve = calibration(report, &title("Calibration"), WIDE);
            matrix.into_iter().chain([("calibration", curve)]).collect()
        }
        Report::Numbers(report) => {
            vec![("predictions", scatter(report, &title("Predictions"), WIDE))]
        }
    };
    let json = folder.join("evaluation.json");
    replace(&json, format!("{:#}\n", of.json()).as_bytes())?;
    let mut written = vec![json];
    for (name, picture) in pictures {
        let picture = picture.with_border(16.0);
        let files =
            [("svg", svg(&picture, Ground::White, name).into_bytes()), ("png", png(&picture)?)];
        for (ending, bytes) in files {
            let path = folder.join(format!("{name}.{ending}"));
            replace(&path, &bytes)?;
            written.push(path);
        }
    }
    Ok(written)
}
