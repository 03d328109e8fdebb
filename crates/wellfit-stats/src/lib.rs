//! Samples become estimates with intervals. Knows no network.

mod estimate;
pub use estimate::Estimate;
