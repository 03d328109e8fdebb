//! JSON: lists of numbers by name, and records.
//!
//! | shape | written by |
//! |---|---|
//! | `{"loss": [0.5, 0.4], "val_loss": […]}`, also inside `"history"` | `json.dump(history.history, file)` |
//! | `{"train": {"loss": […]}, "val": {"loss": […]}}` | many a script |
//! | `{"loss": {"0": 0.5, "1": 0.4}, …}` | pandas's `to_json` |
//! | `[{"epoch": 1, "loss": 0.5}, …]` | a list of records |
//! | `{"log_history": [{"loss": 0.5, "epoch": 0.32, "step": 50}, …], …}` | Hugging Face's `trainer_state.json` |
//! | one record a line | JSONL |
//!
//! Records may hold tables: `{"train": {"loss": 0.5}}` has a column `train/loss`. Records
//! are never all in memory; lists are.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufRead};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;

use crate::cell::Cell;
use crate::error::Fault;
use crate::input::Input;
use crate::names::{FIRST_STEPWISE, Figure, Split, meaning};
use crate::python::Quoted;
use crate::rows::{Item, Memory, Rows};
use crate::words::count;

/// What a file of JSON holds.
pub(crate) enum Document<'a> {
    Lists(Memory),
    Records(Records<'a>),
}

/// Finds out which shape a file has.
///
/// # Errors
///
/// When it is no JSON, or of no shape that is known.
pub(crate) fn read(input: Input<'_>) -> Result<Document<'_>, Fault> {
    let lines = is_lines(input)?;
    let mut shape = Shape::default();
    let notes = if lines {
        each_line(input, &mut shape)?
    } else {
        document(input, &mut shape)?;
        Vec::new()
    };
    let has = |name: &str| shape.scalars.iter().any(|(known, _)| known == name);
    if has("schema") && ["plan_hash", "study", "origin"].into_iter().any(has) {
        return Err(Fault::WellfitJson);
    }
    let trainer = shape.records.iter().find(|(list, _)| list == "log_history");
    let longest = || shape.records.iter().max_by_key(|(_, records)| *records);
    if let Some((list, _)) = trainer.or_else(longest) {
        let list = list.clone();
        let mut names = Names { list: &list, names: Vec::new(), known: HashMap::new() };
        if lines {
            each_line(input, &mut names)?;
        } else {
            document(input, &mut names)?;
        }
        let Names { names, known, .. } = names;
        return Ok(Document::Records(Records { input, lines, list, names, known, notes }));
    }
    if !shape.lists && shape.scalars.iter().any(|(_, cell)| cell.number().is_some()) {
        let mut memory = Memory::default();
        let columns = shape.scalars.iter().filter_map(|(name, cell)| Some((name, cell.number()?)));
        let columns: Vec<_> = columns.map(|(name, value)| (memory.column(name), value)).collect();
        memory.push(columns);
        return Ok(Document::Lists(memory));
    }
    if !shape.lists {
        return Err(Fault::JsonShape);
    }
    let mut lists = Lists::default();
    document(input, &mut lists)?;
    lists.memory().map(Document::Lists)
}

/// Whether the first line is a record of its own and others follow.
fn is_lines(input: Input<'_>) -> Result<bool, Fault> {
    const HEAD: u64 = 1 << 16;
    let head = input.head(HEAD)?;
    let start = head.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or_default();
    let head = &head[start..];
    let Some(end) = head.iter().position(|&byte| byte == b'\n') else { return Ok(false) };
    let whole = head[0] == b'{' && line(&head[..end], &mut Shape::default()).is_ok();
    Ok(whole && head[end..].iter().any(|byte| !byte.is_ascii_whitespace()))
}

/// A list, and the table that it lies in; the outermost has no name.
#[derive(Clone, Copy)]
struct List<'a> {
    table: &'a str,
    name: &'a str,
}

