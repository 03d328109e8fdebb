//! What may be wrong with data, and the words for it.

use serde::{Deserialize, Serialize};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Good to know.
    Note,
    /// Figures or training suffer.
    Warning,
    /// Figures mean nothing.
    Error,
}

impl Level {
    /// All, gravest first.
    pub const ALL: [Level; 3] = [Level::Error, Level::Warning, Level::Note];

    /// `warning`.
    pub fn name(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// What can be found in data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Held-out samples that are in training, or in another held-out part.
    Leak,
    /// Held-out samples that are nearly the same as one in training.
    NearLeak,
    /// Training samples that repeat another.
    Duplicates,
    /// Training samples that nearly repeat another.
    NearDuplicates,
    /// Equal features, other targets.
    ConflictingLabels,
    /// All training samples are of one class.
    OneClass,
    /// A part without samples of a class.
    MissingClass,
    /// Some classes have far fewer samples than others.
    ClassImbalance,
    /// Classes with hardly a sample.
    FewSamples,
    /// One column that tells the target.
    GivesTargetAway,
    /// A column that numbers or names the rows.
    Identifier,
    /// Columns of one value.
    ConstantColumn,
    /// Columns with one value nearly everywhere.
    NearlyConstant,
    /// Missing values.
    MissingValues,
    /// Infinite values.
    NotFinite,
    /// A number that looks like a code for something else.
    CodedValue,
    /// Values far from all others.
    Outliers,
    /// Columns of very different magnitudes that are not scaled.
    UnscaledColumns,
    /// Bytes that are not scaled.
    UnscaledBytes,
    /// Columns of very many categories.
    ManyCategories,
    /// Categories that training does not have.
    UnknownCategories,
    /// Columns that say the same.
    Correlated,
    /// Held-out samples that can be told from training samples.
    Drift,
    /// Targets that are distributed otherwise in another part.
    TargetDrift,
    /// A target of which few values rule the error.
    TargetSkew,
    /// Too few held-out samples to tell remedies apart.
    SmallValidation,
}

impl Kind {
    /// All of them, gravest first.
    pub const ALL: [Kind; 26] = [
        Kind::Leak,
        Kind::NearLeak,
        Kind::OneClass,
        Kind::GivesTargetAway,
        Kind::Identifier,
        Kind::ConflictingLabels,
        Kind::Drift,
        Kind::TargetDrift,
        Kind::MissingClass,
        Kind::FewSamples,
        Kind::ClassImbalance,
        Kind::SmallValidation,
        Kind::UnscaledBytes,
        Kind::UnscaledColumns,
        Kind::CodedValue,
        Kind::Outliers,
        Kind::NotFinite,
        Kind::MissingValues,
        Kind::UnknownCategories,
        Kind::ManyCategories,
        Kind::Duplicates,
        Kind::NearDuplicates,
        Kind::ConstantColumn,
        Kind::NearlyConstant,
        Kind::Correlated,
        Kind::TargetSkew,
    ];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Leak => "Held-out samples that are in training",
            Kind::NearLeak => "Held-out samples that are nearly in training",
            Kind::Duplicates => "Samples that repeat others",
            Kind::NearDuplicates => "Samples that nearly repeat others",
            Kind::ConflictingLabels => "Equal samples with different targets",
            Kind::OneClass => "One class only",
            Kind::MissingClass => "A class is missing",
            Kind::ClassImbalance => "Class imbalance",
            Kind::FewSamples => "Classes with few samples",
            Kind::GivesTargetAway => "A column gives the target away",
            Kind::Identifier => "A column identifies rows",
            Kind::ConstantColumn => "Constant columns",
            Kind::NearlyConstant => "Nearly constant columns",
            Kind::MissingValues => "Missing values",
            Kind::NotFinite => "Values that are not finite",
            Kind::CodedValue => "A number that looks like a code",
            Kind::Outliers => "Outliers",
            Kind::UnscaledColumns => "Columns of different magnitudes",
            Kind::UnscaledBytes => "Bytes that are not scaled",
            Kind::ManyCategories => "Very many categories",
            Kind::UnknownCategories => "Categories that training does not have",
            Kind::Correlated => "Columns that say the same",
            Kind::Drift => "Held-out samples are of another kind",
            Kind::TargetDrift => "Targets are distributed otherwise",
            Kind::TargetSkew => "A skewed target",
            Kind::SmallValidation => "Few validation samples",
        }
    }

    /// The word for it, as in JSON: `near-leak`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Leak => "leak",
            Kind::NearLeak => "near-leak",
            Kind::Duplicates => "duplicates",
            Kind::NearDuplicates => "near-duplicates",
            Kind::ConflictingLabels => "conflicting-labels",
            Kind::OneClass => "one-class",
            Kind::MissingClass => "missing-class",
            Kind::ClassImbalance => "class-imbalance",
            Kind::FewSamples => "few-samples",
            Kind::GivesTargetAway => "gives-target-away",
            Kind::Identifier => "identifier",
            Kind::ConstantColumn => "constant-column",
            Kind::NearlyConstant => "nearly-constant",
            Kind::MissingValues => "missing-values",
            Kind::NotFinite => "not-finite",
            Kind::CodedValue => "coded-value",
            Kind::Outliers => "outliers",
            Kind::UnscaledColumns => "unscaled-columns",
            Kind::UnscaledBytes => "unscaled-bytes",
            Kind::ManyCategories => "many-categories",
            Kind::UnknownCategories => "unknown-categories",
            Kind::Correlated => "correlated",
            Kind::Drift => "drift",
            Kind::TargetDrift => "target-drift",
            Kind::TargetSkew => "target-skew",
            Kind::SmallValidation => "small-validation",
        }
    }
}

