//! Fitting, step by step.

use super::encode;
use super::fault::PrepareFault;
use super::features::Encoded;
use super::figures::Figures;
use super::impute::{Gaps, missing_number};
use super::input::{ArrayInput, Input, InputColumn, InputKind, Numbers};
use super::outliers::{bounds, is_beyond};
use super::select::select;
use super::{Preparation, scale, table};
use crate::{
    Column, ColumnValues, DataError, DataRequest, Dataset, Features, Missing, Outliers, Scale,
    Shape, Table, Task, Unknown,
};

pub(super) fn fit(request: &DataRequest, train: &Dataset) -> Result<Preparation, DataError> {
    let how = How { scale: rule(request.scale, train.features())?, request };
    let rows: Vec<u32> = train.stored_rows().collect();
    let outputs = Some((train.task(), train.output_names().to_vec()));
    let mut fitted = Preparation {
        scale: how.scale,
        refuse_unknown: request.prepare.unknown == Unknown::Error,
        input: Input::Any,
        selected: None,
        outputs,
    };
    let mut kept = rows;
    if let Some(Outliers::Drop { iqr }) = request.prepare.outliers {
        fitted.input = how.input(train, &kept, &Step::Drop)?;
        let places = inside(&fitted.input, train)?;
        check_left(train, &places, iqr)?;
        kept = places.into_iter().map(|at| kept[at as usize]).collect();
    }
    fitted.input = how.input(train, &kept, &Step::Rest(&fitted.input))?;
    if let Some(asked) = request.prepare.select {
        let encoded = Encoded::new(&fitted.input, train.features());
        let targets = train.targets();
        fitted.selected = Some(select(asked, &encoded, targets, &kept, request.split_seed)?);
    }
    Ok(fitted)
}

/// The scale that a plan asks for or leaves to the data.
fn rule(asked: Option<Scale>, features: &Features) -> Result<Scale, DataError> {
    match (asked, features) {
        (None, Features::Bytes(_)) => Ok(Scale::Unit),
        (None, Features::Floats(_)) => Ok(Scale::None),
        (None, Features::Table(_)) => Ok(Scale::Standard),
        (Some(Scale::Unit), Features::Floats(_)) => Err(DataError::UnitScaleOfFloats),
        (Some(Scale::Unit), Features::Table(_)) => Err(PrepareFault::UnitScaleOfTable.into()),
        (Some(scale), _) => Ok(scale),
    }
}

/// What is fitted.
enum Step<'a> {
    /// Bounds beyond which training samples are left out.
    Drop,
    /// All else; what was fitted before is kept.
    Rest(&'a Input),
}

struct How<'a> {
    request: &'a DataRequest,
    scale: Scale,
}

