//! Columns while they are filled.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::dates;
use super::error::{Place, TableFault};
use super::fields::{MissingTexts, number};
use super::roles::{Kind, Role, Wanted};
use crate::{ColumnValues, MISSING};

/// The most categories that a feature or a target may have, unless the plan says that it is
/// categorical.
pub(crate) const MOST_CATEGORIES: usize = 10_000;
/// Rows from which on a column of all different texts is taken for an identifier.
const IDENTIFIER_ROWS: usize = 20;
/// As many places as a message lists.
const LISTED: usize = 5;

/// A column that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Filled {
    pub wanted: Wanted,
    pub values: ColumnValues,
    /// Where values are missing, kept for columns that are no features.
    pub missing: Misses,
    /// Where each category first stood, kept for targets.
    pub first: Vec<Place>,
}

/// Where values are missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Misses {
    pub count: usize,
    first: Vec<Place>,
}

impl Misses {
    fn push(&mut self, place: Place) {
        self.count += 1;
        if self.first.len() < LISTED {
            self.first.push(place);
        }
    }

    /// The first places, in words.
    pub fn places(&self) -> String {
        let places: Vec<String> = self.first.iter().map(Place::to_string).collect();
        let more = if self.count > self.first.len() { ", …" } else { "" };
        places.join(", ") + more
    }
}

/// What the first fields of a column look like.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    text: bool,
    /// The first field that is a number but for a comma in it.
    comma: Option<String>,
    /// Whether all texts are of that kind.
    other_text: bool,
}

impl Look {
    /// Takes one more field into account.
    pub fn at(&mut self, text: &str, missing: &MissingTexts) {
        if self.other_text || missing.contains(text) || number(text).is_some() {
            return;
        }
        self.text = true;
        let comma = text.contains(',') && number(&text.replace(',', "")).is_some();
        if !comma {
            self.other_text = true;
        } else if self.comma.is_none() {
            self.comma = Some(text.to_owned());
        }
    }

    /// What such a column is read as.
    pub fn kind(&self, wanted: &Wanted) -> Result<Kind, TableFault> {
        match (&self.comma, wanted.kind) {
            (Some(text), Kind::Found) if !self.other_text => {
                Err(TableFault::Commas { column: wanted.name.clone(), text: text.clone() })
            }
            (_, Kind::Found) if self.text => Ok(Kind::Categories),
            (_, Kind::Found) => Ok(Kind::Numbers),
            (_, kind) => Ok(kind),
        }
    }
}

/// A column that is being filled.
pub(crate) struct Filling {
    wanted: Wanted,
    values: Values,
    missing: Misses,
    first: Vec<Place>,
}

enum Values {
    Numbers(Vec<f64>),
    Times(Vec<f64>),
    Categories { codes: Vec<u32>, names: Interner },
}

impl Filling {
    /// An empty column with room for so many rows; `kind` is no longer `Found`.
    pub fn new(wanted: &Wanted, kind: Kind, room: usize) -> Self {
        let values = match kind {
            Kind::Found | Kind::Numbers => Values::Numbers(Vec::with_capacity(room)),
            Kind::Times => Values::Times(Vec::with_capacity(room)),
            Kind::Categories => {
                Values::Categories { codes: Vec::with_capacity(room), names: Interner::default() }
            }
        };
        let wanted = wanted.clone();
        Filling { wanted, values, missing: Misses::default(), first: Vec::new() }
    }

    /// Position in the file.
    pub fn at(&self) -> usize {
        self.wanted.at
    }

    /// The column's name.
    #[cfg(feature = "parquet")]
    pub fn name(&self) -> &str {
        &self.wanted.name
    }

    /// Whether it takes numbers.
    #[cfg(feature = "parquet")]
    pub fn holds_numbers(&self) -> bool {
        !matches!(self.values, Values::Categories { .. })
    }

    /// Adds the next field. `place` is asked for only when it must be told.
    #[inline]
    pub fn push(
        &mut self,
        text: &str,
        missing: &MissingTexts,
        place: impl Fn() -> Place,
    ) -> Result<(), TableFault> {
        if missing.contains(text) {
            self.push_missing(place);
            return Ok(());
        }
        match &mut self.values {
            Values::Numbers(values) => match number(text) {
                Some(value) if value.is_finite() => values.push(value),
                found => return Err(self.misfit(text, found, place())),
            },
            Values::Times(values) => match number(text).or_else(|| dates::seconds(text)) {
                Some(value) if value.is_finite() => values.push(value),
                found => return Err(self.misfit(text, found, place())),
            },
            Values::Categories { .. } => return self.push_category(text, place),
        }
        Ok(())
    }

