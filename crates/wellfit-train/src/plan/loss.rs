//! `train.loss`: what a plan says of it, and what it comes to with the data known.

use wellfit_nn::{Loss, Measure};

use super::check::{require, require_not_negative};
use super::section::{Field, Section};
use super::write::number;
use super::{Plan, PlanError, Value};
use crate::record::ScoreKind;

/// `train.loss`.
#[derive(Clone, Debug, PartialEq)]
pub enum LossSettings {
    /// See [`Loss::CrossEntropy`].
    CrossEntropy {
        /// α, at least 0 and below 1. 0.
        label_smoothing: f64,
        /// How much samples of each class count. All the same.
        class_weights: ClassWeights,
    },
    /// See [`Loss::Mse`].
    Mse,
    /// See [`Loss::Huber`].
    Huber {
        /// δ, above 0. 1.
        delta: f64,
    },
}

/// How much samples of each class count.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ClassWeights {
    /// All the same.
    #[default]
    Equal,
    /// n/(K·n_k) for the n_k of n training samples in class k of K: every class counts
    /// the same.
    Balanced,
    /// One for each class, at least 0 and not all 0.
    List(Vec<f64>),
}

/// What a network is to give for each sample of a training set.
#[derive(Clone, Copy, Debug)]
pub enum Outputs<'a> {
    /// A class.
    Classes {
        /// The classes' names.
        names: &'a [String],
        /// Training samples of each.
        counts: &'a [usize],
    },
    /// So many numbers.
    Targets(usize),
}

