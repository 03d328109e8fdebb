//! `wellfit diagnose` on real runs of Keras, Lightning and Hugging Face's trainer, which
//! `scripts/elsewhere.py` trained on Fashion-MNIST: the verdict that a practitioner would sign.

mod common;

use std::path::Path;

use common::World;
use serde_json::Value;

/// A run, who wrote it, and the verdict that the way it was trained earned.
struct Run {
    file: &'static str,
    origin: &'static str,
    verdict: &'static str,
}

const KERAS: &str = "looks like Keras's CSVLogger";
const LIGHTNING: &str = "looks like Lightning's CSVLogger";
const HUGGING_FACE: &str = "Hugging Face's trainer_state.json";

const RUNS: [Run; 7] = [
    Run { file: "keras-overlong.csv", origin: KERAS, verdict: "overfit" },
    Run { file: "keras-stopped.csv", origin: KERAS, verdict: "healthy" },
    Run { file: "keras-slow.csv", origin: KERAS, verdict: "underfit" },
    Run { file: "keras-fast.csv", origin: KERAS, verdict: "underfit" },
    Run { file: "lightning-stopped.csv", origin: LIGHTNING, verdict: "healthy" },
    Run { file: "lightning-slow.csv", origin: LIGHTNING, verdict: "underfit" },
    Run { file: "huggingface-overlong.json", origin: HUGGING_FACE, verdict: "overfit" },
];

/// The verdicts on these runs, in their order.
fn judged(more: &[&str]) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wellfit-runs/tests/elsewhere");
    let paths: Vec<String> =
        RUNS.iter().map(|run| folder.join(run.file).display().to_string()).collect();
    let arguments: Vec<&str> = ["diagnose", "--format", "json"]
        .into_iter()
        .chain(more.iter().copied())
        .chain(paths.iter().map(String::as_str))
        .collect();
    let told = World::new(60).run(&arguments).succeeds().out;
    serde_json::from_str(&told).expect("a list of verdicts")
}

fn each_gets_its_verdict(more: &[&str]) {
    let verdicts = judged(more);
    assert_eq!(verdicts.len(), RUNS.len());
    for (run, told) in RUNS.iter().zip(&verdicts) {
        let got = (told["origin"].as_str(), told["verdict"].as_str());
        assert_eq!(got, (Some(run.origin), Some(run.verdict)), "{}: {told}", run.file);
    }
}

#[test]
fn real_runs_of_three_programs_get_the_verdict_that_their_training_earned() {
    each_gets_its_verdict(&[]);
}

#[test]
fn the_size_of_the_validation_set_makes_these_verdicts_surer_and_changes_none() {
    each_gets_its_verdict(&["--val-size", "5000"]);
    for (guessed, told) in judged(&[]).iter().zip(judged(&["--val-size", "5000"])) {
        let confidence = |told: &Value| told["confidence"].as_f64().expect("a number");
        assert!(confidence(&told) >= confidence(guessed), "{guessed} {told}");
    }
}
