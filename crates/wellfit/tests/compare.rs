//! `wellfit compare A… --against B…`: what it prints, and how it ends.

mod common;

use common::World;
use serde_json::Value;

/// A metrics file: validation loss falls to `held` and accuracy rises with it.
fn table(held: f64) -> String {
    let row = |epoch: i32| {
        let loss = held + 0.02 * f64::from((8 - epoch).pow(2));
        format!("{epoch},{},{loss},{}\n", 0.5 / f64::from(epoch), 0.95 - loss / 4.0)
    };
    (1..=10).map(row).fold("epoch,loss,val_loss,val_accuracy\n".into(), |text, row| text + &row)
}

/// Luck without a mean that five runs of a side have.
const LUCK: [f64; 5] = [0.003, -0.009, 0.005, 0.009, -0.008];

/// `a0.csv` to `a4.csv` around a validation loss of 0.30, `b0.csv` to `b4.csv` around 0.40.
fn world() -> World {
    let world = World::new(60);
    for (i, luck) in LUCK.into_iter().enumerate() {
        world.write(&format!("a{i}.csv"), table(0.30 + luck));
        world.write(&format!("b{i}.csv"), table(0.40 - luck));
    }
    world
}

const A: [&str; 5] = ["a0.csv", "a1.csv", "a2.csv", "a3.csv", "a4.csv"];
const B: [&str; 5] = ["b0.csv", "b1.csv", "b2.csv", "b3.csv", "b4.csv"];

/// `compare a… --against b… more…`
fn arguments<'a>(a: &[&'a str], b: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [&["compare"], a, &["--against"], b, more].concat()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn other_programs_runs_are_compared_without_pairs_and_what_was_guessed_is_shown() {
    let world = world();
    let ended = world.run(&arguments(&A, &B, &[])).succeeds();
    assert!(ended.out.starts_with("HELPS: A's validation loss is 0.100 ["), "{}", ended.out);
    for words in [
        "(5 runs against 5)",
        "not paired (Welch)",
        "`val_loss` as the validation loss",
        "  A: a1.csv (",
        "0.291 at epoch 8",
        "within ±0.004 (1 % of B's mean)",
    ] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
    let back = world.run(&arguments(&B, &A, &["--format", "json"])).succeeds();
    let back = json(&back.out);
    assert_eq!((&back["judgement"], &back["pairing"]), (&"hurts".into(), &"none".into()));
    assert_eq!(back["figures"]["best_val_loss"]["a"]["n"], 5);
    assert_eq!(back["b"][4]["path"], "a4.csv");
}

#[test]
fn options_choose_the_figure_the_epoch_the_pairs_and_the_margin() {
    let world = world();
    let shown = |more: &[&str]| {
        json(&world.run(&arguments(&A, &B, &[more, &["--format", "json"]].concat())).succeeds().out)
    };
    let by_score = shown(&["--primary", "score"]);
    assert_eq!(
        (&by_score["primary"], &by_score["higher_is_better"]),
        (&"best_val_score".into(), &true.into())
    );
    assert_eq!(shown(&["--val-col", "val_accuracy"])["primary"], "best_val_score");
    let last = shown(&["--judge-at", "last"]);
    assert_eq!((&last["primary"], &last["a"][0]["judged_at"]), (&"val_loss".into(), &10.into()));
    let paired = shown(&["--paired"]);
    assert_eq!(
        (&paired["pairing"], &paired["tests"]["sign_flip_p"]),
        (&"order".into(), &0.0625.into())
    );
    let folds = shown(&["--folds", "5"]);
    assert_eq!(folds["pairing"], "folds");
    let width = |of: &Value| {
        let difference = &of["figures"]["best_val_loss"]["difference"];
        difference["high"].as_f64().unwrap() - difference["low"].as_f64().unwrap()
    };
    assert!((width(&folds) / width(&paired) - 1.5).abs() < 1e-9);
    assert_eq!(shown(&["--margin", "0.5"])["judgement"], "no-useful-difference");
    assert_eq!(shown(&["--margin", "1%"])["judgement"], "helps");
}

#[test]
fn the_gate_ends_with_3_for_what_is_listed() {
    let world = world();
    let gate =
        |a: &[&str], b: &[&str], list: &str| world.run(&arguments(a, b, &["--fail-on", list]));
    gate(&B, &A, "hurts").fails(3, &["stopped by --fail-on: hurts"]);
    assert_eq!(gate(&A, &B, "hurts,undecided").code, Some(0));
    assert_eq!(gate(&A[..1], &B[..1], "hurts").code, Some(0));
    gate(&A[..1], &B[..1], "undecided").fails(3, &["undecided"]);
    gate(&A, &B, "worse").fails(2, &["is no judgement", "over-regularised"]);
}

#[test]
fn one_run_a_side_has_no_interval_and_says_so() {
    let world = world();
    let ended = world.run(&arguments(&A[..1], &B[..1], &[])).succeeds();
    assert!(ended.out.starts_with("UNDECIDED: "), "{}", ended.out);
    assert!(
        ended.out.contains("(1 run against 1: no interval); more runs a side"),
        "{}",
        ended.out
    );
    assert!(ended.out.contains("chance cannot be told from effect"), "{}", ended.out);
}

