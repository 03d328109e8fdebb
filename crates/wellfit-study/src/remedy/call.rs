//! A remedy with its arguments, read from `dropout(0.5, input=0.5)`, or at several
//! strengths, read from `dropout(0.1..0.6, input=0.5)`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use wellfit_train::plan::{Plan, did_you_mean};

use super::parameter::Value;
use super::range::{self, Range, Spacing};
use super::{Arguments, Default, REMEDIES, Remedy, find};

/// How many values of a range are tried: `steps = 6`. No parameter has this name.
pub(super) const STEPS: &str = "steps";

/// A remedy with checked arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    remedy: &'static Remedy,
    arguments: Arguments,
}

/// A remedy as it may be written in an arm.
#[derive(Clone, Debug, PartialEq)]
pub enum Calls {
    /// With one value for each argument.
    One(Call),
    /// With a range of strengths.
    Several(Strengths),
}

/// A remedy at several strengths.
#[derive(Clone, Debug, PartialEq)]
pub struct Strengths {
    /// As written, but for how many: `dropout(0.1..0.6)`.
    pub family: String,
    /// How the strengths lie apart.
    pub spacing: Spacing,
    /// Whether a smaller value is more of the remedy.
    pub falling: bool,
    /// Each strength with its call, by rising values; two or more.
    pub calls: Vec<(f64, Call)>,
}

/// Why a remedy cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RemedyError {
    /// There is no remedy of that name.
    #[error("unknown remedy {name:?}; {hint}")]
    Unknown {
        /// What was written.
        name: String,
        /// Which one may have been meant, or where all are listed.
        hint: String,
    },
    /// The text is not `name(arguments)`.
    #[error("{text:?} is not a remedy: {problem}; it is written like \"dropout(0.5, input=0.5)\"")]
    Syntax {
        /// What was written.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An argument is missing, unknown, given twice or out of range.
    #[error("{remedy}: {problem}; it is written {signature}")]
    Argument {
        /// Which remedy.
        remedy: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
        /// How the remedy is written.
        signature: String,
    },
    /// A range of strengths where one value is wanted.
    #[error("{text:?} is a range of strengths, and {problem}")]
    Range {
        /// What was written.
        text: String,
        /// Why there is no room for it.
        problem: &'static str,
    },
    /// The plan has no place for it.
    #[error("{call} cannot be applied: {problem}")]
    Plan {
        /// The remedy as written.
        call: String,
        /// Why, and what would help.
        problem: String,
    },
}

impl Call {
    /// Which remedy.
    pub fn remedy(&self) -> &'static Remedy {
        self.remedy
    }

    /// The plan with the remedy applied.
    pub fn apply(&self, plan: &Plan) -> Result<Plan, RemedyError> {
        let mut changed = plan.clone();
        let wrong = |problem| RemedyError::Plan { call: self.to_string(), problem };
        (self.remedy.apply)(&self.arguments, &mut changed).map_err(wrong)?;
        // What was wrong before is no fault of the remedy's.
        match changed.check() {
            Err(error) if plan.check().is_ok() => Err(wrong(error.message)),
            _ => Ok(changed),
        }
    }
}

/// The plan with every remedy applied, in order.
pub fn apply_chain(plan: &Plan, calls: &[Call]) -> Result<Plan, RemedyError> {
    calls.iter().try_fold(plan.clone(), |plan, call| call.apply(&plan))
}

impl FromStr for Call {
    type Err = RemedyError;

    fn from_str(text: &str) -> Result<Self, RemedyError> {
        match text.parse()? {
            Calls::One(call) => Ok(call),
            Calls::Several(_) => Err(RemedyError::Range {
                text: text.to_owned(),
                problem: "one value is wanted here",
            }),
        }
    }
}

impl FromStr for Calls {
    type Err = RemedyError;

