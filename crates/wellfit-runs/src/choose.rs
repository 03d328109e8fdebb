//! Which columns are the losses and scores: by option, else by name.

use std::cmp::Reverse;

use crate::error::Fault;
use crate::names::{Figure, Split};
use crate::rows::Column;
use crate::words::count;
use crate::{Options, ScoreKind, TrainMeasure};

/// Places of a run's columns in arrays.
pub(crate) const TRAIN_LOSS: usize = 0;
pub(crate) const VAL_LOSS: usize = 1;
pub(crate) const TRAIN_SCORE: usize = 2;
pub(crate) const VAL_SCORE: usize = 3;

const ROLES: [&str; 4] = ["training loss", "validation loss", "training score", "validation score"];

/// The columns to read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    /// For each role its column, or several that are added up, or none.
    pub columns: [Vec<usize>; 4],
    /// What each role's column is called.
    pub names: [String; 4],
    pub measure: TrainMeasure,
    pub score: ScoreKind,
    pub notes: Vec<String>,
}

/// Chooses a run's columns.
///
/// # Errors
///
/// When an option names no column, or no column is a validation figure.
pub(crate) fn choose(columns: &[Column], options: &Options) -> Result<Choice, Fault> {
    let mut notes = Vec::new();
    let asked = Asked::read(columns, options)?;
    let held = held_out(columns);

    let val_loss = match asked.roles[VAL_LOSS] {
        Some(column) => vec![column],
        None if asked.by_score => Vec::new(),
        None => losses(columns, &[held]),
    };
    let mut train_loss = match asked.roles[TRAIN_LOSS] {
        Some(column) => vec![column],
        None if asked.by_score => Vec::new(),
        None => losses(columns, &[Split::Train, Split::Unsaid]),
    };
    train_loss.retain(|column| !val_loss.contains(column));
    let (train_loss, val_loss) = same_parts(columns, train_loss, val_loss);

    let says_train = train_loss.iter().any(|&i| columns[i].meaning.split == Split::Train);
    let val_score = match asked.roles[VAL_SCORE] {
        Some(column) => Some(column),
        None => score(columns, held).or_else(|| {
            let bare = score(columns, Split::Unsaid).filter(|_| says_train && !val_loss.is_empty());
            notes.extend(bare.map(|i| {
                format!("`{}` does not say on which data; taken for held-out data", columns[i].name)
            }));
            bare
        }),
    };
    let train_score = match (asked.roles[TRAIN_SCORE], val_score) {
        (Some(column), _) => Some(column),
        (None, Some(val)) => twin(columns, val),
        (None, None) => score(columns, Split::Train).or_else(|| score(columns, Split::Unsaid)),
    };

    if val_loss.is_empty() && val_score.is_none() {
        return Err(Fault::NoValidation { columns: names_with_gaps(columns) });
    }
    if held == Split::Test && asked.roles[VAL_LOSS].is_none() && asked.roles[VAL_SCORE].is_none() {
        notes.push("no column says validation; those that say test were taken".to_string());
    }

    let kind = kind(columns, val_score.or(train_score), options.higher_is_better, &mut notes);
    let measure = match train_loss.iter().any(|&i| columns[i].meaning.evaluation) {
        true => TrainMeasure::Evaluation,
        false => TrainMeasure::Training,
    };
    let chosen =
        [train_loss, val_loss, train_score.into_iter().collect(), val_score.into_iter().collect()];
    let names = chosen.each_ref().map(|indices| {
        indices.iter().map(|&i| columns[i].name.trim()).collect::<Vec<_>>().join(" + ")
    });
    notes.insert(0, said(columns, &chosen, &names));
    notes.extend(words(columns, &chosen));
    Ok(Choice { columns: chosen, names, measure, score: kind, notes })
}

/// Columns that options name.
struct Asked {
    roles: [Option<usize>; 4],
    /// Whether the run is to be judged by a score, so that no loss is looked for.
    by_score: bool,
}

