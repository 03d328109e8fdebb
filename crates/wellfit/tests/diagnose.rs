//! `wellfit diagnose`: what it prints, and how it ends.

mod common;

use common::{PLAN, World};
use serde_json::Value;

/// A table of metrics: validation loss falls and rises again to `end`, training loss falls to
/// `floor`.
fn table(end: f64, floor: f64) -> String {
    let row = |epoch: i32| {
        let held = match epoch {
            epoch if epoch <= 12 => 0.324 + 0.002 * f64::from((12 - epoch).pow(2)),
            epoch => 0.324 + (end - 0.324) * f64::from(epoch - 12) / 18.0,
        };
        let train = floor + 0.4 * (-f64::from(epoch) / 6.0).exp();
        format!("{epoch},{train},{held}\n")
    };
    (1..=30).map(row).fold("epoch,loss,val_loss\n".into(), |text, row| text + &row)
}

fn world() -> World {
    let world = World::new(60);
    world.write("bad.csv", table(0.443, 0.1));
    world.write("good.csv", table(0.324, 0.29));
    world
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn a_metrics_file_gets_a_headline_and_a_line_to_paste() {
    let world = world();
    let ended = world.run(&["diagnose", "bad.csv", "--val-size", "10000"]).succeeds();
    assert!(ended.out.starts_with("OVERFITTING since epoch 13:"), "{}", ended.out);
    assert!(ended.out.contains("validation loss 0.324 → 0.443 (+37 %)"), "{}", ended.out);
    let keras = world.run(&["diagnose", "bad.csv", "--for", "keras"]).succeeds();
    assert!(keras.out.contains("EarlyStopping("), "{}", keras.out);
    let good = world.run(&["diagnose", "good.csv"]).succeeds();
    assert!(good.out.starts_with("HEALTHY: "), "{}", good.out);
}

#[test]
fn the_gate_ends_with_3_only_for_what_is_listed() {
    let world = world();
    let gate = |file: &str, list: &str| world.run(&["diagnose", file, "--fail-on", list]);
    gate("bad.csv", "overfit,diverged")
        .fails(3, &["stopped by --fail-on: 1 of 1 runs", "bad.csv: overfit"]);
    assert_eq!(gate("bad.csv", "diverged").code, Some(0));
    assert_eq!(gate("good.csv", "overfit").code, Some(0));
    assert_eq!(gate("bad.csv", "overfit:0.9").code, Some(3));
    world.write("short.csv", "epoch,loss,val_loss\n1,0.5,0.6\n");
    assert_eq!(gate("short.csv", "overfit,diverged,underfit").code, Some(0));
    gate("short.csv", "undecided").fails(3, &["short.csv: undecided"]);
    gate("bad.csv", "overfitting").fails(2, &["is no verdict"]);
    gate("bad.csv", "overfit:2").fails(2, &["is no confidence"]);
}

#[test]
fn a_gate_that_can_never_trip_is_wrong_input() {
    let world = world();
    let gate = |list: &str, more: &[&str]| {
        world.run(&[&["diagnose", "bad.csv", "good.csv", "--fail-on", list], more].concat())
    };
    let ended = gate("overfit,diverged:0.96", &[]);
    ended.fails(2, &["0.96", "overfit on bad.csv", "0.95", "--val-size N", "(and 1 runs more)"]);
    assert!(ended.out.starts_with("OVERFITTING"), "{}", ended.out);
    assert_eq!(gate("diverged:0.96", &[]).code, Some(0));
    gate("diverged:0.995", &[]).fails(2, &["ask for at most 0.99"]);
    gate("overfit:0.96", &["--val-size", "100000"]).fails(3, &["bad.csv: overfit"]);
    assert_eq!(gate("overfit:1", &["--val-size", "100"]).code, Some(0));
}

#[test]
fn every_format_keeps_the_verdicts_beside_what_cannot_be_read() {
    let world = world();
    for format in ["text", "json", "github", "markdown", "junit"] {
        let paths = ["diagnose", "missing.csv", "bad.csv", "--fail-on", "overfit", "--format"];
        let ended = world.run(&[&paths[..], &[format]].concat());
        ended.fails(2, &["missing.csv: no such file", "stopped by --fail-on: 1 of 1 runs"]);
        assert!(ended.out.contains("OVERFITTING"), "{format}: {}", ended.out);
        let told = matches!(format, "github" | "markdown" | "junit");
        assert_eq!(ended.out.contains("missing.csv"), told, "{format}: {}", ended.out);
    }
    let alone = world.run(&["diagnose", "missing.csv", "--format", "junit"]);
    alone.fails(2, &["missing.csv: no such file"]);
    assert!(alone.out.contains("tests=\"1\" failures=\"0\" errors=\"1\""), "{}", alone.out);
    let alone = world.run(&["diagnose", "missing.csv", "--format", "json"]);
    assert_eq!(alone.out, "[]\n");
}

#[test]
fn no_epoch_is_best_of_a_run_that_was_lost_from_the_first_on() {
    let world = world();
    world.write(
        "nan.csv",
        "epoch,loss,val_loss,accuracy,val_accuracy\n0,nan,nan,0.1,0.1\n1,nan,nan,0.1,0.1\n",
    );
    let ended = world.run(&["diagnose", "nan.csv"]).succeeds();
    assert!(ended.out.starts_with("DIVERGED at epoch 0"), "{}", ended.out);
    assert!(!ended.out.contains("best epoch"), "{}", ended.out);
    let ended = world.run(&["diagnose", "nan.csv", "--format", "json"]).succeeds();
    assert_eq!(json(&ended.out)[0]["best_epoch"], Value::Null);
    world.write("late.csv", "epoch,loss,val_loss\n0,0.9,0.8\n1,0.7,0.7\n2,nan,nan\n3,nan,nan\n");
    let ended = world.run(&["diagnose", "late.csv", "--format", "json"]).succeeds();
    let late = json(&ended.out);
    assert_eq!((&late[0]["since_epoch"], &late[0]["best_epoch"]), (&2.into(), &1.into()));

    let rate = "train.optimizer={ type = \"sgd\", lr = 1e30 }";
    world.run(&["train", "plan.toml", "--quiet", "--set", rate]).fails(1, &["diverged in epoch 1"]);
    let record = json(&world.text("runs/plan/record.json"));
    assert_eq!(
        (&record["best_epoch"], &record["diagnosis"]["best_epoch"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(record["diagnosis"]["verdict"], "diverged");
}

#[test]
fn a_file_that_cannot_be_read_is_wrong_input_and_hides_no_other() {
    let world = world();
    let ended = world.run(&["diagnose", "bad.csv", "missing.csv", "--fail-on", "overfit"]);
    ended.fails(2, &["missing.csv"]);
    assert!(ended.out.starts_with("OVERFITTING"), "{}", ended.out);
    world.run(&["diagnose"]).fails(2, &["PATH"]);
    world.run(&["diagnose", "bad.csv", "--val-size", "0"]).fails(2, &["--val-size"]);
    world.run(&["diagnose", "bad.csv", "--format", "yaml"]).fails(2, &["yaml", "junit"]);
    world.run(&["diagnose", "bad.csv", "--for", "jax"]).fails(2, &["jax", "keras"]);
    world.run(&["diagnose", "bad.csv", "--val-col", "nope"]).fails(2, &["nope", "val_loss"]);
}

#[test]
fn every_format_is_what_its_readers_expect() {
    let world = world();
    let shown = |format: &str| {
        world.run(&["diagnose", "bad.csv", "good.csv", "--format", format]).succeeds().out
    };
    let all = json(&shown("json"));
    let verdicts: Vec<&str> =
        all.as_array().unwrap().iter().map(|run| run["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["overfit", "healthy"]);
    assert!(shown("github").starts_with("::warning file="));
    assert!(shown("markdown").starts_with("| run | verdict |"));
    assert!(shown("junit").contains("<failure type=\"overfit\""));
    assert!(shown("text").ends_with("2 runs: 1 healthy, 1 overfit\n"));
}

#[test]
fn what_comes_in_is_judged_too() {
    let world = world();
    let script = "cat bad.csv | \"$1\" diagnose - --format json";
    let ended = world.shell(script, &[]);
    assert_eq!(json(&ended.out)[0]["verdict"], "overfit", "{}", ended.err);
}

#[test]
fn a_runs_verdict_is_printed_kept_and_found_again() {
    let world = World::new(60);
    let trained = world.run(&["train", "plan.toml"]).succeeds();
    let record = json(&world.text("runs/plan/record.json"));
    let headline = record["diagnosis"]["headline"].as_str().unwrap();
    assert!(trained.out.lines().any(|line| line == headline), "{headline}: {}", trained.out);
    assert_eq!(
        (&record["diagnosis"]["schema"], &record["diagnosis"]["path"]),
        (&1.into(), &".".into())
    );
    let again = json(&world.run(&["diagnose", "runs/plan", "--format", "json"]).succeeds().out);
    assert_eq!((&again[0]["headline"], &again[0]["path"]), (&headline.into(), &"runs/plan".into()));
    // A record of an older version has no verdict; it is read, and judged, all the same.
    let older = world.text("runs/plan/record.json");
    let diagnosis = serde_json::to_string(&record["diagnosis"]).unwrap();
    assert!(older.contains(&diagnosis), "{older}");
    world.write("runs/plan/record.json", older.replace(&diagnosis, "null"));
    let report = world.run(&["report", "runs/plan"]).succeeds();
    assert!(report.out.contains(headline), "{}", report.out);
    world.run(&["train", "plan.toml"]).succeeds();
    assert_eq!(json(&world.text("runs/plan/record.json"))["diagnosis"]["headline"], headline);
}

#[test]
fn a_studys_trials_are_judged_each_and_the_study_says_what_they_are() {
    let world = World::new(60);
    world.write("study.toml", format!("{PLAN}\n[study]\nseeds = 2\n"));
    let ended = world.run(&["study", "study.toml"]).succeeds();
    assert!(ended.out.contains("verdict baseline: "), "{}", ended.out);
    let verdicts = json(&world.run(&["diagnose", "runs/study", "--format", "json"]).succeeds().out);
    let paths: Vec<&str> =
        verdicts.as_array().unwrap().iter().map(|run| run["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["runs/study/trials/baseline-s0", "runs/study/trials/baseline-s1"]);
    let record = json(&world.text("runs/study/trials/baseline-s1/record.json"));
    assert_eq!(record["diagnosis"]["verdict"], verdicts[1]["verdict"]);
    let results = json(&world.text("runs/study/results.json"));
    assert_eq!(results["arms"][0]["trials"][1]["verdict"], verdicts[1]["verdict"]);
    // A folder of folders is all of them.
    let all = json(&world.run(&["diagnose", "runs", "--format", "json"]).succeeds().out);
    assert_eq!(all.as_array().unwrap().len(), 2);
}

#[test]
fn runs_are_found_at_any_depth_and_what_is_left_out_beside_them_is_named() {
    let world = World::new(60);
    world.run(&["train", "plan.toml", "--out", "all/first/a"]).succeeds();
    world.run(&["train", "plan.toml", "--out", "all/b"]).succeeds();
    world.write("all/first/other.csv", table(0.443, 0.1));
    let ended = world.run(&["diagnose", "all", "--format", "json"]).succeeds();
    let verdicts = json(&ended.out);
    let paths: Vec<&str> =
        verdicts.as_array().unwrap().iter().map(|run| run["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["all/b", "all/first/a"]);
    assert!(ended.err.contains("left out") && ended.err.contains("other.csv"), "{}", ended.err);
    // One that is damaged hides no other.
    world.write("all/b/record.json", "{");
    let ended = world.run(&["diagnose", "all", "--format", "json"]);
    ended.fails(2, &["all/b"]);
    assert_eq!(json(&ended.out).as_array().unwrap().len(), 1);
}
