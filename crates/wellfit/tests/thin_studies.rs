//! Studies that cannot say much: one seed, arms that are the same, trials that are lost.

mod common;

use common::{PLAN, World};
use serde_json::Value;

const ARMS: &str = r#"
[[study.arm]]
name = "same"
set = { train.epochs = 3 }
[[study.arm]]
name = "hot"
set = { train.optimizer.lr = 1e30 }
"#;

/// What a study with so many seeds prints, and its `results.json`.
fn studied(seeds: usize) -> (String, Value) {
    let world = World::new(60);
    world.write("study.toml", format!("{PLAN}\n[study]\nseeds = {seeds}\n{ARMS}"));
    let ended = world.run(&["study", "study.toml", "--quiet", "--out", "out"]).succeeds();
    let results = serde_json::from_str(&world.text("out/results.json")).expect("JSON");
    assert!(!ended.out.contains("NaN"), "{}", ended.out);
    (ended.out, results)
}

fn has_caveat(results: &Value, words: &str) -> bool {
    let caveats = results["caveats"].as_array().expect("caveats");
    caveats.iter().any(|caveat| caveat.as_str().is_some_and(|caveat| caveat.contains(words)))
}

#[test]
fn a_study_with_one_seed_has_no_intervals_decides_nothing_and_says_so() {
    let (out, results) = studied(1);
    assert!(out.contains("1 seed: no interval"), "{out}");
    assert!(has_caveat(&results, "1 seed: no interval, so chance cannot be told from effect"));
    let same = &results["arms"][1];
    assert_eq!(same["judgement"], "undecided");
    let difference = &same["against_baseline"]["primary"];
    assert_eq!((&difference["difference"], &difference["n"]), (&0.0.into(), &1.into()));
    assert!(difference["low"].is_null() && difference["p"].is_null(), "{difference}");
    let tests = &same["tests"];
    assert!(tests["corrected_p"].is_null() && tests["bootstrap"].is_null(), "{tests}");
    assert_eq!(results["recommendation"]["decided"], false);
}

#[test]
fn an_arm_that_changes_nothing_makes_exactly_no_difference_and_one_that_diverges_hurts() {
    let (_, results) = studied(2);
    let [same, hot] = [1, 2].map(|arm| &results["arms"][arm]);
    assert_eq!(same["judgement"], "no-useful-difference");
    let difference = &same["against_baseline"]["primary"];
    for key in ["difference", "low", "high"] {
        assert_eq!(difference[key], 0.0, "{difference}");
    }
    assert_eq!(hot["judgement"], "hurts");
    assert_eq!(hot["summary"]["lost"], 2);
    assert!(has_caveat(&results, "hot: 2 of 2 trials diverged"), "{}", results["caveats"]);
}
