//! Loss above, accuracy or R² below, by epoch.

use crate::chart::labels::spread;
use crate::chart::scale::{Scale, epoch_ticks, extent};
use crate::chart::{Anchor, Ink, Item, Mark, Marker, Picture, SMALL, font, rule, text};
use crate::curves::{Figure, Kept, Point};
use crate::text::Unit;
use crate::view::View;
use crate::words::{loss_panel, score_words};

/// How training lines are dashed.
const DASH: &[f64] = &[5.0, 3.5];

/// A panel: its figures, validation first, and its words.
struct Panel {
    name: String,
    figures: [Figure; 2],
    /// From stored values to those on the axis.
    factor: f64,
    /// Whether these are losses; else scores.
    losses: bool,
}

fn panels(view: &View) -> [Panel; 2] {
    [
        Panel {
            name: loss_panel(view),
            figures: [Figure::ValLoss, Figure::TrainEvalLoss],
            factor: 1.0,
            losses: true,
        },
        Panel {
            name: score_words(view.score()).panel.into(),
            figures: [Figure::ValScore, Figure::TrainScore],
            factor: Unit::of_score(view.score()).factor(),
            losses: false,
        },
    ]
}

/// Where a panel is drawn.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// Room for labels to the right.
    labels: f64,
}

/// A panel's scales.
struct Place<'a> {
    frame: &'a Frame,
    x: Scale,
    y: Scale,
    factor: f64,
}

impl Place<'_> {
    fn point(&self, at: &Point, value: f64) -> (f64, f64) {
        (self.x.at(at.epoch as f64), self.y.at(value * self.factor))
    }
}

/// The curves of some arms.
pub fn curves(view: &View, arms: &[usize], width: f64) -> Picture {
    let wide = width >= 600.0;
    let height = if wide { 216.0 } else { 180.0 };
    let (key, title, between) = (26.0, 22.0, 16.0);
    let below = 46.0;
    let total = key + 2.0 * (title + height) + between + below;
    let mut picture =
        Picture::new(width, total, format!("Loss and {} by epoch", score_words(view.score()).name));
    picture.description = description(view, arms);
    legend(&mut picture, has_band(view, arms), view.trial_words()[0]);

    let labels = label_room(view, arms, wide);
    let frame = |i: usize| {
        let top = key + title + i as f64 * (height + title + between);
        Frame { left: 40.0, right: width - labels - 12.0, top, bottom: top + height, labels }
    };
    let epochs = arms.iter().map(|a| view.curves[*a].epochs()).max().unwrap_or(0).max(1);
    for (i, panel) in panels(view).iter().enumerate() {
        draw(&mut picture, view, arms, panel, &frame(i), epochs);
    }
    let last = frame(1);
    epoch_axis(&mut picture, &last, epochs);
    rate_cuts(&mut picture, view, arms, &last, epochs);
    multiples(&mut picture, view, arms);
    picture
}

/// Other arms than those of the main picture that get a small one, at most.
const SMALL_ONES: usize = 12;

/// Below the main picture: each other arm against the baseline, loss above score,
/// all on the same scales.
fn multiples(picture: &mut Picture, view: &View, arms: &[usize]) {
    let others: Vec<usize> = (1..view.arms()).filter(|arm| !arms.contains(arm)).collect();
    let some: Vec<usize> = others.iter().copied().take(SMALL_ONES).collect();
    if some.is_empty() {
        return;
    }
    let columns = if picture.width >= 600.0 { 3 } else { 2 };
    let (axis, gap, name, height, between) = (34.0, 20.0, 20.0, 76.0, 10.0);
    let wide = (picture.width - axis - gap * (columns - 1) as f64) / columns as f64;
    let all: Vec<usize> = std::iter::once(0).chain(some.iter().copied()).collect();
    let epochs = all.iter().map(|arm| view.curves[*arm].epochs()).max().unwrap_or(0).max(1);
    let mut words =
        format!("Other arms against the baseline: loss, {}", score_words(view.score()).head);
    if some.len() < others.len() {
        words += &format!("; {} of {}", some.len(), others.len());
    }
    picture.add(text(0.0, picture.height + 22.0, words).bold().at_most(picture.width).mark());

    let start = picture.height + 34.0;
    let cell = name + 2.0 * height + between + 30.0;
    for (i, &arm) in some.iter().enumerate() {
        let left = axis + (i % columns) as f64 * (wide + gap);
        let top = start + (i / columns) as f64 * cell;
        let points = vec![(left, top + 10.0), (left + 14.0, top + 10.0)];
        let ink = Ink::Arm(arm);
        picture.add(Mark::Line { points, ink, width: 2.5, dash: &[], opacity: 1.0 });
        let mut label = text(left + 19.0, top + 14.0, view.name(arm));
        label.size = SMALL;
        picture.add(label.at_most(wide - 19.0).mark());
        let mut bottom = top + name;
        for panel in &panels(view) {
            let top = bottom + between;
            bottom = top + height;
            let frame = Frame { left, right: left + wide, top, bottom, labels: 0.0 };
            let x = across(&frame, epochs);
            let y = Scale::new(values(view, &all, panel), (bottom, top));
            let place = Place { frame: &frame, x, y, factor: panel.factor };
            grid(picture, &place, 3, i % columns == 0);
            plot(picture, view, &[0, arm], panel, &place);
        }
        picture.add(rule((left, bottom), (left + wide, bottom), Ink::Axis, 1.0));
        let mut ends = vec![(left, 1, Anchor::Start)];
        if epochs > 1 {
            ends.push((left + wide, epochs, Anchor::End));
        }
        for (x, epoch, anchor) in ends {
            let mut label = text(x, bottom + 13.0, epoch.to_string()).muted();
            label.anchor = anchor;
            picture.add(label.mark());
        }
    }
    picture.height = start + some.len().div_ceil(columns) as f64 * cell;
}

