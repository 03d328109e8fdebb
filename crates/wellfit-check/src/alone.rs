//! Columns that tell the target alone.

use wellfit_data::Task;
use wellfit_stats::format::count as thousands;

use crate::auc::{auc, mid_ranks};
use crate::effort::{Draw, key};
use crate::finding::{EXAMPLES, Example, Finding, Kind, Level, figure, listed, toml_list};
use crate::parts::{ColumnKind, Parts};
use crate::thresholds::{GIVES_AWAY, GIVES_AWAY_ROWS, GIVES_AWAY_SKILL};
use wellfit_stats::quantile;

/// The most bins that a column of numbers is cut into.
const BINS: usize = 200;
/// Samples that must be of the smaller class, or not of the largest, to say how well a
/// column tells it.
const LEAST: usize = 20;

/// How well a column tells the target.
struct Told {
    column: usize,
    /// `accuracy of`, `area under the curve of`, `R² of`.
    measure: &'static str,
    value: f64,
}

/// Columns from which alone the target follows. A column is cut into bins; each half of the
/// rows says what the bins mean for the other half: a class, or a line through its numbers.
pub(crate) fn alone(parts: &Parts<'_>, samples: &[u32]) -> Option<Finding> {
    if parts.is_images() || samples.len() < GIVES_AWAY_ROWS {
        return None;
    }
    let mut stream = key(Draw::Columns, 2).stream();
    let halves: Vec<bool> = samples.iter().map(|_| stream.below(2) == 0).collect();
    let mut found: Vec<Told> = (0..parts.width())
        .filter_map(|column| {
            let values = parts.training().values(samples, column);
            match parts.task {
                Task::Classification => {
                    let bins = bins(&parts.columns[column].kind, &values, 5);
                    class(parts, samples, &halves, &bins, column)
                }
                Task::Regression => {
                    let bins = bins(&parts.columns[column].kind, &values, 20);
                    number(parts, samples, &halves, &bins, &values, column)
                }
            }
        })
        .collect();
    found.sort_by(|a, b| b.value.total_cmp(&a.value));
    let first = found.first()?;
    let names: Vec<String> =
        found.iter().map(|told| parts.columns[told.column].name.clone()).collect();
    let evidence = format!(
        "column {} alone tells the target with an {} {} on {} training samples, each judged by \
         the others{}",
        listed(&names[..1], 1),
        first.measure,
        figure(first.value),
        thousands(samples.len()),
        match names.len() {
            1 => String::new(),
            _ => format!("; likewise {}", listed(&names[1..], 3)),
        }
    );
    let examples = found.iter().take(EXAMPLES).map(|told| {
        Example::column(
            &parts.columns[told.column].name,
            format!("{} {}", told.measure, figure(told.value)),
        )
    });
    let finding = Finding::new(Kind::GivesTargetAway, Level::Warning, evidence)
        .measured(first.value, GIVES_AWAY)
        .shown_by(examples.collect())
        .advise(
            "ask whether it is known before the target is: what is written down afterwards gives \
             figures that new data will not; if it is known, keep it, and a network is hardly \
             needed",
        );
    Some(match parts.is_table() && names.len() <= 20 {
        true => finding.paste(format!("drop = {}", toml_list(&names))),
        false => finding,
    })
}

/// The bin of each value, counted from 0; missing values have one of their own. Bins of
/// numbers hold `rows` rows each, or more.
fn bins(kind: &ColumnKind, values: &[f64], rows: usize) -> Vec<usize> {
    if let ColumnKind::Category(names) = kind {
        let bin = |value: &f64| if value.is_nan() { names.len() } else { *value as usize };
        return values.iter().map(bin).collect();
    }
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let most = (values.len() / rows).clamp(2, BINS);
    let mut edges: Vec<f64> =
        (1..most).map(|k| quantile(&sorted, k as f64 / most as f64)).collect();
    edges.dedup();
    let bin = |value: &f64| match value.is_nan() {
        true => edges.len() + 1,
        false => edges.partition_point(|edge| edge < value),
    };
    values.iter().map(bin).collect()
}

