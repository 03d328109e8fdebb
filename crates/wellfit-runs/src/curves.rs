//! A run's figures by epoch: what a judge reads, and nothing else.

/// One training run.
///
/// All series have one value for each of `at`; a gap is `None`, a number that was NaN or
/// infinite stays so.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// What the run is called: its folder or file, and its name within it.
    pub name: String,
    /// Who wrote it, in words: "wellfit", "Keras CSVLogger".
    pub origin: String,
    /// Whether the run is counted in epochs or steps.
    pub unit: Unit,
    /// Where each row stands, strictly ascending, as the file numbers them.
    pub at: Vec<f64>,
    /// Loss on the data that it was trained on.
    pub train_loss: Option<Series>,
    /// How that was measured.
    pub train_measure: TrainMeasure,
    /// Loss on held-out data.
    pub val_loss: Option<Series>,
    /// Accuracy or another score on the data that it was trained on.
    pub train_score: Option<Series>,
    /// The same on held-out data.
    pub val_score: Option<Series>,
    /// What the scores are.
    pub score: ScoreKind,
    /// Held-out samples, where known.
    pub val_size: Option<usize>,
    /// Training samples, where known.
    pub train_size: Option<usize>,
    /// Classes, where known.
    pub classes: Option<usize>,
    /// Held-out losses of each sample at two epochs, where they were recorded.
    pub samples: Option<SamplePair>,
    /// Whether the run says of itself that it diverged, and at which row.
    pub diverged_at: Option<f64>,
    /// What a reader must know: columns that were guessed or left, rows put in order.
    pub notes: Vec<String>,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// As the file calls it.
    pub name: String,
    /// One for each row.
    pub values: Vec<Option<f64>>,
}

/// What rows count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Passes over the training data.
    Epoch,
    /// Updates of the weights.
    Step,
}

/// How the training loss was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainMeasure {
    /// After the epoch, without dropout and penalties, as on held-out data.
    Evaluation,
    /// While training: dropout on, an average over weights that still changed, perhaps
    /// with a penalty in it.
    Training,
}

/// What a score is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreKind {
    /// A share of samples in [0, 1]: its error is binomial.
    Accuracy,
    /// Any other that is to rise: R², F1, mAP.
    Rises,
    /// One that is to fall: an error rate, a mean absolute error.
    Falls,
}

/// Held-out losses of the same samples at two rows.
#[derive(Clone, Debug, PartialEq)]
pub struct SamplePair {
    /// The earlier row, usually the best.
    pub best_at: f64,
    /// Its losses.
    pub best: Vec<f32>,
    /// The later row, usually the last.
    pub last_at: f64,
    /// Its losses, of the same samples in the same order.
    pub last: Vec<f32>,
}
