//! What a remedy takes, and how its arguments are checked.

use std::fmt;

use wellfit_train::plan::Metric;

/// An argument that a remedy takes.
#[derive(Debug)]
pub struct Parameter {
    /// As in `input=0.5`.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it is when it is not given.
    pub default: Default,
    /// What it decides, in a few words.
    pub meaning: &'static str,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A number from 0 to 1, both included.
    Probability,
    /// A finite number, at least 0.
    NonNegative,
    /// A finite number above 0.
    Positive,
    /// A number above 0 and below 1.
    Share,
    /// A number of at least 0 and below 1.
    BelowOne,
    /// A whole number, at least this.
    Count(usize),
    /// A whole number of at least 1, or a number above 0 and below 1.
    CountOrShare,
    /// A figure of an epoch, such as `val_loss`.
    Metric,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// What an argument is when it is not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// It must be given.
    Required,
    /// Nothing is done; the text says what that means.
    Absent(&'static str),
    /// This.
    Is(Value),
}

/// A checked argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A number in its range.
    Number(f64),
    /// A whole number.
    Count(usize),
    /// A figure of an epoch.
    Metric(Metric),
    /// A word of the parameter's list.
    Word(&'static str),
}

impl Kind {
    /// What would be right, in words.
    pub fn range(self) -> String {
        match self {
            Kind::Probability => "a number from 0 to 1".into(),
            Kind::NonNegative => "a number of at least 0".into(),
            Kind::Positive => "a number above 0".into(),
            Kind::Share => "a number above 0 and below 1".into(),
            Kind::BelowOne => "a number of at least 0 and below 1".into(),
            Kind::Count(least) => format!("a whole number of at least {least}"),
            Kind::CountOrShare => {
                "a whole number of at least 1, or a share above 0 and below 1".into()
            }
            Kind::Metric => {
                let own = one_of(&Metric::ALL.map(Metric::name));
                format!("{own}, or a column of train.metrics such as val_f1_macro")
            }
            Kind::Word(words) => one_of(words),
        }
    }

    /// The text as a value, if it is one in range.
    pub(super) fn read(self, text: &str) -> Option<Value> {
        let text = text.trim();
        let number = || text.parse::<f64>().ok();
        let word = unquote(text);
        match self {
            Kind::Probability => number().filter(|p| (0.0..=1.0).contains(p)).map(Value::Number),
            Kind::NonNegative => number().filter(|x| *x >= 0.0 && x.is_finite()).map(Value::Number),
            Kind::Positive => number().filter(|x| *x > 0.0 && x.is_finite()).map(Value::Number),
            Kind::Share => number().filter(|x| *x > 0.0 && *x < 1.0).map(Value::Number),
            Kind::BelowOne => number().filter(|x| (0.0..1.0).contains(x)).map(Value::Number),
            Kind::Count(least) => text.parse().ok().filter(|n| *n >= least).map(Value::Count),
            Kind::CountOrShare => Kind::Count(1).read(text).or_else(|| Kind::Share.read(text)),
            Kind::Metric => Metric::from_name(word).map(Value::Metric),
            Kind::Word(words) => words.iter().find(|w| **w == word).map(|w| Value::Word(w)),
        }
    }
}

fn one_of(words: &[&str]) -> String {
    format!("one of {}", words.join(", "))
}

fn unquote(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // `{:?}` of an f64 is the shortest text that reads back to it, as in 1e-5.
            Value::Number(x) if x.fract() == 0.0 && x.abs() < 1e15 => write!(f, "{x}"),
            Value::Number(x) => write!(f, "{x:?}"),
            Value::Count(n) => write!(f, "{n}"),
            Value::Metric(metric) => f.write_str(metric.name()),
            Value::Word(word) => f.write_str(word),
        }
    }
}

impl Value {
    /// The value as a strength; `None` of a word or a figure.
    pub(super) fn strength(self) -> Option<f64> {
        match self {
            Value::Number(x) => Some(x),
            Value::Count(n) => Some(n as f64),
            Value::Metric(_) | Value::Word(_) => None,
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.default {
            Default::Required => f.write_str(self.name),
            Default::Absent(means) => write!(f, "{}={means}", self.name),
            Default::Is(value) => write!(f, "{}={value}", self.name),
        }
    }
}

/// A call's arguments: for each parameter of the remedy, in its order, the value
/// given or the default; `None` only where the default is [`Default::Absent`].
#[derive(Clone, Debug, PartialEq)]
pub struct Arguments(pub(super) Vec<Option<Value>>);

impl Arguments {
    // A remedy reads its own parameters, whose kinds stand beside it in the same
    // table: a mismatch is a mistake in that table, which its test finds.

    /// The number at this place; `None` if it was not given and has no default.
    pub(super) fn optional_number(&self, at: usize) -> Option<f64> {
        match self.0[at] {
            Some(Value::Number(x)) => Some(x),
            None => None,
            Some(other) => unreachable!("argument {at} is {other}, not a number"),
        }
    }

    /// The number at this place.
    pub(super) fn number(&self, at: usize) -> f64 {
        self.optional_number(at).expect("a parameter that is required or has a default")
    }

    /// The whole number at this place; `None` if it was not given and has no default.
    pub(super) fn optional_count(&self, at: usize) -> Option<usize> {
        match self.0[at] {
            Some(Value::Count(n)) => Some(n),
            None => None,
            Some(other) => unreachable!("argument {at} is {other}, not a count"),
        }
    }

    /// The whole number at this place.
    pub(super) fn count(&self, at: usize) -> usize {
        self.optional_count(at).expect("a parameter that is required or has a default")
    }

    /// The value at this place, of whichever kind.
    pub(super) fn value(&self, at: usize) -> Value {
        self.0[at].expect("a parameter that is required or has a default")
    }

    /// The metric at this place.
    pub(super) fn metric(&self, at: usize) -> Metric {
        match self.0[at] {
            Some(Value::Metric(metric)) => metric,
            other => unreachable!("argument {at} is {other:?}, not a metric"),
        }
    }

    /// The word at this place; `None` if it was not given and has no default.
    pub(super) fn optional_word(&self, at: usize) -> Option<&'static str> {
        match self.0[at] {
            Some(Value::Word(word)) => Some(word),
            None => None,
            Some(other) => unreachable!("argument {at} is {other}, not a word"),
        }
    }

    /// The word at this place.
    pub(super) fn word(&self, at: usize) -> &'static str {
        self.optional_word(at).expect("a parameter that is required or has a default")
    }
}
