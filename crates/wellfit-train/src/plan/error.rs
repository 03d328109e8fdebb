//! What is wrong with a plan, where, and what would be right.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::document::Document;

/// A text that a plan, or a part of it, was read from.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The file's name, or the option that carried the text, such as `--set`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A stretch of a [`Source`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The text.
    pub source: Arc<Source>,
    /// Which bytes of it.
    pub span: Range<usize>,
}

impl Place {
    /// Line and column, both from 1; the column counts characters.
    pub fn line_column(&self) -> (usize, usize) {
        let before = &self.source.text[..self.start()];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        (line, column)
    }

    /// Where the stretch begins: in the text and between two characters.
    fn start(&self) -> usize {
        let text = &self.source.text;
        let mut at = self.span.start.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// The line with the stretch underlined, `""` for an empty text.
    fn picture(&self) -> String {
        let text = &self.source.text;
        let start = self.start();
        let first = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let last = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let from =
            text[first..start].char_indices().rev().nth(CONTEXT).map_or(first, |c| first + c.0);
        let shown = |c: char| if c.is_control() { ' ' } else { c };
        let before: String = text[from..start].chars().map(shown).collect();
        let after: String = text[start..last].chars().map(shown).take(CONTEXT).collect();
        let length = self.span.end.clamp(start, last) - start;
        let marked = text[start..last].char_indices().take_while(|&(at, _)| at < length).count();
        let (line, _) = self.line_column();
        let margin = " ".repeat(line.to_string().len());
        format!(
            "{margin} |\n{line} | {before}{}\n{margin} | {}{}",
            after.trim_end(),
            " ".repeat(before.chars().count()),
            "^".repeat(marked.clamp(1, CONTEXT))
        )
    }
}

/// Characters of a line that are shown on either side of an error.
const CONTEXT: usize = 90;

/// What is wrong with a plan. Its `Display` shows file, line, column and the line
/// itself with the place underlined.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanError {
    /// The key in full, such as `train.optimizer.lr`; `model.layers.2.p` for layer 2.
    pub key: Option<String>,
    /// What is wrong and what would be right.
    pub message: String,
    /// What may help further, such as "did you mean `epochs`?".
    pub hint: Option<String>,
    /// Where; `None` for a plan that was made in code.
    pub place: Option<Place>,
}

impl PlanError {
    /// An error that is not about one key.
    pub fn new(message: impl Into<String>) -> Self {
        Self { key: None, message: message.into(), hint: None, place: None }
    }

    /// An error about `key`, given in full.
    pub fn about(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..Self::new(message) }
    }

    /// With a hint.
    pub fn with_hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    /// With the place that is at fault.
    pub fn at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    /// With the place of its key in `document`, unless a place is known already.
    pub fn locate(mut self, document: &Document) -> Self {
        if self.place.is_none() {
            self.place = self.key.as_deref().and_then(|key| document.place(key));
        }
        self
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => {
                let (line, column) = place.line_column();
                let name = &place.source.name;
                write!(f, "{name}:{line}:{column}: {}\n{}", self.message, place.picture())?;
            }
            None => f.write_str(&self.message)?,
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  = {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PlanError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, span: Range<usize>) -> Place {
        Place { source: Arc::new(Source { name: "plan.toml".into(), text: text.into() }), span }
    }

    #[test]
    fn an_error_shows_file_line_column_and_the_place() {
        let text = "[train]\nepochs = 0\n";
        let error = PlanError::about("train.epochs", "train.epochs must be at least 1, not 0")
            .at(place(text, 17..18))
            .with_hint(Some("leave it out for 30".into()));
        assert_eq!(
            error.to_string(),
            "plan.toml:2:10: train.epochs must be at least 1, not 0\n  |\n2 | epochs = 0\n  \
             |          ^\n  = leave it out for 30"
        );
    }

    #[test]
    fn places_outside_the_text_or_inside_a_character_do_not_panic() {
        for (text, span) in [("", 0..9), ("ä", 1..2), ("a\nä", 3..99), ("x\r\ny", 2..3)] {
            assert!(!place(text, span).picture().is_empty());
        }
    }

    #[test]
    fn a_very_long_line_is_shown_in_part() {
        let text = format!("{}0{}", "é".repeat(5000), "x".repeat(5000));
        let picture = place(&text, 10_000..10_001).picture();
        assert!(picture.contains("é0x") && picture.len() < 1000, "{picture}");
    }
}
