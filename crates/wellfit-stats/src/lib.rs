//! Samples become estimates with intervals. Knows no network.
//!
//! | file | in → out |
//! |---|---|
//! | `sample` | numbers → a [`Sample`]: not empty, every value finite |
//! | `estimate` | values, or pairs of values → an [`Estimate`]: mean, 95 % interval, p |
//! | `unpaired` | values of two sides without pairs → an [`Estimate`] of their difference |
//! | `two_way` | values by row and column → an [`Estimate`] over both |
//! | `resampled` | values by fold → an [`Estimate`] that knows that folds share samples |
//! | `bootstrap`, `sign_flip` | values → an interval, a p, that assume no distribution |
//! | `resample` | samples → intervals of any of their statistics |
//! | `wilson` | hits of samples → the interval of their share |
//! | `holm` | p values → p values that hold together |
//! | `power` | a number of values → the chance that they settle a question |
//! | `size` | spread and distance → how many values are needed |
//! | `optimism` | gains of many arms → how much the best flatters itself |
//! | `strength` | gains by strength → which strength to take, if any |
//! | `power_curve` | errors by number of samples → a power law, and what more samples would bring |
//! | `race` | gains so far → which arms need more seeds |
//! | `student_t`, `normal` | the distributions these stand on |
//! | [`mod@format`] | an estimate → as many digits as its interval allows |

mod bootstrap;
mod estimate;
pub mod format;
mod holm;
mod normal;
mod optimism;
mod power;
mod power_curve;
mod quantile;
mod race;
mod resample;
mod resampled;
mod sample;
mod sign_flip;
mod size;
mod strength;
mod student_t;
mod two_way;
mod unpaired;
mod wilson;

pub use bootstrap::{Interval, LEAST_FOR_BOOTSTRAP, bootstrap};
pub use estimate::Estimate;
pub use holm::holm;
pub use normal::Normal;
pub use optimism::{Optimism, optimism};
pub use power::{Spread, chance_to_clear, chance_to_fit};
pub use power_curve::{
    Extrapolated, Fitted, LEAST_SIZES, NoCurve, PowerCurve, SizeError, power_curve,
};
pub use quantile::quantile;
pub use race::{Place, Race, Runner, Standing};
pub use resample::resample;
pub use resampled::resampled;
pub use sample::{Sample, SampleError};
pub use sign_flip::sign_flip;
pub use size::{POWER, size_to_clear, size_to_fit};
pub use strength::{StrengthCurve, StrengthGain, strength_curve};
pub use student_t::StudentT;
pub use two_way::two_way;
pub use unpaired::unpaired;
pub use wilson::wilson;

/// Intervals cover the true value in this share of cases.
pub const CONFIDENCE: f64 = 0.95;