/// What is told of a file's values, in their order.
trait Listener {
    /// A value of the outermost table.
    fn scalar(&mut self, _name: &str, _cell: Cell) {}
    /// A value of a list, or of a table that counts its values.
    fn item(&mut self, _list: List<'_>, _index: Option<&str>, _cell: Cell) {}
    /// A value of a record in a list.
    fn field(&mut self, _list: &str, _name: &str, _cell: Cell) {}
    /// The end of a record.
    fn end(&mut self, _list: &str) {}
}

fn document(input: Input<'_>, listener: &mut dyn Listener) -> Result<(), Fault> {
    let mut json = serde_json::Deserializer::from_reader(Quoted::new(input.open()?));
    let read = Outermost { listener }.deserialize(&mut json).and_then(|()| json.end());
    read.map_err(|error| fault(&error, input))
}

/// A line of JSONL is a record of the list without a name.
fn line(line: &[u8], listener: &mut dyn Listener) -> Result<(), serde_json::Error> {
    let list = List { table: "", name: "" };
    let element = Element { list, index: None, listener };
    // Only what holds such a word needs to be rewritten.
    if line.iter().any(|byte| matches!(byte, b'N' | b'I')) {
        let mut json = serde_json::Deserializer::from_reader(Quoted::new(line));
        element.deserialize(&mut json).and_then(|()| json.end())
    } else {
        let mut json = serde_json::Deserializer::from_slice(line);
        element.deserialize(&mut json).and_then(|()| json.end())
    }
}

/// A last line that was cut off is left, with a note.
fn each_line(input: Input<'_>, listener: &mut dyn Listener) -> Result<Vec<String>, Fault> {
    let mut reader = input.open()?;
    let mut bytes = Vec::new();
    let mut number = 0;
    loop {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(Vec::new());
        }
        number += 1;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match line(&bytes, listener) {
            Ok(()) => {}
            Err(error) if error.is_eof() && reader.fill_buf()?.is_empty() => {
                return Ok(vec![format!("line {number}, the last, is cut off; left out")]);
            }
            Err(error) => {
                let message = words(&error);
                return Err(Fault::Line { line: number, column: error.column(), message });
            }
        }
    }
}

fn fault(error: &serde_json::Error, input: Input<'_>) -> Fault {
    match error.classify() {
        Category::Io => Fault::Io(io::Error::other(error.to_string())),
        Category::Eof => last_place(input).map_or_else(Fault::Io, |(line, column)| Fault::CutOff {
            line,
            column,
            within: within(error),
        }),
        _ => Fault::Line { line: error.line(), column: error.column(), message: words(error) },
    }
}

/// Line and column, from 1, of the last character that is no white space.
fn last_place(input: Input<'_>) -> io::Result<(usize, usize)> {
    let (mut place, mut line) = ((1, 1), 0);
    let mut reader = input.open()?;
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes)? > 0 {
        line += 1;
        let text = String::from_utf8_lossy(&bytes);
        let column = text.trim_end().chars().count();
        place = if column > 0 { (line, column) } else { place };
        bytes.clear();
    }
    Ok(place)
}

/// In the midst of what JSON ends, from the parser's words.
fn within(error: &serde_json::Error) -> &'static str {
    let words = error.to_string();
    match words.split(" at line").next() {
        Some("EOF while parsing a list") => "within a list",
        Some("EOF while parsing an object") => "within an object",
        Some("EOF while parsing a string") => "within a text in quotes",
        _ => "where a value should stand",
    }
}

/// The parser's words without the place.
fn words(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let words = words.split_once(" at line").map_or(&words[..], |(words, _)| words);
    match words {
        "key must be a string" => format!("{words} in double quotes, as json.dump writes it"),
        _ => words.to_string(),
    }
}

/// First pass: which lists and records there are.
#[derive(Default)]
struct Shape {
    /// Lists of records, and how many records each has.
    records: Vec<(String, u64)>,
    /// Whether there are lists with numbers.
    lists: bool,
    scalars: Vec<(String, Cell)>,
}

impl Listener for Shape {
    fn scalar(&mut self, name: &str, cell: Cell) {
        self.scalars.push((name.to_string(), cell));
    }

    fn item(&mut self, _: List<'_>, _: Option<&str>, cell: Cell) {
        self.lists |= cell.number().is_some();
    }

