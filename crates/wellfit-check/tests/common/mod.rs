//! Made-up tables and images for tests.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::sync::Arc;

use wellfit_check::{Checked, Effort, Finding, Kind, check};
use wellfit_data::{
    Column, ColumnValues, DataRequest, Dataset, Features, RawSplits, Shape, Table, Targets,
};
use wellfit_random::{Key, Purpose, Stream};

pub fn stream(seed: u64) -> Stream {
    Key { seed, purpose: Purpose::Synthetic, layer: 77, step: 0 }.stream()
}

/// A table in the making.
#[derive(Clone)]
pub struct Made {
    pub columns: Vec<Column>,
    pub classes: Vec<u32>,
    pub numbers: Option<Vec<f32>>,
    pub class_names: usize,
}

impl Made {
    /// Six columns of numbers and two of categories, two classes that hang on two of them.
    pub fn clean(rows: usize, seed: u64) -> Made {
        let mut draw = stream(seed);
        let mut columns: Vec<Column> = (0..6)
            .map(|at| Column {
                name: format!("n{at}"),
                values: ColumnValues::Numbers((0..rows).map(|_| draw.normal()).collect()),
            })
            .collect();
        for at in 0..2 {
            let codes: Vec<u32> = (0..rows).map(|_| draw.below(3 + at) as u32).collect();
            let names = (0..3 + at).map(|code| format!("c{code}")).collect();
            let values = ColumnValues::Categories { codes, names };
            columns.push(Column { name: format!("k{at}"), values });
        }
        let value = |column: usize, row: usize| match &columns[column].values {
            ColumnValues::Numbers(values) => values[row],
            ColumnValues::Categories { codes, .. } => codes[row].into(),
        };
        let classes = (0..rows)
            .map(|row| u32::from(value(0, row) + value(1, row) + 0.7 * draw.normal() > 0.0))
            .collect();
        Made { columns, classes, numbers: None, class_names: 2 }
    }

    pub fn rows(&self) -> usize {
        self.classes.len()
    }

    pub fn numbers_of(&mut self, column: usize) -> &mut Vec<f64> {
        match &mut self.columns[column].values {
            ColumnValues::Numbers(values) => values,
            ColumnValues::Categories { .. } => panic!("column {column} holds categories"),
        }
    }

    pub fn with_numbers(mut self, name: &str, values: Vec<f64>) -> Made {
        self.columns.push(Column { name: name.into(), values: ColumnValues::Numbers(values) });
        self
    }

    pub fn with_categories(mut self, name: &str, codes: Vec<u32>, names: Vec<String>) -> Made {
        let values = ColumnValues::Categories { codes, names };
        self.columns.push(Column { name: name.into(), values });
        self
    }

    /// Makes one row a copy of another, target and all.
    pub fn copy(&mut self, from: usize, to: usize) {
        for column in &mut self.columns {
            match &mut column.values {
                ColumnValues::Numbers(values) => values[to] = values[from],
                ColumnValues::Categories { codes, .. } => codes[to] = codes[from],
            }
        }
        self.classes[to] = self.classes[from];
        if let Some(numbers) = &mut self.numbers {
            numbers[to] = numbers[from];
        }
    }

    pub fn set(&self) -> Dataset {
        let rows = self.rows();
        let targets = match &self.numbers {
            Some(numbers) => Targets::numbers(numbers.clone(), vec!["price".into()]),
            None => {
                let names = (0..self.class_names).map(|class| format!("class-{class}")).collect();
                Targets::classes(self.classes.clone(), names)
            }
        };
        let shape = Shape::Vector(self.columns.len());
        let table = Table { columns: self.columns.clone(), rows };
        Dataset::new(shape, Features::Table(Arc::new(table)), targets).expect("a table")
    }

    /// The last rows are held out: so many for validation.
    pub fn parts(&self, validation: usize) -> RawSplits {
        split(&self.set(), validation)
    }

    pub fn check(&self, validation: usize) -> Checked {
        check(&self.parts(validation), &DataRequest::of("made"), Effort::Full)
    }
}

pub fn split(all: &Dataset, validation: usize) -> RawSplits {
    let (rows, cut) = (all.len() as u32, (all.len() - validation) as u32);
    RawSplits {
        train: all.take(&Vec::from_iter(0..cut)).expect("rows"),
        validation: Some(all.take(&Vec::from_iter(cut..rows)).expect("rows")),
        test: None,
        validation_is_test: false,
        origin: "made in code".into(),
    }
}

pub fn two(train: Dataset, validation: Dataset) -> RawSplits {
    RawSplits {
        train,
        validation: Some(validation),
        test: None,
        validation_is_test: false,
        origin: "made in code".into(),
    }
}

/// The one finding of a kind.
#[track_caller]
pub fn the(checked: &Checked, kind: Kind) -> &Finding {
    let mut found = checked.findings.iter().filter(|finding| finding.kind == kind);
    let first = found.next().unwrap_or_else(|| panic!("no {kind:?} in {:#?}", checked.findings));
    assert!(found.next().is_none(), "more than one {kind:?}");
    first
}

pub fn kinds(checked: &Checked) -> Vec<Kind> {
    checked.findings.iter().map(|finding| finding.kind).collect()
}
