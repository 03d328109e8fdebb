//! Cross-validation and splits by a column, from the command line.

mod common;

use common::World;

/// A table of houses: two numbers, a street that all samples of a group share, a day, a class.
fn write_houses(world: &World, rows: usize) {
    let mut text = String::from("size,age,street,day,dear\n");
    let mut noise: u32 = 5;
    for row in 0..rows {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let size = 40 + noise % 90;
        let age = noise / 90 % 70;
        let dear = if size > 80 + noise / 7000 % 20 { "yes" } else { "no" };
        text.push_str(&format!("{size},{age},street {},{},{dear}\n", row % 15, row / 3));
    }
    world.write("houses.csv", text);
}

/// What was printed, without its line breaks.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn study(split: &str, rest: &str) -> String {
    format!(
        "[data]\nsource = \"houses.csv\"\ntarget = \"dear\"\ntest = 0.2\n{split}\n[model]\n\
         layers = [{{ type = \"linear\", out = 6 }}, {{ type = \"relu\" }}, {{ type = \"linear\", out = 2 }}]\n\
         [train]\nepochs = 4\nbatch_size = 16\noptimizer = {{ type = \"adam\", lr = 1e-2 }}\n[study]\n{rest}\n\
         [[study.arm]]\nremedies = [\"l2(1e-3)\"]\n"
    )
}

#[test]
fn folds_are_run_told_and_written_and_the_same_command_goes_on() {
    let world = World::new(8);
    write_houses(&world, 150);
    world.write("study.toml", study("", ""));
    let ended = world.run(&["study", "study.toml", "--folds", "3", "--seeds", "1"]).succeeds();
    let told = words(&ended.out);
    assert!(told.contains("(3 folds)") && !told.contains("seeds"), "{told}");
    assert!(told.contains("wellfit study study.toml --out again"), "{told}");
    let results = world.text("runs/study/results.csv");
    let folds: Vec<&str> = results.lines().skip(1).map(|l| l.split(',').nth(2).unwrap()).collect();
    assert_eq!(folds, ["0", "1", "2", "0", "1", "2"], "{results}");
    assert_eq!(
        world.trials("runs/study"),
        [
            "baseline-s0-f0",
            "baseline-s0-f1",
            "baseline-s0-f2",
            "l2-1e-3-s0-f0",
            "l2-1e-3-s0-f1",
            "l2-1e-3-s0-f2"
        ]
    );
    // A trial's model is scored on its own fold, whose third of the 120 samples it never saw.
    for (trial, fold) in [("baseline-s0-f1", "fold 1"), ("l2-1e-3-s0-f2", "fold 2")] {
        let scored = world.run(&["evaluate", &format!("runs/study/trials/{trial}")]).succeeds();
        assert!(words(&scored.out).contains(fold), "{}", scored.out);
        assert!(scored.out.contains("the validation set: 40 samples"), "{}", scored.out);
        let val_loss = world.text(&format!("runs/study/trials/{trial}/record.json"));
        assert!(val_loss.contains("\"fold\""), "{val_loss}");
    }
    let page = world.text("runs/study/report.html");
    assert!(page.contains("3 folds") && page.contains("single folds"));
    assert!(world.text("runs/study/study.toml").contains("folds = 3\n"));
    // Repeats join, other folds do not.
    let more = world
        .run(&["study", "study.toml", "--folds", "3", "--repeats", "2", "--seeds", "1"])
        .succeeds();
    assert!(words(&more.out).contains("3 folds × 2 repeats"), "{}", more.out);
    assert_eq!(world.trials("runs/study").len(), 12);
    world
        .run(&["study", "study.toml", "--folds", "4", "--seeds", "1"])
        .fails(2, &["holds another study", "it has 3 folds"]);
    let again = world.run(&["report", "runs/study"]).succeeds();
    assert!(words(&again.out).contains("3 folds × 2 repeats"), "{}", again.out);
}

#[test]
fn groups_and_times_decide_the_folds() {
    let world = World::new(8);
    write_houses(&world, 150);
    for (kind, column) in [("grouped", "street"), ("time", "day")] {
        let split = format!("split = {{ type = \"{kind}\", column = \"{column}\" }}");
        world.write("study.toml", study(&split, "folds = 3"));
        let ended = world.run(&["study", "study.toml", "--out", kind]).succeeds();
        assert!(words(&ended.out).contains("(3 folds)"), "{}", ended.out);
        if kind == "time" {
            assert!(world.text("time/results.json").contains("The folds are in order of time"));
            world
                .run(&["study", "study.toml", "--out", "again", "--repeats", "2"])
                .fails(2, &["study.repeats above 1", "day"]);
        }
    }
    world.write(
        "study.toml",
        study("split = { type = \"grouped\", column = \"town\" }", "folds = 3"),
    );
    world.run(&["study", "study.toml", "--out", "x"]).fails(2, &["town"]);
    world.write(
        "study.toml",
        study("split = { type = \"grouped\", column = \"street\" }", "folds = 14"),
    );
    world.run(&["study", "study.toml", "--out", "x"]).fails(2, &["street", "14 parts"]);
}

#[test]
fn wrong_folds_are_told_before_anything_is_trained() {
    let world = World::new(8);
    write_houses(&world, 60);
    world.write("study.toml", study("", ""));
    for (arguments, words) in [
        (&["--folds", "0"][..], &["--folds"][..]),
        (&["--folds", "2000"], &["study.folds must be at most 1000"]),
        (&["--repeats", "2"], &["study.repeats above 1 repeats folds"]),
        (&["--folds", "3", "--race", "--seeds", "5"], &["leave out study.racing or study.folds"]),
        (&["--folds", "3", "--set", "data.validation=nowhere.csv"], &["nowhere.csv"]),
        (&["--set", "study.folds=nan"], &["study.folds must be a whole number"]),
        (&["--folds", "40"], &["fewer than there are folds"]),
    ] {
        let all: Vec<&str> = ["study", "study.toml"].iter().chain(arguments).copied().collect();
        world.run(&all).fails(2, words);
    }
    assert!(!world.path("runs/study/trials").exists());
}

#[test]
fn a_learning_curve_is_a_range_of_one_remedy() {
    let world = World::new(120);
    let plan = world.text("plan.toml");
    world.write(
        "study.toml",
        format!(
            "{plan}\n[study]\nseeds = 3\n[[study.arm]]\nremedies = [\"more-data(0.2..1, 4)\"]\n"
        ),
    );
    let ended = world.run(&["study", "study.toml"]).succeeds();
    let told = words(&ended.out);
    assert!(told.contains("twice the data") || told.contains("power law fits"), "{}", ended.out);
    let results = world.text("runs/study/results.json");
    assert!(results.contains("\"learning_curve\": {") && results.contains("\"axis\": \"samples\""));
    let page = world.text("runs/study/report.html");
    assert!(page.contains("training samples, on a logarithmic scale"));
    world
        .run(&[
            "study",
            "study.toml",
            "--set",
            "study.arm.0.remedies=[\"more-data(2)\"]",
            "--out",
            "b",
        ])
        .fails(2, &["more-data", "all of its training samples", "at most 1"]);
}
