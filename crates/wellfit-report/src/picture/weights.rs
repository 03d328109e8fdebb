//! Histograms of the layers' weights: shared bins, counts on a log scale, outlines.

use wellfit_nn::{Layer, PenaltyKind};

use super::axes::{across, below, log_ticks};
use crate::chart::scale::Scale;
use crate::chart::{Ink, Item, Mark, Picture, SMALL, font, text};
use crate::text::{brief, dimensions, short};
use crate::view::View;
use crate::weights::{Bins, LayerWeights, ends, layers};

/// Arms whose weights are shown in one row of histograms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// What is compared.
    pub name: String,
    /// The arms, the baseline first.
    pub arms: Vec<usize>,
}

/// The weights of the arms of a panel, in one layer.
pub struct Spread<'a> {
    /// By arm of the panel.
    pub arms: Vec<(usize, &'a LayerWeights)>,
}

/// The article's two comparisons, baseline against dropout and no penalty against
/// each penalty, as far as the study has such arms; otherwise `shown`.
pub fn panels(view: &View, shown: &[usize]) -> Vec<Panel> {
    let plan = |arm: usize| &view.records.study.arms[arm].plan;
    let drops = |arm: usize| {
        let layers = &plan(arm).model.layers;
        layers.iter().filter(|l| matches!(l, Layer::Dropout { .. })).count()
    };
    let kinds = |arm: usize| -> Vec<PenaltyKind> {
        plan(arm).train.penalties.iter().map(|p| p.kind).collect()
    };
    let others = 1..view.arms();
    let dropout: Vec<usize> = others
        .clone()
        .filter(|arm| drops(*arm) > drops(0) && kinds(*arm) == kinds(0))
        .take(2)
        .collect();
    let mut penalties: Vec<usize> = Vec::new();
    for arm in others.filter(|arm| kinds(*arm) != kinds(0) && drops(*arm) == drops(0)) {
        if penalties.len() < 3 && !penalties.iter().any(|seen| kinds(*seen) == kinds(arm)) {
            penalties.push(arm);
        }
    }
    let mut panels = Vec::new();
    for (name, arms) in
        [("Without and with dropout", dropout), ("Without and with a penalty", penalties)]
    {
        if !arms.is_empty() {
            let arms = std::iter::once(0).chain(arms).collect();
            panels.push(Panel { name: name.into(), arms });
        }
    }
    if panels.is_empty() {
        panels.push(Panel { name: "Weights by layer".into(), arms: shown.to_vec() });
    }
    panels
}

/// Histograms, a row for each panel and a column for each layer (on a narrow page
/// below each other).
pub fn weights(view: &View, panels: &[Panel], width: f64) -> Picture {
    let wide = width >= 600.0;
    let mut picture = Picture::new(width, 0.0, "Weights by layer, at the last epoch");
    let mut y = 0.0;
    let mut words = Vec::new();
    for panel in panels {
        let arms: Vec<(usize, Vec<LayerWeights>)> =
            panel.arms.iter().map(|arm| (*arm, layers(view.trials(*arm)))).collect();
        let most = arms.iter().map(|(_, layers)| layers.len()).max().unwrap_or(0);
        if most == 0 {
            continue;
        }
        picture.add(text(0.0, y + 14.0, panel.name.as_str()).bold().mark());
        y += 24.0;
        let columns = if wide { most.min(2) } else { 1 };
        let gap = 28.0;
        let column = (width - gap * (columns - 1) as f64) / columns as f64;
        let mut lowest = y;
        for layer in 0..most {
            if layer > 0 && layer % columns == 0 {
                y = lowest + 14.0;
            }
            let left = (layer % columns) as f64 * (column + gap);
            let arms = arms.iter().filter_map(|(arm, l)| Some((*arm, l.get(layer)?))).collect();
            let spread = Spread { arms };
            let bottom = histogram(&mut picture, view, &spread, (left, y, column));
            lowest = lowest.max(bottom);
            words.extend(spread.arms.iter().map(|(arm, of)| {
                let name = view.name(*arm);
                format!(
                    "{name}, {}: standard deviation {}, largest {}.",
                    of.name,
                    short(of.std),
                    short(of.max_abs)
                )
            }));
        }
        y = lowest + 22.0;
    }
    if y == 0.0 {
        picture.add(text(0.0, 14.0, "No weights were recorded.").muted().mark());
        y = 24.0;
    }
    picture.height = y;
    picture.description = words.join(" ");
    picture
}

/// One histogram with the figures below it; returns where it ends.
fn histogram(picture: &mut Picture, view: &View, spread: &Spread, at: (f64, f64, f64)) -> f64 {
    let (x0, top, width) = at;
    let Some((_, first)) = spread.arms.first() else { return top };
    let words = format!("{}, {}", first.name, dimensions(&first.shape));
    picture.add(text(x0, top + 10.0, words).muted().mark());

    let shared = shared(spread);
    let (left, right) = (x0 + 34.0, x0 + width);
    let (plot, bottom) = (top + 20.0, top + 20.0 + 130.0);
    let bins: Vec<&Bins> = shared.iter().map(|(_, bins)| bins).collect();
    let Some(axes) = Axes::draw(picture, &bins, (left, right), (plot, bottom)) else {
        return top + 16.0;
    };
    for (arm, bins) in &shared {
        let title = format!("{}: {}", view.name(*arm), first.name);
        let marks = axes.outlines(bins, Ink::Arm(*arm));
        picture.items.push(Item::Group { arm: Some(*arm), title, marks });
    }
    table(picture, view, spread, (x0, bottom + 48.0, width))
}

