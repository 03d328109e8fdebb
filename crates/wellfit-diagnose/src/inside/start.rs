//! Initial weights that do not suit the network.

use super::thresholds::{FIRST_LOSS, SPREAD};
use super::{InsideKind, Seen, figure, finding};
use crate::verdict::{Finding, Sight};

/// A first loss far above guessing, or values that shrink or grow from layer to layer.
pub fn poor_initialisation(seen: &Seen<'_>) -> Vec<Finding> {
    first_loss(seen).into_iter().chain(spread(seen)).collect()
}

fn first_loss(seen: &Seen<'_>) -> Option<Finding> {
    let (look, classes) = (seen.start()?, seen.watch.classes.as_ref()?.train.len());
    let guessing = (classes as f64).ln();
    (classes > 1 && look.loss > FIRST_LOSS * guessing).then(|| {
        finding(
            InsideKind::PoorInitialisation,
            Sight { layer: None, epoch: 0, value: look.loss, threshold: FIRST_LOSS * guessing },
            format!(
                "the loss is {} before the first epoch; guessing {classes} classes alike costs {}",
                figure(look.loss),
                figure(guessing),
            ),
        )
    })
}

/// Compares the hidden layers; what the network gives has a size of its own.
fn spread(seen: &Seen<'_>) -> Option<Finding> {
    let hidden = seen.start()?.rms.split_last().map(|(_, hidden)| hidden)?;
    let (first, last) = (*hidden.first()?, *hidden.last()?);
    let value = last / first;
    let (threshold, than) = match value > 1.0 {
        true => (SPREAD, "more"),
        false => (1.0 / SPREAD, "less"),
    };
    let out = !(1.0 / SPREAD..=SPREAD).contains(&value) && !value.is_nan();
    let row = hidden.len() - 1;
    let sight = Sight { layer: seen.number(row), epoch: 0, value, threshold };
    let evidence = format!(
        "{}: its values are {} times the size of those of {} before the first epoch ({than} than \
         {})",
        seen.layer(row),
        figure(value),
        seen.layer(0),
        figure(threshold),
    );
    (row > 0 && first > 0.0 && out)
        .then(|| finding(InsideKind::PoorInitialisation, sight, evidence))
}