    fn end(&mut self, list: &str) {
        match self.records.iter_mut().find(|(known, _)| known == list) {
            Some((_, count)) => *count += 1,
            None => self.records.push((list.to_string(), 1)),
        }
    }
}

/// Second pass over records: their columns.
struct Names<'a> {
    list: &'a str,
    names: Vec<String>,
    known: HashMap<String, usize>,
}

impl Listener for Names<'_> {
    fn field(&mut self, list: &str, name: &str, _: Cell) {
        if list == self.list && !self.known.contains_key(name) {
            self.known.insert(name.to_string(), self.names.len());
            self.names.push(name.to_string());
        }
    }
}

/// A list's values.
struct Numbers {
    table: String,
    name: String,
    cells: Vec<Cell>,
}

/// Second pass over lists: their values.
#[derive(Default)]
struct Lists {
    lists: Vec<Numbers>,
    /// What pandas numbers its rows by.
    index: Vec<Cell>,
}

impl Listener for Lists {
    fn item(&mut self, list: List<'_>, index: Option<&str>, cell: Cell) {
        if self.lists.last().is_none_or(|last| last.table != list.table || last.name != list.name) {
            let (table, name) = (list.table.to_string(), list.name.to_string());
            self.lists.push(Numbers { table, name, cells: Vec::new() });
        }
        let first = self.lists.len() == 1;
        let Some(last) = self.lists.last_mut() else { return };
        last.cells.push(cell);
        if let Some(index) = index.filter(|_| first) {
            self.index.push(Cell::read(index, false));
        }
    }
}

impl Lists {
    fn memory(mut self) -> Result<Memory, Fault> {
        self.lists.retain(|list| list.cells.iter().any(|cell| cell.number().is_some()));
        let mut tables: Vec<String> = Vec::new();
        for list in &mut self.lists {
            // `"val": {"loss": […]}` is called `val/loss`, `"history": {"loss": […]}` not.
            if meaning(&list.table).split != Split::Unsaid {
                list.name = format!("{}/{}", list.table, list.name);
            } else if is_of_epochs(&list.name) && !tables.contains(&list.table) {
                tables.push(list.table.clone());
            }
        }
        if tables.len() > 1 {
            return Err(Fault::Tables { tables });
        }
        let figures = self.lists.iter().filter(|list| is_of_epochs(&list.name));
        let longest = figures.max_by_key(|list| list.cells.len());
        let longest = longest.or_else(|| self.lists.iter().max_by_key(|list| list.cells.len()));
        let (first, rows) =
            longest.map(|list| (list.name.clone(), list.cells.len())).unwrap_or_default();
        let mut memory = Memory::default();
        if self.index.len() == rows {
            memory.names.push("index".to_string());
            memory.columns.push(self.index);
        }
        for Numbers { name, cells, .. } in self.lists {
            let len = cells.len();
            if len != rows && !is_of_epochs(&name) {
                continue;
            }
            let Some(cells) = stretched(cells, rows) else {
                return Err(Fault::Lengths { first, first_len: rows, other: name, other_len: len });
            };
            if len < rows {
                let every = rows / len;
                memory.notes.push(format!(
                    "`{name}` has {} for {rows} epochs; taken for those of the epochs that \
                     {every} divides",
                    count(len as u64, "value")
                ));
            }
            memory.names.push(name);
            memory.columns.push(cells);
        }
        Ok(memory)
    }
}

/// Whether a list of that name has a value an epoch, as far as can be told.
fn is_of_epochs(name: &str) -> bool {
    match meaning(name).figure {
        Figure::Loss { rank } | Figure::Score { rank, .. } => rank < FIRST_STEPWISE,
        Figure::PartOfLoss | Figure::Epoch => true,
        Figure::Step | Figure::Index | Figure::Other => false,
    }
}

/// With `validation_freq=k` Keras has a validation figure for every k-th epoch.
fn stretched(cells: Vec<Cell>, rows: usize) -> Option<Vec<Cell>> {
    if cells.len() == rows {
        return Some(cells);
    }
    let every = rows / cells.len();
    if every < 2 || rows / every != cells.len() {
        return None;
    }
    let cell =
        |row: usize| if row.is_multiple_of(every) { cells[row / every - 1] } else { Cell::Gap };
    Some((1..=rows).map(cell).collect())
}

