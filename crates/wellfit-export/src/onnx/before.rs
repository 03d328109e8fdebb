//! From what the user has to what the network takes, as nodes.

use wellfit_nn::Shape;

use super::graph::{Attribute, Graph, Kind};
use crate::{Column, ColumnKind, Input, Model, Source};

/// What the network is given.
pub struct Prepared {
    /// float32, of the shape that the network takes.
    pub value: String,
    /// Of shape [batch, 1]: 0, or NaN for a sample that is refused. A network may turn
    /// NaN into a number, for instance a ReLU on some machines.
    pub guard: Option<String>,
}

/// The inputs, and everything before the network.
pub fn prepare(graph: &mut Graph, model: &Model) -> Prepared {
    let input = model.input;
    match &input.source {
        Source::Floats(shape) => {
            let x = graph.input("x", Kind::Float, &dims(*shape));
            graph.at("preparation");
            array(graph, input, *shape, x)
        }
        Source::Bytes(shape) => {
            let x = graph.input("x", Kind::Byte, &dims(*shape));
            graph.at("preparation");
            let x = cast(graph, &x, Kind::Float);
            array(graph, input, *shape, x)
        }
        Source::Table { columns, missing_texts } => table(graph, input, columns, missing_texts),
    }
}

fn dims(shape: Shape) -> Vec<usize> {
    match shape {
        Shape::Flat(features) => vec![features],
        Shape::Image { channels, height, width } => vec![channels, height, width],
    }
}

fn cast(graph: &mut Graph, x: &str, kind: Kind) -> String {
    graph.node("Cast", &[x], &[("to", Attribute::Int(kind as i64))])
}

/// float32 values of a shape.
fn array(graph: &mut Graph, input: &Input, shape: Shape, mut x: String) -> Prepared {
    // By channel, in front of rows and columns.
    let per_value = match shape {
        Shape::Flat(_) => vec![],
        Shape::Image { .. } => vec![1, 1],
    };
    match input.lines[..] {
        [] if input.bounds.is_empty() => {}
        // A division by a number that float32 holds needs no more.
        [line] if input.bounds.is_empty() && line.centre == 0.0 && is_f32(line.scale) => {
            let scale = graph.floats("scale", &[], &[line.scale as f32]);
            x = graph.node("Div", &[&x, &scale], &[]);
        }
        _ => {
            let wide = cast(graph, &x, Kind::Double);
            let placed = place(graph, input, wide, &per_value);
            x = cast(graph, &placed, Kind::Float);
        }
    }
    if let Some(keep) = &input.keep {
        if matches!(shape, Shape::Image { .. }) {
            x = graph.node("Flatten", &[&x], &[("axis", Attribute::Int(1))]);
        }
        x = gather(graph, &x, keep);
    }
    Prepared { value: x, guard: None }
}

fn is_f32(value: f64) -> bool {
    f64::from(value as f32) == value
}

/// Bounds and lines, in float64. `behind`: dimensions behind that of features or channels.
fn place(graph: &mut Graph, input: &Input, mut x: String, behind: &[usize]) -> String {
    let shape = |len: usize| [&[len], behind].concat();
    if !input.bounds.is_empty() {
        for (side, op, name) in [(0, "Max", "low"), (1, "Min", "high")] {
            let bounds: Vec<f64> = input.bounds.iter().map(|bound| bound[side]).collect();
            if bounds.iter().any(|bound| bound.is_finite()) {
                let bounds = graph.doubles(name, &shape(bounds.len()), &bounds);
                x = graph.node(op, &[&x, &bounds], &[]);
            }
        }
    }
    if !input.lines.is_empty() {
        let shape = shape(input.lines.len());
        let centres: Vec<f64> = input.lines.iter().map(|line| line.centre).collect();
        let scales: Vec<f64> = input.lines.iter().map(|line| line.scale).collect();
        let centre = graph.doubles("centre", &shape, &centres);
        let scale = graph.doubles("scale", &shape, &scales);
        x = graph.node("Sub", &[&x, &centre], &[]);
        x = graph.node("Div", &[&x, &scale], &[]);
    }
    x
}

