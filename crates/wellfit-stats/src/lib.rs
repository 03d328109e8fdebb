//! Samples become estimates with intervals. Knows no network.
//!
//! | file | in → out |
//! |---|---|
//! | `sample` | numbers → a [`Sample`]: not empty, every value finite |
//! | `estimate` | values, or pairs of values → an [`Estimate`]: mean, 95 % interval, p |
//! | `two_way` | values by row and column → an [`Estimate`] over both |
//! | `holm` | p values → p values that hold together |
//! | `size` | spread and distance → how many values are needed |
//! | `student_t`, `normal` | the distributions these stand on |
//! | [`mod@format`] | an estimate → as many digits as its interval allows |

mod estimate;
pub mod format;
mod holm;
mod normal;
mod sample;
mod size;
mod student_t;
mod two_way;

pub use estimate::Estimate;
pub use holm::holm;
pub use normal::Normal;
pub use sample::{Sample, SampleError};
pub use size::sample_size;
pub use student_t::StudentT;
pub use two_way::two_way;

/// Intervals cover the true value in this share of cases.
pub const CONFIDENCE: f64 = 0.95;
