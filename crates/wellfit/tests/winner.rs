//! Strengths, the test set and the model handed over, by the program itself.

mod common;

use common::World;
use serde_json::Value;

/// A baseline that hardly learns, so that an arm clearly helps.
const STUDY: &str = r#"
[data]
source = "./data"
validation = 0.25

[model]
layers = [
  { type = "linear", out = 32 },
  { type = "relu" },
  { type = "linear", out = 3 },
]

[train]
epochs = 3
batch_size = 16
optimizer = { type = "adam", lr = 1e-5 }

[study]
seeds = 3
[[study.arm]]
name = "fast"
set = { train.optimizer.lr = 1e-2 }
"#;

fn json(world: &World, path: &str) -> Value {
    serde_json::from_str(&world.text(path)).expect("JSON")
}

#[test]
fn a_range_of_strengths_is_run_drawn_and_told() {
    let world = World::new(60);
    let arm = "[study]\nseeds = 2\n[[study.arm]]\nremedies = [\"dropout(0.1..0.5, steps = 3)\"]\n";
    world.write("study.toml", format!("{}\n{arm}", common::PLAN));
    let ended = world.run(&["study", "study.toml", "--out", "s"]).succeeds();
    let names = ["dropout-0.1-s0", "dropout-0.3-s1", "dropout-0.5-s0"];
    let trials = world.trials("s");
    assert!(
        trials.len() == 8 && names.iter().all(|n| trials.contains(&n.to_string())),
        "{trials:?}"
    );
    for words in ["dropout(0.1..0.5): ", "strength  train_eval_loss  val_loss  difference [95 %]"] {
        assert!(ended.out.contains(words), "{words}:\n{}", ended.out);
    }
    assert!(ended.out.lines().all(|line| line.chars().count() <= 80), "{}", ended.out);
    assert!(world.text("s/strengths.svg").contains("<svg"));
    assert!(world.text("s/report.html").contains("<h2>Strengths</h2>"));
    let results = json(&world, "s/results.json");
    assert_eq!(results["strengths"][0]["points"].as_array().map(Vec::len), Some(3));
    // The folder's own study file makes the same arms and the same families.
    let again = world.run(&["study", "s/study.toml", "--out", "s"]).succeeds();
    assert!(again.err.contains("8 trials already done"), "{}", again.err);
    assert_eq!(json(&world, "s/results.json")["strengths"], results["strengths"]);
}

#[test]
fn the_test_set_is_opened_once_and_the_model_is_handed_over() {
    let world = World::new(120);
    world.write("study.toml", STUDY);
    let ended = world.run(&["study", "study.toml", "--out", "s"]).succeeds();
    assert!(ended.out.contains("opened once, on 2"), "{}", ended.out);
    let mark = world.read("s/test_opened.json");
    let first = json(&world, "s/results.json");
    let test = &first["recommendation"]["test"];
    assert_eq!((&test["arm"], &test["samples"]), (&"fast".into(), &30.into()));
    assert!(test["against_baseline"]["loss"]["mean"].as_f64().unwrap() < 0.0, "{test}");
    let model = &first["recommendation"]["model"];
    let trial = model["trial"].as_str().unwrap();
    for file in ["model.safetensors", "plan.toml"] {
        let original = world.read(&format!("s/trials/{trial}/{file}"));
        assert_eq!(world.read(&format!("s/recommended/{file}")), original);
    }
    assert_eq!(json(&world, "s/recommended/about.json")["seed"], model["seed"]);

    world.run(&["study", "study.toml", "--out", "s"]).succeeds();
    assert_eq!(world.read("s/test_opened.json"), mark);
    assert_eq!(json(&world, "s/results.json")["recommendation"]["test"], *test);
    world.run(&["report", "s"]).succeeds();
    assert_eq!(json(&world, "s/results.json")["recommendation"]["test"], *test);

    let late = "[[study.arm]]\nname = \"late\"\nset = { train.optimizer.lr = 3e-2 }\n";
    world.write("study.toml", format!("{STUDY}{late}"));
    world.run(&["study", "study.toml", "--out", "s"]).succeeds();
    assert_eq!(world.read("s/test_opened.json"), mark);
    let results = json(&world, "s/results.json");
    assert_eq!(results["recommendation"]["test"]["joined_later"][0], "late");
    let caveats = results["caveats"].to_string();
    assert!(caveats.contains("late: added after the test set was opened"), "{caveats}");
    assert!(!world.text("s/trials/late-s0/record.json").contains("\"n\": 30"));
}

