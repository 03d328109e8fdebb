//! TensorBoard's event files: one run's scalars by step.
//!
//! Keras writes two folders, `train` and `validation`, with tags `epoch_loss` and steps
//! that are epochs from 0; PyTorch's `SummaryWriter` one folder, with whatever tags and
//! steps it is given. A tag in a folder of the run is called `folder/tag`.

use std::io::Read;

use crate::choose::{Choice, choose};
use crate::error::Fault;
use crate::input::Input;
use crate::join::{Run, Story};
use crate::names::{Figure, Split, meaning};
use crate::points::Points;
use crate::protobuf::event;
use crate::rows::Column;
use crate::steps::{Counted, Epochs, count_runs};
use crate::tfrecord::{Met, next};
use crate::words::count;
use crate::{Curves, Options};

/// One event file of a run.
pub(crate) struct EventFile<'a> {
    /// The run's folder that it lies in; empty when that is the run's own.
    pub folder: String,
    /// What it is called in notes.
    pub name: String,
    pub input: Input<'a>,
}

/// Reads a run's event files, older ones first.
///
/// # Errors
///
/// When no file has a whole record, or there are no figures of validation.
pub(crate) fn read(
    files: &[EventFile<'_>],
    name: &str,
    options: &Options,
) -> Result<Vec<Curves>, Fault> {
    let mut tags = Tags { options, tags: Vec::new() };
    let mut notes = Vec::new();
    let mut failure = None;
    let mut records = 0;
    for file in files {
        let (whole, note) = tags.read(file)?;
        records += whole;
        failure = failure.or(note.filter(|_| whole == 0));
        notes.extend(
            note.map(|note| format!("{}: {note}; {} read", file.name, count(whole, "record"))),
        );
    }
    if records == 0 {
        return Err(Fault::NoRecords(failure.unwrap_or("it is empty")));
    }
    let columns: Vec<Column> =
        tags.tags.iter().map(|tag| Column::named(&tag.name, tag.numbers)).collect();
    let chosen = match columns.is_empty() {
        true => Err(Fault::NoNumbers { columns: Vec::new() }),
        false => choose(&columns, options),
    };
    let choice = chosen.map_err(|fault| match notes.is_empty() {
        true => fault,
        false => Fault::NotWhole { fault: Box::new(fault), notes: notes.clone() },
    })?;
    let runs = tags.runs(&choice);
    let epochs = tags.epochs().map(|tag| Epochs { name: &tag.name, runs: &tag.runs });
    let Counted { runs, unit, fine, note } = count_runs(&choice, runs, epochs);
    let mut all = choice.notes.clone();
    all.extend(notes);
    all.extend(note);
    let origin =
        if tags.are_keras() { "Keras's TensorBoard folder" } else { "TensorBoard's event files" };
    Ok(Story { name, origin, options, choice: &choice, unit, fine, notes: all }.curves(runs))
}

struct Tag {
    name: String,
    numbers: u64,
    /// Where its figures begin.
    first: f64,
    /// Its figures, run by run; none for a tag that is no loss, score or epoch.
    runs: Vec<Points>,
    kept: bool,
    averaged: bool,
    is_epoch: bool,
}

struct Tags<'a> {
    options: &'a Options,
    tags: Vec<Tag>,
}

impl Tags<'_> {
    /// How many whole records a file has, and what is wrong behind them.
    fn read(&mut self, file: &EventFile<'_>) -> Result<(u64, Option<&'static str>), Fault> {
        let mut reader = file.input.open()?;
        let reader: &mut dyn Read = &mut reader;
        let mut record = Vec::new();
        let (mut whole, mut damaged) = (0, false);
        let end = loop {
            match next(reader, &mut record)? {
                Met::Record => {
                    whole += 1;
                    let (step, scalars) = event(&record);
                    scalars.iter().for_each(|scalar| {
                        self.push(&file.folder, scalar.tag, step as f64, scalar.value);
                    });
                }
                Met::Skipped => whole += 1,
                Met::Damaged => damaged = true,
                Met::End => break None,
                Met::CutOff => {
                    break Some("it ends in the middle of a record, so the rest is lost");
                }
                Met::Lost => {
                    break Some("it is damaged, and nothing behind the damage can be read");
                }
            }
        };
        Ok((whole, end.or(damaged.then_some("records are damaged and were left out"))))
    }

    fn push(&mut self, folder: &str, tag: &str, at: f64, value: f64) {
        let fits = |name: &str| match folder {
            "" => name == tag,
            _ => name.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) == Some(tag),
        };
        let found = self.tags.iter().position(|known| fits(&known.name));
        let index = found.unwrap_or_else(|| {
            let name = if folder.is_empty() { tag.to_string() } else { format!("{folder}/{tag}") };
            let said = meaning(&name);
            let figure = !matches!(said.figure, Figure::Step | Figure::Index | Figure::Other);
            self.tags.push(Tag {
                kept: figure || self.asked(&name),
                averaged: said.figure != Figure::Epoch
                    && matches!(said.split, Split::Train | Split::Unsaid),
                is_epoch: said.figure == Figure::Epoch,
                name,
                numbers: 0,
                first: at,
                runs: Vec::new(),
            });
            self.tags.len() - 1
        });
        let tag = &mut self.tags[index];
        tag.numbers += 1;
        if !tag.kept {
            return;
        }
        let again =
            at == tag.first && tag.runs.last().and_then(Points::last).is_some_and(|last| last > at);
        if tag.runs.is_empty() || again {
            tag.runs.push(Points::new(tag.averaged));
        }
        if let Some(points) = tag.runs.last_mut() {
            points.push(at, None, value);
        }
    }

    /// Whether an option names the tag.
    fn asked(&self, name: &str) -> bool {
        let Options { train_col, val_col, train_score_col, val_score_col, .. } = self.options;
        let tail = name.rsplit_once('/').map_or(name, |(_, tail)| tail);
        [train_col, val_col, train_score_col, val_score_col].into_iter().flatten().any(|wanted| {
            let wanted = wanted.trim();
            wanted.eq_ignore_ascii_case(name) || wanted == tail
        })
    }

    /// Whether they are called, and lie, as Keras's callback has it.
    fn are_keras(&self) -> bool {
        let has = |name: &str| self.tags.iter().any(|tag| tag.name == name);
        has("train/epoch_loss") && has("validation/epoch_loss")
    }

    /// The tag that says the epoch.
    fn epochs(&self) -> Option<&Tag> {
        self.tags.iter().filter(|tag| tag.is_epoch).max_by_key(|tag| tag.numbers)
    }

    fn runs(&self, choice: &Choice) -> Vec<Run> {
        let chosen = choice.columns.iter().flatten().map(|&i| self.tags[i].runs.len());
        let run = |i: usize| Run {
            columns: choice.columns.each_ref().map(|tags| {
                let points = |&tag: &usize| self.tags[tag].runs.get(i).cloned();
                tags.iter().map(|tag| points(tag).unwrap_or_else(|| Points::new(false))).collect()
            }),
        };
        (0..chosen.max().unwrap_or_default()).map(run).collect()
    }
}
