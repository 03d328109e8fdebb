//! What is to be trained: the network, its objective and its optimiser, checked
//! once. A [`Spec`] that was built is one that an engine can run.

use std::fmt;

use thiserror::Error;

use crate::layer::Flow;
use crate::{Activation, Layer, LayerError, Loss, Measure, Shape, Window};

/// How gradients become steps. The learning rate is an argument of each epoch,
/// because schedules move it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimizer {
    /// w −= (lr/(1−β₁ᵗ))·m / (√v/√(1−β₂ᵗ) + eps). Weight decay is coupled
    /// (g += λw before the moments), or decoupled, as AdamW has it (first w −= lr·λw).
    /// <https://pytorch.org/docs/stable/generated/torch.optim.Adam.html>
    /// <https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html>
    Adam {
        /// β₁ and β₂, each in [0, 1).
        betas: (f64, f64),
        /// Added to the root, above 0.
        eps: f64,
        /// λ, at least 0.
        weight_decay: f64,
        /// Whether the decay goes past the moments.
        decoupled: bool,
    },
    /// g += λw; v = αv + (1−α)g²; w −= lr·g / (√v + eps).
    /// <https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html>
    RmsProp {
        /// α in [0, 1).
        alpha: f64,
        /// Added to the root, above 0.
        eps: f64,
        /// λ, at least 0.
        weight_decay: f64,
    },
    /// g += λw; buf = g at the first step, then μ·buf + g; step along g + μ·buf
    /// (Nesterov) or buf.
    /// <https://pytorch.org/docs/stable/generated/torch.optim.SGD.html>
    Sgd {
        /// μ in [0, 1); 0 keeps no buffer.
        momentum: f64,
        /// Nesterov's variant; needs momentum above 0.
        nesterov: bool,
        /// λ, at least 0.
        weight_decay: f64,
    },
}

impl Optimizer {
    /// Adam with PyTorch's settings.
    pub const ADAM: Optimizer =
        Optimizer::Adam { betas: (0.9, 0.999), eps: 1e-8, weight_decay: 0.0, decoupled: false };

    /// λ of weight decay.
    pub fn weight_decay(&self) -> f64 {
        match *self {
            Optimizer::Adam { weight_decay, .. }
            | Optimizer::RmsProp { weight_decay, .. }
            | Optimizer::Sgd { weight_decay, .. } => weight_decay,
        }
    }

    /// The same with another momentum (for Adam: β₁), if one is given.
    pub(crate) fn with_momentum(mut self, moved: Option<f64>) -> Self {
        if let Some(moved) = moved {
            match &mut self {
                Optimizer::Adam { betas, .. } => betas.0 = moved,
                Optimizer::Sgd { momentum, .. } => *momentum = moved,
                Optimizer::RmsProp { .. } => {}
            }
        }
        self
    }

    /// How many values the optimiser keeps for each weight, by name.
    pub fn slots(&self) -> &'static [&'static str] {
        match self {
            Optimizer::Adam { .. } => &["exp_avg", "exp_avg_sq"],
            Optimizer::RmsProp { .. } => &["square_avg"],
            Optimizer::Sgd { momentum, .. } if *momentum > 0.0 => &["momentum_buffer"],
            Optimizer::Sgd { .. } => &[],
        }
    }
}

/// A term added to the objective; its gradient goes through the optimiser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Penalty {
    /// Which formula.
    pub kind: PenaltyKind,
    /// λ, at least 0.
    pub lambda: f64,
    /// Which tensors.
    pub on: PenaltyOn,
}

/// A penalty's formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PenaltyKind {
    /// λΣ|w|, subgradient 0 at 0.
    L1,
    /// λΣw², gradient 2λw.
    L2,
    /// λΣ‖tensor‖₂ (the norm, not its square), gradient λw/‖w‖, 0 for a zero tensor.
    L2Norm,
}

