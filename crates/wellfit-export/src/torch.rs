//! `model.py`: the network, its preparation and its answers as a module for PyTorch. The
//! text is written here; it is the user's to change.

use std::fmt::Write;

use wellfit_nn::{Activation, Layer, LayerPath, ParameterInfo, Shape, Window};

use crate::{Column, ColumnKind, ExportError, Input, Model, Outputs, Source};

/// The text of `model.py`. It needs PyTorch and safetensors, and the model's weights as
/// `model.safetensors` in its own folder; it builds the same `nn.Sequential`, loads them,
/// and has `load()`, `prepare(x)` and `predict(model, x)`.
///
/// # Errors
/// Weights that are not the network's or not finite, or a preparation that gives other
/// features than it takes.
pub fn torch_module(model: Model) -> Result<String, ExportError> {
    model.check()?;
    let table = matches!(model.input.source, Source::Table { .. });
    let mut text = HEAD.to_owned();
    if table {
        text.push_str("import math\n");
    }
    text.push_str("import pathlib\n\nimport torch\nfrom safetensors.torch import load_file\n");
    text.push_str("from torch import nn\n\n");
    let quoted = |text: &String| serde_json::Value::from(text.as_str()).to_string();
    let constant = match model.outputs {
        Outputs::Classes(_) => "CLASSES",
        Outputs::Numbers(_) => "TARGETS",
    };
    text.push_str(&list(constant, model.outputs.names().iter().map(quoted)));
    constants(&mut text, model.input);
    if has_residual(&model.spec.layers) {
        text.push_str(RESIDUAL);
    }
    network(&mut text, &model);
    text.push_str(LOAD);
    prepare(&mut text, &model);
    text.push_str(match model.outputs {
        Outputs::Classes(_) => PREDICT_CLASSES,
        Outputs::Numbers(_) => PREDICT_NUMBERS,
    });
    Ok(text)
}

const HEAD: &str = r#""""A network that wellfit trained, for PyTorch.

    from model import load, predict

    model = load()                 # an nn.Sequential in evaluation mode
    print(predict(model, x))       # x as the network's data were read, not yet prepared

`model.safetensors` must lie beside this file.
"""

"#;

const RESIDUAL: &str = r#"

class Residual(nn.Sequential):
    """x + f(x), where f are the layers inside."""

    def forward(self, x):
        return x + super().forward(x)
"#;

const LOAD: &str = r#"

def load(folder=pathlib.Path(__file__).parent):
    """The network with its weights, in evaluation mode."""
    model = network()
    model.load_state_dict(load_file(pathlib.Path(folder) / "model.safetensors"))
    return model.eval()
"#;

const PREDICT_CLASSES: &str = r#"

@torch.no_grad()
def predict(model, x):
    """The name of each sample's most probable class, and the probability of each class."""
    probabilities = model(prepare(x)).softmax(1)
    return [CLASSES[at] for at in probabilities.argmax(1)], probabilities
"#;

const PREDICT_NUMBERS: &str = r#"

@torch.no_grad()
def predict(model, x):
    """The numbers of each sample, in the order of TARGETS."""
    return model(prepare(x))
"#;

const TABLE_HELPERS: &str = r#"

def is_missing(value):
    if value is None or isinstance(value, str):
        return value is None or value in MISSING
    return str(value) in ("nan", "NaN", "NaT", "<NA>")


def refuse(name, value):
    raise ValueError(f"column {name}: {value!r} is missing, or nothing that training knew")


def numbers(name, values, missing):
    """A column of numbers as one feature; `missing` stands in for what is missing."""
    values = [missing if is_missing(value) else float(value) for value in values]
    for value in values:
        if value is None or not math.isfinite(value):
            refuse(name, value)
    return torch.tensor(values, dtype=torch.float64).reshape(-1, 1)


def categories(name, values, names, missing, refuse_unknown):
    """A column of categories as a feature for each name: 1 where the value is that one."""
    features = torch.zeros(len(values), len(names), dtype=torch.float64)
    places = {name: at for at, name in enumerate(names)}
    for row, value in enumerate(values):
        at = missing if is_missing(value) else places.get(str(value))
        if at is not None:
            features[row, at] = 1.0
        elif refuse_unknown or is_missing(value):
            refuse(name, value)
    return features
"#;

/// `NAME = [` … `]` in lines that are not too long.
fn list(name: &str, items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    let short = format!("{name} = [{}]\n", items.join(", "));
    if short.chars().count() <= 100 {
        return short;
    }
    let mut text = format!("{name} = [\n");
    let mut line = String::new();
    for item in items {
        if !line.is_empty() && line.chars().count() + item.chars().count() > 90 {
            let _ = writeln!(text, "   {line}");
            line.clear();
        }
        let _ = write!(line, " {item},");
    }
    let _ = writeln!(text, "   {line}\n]");
    text
}

