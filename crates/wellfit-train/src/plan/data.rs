//! `[data]`: where samples come from, how they are split and prepared.

use std::path::Path;

use wellfit_data::{
    DataRequest, Holdout, ImageRequest, Keep, Missing, Outliers, PrepareRequest, Resample, Scale,
    Select, SelectBy, SplitRule, Subset, TableRequest, Task, Unknown,
};

use super::check::require;
use super::document::Value;
use super::error::PlanError;
use super::read::absolute;
use super::section::{Field, Section};
use super::write::{line, number, path, text};

const TASKS: [Task; 2] = [Task::Classification, Task::Regression];

pub(super) fn read_data(mut section: Section<'_>, folder: &Path) -> Result<DataRequest, PlanError> {
    let choices = TASKS.map(|task| (task.name(), task));
    let request = DataRequest {
        source: read_source(section.need("source")?.text()?, folder),
        task: section.field("task").map(|f| f.choice(&choices)).transpose()?,
        table: read_table(&mut section)?,
        images: read_images(&mut section)?,
        validation: section.field("validation").map(|f| read_holdout(&f, folder)).transpose()?,
        test: section.field("test").map(|f| read_holdout(&f, folder)).transpose()?,
        split_seed: section.field("split_seed").map_or(Ok(0), |f| f.count(0))?,
        subset: section.field("subset").map(|f| read_subset(&f)).transpose()?,
        split: section
            .field("split")
            .map_or(Ok(SplitRule::Stratified), |f| read_split(f.section()?))?,
        scale: section
            .field("scale")
            .map(|f| f.choice(&Scale::ALL.map(|scale| (scale.name(), scale))))
            .transpose()?,
        prepare: read_prepare(&mut section)?,
    };
    section.finish()?;
    Ok(request)
}

/// A source is a path when it looks like one (it holds a dot or a slash) and the
/// name of a known data set otherwise. A folder beside the plan is `./name`.
fn read_source(text: &str, folder: &Path) -> String {
    if text.contains(['.', '/', '\\']) {
        absolute(&folder.join(text)).to_string_lossy().into_owned()
    } else {
        text.into()
    }
}

fn read_holdout(field: &Field<'_>, folder: &Path) -> Result<Holdout, PlanError> {
    match &field.node().value {
        Value::Integer(_) | Value::Float(_) => Ok(Holdout::Fraction(field.number()?)),
        Value::Text(text) if text == "test" => Ok(Holdout::TestSplit),
        Value::Text(text) if !text.is_empty() => Ok(Holdout::File(absolute(&folder.join(text)))),
        _ => Err(field.error("must be a fraction such as 0.1, a file, or \"test\"")),
    }
}

fn read_subset(field: &Field<'_>) -> Result<Subset, PlanError> {
    match &field.node().value {
        Value::Integer(_) => Ok(Subset::Count(field.count(1)?)),
        Value::Float(_) => Ok(Subset::Fraction(field.number()?)),
        _ => {
            Err(field.error("must be a number of samples such as 6000, or a fraction such as 0.1"))
        }
    }
}