    fn from_str(text: &str) -> Result<Self, RemedyError> {
        let (name, list) = split(text)
            .map_err(|problem| RemedyError::Syntax { text: text.to_owned(), problem })?;
        let remedy = find(name).ok_or_else(|| RemedyError::Unknown {
            name: name.to_owned(),
            hint: did_you_mean(name, REMEDIES.iter().map(|remedy| remedy.name))
                .unwrap_or_else(|| "`wellfit remedies` lists those there are".into()),
        })?;
        let wrong = |problem| RemedyError::Argument {
            remedy: remedy.name,
            problem,
            signature: remedy.signature(),
        };
        let Read { given, range } = read(remedy, list).map_err(wrong)?;
        let with = |value: Option<(usize, Value)>| {
            let mut given = given.clone();
            if let Some((at, value)) = value {
                given[at] = Some(value);
            }
            Ok(Call { remedy, arguments: filled(remedy, given).map_err(wrong)? })
        };
        let Some((at, Range { spacing, values })) = range else {
            return with(None).map(Calls::One);
        };
        let calls: Vec<(f64, Call)> = values
            .iter()
            .filter_map(|&value| Some((value.strength()?, value)))
            .map(|(strength, value)| Ok((strength, with(Some((at, value)))?)))
            .collect::<Result<_, _>>()?;
        let shown = |value: &Value| value.to_string();
        let ends = [values.first(), values.last()].map(|end| end.map(shown).unwrap_or_default());
        let family = calls[0].1.written(Some((at, &ends.join(".."))));
        Ok(Calls::Several(Strengths { family, spacing, falling: remedy.falling, calls }))
    }
}

/// `name(list)` or `name` as name and list.
fn split(text: &str) -> Result<(&str, &str), &'static str> {
    let text = text.trim();
    let (name, list) = match text.split_once('(') {
        Some((name, rest)) => {
            (name, rest.strip_suffix(')').ok_or("its last character must be ')'")?)
        }
        None => (text, ""),
    };
    if list.contains(['(', ')']) {
        return Err("parentheses cannot stand inside the arguments");
    }
    match name.trim() {
        "" => Err("it has no name"),
        name => Ok((name, list)),
    }
}

/// What a list of arguments holds.
struct Read {
    /// By parameter; nothing where a range stands.
    given: Vec<Option<Value>>,
    /// The parameter that has a range, with its values.
    range: Option<(usize, Range)>,
}

fn read(remedy: &Remedy, list: &str) -> Result<Read, String> {
    let mut texts: Vec<Option<&str>> = vec![None; remedy.parameters.len()];
    let mut steps = None;
    let (mut named, mut next, mut after_range) = (false, 0, false);
    let parts: Vec<&str> = if list.trim().is_empty() { vec![] } else { list.split(',').collect() };
    for part in parts {
        let (name, text) = match part.split_once('=') {
            Some((name, text)) => (Some(name.trim()), text.trim()),
            None => (None, part.trim()),
        };
        named |= name.is_some();
        // How many steps may follow a range without a name.
        if name == Some(STEPS) || name.is_none() && after_range {
            after_range = false;
            if steps.replace(text).is_some() {
                return Err(format!("{STEPS} is given twice"));
            }
            continue;
        }
        let at = match name {
            Some(name) => named_place(remedy, name)?,
            None if named => {
                return Err(format!("{text:?} must be named, because it follows a named argument"));
            }
            None if next >= remedy.parameters.len() => {
                let most = remedy.parameters.len();
                return Err(format!("it takes at most {most} arguments"));
            }
            None => {
                next += 1;
                next - 1
            }
        };
        if texts[at].replace(text).is_some() {
            return Err(format!("{} is given twice", remedy.parameters[at].name));
        }
        after_range = is_range(text) && !named;
    }
    let ranges = (0..texts.len()).filter(|&at| texts[at].is_some_and(is_range));
    let ranges: Vec<usize> = ranges.collect();
    if let Some(&at) = ranges.iter().find(|&&at| remedy.strength != Some(at)) {
        let name = remedy.parameters[at].name;
        return Err(match remedy.strength {
            Some(strength) => {
                let strength = remedy.parameters[strength].name;
                format!("{name} takes one value; a range of strengths is for {strength}")
            }
            None => format!("{name} takes one value: this remedy has no strength to vary"),
        });
    }
    if ranges.is_empty() && steps.is_some() {
        return Err(format!("{STEPS} belongs to a range of strengths, such as 0.1..0.6"));
    }
    let mut read = Read { given: vec![None; texts.len()], range: None };
    for (at, (text, parameter)) in texts.iter().zip(remedy.parameters).enumerate() {
        match text {
            None => {}
            Some(text) if is_range(text) => {
                let range = range::read(parameter.name, parameter.kind, text, steps)?;
                read.range = Some((at, range));
            }
            Some(text) => {
                read.given[at] = Some(parameter.kind.read(text).ok_or_else(|| {
                    format!("{} must be {}, not {text:?}", parameter.name, parameter.kind.range())
                })?);
            }
        }
    }
    Ok(read)
}

