//! From a data file to a plan, a study and a model, without a plan.

mod common;

use common::World;

/// Few epochs of one seed: what is proposed is tested, not what comes of it.
const QUICK: [&str; 4] = ["--epochs", "2", "--seeds", "1"];

#[test]
fn a_plan_is_printed_with_its_reasons_and_trains_as_it_stands() {
    let world = World::new(60);
    let ended = world.run(&["new", "data"]).succeeds();
    for words in [
        "# What `wellfit new data` proposes.",
        "source = \"./data\"",
        "# 60 samples, each a grey image of 8×8",
        "# 3 classes: 0 (20), 1 (20), 2 (20)",
        "# bytes scaled to 0 to 1",
        "{ type = \"linear\", out = 3 }",
    ] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
    assert!(ended.err.is_empty(), "{}", ended.err);
    world.write("mine.toml", &ended.out);
    world.run(&["train", "mine.toml", "--set", "train.epochs=2"]).succeeds();
    assert!(world.text("runs/mine/plan.toml").contains("task = \"classification\""));
}

#[test]
fn a_study_is_proposed_on_request_and_written_where_nothing_lies() {
    let world = World::new(60);
    let ended = world.run(&["new", "data", "--study", "--out", "mine.toml"]).succeeds();
    assert!(ended.err.contains("wellfit study mine.toml"), "{}", ended.err);
    let text = world.text("mine.toml");
    assert!(text.contains("[[study.arm]]") && text.contains("\"early-stopping\""), "{text}");
    world
        .run(&["new", "data", "--out", "mine.toml"])
        .fails(2, &["mine.toml is there already", "hint: name another file"]);
    assert_eq!(world.text("mine.toml"), text);
    // A plan elsewhere finds the data all the same.
    std::fs::create_dir(world.path("sub")).unwrap();
    world.run(&["new", "data", "--out", "sub/plan.toml"]).succeeds();
    world.run(&["train", "sub/plan.toml", "--set", "train.epochs=1"]).succeeds();
}

#[test]
fn a_study_of_a_data_file_says_what_it_chose_and_runs() {
    let world = World::new(90);
    let ended = world.run(&[&["study", "data"], &QUICK[..]].concat()).succeeds();
    let chosen: Vec<&str> =
        ended.err.lines().take_while(|line| !line.contains("to change")).collect();
    assert!(chosen.len() < 10, "{}", ended.err);
    for words in [
        "data: 90 samples, each a grey image of 8×8",
        "- 3 classes: 0 (30), 1 (30), 2 (30)",
        "baseline, early-stopping, augment(symbols)",
        "- to change any of it: wellfit new data --study > my-study.toml",
    ] {
        assert!(ended.err.contains(words), "{words}: {}", ended.err);
    }
    assert!(world.text("runs/data/study.toml").contains("[[study.arm]]"));
    let quiet = [&["study", "data", "--quiet", "--out", "quiet"], &QUICK[..]].concat();
    assert_eq!(world.run(&quiet).succeeds().err, "");
    // The same command finds that all is done.
    let again = world.run(&[&["study", "data"], &QUICK[..]].concat()).succeeds();
    assert_eq!(again.out, ended.out);
}

#[test]
fn a_data_file_trains_without_a_plan() {
    let world = World::new(60);
    let ended = world.run(&["train", "data", "--set", "train.epochs=2"]).succeeds();
    assert!(ended.err.contains("wellfit new data > my-plan.toml"), "{}", ended.err);
    assert!(ended.out.contains("files: runs/data"), "{}", ended.out);
}

#[test]
fn what_is_no_data_and_what_is_no_plan_are_told_apart() {
    let world = World::new(60);
    world.write("broken.toml", "[data\n");
    world.write("broken.npz", "no zip");
    world.write("notes", "some words");
    std::fs::create_dir(world.path("empty")).unwrap();
    for (arguments, words) in [
        (vec!["study", "broken.toml"], "broken.toml:1"),
        (vec!["study", "nowhere.toml"], "cannot read nowhere.toml"),
        (vec!["study", "nowhere.npz"], "no such file or folder"),
        (vec!["train", "broken.npz"], "broken.npz"),
        (vec!["study", "empty"], "empty"),
        (vec!["new", "plan.toml"], "plan.toml is a plan, and data are wanted"),
        (vec!["new", "nowhere"], "neither a known data set"),
        (vec!["new", "notes"], "notes"),
        (vec!["train", "plan.toml", "--target", "y", "--set", "train.epochs=1"], "target"),
    ] {
        world.run(&arguments).fails(2, &[words]);
    }
    world.run(&[&["study", "data"], &QUICK[..]].concat()).succeeds();
    world.run(&["study", "runs/data"]).fails(2, &["is the folder of a study", "wellfit report"]);
}

#[test]
fn one_remedy_is_told_in_full() {
    let world = World::new(60);
    let ended = world.run(&["remedies", "mixup"]).succeeds();
    for words in ["mixup(alpha=0.2)", "Beta(alpha, alpha)", "helps:", "arxiv.org/abs/1710.09412"] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
    let json = world.run(&["remedies", "mixup", "--json"]).succeeds().out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["name"], &json["usual"]), (&"mixup".into(), &"mixup".into()));
    assert_eq!(json["parameters"][0]["strength"], true);
    world
        .run(&["remedies", "mixpu"])
        .fails(2, &["there is no remedy \"mixpu\"", "did you mean `mixup`?"]);
    let list = world.run(&["remedies"]).succeeds().out;
    assert!(list.contains("THE SIZE OF THE WEIGHTS") && list.contains("\nsmaller(factor=0.5)\n"));
}