    /// Adds a number that was stored as one: NaN is a missing value.
    #[cfg(feature = "parquet")]
    pub fn push_number(&mut self, value: f64, place: impl Fn() -> Place) -> Result<(), TableFault> {
        if value.is_nan() {
            self.push_missing(place);
            return Ok(());
        }
        match &mut self.values {
            Values::Numbers(values) | Values::Times(values) if value.is_finite() => {
                values.push(value);
                Ok(())
            }
            Values::Numbers(_) | Values::Times(_) => {
                Err(self.misfit(&super::fields::as_text(value), Some(value), place()))
            }
            Values::Categories { .. } => self.push_category(&super::fields::as_text(value), place),
        }
    }

    /// Adds a missing value.
    pub fn push_missing(&mut self, place: impl Fn() -> Place) {
        match &mut self.values {
            Values::Numbers(values) | Values::Times(values) => values.push(f64::NAN),
            Values::Categories { codes, .. } => codes.push(MISSING),
        }
        if self.wanted.role != Role::Feature {
            self.missing.push(place());
        }
    }

    /// Adds a category as it stands.
    pub fn push_category(
        &mut self,
        text: &str,
        place: impl Fn() -> Place,
    ) -> Result<(), TableFault> {
        let limited = self.is_limited();
        let Values::Categories { codes, names } = &mut self.values else {
            return Err(self.misfit(text, None, place()));
        };
        let known = names.names.len();
        codes.push(names.code(text));
        if names.names.len() == known {
            return Ok(());
        }
        if limited && known == MOST_CATEGORIES {
            return Err(self.too_many());
        }
        if self.wanted.role == Role::Target {
            self.first.push(place());
        }
        Ok(())
    }

    /// Whether the column may have only so many categories.
    fn is_limited(&self) -> bool {
        match self.wanted.role {
            Role::Feature => self.wanted.kind == Kind::Found,
            Role::Target => true,
            Role::Group | Role::Time => false,
        }
    }

    fn too_many(&self) -> TableFault {
        let column = self.wanted.name.clone();
        let or = match self.wanted.role {
            Role::Feature => format!(", or keep it with data.categorical = [\"{column}\"]"),
            _ => " and name another target".into(),
        };
        TableFault::TooManyCategories { column, most: MOST_CATEGORIES, or }
    }

    /// Why a field does not fit.
    fn misfit(&self, text: &str, number: Option<f64>, place: Place) -> TableFault {
        let (column, text) = (self.wanted.name.clone(), shortened(text));
        if matches!(self.values, Values::Times(_)) {
            return TableFault::NotATime { place, column, text };
        }
        if number.is_some() {
            return TableFault::NotFinite { place, column, text };
        }
        let advice = match (self.wanted.role, self.wanted.kind) {
            (Role::Feature | Role::Target, Kind::Found) => format!(
                ", as those before are: for categories say data.categorical = [\"{column}\"]; a \
                 text for a missing value belongs in data.missing_values"
            ),
            (Role::Target, _) => "; a target of numbers (regression) takes nothing else".to_owned(),
            _ => "; a text for a missing value belongs in data.missing_values".to_owned(),
        };
        TableFault::NotANumber { place, column, text, advice }
    }

    /// The column when the file has ended.
    pub fn end(self) -> Result<Filled, TableFault> {
        let Filling { wanted, values, missing, first } = self;
        let values = match values {
            Values::Numbers(mut values) | Values::Times(mut values) => {
                values.shrink_to_fit();
                ColumnValues::Numbers(values)
            }
            Values::Categories { mut codes, names } => {
                codes.shrink_to_fit();
                let names = names.names;
                if wanted.role == Role::Feature && wanted.kind == Kind::Found {
                    check_identifier(&wanted.name, &codes, &names)?;
                }
                ColumnValues::Categories { codes, names }
            }
        };
        Ok(Filled { wanted, values, missing, first })
    }
}

/// A column of texts that never repeat teaches nothing.
fn check_identifier(column: &str, codes: &[u32], names: &[String]) -> Result<(), TableFault> {
    if names.len() < IDENTIFIER_ROWS {
        return Ok(());
    }
    let rows = codes.iter().filter(|&&code| code != MISSING).count();
    if rows > names.len() {
        return Ok(());
    }
    Err(TableFault::Identifier { column: column.to_owned(), rows, text: shortened(&names[0]) })
}

/// A text as a message shows it.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Gives each text the number of its first appearance.
#[derive(Default)]
struct Interner {
    codes: HashMap<String, u32, BuildHasherDefault<Fnv>>,
    names: Vec<String>,
    last: u32,
}

impl Interner {
    fn code(&mut self, text: &str) -> u32 {
        if self.names.get(self.last as usize).is_some_and(|last| last == text) {
            return self.last;
        }
        self.last = match self.codes.get(text) {
            Some(&code) => code,
            None => {
                let code = self.names.len() as u32;
                self.codes.insert(text.to_owned(), code);
                self.names.push(text.to_owned());
                code
            }
        };
        self.last
    }
}

/// FNV-1a with 64 bits: quick for the short texts of categories. The codes do not depend on it.
/// <https://www.rfc-editor.org/rfc/rfc9923>
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