fn is_range(text: &str) -> bool {
    text.contains("..")
}

/// The values with the defaults of what was not given.
fn filled(remedy: &Remedy, mut given: Vec<Option<Value>>) -> Result<Arguments, String> {
    for (value, parameter) in given.iter_mut().zip(remedy.parameters) {
        match (&value, parameter.default) {
            (None, Default::Required) => {
                let (name, range) = (parameter.name, parameter.kind.range());
                return Err(format!("{name} is missing ({range})"));
            }
            (None, Default::Is(default)) => *value = Some(default),
            _ => {}
        }
    }
    Ok(Arguments(given))
}

fn named_place(remedy: &Remedy, name: &str) -> Result<usize, String> {
    let names = || remedy.parameters.iter().map(|parameter| parameter.name);
    names().position(|known| known == name).ok_or_else(|| match did_you_mean(name, names()) {
        Some(hint) => format!("unknown argument {name:?}; {hint}"),
        None => format!("unknown argument {name:?}"),
    })
}

impl Call {
    /// Every argument that was given or differs from its default, the required ones
    /// without their names; at one place, other words in the value's stead.
    fn written(&self, instead: Option<(usize, &str)>) -> String {
        let mut parts = Vec::new();
        for (at, (value, parameter)) in
            self.arguments.0.iter().zip(self.remedy.parameters).enumerate()
        {
            let words =
                instead.filter(|(place, _)| *place == at).map(|(_, words)| words.to_owned());
            match (value, parameter.default) {
                (None, _) => {}
                (Some(value), Default::Is(default)) if *value == default && words.is_none() => {}
                (Some(value), default) => {
                    let words = words.unwrap_or_else(|| value.to_string());
                    parts.push(match default {
                        Default::Required => words,
                        _ => format!("{}={words}", parameter.name),
                    });
                }
            }
        }
        let name = self.remedy.name;
        if parts.is_empty() { name.to_owned() } else { format!("{name}({})", parts.join(", ")) }
    }
}