/// Records of a file, read anew on every walk.
pub(crate) struct Records<'a> {
    input: Input<'a>,
    lines: bool,
    list: String,
    names: Vec<String>,
    known: HashMap<String, usize>,
    notes: Vec<String>,
}

/// A number of samples is known when it is known to this share.
const CLOSE: f64 = 0.02;

impl Records<'_> {
    /// Who writes such records.
    pub(crate) fn origin(&self) -> &'static str {
        let has = |name: &str| self.known.contains_key(name);
        match (self.list.as_str(), self.lines) {
            ("log_history", _) => "Hugging Face's trainer_state.json",
            _ if has("eval_loss") && has("eval_runtime") => "Hugging Face's log_history",
            (_, true) => "JSON lines",
            (_, false) => "a JSON list of records",
        }
    }

    /// Samples that Hugging Face's trainer evaluates on, seconds times samples a second, and
    /// whether both are written with enough digits to tell them from one more or less. `None`
    /// where evaluations contradict each other, or know it only to more than [`CLOSE`].
    pub(crate) fn evaluated(&self) -> Option<(usize, bool)> {
        let column = |name: &str| self.known.get(name).copied();
        let (seconds, speed) = (column("eval_runtime")?, column("eval_samples_per_second")?);
        let (mut least, mut most) = (0.0f64, f64::INFINITY);
        self.walk(&mut |item| {
            let Item::Row { cells, .. } = item else { return };
            let Some((seconds, speed)) = cells[seconds].number().zip(cells[speed].number()) else {
                return;
            };
            // Written with four and three decimals.
            let error = 0.5e-4 * speed + 0.5e-3 * seconds;
            least = least.max(seconds * speed - error);
            most = most.min(seconds * speed + error);
        })
        .ok()?;
        let (first, last) = (least.ceil().max(1.0), most.floor());
        let size = ((first + last) / 2.0).round();
        (first <= last && last - first <= CLOSE * size).then_some((size as usize, first == last))
    }
}

impl Rows for Records<'_> {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn walk(&self, each: &mut dyn FnMut(Item<'_>)) -> Result<Vec<String>, Fault> {
        let row = vec![Cell::Gap; self.names.len()];
        // Hugging Face's last record sums up the training, in a `train_loss` of its own.
        let summary = self.known.get("train_runtime").copied();
        let mut walk = Walk { records: self, row, summary, each };
        if self.lines {
            each_line(self.input, &mut walk)?;
        } else {
            document(self.input, &mut walk)?;
        }
        Ok(self.notes.clone())
    }
}

struct Walk<'a, 'b> {
    records: &'a Records<'a>,
    row: Vec<Cell>,
    summary: Option<usize>,
    each: &'b mut dyn FnMut(Item<'_>),
}

impl Listener for Walk<'_, '_> {
    fn field(&mut self, list: &str, name: &str, cell: Cell) {
        if list == self.records.list
            && let Some(&column) = self.records.known.get(name)
        {
            self.row[column] = cell;
        }
    }

    fn end(&mut self, list: &str) {
        if list != self.records.list {
            return;
        }
        if self.summary.is_none_or(|column| self.row[column] == Cell::Gap) {
            (self.each)(Item::Row { line: None, cells: &self.row });
        }
        self.row.fill(Cell::Gap);
    }
}

/// A visitor's methods for single values.
macro_rules! single_values {
    () => {
        fn visit_bool<E>(self, _: bool) -> Result<(), E> {
            self.single(Cell::Words);
            Ok(())
        }
        fn visit_i64<E>(self, value: i64) -> Result<(), E> {
            self.single(Cell::Number(value as f64));
            Ok(())
        }
        fn visit_u64<E>(self, value: u64) -> Result<(), E> {
            self.single(Cell::Number(value as f64));
            Ok(())
        }
        fn visit_f64<E>(self, value: f64) -> Result<(), E> {
            self.single(Cell::Number(value));
            Ok(())
        }
        fn visit_str<E>(self, text: &str) -> Result<(), E> {
            self.single(Cell::read(text, false));
            Ok(())
        }
        fn visit_unit<E>(self) -> Result<(), E> {
            self.single(Cell::Gap);
            Ok(())
        }
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("metrics")
        }
    };
}

