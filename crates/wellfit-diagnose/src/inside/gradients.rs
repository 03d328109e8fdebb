//! Gradients on their way from the last layer to the first.

use wellfit_train::record::WatchLook;

use super::thresholds::{EXPLODING, VANISHING};
use super::{InsideKind, Seen, figure, finding, since, when};
use crate::verdict::{Finding, Sight};

/// The first layer's gradient over the last's, where both are there.
fn ratio(look: &WatchLook) -> Option<f64> {
    let (first, last) = (*look.gradient_rms.first()?, *look.gradient_rms.last()?);
    (look.gradient_rms.len() > 1 && last > 0.0).then_some(first / last)
}

/// Hardly any of the gradient reaches the first layer. Where a whole layer is dead that is
/// the finding.
pub fn vanishing(seen: &Seen<'_>) -> Vec<Finding> {
    let dead = |look: &WatchLook| {
        let pairs = look.dead.iter().zip(&seen.watch.layers);
        pairs.into_iter().any(|(dead, layer)| *dead == Some(layer.units))
    };
    let vanishes = |look: &WatchLook| ratio(look).is_some_and(|ratio| ratio < VANISHING);
    let found = || {
        let last = seen.last().filter(|look| !dead(look))?;
        let (epoch, value) = (seen.since(vanishes)?, ratio(last)?);
        Some(finding(
            InsideKind::VanishingGradient,
            Sight { layer: seen.number(0), epoch, value, threshold: VANISHING },
            format!(
                "{}: its gradient is {} times that of {} {}{} (less than {})",
                seen.layer(0),
                figure(value),
                seen.layer(seen.watch.layers.len().saturating_sub(1)),
                when(last.epoch),
                since(epoch, last.epoch),
                figure(VANISHING),
            ),
        ))
    };
    found().into_iter().collect()
}

/// The gradient grows on its way back, or something is not finite: the first look at which
/// that is so.
pub fn exploding(seen: &Seen<'_>) -> Vec<Finding> {
    let found = seen.watch.looks.iter().find_map(|look| {
        let wild = |row: &usize| !(look.rms[*row] + look.gradient_rms[*row]).is_finite();
        let rows = 0..look.rms.len().min(look.gradient_rms.len());
        let (row, value, what) = match (rows.clone().find(wild), ratio(look)) {
            (Some(row), _) => {
                let value = look.gradient_rms[row];
                (row, value, "its values or their gradients are not finite".to_string())
            }
            (None, Some(ratio)) if ratio > EXPLODING => {
                let last = seen.layer(seen.watch.layers.len().saturating_sub(1));
                let (ratio_words, most) = (figure(ratio), figure(EXPLODING));
                let words = format!(
                    "its gradient is {ratio_words} times that of {last} (more than {most})"
                );
                (0, ratio, words)
            }
            _ => return None,
        };
        Some(finding(
            InsideKind::ExplodingGradient,
            Sight { layer: seen.number(row), epoch: look.epoch, value, threshold: EXPLODING },
            format!("{}: {what} {}", seen.layer(row), when(look.epoch)),
        ))
    });
    found.into_iter().collect()
}
