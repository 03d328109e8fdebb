//! What each command prints and writes when all is well.

mod common;

use std::fs;

use common::World;

const STUDY: &str = r#"
[study]
seeds = 2
[[study.arm]]
name = "plateau"
remedies = ["reduce-on-plateau(0.5, patience=0, threshold=10, threshold_mode=\"abs\")"]
"#;

fn study_world() -> World {
    let world = World::new(60);
    world.write("study.toml", format!("{}{STUDY}", common::PLAN));
    world
}

#[test]
fn the_help_of_a_race_says_which_number_is_the_most() {
    let help = World::new(60).run(&["study", "--help"]).succeeds().out;
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in ["How many seeds; of a race, how many at most", "at most as many as --seeds says"] {
        assert!(words.contains(said), "{words}");
    }
}

#[test]
fn a_study_leaves_every_file_of_its_folder() {
    let world = study_world();
    let ended = world.run(&["study", "study.toml"]).succeeds();
    assert!(ended.out.lines().count() <= 20 && ended.out.contains("baseline"), "{}", ended.out);
    assert!(ended.out.lines().all(|line| line.chars().count() <= 80), "{}", ended.out);
    assert!(!ended.out.contains('\x1b') && !ended.err.contains('\x1b'), "no colour in a pipe");
    for file in ["study.toml", "results.json", "results.csv", "report.html"] {
        assert!(!world.read(&format!("runs/study/{file}")).is_empty());
    }
    for picture in ["curves", "weights", "effects"] {
        assert!(world.text(&format!("runs/study/{picture}.svg")).contains("<svg"));
        assert!(world.read(&format!("runs/study/{picture}.png")).starts_with(b"\x89PNG"));
    }
    let names = ["baseline-s0", "baseline-s1", "plateau-s0", "plateau-s1"];
    assert_eq!(world.trials("runs/study"), names);
    for name in names {
        for file in ["plan.toml", "history.csv", "record.json", "model.safetensors"] {
            assert!(world.path(&format!("runs/study/trials/{name}/{file}")).is_file());
        }
        assert!(!world.path(&format!("runs/study/trials/{name}/checkpoint")).exists());
    }
    let results = world.text("runs/study/results.csv");
    assert!(
        results.starts_with("arm,seed,fold,state,epochs,best_epoch,train_eval_loss,"),
        "{results}"
    );
    assert_eq!(results.lines().count(), 5);
}

#[test]
fn the_rates_cut_is_told_with_the_trials_name_and_kept_in_the_record() {
    let world = study_world();
    let line = "plateau-s0: Epoch     2: reducing learning rate of group 0 to 5.0000e-04.";
    let loud = world.run(&["study", "study.toml", "--out", "loud"]).succeeds();
    assert!(loud.err.lines().any(|l| l == line), "{}", loud.err);
    let quiet = world.run(&["study", "study.toml", "--out", "quiet", "--quiet"]).succeeds();
    assert_eq!(quiet.err, "");
    for study in ["loud", "quiet"] {
        let record = world.text(&format!("{study}/trials/plateau-s0/record.json"));
        assert!(record.contains("rate-cut"), "{record}");
    }
    world.plan_with(
        "epochs = 3",
        "epochs = 3\nschedule = { type = \"reduce-on-plateau\", patience = 0, threshold = 10, threshold_mode = \"abs\" }",
    );
    let train = world.run(&["train", "plan.toml"]).succeeds();
    let line = "Epoch     2: reducing learning rate of group 0 to 1.0000e-04.";
    assert!(train.err.lines().any(|l| l == line), "{}", train.err);
}

#[test]
fn train_says_where_the_data_are_each_epoch_and_a_summary() {
    let world = World::new(60);
    let ended =
        world.run(&["train", "plan.toml", "--seed", "3", "--set", "train.epochs=4"]).succeeds();
    let data = world.path("data");
    for words in ["data: ", data.to_str().unwrap(), "60 training, 15 validation", "epoch   4"] {
        assert!(ended.err.contains(words), "{words}: {}", ended.err);
    }
    for words in ["4 epochs", "kept", "last", "val loss", "gap", "files: runs/plan"] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
    let history = world.text("runs/plan/history.csv");
    assert!(history.starts_with("epoch,lr,train_loss,train_penalty,train_eval_loss,"), "{history}");
    assert!(world.text("runs/plan/plan.toml").contains("seed = 3"));
}

#[test]
fn json_results_are_json() {
    let world = study_world();
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    let study = parse(&world.run(&["study", "study.toml", "--json"]).succeeds().out);
    assert_eq!((&study["study"], &study["arms"][1]["name"]), (&"study".into(), &"plateau".into()));
    assert_eq!(study, parse(&world.text("runs/study/results.json")));
    assert_eq!(study, parse(&world.run(&["report", "runs/study", "--json"]).succeeds().out));
    let train = parse(&world.run(&["train", "plan.toml", "--json"]).succeeds().out);
    assert_eq!(train["epochs"].as_array().map(Vec::len), Some(3));
    assert_eq!(train["state"]["kind"], "complete");
    let data = parse(&world.run(&["data", "list", "--json"]).succeeds().out);
    assert_eq!(data[1]["where"], "embedded");
    let remedies = parse(&world.run(&["remedies", "--json"]).succeeds().out);
    let names: Vec<&str> =
        remedies.as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"dropout") && names.contains(&"l2-norm"), "{names:?}");
}

