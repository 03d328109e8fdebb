//! `wellfit predict`: the same as the library says, in the file's order, or an error.

mod common;

use std::fmt::Write;

use common::World;
use wellfit::SavedModel;
use wellfit::data::{Places, Task, load, read_samples};

const PLAN: &str = r#"[data]
source = "./flowers.csv"
target = "kind"
validation = "./held-out.csv"
missing = "mean"

[model]
layers = [{ type = "linear", out = 8 }, { type = "relu" }, { type = "linear", out = 3 }]

[train]
epochs = 3
"#;

/// A table of flowers: two lengths, one now and then missing, a colour, and the kind.
fn flowers(rows: std::ops::Range<usize>, columns: [&str; 4]) -> String {
    let mut text = columns.join(",") + "\n";
    for row in rows {
        let kind = row % 3;
        let noise = (row * 7919 % 101) as f64 / 100.0;
        for (at, column) in columns.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            let _ = match *column {
                "kind" => write!(text, "{comma}{}", ["setosa", "\"a, b\"", "iris"][kind]),
                "colour" => {
                    write!(text, "{comma}{}", ["red", "blue", "white"][(kind + row / 9) % 3])
                }
                "width" if row % 10 == 4 => write!(text, "{comma}NA"),
                "width" => write!(text, "{comma}{:.2}", kind as f64 + noise),
                _ => write!(text, "{comma}{:.2}", 2.0 * kind as f64 - noise),
            };
        }
        text.push('\n');
    }
    text
}

fn table() -> World {
    let world = World::new(24);
    let columns = ["length", "width", "colour", "kind"];
    world.write("flowers.csv", flowers(0..90, columns));
    world.write("held-out.csv", flowers(90..120, columns));
    world.write("table.toml", PLAN);
    world.run(&["train", "table.toml", "--quiet"]).succeeds();
    world
}

/// The fields of CSV lines without quoted ones.
fn fields(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn a_tables_rows_are_predicted_as_the_library_predicts_them() {
    let world = table();
    let out = world.run(&["predict", "runs/table", "held-out.csv"]).succeeds().out;
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("row,prediction,probability"));
    assert_eq!(lines.count(), 30);

    let model = SavedModel::open(&world.path("runs/table")).unwrap();
    let samples = read_samples(&world.path("held-out.csv"), &model.schema).unwrap();
    let raw = model.predict(&samples.set).unwrap();
    // What was prepared together with the training samples gives the same.
    let splits = load(&model.plan.data, &Places::from_env(None)).unwrap();
    let set = splits.validation.unwrap();
    let prepared =
        wellfit::predict(&model.plan, &model.weights, &set, &splits.preparation).unwrap();
    assert_eq!(raw, prepared);

    let names = set.output_names().to_vec();
    let out = world.run(&[
        "predict",
        "runs/table",
        "held-out.csv",
        "--probabilities",
        "--format",
        "jsonl",
    ]);
    let out = out.succeeds();
    assert!(out.out.starts_with(r#"{"row":1,"prediction":""#), "{}", out.out);
    let lines: Vec<serde_json::Value> =
        out.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), raw.task()), (30, Task::Classification));
    for (at, line) in lines.iter().enumerate() {
        assert_eq!(line["row"], at + 1);
        assert_eq!(line["prediction"], names[raw.class(at)][..]);
        for (name, value) in names.iter().zip(raw.probabilities(at)) {
            assert_eq!(line["probabilities"][name].as_f64().unwrap() as f32, *value);
        }
    }
}

#[test]
fn columns_may_come_in_any_order_with_others_among_them_and_without_the_target() {
    let world = table();
    let usual = world.run(&["predict", "runs/table", "held-out.csv"]).succeeds().out;
    world.write("turned.csv", flowers(90..120, ["colour", "extra", "width", "length"]));
    let turned = world.run(&["predict", "runs/table", "turned.csv"]).succeeds();
    assert_eq!(turned.out, usual);
    assert_eq!(turned.err, "");
}

