//! Verdicts become text for people and for programs.

mod github;
mod json;
mod junit;
mod markdown;
mod text;

pub(crate) use json::place_value;
pub use json::{SCHEMA, json_value};
pub use text::told;

use super::{Finding, Gate, Kind, Target, Verdict};

/// A form of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people in a terminal.
    #[default]
    Text,
    /// An array of verdicts.
    Json,
    /// Annotations of a GitHub workflow.
    Github,
    /// For a page.
    Markdown,
    /// JUnit's XML, which most build servers read.
    Junit,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 5] =
        [Format::Text, Format::Json, Format::Github, Format::Markdown, Format::Junit];

    /// `text`, `json`, `github`, `markdown` or `junit`.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Github => "github",
            Format::Markdown => "markdown",
            Format::Junit => "junit",
        }
    }
}

/// How verdicts are shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Show<'a> {
    /// The form.
    pub format: Format,
    /// What lines are pasted into; what each run was written by when `None`.
    pub target: Option<Target>,
    /// What counts as a failure in JUnit's form and as an error among annotations;
    /// everything but healthy and undecided when `None`.
    pub gate: Option<&'a Gate>,
    /// Whether text may have ANSI colours.
    pub colour: bool,
}

impl Show<'_> {
    fn target(&self, verdict: &Verdict) -> Target {
        self.target.unwrap_or_else(|| Target::of(&verdict.origin))
    }

    fn fails(&self, verdict: &Verdict) -> bool {
        match self.gate {
            Some(gate) => gate.trips(verdict),
            None => !matches!(verdict.kind, Kind::Healthy | Kind::Undecided),
        }
    }

    /// The advice on a finding in a line.
    fn advice(&self, verdict: &Verdict, finding: &Finding) -> String {
        verdict.advice(finding, self.target(verdict)).to_string()
    }
}

/// What was to be judged and could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// What it is called.
    pub name: String,
    /// Why, in words.
    pub message: String,
}

/// Verdicts in a form, ending with a line break unless nothing is there to be said. What could
/// not be read is an annotation, a line, an errored test case; text and JSON hold verdicts
/// alone.
pub fn render(verdicts: &[Verdict], unread: &[Unread], show: Show) -> String {
    match show.format {
        Format::Text => text::text(verdicts, show),
        Format::Json => json::json(verdicts, show),
        Format::Github => github::annotations(verdicts, unread, show),
        Format::Markdown => markdown::markdown(verdicts, unread, show),
        Format::Junit => junit::junit(verdicts, unread, show),
    }
}

/// Without control characters, which could move a cursor or end a line.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
