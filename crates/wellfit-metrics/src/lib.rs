//! What is known, and what a network said of it, become scores. Knows no network.
//!
//! | file | in → out |
//! |---|---|
//! | `classified` | labels and logits (or probabilities) → [`Classified`]: checked |
//! | `predicted` | targets and predictions → [`Predicted`]: checked |
//! | `confusion` | labels and predicted classes → [`Confusion`]: accuracy, precision, recall, F1 |
//! | `ranking` | probabilities in order → [`Ranking`]: ROC AUC, average precision |
//! | `calibration` | probabilities → [`Calibration`], Brier score, log loss |
//! | `errors` | differences → RMSE, MAE, R², median and largest error |
//! | `extra` | a name, as in `train.metrics` → [`Extra`], which measures it |
//! | `evaluated` | a report and where it comes from → [`Evaluated`], what is told of a model |
//! | `report` | one of the sets → [`ClassReport`], [`NumberReport`]: all of it, with intervals |
//!
//! Values agree with scikit-learn's of the same name; `tests/golden` holds them against
//! it. Where a score is not defined it is an [`Undefined`], which says why; where
//! scikit-learn warns and gives 0 or leaves a class out, so is done here, and said.
//!
//! ```
//! use wellfit_metrics::{Classified, Confusion, Ranking};
//!
//! // Three samples, two classes; the last one is mistaken for class 1.
//! let set = Classified::from_logits(&[0, 1, 0], &[2.0, 0.0, 0.0, 3.0, 0.0, 1.0], 2)?;
//! let confusion = Confusion::of(&set);
//! assert_eq!(confusion.counts(), [1, 1, 0, 1]);
//! assert_eq!(confusion.balanced_accuracy()?, 0.75);
//! assert_eq!(Ranking::of(&set).auc()?, 1.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod calibration;
mod classified;
mod confusion;
mod error;
mod errors;
mod evaluated;
mod extra;
mod predicted;
mod ranking;
mod report;
mod weights;

pub use calibration::{BINS, Bin, Calibration, brier, log_loss, top_k};
pub use classified::Classified;
pub use confusion::{ClassScores, Confusion};
pub use error::{SetError, Undefined};
pub use errors::{
    max_error, mean_absolute_error, median_absolute_error, r2, root_mean_squared_error,
};
pub use evaluated::{EVALUATION_SCHEMA, Evaluated, LossFigure, Report};
pub use extra::{Extra, MOST_TOP, Task};
pub use predicted::Predicted;
pub use ranking::Ranking;
pub use report::{ClassReport, Figure, Mistake, NumberReport, RESAMPLES, Residual, TargetScores};
