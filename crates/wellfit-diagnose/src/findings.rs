//! What was found out about a study, as `results.json` keeps it.

use serde::Serialize;
use wellfit_stats::Estimate;

/// Everything that a study's records say, in the order of the report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Findings {
    /// The answer.
    pub answer: Answer,
    /// One for each arm of the study, in its order (the baseline first).
    pub arms: Vec<ArmFindings>,
    /// The article's claims, as far as the study's arms let them be measured.
    pub claims: Vec<Claim>,
    /// What a reader must know before trusting the figures ("the validation set is
    /// the test set…", "2 trials are missing"), in words.
    pub caveats: Vec<String>,
    /// The equivalence margin of the primary score: a difference whose interval
    /// lies within ±margin is of no use.
    pub margin: f64,
}

/// The first thing that the report says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// One sentence with its number and interval. When loss and accuracy disagree,
    /// it says so.
    pub headline: String,
    /// Whether a recommendation can be made; if not, the band is amber.
    pub decided: bool,
    /// The recommended arm's index; `None` when undecided. The baseline (0) is possible.
    pub arm: Option<usize>,
    /// What to do, in words: the recipe as a plan line.
    pub recipe: String,
    /// "no test set: this figure is optimistic", or the final test figure in words.
    pub final_figure: String,
}

/// What was found out about an arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmFindings {
    /// The arm's name.
    pub name: String,
    /// Mean, interval and single seeds of each figure.
    pub summary: Summary,
    /// The differences to the baseline, paired by seed; `None` for the baseline.
    pub against_baseline: Option<Against>,
    /// What that means; `None` for the baseline.
    pub judgement: Option<Judgement>,
    /// One sentence for the report's row, such as "gap smaller, model worse".
    pub sentence: String,
}

/// Figures of an arm over its seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Seeds whose trials have ended (in a final state that could be judged).
    pub seeds: Vec<u64>,
    /// The primary score at the judged epoch.
    pub primary: Estimate,
    /// Validation loss at the kept epoch.
    pub best_val_loss: Estimate,
    /// Validation accuracy at the kept epoch.
    pub best_val_accuracy: Estimate,
    /// Validation loss at the last epoch.
    pub last_val_loss: Estimate,
    /// Validation accuracy at the last epoch.
    pub last_val_accuracy: Estimate,
    /// Training accuracy at the last epoch.
    pub last_train_accuracy: Estimate,
    /// train_accuracy − val_accuracy at the kept epoch.
    pub best_gap: Estimate,
    /// train_accuracy − val_accuracy at the last epoch.
    pub last_gap: Estimate,
    /// Seconds an epoch, training and evaluation (mean).
    pub seconds_per_epoch: f64,
    /// Trials that diverged or failed.
    pub lost: usize,
}

/// Differences arm − baseline, paired by seed, each with its 95 % interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Against {
    /// In the primary score at the judged epoch.
    pub primary: Estimate,
    /// In validation loss at the kept epoch.
    pub best_val_loss: Estimate,
    /// In validation accuracy at the kept epoch.
    pub best_val_accuracy: Estimate,
    /// In validation loss at the last epoch.
    pub last_val_loss: Estimate,
    /// In validation accuracy at the last epoch.
    pub last_val_accuracy: Estimate,
    /// In the gap at the kept epoch.
    pub best_gap: Estimate,
    /// In the gap at the last epoch.
    pub last_gap: Estimate,
    /// What the intervals cover, in words: "training seeds", or "seeds and data".
    pub covers: String,
    /// The primary difference with an interval over seeds *and* validation samples
    /// (bootstrap over both), when per-sample scores are there.
    pub primary_with_data: Option<Estimate>,
}

/// What a difference means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// Held-out score better, interval clear of zero (and of the margin's inside).
    Helps,
    /// The whole interval lies within the margin.
    NoUsefulDifference,
    /// Held-out score worse.
    Hurts,
    /// Gap smaller, model worse.
    OverRegularised,
    /// The interval allows both.
    Undecided,
}

/// A claim of the article (item 13) and what the data say of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// The claim in words.
    pub claim: String,
    /// holds, does not hold, or undecided.
    pub holds: Holds,
    /// The figure with its interval.
    pub evidence: String,
}

/// Whether a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// The whole interval is on the claim's side.
    Holds,
    /// The whole interval is on the other side.
    DoesNotHold,
    /// The interval allows both.
    Undecided,
}
