//! What a training run gave, as it is kept in `record.json` and `history.csv`.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use wellfit_data::Task;
use wellfit_metrics::Extra;
use wellfit_nn::Scores;

use crate::encode::{self, Number};
use crate::extras::number;
use crate::plan::{Metric, Plan};
pub use crate::watch::{ClassCounts, Predicted, Watch, WatchLook, WatchedLayer};

/// The version of `record.json` that this program writes.
pub const SCHEMA: u32 = 3;

/// What a training run gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of this file's form.
    pub schema: u32,
    /// wellfit's version.
    pub version: String,
    /// The engine's instruction set, such as `avx512`.
    pub instructions: String,
    /// SHA-256 of the resolved plan.
    pub plan_hash: String,
    /// The arm's name; `baseline` outside a study.
    pub arm: String,
    /// The seed.
    pub seed: u64,
    /// The fold, from 0; `None` without cross-validation.
    pub fold: Option<usize>,
    /// How the run ended.
    pub state: RunState,
    /// The kept epoch (from 1): the lowest validation loss, or what early stopping
    /// watches; `None` when no epoch could be judged.
    pub best_epoch: Option<usize>,
    /// What the network is scored by.
    #[serde(default)]
    pub score: ScoreKind,
    /// One row an epoch.
    pub epochs: Vec<EpochRow>,
    /// What happened on the way.
    pub events: Vec<Event>,
    /// The weights at the last epoch, by parameter tensor.
    pub weights: Vec<WeightSummary>,
    /// Validation losses and scores of each sample at the kept epoch.
    pub best_samples: Option<SampleScores>,
    /// Validation losses and scores of each sample at the last epoch.
    pub last_samples: Option<SampleScores>,
    /// The final figure, when the plan has a test set and it was opened.
    pub test: Option<Score>,
    /// What was seen of the run from inside; `None` where nobody looked.
    #[serde(default)]
    pub watch: Option<Watch>,
    /// The verdict as `wellfit diagnose --format json` gives it; `None` where nobody judged.
    pub diagnosis: Option<serde_json::Value>,
}

impl Record {
    /// The record of a run that could not be made, and why.
    pub fn failed(plan: &Plan, arm: impl Into<String>, fold: Option<usize>, why: String) -> Self {
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").into(),
            instructions: wellfit_nn::instructions().into(),
            plan_hash: plan.hash(),
            arm: arm.into(),
            seed: plan.train.seed,
            fold,
            state: RunState::Failed { message: why },
            best_epoch: None,
            score: ScoreKind::default(),
            epochs: Vec::new(),
            events: Vec::new(),
            weights: Vec::new(),
            best_samples: None,
            last_samples: None,
            test: None,
            watch: None,
            diagnosis: None,
        }
    }

    /// The row of the kept epoch.
    pub fn best(&self) -> Option<&EpochRow> {
        self.epochs.iter().find(|row| Some(row.epoch) == self.best_epoch)
    }

    /// The row of the last epoch.
    pub fn last(&self) -> Option<&EpochRow> {
        self.epochs.last()
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum RunState {
    /// All epochs were run.
    Complete,
    /// Early stopping ended it.
    StoppedEarly,
    /// The loss was NaN or infinite.
    Diverged {
        /// In which epoch, from 1.
        epoch: usize,
        /// At which step of the epoch, from 0; `None`: seen in the evaluation after it.
        step: Option<u64>,
    },
    /// Somebody stopped it; it can go on.
    Interrupted,
    /// Something else went wrong.
    Failed {
        /// What.
        message: String,
    },
}

impl RunState {
    /// The word in `results.csv`.
    pub fn name(&self) -> &'static str {
        match self {
            RunState::Complete => "complete",
            RunState::StoppedEarly => "stopped-early",
            RunState::Diverged { .. } => "diverged",
            RunState::Interrupted => "interrupted",
            RunState::Failed { .. } => "failed",
        }
    }

    /// Whether there is nothing left to do.
    pub fn is_final(&self) -> bool {
        !matches!(self, RunState::Interrupted | RunState::Failed { .. })
    }
}

/// What a network is scored by, besides its loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreKind {
    /// Share of samples that are classified rightly.
    #[default]
    Accuracy,
    /// 1 − Σ(y−ŷ)²/Σ(y−ȳ)², averaged over targets: regression.
    R2,
}

