//! Held-out samples that a small network can tell from training samples.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use wellfit_nn::{
    EpochRun, Layer, Penalty, PenaltyKind, PenaltyOn, Samples, Shape, Spec, StepSettings, Steps,
    Targets, Values, compile,
};
use wellfit_stats::Normal;

use crate::auc::auc;
use crate::columns::identifies;
use crate::effort::{Draw, drawn, key};
use crate::finding::{EXAMPLES, Example, Finding, Kind, Level, figure, listed, percent};
use crate::parts::{ColumnKind, Part, Parts};
use crate::profile::Profile;
use crate::sketch::Sketch;
use crate::targets::{kolmogorov_smirnov, meant_to_differ};
use crate::thresholds::{DRIFT, DRIFT_ROWS};
use crate::{Effort, Looked};

/// Features of the network, at most.
const FEATURES: usize = 256;
/// Categories of a column that have a feature of their own: the most frequent ones.
const CATEGORIES: usize = 20;
/// A value further from the mean than so many standard deviations is taken to be there.
const REACH: f64 = 5.0;
const HIDDEN: usize = 16;
const EPOCHS: u64 = 12;

/// Whether validation and test samples are like training samples.
pub(crate) fn drift(
    parts: &Parts<'_>,
    profiles: &[Profile],
    effort: Effort,
) -> (Vec<Finding>, Vec<Looked>) {
    let (mut findings, mut looked) = (Vec::new(), Vec::new());
    for (step, part) in parts.held_out().iter().enumerate() {
        let n = part.len().min(parts.training().len()).min(effort.drift_rows());
        if n < DRIFT_ROWS {
            continue;
        }
        let step = 2 * step as u64;
        let rows = [
            drawn(parts.training().len(), n, key(Draw::Drift, step)),
            drawn(part.len(), n, key(Draw::Drift, step + 1)),
        ];
        looked.push(Looked {
            what: format!("drift of the {} part", part.which.name()),
            rows: n,
            of: part.len(),
        });
        findings.extend(of(parts, profiles, part, &rows));
    }
    (findings, looked)
}

fn of(
    parts: &Parts<'_>,
    profiles: &[Profile],
    part: &Part<'_>,
    rows: &[Vec<u32>; 2],
) -> Option<Finding> {
    let features = Features::new(parts, profiles, part, rows)?;
    let (area, low, high) = told_apart(&features)?;
    if low <= 0.5 + DRIFT {
        return None;
    }
    let which = part.which;
    let columns = differing(parts, profiles, part, rows);
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let by = match columns.first() {
        None => String::from("; no column differs much alone"),
        Some(first) => format!(
            "; most by {}: {}{}",
            listed(&names[..1], 1),
            first.words,
            match names.len() {
                1 => String::new(),
                _ => format!("; then by {}", listed(&names[1..], 3)),
            }
        ),
    };
    let evidence = format!(
        "a small network tells {} from training samples with an area under the curve of {} \
         [{}, {}] (0.5 is not at all){by}",
        which.name(),
        figure(area),
        figure(low),
        figure(high)
    );
    let expected = meant_to_differ(parts);
    let examples = columns.iter().take(EXAMPLES);
    let examples = examples.map(|column| Example::column(&column.name, column.words.clone()));
    let level = if expected { Level::Note } else { Level::Warning };
    let finding = Finding::new(Kind::Drift, level, evidence)
        .of(which)
        .measured(low, 0.5 + DRIFT)
        .shown_by(examples.collect());
    Some(finding.advise(match expected {
        true => {
            "parts drawn by time or by group do differ: the figures are what new data will give, \
             and worse than those of a random split"
        }
        false => {
            "figures there are those of another kind of data: if new data will be like it, they \
             are right, and training lacks such samples; else draw the part from the same source"
        }
    }))
}

/// What the network sees, of training (first) and held-out samples.
struct Features {
    width: usize,
    values: Arc<Vec<f32>>,
    /// Of each side.
    n: usize,
}

/// One thing that is seen of a row.
enum Seen {
    Number { column: usize, mean: f64, spread: f64 },
    IsMissing { column: usize },
    Category { column: usize, code: f64 },
}

