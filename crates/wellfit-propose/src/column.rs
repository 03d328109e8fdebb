//! Columns that tell one sample from another and nothing else.

use std::collections::HashSet;

use wellfit_data::{Column, ColumnValues, MISSING};

/// A column that is better left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spare {
    /// Its name.
    pub name: String,
    /// Why.
    pub unfit: Unfit,
}

/// Why a column is better left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Whole numbers that are all different, and rise from row to row or are called an
    /// identifier.
    Number,
    /// Texts that are all different, or nearly.
    Text {
        /// How many different ones.
        different: usize,
    },
    /// More different texts than categories may have.
    TooManyTexts {
        /// The most there may be.
        most: usize,
    },
    /// The same value in all rows, or none at all.
    Constant,
}

/// Rows that are looked at for being different: enough to be sure.
const LOOKED_AT: usize = 100_000;
/// Fewer rows are different by chance.
const LEAST_ROWS: usize = 20;
/// Texts of which more than this share are different say who a sample is, not what.
const MOSTLY: f64 = 0.5;

/// Why the column is better left out; `None` of one to learn from.
pub(crate) fn unfit(column: &Column, rows: usize) -> Option<Unfit> {
    match &column.values {
        ColumnValues::Numbers(values) => {
            let mut there = values.iter().filter(|value| !value.is_nan());
            let first = there.next();
            if there.all(|value| Some(value) == first) {
                return Some(Unfit::Constant);
            }
            let identifier = rows >= LEAST_ROWS && is_identifier(&column.name, values);
            identifier.then_some(Unfit::Number)
        }
        ColumnValues::Categories { codes, names } => {
            let different = names.len();
            if different == 0 || different == 1 && !codes.contains(&MISSING) {
                return Some(Unfit::Constant);
            }
            let many = rows >= LEAST_ROWS && different as f64 > MOSTLY * rows as f64;
            many.then_some(Unfit::Text { different })
        }
    }
}

fn is_identifier(name: &str, values: &[f64]) -> bool {
    let values = &values[..values.len().min(LOOKED_AT)];
    if !values.iter().all(|value| value.fract() == 0.0) {
        return false;
    }
    let one_by_one = values.windows(2).all(|pair| pair[1] == pair[0] + 1.0);
    if one_by_one {
        return true;
    }
    let mut seen = HashSet::with_capacity(values.len());
    is_called_identifier(name) && values.iter().all(|value| seen.insert(value.to_bits()))
}

/// `id`, `customer_id`, `PassengerId`, `index`, `Unnamed: 0`, …
fn is_called_identifier(name: &str) -> bool {
    const CALLED: [&str; 8] = ["id", "index", "idx", "key", "uuid", "number", "nr", "no"];
    let lower = name.to_lowercase();
    let word = lower.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    CALLED.contains(&word)
        || name.ends_with("Id")
        || name.ends_with("ID")
        || lower.starts_with("unnamed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(name: &str, values: Vec<f64>) -> Option<Unfit> {
        let rows = values.len();
        unfit(&Column { name: name.into(), values: ColumnValues::Numbers(values) }, rows)
    }

    fn texts(codes: Vec<u32>, different: usize) -> Option<Unfit> {
        let (rows, names) = (codes.len(), (0..different).map(|i| i.to_string()).collect());
        let values = ColumnValues::Categories { codes, names };
        unfit(&Column { name: "t".into(), values }, rows)
    }

    #[test]
    fn rising_row_numbers_and_numbers_called_so_are_identifiers() {
        let rising = |n: usize| (0..n).map(|i| i as f64 + 1000.0).collect::<Vec<_>>();
        let mixed = || (0..40).map(|i| f64::from(i * 17 % 41)).collect::<Vec<_>>();
        assert_eq!(numbers("x", rising(40)), Some(Unfit::Number));
        assert_eq!(numbers("x", rising(10)), None, "ten rows are too few to say so");
        assert_eq!(numbers("PassengerId", mixed()), Some(Unfit::Number));
        assert_eq!(numbers("customer_id", mixed()), Some(Unfit::Number));
        assert_eq!(numbers("Unnamed: 0", mixed()), Some(Unfit::Number));
        assert_eq!(numbers("income", mixed()), None, "a whole number may be a measurement");
        assert_eq!(numbers("width", mixed()), None);
        assert_eq!(numbers("id", mixed().into_iter().map(|x| x + 0.5).collect()), None);
        let twice = (0..40).map(|i| f64::from(i / 2)).collect();
        assert_eq!(numbers("id", twice), None);
    }

    #[test]
    fn texts_that_are_nearly_all_different_are_names() {
        assert_eq!(texts((0..30).collect(), 30), Some(Unfit::Text { different: 30 }));
        assert_eq!(texts((0..30).map(|i| i % 3).collect(), 3), None);
        assert_eq!(texts((0..6).collect(), 6), None);
    }

    #[test]
    fn a_column_with_one_value_has_nothing_to_say() {
        assert_eq!(numbers("x", vec![2.0; 30]), Some(Unfit::Constant));
        assert_eq!(numbers("x", vec![f64::NAN; 30]), Some(Unfit::Constant));
        assert_eq!(numbers("x", vec![2.0, f64::NAN, 3.0]), None);
        assert_eq!(texts(vec![0; 30], 1), Some(Unfit::Constant));
        let mut codes = vec![0; 30];
        codes[3] = MISSING;
        assert_eq!(texts(codes, 1), None, "that a value is missing may say something");
    }
}