impl ScoreKind {
    /// `accuracy` or `r2`, as in columns' names.
    pub fn name(self) -> &'static str {
        match self {
            ScoreKind::Accuracy => "accuracy",
            ScoreKind::R2 => "r2",
        }
    }

    /// What networks for this task are scored by.
    pub fn of(task: Task) -> Self {
        match task {
            Task::Classification => ScoreKind::Accuracy,
            Task::Regression => ScoreKind::R2,
        }
    }

    /// The columns of the training and the validation set.
    pub fn columns(self) -> [&'static str; 2] {
        match self {
            ScoreKind::Accuracy => ["train_accuracy", "val_accuracy"],
            ScoreKind::R2 => ["train_r2", "val_r2"],
        }
    }

    /// The score on the validation set as a metric.
    pub fn val_metric(self) -> Metric {
        match self {
            ScoreKind::Accuracy => Metric::ValAccuracy,
            ScoreKind::R2 => Metric::ValR2,
        }
    }
}

/// The figures of one epoch: a row of `history.csv`. In JSON and CSV its scores have the
/// names that [`ScoreKind::columns`] gives.
///
/// JSON has no NaN: a figure that is not finite is written as the string `nan`,
/// `inf` or `-inf`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "AnyRow")]
pub struct EpochRow {
    /// From 1.
    pub epoch: usize,
    /// The rate of the epoch's last step.
    pub lr: f64,
    /// Data loss in training mode, averaged over samples.
    pub train_loss: f64,
    /// Penalty, likewise.
    pub train_penalty: f64,
    /// Loss on the training set in evaluation mode, after the epoch.
    pub train_eval_loss: f64,
    /// What the scores are.
    pub score: ScoreKind,
    /// Score on the training set likewise.
    pub train_score: f64,
    /// Loss on the validation set.
    pub val_loss: Option<f64>,
    /// Score likewise.
    pub val_score: Option<f64>,
    /// First batch to last update.
    pub train_seconds: f64,
    /// With evaluation, without writing files.
    pub seconds: f64,
    /// The scores of `train.metrics`, in the plan's order.
    pub extras: Vec<ExtraScore>,
}

/// One of `train.metrics`; NaN where it is not defined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExtraScore {
    /// Which.
    pub extra: Extra,
    /// On the training set in evaluation mode.
    pub train: f64,
    /// On the validation set.
    pub val: Option<f64>,
}

impl Serialize for EpochRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [train, val] = self.score.columns();
        let mut row = serializer.serialize_map(Some(10 + 2 * self.extras.len()))?;
        row.serialize_entry("epoch", &self.epoch)?;
        row.serialize_entry("lr", &Number(self.lr))?;
        row.serialize_entry("train_loss", &Number(self.train_loss))?;
        row.serialize_entry("train_penalty", &Number(self.train_penalty))?;
        row.serialize_entry("train_eval_loss", &Number(self.train_eval_loss))?;
        row.serialize_entry(train, &Number(self.train_score))?;
        row.serialize_entry("val_loss", &self.val_loss.map(Number))?;
        row.serialize_entry(val, &self.val_score.map(Number))?;
        row.serialize_entry("train_seconds", &Number(self.train_seconds))?;
        row.serialize_entry("seconds", &Number(self.seconds))?;
        for score in &self.extras {
            let [train, val] = score.extra.columns();
            row.serialize_entry(train, &Number(score.train))?;
            row.serialize_entry(val, &score.val.map(Number))?;
        }
        row.end()
    }
}

/// An [`EpochRow`] as JSON holds it.
#[derive(Deserialize)]
struct AnyRow {
    epoch: usize,
    lr: Number,
    train_loss: Number,
    train_penalty: Number,
    train_eval_loss: Number,
    train_accuracy: Option<Number>,
    train_r2: Option<Number>,
    val_loss: Option<Number>,
    val_accuracy: Option<Number>,
    val_r2: Option<Number>,
    train_seconds: Number,
    seconds: Number,
    #[serde(flatten)]
    rest: Rest,
}

