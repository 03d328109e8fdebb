//! What is to be trained: the network, its objective and its optimiser, checked
//! once. A [`Spec`] that was built is one that an engine can run.

mod error;
mod settings;
mod walk;

use crate::{
    Layer, LayerPath, Loss, Measure, Optimizer, Penalty, PenaltyKind, PenaltyOn, Precision, Shape,
};

pub use error::SpecError;
pub(crate) use error::require;
pub use settings::check_settings;

/// Everything an engine needs to know before it sees data.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// What a sample looks like.
    pub input: Shape,
    /// Number of classes or targets; the network must give as many values.
    pub outputs: usize,
    /// The network, from input to outputs.
    pub layers: Vec<Layer>,
    /// What is trained on: cross-entropy for classes, the others for numbers.
    pub loss: Loss,
    /// What samples are measured by in an evaluation; the training loss without
    /// smoothing and weights when `None`.
    pub measure: Option<Measure>,
    /// The optimiser.
    pub optimizer: Optimizer,
    /// Added to the loss.
    pub penalties: Vec<Penalty>,
    /// The gradient of the objective, over all parameters, is scaled down to this
    /// norm: by min(1, c/(‖g‖ + 1e-6)), before weight decay.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html>
    pub clip_grad_norm: Option<f64>,
    /// After each step the weights that come into a unit (a row of a linear layer's weight,
    /// a filter of a convolution) are scaled down to this norm, w·c/‖w‖ where ‖w‖ > c;
    /// biases and norms are left alone.
    /// (N. Srivastava et al., *Dropout: A simple way to prevent neural networks from
    /// overfitting*, JMLR 15, 2014.)
    pub max_norm: Option<f64>,
    /// What is multiplied in training.
    pub precision: Precision,
    /// Whether an average of the weights is kept besides them; see
    /// [`StepSettings::average`](crate::StepSettings).
    pub average: bool,
    /// Samples a step, at least 1.
    pub batch_size: usize,
    /// Whether a last batch with fewer samples is left out.
    pub drop_last: bool,
    /// Decides initial weights, dropout masks and order.
    pub seed: u64,
}

/// No network may hold more values than this (8 GiB of float32 weights), nor any
/// sample on its way through it.
pub const MAX_PARAMETERS: u128 = 1 << 31;

impl Spec {
    /// A network with everything else at its default: cross-entropy by Adam in batches
    /// of 32, no penalties, seed 0.
    pub fn new(input: Shape, outputs: usize, layers: Vec<Layer>) -> Self {
        Spec {
            input,
            outputs,
            layers,
            loss: Loss::CROSS_ENTROPY,
            measure: None,
            optimizer: Optimizer::ADAM,
            penalties: Vec::new(),
            clip_grad_norm: None,
            max_norm: None,
            precision: Precision::F32,
            average: false,
            batch_size: 32,
            drop_last: false,
            seed: 0,
        }
    }

    /// What samples are measured by in an evaluation.
    pub fn measure(&self) -> Measure {
        self.measure.unwrap_or(self.loss.measure())
    }

    /// Whether the penalties read Σ|w| and Σw² of a weight (else: of another
    /// parameter).
    pub fn sums(&self, is_weight: bool) -> [bool; 2] {
        let mut covering = self.penalties.iter().filter(|p| is_weight || p.on == PenaltyOn::All);
        [
            covering.clone().any(|p| p.kind == PenaltyKind::L1),
            covering.any(|p| p.kind != PenaltyKind::L1),
        ]
    }