#[test]
fn a_report_is_drawn_again_without_the_data() {
    let world = study_world();
    let first = world.run(&["study", "study.toml"]).succeeds();
    let page = world.read("runs/study/report.html");
    for file in ["report.html", "results.csv", "curves.png"] {
        fs::remove_file(world.path("runs/study").join(file)).unwrap();
    }
    fs::remove_dir_all(world.path("data")).unwrap();
    let again = world.run(&["report", "runs/study"]).succeeds();
    assert_eq!(again.out, first.out);
    assert_eq!(world.read("runs/study/report.html"), page);
}

#[test]
fn a_runs_summary_is_printed_again() {
    let world = World::new(60);
    let first = world.run(&["train", "plan.toml"]).succeeds();
    let again = world.run(&["report", "runs/plan"]).succeeds();
    assert!(first.out.starts_with(&again.out), "{}", again.out);
}

#[test]
fn every_remedy_is_listed_with_its_arguments_and_can_be_written_as_listed() {
    let world = World::new(60);
    let ended = world.run(&["remedies"]).succeeds();
    for words in [
        "dropout(p, input=none)",
        "l2-norm(lambda)",
        "reduce-on-plateau(factor=0.1, patience=10, threshold=0.0001, threshold_mode=rel",
        "early-stopping(patience=5, monitor=val_loss, min_delta=0)",
        "weight-decay(lambda)",
        "a number from 0 to 1, or a range of them, a..b",
    ] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
}

#[test]
fn the_built_in_study_has_the_articles_arms_and_five_seeds() {
    let study = wellfit::plan::Document::parse("sample", wellfit::SAMPLE_STUDY).unwrap();
    let study = wellfit::Study::read(&study, "x").unwrap();
    let names: Vec<&str> = study.arms.iter().map(|arm| arm.name.as_str()).collect();
    #[rustfmt::skip]
    assert_eq!(names, [
        "baseline", "early stopping", "dropout", "hidden dropout", "l1", "l2", "l2-norm", "plateau",
    ]);
    assert_eq!((study.name.as_str(), study.seeds.len()), ("article-sample", 5));
}

#[test]
fn the_articles_study_is_the_articles() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/article.toml");
    let document = wellfit::plan::Document::read(&path).unwrap();
    let study = wellfit::Study::read(&document, "article").unwrap();
    let names: Vec<&str> = study.arms.iter().map(|arm| arm.name.as_str()).collect();
    assert_eq!(names, ["baseline", "dropout", "l1", "l2", "l2-norm", "plateau"]);
    assert_eq!((study.seeds.len(), study.plan.train.epochs), (5, 30));
    assert_eq!((study.plan.train.batch_size, study.plan.train.lr), (32, 1e-3));
    assert_eq!(study.plan.data.validation, Some(wellfit::data::Holdout::TestSplit));
    assert_eq!(study.plan.data.source, "fashion-mnist");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let world = study_world();
    // `true` reads nothing: the program writes into a pipe without a reader.
    let ended = world.shell("{ sleep 0.2; \"$@\"; echo $? >&2; } | true", &["remedies"]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), "0\n"));
    let closed = world.shell("exec \"$@\" 2>&-", &["train", "plan.toml"]);
    assert_eq!(closed.code, Some(0), "{}", closed.out);
}

#[test]
fn a_diverging_run_ends_with_a_record() {
    let world = World::new(60);
    let arguments =
        ["train", "plan.toml", "--set", "train.optimizer={ type = \"sgd\", lr = 1e30 }"];
    world.run(&arguments).fails(1, &["diverged in epoch 1"]);
    let record = world.text("runs/plan/record.json");
    assert!(record.contains("\"diverged\""), "{record}");
    assert!(world.text("runs/plan/history.csv").lines().count() >= 2);
}

#[test]
fn threads_and_jobs_never_change_a_bit() {
    let world = study_world();
    for (out, options) in
        [("one", ["--threads", "1", "--jobs", "1"]), ("many", ["--threads", "8", "--jobs", "3"])]
    {
        let mut arguments = vec!["study", "study.toml", "--out", out];
        arguments.extend(options);
        world.run(&arguments).succeeds();
    }
    world.run(&["train", "plan.toml", "--threads", "3", "--out", "alone"]).succeeds();
    for trial in world.trials("one") {
        let bits = |study: &str| world.bits(&format!("{study}/trials/{trial}"));
        assert_eq!(bits("one"), bits("many"), "{trial}");
    }
    assert_eq!(world.bits("alone"), world.bits("one/trials/baseline-s0"));
}

#[test]
fn a_download_that_the_server_refuses_is_a_failure_with_its_address() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", server.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in server.incoming() {
            use std::io::{BufRead, BufReader, Write};
            let mut stream = stream.unwrap();
            let request = BufReader::new(stream.try_clone().unwrap());
            request.lines().map_while(Result::ok).find(String::is_empty);
            let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let world = World::new(60);
    let arguments = ["data", "fetch", "fashion-mnist", "--from", &address, "--data-dir", "sets"];
    world.run(&arguments).fails(1, &[&address, "404"]);
}