/// The entries of an object that have no field of their own, in its order.
#[derive(Default)]
struct Rest(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Rest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> serde::de::Visitor<'de> for Entries {
            type Value = Rest;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Rest, A::Error> {
                let mut rest = Rest::default();
                while let Some(entry) = map.next_entry()? {
                    rest.0.push(entry);
                }
                Ok(rest)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

impl Rest {
    /// The scores of `train.metrics` among them.
    fn scores(self) -> Vec<ExtraScore> {
        let mut all: Vec<ExtraScore> = Vec::new();
        for (column, value) in self.0 {
            let Some((extra, held)) = Extra::from_column(&column) else { continue };
            let value = number(value);
            let at = all.iter().position(|score| score.extra == extra).unwrap_or_else(|| {
                all.push(ExtraScore { extra, train: f64::NAN, val: None });
                all.len() - 1
            });
            match held {
                true => all[at].val = value,
                false => all[at].train = value.unwrap_or(f64::NAN),
            }
        }
        all
    }
}

impl TryFrom<AnyRow> for EpochRow {
    type Error = &'static str;

    fn try_from(row: AnyRow) -> Result<Self, Self::Error> {
        let plain = |Number(value): Number| value;
        let (score, train, val) = match (row.train_accuracy, row.train_r2) {
            (Some(accuracy), None) => (ScoreKind::Accuracy, accuracy, row.val_accuracy),
            (None, Some(r2)) => (ScoreKind::R2, r2, row.val_r2),
            _ => return Err("an epoch has either train_accuracy or train_r2"),
        };
        Ok(EpochRow {
            epoch: row.epoch,
            lr: plain(row.lr),
            train_loss: plain(row.train_loss),
            train_penalty: plain(row.train_penalty),
            train_eval_loss: plain(row.train_eval_loss),
            score,
            train_score: plain(train),
            val_loss: row.val_loss.map(plain),
            val_score: val.map(plain),
            train_seconds: plain(row.train_seconds),
            seconds: plain(row.seconds),
            extras: row.rest.scores(),
        })
    }
}

impl EpochRow {
    /// The figure of that name, if it was measured.
    pub fn metric(&self, metric: Metric) -> Option<f64> {
        if metric.score().is_some_and(|score| score != self.score) {
            return None;
        }
        match metric {
            Metric::TrainLoss => Some(self.train_loss),
            Metric::TrainEvalLoss => Some(self.train_eval_loss),
            Metric::ValLoss => self.val_loss,
            Metric::TrainAccuracy | Metric::TrainR2 => Some(self.train_score),
            Metric::ValAccuracy | Metric::ValR2 => self.val_score,
            Metric::Train(extra) => self.extra(extra).map(|score| score.train),
            Metric::Val(extra) => self.extra(extra)?.val,
        }
    }

    fn extra(&self, extra: Extra) -> Option<&ExtraScore> {
        self.extras.iter().find(|score| score.extra == extra)
    }

    /// Training score − validation score.
    pub fn gap(&self) -> Option<f64> {
        self.val_score.map(|val| self.train_score - val)
    }
}

/// What happened on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Event {
    /// The learning rate was cut after this epoch.
    RateCut {
        /// From 1.
        epoch: usize,
        /// The new rate.
        lr: f64,
    },
    /// Early stopping ended the run after this epoch.
    StoppedEarly {
        /// From 1.
        epoch: usize,
    },
    /// The loss was NaN or infinite.
    Diverged {
        /// From 1.
        epoch: usize,
    },
    /// The run went on from a checkpoint taken after this epoch.
    Resumed {
        /// From 1.
        epoch: usize,
    },
}

/// The event in words. A cut of the rate reads as PyTorch's.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Event::RateCut { epoch, lr } => {
                let rate = scientific(lr);
                write!(f, "Epoch {epoch:5}: reducing learning rate of group 0 to {rate}.")
            }
            Event::StoppedEarly { epoch } => write!(f, "Epoch {epoch:5}: stopped early."),
            Event::Diverged { epoch } => {
                write!(f, "Epoch {epoch:5}: diverged, the loss is not finite.")
            }
            Event::Resumed { epoch } => write!(f, "Epoch {epoch:5}: went on from here."),
        }
    }
}

/// C's `%.4e`: four decimals and an exponent of at least two digits.
fn scientific(value: f64) -> String {
    let text = format!("{value:.4e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}

/// A parameter tensor's values in short. If a value is not finite, the figures are
/// NaN and the histogram counts the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeightSummary {
    /// Such as `1.weight`.
    pub name: String,
    /// Such as [1000, 784].
    pub shape: Vec<usize>,
    /// Mean.
    #[serde(with = "encode::number")]
    pub mean: f64,
    /// Standard deviation (n in the denominator).
    #[serde(with = "encode::number")]
    pub std: f64,
    /// Kurtosis: 3 for a normal distribution; 0 when all values are equal.
    #[serde(with = "encode::number")]
    pub kurtosis: f64,
    /// Largest absolute value.
    #[serde(with = "encode::number")]
    pub max_abs: f64,
    /// max_abs / std; 0 when std is 0.
    #[serde(with = "encode::number")]
    pub max_over_std: f64,
    /// 1 %, 50 %, 99 % quantiles of the values, 99.9 % quantile of the absolute values.
    pub quantiles: Quantiles,
    /// Share of values with |w| < 1e-3.
    #[serde(with = "encode::number")]
    pub near_zero: f64,
    /// Counts in equal bins.
    pub histogram: Histogram,
}

/// Quantiles of a tensor's values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// 1 % of the values.
    #[serde(with = "encode::number")]
    pub q01: f64,
    /// The median.
    #[serde(with = "encode::number")]
    pub q50: f64,
    /// 99 % of the values.
    #[serde(with = "encode::number")]
    pub q99: f64,
    /// 99.9 % of the absolute values.
    #[serde(with = "encode::number")]
    pub abs999: f64,
}

