//! What to do about what was seen inside, with a line to paste.

use super::InsideKind;
use crate::verdict::{Setting, Target};

/// In words, without a stop at the end.
pub fn words(kind: InsideKind) -> &'static str {
    match kind {
        InsideKind::DeadRelu => {
            "a dead unit gets no gradient and stays dead: a smaller learning rate, inputs that are \
             scaled, or leaky-relu in the place of relu"
        }
        InsideKind::Saturated => {
            "smaller initial weights or a smaller learning rate, inputs that are scaled, a norm \
             before the activation, or relu in its place"
        }
        InsideKind::VanishingGradient => {
            "relu in the place of sigmoid or tanh, residual blocks, fewer layers, or a norm behind \
             each of them"
        }
        InsideKind::ExplodingGradient => {
            "a smaller learning rate or a warm-up, smaller initial weights, a norm between the \
             layers, or clipped gradients"
        }
        InsideKind::UpdateTooLarge => "a learning rate ten times smaller, or a warm-up",
        InsideKind::UpdateTooSmall => "a learning rate ten times larger, and again",
        InsideKind::PoorInitialisation => {
            "initial weights whose variance is 1 or 2 over the inputs of a unit, and inputs that \
             are scaled, also by a norm"
        }
        InsideKind::UnchangedWeights => {
            "no gradient reaches them, or the learning rate is too small for float32: look for \
             dead units behind them, then at the rate"
        }
        InsideKind::LossDoesNotFall => {
            "check that labels belong to their samples, and whether a few samples alone can be \
             learned by heart; then try learning rates by factors of ten"
        }
        InsideKind::ClassImbalance => {
            "judge by class, since accuracy hides a class that is rare, and weigh the classes"
        }
        InsideKind::ClassNeverPredicted => {
            "check that its labels are right; then more samples of it, longer training, or weights \
             for the classes"
        }
    }
}

/// A line that does it.
pub fn paste(kind: InsideKind, target: Target, setting: &Setting) -> String {
    use InsideKind::*;
    let line = match (kind, target) {
        (UpdateTooLarge, target) => return setting.at_rate(0.1, 1e-4, target),
        (UpdateTooSmall | UnchangedWeights, target) => return setting.at_rate(10.0, 1e-3, target),
        (LossDoesNotFall, target) => return setting.other_rate(target),
        (DeadRelu, Target::Wellfit) => r#"{ type = "leaky-relu" },  # in model.layers"#,
        (DeadRelu, Target::Keras) => "keras.layers.LeakyReLU(negative_slope=0.01)",
        (DeadRelu, Target::PyTorch) => "torch.nn.LeakyReLU(0.01)",
        (Saturated, Target::Wellfit) => r#"{ type = "relu" },  # in model.layers"#,
        (Saturated, Target::Keras) => "keras.layers.ReLU()",
        (Saturated, Target::PyTorch) => "torch.nn.ReLU()",
        (VanishingGradient, Target::Wellfit) => r#"{ type = "layer-norm" },  # in model.layers"#,
        (VanishingGradient, Target::Keras) => "keras.layers.LayerNormalization()",
        (VanishingGradient, Target::PyTorch) => {
            "torch.nn.LayerNorm(units)  # as many as the layer before it gives"
        }
        (ExplodingGradient, Target::Wellfit) => "clip_grad_norm = 1.0",
        (ExplodingGradient, Target::Keras) => {
            "keras.optimizers.Adam(learning_rate=1e-4, global_clipnorm=1.0)"
        }
        (ExplodingGradient, Target::PyTorch) => {
            "torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)"
        }
        (PoorInitialisation, Target::Wellfit) => {
            r#"{ type = "batch-norm" },  # in model.layers, as the first"#
        }
        (PoorInitialisation, Target::Keras) => {
            r#"keras.layers.Dense(units, kernel_initializer="he_normal")"#
        }
        (PoorInitialisation, Target::PyTorch) => {
            r#"torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")"#
        }
        (ClassImbalance | ClassNeverPredicted, Target::Wellfit) => {
            r#"loss = { type = "cross-entropy", class_weights = "balanced" }"#
        }
        (ClassImbalance | ClassNeverPredicted, Target::Keras) => {
            "model.fit(x, y, class_weight=dict(enumerate(len(y) / len(n) / n)))  # n = numpy.bincount(y)"
        }
        (ClassImbalance | ClassNeverPredicted, Target::PyTorch) => {
            "torch.nn.CrossEntropyLoss(weight=len(y) / len(n) / n)  # n = torch.bincount(y)"
        }
    };
    line.to_owned()
}
