//! How often a network is right, by how sure it says that it is.

use wellfit_metrics::{Bin, ClassReport, Extra};

use super::axes::{across, below};
use crate::chart::scale::Scale;
use crate::chart::{Ink, Item, Mark, Picture, rectangle, rule, text};

/// What is right, and what is missing or too much.
const RIGHT: Ink = Ink::Arm(1);
const MISSED: Ink = Ink::Arm(2);
/// Height of the curve, and of the samples below.
const CURVE: f64 = 320.0;
const SAMPLES: f64 = 56.0;
/// Width of the plot, at most.
const WIDEST: f64 = 420.0;
const DASH: &[f64] = &[5.0, 4.0];

/// The reliability diagram, and below how many samples each bin has.
pub fn calibration(report: &ClassReport, title: &str, width: f64) -> Picture {
    let (left, right) = (46.0, (width - 16.0).min(46.0 + WIDEST));
    let (top, bottom) = (34.0, 34.0 + CURVE);
    let mut picture = Picture::new(width, bottom + 56.0 + SAMPLES + 40.0, title);
    picture.add(text(0.0, 14.0, title).bold().at_most(width).mark());
    let x = Scale::new((0.0, 1.0), (left, right));
    let y = Scale::new((0.0, 1.0), (bottom, top));
    let percent = |value: f64| format!("{:.0} %", 100.0 * value);
    let fifths = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
    across(&mut picture, (left, right), fifths.map(|value| (y.at(value), percent(value))));
    for bin in report.calibration.bins.iter().filter(|bin| bin.samples > 0) {
        picture.items.push(column(bin, &x, &y));
    }
    let diagonal = vec![(x.at(0.0), y.at(0.0)), (x.at(1.0), y.at(1.0))];
    picture.add(Mark::Line {
        points: diagonal,
        ink: Ink::Text,
        width: 1.25,
        dash: DASH,
        opacity: 0.8,
    });
    let places = fifths.map(|value| (x.at(value), percent(value)));
    below(&mut picture, (left, right), bottom, places, "how sure the network says it is");
    legend(&mut picture, report, (right, top), width);

    let (top, bottom) = (bottom + 48.0, bottom + 48.0 + SAMPLES);
    let most = report.calibration.bins.iter().map(|bin| bin.samples).max().unwrap_or(1).max(1);
    let height = Scale::new((0.0, most as f64), (bottom, top));
    for bin in report.calibration.bins.iter().filter(|bin| bin.samples > 0) {
        let (from, to) = (x.at(bin.low) + 1.0, x.at(bin.high) - 1.0);
        let at = height.at(bin.samples as f64).min(bottom - 1.0);
        picture.add(rectangle(from, at, to - from, bottom - at, Ink::Arm(0), 0.7));
    }
    picture.add(rule((left, bottom), (right, bottom), Ink::Axis, 1.0));
    picture.add(text(left - 5.0, top + 8.0, crate::text::abbreviated(most)).muted().end().mark());
    picture.add(text((left + right) / 2.0, bottom + 16.0, "samples").muted().middle().mark());
    picture.description = sentence(report);
    picture
}

/// A bin: how often it is right, and how far that is from what it says.
fn column(bin: &Bin, x: &Scale, y: &Scale) -> Item {
    let (from, to) = (x.at(bin.low) + 1.0, x.at(bin.high) - 1.0);
    let (ground, right, said) = (y.at(0.0), y.at(bin.accuracy), y.at(bin.confidence));
    let (high, low) = (right.min(said), right.max(said));
    let marks = vec![
        rectangle(from, right, to - from, ground - right, RIGHT, 0.75),
        rectangle(from, high, to - from, low - high, MISSED, 0.45),
        rule((from, said), (to, said), MISSED, 2.0),
    ];
    let title = format!(
        "{} samples, sure by {:.1} % on average, right in {:.1} %",
        bin.samples,
        100.0 * bin.confidence,
        100.0 * bin.accuracy
    );
    Item::Group { arm: None, title, marks }
}

/// What the colours mean, to the right of the curve or nowhere.
fn legend(picture: &mut Picture, report: &ClassReport, (right, top): (f64, f64), width: f64) {
    let x = right + 24.0;
    if width - x < 150.0 {
        return;
    }
    let mut y = top + 10.0;
    for (ink, opacity, words) in [
        (RIGHT, 0.75, "how often it is right"),
        (MISSED, 0.45, "how far that is from what it says"),
    ] {
        picture.add(rectangle(x, y - 9.0, 12.0, 12.0, ink, opacity));
        picture.add(text(x + 20.0, y + 1.0, words).at_most(width - x - 20.0).mark());
        y += 22.0;
    }
    let points = vec![(x, y - 3.0), (x + 14.0, y - 3.0)];
    picture.add(Mark::Line { points, ink: Ink::Text, width: 1.25, dash: DASH, opacity: 0.8 });
    picture.add(text(x + 20.0, y + 1.0, "as sure as it is right").at_most(width - x - 20.0).mark());
    let figure = report.figures.iter().find(|figure| figure.extra == Extra::Ece);
    if let Some(error) = figure.and_then(|figure| figure.value.ok()) {
        let words = format!("calibration error {error:.3}");
        picture.add(text(x, y + 34.0, words).bold().at_most(width - x).mark());
    }
}

fn sentence(report: &ClassReport) -> String {
    let bins = report.calibration.bins.iter().filter(|bin| bin.samples > 0);
    let each = bins.map(|bin| {
        format!("sure by {:.0} %: right in {:.0} %", 100.0 * bin.confidence, 100.0 * bin.accuracy)
    });
    format!("A reliability diagram. {}.", each.collect::<Vec<_>>().join("; "))
}