impl Outputs<'_> {
    /// Number of classes or targets.
    pub fn len(&self) -> usize {
        match self {
            Outputs::Classes { names, .. } => names.len(),
            Outputs::Targets(targets) => *targets,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl LossSettings {
    /// Cross-entropy without smoothing and weights.
    pub const CROSS_ENTROPY: LossSettings =
        LossSettings::CrossEntropy { label_smoothing: 0.0, class_weights: ClassWeights::Equal };

    /// The name in the plan file.
    pub fn name(&self) -> &'static str {
        match self {
            LossSettings::CrossEntropy { .. } => "cross-entropy",
            LossSettings::Mse => "mse",
            LossSettings::Huber { .. } => "huber",
        }
    }

    pub(super) fn read(mut section: Section<'_>) -> Result<Self, PlanError> {
        #[derive(Clone, Copy)]
        enum Type {
            CrossEntropy,
            Mse,
            Huber,
        }
        let types =
            [("cross-entropy", Type::CrossEntropy), ("mse", Type::Mse), ("huber", Type::Huber)];
        let kind = section.field("type").map_or(Ok(types[0].1), |f| f.choice(&types))?;
        let settings = match kind {
            Type::CrossEntropy => LossSettings::CrossEntropy {
                label_smoothing: section
                    .field("label_smoothing")
                    .map_or(Ok(0.0), |f| f.number())?,
                class_weights: section
                    .field("class_weights")
                    .map_or(Ok(ClassWeights::Equal), |f| ClassWeights::read(&f))?,
            },
            Type::Mse => LossSettings::Mse,
            Type::Huber => LossSettings::Huber {
                delta: section.field("delta").map_or(Ok(1.0), |f| f.number())?,
            },
        };
        section.finish()?;
        Ok(settings)
    }

    pub(super) fn write(&self) -> String {
        let mut keys = vec![format!("type = \"{}\"", self.name())];
        match self {
            LossSettings::CrossEntropy { label_smoothing, class_weights } => {
                if *label_smoothing != 0.0 {
                    keys.push(format!("label_smoothing = {}", number(*label_smoothing)));
                }
                match class_weights {
                    ClassWeights::Equal => {}
                    ClassWeights::Balanced => keys.push("class_weights = \"balanced\"".into()),
                    ClassWeights::List(weights) => {
                        let weights: Vec<String> = weights.iter().map(|w| number(*w)).collect();
                        keys.push(format!("class_weights = [{}]", weights.join(", ")));
                    }
                }
            }
            LossSettings::Mse => {}
            LossSettings::Huber { delta } => keys.push(format!("delta = {}", number(*delta))),
        }
        format!("{{ {} }}", keys.join(", "))
    }

    /// What can be said before the data are known.
    pub(super) fn check(&self) -> Result<(), PlanError> {
        match self {
            LossSettings::CrossEntropy { label_smoothing, class_weights } => {
                let (key, ok) =
                    ("train.loss.label_smoothing", (0.0..1.0).contains(label_smoothing));
                require(ok, key, label_smoothing, "at least 0 and below 1")?;
                let ClassWeights::List(weights) = class_weights else { return Ok(()) };
                for (i, &weight) in weights.iter().enumerate() {
                    let key = format!("train.loss.class_weights.{i}");
                    require_not_negative(&key, weight)?;
                    let ok = weight <= f64::from(f32::MAX);
                    require(ok, &key, weight, "a finite float32")?;
                }
                let key = "train.loss.class_weights";
                match weights.iter().any(|&weight| weight > 0.0) {
                    true => Ok(()),
                    false => Err(PlanError::about(key, format!("{key} must not all be 0"))),
                }
            }
            LossSettings::Mse => Ok(()),
            LossSettings::Huber { delta } => {
                let ok = *delta > 0.0 && *delta <= f64::from(f32::MAX);
                require(ok, "train.loss.delta", delta, "a finite number above 0")
            }
        }
    }
}

impl ClassWeights {
    fn read(field: &Field<'_>) -> Result<Self, PlanError> {
        match &field.node().value {
            Value::List(_) => {
                let weights = field.list()?.iter().map(Field::number).collect::<Result<_, _>>()?;
                Ok(ClassWeights::List(weights))
            }
            Value::Text(text) if text == "balanced" => Ok(ClassWeights::Balanced),
            _ => Err(field.error("must be a list of numbers, one for each class, or \"balanced\"")),
        }
    }

    /// One for each class; `None` for equal ones.
    fn resolve(&self, names: &[String], counts: &[usize]) -> Result<Option<Vec<f64>>, PlanError> {
        let key = "train.loss.class_weights";
        let classes = names.len();
        match self {
            ClassWeights::Equal => Ok(None),
            ClassWeights::List(weights) if weights.len() != classes => {
                let message = format!(
                    "{key} holds {} weights, but the data have {classes} classes",
                    weights.len()
                );
                Err(PlanError::about(key, message))
            }
            ClassWeights::List(weights) => Ok(Some(weights.clone())),
            ClassWeights::Balanced => {
                if let Some(class) = counts.iter().position(|&count| count == 0) {
                    let message = format!(
                        "{key} = \"balanced\" needs training samples of every class, but class \
                         {class} ({}) has none: give a list of weights",
                        names[class]
                    );
                    return Err(PlanError::about(key, message));
                }
                let n: usize = counts.iter().sum();
                let weight = |&count: &usize| n as f64 / (classes as f64 * count as f64);
                Ok(Some(counts.iter().map(weight).collect()))
            }
        }
    }
}

impl Plan {
    /// What single samples are measured by where networks have this score: the plan's
    /// loss without smoothing and class weights.
    pub fn measure(&self, score: ScoreKind) -> Measure {
        match (&self.train.loss, score) {
            (Some(LossSettings::Huber { delta }), _) => Measure::Huber { delta: *delta },
            (Some(LossSettings::Mse), _) | (None, ScoreKind::R2) => Measure::Mse,
            (Some(LossSettings::CrossEntropy { .. }), _) | (None, ScoreKind::Accuracy) => {
                Measure::CrossEntropy
            }
        }
    }

    /// Whether its own validation loss is not the mean of what `measure` says of
    /// samples: another loss, or class weights.
    pub fn has_other_loss(&self, measure: Measure, score: ScoreKind) -> bool {
        let weighted = matches!(
            &self.train.loss,
            Some(LossSettings::CrossEntropy { class_weights, .. })
                if *class_weights != ClassWeights::Equal
        );
        weighted || self.measure(score) != measure
    }

    /// The loss for such outputs: what the plan says, or cross-entropy for classes and
    /// mse for numbers.
    pub(super) fn loss(&self, outputs: &Outputs<'_>) -> Result<Loss, PlanError> {
        let wrong = |settings: &LossSettings, advice: &str| {
            let message = format!("train.loss is {}, but {advice}", settings.name());
            Err(PlanError::about("train.loss", message))
        };
        match (&self.train.loss, outputs) {
            (None, Outputs::Classes { .. }) => Ok(Loss::CROSS_ENTROPY),
            (None, Outputs::Targets(_)) => Ok(Loss::Mse),
            (
                Some(LossSettings::CrossEntropy { label_smoothing, class_weights }),
                Outputs::Classes { names, counts },
            ) => Ok(Loss::CrossEntropy {
                label_smoothing: *label_smoothing,
                class_weights: class_weights.resolve(names, counts)?,
            }),
            (Some(LossSettings::Mse), Outputs::Targets(_)) => Ok(Loss::Mse),
            (Some(LossSettings::Huber { delta }), Outputs::Targets(_)) => {
                Ok(Loss::Huber { delta: *delta })
            }
            (Some(settings), Outputs::Targets(_)) => wrong(
                settings,
                "the data hold numbers to predict (regression): mse and huber are for them",
            ),
            (Some(settings), Outputs::Classes { .. }) => wrong(
                settings,
                "the data hold classes: cross-entropy is for them, or data.task = \"regression\" \
                 to predict their numbers",
            ),
        }
    }
}
