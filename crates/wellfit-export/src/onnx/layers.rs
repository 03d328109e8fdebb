//! The network's layers as nodes, in evaluation mode: dropout is left out, batch norm
//! takes its running statistics.

use wellfit_nn::{Activation, Layer, LayerPath, ParameterInfo, Window};

use super::graph::{Attribute, Graph};
use crate::{ExportError, Model};

/// What both normalisations add to a variance.
const EPSILON: f32 = 1e-5;

/// The whole network; the name of what it gives. `flat` says whether features come in,
/// not images.
pub fn network(
    graph: &mut Graph,
    model: &Model,
    x: &str,
    flat: bool,
) -> Result<String, ExportError> {
    let infos = model.spec.parameters();
    let mut walk = Walk { graph, model, infos: &infos };
    let (x, flat) = walk.layers(&model.spec.layers, &[], x.to_owned(), flat)?;
    // A network without a linear layer may end with channels of one pixel, behind flatten.
    debug_assert!(flat, "a checked network ends with features");
    Ok(x)
}

struct Walk<'a, 'b> {
    graph: &'a mut Graph,
    model: &'a Model<'b>,
    infos: &'a [ParameterInfo],
}

impl Walk<'_, '_> {
    fn layers(
        &mut self,
        layers: &[Layer],
        path: &[usize],
        mut x: String,
        mut flat: bool,
    ) -> Result<(String, bool), ExportError> {
        for (index, layer) in layers.iter().enumerate() {
            let path = LayerPath([path, &[index]].concat());
            self.graph.at(format!("layers/{path}"));
            (x, flat) = self.layer(layer, &path, x, flat)?;
        }
        Ok((x, flat))
    }

    /// What a layer gives, and whether that is features.
    fn layer(
        &mut self,
        layer: &Layer,
        path: &LayerPath,
        x: String,
        flat: bool,
    ) -> Result<(String, bool), ExportError> {
        let gives = match layer {
            Layer::Dropout { .. } => x,
            Layer::Flatten if flat => x,
            Layer::Flatten => return Ok((self.flatten(&x), true)),
            Layer::Linear { bias, .. } => {
                let x = if flat { x } else { self.flatten(&x) };
                let mut inputs = vec![x, self.tensor(path, "weight")?];
                if *bias {
                    inputs.push(self.tensor(path, "bias")?);
                }
                let y = self.node("Gemm", &inputs, &[("transB", Attribute::Int(1))]);
                return Ok((y, true));
            }
            Layer::Conv2d { window, bias, .. } => {
                let mut inputs = vec![x, self.tensor(path, "weight")?];
                if *bias {
                    inputs.push(self.tensor(path, "bias")?);
                }
                self.windows("Conv", &inputs, *window)
            }
            Layer::MaxPool2d { window } => self.windows("MaxPool", &[x], *window),
            Layer::AvgPool2d { window } => self.windows("AveragePool", &[x], *window),
            Layer::BatchNorm => {
                let mut inputs = vec![x];
                for what in ["weight", "bias", "running_mean", "running_var"] {
                    inputs.push(self.tensor(path, what)?);
                }
                let epsilon = [("epsilon", Attribute::Float(EPSILON))];
                self.node("BatchNormalization", &inputs, &epsilon)
            }
            Layer::LayerNorm => {
                let inputs = [x, self.tensor(path, "weight")?, self.tensor(path, "bias")?];
                let settings =
                    [("axis", Attribute::Int(-1)), ("epsilon", Attribute::Float(EPSILON))];
                self.node("LayerNormalization", &inputs, &settings)
            }
            Layer::Activation(activation) => self.activation(*activation, x),
            Layer::Residual { layers } => {
                let (y, _) = self.layers(layers, &path.0, x.clone(), flat)?;
                self.graph.at(format!("layers/{path}"));
                self.node("Add", &[x, y], &[])
            }
        };
        let image = matches!(
            layer,
            Layer::Conv2d { .. } | Layer::MaxPool2d { .. } | Layer::AvgPool2d { .. }
        );
        Ok((gives, flat && !image))
    }

    fn node(&mut self, op: &str, inputs: &[String], settings: &[(&str, Attribute)]) -> String {
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.graph.node(op, &inputs, settings)
    }

    fn flatten(&mut self, x: &str) -> String {
        self.graph.node("Flatten", &[x], &[("axis", Attribute::Int(1))])
    }

    /// A tensor of the layer, put into the graph.
    fn tensor(&mut self, path: &LayerPath, what: &str) -> Result<String, ExportError> {
        let name = format!("{path}.{what}");
        let shape = self.infos.iter().find(|info| info.name == name).map(|info| &info.shape[..]);
        let tensor = self.model.tensor(&name, shape.unwrap_or_default())?;
        Ok(self.graph.floats(what, &tensor.shape, &tensor.data))
    }

    fn windows(&mut self, op: &str, inputs: &[String], window: Window) -> String {
        let ints = |pair: [usize; 2]| pair.map(|size| size as i64);
        let (kernel, stride) = (ints(window.kernel), ints(window.stride));
        let [rows, columns] = ints(window.padding);
        let padding = [rows, columns, rows, columns];
        let mut settings =
            vec![("kernel_shape", Attribute::Ints(&kernel)), ("strides", Attribute::Ints(&stride))];
        if padding != [0; 4] {
            settings.push(("pads", Attribute::Ints(&padding)));
        }
        self.node(op, inputs, &settings)
    }

    fn activation(&mut self, activation: Activation, x: String) -> String {
        match activation {
            Activation::Relu => self.node("Relu", &[x], &[]),
            Activation::LeakyRelu { slope } => {
                self.node("LeakyRelu", &[x], &[("alpha", Attribute::Float(slope as f32))])
            }
            Activation::Elu => self.node("Elu", &[x], &[("alpha", Attribute::Float(1.0))]),
            Activation::Tanh => self.node("Tanh", &[x], &[]),
            Activation::Sigmoid => self.node("Sigmoid", &[x], &[]),
            Activation::Silu => {
                let share = self.node("Sigmoid", std::slice::from_ref(&x), &[]);
                self.node("Mul", &[x, share], &[])
            }
            // x·Φ(x) with Φ(x) = (1 + erf(x/√2))/2; an operator of its own comes later.
            Activation::Gelu => {
                let root = self.graph.floats("root", &[], &[std::f32::consts::FRAC_1_SQRT_2]);
                let one = self.graph.floats("one", &[], &[1.0]);
                let half = self.graph.floats("half", &[], &[0.5]);
                let scaled = self.node("Mul", &[x.clone(), root], &[]);
                let erf = self.node("Erf", &[scaled], &[]);
                let above = self.node("Add", &[erf, one], &[]);
                let product = self.node("Mul", &[x, above], &[]);
                self.node("Mul", &[product, half], &[])
            }
        }
    }
}
