//! Validation curves: training and validation score against a remedy's strength.

use wellfit_diagnose::{Axis, StrengthFamily, StrengthPoint, metric_words, strength};
use wellfit_stats::Estimate;
use wellfit_stats::format::count as thousands;
use wellfit_train::plan::Metric;

use crate::chart::scale::{Scale, Tick, extent, minus};
use crate::chart::{Anchor, Ink, Item, Mark, Marker, Picture, SMALL, font, rectangle, rule, text};
use crate::text::Unit;
use crate::view::View;

/// How training lines are dashed.
const DASH: &[f64] = &[5.0, 3.5];

/// What the baseline's lines are dashed with.
const DOTS: &[f64] = &[1.5, 3.0];

/// The room of a family's panel: its name, the plot, the axis.
const NAME: f64 = 24.0;
const AXIS: f64 = 50.0;

/// A panel for each family of strengths, one below the other.
pub fn strengths(view: &View, width: f64) -> Picture {
    let wide = width >= 600.0;
    let plot = if wide { 216.0 } else { 180.0 };
    let families = &view.findings.strengths;
    let key = 26.0;
    let height = key + families.len() as f64 * (NAME + plot + AXIS);
    let mut picture = Picture::new(width, height, "Score against strength");
    let sentences: Vec<&str> = families.iter().map(|family| family.sentence.as_str()).collect();
    picture.description = sentences.join(". ");
    legend(&mut picture);
    for (i, family) in families.iter().enumerate() {
        let top = key + i as f64 * (NAME + plot + AXIS) + NAME;
        let right = width - if wide { 92.0 } else { 16.0 };
        panel(&mut picture, family, &Frame { left: 52.0, right, top, bottom: top + plot, wide });
    }
    picture
}

/// Where a panel is drawn.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    wide: bool,
}

fn legend(picture: &mut Picture) {
    let mut x = 0.0;
    let entries: [(&'static [f64], &str, f64); 3] =
        [(&[], "validation", 96.0), (DASH, "training", 88.0), (DOTS, "baseline", 88.0)];
    for (dash, words, wide) in entries {
        let ink = if dash == DOTS { Ink::Arm(0) } else { Ink::Arm(1) };
        let points = vec![(x, 9.0), (x + 22.0, 9.0)];
        picture.add(Mark::Line { points, ink, width: 1.75, dash, opacity: 1.0 });
        picture.add(text(x + 28.0, 13.0, words).muted().mark());
        x += wide;
    }
}

fn panel(picture: &mut Picture, family: &StrengthFamily, frame: &Frame) {
    let metric = Metric::from_name(family.metrics[1]).unwrap_or(Metric::ValLoss);
    let unit = Unit::of(metric);
    let x = Horizontal::of(family, frame);
    let ends = |estimate: &Estimate| [estimate.mean, estimate.low, estimate.high];
    let values = family
        .points
        .iter()
        .flat_map(|point| ends(&point.validation).into_iter().chain(ends(&point.training)));
    let values = values.chain(family.baseline.iter().map(|estimate| estimate.mean));
    let next = family.learning.as_ref().and_then(|learning| learning.next);
    let expected = next.into_iter().flat_map(|next| {
        let ends = next.interval.map_or([f64::NAN; 2], |interval| [interval.low, interval.high]);
        [next.score, ends[0], ends[1]]
    });
    let values = values.chain(expected);
    let domain = extent(values.map(|value| value * unit.factor()), 0.06).unwrap_or((0.0, 1.0));
    let y = Scale::new(domain, (frame.bottom, frame.top));
    let at = |value: f64| y.at(value * unit.factor());

    let percent = if unit == Unit::Percent { " (%)" } else { "" };
    let what = match family.axis {
        Axis::Strength => "strength",
        Axis::Samples => "training samples",
        Axis::Parameters => "parameters of the network",
    };
    let name = format!("{}: {}{percent} by {what}", family.family, counterpart(metric));
    picture.add(text(0.0, frame.top - 10.0, name).bold().at_most(frame.right).mark());
    if let Some(taken) = family.taken() {
        let place = x.at(taken.place);
        let height = frame.bottom - frame.top;
        picture.add(rectangle(place - 9.0, frame.top, 18.0, height, Ink::Zone, 1.0));
        picture.add(text(place, frame.top + 12.0, "take").muted().middle().mark());
    }
    for tick in y.ticks(4) {
        let height = y.at(tick.value);
        picture.add(rule((frame.left, height), (frame.right, height), Ink::Grid, 1.0));
        picture.add(text(frame.left - 6.0, height + 4.0, tick.label).muted().end().mark());
    }
    picture.add(rule((frame.left, frame.bottom), (frame.right, frame.bottom), Ink::Axis, 1.25));
    for Tick { value, label } in x.ticks() {
        let place = x.at(value);
        picture.add(rule((place, frame.bottom), (place, frame.bottom + 4.0), Ink::Axis, 1.0));
        picture.add(text(place, frame.bottom + 17.0, label).muted().middle().mark());
    }
    let scale = if family.logarithmic { ", on a logarithmic scale" } else { "" };
    let words = format!("{what}{scale}");
    let middle = (frame.left + frame.right) / 2.0;
    picture.add(text(middle, frame.bottom + 35.0, words).muted().middle().mark());

    for (estimate, dash) in family.baseline.iter().zip([true, false]) {
        if estimate.is_known() {
            let height = at(estimate.mean);
            let points = vec![(frame.left, height), (frame.right, height)];
            let width = if dash { 1.0 } else { 1.5 };
            picture.add(Mark::Line { points, ink: Ink::Arm(0), width, dash: DOTS, opacity: 1.0 });
        }
    }
    let lines = Lines { x: &x, at: &at };
    let mut marks = lines.line(family, |point| &point.training, DASH);
    marks.extend(lines.line(family, |point| &point.validation, &[]));
    marks.extend(family.points.iter().flat_map(|point| lines.whisker(point)));
    marks.extend(lines.expected(family, metric));
    let title = family.sentence.clone();
    picture.items.push(Item::Group { arm: None, title, marks });
    labels(picture, family, frame, &at);
}

/// `loss`, `accuracy`, `R²`: what training and validation have in common.
fn counterpart(metric: Metric) -> &'static str {
    let words = metric_words(metric);
    words.strip_prefix("validation ").unwrap_or(words)
}

/// From values to heights, and from strengths to places.
struct Lines<'a> {
    x: &'a Horizontal,
    at: &'a dyn Fn(f64) -> f64,
}

