//! What was found out about a study, as `results.json` keeps it.

use serde::Serialize;
use wellfit_stats::{Estimate, Interval, PowerCurve};
use wellfit_train::plan::Extra;
use wellfit_train::record::ScoreKind;

/// Everything that a study's records say, in the order of the report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StudyFindings {
    /// The answer.
    pub answer: Answer,
    /// Whether the baseline overfits.
    pub overfitting: Overfitting,
    /// What the baseline's trials are judged to be one by one, in a line: `baseline: 4 of 5
    /// trials overfit, 1 undecided; seed 0: OVERFITTING since epoch 9: …`. `None` without a
    /// trial.
    pub verdict: Option<String>,
    /// One for each arm of the study, in its order (the baseline first).
    pub arms: Vec<ArmFindings>,
    /// One for each family of arms that differ in a strength.
    pub strengths: Vec<StrengthFamily>,
    /// How the race went; `None`: the study is no race.
    pub race: Option<RaceFindings>,
    /// The article's claims, as far as the study's arms let them be measured.
    pub claims: Vec<Claim>,
    /// What was seen of the trials from inside, a line a kind.
    pub inside: Vec<InsideFindings>,
    /// What a reader must know before trusting the figures ("the validation set is
    /// the test set…", "2 trials are missing"), gravest first.
    pub caveats: Vec<Caveat>,
    /// Why arms are undecided though their intervals are clear of zero; `None` where none
    /// is.
    pub why_undecided: Option<String>,
    /// Why arms are judged by balanced accuracy: a sentence, where classes are imbalanced.
    pub why_primary: Option<String>,
    /// The equivalence margin of the primary score: a difference whose interval
    /// lies within ±margin is of no use. 1 % of the baseline's mean loss or, for a
    /// score, of what it lacks to 1; NaN when the baseline has no score.
    pub margin: f64,
}

/// What a reader must know before trusting the figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "String")]
pub struct Caveat {
    /// In words.
    pub sentence: String,
    /// Whether the figures are not what they seem to be, so that no summary may leave it
    /// out.
    pub grave: bool,
}

impl From<Caveat> for String {
    fn from(caveat: Caveat) -> String {
        caveat.sentence
    }
}

/// Something that was seen of trials from inside ([`crate::inside`]).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InsideFindings {
    /// The word for it: `dead-relu`.
    pub kind: &'static str,
    /// What it is called: `Dead ReLUs`.
    pub title: &'static str,
    /// Of which arms and layers, and in how many trials.
    pub sentence: String,
    /// The figures of the first trial that shows it.
    pub evidence: String,
    /// What to do about it.
    pub advice: &'static str,
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
    /// The arm to take now, if one must be, while nothing is decided; `None` where an arm
    /// is recommended, where none is known to be better, and in a race.
    pub leaning: Option<Leaning>,
    /// Further sentences under the headline: how far the lead over the runner-up can
    /// be trusted, what would settle what is undecided.
    pub details: Vec<String>,
    /// What to do, in words: the recipe as a plan line.
    pub recipe: String,
    /// "no test set: this figure is optimistic", or the final test figure in words.
    pub final_figure: String,
    /// The figures on the test set; `None` while it is shut.
    pub test: Option<TestFigures>,
    /// How much the recommended arm is flattered by being the best of many; `None`
    /// where nothing was picked, or it cannot be estimated.
    pub luck: Option<Luck>,
    /// The model that is handed over; `None` when undecided.
    pub model: Option<Model>,
}

/// An arm that is better than the baseline, though perhaps by less than is of use.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leaning {
    /// The arm's index.
    pub arm: usize,
    /// What it gains in the primary score (more is better), over seeds and, where they
    /// are known, validation samples.
    pub gain: Estimate,
    /// p of "it gains nothing", after Holm's correction over the arms: at most 5 %.
    pub corrected_p: f64,
}

