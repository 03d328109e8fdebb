//! What findings are called. Every word that a reader sees of a finding is written
//! here, once.

use crate::{Holds, Judgement};

impl Judgement {
    /// The judgement in a word or three: `helps`, `over-regularises`…
    pub fn word(self) -> &'static str {
        match self {
            Judgement::Helps => "helps",
            Judgement::NoUsefulDifference => "no useful difference",
            Judgement::Hurts => "hurts",
            Judgement::OverRegularised => "over-regularises",
            Judgement::Undecided => "undecided",
        }
    }

    /// What that means for the model: `gap smaller, model worse`…
    pub fn meaning(self) -> &'static str {
        match self {
            Judgement::Helps => "model better",
            Judgement::NoUsefulDifference => "model as good",
            Judgement::Hurts => "model worse",
            Judgement::OverRegularised => "gap smaller, model worse",
            Judgement::Undecided => "too early to say",
        }
    }
}

impl Holds {
    /// `holds`, `does not hold`, `undecided` or `not measured`.
    pub fn word(self) -> &'static str {
        match self {
            Holds::Holds => "holds",
            Holds::DoesNotHold => "does not hold",
            Holds::Undecided => "undecided",
            Holds::NotMeasured => "not measured",
        }
    }
}
