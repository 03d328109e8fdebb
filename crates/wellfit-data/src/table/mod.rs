//! Tables as they were read: columns of numbers or categories, before anything is fitted.

/// Columns of one length.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The columns that may be learned from, in the file's order.
    pub columns: Vec<Column>,
    /// Samples.
    pub rows: usize,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// As in the header; unique in a table.
    pub name: String,
    /// One value a sample.
    pub values: ColumnValues,
}

/// A column's values.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnValues {
    /// Numbers; NaN where the value is missing, never infinite.
    Numbers(Vec<f64>),
    /// Categories.
    Categories {
        /// Below the number of names; [`MISSING`] where the value is missing.
        codes: Vec<u32>,
        /// In the order in which they first appear.
        names: Vec<String>,
    },
}

/// The code of a missing category.
pub const MISSING: u32 = u32::MAX;
