//! A strict reader: whoever reads a section asks for each key it knows; keys that
//! nobody asked for are errors.

use super::document::{Entry, Node, Value};
use super::error::{Place, PlanError};
use super::suggest::did_you_mean;

/// A table that is being read. Ask for every known key, then call
/// [`finish`](Section::finish).
#[derive(Clone, Debug)]
#[must_use = "call finish, or unknown keys go unnoticed"]
pub struct Section<'a> {
    path: String,
    place: Place,
    entries: &'a [Entry],
    asked: Vec<&'static str>,
}

impl<'a> Section<'a> {
    pub(super) fn new(path: String, place: Place, entries: &'a [Entry]) -> Self {
        Self { path, place, entries, asked: Vec::new() }
    }

    /// The value of `key`, if it is there.
    pub fn field(&mut self, key: &'static str) -> Option<Field<'a>> {
        self.asked.push(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(Field { path: join(&self.path, key), node: &entry.node })
    }

    /// The value of `key`, which must be there.
    pub fn need(&mut self, key: &'static str) -> Result<Field<'a>, PlanError> {
        self.field(key).ok_or_else(|| {
            let path = join(&self.path, key);
            let slip = |entry: &&Entry| did_you_mean(&entry.key, [key]).is_some();
            let slip = self.entries.iter().find(slip);
            let hint = slip.map(|entry| format!("did you mean it by `{}`?", entry.key));
            PlanError::about(&path, format!("{path} is missing"))
                .with_hint(hint)
                .at(slip.map_or(&self.place, |entry| &entry.key_place).clone())
        })
    }

    /// Every key that was not asked for, with its value: for tables whose keys are free.
    pub fn rest(self) -> Vec<(&'a str, Field<'a>)> {
        let free = |entry: &&Entry| !self.asked.contains(&entry.key.as_str());
        let field = |entry: &'a Entry| {
            let path = join(&self.path, &entry.key);
            (entry.key.as_str(), Field { path, node: &entry.node })
        };
        self.entries.iter().filter(free).map(field).collect()
    }

    /// An error unless every key was asked for.
    pub fn finish(self) -> Result<(), PlanError> {
        let unknown = |entry: &&Entry| !self.asked.contains(&entry.key.as_str());
        let Some(Entry { key, key_place, .. }) = self.entries.iter().find(unknown) else {
            return Ok(());
        };
        let path = join(&self.path, key);
        let known = self.asked.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>();
        let hint = did_you_mean(key, self.asked.iter().copied())
            .unwrap_or_else(|| format!("known here: {}", known.join(", ")));
        let error = PlanError::about(&path, format!("unknown key `{path}`")).with_hint(Some(hint));
        Err(error.at(key_place.clone()))
    }

    /// An error about the section as a whole.
    pub fn error(&self, message: impl Into<String>) -> PlanError {
        PlanError::about(&self.path, message).at(self.place.clone())
    }
}

/// A value that is being read, with its key in full.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    path: String,
    node: &'a Node,
}

impl<'a> Field<'a> {
    /// The key in full, such as `train.optimizer.lr`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value as it was written.
    pub fn node(&self) -> &'a Node {
        self.node
    }

    /// An error about this value.
    pub fn error(&self, message: impl std::fmt::Display) -> PlanError {
        let message = format!("{} {message}", self.path);
        PlanError::about(&self.path, message).at(self.node.place.clone())
    }

    fn wanted(&self, what: impl std::fmt::Display) -> PlanError {
        self.error(format!("must be {what}, not {}", found(&self.node.value)))
    }

    /// A string.
    pub fn text(&self) -> Result<&'a str, PlanError> {
        match &self.node.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.wanted("a string")),
        }
    }

    /// true or false.
    pub fn flag(&self) -> Result<bool, PlanError> {
        match &self.node.value {
            Value::Flag(flag) => Ok(*flag),
            _ => Err(self.wanted("true or false")),
        }
    }

    /// A number, whole or not; NaN and infinity too, which whoever checks ranges refuses.
    pub fn number(&self) -> Result<f64, PlanError> {
        match &self.node.value {
            Value::Integer(number) => Ok(*number as f64),
            Value::Float(number) => Ok(*number),
            _ => Err(self.wanted("a number")),
        }
    }

    /// A whole number of at least `least`.
    pub fn count<T: TryFrom<i128>>(&self, least: u32) -> Result<T, PlanError> {
        let wanted = || self.wanted(format!("a whole number of at least {least}"));
        match &self.node.value {
            Value::Integer(number) if *number < i128::from(least) => Err(wanted()),
            Value::Integer(number) => {
                T::try_from(*number).map_err(|_| self.error(format!("is too large: {number}")))
            }
            _ => Err(wanted()),
        }
    }

    /// One of the named values.
    pub fn choice<T: Copy>(&self, known: &[(&str, T)]) -> Result<T, PlanError> {
        let names = || known.iter().map(|(name, _)| *name);
        let list = || names().map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(" or ");
        let Value::Text(text) = &self.node.value else { return Err(self.wanted(list())) };
        if let Some((_, value)) = known.iter().find(|(name, _)| name == text) {
            return Ok(*value);
        }
        Err(self.wanted(list()).with_hint(did_you_mean(text, names())))
    }

    /// The items of a list.
    pub fn list(&self) -> Result<Vec<Field<'a>>, PlanError> {
        match &self.node.value {
            Value::List(items) => Ok(items
                .iter()
                .enumerate()
                .map(|(i, node)| Field { path: join(&self.path, &i.to_string()), node })
                .collect()),
            _ => Err(self.wanted("a list")),
        }
    }

    /// A table to be read key by key.
    pub fn section(self) -> Result<Section<'a>, PlanError> {
        match &self.node.value {
            Value::Table(table) => Ok(Section::new(self.path, self.node.place.clone(), table)),
            _ => Err(self.wanted("a table")),
        }
    }
}

/// A value in an error message.
fn found(value: &Value) -> String {
    match value {
        Value::Text(text) if text.chars().count() <= 60 => format!("\"{text}\""),
        Value::Text(_) => "a long string".into(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Flag(flag) => flag.to_string(),
        Value::Date(date) => format!("the date {date}"),
        Value::List(_) => "a list".into(),
        Value::Table(_) => "a table".into(),
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.into() } else { format!("{path}.{key}") }
}
