//! From a raw data set to a plan that a newcomer can begin with, and the remedies worth
//! trying on it.
//!
//! [`Facts`] are what is known of the data before anything is chosen; [`propose`] makes a
//! plan file of them, each choice with its reason beside it. Nothing is trained, and
//! nothing is learnt from the samples but counts: how many there are, of which classes,
//! in which columns.
//!
//! ```
//! use wellfit_data::{Dataset, Shape};
//! use wellfit_propose::{Facts, Want, propose};
//!
//! let values = (0..400).map(|i| (i % 7) as f32).collect();
//! let labels = (0..200).map(|i| i % 2).collect();
//! let names = vec!["no".to_string(), "yes".to_string()];
//! let set = Dataset::from_floats(Shape::Vector(2), values, labels, names)?;
//! let proposal = propose(&Facts::of(&set, [false; 2]), "./data.npz", Want::Study)?;
//! assert_eq!(proposal.study.arms[0].name, "baseline");
//! assert!(proposal.text.contains("source = \"./data.npz\""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod arms;
mod budget;
mod column;
mod facts;
mod file;
mod network;
mod reason;
mod split;

use wellfit_study::Study;
use wellfit_train::plan::{Document, PlanError};

pub use column::{Spare, Unfit};
pub use facts::{Facts, Samples, TableFacts};
pub use reason::Reason;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// A plan to train.
    Plan,
    /// A plan and the remedies to compare on it.
    Study,
}

/// A plan file with the reasons for what it says.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The file: TOML, with a comment at each choice.
    pub text: String,
    /// What it comes to; without arms but the baseline where only a plan was wanted.
    pub study: Study,
    /// Why it is so, in the file's order.
    pub reasons: Vec<Reason>,
}

/// Chooses splits, network, training and remedies for such data. `source` is written into
/// the file as it is: a known set's name, or a path as seen from the file.
///
/// # Errors
/// When the file that was chosen is none: a source that cannot be read as one, or a target
/// whose name is no TOML text.
pub fn propose(facts: &Facts, source: &str, want: Want) -> Result<Proposal, PlanError> {
    let split = split::Split::of(facts, want);
    let network = network::Network::of(facts);
    let arms = match want {
        Want::Plan => Vec::new(),
        Want::Study => arms::arms(facts, &split),
    };
    let budget = budget::Budget::of(facts, &split, &network, arms);
    let (text, reasons) = file::write(facts, source, &split, &network, &budget, want);
    let document = Document::parse("the proposed plan", &text)?;
    let study = Study::read(&document, "proposal")?;
    Ok(Proposal { text, study, reasons })
}
