//! The layers of a network: their settings, and what each makes of a shape.

use std::fmt;

use thiserror::Error;

use crate::random::Columns;
use crate::{Activation, Shape};

/// A layer of a sequential network.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// y = x·Wᵀ + b with W of shape [out, in]; `bias = false` leaves b out.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.Linear.html>
    Linear {
        /// Number of output units, at least 1.
        out: usize,
        /// Whether b is there.
        bias: bool,
    },
    /// A cross-correlation with W of shape [out, in, height, width] over an image
    /// with zeros around it.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html>
    Conv2d {
        /// Number of output channels, at least 1.
        out: usize,
        /// Where its windows lie.
        window: Window,
        /// Whether each output channel has a bias.
        bias: bool,
    },
    /// The largest value of each window.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html>
    MaxPool2d {
        /// Where the windows lie; no padding.
        window: Window,
    },
    /// The mean of each window.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html>
    AvgPool2d {
        /// Where the windows lie; no padding.
        window: Window,
    },
    /// An image as features: channel after channel, in each row after row.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html>
    Flatten,
    /// (x − mean)/√(variance + 1e-5)·w + b by feature or channel: over the batch in
    /// training, with running averages (momentum 0.1) in evaluation.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html>
    BatchNorm,
    /// The same over the features of each sample, in training and evaluation alike.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html>
    LayerNorm,
    /// A function applied to every value.
    Activation(Activation),
    /// In training x·mask/(1−p) with mask ~ Bernoulli(1−p), new for every element
    /// and step; in evaluation x. p = 0 changes nothing, p = 1 gives zeros.
    /// <https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html>
    Dropout {
        /// Probability of a zero, in [0, 1].
        p: f64,
    },
    /// x + f(x), where f are these layers, which keep the shape.
    /// <https://arxiv.org/abs/1512.03385>
    Residual {
        /// f.
        layers: Vec<Layer>,
    },
}

/// Windows over an image. Pairs are [rows, columns].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Size, each at least 1.
    pub kernel: [usize; 2],
    /// From a window to the next, each at least 1.
    pub stride: [usize; 2],
    /// Zeros around the image.
    pub padding: [usize; 2],
}

impl Window {
    /// Square windows.
    pub fn square(kernel: usize, stride: usize, padding: usize) -> Self {
        Window { kernel: [kernel; 2], stride: [stride; 2], padding: [padding; 2] }
    }

    /// How many windows fit [height, width]; `None` where not even one does.
    pub fn count(&self, size: [usize; 2]) -> Option<[usize; 2]> {
        let along = |axis: usize| {
            let padded = self.padding[axis].checked_mul(2)?.checked_add(size[axis])?;
            Some(padded.checked_sub(self.kernel[axis])? / self.stride[axis] + 1)
        };
        Some([along(0)?, along(1)?])
    }
}

/// `3×3, stride 1×1, padding 1×1`.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Window { kernel, stride, padding } = self;
        write!(f, "{}×{}, stride {}×{}", kernel[0], kernel[1], stride[0], stride[1])?;
        if *padding != [0, 0] {
            write!(f, ", padding {}×{}", padding[0], padding[1])?;
        }
        Ok(())
    }
}

/// A layer that cannot take what it is given.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum LayerError {
    /// An image layer behind features.
    #[error(
        "takes an image, but is given {given}: only image data have one, and flatten and \
         linear layers end it"
    )]
    NoImage {
        /// What it is given.
        given: Shape,
    },
    /// A linear layer or a layer norm on an image.
    #[error(
        "takes features, but is given an image of {given}: put {{ type = \"flatten\" }} before it"
    )]
    NotFlat {
        /// What it is given.
        given: Shape,
    },
    /// A window larger than the image with its padding.
    #[error("has a kernel of {}, which does not fit into {}", pair(.window.kernel), image(given, window))]
    Window {
        /// The window.
        window: Window,
        /// What it is given.
        given: Shape,
    },
    /// Residual layers that change the shape.
    #[error(
        "makes {gives} of {given}: x + f(x) needs inner layers that end with the shape they began with"
    )]
    Residual {
        /// What it is given.
        given: Shape,
        /// What its layers make of it.
        gives: Shape,
    },
    /// More values than any sample may have.
    #[error("gives {gives}: a sample may have at most {limit} values on its way")]
    TooMany {
        /// What would come out.
        gives: Shape,
        /// How many values it may have.
        limit: u128,
    },
}

