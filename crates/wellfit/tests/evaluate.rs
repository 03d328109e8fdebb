//! `wellfit evaluate`, and metrics that plans and studies ask for, through the program.

mod common;

use std::fmt::Write;

use common::World;
use serde_json::Value;

fn golden(name: &str) -> Vec<u8> {
    let path = format!("{}/../../tests/golden/data/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

/// A table with three kinds, the last of which is rare, and a number to predict.
fn flowers(rows: std::ops::Range<usize>) -> String {
    let mut text = String::from("length,width,kind,weight\n");
    for row in rows {
        let kind = if row % 25 == 7 { 2 } else { row % 2 };
        let noise = (row * 7919 % 101) as f64 / 60.0;
        let (length, width) = (kind as f64 + noise, 2.0 * kind as f64 - noise);
        let name = ["setosa", "iris", "lily"][kind];
        let _ = writeln!(text, "{length:.2},{width:.2},{name},{:.3}", length + 3.0 * width + noise);
    }
    text
}

fn table(target: &str, outputs: usize) -> World {
    let world = World::new(24);
    world.write("flowers.csv", flowers(0..400));
    world.write("more.csv", flowers(400..460));
    world.write(
        "table.toml",
        format!(
            "[data]\nsource = \"./flowers.csv\"\ntarget = \"{target}\"\ndrop = [\"{}\"]\n\
             test = 0.2\nvalidation = 0.25\n[model]\nlayers = [{{ type = \"linear\", out = 8 }}, \
             {{ type = \"relu\" }}, {{ type = \"linear\", out = {outputs} }}]\n\
             [train]\nepochs = 4\n",
            if target == "kind" { "weight" } else { "kind" }
        ),
    );
    world
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn metrics_are_columns_and_the_evaluation_says_the_same() {
    let world = World::new(90);
    world.plan_with(
        "epochs = 3",
        "epochs = 3\nmetrics = [\"f1-macro\", \"auc\", \"balanced-accuracy\", \"top-2\", \"ece\"]",
    );
    let ended = world.run(&["train", "plan.toml", "--quiet", "--out", "run"]).succeeds();
    assert!(ended.out.contains("\nval    F1 (macro) 0."), "{}", ended.out);
    let history = world.text("run/history.csv");
    let head: Vec<&str> = history.lines().next().unwrap().split(',').collect();
    assert_eq!(head[10..14], ["train_f1_macro", "val_f1_macro", "train_auc", "val_auc"]);
    assert_eq!(head.last(), Some(&"val_ece"));

    let record = json(&world.text("run/record.json"));
    let best = record["best_epoch"].as_u64().unwrap() as usize;
    let row = &record["epochs"][best - 1];
    let told = json(&world.run(&["evaluate", "run", "--json"]).succeeds().out);
    for (column, score) in [
        ("val_accuracy", "accuracy"),
        ("val_f1_macro", "f1_macro"),
        ("val_auc", "auc"),
        ("val_balanced_accuracy", "balanced_accuracy"),
        ("val_ece", "ece"),
    ] {
        assert_eq!(row[column], told["scores"][score]["value"], "{column}");
    }
    let loss = (row["val_loss"].as_f64().unwrap(), told["loss"]["value"].as_f64().unwrap());
    assert!((loss.0 - loss.1).abs() < 1e-9, "{loss:?}");
    let train = json(&world.run(&["evaluate", "run", "--json", "--on", "train"]).succeeds().out);
    assert_eq!(train["samples"], 90);
    assert_eq!(row["train_accuracy"], train["scores"]["accuracy"]["value"]);
}

#[test]
fn an_evaluation_fits_a_terminal_and_leaves_pictures() {
    let world = table("kind", 3);
    world.run(&["train", "table.toml", "--quiet", "--out", "run"]).succeeds();
    let ended = world.run(&["evaluate", "run", "--out", "pictures"]).succeeds();
    for words in
        ["run on the validation set", "accuracy", "ROC AUC", "lily", "surest", "it says that it is"]
    {
        assert!(ended.out.contains(words), "{words}:\n{}", ended.out);
    }
    let widest = ended.out.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{}", ended.out);
    assert!(ended.err.contains("files: pictures (5)"), "{}", ended.err);
    let stored = json(&world.text("pictures/evaluation.json"));
    assert_eq!(stored["schema"], 1);
    // Rows are those of the file: the mistaken one is of the class that is said.
    let rows: Vec<String> = flowers(0..400).lines().skip(1).map(str::to_owned).collect();
    for mistake in stored["mistakes"].as_array().unwrap() {
        let row: usize = mistake["row"].as_str().unwrap().parse().unwrap();
        assert!(rows[row - 1].contains(mistake["class"].as_str().unwrap()), "{mistake}");
    }
    for picture in ["confusion", "calibration"] {
        assert!(world.text(&format!("pictures/{picture}.svg")).contains("</svg>"));
        assert!(world.read(&format!("pictures/{picture}.png")).starts_with(b"\x89PNG"));
    }
}

#[test]
fn another_file_is_prepared_as_training_samples_were() {
    let world = table("kind", 3);
    world.run(&["train", "table.toml", "--quiet", "--out", "run"]).succeeds();
    let told = json(&world.run(&["evaluate", "run", "more.csv", "--json"]).succeeds().out);
    assert_eq!((&told["samples"], &told["set"]), (&Value::from(60), &Value::from("file")));
    let counts = told["confusion"].as_array().unwrap();
    let all: u64 =
        counts.iter().flat_map(|row| row.as_array().unwrap()).map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(all, 60);

    world.write("unlabelled.csv", "length,width\n1,2\n");
    world.run(&["evaluate", "run", "unlabelled.csv"]).fails(2, &["unlabelled.csv", "kind"]);
    world.write("narrow.csv", "length,kind\n1,iris\n");
    world.run(&["evaluate", "run", "narrow.csv"]).fails(2, &["narrow.csv", "width"]);
    world.write("unknown.csv", "length,width,kind\n1,2,rose\n");
    world.run(&["evaluate", "run", "unknown.csv"]).fails(2, &["unknown.csv", "rose"]);
    world.run(&["evaluate", "run", "nowhere.csv"]).fails(2, &["nowhere.csv"]);
    world.run(&["evaluate", "run", "more.csv", "--on", "test"]).fails(2, &["--on"]);
}

#[test]
fn numbers_are_scored_with_their_residuals() {
    let world = table("weight", 1);
    let world_plan = world.text("table.toml").replace(
        "epochs = 4",
        "epochs = 4\nmetrics = [\"rmse\", \"mae\"]\nearly_stopping = { monitor = \"val_mae\" }",
    );
    world.write("table.toml", world_plan);
    world.run(&["train", "table.toml", "--quiet", "--out", "run"]).succeeds();
    let ended = world.run(&["evaluate", "run", "--on", "test", "--out", "p"]).succeeds();
    for words in ["RMSE", "R²", "the worst predictions", "weight", "`wellfit train` has shown"] {
        assert!(ended.out.contains(words), "{words}:\n{}", ended.out);
    }
    assert!(world.read("p/predictions.png").starts_with(b"\x89PNG"));
    let told = json(&world.run(&["evaluate", "run", "--on", "test", "--json"]).succeeds().out);
    let record = json(&world.text("run/record.json"));
    for (name, score) in [("rmse", "rmse"), ("mae", "mae")] {
        assert_eq!(record["test"][name], told["scores"][score]["value"], "{name}");
    }
    assert_eq!(told["targets"][0]["name"], "weight");
}

#[test]
fn an_npz_file_is_evaluated_part_by_part() {
    let world = World::new(24);
    world.write("set.npz", golden("train.npz"));
    world.write(
        "npz.toml",
        "[data]\nsource = \"./set.npz\"\nvalidation = 0.3\n[model]\nlayers = [{ type = \"linear\", \
         out = 3 }]\n[train]\nepochs = 2\nmetrics = [\"brier\"]\n",
    );
    world.run(&["train", "npz.toml", "--quiet", "--out", "run"]).succeeds();
    let told = json(&world.run(&["evaluate", "run", "--json"]).succeeds().out);
    assert!(told["scores"]["brier"]["value"].as_f64().unwrap() > 0.0);
    assert_eq!(told["samples"], 60);
    let ended = world.run(&["evaluate", "run", "--on", "test"]);
    ended.fails(2, &["the plan of run has no test set", "hint: name another one with --on"]);
    world.write("held.npz", golden("validation.npz"));
    let told = json(&world.run(&["evaluate", "run", "held.npz", "--json"]).succeeds().out);
    assert_eq!(told["samples"], 80);
    world.write("images.npz", golden("validation-images.npz"));
    world.run(&["evaluate", "run", "images.npz"]).fails(2, &["images.npz"]);
}

#[test]
fn what_is_no_model_is_refused() {
    let world = World::new(24);
    world.run(&["evaluate", "nowhere"]).fails(2, &["nowhere", "no such folder"]);
    std::fs::create_dir(world.path("empty")).unwrap();
    world.run(&["evaluate", "empty"]).fails(2, &["empty holds no model"]);
    world.run(&["train", "plan.toml", "--quiet", "--out", "run"]).succeeds();
    std::fs::remove_file(world.path("run/model.safetensors")).unwrap();
    world.run(&["evaluate", "run"]).fails(2, &["it has no model.safetensors"]);
}

#[test]
fn metrics_that_cannot_be_are_errors_with_their_line() {
    let world = World::new(24);
    for (lines, words) in [
        ("metrics = [\"f1_macro\"]", &["plan.toml:14", "did you mean `f1-macro`?"][..]),
        ("metrics = [\"rmse\"]", &["plan.toml:14", "rmse is for regression; classes have"]),
        ("metrics = [\"top-5\"]", &["plan.toml:14", "top-5 is always 1 with 3 classes"]),
        (
            "early_stopping = { monitor = \"val_auc\" }",
            &["plan.toml:14", "add \"auc\" to train.metrics"],
        ),
    ] {
        world.plan_with("epochs = 3", &format!("epochs = 3\n{lines}"));
        world.run(&["train", "plan.toml", "--quiet", "--out", "run"]).fails(2, words);
    }
}

#[test]
fn imbalanced_data_are_judged_by_balanced_accuracy_and_the_answer_says_why() {
    let world = table("kind", 3);
    let plan = world.text("table.toml").replace("test = 0.2\n", "");
    world.write(
        "study.toml",
        plan.replace("epochs = ", "epochs = 2")
            + "[study]\nseeds = 2\n[[study.arm]]\nremedies = [\"l2(1e-3)\"]\n",
    );
    let ended = world.run(&["study", "study.toml", "--quiet", "--out", "s"]).succeeds();
    let why = ["primary Classes are imbalanced", "val_balanced_accuracy"];
    for words in why {
        assert!(ended.out.contains(words), "{words}:\n{}", ended.out);
    }
    let results = json(&world.text("s/results.json"));
    assert_eq!(results["primary"], "val_balanced_accuracy");
    assert!(results["why_primary"].as_str().unwrap().contains("lily"));
    let summary = &results["arms"][1]["summary"];
    assert_eq!(summary["best_val_balanced_accuracy"]["n"], 2, "{summary}");
    let csv = world.text("s/results.csv");
    assert!(
        csv.lines().next().unwrap().ends_with(",val_balanced_accuracy,best_val_balanced_accuracy")
    );
    assert!(world.text("s/report.html").contains("Classes are imbalanced"));
    assert!(world.text("s/study.toml").contains("primary = \"val_balanced_accuracy\""));
    // The same command again goes on, and a report is drawn without the data.
    world.run(&["study", "study.toml", "--quiet", "--out", "s"]).succeeds();
    std::fs::remove_file(world.path("flowers.csv")).unwrap();
    let again = world.run(&["report", "s"]).succeeds();
    assert!(again.out.contains("primary Classes are imbalanced"), "{}", again.out);
    let verdicts = world.run(&["diagnose", "s"]).succeeds();
    assert!(verdicts.out.contains("l2"), "{}", verdicts.out);
}

#[test]
fn a_studys_test_set_is_not_opened_by_looking_at_a_trial() {
    let world = table("kind", 3);
    let plan = world.text("table.toml");
    world.write("study.toml", plan + "[study]\nseeds = 1\nprimary = \"val_f1_macro\"\n");
    world.run(&["study", "study.toml", "--quiet", "--out", "s"]).succeeds();
    let opened = world.path("s/test_opened.json").exists();
    let ended = world.run(&["evaluate", "s/trials/baseline-s0", "--on", "test"]);
    if opened {
        assert!(ended.succeeds().out.contains("The study opened its test set"));
    } else {
        ended.fails(2, &["has not opened its test set", "it is opened once"]);
    }
    world.run(&["evaluate", "s/trials/baseline-s0"]).succeeds();
}

#[test]
fn a_model_of_a_fold_is_scored_on_its_own_fold() {
    let world = table("kind", 3);
    let plan = world.text("table.toml").replace("validation = 0.25\n", "");
    world.write("study.toml", plan + "[study]\nfolds = 3\nprimary = \"val_balanced_accuracy\"\n");
    world.run(&["study", "study.toml", "--quiet", "--out", "s"]).succeeds();
    let trial = world.trials("s").remove(0);
    let run = format!("s/trials/{trial}");
    // Its own fold's validation part gives the figures that training saw there.
    let scored = json(&world.run(&["evaluate", &run, "--json"]).succeeds().out);
    let record = json(&world.text(&format!("{run}/record.json")));
    let best = record["best_epoch"].as_u64().unwrap() as usize;
    let [own, seen] = [&scored["loss"]["value"], &record["epochs"][best - 1]["val_loss"]]
        .map(|loss| loss.as_f64().unwrap_or_else(|| panic!("{scored}")));
    assert!((own - seen).abs() < 1e-6, "{own} {seen}");
    world.run(&["evaluate", &run, "more.csv"]).succeeds();
}