/// What a penalty covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PenaltyOn {
    /// Weights and biases.
    #[default]
    All,
    /// Weights of linear layers and convolutions only.
    Weights,
}

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

/// What the numbers are rounded to before they are multiplied in training. Sums, weights
/// and the optimiser's values are float32, and so is all of an evaluation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Nothing: float32.
    #[default]
    F32,
    /// bfloat16: the same range with 8 bits of precision. For networks of linear layers,
    /// activations and dropout without clipping, on processors with AVX512-BF16. The
    /// last layer, which is small, stays float32.
    Bf16,
}

impl Precision {
    /// The name in the plan file.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
        }
    }
}

/// Where a layer is: its index in the list, then in the residual's list, and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LayerPath(pub Vec<usize>);

impl LayerPath {
    /// The index in the outermost list.
    pub fn top(&self) -> usize {
        self.0[0]
    }

    /// Layer `index` of the list inside this one.
    pub(crate) fn join(&self, index: usize) -> Self {
        LayerPath(self.0.iter().copied().chain([index]).collect())
    }

    /// As the plan file has it: `3.layers.0`.
    pub fn key(&self) -> String {
        self.joined(".layers.")
    }

    fn joined(&self, by: &str) -> String {
        self.0.iter().map(usize::to_string).collect::<Vec<_>>().join(by)
    }
}

/// As PyTorch names it: `3.0`.
impl fmt::Display for LayerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.joined("."))
    }
}

/// A tensor of a network, by PyTorch's name and layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterInfo {
    /// As in `torch.nn.Sequential`: `1.weight`, `1.bias`, `3.0.running_mean`.
    pub name: String,
    /// Which layer.
    pub layer: LayerPath,
    /// Such as `[out, in]` for a weight, `[out]` for a bias.
    pub shape: Vec<usize>,
    /// Values that feed one unit of this layer; 0 where nothing is drawn at random.
    pub fan_in: usize,
    /// What it is for.
    pub role: Role,
}

/// What a tensor is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Weights of a linear layer or a convolution.
    Weight,
    /// A bias, or a normalisation's weight: trained like weights, but left out by
    /// penalties on weights only.
    Other,
    /// Not trained: batch norm's running statistics.
    Buffer,
}

impl ParameterInfo {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are no values (never, in a checked spec).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether these are weights of a linear layer or a convolution.
    pub fn is_weight(&self) -> bool {
        self.role == Role::Weight
    }

    /// Whether the optimiser moves it.
    pub fn is_trained(&self) -> bool {
        self.role != Role::Buffer
    }
}

/// Why a [`Spec`] cannot be run. Layers are numbered from 0, as in `1.weight`.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum SpecError {
    /// Nothing to train.
    #[error("the network has no linear layer and no convolution, so there is nothing to train")]
    NoWeights,
    /// The last layer does not give one value a class or target.
    #[error(
        "layer {layer} ({name}) gives {}, but the data have {wanted} {}: {advice}",
        outputs(out), noun(*wanted, *classes)
    )]
    Outputs {
        /// The last layer that decides what comes out.
        layer: LayerPath,
        /// Its name.
        name: &'static str,
        /// What comes out.
        out: Shape,
        /// What the data need.
        wanted: usize,
        /// Whether these are classes; else targets.
        classes: bool,
        /// What would be right.
        advice: String,
    },
    /// A layer that cannot take what it is given.
    #[error("layer {layer} ({name}) {error}")]
    Layer {
        /// Which layer.
        layer: LayerPath,
        /// Its name.
        name: &'static str,
        /// Why.
        error: Box<LayerError>,
    },
    /// bfloat16 for what it cannot do.
    #[error(
        "precision \"bf16\" is for networks of linear layers, activations and dropout without clip_grad_norm, but this one has {found}: set precision = \"f32\""
    )]
    Precision {
        /// What stands against it.
        found: &'static str,
    },
    /// A parameter count that does not fit into memory.
    #[error(
        "layer {layer} ({name}) would hold {wanted} weights ({inputs} inputs × {out} units); the limit is {limit}"
    )]
    TooLarge {
        /// Which layer.
        layer: LayerPath,
        /// Its name.
        name: &'static str,
        /// Inputs of a unit.
        inputs: usize,
        /// Its units.
        out: usize,
        /// Weights it would hold.
        wanted: u128,
        /// Weights a network may hold.
        limit: u128,
    },
    /// A layer's setting out of range.
    #[error("layer {layer} ({name}): {key} must be {range}, not {value}")]
    LayerRange {
        /// Which layer.
        layer: LayerPath,
        /// Its name.
        name: &'static str,
        /// Which setting.
        key: &'static str,
        /// What would be right.
        range: &'static str,
        /// What it is.
        value: f64,
    },
    /// Class weights for another number of classes.
    #[error("there are {found} class weights, but the data have {classes} classes")]
    ClassWeights {
        /// How many there are.
        found: usize,
        /// How many there should be.
        classes: usize,
    },
    /// Classes measured as numbers, or the reverse.
    #[error("a network that trains by {loss} cannot be measured by {measure}")]
    Measure {
        /// The training loss's name.
        loss: &'static str,
        /// The measure's.
        measure: &'static str,
    },
    /// A setting out of range.
    #[error("{what} must be {range}, not {value}")]
    Range {
        /// Which setting.
        what: String,
        /// What would be right.
        range: &'static str,
        /// What it is.
        value: f64,
    },
}

