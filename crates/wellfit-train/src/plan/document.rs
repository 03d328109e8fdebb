//! A TOML text as a tree whose every value knows where it was written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::error::{Place, PlanError, Source};
use super::section::{Field, Section};

/// A value and where it was written.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where.
    pub place: Place,
    /// What.
    pub value: Value,
}

/// A TOML value.
#[derive(Clone, Debug)]
pub enum Value {
    /// A string.
    Text(String),
    /// A whole number.
    Integer(i128),
    /// Another number, NaN and infinity included.
    Float(f64),
    /// true or false.
    Flag(bool),
    /// A date or time, as written.
    Date(String),
    /// An array.
    List(Vec<Node>),
    /// A table.
    Table(Table),
}

/// A table's entries, in the order in which they were written.
pub type Table = Vec<Entry>;

/// A key with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key was written.
    pub key_place: Place,
    /// The value.
    pub node: Node,
}

impl Node {
    /// The value below `step`: a table's key or a list's index, from 0.
    fn child(&self, step: &str) -> Option<&Node> {
        match &self.value {
            Value::Table(table) => table.iter().find(|entry| entry.key == step).map(|e| &e.node),
            Value::List(list) => list.get(step.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// Puts `node` at `path` below this value; tables on the way are made when missing.
    fn put(&mut self, path: &[String], node: Node, done: &str) -> Result<(), PlanError> {
        let Some((step, rest)) = path.split_first() else {
            *self = node;
            return Ok(());
        };
        let done = if done.is_empty() { step.clone() } else { format!("{done}.{step}") };
        match &mut self.value {
            Value::Table(table) => {
                let at = table.iter().position(|e| e.key == *step).unwrap_or_else(|| {
                    let empty = Node { place: node.place.clone(), value: Value::Table(Vec::new()) };
                    let key_place = node.place.clone();
                    table.push(Entry { key: step.clone(), key_place, node: empty });
                    table.len() - 1
                });
                table[at].node.put(rest, node, &done)
            }
            Value::List(list) => {
                let length = list.len();
                match step.parse::<usize>().ok().and_then(|at| list.get_mut(at)) {
                    Some(item) => item.put(rest, node, &done),
                    None => {
                        let message = format!(
                            "{done}: the list has {length} items, so an index from 0 is needed \
                             here, not {step}"
                        );
                        Err(PlanError::about(done, message).at(node.place))
                    }
                }
            }
            _ => {
                let message = format!("{done} cannot be set: what stands before it is no table");
                Err(PlanError::about(done, message).at(node.place))
            }
        }
    }
}

/// A TOML text as a tree: a plan file or a study file with its overrides.
#[derive(Clone, Debug)]
pub struct Document {
    root: Node,
    folder: PathBuf,
}

impl Document {
    /// Reads a text; `name` is what errors call it. Paths in it are relative to the
    /// working folder.
    pub fn parse(name: &str, text: &str) -> Result<Self, PlanError> {
        let source = Arc::new(Source { name: name.into(), text: text.into() });
        let reader = Reader { source: &source, offset: 0 };
        let table = DeTable::parse(text).map_err(|error| reader.error(&error))?;
        let place = reader.place(0..text.len());
        let value = reader.table(table.get_ref())?;
        Ok(Self { root: Node { place, value }, folder: PathBuf::new() })
    }

    /// Reads a file. Paths in it are relative to its folder.
    pub fn read(path: &Path) -> Result<Self, PlanError> {
        let fail = |why: String| PlanError::new(format!("cannot read {}: {why}", path.display()));
        if path.is_dir() {
            return Err(fail("it is a folder; a plan file is wanted".into()));
        }
        let bytes = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| fail("it is not UTF-8 text; a plan file in TOML is wanted".into()))?;
        let mut document = Self::parse(&path.display().to_string(), &text)?;
        document.folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Ok(document)
    }

    /// What paths in the text are relative to.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Applies `key=value`, as given to `--set`: the key in full
    /// (`train.optimizer.lr`, `model.layers.0.p`), the value as TOML or, when it is
    /// no TOML, as a plain string.
    pub fn set(&mut self, assignment: &str) -> Result<(), PlanError> {
        let source = Arc::new(Source { name: "--set".into(), text: assignment.into() });
        let Some(equals) = assignment.find('=') else {
            let place = Place { source, span: 0..assignment.len() };
            let message = "--set needs key=value, such as train.epochs=5";
            return Err(PlanError::new(message).at(place));
        };
        let path = Reader { source: &source, offset: 0 }.path(&assignment[..equals])?;
        let raw = &assignment[equals + 1..];
        let text = raw.trim();
        let offset = equals + 1 + (raw.len() - raw.trim_start().len());
        let reader = Reader { source: &source, offset };
        let node = match DeValue::parse(text) {
            Ok(value) => reader.node(&value)?,
            Err(error) if text.is_empty() || text.starts_with(['"', '\'', '[', '{']) => {
                return Err(reader.error(&error));
            }
            Err(_) => Node { place: reader.place(0..text.len()), value: Value::Text(text.into()) },
        };
        self.root.put(&path, node, "")
    }

    /// Applies one value to a key in full, such as `train.optimizer.lr`.
    pub fn put(&mut self, key: &str, value: &Field<'_>) -> Result<(), PlanError> {
        let source = &value.node().place.source;
        let path = Reader { source, offset: 0 }
            .path(key)
            .map_err(|error| PlanError { place: Some(value.node().place.clone()), ..error })?;
        self.root.put(&path, value.node().clone(), "")
    }

    /// Applies a table of changes, as in `set = { train.epochs = 5 }`. A table that
    /// names its `type` replaces what was there; of any other table each key is
    /// applied by itself. A quoted key may hold dots: `"train.optimizer.lr" = 1e-2`.
    pub fn merge(&mut self, changes: &Field<'_>) -> Result<(), PlanError> {
        self.merge_below(&[], changes.node())
    }

    fn merge_below(&mut self, path: &[String], node: &Node) -> Result<(), PlanError> {
        match &node.value {
            Value::Table(table) if node.child("type").is_none() => {
                for entry in table {
                    let source = &entry.key_place.source;
                    let mut below = path.to_vec();
                    if entry.key.contains('.') {
                        let steps = Reader { source, offset: 0 }
                            .path(&entry.key)
                            .map_err(|e| PlanError { place: Some(entry.key_place.clone()), ..e })?;
                        below.extend(steps);
                    } else {
                        below.push(entry.key.clone());
                    }
                    self.merge_below(&below, &entry.node)?;
                }
                Ok(())
            }
            _ if path.is_empty() => {
                let message = "a table of changes is wanted, such as { train.epochs = 5 }";
                Err(PlanError::new(message).at(node.place.clone()))
            }
            _ => self.root.put(path, node.clone(), ""),
        }
    }

    /// The whole text as a section without a name.
    pub fn top(&self) -> Section<'_> {
        let table = match &self.root.value {
            Value::Table(table) => table.as_slice(),
            _ => &[],
        };
        Section::new(String::new(), self.root.place.clone(), table)
    }

    /// The section of that name, if it is there: `[study]`.
    pub fn section(&self, key: &'static str) -> Result<Option<Section<'_>>, PlanError> {
        self.top().field(key).map(Field::section).transpose()
    }

    /// Where the value of `key` (in full) was written, or the nearest value around it.
    pub fn place(&self, key: &str) -> Option<Place> {
        let mut found = None;
        let mut node = &self.root;
        for step in key.split('.') {
            match node.child(step) {
                Some(child) => node = child,
                None => break,
            }
            found = Some(node.place.clone());
        }
        found
    }
}

/// Turns parsed TOML into nodes of `source`; `offset` is where the parsed text begins.
struct Reader<'a> {
    source: &'a Arc<Source>,
    offset: usize,
}

impl Reader<'_> {
    fn place(&self, span: std::ops::Range<usize>) -> Place {
        let span = span.start + self.offset..span.end + self.offset;
        Place { source: self.source.clone(), span }
    }

