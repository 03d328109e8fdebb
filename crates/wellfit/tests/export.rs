//! `wellfit export`: files for other programs, and what a study hands over.

mod common;

use common::World;

fn trained() -> World {
    let world = World::new(48);
    world.run(&["train", "plan.toml", "--quiet"]).succeeds();
    world
}

/// What a safetensors file says of itself.
fn header(bytes: &[u8]) -> serde_json::Value {
    let (len, rest) = bytes.split_at(8);
    let len = u64::from_le_bytes(len.try_into().unwrap()) as usize;
    serde_json::from_slice(&rest[..len]).unwrap()
}

#[test]
fn a_model_is_written_beside_the_runs_files_or_where_one_says() {
    let world = trained();
    let ended = world.run(&["export", "runs/plan"]).succeeds();
    assert_eq!((ended.out.as_str(), ended.err.as_str()), ("", "onnx: runs/plan/model.onnx\n"));
    let onnx = world.read("runs/plan/model.onnx");
    for text in ["wellfit", "Gemm", "probabilities", r#"["0","1","2"]"#] {
        let found = onnx.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(found, "{text}");
    }
    let ended = world.run(&["export", "runs/plan", "--to", "onnx", "--out", "a/new/m.onnx", "-q"]);
    assert_eq!(ended.succeeds().err, "");
    assert_eq!(world.read("a/new/m.onnx"), onnx, "the same bytes each time");
    // Without the preparation the bytes' table and its division are not in it.
    world.run(&["export", "runs/plan", "--prepared", "--out", "bare.onnx", "-q"]).succeeds();
    let bare = world.read("bare.onnx");
    assert!(bare.len() < onnx.len() && !bare.windows(4).any(|window| window == b"Cast"));
}

#[test]
fn safetensors_carry_the_names_of_the_classes_and_the_plan() {
    let world = trained();
    world.run(&["export", "runs/plan", "--to", "safetensors", "--out", "m.safetensors"]).succeeds();
    let header = header(&world.read("m.safetensors"));
    let notes = &header["__metadata__"];
    assert_eq!((&notes["format"], &notes["task"]), (&"pt".into(), &"classification".into()));
    assert_eq!(notes["classes"], r#"["0","1","2"]"#);
    assert_eq!(notes["plan"], world.text("runs/plan/plan.toml"));
    assert_eq!(header["0.weight"]["shape"], serde_json::json!([32, 64]));
    // It is a model file like the run's own.
    let looked = |file: &str| world.run(&["inspect", file, "--format", "json"]).succeeds().out;
    let layers = |text: String| {
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        value["layers"].clone()
    };
    assert_eq!(layers(looked("m.safetensors")), layers(looked("runs/plan/model.safetensors")));
}

#[test]
fn pytorch_gets_a_folder_with_weights_and_a_module() {
    let world = trained();
    let ended = world.run(&["export", "runs/plan", "--to", "pytorch"]).succeeds();
    assert_eq!(ended.err, "pytorch: runs/plan/pytorch\n");
    let module = world.text("runs/plan/pytorch/model.py");
    for words in [
        "nn.Linear(64, 32),\n        nn.ReLU(),\n        nn.Linear(32, 3),",
        r#"CLASSES = ["0", "1", "2"]"#,
        "x = x / SCALE[0]",
        "x = x.flatten(1)",
    ] {
        assert!(module.contains(words), "{words}: {module}");
    }
    assert!(!world.read("runs/plan/pytorch/model.safetensors").is_empty());
}

#[test]
fn what_cannot_be_exported_is_refused_with_words() {
    let world = trained();
    world.run(&["export", "runs/plan", "--to", "keras"]).fails(2, &["keras", "onnx"]);
    world.run(&["export", "runs"]).fails(2, &["runs holds no model", "plan.toml"]);
    world.run(&["export", "nowhere"]).fails(2, &["nowhere", "no such folder"]);
    world.run(&["export", "runs/plan", "--out", "data"]).fails(2, &["data is a folder"]);
    let pytorch = ["export", "runs/plan", "--to", "pytorch", "--out", "plan.toml"];
    world.run(&pytorch).fails(2, &["plan.toml is a file"]);
    let damaged = world.text("runs/plan/samples.json").replace("\"2\"", "\"2\",\"3\"");
    world.write("runs/plan/samples.json", damaged);
    world.run(&["export", "runs/plan"]).fails(2, &["4 classes"]);
}

#[test]
fn a_study_hands_its_model_over_as_onnx_and_says_so() {
    let world = World::new(60);
    // A learning rate that learns nothing loses to one that does.
    world.plan_with("epochs = 3", "epochs = 4\noptimizer = { type = \"adam\", lr = 1e-6 }");
    let plan = world.text("plan.toml");
    world.write(
        "study.toml",
        format!("{plan}\n[study]\nseeds = 4\n[[study.arm]]\nname = \"fast\"\nset = {{ train.optimizer.lr = 1e-2 }}\n"),
    );
    world.run(&["study", "study.toml", "--quiet", "--out", "s"]).succeeds();
    let about: serde_json::Value =
        serde_json::from_str(&world.text("s/recommended/about.json")).unwrap();
    assert_eq!((&about["arm"], &about["onnx"]), (&"fast".into(), &"model.onnx".into()));
    let onnx = world.read("s/recommended/model.onnx");
    world.run(&["export", "s", "--out", "m.onnx", "-q"]).succeeds();
    world.run(&["export", "s/recommended", "--out", "r.onnx", "-q"]).succeeds();
    assert_eq!((world.read("m.onnx"), world.read("r.onnx")), (onnx.clone(), onnx));
    let said =
        |run: &str| world.run(&["predict", run, "data/t10k-images-idx3-ubyte"]).succeeds().out;
    let trial = format!("s/trials/{}", about["trial"].as_str().unwrap());
    assert_eq!(said("s"), said(&trial));
    // The same command again, without the trial's own model, keeps what was handed over.
    std::fs::remove_file(world.path(&format!("{trial}/model.safetensors"))).unwrap();
    let ended = world.run(&["report", "s"]).succeeds();
    assert!(!ended.err.contains("no model is handed over"), "{}", ended.err);
    assert!(world.path("s/recommended/model.onnx").exists());
}

#[test]
fn of_a_study_that_recommends_nothing_the_baseline_is_used_and_that_is_told() {
    let world = World::new(48);
    world.run(&["study", "plan.toml", "--seeds", "1", "--quiet", "--out", "s"]).succeeds();
    assert!(!world.path("s/recommended").exists());
    let told = "recommends nothing yet: this is its baseline, the trial baseline-s0";
    let said = world.run(&["export", "s"]).succeeds();
    assert!(said.err.contains(told), "{}", said.err);
    assert!(world.path("s/trials/baseline-s0/model.onnx").exists());
    let images = "data/t10k-images-idx3-ubyte";
    let of_study = world.run(&["predict", "s", images]).succeeds();
    assert!(of_study.err.contains(told), "{}", of_study.err);
    assert_eq!(
        of_study.out,
        world.run(&["predict", "s/trials/baseline-s0", images]).succeeds().out
    );
    std::fs::remove_file(world.path("s/trials/baseline-s0/model.safetensors")).unwrap();
    world.run(&["export", "s"]).fails(2, &["holds no model yet"]);
}
