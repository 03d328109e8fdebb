//! Rows become runs: each row finds its place, runs that follow each other are parted,
//! and figures of one epoch that stand in several rows come together.

use crate::cell::Cell;
use crate::choose::{Choice, TRAIN_LOSS, TRAIN_SCORE, VAL_LOSS, VAL_SCORE};
use crate::error::Fault;
use crate::join::{Run, Story, crowded};
use crate::names::Figure;
use crate::points::Points;
use crate::rows::{Column, Item, Rows, survey};
use crate::words::count;
use crate::{Curves, Options, Unit};

/// One file holds at most so many runs, one after the other.
const MOST_RUNS: usize = 1000;

/// What tells where a row stands.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Clock {
    /// Its column; without one, rows are counted from 1.
    column: Option<usize>,
    unit: Unit,
    /// Whether rows are finer than epochs, so that training figures between two
    /// validations are averaged.
    fine: bool,
    /// A column that tells rows of the same place apart.
    step: Option<usize>,
}

/// Reads a table whose columns are chosen by name.
///
/// # Errors
///
/// Whatever [`Fault`] says of tables.
pub(crate) fn read(
    rows: &dyn Rows,
    name: &str,
    origin: &str,
    options: &Options,
) -> Result<Vec<Curves>, Fault> {
    let columns = survey(rows)?;
    let choice = crate::choose::choose(&columns, options)?;
    let steps = clock_column(&columns, Figure::Step);
    let clock = clock(&columns, steps);
    let gather = |clock: Clock| {
        let parted = Gather::all(rows, &columns, &choice, clock, true)?;
        let unsorted = parted.runs.len() > 1 && !parted.runs.iter().all(Run::is_ordered);
        if unsorted { Gather::all(rows, &columns, &choice, clock, false) } else { Ok(parted) }
    };
    let mut gathered = gather(clock)?;
    if clock.unit == Unit::Epoch && steps.is_some() && crowded(&gathered.runs) {
        gathered = gather(Clock { column: steps, unit: Unit::Step, fine: true, step: None })?;
    }
    let Gather { runs, clock, mut notes, .. } = gathered;
    notes.splice(0..0, choice.notes.iter().cloned());
    if clock.column.is_none() {
        notes.push("rows are not numbered; counted from 1, as epochs".to_string());
    }
    let Clock { unit, fine, .. } = clock;
    Ok(Story { name, origin, options, choice: &choice, unit, fine, notes }.curves(runs))
}

fn clock_column(columns: &[Column], figure: Figure) -> Option<usize> {
    let fits = |column: &Column| column.meaning.figure == figure && column.numbers > 0;
    columns.iter().position(fits)
}

fn clock(columns: &[Column], step: Option<usize>) -> Clock {
    let index = columns.iter().position(|column| {
        column.meaning.figure == Figure::Index && column.counts_up && column.numbers > 0
    });
    if let Some(epoch) = clock_column(columns, Figure::Epoch) {
        let fine = columns[epoch].fractional;
        return Clock { column: Some(epoch), unit: Unit::Epoch, fine, step };
    }
    match (step, index) {
        (Some(step), _) => Clock { column: Some(step), unit: Unit::Step, fine: true, step: None },
        (None, index) => Clock { column: index, unit: Unit::Epoch, fine: false, step: None },
    }
}

struct Gather<'a> {
    choice: &'a Choice,
    clock: Clock,
    clock_name: String,
    /// Whether rows that begin again begin a run.
    parted: bool,
    runs: Vec<Run>,
    first: Option<f64>,
    last: Option<f64>,
    counted: f64,
    unplaced: u64,
    too_many: bool,
    notes: Vec<String>,
}

impl<'a> Gather<'a> {
    fn all(
        rows: &dyn Rows,
        columns: &[Column],
        choice: &'a Choice,
        clock: Clock,
        parted: bool,
    ) -> Result<Gather<'a>, Fault> {
        let clock_name =
            clock.column.map_or("row", |column| columns[column].name.trim()).to_string();
        let mut gather = Gather {
            choice,
            clock,
            clock_name,
            parted,
            runs: Vec::new(),
            first: None,
            last: None,
            counted: 0.0,
            unplaced: 0,
            too_many: false,
            notes: Vec::new(),
        };
        gather.begin();
        let notes = rows.walk(&mut |item| match item {
            Item::Row { cells, .. } if !gather.too_many => gather.row(cells),
            Item::Header if !gather.too_many && gather.clock.column.is_none() => gather.begin(),
            _ => {}
        })?;
        gather.notes = notes;
        if gather.too_many {
            let (column, first) = (gather.clock_name, gather.first.unwrap_or_default());
            return Err(Fault::TooManyRuns { column, first, limit: MOST_RUNS });
        }
        if gather.unplaced > 0 {
            let rows = count(gather.unplaced, "row");
            let note = format!("left out for lack of a number in `{}`: {rows}", gather.clock_name);
            gather.notes.push(note);
        }
        gather.runs.retain(|run| !run.is_empty());
        if gather.runs.is_empty() {
            return Err(Fault::NoPlaces { column: gather.clock_name });
        }
        Ok(gather)
    }

    /// A new run begins.
    fn begin(&mut self) {
        self.counted = 0.0;
        self.last = None;
        if self.runs.last().is_some_and(Run::is_empty) {
            return;
        }
        if self.runs.len() == MOST_RUNS {
            self.too_many = true;
            return;
        }
        let averaged = self.clock.fine || self.clock.step.is_some();
        let columns = |role: usize| {
            let averaged = averaged && matches!(role, TRAIN_LOSS | TRAIN_SCORE);
            vec![Points::new(averaged); self.choice.columns[role].len()]
        };
        let columns = [TRAIN_LOSS, VAL_LOSS, TRAIN_SCORE, VAL_SCORE].map(columns);
        self.runs.push(Run { columns });
    }

    fn row(&mut self, cells: &[Cell]) {
        self.counted += 1.0;
        let mut chosen = self.choice.columns.iter().flatten();
        if chosen.all(|&column| cells[column].number().is_none()) {
            return;
        }
        let at = match self.clock.column.map(|column| cells[column]) {
            Some(Cell::Number(at)) if at.is_finite() => Some(at),
            Some(Cell::Gap) => self.last,
            Some(Cell::Number(_) | Cell::Words) => None,
            None => Some(self.counted),
        };
        let Some(at) = at else {
            self.unplaced += 1;
            return;
        };
        let first = *self.first.get_or_insert(at);
        if self.parted && at == first && self.last.is_some_and(|last| last > first) {
            self.begin();
        }
        self.last = Some(at);
        let step = self.clock.step.and_then(|column| cells[column].number());
        let Some(run) = self.runs.last_mut() else { return };
        for (columns, points) in self.choice.columns.iter().zip(&mut run.columns) {
            for (&column, points) in columns.iter().zip(points) {
                if let Some(value) = cells[column].number() {
                    points.push(at, step, value);
                }
            }
        }
    }
}
