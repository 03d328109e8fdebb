//! Whatever is wrong with the input, the program says what, where and what would be
//! right, and ends with the exit code that scripts rely on. It never panics.

mod common;

use common::World;

#[test]
fn every_slip_in_a_plan_is_shown_with_its_line() {
    let world = World::new(40);
    for (old, new, words) in [
        ("epochs = 3", "epoch = 3", &["plan.toml:13:1", "^^^^^", "did you mean `epochs`?"][..]),
        ("epochs = 3", "epochs = \"three\"", &["plan.toml:13:10", "epochs"]),
        ("epochs = 3", "epochs = 0", &["plan.toml:13:10", "at least 1"]),
        ("epochs = 3", "epochs = -1", &["plan.toml:13", "at least 1"]),
        ("epochs = 3", "epochs = 2.5", &["plan.toml:13", "whole number"]),
        ("epochs = 3", "epochs = 3\nclip_grad_norm = -1.0", &["plan.toml:14", "above 0"]),
        ("batch_size = 16", "batch_size = 0", &["plan.toml:14", "batch_size"]),
        (
            "{ type = \"relu\" }",
            "{ type = \"dropout\", p = 1.5 }",
            &["plan.toml:8", "1.5", "from 0 to 1"],
        ),
        ("{ type = \"relu\" }", "{ type = \"dropout\", p = nan }", &["plan.toml:8"]),
        ("{ type = \"relu\" }", "{ type = \"rleu\" }", &["plan.toml:8", "did you mean `relu`?"]),
        (
            "epochs = 3",
            "penalties = [{ type = \"l1\", lambda = -1 }]",
            &["plan.toml:13", "lambda", "-1"],
        ),
        ("epochs = 3", "penalties = [{ type = \"l1\" }]", &["lambda is missing"]),
        ("epochs = 3", "optimizer = { type = \"adam\", lr = 0 }", &["plan.toml:13", "lr"]),
        ("[train]", "[trian]", &["plan.toml:12", "did you mean `train`?"]),
        ("[train]", "[train", &["plan.toml:12", "not TOML"]),
        ("source = \"./data\"", "source = 5", &["plan.toml:2", "must be a string"]),
        ("source = \"./data\"\n", "", &["data.source is missing"]),
    ] {
        world.plan_with(old, new);
        for command in ["train", "study"] {
            world.run(&[command, "plan.toml"]).fails(2, words);
        }
        assert!(!world.path("runs").exists(), "{new}: nothing is written");
    }
}

#[test]
fn networks_that_do_not_fit_the_data_are_refused_before_anything_is_written() {
    let world = World::new(40);
    for (old, new, words) in [
        ("out = 3 ", "out = 5 ", &["plan.toml:9:28", "5 outputs", "3 classes", "set out = 3"][..]),
        ("out = 32 ", "out = 100000000000 ", &["plan.toml:7:28", "100000000000", "limit"]),
        ("out = 32 ", "out = 0 ", &["at least 1"]),
        (
            "batch_size = 16",
            "batch_size = 64\nlast_batch = \"drop\"",
            &["batch_size is 64", "40 training samples"],
        ),
    ] {
        world.plan_with(old, new);
        world.run(&["train", "plan.toml"]).fails(2, words);
        world.run(&["study", "plan.toml"]).fails(2, words);
        assert!(!world.path("runs/plan/study.toml").exists());
    }
}

