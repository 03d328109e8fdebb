//! A model's layers: beside the histogram of each one's weights the spectrum of its
//! eigenvalues, both axes logarithmic, with the power law that its tail follows.

use wellfit_weights::{Layer, PowerLaw, Spectrum};

use super::axes::{across, below, log_ticks};
use super::weights::Axes;
use crate::chart::scale::Scale;
use crate::chart::{Ink, Item, Mark, Marker, Picture, SMALL, text};
use crate::text::{brief, dimensions, short};
use crate::weights::Bins;

/// A picture of more layers would be taller than programs show.
pub const MOST_LAYERS: usize = 24;

/// Height of an axis, and of a layer with its words.
const PLOT: f64 = 150.0;
const ROW: f64 = 262.0;
/// The colours of values and of the fitted law.
const VALUES: Ink = Ink::Arm(1);
const LAW: Ink = Ink::Arm(2);
/// Eigenvalues are shown from this share of where the tail begins: the many that are
/// nearly zero would leave no room for it.
const BODY: f64 = 1e-2;
/// Points that would lie closer are left out, in pixels.
const APART: f64 = 1.2;

/// What a spectrum's axes show.
const EIGENVALUES: &str = "eigenvalue; share at or above it, log scales";

/// Whether a layer has more than one dimension: biases and norms have no picture.
pub fn has_picture(layer: &Layer) -> bool {
    layer.shape.len() > 1
}

/// The layers below each other, the first ones of `of`.
pub fn layers(layers: &[&Layer], of: usize, width: f64) -> Picture {
    let mut picture = Picture::new(width, ROW * layers.len() as f64, "A model's weights by layer");
    let gap = 28.0;
    let column = (width - gap) / 2.0;
    for (i, layer) in layers.iter().enumerate() {
        let top = ROW * i as f64;
        picture.add(text(0.0, top + 14.0, heading(layer)).bold().at_most(width).mark());
        histogram(&mut picture, layer, (0.0, top + 26.0, column));
        spectrum(&mut picture, layer, (column + gap, top + 26.0, column));
    }
    let words = match layers.len() {
        0 => "No layer has more than one dimension.".into(),
        n if n < of => format!("The first {n} of {of} layers."),
        _ => String::new(),
    };
    if !words.is_empty() {
        picture.add(text(0.0, picture.height + 14.0, words).muted().mark());
        picture.height += 24.0;
    }
    picture.description = layers.iter().map(|layer| sentence(layer)).collect::<Vec<_>>().join(" ");
    picture
}

/// `1.weight, 1000 × 784`
fn heading(layer: &Layer) -> String {
    format!("{}, {}", layer.name, dimensions(&layer.shape))
}

/// What a layer's pictures show, in words.
fn sentence(layer: &Layer) -> String {
    let summary = &layer.summary;
    let spectrum = layer.spectrum.as_ref().ok();
    let tail = spectrum.and_then(|spectrum| spectrum.tail.as_ref().ok());
    let law = tail.map_or(String::new(), |law| format!(", {}", law_words(law)));
    format!(
        "{}: standard deviation {}, from {} to {}{law}.",
        heading(layer),
        short(summary.std),
        short(summary.min),
        short(summary.max)
    )
}

fn law_words(law: &PowerLaw) -> String {
    format!(
        "alpha {} ± {} from {} on, {} of {} eigenvalues, D {}",
        short(law.alpha),
        brief(law.standard_error),
        short(law.x_min),
        law.tail,
        law.of,
        short(law.distance)
    )
}

fn histogram(picture: &mut Picture, layer: &Layer, (x0, top, width): (f64, f64, f64)) {
    let (left, right, bottom) = (x0 + 34.0, x0 + width, top + PLOT);
    let summary = &layer.summary;
    let histogram = &summary.histogram;
    let bins = Bins::new(histogram.width, histogram.first, &histogram.counts);
    let Some(bins) = bins.filter(|_| summary.min < summary.max) else {
        let words = match histogram.counts.is_empty() {
            true => "no finite values".into(),
            false => format!("every value is {}", short(summary.mean)),
        };
        picture.add(text(left, top + PLOT / 2.0, words).muted().mark());
        return;
    };
    let Some(axes) = Axes::draw(picture, &[&bins], (left, right), (top, bottom)) else { return };
    let marks = axes.outlines(&bins, VALUES);
    picture.items.push(Item::Group { arm: None, title: sentence(layer), marks });
    let words = format!(
        "std {} · {}…{} · near 0: {:.1} % · norm {}",
        short(summary.std),
        brief(summary.min),
        brief(summary.max),
        summary.near_zero * 100.0,
        short(summary.frobenius)
    );
    picture.add(small(x0, bottom + 52.0, words, width));
}

fn small(x: f64, y: f64, words: String, room: f64) -> Mark {
    let mut words = text(x, y, words);
    words.size = SMALL;
    words.at_most(room).mark()
}

