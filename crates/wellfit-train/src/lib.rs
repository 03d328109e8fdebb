//! A plan and its data become a record and a model.

pub mod plan;
pub mod record;

pub use plan::Plan;
pub use record::Record;
