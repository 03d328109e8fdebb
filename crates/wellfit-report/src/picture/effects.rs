//! The forest plot: each arm's difference to the baseline, best on top.

use wellfit_diagnose::metric_words;
use wellfit_stats::Estimate;
use wellfit_train::record::ScoreKind;

use crate::chart::scale::{Scale, extent};
use crate::chart::{Ink, Item, Mark, Marker, Picture, SIZE, font, rectangle, rule, text};
use crate::text::Unit;
use crate::view::View;
use crate::words::{score_words, verdict};

/// Where things stand, for a width.
struct Layout {
    width: f64,
    wide: bool,
    /// Left and right end of the differences' axis.
    plot: (f64, f64),
    top: f64,
    row: f64,
}

/// The axis of differences.
struct Axis {
    scale: Scale,
    /// From stored values to those on the axis.
    factor: f64,
}

/// Columns to the right: their right ends, from the picture's right end.
const COLUMNS: [f64; 4] = [228.0, 150.0, 58.0, 0.0];

impl Layout {
    fn of(width: f64) -> Layout {
        let wide = width >= 600.0;
        if wide {
            Layout { width, wide, plot: (132.0, 352.0), top: 24.0, row: 32.0 }
        } else {
            Layout { width, wide, plot: (10.0, width - 10.0), top: 24.0, row: 64.0 }
        }
    }
}

/// The forest plot.
pub fn effects(view: &View, width: f64) -> Picture {
    let layout = Layout::of(width);
    let study = &view.records.study;
    let arms: Vec<usize> = view.best_first();
    let bottom = layout.top + layout.row * arms.len() as f64;
    let mut picture =
        Picture::new(width, bottom + 46.0, format!("Effects on {}", metric_words(study.primary)));
    picture.description = description(view, &arms);

    let axis = axis(view, &layout);
    let (scale, factor) = (&axis.scale, axis.factor);
    let margin = view.findings.margin;
    if margin.is_finite() && margin > 0.0 {
        let margin = margin * factor;
        let (from, to) = (scale.at(-margin), scale.at(margin));
        let (y, height) = (layout.top, bottom - layout.top);
        picture.add(rectangle(from, y, to - from, height, Ink::Zone, 1.0));
    }
    for tick in scale.ticks(if layout.wide { 4 } else { 5 }) {
        let x = scale.at(tick.value);
        picture.add(rule((x, layout.top), (x, bottom), Ink::Grid, 1.0));
        picture.add(text(x, bottom + 16.0, tick.label).muted().middle().mark());
    }
    let zero = scale.at(0.0);
    picture.add(rule((zero, layout.top), (zero, bottom), Ink::Axis, 1.25));
    heads(&mut picture, view, &layout);
    for (i, &arm) in arms.iter().enumerate() {
        let y = layout.top + layout.row * i as f64;
        row(&mut picture, view, arm, &layout, &axis, y);
    }
    let what = axis_name(view);
    picture.add(
        text((layout.plot.0 + layout.plot.1) / 2.0, bottom + 34.0, what).muted().middle().mark(),
    );
    if layout.wide && reaches_beyond(view) {
        let words = "arrow head: the interval goes on";
        picture.add(text(layout.width, bottom + 34.0, words).muted().end().mark());
    }
    picture
}

fn axis_name(view: &View) -> String {
    let primary = view.records.study.primary;
    let side = if primary.higher_is_better() { "right" } else { "left" };
    let points = if Unit::of_difference(primary) == Unit::Points { ", points" } else { "" };
    format!("difference in {}{points}; better to the {side}", metric_words(primary))
}

/// From the smallest to the largest interval, single seed and margin, in pixels;
/// values are in the unit of the axis.
fn axis(view: &View, layout: &Layout) -> Axis {
    let factor = Unit::of_difference(view.records.study.primary).factor();
    let (low, high) = ends(view);
    let ends = extent([low, high].map(|end| end * factor).into_iter(), 0.04);
    Axis { scale: Scale::new(ends.unwrap_or((-1.0, 1.0)), layout.plot), factor }
}

