//! The tensors of a network: their names, shapes and places.

use std::fmt;

use crate::{Layer, Spec, Window};

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

impl Spec {
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
}
