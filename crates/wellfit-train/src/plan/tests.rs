//! What a plan file may say, and how it is told when it is wrong.

use std::path::Path;

use proptest::prelude::*;
use wellfit_data::{
    Augment, DataRequest, Holdout, ImageRequest, Keep, Missing, Outliers, PrepareRequest, Resample,
    Scale, Select, SelectBy, SplitRule, Subset, TableRequest, Task, Unknown,
};
use wellfit_nn::{Activation, Layer, Optimizer, Penalty, PenaltyKind, PenaltyOn, Window};

use super::*;

const BASE: &str = r#"
[data]
source = "fashion-mnist"
[model]
layers = [{ type = "linear", out = 10 }]
"#;

fn read(text: &str) -> Result<Plan, PlanError> {
    Plan::read(&Document::parse("plan.toml", text)?, Path::new("/plans"))
}

/// The error that the base plan gives with `lines` added to `[train]`.
fn train_error(lines: &str) -> String {
    read(&format!("{BASE}[train]\n{lines}\n")).unwrap_err().to_string()
}

fn model_error(layers: &str) -> String {
    let text = format!("[data]\nsource = \"x\"\n[model]\nlayers = {layers}\n");
    read(&text).unwrap_err().to_string()
}

fn data_error(lines: &str) -> String {
    read(&BASE.replace("[model]", &format!("{lines}\n[model]"))).unwrap_err().to_string()
}

#[test]
fn every_key_is_read() {
    let plan = read(
        r#"
[data]
source = "set.npz"
validation = 0.2
test = "more/test.npz"
split_seed = 3
subset = 6000
scale = "none"

[model]
init = "weights.safetensors"
layers = [
  { type = "dropout", p = 0.5 },
  { type = "linear", out = 1000, bias = false },
  { type = "relu" },
  { type = "linear", out = 10 },
]

[train]
seed = 7
epochs = 3
batch_size = 64
last_batch = "drop"
shuffle = false
loss = { type = "cross-entropy" }
optimizer = { type = "sgd", lr = 0.1, momentum = 0.9, nesterov = true, weight_decay = 1e-4 }
schedule = { type = "reduce-on-plateau", monitor = "val_accuracy", factor = 0.5, patience = 0, threshold = 1e-3, threshold_mode = "abs", cooldown = 1, min_lr = 1e-5, warmup = { epochs = 2, start_factor = 0.25 } }
penalties = [{ type = "l1", lambda = 1e-4 }, { type = "l2-norm", lambda = 1, on = "weights" }]
early_stopping = { monitor = "train_loss", patience = 2, min_delta = 0.5 }
average = { type = "swa", start = 2 }
watch = false
metrics = ["f1-macro", "top-5"]
"#,
    )
    .unwrap();
    let layers = vec![
        Layer::Dropout { p: 0.5 },
        Layer::Linear { out: 1000, bias: false },
        Layer::RELU,
        Layer::Linear { out: 10, bias: true },
    ];
    let mut wanted = Plan::new("/plans/set.npz", layers);
    wanted.data.validation = Some(Holdout::Fraction(0.2));
    wanted.data.test = Some(Holdout::File("/plans/more/test.npz".into()));
    wanted.data.split_seed = 3;
    wanted.data.subset = Some(Subset::Count(6000));
    wanted.data.scale = Some(Scale::None);
    wanted.model.init = Some("/plans/weights.safetensors".into());
    wanted.train = Train {
        seed: 7,
        epochs: 3,
        batch_size: 64,
        drop_last: true,
        loss: Some(LossSettings::CROSS_ENTROPY),
        shuffle: false,
        optimizer: Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-4 },
        lr: 0.1,
        schedule: Some(Schedule {
            kind: ScheduleKind::ReduceOnPlateau(PlateauSettings {
                monitor: Metric::ValAccuracy,
                factor: 0.5,
                patience: 0,
                threshold: 1e-3,
                threshold_mode: ThresholdMode::Abs,
                cooldown: 1,
                min_lr: 1e-5,
            }),
            warmup: Some(Warmup { epochs: 2, start_factor: 0.25 }),
        }),
        penalties: vec![
            Penalty { kind: PenaltyKind::L1, lambda: 1e-4, on: PenaltyOn::All },
            Penalty { kind: PenaltyKind::L2Norm, lambda: 1.0, on: PenaltyOn::Weights },
        ],
        early_stopping: Some(EarlyStoppingSettings {
            monitor: Metric::TrainLoss,
            patience: 2,
            min_delta: 0.5,
        }),
        max_norm: None,
        augment: Vec::new(),
        clip_grad_norm: None,
        precision: wellfit_nn::Precision::F32,
        average: Some(Average::Swa { start: SwaStart::Epoch(2) }),
        watch: false,
        metrics: vec![Extra::F1Macro, Extra::Top(5)],
    };
    assert_eq!(plan, wanted);
}

#[test]
fn what_is_left_out_has_the_documented_defaults() {
    let plan = read(BASE).unwrap();
    assert_eq!(plan, Plan::new("fashion-mnist", vec![Layer::Linear { out: 10, bias: true }]));
    let train = &plan.train;
    assert_eq!((train.epochs, train.batch_size, train.seed), (30, 32, 0));
    assert!(train.shuffle && !train.drop_last);
    let adam =
        Optimizer::Adam { betas: (0.9, 0.999), eps: 1e-8, weight_decay: 0.0, decoupled: false };
    assert_eq!((train.optimizer, train.lr), (adam, 1e-3));
    let short = read(&format!("{BASE}[train]\nschedule = {{ type = \"reduce-on-plateau\" }}"));
    let default = PlateauSettings::default();
    assert_eq!(short.unwrap().train.schedule, Some(ScheduleKind::ReduceOnPlateau(default).into()));
    assert_eq!((default.factor, default.patience, default.threshold), (0.1, 10, 1e-4));
}

#[test]
fn an_unknown_key_is_shown_with_its_line_and_the_nearest_known_one() {
    let error = read(&format!("{BASE}[train]\nepoch = 3\n")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "plan.toml:7:1: unknown key `train.epoch`\n  |\n7 | epoch = 3\n  | ^^^^^\n  = did you mean \
         `epochs`?"
    );
    assert!(data_error("sorce = 1").contains("did you mean `source`?"));
    let error = read("[data]\n[modle]\n").unwrap_err().to_string();
    assert!(error.starts_with("plan.toml:2:2: model is missing"), "{error}");
    assert!(error.ends_with("did you mean it by `modle`?"), "{error}");
    assert!(
        read(&format!("{BASE}[trian]\n")).unwrap_err().to_string().contains("did you mean `train`")
    );
}