#[test]
fn a_run_that_counts_twice_is_wrong_input() {
    let world = world();
    world.run(&arguments(&A, &A[..1], &[])).fails(2, &["a0.csv stands on both sides"]);
    world.run(&arguments(&["a0.csv", "./a0.csv"], &B, &[])).fails(2, &["./a0.csv is named twice"]);
    world.write("copy.csv", table(0.30 + LUCK[0]));
    world
        .run(&arguments(&["a0.csv", "copy.csv"], &B, &[]))
        .fails(2, &["A: a0.csv and copy.csv have the same figures"]);
    let both = world.run(&arguments(&["a0.csv", "a1.csv"], &["copy.csv", "b0.csv"], &[]));
    both.succeeds();
}

#[test]
fn what_cannot_be_compared_is_wrong_input_that_says_why() {
    let world = world();
    world.write("train.csv", "epoch,loss\n1,0.5\n2,0.4\n");
    world.write("score.csv", "epoch,val_accuracy\n1,0.8\n2,0.9\n");
    world.write("loss.csv", "epoch,val_loss\n1,0.5\n2,0.4\n");
    world.write("empty.csv", "");
    let fails = |a: &[&str], b: &[&str], more: &[&str], words: &[&str]| {
        world.run(&arguments(a, b, more)).fails(2, words);
    };
    fails(&["train.csv"], &B, &[], &["train.csv", "--val-col"]);
    fails(
        &["score.csv"],
        &["loss.csv"],
        &[],
        &["score.csv has `val_accuracy`; loss.csv has `val_loss`"],
    );
    fails(&["empty.csv"], &B, &[], &["empty.csv"]);
    fails(&["none.csv"], &B, &[], &["none.csv"]);
    fails(&A[..2], &B, &["--paired"], &["A has 2 and B has 5"]);
    fails(&A, &B, &["--folds", "3"], &["5 runs a side", "3 folds"]);
    fails(&A, &B, &["--folds", "1"], &["--folds"]);
    fails(&A, &B, &["--paired", "--unpaired"], &["cannot be used with"]);
    fails(&A, &B, &["--margin", "-1"], &["is no margin"]);
    fails(&A, &B, &["--format", "yaml"], &["yaml", "json"]);
    world.run(&["compare", "a0.csv"]).fails(2, &["--against"]);
    world.run(&["compare", "--against", "a0.csv"]).fails(2, &["A"]);
}

#[test]
fn runs_that_diverged_are_counted_and_all_of_them_hurt() {
    let world = world();
    let diverged = "epoch,loss,val_loss,val_accuracy\n1,0.5,0.6,0.5\n2,nan,nan,0.1\n";
    world.write("nan.csv", diverged);
    let some = world.run(&arguments(&["a0.csv", "a1.csv", "nan.csv"], &B, &[])).succeeds();
    assert!(some.out.contains("A: 1 of 3 runs lost: nan.csv diverged"), "{}", some.out);
    let all = world.run(&arguments(&["nan.csv"], &B, &[])).succeeds();
    assert!(all.out.starts_with("HURTS: every run of A diverged"), "{}", all.out);
}

#[test]
fn our_own_runs_are_paired_by_seed() {
    let world = world();
    for seed in ["0", "1"] {
        for (side, rate) in [("slow", "1e-5"), ("fast", "1e-2")] {
            let (out, set) = (format!("{side}/s{seed}"), format!("train.optimizer.lr={rate}"));
            world
                .run(&[
                    "train",
                    "plan.toml",
                    "--quiet",
                    "--seed",
                    seed,
                    "--set",
                    &set,
                    "--out",
                    &out,
                ])
                .succeeds();
        }
    }
    let found = world.run(&["compare", "fast", "--against", "slow", "--format", "json"]).succeeds();
    let found = json(&found.out);
    assert_eq!((&found["pairing"], &found["a"][1]["seed"]), (&"seed".into(), &1.into()));
    assert_eq!(found["figures"]["best_val_loss"]["difference"]["n"], 2);
    assert!(found["figures"]["best_val_loss"]["difference"]["difference"].as_f64().unwrap() < 0.0);
    world.run(&["compare", "fast/s0", "--against", "fast"]).fails(2, &["s0 stands on both sides"]);
    let one = world.run(&["compare", "fast/s0", "--against", "slow/s0"]).succeeds();
    assert!(one.out.contains("(1 seed: no interval)"), "{}", one.out);
    let other =
        world.run(&["compare", "fast/s0", "fast/s1", "--against", "a0.csv", "a1.csv"]).succeeds();
    assert!(other.out.contains("(2 runs against 2)"), "{}", other.out);
}

#[test]
fn a_study_is_no_side() {
    let world = world();
    world.run(&["study", "plan.toml", "--quiet", "--seeds", "2", "--out", "study"]).succeeds();
    world
        .run(&["compare", "study", "--against", "a0.csv"])
        .fails(2, &["holds a whole study", "wellfit report study", "study/trials/ARM-s*"]);
    let trials = world
        .run(&["compare", "study/trials/baseline-s0", "--against", "study/trials/baseline-s1"])
        .succeeds();
    assert!(trials.out.contains("(1 run against 1: no interval)"), "{}", trials.out);
}