fn gather(graph: &mut Graph, x: &str, keep: &[usize]) -> String {
    let keep: Vec<i64> = keep.iter().map(|&at| at as i64).collect();
    let keep = graph.ints("keep", &[keep.len()], &keep);
    graph.node("Gather", &[x, &keep], &[("axis", Attribute::Int(1))])
}

/// A value of each column, float64 or text, of shape [batch, 1].
fn table(
    graph: &mut Graph,
    input: &Input,
    columns: &[Column],
    missing_texts: &[String],
) -> Prepared {
    // All inputs first, so that they have the columns' names.
    let inputs: Vec<String> = columns
        .iter()
        .map(|column| {
            let kind = match column.kind {
                ColumnKind::Numbers { .. } => Kind::Double,
                ColumnKind::Categories { .. } => Kind::Text,
            };
            graph.input(&column.name, kind, &[1])
        })
        .collect();
    let mut parts = Vec::with_capacity(columns.len());
    let mut filled = Vec::with_capacity(columns.len());
    for (column, x) in columns.iter().zip(inputs) {
        match &column.kind {
            ColumnKind::Numbers { missing } => {
                parts.push(x);
                filled.push(missing.unwrap_or(f64::NAN));
            }
            ColumnKind::Categories { names, .. } => {
                graph.at(format!("preparation/{}", column.name));
                parts.push(categories(graph, &column.kind, missing_texts, &x));
                filled.extend(std::iter::repeat_n(f64::NAN, names.len()));
            }
        }
    }
    graph.at("preparation");
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let mut x = graph.node("Concat", &parts, &[("axis", Attribute::Int(1))]);
    if filled.iter().any(|value| value.is_finite()) {
        let fill = graph.doubles("fill", &[filled.len()], &filled);
        let missing = graph.node("IsNaN", &[&x], &[]);
        x = graph.node("Where", &[&missing, &fill, &x], &[]);
    }
    // 0·x is 0 for every number, and NaN for NaN and infinity.
    let zero = graph.doubles("zero", &[], &[0.0]);
    let axis = graph.ints("axis", &[1], &[1]);
    let nothing = graph.node("Mul", &[&x, &zero], &[]);
    let guard = graph.node("ReduceSum", &[&nothing, &axis], &[]);
    let guard = cast(graph, &guard, Kind::Float);
    x = place(graph, input, x, &[]);
    if let Some(keep) = &input.keep {
        x = gather(graph, &x, keep);
    }
    Prepared { value: cast(graph, &x, Kind::Float), guard: Some(guard) }
}

/// Text → a feature for each category, float64.
fn categories(graph: &mut Graph, kind: &ColumnKind, missing_texts: &[String], x: &str) -> String {
    let ColumnKind::Categories { names, missing, refuse_unknown } = kind else {
        unreachable!("only categories are encoded");
    };
    // A code for each text: the category's, -1 for others, -2 for what is missing.
    let missing = missing.map_or(-2, |at| at as i64);
    let texts = missing_texts.iter().filter(|text| !names.contains(text));
    let keys: Vec<String> = names.iter().chain(texts.clone()).cloned().collect();
    let codes: Vec<i64> = (0..names.len() as i64).chain(texts.map(|_| missing)).collect();
    let code = graph.ml_node(
        "LabelEncoder",
        &[x],
        &[
            ("keys_strings", Attribute::Texts(&keys)),
            ("values_int64s", Attribute::Ints(&codes)),
            ("default_int64", Attribute::Int(-1)),
        ],
    );
    let all: Vec<i64> = (0..names.len() as i64).collect();
    let all = graph.ints("codes", &[1, names.len()], &all);
    let is = graph.node("Equal", &[&code, &all], &[]);
    let is = cast(graph, &is, Kind::Double);
    // Below this code a sample is refused: of what is missing always, of the others where
    // the preparation says so.
    let bound = graph.ints("refused_below", &[], &[if *refuse_unknown { 0 } else { -1 }]);
    let refused = graph.node("Less", &[&code, &bound], &[]);
    let nan = graph.doubles("nan", &[], &[f64::NAN]);
    graph.node("Where", &[&refused, &nan, &is], &[])
}
