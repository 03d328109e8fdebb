//! `wellfit inspect` on runs of its own and on files of others.

mod common;

use common::World;

/// A safetensors file of float32 tensors.
fn safetensors(tensors: &[(&str, &[usize], Vec<f32>)]) -> Vec<u8> {
    let (mut header, mut values) = (Vec::new(), Vec::new());
    for (name, shape, numbers) in tensors {
        let begin = values.len();
        values.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        let end = values.len();
        header.push(format!(
            r#""{name}":{{"dtype":"F32","shape":{shape:?},"data_offsets":[{begin},{end}]}}"#
        ));
    }
    let header = format!("{{{}}}", header.join(","));
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &values].concat()
}

#[test]
fn a_runs_weights_are_shown_in_tables() {
    let world = World::new(60);
    world.run(&["train", "plan.toml", "--quiet"]).succeeds();
    let ended = world.run(&["inspect", "runs/plan"]).succeeds();
    for words in [
        "runs/plan/model.safetensors (safetensors, float32): 4 tensors, 2,179 values",
        "layer",
        "0.weight",
        "32 × 64",
        "stable rank",
        "near 0: |w| < 0.001",
        "of 32",
        "2.weight: too small for a power law",
    ] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
    let at = |name: &str| ended.out.find(name).unwrap();
    assert!(at("0.weight") < at("0.bias") && at("0.bias") < at("2.weight"), "{}", ended.out);
    assert!(!ended.out.contains('\x1b'), "no colour in a pipe");
    assert_eq!(ended.err, "");
}

#[test]
fn json_holds_every_figure() {
    let world = World::new(60);
    world.write(
        "m.safetensors",
        safetensors(&[("w", &[2, 2], vec![3.0, 0.0, 0.0, -4.0]), ("b", &[2], vec![0.0, 1.0])]),
    );
    let ended = world.run(&["inspect", "m.safetensors", "--format", "json"]).succeeds();
    let found: serde_json::Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!(found["schema"], 1);
    let (b, w) = (&found["layers"][0], &found["layers"][1]);
    assert_eq!((&b["name"], &b["spectrum"]), (&"b".into(), &serde_json::Value::Null));
    assert_eq!(b["near_zero"], 0.5);
    assert_eq!(w["frobenius_norm"], 5.0);
    let values = w["spectrum"]["singular_values"].as_array().unwrap();
    assert!((values[0].as_f64().unwrap() - 4.0).abs() < 1e-14);
    assert!((values[1].as_f64().unwrap() - 3.0).abs() < 1e-14);
    assert_eq!(w["spectrum"]["power_law"], serde_json::Value::Null);
    assert_eq!(w["notes"][0], "too small for a power law: fewer than 20 eigenvalues above 1e-5");
}

#[test]
fn layers_are_drawn_into_a_file_or_a_folder() {
    let world = World::new(60);
    world.run(&["train", "plan.toml", "--quiet"]).succeeds();
    let ended = world.run(&["inspect", "runs/plan", "--picture", "weights.svg"]).succeeds();
    assert!(ended.err.contains("pictures: weights.svg (1 file)"), "{}", ended.err);
    let svg = world.text("weights.svg");
    for words in ["<svg", "0.weight, 32 × 64", "eigenvalue; share at or above it", "alpha"] {
        assert!(svg.contains(words), "{words}");
    }
    world.run(&["inspect", "runs/plan", "--picture", "weights.PNG", "-q"]).succeeds();
    assert!(world.read("weights.PNG").starts_with(b"\x89PNG"));
    world.run(&["inspect", "runs/plan", "--picture", "pictures"]).succeeds();
    for file in ["001-0.weight.svg", "001-0.weight.png", "002-2.weight.svg", "002-2.weight.png"] {
        assert!(!world.read(&format!("pictures/{file}")).is_empty());
    }
}

#[test]
fn weights_that_are_not_finite_are_told_and_drawn() {
    let world = World::new(60);
    let mut values = vec![0.5; 400];
    values[7] = f32::NAN;
    values[8] = f32::INFINITY;
    let equal = vec![0.25; 144];
    let none = vec![f32::NAN; 4];
    world.write(
        "m.safetensors",
        safetensors(&[
            ("bad", &[20, 20], values),
            ("equal", &[12, 12], equal),
            ("none", &[2, 2], none),
            ("empty", &[0, 5], vec![]),
        ]),
    );
    let ended = world.run(&["inspect", "m.safetensors", "--picture", "m.png"]).succeeds();
    for words in [
        "bad: 2 values are NaN or infinite; figures are of the others",
        "none: 4 values are NaN",
        "empty: no values",
        "equal: too small for a power law",
    ] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
    assert!(world.read("m.png").starts_with(b"\x89PNG"));
}

#[test]
fn what_is_no_model_is_refused_with_what_it_is() {
    let world = World::new(60);
    world.write("lie.safetensors", b"\xff\xff\0\0\0\0\0\0{}");
    world.write("empty.pt", b"");
    let name = world.path("data");
    for (arguments, words) in [
        (&["inspect", "missing.pt"][..], &["missing.pt", "no such file"][..]),
        (&["inspect", "empty.pt"], &["empty.pt: is empty"]),
        (&["inspect", "plan.toml"], &["plan.toml: is no model file", "the text \"[data]"]),
        (&["inspect", "lie.safetensors"], &["65535 bytes long, but 2 bytes follow"]),
        (&["inspect", name.to_str().unwrap()], &["without model.safetensors"]),
        (&["inspect", "plan.toml", "--format", "yaml"], &["text", "json"]),
        (&["inspect", "missing.pt", "--picture", "a.jpg"], &["a.jpg", "FILE.svg"]),
    ] {
        world.run(arguments).fails(2, words);
    }
    world.write("m.safetensors", safetensors(&[("w", &[1, 1], vec![1.0])]));
    world.run(&["inspect", "m.safetensors", "--picture", "plan.toml/x"]).fails(1, &["plan.toml/x"]);
}
