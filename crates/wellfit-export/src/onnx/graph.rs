//! A graph that grows node by node, as `onnx.proto` has it.
//! <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>

use std::collections::HashSet;

use super::protobuf::Message;

/// What a tensor's values are, by the number of `TensorProto.DataType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// float32.
    Float = 1,
    /// uint8.
    Byte = 2,
    /// int64.
    Int = 7,
    /// Text.
    Text = 8,
    /// float64.
    Double = 11,
}

/// A node's setting.
pub enum Attribute<'a> {
    Int(i64),
    Float(f32),
    Ints(&'a [i64]),
    Texts(&'a [String]),
}

/// The domain of operators for tables and categories.
pub const ML: &str = "ai.onnx.ml";

/// A graph that is being built. A value is named by the place that it comes from.
#[derive(Default)]
pub struct Graph {
    message: Message,
    names: HashSet<String>,
    /// Where the next nodes belong, such as `layers/3.0`.
    place: String,
    /// Whether a node is of [`ML`].
    pub uses_ml: bool,
}

impl Graph {
    /// An empty graph in which `outputs` are no names of other values.
    pub fn new(outputs: &[&str]) -> Graph {
        let names = outputs.iter().map(|name| name.to_string()).collect();
        Graph { names, ..Graph::default() }
    }

    /// Says where the next nodes belong.
    pub fn at(&mut self, place: impl Into<String>) {
        self.place = place.into();
    }

    /// A name that no other value has: `wanted`, or with a number behind it.
    fn name(&mut self, wanted: String) -> String {
        let mut name = wanted.clone();
        let mut number = 1;
        while !self.names.insert(name.clone()) {
            number += 1;
            name = format!("{wanted}_{number}");
        }
        name
    }

    /// What comes in, of shape [batch, …]. The name that it has: `wanted`, unless an
    /// output is called so.
    pub fn input(&mut self, wanted: &str, kind: Kind, shape: &[usize]) -> String {
        let name = self.name(wanted.to_owned());
        self.message.message(11, value(&name, kind, shape));
        name
    }

    /// A value that goes out, of shape [batch, …].
    pub fn output(&mut self, name: &str, kind: Kind, shape: &[usize]) {
        self.message.message(12, value(name, kind, shape));
    }

    /// Does `op` to values; the name of what it gives.
    pub fn node(&mut self, op: &str, inputs: &[&str], settings: &[(&str, Attribute)]) -> String {
        let name = self.name(format!("{}/{op}", self.place));
        self.add("", op, inputs, &name, settings);
        name
    }

    /// The same with an operator of [`ML`].
    pub fn ml_node(&mut self, op: &str, inputs: &[&str], settings: &[(&str, Attribute)]) -> String {
        let name = self.name(format!("{}/{op}", self.place));
        self.uses_ml = true;
        self.add(ML, op, inputs, &name, settings);
        name
    }

    /// The same where what it gives goes out under this name.
    pub fn node_to(&mut self, op: &str, inputs: &[&str], to: &str, settings: &[(&str, Attribute)]) {
        self.add("", op, inputs, to, settings);
    }

    fn add(
        &mut self,
        domain: &str,
        op: &str,
        inputs: &[&str],
        output: &str,
        settings: &[(&str, Attribute)],
    ) {
        let mut node = Message::new();
        inputs.iter().for_each(|input| node.bytes(1, input));
        node.bytes(2, output);
        node.bytes(3, output);
        node.bytes(4, op);
        settings.iter().for_each(|(name, setting)| node.message(5, attribute(name, setting)));
        if !domain.is_empty() {
            node.bytes(7, domain);
        }
        self.message.message(1, node);
    }

    /// A tensor that stands in the file.
    pub fn floats(&mut self, name: &str, shape: &[usize], data: &[f32]) -> String {
        let bytes = data.iter().flat_map(|value| value.to_le_bytes());
        self.tensor(name, Kind::Float, shape, 4 * data.len(), bytes)
    }

    /// A tensor of float64.
    pub fn doubles(&mut self, name: &str, shape: &[usize], data: &[f64]) -> String {
        let bytes = data.iter().flat_map(|value| value.to_le_bytes());
        self.tensor(name, Kind::Double, shape, 8 * data.len(), bytes)
    }

    /// A tensor of integers.
    pub fn ints(&mut self, name: &str, shape: &[usize], data: &[i64]) -> String {
        let bytes = data.iter().flat_map(|value| value.to_le_bytes());
        self.tensor(name, Kind::Int, shape, 8 * data.len(), bytes)
    }

    fn tensor(
        &mut self,
        name: &str,
        kind: Kind,
        shape: &[usize],
        len: usize,
        bytes: impl Iterator<Item = u8>,
    ) -> String {
        let place = if self.place.is_empty() { String::new() } else { format!("{}/", self.place) };
        let name = self.name(format!("{place}{name}"));
        let mut tensor = Message::new();
        shape.iter().for_each(|&size| tensor.int(1, size as i64));
        tensor.int(2, kind as i64);
        tensor.bytes(8, &name);
        tensor.stream(9, len, bytes);
        self.message.message(5, tensor);
        name
    }

    /// The graph as a message.
    pub fn finish(mut self, name: &str) -> Message {
        self.message.bytes(2, name);
        self.message
    }
}

fn attribute(name: &str, setting: &Attribute) -> Message {
    let mut message = Message::new();
    message.bytes(1, name);
    let kind = match setting {
        Attribute::Float(value) => {
            message.float(2, *value);
            1
        }
        Attribute::Int(value) => {
            message.int(3, *value);
            2
        }
        Attribute::Ints(values) => {
            values.iter().for_each(|&value| message.int(8, value));
            7
        }
        Attribute::Texts(values) => {
            values.iter().for_each(|value| message.bytes(9, value));
            8
        }
    };
    message.int(20, kind);
    message
}

/// A value of shape [batch, …]: any number of samples.
fn value(name: &str, kind: Kind, shape: &[usize]) -> Message {
    let mut dims = Message::new();
    let mut batch = Message::new();
    batch.bytes(2, "batch");
    dims.message(1, batch);
    for &size in shape {
        let mut dim = Message::new();
        dim.int(1, size as i64);
        dims.message(1, dim);
    }
    let mut tensor = Message::new();
    tensor.int(1, kind as i64);
    tensor.message(2, dims);
    let mut of = Message::new();
    of.message(1, tensor);
    let mut value = Message::new();
    value.bytes(1, name);
    value.message(2, of);
    value
}
