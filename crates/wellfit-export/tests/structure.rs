//! What an exported file holds, read field by field by a reader of its own.

use wellfit_export::{
    Column, ColumnKind, ExportError, Input, Line, Model, Outputs, Source, onnx, torch_module,
};
use wellfit_nn::{Activation, Layer, Loss, Shape, Spec, Tensor, Window};

/// What a field holds.
enum Value<'a> {
    Int(u64),
    Bytes(&'a [u8]),
    /// A float32, which no test looks at.
    Fixed,
}

/// The fields of a message by their numbers.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Value<'_>)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    }
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let value = match tag & 7 {
            0 => Value::Int(varint(&mut bytes)),
            2 => {
                let len = varint(&mut bytes) as usize;
                let (inside, rest) = bytes.split_at(len);
                bytes = rest;
                Value::Bytes(inside)
            }
            5 => {
                bytes = &bytes[4..];
                Value::Fixed
            }
            kind => panic!("kind {kind}"),
        };
        all.push((tag >> 3, value));
    }
    all
}

/// The messages or texts in a field.
fn all(bytes: &[u8], field: u64) -> Vec<&[u8]> {
    let of = |(number, value)| match value {
        Value::Bytes(bytes) if number == field => Some(bytes),
        _ => None,
    };
    fields(bytes).into_iter().filter_map(of).collect()
}

fn texts(bytes: &[u8], field: u64) -> Vec<String> {
    all(bytes, field).into_iter().map(|text| String::from_utf8(text.to_vec()).unwrap()).collect()
}

fn text(bytes: &[u8], field: u64) -> String {
    texts(bytes, field).concat()
}

fn ints(bytes: &[u8], field: u64) -> Vec<i64> {
    let of = |(number, value)| match value {
        Value::Int(value) if number == field => Some(value as i64),
        _ => None,
    };
    fields(bytes).into_iter().filter_map(of).collect()
}

/// A value's name, type and dimensions (0: any number).
type Named = (String, i64, Vec<i64>);

/// A graph in short.
struct Graph {
    operators: Vec<String>,
    inputs: Vec<Named>,
    outputs: Vec<Named>,
    tensors: Vec<(String, Vec<i64>)>,
}

fn named(value: &[u8]) -> Named {
    let tensor = all(all(value, 2)[0], 1)[0];
    let dims = all(all(tensor, 2)[0], 1);
    let dims = dims.into_iter().map(|dim| ints(dim, 1).first().copied().unwrap_or(0));
    (text(value, 1), ints(tensor, 1)[0], dims.collect())
}

/// The graph of a file. Every value must be named once, and be made before it is used.
fn graph(file: &[u8]) -> Graph {
    let graph = all(file, 7)[0];
    let mut known: Vec<String> = all(graph, 11).into_iter().map(|input| text(input, 1)).collect();
    known.extend(all(graph, 5).into_iter().map(|tensor| text(tensor, 8)));
    for node in all(graph, 1) {
        for input in texts(node, 1) {
            assert!(known.contains(&input), "{input} is used before it is there");
        }
        for output in texts(node, 2) {
            assert!(!known.contains(&output), "{output} is there twice");
            known.push(output);
        }
    }
    for output in all(graph, 12) {
        assert!(known.contains(&text(output, 1)), "{} is never made", text(output, 1));
    }
    Graph {
        operators: all(graph, 1).into_iter().map(|node| text(node, 4)).collect(),
        inputs: all(graph, 11).into_iter().map(named).collect(),
        outputs: all(graph, 12).into_iter().map(named).collect(),
        tensors: all(graph, 5).into_iter().map(|it| (text(it, 8), ints(it, 1))).collect(),
    }
}

/// Weights that are all 0.5.
fn weights(spec: &Spec) -> Vec<Tensor> {
    let each = spec.parameters().into_iter().map(|info| {
        let data = vec![0.5; info.len()];
        Tensor { name: info.name, shape: info.shape, data }
    });
    each.collect()
}

fn linear(out: usize) -> Layer {
    Layer::Linear { out, bias: true }
}

fn classes(names: &[&str]) -> Outputs {
    Outputs::Classes(names.iter().map(|name| name.to_string()).collect())
}

const IMAGE: Shape = Shape::Image { channels: 2, height: 6, width: 5 };

