//! Runs are watched from inside: what `train` and `diagnose` say of it.

mod common;

use common::World;
use serde_json::Value;

/// Steps of a billionth, with which nothing is learned.
const STUCK: &str = "epochs = 3\noptimizer = { type = \"adam\", lr = 1e-9 }";

#[test]
fn a_network_that_cannot_learn_is_told_why_by_train_diagnose_and_the_record() {
    let world = World::new(60);
    world.plan_with("epochs = 3", STUCK);
    let trained = world.run(&["train", "plan.toml"]).succeeds();
    let line = "  update-too-small: layer 0: one step moves its weights by ";
    assert!(trained.out.contains(line), "{}", trained.out);
    let advice = "\n    → a learning rate ten times larger, and again: wellfit train plan.toml --set train.optimizer.lr=1e-8";
    assert!(trained.out.contains(advice), "{}", trained.out);
    assert_eq!(world.run(&["report", "runs/plan"]).succeeds().out.matches(line).count(), 1);
    let json = world.run(&["diagnose", "runs/plan", "--format", "json"]).succeeds().out;
    let verdicts: Value = serde_json::from_str(&json).unwrap();
    let record: Value = serde_json::from_str(&world.text("runs/plan/record.json")).unwrap();
    for findings in [&verdicts[0]["findings"], &record["diagnosis"]["findings"]] {
        let of =
            |finding: &&Value| finding["kind"] == "update-too-small" && finding["layer"] == "0";
        let finding = findings.as_array().unwrap().iter().find(of).unwrap();
        assert!(finding["value"].as_f64().unwrap() < finding["threshold"].as_f64().unwrap());
        assert!(finding["epoch"].is_u64(), "{finding}");
    }
}

#[test]
fn a_run_that_nobody_watches_trains_to_the_same_bits_and_is_told_nothing() {
    let world = World::new(60);
    world.plan_with("epochs = 3", STUCK);
    world.run(&["train", "plan.toml"]).succeeds();
    let watched = world.bits("runs/plan");
    let unseen =
        world.run(&["train", "plan.toml", "--out", "unseen", "--set", "train.watch=false"]);
    assert!(!unseen.succeeds().out.contains("update-too-small"));
    assert!(world.bits("unseen") == watched);
    let record: Value = serde_json::from_str(&world.text("unseen/record.json")).unwrap();
    assert_eq!(record["watch"], Value::Null);
    world.run(&["train", "plan.toml", "--set", "train.watch=1"]).fails(2, &["train.watch"]);
}
