//! Pairs of columns that say the same.

use crate::Effort;
use crate::finding::{EXAMPLES, Example, Finding, Kind, Level, figure, listed, toml_list};
use crate::parts::{ColumnKind, Parts};
use crate::profile::Profile;
use crate::thresholds::{CORRELATED, LEAST_ROWS};

/// Columns that correlate with one before them, among the first that the effort allows.
pub(crate) fn correlated(
    parts: &Parts<'_>,
    profiles: &[Profile],
    samples: &[u32],
    effort: Effort,
) -> Option<Finding> {
    if parts.is_images() || samples.len() < LEAST_ROWS {
        return None;
    }
    let step = samples.len().div_ceil(effort.correlated_rows());
    let samples: Vec<u32> = samples.iter().copied().step_by(step).collect();
    let columns: Vec<(usize, Vec<f32>)> = (0..parts.width())
        .filter(|&at| !matches!(parts.columns[at].kind, ColumnKind::Category(_)))
        .filter(|&at| profiles[at].distinct > 2)
        .take(effort.correlated_columns())
        .filter_map(|at| Some((at, standardised(&parts.training().values(&samples, at))?)))
        .collect();
    let mut found: Vec<(usize, usize, f64)> = Vec::new();
    for (i, (b, second)) in columns.iter().enumerate() {
        let with = columns[..i].iter().find_map(|(a, first)| {
            let product: f32 = first.iter().zip(second).map(|(x, y)| x * y).sum();
            (f64::from(product.abs()) >= CORRELATED).then_some((*a, f64::from(product)))
        });
        found.extend(with.map(|(a, r)| (a, *b, r)));
    }
    let &(a, b, r) = found.first()?;
    let name = |at: usize| parts.columns[at].name.clone();
    let evidence = format!(
        "columns {} correlate by {}{}",
        listed(&[name(a), name(b)], 2),
        figure(r),
        match found.len() {
            1 => String::new(),
            2 => "; so does a pair more".into(),
            n => format!("; so do {} pairs more", n - 1),
        }
    );
    let examples = found.iter().take(EXAMPLES).map(|&(a, b, r)| Example {
        columns: vec![name(a), name(b)],
        value: Some(figure(r)),
        ..Example::default()
    });
    let finding = Finding::new(Kind::Correlated, Level::Note, evidence)
        .measured(r, CORRELATED)
        .shown_by(examples.collect())
        .advise("one of each pair says nothing that the other does not; leave it out");
    let drop: Vec<String> = found.iter().map(|&(_, b, _)| name(b)).collect();
    Some(match parts.is_table() && drop.len() <= 20 {
        true => finding.paste(format!("drop = {}", toml_list(&drop))),
        false => finding,
    })
}

/// Minus the mean, over the root of the sum of squares; a missing value is the mean. `None`
/// for a constant.
fn standardised(values: &[f64]) -> Option<Vec<f32>> {
    let there = || values.iter().filter(|value| value.is_finite());
    let mean = there().sum::<f64>() / there().count() as f64;
    let norm = there().map(|value| (value - mean).powi(2)).sum::<f64>().sqrt();
    let one = |value: &f64| if value.is_finite() { ((value - mean) / norm) as f32 } else { 0.0 };
    (norm > 0.0 && norm.is_finite()).then(|| values.iter().map(one).collect())
}
