//! What was found out about a study, as `results.json` keeps it.

use serde::Serialize;
use wellfit_stats::Estimate;
use wellfit_train::record::ScoreKind;

/// Everything that a study's records say, in the order of the report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Findings {
    /// The answer.
    pub answer: Answer,
    /// Whether the baseline overfits.
    pub overfitting: Overfitting,
    /// One for each arm of the study, in its order (the baseline first).
    pub arms: Vec<ArmFindings>,
    /// The article's claims, as far as the study's arms let them be measured.
    pub claims: Vec<Claim>,
    /// What a reader must know before trusting the figures ("the validation set is
    /// the test set…", "2 trials are missing"), in words.
    pub caveats: Vec<String>,
    /// The equivalence margin of the primary score: a difference whose interval
    /// lies within ±margin is of no use. 1 % of the baseline's mean loss or, for a
    /// score, of what it lacks to 1; NaN when the baseline has no score.
    pub margin: f64,
}

/// The first thing that the report says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// One sentence with its number and interval. When loss and score disagree,
    /// it says so.
    pub headline: String,
    /// Whether a recommendation can be made; if not, the band is amber.
    pub decided: bool,
    /// The recommended arm's index; `None` when undecided. The baseline (0) is possible.
    pub arm: Option<usize>,
    /// Further sentences under the headline: how far the lead over the runner-up can
    /// be trusted, what would settle what is undecided.
    pub details: Vec<String>,
    /// What to do, in words: the recipe as a plan line.
    pub recipe: String,
    /// "no test set: this figure is optimistic", or the final test figure in words.
    pub final_figure: String,
}

/// Whether the baseline overfits, from its own records.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overfitting {
    /// The answer.
    pub verdict: OverfittingVerdict,
    /// The answer in words, with its figures.
    pub sentence: String,
    /// Validation loss at the last epoch − at its lowest, paired by seed.
    pub rise: Estimate,
    /// Training loss (evaluation mode) at the same two epochs, likewise.
    pub train_change: Estimate,
    /// Training score − validation score at the last epoch.
    pub gap: Estimate,
    /// The epoch with the lowest validation loss, by seed.
    pub since: Vec<usize>,
}

/// Whether a model overfits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OverfittingVerdict {
    /// Validation loss rises by more than the margin after its lowest epoch while
    /// training loss goes on falling.
    Overfits,
    /// The whole interval of the rise lies within the margin.
    DoesNotOverfit,
    /// Both losses rise: training is unstable.
    Unstable,
    /// The interval allows both.
    Undecided,
    /// There is no validation loss.
    Unknown,
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
    /// Validation accuracy or R² at the kept epoch.
    pub best_val_score: Estimate,
    /// Validation loss at the last epoch.
    pub last_val_loss: Estimate,
    /// Validation accuracy or R² at the last epoch.
    pub last_val_score: Estimate,
    /// Training accuracy or R² at the last epoch.
    pub last_train_score: Estimate,
    /// Training score − validation score at the kept epoch.
    pub best_gap: Estimate,
    /// Training score − validation score at the last epoch.
    pub last_gap: Estimate,
    /// Seconds an epoch, training and evaluation (mean).
    pub seconds_per_epoch: f64,
    /// Trials that diverged or failed.
    pub lost: usize,
    /// Those of them that diverged.
    pub diverged: usize,
    /// Trials that have not been run or were interrupted.
    pub missing: usize,
}

/// Differences arm − baseline, paired by seed, each with its 95 % interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Against {
    /// What the scores are.
    pub score: ScoreKind,
    /// In the primary score at the judged epoch.
    pub primary: Estimate,
    /// In the primary score at the other one: the last epoch if the kept one is
    /// judged, the kept one if the last is.
    pub primary_elsewhere: Estimate,
    /// In validation loss at the kept epoch.
    pub best_val_loss: Estimate,
    /// In validation accuracy or R² at the kept epoch.
    pub best_val_score: Estimate,
    /// In validation loss at the last epoch.
    pub last_val_loss: Estimate,
    /// In validation accuracy or R² at the last epoch.
    pub last_val_score: Estimate,
    /// In the gap at the kept epoch.
    pub best_gap: Estimate,
    /// In the gap at the last epoch.
    pub last_gap: Estimate,
    /// What the intervals cover, in words: "training seeds", or "seeds and data".
    pub covers: String,
    /// p of "the primary difference is within the margin", after Holm's correction
    /// over the arms: what the judgement goes by. NaN without an interval.
    pub corrected_p: f64,
    /// The primary difference with an interval over seeds *and* validation samples
    /// ([`wellfit_stats::two_way`]), when per-sample scores are there.
    pub primary_with_data: Option<Estimate>,
}

/// What a difference means. The interval is the paired 95 % one; "clear of the
/// margin" holds for all arms together (Holm's correction).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// Better, and clear of the margin.
    Helps,
    /// The whole interval lies within the margin.
    NoUsefulDifference,
    /// Worse, and clear of the margin; or every trial diverged while the
    /// baseline's did not.
    Hurts,
    /// As [`Hurts`](Judgement::Hurts), with a gap at the last epoch that is clearly
    /// smaller: gap smaller, model worse.
    OverRegularised,
    /// The interval allows both.
    Undecided,
}

/// A claim of the article (item 13) and what the data say of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// The claim in words.
    pub claim: String,
    /// holds, does not hold, undecided or not measured.
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
    /// This study has nothing to measure it by.
    NotMeasured,
}