/// Counts in bins of equal width whose edges are whole multiples of that width,
/// so that histograms of different runs share bins: the width is a power of two,
/// and merging neighbours gives the next coarser one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Width of a bin, a power of two.
    pub width: f64,
    /// The first bin starts at `first · width`.
    pub first: i64,
    /// Counts.
    pub counts: Vec<u64>,
}

/// Losses and scores of each sample of a set, in the set's order. In JSON the losses
/// are base64 of little-endian f32, and so are shares of R²; hits are base64 of bits,
/// least significant first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "CodedScores", try_from = "CodedScores")]
pub struct SampleScores {
    /// From 1.
    pub epoch: usize,
    /// By the measuring loss, without class weights and smoothing.
    pub losses: Vec<f32>,
    /// Whether each prediction was right, or its share of R².
    pub scores: Scores,
}

/// Loss and score on a set. In JSON the score is called `accuracy` or `r2`, and the
/// others as in columns, `f1_macro`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "AnyScore")]
pub struct Score {
    /// The run's own loss, without smoothing.
    pub loss: f64,
    /// What the score is.
    pub kind: ScoreKind,
    /// Accuracy or R².
    pub score: f64,
    /// Samples.
    pub n: usize,
    /// The scores of `train.metrics`, in the plan's order; NaN where one is not defined.
    pub extras: Vec<(Extra, f64)>,
}

impl Score {
    /// Loss, score, or one of the others, on whichever side the metric is.
    pub fn metric(&self, metric: Metric) -> Option<f64> {
        match metric.extra() {
            Some(extra) => {
                let found = self.extras.iter().find(|(one, _)| *one == extra);
                found.map(|(_, score)| *score)
            }
            None => match metric.score() {
                None => Some(self.loss),
                Some(kind) => (kind == self.kind).then_some(self.score),
            },
        }
    }
}

/// What an extra is called beside a score: its column without the side.
fn plain_column(extra: Extra) -> &'static str {
    extra.columns()[1].trim_start_matches("val_")
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut score = serializer.serialize_map(Some(3 + self.extras.len()))?;
        score.serialize_entry("loss", &Number(self.loss))?;
        score.serialize_entry(self.kind.name(), &Number(self.score))?;
        score.serialize_entry("n", &self.n)?;
        for (extra, value) in &self.extras {
            score.serialize_entry(plain_column(*extra), &Number(*value))?;
        }
        score.end()
    }
}

/// A [`Score`] as JSON holds it.
#[derive(Deserialize)]
struct AnyScore {
    loss: Number,
    accuracy: Option<Number>,
    r2: Option<Number>,
    n: usize,
    #[serde(flatten)]
    rest: Rest,
}

impl TryFrom<AnyScore> for Score {
    type Error = &'static str;

    fn try_from(any: AnyScore) -> Result<Self, Self::Error> {
        let (kind, Number(score)) = match (any.accuracy, any.r2) {
            (Some(accuracy), None) => (ScoreKind::Accuracy, accuracy),
            (None, Some(r2)) => (ScoreKind::R2, r2),
            _ => return Err("a score has either accuracy or r2"),
        };
        let extra = |(column, value): (String, Value)| {
            let (extra, _) = Extra::from_column(&format!("val_{column}"))?;
            Some((extra, number(value).unwrap_or(f64::NAN)))
        };
        let extras = any.rest.0.into_iter().filter_map(extra).collect();
        Ok(Score { loss: any.loss.0, kind, score, n: any.n, extras })
    }
}

/// [`SampleScores`] as JSON holds them.
#[derive(Serialize, Deserialize)]
struct CodedScores {
    epoch: usize,
    losses: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hits: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r2: Option<String>,
}