impl How<'_> {
    fn input(&self, train: &Dataset, rows: &[u32], step: &Step<'_>) -> Result<Input, PrepareFault> {
        match train.features() {
            Features::Table(raw) => self.table(raw, rows, step).map(Input::Table),
            _ => self.array(train, rows, step).map(Input::Array),
        }
    }

    fn table(
        &self,
        raw: &Table,
        rows: &[u32],
        step: &Step<'_>,
    ) -> Result<Vec<InputColumn>, PrepareFault> {
        table::check(raw)?;
        let fit = |(at, Column { name, values }): (usize, &Column)| {
            let kind = match values {
                ColumnValues::Numbers(values) => {
                    let drop = match step {
                        Step::Rest(Input::Table(before)) => match &before[at].kind {
                            InputKind::Number(numbers) => numbers.drop,
                            InputKind::Category(_) => None,
                        },
                        _ => None,
                    };
                    InputKind::Number(self.column(name, values, rows, step, drop)?)
                }
                ColumnValues::Categories { codes, names } => {
                    // Categories have no outliers; all is fitted on the samples that stay.
                    let missing = match step {
                        Step::Drop => Missing::MostFrequent,
                        Step::Rest(_) => self.request.prepare.missing,
                    };
                    InputKind::Category(encode::fit(name, (codes, rows), names, missing)?)
                }
            };
            Ok(InputColumn { name: name.clone(), kind })
        };
        raw.columns.iter().enumerate().map(fit).collect()
    }

    /// A column of numbers.
    fn column(
        &self,
        name: &str,
        values: &[f64],
        rows: &[u32],
        step: &Step<'_>,
        drop: Option<(f64, f64)>,
    ) -> Result<Numbers, PrepareFault> {
        let missing = self.request.prepare.missing;
        let (mut there, mut gaps) = (Vec::with_capacity(rows.len()), Gaps::of(rows.len()));
        for &row in rows {
            let value = values[row as usize];
            if value.is_nan() {
                gaps.note(row);
            } else if value.is_infinite() {
                return Err(PrepareFault::Infinite { column: name.into(), row, value });
            } else {
                there.push(value);
            }
        }
        gaps.check(name, missing == Missing::Error)?;
        let mut figures = Figures::Values(there);
        if let Step::Drop = step {
            let drop = self.request.prepare.outliers.and_then(|how| bounds(how, &mut figures));
            return Ok(Numbers { drop, ..Numbers::AS_THEY_ARE });
        }
        let fill = missing_number(&mut figures, missing);
        if let (Some(fill), Figures::Values(values)) = (fill, &mut figures) {
            values.extend(std::iter::repeat_n(fill, gaps.count));
        }
        self.numbers(name, figures, fill, drop)
    }

    /// Bounds and scale by what a column's values are once none is missing.
    fn numbers(
        &self,
        name: &str,
        mut figures: Figures,
        fill: Option<f64>,
        drop: Option<(f64, f64)>,
    ) -> Result<Numbers, PrepareFault> {
        let clip = match self.request.prepare.outliers {
            None | Some(Outliers::Drop { .. }) => None,
            Some(outliers) => bounds(outliers, &mut figures),
        };
        if let Some(bounds) = clip {
            figures = figures.clipped(bounds);
        }
        let (shift, divide) = scale::fit(self.scale, &mut figures);
        if !(shift.is_finite() && divide.is_finite() && fill.is_none_or(f64::is_finite)) {
            return Err(PrepareFault::TooWide { column: name.into() });
        }
        Ok(Numbers { fill, clip, drop, shift, divide })
    }

    fn array(
        &self,
        train: &Dataset,
        rows: &[u32],
        step: &Step<'_>,
    ) -> Result<ArrayInput, PrepareFault> {
        let bytes = matches!(train.features(), Features::Bytes(_));
        let count = match train.shape() {
            Shape::Vector(columns) => columns,
            Shape::Image { channels, .. } => channels,
        };
        let groups = vec![Numbers::AS_THEY_ARE; count];
        let mut input = ArrayInput { shape: train.shape(), bytes, groups };
        let outliers = self.request.prepare.outliers;
        let by_figures = !matches!(self.scale, Scale::Unit | Scale::None);
        for at in 0..count {
            let name = match input.shape {
                Shape::Vector(_) => input.name(at),
                Shape::Image { .. } => format!("channel {at}"),
            };
            let drop = match step {
                Step::Rest(Input::Array(before)) => before.groups[at].drop,
                _ => None,
            };
            input.groups[at] = match step {
                Step::Drop => {
                    let mut figures = group(train.features(), &input, rows, at);
                    let drop = outliers.and_then(|how| bounds(how, &mut figures));
                    Numbers { drop, ..Numbers::AS_THEY_ARE }
                }
                Step::Rest(_) if by_figures || outliers.is_some() => {
                    let figures = group(train.features(), &input, rows, at);
                    self.numbers(&name, figures, None, drop)?
                }
                Step::Rest(_) => {
                    let divide = if self.scale == Scale::Unit { 255.0 } else { 1.0 };
                    Numbers { divide, ..Numbers::AS_THEY_ARE }
                }
            };
        }
        Ok(input)
    }
}