    fn error(&self, error: &toml::de::Error) -> PlanError {
        let place = self.place(error.span().unwrap_or(0..0));
        PlanError::new(format!("this is not TOML: {}", error.message())).at(place)
    }

    /// The steps of a dotted key.
    fn path(&self, key: &str) -> Result<Vec<String>, PlanError> {
        let place = self.place(0..key.len());
        let fail = |why: String| {
            let message = format!("`{}` is no key such as train.epochs{why}", key.trim());
            Err(PlanError::new(message).at(place.clone()))
        };
        if key.contains(['\n', '#', '[', '=']) {
            return fail(String::new());
        }
        // A list's index is a key of digits, which TOML allows bare.
        let text = format!("{key} = 0");
        let table = match DeTable::parse(&text) {
            Ok(table) => table,
            Err(error) => return fail(format!(": {}", error.message())),
        };
        let mut steps = Vec::new();
        let mut here = Some(table.get_ref());
        while let Some((key, value)) = here.and_then(|table| table.iter().next()) {
            steps.push(key.get_ref().to_string());
            here = value.get_ref().as_table();
        }
        Ok(steps)
    }

    fn table(&self, table: &DeTable<'_>) -> Result<Value, PlanError> {
        let mut entries = Vec::with_capacity(table.len());
        for (key, value) in table {
            let key_place = self.place(key.span());
            let key = key.get_ref().to_string();
            entries.push(Entry { key, key_place, node: self.node(value)? });
        }
        entries.sort_by_key(|entry| entry.key_place.span.start);
        Ok(Value::Table(entries))
    }

    fn node(&self, value: &toml::Spanned<DeValue<'_>>) -> Result<Node, PlanError> {
        let place = self.place(value.span());
        let value = match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(digits) => {
                match i128::from_str_radix(digits.as_str(), digits.radix()) {
                    Ok(number) => Value::Integer(number),
                    Err(_) => return Err(PlanError::new("this number is too large").at(place)),
                }
            }
            DeValue::Float(digits) => match digits.as_str().parse() {
                Ok(number) => Value::Float(number),
                Err(_) => return Err(PlanError::new("this is no number").at(place)),
            },
            DeValue::Boolean(flag) => Value::Flag(*flag),
            DeValue::Datetime(date) => Value::Date(date.to_string()),
            DeValue::Array(items) => {
                Value::List(items.iter().map(|item| self.node(item)).collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => self.table(table)?,
        };
        Ok(Node { place, value })
    }
}