/// What the test set says, which is opened once.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestFigures {
    /// The arm that it was opened for: the one that was recommended then.
    pub arm: usize,
    /// When, in UTC; `None` in folders of older versions.
    pub opened: Option<String>,
    /// Test samples.
    pub samples: usize,
    /// What the scores are.
    pub score_kind: ScoreKind,
    /// Test loss of the kept weights, over seeds.
    pub loss: Estimate,
    /// Test accuracy or R².
    pub score: Estimate,
    /// Test loss minus the baseline's, paired by seed; `None` for the baseline.
    pub loss_difference: Option<Estimate>,
    /// Likewise of accuracy or R².
    pub score_difference: Option<Estimate>,
    /// The score of `train.metrics` that arms are judged by, and its difference likewise;
    /// `None` where they are judged by another figure, or it was not measured.
    pub primary: Option<Estimate>,
    /// Likewise.
    pub primary_difference: Option<Estimate>,
    /// The arms that joined the study after the opening.
    pub joined: Vec<String>,
}

/// How much the best arm is flattered by being the best of many
/// ([`wellfit_stats::optimism`]), in the primary score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Luck {
    /// Arms that it was picked from.
    pub arms: usize,
    /// The gain of the best of them.
    pub apparent: f64,
    /// What the best gains where it was not picked.
    pub honest: f64,
    /// Whether the chance of the validation samples is counted in, or the seeds' alone.
    pub with_samples: bool,
}

/// The model that is handed over.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Model {
    /// The trial: its folder's name.
    pub trial: String,
    /// Its seed.
    pub seed: u64,
    /// Its fold, on whose training part it was trained; `None` without cross-validation.
    pub fold: Option<usize>,
    /// Its validation loss at the kept epoch.
    pub val_loss: f64,
    /// Which it is and why, in words.
    pub sentence: String,
}

/// Whether the baseline overfits, from its own records.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overfitting {
    /// The answer.
    pub verdict: OverfittingVerdict,
    /// The answer in words, with its figures.
    pub sentence: String,
    /// Validation loss at the last epoch (at the kept one, where early stopping ended the
    /// trial) − at its lowest, paired by seed.
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
    /// Validation loss surely rises by more than the margin after its lowest epoch and
    /// training loss does not, or most trials are judged overfit one by one.
    Overfits,
    /// The whole interval of the rise lies within the margin, and no trial is judged
    /// overfit.
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
    /// When and why it left the race; `None`: it is in, or there is no race.
    pub left_race: Option<LeftRace>,
    /// Whether its trials have the same figures, to the last bit, as the baseline's.
    pub identical: bool,
    /// What each trial is judged to be by itself, in a word, by seed; `None` of those that
    /// came to no end.
    pub verdicts: Vec<Option<&'static str>>,
}

/// When and why an arm left a race.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LeftRace {
    /// After so many seeds.
    pub seeds: usize,
    /// Why.
    pub reason: LeftBecause,
}

/// Why an arm left a race.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftBecause {
    /// It had hardly a chance to help.
    Useless,
    /// It had hardly a chance to come out before the leader.
    Behind,
    /// Every trial was lost.
    Lost,
}

/// How a race went ([`wellfit_study::Racing`]).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RaceFindings {
    /// The numbers of seeds at which it is looked at.
    pub looks: Vec<usize>,
    /// Whether it is over.
    pub over: bool,
    /// The arm that won, once it is over; `None`: none is known to help.
    pub winner: Option<usize>,
    /// Trials that were run.
    pub trials: usize,
    /// Trials that a full study would have run.
    pub of: usize,
    /// What happened, in words.
    pub sentence: String,
}

/// Figures of an arm over its seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The seed of each trial that has ended (in a final state that could be judged); in a
    /// cross-validation once for each fold.
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
    /// The scores of `train.metrics`.
    pub extras: Vec<ExtraSummary>,
}

/// One of `train.metrics` on the validation set, over seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExtraSummary {
    /// Which.
    #[serde(serialize_with = "extra_name")]
    pub extra: Extra,
    /// At the kept epoch.
    pub best: Estimate,
    /// At the last epoch.
    pub last: Estimate,
}

