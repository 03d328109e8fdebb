//! The verdict on one run.

mod curves;
mod noise;
mod own;
mod properties;
mod render;
mod sequences;