impl Features {
    fn new(
        parts: &Parts<'_>,
        profiles: &[Profile],
        part: &Part<'_>,
        rows: &[Vec<u32>; 2],
    ) -> Option<Features> {
        let sides = [parts.training(), part];
        let mut seen = Vec::new();
        for (column, (named, profile)) in parts.columns.iter().zip(profiles).enumerate() {
            // Rows that are numbered or named tell parts apart without being otherwise.
            if identifies(parts, named, profile) {
                continue;
            }
            let values: Vec<f64> = sides
                .iter()
                .zip(rows)
                .flat_map(|(part, rows)| rows.iter().map(|&row| part.value(row, column)))
                .collect();
            see(&named.kind, column, &values, &mut seen);
        }
        let sketch = Sketch::new(seen.len(), FEATURES, &mut key(Draw::Network, 0).stream());
        let (width, n) = (sketch.len, rows[0].len());
        if width == 0 {
            return None;
        }
        // A sum of so many values is brought back to size 1.
        let size = (seen.len() as f32 / width as f32).sqrt();
        let mut all = vec![0.0; 2 * n * width];
        let places = sides
            .iter()
            .zip(rows)
            .flat_map(|(part, rows)| rows.iter().map(move |&row| (*part, row)));
        for ((part, row), to) in places.zip(all.chunks_exact_mut(width)) {
            for (at, seen) in seen.iter().enumerate() {
                sketch.add(at, seen.of(part, row) / size, to);
            }
        }
        Some(Features { width, values: all.into(), n })
    }
}

impl Seen {
    fn of(&self, part: &Part<'_>, row: u32) -> f32 {
        match *self {
            Seen::Number { column, mean, spread } => match part.value(row, column) {
                value if value.is_nan() => 0.0,
                value => ((value - mean) / spread).clamp(-REACH, REACH) as f32,
            },
            Seen::IsMissing { column } => f32::from(u8::from(part.value(row, column).is_nan())),
            Seen::Category { column, code } => f32::from(u8::from(part.value(row, column) == code)),
        }
    }
}

fn see(kind: &ColumnKind, column: usize, values: &[f64], seen: &mut Vec<Seen>) {
    if values.iter().any(|value| value.is_nan()) {
        seen.push(Seen::IsMissing { column });
    }
    let profile = Profile::of(values);
    match kind {
        ColumnKind::Category(names) => {
            let mut counts = vec![0u32; names.len()];
            let there = values.iter().filter(|value| !value.is_nan());
            there.for_each(|&value| counts[value as usize] += 1);
            let mut codes: Vec<usize> = (0..names.len()).filter(|&code| counts[code] > 0).collect();
            codes.sort_by_key(|&code| (std::cmp::Reverse(counts[code]), code));
            let code = |&code: &usize| Seen::Category { column, code: code as f64 };
            seen.extend(codes.iter().take(CATEGORIES).map(code));
        }
        _ if profile.spread > 0.0 => {
            // As for near samples: a few extreme values must not hide all others.
            let middle = profile.iqr() / 1.349;
            let spread = if middle > 0.0 { profile.spread.min(middle) } else { profile.spread };
            let mean = if middle > 0.0 { profile.quartiles[1] } else { profile.mean };
            seen.push(Seen::Number { column, mean, spread });
        }
        _ => {}
    }
}

/// The area under the curve of a network that was trained on one half of the samples to tell
/// the sides apart, on the other half, averaged over both halves; with its 95 % interval.
fn told_apart(features: &Features) -> Option<(f64, f64, f64)> {
    let n = features.n;
    let labels: Vec<u32> = (0..2 * n).map(|at| u32::from(at >= n)).collect();
    let mut folds = [Vec::new(), Vec::new()];
    for side in 0..2 {
        let mut rows: Vec<u32> = (0..n).map(|at| (side * n + at) as u32).collect();
        key(Draw::Network, 1 + side as u64).stream().shuffle(&mut rows);
        for (at, row) in rows.into_iter().enumerate() {
            folds[at % 2].push(row);
        }
    }
    let (mut areas, mut variances) = (0.0, 0.0);
    for test in 0..2 {
        let scores = scores(features, &labels, &folds[1 - test], &folds[test])?;
        let side = |label: u32| -> Vec<f64> {
            let own = folds[test].iter().zip(&scores);
            own.filter(|(row, _)| labels[**row as usize] == label).map(|(_, s)| *s).collect()
        };
        let (area, variance) = auc(&side(1), &side(0))?;
        areas += area / 2.0;
        variances += variance / 4.0;
    }
    let half = Normal::quantile(0.975) * variances.sqrt();
    Some((areas, areas - half, (areas + half).min(1.0)))
}

/// What a network that was trained on some rows says of others: the larger, the more like
/// the held-out side. `None` where it cannot be trained.
fn scores(features: &Features, labels: &[u32], train: &[u32], test: &[u32]) -> Option<Vec<f64>> {
    let linear = |out| Layer::Linear { out, bias: true };
    let layers = vec![linear(HIDDEN), Layer::RELU, linear(2)];
    let spec = Spec {
        penalties: vec![Penalty { kind: PenaltyKind::L2, lambda: 1e-3, on: PenaltyOn::Weights }],
        batch_size: (train.len() / 30).clamp(8, 32),
        ..Spec::new(Shape::Flat(features.width), 2, layers)
    };
    let mut session = compile(&spec, 1).ok()?;
    let targets = Arc::new(labels.to_vec());
    let mut part = |rows: &[u32]| {
        session.upload(&Samples {
            features: features.width,
            values: Values::Floats(features.values.clone()),
            targets: Targets::Classes(targets.clone()),
            rows: Some(Arc::new(rows.to_vec())),
        })
    };
    let (on, held_out) = (part(train).ok()?, part(test).ok()?);
    let stop = AtomicBool::new(false);
    let mut order: Vec<u32> = (0..train.len() as u32).collect();
    for epoch in 0..EPOCHS {
        key(Draw::Network, 10 + epoch).stream().shuffle(&mut order);
        let steps = Steps::Same(StepSettings::rate(3e-3));
        session.train_epoch(on, EpochRun { order: &order, steps, stop: &stop, feed: None });
    }
    let logits = session.logits(held_out);
    Some(logits.chunks_exact(2).map(|pair| f64::from(pair[1] - pair[0])).collect())
}