#[test]
fn a_regression_study_is_told_in_r2_and_predicts_nothing_in_per_cent() {
    let world = World::new(8);
    let golden =
        format!("{}/../../tests/golden/data/train-3-targets.npz", env!("CARGO_MANIFEST_DIR"));
    world.write("set.npz", fs::read(golden).unwrap());
    world.write(
        "study.toml",
        "[data]\nsource = \"set.npz\"\nvalidation = 0.3\ntest = 0.2\n[model]\n\
         layers = [{ type = \"linear\", out = 8 }, { type = \"relu\" }, { type = \"linear\", out = 3 }]\n\
         [train]\nepochs = 3\n[study]\nseeds = 2\nprimary = \"val_r2\"\n\
         [[study.arm]]\nname = \"huber\"\nset = { train.loss = { type = \"huber\" } }\n",
    );
    let ended = world.run(&["study", "study.toml"]).succeeds();
    assert!(ended.out.contains("val_r2") && !ended.out.contains("accuracy"), "{}", ended.out);
    let results = world.text("runs/study/results.csv");
    assert!(results.lines().next().unwrap().contains("train_r2,val_loss,val_r2"), "{results}");
    let history = world.text("runs/study/trials/huber-s0/history.csv");
    assert!(history.contains("train_r2,val_loss,val_r2"), "{history}");
    assert!(world.text("runs/study/data.json").contains("\"t2\""));
    let again = world.run(&["study", "study.toml", "--set", "study.seeds=3"]).succeeds();
    assert!(again.out.contains("val_r2"), "{}", again.out);
    let trained = world.run(&["train", "study.toml", "--out", "run"]).succeeds();
    assert!(trained.out.contains("R² ") && !trained.out.contains('%'), "{}", trained.out);
    assert!(trained.out.contains("test   loss"), "{}", trained.out);
}

#[test]
fn training_images_are_shown_as_stored_and_as_augmentation_changes_them() {
    let world = World::new(60);
    let stored = world.run(&["data", "show", "data"]).succeeds();
    assert_eq!(stored.out, "samples.png: 3 rows of samples as they are stored\n");
    assert!(world.read("samples.png").starts_with(b"\x89PNG"));
    let augment = "train.augment=[{type=\"flip\"},{type=\"shift\",pixels=2},{type=\"mixup\"}]";
    let plan = ["data", "show", "plan.toml", "--set", augment, "--out", "a.svg", "--epoch", "3"];
    let changed = world.run(&plan).succeeds();
    let wanted = "a.svg: 3 samples as they are stored and in epochs 3 to 9, changed by flip, \
                  shift, mixup\n";
    assert_eq!(changed.out, wanted);
    let drawn = world.text("a.svg");
    assert_eq!(drawn.matches("<image").count(), 24);
    assert!(drawn.contains("epoch 9") && drawn.contains("as stored"), "{drawn}");
    world.run(&plan).succeeds();
    assert_eq!(world.text("a.svg"), drawn, "the same again");
}

#[test]
fn samples_that_are_no_images_are_shown_as_a_table() {
    let world = World::new(60);
    let golden = |name: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden");
        world.write(name, fs::read(folder.join("data").join(name)).unwrap());
    };
    golden("train.npz");
    golden("train-3-targets.npz");
    let shown = world.run(&["data", "show", "./train.npz"]).succeeds().out;
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].starts_with("180 training samples of 12 values, 3 classes: "), "{shown}");
    assert!(lines[2].starts_with("sample") && lines[2].ends_with("class"), "{shown}");
    assert_eq!(lines[11], "and 172 more samples, 5 more columns");
    assert!(lines[13].starts_with("column") && lines.len() == 26, "{shown}");
    assert!(!world.path("samples.png").exists());
    let mixup = "train.augment=[{type=\"mixup\",alpha=1}]";
    let mixed = world.run(&["data", "show", "./train-3-targets.npz", "--set", mixup]).succeeds();
    assert!(mixed.out.contains("as training sees them in epoch 1: mixup"), "{}", mixed.out);
    assert!(mixed.out.contains(" % of "), "{}", mixed.out);
}

#[test]
fn what_cannot_be_shown_ends_with_code_2_and_says_why() {
    let world = World::new(60);
    let flip = "train.augment=[{type=\"shift\",pixels=8}]";
    for (arguments, wanted) in [
        (vec!["data", "show", "nothing"], "neither a known data set"),
        (vec!["data", "show", "nothing.toml"], "cannot read nothing.toml"),
        (vec!["data", "show", "data", "--out", "a.jpg"], "pictures are SVG and PNG"),
        (vec!["data", "show", "data", "--set", flip], "train.augment.0: shift has pixels = 8"),
        (vec!["data", "show", "data", "--epoch", "0"], "0"),
        (vec!["data", "show"], "<PLAN|DATA>"),
    ] {
        world.run(&arguments).fails(2, &[wanted]);
    }
}
