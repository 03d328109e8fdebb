//! What the steps of event files count.
//!
//! | written by | steps |
//! |---|---|
//! | Keras | epochs from 0, under tags `epoch_…` |
//! | Lightning, Hugging Face's trainer | updates; a tag `epoch` says at each step which epoch it is |
//! | others | epochs, when they count up by one with validation figures at each; else updates |

use crate::Unit;
use crate::choose::{Choice, VAL_LOSS, VAL_SCORE};
use crate::join::{Run, crowded};
use crate::points::Points;

/// The tag that says which epoch a step belongs to.
pub(crate) struct Epochs<'a> {
    pub name: &'a str,
    /// Epochs by step, run by run.
    pub runs: &'a [Points],
}

/// Runs whose unit is known.
pub(crate) struct Counted {
    pub runs: Vec<Run>,
    pub unit: Unit,
    /// Whether rows are finer than epochs.
    pub fine: bool,
    pub note: Option<String>,
}

/// Finds the unit of runs by step, and puts them where their epochs are.
pub(crate) fn count_runs(choice: &Choice, runs: Vec<Run>, epochs: Option<Epochs<'_>>) -> Counted {
    let by_step = |runs| Counted { runs, unit: Unit::Step, fine: true, note: None };
    let by_epoch = |runs, note| Counted { runs, unit: Unit::Epoch, fine: false, note };
    if is_keras(choice) {
        return by_epoch(runs, None);
    }
    if let Some(epochs) = epochs
        && let Some(moved) = moved(&epochs, &runs)
    {
        let note = format!("`{}` says to which epoch a step belongs", epochs.name);
        let mut values = epochs.runs.iter().flat_map(Points::iter).map(|point| point.value);
        let fine = values.any(|epoch| epoch.fract() != 0.0);
        return match crowded(&moved) {
            true => by_step(runs),
            false => Counted { fine, ..by_epoch(moved, Some(note)) },
        };
    }
    if counts_epochs(&runs) {
        let note = "its steps count up by one, with validation figures at each; taken for epochs";
        return by_epoch(runs, Some(note.to_string()));
    }
    by_step(runs)
}

fn is_keras(choice: &Choice) -> bool {
    let tag = |name: &String| name.rsplit('/').next().is_some_and(|tag| tag.starts_with("epoch_"));
    choice.names.iter().filter(|name| !name.is_empty()).all(tag)
}

/// The runs' figures by epoch; none where it is not said of every validation.
fn moved(epochs: &Epochs<'_>, runs: &[Run]) -> Option<Vec<Run>> {
    let moved = runs.iter().zip(epochs.runs).map(|(run, epochs)| {
        let epochs = epochs.iter().filter(|point| point.value.is_finite());
        let mut epochs: Vec<_> = epochs.map(|point| (point.at, point.value)).collect();
        epochs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let next = |step: f64| {
            let place = epochs.partition_point(|&(at, _)| at < step);
            epochs.get(place).or(epochs.last()).copied()
        };
        let said = |step: f64| next(step).is_some_and(|(at, _)| at == step);
        let epoch = |step: f64| next(step).map_or(step, |(_, epoch)| epoch);
        let mut validation = [VAL_LOSS, VAL_SCORE].iter().flat_map(|&role| &run.columns[role]);
        let columns = || {
            let column = |points: &Points| points.moved(epoch);
            run.columns.each_ref().map(|columns| columns.iter().map(column).collect())
        };
        validation.all(|points| points.places().all(said)).then(|| Run { columns: columns() })
    });
    moved.collect::<Option<Vec<_>>>().filter(|moved| moved.len() == runs.len())
}

/// Whether all steps count up by one, from 0 or 1, and all columns have figures at each.
fn counts_epochs(runs: &[Run]) -> bool {
    let counts_up = |points: &Points| {
        let first = points.places().next().unwrap_or(-1.0);
        matches!(first, 0.0 | 1.0)
            && points.len() > 1
            && points.places().zip(0..).all(|(at, i)| at == first + f64::from(i))
    };
    let columns = || {
        let all = runs.iter().flat_map(|run| run.columns.iter().flatten());
        all.filter(|points| points.len() > 0)
    };
    let lengths = || columns().map(Points::len);
    let alike = lengths().max().zip(lengths().min()).is_some_and(|(most, least)| most - least <= 1);
    alike && columns().all(counts_up)
}
