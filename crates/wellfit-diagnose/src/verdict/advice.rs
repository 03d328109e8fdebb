//! What to do about a finding, with a line to paste.

use super::{Finding, Found, Verdict};
use crate::inside;

/// What a line is pasted into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A plan of wellfit.
    Wellfit,
    /// A Python program with Keras.
    Keras,
    /// A Python program with PyTorch.
    PyTorch,
}

impl Target {
    /// All of them.
    pub const ALL: [Target; 3] = [Target::Wellfit, Target::Keras, Target::PyTorch];

    /// `wellfit`, `keras` or `pytorch`.
    pub fn name(self) -> &'static str {
        match self {
            Target::Wellfit => "wellfit",
            Target::Keras => "keras",
            Target::PyTorch => "pytorch",
        }
    }

    /// What those who wrote a run use, by its origin in words; PyTorch where nothing says.
    pub fn of(origin: &str) -> Target {
        let origin = origin.to_lowercase();
        if origin.contains("wellfit") {
            Target::Wellfit
        } else if origin.contains("keras") {
            Target::Keras
        } else {
            Target::PyTorch
        }
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// In words, without a stop at the end.
    pub words: &'static str,
    /// A line to paste.
    pub paste: String,
}

/// The advice in a line: `stop earlier: EarlyStopping(…)`.
impl std::fmt::Display for Advice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.words, self.paste)
    }
}

/// Adam's usual learning rate.
const USUAL_RATE: f64 = 1e-3;

/// What a line to paste depends on besides its finding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setting {
    /// How many epochs the run was trained for, from the numbers of its first and last row;
    /// `None` where rows count steps.
    pub epochs: Option<usize>,
    /// The score that the run is judged by, as its file calls it; `None` where it is
    /// validation loss.
    pub score: Option<String>,
    /// Whether that score is to fall.
    pub falls: bool,
    /// The highest learning rate of the run, where it says so.
    pub lr: Option<f64>,
}

impl Setting {
    /// What callbacks watch: `val_loss`, or the score where its name is one that they know.
    fn monitor(&self) -> &str {
        let score = self.score.as_deref();
        score.map_or("val_loss", |name| if name.contains('/') { "val_accuracy" } else { name })
    }

    /// `, mode="max"` where a score is to rise.
    fn mode(&self) -> &'static str {
        if self.score.is_some() && !self.falls { r#", mode="max""# } else { "" }
    }

    /// A line that sets another learning rate, towards the usual one.
    pub(crate) fn other_rate(&self, target: Target) -> String {
        let low = self.lr.is_some_and(|lr| lr < USUAL_RATE / 3.0);
        self.at_rate(if low { 10.0 } else { 0.1 }, USUAL_RATE, target)
    }

    /// A line that sets the learning rate to so many times the run's, or else to a usual one.
    pub(crate) fn at_rate(&self, by: f64, usual: f64, target: Target) -> String {
        let own = self.lr.filter(|lr| *lr > 0.0 && lr.is_finite());
        let rate = short(own.map_or(usual, |lr| by * lr));
        match target {
            // Whatever the optimiser is.
            Target::Wellfit => format!("wellfit train plan.toml --set train.optimizer.lr={rate}"),
            Target::Keras => format!("keras.optimizers.Adam(learning_rate={rate})"),
            Target::PyTorch => format!("torch.optim.Adam(model.parameters(), lr={rate})"),
        }
    }
}

impl Verdict {
    /// What to do about one of its findings.
    pub fn advice(&self, finding: &Finding, target: Target) -> Advice {
        let found = finding.kind;
        Advice { words: words(found), paste: paste(found, target, &self.setting) }
    }
}

/// A rate with two digits: `1e-4`, `3.7e-2`.
fn short(rate: f64) -> String {
    let digits = format!("{rate:.1e}");
    digits.replace(".0e", "e")
}

/// A line that keeps the best weights.
fn keep_best(setting: &Setting, target: Target) -> String {
    let (monitor, mode) = (setting.monitor(), setting.mode());
    match target {
        Target::Wellfit => {
            let monitor = if setting.score.is_some() { "val_accuracy" } else { "val_loss" };
            format!(r#"early_stopping = {{ monitor = "{monitor}", patience = 3 }}"#)
        }
        Target::Keras => format!(
            r#"keras.callbacks.EarlyStopping(monitor="{monitor}"{mode}, patience=3, restore_best_weights=True)"#
        ),
        Target::PyTorch => {
            let better = if mode.is_empty() { "<= min" } else { ">= max" };
            let (name, all) = match setting.score {
                Some(_) => ("val_score", "val_scores"),
                None => ("val_loss", "val_losses"),
            };
            format!(
                r#"if {name} {better}({all}): torch.save(model.state_dict(), "best.pt")  # {all}: all so far"#
            )
        }
    }
}

fn words(found: Found) -> &'static str {
    match found {
        Found::Overtrained => "stop earlier and keep the best weights",
        Found::Memorised => {
            "more data, dropout or weight decay, and measure which of them helps before keeping it"
        }
        Found::Overconfident => {
            "if probabilities matter, soften the labels or stop earlier; if only the score \
             matters, keep the epoch where it is best"
        }
        Found::LargeGap => "nothing to mend; let early stopping watch it",
        Found::StillImproving => "train longer",
        Found::HeldBack => "less of it",
        Found::Bottleneck => "a wider layer",
        Found::Unfitted => "train a wider network beside it, and longer; measure whether it helps",
        Found::HardlyLearned => {
            "check inputs and labels, then try another learning rate or a larger network"
        }
        Found::Diverging => "a smaller learning rate, and scaled inputs",
        Found::Unstable => "clip the gradients, or take a smaller learning rate",
        Found::Noisy => "lower the learning rate towards the end",
        Found::TooFewEpochs => "train longer before judging",
        Found::TooLittleValidationData => "hold out more samples, or cross-validate",
        Found::NoValidation => "hold out a part of the data and measure on it",
        Found::ExtremeWeights => "weight decay holds large weights back; measure whether it helps",
        Found::Inside(kind) => inside::words(kind),
    }
}

