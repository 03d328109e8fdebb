//! What the reader of a run may say about its columns.

/// Says which columns are what, where the names do not.
///
/// A name is a column's as the file has it; upper and lower case may differ. In an event
/// folder it is a tag, with or without the folder before it (`train/epoch_loss`), in
/// burn's folder `valid/Loss`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// The training loss. A column whose name is that of a score is taken as the score.
    pub train_col: Option<String>,
    /// The validation loss. A column whose name is that of a score is taken as the score,
    /// and so is an unknown one for which higher is better; losses are then left alone.
    pub val_col: Option<String>,
    /// The score on training data.
    pub train_score_col: Option<String>,
    /// The score on validation data.
    pub val_score_col: Option<String>,
    /// Whether the score is to rise.
    pub higher_is_better: Option<bool>,
    /// Held-out samples.
    pub val_size: Option<usize>,
}