#[test]
fn a_report_whose_chosen_model_was_removed_says_so_and_is_made_nevertheless() {
    let world = World::new(120);
    world.write("study.toml", STUDY);
    let ended = world.run(&["study", "study.toml", "--out", "s"]).succeeds();
    let results = json(&world, "s/results.json");
    let trial = results["recommendation"]["model"]["trial"].as_str().unwrap();
    let model = format!("s/trials/{trial}/model.safetensors");
    std::fs::remove_file(world.path(&model)).unwrap();
    let kept = world.run(&["report", "s"]).succeeds();
    assert_eq!((kept.out, kept.err), (ended.out.clone(), String::new()));
    assert!(world.path("s/recommended/model.safetensors").is_file());
    std::fs::remove_dir_all(world.path("s/recommended")).unwrap();
    let gone = world.run(&["report", "s"]).succeeds();
    assert_eq!(gone.out, ended.out);
    assert!(gone.err.contains("no model is handed over") && gone.err.contains(trial));
    assert!(!world.path("s/recommended").exists());
}

#[test]
fn without_a_test_set_the_figure_is_called_optimistic() {
    let world = World::new(120);
    world.write("study.toml", STUDY.replace("validation = 0.25", "validation = \"test\""));
    let ended = world.run(&["study", "study.toml", "--out", "s"]).succeeds();
    assert!(ended.out.contains("no test set: this figure is optimistic"), "{}", ended.out);
    assert!(!world.path("s/test_opened.json").exists());
    assert!(world.path("s/recommended/model.safetensors").is_file());
}

#[test]
fn a_study_that_decides_nothing_opens_and_hands_over_nothing() {
    let world = World::new(120);
    let same = STUDY.replace("train.optimizer.lr = 1e-2", "train.optimizer.lr = 1e-5");
    world.write("one.toml", STUDY.replace("seeds = 3", "seeds = 1"));
    let ended = world.run(&["study", "one.toml", "--out", "one"]).succeeds();
    assert!(ended.out.contains("no final figure: nothing is decided"), "{}", ended.out);
    assert!(
        !world.path("one/test_opened.json").exists() && !world.path("one/recommended").exists()
    );
    world.write("same.toml", same);
    world.run(&["study", "same.toml", "--out", "same"]).succeeds();
    let results = json(&world, "same/results.json");
    assert_eq!(results["arms"][1]["judgement"], "no-useful-difference", "identical arms");
    let trial = results["recommendation"]["model"]["trial"].as_str().expect("the plan as it is");
    assert!(trial.starts_with("baseline-s"), "{trial}");
}

#[test]
fn a_race_stops_losers_early_and_goes_on_in_its_folder() {
    let world = World::new(120);
    let slow = "[[study.arm]]\nname = \"slower\"\nset = { train.optimizer.lr = 1e-6 }\n";
    world.write("study.toml", format!("{STUDY}{slow}"));
    let race = ["study", "study.toml", "--out", "s", "--race", "--seeds", "6"];
    let ended = world.run(&race).succeeds();
    assert!(ended.err.contains("race: ") && ended.err.contains("it is over"), "{}", ended.err);
    let results = json(&world, "s/results.json");
    assert_eq!(results["race"]["winner"], "fast", "{}", results["race"]);
    assert_eq!(results["arms"][2]["left_race"]["seeds"], 2);
    assert!(!world.trials("s").contains(&"slower-s2".to_string()));
    assert!(world.text("s/results.csv").contains("slower,5,,spared"));
    assert!(world.text("s/report.html").contains("for all looks of the race together"));
    let again = world.run(&race).succeeds();
    assert_eq!(again.out, ended.out);
    world.run(&["report", "s"]).succeeds();
    assert_eq!(json(&world, "s/results.json")["race"], results["race"]);
    let mut longer = race;
    longer[6] = "7";
    world.run(&longer).fails(2, &["holds another study", "it is a race with seeds"]);
    world.run(&race[..4]).fails(2, &["holds another study", "it is a race"]);
    world
        .run(&["study", "study.toml", "--race", "--seeds", "2"])
        .fails(2, &["needs more to add, not 2 in all"]);
}