/// Over images of 8×8; the second layer of the plan, a ReLU on line 8, is replaced, or
/// the first, on line 7.
#[test]
fn layers_that_cannot_take_what_they_are_given_are_shown_with_both_shapes() {
    const FIRST: &str = "{ type = \"linear\", out = 32 }";
    const SECOND: &str = "{ type = \"relu\" }";
    let world = World::new(40);
    let conv = "{ type = \"conv2d\", out = 4, kernel = 3 }";
    for (old, new, words) in [
        (
            FIRST,
            "{ type = \"conv2d\", out = 4, kernel = 9 }",
            &["plan.toml:7:3", "layer 0 (conv2d) has a kernel of 9×9", "an image of 1×8×8\n"][..],
        ),
        (
            FIRST,
            "{ type = \"conv2d\", out = 4, kernel = [11, 3], padding = [1, 2] }",
            &["plan.toml:7:3", "a kernel of 11×3", "1×8×8 with a padding of 1×2"],
        ),
        (
            FIRST,
            "{ type = \"max-pool2d\", kernel = [2, 9] }",
            &["plan.toml:7:3", "layer 0 (max-pool2d) has a kernel of 2×9", "1×8×8"],
        ),
        (
            FIRST,
            "{ type = \"conv2d\", out = 1, kernel = 1, padding = 100000000 }",
            &["plan.toml:7:3", "gives 1×200000008×200000008", "at most 2147483648 values"],
        ),
        (FIRST, "{ type = \"conv2d\", out = 4 }", &["plan.toml:7", "kernel is missing"]),
        (
            FIRST,
            "{ type = \"conv2d\", out = 4, kernel = 3, stride = 0 }",
            &["plan.toml:7:52", "stride must be a whole number of at least 1"],
        ),
        (
            FIRST,
            "{ type = \"avg-pool2d\", kernel = 2, padding = 1 }",
            &["plan.toml:7:38", "unknown key `model.layers.0.padding`"],
        ),
        // The linear layer behind it, on line 9, is not told to flatten.
        (
            FIRST,
            conv,
            &["plan.toml:9:3", "layer 2 (linear)", "4×6×6", "put { type = \"flatten\" }"],
        ),
        (
            FIRST,
            "{ type = \"batch-norm\" }",
            &["plan.toml:9:3", "layer 2 (linear)", "an image of 1×8×8: put { type = \"flatten\" }"],
        ),
        (
            FIRST,
            "{ type = \"layer-norm\" }",
            &["plan.toml:7:3", "layer 0 (layer-norm) takes features", "image of 1×8×8: put"],
        ),
        (
            SECOND,
            conv,
            &["plan.toml:8:3", "layer 1 (conv2d) takes an image, but is given 32 features"],
        ),
        (
            SECOND,
            "{ type = \"avg-pool2d\", kernel = 2 }",
            &["plan.toml:8:3", "layer 1 (avg-pool2d) takes an image, but is given 32 features"],
        ),
        (
            SECOND,
            "{ type = \"residual\", layers = [{ type = \"linear\", out = 16 }] }",
            &["plan.toml:8:3", "layer 1 (residual) makes 16 features of 32 features"],
        ),
        (
            SECOND,
            "{ type = \"residual\", layers = [{ type = \"flatten\" }, { type = \"max-pool2d\", kernel = 2 }] }",
            &["plan.toml:8:56", "layer 1.1 (max-pool2d) takes an image"],
        ),
        (
            "out = 3 },",
            "out = 5 }, { type = \"batch-norm\" }, { type = \"relu\" },",
            &["plan.toml:9:28", "layer 2 (linear) gives 5 outputs", "3 classes: set out = 3"],
        ),
    ] {
        world.plan_with(old, new);
        for command in ["train", "study"] {
            world.run(&[command, "plan.toml"]).fails(2, words);
        }
    }
}

#[test]
fn images_that_are_given_for_logits_are_refused_with_what_to_put_behind_them() {
    let world = World::new(40);
    let layers = |layers: &str| {
        let data = "[data]\nsource = \"./data\"\nvalidation = \"test\"\n";
        world.write("plan.toml", format!("{data}[model]\nlayers = [{layers}]\n"));
        world.run(&["train", "plan.toml"])
    };
    let conv =
        |out: usize, kernel| format!("{{ type = \"conv2d\", out = {out}, kernel = {kernel} }}");
    layers(&conv(3, 8)).fails(
        2,
        &["layer 0 (conv2d) gives an image of 3×1×1", "put { type = \"flatten\" } at the end"],
    );
    layers(&conv(4, 8))
        .fails(2, &["an image of 4×1×1", "end with flatten and a linear layer with out = 3"]);
    let flat = format!("{}, {{ type = \"flatten\" }}", conv(4, 8));
    layers(&flat)
        .fails(2, &["layer 1 (flatten) gives 4 outputs", "end with a linear layer with out = 3"]);
}