impl Asked {
    fn read(columns: &[Column], options: &Options) -> Result<Asked, Fault> {
        let find = |option, wanted: &Option<String>| {
            wanted.as_deref().map(|wanted| find(columns, option, wanted)).transpose()
        };
        let mut roles = [
            find("--train-col", &options.train_col)?,
            find("--val-col", &options.val_col)?,
            find("--train-score-col", &options.train_score_col)?,
            find("--val-score-col", &options.val_score_col)?,
        ];
        let mut by_score = false;
        for (loss, score) in [(TRAIN_LOSS, TRAIN_SCORE), (VAL_LOSS, VAL_SCORE)] {
            let is_score = |column: usize| match columns[column].meaning.figure {
                Figure::Score { .. } => true,
                Figure::Loss { .. } | Figure::PartOfLoss => false,
                _ => options.higher_is_better == Some(true),
            };
            if roles[score].is_none() && roles[loss].is_some_and(is_score) {
                roles[score] = roles[loss].take();
                by_score |= loss == VAL_LOSS;
            }
        }
        Ok(Asked { roles, by_score })
    }
}

fn find(columns: &[Column], option: &'static str, wanted: &str) -> Result<usize, Fault> {
    let place =
        |fits: &dyn Fn(&str) -> bool| columns.iter().position(|column| fits(column.name.trim()));
    let wanted = wanted.trim();
    let tail = |name: &str| name.rsplit_once('/').is_some_and(|(_, tail)| tail == wanted);
    let found = place(&|name| name == wanted)
        .or_else(|| place(&|name| name.eq_ignore_ascii_case(wanted)))
        .or_else(|| {
            let one = columns.iter().filter(|column| tail(column.name.trim())).count() == 1;
            place(&|name| tail(name)).filter(|_| one)
        });
    let Some(found) = found else {
        let columns = columns.iter().map(|column| column.name.clone()).collect();
        return Err(Fault::NoColumn { option, wanted: wanted.to_string(), columns });
    };
    match columns[found].numbers {
        0 => Err(Fault::ColumnWithoutNumbers { option, column: columns[found].name.clone() }),
        _ => Ok(found),
    }
}

/// Validation data, or, where no column says so, test data.
fn held_out(columns: &[Column]) -> Split {
    let validation = measured(columns).any(|(_, column)| column.meaning.split == Split::Validation);
    if validation { Split::Validation } else { Split::Test }
}

/// Columns of losses and scores with numbers.
fn measured(columns: &[Column]) -> impl Iterator<Item = (usize, &Column)> {
    columns.iter().enumerate().filter(|(_, column)| is_figure(column) && column.numbers > 0)
}

fn is_figure(column: &Column) -> bool {
    let figure = column.meaning.figure;
    matches!(figure, Figure::Loss { .. } | Figure::PartOfLoss | Figure::Score { .. })
}

/// The loss on the first of the splits that has one; else all its parts.
fn losses(columns: &[Column], splits: &[Split]) -> Vec<usize> {
    let whole = |split: Split| {
        measured(columns)
            .filter(|(_, column)| column.meaning.split == split)
            .filter_map(|(i, column)| match column.meaning.figure {
                Figure::Loss { rank } => {
                    let meaning = &column.meaning;
                    Some((
                        (rank, !meaning.evaluation, !meaning.by_epoch, Reverse(column.numbers)),
                        i,
                    ))
                }
                _ => None,
            })
            .min()
            .map(|(_, i)| vec![i])
    };
    let parts = |split: Split| {
        let parts = measured(columns).filter(|(_, column)| {
            column.meaning.split == split && column.meaning.figure == Figure::PartOfLoss
        });
        Some(parts.map(|(i, _)| i).collect::<Vec<_>>()).filter(|parts| !parts.is_empty())
    };
    let mut ways = splits.iter().filter_map(|&split| whole(split).or_else(|| parts(split)));
    ways.next().unwrap_or_default()
}

/// Where both losses are sums of parts: those parts that both have.
fn same_parts(columns: &[Column], train: Vec<usize>, val: Vec<usize>) -> (Vec<usize>, Vec<usize>) {
    let base = |&i: &usize| columns[i].meaning.base.as_str();
    let shared = |of: &[usize], with: &[usize]| {
        let kept = of.iter().copied().filter(|i| with.iter().any(|j| base(i) == base(j)));
        kept.collect::<Vec<_>>()
    };
    let (both, others) = (shared(&train, &val), shared(&val, &train));
    let parts = |of: &[usize]| of.iter().any(|&i| columns[i].meaning.figure == Figure::PartOfLoss);
    if parts(&train) && parts(&val) && !both.is_empty() { (both, others) } else { (train, val) }
}

