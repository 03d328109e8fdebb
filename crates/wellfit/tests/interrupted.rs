//! Ctrl-C and kill -9 at any moment: what is there is whole, and the same command
//! goes on and ends with the same bits.

mod common;

use std::time::{Duration, Instant};

use common::{Ended, World, signal, wait};

const STUDY: &str = r#"
[study]
seeds = 2
[[study.arm]]
name = "dropout"
remedies = ["dropout(0.5)"]
[[study.arm]]
name = "plateau"
remedies = ["reduce-on-plateau(0.5, patience=0)"]
"#;

fn study_world() -> World {
    let world = World::new(600);
    let plan = common::PLAN.replace("epochs = 3", "epochs = 60");
    world.write("study.toml", format!("{plan}{STUDY}"));
    world
}

fn study_bits(world: &World, study: &str) -> Vec<(String, Vec<Vec<u8>>)> {
    let names = world.trials(study).into_iter();
    names.map(|name| (name.clone(), world.bits(&format!("{study}/trials/{name}")))).collect()
}

/// Moments spread over `all`, in no order.
fn moments(all: Duration, count: u32) -> impl Iterator<Item = Duration> {
    (0..count).map(move |i| all * ((i * 7 + 3) % count) / count)
}

/// Runs the study, signals it after a while; how it ended.
fn disturbed(world: &World, out: &str, name: &str, after: Duration) -> Ended {
    let child = world.start(&["study", "study.toml", "--out", out]);
    std::thread::sleep(after);
    signal(&child, name);
    wait(child)
}

#[test]
fn a_study_that_is_interrupted_at_any_moment_goes_on_to_the_same_bits() {
    let world = study_world();
    let started = Instant::now();
    world.run(&["study", "study.toml", "--out", "whole"]).succeeds();
    let (whole, took) = (study_bits(&world, "whole"), started.elapsed());
    let mut stopped = 0;
    for (i, after) in moments(took, 6).enumerate() {
        let out = format!("interrupted-{i}");
        let ended = disturbed(&world, &out, "INT", after);
        match ended.code {
            // Before it listened, or after all was done.
            None | Some(0) => {}
            _ => {
                let command = format!("study study.toml --out {out}");
                ended.fails(130, &["To go on", &command]);
                stopped += 1;
            }
        }
        world.run(&["study", "study.toml", "--out", &out]).succeeds();
        assert_eq!(study_bits(&world, &out), whole, "interrupted after {after:?}");
    }
    assert!(stopped > 0, "no moment hit the study at work");
}

#[test]
fn a_study_that_is_killed_at_any_moment_goes_on_to_the_same_bits() {
    let world = study_world();
    let started = Instant::now();
    world.run(&["study", "study.toml", "--out", "whole"]).succeeds();
    let (whole, took) = (study_bits(&world, "whole"), started.elapsed());
    for (i, after) in moments(took, 6).enumerate() {
        let out = format!("killed-{i}");
        disturbed(&world, &out, "KILL", after);
        world.run(&["study", "study.toml", "--out", &out]).succeeds();
        assert_eq!(study_bits(&world, &out), whole, "killed after {after:?}");
        let results = |study: &str| {
            let text = world.text(&format!("{study}/results.csv"));
            let timeless = |line: &str| line.rsplit_once(',').map(|(rest, _)| rest.to_owned());
            text.lines().map(timeless).collect::<Vec<_>>()
        };
        assert_eq!(results(&out), results("whole"));
    }
}

#[test]
fn a_run_that_is_killed_goes_on_from_its_checkpoint_to_the_same_bits() {
    let world = World::new(600);
    let run = |out: &str, epochs: usize, more: &[&str]| {
        let epochs = format!("train.epochs={epochs}");
        let train = ["train", "plan.toml", "--set", &epochs, "--out", out];
        world.start(&[&train, more].concat())
    };
    for name in ["KILL", "INT"] {
        // So many epochs that a checkpoint, one every two seconds, is written on the way.
        let mut epochs = 3000;
        let (out, ended) = loop {
            let out = format!("stopped-{name}-{epochs}");
            // Quiet: nobody reads what it says before it ends, and a full pipe would stop it.
            let mut child = run(&out, epochs, &["--quiet"]);
            let checkpoint = world.path(&out).join("checkpoint/state.safetensors");
            while !checkpoint.exists() && matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(20));
            }
            signal(&child, name);
            let ended = wait(child);
            if ended.code != Some(0) {
                break (out, ended);
            }
            epochs *= 2;
        };
        assert_eq!(ended.code, (name == "INT").then_some(130), "{}", ended.err);
        let again = wait(run(&out, epochs, &[])).succeeds();
        assert!(again.err.contains("went on from here"), "{name}: {}", again.err);
        wait(run(&format!("whole-{name}"), epochs, &[])).succeeds();
        assert_eq!(world.bits(&out), world.bits(&format!("whole-{name}")), "{name}");
        assert!(!world.path(&out).join("checkpoint").exists());
    }
}

#[test]
fn a_second_interrupt_ends_the_program_at_once() {
    let world = World::new(600);
    let child = world.start(&["study", "plan.toml", "--set", "train.epochs=1000000", "--out", "o"]);
    world.wait_for("o/study.toml");
    signal(&child, "INT");
    signal(&child, "INT");
    let started = Instant::now();
    let ended = wait(child);
    assert_eq!(ended.code, Some(130), "{}", ended.err);
    assert!(started.elapsed() < Duration::from_secs(10));
}