#[test]
fn optimizers_default_as_pytorchs_do() {
    let optimizer = |settings: &str| {
        let text = format!("{BASE}[train]\noptimizer = {{ {settings} }}\n");
        read(&text).unwrap().train.optimizer
    };
    let betas = (0.9, 0.999);
    let adam = Optimizer::Adam { betas, eps: 1e-8, weight_decay: 0.0, decoupled: false };
    let adamw = Optimizer::Adam { betas, eps: 1e-8, weight_decay: 0.01, decoupled: true };
    let rmsprop = Optimizer::RmsProp { alpha: 0.99, eps: 1e-8, weight_decay: 0.0 };
    assert_eq!(optimizer("type = \"adam\""), adam);
    assert_eq!(optimizer("type = \"adamw\""), adamw);
    assert_eq!(optimizer("type = \"rmsprop\""), rmsprop);
}

#[test]
fn schedules_and_averages_default_as_pytorchs_do() {
    let train = |line: &str| read(&format!("{BASE}[train]\n{line}\n")).unwrap().train;
    let kind = |settings: &str| {
        let schedule = train(&format!("schedule = {{ {settings} }}")).schedule.unwrap();
        assert_eq!(schedule.warmup, None);
        schedule.kind
    };
    let step = ScheduleKind::Step { every: 4, factor: 0.1 };
    assert_eq!(kind("type = \"step\", every = 4"), step);
    assert_eq!(kind("type = \"cosine\""), ScheduleKind::Cosine { min_lr: 0.0 });
    let cycle = OneCycleSettings {
        max_lr: 0.5,
        pct_start: 0.3,
        div_factor: 25.0,
        final_div_factor: 1e4,
        cycle_momentum: true,
        base_momentum: 0.85,
        max_momentum: 0.95,
    };
    assert_eq!(kind("type = \"one-cycle\", max_lr = 0.5"), ScheduleKind::OneCycle(cycle));
    let warm = train("schedule = { type = \"cosine\", warmup = { epochs = 2 } }").schedule;
    let third = Warmup { epochs: 2, start_factor: 1.0 / 3.0 };
    assert_eq!(warm.unwrap().warmup, Some(third));
    assert_eq!(train("average = { type = \"ema\" }").average, Some(Average::Ema { decay: 0.999 }));
    let start = SwaStart::Fraction(0.75);
    assert_eq!(train("average = { type = \"swa\" }").average, Some(Average::Swa { start }));
}

