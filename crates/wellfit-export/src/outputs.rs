//! What a network's values are.

/// What a network's values are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outputs {
    /// A logit for each class of these names.
    Classes(Vec<String>),
    /// A number for each target of these names.
    Numbers(Vec<String>),
}

impl Outputs {
    /// The names of the classes or targets.
    pub fn names(&self) -> &[String] {
        match self {
            Outputs::Classes(names) | Outputs::Numbers(names) => names,
        }
    }
}