/// A part of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Which {
    /// What is trained on.
    Training,
    /// What arms are judged by.
    Validation,
    /// What is opened once.
    Test,
}

impl Which {
    /// `validation`.
    pub fn name(self) -> &'static str {
        match self {
            Which::Training => "training",
            Which::Validation => "validation",
            Which::Test => "test",
        }
    }
}

/// Where something is to be seen. Rows are counted from 0, as the part's file or array
/// stores them, whatever the split.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// The part that the row is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Which>,
    /// The row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    /// The part that the other row is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_part: Option<Which>,
    /// The row that it is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_row: Option<u32>,
    /// The column, or two of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The value, or what was measured of the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Example {
    /// Something of a column.
    pub(crate) fn column(name: &str, value: impl Into<String>) -> Example {
        Example { columns: vec![name.to_owned()], value: Some(value.into()), ..Example::default() }
    }

    /// Two rows.
    pub(crate) fn pair(
        (part, row): (Which, u32),
        (other_part, other_row): (Which, u32),
    ) -> Example {
        Example {
            part: Some(part),
            row: Some(row),
            other_part: Some(other_part),
            other_row: Some(other_row),
            ..Example::default()
        }
    }
}

/// Something that was found in the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// How bad it is.
    pub level: Level,
    /// The part that it is about, besides training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Which>,
    /// In words, with its figures.
    pub evidence: String,
    /// What was measured: a share, a ratio, an area under the curve; `evidence` says what.
    pub value: f64,
    /// From where on it is a finding of this level.
    pub threshold: f64,
    /// The first rows, columns or classes that show it.
    pub examples: Vec<Example>,
    /// What to do, in words without a stop at the end.
    pub advice: String,
    /// A line for the plan that does it; `None` where the data must change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paste: Option<String>,
}

impl Finding {
    pub(crate) fn new(kind: Kind, level: Level, evidence: String) -> Finding {
        Finding {
            kind,
            level,
            part: None,
            evidence,
            value: f64::NAN,
            threshold: f64::NAN,
            examples: Vec::new(),
            advice: String::new(),
            paste: None,
        }
    }

    pub(crate) fn of(self, part: Which) -> Finding {
        Finding { part: Some(part), ..self }
    }

    pub(crate) fn measured(self, value: f64, threshold: f64) -> Finding {
        Finding { value, threshold, ..self }
    }

    pub(crate) fn shown_by(self, examples: Vec<Example>) -> Finding {
        Finding { examples, ..self }
    }

    pub(crate) fn advise(self, advice: impl Into<String>) -> Finding {
        Finding { advice: advice.into(), ..self }
    }

    pub(crate) fn paste(self, line: impl Into<String>) -> Finding {
        Finding { paste: Some(line.into()), ..self }
    }
}

/// The first examples that a finding keeps.
pub(crate) const EXAMPLES: usize = 5;

/// `0.5 %`, `12 %`: never 0 % of something, never 100 % of less than all.
pub(crate) fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "0 %".into();
    }
    let share = 100.0 * part as f64 / whole as f64;
    match share {
        _ if part == whole => "100 %".into(),
        _ if part == 0 => "0 %".into(),
        tiny if tiny < 0.01 => "less than 0.01 %".into(),
        small if small < 1.0 => format!("{small:.2} %"),
        some if some < 10.0 => format!("{some:.1} %"),
        large if large > 99.0 => format!("{:.2} %", large.min(99.99)),
        much => format!("{much:.0} %"),
    }
}

/// Three digits, with an exponent where it is far from 1.
pub(crate) fn figure(value: f64) -> String {
    if value == 0.0 || (1e-3..1e6).contains(&value.abs()) {
        wellfit_stats::format::three_digits(value)
    } else {
        format!("{value:.1e}")
    }
}

/// `a, b and c`; with more than `most` `a, b and 7 more`. Names longer than 24 characters
/// are cut.
pub(crate) fn listed(names: &[String], most: usize) -> String {
    let short = |name: &String| match name.chars().count() {
        0..=24 => name.clone(),
        _ => name.chars().take(23).chain(['…']).collect(),
    };
    let shown: Vec<String> = names.iter().take(most).map(short).collect();
    match (shown.split_last(), names.len() - shown.len()) {
        (None, _) => String::new(),
        (_, more @ 1..) => format!("{} and {more} more", shown.join(", ")),
        (Some((last, [])), _) => last.clone(),
        (Some((last, rest)), _) => format!("{} and {last}", rest.join(", ")),
    }
}

/// `["a", "b"]`, as TOML reads it.
pub(crate) fn toml_list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| toml_text(name)).collect();
    format!("[{}]", quoted.join(", "))
}

/// A basic string of TOML.
pub(crate) fn toml_text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_never_rounded_to_none_or_all() {
        let shares = [(0, 9), (1, 100_000), (3, 1000), (1, 15), (99_999, 100_000), (9, 9)];
        let words = shares.map(|(part, whole)| percent(part, whole));
        assert_eq!(words, ["0 %", "less than 0.01 %", "0.30 %", "6.7 %", "99.99 %", "100 %"]);
    }

    #[test]
    fn names_are_listed_as_people_do() {
        let names: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
        assert_eq!(listed(&names[..1], 3), "a");
        assert_eq!(listed(&names, 3), "a, b and c");
        assert_eq!(listed(&names, 2), "a, b and 1 more");
        assert_eq!(toml_list(&["a \"b\"\n".into()]), r#"["a \"b\"\u000A"]"#);
    }

    #[test]
    fn every_kind_is_listed_once_and_named_as_in_json() {
        let mut names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}
