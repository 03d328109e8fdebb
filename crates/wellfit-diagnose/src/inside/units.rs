//! Units that have stopped to take part.

use wellfit_train::record::WatchLook;

use super::thresholds::{DEAD, SATURATED};
use super::{InsideKind, Seen, finding, since, when};
use crate::verdict::{Finding, Sight};

/// ReLU layers most of whose units are 0 for every sample.
pub fn dead(seen: &Seen<'_>) -> Vec<Finding> {
    let find = |row: usize| {
        let units = seen.watch.layers[row].units;
        let share = |look: &WatchLook| Some(look.dead.get(row).copied()?? as f64 / units as f64);
        let (last, value) = (seen.last()?, share(seen.last()?)?);
        let epoch = seen.since(|look| share(look).is_some_and(|share| share > DEAD))?;
        Some(finding(
            InsideKind::DeadRelu,
            Sight { layer: seen.number(row), epoch, value, threshold: DEAD },
            format!(
                "{}: {} of {units} units are 0 for all {} samples looked at {}{} (more than \
                 {:.0} %)",
                seen.layer(row),
                last.dead.get(row).copied().flatten().unwrap_or_default(),
                seen.watch.samples,
                when(last.epoch),
                since(epoch, last.epoch),
                100.0 * DEAD,
            ),
        ))
    };
    (0..seen.watch.layers.len()).filter_map(find).collect()
}

/// Hidden layers of tanh or sigmoid most of whose values are at an end. What the network
/// gives may well lie there.
pub fn saturated(seen: &Seen<'_>) -> Vec<Finding> {
    let find = |row: usize| {
        let share = |look: &WatchLook| look.saturated.get(row).copied()?;
        let (last, value) = (seen.last()?, share(seen.last()?)?);
        let epoch = seen.since(|look| share(look).is_some_and(|share| share > SATURATED))?;
        Some(finding(
            InsideKind::Saturated,
            Sight { layer: seen.number(row), epoch, value, threshold: SATURATED },
            format!(
                "{}: {:.0} % of its values are at an end {}{} (more than {:.0} %), where hardly \
                 a gradient passes",
                seen.layer(row),
                100.0 * value,
                when(last.epoch),
                since(epoch, last.epoch),
                100.0 * SATURATED,
            ),
        ))
    };
    (0..seen.watch.layers.len().saturating_sub(1)).filter_map(find).collect()
}