/// A float64 as Python has it, to the last bit.
fn float(value: f64) -> String {
    if value.is_finite() { format!("{value:?}") } else { format!("float(\"{value}\")") }
}

fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

fn option<T>(value: Option<T>, words: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "None".into(), words)
}

/// What was fitted.
fn constants(out: &mut String, input: &Input) {
    if let Source::Table { missing_texts, .. } = &input.source {
        out.push_str("# Texts that mean a missing value.\n");
        out.push_str(&list("MISSING", missing_texts.iter().map(|it| text(it))));
    }
    for (side, name) in ["LOW", "HIGH"].into_iter().enumerate() {
        if bounded(input, side) {
            out.push_str(&list(name, input.bounds.iter().map(|bound| float(bound[side]))));
        }
    }
    if !input.lines.is_empty() {
        out.push_str("# A value becomes (value - centre) / scale.\n");
        out.push_str(&list("CENTRE", input.lines.iter().map(|line| float(line.centre))));
        out.push_str(&list("SCALE", input.lines.iter().map(|line| float(line.scale))));
    }
    if let Some(keep) = &input.keep {
        out.push_str("# The features that the network gets, in this order.\n");
        out.push_str(&list("KEEP", keep.iter().map(usize::to_string)));
    }
}

/// Whether any feature has a bound on this side.
fn bounded(input: &Input, side: usize) -> bool {
    input.bounds.iter().any(|bound| bound[side].is_finite())
}

fn has_residual(layers: &[Layer]) -> bool {
    layers.iter().any(|layer| matches!(layer, Layer::Residual { .. }))
}

/// Whether an image reaches a linear layer by itself: only activations and dropout stand
/// before it, which work value by value.
fn flattens_itself(layers: &[Layer]) -> bool {
    let passes = |layer: &&Layer| !matches!(layer, Layer::Activation(_) | Layer::Dropout { .. });
    matches!(layers.iter().find(passes), Some(Layer::Linear { .. }))
}

fn network(out: &mut String, model: &Model) {
    let layers = &model.spec.layers;
    let image = matches!(model.spec.input, Shape::Image { .. });
    let flat = !image || flattens_itself(layers);
    let infos = model.spec.parameters();
    out.push_str("\n\ndef network():\n    \"\"\"The network with random weights.\"\"\"\n");
    out.push_str("    return nn.Sequential(\n");
    write_layers(out, layers, &[], &infos, flat, 8);
    out.push_str("    )\n");
}

/// Layers, a line each; whether features come out.
fn write_layers(
    out: &mut String,
    layers: &[Layer],
    path: &[usize],
    infos: &[ParameterInfo],
    mut flat: bool,
    indent: usize,
) -> bool {
    for (index, layer) in layers.iter().enumerate() {
        let path = [path, &[index]].concat();
        // The sizes of the weight: a linear layer's [out, in], a norm's [values].
        let name = format!("{}.weight", LayerPath(path.clone()));
        let sizes = infos.iter().find(|info| info.name == name).map(|info| &info.shape[..]);
        let size = |at: usize| sizes.and_then(|sizes| sizes.get(at)).copied().unwrap_or_default();
        let bias = |bias: bool| if bias { "" } else { ", bias=False" };
        let words = match layer {
            Layer::Linear { out, bias: has } => {
                flat = true;
                format!("nn.Linear({}, {out}{})", size(1), bias(*has))
            }
            Layer::Conv2d { out, window, bias: has } => {
                let Window { kernel, stride, padding } = window;
                format!(
                    "nn.Conv2d({}, {out}, {}, stride={}, padding={}{})",
                    size(1),
                    pair(*kernel),
                    pair(*stride),
                    pair(*padding),
                    bias(*has)
                )
            }
            Layer::MaxPool2d { window } => pool("MaxPool2d", window),
            Layer::AvgPool2d { window } => pool("AvgPool2d", window),
            Layer::Flatten => {
                flat = true;
                "nn.Flatten()".into()
            }
            Layer::BatchNorm => format!("nn.BatchNorm{}d({})", if flat { 1 } else { 2 }, size(0)),
            Layer::LayerNorm => format!("nn.LayerNorm({})", size(0)),
            Layer::Activation(activation) => format!("nn.{}", function(*activation)),
            Layer::Dropout { p } => format!("nn.Dropout({})", float(*p)),
            Layer::Residual { layers } => {
                let _ = writeln!(out, "{:indent$}Residual(", "");
                flat = write_layers(out, layers, &path, infos, flat, indent + 4);
                let _ = writeln!(out, "{:indent$}),", "");
                continue;
            }
        };
        let _ = writeln!(out, "{:indent$}{words},", "");
    }
    flat
}