    /// How many values are kept for each trained weight, by name: the optimiser's,
    /// and the average.
    pub fn slots(&self) -> impl Iterator<Item = &'static str> {
        self.optimizer.slots().iter().copied().chain(self.average.then_some("average"))
    }

    /// Whether a layer's statistics depend on the batch.
    pub fn has_batch_norm(&self) -> bool {
        fn any(layers: &[Layer]) -> bool {
            layers.iter().any(|l| matches!(l, Layer::BatchNorm) || any(l.inner()))
        }
        any(&self.layers)
    }

    /// The first batch norm that takes one value of each sample for a channel: over
    /// features, or over images of one pixel. It cannot be trained on a batch of one
    /// sample, whose values have no variance.
    pub fn batch_norm_over_samples(&self) -> Option<LayerPath> {
        let mut found = None;
        let walked = self.walk(&mut |visit| {
            let shape = visit.given.shape;
            if matches!(visit.layer, Layer::BatchNorm) && shape.len() == shape.channels() {
                found.get_or_insert_with(|| visit.path.clone());
            }
            Ok(())
        });
        walked.expect("a checked spec");
        found
    }

    /// What this network has beyond linear layers and what is done value by value, or a
    /// rule that needs the whole gradient at once: what the fused engine does not do.
    pub(crate) fn beyond_dense(&self) -> Option<&'static str> {
        let beyond = |layer: &&Layer| {
            !matches!(layer, Layer::Linear { .. } | Layer::Activation(_) | Layer::Dropout { .. })
        };
        let clips = self.clip_grad_norm.map(|_| "clip_grad_norm");
        self.layers.iter().find(beyond).map(Layer::name).or(clips)
    }

    /// Checks every setting and shape.
    pub fn check(&self) -> Result<(), SpecError> {
        let values = self.input.len() as f64;
        let ok = (1.0..=MAX_PARAMETERS as f64).contains(&values);
        require("values in a sample", "from 1 to 2^31", values, ok)?;
        self.check_layers()?;
        self.loss.check(self.outputs)?;
        let measure = self.measure();
        Loss::from(measure).check(self.outputs)?;
        if measure.is_classification() != self.loss.is_classification() {
            let (loss, measure) = (self.loss.name(), measure.name());
            return Err(SpecError::Measure { loss, measure });
        }
        let size = self.batch_size as f64;
        require("batch_size", "at least 1", size, self.batch_size >= 1)?;
        self.optimizer.check()?;
        for penalty in &self.penalties {
            penalty.check()?;
        }
        if self.precision == Precision::Bf16
            && let Some(found) = self.beyond_dense()
        {
            return Err(SpecError::Precision { found });
        }
        let clip = self.clip_grad_norm.unwrap_or(1.0);
        require("clip_grad_norm", "above 0", clip, clip > 0.0 && clip.is_finite())?;
        let most = self.max_norm.unwrap_or(1.0);
        require("max_norm", "above 0", most, most > 0.0 && most.is_finite())
    }

    fn check_layers(&self) -> Result<(), SpecError> {
        let mut total = 0u128;
        check_settings(&self.layers)?;
        let out = self.walk(&mut |visit| {
            let (layer, name) = (&visit.path, visit.layer.name());
            if let Some((inputs, out, bias)) = visit.weights() {
                let wanted = inputs as u128 * out as u128;
                total += wanted + if bias { out as u128 } else { 0 };
                if total > MAX_PARAMETERS {
                    let (layer, limit) = (layer.clone(), MAX_PARAMETERS);
                    return Err(SpecError::TooLarge { layer, name, inputs, out, wanted, limit });
                }
            }
            Ok(())
        })?;
        if out == Shape::Flat(self.outputs) {
            return Ok(());
        }
        // Behind the layer that decides, all keep the shape.
        let decides = |layer: &Layer| {
            use Layer::{AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d};
            matches!(
                layer,
                Linear { .. } | Conv2d { .. } | MaxPool2d { .. } | AvgPool2d { .. } | Flatten
            )
        };
        let last = self.layers.iter().rposition(decides).unwrap_or(self.layers.len() - 1);
        let (layer, name) = (LayerPath(vec![last]), self.layers[last].name());
        let (wanted, classes) = (self.outputs, self.loss.is_classification());
        let advice = match self.layers[last] {
            Layer::Linear { .. } => format!("set out = {wanted}"),
            _ if out.len() == wanted => "put { type = \"flatten\" } at the end".into(),
            _ => {
                let flatten = if let Shape::Image { .. } = out { "flatten and " } else { "" };
                format!("end with {flatten}a linear layer with out = {wanted}")
            }
        };
        Err(SpecError::Outputs { layer, name, out, wanted, classes, advice })
    }

    /// Values that a step keeps of a sample: the input, and what each layer gives. The
    /// channels of an image that was computed are stored in sixteens; what activations,
    /// dropouts and flatten do is done in place. Every value but the input has a
    /// gradient of the same size besides.
    pub fn activations(&self) -> usize {
        let mut all = self.input.len();
        let walked = self.walk(&mut |visit| {
            let in_place = matches!(
                visit.layer,
                Layer::Activation(_) | Layer::Dropout { .. } | Layer::Flatten
            );
            if !in_place && let Ok(gives) = visit.given.through(visit.layer) {
                all = all.saturating_add(gives.columns.width());
            }
            Ok(())
        });
        walked.expect("a checked spec");
        all
    }

    /// Steps in an epoch over `samples` samples.
    pub fn steps(&self, samples: usize) -> usize {
        if self.drop_last { samples / self.batch_size } else { samples.div_ceil(self.batch_size) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Window;

    #[test]
    fn a_step_keeps_the_input_and_what_every_layer_gives_but_those_that_work_in_place() {
        let linear = |out| Layer::Linear { out, bias: true };
        let conv = |out| Layer::Conv2d { out, window: Window::square(3, 1, 1), bias: true };
        let pool = || Layer::MaxPool2d { window: Window::square(2, 2, 0) };
        let image = Shape::Image { channels: 3, height: 8, width: 8 };
        let dropout = || Layer::Dropout { p: 0.5 };
        let kept = |input, layers| Spec::new(input, 10, layers).activations();
        for (found, wanted) in [
            (
                kept(Shape::Flat(784), vec![linear(1000), Layer::RELU, dropout(), linear(10)]),
                784 + 1000 + 10,
            ),
            // 20 channels take 32, but a linear layer's features are as many as they are.
            (
                kept(image, vec![conv(20), Layer::RELU, pool(), Layer::Flatten, linear(10)]),
                3 * 64 + 32 * 64 + 32 * 16 + 10,
            ),
            (
                kept(image, vec![Layer::BatchNorm, Layer::Flatten, linear(10)]),
                3 * 64 + 16 * 64 + 10,
            ),
            (
                kept(
                    Shape::Flat(7),
                    vec![
                        Layer::Residual { layers: vec![linear(7), Layer::LayerNorm, Layer::RELU] },
                        linear(10),
                    ],
                ),
                7 + 7 + 7 + 7 + 10,
            ),
        ] {
            assert_eq!(found, wanted);
        }
    }
}