fn class(
    parts: &Parts<'_>,
    samples: &[u32],
    halves: &[bool],
    bins: &[usize],
    column: usize,
) -> Option<Told> {
    let train = parts.training();
    let labels: Vec<usize> =
        samples.iter().filter_map(|&sample| Some(train.class(sample)? as usize)).collect();
    let classes = parts.classes().len();
    let width = bins.iter().max()? + 1;
    // Very many categories of very many classes are not worth the memory.
    if width.saturating_mul(classes) > 2_000_000 {
        return None;
    }
    let mut totals = vec![0usize; classes];
    labels.iter().for_each(|&label| totals[label] += 1);
    let largest = *totals.iter().max()?;
    let others = samples.len() - largest;
    if others < LEAST {
        return None;
    }
    let mut counts = [vec![0u32; width * classes], vec![0u32; width * classes]];
    for ((&bin, &label), &half) in bins.iter().zip(&labels).zip(halves) {
        counts[usize::from(half)][bin * classes + label] += 1;
    }
    // What the other half says.
    let said = |bin: usize, half: bool| &counts[usize::from(!half)][bin * classes..][..classes];
    if classes == 2 {
        let score = |bin: usize, half: bool| {
            let said = said(bin, half);
            let (no, yes) = (f64::from(said[0]), f64::from(said[1]));
            (yes + 0.5) / (no + yes + 1.0)
        };
        let scores = |class: usize| -> Vec<f64> {
            let of =
                |(i, &bin): (usize, &usize)| (labels[i] == class).then(|| score(bin, halves[i]));
            bins.iter().enumerate().filter_map(of).collect()
        };
        let (area, _) = auc(&scores(1), &scores(0))?;
        let told = Told { column, measure: "area under the curve of", value: area };
        return (area >= GIVES_AWAY).then_some(told);
    }
    let most_frequent = |counts: &[u32]| {
        let best =
            counts.iter().enumerate().max_by_key(|(class, n)| (**n, std::cmp::Reverse(*class)));
        best.map_or(0, |(class, _)| class)
    };
    let guess: Vec<[usize; 2]> =
        (0..width).map(|bin| [false, true].map(|half| most_frequent(said(bin, half)))).collect();
    let hits = bins.iter().zip(&labels).zip(halves);
    let hits = hits.filter(|((bin, label), half)| guess[**bin][usize::from(**half)] == **label);
    let n = samples.len() as f64;
    let (accuracy, base) = (hits.count() as f64 / n, largest as f64 / n);
    let skill = (accuracy - base) / (1.0 - base);
    (accuracy >= GIVES_AWAY && skill >= GIVES_AWAY_SKILL).then_some(Told {
        column,
        measure: "accuracy of",
        value: accuracy,
    })
}

/// The least squares line of a bin, from sums about its first point.
#[derive(Clone, Copy, Default)]
struct Line {
    origin: Option<(f64, f64)>,
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
}

impl Line {
    fn add(&mut self, x: f64, y: f64) {
        let (x0, y0) = *self.origin.get_or_insert((x, y));
        let (x, y) = (x - x0, y - y0);
        self.n += 1.0;
        (self.x, self.y) = (self.x + x, self.y + y);
        (self.xx, self.xy) = (self.xx + x * x, self.xy + x * y);
    }

    /// What it says of an x; `None` without a point.
    fn at(&self, x: f64) -> Option<f64> {
        let (x0, y0) = self.origin?;
        let (mean_x, mean_y) = (self.x / self.n, self.y / self.n);
        let spread = self.xx - self.n * mean_x * mean_x;
        // A line needs more than two points; categories and missing values have none.
        let slope = match self.n >= 3.0 && spread > 1e-12 * self.xx.max(f64::MIN_POSITIVE) {
            true => (self.xy - self.n * mean_x * mean_y) / spread,
            false => 0.0,
        };
        Some(y0 + mean_y + slope * (x - x0 - mean_x))
    }
}

fn number(
    parts: &Parts<'_>,
    samples: &[u32],
    halves: &[bool],
    bins: &[usize],
    values: &[f64],
    column: usize,
) -> Option<Told> {
    let train = parts.training();
    let width = bins.iter().max()? + 1;
    // Where a bin has one value, or none that is a number, its mean is what it says.
    let x = |at: usize| if values[at].is_finite() { values[at] } else { 0.0 };
    let r2 = |wanted: &[f64]| {
        let mean = wanted.iter().sum::<f64>() / wanted.len() as f64;
        let mut lines = [vec![Line::default(); width], vec![Line::default(); width]];
        for (at, &y) in wanted.iter().enumerate() {
            lines[usize::from(halves[at])][bins[at]].add(x(at), y);
        }
        let (mut left, mut all) = (0.0, 0.0);
        for (at, &y) in wanted.iter().enumerate() {
            let said = lines[usize::from(!halves[at])][bins[at]].at(x(at)).unwrap_or(mean);
            left += (y - said).powi(2);
            all += (y - mean).powi(2);
        }
        if all > 0.0 { 1.0 - left / all } else { 0.0 }
    };
    let best = (0..parts.targets().len()).flat_map(|target| {
        let wanted: Vec<f64> =
            samples.iter().filter_map(|&sample| train.target(sample, target)).collect();
        // Of the target's order, too: a few large targets rule the R² of what is skewed.
        let ordered = mid_ranks(&wanted);
        [("R² of", r2(&wanted)), ("R² (of ranks) of", r2(&ordered))]
    });
    let (measure, value) = best.max_by(|a, b| a.1.total_cmp(&b.1))?;
    (value >= GIVES_AWAY).then_some(Told { column, measure, value })
}
