//! Files and known data sets become checked [`Dataset`]s and splits.

mod dataset;
mod request;

pub use dataset::{Dataset, Features, Shape};
pub use request::{DataRequest, Holdout, Scale, Splits, Subset};