#[test]
fn batch_norm_on_features_is_refused_where_a_batch_would_hold_one_sample() {
    let world = World::new(40);
    let norm = "{ type = \"batch-norm\" }";
    let refused = |batches: &str, words: &[&str]| {
        world.plan_with("{ type = \"relu\" }", norm);
        let plan = world.text("plan.toml").replace("batch_size = 16", batches);
        world.write("plan.toml", plan);
        for command in ["train", "study"] {
            let all = [&["plan.toml:8:3", "layer 1 (batch-norm)", "two samples"], words].concat();
            world.run(&[command, "plan.toml"]).fails(2, &all);
        }
        assert!(!world.path("runs/plan/history.csv").exists(), "{batches}");
    };
    refused("batch_size = 1", &["train.batch_size is 1: set it to 2 or more"]);
    refused("batch_size = 1\nlast_batch = \"drop\"", &["train.batch_size is 1"]);
    let left = "of 40 training samples in batches of 13 one is left over";
    refused("batch_size = 13", &[left, "last_batch = \"drop\"", "another train.batch_size"]);
    refused("batch_size = 39", &["in batches of 39 one is left over"]);

    // In a residual it has a place of its own.
    let inside = format!("{{ type = \"residual\", layers = [{norm}] }}");
    world.plan_with("{ type = \"relu\" }", &inside);
    let arguments = ["train", "plan.toml", "--set", "train.batch_size=13"];
    world.run(&arguments).fails(2, &["plan.toml:8:34", "layer 1.0 (batch-norm)"]);

    // What is said helps, and an image has a variance of its own.
    world.plan_with("{ type = \"relu\" }", norm);
    let dropped = [&arguments[..], &["--set", "train.last_batch=drop"]].concat();
    world.run(&dropped).succeeds();
    let image =
        format!("{norm},\n  {{ type = \"flatten\" }},\n  {{ type = \"linear\", out = 32 }}");
    world.plan_with("{ type = \"linear\", out = 32 }", &image);
    world.run(&[&arguments[..], &["--out", "images"]].concat()).succeeds();
}

#[test]
fn a_batch_larger_than_the_data_is_one_batch_when_the_last_is_kept() {
    let world = World::new(40);
    world.plan_with("batch_size = 16", "batch_size = 64");
    world.run(&["train", "plan.toml"]).succeeds();
    assert_eq!(world.text("runs/plan/history.csv").lines().count(), 4);
}

#[test]
fn plan_files_that_are_no_plan_files_are_named() {
    let world = World::new(40);
    world.write("empty.toml", "");
    world.write("image.toml", [0xff, 0xfe, 0x00, 0x80]);
    for (file, words) in [
        ("missing.toml", &["missing.toml", "No such file"][..]),
        ("empty.toml", &["data is missing"]),
        ("image.toml", &["image.toml", "not UTF-8"]),
    ] {
        world.run(&["train", file]).fails(2, words);
        world.run(&["study", file]).fails(2, words);
    }
}

#[test]
fn data_that_are_no_data_are_named() {
    let world = World::new(40);
    let images = world.read("data/train-images-idx3-ubyte");
    let check = |words: &[&str]| {
        world.run(&["train", "plan.toml"]).fails(2, words);
        world.run(&["study", "plan.toml"]).fails(2, words);
        world.write("data/train-images-idx3-ubyte", &images);
        world.write_part("t10k", 10, 10, 3);
    };
    world.write("data/train-images-idx3-ubyte", "");
    check(&["train-images-idx3-ubyte", "is empty"]);
    world.write("data/train-images-idx3-ubyte", &images[..100]);
    check(&["train-images-idx3-ubyte", "truncated"]);
    world.write("data/train-images-idx3-ubyte", [b"PK\x03\x04", &images[..]].concat());
    check(&["train-images-idx3-ubyte", "is no IDX file"]);
    let mut labels = world.read("data/train-labels-idx1-ubyte");
    labels[20] = 200;
    world.write("data/train-labels-idx1-ubyte", &labels);
    check(&["3 outputs", "201 classes"]);
    world.write_part("train", 40, 39, 3);
    check(&["39 labels", "40 samples"]);
    world.write_part("train", 40, 40, 3);
    world.write_part("t10k", 10, 10, 4);
    check(&["label 3", "3"]);

    world.plan_with("./data", "./nowhere");
    world.run(&["train", "plan.toml"]).fails(2, &["nowhere", "no such file"]);
    world.plan_with("\"./data\"", "\"fashion-minst\"");
    world.run(&["train", "plan.toml"]).fails(2, &["fashion-minst", "fashion-mnist"]);
    world.plan_with("\"./data\"", "\"fashion-mnist\"");
    let empty = world.path("empty");
    std::fs::create_dir(&empty).unwrap();
    world
        .run(&["train", "plan.toml", "--data-dir", "empty"])
        .fails(2, &["was not found", "wellfit data fetch fashion-mnist", "dataset-fashion-mnist"]);
}