#[test]
fn every_class_has_a_column_when_all_probabilities_are_asked_for() {
    let world = table();
    let arguments = ["predict", "runs/table", "held-out.csv", "--probabilities"];
    let out = world.run(&arguments).succeeds().out;
    let head = out.lines().next().unwrap();
    assert!(head.starts_with("row,prediction,") && head.contains("\"p_a, b\""), "{head}");
    assert!(head.contains(",p_setosa") && head.contains(",p_iris"), "{head}");
    for line in out.lines().skip(1).filter(|line| !line.contains('"')) {
        let sum: f64 = line.split(',').skip(2).map(|p| p.parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{line}");
    }
    // The same text goes into a file, and nothing else is left there.
    let file = world.run(&[&arguments[..], &["--out", "said.csv"]].concat()).succeeds();
    assert_eq!((file.out.as_str(), file.err.as_str()), ("", "30 predictions: said.csv\n"));
    assert_eq!(world.text("said.csv"), out);
    assert!(!world.path(".said.csv.partial").exists());
}

#[test]
fn categories_that_training_never_saw_are_counted_on_stderr_or_refused() {
    let world = table();
    world.write(
        "new.csv",
        flowers(90..99, ["length", "width", "colour", "kind"]).replace("red", "green"),
    );
    let ended = world.run(&["predict", "runs/table", "new.csv"]).succeeds();
    assert_eq!(ended.out.lines().count(), 10);
    assert!(ended.err.contains("categories that training never saw"), "{}", ended.err);
    let quiet = world.run(&["predict", "runs/table", "new.csv", "-q"]).succeeds();
    assert_eq!((quiet.err.as_str(), quiet.out), ("", ended.out));

    world.write("table.toml", PLAN.replace("missing = ", "unknown = \"error\"\nmissing = "));
    world.run(&["train", "table.toml", "--quiet", "--out", "strict"]).succeeds();
    let ended = world.run(&["predict", "strict", "new.csv", "--out", "said.csv"]);
    ended.fails(2, &["colour", "green"]);
    assert!(!world.path("said.csv").exists());
}

#[test]
fn numbers_are_predicted_under_the_targets_names() {
    let world = World::new(24);
    let columns = ["width", "colour", "kind", "length"];
    world.write("flowers.csv", flowers(0..90, columns));
    world.write(
        "numbers.toml",
        "[data]\nsource = \"./flowers.csv\"\ntarget = \"length\"\nmissing = \"median\"\n[model]\n\
         layers = [{ type = \"linear\", out = 1 }]\n[train]\nepochs = 2\n",
    );
    world.run(&["train", "numbers.toml", "--quiet"]).succeeds();
    let out = world.run(&["predict", "runs/numbers", "flowers.csv"]).succeeds().out;
    let lines = fields(&out);
    assert_eq!(lines[0], ["row", "length"]);
    assert_eq!(lines.len(), 91);
    let json =
        world.run(&["predict", "runs/numbers", "flowers.csv", "--format", "jsonl"]).succeeds();
    for (line, json) in lines[1..].iter().zip(json.out.lines()) {
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        let number: f32 = line[1].parse().unwrap();
        assert_eq!(json["row"].to_string(), line[0]);
        assert_eq!(json["prediction"]["length"].as_f64().unwrap() as f32, number);
    }
}

#[test]
fn images_are_predicted_from_the_files_that_training_reads() {
    let world = World::new(48);
    world.run(&["train", "plan.toml", "--quiet"]).succeeds();
    let out = world.run(&["predict", "runs/plan", "data/t10k-images-idx3-ubyte"]).succeeds().out;
    assert_eq!(out.lines().count(), 13);
    let model = SavedModel::open(&world.path("runs/plan")).unwrap();
    let splits = load(&model.plan.data, &Places::from_env(None)).unwrap();
    let set = splits.validation.unwrap();
    let said = wellfit::predict(&model.plan, &model.weights, &set, &splits.preparation).unwrap();
    for (at, line) in fields(&out)[1..].iter().enumerate() {
        let probability = said.probabilities(at)[said.class(at)];
        assert_eq!(line[..2], [(at + 1).to_string(), said.class(at).to_string()]);
        assert_eq!(line[2].parse(), Ok(probability));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let world = table();
    let ended = world.shell("\"$@\" | head -n 1", &["predict", "runs/table", "held-out.csv"]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert_eq!(ended.out, "row,prediction,probability\n");
}

#[test]
fn what_cannot_be_predicted_is_refused_with_words() {
    let world = table();
    let held_out = world.text("held-out.csv");
    world.write("empty.csv", "");
    world.write("no-column.csv", held_out.replacen("width", "breadth", 1));
    world.write("words.csv", held_out.replacen(",0.", ",wide", 1));
    world.write("infinite.csv", "length,width,colour\n1e39,2,red\n3e300,inf,red\n");
    for (file, words) in [
        ("nowhere.csv", &["nowhere.csv", "no such file"][..]),
        ("empty.csv", &["empty.csv", "empty"]),
        ("no-column.csv", &["no-column.csv", "width"]),
        ("words.csv", &["words.csv", "width"]),
        ("infinite.csv", &["infinite.csv"]),
        ("data/t10k-images-idx3-ubyte", &["t10k-images"]),
        ("runs", &["runs"]),
    ] {
        world.run(&["predict", "runs/table", file]).fails(2, words);
    }
    world
        .run(&["predict", "runs/table", "held-out.csv", "--out", "data"])
        .fails(2, &["data is a folder"]);
    world.run(&["predict", "runs/table", "held-out.csv", "--format", "xml"]).fails(2, &["xml"]);
    world.run(&["predict", "runs/table"]).fails(2, &["FILE"]);
}

#[test]
fn a_folder_without_a_whole_model_is_refused_with_words() {
    let world = table();
    let refused = |words: &[&str]| {
        for arguments in [&["predict", "runs/table", "held-out.csv"][..], &["export", "runs/table"]]
        {
            world.run(arguments).fails(2, words);
        }
    };
    let damaged = |file: &str, text: &[u8], words: &[&str]| {
        let path = format!("runs/table/{file}");
        let good = world.read(&path);
        world.write(&path, text);
        refused(words);
        world.write(&path, good);
    };
    damaged("preparation.json", b"{", &["preparation.json"]);
    damaged("preparation.json", br#"{"schema": 999}"#, &["preparation.json", "newer"]);
    damaged("samples.json", b"[]", &["samples.json"]);
    damaged("model.safetensors", b"weights", &["model.safetensors"]);
    damaged("plan.toml", b"[data", &["plan.toml"]);
    let plan = world.text("runs/table/plan.toml");
    damaged(
        "plan.toml",
        plan.replace("out = 3", "out = 4").as_bytes(),
        &["4 outputs", "3 classes"],
    );
    damaged("plan.toml", plan.replace("out = 8", "out = 9").as_bytes(), &["0.weight"]);
    for (file, words) in [
        ("model.safetensors", "no epoch could be judged"),
        ("samples.json", "train it again"),
        ("plan.toml", "no plan.toml"),
    ] {
        let path = format!("runs/table/{file}");
        let good = world.read(&path);
        std::fs::remove_file(world.path(&path)).unwrap();
        refused(&["holds no model", words]);
        world.write(&path, good);
    }
    world.run(&["predict", "nowhere", "held-out.csv"]).fails(2, &["nowhere", "no such folder"]);
    world.run(&["predict", "held-out.csv", "held-out.csv"]).fails(2, &["no such folder"]);
}
