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

impl Verdict {
    /// What to do about one of its findings.
    pub fn advice(&self, finding: &Finding, target: Target) -> Advice {
        let found = finding.kind;
        Advice { words: words(found), paste: paste(found, target, self.epochs) }
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

/// A line that does it; `epochs` is how long the run was, where it says.
fn paste(found: Found, target: Target, epochs: Option<usize>) -> String {
    let longer = match epochs {
        Some(epochs) => epochs.saturating_mul(2).max(10).to_string(),
        None => "2 * epochs".to_owned(),
    };
    let all = epochs.map_or_else(|| "epochs".to_owned(), |epochs| epochs.to_string());
    let line = match (found, target) {
        (Found::Overtrained | Found::LargeGap, Target::Wellfit) => {
            r#"early_stopping = { monitor = "val_loss", patience = 3 }"#
        }
        (Found::Overtrained | Found::LargeGap, Target::Keras) => {
            r#"keras.callbacks.EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True)"#
        }
        (Found::Overtrained | Found::LargeGap, Target::PyTorch) => {
            r#"if val_loss <= min(val_losses): torch.save(model.state_dict(), "best.pt")  # val_losses: all so far"#
        }
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
        (Found::HardlyLearned, Target::Wellfit) => r#"optimizer = { type = "adam", lr = 1e-3 }"#,
        (Found::HardlyLearned, Target::Keras) => "keras.optimizers.Adam(learning_rate=1e-3)",
        (Found::HardlyLearned, Target::PyTorch) => "torch.optim.Adam(model.parameters(), lr=1e-3)",
        (Found::Diverging, Target::Wellfit) => r#"optimizer = { type = "adam", lr = 1e-4 }"#,
        (Found::Diverging, Target::Keras) => "keras.optimizers.Adam(learning_rate=1e-4)",
        (Found::Diverging, Target::PyTorch) => "torch.optim.Adam(model.parameters(), lr=1e-4)",
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
            r#"keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=2)"#
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
        (Found::Inside(kind), target) => inside::paste(kind, target),
    };
    line.to_owned()
}