impl Lines<'_> {
    /// A line over the strengths that have the figure, in pieces where one has not.
    fn line(
        &self,
        family: &StrengthFamily,
        of: fn(&StrengthPoint) -> &Estimate,
        dash: &'static [f64],
    ) -> Vec<Mark> {
        let known = |point: &StrengthPoint| of(point).is_known();
        let pieces = family.points.chunk_by(|a, b| known(a) && known(b));
        pieces
            .filter(|piece| piece.len() > 1)
            .map(|piece| {
                let place = |p: &StrengthPoint| (self.x.at(p.place), (self.at)(of(p).mean));
                let points = piece.iter().map(place).collect();
                Mark::Line { points, ink: Ink::Arm(1), width: 1.75, dash, opacity: 1.0 }
            })
            .collect()
    }

    /// What a learning curve expects at more samples, dashed, with its interval.
    fn expected(&self, family: &StrengthFamily, metric: Metric) -> Vec<Mark> {
        let Some(learning) = &family.learning else { return Vec::new() };
        let (Some(curve), Some(next)) = (learning.curve, learning.next) else { return Vec::new() };
        let score = |error: f64| if metric.higher_is_better() { 1.0 - error } else { error };
        let largest = family.points.iter().map(|point| point.place).fold(0.0, f64::max);
        let end = next.samples as f64;
        const STEPS: i32 = 12;
        let size = |i: i32| largest * (end / largest).powf(f64::from(i) / f64::from(STEPS));
        let points = (0..=STEPS).map(|i| (self.x.at(size(i)), (self.at)(score(curve.at(size(i))))));
        let line = |points: Vec<(f64, f64)>, width| Mark::Line {
            points,
            ink: Ink::Arm(1),
            width,
            dash: DASH,
            opacity: 1.0,
        };
        let x = self.x.at(end);
        let interval = next.interval.map(|interval| {
            line(vec![(x, (self.at)(interval.low)), (x, (self.at)(interval.high))], 1.25)
        });
        let at = (x, (self.at)(next.score));
        let (radius, marker) = (3.8, Marker::Circle);
        let sign = Mark::Sign { at, radius, marker, ink: Ink::Arm(1), opacity: 0.6 };
        [line(points.collect(), 1.25)].into_iter().chain(interval).chain([sign]).collect()
    }

    /// A strength's validation score with its interval.
    fn whisker(&self, point: &StrengthPoint) -> Vec<Mark> {
        let of = &point.validation;
        if !of.is_known() {
            return Vec::new();
        }
        let x = self.x.at(point.place);
        let interval = of
            .has_interval()
            .then(|| rule((x, (self.at)(of.low)), (x, (self.at)(of.high)), Ink::Arm(1), 1.25));
        let at = (x, (self.at)(of.mean));
        let sign =
            Mark::Sign { at, radius: 3.8, marker: Marker::Circle, ink: Ink::Arm(1), opacity: 1.0 };
        interval.into_iter().chain([sign]).collect()
    }
}

