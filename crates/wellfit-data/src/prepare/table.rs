//! A table held against the columns that were fitted.

use super::encode::Codes;
use super::fault::PrepareFault;
use super::input::{InputColumn, InputKind};
use crate::{ColumnValues, Dataset, MISSING, Table};

/// Columns must be as long as the table, and their codes must have names.
pub(super) fn check(table: &Table) -> Result<(), PrepareFault> {
    for column in &table.columns {
        let bad = |why| Err(PrepareFault::BadColumn { column: column.name.clone(), why });
        let len = match &column.values {
            ColumnValues::Numbers(values) => values.len(),
            ColumnValues::Categories { codes, names } => {
                let wrong = |&&code: &&u32| code != MISSING && code as usize >= names.len();
                if let Some(code) = codes.iter().find(wrong) {
                    return bad(format!(
                        "code {code} is not below {}, its categories",
                        names.len()
                    ));
                }
                codes.len()
            }
        };
        if len != table.rows {
            return bad(format!("it has {len} values, the table {} rows", table.rows));
        }
    }
    Ok(())
}

/// Where each fitted column is in a table. A column without any value may be read as
/// numbers or as categories.
pub(super) fn places(columns: &[InputColumn], table: &Table) -> Result<Vec<usize>, PrepareFault> {
    columns.iter().map(|column| place(column, table)).collect()
}

fn place(column: &InputColumn, table: &Table) -> Result<usize, PrepareFault> {
    let name = || column.name.clone();
    let Some(at) = table.columns.iter().position(|raw| raw.name == column.name) else {
        return Err(PrepareFault::NoColumn { column: name(), found: listed(table) });
    };
    let other = |found, wanted| Err(PrepareFault::OtherKind { column: name(), found, wanted });
    match (&column.kind, &table.columns[at].values) {
        (InputKind::Number(_), ColumnValues::Categories { codes, .. })
            if codes.iter().any(|&code| code != MISSING) =>
        {
            other("categories", "numbers")
        }
        (InputKind::Category(_), ColumnValues::Numbers(values))
            if values.iter().any(|value| !value.is_nan()) =>
        {
            other("numbers", "categories")
        }
        _ => Ok(at),
    }
}

/// The first columns of a table by name.
fn listed(table: &Table) -> String {
    let names: Vec<_> = table.columns.iter().take(8).map(|column| &column.name[..]).collect();
    let more = table.columns.len() - names.len();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", names.join(", "))
}

/// How many values of a set's samples are categories that were not fitted.
pub(super) fn unknown(columns: &[InputColumn], table: &Table, set: &Dataset) -> usize {
    let mut count = 0;
    for column in columns {
        let raw = table.columns.iter().find(|raw| raw.name == column.name);
        if let (InputKind::Category(kind), Some(raw)) = (&column.kind, raw)
            && let ColumnValues::Categories { codes, names } = &raw.values
        {
            let known = Codes::new(kind, names);
            count += set
                .stored_rows()
                .filter(|&row| codes.get(row as usize).is_some_and(|&code| known.is_unknown(code)))
                .count();
        }
    }
    count
}