fn pair([rows, columns]: [usize; 2]) -> String {
    format!("{rows}×{columns}")
}

fn image(given: &Shape, window: &Window) -> String {
    let padding = match window.padding {
        [0, 0] => String::new(),
        padding => format!(" with a padding of {}", pair(padding)),
    };
    format!("an image of {given}{padding}")
}

impl Layer {
    /// max(x, 0).
    pub const RELU: Layer = Layer::Activation(Activation::Relu);

    /// The name in the plan file.
    pub fn name(&self) -> &'static str {
        match self {
            Layer::Linear { .. } => "linear",
            Layer::Conv2d { .. } => "conv2d",
            Layer::MaxPool2d { .. } => "max-pool2d",
            Layer::AvgPool2d { .. } => "avg-pool2d",
            Layer::Flatten => "flatten",
            Layer::BatchNorm => "batch-norm",
            Layer::LayerNorm => "layer-norm",
            Layer::Activation(activation) => activation.name(),
            Layer::Dropout { .. } => "dropout",
            Layer::Residual { .. } => "residual",
        }
    }

    /// The layers inside.
    pub fn inner(&self) -> &[Layer] {
        match self {
            Layer::Residual { layers } => layers,
            _ => &[],
        }
    }
}

/// A value on its way through the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    pub shape: Shape,
    /// Still the input's own values: a linear layer flattens them by itself.
    pub input: bool,
    /// How dropout would number it.
    pub columns: Columns,
}

impl Flow {
    /// What comes in.
    pub fn start(shape: Shape) -> Self {
        Flow { shape, input: true, columns: Columns::Plain(shape.len()) }
    }

    /// The same, as a layer that computes with images or features takes it.
    pub fn taken(self) -> Self {
        let columns = match self.shape {
            Shape::Image { .. } => Columns::of(self.shape),
            Shape::Flat(_) => self.columns,
        };
        Flow { input: false, columns, ..self }
    }

    /// What `layer` gives when it is given this. A residual's inner layers are left
    /// to the caller: x + f(x) lies as x does.
    pub fn through(self, layer: &Layer) -> Result<Flow, LayerError> {
        let given = self.shape;
        let image = || match given {
            Shape::Image { channels, height, width } => Ok((channels, [height, width])),
            Shape::Flat(_) => Err(LayerError::NoImage { given }),
        };
        let windows =
            |window: Window, size| window.count(size).ok_or(LayerError::Window { window, given });
        let new = |shape| Ok(Flow { shape, input: false, columns: Columns::of(shape) });
        match *layer {
            Layer::Linear { out, .. } => match given {
                Shape::Image { .. } if !self.input => Err(LayerError::NotFlat { given }),
                _ => new(Shape::Flat(out)),
            },
            Layer::LayerNorm => match given {
                Shape::Image { .. } => Err(LayerError::NotFlat { given }),
                Shape::Flat(_) => Ok(self.taken()),
            },
            Layer::Conv2d { out, window, .. } => {
                let [height, width] = windows(window, image()?.1)?;
                new(Shape::Image { channels: out, height, width })
            }
            Layer::MaxPool2d { window } | Layer::AvgPool2d { window } => {
                let (channels, size) = image()?;
                let [height, width] = windows(window, size)?;
                new(Shape::Image { channels, height, width })
            }
            Layer::Flatten => Ok(Flow { shape: Shape::Flat(given.len()), input: false, ..self }),
            Layer::BatchNorm | Layer::Residual { .. } => Ok(self.taken()),
            Layer::Activation(_) | Layer::Dropout { .. } => Ok(self),
        }
    }
}
