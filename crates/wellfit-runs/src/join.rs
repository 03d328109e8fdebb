//! The figures of a run, column by column, become curves with one row for each place.

use crate::choose::{Choice, TRAIN_LOSS, TRAIN_SCORE, VAL_LOSS, VAL_SCORE};
use crate::points::{Point, Points, Tally};
use crate::words::count;
use crate::{Curves, Options, ScoreKind, Series, Unit};

/// A run's columns in the order of their roles; several of one role are added up.
pub(crate) struct Run {
    pub columns: [Vec<Points>; 4],
}

impl Run {
    pub(crate) fn is_empty(&self) -> bool {
        self.columns.iter().flatten().all(|points| points.len() == 0)
    }

    /// Whether all figures came in the order of their places.
    pub(crate) fn is_ordered(&self) -> bool {
        self.columns.iter().flatten().all(Points::is_ordered)
    }
}

/// Whether validation happened several times in most epochs.
pub(crate) fn crowded(runs: &[Run]) -> bool {
    let validation =
        runs.iter().flat_map(|run| run.columns[VAL_LOSS].iter().chain(&run.columns[VAL_SCORE]));
    let (crowded, places) = validation.fold((0, 0), |(crowded, places), points| {
        (crowded + points.tally.crowded, places + points.len() as u64)
    });
    2 * crowded > places
}

/// What the curves of one file or folder share.
pub(crate) struct Story<'a> {
    pub name: &'a str,
    pub origin: &'a str,
    pub options: &'a Options,
    pub choice: &'a Choice,
    pub unit: Unit,
    /// Whether rows are finer than epochs.
    pub fine: bool,
    pub notes: Vec<String>,
}

impl Story<'_> {
    /// Makes curves of runs that followed each other.
    pub(crate) fn curves(&self, runs: Vec<Run>) -> Vec<Curves> {
        let count = runs.len();
        let mut all: Vec<Curves> = runs.into_iter().map(|run| self.curve(run)).collect();
        if count > 1 {
            for (i, curves) in all.iter_mut().enumerate() {
                let of = format!("{} of {count}", i + 1);
                let ends = curves.at.first().zip(curves.at.last());
                curves.name = format!("{} ({of})", self.name);
                curves.notes.extend(ends.map(|(first, last)| {
                    let word = word(self.unit);
                    format!("the rows begin again: this is run {of}, {word} {first} to {last}")
                }));
            }
        }
        all
    }

    fn curve(&self, run: Run) -> Curves {
        let Story { name, origin, options, choice, unit, .. } = *self;
        let mut notes = self.notes.clone();
        let mut tallies = Vec::new();
        let mut columns = run.columns.map(|parts| {
            let (parts, tally): (Vec<_>, Vec<_>) = parts.into_iter().map(Points::finish).unzip();
            tallies.extend(tally);
            sum(parts)
        });
        notes.extend(tidied(&tallies, unit));
        if self.fine {
            notes.extend(fold(&mut columns, unit));
        }
        let mut score = choice.score;
        if score == ScoreKind::Accuracy {
            notes.extend(shares(&mut columns, &mut score));
        }

        let mut at: Vec<f64> = columns.iter().flatten().map(|point| point.at).collect();
        at.sort_by(f64::total_cmp);
        at.dedup();
        let [train_loss, val_loss, train_score, val_score] =
            [TRAIN_LOSS, VAL_LOSS, TRAIN_SCORE, VAL_SCORE]
                .map(|role| series(&choice.names[role], &columns[role], &at));
        Curves {
            name: name.to_string(),
            origin: origin.to_string(),
            unit,
            at,
            train_loss,
            train_measure: choice.measure,
            val_loss,
            train_score,
            val_score,
            score,
            val_size: options.val_size,
            train_size: None,
            classes: None,
            samples: None,
            diverged_at: None,
            notes,
        }
    }
}

fn word(unit: Unit) -> &'static str {
    match unit {
        Unit::Epoch => "epoch",
        Unit::Step => "step",
    }
}