/// A column that differs between the sides.
struct Differs {
    name: String,
    words: String,
    by: f64,
}

/// The columns that differ the most, by Kolmogorov and Smirnov's statistic; of images
/// brightness and contrast.
fn differing(
    parts: &Parts<'_>,
    profiles: &[Profile],
    part: &Part<'_>,
    rows: &[Vec<u32>; 2],
) -> Vec<Differs> {
    let sides = [parts.training(), part];
    let mut found: Vec<Differs> = match parts.is_images() {
        true => images(parts, sides, rows),
        false => (0..parts.width())
            .filter(|&column| !identifies(parts, &parts.columns[column], &profiles[column]))
            .map(|column| {
                let of = |side: usize| sides[side].values(&rows[side], column);
                let named = &parts.columns[column];
                differs(&named.name, &named.kind, &of(0), &of(1))
            })
            .collect(),
    };
    // By chance one column in a thousand differs as much.
    let least = 1.95 / (rows[0].len() as f64 / 2.0).sqrt();
    found.retain(|column| column.by >= least);
    found.sort_by(|a, b| b.by.total_cmp(&a.by));
    found.truncate(EXAMPLES);
    found
}

fn images(parts: &Parts<'_>, sides: [&Part<'_>; 2], rows: &[Vec<u32>; 2]) -> Vec<Differs> {
    let moments = |side: usize| -> (Vec<f64>, Vec<f64>) {
        let of = |&row: &u32| {
            let n = parts.width() as f64;
            let pixels = || (0..parts.width()).map(|at| sides[side].value(row, at));
            let mean = pixels().sum::<f64>() / n;
            (mean, (pixels().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt())
        };
        rows[side].iter().map(of).unzip()
    };
    let ((bright, contrast), (other_bright, other_contrast)) = (moments(0), moments(1));
    vec![
        differs("brightness", &ColumnKind::Number, &bright, &other_bright),
        differs("contrast", &ColumnKind::Number, &contrast, &other_contrast),
    ]
}

fn differs(name: &str, kind: &ColumnKind, train: &[f64], own: &[f64]) -> Differs {
    let missing = |values: &[f64]| values.iter().filter(|value| value.is_nan()).count();
    let (gone, gone_own) = (missing(train), missing(own));
    let by_missing = (gone as f64 / train.len() as f64 - gone_own as f64 / own.len() as f64).abs();
    let (by, words) = match kind {
        ColumnKind::Category(names) => {
            let share = |values: &[f64], code: usize| {
                values.iter().filter(|value| **value == code as f64).count() as f64
                    / values.len() as f64
            };
            let mut codes: Vec<usize> = train
                .iter()
                .chain(own)
                .filter(|value| !value.is_nan())
                .map(|value| *value as usize)
                .collect();
            codes.sort_unstable();
            codes.dedup();
            codes.truncate(1000);
            let difference = |code: usize| share(train, code) - share(own, code);
            let by = codes.iter().map(|&code| difference(code).abs()).sum::<f64>() / 2.0;
            let most =
                codes.iter().max_by(|a, b| difference(**a).abs().total_cmp(&difference(**b).abs()));
            let words = most.map_or(String::new(), |&code| {
                let count = |values: &[f64]| {
                    percent(
                        (share(values, code) * values.len() as f64).round() as usize,
                        values.len(),
                    )
                };
                format!("{} is {} of it, {} in training", names[code], count(own), count(train))
            });
            (by, words)
        }
        _ => {
            let mean = |values: &[f64]| {
                let there = values.iter().filter(|value| !value.is_nan());
                there.clone().sum::<f64>() / there.count() as f64
            };
            let words = format!("mean {}, {} in training", figure(mean(own)), figure(mean(train)));
            (kolmogorov_smirnov(train, own).0, words)
        }
    };
    let (by, words) = match by_missing > by {
        true => {
            let share = |gone, values: &[f64]| percent(gone, values.len());
            (
                by_missing,
                format!("{} missing, {} in training", share(gone_own, own), share(gone, train)),
            )
        }
        false => (by, words),
    };
    Differs { name: name.to_owned(), words, by }
}
