//! Which column of a file is what: a feature, the target, a group, a time.

use super::error::TableFault;
use super::names::{listed, meant};
use crate::{ColumnSchema, SplitRule, TableRequest, TargetSchema, Task};

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Feature,
    Target,
    Group,
    Time,
}

/// What a column's fields are read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Numbers or categories, as its first fields look.
    Found,
    /// Numbers, because the plan or the training data say so.
    Numbers,
    /// Categories, likewise.
    Categories,
    /// Numbers, or dates as seconds.
    Times,
}

/// A column that is to be read. One column of a file may be wanted more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub name: String,
    /// Position in the file, counted from 0.
    pub at: usize,
    pub role: Role,
    pub kind: Kind,
}

/// Columns that pandas writes for the names of rows.
fn is_index(name: &str) -> bool {
    name.starts_with("__index_level_") && name.ends_with("__")
}

/// Names must be there and differ.
pub(crate) fn check_header(names: &[String]) -> Result<(), TableFault> {
    if names.is_empty() {
        return Err(TableFault::NoHeader);
    }
    if let Some(at) = names.iter().position(String::is_empty) {
        return Err(TableFault::UnnamedColumn(at + 1));
    }
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|&at| (&names[at], at));
    let twice = order.windows(2).filter(|pair| names[pair[0]] == names[pair[1]]);
    match twice.min_by_key(|pair| pair[1]) {
        None => Ok(()),
        Some(pair) => Err(TableFault::DuplicateColumn {
            name: names[pair[0]].clone(),
            first: pair[0] + 1,
            second: pair[1] + 1,
        }),
    }
}

/// The columns of training data, as a plan asks for them.
pub(crate) fn for_training(
    names: &[String],
    request: &TableRequest,
    split: &SplitRule,
    task: Option<Task>,
) -> Result<Vec<Wanted>, TableFault> {
    check_header(names)?;
    let find = |key, name: &String| {
        names.iter().position(|other| other == name).ok_or_else(|| TableFault::UnknownColumn {
            key,
            name: name.clone(),
            meant: meant(name, names),
            columns: listed(names),
        })
    };
    if request.target.is_empty() {
        return Err(no_target(names));
    }
    let lists = [
        ("data.target", &request.target),
        ("data.columns", &request.columns),
        ("data.drop", &request.drop),
        ("data.numeric", &request.numeric),
        ("data.categorical", &request.categorical),
    ];
    for (key, list) in lists {
        list.iter().try_for_each(|name| find(key, name).map(drop))?;
    }
    let (split_by, split_role) = match split {
        SplitRule::Grouped { column } => (Some(column), Role::Group),
        SplitRule::Time { column } => (Some(column), Role::Time),
        SplitRule::Stratified | SplitRule::Random => (None, Role::Group),
    };
    if let Some(column) = split_by {
        find("data.split.column", column)?;
        if request.target.contains(column) {
            return Err(TableFault::SplitByTarget(column.clone()));
        }
    }
    let kind = |name: &String| {
        if request.numeric.contains(name) {
            Kind::Numbers
        } else if request.categorical.contains(name) {
            Kind::Categories
        } else {
            Kind::Found
        }
    };
    let is_feature = |name: &String| match request.columns.is_empty() {
        false => request.columns.contains(name),
        true => {
            let other = request.target.contains(name) || request.drop.contains(name);
            !other && split_by != Some(name) && !is_index(name)
        }
    };
    let mut wanted: Vec<Wanted> = (0..)
        .zip(names)
        .filter(|(_, name)| is_feature(name))
        .map(|(at, name)| Wanted { name: name.clone(), at, role: Role::Feature, kind: kind(name) })
        .collect();
    if wanted.is_empty() {
        let rest = match names.len() - request.target.len() {
            0 => " there is none",
            _ => " all are left out",
        };
        return Err(TableFault::NoFeatures { target: request.target.join("\", \""), rest });
    }
    let several = request.target.len() > 1;
    if several && task == Some(Task::Classification) {
        return Err(TableFault::SeveralClassTargets(request.target.len()));
    }
    for name in &request.target {
        let kind = match (kind(name), task) {
            (Kind::Found, Some(Task::Regression)) => Kind::Numbers,
            (kind, _) => kind,
        };
        let at = find("data.target", name)?;
        wanted.push(Wanted { name: name.clone(), at, role: Role::Target, kind });
    }
    if let Some(name) = split_by {
        let at = find("data.split.column", name)?;
        let kind = if split_role == Role::Time { Kind::Times } else { Kind::Categories };
        wanted.push(Wanted { name: name.clone(), at, role: split_role, kind });
    }
    Ok(wanted)
}

/// The columns of further data: those of training, by name, in training's order. The
/// targets only where the file has them all, or `needed` says that it must.
pub(crate) fn as_trained(
    names: &[String],
    columns: &[ColumnSchema],
    targets: &TargetSchema,
    needed: bool,
) -> Result<Vec<Wanted>, TableFault> {
    check_header(names)?;
    let find = |name: &String| names.iter().position(|other| other == name);
    let mut wanted = Vec::with_capacity(columns.len() + 1);
    for column in columns {
        let at = find(&column.name).ok_or_else(|| TableFault::MissingColumn {
            name: column.name.clone(),
            meant: meant(&column.name, names),
            columns: listed(names),
        })?;
        let kind = if column.categorical { Kind::Categories } else { Kind::Numbers };
        wanted.push(Wanted { name: column.name.clone(), at, role: Role::Feature, kind });
    }
    let kind = match targets.task {
        Task::Classification => Kind::Categories,
        Task::Regression => Kind::Numbers,
    };
    let missing = targets.columns.iter().find(|name| find(name).is_none());
    match missing {
        Some(name) if needed => Err(TableFault::NoTargetColumn {
            name: name.clone(),
            meant: meant(name, names),
            columns: listed(names),
        }),
        Some(_) => Ok(wanted),
        None => {
            wanted.extend(targets.columns.iter().filter_map(|name| {
                Some(Wanted { name: name.clone(), at: find(name)?, role: Role::Target, kind })
            }));
            Ok(wanted)
        }
    }
}

/// Which columns look like a target: by their name, else the last.
fn no_target(names: &[String]) -> TableFault {
    const USUAL: [&str; 12] = [
        "target", "label", "class", "y", "outcome", "labels", "classes", "targets", "response",
        "output", "survived", "species",
    ];
    let usual = |name: &&String| USUAL.contains(&name.to_lowercase().as_str());
    let mut likely: Vec<&String> = names.iter().filter(usual).collect();
    likely.sort_by_key(|name| USUAL.iter().position(|usual| *usual == name.to_lowercase()));
    let last = names.last().cloned().unwrap_or_default();
    let (first, words) = match likely.as_slice() {
        [] => (last.clone(), format!("Often it is the last, here \"{last}\"")),
        [one] => ((*one).clone(), format!("\"{one}\" looks like it")),
        [one, two, ..] => ((*one).clone(), format!("\"{one}\" or \"{two}\" looks like it")),
    };
    TableFault::NoTarget { likely: words, first, columns: listed(names) }
}