fn coded_floats(values: &[f32]) -> String {
    encode::base64(&values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
}

fn floats(text: &str) -> Result<Vec<f32>, &'static str> {
    let bytes = encode::from_base64(text).ok_or("losses or scores are not base64")?;
    let (floats, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err("losses or scores are not whole numbers of 4 bytes");
    }
    Ok(floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

impl From<SampleScores> for CodedScores {
    fn from(scores: SampleScores) -> Self {
        let byte = |hits: &[bool]| {
            hits.iter().enumerate().fold(0u8, |byte, (i, &hit)| byte | u8::from(hit) << i)
        };
        let (hits, r2) = match &scores.scores {
            Scores::Hits(hits) => {
                (Some(encode::base64(&hits.chunks(8).map(byte).collect::<Vec<u8>>())), None)
            }
            Scores::R2(shares) => (None, Some(coded_floats(shares))),
        };
        Self { epoch: scores.epoch, losses: coded_floats(&scores.losses), hits, r2 }
    }
}

impl TryFrom<CodedScores> for SampleScores {
    type Error = &'static str;

    fn try_from(coded: CodedScores) -> Result<Self, Self::Error> {
        let losses = floats(&coded.losses)?;
        let scores = match (&coded.hits, &coded.r2) {
            (Some(hits), None) => {
                let hits = encode::from_base64(hits).ok_or("hits are not base64")?;
                if hits.len() != losses.len().div_ceil(8) {
                    return Err("there must be a hit for each loss");
                }
                Scores::Hits((0..losses.len()).map(|i| hits[i / 8] >> (i % 8) & 1 == 1).collect())
            }
            (None, Some(shares)) => Scores::R2(floats(shares)?),
            _ => return Err("samples have either hits or r2"),
        };
        if scores.len() != losses.len() {
            return Err("there must be a score for each loss");
        }
        Ok(Self { epoch: coded.epoch, losses, scores })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn row(epoch: usize) -> EpochRow {
        EpochRow {
            epoch,
            lr: 1e-3,
            train_loss: 0.5,
            train_penalty: 0.0,
            train_eval_loss: 0.25,
            score: ScoreKind::Accuracy,
            train_score: 0.875,
            val_loss: Some(0.5),
            val_score: Some(0.75),
            train_seconds: 1.5,
            seconds: 2.0,
            extras: Vec::new(),
        }
    }

    #[test]
    fn a_cut_of_the_rate_reads_as_pytorchs() {
        let line = |epoch, lr| Event::RateCut { epoch, lr }.to_string();
        assert_eq!(line(3, 5e-4), "Epoch     3: reducing learning rate of group 0 to 5.0000e-04.");
        assert!(line(12345, 1e-5).starts_with("Epoch 12345: "));
        for (lr, wanted) in [
            (1.0, "1.0000e+00"),
            (12.5, "1.2500e+01"),
            (9.99999e-5, "1.0000e-04"),
            (1e-120, "1.0000e-120"),
        ] {
            assert!(line(1, lr).ends_with(&format!(" {wanted}.")), "{}", line(1, lr));
        }
    }

    #[test]
    fn figures_that_are_not_finite_are_words_in_json() {
        let bad = EpochRow {
            train_loss: f64::NAN,
            train_penalty: f64::INFINITY,
            val_loss: Some(f64::NEG_INFINITY),
            val_score: None,
            ..row(1)
        };
        let text = serde_json::to_string(&bad).unwrap();
        assert!(text.contains(r#""train_loss":"nan","train_penalty":"inf""#), "{text}");
        assert!(text.contains(r#""val_loss":"-inf","val_accuracy":null"#), "{text}");
        let back: EpochRow = serde_json::from_str(&text).unwrap();
        assert!(back.train_loss.is_nan());
        assert_eq!(back.val_loss, Some(f64::NEG_INFINITY));
    }

    #[test]
    fn regression_is_scored_by_r2() {
        let row = EpochRow { score: ScoreKind::R2, val_score: Some(-0.5), ..row(1) };
        let text = serde_json::to_string(&row).unwrap();
        assert!(text.contains(r#""train_r2":0.875,"val_loss":0.5,"val_r2":-0.5"#), "{text}");
        assert!(!text.contains("accuracy"), "{text}");
        assert_eq!(serde_json::from_str::<EpochRow>(&text).unwrap(), row);
        assert_eq!(
            (row.metric(Metric::ValR2), row.metric(Metric::ValAccuracy)),
            (Some(-0.5), None)
        );
        let scores =
            SampleScores { epoch: 2, losses: vec![0.5, 2.0], scores: Scores::R2(vec![-1.0, 0.75]) };
        let text = serde_json::to_string(&scores).unwrap();
        assert_eq!(serde_json::from_str::<SampleScores>(&text).unwrap(), scores);
        let score =
            Score { loss: 0.1, kind: ScoreKind::R2, score: f64::NAN, n: 3, extras: Vec::new() };
        let text = serde_json::to_string(&score).unwrap();
        assert_eq!(text, r#"{"loss":0.1,"r2":"nan","n":3}"#);
        assert!(serde_json::from_str::<Score>(&text).unwrap().score.is_nan());
        let both = text.replace("\"n\"", "\"accuracy\":0.5,\"n\"");
        assert!(serde_json::from_str::<Score>(&both).is_err());
    }

    #[test]
    fn metrics_of_the_plan_are_kept_in_its_order() {
        let score = |extra, train, val| ExtraScore { extra, train, val };
        let extras = vec![
            score(Extra::Top(5), 0.5, Some(0.25)),
            score(Extra::Auc, f64::INFINITY, None),
            score(Extra::F1Macro, 1.0, Some(f64::NEG_INFINITY)),
        ];
        let row = EpochRow { extras, ..row(1) };
        let text = serde_json::to_string(&row).unwrap();
        let wanted =
            r#""seconds":2.0,"train_top_5":0.5,"val_top_5":0.25,"train_auc":"inf","val_auc":null"#;
        assert!(text.contains(wanted), "{text}");
        assert_eq!(serde_json::from_str::<EpochRow>(&text).unwrap(), row);
        assert_eq!(row.metric(Metric::Val(Extra::Top(5))), Some(0.25));
        assert_eq!(row.metric(Metric::Train(Extra::Auc)), Some(f64::INFINITY));
        assert_eq!(row.metric(Metric::Val(Extra::Auc)), None);
        assert_eq!(row.metric(Metric::Val(Extra::Brier)), None);

        let extras = vec![(Extra::BalancedAccuracy, 0.5), (Extra::Ece, f64::INFINITY)];
        let score = Score { loss: 1.0, kind: ScoreKind::Accuracy, score: 0.75, n: 8, extras };
        let text = serde_json::to_string(&score).unwrap();
        let wanted = r#"{"loss":1.0,"accuracy":0.75,"n":8,"balanced_accuracy":0.5,"ece":"inf"}"#;
        assert_eq!(text, wanted);
        assert_eq!(serde_json::from_str::<Score>(&text).unwrap(), score);
        assert_eq!(score.metric(Metric::Val(Extra::BalancedAccuracy)), Some(0.5));
        assert_eq!(score.metric(Metric::ValLoss), Some(1.0));
        assert_eq!(score.metric(Metric::ValR2), None);
    }

    #[test]
    fn scores_that_do_not_fit_each_other_are_refused() {
        for bad in [
            r#"{"epoch": 1, "losses": "AAAA", "hits": ""}"#,
            r#"{"epoch": 1, "losses": "AAAAAA==", "hits": ""}"#,
            r#"{"epoch": 1, "losses": "*", "hits": ""}"#,
            r#"{"epoch": 1, "losses": "AAAAAA==", "r2": ""}"#,
            r#"{"epoch": 1, "losses": "AAAAAA=="}"#,
        ] {
            assert!(serde_json::from_str::<SampleScores>(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn sample_scores_read_back(samples: Vec<(f32, bool)>) {
            let (losses, hits): (Vec<f32>, Vec<bool>) = samples.into_iter().unzip();
            let scores = SampleScores { epoch: 3, losses, scores: Scores::Hits(hits) };
            let text = serde_json::to_string(&scores).unwrap();
            let back: SampleScores = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&back.scores, &scores.scores);
            let bits = |scores: &SampleScores| {
                scores.losses.iter().map(|loss| loss.to_bits()).collect::<Vec<_>>()
            };
            prop_assert_eq!(bits(&back), bits(&scores));
        }

        #[test]
        fn every_figure_reads_back_to_the_same_bits(bits: u64) {
            let value = f64::from_bits(bits);
            let text = serde_json::to_string(&EpochRow { lr: value, ..row(1) }).unwrap();
            let back: EpochRow = serde_json::from_str(&text).unwrap();
            prop_assert!(back.lr.to_bits() == bits || back.lr.is_nan() && value.is_nan());
        }
    }
}