/// The values of one group of these samples.
fn group(features: &Features, input: &ArrayInput, rows: &[u32], at: usize) -> Figures {
    let (width, size) = (input.shape.len(), input.group_size());
    let place = |row: u32| {
        let first = row as usize * width + at * size;
        first..first + size
    };
    match features {
        Features::Bytes(bytes) => {
            let mut counts = Box::new([0; 256]);
            for &row in rows {
                bytes[place(row)].iter().for_each(|&byte| counts[usize::from(byte)] += 1);
            }
            Figures::Bytes(counts)
        }
        Features::Floats(floats) => {
            let mut values = Vec::with_capacity(rows.len() * size);
            for &row in rows {
                values.extend(floats[place(row)].iter().map(|&value| f64::from(value)));
            }
            Figures::Values(values)
        }
        Features::Table(_) => Figures::Values(Vec::new()),
    }
}

/// The positions in a set of the samples that have no outlier.
fn inside(input: &Input, set: &Dataset) -> Result<Vec<u32>, PrepareFault> {
    let mut beyond = vec![false; set.len()];
    match (input, set.features()) {
        (Input::Table(columns), Features::Table(table)) => {
            for (column, place) in columns.iter().zip(table::places(columns, table)?) {
                let (InputKind::Number(numbers), ColumnValues::Numbers(values)) =
                    (&column.kind, &table.columns[place].values)
                else {
                    continue;
                };
                let Some(bounds) = numbers.drop else { continue };
                for (beyond, row) in beyond.iter_mut().zip(set.stored_rows()) {
                    *beyond |= is_beyond(values[row as usize], bounds);
                }
            }
        }
        (Input::Array(array), features) => {
            let (width, size) = (array.shape.len(), array.group_size());
            for (beyond, row) in beyond.iter_mut().zip(set.stored_rows()) {
                let first = row as usize * width;
                *beyond = array.groups.iter().enumerate().any(|(at, group)| {
                    let place = first + at * size..first + (at + 1) * size;
                    let Some(bounds) = group.drop else { return false };
                    match features {
                        Features::Bytes(bytes) => {
                            bytes[place].iter().any(|&byte| is_beyond(f64::from(byte), bounds))
                        }
                        Features::Floats(floats) => {
                            floats[place].iter().any(|&value| is_beyond(f64::from(value), bounds))
                        }
                        Features::Table(_) => false,
                    }
                });
            }
        }
        _ => {}
    }
    Ok((0..).zip(beyond).filter_map(|(at, beyond)| (!beyond).then_some(at)).collect())
}

/// Something must be left, and something of every class that was there.
fn check_left(train: &Dataset, kept: &[u32], iqr: f64) -> Result<(), PrepareFault> {
    let samples = train.len();
    if kept.is_empty() {
        return Err(PrepareFault::AllDropped { iqr, of: String::new(), samples });
    }
    if train.task() == Task::Classification {
        let labels: Vec<u32> = train.labels_in_order().collect();
        let mut left = vec![0; train.classes()];
        kept.iter().for_each(|&at| left[labels[at as usize] as usize] += 1);
        let counts = train.class_counts();
        if let Some(class) = (0..left.len()).find(|&class| left[class] == 0 && counts[class] > 0) {
            let of = format!(" of class {}", train.class_names()[class]);
            return Err(PrepareFault::AllDropped { iqr, of, samples: counts[class] });
        }
    }
    Ok(())
}

pub(super) fn without_outliers(
    fitted: &Preparation,
    train: &Dataset,
) -> Result<Dataset, DataError> {
    let has_bounds = match &fitted.input {
        Input::Any => false,
        Input::Array(array) => array.groups.iter().any(|group| group.drop.is_some()),
        Input::Table(columns) => columns
            .iter()
            .any(|column| matches!(column.kind, InputKind::Number(Numbers { drop: Some(_), .. }))),
    };
    if !has_bounds {
        return Ok(train.clone());
    }
    super::apply::check_like(fitted, train)?;
    let kept = inside(&fitted.input, train)?;
    if kept.len() == train.len() { Ok(train.clone()) } else { train.take(&kept) }
}
