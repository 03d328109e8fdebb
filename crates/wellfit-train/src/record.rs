//! What a training run gave, as it is kept in `record.json` and `history.csv`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::encode;
use crate::plan::{Metric, Plan};

/// The version of `record.json` that this program writes.
pub const SCHEMA: u32 = 1;

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
    /// One row an epoch.
    pub epochs: Vec<EpochRow>,
    /// What happened on the way.
    pub events: Vec<Event>,
    /// The weights at the last epoch, by parameter tensor.
    pub weights: Vec<WeightSummary>,
    /// Validation losses and hits of each sample at the kept epoch.
    pub best_samples: Option<SampleScores>,
    /// Validation losses and hits of each sample at the last epoch.
    pub last_samples: Option<SampleScores>,
    /// The final figure, when the plan has a test set and it was opened.
    pub test: Option<Score>,
    /// The judge's verdict; empty until the judge is there.
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
            epochs: Vec::new(),
            events: Vec::new(),
            weights: Vec::new(),
            best_samples: None,
            last_samples: None,
            test: None,
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

/// The figures of one epoch: a row of `history.csv`.
///
/// JSON has no NaN: a figure that is not finite is written as the string `nan`,
/// `inf` or `-inf`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    /// From 1.
    pub epoch: usize,
    /// The rate of the epoch's last step.
    #[serde(with = "encode::number")]
    pub lr: f64,
    /// Data loss in training mode, averaged over samples.
    #[serde(with = "encode::number")]
    pub train_loss: f64,
    /// Penalty, likewise.
    #[serde(with = "encode::number")]
    pub train_penalty: f64,
    /// Loss on the training set in evaluation mode, after the epoch.
    #[serde(with = "encode::number")]
    pub train_eval_loss: f64,
    /// Accuracy likewise.
    #[serde(with = "encode::number")]
    pub train_accuracy: f64,
    /// Loss on the validation set.
    #[serde(with = "encode::maybe_number")]
    pub val_loss: Option<f64>,
    /// Accuracy likewise.
    #[serde(with = "encode::maybe_number")]
    pub val_accuracy: Option<f64>,
    /// First batch to last update.
    #[serde(with = "encode::number")]
    pub train_seconds: f64,
    /// With evaluation, without writing files.
    #[serde(with = "encode::number")]
    pub seconds: f64,
}

impl EpochRow {
    /// The figure of that name, if it was measured.
    pub fn metric(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::TrainLoss => Some(self.train_loss),
            Metric::TrainEvalLoss => Some(self.train_eval_loss),
            Metric::TrainAccuracy => Some(self.train_accuracy),
            Metric::ValLoss => self.val_loss,
            Metric::ValAccuracy => self.val_accuracy,
        }
    }

    /// train_accuracy − val_accuracy.
    pub fn gap(&self) -> Option<f64> {
        self.val_accuracy.map(|val| self.train_accuracy - val)
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

/// Losses and hits of each sample of a set, in the set's order. In JSON the losses
/// are base64 of little-endian f32 and the hits base64 of bits, least significant first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "CodedScores", try_from = "CodedScores")]
pub struct SampleScores {
    /// From 1.
    pub epoch: usize,
    /// Cross-entropy.
    pub losses: Vec<f32>,
    /// Whether the prediction was right.
    pub hits: Vec<bool>,
}

/// Loss and accuracy on a set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Mean cross-entropy.
    #[serde(with = "encode::number")]
    pub loss: f64,
    /// Share of hits.
    #[serde(with = "encode::number")]
    pub accuracy: f64,
    /// Samples.
    pub n: usize,
}

/// [`SampleScores`] as JSON holds them.
#[derive(Serialize, Deserialize)]
struct CodedScores {
    epoch: usize,
    losses: String,
    hits: String,
}

impl From<SampleScores> for CodedScores {
    fn from(scores: SampleScores) -> Self {
        let losses: Vec<u8> = scores.losses.iter().flat_map(|loss| loss.to_le_bytes()).collect();
        let byte = |hits: &[bool]| {
            hits.iter().enumerate().fold(0u8, |byte, (i, &hit)| byte | u8::from(hit) << i)
        };
        let hits: Vec<u8> = scores.hits.chunks(8).map(byte).collect();
        let [losses, hits] = [encode::base64(&losses), encode::base64(&hits)];
        Self { epoch: scores.epoch, losses, hits }
    }
}

impl TryFrom<CodedScores> for SampleScores {
    type Error = &'static str;

    fn try_from(coded: CodedScores) -> Result<Self, Self::Error> {
        let losses = encode::from_base64(&coded.losses).ok_or("losses are not base64")?;
        let hits = encode::from_base64(&coded.hits).ok_or("hits are not base64")?;
        let (floats, rest) = losses.as_chunks::<4>();
        if !rest.is_empty() {
            return Err("losses are not whole numbers of 4 bytes");
        }
        let losses: Vec<f32> = floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if hits.len() != losses.len().div_ceil(8) {
            return Err("there must be a hit for each loss");
        }
        let hits = (0..losses.len()).map(|i| hits[i / 8] >> (i % 8) & 1 == 1).collect();
        Ok(Self { epoch: coded.epoch, losses, hits })
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
            train_accuracy: 0.875,
            val_loss: Some(0.5),
            val_accuracy: Some(0.75),
            train_seconds: 1.5,
            seconds: 2.0,
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
            val_accuracy: None,
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
    fn scores_that_do_not_fit_each_other_are_refused() {
        for bad in [
            r#"{"epoch": 1, "losses": "AAAA", "hits": ""}"#,
            r#"{"epoch": 1, "losses": "AAAAAA==", "hits": ""}"#,
            r#"{"epoch": 1, "losses": "*", "hits": ""}"#,
        ] {
            assert!(serde_json::from_str::<SampleScores>(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn sample_scores_read_back(samples: Vec<(f32, bool)>) {
            let (losses, hits): (Vec<f32>, Vec<bool>) = samples.into_iter().unzip();
            let scores = SampleScores { epoch: 3, losses, hits };
            let text = serde_json::to_string(&scores).unwrap();
            let back: SampleScores = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&back.hits, &scores.hits);
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
