//! What is predicted against what is true, a panel a target.

use wellfit_metrics::{NumberReport, TargetScores};

use super::axes::{across, below};
use crate::chart::scale::{Scale, extent};
use crate::chart::{Ink, Item, Mark, Marker, Picture, text};
use crate::text::short;

/// Targets that have a panel.
const MOST: usize = 6;
const POINTS: Ink = Ink::Arm(1);
const DASH: &[f64] = &[5.0, 4.0];
const PANEL: f64 = 340.0;
const GAP: f64 = 40.0;

/// Predictions against targets, two panels a row.
pub fn scatter(report: &NumberReport, title: &str, width: f64) -> Picture {
    let shown = &report.targets[..report.targets.len().min(MOST)];
    let columns = if shown.len() > 1 { 2 } else { 1 };
    let wide = ((width - GAP * (columns - 1) as f64) / columns as f64).min(420.0);
    let rows = shown.len().div_ceil(columns);
    let mut picture = Picture::new(width, 26.0 + PANEL * rows as f64, title);
    picture.add(text(0.0, 14.0, title).bold().at_most(width).mark());
    for (i, target) in shown.iter().enumerate() {
        let left = (wide + GAP) * (i % columns) as f64;
        panel(&mut picture, target, (left, 26.0 + PANEL * (i / columns) as f64, wide));
    }
    let each =
        shown.iter().map(|of| format!("{}: RMSE {}, R² {}", of.name, short(of.rmse), short(of.r2)));
    picture.description =
        format!("Predictions against targets. {}.", each.collect::<Vec<_>>().join("; "));
    picture
}

fn panel(picture: &mut Picture, of: &TargetScores, (x0, y0, width): (f64, f64, f64)) {
    let (left, right) = (x0 + 52.0, x0 + width);
    let (top, bottom) = (y0 + 26.0, y0 + PANEL - 54.0);
    let name = format!("{}: RMSE {}, R² {}", of.name, short(of.rmse), short(of.r2));
    picture.add(text(x0, y0 + 14.0, name).at_most(width).mark());
    let both = of.points.iter().flat_map(|(truth, predicted)| [*truth, *predicted]);
    let Some(ends) = extent(both, 0.04) else { return };
    let (x, y) = (Scale::new(ends, (left, right)), Scale::new(ends, (bottom, top)));
    let ticks = |scale: &Scale| {
        let ticks = scale.ticks(4).into_iter();
        ticks.map(|tick| (scale.at(tick.value), tick.label)).collect::<Vec<_>>()
    };
    across(picture, (left, right), ticks(&y));
    let (low, high) = x.domain();
    let points = vec![(x.at(low), y.at(low)), (x.at(high), y.at(high))];
    // Many points are fainter, so that where they are dense shows.
    let opacity = (120.0 / of.points.len() as f64).sqrt().clamp(0.15, 0.8);
    let sign = |&(truth, predicted): &(f64, f64)| Mark::Sign {
        at: (x.at(truth), y.at(predicted)),
        radius: 2.6,
        marker: Marker::Circle,
        ink: POINTS,
        opacity,
    };
    let marks = of.points.iter().map(sign).collect();
    let title = format!("{}: a point a sample", of.name);
    picture.items.push(Item::Group { arm: None, title, marks });
    picture.add(Mark::Line { points, ink: Ink::Text, width: 1.25, dash: DASH, opacity: 0.8 });
    below(picture, (left, right), bottom, ticks(&x), "true (across), predicted (up)");
}