fn extra_name<S: serde::Serializer>(extra: &Extra, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(extra.name())
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
    /// What the intervals cover, in words: "training seeds", or the folds of a
    /// cross-validation.
    pub covers: String,
    /// p of "the primary difference is within the margin", after Holm's correction
    /// over the arms: at most 5 % for `helps`, `hurts` and `over-regularises`. NaN
    /// without an interval.
    pub corrected_p: f64,
    /// p of "the primary difference is beyond the margin" ([`Estimate::p_within`]),
    /// after Holm's correction over the arms: at most 2.5 % for `no useful
    /// difference`. NaN without an interval.
    pub corrected_p_within: f64,
    /// The primary difference's interval by the bootstrap over seeds
    /// ([`wellfit_stats::bootstrap`]), a check of `primary`'s; `None` with fewer than
    /// five seeds and for folds.
    pub bootstrap: Option<Interval>,
    /// p of "the primary difference is as likely upwards as downwards" over all
    /// choices of signs ([`wellfit_stats::sign_flip`]); `None` for folds.
    pub sign_flip_p: Option<f64>,
    /// The primary difference with an interval over seeds *and* validation samples
    /// ([`wellfit_stats::two_way`]), when per-sample scores are there.
    pub primary_with_data: Option<Estimate>,
}

/// What a difference means. The interval is the paired 95 % one; "clear of the
/// margin" and "within the margin" hold for all arms together (Holm's correction).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// Better, and clear of the margin.
    Helps,
    /// Within the margin.
    NoUsefulDifference,
    /// Worse, and clear of the margin; or every trial diverged, also without a NaN, while
    /// the baseline's did not.
    Hurts,
    /// As [`Hurts`](Judgement::Hurts), with a gap at the last epoch that is clearly
    /// smaller: gap smaller, model worse.
    OverRegularised,
    /// The interval allows both.
    Undecided,
}

/// The validation curve of arms that differ in a strength: scores against strength.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StrengthFamily {
    /// What the arms have in common: `dropout(0.1..0.6)`.
    pub family: String,
    /// Whether the strengths lie apart by equal factors, rather than differences.
    pub logarithmic: bool,
    /// The names of what is measured on the training and on the validation set: the
    /// primary score, or its counterpart.
    pub metrics: [&'static str; 2],
    /// Both for the baseline, at the judged epoch.
    pub baseline: [Estimate; 2],
    /// Weakest first.
    pub points: Vec<StrengthPoint>,
    /// The point with the largest mean gain, among those that lost no trial.
    pub best: Option<usize>,
    /// The point to take; `None` when none is known to help.
    pub recommended: Option<usize>,
    /// Whether the best is the weakest or the strongest of several, so that the range
    /// should be wider.
    pub open_ended: bool,
    /// What the points are drawn along.
    pub axis: Axis,
    /// Where the family is a learning curve, whose arms differ in how many samples they
    /// learn from alone: what more samples would bring.
    pub learning: Option<LearningCurve>,
    /// What that means.
    pub sentence: String,
}

/// An arm on a validation curve.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StrengthPoint {
    /// The arm's index.
    pub arm: usize,
    /// How strong.
    pub strength: f64,
    /// Where it stands along the family's axis.
    pub place: f64,
    /// The score on the training set at the judged epoch.
    pub training: Estimate,
    /// The score on the validation set.
    pub validation: Estimate,
    /// The primary score's difference to the baseline, paired by seed.
    pub difference: Estimate,
    /// Whether the arm is judged to help.
    pub helps: bool,
}

/// What a family's points are drawn along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Axis {
    /// The strength as it is written.
    Strength,
    /// How many samples are learned from, by equal factors.
    Samples,
    /// How many parameters the network has, by equal factors.
    Parameters,
}

/// What the sizes of the training set say of larger ones.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LearningCurve {
    /// Sizes that it is fitted to.
    pub sizes: usize,
    /// a + b·n^(−c) for the error: the primary loss, or what an accuracy or R² lacks to 1;
    /// `None` where the sizes do not follow one.
    pub curve: Option<PowerCurve>,
    /// The primary score at twice the largest size.
    pub next: Option<NextScore>,
    /// What that means.
    pub sentence: String,
}

/// A score at a size that nobody has tried.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct NextScore {
    /// Training samples.
    pub samples: usize,
    /// The primary score that is expected there.
    pub score: f64,
    /// The 95 % interval of what would be measured there, if the power law goes on.
    pub interval: Option<Interval>,
}

impl StrengthFamily {
    /// The point that is recommended.
    pub fn taken(&self) -> Option<&StrengthPoint> {
        self.points.get(self.recommended?)
    }
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
