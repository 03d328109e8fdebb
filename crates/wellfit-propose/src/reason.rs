//! Why something was chosen, in words.

use std::fmt;
use wellfit_stats::format::count as thousands;

use wellfit_data::Task;

use crate::{Spare, Unfit};

/// Why something was chosen. Its words stand in the file, and are told.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// What the data are.
    Data {
        /// Samples.
        n: usize,
        /// What one is: `13 columns`, `images of 28×28`.
        sample: String,
    },
    /// What is to be predicted.
    Task {
        /// Classes or numbers.
        task: Task,
        /// Names of classes or targets.
        outputs: Vec<String>,
        /// Samples of each class.
        counts: Vec<usize>,
    },
    /// Columns that are left out.
    Spare(Vec<Spare>),
    /// What stands in for missing values.
    Missing {
        /// Columns that have some, with how many.
        columns: Vec<(String, usize)>,
    },
    /// How values are scaled.
    Scale(ScaleReason),
    /// What is held out.
    Split {
        /// A share to validate on.
        validation: Option<f64>,
        /// A share to test on.
        test: Option<f64>,
        /// Folds, 1 for none.
        folds: usize,
    },
    /// A class is too small to be in every part.
    AtRandom {
        /// Samples of the smallest class.
        smallest: usize,
    },
    /// Not all samples are trained on.
    Subset {
        /// How many are.
        n: usize,
        /// Of how many.
        of: usize,
    },
    /// Two hidden layers.
    Mlp {
        /// Units of each.
        width: usize,
    },
    /// Convolutions.
    Convolutions {
        /// How many.
        blocks: usize,
    },
    /// Epochs and batches.
    Steps {
        /// Passes over the training samples.
        epochs: usize,
        /// Samples of a batch.
        batch: usize,
        /// Steps in all.
        steps: usize,
    },
    /// The learning rate.
    Rate {
        /// What it is.
        lr: f64,
        /// The largest number to predict.
        largest: f64,
    },
    /// Classes that differ in size.
    Imbalance {
        /// How many times more samples the largest has.
        times: f64,
    },
    /// How much is compared.
    Trials {
        /// Arms, the baseline included.
        arms: usize,
        /// Seeds of each.
        seeds: usize,
        /// Folds of each, 1 for none.
        folds: usize,
        /// How often the folds are drawn.
        repeats: usize,
        /// Whether seeds are added only where the ranking is open.
        racing: bool,
    },
}

/// Why values are scaled as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleReason {
    /// Columns have units of their own.
    Standard,
    /// Bytes.
    Unit,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Data { n, sample } => write!(f, "{} samples, each {sample}", thousands(*n)),
            Reason::Task { task: Task::Classification, outputs, counts } => {
                let each = outputs.iter().zip(counts).map(|(name, n)| format!("{name} ({n})"));
                write!(f, "{} classes: {}", outputs.len(), listed(each.collect()))
            }
            Reason::Task { task: Task::Regression, outputs, .. } => match outputs.as_slice() {
                [one] => write!(f, "a number to predict (regression): {one}"),
                several => {
                    write!(f, "{} numbers to predict: {}", several.len(), listed(several.to_vec()))
                }
            },
            Reason::Spare(columns) => {
                let each = columns.iter().map(|spare| format!("{} ({})", spare.name, spare.unfit));
                write!(f, "left out: {}", listed(each.collect()))
            }
            Reason::Missing { columns } => {
                let each = columns.iter().map(|(name, n)| format!("{name} ({n})"));
                write!(
                    f,
                    "missing values become the column's median (of categories the most frequent \
                     one): {}",
                    listed(each.collect())
                )
            }
            Reason::Scale(ScaleReason::Standard) => f.write_str(
                "values scaled to mean 0 and deviation 1, because their sizes may differ",
            ),
            Reason::Scale(ScaleReason::Unit) => f.write_str("bytes scaled to 0 to 1"),
            Reason::Split { validation, test, folds } => {
                let percent = |share: f64| format!("{} %", (100.0 * share).round());
                let test = match test {
                    Some(share) => format!("{} held out for the final test", percent(*share)),
                    None => "the set's own test part for the final figure".into(),
                };
                match (folds, validation) {
                    (2.., _) => write!(
                        f,
                        "{test}; {folds} folds, because one validation set of so few samples \
                         would be a matter of luck"
                    ),
                    (_, Some(share)) => write!(f, "{test}, {} to judge by", percent(*share)),
                    (_, None) => write!(f, "{test}, its own validation part to judge by"),
                }
            }
            Reason::AtRandom { smallest } => write!(
                f,
                "drawn at random, not class by class: the smallest class has {} only",
                counted(*smallest, "sample")
            ),
            Reason::Subset { n, of } => write!(
                f,
                "{} of {} training samples, so that the comparison takes minutes; train the \
                 winner on all of them",
                thousands(*n),
                thousands(*of)
            ),
            Reason::Mlp { width } => write!(
                f,
                "two hidden layers of {width}: large enough to overfit, so that one can see what \
                 helps"
            ),
            Reason::Convolutions { blocks } => write!(
                f,
                "{blocks} convolutions with pools and a hidden layer: what is near each other in \
                 an image belongs together"
            ),
            Reason::Steps { epochs, batch, steps } => write!(
                f,
                "{epochs} epochs in batches of {batch}: about {} steps, and no early stopping, so \
                 that overfitting shows",
                thousands(*steps)
            ),
            Reason::Rate { lr, largest } if *largest > 10.0 => write!(
                f,
                "Adam at {lr:?}: the numbers to predict reach {largest:.4}, and outputs must get there"
            ),
            Reason::Rate { .. } => f.write_str("Adam at its usual rate"),
            Reason::Imbalance { times } => write!(
                f,
                "the largest class has {times:.0} times the samples of the smallest: judged by \
                 balanced accuracy, the mean over classes"
            ),
            Reason::Trials { arms, folds: folds @ 2.., repeats, .. } => write!(
                f,
                "{arms} arms × {folds} folds drawn {repeats} times: each arm is trained {} times, \
                 because one run is luck",
                folds * repeats
            ),
            Reason::Trials { arms, seeds, racing: true, .. } => write!(
                f,
                "{arms} arms in a race: each is trained from several starts, {seeds} at most, and \
                 leaves when it is hardly the one to recommend"
            ),
            Reason::Trials { arms, seeds, .. } => write!(
                f,
                "{arms} arms × {}: each arm is trained {seeds} times from other starts, because \
                 one run is luck",
                counted(*seeds, "seed")
            ),
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::Number => f.write_str("an identifier: a number for each sample"),
            Unfit::Text { different } => {
                write!(f, "{different} different texts: a name, not a category")
            }
            Unfit::TooManyTexts { most } => {
                write!(f, "more than {most} different texts: too many for categories")
            }
            Unfit::Constant => f.write_str("always the same"),
        }
    }
}

/// Names after each other, the first five.
fn listed(names: Vec<String>) -> String {
    const SHOWN: usize = 5;
    match names.len() {
        ..=SHOWN => names.join(", "),
        more => format!("{}, and {} more", names[..SHOWN].join(", "), more - SHOWN),
    }
}

fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
