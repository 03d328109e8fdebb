//! Records and findings become a report: a page, pictures, words in a terminal.
//!
//! It computes nothing that is not in the findings, apart from means and intervals
//! by epoch and sums of histograms, which only the curves and pictures need.
//!
//! | file | in → out |
//! |---|---|
//! | `write` | records and findings → the report's files |
//! | `view` | both, checked, with the arms' order |
//! | `curves`, `weights` | an arm's records → curves over its seeds, summed histograms |
//! | [`picture`] | a view → effects, curves, weights |
//! | [`chart`] | pictures → SVG, PNG |
//! | `page` | a view → `report.html` |
//! | `terminal` | a view → the answer and a table in plain text |
//! | `evaluation` | what a model gives on a set → tables in plain text, pictures in files |
//! | `inspection` | a model's weights → tables in plain text, pictures in files |
//! | `progress` | events of running trials → bars or lines (feature `terminal`) |
//! | `bar` | how much of other work is done → a bar (feature `terminal`) |

#[cfg(feature = "terminal")]
mod bar;
pub mod chart;
mod curves;
mod error;
mod evaluation;
mod inspection;
mod page;
pub mod palette;
pub mod picture;
#[cfg(feature = "terminal")]
mod progress;
mod terminal;
mod text;
mod view;
mod weights;
mod words;
mod write;

#[cfg(feature = "terminal")]
pub use bar::{Bar, Counted, size};
pub use curves::{Curves, Figure, Kept, Point};
pub use error::ReportError;
pub use evaluation::{evaluation_summary, write_evaluation};
pub use inspection::{PicturePlace, inspection_summary, write_inspection};
#[cfg(feature = "terminal")]
pub use progress::Progress;
pub use terminal::{answer, strengths, train_summary};
pub use view::View;
pub use weights::{Bins, LayerWeights};
pub use write::{write_picture, write_report};
