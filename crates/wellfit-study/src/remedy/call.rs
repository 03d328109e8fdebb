//! A remedy with its arguments, read from `dropout(0.5, input=0.5)`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use wellfit_train::plan::{Plan, did_you_mean};

use super::{Arguments, Default, REMEDIES, Remedy, find};

/// A remedy with checked arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    remedy: &'static Remedy,
    arguments: Arguments,
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
        (self.remedy.apply)(&self.arguments, &mut changed)
            .map_err(|problem| RemedyError::Plan { call: self.to_string(), problem })?;
        Ok(changed)
    }
}

/// The plan with every remedy applied, in order.
pub fn apply_chain(plan: &Plan, calls: &[Call]) -> Result<Plan, RemedyError> {
    calls.iter().try_fold(plan.clone(), |plan, call| call.apply(&plan))
}

impl FromStr for Call {
    type Err = RemedyError;

    fn from_str(text: &str) -> Result<Self, RemedyError> {
        let (name, list) = split(text)
            .map_err(|problem| RemedyError::Syntax { text: text.to_owned(), problem })?;
        let remedy = find(name).ok_or_else(|| RemedyError::Unknown {
            name: name.to_owned(),
            hint: did_you_mean(name, REMEDIES.iter().map(|remedy| remedy.name))
                .unwrap_or_else(|| "`wellfit remedies` lists those there are".into()),
        })?;
        let arguments = read(remedy, list).map_err(|problem| RemedyError::Argument {
            remedy: remedy.name,
            problem,
            signature: remedy.signature(),
        })?;
        Ok(Call { remedy, arguments })
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

fn read(remedy: &Remedy, list: &str) -> Result<Arguments, String> {
    let mut given = vec![None; remedy.parameters.len()];
    let mut named = false;
    let parts: Vec<&str> = if list.trim().is_empty() { vec![] } else { list.split(',').collect() };
    for (place, part) in parts.into_iter().enumerate() {
        let (at, text) = match part.split_once('=') {
            Some((name, text)) => {
                named = true;
                (named_place(remedy, name.trim())?, text.trim())
            }
            None if named => {
                let part = part.trim();
                return Err(format!("{part:?} must be named, because it follows a named argument"));
            }
            None if place >= remedy.parameters.len() => {
                let most = remedy.parameters.len();
                return Err(format!("it takes at most {most} arguments"));
            }
            None => (place, part.trim()),
        };
        let parameter = &remedy.parameters[at];
        if given[at].is_some() {
            return Err(format!("{} is given twice", parameter.name));
        }
        given[at] = Some(parameter.kind.read(text).ok_or_else(|| {
            if text.contains("..") {
                format!(
                    "{}: a range of strengths is not supported yet; give one value",
                    parameter.name
                )
            } else {
                format!("{} must be {}, not {text:?}", parameter.name, parameter.kind.range())
            }
        })?);
    }
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

impl fmt::Display for Call {
    /// Every argument that was given or differs from its default, the required
    /// ones without their names. Reads back to an equal call.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for (value, parameter) in self.arguments.0.iter().zip(self.remedy.parameters) {
            match (value, parameter.default) {
                (None, _) => {}
                (Some(value), Default::Is(default)) if *value == default => {}
                (Some(value), Default::Required) => parts.push(value.to_string()),
                (Some(value), _) => parts.push(format!("{}={value}", parameter.name)),
            }
        }
        write!(f, "{}", self.remedy.name)?;
        if parts.is_empty() { Ok(()) } else { write!(f, "({})", parts.join(", ")) }
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
            ("l1(1e-7..1e-3, 5)", "a range of strengths is not supported yet"),
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

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}|(dropout|l1|early-stopping)\\([0-9a-z=.,\"() -]{0,30}") {
            if let Ok(call) = text.parse::<Call>() {
                proptest::prop_assert_eq!(call.to_string().parse::<Call>(), Ok(call));
            }
        }
    }
}
