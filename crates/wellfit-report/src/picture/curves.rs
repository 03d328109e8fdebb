//! Loss above, accuracy below, by epoch.

use crate::chart::labels::spread;
use crate::chart::scale::{Scale, epoch_ticks, extent};
use crate::chart::{Ink, Item, Mark, Marker, Picture, SMALL, font, rule, text};
use crate::curves::{Figure, Point};
use crate::view::View;

/// How training lines are dashed.
const DASH: &[f64] = &[5.0, 3.5];

/// A panel: its figures, validation first, and its words.
struct Panel {
    name: &'static str,
    figures: [Figure; 2],
    /// From stored values to those on the axis.
    factor: f64,
}

const PANELS: [Panel; 2] = [
    Panel {
        name: "Loss (cross-entropy)",
        figures: [Figure::ValLoss, Figure::TrainEvalLoss],
        factor: 1.0,
    },
    Panel {
        name: "Accuracy (%)",
        figures: [Figure::ValAccuracy, Figure::TrainAccuracy],
        factor: 100.0,
    },
];

/// Where a panel is drawn.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// Room for labels to the right.
    labels: f64,
}

/// The curves of some arms.
pub fn curves(view: &View, arms: &[usize], width: f64) -> Picture {
    let wide = width >= 600.0;
    let height = if wide { 216.0 } else { 180.0 };
    let (key, title, between) = (26.0, 22.0, 16.0);
    let below = 46.0;
    let total = key + 2.0 * (title + height) + between + below;
    let mut picture = Picture::new(width, total, "Loss and accuracy by epoch");
    picture.description = description(view, arms);
    legend(&mut picture, width);

    let labels = label_room(view, arms, wide);
    let frame = |i: usize| {
        let top = key + title + i as f64 * (height + title + between);
        Frame { left: 40.0, right: width - labels - 12.0, top, bottom: top + height, labels }
    };
    let epochs = arms.iter().map(|a| view.curves[*a].epochs()).max().unwrap_or(0).max(1);
    for (i, panel) in PANELS.iter().enumerate() {
        draw(&mut picture, view, arms, panel, &frame(i), epochs);
    }
    let last = frame(1);
    epoch_axis(&mut picture, &last, epochs);
    rate_cuts(&mut picture, view, arms, &last, epochs);
    picture
}

fn across(frame: &Frame, epochs: usize) -> Scale {
    let domain = if epochs == 1 { (0.5, 1.5) } else { (1.0, epochs as f64) };
    Scale::new(domain, (frame.left, frame.right))
}

