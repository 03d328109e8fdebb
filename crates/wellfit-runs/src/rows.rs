//! A table of figures, whoever wrote it, that can be walked from its first row.

use crate::cell::Cell;
use crate::error::Fault;
use crate::names::{Figure, Meaning, meaning};

/// What is met on the way through a table.
pub(crate) enum Item<'a> {
    /// A row.
    Row {
        /// Where it stands in a file of lines, from 1.
        line: Option<u64>,
        /// One for each name.
        cells: &'a [Cell],
    },
    /// The header once more: another run begins.
    Header,
}

/// A table.
pub(crate) trait Rows {
    /// The columns' names.
    fn names(&self) -> &[String];

    /// Shows all rows in their order; says what a reader must know of them.
    fn walk(&self, each: &mut dyn FnMut(Item<'_>)) -> Result<Vec<String>, Fault>;
}

/// A table in memory, column after column.
#[derive(Default)]
pub(crate) struct Memory {
    pub names: Vec<String>,
    pub columns: Vec<Vec<Cell>>,
    pub notes: Vec<String>,
}

impl Memory {
    /// The column of that name; a new one is filled up with gaps.
    pub(crate) fn column(&mut self, name: &str) -> usize {
        self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_string());
            self.columns.push(vec![Cell::Gap; self.rows()]);
            self.names.len() - 1
        })
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, values: impl IntoIterator<Item = (usize, f64)>) {
        let row = self.rows();
        self.columns.iter_mut().for_each(|column| column.push(Cell::Gap));
        for (column, value) in values {
            self.columns[column][row] = Cell::Number(value);
        }
    }

    fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }
}

impl Rows for Memory {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn walk(&self, each: &mut dyn FnMut(Item<'_>)) -> Result<Vec<String>, Fault> {
        let mut row = vec![Cell::Gap; self.names.len()];
        for i in 0..self.rows() {
            for (cell, column) in row.iter_mut().zip(&self.columns) {
                *cell = column[i];
            }
            each(Item::Row { line: None, cells: &row });
        }
        Ok(self.notes.clone())
    }
}

/// What a first walk finds out about a column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub name: String,
    pub meaning: Meaning,
    /// Cells with a number.
    pub numbers: u64,
    /// Cells with something that is neither a number nor a gap.
    pub words: u64,
    /// The line of the first of those.
    pub words_line: Option<u64>,
    /// Whether a number is no whole one.
    pub fractional: bool,
    /// Whether every row counts up by one, or begins again.
    pub counts_up: bool,
    first: Option<f64>,
    last: Option<f64>,
}

impl Column {
    pub(crate) fn named(name: &str, numbers: u64) -> Column {
        Column {
            name: name.to_string(),
            meaning: meaning(name),
            numbers,
            words: 0,
            words_line: None,
            fractional: false,
            counts_up: true,
            first: None,
            last: None,
        }
    }

    fn see(&mut self, line: Option<u64>, cell: Cell) {
        match cell {
            Cell::Number(number) => {
                self.numbers += 1;
                self.fractional |= number.is_finite() && number.fract() != 0.0;
                let first = *self.first.get_or_insert(number);
                self.counts_up &= number == first || self.last == Some(number - 1.0);
                self.last = Some(number);
            }
            Cell::Words => {
                self.words_line = self.words_line.or(line);
                self.words += 1;
                self.counts_up = false;
            }
            Cell::Gap => self.counts_up = false,
        }
    }
}

/// Walks a table to see what its columns hold.
///
/// # Errors
///
/// When it cannot be read, or no column but a clock holds a number.
pub(crate) fn survey(rows: &dyn Rows) -> Result<Vec<Column>, Fault> {
    let mut columns: Vec<Column> = rows.names().iter().map(|name| Column::named(name, 0)).collect();
    rows.walk(&mut |item| match item {
        Item::Row { line, cells } => {
            columns.iter_mut().zip(cells).for_each(|(column, &cell)| column.see(line, cell));
        }
        Item::Header => {}
    })?;
    let is_clock = |column: &Column| {
        matches!(column.meaning.figure, Figure::Epoch | Figure::Step | Figure::Index)
    };
    if columns.iter().all(|column| column.numbers == 0 || is_clock(column)) {
        return Err(Fault::NoNumbers { columns: rows.names().to_vec() });
    }
    Ok(columns)
}