macro_rules! seeds {
    ($($seed:ident),*) => {$(
        impl<'de> DeserializeSeed<'de> for $seed<'_> {
            type Value = ();
            fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
                json.deserialize_any(self)
            }
        }
    )*};
}

seeds!(Value, Element, Member, Inner, Outermost);

fn skip<'de, A: SeqAccess<'de>>(mut values: A) -> Result<(), A::Error> {
    while values.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// A value of a record: tables within it become names with a slash.
struct Value<'a> {
    list: &'a str,
    path: &'a mut String,
    listener: &'a mut dyn Listener,
}

impl Value<'_> {
    fn single(self, cell: Cell) {
        self.listener.field(self.list, self.path, cell);
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();
    single_values!();

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<(), A::Error> {
        self.single(Cell::Words);
        skip(values)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<(), A::Error> {
        let Value { list, path, listener } = self;
        let len = path.len();
        while let Some(name) = table.next_key::<String>()? {
            if len > 0 {
                path.push('/');
            }
            path.push_str(&name);
            table.next_value_seed(Value { list, path: &mut *path, listener: &mut *listener })?;
            path.truncate(len);
        }
        Ok(())
    }
}

/// An element of a list: a value, or a record.
struct Element<'a> {
    list: List<'a>,
    index: Option<&'a str>,
    listener: &'a mut dyn Listener,
}

impl Element<'_> {
    fn single(self, cell: Cell) {
        self.listener.item(self.list, self.index, cell);
    }
}

impl<'de> Visitor<'de> for Element<'_> {
    type Value = ();
    single_values!();

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<(), A::Error> {
        self.single(Cell::Words);
        skip(values)
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<(), A::Error> {
        let Element { list, listener, .. } = self;
        let mut path = String::new();
        let list = list.name;
        Value { list, path: &mut path, listener: &mut *listener }.visit_map(table)?;
        listener.end(list);
        Ok(())
    }
}

/// A value of the outermost table: a list, a table of values, or a single value.
struct Member<'a> {
    table: &'a str,
    name: &'a str,
    listener: &'a mut dyn Listener,
}

impl Member<'_> {
    fn single(self, cell: Cell) {
        self.listener.scalar(self.name, cell);
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = ();
    single_values!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        let Member { table, name, listener } = self;
        let list = List { table, name };
        while values
            .next_element_seed(Element { list, index: None, listener: &mut *listener })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<(), A::Error> {
        let Member { name: list, listener, .. } = self;
        while let Some(index) = table.next_key::<String>()? {
            table.next_value_seed(Inner { list, index: &index, listener: &mut *listener })?;
        }
        Ok(())
    }
}

/// A value of a table in the outermost table: `"history": {"loss": […]}`, or pandas's
/// `"loss": {"0": 0.5}`.
struct Inner<'a> {
    list: &'a str,
    index: &'a str,
    listener: &'a mut dyn Listener,
}

impl Inner<'_> {
    fn single(self, cell: Cell) {
        let list = List { table: "", name: self.list };
        self.listener.item(list, Some(self.index), cell);
    }
}

impl<'de> Visitor<'de> for Inner<'_> {
    type Value = ();
    single_values!();

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<(), A::Error> {
        Member { table: self.list, name: self.index, listener: self.listener }.visit_seq(values)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<(), A::Error> {
        while table.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// The whole document.
struct Outermost<'a> {
    listener: &'a mut dyn Listener,
}

impl Outermost<'_> {
    fn single(self, _: Cell) {}
}

impl<'de> Visitor<'de> for Outermost<'_> {
    type Value = ();
    single_values!();

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<(), A::Error> {
        Member { table: "", name: "", listener: self.listener }.visit_seq(values)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<(), A::Error> {
        while let Some(name) = table.next_key::<String>()? {
            let listener = &mut *self.listener;
            table.next_value_seed(Member { table: "", name: &name, listener })?;
        }
        Ok(())
    }
}