#[test]
fn a_truncated_gzip_file_is_named() {
    let world = World::new(40);
    let images = world.path("data/train-images-idx3-ubyte");
    let zipped = world.shell("gzip \"$2\"", &[images.to_str().unwrap()]);
    zipped.succeeds();
    world.run(&["train", "plan.toml", "--out", "whole"]).succeeds();
    let whole = world.read("data/train-images-idx3-ubyte.gz");
    world.write("data/train-images-idx3-ubyte.gz", &whole[..whole.len() / 2]);
    world.run(&["train", "plan.toml"]).fails(2, &["train-images-idx3-ubyte.gz", "truncated"]);
    world.write("data/train-images-idx3-ubyte.gz", "");
    world.run(&["train", "plan.toml"]).fails(2, &["train-images-idx3-ubyte.gz", "is empty"]);
}

#[test]
fn initial_weights_that_do_not_fit_are_refused() {
    let world = World::new(40);
    world.run(&["train", "plan.toml", "--out", "first"]).succeeds();
    let init = |file: &str| format!("[model]\ninit = \"{file}\"");
    world.plan_with("[model]", &init("first/model.safetensors"));
    world.run(&["train", "plan.toml", "--out", "again"]).succeeds();

    world.plan_with("[model]", &init("first/none.safetensors"));
    world.run(&["train", "plan.toml"]).fails(2, &["none.safetensors"]);
    world.plan_with("[model]", &init("first/history.csv"));
    world.run(&["train", "plan.toml"]).fails(2, &["history.csv"]);

    world.plan_with("[model]", &init("first/model.safetensors"));
    let wider = world.text("plan.toml").replace("out = 32", "out = 33");
    world.write("plan.toml", wider);
    let words = ["model.safetensors", "0.weight", "[32, 64]", "[33, 64]"];
    world.run(&["train", "plan.toml"]).fails(2, &words);
    world.run(&["study", "plan.toml"]).fails(2, &words);

    world.plan_with("[model]", &init("first/model.safetensors"));
    let deeper = "{ type = \"relu\" },\n  { type = \"linear\", out = 3 },\n  { type = \"linear\", out = 3 },\n]";
    let text = world.text("plan.toml");
    let at = text.find("{ type = \"relu\" }").unwrap();
    let end = text.find("\n]").unwrap() + 2;
    world.write("plan.toml", format!("{}{deeper}{}", &text[..at], &text[end..]));
    world.run(&["train", "plan.toml"]).fails(2, &["3.weight", "missing"]);
}

#[test]
fn wrong_usage_says_how_it_is_done() {
    let world = World::new(40);
    for (arguments, words) in [
        (&[][..], &["Usage"][..]),
        (&["stduy"], &["unrecognized subcommand", "study"]),
        (&["train"], &["<FILE>"]),
        (&["study", "plan.toml", "--seeds", "0"], &["--seeds", "1..=1000000"]),
        (&["study", "plan.toml", "--epochs", "x"], &["--epochs"]),
        (&["study", "plan.toml", "--jobs", "0"], &["--jobs"]),
        (&["train", "plan.toml", "--threads", "0"], &["--threads"]),
        (&["train", "plan.toml", "--set", "train.epochs"], &["--set needs key=value"]),
        (&["train", "plan.toml", "--set", "train.epoch=2"], &["--set", "did you mean `epochs`?"]),
        (&["train", "plan.toml", "--set", "train.epochs=0"], &["--set", "at least 1"]),
        (&["train", "plan.toml", "--set", "model.layers.9.out=2"], &["--set", "3 items"]),
        (&["study", "plan.toml", "--set", "study.seeds=0"], &["--set", "study.seeds"]),
        (
            &["study", "plan.toml", "--set", "study.folds=5"],
            &["takes the place of data.validation"],
        ),
        (&["report", "data"], &["holds no study and no run"]),
        (&["report", "nowhere"], &["nowhere"]),
        (&["data", "fetch", "mnist"], &["mnist", "fashion-mnist"]),
        (&["data", "fetch", "fashion-mnist-sample"], &["embedded"]),
    ] {
        world.run(arguments).fails(2, words);
    }
}

