//! `batch-size(n)` and `clip-grad-norm(c=…)`

use super::{Default, Group, Kind, Parameter, Remedy, Value};

pub(super) static BATCH_SIZE: Remedy = Remedy {
    name: "batch-size",
    group: Group::Rate,
    meaning: "trains with batches of another size, with as many epochs as before",
    formula: "gradient = mean over n samples; steps in an epoch = samples/n",
    helps: "small batches when the network overfits (their noise keeps it from sharp minima), \
            large ones when training is jagged or slow. The best learning rate moves with it",
    source: "N. Keskar et al., On large-batch training for deep learning, 2017, \
             https://arxiv.org/abs/1609.04836",
    parameters: &[Parameter {
        name: "n",
        kind: Kind::Count(1),
        default: Default::Required,
        meaning: "samples in a batch",
    }],
    usual: "batch-size(16)",
    range: Some("batch-size(8..128)"),
    strength: Some(0),
    falling: true,
    relative: false,
    apply: |arguments, plan| {
        plan.train.batch_size = arguments.count(0);
        Ok(())
    },
};

pub(super) static CLIP_GRAD_NORM: Remedy = Remedy {
    name: "clip-grad-norm",
    group: Group::Rate,
    meaning: "scales gradients down to a largest norm",
    formula: "g ← g·min(1, c/(‖g‖₂ + 10⁻⁶)), over all tensors together",
    helps: "when the loss jumps or diverges: rare, huge gradients then no longer throw the \
            weights away. It is no cure for overfitting",
    source: "R. Pascanu, T. Mikolov, Y. Bengio, On the difficulty of training recurrent neural \
             networks, 2013, https://arxiv.org/abs/1211.5063; \
             https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html",
    parameters: &[Parameter {
        name: "c",
        kind: Kind::Positive,
        default: Default::Is(Value::Number(1.0)),
        meaning: "the largest norm",
    }],
    usual: "clip-grad-norm",
    range: Some("clip-grad-norm(0.1..10)"),
    strength: Some(0),
    falling: true,
    relative: false,
    apply: |arguments, plan| {
        plan.train.clip_grad_norm = Some(arguments.number(0));
        Ok(())
    },
};