/// The differences to the baseline, by arm.
fn differences<'a>(view: &'a View) -> impl Iterator<Item = &'a Estimate> {
    view.findings.arms.iter().filter_map(|arm| Some(&arm.against_baseline.as_ref()?.primary))
}

/// How far an interval may reach beyond all seeds and means, as a share of their range,
/// before it is cut off: a few seeds have an interval so wide that it would hide the others.
const REACH: f64 = 0.75;

/// The smallest and largest difference that has a place in the picture: every single seed
/// and mean, and of the intervals those that do not squash them.
fn ends(view: &View) -> (f64, f64) {
    let margin = view.findings.margin;
    let always = differences(view).flat_map(|of| of.values.iter().copied().chain([of.mean]));
    let always = always.chain([0.0, margin * 1.5, -margin * 1.5]);
    let (low, high) = extent(always, 0.0).unwrap_or((0.0, 0.0));
    let reach = REACH * (high - low);
    let fits = |of: &&Estimate| of.low >= low - reach && of.high <= high + reach;
    let intervals = differences(view).filter(fits).flat_map(|of| [of.low, of.high]);
    extent(intervals.chain([low, high]), 0.0).unwrap_or((low, high))
}

/// Whether an interval goes on beyond the picture.
pub fn reaches_beyond(view: &View) -> bool {
    let (low, high) = ends(view);
    differences(view).any(|of| of.low < low || of.high > high)
}

fn heads(picture: &mut Picture, view: &View, layout: &Layout) {
    let primary = view.records.study.primary;
    let score = match (primary.extra(), primary.score()) {
        (None, None) => "loss",
        _ => "judged by",
    };
    if !layout.wide {
        let gap = if view.score() == ScoreKind::Accuracy { "gap in points" } else { "gap" };
        let words = format!("{score} · {} · {gap}, last epoch", score_words(view.score()).head);
        picture.add(text(0.0, 12.0, words).muted().mark());
        return;
    }
    let y = layout.top - 10.0;
    picture.add(text(0.0, y, "arm").muted().mark());
    picture.add(text(layout.plot.1 + 14.0, y, "judgement").muted().mark());
    let words = score_words(view.score());
    for (right, head) in COLUMNS.into_iter().zip([score, words.head, words.gap, "s/epoch"]) {
        picture.add(text(layout.width - right, y, head).muted().end().mark());
    }
}

/// The figures of an arm's row: primary score, accuracy or R², gap, seconds.
fn figures(view: &View, arm: usize) -> [String; 4] {
    let summary = &view.found(arm).summary;
    let unit = Unit::of_gap(view.score());
    let gap = unit.mean(&summary.last_gap);
    let before = view.findings.arms.first().map(|base| unit.mean(&base.summary.last_gap));
    let gap = match before {
        Some(before) if arm != 0 && summary.last_gap.is_known() => format!("{before} → {gap}"),
        _ => gap,
    };
    let seconds = summary.seconds_per_epoch;
    [
        Unit::of(view.records.study.primary).mean(&summary.primary),
        Unit::of_score(view.score()).mean(&summary.best_val_score),
        gap,
        if seconds.is_finite() { format!("{seconds:.2}") } else { "–".into() },
    ]
}

fn row(picture: &mut Picture, view: &View, arm: usize, layout: &Layout, axis: &Axis, y: f64) {
    let found = view.found(arm);
    let mut marks = Vec::new();
    let figures = figures(view, arm);
    let middle = if layout.wide {
        let base = y + layout.row / 2.0 + 4.0;
        let words = two_lines(&verdict(view, arm), 96.0);
        for (i, line) in words.iter().enumerate() {
            let y = if words.len() == 1 { base } else { base - 7.0 + 14.0 * i as f64 };
            marks.push(text(layout.plot.1 + 14.0, y, line.as_str()).mark());
        }
        for (i, (right, figure)) in COLUMNS.iter().zip(figures).enumerate() {
            let mut words = text(layout.width - right, base, figure).end();
            // The gap and the seconds are not what arms are judged by.
            if i >= 2 {
                words.ink = Ink::Muted;
            }
            marks.push(words.mark());
        }
        marks.push(text(0.0, base, view.name(arm)).at_most(122.0).mark());
        y + layout.row / 2.0
    } else {
        let base = y + 15.0;
        marks.push(text(0.0, base, view.name(arm)).bold().at_most(150.0).mark());
        marks.push(text(layout.width, base, verdict(view, arm)).end().at_most(180.0).mark());
        let [primary, score, gap, _] = figures;
        let line = format!("{primary} · {score} · {gap}");
        marks.push(text(0.0, y + 31.0, line).muted().mark());
        marks.push(rule((0.0, y), (layout.width, y), Ink::Grid, 1.0));
        y + 48.0
    };
    if let Some(against) = &found.against_baseline {
        estimate(&mut marks, &against.primary, arm, axis, middle);
    }
    let title = sentence(view, arm);
    picture.items.push(Item::Group { arm: Some(arm), title, marks });
}