fn legend(picture: &mut Picture, width: f64) {
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
    let words = "band: 95 % interval of the mean over seeds";
    if x + font::width(words, SMALL, false) < width {
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
    picture.add(text(0.0, frame.top - 9.0, panel.name).bold().mark());
    for tick in y.ticks(5) {
        let at = y.at(tick.value);
        picture.add(rule((frame.left, at), (frame.right, at), Ink::Grid, 1.0));
        picture.add(text(frame.left - 6.0, at + 4.0, tick.label).muted().end().mark());
    }
    let any = arms.iter().any(|arm| {
        panel.figures.iter().any(|figure| !view.curves[*arm].points(*figure).is_empty())
    });
    if !any {
        let middle = (frame.left + frame.right) / 2.0;
        let words = "no figures yet";
        picture.add(text(middle, (frame.top + frame.bottom) / 2.0, words).muted().middle().mark());
    }
    // Bands first, so that no band covers a line.
    for &arm in arms {
        for figure in panel.figures {
            for area in bands(view.curves[arm].points(figure), &x, &y, panel.factor) {
                picture.add(Mark::Area { points: area, ink: Ink::Arm(arm), opacity: 0.16 });
            }
        }
    }
    for &arm in arms {
        let mut marks = Vec::new();
        for (figure, dash) in panel.figures.into_iter().zip([&[], DASH]) {
            let points = view.curves[arm].points(figure);
            marks.extend(lines(points, &x, &y, panel.factor, arm, dash));
        }
        let title = format!("{}: {}", view.name(arm), panel.name);
        picture.items.push(Item::Group { arm: Some(arm), title, marks });
    }
    kept(picture, view, arms, panel, &x, &y);
    end_labels(picture, view, arms, panel, frame, &x, &y);
}

/// The points in runs of consecutive epochs.
fn runs(points: &[Point]) -> impl Iterator<Item = &[Point]> {
    points.chunk_by(|a, b| a.epoch + 1 == b.epoch)
}

fn bands(points: &[Point], x: &Scale, y: &Scale, factor: f64) -> Vec<Vec<(f64, f64)>> {
    let known = |p: &Point| p.estimate.low.is_finite() && p.estimate.high.is_finite();
    let known: Vec<Point> = points.iter().filter(|p| known(p)).cloned().collect();
    runs(&known)
        .filter(|run| run.len() > 1)
        .map(|run| {
            let at = |p: &Point, value: f64| (x.at(p.epoch as f64), y.at(value * factor));
            let up = run.iter().map(|p| at(p, p.estimate.high));
            up.chain(run.iter().rev().map(|p| at(p, p.estimate.low))).collect()
        })
        .collect()
}

fn lines(
    points: &[Point],
    x: &Scale,
    y: &Scale,
    factor: f64,
    arm: usize,
    dash: &'static [f64],
) -> Vec<Mark> {
    let ink = Ink::Arm(arm);
    runs(points)
        .map(|run| {
            let at = |p: &Point| (x.at(p.epoch as f64), y.at(p.estimate.mean * factor));
            match run {
                [alone] => {
                    let (marker, opacity) =
                        (Marker::of(arm), if dash.is_empty() { 1.0 } else { 0.6 });
                    Mark::Sign { at: at(alone), radius: 2.6, marker, ink, opacity }
                }
                run => {
                    let points = run.iter().map(at).collect();
                    Mark::Line { points, ink, width: 1.8, dash, opacity: 1.0 }
                }
            }
        })
        .collect()
}

/// A dot at the median kept epoch on the validation line, with the epochs' range.
fn kept(picture: &mut Picture, view: &View, arms: &[usize], panel: &Panel, x: &Scale, y: &Scale) {
    for &arm in arms {
        let curves = &view.curves[arm];
        let Some(kept) = curves.kept else { continue };
        let Some(point) = curves.at(panel.figures[0], kept.median) else { continue };
        let at = (x.at(kept.median as f64), y.at(point.estimate.mean * panel.factor));
        let (ink, marker) = (Ink::Arm(arm), Marker::of(arm));
        picture.add(Mark::Sign { at, radius: 6.0, marker, ink: Ink::Paper, opacity: 1.0 });
        picture.add(Mark::Sign { at, radius: 4.0, marker, ink, opacity: 1.0 });
        if arms.len() > 3 {
            continue;
        }
        let range = if kept.first == kept.last {
            String::new()
        } else {
            format!(" ({}–{})", kept.first, kept.last)
        };
        let mut words = text(at.0, 0.0, format!("epoch {}{range}", kept.median)).muted().middle();
        // Beyond the line: losses turn up and accuracies down, so below and above it.
        words.y = if panel.factor == 1.0 { at.1 + 18.0 } else { at.1 - 10.0 };
        picture.add(words.mark());
    }
}

fn end_labels(
    picture: &mut Picture,
    view: &View,
    arms: &[usize],
    panel: &Panel,
    frame: &Frame,
    x: &Scale,
    y: &Scale,
) {
    let ends: Vec<(usize, (f64, f64))> = arms
        .iter()
        .filter_map(|&arm| {
            let curves = &view.curves[arm];
            let points = panel.figures.iter().map(|f| curves.points(*f));
            let last = points.filter_map(|points| points.last()).next()?;
            let mean = last.estimate.mean * panel.factor;
            Some((arm, (x.at(last.epoch as f64), y.at(mean))))
        })
        .collect();
    let wanted: Vec<f64> = ends.iter().map(|(_, (_, y))| *y).collect();
    let heights = spread(&wanted, 14.0, frame.top + 4.0, frame.bottom - 4.0);
    for ((arm, end), height) in ends.into_iter().zip(heights) {
        let Some(height) = height else { continue };
        let x = frame.right + 12.0;
        let points = vec![end, (x - 2.0, height)];
        picture.add(Mark::Line {
            points,
            ink: Ink::Arm(arm),
            width: 0.75,
            dash: &[],
            opacity: 0.8,
        });
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
    format!("Means over seeds; training dashed, validation solid. {}", words.join(" "))
}