#[test]
fn study_files_say_what_is_wrong_with_their_arms() {
    let world = World::new(40);
    for (section, words) in [
        ("[study]\nseedz = 1", &["plan.toml:17:1", "did you mean `seeds`?"][..]),
        (
            "[[study.arm]]\nname = \"x\"\nremedies = [\"dropuot(0.5)\"]",
            &["plan.toml:18:13", "did you mean `dropout`?"],
        ),
        (
            "[[study.arm]]\nname = \"x\"\nremedies = [\"dropout(1.5)\"]",
            &["plan.toml:18:13", "dropout: p must be a number from 0 to 1, not \"1.5\""],
        ),
        (
            "[[study.arm]]\nname = \"x\"\nremedies = [\"l1(-1)\"]",
            &["l1: lambda must be a number of at least 0, not \"-1\""],
        ),
        (
            "[[study.arm]]\nname = \"x\"\nremedies = [\"dropout(0.6..0.1)\"]",
            &["plan.toml:18:13", "the range runs backwards; write 0.1..0.6"],
        ),
        (
            "[[study.arm]]\nname = \"x\"\nremedies = [\"l1(0..1e-3)\"]",
            &["plan.toml:18:13", "a logarithmic range cannot begin at 0"],
        ),
        (
            "[[study.arm]]\nname = \"x\"\nremedies = [\"l1(1e-7..1e-3, steps = 1)\"]",
            &["plan.toml:18:13", "steps must be a whole number from 2 to 50, not \"1\""],
        ),
        (
            "[[study.arm]]\nname = \"x\"\nremedies = [\"early-stopping(3..9)\"]",
            &["plan.toml:18:13", "patience takes one value: this remedy has no strength to vary"],
        ),
        ("[[study.arm]]\nname = \"L1!\"\n[[study.arm]]\nname = \"l1\"", &["same name in folders"]),
        (
            "[[study.arm]]\nname = \"wide\"\nset = { model.layers.2.out = 4 }",
            &["wide", "4 outputs", "3 classes"],
        ),
    ] {
        world.write("plan.toml", format!("{}\n{section}\n", common::PLAN));
        world.run(&["study", "plan.toml"]).fails(2, words);
        assert!(!world.path("runs/plan/study.toml").exists());
    }
}