/// The most telling score on that data; one with a twin on training data first.
fn score(columns: &[Column], split: Split) -> Option<usize> {
    measured(columns)
        .filter(|(_, column)| column.meaning.split == split)
        .filter_map(|(i, column)| match column.meaning.figure {
            Figure::Score { rank, .. } => Some((rank, twin(columns, i).is_none(), i)),
            _ => None,
        })
        .min()
        .map(|(_, _, i)| i)
}

/// The same figure on training data.
fn twin(columns: &[Column], val: usize) -> Option<usize> {
    let same = |split: Split| {
        columns
            .iter()
            .enumerate()
            .filter(|(i, column)| {
                let meaning = &column.meaning;
                let clock = matches!(meaning.figure, Figure::Epoch | Figure::Step | Figure::Index);
                *i != val
                    && !clock
                    && column.numbers > 0
                    && meaning.split == split
                    && meaning.base == columns[val].meaning.base
            })
            .min_by_key(|(_, column)| !column.meaning.by_epoch)
            .map(|(i, _)| i)
    };
    same(Split::Train).or_else(|| same(Split::Unsaid))
}

fn kind(
    columns: &[Column],
    score: Option<usize>,
    higher_is_better: Option<bool>,
    notes: &mut Vec<String>,
) -> ScoreKind {
    let Some(score) = score else { return ScoreKind::Accuracy };
    let known = match columns[score].meaning.figure {
        Figure::Score { kind, .. } => Some(kind),
        _ => None,
    };
    match (known, higher_is_better) {
        (Some(ScoreKind::Falls), Some(true)) => ScoreKind::Rises,
        (Some(kind), None | Some(true)) => kind,
        (None, Some(true)) => ScoreKind::Rises,
        (_, Some(false)) => ScoreKind::Falls,
        (None, None) => {
            notes.push(format!(
                "`{}` is no score that is known; higher was taken for better",
                columns[score].name
            ));
            ScoreKind::Rises
        }
    }
}

/// "read `loss` as the training loss, …; left: `auc`".
fn said(columns: &[Column], chosen: &[Vec<usize>; 4], names: &[String; 4]) -> String {
    let read = names.iter().zip(ROLES).filter(|(name, _)| !name.is_empty());
    let read = read.map(|(name, role)| format!("`{name}` as the {role}")).collect::<Vec<_>>();
    let left = measured(columns).filter(|(i, _)| !chosen.iter().flatten().any(|taken| taken == i));
    let left = left.map(|(_, column)| format!("`{}`", column.name.trim())).collect::<Vec<_>>();
    let left = match left.len() {
        0 => String::new(),
        1..=12 => format!("; left: {}", left.join(", ")),
        n => format!("; left: {} and {} more", left[..12].join(", "), n - 12),
    };
    format!("read {}{left}", read.join(", "))
}

/// Losses and scores with cells that are no numbers: those chosen, and those with no others.
fn words(columns: &[Column], chosen: &[Vec<usize>; 4]) -> Vec<String> {
    let is_chosen = |i: usize| chosen.iter().flatten().any(|&taken| taken == i);
    let said = |(i, column): (usize, &Column)| {
        let first = column.words_line.map(|line| format!(" (the first in line {line})"));
        let (words, name) = (count(column.words, "cell"), column.name.trim());
        let words = format!("no number in {words} of `{name}`{}", first.unwrap_or_default());
        match (column.words, column.numbers) {
            (0, _) => None,
            (_, 0) if is_figure(column) => Some(format!("{words}: left out")),
            _ if is_chosen(i) => Some(format!("{words}: taken for gaps")),
            _ => None,
        }
    };
    columns.iter().enumerate().filter_map(said).collect()
}

