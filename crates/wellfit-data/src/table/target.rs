//! From target columns to classes or numbers.

use std::collections::BTreeMap;

use super::column::{Filled, MOST_CATEGORIES, shortened};
use super::error::{Place, TableFault};
use super::fields::{as_text, number};
use super::names::listed;
use crate::{ColumnValues, TargetSchema, Targets, Task};

/// Whole numbers with at most so many different values are classes, if each stands at least
/// twice and the plan does not say otherwise.
const FEW: usize = 20;

/// The targets of training data.
pub(super) fn found(columns: &[Filled], task: Option<Task>) -> Result<Targets, TableFault> {
    columns.iter().try_for_each(check_there)?;
    match columns {
        [column] => match &column.values {
            ColumnValues::Categories { codes, names } => {
                if task == Some(Task::Regression) {
                    return Err(text_target(column, "data.task = \"regression\""));
                }
                of_texts(column, codes, names)
            }
            ColumnValues::Numbers(values) => match task {
                Some(Task::Regression) => varied(columns),
                Some(Task::Classification) => of_numbers(column, values),
                None if look_like_classes(values) => of_numbers(column, values),
                None => varied(columns),
            },
        },
        several => varied(several),
    }
}

/// The targets of further data, in the classes of training.
pub(super) fn as_trained(columns: &[Filled], like: &TargetSchema) -> Result<Targets, TableFault> {
    columns.iter().try_for_each(check_there)?;
    match (like.task, columns) {
        (Task::Classification, [column]) => match &column.values {
            ColumnValues::Categories { codes, names } => known_classes(column, codes, names, like),
            ColumnValues::Numbers(_) => Err(text_target(column, "numbers")),
        },
        _ => numbers(columns),
    }
}

fn check_there(column: &Filled) -> Result<(), TableFault> {
    match column.missing.count {
        0 => Ok(()),
        count => Err(TableFault::MissingInRole {
            column: column.wanted.name.clone(),
            role: "the target",
            count,
            places: column.missing.places(),
        }),
    }
}

fn text_target(column: &Filled, why: &'static str) -> TableFault {
    let text = match &column.values {
        ColumnValues::Categories { names, .. } => names.first().cloned().unwrap_or_default(),
        ColumnValues::Numbers(_) => String::new(),
    };
    TableFault::TextTarget { column: column.wanted.name.clone(), text: shortened(&text), why }
}

/// Few whole numbers, each of them more than once.
fn look_like_classes(values: &[f64]) -> bool {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for value in values {
        if value.fract() != 0.0 || value.abs() > 1e15 {
            return false;
        }
        *counts.entry(*value as i64).or_default() += 1;
        if counts.len() > FEW {
            return false;
        }
    }
    counts.values().all(|&count| count > 1)
}

/// Numbers to learn from, none of which may be the same in every row.
fn varied(columns: &[Filled]) -> Result<Targets, TableFault> {
    for column in columns {
        if let ColumnValues::Numbers(stored) = &column.values
            && let Some(first) = stored.first()
            && stored.iter().all(|value| value == first)
        {
            let column = column.wanted.name.clone();
            return Err(TableFault::ConstantTarget { column, value: as_text(*first) });
        }
    }
    numbers(columns)
}

fn numbers(columns: &[Filled]) -> Result<Targets, TableFault> {
    let mut values = Vec::new();
    let mut each = Vec::new();
    for column in columns {
        let ColumnValues::Numbers(stored) = &column.values else {
            return Err(text_target(column, "several targets are named"));
        };
        if let Some(row) = stored.iter().position(|&value| !(value as f32).is_finite()) {
            let (column, value) = (column.wanted.name.clone(), stored[row]);
            let place = Place::Row(row as u64 + 1);
            return Err(TableFault::TargetTooLarge { place, column, value });
        }
        each.push(stored);
    }
    let rows = each.first().map_or(0, |first| first.len());
    values.reserve_exact(rows * each.len());
    for row in 0..rows {
        values.extend(each.iter().map(|stored| stored[row] as f32));
    }
    let names = columns.iter().map(|column| column.wanted.name.clone()).collect();
    Ok(Targets::numbers(values, names))
}

fn of_numbers(column: &Filled, values: &[f64]) -> Result<Targets, TableFault> {
    let mut sorted: Vec<f64> = values.iter().map(|value| value + 0.0).collect();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    let name = column.wanted.name.clone();
    match sorted.as_slice() {
        [one] => {
            return Err(TableFault::ConstantTarget { column: name, value: as_text(*one) });
        }
        all if all.len() == values.len() => {
            let value = as_text(values[0]);
            return Err(TableFault::DistinctTarget { column: name, rows: values.len(), value });
        }
        all if all.len() > MOST_CATEGORIES => {
            let or = " and name another target, or say task = \"regression\"".into();
            return Err(TableFault::TooManyCategories { column: name, most: MOST_CATEGORIES, or });
        }
        _ => {}
    }
    let class = |value: &f64| sorted.partition_point(|other| other < value) as u32;
    let labels = values.iter().map(class).collect();
    Ok(Targets::classes(labels, sorted.iter().map(|value| as_text(*value)).collect()))
}

fn of_texts(column: &Filled, codes: &[u32], names: &[String]) -> Result<Targets, TableFault> {
    let name = column.wanted.name.clone();
    match names {
        [one] => return Err(TableFault::ConstantTarget { column: name, value: shortened(one) }),
        [first, ..] if names.len() == codes.len() => {
            let (rows, value) = (codes.len(), shortened(first));
            return Err(TableFault::DistinctTarget { column: name, rows, value });
        }
        _ => {}
    }
    let order = class_order(names);
    let mut class = vec![0; names.len()];
    for (to, &from) in (0..).zip(&order) {
        class[from] = to;
    }
    let labels = codes.iter().map(|&code| class[code as usize]).collect();
    Ok(Targets::classes(labels, order.iter().map(|&at| names[at].clone()).collect()))
}

/// Positions of the names in the classes' order: by value if all are whole numbers, else by
/// text.
pub(crate) fn class_order(names: &[String]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..names.len()).collect();
    let whole: Option<Vec<i64>> = names.iter().map(|name| name.parse().ok()).collect();
    match whole {
        Some(values) => order.sort_by_key(|&at| (values[at], &names[at])),
        None => order.sort_by_key(|&at| &names[at]),
    }
    order
}

fn known_classes(
    column: &Filled,
    codes: &[u32],
    names: &[String],
    like: &TargetSchema,
) -> Result<Targets, TableFault> {
    let numeric: Option<Vec<f64>> = like.names.iter().map(|name| number(name)).collect();
    let class = |(i, name): (usize, &String)| {
        let by_text = like.names.iter().position(|known| known == name);
        // "1.0" is class 1 where all classes are numbers.
        let by_value = || {
            let (value, known) = (number(name)?, numeric.as_ref()?);
            known.iter().position(|other| *other == value)
        };
        by_text.or_else(by_value).map(|class| class as u32).ok_or_else(|| {
            TableFault::UnknownClass {
                place: column.first.get(i).copied().unwrap_or(Place::Row(1)),
                column: column.wanted.name.clone(),
                class: shortened(name),
                known: listed(&like.names),
            }
        })
    };
    let classes: Vec<u32> = names.iter().enumerate().map(class).collect::<Result<_, _>>()?;
    let labels = codes.iter().map(|&code| classes[code as usize]).collect();
    Ok(Targets::classes(labels, like.names.clone()))
}