fn outputs(out: &Shape) -> String {
    match out {
        Shape::Flat(n) => format!("{n} outputs"),
        Shape::Image { .. } => format!("an image of {out}"),
    }
}

fn noun(n: usize, classes: bool) -> &'static str {
    match (classes, n) {
        (true, 1) => "class",
        (true, _) => "classes",
        (false, 1) => "target",
        (false, _) => "targets",
    }
}

/// No network may hold more values than this (8 GiB of float32 weights), nor any
/// sample on its way through it.
pub const MAX_PARAMETERS: u128 = 1 << 31;

/// A layer among all, outermost and inner, in the order of computation.
#[derive(Clone, Debug)]
pub(crate) struct Visit<'a> {
    pub path: LayerPath,
    pub layer: &'a Layer,
    /// What it is given.
    pub given: Flow,
}

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

    /// Checks every setting and shape.
    pub fn check(&self) -> Result<(), SpecError> {
        let range = |what: String, range, value: f64, ok: bool| {
            if ok { Ok(()) } else { Err(SpecError::Range { what, range, value }) }
        };
        let values = self.input.len() as f64;
        let ok = (1.0..=MAX_PARAMETERS as f64).contains(&values);
        range("values in a sample".into(), "from 1 to 2^31", values, ok)?;
        self.check_layers()?;
        self.loss.check(self.outputs)?;
        let measure = self.measure();
        Loss::from(measure).check(self.outputs)?;
        if measure.is_classification() != self.loss.is_classification() {
            let (loss, measure) = (self.loss.name(), measure.name());
            return Err(SpecError::Measure { loss, measure });
        }
        let size = self.batch_size as f64;
        range("batch_size".into(), "at least 1", size, self.batch_size >= 1)?;
        match self.optimizer {
            Optimizer::Adam { betas, eps, .. } => {
                for (name, beta) in [("betas[0]", betas.0), ("betas[1]", betas.1)] {
                    let ok = (0.0..1.0).contains(&beta);
                    range(format!("optimizer {name}"), "at least 0 and below 1", beta, ok)?;
                }
                let ok = eps > 0.0 && eps.is_finite();
                range("optimizer eps".into(), "above 0", eps, ok)?;
            }
            Optimizer::RmsProp { alpha, eps, .. } => {
                let ok = (0.0..1.0).contains(&alpha);
                range("optimizer alpha".into(), "at least 0 and below 1", alpha, ok)?;
                let ok = eps > 0.0 && eps.is_finite();
                range("optimizer eps".into(), "above 0", eps, ok)?;
            }
            Optimizer::Sgd { momentum, nesterov, .. } => {
                let ok = (0.0..1.0).contains(&momentum);
                range("optimizer momentum".into(), "at least 0 and below 1", momentum, ok)?;
                let ok = !nesterov || momentum > 0.0;
                range("optimizer momentum".into(), "above 0 with nesterov", momentum, ok)?;
            }
        }
        let decay = self.optimizer.weight_decay();
        let finite = |x: f64| x >= 0.0 && x.is_finite();
        range("optimizer weight_decay".into(), "at least 0", decay, finite(decay))?;
        for Penalty { lambda, .. } in &self.penalties {
            range("penalty lambda".into(), "at least 0", *lambda, finite(*lambda))?;
        }
        if self.precision == Precision::Bf16 {
            let plain = |layer: &&Layer| {
                !matches!(
                    layer,
                    Layer::Linear { .. } | Layer::Activation(_) | Layer::Dropout { .. }
                )
            };
            let clips = self.clip_grad_norm.map(|_| "clip_grad_norm");
            let other = self.layers.iter().find(plain).map(Layer::name).or(clips);
            if let Some(found) = other {
                return Err(SpecError::Precision { found });
            }
        }
        let clip = self.clip_grad_norm.unwrap_or(1.0);
        range("clip_grad_norm".into(), "above 0", clip, clip > 0.0 && clip.is_finite())?;
        Ok(())
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

    /// Shows `see` every layer in the order of computation, a residual before its
    /// inner layers; returns what the network gives.
    pub(crate) fn walk(
        &self,
        see: &mut impl FnMut(&Visit<'_>) -> Result<(), SpecError>,
    ) -> Result<Shape, SpecError> {
        let flow = Flow::start(self.input);
        Ok(walk(&self.layers, &LayerPath::default(), flow, see)?.shape)
    }

    /// All tensors in order of the layers and by PyTorch's names: weight, bias,
    /// running statistics.
    pub fn parameters(&self) -> Vec<ParameterInfo> {
        let mut all = Vec::new();
        let walked = self.walk(&mut |visit| {
            let mut push = |what: &str, shape: Vec<usize>, fan_in, role| {
                let (name, layer) = (format!("{}.{what}", visit.path), visit.path.clone());
                all.push(ParameterInfo { name, layer, shape, fan_in, role });
            };
            let norm = visit.given.shape.channels();
            match *visit.layer {
                Layer::Linear { out, bias } => {
                    let inputs = visit.given.shape.len();
                    push("weight", vec![out, inputs], inputs, Role::Weight);
                    if bias {
                        push("bias", vec![out], inputs, Role::Other);
                    }
                }
                Layer::Conv2d { out, window: Window { kernel: [height, width], .. }, bias } => {
                    let fan_in = norm * height * width;
                    push("weight", vec![out, norm, height, width], fan_in, Role::Weight);
                    if bias {
                        push("bias", vec![out], fan_in, Role::Other);
                    }
                }
                Layer::BatchNorm => {
                    push("weight", vec![norm], 0, Role::Other);
                    push("bias", vec![norm], 0, Role::Other);
                    push("running_mean", vec![norm], 0, Role::Buffer);
                    push("running_var", vec![norm], 0, Role::Buffer);
                    push("num_batches_tracked", vec![], 0, Role::Buffer);
                }
                Layer::LayerNorm => {
                    push("weight", vec![norm], 0, Role::Other);
                    push("bias", vec![norm], 0, Role::Other);
                }
                _ => {}
            }
            Ok(())
        });
        walked.expect("a checked spec");
        all
    }

    /// The tensors that the optimiser moves, in order.
    pub fn trained(&self) -> Vec<ParameterInfo> {
        self.parameters().into_iter().filter(ParameterInfo::is_trained).collect()
    }

    /// Steps in an epoch over `samples` samples.
    pub fn steps(&self, samples: usize) -> usize {
        if self.drop_last { samples / self.batch_size } else { samples.div_ceil(self.batch_size) }
    }
}

fn walk(
    layers: &[Layer],
    path: &LayerPath,
    mut flow: Flow,
    see: &mut impl FnMut(&Visit<'_>) -> Result<(), SpecError>,
) -> Result<Flow, SpecError> {
    for (i, layer) in layers.iter().enumerate() {
        let visit = Visit { path: path.join(i), layer, given: flow };
        see(&visit)?;
        let refused = |error| {
            let (layer, name, error) = (visit.path.clone(), layer.name(), Box::new(error));
            SpecError::Layer { layer, name, error }
        };
        let after = flow.through(layer).map_err(refused)?;
        if let Layer::Residual { layers } = layer {
            let gives = walk(layers, &visit.path, flow.taken(), see)?.shape;
            if gives != flow.shape {
                return Err(refused(LayerError::Residual { given: flow.shape, gives }));
            }
        }
        if after.shape.len() as u128 > MAX_PARAMETERS {
            return Err(refused(LayerError::TooMany { gives: after.shape, limit: MAX_PARAMETERS }));
        }
        flow = after;
    }
    Ok(flow)
}

impl Visit<'_> {
    /// Inputs of a unit, units, and whether they have biases.
    pub fn weights(&self) -> Option<(usize, usize, bool)> {
        match *self.layer {
            Layer::Linear { out, bias } => Some((self.given.shape.len(), out, bias)),
            Layer::Conv2d { out, window, bias } => {
                let [height, width] = window.kernel;
                let taps = height.saturating_mul(width);
                Some((self.given.shape.channels().saturating_mul(taps), out, bias))
            }
            _ => None,
        }
    }
}

/// Checks what can be said of layers before their data are known: each one's own
/// settings.
pub fn check_settings(layers: &[Layer]) -> Result<(), SpecError> {
    fn all(layers: &[Layer], path: &LayerPath) -> Result<(), SpecError> {
        for (i, layer) in layers.iter().enumerate() {
            let path = path.join(i);
            check_layer(layer, &path)?;
            all(layer.inner(), &path)?;
        }
        Ok(())
    }
    fn has_weights(layer: &Layer) -> bool {
        matches!(layer, Layer::Linear { .. } | Layer::Conv2d { .. })
            || layer.inner().iter().any(has_weights)
    }
    all(layers, &LayerPath::default())?;
    if layers.iter().any(has_weights) { Ok(()) } else { Err(SpecError::NoWeights) }
}

fn check_layer(layer: &Layer, path: &LayerPath) -> Result<(), SpecError> {
    let require = |key, range, value: f64, ok: bool| {
        let (layer, name) = (path.clone(), layer.name());
        if ok { Ok(()) } else { Err(SpecError::LayerRange { layer, name, key, range, value }) }
    };
    let positive = |key, pair: [usize; 2]| {
        let least = pair[0].min(pair[1]);
        require(key, "at least 1", least as f64, least >= 1)
    };
    match *layer {
        Layer::Linear { out, .. } => require("out", "at least 1", out as f64, out >= 1),
        Layer::Conv2d { out, window, .. } => {
            require("out", "at least 1", out as f64, out >= 1)?;
            positive("kernel", window.kernel)?;
            positive("stride", window.stride)
        }
        Layer::MaxPool2d { window } | Layer::AvgPool2d { window } => {
            positive("kernel", window.kernel)?;
            positive("stride", window.stride)?;
            let most = window.padding[0].max(window.padding[1]);
            require("padding", "0", most as f64, most == 0)
        }
        Layer::Activation(Activation::LeakyRelu { slope }) => {
            require("slope", "at least 0", slope, slope >= 0.0 && slope.is_finite())
        }
        Layer::Dropout { p } => require("p", "from 0 to 1", p, (0.0..=1.0).contains(&p)),
        _ => Ok(()),
    }
}