fn across(frame: &Frame, epochs: usize) -> Scale {
    let domain = if epochs == 1 { (0.5, 1.5) } else { (1.0, epochs as f64) };
    Scale::new(domain, (frame.left, frame.right))
}

/// Whether any line has a band.
fn has_band(view: &View, arms: &[usize]) -> bool {
    let points = |arm: usize| Figure::ALL.iter().flat_map(move |f| view.curves[arm].points(*f));
    arms.iter().flat_map(|arm| points(*arm)).any(|point| point.estimate.n > 1)
}

fn legend(picture: &mut Picture, band: bool, one: &str) {
    let y = 12.0;
    let mut x = 0.0;
    let entries: [(&str, &'static [f64]); 2] = [("validation", &[]), ("training", DASH)];
    for (words, dash) in entries {
        let points = vec![(x, y - 4.0), (x + 24.0, y - 4.0)];
        picture.add(Mark::Line { points, ink: Ink::Muted, width: 1.8, dash, opacity: 1.0 });
        picture.add(text(x + 29.0, y, words).muted().mark());
        x += 29.0 + font::width(words, SMALL, false) + 18.0;
    }
    let sign = Marker::Circle;
    picture.add(Mark::Sign {
        at: (x + 4.0, y - 4.0),
        radius: 4.0,
        marker: sign,
        ink: Ink::Muted,
        opacity: 1.0,
    });
    picture.add(text(x + 12.0, y, "kept epoch").muted().mark());
    x += 12.0 + font::width("kept epoch", SMALL, false) + 18.0;
    let words = format!("band: smallest to largest {one}");
    if band && x + font::width(&words, SMALL, false) < picture.width {
        picture.add(text(x, y, words).muted().mark());
    }
}

fn label_room(view: &View, arms: &[usize], wide: bool) -> f64 {
    let most = if wide { 150.0 } else { 84.0 };
    let room = arms.iter().map(|arm| font::width(view.name(*arm), SMALL, false) + 8.0);
    room.fold(40.0, f64::max).min(most)
}

/// Where an axis of values begins and ends: at the mean lines and the single
/// trials; intervals may reach beyond and are cut. A run that diverges must not
/// flatten the others: the axis ends at three times the baseline's largest value.
fn values(view: &View, arms: &[usize], panel: &Panel) -> (f64, f64) {
    let all = |arm: usize| {
        let points = panel.figures.iter().flat_map(move |f| view.curves[arm].points(*f));
        points.flat_map(|p| p.estimate.values.iter().copied().chain([p.estimate.mean]))
    };
    let first = arms.first().and_then(|arm| extent(all(*arm), 0.0));
    let cap = first.map_or(f64::INFINITY, |(_, high)| high.abs() * 3.0 + 1e-9);
    let values = arms.iter().flat_map(|arm| all(*arm)).map(|v| v.min(cap) * panel.factor);
    extent(values, 0.04).unwrap_or((0.0, 1.0))
}

fn draw(
    picture: &mut Picture,
    view: &View,
    arms: &[usize],
    panel: &Panel,
    frame: &Frame,
    epochs: usize,
) {
    let x = across(frame, epochs);
    let y = Scale::new(values(view, arms, panel), (frame.bottom, frame.top));
    let place = Place { frame, x, y, factor: panel.factor };
    picture.add(text(0.0, frame.top - 9.0, panel.name.as_str()).bold().mark());
    grid(picture, &place, 5, true);
    let any = arms.iter().any(|arm| {
        panel.figures.iter().any(|figure| !view.curves[*arm].points(*figure).is_empty())
    });
    if !any {
        let middle = ((frame.left + frame.right) / 2.0, (frame.top + frame.bottom) / 2.0);
        picture.add(text(middle.0, middle.1, "no figures").muted().middle().mark());
    }
    plot(picture, view, arms, panel, &place);
    kept(picture, view, arms, panel, &place);
    end_labels(picture, view, arms, panel, &place);
}

fn grid(picture: &mut Picture, place: &Place, wanted: usize, named: bool) {
    let Frame { left, right, .. } = *place.frame;
    for tick in place.y.ticks(wanted) {
        let at = place.y.at(tick.value);
        picture.add(rule((left, at), (right, at), Ink::Grid, 1.0));
        if named {
            picture.add(text(left - 6.0, at + 4.0, tick.label).muted().end().mark());
        }
    }
}

/// Bands first, so that no band covers a line.
fn plot(picture: &mut Picture, view: &View, arms: &[usize], panel: &Panel, place: &Place) {
    for &arm in arms {
        for figure in panel.figures {
            for points in bands(view.curves[arm].points(figure), place) {
                picture.add(Mark::Area { points, ink: Ink::Arm(arm), opacity: 0.16 });
            }
        }
    }
    for &arm in arms {
        let mut marks = Vec::new();
        for (figure, dash) in panel.figures.into_iter().zip([&[], DASH]) {
            marks.extend(lines(view.curves[arm].points(figure), place, arm, dash));
        }
        let title = format!("{}: {}", view.name(arm), panel.name);
        picture.items.push(Item::Group { arm: Some(arm), title, marks });
    }
}

/// The points in runs of consecutive epochs.
fn runs(points: &[Point]) -> impl Iterator<Item = &[Point]> {
    points.chunk_by(|a, b| a.epoch + 1 == b.epoch)
}

fn bands(points: &[Point], place: &Place) -> Vec<Vec<(f64, f64)>> {
    runs(points)
        .filter(|run| run.len() > 1 && run.iter().any(|p| p.estimate.n > 1))
        .map(|run| {
            let up = run.iter().map(|p| place.point(p, p.range().1));
            up.chain(run.iter().rev().map(|p| place.point(p, p.range().0))).collect()
        })
        .collect()
}

fn lines(points: &[Point], place: &Place, arm: usize, dash: &'static [f64]) -> Vec<Mark> {
    let ink = Ink::Arm(arm);
    let at = |p: &Point| place.point(p, p.estimate.mean);
    runs(points)
        .map(|run| match run {
            [alone] => {
                let opacity = if dash.is_empty() { 1.0 } else { 0.6 };
                Mark::Sign { at: at(alone), radius: 2.6, marker: Marker::of(arm), ink, opacity }
            }
            run => {
                let points = run.iter().map(at).collect();
                Mark::Line { points, ink, width: 1.8, dash, opacity: 1.0 }
            }
        })
        .collect()
}

/// A dot at the median kept epoch on the validation line; among losses, where there
/// is room, with the epochs' range.
fn kept(picture: &mut Picture, view: &View, arms: &[usize], panel: &Panel, place: &Place) {
    let dot = |&arm: &usize| {
        let kept = view.curves[arm].kept?;
        let point = view.curves[arm].at(panel.figures[0], kept.median)?;
        Some((arm, kept, place.point(point, point.estimate.mean)))
    };
    let dots: Vec<(usize, Kept, (f64, f64))> = arms.iter().filter_map(dot).collect();
    // Labels so far: middle, base line, half their width.
    let mut taken: Vec<(f64, f64, f64)> = Vec::new();
    for &(arm, kept, at) in &dots {
        let (ink, marker) = (Ink::Arm(arm), Marker::of(arm));
        picture.add(Mark::Sign { at, radius: 6.0, marker, ink: Ink::Paper, opacity: 1.0 });
        picture.add(Mark::Sign { at, radius: 4.0, marker, ink, opacity: 1.0 });
        if arms.len() > 3 || !panel.losses {
            continue;
        }
        let words = match kept.first == kept.last {
            true => format!("epoch {}", kept.median),
            false => format!("epoch {} ({}–{})", kept.median, kept.first, kept.last),
        };
        let half = font::width(&words, SMALL, false) / 2.0;
        let (left, right) = (place.frame.left + half, place.frame.right - half);
        let x = at.0.min(right).max(left);
        let covers = |y: f64| {
            move |(ox, oy, oh): &(f64, f64, f64)| {
                (ox - x).abs() < oh + half + 6.0 && (oy - y).abs() < 13.0
            }
        };
        let on_dot = |y: f64| {
            dots.iter()
                .any(|(.., (ox, oy))| (ox - x).abs() < half + 6.0 && (oy - y + 2.5).abs() < 11.5)
        };
        let free = |y: &f64| !taken.iter().any(covers(*y)) && !on_dot(*y);
        let y = [at.1 - 11.0, at.1 + 19.0].into_iter().find(free);
        if let Some(y) = y {
            taken.push((x, y, half));
            picture.add(text(x, y, words).muted().middle().halo().mark());
        }
    }
}

fn end_labels(picture: &mut Picture, view: &View, arms: &[usize], panel: &Panel, place: &Place) {
    let ends: Vec<(usize, (f64, f64))> = arms
        .iter()
        .filter_map(|&arm| {
            let curves = &view.curves[arm];
            let last = panel.figures.iter().find_map(|f| curves.points(*f).last())?;
            Some((arm, place.point(last, last.estimate.mean)))
        })
        .collect();
    let frame = place.frame;
    let wanted: Vec<f64> = ends.iter().map(|(_, (_, y))| *y).collect();
    let heights = spread(&wanted, 14.0, frame.top + 4.0, frame.bottom - 4.0);
    for ((arm, end), height) in ends.into_iter().zip(heights) {
        let Some(height) = height else { continue };
        let x = frame.right + 12.0;
        let (points, ink) = (vec![end, (x - 2.0, height)], Ink::Arm(arm));
        picture.add(Mark::Line { points, ink, width: 0.75, dash: &[], opacity: 0.8 });
        let mut label = text(x, height + 4.0, view.name(arm));
        label.size = SMALL;
        picture.add(label.at_most(frame.labels).mark());
    }
}

fn epoch_axis(picture: &mut Picture, frame: &Frame, epochs: usize) {
    let x = across(frame, epochs);
    picture.add(rule((frame.left, frame.bottom), (frame.right, frame.bottom), Ink::Axis, 1.0));
    let wanted = if frame.right - frame.left > 400.0 { 10 } else { 5 };
    for epoch in epoch_ticks(epochs, wanted) {
        let at = x.at(epoch as f64);
        picture.add(text(at, frame.bottom + 26.0, epoch.to_string()).muted().middle().mark());
    }
    let middle = (frame.left + frame.right) / 2.0;
    picture.add(text(middle, frame.bottom + 42.0, "epoch").muted().middle().mark());
}

/// Ticks below the axis, as long as the share of trials whose rate was cut there.
fn rate_cuts(picture: &mut Picture, view: &View, arms: &[usize], frame: &Frame, epochs: usize) {
    let x = across(frame, epochs);
    let mut any = false;
    for &arm in arms {
        let curves = &view.curves[arm];
        for &(epoch, trials) in &curves.cuts {
            let share = trials as f64 / curves.trials.max(1) as f64;
            let at = x.at(epoch as f64);
            let to = (at, frame.bottom + 4.0 + 8.0 * share);
            picture.add(rule((at, frame.bottom + 2.0), to, Ink::Arm(arm), 2.0));
            any = true;
        }
    }
    if any {
        picture.add(text(frame.right + 12.0, frame.bottom + 12.0, "rate cuts").muted().mark());
    }
}

fn description(view: &View, arms: &[usize]) -> String {
    let words: Vec<String> = arms
        .iter()
        .map(|&arm| {
            let curves = &view.curves[arm];
            let last = |figure| {
                let last = curves.points(figure).last();
                last.map_or("–".into(), |p| {
                    format!("{:.3} at epoch {}", p.estimate.mean, p.epoch)
                })
            };
            format!(
                "{}: validation loss {}, training loss {}.",
                view.name(arm),
                last(Figure::ValLoss),
                last(Figure::TrainEvalLoss)
            )
        })
        .collect();
    let many = view.trial_words()[1];
    format!("Means over {many}; training dashed, validation solid. {}", words.join(" "))
}