/// A file of the golden data as `NAME` in a world with a plan that reads it.
fn regression(loss: &str, outputs: usize) -> World {
    let world = World::new(8);
    let golden = |name: &str| {
        let path = format!("{}/../../tests/golden/data/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    world.write("one.npz", golden("train-1-target.npz"));
    world.write("three.npz", golden("train-3-targets.npz"));
    world.write("classes.npz", golden("train.npz"));
    let plan = format!(
        "[data]\nsource = \"one.npz\"\n[model]\nlayers = [{{ type = \"linear\", out = {outputs} }}]\n\
         [train]\nepochs = 2\n{loss}\n[study]\nseeds = 2\n"
    );
    world.write("plan.toml", plan);
    world
}

#[test]
fn losses_that_do_not_fit_the_data_are_refused_before_anything_is_written() {
    let three = "data.source=three.npz";
    let classes = "data.source=classes.npz";
    for (loss, outputs, set, words) in [
        (
            "loss = { type = \"cross-entropy\" }",
            1,
            "train.seed=0",
            &["plan.toml:7:8", "train.loss is cross-entropy", "mse and huber"][..],
        ),
        (
            "loss = { type = \"huber\" }",
            3,
            classes,
            &["plan.toml:7:8", "train.loss is huber, but the data hold classes"],
        ),
        (
            "loss = { class_weights = [1, 2] }",
            3,
            classes,
            &["plan.toml:7", "holds 2 weights, but the data have 3 classes"],
        ),
        ("loss = { class_weights = [1, 2, -1] }", 3, classes, &["plan.toml:7:33", "at least 0"]),
        ("loss = { class_weights = [1, nan, 1] }", 3, classes, &["plan.toml:7:30", "NaN"]),
        ("loss = { class_weights = [0, 0, 0] }", 3, classes, &["plan.toml:7", "not all be 0"]),
        ("loss = { label_smoothing = 1.0 }", 3, classes, &["plan.toml:7:28", "below 1"]),
        ("loss = { type = \"huber\", delta = nan }", 1, "train.seed=0", &["plan.toml:7", "NaN"]),
        ("", 1, three, &["plan.toml:4", "1 outputs, but the data have 3 targets", "set out = 3"]),
        ("", 3, "train.seed=0", &["3 outputs, but the data have 1 target: set out = 1"]),
        (
            "early_stopping = { monitor = \"val_accuracy\" }",
            1,
            "train.seed=0",
            &["plan.toml:7:30", "val_accuracy is for classes; regression has val_r2"],
        ),
        (
            "schedule = { type = \"reduce-on-plateau\", monitor = \"train_r2\" }",
            3,
            classes,
            &["plan.toml:7", "train_r2 is for regression; classes have train_accuracy"],
        ),
        (
            "",
            1,
            "data.task=classification",
            &["one.npz", "array \"y\"", "holds floats, but data.task = \"classification\""],
        ),
        ("", 1, "data.task=clustering", &["\"classification\" or \"regression\""]),
    ] {
        let world = regression(loss, outputs);
        for command in ["train", "study"] {
            world.run(&[command, "plan.toml", "--set", set]).fails(2, words);
        }
        assert!(!world.path("runs/plan/study.toml").exists(), "{loss}: nothing is written");
        assert!(!world.path("runs/plan/plan.toml").exists(), "{loss}: nothing is written");
    }
}

#[test]
fn what_arms_are_judged_by_must_be_there() {
    let world = regression("", 1);
    let set = "study.primary=val_accuracy";
    let words = &["study.primary: val_accuracy is for classes; regression has val_r2"];
    world.run(&["study", "plan.toml", "--set", set]).fails(2, words);
    let world = regression("", 3);
    let arguments = ["study", "plan.toml", "--set", "data.source=classes.npz", "--set"];
    let arguments = [&arguments[..], &["study.primary=val_r2"]].concat();
    let words = &["study.primary: val_r2 is for regression; classes have val_accuracy"];
    world.run(&arguments).fails(2, words);
}

#[test]
fn numbers_that_are_not_finite_are_named() {
    let world = regression("", 1);
    for (name, words) in [
        ("bad-nan", &["set.npz", "array \"x\"", "value NaN at column 1 of sample 3"][..]),
        ("bad-nan-target", &["set.npz", "array \"y\"", "value NaN of target t0 of sample 2"]),
    ] {
        let golden = format!("{}/../wellfit-data/tests/golden", env!("CARGO_MANIFEST_DIR"));
        world.write("set.npz", std::fs::read(format!("{golden}/{name}.npz")).unwrap());
        world.run(&["train", "plan.toml", "--set", "data.source=set.npz"]).fails(2, words);
    }
}

#[test]
fn a_target_that_never_changes_is_named() {
    let world = regression("", 1);
    // Every sample of class 0, as a number: nothing varies.
    let golden = format!("{}/../wellfit-data/tests/golden", env!("CARGO_MANIFEST_DIR"));
    world.write("set.npz", std::fs::read(format!("{golden}/constant-target.npz")).unwrap());
    let arguments = ["train", "plan.toml", "--set", "data.source=set.npz"];
    let words = &["target t0 is the same for all samples of the training set"];
    world.run(&arguments).fails(2, words);
}
