//! The remedies that make sense for such data.

use wellfit_data::Task;

use wellfit_study::IMBALANCE;

use crate::split::Split;
use crate::{Facts, Samples, TableFacts};

/// Arms of a study, ranges counted as one.
const MOST: usize = 8;
/// With more features some may be dispensable.
const MANY_FEATURES: usize = 20;

/// With fewer samples to train on, batches say little of the whole.
const LEAST_FOR_BATCHES: usize = 64;

/// Whether the classes are to count the same. Where a part may lack a class, nothing can
/// be said of it there.
pub(crate) fn is_imbalanced(facts: &Facts, split: &Split) -> bool {
    differ_in_size(facts) && !split.at_random
}

/// Whether classes differ much in size.
pub(crate) fn differ_in_size(facts: &Facts) -> bool {
    facts.task == Task::Classification && facts.imbalance() >= IMBALANCE
}

/// An arm with why it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proposed {
    /// What it is called; by its remedies when `None`.
    pub name: Option<&'static str>,
    pub remedies: &'static [&'static str],
    /// What else it sets.
    pub set: Option<&'static str>,
    pub why: &'static str,
    /// How many arms it comes to.
    pub arms: usize,
}

const fn one(remedies: &'static [&'static str], why: &'static str) -> Proposed {
    Proposed { name: None, remedies, set: None, why, arms: 1 }
}

/// The arms, the likeliest first, at most [`MOST`].
pub(crate) fn arms(facts: &Facts, split: &Split) -> Vec<Proposed> {
    let image = matches!(facts.samples, Samples::Image { .. });
    let classes = facts.task == Task::Classification;
    let table = match &facts.samples {
        Samples::Table(table) => table.clone(),
        _ => TableFacts::default(),
    };
    let mut arms = vec![one(
        &["early-stopping"],
        "Stops when the validation loss has not improved for 5 epochs: saves time",
    )];
    if is_imbalanced(facts, split) {
        arms.push(one(&["class-weights"], "Classes differ in size: here each counts the same"));
    }
    if let Samples::Image { channels, height, width, .. } = facts.samples
        && height.min(width) >= 8
    {
        arms.push(match channels {
            1 => one(
                &["augment(symbols)"],
                "Images moved, turned and scaled a little, anew in each epoch; not mirrored, in \
                 case they show digits or letters",
            ),
            _ => {
                one(&["augment"], "Images mirrored and moved by up to 2 pixels, anew in each epoch")
            }
        });
    }
    arms.push(Proposed {
        arms: 2,
        ..one(
            &["dropout(0.2..0.5, 2)"],
            "Zeroes random hidden units in training; two strengths show where it helps",
        )
    });
    arms.push(Proposed {
        arms: 2,
        ..one(
            &["weight-decay(1e-3..1e-2, 2)"],
            "Pulls weights towards 0; two strengths, ten times apart",
        )
    });
    arms.push(one(&["smaller(0.25)"], "A quarter of the width: is the network too large?"));
    if !image && facts.features() > MANY_FEATURES {
        arms.push(one(
            &["feature-selection(anova-f, keep=0.5)"],
            "Half of the features, those that tell most by themselves: is the rest noise?",
        ));
    }
    if !table.wild.is_empty() {
        arms.push(one(&["outliers"], "Wild values cut to the 1 % and 99 % quantiles"));
    }
    if !image {
        arms.push(one(
            &["noise"],
            "A tenth of a standard deviation of noise on each value, anew in each epoch",
        ));
    }
    if split.train >= LEAST_FOR_BATCHES {
        arms.push(Proposed {
        // A batch of one sample has no variance.
        name: Some("batch-norm"),
        set: Some("train.last_batch = \"drop\""),
        ..one(
            &["batch-norm"],
            "Scales the hidden layers' values by their batch; a last, smaller batch is left out",
        )
    });
    }
    if classes {
        arms.push(one(&["label-smoothing"], "Asks for 90 % certainty instead of 100 %"));
    }
    arms.push(one(
        &["reduce-on-plateau(0.5, patience=3)"],
        "Halves the learning rate when the validation loss has not improved for 3 epochs",
    ));
    arms.truncate(MOST);
    arms
}