fn spectrum(picture: &mut Picture, layer: &Layer, (x0, top, width): (f64, f64, f64)) {
    let (left, right, bottom) = (x0 + 34.0, x0 + width, top + PLOT);
    let points = layer.spectrum.as_ref().map(points).unwrap_or_default();
    let Some((&(smallest, _), &(largest, rarest))) = points.last().zip(points.first()) else {
        let words = layer.notes().first().map_or("no eigenvalues".into(), ToString::to_string);
        picture.add(text(left, top + PLOT / 2.0, words).muted().at_most(width - 34.0).mark());
        return;
    };
    let x = Scale::new(padded(smallest, largest), (left, right));
    let y = Scale::new((rarest - 0.15, 0.05), (bottom, top));
    across(picture, (left, right), log_ticks(&y, 4));
    below(picture, (left, right), bottom, log_ticks(&x, 5), EIGENVALUES);
    let mut marks = Vec::new();
    let tail = layer.spectrum.as_ref().ok().and_then(|spectrum| spectrum.tail.as_ref().ok());
    if let Some(law) = tail {
        let at = x.at(law.x_min.log10());
        let points = vec![(at, top), (at, bottom)];
        let dash = &[3.0, 3.0];
        marks.push(Mark::Line { points, ink: Ink::Axis, width: 1.0, dash, opacity: 1.0 });
    }
    let mut last = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for (value, share) in &points {
        let at = (x.at(*value), y.at(*share));
        if (at.0 - last.0).hypot(at.1 - last.1) >= APART {
            marks.push(Mark::Sign {
                at,
                radius: 1.6,
                marker: Marker::Circle,
                ink: VALUES,
                opacity: 0.8,
            });
            last = at;
        }
    }
    if let (Some(law), Ok(spectrum)) = (tail, &layer.spectrum) {
        let points = law_line(law, spectrum.singular_values.len(), largest, y.domain().0);
        let points = points.map(|(value, share)| (x.at(value), y.at(share))).to_vec();
        marks.push(Mark::Line { points, ink: LAW, width: 1.75, dash: &[], opacity: 1.0 });
    }
    picture.items.push(Item::Group { arm: None, title: sentence(layer), marks });
    let y = bottom + 52.0;
    match (tail, layer.notes().first()) {
        (Some(law), _) => {
            let points = vec![(x0, y - 4.0), (x0 + 14.0, y - 4.0)];
            picture.add(Mark::Line { points, ink: LAW, width: 1.75, dash: &[], opacity: 1.0 });
            picture.add(small(x0 + 19.0, y, law_words(law), width - 19.0));
        }
        (None, Some(note)) => picture.add(small(x0, y, note.to_string(), width)),
        (None, None) => {}
    }
    if let Ok(spectrum) = &layer.spectrum {
        let words = format!(
            "spectral norm {} · stable rank {}",
            short(spectrum.spectral_norm()),
            short(spectrum.stable_rank())
        );
        picture.add(small(x0, bottom + 67.0, words, width));
    }
}

/// Each eigenvalue that is shown, the largest first, and the share of those at or above
/// it, as powers of ten.
fn points(spectrum: &Spectrum) -> Vec<(f64, f64)> {
    let n = spectrum.singular_values.len() as f64;
    let least = match &spectrum.tail {
        Ok(law) => law.x_min * BODY,
        Err(_) => spectrum.spectral_norm().powi(2) * BODY * BODY,
    };
    let shown = spectrum.singular_values.iter().take_while(|value| *value * *value > least);
    shown
        .enumerate()
        .map(|(i, value)| (2.0 * value.log10(), ((i + 1) as f64 / n).log10()))
        .collect()
}

/// A little room at both ends.
fn padded(low: f64, high: f64) -> (f64, f64) {
    let room = ((high - low) * 0.04).max(0.02);
    (low - room, high + room)
}

/// The share at or above a value that the law gives, from where its tail begins to the
/// largest eigenvalue or to the bottom of the axis: (x/x_min)^(1 − α), a straight line.
fn law_line(law: &PowerLaw, all: usize, largest: f64, lowest: f64) -> [(f64, f64); 2] {
    let begin = law.x_min.log10();
    let share = (law.tail as f64 / all as f64).log10();
    let slope = 1.0 - law.alpha;
    let end = largest.min(begin + (lowest - share) / slope);
    [(begin, share), (end, share + slope * (end - begin))]
}

#[cfg(test)]
mod tests {
    use wellfit_weights::{Kernel, NoFit, Order};

    use super::*;

    #[test]
    fn eigenvalues_far_below_the_tail_are_left_out() {
        let mut spectrum = Spectrum {
            kernel: Kernel::of(&[4, 4], Order::Guess).unwrap(),
            singular_values: vec![10.0, 1.0, 0.2, 0.05],
            tail: Err(NoFit::TooFew { found: 4 }),
            slices: Vec::new(),
        };
        assert_eq!(points(&spectrum).len(), 3);
        assert_eq!(points(&spectrum)[0], (2.0, 0.25f64.log10()));
        let (alpha, standard_error, distance) = (3.0, 0.1, 0.1);
        let law = PowerLaw { alpha, standard_error, x_min: 100.0, distance, tail: 1, of: 4 };
        spectrum.tail = Ok(law);
        assert_eq!(points(&spectrum).len(), 1);
        spectrum.singular_values = vec![0.0; 4];
        assert_eq!(points(&spectrum), []);
    }

    #[test]
    fn the_law_ends_at_the_largest_value_or_at_the_bottom() {
        let law = PowerLaw {
            alpha: 3.0,
            standard_error: 0.1,
            x_min: 1.0,
            distance: 0.1,
            tail: 50,
            of: 100,
        };
        // Half of all values at 1; a hundredth of those at 10, as far down as 1e-4.
        let [begin, end] = law_line(&law, 100, 1.0, -4.0);
        assert_eq!((begin.0, end.0), (0.0, 1.0));
        assert!((begin.1 - 0.5f64.log10()).abs() < 1e-12 && (end.1 - begin.1 + 2.0).abs() < 1e-12);
        let [_, end] = law_line(&law, 100, 1.0, -1.0);
        assert!((end.1 + 1.0).abs() < 1e-12 && end.0 < 1.0, "{end:?}");
    }
}