/// A line that does it.
fn paste(found: Found, target: Target, setting: &Setting) -> String {
    let epochs = setting.epochs;
    let longer = match epochs {
        Some(epochs) => epochs.saturating_mul(2).max(10).to_string(),
        None => "2 * epochs".to_owned(),
    };
    let all = epochs.map_or_else(|| "epochs".to_owned(), |epochs| epochs.to_string());
    let line = match (found, target) {
        (Found::Overtrained | Found::LargeGap, target) => return keep_best(setting, target),
        (Found::Memorised, Target::Wellfit) => {
            r#"study.arm = [{ remedies = ["dropout(0.5)"] }]  # the plan's first line; then: wellfit study"#
        }
        (Found::Memorised, Target::Keras) => "keras.layers.Dropout(0.5)",
        (Found::Memorised, Target::PyTorch) => "torch.nn.Dropout(0.5)",
        (Found::Overconfident, Target::Wellfit) => {
            r#"loss = { type = "cross-entropy", label_smoothing = 0.1 }"#
        }
        (Found::Overconfident, Target::Keras) => {
            "keras.losses.CategoricalCrossentropy(label_smoothing=0.1)"
        }
        (Found::Overconfident, Target::PyTorch) => "torch.nn.CrossEntropyLoss(label_smoothing=0.1)",
        (Found::StillImproving | Found::TooFewEpochs, target) => {
            return match target {
                Target::Wellfit => format!("epochs = {longer}"),
                Target::Keras => format!("model.fit(x, y, validation_split=0.2, epochs={longer})"),
                Target::PyTorch => format!("for epoch in range({longer}):"),
            };
        }
        (Found::HardlyLearned, target) => return setting.other_rate(target),
        (Found::Diverging, target) => return setting.at_rate(0.1, 1e-4, target),
        (Found::Bottleneck | Found::Unfitted, Target::Wellfit) => {
            r#"{ type = "linear", out = 128 },  # in model.layers, wider than it is"#
        }
        (Found::Bottleneck | Found::Unfitted, Target::Keras) => {
            r#"keras.layers.Dense(128, activation="relu")  # wider than it is"#
        }
        (Found::Bottleneck | Found::Unfitted, Target::PyTorch) => {
            "torch.nn.Linear(inputs, 128)  # wider than it is"
        }
        (Found::HeldBack, Target::Wellfit) => {
            r#"penalties = []  # or less of it, and dropout layers with a smaller p"#
        }
        (Found::HeldBack, Target::Keras) => "keras.layers.Dropout(0.1)",
        (Found::HeldBack, Target::PyTorch) => "torch.nn.Dropout(0.1)",
        (Found::Unstable, Target::Wellfit) => "clip_grad_norm = 1.0",
        (Found::Unstable, Target::Keras) => {
            "keras.optimizers.Adam(learning_rate=1e-4, global_clipnorm=1.0)"
        }
        (Found::Unstable, Target::PyTorch) => {
            "torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)"
        }
        (Found::Noisy, Target::Wellfit) => r#"schedule = { type = "cosine" }"#,
        (Found::Noisy, Target::Keras) => {
            let (monitor, mode) = (setting.monitor(), setting.mode());
            return format!(
                r#"keras.callbacks.ReduceLROnPlateau(monitor="{monitor}"{mode}, factor=0.5, patience=2)"#
            );
        }
        (Found::Noisy, Target::PyTorch) => {
            return format!("torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max={all})");
        }
        (Found::TooLittleValidationData | Found::NoValidation, Target::Wellfit) => {
            "validation = 0.3"
        }
        (Found::TooLittleValidationData | Found::NoValidation, Target::Keras) => {
            "model.fit(x, y, validation_split=0.3)"
        }
        (Found::TooLittleValidationData | Found::NoValidation, Target::PyTorch) => {
            "torch.utils.data.random_split(data, [0.7, 0.3])"
        }
        (Found::ExtremeWeights, Target::Wellfit) => {
            r#"study.arm = [{ remedies = ["weight-decay(1e-2)"] }]  # the plan's first line; then: wellfit study"#
        }
        (Found::ExtremeWeights, Target::Keras) => "keras.optimizers.AdamW(weight_decay=1e-2)",
        (Found::ExtremeWeights, Target::PyTorch) => {
            "torch.optim.AdamW(model.parameters(), weight_decay=1e-2)"
        }
        (Found::Inside(kind), target) => return inside::paste(kind, target, setting),
    };
    line.to_owned()
}
