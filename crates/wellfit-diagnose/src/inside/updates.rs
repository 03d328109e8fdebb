//! Steps against the weights that they move.

use wellfit_train::record::WatchLook;

use super::thresholds::{LARGE_FIRST_UPDATE, LARGE_UPDATE, LEAST_LOOKS, SMALL_UPDATE};
use super::{InsideKind, Seen, figure, finding, layer_of, when};
use crate::verdict::{Finding, Sight};

/// A step's norm over the norm of the weights that it moves.
fn ratio(look: &WatchLook, tensor: usize) -> Option<f64> {
    let (update, norm) = (*look.update_norm.get(tensor)?, *look.norm.get(tensor)?);
    (norm > 0.0 && update.is_finite()).then_some(update / norm)
}

/// Weights whose first step is larger than they are, or most of whose steps after that,
/// where they were looked at often enough, are a great part of them.
pub fn too_large(seen: &Seen<'_>) -> Vec<Finding> {
    let find = |(tensor, layer): (usize, &str)| {
        let limit = |look: &WatchLook| match look.epoch {
            0 => LARGE_FIRST_UPDATE,
            _ => LARGE_UPDATE,
        };
        let over = |look: &&WatchLook| ratio(look, tensor).is_some_and(|r| r > limit(look));
        let first = seen.start().filter(over);
        let later = || seen.watch.looks.iter().filter(|look| look.epoch > 0);
        let (large, all) = (later().filter(over).count(), later().count());
        let often = all >= LEAST_LOOKS && large * 2 > all;
        let look = first.or_else(|| later().find(over).filter(|_| often))?;
        let (value, threshold) = (ratio(look, tensor)?, limit(look));
        Some(finding(
            InsideKind::UpdateTooLarge,
            Sight { layer: Some(layer.into()), epoch: look.epoch, value, threshold },
            format!(
                "layer {layer}: one step moves its weights by {} their norm {} (more than {}; 0.001 is \
                 usual)",
                times(value),
                when(look.epoch),
                figure(threshold),
            ),
        ))
    };
    seen.weights().filter_map(find).collect()
}

/// `0.14 of`, `219 times`.
fn times(value: f64) -> String {
    format!("{} {}", figure(value), if value < 1.0 { "of" } else { "times" })
}

/// Weights that no step moves by anything that matters, though they move.
pub fn too_small(seen: &Seen<'_>) -> Vec<Finding> {
    let find = |(tensor, layer): (usize, &str)| {
        let ratios = seen.watch.looks.iter().filter_map(|look| Some((look, ratio(look, tensor)?)));
        let (look, value) = ratios.max_by(|a, b| a.1.total_cmp(&b.1))?;
        let still = frozen(seen, &seen.watch.parameters[tensor]).is_some();
        let epoch = look.epoch;
        let sight = Sight { layer: Some(layer.into()), epoch, value, threshold: SMALL_UPDATE };
        let evidence = format!(
            "layer {layer}: one step moves its weights by {} of their norm at most, {} (less than \
             {}; 0.001 is usual)",
            figure(value),
            when(epoch),
            figure(SMALL_UPDATE),
        );
        (value < SMALL_UPDATE && !still)
            .then(|| finding(InsideKind::UpdateTooSmall, sight, evidence))
    };
    seen.weights().filter_map(find).collect()
}

/// Layers with tensors that are the same bits whenever they were looked at.
pub fn unchanged(seen: &Seen<'_>) -> Vec<Finding> {
    let mut layers: Vec<&str> = seen.watch.parameters.iter().map(|name| layer_of(name)).collect();
    layers.dedup();
    let find = |layer: &str| {
        let own = || seen.watch.parameters.iter().filter(|name| layer_of(name) == layer);
        let still: Vec<&str> =
            own().filter(|name| frozen(seen, name).is_some()).map(|name| name.as_str()).collect();
        let epoch = frozen(seen, still.first()?)?;
        let last = seen.last()?.epoch;
        Some(finding(
            InsideKind::UnchangedWeights,
            Sight { layer: Some(layer.into()), epoch, value: 0.0, threshold: 0.0 },
            format!(
                "layer {layer}: {} the same bits after epoch {last} as at the start (a step must \
                 move them by more than 0)",
                match still[..] {
                    [one] => format!("{one} is"),
                    _ => format!("{} are", still.join(" and ")),
                },
            ),
        ))
    };
    layers.into_iter().filter_map(find).collect()
}

/// Since when a tensor has not moved, if it never moved.
fn frozen(seen: &Seen<'_>, tensor: &str) -> Option<usize> {
    let mut trained = seen.watch.looks.iter().filter(|look| look.epoch > 0).peekable();
    let first = trained.peek()?.epoch;
    let same = |look: &WatchLook| look.unchanged.iter().any(|name| name == tensor);
    trained.all(same).then_some(first)
}