fn pair([rows, columns]: [usize; 2]) -> String {
    format!("({rows}, {columns})")
}

fn pool(name: &str, window: &Window) -> String {
    format!("nn.{name}({}, stride={})", pair(window.kernel), pair(window.stride))
}

fn function(activation: Activation) -> String {
    match activation {
        Activation::Relu => "ReLU()".into(),
        Activation::LeakyRelu { slope } => format!("LeakyReLU({})", float(slope)),
        Activation::Elu => "ELU()".into(),
        Activation::Gelu => "GELU()".into(),
        Activation::Silu => "SiLU()".into(),
        Activation::Tanh => "Tanh()".into(),
        Activation::Sigmoid => "Sigmoid()".into(),
    }
}

/// `prepare(x)`.
fn prepare(out: &mut String, model: &Model) {
    let input = model.input;
    let (shape, kind) = match &input.source {
        Source::Table { columns, .. } => {
            out.push_str(TABLE_HELPERS);
            return prepare_table(out, input, columns);
        }
        Source::Bytes(shape) => (*shape, "Bytes"),
        Source::Floats(shape) => (*shape, "Numbers"),
    };
    let dims = match shape {
        Shape::Flat(features) => format!("[n, {features}]"),
        Shape::Image { channels, height, width } => format!("[n, {channels}, {height}, {width}]"),
    };
    let _ = writeln!(
        out,
        "\n\ndef prepare(x):\n    \"\"\"{kind} of shape {dims} as the network takes them.\"\"\""
    );
    let image = matches!(shape, Shape::Image { .. });
    out.push_str("    x = torch.as_tensor(x)\n");
    let plain = input.bounds.is_empty()
        && matches!(input.lines[..], [] | [crate::Line { centre: 0.0, .. }]);
    if plain {
        out.push_str("    x = x.float()\n");
        if !input.lines.is_empty() {
            out.push_str("    x = x / SCALE[0]\n");
        }
    } else {
        let behind = if image { ".reshape(-1, 1, 1)" } else { "" };
        out.push_str("    x = x.double()\n");
        place(out, input, behind);
        out.push_str("    x = x.float()\n");
    }
    if input.keep.is_some() {
        let flat = if image { ".flatten(1)" } else { "" };
        let _ = writeln!(out, "    x = x{flat}[:, KEEP]");
    } else if image && flattens_itself(&model.spec.layers) {
        out.push_str("    x = x.flatten(1)\n");
    }
    out.push_str("    return x\n");
}

/// Bounds and lines, in float64.
fn place(out: &mut String, input: &Input, behind: &str) {
    for (side, name, function) in [(0, "LOW", "maximum"), (1, "HIGH", "minimum")] {
        if bounded(input, side) {
            let _ = writeln!(
                out,
                "    x = torch.{function}(x, torch.tensor({name}, dtype=torch.float64){behind})"
            );
        }
    }
    if !input.lines.is_empty() {
        let _ = writeln!(
            out,
            "    centre = torch.tensor(CENTRE, dtype=torch.float64){behind}\n    scale = \
             torch.tensor(SCALE, dtype=torch.float64){behind}\n    x = (x - centre) / scale"
        );
    }
}

fn prepare_table(out: &mut String, input: &Input, columns: &[Column]) {
    out.push_str(
        "\n\ndef prepare(table):\n    \"\"\"Columns by name (a dict of lists, a pandas \
         DataFrame) as the network takes them.\"\"\"\n    x = torch.cat([\n",
    );
    for Column { name, kind } in columns {
        let quoted = text(name);
        let _ = match kind {
            ColumnKind::Numbers { missing } => {
                let missing = option(*missing, float);
                writeln!(out, "        numbers({quoted}, table[{quoted}], {missing}),")
            }
            ColumnKind::Categories { names, missing, refuse_unknown, .. } => {
                let names: Vec<String> = names.iter().map(|name| text(name)).collect();
                let (names, missing) = (names.join(", "), option(*missing, |at| at.to_string()));
                let refuse = if *refuse_unknown { "True" } else { "False" };
                writeln!(
                    out,
                    "        categories({quoted}, table[{quoted}], [{names}], {missing}, {refuse}),"
                )
            }
        };
    }
    out.push_str("    ], 1)\n");
    place(out, input, "");
    if input.keep.is_some() {
        out.push_str("    x = x[:, KEEP]\n");
    }
    out.push_str("    return x.float()\n");
}