#[test]
fn every_layer_becomes_its_operators() {
    let window = Window::square(3, 1, 1);
    let pool = Window::square(2, 2, 0);
    let function = Layer::Activation;
    let layers = vec![
        Layer::Conv2d { out: 4, window, bias: true },
        Layer::BatchNorm,
        Layer::Residual {
            layers: vec![
                Layer::Conv2d { out: 4, window, bias: false },
                function(Activation::Gelu),
                Layer::Residual { layers: vec![function(Activation::Silu)] },
            ],
        },
        Layer::MaxPool2d { window: pool },
        Layer::AvgPool2d { window: Window::square(1, 1, 0) },
        Layer::Flatten,
        Layer::Dropout { p: 0.5 },
        function(Activation::LeakyRelu { slope: 0.2 }),
        linear(5),
        Layer::LayerNorm,
        function(Activation::Elu),
        function(Activation::Tanh),
        function(Activation::Sigmoid),
        Layer::RELU,
        linear(3),
    ];
    let spec = Spec::new(IMAGE, 3, layers);
    spec.check().unwrap();
    let (weights, input, outputs) =
        (&weights(&spec), Input::plain(IMAGE), classes(&["a", "b", "c"]));
    let file = onnx(Model { spec: &spec, weights, input: &input, outputs: &outputs }).unwrap();
    let graph = graph(&file);
    let wanted = "Conv BatchNormalization Conv Mul Erf Add Mul Mul Sigmoid Mul Add Add MaxPool \
                  AveragePool Flatten LeakyRelu Gemm LayerNormalization Elu Tanh Sigmoid Relu \
                  Gemm Identity Softmax ArgMax";
    assert_eq!(graph.operators.join(" "), wanted);
    assert_eq!(graph.inputs, [("x".into(), 1, vec![0, 2, 6, 5])]);
    let wanted = [
        ("label".into(), 7, vec![0]),
        ("probabilities".into(), 1, vec![0, 3]),
        ("logits".into(), 1, vec![0, 3]),
    ];
    assert_eq!(graph.outputs, wanted);
    assert!(graph.tensors.contains(&("layers/2.0/weight".into(), vec![4, 4, 3, 3])));
    // The file's form, who wrote it, the operators' version, and the names.
    assert_eq!((ints(&file, 1), text(&file, 2)), (vec![8], "wellfit".into()));
    assert_eq!(ints(all(&file, 8)[0], 2), [17]);
    let notes = all(&file, 14).into_iter().map(|note| text(note, 1) + "=" + &text(note, 2));
    let notes: Vec<String> = notes.collect();
    assert_eq!(notes, ["task=classification", r#"classes=["a","b","c"]"#]);
}

#[test]
fn an_image_reaches_a_linear_layer_flattened() {
    let spec = Spec { loss: Loss::Mse, ..Spec::new(IMAGE, 1, vec![Layer::RELU, linear(1)]) };
    spec.check().unwrap();
    let lines = vec![Line { centre: 0.0, scale: 255.0 }];
    let input = Input { source: Source::Bytes(IMAGE), bounds: vec![], lines, keep: None };
    let outputs = Outputs::Numbers(vec!["price".into()]);
    let weights = &weights(&spec);
    let model = Model { spec: &spec, weights, input: &input, outputs: &outputs };
    let file = onnx(model).unwrap();
    let graph = graph(&file);
    assert_eq!(graph.operators.join(" "), "Cast Div Relu Flatten Gemm Identity");
    assert_eq!(graph.inputs, [("x".into(), 2, vec![0, 2, 6, 5])]);
    assert_eq!(graph.outputs, [("prediction".into(), 1, vec![0, 1])]);
    let text = torch_module(model).unwrap();
    for words in ["nn.ReLU(),\n        nn.Linear(60, 1),", "x = x / SCALE[0]", "x = x.flatten(1)"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

/// A table, some of whose columns are called as other values of a graph are.
fn table() -> Input {
    let column = |name: &str, kind| Column { name: name.into(), kind };
    let names = vec!["x".to_string(), "y, \"z\"".into()];
    let category = ColumnKind::Categories { names, missing: Some(1), refuse_unknown: false };
    let columns = vec![
        column("label", ColumnKind::Numbers { missing: None }),
        column("layers/0/Gemm", category),
        column("size", ColumnKind::Numbers { missing: Some(2.5) }),
    ];
    let line = |centre, scale| Line { centre, scale };
    Input {
        source: Source::Table { columns, missing_texts: vec!["".into(), "NA".into()] },
        bounds: vec![[f64::NEG_INFINITY, f64::INFINITY]; 4],
        lines: vec![line(1.0, 2.0), Line::AS_IT_IS, Line::AS_IT_IS, line(0.0, 0.5)],
        keep: Some(vec![0, 2, 3]),
    }
}

#[test]
fn a_table_has_an_input_for_each_column_and_no_name_is_there_twice() {
    let spec = Spec::new(Shape::Flat(3), 2, vec![linear(2)]);
    let (weights, input, outputs) = (&weights(&spec), table(), classes(&["no", "yes"]));
    let model = Model { spec: &spec, weights, input: &input, outputs: &outputs };
    let file = onnx(model).unwrap();
    let graph = graph(&file);
    let wanted = [
        ("label_2".into(), 11, vec![0, 1]),
        ("layers/0/Gemm".into(), 8, vec![0, 1]),
        ("size".into(), 11, vec![0, 1]),
    ];
    assert_eq!(graph.inputs, wanted);
    let sets: Vec<String> = all(&file, 8).iter().map(|set| text(set, 1)).collect();
    assert_eq!(sets, ["", "ai.onnx.ml"]);
    for operator in ["LabelEncoder", "Concat", "IsNaN", "Where", "Gather", "Gemm", "ArgMax"] {
        assert!(graph.operators.iter().any(|it| it == operator), "{operator}");
    }
    let text = torch_module(model).unwrap();
    for words in [
        r#"categories("layers/0/Gemm", table["layers/0/Gemm"], ["x", "y, \"z\""], 1, False),"#,
        r#"numbers("label", table["label"], None),"#,
        "KEEP = [0, 2, 3]",
        "CENTRE = [1.0, 0.0, 0.0, 0.0]",
        r#"CLASSES = ["no", "yes"]"#,
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("LOW"), "no feature has a bound");
}

#[test]
fn what_does_not_fit_the_network_is_refused() {
    let spec = Spec::new(Shape::Flat(3), 2, vec![linear(2)]);
    let good = weights(&spec);
    let outputs = classes(&["no", "yes"]);
    let refused = |weights: &[Tensor], input: &Input, outputs: &Outputs| {
        let model = Model { spec: &spec, weights, input, outputs };
        let [one, two] = [onnx(model).unwrap_err(), torch_module(model).unwrap_err()];
        assert_eq!(one.to_string(), two.to_string());
        one
    };
    let error = refused(&good[..1], &table(), &outputs);
    assert!(matches!(&error, ExportError::Missing { tensor } if tensor == "0.bias"), "{error}");
    let mut other = good.clone();
    other[0].shape = vec![3, 2];
    assert!(matches!(refused(&other, &table(), &outputs), ExportError::Shape { .. }));
    for value in [f32::NAN, f32::INFINITY] {
        let mut other = good.clone();
        other[1].data[1] = value;
        let error = refused(&other, &table(), &outputs);
        assert!(matches!(error, ExportError::NotFinite { at: 1, .. }), "{error}");
    }
    let error = refused(&good, &table(), &classes(&["only one"]));
    assert!(matches!(error, ExportError::Outputs { found: 1, wanted: 2 }), "{error}");
    let other = |change: &dyn Fn(&mut Input)| {
        let mut input = table();
        change(&mut input);
        refused(&good, &input, &outputs)
    };
    for error in [
        other(&|input| input.keep = None),
        other(&|input| input.keep = Some(vec![0, 1, 4])),
        other(&|input| input.lines.truncate(3)),
        other(&|input| input.bounds.truncate(3)),
        refused(&good, &Input::plain(Shape::Flat(4)), &outputs),
    ] {
        assert!(matches!(error, ExportError::Input { .. }), "{error}");
    }
    for error in [
        other(&|input| input.lines[0].scale = 0.0),
        other(&|input| input.lines[0].centre = f64::NAN),
        other(&|input| input.bounds[1][0] = f64::NAN),
        other(&|input| {
            let Source::Table { columns, .. } = &mut input.source else { return };
            columns[0].kind = ColumnKind::Numbers { missing: Some(f64::INFINITY) };
        }),
    ] {
        assert!(matches!(error, ExportError::Preparation { .. }), "{error}");
    }
}
