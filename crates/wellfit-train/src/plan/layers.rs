//! The network's layers in a plan file: read, written, and their rules.

use wellfit_nn::{Activation, Layer, SpecError, Window, check_settings};

use super::error::PlanError;
use super::section::{Field, Section};
use super::write::number;

/// What stands in `type`.
#[derive(Clone, Copy)]
enum Type {
    Linear,
    Conv2d,
    MaxPool2d,
    AvgPool2d,
    Flatten,
    BatchNorm,
    LayerNorm,
    Dropout,
    Residual,
    LeakyRelu,
    Plain(Activation),
}

pub(super) fn read_layers(field: &Field<'_>) -> Result<Vec<Layer>, PlanError> {
    field.list()?.into_iter().map(read_layer).collect()
}

fn read_layer(field: Field<'_>) -> Result<Layer, PlanError> {
    let plain = |activation: Activation| (activation.name(), Type::Plain(activation));
    let types = [
        ("linear", Type::Linear),
        ("conv2d", Type::Conv2d),
        ("max-pool2d", Type::MaxPool2d),
        ("avg-pool2d", Type::AvgPool2d),
        ("flatten", Type::Flatten),
        ("batch-norm", Type::BatchNorm),
        ("layer-norm", Type::LayerNorm),
        ("dropout", Type::Dropout),
        ("residual", Type::Residual),
        plain(Activation::Relu),
        ("leaky-relu", Type::LeakyRelu),
        plain(Activation::Elu),
        plain(Activation::Gelu),
        plain(Activation::Silu),
        plain(Activation::Tanh),
        plain(Activation::Sigmoid),
    ];
    let mut section = field.section()?;
    let layer = match section.need("type")?.choice(&types)? {
        Type::Linear => {
            Layer::Linear { out: section.need("out")?.count(1)?, bias: read_bias(&mut section)? }
        }
        Type::Conv2d => Layer::Conv2d {
            out: section.need("out")?.count(1)?,
            window: Window {
                padding: read_pair(&mut section, "padding", 0)?.unwrap_or([0; 2]),
                ..read_window(&mut section, Some([1; 2]))?
            },
            bias: read_bias(&mut section)?,
        },
        Type::MaxPool2d => Layer::MaxPool2d { window: read_window(&mut section, None)? },
        Type::AvgPool2d => Layer::AvgPool2d { window: read_window(&mut section, None)? },
        Type::Flatten => Layer::Flatten,
        Type::BatchNorm => Layer::BatchNorm,
        Type::LayerNorm => Layer::LayerNorm,
        Type::Dropout => Layer::Dropout { p: section.need("p")?.number()? },
        Type::Residual => Layer::Residual { layers: read_layers(&section.need("layers")?)? },
        Type::LeakyRelu => {
            let slope = section.field("slope").map_or(Ok(0.01), |f| f.number())?;
            Layer::Activation(Activation::LeakyRelu { slope })
        }
        Type::Plain(activation) => Layer::Activation(activation),
    };
    section.finish()?;
    Ok(layer)
}

fn read_bias(section: &mut Section<'_>) -> Result<bool, PlanError> {
    section.field("bias").map_or(Ok(true), |f| f.flag())
}

/// `kernel` and `stride`, which is the kernel's size unless it has a value of its own
/// or `stride` says otherwise.
fn read_window(section: &mut Section<'_>, stride: Option<[usize; 2]>) -> Result<Window, PlanError> {
    let Some(kernel) = read_pair(section, "kernel", 1)? else {
        return Err(section.need("kernel").expect_err("it is missing"));
    };
    let stride = read_pair(section, "stride", 1)?.or(stride).unwrap_or(kernel);
    Ok(Window { kernel, stride, padding: [0; 2] })
}

/// A number for both directions, or `[rows, columns]`.
fn read_pair(
    section: &mut Section<'_>,
    key: &'static str,
    least: u32,
) -> Result<Option<[usize; 2]>, PlanError> {
    let Some(field) = section.field(key) else { return Ok(None) };
    match &field.node().value {
        super::Value::List(_) => match field.list()?.as_slice() {
            [rows, columns] => Ok(Some([rows.count(least)?, columns.count(least)?])),
            items => Err(field.error(format!(
                "must be a number or a list of two, rows and columns, not of {}",
                items.len()
            ))),
        },
        _ => field.count(least).map(|both| Some([both; 2])),
    }
}

/// Every layer's settings.
pub(super) fn check_layers(layers: &[Layer]) -> Result<(), PlanError> {
    check_settings(layers).map_err(layer_error)
}

/// A layer's error with its key.
pub(super) fn layer_error(error: SpecError) -> PlanError {
    let key = match &error {
        SpecError::LayerRange { layer, key, range, value, .. } => {
            let key = format!("model.layers.{}.{key}", layer.key());
            return PlanError::about(key.clone(), format!("{key} must be {range}, not {value}"));
        }
        SpecError::Outputs { layer, name: "linear", .. } | SpecError::TooLarge { layer, .. } => {
            format!("model.layers.{}.out", layer.key())
        }
        SpecError::Outputs { layer, .. } | SpecError::Layer { layer, .. } => {
            format!("model.layers.{}", layer.key())
        }
        SpecError::Precision { .. } => "train.precision".into(),
        SpecError::NoWeights => "model.layers".into(),
        SpecError::ClassWeights { .. } => "train.loss.class_weights".into(),
        SpecError::Measure { .. } => "train.loss".into(),
        SpecError::Range { .. } => "train".into(),
    };
    PlanError::about(key, error.to_string())
}

/// The layer as TOML, in one line.
pub(super) fn write_layer(layer: &Layer) -> String {
    let mut keys = vec![format!("type = \"{}\"", layer.name())];
    let mut key = |name: &str, value: String| keys.push(format!("{name} = {value}"));
    match layer {
        Layer::Linear { out, bias } => {
            key("out", out.to_string());
            if !bias {
                key("bias", "false".into());
            }
        }
        Layer::Conv2d { out, window, bias } => {
            key("out", out.to_string());
            key("kernel", write_pair(window.kernel));
            key("stride", write_pair(window.stride));
            key("padding", write_pair(window.padding));
            if !bias {
                key("bias", "false".into());
            }
        }
        Layer::MaxPool2d { window } | Layer::AvgPool2d { window } => {
            key("kernel", write_pair(window.kernel));
            key("stride", write_pair(window.stride));
        }
        Layer::Dropout { p } => key("p", number(*p)),
        Layer::Activation(Activation::LeakyRelu { slope }) => key("slope", number(*slope)),
        Layer::Residual { layers } => {
            let layers: Vec<String> = layers.iter().map(write_layer).collect();
            key("layers", format!("[{}]", layers.join(", ")));
        }
        Layer::Flatten | Layer::BatchNorm | Layer::LayerNorm | Layer::Activation(_) => {}
    }
    format!("{{ {} }}", keys.join(", "))
}

fn write_pair([rows, columns]: [usize; 2]) -> String {
    if rows == columns { rows.to_string() } else { format!("[{rows}, {columns}]") }
}
