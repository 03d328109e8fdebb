//! ONNX: one file with preparation, network and outputs.
//! <https://onnx.ai/onnx/intro/concepts.html>

mod before;
mod graph;
mod layers;
mod protobuf;

use wellfit_nn::Shape;

use crate::{ExportError, Model, Outputs};
use graph::{Attribute, Graph, Kind, ML};
use protobuf::Message;

/// The version of the operators that are used: the first with `LayerNormalization`.
pub const OPSET: i64 = 17;
/// The version of the file's form that belongs to [`OPSET`].
const IR: i64 = 8;
/// The version of the operators for categories.
const ML_OPSET: i64 = 3;
/// A protocol buffer is smaller than 2 GiB; the rest of a graph takes far less than 16 MiB.
const LIMIT: u64 = (1 << 31) - (1 << 24);

/// The model as the bytes of an ONNX file, for any number of samples at once.
///
/// What comes in is what the model's [`Input`](crate::Input) says. What goes out:
///
/// | output | shape | for | holds |
/// |---|---|---|---|
/// | `label` | \[batch\], int64 | classes | the most probable class, the first of equals |
/// | `probabilities` | [batch, classes], float32 | classes | the softmax of the logits |
/// | `logits` | [batch, classes], float32 | classes | what the network gives |
/// | `prediction` | [batch, targets], float32 | numbers | what the network gives |
///
/// The file's metadata hold `task`, and `classes` or `targets` as a JSON list of names.
///
/// # Errors
/// Weights that are not the network's or not finite, a preparation that gives other
/// features than it takes, or more than 2 GiB of weights.
pub fn onnx(model: Model) -> Result<Vec<u8>, ExportError> {
    model.check()?;
    let values: u64 = model.weights.iter().map(|tensor| tensor.data.len() as u64).sum();
    let bytes = 4 * values;
    if bytes > LIMIT {
        return Err(ExportError::TooLarge { bytes, limit: LIMIT });
    }
    let mut graph = Graph::new(&["label", "probabilities", "logits", "prediction"]);
    let prepared = before::prepare(&mut graph, &model);
    let flat = matches!(model.spec.input, Shape::Flat(_));
    let x = layers::network(&mut graph, &model, &prepared.value, flat)?;
    answers(&mut graph, model.outputs, x, prepared.guard.as_deref());
    Ok(file(graph, &model))
}

/// From what the network gives to what goes out. `guard` is 0 for each sample, or NaN
/// where a sample could not be prepared: then nothing is said of it.
fn answers(graph: &mut Graph, outputs: &Outputs, x: String, guard: Option<&str>) {
    graph.at("outputs");
    let x = match guard {
        Some(guard) => graph.node("Add", &[&x, guard], &[]),
        None => x,
    };
    match outputs {
        Outputs::Numbers(names) => {
            graph.node_to("Identity", &[&x], "prediction", &[]);
            graph.output("prediction", Kind::Float, &[names.len()]);
        }
        Outputs::Classes(names) => {
            graph.node_to("Identity", &[&x], "logits", &[]);
            graph.node_to("Softmax", &[&x], "probabilities", &[("axis", Attribute::Int(1))]);
            let largest = [("axis", Attribute::Int(1)), ("keepdims", Attribute::Int(0))];
            match guard {
                None => graph.node_to("ArgMax", &[&x], "label", &largest),
                Some(guard) => {
                    let label = graph.node("ArgMax", &[&x], &largest);
                    let unknown = graph.node("IsNaN", &[guard], &[]);
                    let axis = graph.ints("axis", &[1], &[1]);
                    let unknown = graph.node("Squeeze", &[&unknown, &axis], &[]);
                    let none = graph.ints("none", &[], &[-1]);
                    graph.node_to("Where", &[&unknown, &none, &label], "label", &[]);
                }
            }
            graph.output("label", Kind::Int, &[]);
            for name in ["probabilities", "logits"] {
                graph.output(name, Kind::Float, &[names.len()]);
            }
        }
    }
}

/// The graph with what a runtime must know of it.
fn file(graph: Graph, model: &Model) -> Vec<u8> {
    let mut file = Message::new();
    file.int(1, IR);
    file.bytes(2, "wellfit");
    file.bytes(3, env!("CARGO_PKG_VERSION"));
    let mut operators = vec![("", OPSET)];
    if graph.uses_ml {
        operators.push((ML, ML_OPSET));
    }
    for (domain, version) in operators {
        let mut set = Message::new();
        set.bytes(1, domain);
        set.int(2, version);
        file.message(8, set);
    }
    let (task, key) = match model.outputs {
        Outputs::Classes(_) => ("classification", "classes"),
        Outputs::Numbers(_) => ("regression", "targets"),
    };
    let names = serde_json::Value::from(model.outputs.names()).to_string();
    for (key, value) in [("task", task), (key, &names)] {
        let mut entry = Message::new();
        entry.bytes(1, key);
        entry.bytes(2, value);
        file.message(14, entry);
    }
    file.message(7, graph.finish("wellfit"));
    file.into_bytes()
}
