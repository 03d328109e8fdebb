//! Classes that are few, and classes that are forgotten.

use super::thresholds::{CLASS_SAMPLES, IMBALANCE};
use super::{InsideKind, Seen, figure, finding};
use crate::verdict::{Finding, Sight};

/// Classes with far fewer training samples than others, unless they are weighted.
pub fn imbalance(seen: &Seen<'_>) -> Vec<Finding> {
    let found = || {
        let classes = seen.watch.classes.as_ref().filter(|classes| !classes.weighted)?;
        let by_size = || classes.train.iter().enumerate();
        let (small, &fewest) = by_size().min_by_key(|&(_, n)| n)?;
        let (large, &most) = by_size().max_by_key(|&(_, n)| n)?;
        let value = most as f64 / fewest as f64;
        let sight = Sight { layer: None, epoch: 0, value, threshold: IMBALANCE };
        let few = match fewest {
            0 => "none".into(),
            _ => format!("{fewest}: {} to 1 (at least {})", figure(value), figure(IMBALANCE)),
        };
        let evidence =
            format!("class {large} has {most} training samples, class {small} has {few}");
        (value >= IMBALANCE).then(|| finding(InsideKind::ClassImbalance, sight, evidence))
    };
    found().into_iter().collect()
}

/// Classes that no validation sample is taken for, by the kept weights or, where none
/// were kept, the last.
pub fn never_predicted(seen: &Seen<'_>) -> Vec<Finding> {
    let found = || {
        let classes = seen.watch.classes.as_ref()?;
        let (there, predicted) =
            (classes.validation.as_ref()?, classes.best.as_ref().or(classes.last.as_ref())?);
        let pairs = there.iter().zip(&predicted.counts).enumerate();
        let never: Vec<(usize, u64)> = pairs
            .filter(|(_, (there, predicted))| **there >= CLASS_SAMPLES && **predicted == 0)
            .map(|(class, (there, _))| (class, *there))
            .collect();
        let (&(first, samples), more) = (never.first()?, never.len() - 1);
        Some(finding(
            InsideKind::ClassNeverPredicted,
            Sight {
                layer: None,
                epoch: predicted.epoch,
                value: never.len() as f64,
                threshold: 0.0,
            },
            format!(
                "class {first} is never predicted after epoch {}, though {samples} validation \
                 samples are of it{}",
                predicted.epoch,
                match more {
                    0 => String::new(),
                    1 => "; nor is another class".into(),
                    _ => format!("; nor are {more} other classes"),
                },
            ),
        ))
    };
    found().into_iter().collect()
}