fn read_table(section: &mut Section<'_>) -> Result<TableRequest, PlanError> {
    let target = match section.field("target") {
        None => Vec::new(),
        Some(field) => match &field.node().value {
            Value::Text(name) => vec![name.clone()],
            _ => names(&field)?,
        },
    };
    let mut list =
        |key| section.field(key).map_or(Ok(Vec::new()), |field: Field<'_>| names(&field));
    Ok(TableRequest {
        target,
        columns: list("columns")?,
        drop: list("drop")?,
        numeric: list("numeric")?,
        categorical: list("categorical")?,
        missing_values: match section.field("missing_values") {
            None => None,
            Some(field) => Some(names(&field)?),
        },
        separator: section.field("separator").map(|f| read_separator(&f)).transpose()?,
    })
}

fn names(field: &Field<'_>) -> Result<Vec<String>, PlanError> {
    field.list()?.iter().map(|item| item.text().map(str::to_owned)).collect()
}

fn read_separator(field: &Field<'_>) -> Result<char, PlanError> {
    let mut all = field.text()?.chars();
    match (all.next(), all.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(field.error("must be one character, such as \";\"")),
    }
}

fn read_images(section: &mut Section<'_>) -> Result<ImageRequest, PlanError> {
    let channels = [("grey", 1), ("colour", 3)];
    Ok(ImageRequest {
        size: match section.field("size") {
            None => None,
            Some(field) => match field.list()?.as_slice() {
                [rows, columns] => Some((rows.count(1)?, columns.count(1)?)),
                _ => return Err(field.error("must be [rows, columns]")),
            },
        },
        channels: section.field("channels").map(|f| f.choice(&channels)).transpose()?,
    })
}

fn read_split(mut section: Section<'_>) -> Result<SplitRule, PlanError> {
    let names = ["stratified", "random", "grouped", "time"];
    let kind = section.need("type")?.choice(&names.map(|name| (name, name)))?;
    let mut column = || Ok(section.need("column")?.text()?.to_owned());
    let rule = match kind {
        "grouped" => SplitRule::Grouped { column: column()? },
        "time" => SplitRule::Time { column: column()? },
        "random" => SplitRule::Random,
        _ => SplitRule::Stratified,
    };
    section.finish()?;
    Ok(rule)
}

fn read_prepare(section: &mut Section<'_>) -> Result<PrepareRequest, PlanError> {
    let unknown = [("ignore", Unknown::Ignore), ("error", Unknown::Error)];
    let resample = [("over", Resample::Over), ("under", Resample::Under)];
    Ok(PrepareRequest {
        missing: section.field("missing").map_or(Ok(Missing::Error), |f| {
            f.choice(&Missing::ALL.map(|missing| (missing.name(), missing)))
        })?,
        unknown: section.field("unknown").map_or(Ok(Unknown::Ignore), |f| f.choice(&unknown))?,
        outliers: section.field("outliers").map(|f| read_outliers(f.section()?)).transpose()?,
        select: section.field("select").map(|f| read_select(f.section()?)).transpose()?,
        resample: section.field("resample").map(|f| f.choice(&resample)).transpose()?,
    })
}

fn read_outliers(mut section: Section<'_>) -> Result<Outliers, PlanError> {
    let names = ["winsorise", "clip", "drop"];
    let kind = section.need("type")?.choice(&names.map(|name| (name, name)))?;
    let mut value =
        |key, default| section.field(key).map_or(Ok(default), |field: Field<'_>| field.number());
    let outliers = match kind {
        "winsorise" => Outliers::Winsorise { quantile: value("quantile", 0.01)? },
        "clip" => Outliers::Clip { iqr: value("iqr", 1.5)? },
        _ => Outliers::Drop { iqr: value("iqr", 1.5)? },
    };
    section.finish()?;
    Ok(outliers)
}

fn read_select(mut section: Section<'_>) -> Result<Select, PlanError> {
    let by = section.need("by")?.choice(&SelectBy::ALL.map(|by| (by.name(), by)))?;
    let keep = match (section.field("keep"), section.field("threshold")) {
        (Some(keep), None) => match &keep.node().value {
            Value::Integer(_) => Keep::Count(keep.count(1)?),
            _ => Keep::Fraction(keep.number()?),
        },
        (None, Some(threshold)) => Keep::Threshold(threshold.number()?),
        (Some(_), Some(_)) => return Err(section.error("data.select takes keep or threshold")),
        (None, None) => {
            return Err(section.error("data.select needs keep: how many features, or a fraction"));
        }
    };
    section.finish()?;
    Ok(Select { by, keep })
}

pub(super) fn check_data(data: &DataRequest) -> Result<(), PlanError> {
    require(!data.source.is_empty(), "data.source", "", "a data set's name or a path")?;
    for (key, holdout) in [("data.validation", &data.validation), ("data.test", &data.test)] {
        if let Some(Holdout::Fraction(share)) = *holdout {
            require(share > 0.0 && share < 1.0, key, share, "above 0 and below 1")?;
        }
    }
    let sum = |holdout: &Option<Holdout>| match holdout {
        Some(Holdout::Fraction(share)) => *share,
        _ => 0.0,
    };
    let both = sum(&data.validation) + sum(&data.test);
    require(both < 1.0, "data.test", both, "below 1 together with data.validation")?;
    match (&data.validation, &data.test) {
        (Some(Holdout::TestSplit), Some(Holdout::TestSplit)) => Err(PlanError::about(
            "data.test",
            "data.validation and data.test name the same thing, \"test\"",
        )
        .with_hint(Some("leave data.test out: what models are chosen on is no test".into()))),
        (Some(Holdout::File(a)), Some(Holdout::File(b))) if a == b => Err(PlanError::about(
            "data.test",
            format!("data.validation and data.test name the same file, {}", a.display()),
        )),
        _ => Ok(()),
    }?;
    for (key, holdout) in [("data.validation", &data.validation), ("data.test", &data.test)] {
        if let Some(Holdout::File(file)) = holdout
            && file == Path::new(&data.source)
        {
            let message = format!("{key} names the training data itself, {}", file.display());
            return Err(PlanError::about(key, message));
        }
    }
    match data.subset {
        Some(Subset::Count(n)) => require(n > 0, "data.subset", n, "at least 1")?,
        Some(Subset::Fraction(share)) => {
            let ok = share > 0.0 && share <= 1.0;
            require(ok, "data.subset", share, "above 0 and, as a fraction, at most 1")?;
        }
        None => {}
    }
    check_table(&data.table)?;
    check_images(&data.images)?;
    check_prepare(&data.prepare)
}

fn check_table(table: &TableRequest) -> Result<(), PlanError> {
    let lists = [
        ("data.target", &table.target),
        ("data.columns", &table.columns),
        ("data.drop", &table.drop),
        ("data.numeric", &table.numeric),
        ("data.categorical", &table.categorical),
    ];
    for (key, list) in lists {
        if let Some(twice) = list.iter().enumerate().find(|(i, name)| list[..*i].contains(name)) {
            return Err(PlanError::about(key, format!("{key} names \"{}\" twice", twice.1)));
        }
    }
    let clashes = [
        ("data.columns", &table.columns, "data.target", &table.target),
        ("data.drop", &table.drop, "data.target", &table.target),
        ("data.drop", &table.drop, "data.columns", &table.columns),
        ("data.categorical", &table.categorical, "data.numeric", &table.numeric),
    ];
    for (key, list, other_key, other) in clashes {
        if let Some(name) = list.iter().find(|name| other.contains(name)) {
            let message = format!("{key} and {other_key} both name \"{name}\"");
            return Err(PlanError::about(key, message));
        }
    }
    Ok(())
}

fn check_images(images: &ImageRequest) -> Result<(), PlanError> {
    let Some((rows, columns)) = images.size else { return Ok(()) };
    for (i, side) in [rows, columns].into_iter().enumerate() {
        let ok = (1..=4096).contains(&side);
        require(ok, format!("data.size.{i}"), side, "from 1 to 4096")?;
    }
    Ok(())
}

fn check_prepare(prepare: &PrepareRequest) -> Result<(), PlanError> {
    match prepare.outliers {
        Some(Outliers::Winsorise { quantile: q }) => {
            require(q > 0.0 && q < 0.5, "data.outliers.quantile", q, "above 0 and below 0.5")?;
        }
        Some(Outliers::Clip { iqr } | Outliers::Drop { iqr }) => {
            let ok = iqr > 0.0 && iqr.is_finite();
            require(ok, "data.outliers.iqr", iqr, "a finite number above 0")?;
        }
        None => {}
    }
    match prepare.select {
        Some(Select { keep: Keep::Count(n), .. }) => {
            require(n > 0, "data.select.keep", n, "at least 1")
        }
        Some(Select { keep: Keep::Fraction(share), .. }) => {
            let range = "above 0 and, as a fraction, at most 1";
            require(share > 0.0 && share <= 1.0, "data.select.keep", share, range)
        }
        Some(Select { by, keep: Keep::Threshold(bound) }) => {
            if !matches!(by, SelectBy::Variance | SelectBy::Correlation) {
                let message = format!("data.select by \"{}\" takes keep, not threshold", by.name());
                return Err(PlanError::about("data.select.threshold", message));
            }
            let ok = bound >= 0.0 && bound.is_finite();
            require(ok, "data.select.threshold", bound, "a finite number of at least 0")
        }
        None => Ok(()),
    }
}

/// Keys at their defaults are left out, so that older plans keep their hash.
pub(super) fn write_data(data: &DataRequest, out: &mut String) {
    out.push_str("[data]\n");
    // A relative path is told from a known data set's name by its look.
    let is_path = data.source.contains(['.', '/', '\\']);
    let source = if is_path { path(Path::new(&data.source)) } else { text(&data.source) };
    line(out, "source", source);
    if let Some(task) = data.task {
        line(out, "task", text(task.name()));
    }
    write_table(&data.table, out);
    if let Some((rows, columns)) = data.images.size {
        line(out, "size", format!("[{rows}, {columns}]"));
    }
    if let Some(channels) = data.images.channels {
        line(out, "channels", text(if channels == 1 { "grey" } else { "colour" }));
    }
    for (key, holdout) in [("validation", &data.validation), ("test", &data.test)] {
        match holdout {
            Some(Holdout::Fraction(share)) => line(out, key, number(*share)),
            Some(Holdout::TestSplit) => line(out, key, text("test")),
            Some(Holdout::File(file)) => line(out, key, path(file)),
            None => {}
        }
    }
    line(out, "split_seed", data.split_seed);
    match data.subset {
        Some(Subset::Count(n)) => line(out, "subset", n),
        Some(Subset::Fraction(share)) => line(out, "subset", number(share)),
        None => {}
    }
    let by = |kind, column| format!("{{ type = \"{kind}\", column = {} }}", text(column));
    match &data.split {
        SplitRule::Stratified => {}
        SplitRule::Random => line(out, "split", "{ type = \"random\" }"),
        SplitRule::Grouped { column } => line(out, "split", by("grouped", column)),
        SplitRule::Time { column } => line(out, "split", by("time", column)),
    }
    if let Some(scale) = data.scale {
        line(out, "scale", text(scale.name()));
    }
    write_prepare(&data.prepare, out);
}

fn write_table(table: &TableRequest, out: &mut String) {
    let list = |names: &[String]| {
        let names: Vec<String> = names.iter().map(|name| text(name)).collect();
        format!("[{}]", names.join(", "))
    };
    match table.target.as_slice() {
        [] => {}
        [one] => line(out, "target", text(one)),
        several => line(out, "target", list(several)),
    }
    for (key, names) in [
        ("columns", &table.columns),
        ("drop", &table.drop),
        ("numeric", &table.numeric),
        ("categorical", &table.categorical),
    ] {
        if !names.is_empty() {
            line(out, key, list(names));
        }
    }
    if let Some(separator) = table.separator {
        line(out, "separator", text(&separator.to_string()));
    }
    if let Some(values) = &table.missing_values {
        line(out, "missing_values", list(values));
    }
}

fn write_prepare(prepare: &PrepareRequest, out: &mut String) {
    if prepare.missing != Missing::Error {
        line(out, "missing", text(prepare.missing.name()));
    }
    if prepare.unknown != Unknown::Ignore {
        line(out, "unknown", text("error"));
    }
    if let Some(outliers) = prepare.outliers {
        let (kind, key, value) = match outliers {
            Outliers::Winsorise { quantile } => ("winsorise", "quantile", quantile),
            Outliers::Clip { iqr } => ("clip", "iqr", iqr),
            Outliers::Drop { iqr } => ("drop", "iqr", iqr),
        };
        let value = number(value);
        line(out, "outliers", format!("{{ type = \"{kind}\", {key} = {value} }}"));
    }
    if let Some(Select { by, keep }) = prepare.select {
        let (key, value) = match keep {
            Keep::Count(n) => ("keep", n.to_string()),
            Keep::Fraction(share) => ("keep", number(share)),
            Keep::Threshold(bound) => ("threshold", number(bound)),
        };
        line(out, "select", format!("{{ by = \"{}\", {key} = {value} }}", by.name()));
    }
    match prepare.resample {
        Some(Resample::Over) => line(out, "resample", text("over")),
        Some(Resample::Under) => line(out, "resample", text("under")),
        None => {}
    }
}
