//! The folder of a burn experiment: `train/epoch-1/Loss.log`, `valid/epoch-1/Loss.log`
//! and so on, a file for each epoch and metric.
//!
//! A line is a batch: `0.5` or `0.5,32`, the mean of so many samples. burn's means of an
//! epoch are weighted by them; newer versions write them as a last line, `0.49,final`.
//! Accuracies are per cent.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::error::Fault;
use crate::gather;
use crate::names::{Figure, meaning};
use crate::rows::Memory;
use crate::words::count;
use crate::{Curves, Options, ScoreKind};

const SPLITS: [&str; 2] = ["train", "valid"];

/// Whether a folder is one of burn's.
pub(crate) fn is_experiment(folder: &Path) -> bool {
    SPLITS.iter().any(|split| epochs(&folder.join(split)).next().is_some())
}

/// Reads an experiment.
///
/// # Errors
///
/// When a file cannot be read, or there are no figures of validation.
pub(crate) fn read(folder: &Path, name: &str, options: &Options) -> Result<Vec<Curves>, Fault> {
    let mut rows = Memory::default();
    let epoch_column = rows.column("epoch");
    let all: BTreeSet<u64> = SPLITS
        .iter()
        .flat_map(|split| epochs(&folder.join(split)).collect::<Vec<_>>())
        .map(|(epoch, _)| epoch)
        .collect();
    let mut sizes = [None; 2];
    let mut unread = 0;
    let mut shares = false;
    for epoch in all {
        let mut values = vec![(epoch_column, epoch as f64)];
        for (split, size) in SPLITS.iter().zip(&mut sizes) {
            for file in logs(&folder.join(split).join(format!("epoch-{epoch}")))? {
                let metric = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let log = Log::read(&file)?;
                // Other files hold words only, such as temperatures.
                let Some(mut value) = log.value() else { continue };
                unread += log.unread;
                let column = format!("{split}/{metric}");
                if matches!(
                    meaning(&column).figure,
                    Figure::Score { kind: ScoreKind::Accuracy, .. }
                ) {
                    value /= 100.0;
                    shares = true;
                    *size = (*size).max(log.samples());
                }
                values.push((rows.column(&column), value));
            }
        }
        rows.push(values);
    }
    rows.notes.extend(shares.then(|| "burn's accuracies are per cent; divided by 100".to_string()));
    rows.notes.extend(
        (unread > 0)
            .then(|| format!("left out: {} of logs without a number", count(unread, "line"))),
    );
    let mut curves = gather::read(&rows, name, "burn's experiment folder", options)?;
    for curves in &mut curves {
        [curves.train_size, curves.val_size] = [sizes[0], curves.val_size.or(sizes[1])];
    }
    Ok(curves)
}

/// The folders `epoch-N` with their numbers.
fn epochs(folder: &Path) -> impl Iterator<Item = (u64, PathBuf)> {
    fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name();
        let epoch = name.to_str()?.strip_prefix("epoch-")?.parse().ok()?;
        entry.path().is_dir().then(|| (epoch, entry.path()))
    })
}

/// An epoch's files, in the order of their names.
fn logs(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "log"));
    files.sort();
    Ok(files)
}

/// What a file says.
#[derive(Default)]
struct Log {
    sum: f64,
    count: f64,
    last: Option<f64>,
    weighted: bool,
    unread: u64,
}

impl Log {
    fn read(path: &Path) -> Result<Log, Fault> {
        let mut log = Log::default();
        for line in BufReader::new(File::open(path)?).split(b'\n') {
            log.line(&String::from_utf8_lossy(&line?));
        }
        Ok(log)
    }

    fn line(&mut self, line: &str) {
        let line = line.trim();
        let (value, count) =
            line.split_once(',').map_or((line, None), |(v, n)| (v, Some(n.trim())));
        match (value.trim().parse::<f64>(), count.map(str::parse::<u64>)) {
            _ if line.is_empty() => {}
            (Ok(value), _) if count == Some("final") => self.last = Some(value),
            (Ok(value), None) => self.add(value, 1.0),
            (Ok(value), Some(Ok(count))) => {
                self.weighted = true;
                self.add(value, count as f64);
            }
            _ => self.unread += 1,
        }
    }

    fn add(&mut self, value: f64, count: f64) {
        self.sum += value * count;
        self.count += count;
    }

    fn value(&self) -> Option<f64> {
        self.last.or((self.count > 0.0).then(|| self.sum / self.count))
    }

    fn samples(&self) -> Option<usize> {
        self.weighted.then_some(self.count as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(text: &str) -> Log {
        let mut log = Log::default();
        text.split('\n').for_each(|line| log.line(line));
        log
    }

    #[test]
    fn batches_are_weighted_by_their_samples() {
        let log = log("0.5,1\n1.25,2\n");
        assert_eq!((log.value(), log.samples()), (Some(1.0), Some(3)));
    }

    #[test]
    fn a_final_line_is_believed() {
        assert_eq!(log("0.5,1\n1.25,2\n0.75,final\n").value(), Some(0.75));
    }

    #[test]
    fn lines_without_counts_weigh_the_same_and_words_are_counted() {
        let log = log("0.5\n1.5\nabc\n");
        assert_eq!((log.value(), log.samples(), log.unread), (Some(1.0), None, 1));
        assert_eq!(super::Log::default().value(), None);
    }
}
