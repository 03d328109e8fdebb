//! Output folders: taken, not writable, full, or used by two at once.

mod common;

use std::fs;

use common::{World, signal, wait};

const ARM: &str = "\n[study]\nseeds = 2\n[[study.arm]]\nname = \"l2\"\nremedies = [\"l2(1e-3)\"]\n";

fn study_world() -> World {
    let world = World::new(40);
    world.write("study.toml", format!("{}{ARM}", common::PLAN));
    world
}

#[test]
fn the_same_study_again_is_done_already_and_another_is_refused() {
    let world = study_world();
    world.run(&["study", "study.toml", "--out", "s"]).succeeds();
    let again = world.run(&["study", "study.toml", "--out", "s"]).succeeds();
    assert!(again.err.contains("4 trials already done"), "{}", again.err);
    let threads = world.run(&["study", "study.toml", "--out", "s", "--threads", "3"]).succeeds();
    assert!(threads.err.contains("already done"), "threads belong to no study: {}", threads.err);
    for (option, words) in [
        (&["--epochs", "4"][..], &["holds another study", "base plan", "--out DIR"][..]),
        (&["--set", "study.judge_at=last"], &["holds another study", "judged"]),
        (&["--seeds", "1"], &["holds another study", "seeds [0, 1]"]),
    ] {
        let mut arguments = vec!["study", "study.toml", "--out", "s"];
        arguments.extend(option);
        world.run(&arguments).fails(2, words);
    }
    let more = world.run(&["study", "study.toml", "--out", "s", "--seeds", "3"]).succeeds();
    assert!(more.err.contains("4 trials already done"), "more seeds join: {}", more.err);
    assert_eq!(world.text("s/results.csv").lines().count(), 7);
}

#[test]
fn the_same_run_again_is_done_already_and_another_is_refused() {
    let world = World::new(40);
    world.run(&["train", "plan.toml", "--out", "r"]).succeeds();
    let bits = world.bits("r");
    let again = world.run(&["train", "plan.toml", "--out", "r"]).succeeds();
    assert!(again.err.contains("done already"), "{}", again.err);
    world
        .run(&["train", "plan.toml", "--out", "r", "--seed", "1"])
        .fails(2, &["another plan", "--out DIR"]);
    assert_eq!(world.bits("r"), bits);
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let world = study_world();
    fs::create_dir(world.path("thesis")).unwrap();
    world.write("thesis/chapter.tex", "text");
    world.run(&["study", "study.toml", "--out", "thesis"]).fails(2, &["holds files, but no study"]);
    world.run(&["train", "plan.toml", "--out", "thesis"]).fails(2, &["holds no run", "thesis"]);
    assert_eq!(fs::read_dir(world.path("thesis")).unwrap().count(), 1);
    world.run(&["train", "plan.toml", "--out", "run"]).succeeds();
    world.run(&["study", "study.toml", "--out", "run"]).fails(2, &["no study"]);
    world.run(&["study", "study.toml", "--out", "s"]).succeeds();
    world.run(&["train", "plan.toml", "--out", "s"]).fails(2, &["holds no run"]);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let world = study_world();
    world.write("file", "in the folder's place");
    for command in [["study", "study.toml"], ["train", "plan.toml"]] {
        for out in ["file", "file/below"] {
            let mut arguments = command.to_vec();
            arguments.extend(["--out", out]);
            world.run(&arguments).fails(2, &["file", "--out DIR"]);
        }
    }
    assert_eq!(world.text("file"), "in the folder's place");
}

#[test]
fn a_full_disk_ends_a_study_with_the_files_name_and_spoils_nothing() {
    let world = study_world();
    // 8 blocks of 512 bytes: enough for a plan, too little for the weights.
    let full = world.shell("ulimit -f 8; exec \"$@\"", &["study", "study.toml", "--out", "s"]);
    full.fails(1, &["cannot write", "safetensors", "goes on where"]);
    let full = world.shell("ulimit -f 8; exec \"$@\"", &["train", "plan.toml", "--out", "r"]);
    full.fails(1, &["cannot write", "safetensors"]);
    world.run(&["study", "study.toml", "--out", "s"]).succeeds();
    world.run(&["train", "plan.toml", "--out", "r"]).succeeds();
    assert_eq!(world.bits("r"), world.bits("s/trials/baseline-s0"));
}

#[test]
fn two_at_once_in_one_folder_are_told_apart() {
    let world = World::new(400);
    let long = ["--set", "train.epochs=1000000"];
    for (command, sign) in [("study", "o/study.toml"), ("train", "o/plan.toml")] {
        let mut arguments = vec![command, "plan.toml", "--out", "o"];
        arguments.extend(long);
        let first = world.start(&arguments);
        world.wait_for(sign);
        let second = world.run(&arguments);
        signal(&first, "INT");
        let first = wait(first);
        second.fails(1, &["is in use", "--out DIR"]);
        first.fails(130, &["To go on"]);
        fs::remove_dir_all(world.path("o")).unwrap();
    }
}
