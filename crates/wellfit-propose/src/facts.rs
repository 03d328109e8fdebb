//! What is known of the data before anything is chosen.

use wellfit_data::{
    Column, ColumnValues, Dataset, Features, MISSING, RawSource, Shape, Table, Targets, Task,
};

use crate::column::{Spare, unfit};

/// What is known of the data before anything is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// What a sample is.
    pub samples: Samples,
    /// Classes or numbers to predict.
    pub task: Task,
    /// The columns to predict, of a table; the rest is named by the data.
    pub target: Vec<String>,
    /// Names of the classes or numbers to predict.
    pub outputs: Vec<String>,
    /// Samples of each class; empty in regression.
    pub class_counts: Vec<usize>,
    /// The largest absolute number to predict; 0 of classes.
    pub largest_target: f64,
    /// Samples to train on and to hold out of.
    pub n: usize,
    /// Whether the source has a validation and a test part of its own.
    pub own_parts: [bool; 2],
    /// Whether samples are divided by a column of the table.
    pub split_by: Option<String>,
}

/// What a sample is.
#[derive(Clone, Debug, PartialEq)]
pub enum Samples {
    /// A row of a table.
    Table(TableFacts),
    /// So many numbers.
    Vector {
        /// How many.
        features: usize,
        /// Whether they are bytes.
        bytes: bool,
    },
    /// An image.
    Image {
        /// 1 for grey, 3 for colour.
        channels: usize,
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// Whether its values are bytes.
        bytes: bool,
    },
}

/// What is known of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableFacts {
    /// Columns of numbers to learn from.
    pub numbers: usize,
    /// Columns of categories to learn from.
    pub categories: usize,
    /// Features that they make: each category is one.
    pub features: usize,
    /// Columns with missing values, with how many.
    pub missing: Vec<(String, usize)>,
    /// Columns that are better left out.
    pub spare: Vec<Spare>,
    /// Columns with values very far from the rest.
    pub wild: Vec<String>,
}

/// A value so many interquartile ranges beyond a quartile is wild.
const WILD: f64 = 10.0;
/// Values of a column that are looked at for its quartiles.
const LOOKED_AT: usize = 20_000;

impl Facts {
    /// Those of a source.
    pub fn of_source(source: &RawSource) -> Facts {
        Facts::of(source.samples(), source.has_own_parts())
    }

    /// Those of samples to train on; `own_parts`: whether there are a validation and a
    /// test part beside them.
    pub fn of(set: &Dataset, own_parts: [bool; 2]) -> Facts {
        let largest_target = match set.targets() {
            Targets::Classes { .. } => 0.0,
            Targets::Numbers { values, .. } => {
                values.iter().fold(0.0, |most: f64, value| most.max(f64::from(value.abs())))
            }
        };
        Facts {
            samples: samples(set),
            task: set.task(),
            target: Vec::new(),
            outputs: set.output_names().to_vec(),
            class_counts: set.class_counts(),
            largest_target,
            n: set.len(),
            own_parts,
            split_by: None,
        }
    }

    /// How many times more samples the largest class has than the smallest; 1 in
    /// regression.
    pub fn imbalance(&self) -> f64 {
        let (least, most) = (self.class_counts.iter().min(), self.class_counts.iter().max());
        match (least, most) {
            (Some(&least), Some(&most)) => most as f64 / least.max(1) as f64,
            _ => 1.0,
        }
    }

    /// Numbers that a network gets of a sample.
    pub fn features(&self) -> usize {
        match self.samples {
            Samples::Table(TableFacts { features, .. }) | Samples::Vector { features, .. } => {
                features
            }
            Samples::Image { channels, height, width, .. } => channels * height * width,
        }
    }
}

fn samples(set: &Dataset) -> Samples {
    let bytes = matches!(set.features(), Features::Bytes(_));
    match (set.features(), set.shape()) {
        (Features::Table(table), _) => Samples::Table(of_table(table)),
        (_, Shape::Vector(features)) => Samples::Vector { features, bytes },
        (_, Shape::Image { channels, height, width }) => {
            Samples::Image { channels, height, width, bytes }
        }
    }
}

fn of_table(table: &Table) -> TableFacts {
    let mut facts = TableFacts::default();
    let unfit: Vec<_> = table.columns.iter().map(|column| unfit(column, table.rows)).collect();
    // Something must be left to learn from.
    let all = unfit.iter().all(Option::is_some);
    for (column, unfit) in table.columns.iter().zip(unfit) {
        let name = column.name.clone();
        if let Some(unfit) = unfit.filter(|_| !all) {
            facts.spare.push(Spare { name, unfit });
            continue;
        }
        match &column.values {
            ColumnValues::Numbers(_) => {
                facts.numbers += 1;
                facts.features += 1;
            }
            ColumnValues::Categories { names, .. } => {
                facts.categories += 1;
                facts.features += names.len();
            }
        }
        let missing = missing(column);
        if missing > 0 {
            facts.missing.push((name.clone(), missing));
        }
        if is_wild(column) {
            facts.wild.push(name);
        }
    }
    facts
}

fn missing(column: &Column) -> usize {
    match &column.values {
        ColumnValues::Numbers(values) => values.iter().filter(|value| value.is_nan()).count(),
        ColumnValues::Categories { codes, .. } => {
            codes.iter().filter(|code| **code == MISSING).count()
        }
    }
}

fn is_wild(column: &Column) -> bool {
    let ColumnValues::Numbers(values) = &column.values else { return false };
    let every = values.len().div_ceil(LOOKED_AT).max(1);
    let mut sorted: Vec<f64> =
        values.iter().step_by(every).copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let quartile = |share: usize| sorted.get(sorted.len().saturating_sub(1) * share / 4).copied();
    let (Some(low), Some(high)) = (quartile(1), quartile(3)) else { return false };
    let reach = WILD * (high - low);
    // A column that is mostly one value has no quartiles to speak of.
    let far = |value: &&f64| **value < low - reach || **value > high + reach;
    reach > 0.0 && sorted.iter().find(far).is_some()
}