impl fmt::Display for Call {
    /// Every argument that was given or differs from its default, the required
    /// ones without their names. Reads back to an equal call.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        text.parse::<Call>().expect_err(text).to_string()
    }

    #[test]
    fn every_form_of_a_call_is_read() {
        for (text, canonical) in [
            ("dropout(0.5)", "dropout(0.5)"),
            (" dropout( p = 0.5 , input = 0.25 ) ", "dropout(0.5, input=0.25)"),
            ("dropout(0.5, 0.25)", "dropout(0.5, input=0.25)"),
            ("l1(1e-4)", "l1(0.0001)"),
            ("l2-norm(lambda=1e-2)", "l2-norm(0.01)"),
            ("early-stopping", "early-stopping"),
            ("early-stopping()", "early-stopping"),
            ("early-stopping(5)", "early-stopping"),
            (
                "early-stopping(3, monitor=\"val_accuracy\")",
                "early-stopping(patience=3, monitor=val_accuracy)",
            ),
            (
                "reduce-on-plateau(0.5, patience=0, threshold=1e-3, threshold_mode=\"abs\", min_lr=1e-5)",
                "reduce-on-plateau(factor=0.5, patience=0, threshold=0.001, threshold_mode=abs, min_lr=1e-5)",
            ),
        ] {
            let call: Call = text.parse().expect(text);
            assert_eq!(call.to_string(), canonical);
            assert_eq!(canonical.parse::<Call>(), Ok(call), "{canonical} reads back");
        }
    }

    #[test]
    fn every_wrong_form_says_what_would_be_right() {
        for (text, words) in [
            ("dropuot(0.5)", "unknown remedy \"dropuot\"; did you mean `dropout`?"),
            ("early_stopping", "did you mean `early-stopping`?"),
            ("quantum", "unknown remedy \"quantum\"; `wellfit remedies` lists"),
            ("l1", "l1: lambda is missing (a number of at least 0); it is written l1(lambda)"),
            ("l1(-1)", "lambda must be a number of at least 0, not \"-1\""),
            ("l1(nan)", "lambda must be"),
            ("l1(inf)", "lambda must be"),
            ("l1(1e-4, 2)", "at most 1 arguments"),
            ("l1(1e-7..1e-3, 5)", "is a range of strengths, and one value is wanted here"),
            ("l1(0..1e-3)", "l1: a logarithmic range cannot begin at 0"),
            ("dropout(0.6..0.1)", "dropout: the range runs backwards"),
            ("dropout(0.1..0.6, steps=1)", "steps must be a whole number from 2 to 50"),
            ("dropout(0.1..0.6, 6, steps=5)", "steps is given twice"),
            ("dropout(0.5, steps=5)", "steps belongs to a range of strengths"),
            (
                "dropout(0.5, input=0.1..0.3)",
                "input takes one value; a range of strengths is for p",
            ),
            ("early-stopping(3..9)", "patience takes one value: this remedy has no strength"),
            ("reduce-on-plateau(0.1..0.5)", "factor takes one value: this remedy has no strength"),
            ("dropout(1.5)", "dropout: p must be a number from 0 to 1, not \"1.5\""),
            ("dropout(0.5, inpt=0.2)", "unknown argument \"inpt\"; did you mean `input`?"),
            ("dropout(p=0.5, 0.2)", "\"0.2\" must be named"),
            ("dropout(0.5, p=0.5)", "p is given twice"),
            ("dropout(0.5", "its last character must be ')'"),
            ("dropout((0.5))", "parentheses"),
            ("dropout(,)", "p must be a number from 0 to 1, not \"\""),
            ("(0.5)", "it has no name"),
            ("", "it has no name"),
            ("early-stopping(0)", "patience must be a whole number of at least 1, not \"0\""),
            ("early-stopping(5, monitor=loss)", "monitor must be one of train_loss"),
            ("reduce-on-plateau(1)", "factor must be a number above 0 and below 1"),
            (
                "reduce-on-plateau(0.5, threshold_mode=both)",
                "threshold_mode must be one of rel, abs",
            ),
        ] {
            let message = problem(text);
            assert!(message.contains(words), "{text}: {message}");
        }
    }

    #[test]
    fn a_range_is_a_call_for_each_strength() {
        for (text, family, calls) in [
            (
                "dropout(0.1..0.4, steps = 4)",
                "dropout(0.1..0.4)",
                &["dropout(0.1)", "dropout(0.2)", "dropout(0.3)", "dropout(0.4)"][..],
            ),
            (
                "dropout(0.2..0.4, 3, input=0.5)",
                "dropout(0.2..0.4, input=0.5)",
                &["dropout(0.2, input=0.5)", "dropout(0.3, input=0.5)", "dropout(0.4, input=0.5)"],
            ),
            (
                "dropout(p=0.2..0.4, input=0.1, steps=2)",
                "dropout(0.2..0.4, input=0.1)",
                &["dropout(0.2, input=0.1)", "dropout(0.4, input=0.1)"],
            ),
            (
                "l1(1e-7..1e-3)",
                "l1(1e-7..0.001)",
                &["l1(1e-7)", "l1(1e-6)", "l1(1e-5)", "l1(0.0001)", "l1(0.001)"],
            ),
        ] {
            let Ok(Calls::Several(several)) = text.parse() else { panic!("{text}") };
            assert_eq!(several.family, family);
            let written: Vec<String> = several.calls.iter().map(|(_, c)| c.to_string()).collect();
            assert_eq!(written, calls);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}|(dropout|l1|early-stopping)\\([0-9a-z=.,\"() -]{0,30}|(dropout|l1)\\([0-9e-]{1,4}\\.\\.[0-9e-]{1,4}(, ?(steps=)?[0-9]{1,2})?\\)") {
            match text.parse::<Calls>() {
                Ok(Calls::One(call)) => {
                    proptest::prop_assert_eq!(call.to_string().parse::<Call>(), Ok(call));
                }
                Ok(Calls::Several(several)) => {
                    proptest::prop_assert!(several.calls.len() > 1);
                    proptest::prop_assert!(several.calls.is_sorted_by(|a, b| a.0 < b.0));
                }
                Err(_) => {}
            }
        }
    }
}
