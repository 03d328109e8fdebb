//! `wellfit data check`, and the quick check before studies and runs.

mod common;

use common::World;

/// Rows of two measurements, a class that hangs on them, and a number of the row.
fn table(rows: usize) -> String {
    let mut noise: u32 = 7;
    let mut draw = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(noise >> 8) / f64::from(1 << 24)
    };
    let mut text = String::from("row,height,width,kind\n");
    for row in 0..rows {
        let (height, width) = (draw(), draw());
        let kind = if height + width + draw() > 1.5 { "oak" } else { "elm" };
        text.push_str(&format!("{row},{height:.5},{width:.5},{kind}\n"));
    }
    text
}

#[test]
fn a_table_is_checked_by_its_target_and_the_gate_counts_warnings() {
    let world = World::new(8);
    world.write("trees.csv", table(2000));
    let check = ["data", "check", "trees.csv", "--target", "kind"];
    let told = world.run(&check).succeeds();
    for words in ["trees.csv", "looked at:", "1 warning\n", "A column identifies rows: column row"]
    {
        assert!(told.out.contains(words), "{words}:\n{}", told.out);
    }
    assert!(told.out.contains(r#"drop = ["row"]"#) && told.err.is_empty(), "{}", told.err);
    let gated = world.run(&[&check[..], &["--fail-on", "warning"]].concat());
    gated.fails(3, &["stopped by --fail-on: 1 finding:", "warning: identifier"]);
    world.run(&[&check[..], &["--fail-on", "error"]].concat()).succeeds();
    let dropped = [&check[..], &["--set", r#"data.drop=["row"]"#, "--fail-on", "warning"]].concat();
    world.run(&dropped).succeeds();
}

#[test]
fn findings_are_json_with_rows_and_lines_to_paste() {
    let world = World::new(64);
    let told = world.run(&["data", "check", "plan.toml", "--json"]).succeeds();
    let json: serde_json::Value = serde_json::from_str(&told.out).expect("JSON");
    assert_eq!((&json["schema"], &json["samples"][0]), (&1.into(), &64.into()));
    let leak = &json["findings"][0];
    assert_eq!((&leak["kind"], &leak["level"]), (&"leak".into(), &"error".into()));
    assert_eq!((&leak["part"], &leak["value"]), (&"validation".into(), &1.0.into()));
    assert_eq!(leak["examples"][0]["row"], leak["examples"][0]["other_row"]);
}

#[test]
fn wrong_input_is_said_as_elsewhere() {
    let world = World::new(8);
    world.run(&["data", "check", "no.csv"]).fails(2, &["no.csv"]);
    world.run(&["data", "check", "none.toml"]).fails(2, &["none.toml"]);
    world.run(&["data", "check", "plan.toml", "--fail-on", "bad"]).fails(2, &["warning"]);
    world
        .run(&["data", "check", "plan.toml", "--set", "data.validation=2"])
        .fails(2, &["validation"]);
}

#[test]
fn a_run_says_on_stderr_what_is_wrong_and_goes_on_unless_it_is_strict() {
    // The test images of these made-up data are training images.
    let world = World::new(64);
    let run = world.run(&["train", "plan.toml", "--out", "run"]).succeeds();
    let told: Vec<&str> = run.err.lines().filter(|line| line.starts_with("data ")).collect();
    assert!(
        told[0].starts_with("data ERROR: Held-out samples that are in training: 16 of 16"),
        "{told:?}"
    );
    assert!(run.err.contains("`wellfit data check plan.toml` tells more"), "{}", run.err);
    assert!(!run.out.contains("Held-out samples"));
    let quiet = world.run(&["train", "plan.toml", "--out", "quiet", "-q"]).succeeds();
    assert!(!quiet.err.contains("data ERROR"), "{}", quiet.err);

    let strict = world.run(&["train", "plan.toml", "--out", "strict", "--strict"]);
    strict.fails(2, &["--strict: the data have an error", "16 of 16 validation samples"]);
    assert!(!world.path("strict").exists());
}

#[test]
fn a_study_keeps_what_was_found_and_its_report_needs_no_data() {
    let world = World::new(64);
    let study = ["study", "plan.toml", "--seeds", "2", "--epochs", "1", "--out", "s"];
    let run = world.run(&study).succeeds();
    assert!(run.err.contains("data ERROR: Held-out samples that are in training"), "{}", run.err);
    assert!(world.text("s/data_check.json").contains(r#""kind": "leak""#));
    assert!(world.text("s/report.html").contains("<h2>The data</h2>"));
    std::fs::remove_dir_all(world.path("data")).expect("the data go");
    world.run(&["report", "s"]).succeeds();
    assert!(world.text("s/report.html").contains("Held-out samples that are in training"));

    world.write("s/data_check.json", r#"{"schema": 1"#);
    world.run(&["report", "s"]).fails(2, &["data_check.json"]);
    std::fs::remove_file(world.path("s/data_check.json")).expect("a file");
    world.run(&["report", "s"]).succeeds();
    assert!(!world.text("s/report.html").contains("<h2>The data</h2>"));
}

#[test]
fn a_strict_study_makes_no_folder() {
    let world = World::new(64);
    let study = ["study", "plan.toml", "--seeds", "1", "--out", "s", "--strict"];
    world.run(&study).fails(2, &["--strict: the data have an error"]);
    assert!(!world.path("s").exists());
}