/// The arms' bins at one width.
fn shared(spread: &Spread) -> Vec<(usize, Bins)> {
    let width = spread.arms.iter().map(|(_, of)| of.bins.width).fold(0.0, f64::max);
    spread.arms.iter().map(|(arm, of)| (*arm, of.bins.coarser(width))).collect()
}

/// The axes of a histogram.
pub(super) struct Axes {
    x: Scale,
    y: LogScale,
}

impl Axes {
    /// Draws them around bins of one width; `None` without bins.
    pub(super) fn draw(
        picture: &mut Picture,
        bins: &[&Bins],
        (left, right): (f64, f64),
        (top, bottom): (f64, f64),
    ) -> Option<Axes> {
        let (begin, end) = ends(bins.iter().copied())?;
        let width = bins[0].width;
        let x = Scale::new((begin as f64 * width, end as f64 * width), (left, right));
        let y = LogScale::of(bins, (bottom, top));
        across(picture, (left, right), log_ticks(&y.scale, 4));
        let ticks = x.ticks(if right - left > 266.0 { 6 } else { 4 }).into_iter();
        let ticks = ticks.map(|tick| (x.at(tick.value), tick.label));
        below(picture, (left, right), bottom, ticks, "weight; count a bin, log scale");
        Some(Axes { x, y })
    }

    /// The outlines of bins.
    pub(super) fn outlines(&self, bins: &Bins, ink: Ink) -> Vec<Mark> {
        let line = |points| Mark::Line { points, ink, width: 1.5, dash: &[], opacity: 1.0 };
        outlines(bins, &self.x, &self.y).into_iter().map(line).collect()
    }
}

/// Powers of ten, from just below the smallest count to above the largest.
struct LogScale {
    scale: Scale,
}

impl LogScale {
    fn of(bins: &[&Bins], range: (f64, f64)) -> LogScale {
        let counts = bins.iter().flat_map(|b| b.counts.iter().copied()).filter(|c| *c > 0.0);
        let (low, high) = counts.fold((f64::INFINITY, 1.0f64), |(l, h), c| (l.min(c), h.max(c)));
        let low = if low.is_finite() { low.log10() - 0.3 } else { 0.0 };
        LogScale { scale: Scale::new((low, high.log10() + 0.1), range) }
    }

    /// Where a count lies; an empty bin at the bottom.
    fn at(&self, count: f64) -> f64 {
        self.scale.at(if count > 0.0 { count.log10() } else { f64::NEG_INFINITY })
    }
}

/// Along the tops of the bins, down to the axis where a bin is empty.
fn outlines(bins: &Bins, x: &Scale, y: &LogScale) -> Vec<Vec<(f64, f64)>> {
    let edge = |i: usize| x.at((bins.first + i as i64) as f64 * bins.width);
    let counts: Vec<(usize, f64)> = bins.counts.iter().copied().enumerate().collect();
    counts
        .chunk_by(|(_, a), (_, b)| (*a > 0.0) == (*b > 0.0))
        .filter(|run| run[0].1 > 0.0)
        .map(|run| {
            let mut points = vec![(edge(run[0].0), y.at(0.0))];
            for (i, count) in run {
                points.push((edge(*i), y.at(*count)));
                points.push((edge(i + 1), y.at(*count)));
            }
            points.push((edge(run[run.len() - 1].0 + 1), y.at(0.0)));
            points
        })
        .collect()
}

/// The figures below a histogram, an arm a line; returns where it ends.
fn table(picture: &mut Picture, view: &View, spread: &Spread, at: (f64, f64, f64)) -> f64 {
    let (x0, mut y, width) = at;
    let right = x0 + width;
    // Right ends of the columns.
    let columns = [
        (right - 190.0, "std"),
        (right - 98.0, "1–99 %"),
        (right - 50.0, "largest"),
        (right, "near 0"),
    ];
    for (end, head) in columns {
        picture.add(text(end, y, head).muted().end().mark());
    }
    for (arm, of) in &spread.arms {
        y += 16.0;
        let ink = Ink::Arm(*arm);
        let points = vec![(x0, y - 4.0), (x0 + 14.0, y - 4.0)];
        picture.add(Mark::Line { points, ink, width: 2.5, dash: &[], opacity: 1.0 });
        let mut name = text(x0 + 19.0, y, view.name(*arm));
        name.size = SMALL;
        let room = width - 190.0 - font::width("0.0000", SMALL, false) - 24.0;
        picture.add(name.at_most(room).mark());
        let figures = [
            short(of.std),
            format!("{}…{}", brief(of.q01), brief(of.q99)),
            short(of.max_abs),
            format!("{:.1} %", of.near_zero * 100.0),
        ];
        for ((end, _), figure) in columns.iter().zip(figures) {
            let mut words = text(*end, y, figure).end();
            words.size = SMALL;
            picture.add(words.mark());
        }
    }
    y
}