fn names_with_gaps(columns: &[Column]) -> Vec<String> {
    let name = |column: &Column| match (column.name.trim(), column.numbers) {
        (name, 0) => format!("{name} (no number)"),
        ("", _) => "one without a name".to_string(),
        (name, _) => name.to_string(),
    };
    columns.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str], options: &Options) -> Result<[String; 4], Fault> {
        let columns: Vec<_> = names.iter().map(|name| Column::named(name, 5)).collect();
        choose(&columns, options).map(|choice| choice.names)
    }

    fn guessed(names: &[&str]) -> [String; 4] {
        chosen(names, &Options::default()).unwrap()
    }

    #[test]
    fn the_usual_headers_are_understood() {
        for (header, expected) in [
            (
                "epoch accuracy loss val_accuracy val_loss",
                ["loss", "val_loss", "accuracy", "val_accuracy"],
            ),
            (
                "epoch train_loss valid_loss accuracy time",
                ["train_loss", "valid_loss", "", "accuracy"],
            ),
            ("epoch loss val_loss", ["loss", "val_loss", "", ""]),
            ("epoch loss accuracy val_loss", ["loss", "val_loss", "accuracy", ""]),
            (
                "epoch step loss eval_loss eval_f1 eval_accuracy",
                ["loss", "eval_loss", "", "eval_accuracy"],
            ),
            (
                "epoch train_loss_step val_loss train_loss_epoch val_acc train_acc_epoch train_acc_step",
                ["train_loss_epoch", "val_loss", "train_acc_epoch", "val_acc"],
            ),
            ("epoch train_loss test_loss test_acc", ["train_loss", "test_loss", "", "test_acc"]),
            ("epoch train_loss test_loss val_loss test_acc", ["train_loss", "val_loss", "", ""]),
            ("epoch loss mae val_loss val_mae", ["loss", "val_loss", "mae", "val_mae"]),
            (
                "epoch lr train_loss train_penalty train_eval_loss train_accuracy val_loss val_accuracy",
                ["train_eval_loss", "val_loss", "train_accuracy", "val_accuracy"],
            ),
            ("epoch train-rmse test-rmse", ["", "", "train-rmse", "test-rmse"]),
        ] {
            let names: Vec<_> = header.split(' ').collect();
            assert_eq!(guessed(&names), expected, "{header}");
        }
    }

    #[test]
    fn parts_of_a_loss_are_added_up_where_both_sides_have_them() {
        let names = guessed(&[
            "train/box_loss",
            "train/obj_loss",
            "metrics/mAP50(B)",
            "metrics/mAP50-95(B)",
            "val/box_loss",
            "val/obj_loss",
            "val/rle_loss",
        ]);
        assert_eq!(names[0], "train/box_loss + train/obj_loss");
        assert_eq!(names[1], "val/box_loss + val/obj_loss");
        assert_eq!(names[3], "metrics/mAP50-95(B)");
    }

    #[test]
    fn options_override_names() {
        let options = Options {
            train_col: Some("aux".into()),
            val_col: Some("VAL_AUX".into()),
            ..Options::default()
        };
        let names = ["epoch", "loss", "aux", "val_loss", "val_aux"];
        assert_eq!(chosen(&names, &options).unwrap()[..2], ["aux", "val_aux"]);

        let options = Options { val_col: Some("val_dice".into()), ..Options::default() };
        let names = ["epoch", "loss", "val_loss", "dice", "val_dice"];
        assert_eq!(chosen(&names, &options).unwrap(), ["", "", "dice", "val_dice"]);
    }

    #[test]
    fn a_wrong_option_lists_what_there_is() {
        let options = Options { val_col: Some("vloss".into()), ..Options::default() };
        let error = chosen(&["epoch", "loss", "val_loss"], &options).unwrap_err().to_string();
        assert_eq!(
            error,
            "has no column `vloss`, which --val-col names (columns: epoch, loss, val_loss)"
        );
    }

    #[test]
    fn without_validation_the_columns_are_listed_and_the_option_named() {
        let error = chosen(&["epoch", "loss", "accuracy"], &Options::default()).unwrap_err();
        let words = error.to_string();
        assert!(words.contains("columns: epoch, loss, accuracy"), "{words}");
        assert!(words.contains("--val-col"), "{words}");
    }

    #[test]
    fn the_direction_of_a_score_can_be_said() {
        let columns: Vec<_> = ["loss", "val_loss", "quality", "val_quality"]
            .map(|name| Column::named(name, 5))
            .into();
        let asked = |higher_is_better| {
            let val_score_col = Some("val_quality".to_string());
            let options = Options { val_score_col, higher_is_better, ..Options::default() };
            choose(&columns, &options).unwrap()
        };
        assert_eq!(asked(Some(false)).score, ScoreKind::Falls);
        assert_eq!(asked(Some(true)).score, ScoreKind::Rises);
        assert!(asked(None).notes.iter().any(|note| note.contains("higher was taken for better")));
    }
}