#[test]
fn one_cycle_needs_a_momentum_to_move_and_gives_sgd_one() {
    let plan = |optimizer: &str, more: &str| {
        let cycle = format!("schedule = {{ type = \"one-cycle\", max_lr = 0.1{more} }}");
        read(&format!("{BASE}[train]\noptimizer = {{ type = {optimizer} }}\n{cycle}\n"))
    };
    let error = plan("\"rmsprop\"", "").unwrap_err().to_string();
    assert!(error.starts_with("plan.toml:8:") && error.contains("rmsprop has no mom"), "{error}");
    assert!(error.contains("set cycle_momentum = false"), "{error}");
    plan("\"rmsprop\"", ", cycle_momentum = false").unwrap();
    let error = plan("\"sgd\"", ", base_momentum = 0").unwrap_err().to_string();
    assert!(error.contains("base_momentum must be above 0 and below 1, not 0"), "{error}");
    plan("\"adam\"", ", base_momentum = 0").unwrap();

    let momentum = |more: &str| {
        let spec = plan("\"sgd\"", more).unwrap();
        let counts = [9; 10];
        let spec = spec.spec(wellfit_nn::Shape::Flat(4), classes(&counts)).unwrap();
        match spec.optimizer {
            Optimizer::Sgd { momentum, .. } => momentum,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!([momentum(""), momentum(", cycle_momentum = false")], [0.95, 0.0]);
}

#[test]
fn a_leaky_relus_slope_defaults_as_pytorchs_does_and_is_not_negative() {
    let layers = |leaky: &str| format!("[{{ {leaky} }}, {{ type = \"linear\", out = 10 }}]");
    let text = layers("type = \"leaky-relu\"");
    let text = format!("[data]\nsource = \"x\"\n[model]\nlayers = {text}\n");
    let default = Layer::Activation(Activation::LeakyRelu { slope: 0.01 });
    assert_eq!(read(&text).unwrap().model.layers[0], default);
    for slope in ["-0.1", "nan", "\"steep\""] {
        let error = model_error(&layers(&format!("type = \"leaky-relu\", slope = {slope}")));
        assert!(error.starts_with("plan.toml:4:") && error.contains("slope"), "{error}");
    }
}

#[test]
fn settings_of_another_optimizer_are_refused() {
    for lines in [
        "optimizer = { type = \"rmsprop\", momentum = 0.9 }",
        "optimizer = { type = \"adamw\", alpha = 0.9 }",
        "optimizer = { type = \"rmsprop\", alpha = 1.0 }",
        "optimizer = { type = \"rmsprop\", eps = 0 }",
        "optimizer = { type = \"adamw\", weight_decay = -1 }",
    ] {
        assert!(train_error(lines).starts_with("plan.toml:"), "{lines}");
    }
}

#[test]
fn a_value_out_of_range_is_told_with_its_range_and_line() {
    for (lines, wanted) in [
        ("epochs = 0", "train.epochs must be a whole number of at least 1, not 0"),
        ("epochs = -3", "must be a whole number of at least 1, not -3"),
        ("epochs = 2.5", "must be a whole number of at least 1, not 2.5"),
        ("epochs = 99999999999999999999999999", "train.epochs is too large"),
        ("epochs = 9999999999999999999999999999999999999999999", "this number is too large"),
        ("batch_size = 0", "train.batch_size must be a whole number of at least 1, not 0"),
        ("seed = -1", "train.seed must be a whole number of at least 0, not -1"),
        ("seed = 18446744073709551616", "train.seed is too large"),
        ("optimizer = { lr = 0 }", "train.optimizer.lr must be a finite number above 0, not 0"),
        ("optimizer = { lr = nan }", "must be a finite number above 0, not NaN"),
        ("optimizer = { lr = inf }", "must be a finite number above 0, not inf"),
        ("optimizer = { lr = 1e999 }", "must be a finite number above 0, not inf"),
        ("optimizer = { betas = [0.9, 1.0] }", "betas.1 must be at least 0 and below 1, not 1"),
        ("optimizer = { betas = [0.9] }", "must hold two numbers, not 1"),
        ("optimizer = { eps = 0.0 }", "eps must be a finite number above 0"),
        ("optimizer = { weight_decay = -1 }", "weight_decay must be a finite number of at least 0"),
        ("optimizer = { type = \"sgd\", momentum = 1 }", "momentum must be at least 0 and below 1"),
        ("optimizer = { type = \"sgd\", nesterov = true }", "must be above 0 when nesterov"),
        ("optimizer = { type = \"sgd\", betas = [0, 0] }", "unknown key `train.optimizer.betas`"),
        ("penalties = [{ type = \"l1\", lambda = -1 }]", "penalties.0.lambda must be a finite"),
        ("penalties = [{ type = \"l1\", lambda = nan }]", "penalties.0.lambda must be a finite"),
        ("penalties = [{ type = \"l1\" }]", "train.penalties.0.lambda is missing"),
        ("penalties = { type = \"l1\" }", "train.penalties must be a list, not a table"),
        ("early_stopping = { patience = 0 }", "patience must be a whole number of at least 1"),
        ("early_stopping = { min_delta = -0.1 }", "min_delta must be a finite number of at least"),
        ("early_stopping = { monitor = \"val_los\" }", "did you mean `val_loss`?"),
        ("schedule = { type = \"reduce-on-plateau\", factor = 1 }", "factor must be above 0 and"),
        ("schedule = { type = \"reduce-on-plateau\", threshold = nan }", "threshold must be a fin"),
        ("schedule = { factor = 0.5 }", "train.schedule.type is missing"),
        ("schedule = { type = \"exponental\" }", "did you mean `exponential`?"),
        ("schedule = { type = \"step\" }", "train.schedule.every is missing"),
        ("schedule = { type = \"step\", every = 0 }", "every must be a whole number of at least 1"),
        (
            "schedule = { type = \"step\", every = 2, factor = 1.5 }",
            "factor must be above 0 and at",
        ),
        (
            "schedule = { type = \"step\", every = 2, min_lr = 0 }",
            "unknown key `train.schedule.min",
        ),
        ("schedule = { type = \"exponential\" }", "train.schedule.factor is missing"),
        (
            "schedule = { type = \"exponential\", factor = 0 }",
            "factor must be above 0 and at most 1",
        ),
        ("schedule = { type = \"exponential\", factor = nan }", "factor must be above 0 and at"),
        (
            "schedule = { type = \"cosine\", min_lr = 0.5 }",
            "from 0 to train.optimizer.lr, 0.001, not",
        ),
        ("schedule = { type = \"cosine\", min_lr = -1 }", "min_lr must be from 0 to"),
        ("schedule = { type = \"one-cycle\" }", "train.schedule.max_lr is missing"),
        (
            "schedule = { type = \"one-cycle\", max_lr = inf }",
            "max_lr must be a finite number above",
        ),
        (
            "schedule = { type = \"one-cycle\", max_lr = 1, pct_start = 1.1 }",
            "pct_start must be from 0 to 1, not 1.1",
        ),
        (
            "schedule = { type = \"one-cycle\", max_lr = 1, div_factor = 0 }",
            "div_factor must be a finite number above 0, not 0",
        ),
        (
            "schedule = { type = \"one-cycle\", max_lr = 1, final_div_factor = nan }",
            "final_div_factor must be a finite number above 0, not NaN",
        ),
        (
            "schedule = { type = \"one-cycle\", max_lr = 1, max_momentum = 1 }",
            "max_momentum must be at least 0 and below 1, not 1",
        ),
        (
            "schedule = { type = \"one-cycle\", max_lr = 1, warmup = { epochs = 1 } }",
            "cannot stand with one-cycle, which begins with a warm-up of its own",
        ),
        ("schedule = { type = \"cosine\", warmup = 3 }", "train.schedule.warmup must be a table"),
        (
            "schedule = { type = \"cosine\", warmup = {} }",
            "train.schedule.warmup.epochs is missing",
        ),
        (
            "schedule = { type = \"cosine\", warmup = { epochs = 30 } }",
            "warmup.epochs must be below train.epochs, 30, so that cosine follows, not 30",
        ),
        (
            "schedule = { type = \"cosine\", warmup = { epochs = 1, start_factor = 0 } }",
            "warmup.start_factor must be above 0 and at most 1, not 0",
        ),
        ("watch = 1", "train.watch must be true or false, not 1"),
        ("average = { decay = 0.9 }", "train.average.type is missing"),
        ("average = { type = \"sma\" }", "train.average.type must be \"ema\" or \"swa\""),
        ("average = { type = \"ema\", decay = 1 }", "decay must be at least 0 and below 1, not 1"),
        ("average = { type = \"ema\", decay = nan }", "decay must be at least 0 and below 1"),
        ("average = { type = \"ema\", start = 3 }", "unknown key `train.average.start`"),
        (
            "average = { type = \"swa\", start = 31 }",
            "start must be from 1 to train.epochs, 30, not",
        ),
        ("average = { type = \"swa\", start = 0 }", "start must be a whole number of at least 1"),
        (
            "average = { type = \"swa\", start = 1.0 }",
            "start must be at least 0 and, as a fraction, below 1, not 1",
        ),
        (
            "average = { type = \"swa\", start = \"late\" }",
            "must be an epoch such as 20, or a frac",
        ),
        ("shuffle = \"yes\"", "train.shuffle must be true or false, not \"yes\""),
        ("last_batch = true", "train.last_batch must be \"keep\" or \"drop\", not true"),
        ("optimizer = \"adam\"", "train.optimizer must be a table, not \"adam\""),
        ("seed = 2026-11-23", "not the date 2026-11-23"),
    ] {
        let error = train_error(lines);
        assert!(error.contains(wanted), "{lines}: {error}");
        assert!(error.starts_with("plan.toml:7:"), "{lines}: {error}");
        assert!(error.contains(&format!("\n7 | {lines}\n")), "{lines}: {error}");
    }
    for (layers, wanted) in [
        ("[{ type = \"dropout\", p = 1.5 }, { type = \"linear\", out = 1 }]", "layers.0.p must be"),
        ("[{ type = \"linear\", out = 1 }, { type = \"dropout\", p = -0.1 }]", "layers.1.p must"),
        ("[{ type = \"linear\", out = 0 }]", "layers.0.out must be a whole number of at least 1"),
        ("[{ type = \"linear\" }]", "model.layers.0.out is missing"),
        ("[{ type = \"conv2d\", out = 3 }]", "model.layers.0.kernel is missing"),
        ("[{ type = \"conv2d\", out = 3, kernel = [3] }]", "layers.0.kernel must be a number or"),
        ("[{ type = \"max-pool2d\", kernel = 0 }]", "layers.0.kernel must be a whole number of at"),
        (
            "[{ type = \"residual\", layers = [{ type = \"linear\", out = 0 }] }]",
            "layers.0.layers.0.out must be a whole number of at least 1",
        ),
        ("[{ type = \"dropout\" }]", "model.layers.0.p is missing"),
        ("[{ type = \"linaer\", out = 1 }]", "did you mean `linear`?"),
        ("[{ type = \"relu\", p = 1 }]", "unknown key `model.layers.0.p`"),
        ("[{ type = \"relu\" }]", "no linear layer"),
        ("[]", "no linear layer"),
        ("[3]", "model.layers.0 must be a table, not 3"),
    ] {
        let error = model_error(layers);
        assert!(error.contains(wanted) && error.starts_with("plan.toml:4:"), "{layers}: {error}");
    }
    for (lines, wanted) in [
        ("validation = 0", "data.validation must be above 0 and below 1, not 0"),
        ("validation = 1.0", "must be above 0 and below 1"),
        ("validation = nan", "must be above 0 and below 1"),
        ("validation = true", "must be a fraction such as 0.1, a file, or \"test\""),
        ("validation = 0.6\ntest = 0.6", "below 1 together with data.validation"),
        ("validation = \"test\"\ntest = \"test\"", "name the same thing"),
        ("validation = \"a.npz\"\ntest = \"a.npz\"", "name the same file"),
        ("subset = 0", "data.subset must be a whole number of at least 1, not 0"),
        ("subset = 1.5", "at most 1, not 1.5"),
        ("subset = \"all\"", "must be a number of samples"),
        ("split_seed = 0.5", "must be a whole number"),
        ("scale = \"units\"", "did you mean `unit`?"),
    ] {
        let error = data_error(lines);
        assert!(error.contains(wanted) && error.starts_with("plan.toml:"), "{lines}: {error}");
    }
}

#[test]
fn metrics_that_are_not_there_or_not_measured_are_refused_with_what_would_be_right() {
    for (lines, wanted) in [
        ("metrics = \"auc\"", "train.metrics must be a list, not \"auc\""),
        ("metrics = [\"f1-marco\"]", "did you mean `f1-macro`?"),
        ("metrics = [\"auc\", 3]", "train.metrics.1 must be \"accuracy\" or \"balanced-accuracy\""),
        ("metrics = [\"top-1\"]", "or \"top-5\", not \"top-1\""),
        ("metrics = [\"top-1001\"]", "train.metrics.0 must be"),
        ("metrics = [\"auc\", \"ece\", \"auc\"]", "train.metrics names auc twice"),
        (
            "early_stopping = { monitor = \"val_f1_macro\" }",
            "train.early_stopping.monitor is val_f1_macro, which is not measured: add \"f1-macro\" \
             to train.metrics",
        ),
        (
            "metrics = [\"auc\"]\nschedule = { type = \"reduce-on-plateau\", monitor = \"val_brier\" }",
            "train.schedule.monitor is val_brier, which is not measured: add \"brier\"",
        ),
        ("early_stopping = { monitor = \"val_f1\" }", "did you mean `val_f1_macro`?"),
        ("early_stopping = { monitor = \"val_accurcy\" }", "did you mean `val_accuracy`?"),
        ("early_stopping = { monitor = \"kappa\" }", "must be \"train_loss\" or"),
        ("early_stopping = { monitor = \"val_f1-macro\" }", "did you mean `val_f1_macro`?"),
        ("early_stopping = { monitor = \"val_top_1\" }", "must be \"train_loss\" or"),
    ] {
        let error = train_error(lines);
        assert!(error.contains(wanted) && error.starts_with("plan.toml:"), "{lines}: {error}");
    }
    let plan = read(&format!(
        "{BASE}[train]\nmetrics = [\"ece\"]\nearly_stopping = {{ monitor = \"val_ece\" }}\n"
    ));
    let monitor = plan.unwrap().train.early_stopping.unwrap().monitor;
    assert_eq!(monitor, Metric::Val(Extra::Ece));
    assert!(!monitor.higher_is_better() && monitor.needs_validation());
}

#[test]
fn a_plan_without_metrics_has_the_hash_that_it_had_before_there_were_any() {
    let plan = read(BASE).unwrap();
    assert!(!plan.to_toml().contains("metrics"));
    let mut more = plan.clone();
    more.measure_also(Extra::Auc);
    more.measure_also(Extra::Auc);
    more.measure_also(Extra::R2);
    assert_eq!(more.train.metrics, [Extra::Auc]);
    assert_ne!(plan.hash(), more.hash());
}

#[test]
fn text_that_is_no_toml_and_files_that_are_no_text_are_refused() {
    let error = read("[data\nsource = 1").unwrap_err().to_string();
    assert!(error.starts_with("plan.toml:1:6: this is not TOML"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.toml");
    let refused = |path: &Path| Document::read(path).unwrap_err().to_string();
    assert!(refused(&path).contains("plan.toml: "));
    assert!(refused(folder.path()).contains("it is a folder"));
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(refused(&path).contains("not UTF-8"));
    std::fs::write(&path, "").unwrap();
    let empty = Document::read(&path).unwrap();
    let error = Plan::read(&empty, empty.folder()).unwrap_err().to_string();
    assert!(error.contains("data is missing"), "{error}");
}

#[test]
fn paths_are_relative_to_the_plan_file() {
    let plan = |source: &str| {
        let text = BASE.replace("fashion-mnist", source);
        read(&text).unwrap().data.source
    };
    assert_eq!(plan("data/x.npz"), "/plans/data/x.npz");
    assert_eq!(plan("./folder"), "/plans/folder");
    assert_eq!(plan("/data/x.npz"), "/data/x.npz");
    assert_eq!(plan("fashion-mnist-sample"), "fashion-mnist-sample");
}

/// The base plan with `--set` applied.
fn set(assignment: &str) -> Result<Plan, PlanError> {
    let mut document = Document::parse("plan.toml", BASE)?;
    document.set(assignment)?;
    Plan::read(&document, Path::new("/plans"))
}

#[test]
fn set_changes_any_key() {
    assert_eq!(set("train.epochs=5").unwrap().train.epochs, 5);
    assert_eq!(set(" train . epochs = 5 ").unwrap().train.epochs, 5);
    assert_eq!(set("train.optimizer.lr=1e-2").unwrap().train.lr, 1e-2);
    assert_eq!(set("data.source=other").unwrap().data.source, "other");
    assert_eq!(set("data.source=\"other\"").unwrap().data.source, "other");
    assert_eq!(set("data.validation=test").unwrap().data.validation, Some(Holdout::TestSplit));
    let plan = set("model.layers.0.bias=false").unwrap();
    assert_eq!(plan.model.layers, [Layer::Linear { out: 10, bias: false }]);
    let plan = set("train.penalties=[{ type = \"l2\", lambda = 0.5 }]").unwrap();
    assert_eq!(plan.train.penalties[0].kind, PenaltyKind::L2);
}

#[test]
fn an_error_in_set_shows_what_was_set() {
    for (assignment, wanted) in [
        ("train.epochs=0", "--set:1:14: train.epochs must be a whole number of at least 1, not 0"),
        ("train.epochs", "--set:1:1: --set needs key=value"),
        ("=5", "is no key such as train.epochs"),
        ("train..epochs=5", "is no key such as train.epochs"),
        ("a]b=5", "is no key"),
        ("train.epohcs=5", "unknown key `train.epohcs`"),
        ("data.source.more=5", "cannot be set: what stands before it is no table"),
        ("model.layers.7.out=5", "the list has 1 items"),
        ("train.penalties=[{", "--set:1:"),
        ("train.loss=mse", "train.loss must be a table, not \"mse\""),
    ] {
        let error = set(assignment).unwrap_err().to_string();
        assert!(error.contains(wanted), "{assignment}: {error}");
        assert!(error.contains(&format!("\n1 | {assignment}")), "{assignment}: {error}");
    }
}

#[test]
fn a_table_of_changes_replaces_what_names_its_type_and_merges_the_rest() {
    let text = format!(
        "{BASE}[train]\nepochs = 3\noptimizer = {{ type = \"sgd\", lr = 1, momentum = 0.5 }}\n\
         [[study.arm]]\nset = {{ train.optimizer = {{ type = \"adam\", lr = 0.25 }}, train.seed = 4 }}\n\
         [[study.arm]]\nset = {{ \"train.optimizer.lr\" = 0.125, data.subset = 10 }}\n"
    );
    let document = Document::parse("plan.toml", &text).unwrap();
    let mut study = document.section("study").unwrap().unwrap();
    let plans: Vec<Plan> = study
        .need("arm")
        .unwrap()
        .list()
        .unwrap()
        .into_iter()
        .map(|arm| {
            let mut section = arm.section().unwrap();
            let changes = section.need("set").unwrap();
            section.finish().unwrap();
            let mut changed = document.clone();
            changed.merge(&changes).unwrap();
            Plan::read(&changed, Path::new("")).unwrap()
        })
        .collect();
    study.finish().unwrap();
    assert!(matches!(plans[0].train.optimizer, Optimizer::Adam { .. }));
    assert_eq!((plans[0].train.lr, plans[0].train.seed, plans[0].train.epochs), (0.25, 4, 3));
    assert!(matches!(plans[1].train.optimizer, Optimizer::Sgd { momentum: 0.5, .. }));
    assert_eq!((plans[1].train.lr, plans[1].data.subset), (0.125, Some(Subset::Count(10))));
}

#[test]
fn a_free_table_keeps_the_order_of_its_keys() {
    let text = "[[grid]]\n\"z.a\" = [1]\n\"b\" = [2]\n";
    let document = Document::parse("study.toml", text).unwrap();
    let grid = document.top().need("grid").unwrap().list().unwrap().remove(0);
    let keys: Vec<&str> = grid.section().unwrap().rest().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["z.a", "b"]);
}

#[test]
fn an_error_of_a_plan_made_in_code_names_the_key() {
    let mut plan = read(BASE).unwrap();
    plan.train.lr = f64::NAN;
    let error = plan.check().unwrap_err();
    assert_eq!(error.key.as_deref(), Some("train.optimizer.lr"));
    assert_eq!(error.to_string(), "train.optimizer.lr must be a finite number above 0, not NaN");
}

/// Classes "a", "b", … with so many training samples.
fn classes(counts: &[usize]) -> Outputs<'_> {
    static NAMES: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
    let names = NAMES.get_or_init(|| ('a'..='z').map(String::from).collect());
    Outputs::Classes { names: &names[..counts.len()], counts }
}

#[test]
fn every_loss_is_read_and_becomes_what_the_data_need() {
    let plan = |loss: &str| read(&format!("{BASE}[train]\nloss = {loss}\n")).unwrap();
    let flat = wellfit_nn::Shape::Flat(3);
    let ten = [2, 1, 1, 1, 1, 1, 1, 1, 1, 10];
    let on_classes = |loss: &str| plan(loss).spec(flat, classes(&ten)).unwrap().loss;
    let on_numbers = |loss: &str| plan(loss).spec(flat, Outputs::Targets(10)).unwrap().loss;
    let entropy = |label_smoothing, class_weights| wellfit_nn::Loss::CrossEntropy {
        label_smoothing,
        class_weights,
    };
    assert_eq!(on_classes("{}"), entropy(0.0, None));
    assert_eq!(on_classes("{ label_smoothing = 0.1 }"), entropy(0.1, None));
    // n = 20 samples in K = 10 classes: 2/n_k.
    let mut balanced = vec![2.0; 10];
    (balanced[0], balanced[9]) = (1.0, 0.2);
    let loss = on_classes("{ type = \"cross-entropy\", class_weights = \"balanced\" }");
    assert_eq!(loss, entropy(0.0, Some(balanced)));
    let list = "{ class_weights = [1, 2, 0, 1.5, 1, 1, 1, 1, 1, 1], label_smoothing = 0.2 }";
    let weights = vec![1.0, 2.0, 0.0, 1.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
    assert_eq!(on_classes(list), entropy(0.2, Some(weights)));
    assert_eq!(on_numbers("{ type = \"mse\" }"), wellfit_nn::Loss::Mse);
    assert_eq!(on_numbers("{ type = \"huber\" }"), wellfit_nn::Loss::Huber { delta: 1.0 });
    let huber = wellfit_nn::Loss::Huber { delta: 0.25 };
    assert_eq!(on_numbers("{ type = \"huber\", delta = 0.25 }"), huber);
    let silent = read(BASE).unwrap();
    assert_eq!(silent.spec(flat, classes(&ten)).unwrap().loss, entropy(0.0, None));
    assert_eq!(silent.spec(flat, Outputs::Targets(10)).unwrap().loss, wellfit_nn::Loss::Mse);
}

#[test]
fn a_loss_that_is_wrong_is_told_with_its_line() {
    for (loss, words) in [
        ("{ type = \"mae\" }", "must be \"cross-entropy\" or \"mse\" or \"huber\""),
        ("{ type = \"mse\", delta = 1 }", "unknown key `train.loss.delta`"),
        ("{ label_smoothing = 1.0 }", "label_smoothing must be at least 0 and below 1, not 1"),
        ("{ label_smoothing = nan }", "label_smoothing must be at least 0 and below 1, not NaN"),
        ("{ class_weights = \"equal\" }", "must be a list of numbers, one for each class"),
        ("{ class_weights = [1, -2] }", "class_weights.1 must be a finite number of at least 0"),
        ("{ class_weights = [nan] }", "class_weights.0 must be a finite number of at least 0"),
        ("{ class_weights = [1e39] }", "class_weights.0 must be a finite float32"),
        ("{ class_weights = [0, 0] }", "train.loss.class_weights must not all be 0"),
        ("{ class_weights = [] }", "train.loss.class_weights must not all be 0"),
        ("{ class_weights = [\"a\"] }", "train.loss.class_weights.0 must be a number"),
        ("{ type = \"huber\", delta = 0 }", "train.loss.delta must be a finite number above 0"),
        ("{ type = \"huber\", delta = inf }", "train.loss.delta must be a finite number above 0"),
    ] {
        let error = train_error(&format!("loss = {loss}"));
        assert!(error.starts_with("plan.toml:7:"), "{loss}: {error}");
        assert!(error.contains(words), "{loss}: {error}");
    }
    let error = data_error("task = \"clustering\"");
    assert!(error.contains("must be \"classification\" or \"regression\""), "{error}");
}

#[test]
fn a_loss_that_does_not_fit_the_data_is_told_with_its_line() {
    let five: &[usize] = &[3, 1, 0, 2, 1];
    for (loss, outputs, words) in [
        ("{ type = \"huber\" }", classes(five), "train.loss is huber, but the data hold classes"),
        ("{}", Outputs::Targets(2), "train.loss is cross-entropy, but the data hold numbers"),
        (
            "{ class_weights = [1, 2] }",
            classes(five),
            "train.loss.class_weights holds 2 weights, but the data have 5 classes",
        ),
        ("{ class_weights = \"balanced\" }", classes(five), "but class 2 (c) has none"),
    ] {
        let text = format!("{BASE}[train]\nloss = {loss}\n");
        let document = Document::parse("plan.toml", &text).unwrap();
        let plan = Plan::read(&document, Path::new("")).unwrap();
        let error = plan.spec(wellfit_nn::Shape::Flat(3), outputs).unwrap_err().locate(&document);
        assert!(error.to_string().starts_with("plan.toml:7:"), "{loss}: {error}");
        assert!(error.to_string().contains(words), "{loss}: {error}");
    }
}

#[test]
fn layers_that_do_not_fit_the_data_are_told_with_their_line() {
    let document = Document::parse("plan.toml", BASE).unwrap();
    let plan = Plan::read(&document, Path::new("")).unwrap();
    let error =
        plan.spec(wellfit_nn::Shape::Flat(784), classes(&[1; 7])).unwrap_err().locate(&document);
    let error = error.to_string();
    assert!(error.starts_with("plan.toml:5:"), "{error}");
    assert!(error.contains("10 outputs, but the data have 7 classes"), "{error}");
    let huge = set("model.layers=[{ type = \"linear\", out = 100_000_000_000 }]").unwrap();
    let error = huge.spec(wellfit_nn::Shape::Flat(784), classes(&[1; 10])).unwrap_err().to_string();
    assert!(error.contains("784 inputs"), "{error}");
}

#[test]
fn the_resolved_plan_is_written_out_in_full() {
    let mut plan = read(BASE).unwrap();
    plan.model.init = Some("/w.safetensors".into());
    plan.model.layers.insert(0, Layer::Dropout { p: 0.5 });
    plan.model.init_index.insert(0, None);
    plan.train.penalties =
        vec![Penalty { kind: PenaltyKind::L1, lambda: 1e-4, on: PenaltyOn::All }];
    assert_eq!(
        plan.to_toml(),
        r#"[data]
source = "fashion-mnist"
split_seed = 0

[model]
init = "/w.safetensors"
init_index = [-1, 0]
layers = [
  { type = "dropout", p = 0.5 },
  { type = "linear", out = 10 },
]

[train]
seed = 0
epochs = 30
batch_size = 32
last_batch = "keep"
shuffle = true
optimizer = { type = "adam", lr = 0.001, betas = [0.9, 0.999], eps = 1e-8, weight_decay = 0.0 }
penalties = [{ type = "l1", lambda = 0.0001, on = "all" }]
"#
    );
    assert_eq!(read(&plan.to_toml()).unwrap(), plan);
}

/// A plan's hash names its run folder's plan for ever: a change here makes every
/// folder that exists "another plan".
#[test]
fn the_hash_is_stable_and_moves_with_the_seed() {
    let mut plan = read(BASE).unwrap();
    let hash = plan.hash();
    assert_eq!(hash, "fb3a06a646086b6d5943b0878c6128626d7a41d793a9d9d305ce3585c40cc5a6");
    plan.train.seed = 1;
    assert_ne!(plan.hash(), hash);
}

fn holdouts() -> impl Strategy<Value = Option<Holdout>> {
    prop_oneof![
        Just(None),
        (0.001f64..0.5).prop_map(|share| Some(Holdout::Fraction(share))),
        Just(Some(Holdout::TestSplit)),
        "[a-zé \"\\\\]{1,8}".prop_map(|name| Some(Holdout::File(format!("/d/{name}").into()))),
    ]
}

fn layers() -> impl Strategy<Value = Vec<Layer>> {
    let window = (1usize..9, 1usize..9, 1usize..5, 1usize..5, 0usize..4, 0usize..4)
        .prop_map(|(a, b, c, d, e, f)| Window { kernel: [a, b], stride: [c, d], padding: [e, f] });
    let pool = window.clone().prop_map(|window| Window { padding: [0; 2], ..window });
    let layer = prop_oneof![
        (1usize..2000, any::<bool>()).prop_map(|(out, bias)| Layer::Linear { out, bias }),
        (1usize..2000, window, any::<bool>()).prop_map(|(out, window, bias)| Layer::Conv2d {
            out,
            window,
            bias
        }),
        pool.clone().prop_map(|window| Layer::MaxPool2d { window }),
        pool.prop_map(|window| Layer::AvgPool2d { window }),
        prop::sample::select(vec![Layer::Flatten, Layer::BatchNorm, Layer::LayerNorm]),
        prop::sample::select(vec![
            Activation::Relu,
            Activation::Elu,
            Activation::Gelu,
            Activation::Silu,
            Activation::Tanh,
            Activation::Sigmoid,
        ])
        .prop_map(Layer::Activation),
        (0.0..1e3f64).prop_map(|slope| Layer::Activation(Activation::LeakyRelu { slope })),
        (0.0..=1.0f64).prop_map(|p| Layer::Dropout { p }),
    ];
    let layer = layer.prop_recursive(2, 8, 3, |inner| {
        prop::collection::vec(inner, 0..3).prop_map(|layers| Layer::Residual { layers })
    });
    prop::collection::vec(layer, 0..6).prop_map(|mut layers| {
        layers.push(Layer::Linear { out: 3, bias: true });
        layers
    })
}

fn optimizers() -> impl Strategy<Value = Optimizer> {
    prop_oneof![
        (0.0..1.0f64, 0.0..1.0f64, 1e-12..1.0f64, 0.0..1e3f64, any::<bool>()).prop_map(
            |(a, b, eps, weight_decay, decoupled)| {
                Optimizer::Adam { betas: (a, b), eps, weight_decay, decoupled }
            }
        ),
        (0.0..1.0f64, 1e-12..1.0f64, 0.0..1e3f64).prop_map(|(alpha, eps, weight_decay)| {
            Optimizer::RmsProp { alpha, eps, weight_decay }
        }),
        (0.001..1.0f64, any::<bool>(), 0.0..1e3f64).prop_map(|(momentum, nesterov, decay)| {
            Optimizer::Sgd { momentum, nesterov, weight_decay: decay }
        }),
    ]
}

fn metrics() -> impl Strategy<Value = Vec<Extra>> {
    let top = (2u16..=1000).prop_map(Extra::Top);
    let one = prop_oneof![prop::sample::select(Extra::ALL.to_vec()), top];
    prop::collection::hash_set(one, 0..4).prop_map(|all| all.into_iter().collect())
}

fn monitors() -> impl Strategy<Value = Metric> {
    let extras = Extra::ALL.into_iter().chain([Extra::Top(3)]).filter(|e| !e.is_standard());
    let extras: Vec<Metric> = extras.flat_map(|e| [Metric::Train(e), Metric::Val(e)]).collect();
    prop_oneof![prop::sample::select(Metric::ALL.to_vec()), prop::sample::select(extras)]
}

prop_compose! {
    fn plateaus()(
        monitor in monitors(), factor in 1e-9..1.0f64,
        patience in 0usize..1000, threshold in 0.0..1e9f64, abs: bool,
        cooldown in 0usize..1000, min_lr in 0.0..1.0f64,
    ) -> ScheduleKind {
        let threshold_mode = if abs { ThresholdMode::Abs } else { ThresholdMode::Rel };
        ScheduleKind::ReduceOnPlateau(PlateauSettings {
            monitor, factor, patience, threshold, threshold_mode, cooldown, min_lr,
        })
    }
}

fn losses() -> impl Strategy<Value = LossSettings> {
    let weights = prop_oneof![
        Just(ClassWeights::Equal),
        Just(ClassWeights::Balanced),
        prop::collection::vec(1e-6..1e9f64, 1..5).prop_map(ClassWeights::List),
    ];
    prop_oneof![
        (0.0..1.0f64, weights).prop_map(|(label_smoothing, class_weights)| {
            LossSettings::CrossEntropy { label_smoothing, class_weights }
        }),
        Just(LossSettings::Mse),
        (1e-9..1e9f64).prop_map(|delta| LossSettings::Huber { delta }),
    ]
}

prop_compose! {
    fn cycles()(
        max_lr in 1e-300..1e300f64, pct_start in 0.0..=1.0f64, div_factor in 1e-9..1e9f64,
        final_div_factor in 1e-9..1e9f64, cycle_momentum: bool, base_momentum in 1e-9..1.0f64,
        max_momentum in 1e-9..1.0f64,
    ) -> ScheduleKind {
        ScheduleKind::OneCycle(OneCycleSettings {
            max_lr, pct_start, div_factor, final_div_factor, cycle_momentum, base_momentum,
            max_momentum,
        })
    }
}

prop_compose! {
    /// A schedule that goes with this optimiser over so many epochs.
    fn schedules(optimizer: Optimizer, lr: f64, epochs: usize)(
        kind in prop_oneof![
            plateaus(),
            (1usize.., 1e-9..=1.0f64).prop_map(|(every, factor)| ScheduleKind::Step { every, factor }),
            (1e-9..=1.0f64).prop_map(|factor| ScheduleKind::Exponential { factor }),
            (0.0..=1.0f64).prop_map(move |share| ScheduleKind::Cosine { min_lr: share * lr }),
            cycles(),
        ],
        warmup in prop::option::of((1usize..9, 1e-9..=1.0f64)),
    ) -> Schedule {
        let warmup = warmup.map(|(epochs, start_factor)| Warmup { epochs, start_factor });
        let mut schedule =
            Schedule { kind, warmup: warmup.filter(|warmup| warmup.epochs < epochs) };
        if let ScheduleKind::OneCycle(settings) = &mut schedule.kind {
            schedule.warmup = None;
            settings.cycle_momentum &= !matches!(optimizer, Optimizer::RmsProp { .. });
        }
        schedule
    }
}

fn averages(epochs: usize) -> impl Strategy<Value = Average> {
    let start = prop_oneof![
        (1..=epochs).prop_map(SwaStart::Epoch),
        (0.0..1.0f64).prop_map(SwaStart::Fraction)
    ];
    prop_oneof![
        (0.0..1.0f64).prop_map(|decay| Average::Ema { decay }),
        start.prop_map(|start| Average::Swa { start }),
    ]
}

prop_compose! {
    fn penalties()(kind in 0usize..3, lambda in 0.0..1e300f64, weights: bool) -> Penalty {
        let kind = [PenaltyKind::L1, PenaltyKind::L2, PenaltyKind::L2Norm][kind];
        Penalty { kind, lambda, on: if weights { PenaltyOn::Weights } else { PenaltyOn::All } }
    }
}

fn splits() -> impl Strategy<Value = SplitRule> {
    prop_oneof![
        Just(SplitRule::Stratified),
        Just(SplitRule::Random),
        "[a-z \"]{1,8}".prop_map(|column| SplitRule::Grouped { column }),
        "[a-z \"]{1,8}".prop_map(|column| SplitRule::Time { column }),
    ]
}

fn preparations() -> impl Strategy<Value = PrepareRequest> {
    let outliers = prop_oneof![
        (1e-9..0.499f64).prop_map(|quantile| Outliers::Winsorise { quantile }),
        (1e-9..1e9f64).prop_map(|iqr| Outliers::Clip { iqr }),
        (1e-9..1e9f64).prop_map(|iqr| Outliers::Drop { iqr }),
    ];
    let keep = prop_oneof![
        (1usize..1000).prop_map(Keep::Count),
        (1e-9..=1.0f64).prop_map(Keep::Fraction),
    ];
    let by = prop::sample::select(SelectBy::ALL.to_vec());
    let select = prop_oneof![
        (by, keep).prop_map(|(by, keep)| Select { by, keep }),
        (0.0..1.0f64).prop_map(|t| Select { by: SelectBy::Correlation, keep: Keep::Threshold(t) }),
    ];
    (
        prop::sample::select(Missing::ALL.to_vec()),
        prop::sample::select(vec![Unknown::Ignore, Unknown::Error]),
        prop::option::of(outliers),
        prop::option::of(select),
        prop::option::of(prop::sample::select(vec![Resample::Over, Resample::Under])),
    )
        .prop_map(|(missing, unknown, outliers, select, resample)| PrepareRequest {
            missing,
            unknown,
            outliers,
            select,
            resample,
        })
}

prop_compose! {
    fn tables()(
        target in prop::sample::select(vec![vec![], vec!["t"], vec!["t", "u v"]]),
        columns in prop::sample::select(vec![vec![], vec!["a", "b\""]]),
        drop in prop::sample::select(vec![vec![], vec!["c"]]),
        numeric in prop::sample::select(vec![vec![], vec!["a"]]),
        categorical in prop::sample::select(vec![vec![], vec!["b"]]),
        separator in prop::option::of(prop::sample::select(vec![',', ';', '\t', '|'])),
        missing in prop::option::of(Just(vec!["".to_owned(), "-".to_owned()])),
    ) -> TableRequest {
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        TableRequest {
            target: owned(target), columns: owned(columns), drop: owned(drop),
            numeric: owned(numeric), categorical: owned(categorical), separator,
            missing_values: missing,
        }
    }
}

fn images() -> impl Strategy<Value = ImageRequest> {
    let size = prop::option::of((1usize..4097, 1usize..4097));
    (size, prop::option::of(prop::sample::select(vec![1usize, 3])))
        .prop_map(|(size, channels)| ImageRequest { size, channels })
}

fn augments() -> impl Strategy<Value = Augment> {
    let share = 1e-9..=1.0f64;
    prop_oneof![
        share.clone().prop_map(|p| Augment::Flip { p }),
        share.clone().prop_map(|p| Augment::FlipVertical { p }),
        (1usize..9).prop_map(|pixels| Augment::Shift { pixels }),
        (1usize..9).prop_map(|padding| Augment::Crop { padding }),
        (1e-3..180.0f64).prop_map(|degrees| Augment::Rotate { degrees }),
        (1e-3..0.99f64).prop_map(|by| Augment::Zoom { by }),
        (share.clone(), share.clone()).prop_map(|(p, area)| Augment::Erase { p, area }),
        share.clone().prop_map(|by| Augment::Brightness { by }),
        share.prop_map(|by| Augment::Contrast { by }),
        (1e-9..1e9f64).prop_map(|std| Augment::Noise { std }),
        (1e-9..1e9f64).prop_map(|alpha| Augment::Mixup { alpha }),
        (1e-9..1e9f64).prop_map(|alpha| Augment::Cutmix { alpha }),
    ]
}

prop_compose! {
    fn data()(
        source in "[a-z-]{1,12}",
        task in prop::option::of(prop::sample::select(vec![
            Task::Classification, Task::Regression,
        ])),
        validation in holdouts(), test in holdouts(),
        split_seed: u64,
        subset in prop::option::of(prop_oneof![
            (1usize..1_000_000).prop_map(Subset::Count),
            (1e-6..=1.0f64).prop_map(Subset::Fraction),
        ]),
        scale in prop::option::of(prop::sample::select(Scale::ALL.to_vec())),
        split in splits(), prepare in preparations(), table in tables(), images in images(),
    ) -> DataRequest {
        let both = validation == test && !matches!(test, Some(Holdout::Fraction(_)));
        let test = if both { None } else { test };
        DataRequest {
            task, validation, test, split_seed, subset, scale, split, prepare, table, images,
            ..DataRequest::of(source)
        }
    }
}

fn trainings() -> impl Strategy<Value = Train> {
    let epochs = prop_oneof![1usize..20, 1usize..];
    (optimizers(), 1e-300..1e300f64, epochs)
        .prop_flat_map(|(optimizer, lr, epochs)| trainings_of(optimizer, lr, epochs))
}

prop_compose! {
    fn trainings_of(optimizer: Optimizer, lr: f64, epochs: usize)(
        seed: u64, batch_size in 1usize.., drop_last: bool, shuffle: bool,
        loss in prop::option::of(losses()),
        schedule in prop::option::of(schedules(optimizer, lr, epochs)),
        average in prop::option::of(averages(epochs)),
        penalties in prop::collection::vec(penalties(), 0..3),
        stopping in prop::option::of((1usize.., 0.0..1e9f64, monitors())),
        half: bool, watch: bool, metrics in metrics(),
        clip_grad_norm in prop::option::of(1e-9..1e9f64),
        more in (prop::option::of(1e-9..1e9f64), prop::collection::vec(augments(), 0..3)),
    ) -> Train {
        let (max_norm, mut augment): (Option<f64>, Vec<Augment>) = more;
        // Samples are blended once.
        let mut blended = false;
        augment.retain(|augment| {
            let blends = matches!(augment, Augment::Mixup { .. } | Augment::Cutmix { .. });
            !blends || !std::mem::replace(&mut blended, true)
        });
        let watched = schedule.iter().filter_map(|schedule| match schedule.kind {
            ScheduleKind::ReduceOnPlateau(settings) => settings.monitor.extra(),
            _ => None,
        });
        let mut metrics = metrics;
        for extra in watched.chain(stopping.and_then(|(_, _, monitor)| monitor.extra())) {
            if !metrics.contains(&extra) {
                metrics.push(extra);
            }
        }
        let early_stopping = stopping.map(|(patience, min_delta, monitor)| {
            EarlyStoppingSettings { monitor, patience, min_delta }
        });
        Train {
            seed, epochs, batch_size, drop_last, shuffle, loss, optimizer, lr, schedule, penalties,
            early_stopping, clip_grad_norm, max_norm, augment, average, watch, metrics,
            precision: if half { wellfit_nn::Precision::Bf16 } else { wellfit_nn::Precision::F32 },
        }
    }
}

proptest! {
    #[test]
    fn a_resolved_plan_reads_back_equal(
        data in data(), layers in layers(), train in trainings(), init: bool, shift in 0usize..3,
    ) {
        let mut model = Model::new(layers);
        if init {
            model.init = Some("/weights \"1\".safetensors".into());
            model.init_index.rotate_right(shift % model.layers.len());
            model.init_index[0] = None;
        }
        let plan = Plan { data, model, train };
        plan.check().unwrap();
        let text = plan.to_toml();
        let back = Plan::read(&Document::parse("plan.toml", &text).unwrap(), Path::new("")).unwrap();
        prop_assert_eq!(&back, &plan, "{}", text);
        prop_assert_eq!(back.hash(), plan.hash());
    }

    #[test]
    fn no_text_panics(text: String) {
        let _ = read(&text).map_err(|error| error.to_string());
    }

    /// Near plans: lines of a real one, cut, doubled and with characters replaced.
    #[test]
    fn no_plan_with_a_slip_panics(
        at in 0usize..600, cut in 0usize..20, put in "[a-z0-9\\[\\]{}=\".,#\n-]{0,6}"
    ) {
        let full = read(BASE).unwrap().to_toml();
        let (at, end) = (at.min(full.len()), (at + cut).min(full.len()));
        let _ = read(&format!("{}{put}{}", &full[..at], &full[end..])).map_err(|e| e.to_string());
    }

    #[test]
    fn no_assignment_panics(key in "[a-z.0-9\" ]{0,20}", value: String) {
        let _ = set(&format!("{key}={value}")).map_err(|error| error.to_string());
        let _ = set(&value).map_err(|error| error.to_string());
    }
}
