//! What wellfit fitted on training samples, as the simple steps of an [`Input`].

use wellfit_data::{
    Categories, Input as Fitted, InputKind, MISSING_VALUES, Numbers, Preparation, SampleKind,
    SampleSchema, Scale, Shape,
};

use crate::{Column, ColumnKind, Input, Line, Source};

impl Input {
    /// What samples look like as they are read, and what a preparation does to them.
    pub fn of(schema: &SampleSchema, preparation: &Preparation) -> Input {
        let source = |shape: &Shape| match schema.samples {
            SampleKind::Bytes { .. } => Source::Bytes(network_shape(*shape)),
            _ => Source::Floats(network_shape(*shape)),
        };
        let input = match (preparation.input(), &schema.samples) {
            (Fitted::Any, SampleKind::Bytes { shape, .. } | SampleKind::Floats { shape }) => {
                let source = source(shape);
                let unit = preparation.scale() == Scale::Unit && matches!(source, Source::Bytes(_));
                let lines = if unit { vec![Line { centre: 0.0, scale: 255.0 }] } else { vec![] };
                Input { source, bounds: Vec::new(), lines, keep: None }
            }
            (Fitted::Array(array), _) => {
                with_numbers(source(&array.shape), array.groups.iter().copied().map(Some))
            }
            (Fitted::Table(columns), _) => {
                let each = columns.iter().map(|column| {
                    let (name, kind) = (column.name.clone(), kind(&column.kind, preparation));
                    Column { name, kind }
                });
                let missing_texts = missing_texts(&schema.samples);
                let source = Source::Table { columns: each.collect(), missing_texts };
                // Features that are 0 or 1 stay so.
                let numbers = columns.iter().flat_map(|column| match &column.kind {
                    InputKind::Number(numbers) => vec![Some(*numbers)],
                    InputKind::Category(Categories { names, .. }) => vec![None; names.len()],
                });
                with_numbers(source, numbers)
            }
            // Nothing was fitted on a table: its columns as they are.
            (Fitted::Any, SampleKind::Table { columns, .. }) => {
                let each = columns.iter().map(|column| Column {
                    name: column.name.clone(),
                    kind: ColumnKind::Numbers { missing: None },
                });
                let missing_texts = missing_texts(&schema.samples);
                let source = Source::Table { columns: each.collect(), missing_texts };
                Input { source, bounds: Vec::new(), lines: Vec::new(), keep: None }
            }
        };
        Input { keep: preparation.selected().map(<[usize]>::to_vec), ..input }
    }
}

/// The shape as the network's.
fn network_shape(shape: Shape) -> wellfit_nn::Shape {
    match shape {
        Shape::Vector(features) => wellfit_nn::Shape::Flat(features),
        Shape::Image { channels, height, width } => {
            wellfit_nn::Shape::Image { channels, height, width }
        }
    }
}

/// The texts that mean a missing value; an empty one always does.
fn missing_texts(samples: &SampleKind) -> Vec<String> {
    let mut texts = match samples {
        SampleKind::Table { missing_values: Some(texts), .. } => texts.clone(),
        _ => MISSING_VALUES.map(str::to_owned).to_vec(),
    };
    if !texts.iter().any(String::is_empty) {
        texts.push(String::new());
    }
    texts
}

fn kind(kind: &InputKind, preparation: &Preparation) -> ColumnKind {
    match kind {
        InputKind::Number(Numbers { fill, .. }) => ColumnKind::Numbers { missing: *fill },
        InputKind::Category(Categories { fill, names }) => ColumnKind::Categories {
            names: names.clone(),
            missing: *fill,
            refuse_unknown: preparation.refuses_unknown(),
        },
    }
}

/// The bounds and lines of numbers; `None` for what stays as it is. What is the same for
/// all is said once, and what changes nothing is left out.
fn with_numbers(source: Source, numbers: impl Iterator<Item = Option<Numbers>>) -> Input {
    let numbers: Vec<Option<Numbers>> = numbers.collect();
    let none = [f64::NEG_INFINITY, f64::INFINITY];
    let bound = |numbers: &Option<Numbers>| {
        numbers.and_then(|numbers| numbers.clip).map_or(none, |(low, high)| [low, high])
    };
    let line = |numbers: &Option<Numbers>| match numbers {
        Some(numbers) => Line { centre: numbers.shift, scale: numbers.divide },
        None => Line::AS_IT_IS,
    };
    let mut bounds: Vec<[f64; 2]> = numbers.iter().map(bound).collect();
    if bounds.iter().all(|bound| *bound == none) {
        bounds.clear();
    }
    let mut lines: Vec<Line> = numbers.iter().map(line).collect();
    if lines.iter().all(|line| *line == Line::AS_IT_IS) {
        lines.clear();
    } else if lines.iter().all(|line| *line == lines[0]) {
        lines.truncate(1);
    }
    Input { source, bounds, lines, keep: None }
}