/// The sum of columns where all of them have a figure.
fn sum(parts: Vec<Vec<Point>>) -> Vec<Point> {
    let add = |sum: Vec<Point>, part: Vec<Point>| {
        let mut part = part.into_iter().peekable();
        sum.into_iter()
            .filter_map(|point| {
                while part.next_if(|other| other.at < point.at).is_some() {}
                let other = part.next_if(|other| other.at == point.at)?;
                Some(Point { value: point.value + other.value, ..point })
            })
            .collect()
    };
    parts.into_iter().reduce(add).unwrap_or_default()
}

fn tidied(tallies: &[Tally], unit: Unit) -> Vec<String> {
    let most = |of: fn(&Tally) -> u64| tallies.iter().map(of).max().unwrap_or_default();
    let (replaced, crowded) = (most(|tally| tally.replaced), most(|tally| tally.crowded));
    let stride = most(|tally| tally.stride);
    let word = word(unit);
    let notes = [
        tallies
            .iter()
            .any(|tally| tally.sorted)
            .then(|| "rows out of order were sorted".to_string()),
        (replaced > 0).then(|| {
            let rows = count(replaced, "row");
            format!("of rows that repeat an earlier {word} the last was kept ({rows} went)")
        }),
        (crowded > 0).then(|| {
            format!(
                "several rows belong to one {word}: its training figures were averaged, of its \
                 validation figures the last was kept"
            )
        }),
        (stride > 1).then(|| {
            format!(
                "of {} rows every {stride} neighbours became one: training figures were averaged, \
                 of validation figures the last was kept",
                most(|tally| tally.seen)
            )
        }),
    ];
    notes.into_iter().flatten().collect()
}

/// Training figures between two validations become their mean, at the later one; those
/// after the last validation another one, at their end.
fn fold(columns: &mut [Vec<Point>; 4], unit: Unit) -> Option<String> {
    let marks = |role: usize| columns[role].iter().map(|point| point.at);
    let mut marks: Vec<f64> = marks(VAL_LOSS).chain(marks(VAL_SCORE)).collect();
    marks.sort_by(f64::total_cmp);
    marks.dedup();
    let last = *marks.last()?;
    let train = || [TRAIN_LOSS, TRAIN_SCORE].into_iter();
    let end = train().filter_map(|role| columns[role].last()).map(|point| point.at);
    let end = end.fold(last, f64::max);
    if end > last {
        marks.push(end);
    }

    let before: usize = train().map(|role| columns[role].len()).max().unwrap_or_default();
    let mut folded = false;
    for role in train() {
        let mut means: Vec<Point> = Vec::new();
        for &point in &columns[role] {
            let mark = marks[marks.partition_point(|&mark| mark < point.at)];
            match means.last_mut().filter(|mean| mean.at == mark) {
                Some(mean) => {
                    folded = true;
                    *mean = Point { at: mark, ..mean.mean(point) };
                }
                None => means.push(Point { at: mark, ..point }),
            }
        }
        columns[role] = means;
    }
    folded.then(|| {
        format!(
            "{before} training figures were averaged between the {} with validation figures",
            count((marks.len() - usize::from(end > last)) as u64, word(unit))
        )
    })
}

/// Percentages become shares; what cannot be a share is no accuracy.
fn shares(columns: &mut [Vec<Point>; 4], kind: &mut ScoreKind) -> Option<String> {
    let scores = [TRAIN_SCORE, VAL_SCORE];
    let values = || scores.iter().flat_map(|&role| &columns[role]).map(|point| point.value);
    let finite = || values().filter(|value| value.is_finite());
    let (low, high) = (finite().fold(0.0, f64::min), finite().fold(0.0, f64::max));
    if low >= 0.0 && high <= 1.0 {
        return None;
    }
    if low >= 0.0 && high <= 100.0 {
        for role in scores {
            columns[role].iter_mut().for_each(|point| point.value /= 100.0);
        }
        return Some("the scores are per cent; divided by 100".to_string());
    }
    *kind = ScoreKind::Rises;
    Some(format!("scores from {low} to {high} are no accuracy; taken for a score that is to rise"))
}

fn series(name: &str, points: &[Point], at: &[f64]) -> Option<Series> {
    if points.is_empty() {
        return None;
    }
    let mut points = points.iter().peekable();
    let values =
        at.iter().map(|&at| points.next_if(|point| point.at == at).map(|point| point.value));
    Some(Series { name: name.to_string(), values: values.collect() })
}