/// Words in one line, or in two where they are wider than `room`.
fn two_lines(words: &str, room: f64) -> Vec<String> {
    if font::width(words, SIZE, false) <= room {
        return vec![words.into()];
    }
    let fits = |(at, _): &(usize, &str)| font::width(&words[..*at], SIZE, false) <= room;
    let at = words.match_indices(' ').rfind(fits).map_or(words.len(), |(at, _)| at);
    let rest = words[at..].trim_start();
    vec![words[..at].into(), font::fit(rest, SIZE, false, room)]
}

fn estimate(marks: &mut Vec<Mark>, primary: &Estimate, arm: usize, axis: &Axis, y: f64) {
    let at = |value: f64| axis.scale.at(value * axis.factor);
    let ink = Ink::Arm(arm);
    let marker = Marker::of(arm);
    for (i, value) in primary.values.iter().filter(|v| v.is_finite()).enumerate() {
        // Seeds beside the line, in two rows, so that equal ones stay visible.
        let at = (at(*value), if i % 2 == 0 { y + 6.0 } else { y - 6.0 });
        marks.push(Mark::Sign { at, radius: 1.8, marker: Marker::Circle, ink, opacity: 0.45 });
    }
    if primary.low.is_finite() && primary.high.is_finite() {
        marks.push(rule((at(primary.low), y), (at(primary.high), y), ink, 2.0));
        let (low, high) = axis.scale.domain();
        if primary.low * axis.factor < low {
            marks.push(arrow_head((at(primary.low), y), -1.0, ink));
        }
        if primary.high * axis.factor > high {
            marks.push(arrow_head((at(primary.high), y), 1.0, ink));
        }
    }
    if primary.mean.is_finite() {
        let at = (at(primary.mean), y);
        marks.push(Mark::Sign { at, radius: 3.8, marker, ink, opacity: 1.0 });
    }
}

/// A tip that points out of the picture: to the right (1) or to the left (−1).
fn arrow_head((x, y): (f64, f64), way: f64, ink: Ink) -> Mark {
    let back = x - way * 7.0;
    let points = vec![(x, y), (back, y - 4.5), (back, y + 4.5)];
    Mark::Area { points, ink, opacity: 1.0 }
}

/// An arm's row in words.
pub fn sentence(view: &View, arm: usize) -> String {
    let found = view.found(arm);
    let primary = view.records.study.primary;
    let unit = Unit::of_difference(primary);
    match &found.against_baseline {
        Some(against) if against.primary.mean.is_finite() => {
            let n = view.over().count(against.primary.n);
            let points = if unit == Unit::Points { " points" } else { "" };
            format!(
                "{}: {} {}{points} against the baseline ({n}). {}",
                found.name,
                metric_words(primary),
                unit.interval(&against.primary),
                found.sentence
            )
        }
        _ => format!("{}: {}", found.name, found.sentence),
    }
}

fn description(view: &View, arms: &[usize]) -> String {
    let rows: Vec<String> = arms.iter().map(|arm| sentence(view, *arm)).collect();
    format!(
        "Each row is an arm, best first: mean difference to the baseline with its 95 % interval; faint dots are single {}. {}",
        view.over().many(),
        rows.join(" ")
    )
}