/// What the lines are, at their right ends.
fn labels(picture: &mut Picture, family: &StrengthFamily, frame: &Frame, at: &dyn Fn(f64) -> f64) {
    if !frame.wide {
        return;
    }
    let last = |of: fn(&StrengthPoint) -> &Estimate| {
        let mut points: Vec<&StrengthPoint> = family.points.iter().collect();
        points.sort_by(|a, b| b.place.total_cmp(&a.place));
        points.into_iter().map(of).find(|estimate| estimate.is_known())
    };
    let lines = [
        ("validation", last(|point| &point.validation), Ink::Arm(1)),
        ("training", last(|point| &point.training), Ink::Arm(1)),
        ("baseline", Some(&family.baseline[1]).filter(|of| of.is_known()), Ink::Arm(0)),
        ("its training", Some(&family.baseline[0]).filter(|of| of.is_known()), Ink::Arm(0)),
    ];
    let known: Vec<(&str, f64, Ink)> =
        lines.into_iter().filter_map(|(name, of, ink)| Some((name, at(of?.mean), ink))).collect();
    let wanted: Vec<f64> = known.iter().map(|(_, height, _)| *height).collect();
    let heights = crate::chart::labels::spread(&wanted, 14.0, frame.top, frame.bottom);
    for ((name, _, ink), height) in known.into_iter().zip(heights) {
        let Some(height) = height else { continue };
        let mut label = text(frame.right + 8.0, height + 4.0, name);
        (label.ink, label.size, label.anchor) = (ink, SMALL, Anchor::Start);
        picture.add(label.mark());
    }
}

/// The axis of strengths, sizes or parameters.
struct Horizontal {
    scale: Scale,
    logarithmic: bool,
    axis: Axis,
    /// In rising order.
    places: Vec<f64>,
}

impl Horizontal {
    fn of(family: &StrengthFamily, frame: &Frame) -> Horizontal {
        let next = family.learning.as_ref().and_then(|learning| learning.next);
        let mut places: Vec<f64> = family.points.iter().map(|point| point.place).collect();
        places.extend(next.map(|next| next.samples as f64));
        places.sort_by(f64::total_cmp);
        let logarithmic = family.logarithmic;
        let along = |value: &f64| if logarithmic { value.log10() } else { *value };
        let ends = extent(places.iter().map(along), 0.0).unwrap_or((0.0, 1.0));
        let range = (frame.left + 14.0, frame.right - 14.0);
        Horizontal { scale: Scale::new(ends, range), logarithmic, axis: family.axis, places }
    }

    fn at(&self, place: f64) -> f64 {
        self.scale.at(if self.logarithmic { place.log10() } else { place })
    }

    /// The places themselves, as many as have room for their names.
    fn ticks(&self) -> Vec<Tick> {
        let mut free = f64::NEG_INFINITY;
        let mut ticks = Vec::new();
        for &value in &self.places {
            let label = match self.axis {
                Axis::Strength => minus(&strength(value)),
                Axis::Samples | Axis::Parameters => thousands(value as usize),
            };
            let place = self.at(value);
            let half = font::width(&label, SMALL, false) / 2.0;
            if place - half >= free {
                free = place + half.max(16.0) + 10.0;
                ticks.push(Tick { value, label });
            }
        }
        ticks
    }
}
