//! Planted causes are found, and healthy networks are left in peace.

use std::path::Path;

use InsideKind::*;
use serde_json::json;
use wellfit_data::{Dataset, Preparation, Scale, Shape, Splits};
use wellfit_diagnose::inside::{InsideKind, inside, paste, words};
use wellfit_diagnose::verdict::{
    Facts, Finding, Found, Setting, Show, Target, json_value, judge_record, render,
};
use wellfit_nn::{Activation, Layer, Optimizer, Tensor, Window, compile};
use wellfit_random::{Key, Purpose};
use wellfit_train::plan::Document;
use wellfit_train::record::{ClassCounts, Predicted, Record, Watch, WatchLook};
use wellfit_train::{Plan, TrainOptions, train, write_tensors};

const FEATURES: usize = 16;
const CLASSES: usize = 4;

/// Points around a corner of a cube for each class; a point of class c is drawn with a
/// chance in proportion to `shares[c]`.
fn clouds(n: usize, seed: u64, shares: [u64; CLASSES], shape: Shape) -> Dataset {
    labelled(n, seed, (shares, shape), |class| class)
}

/// The same, with what `label` makes of each class for a label.
fn labelled(
    n: usize,
    seed: u64,
    (shares, shape): ([u64; CLASSES], Shape),
    mut label: impl FnMut(u32) -> u32,
) -> Dataset {
    let mut stream = Key { seed, purpose: Purpose::Synthetic, layer: 1, step: 0 }.stream();
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let mut drawn = stream.below(shares.iter().sum());
        let class = shares.iter().position(|&share| {
            let here = drawn < share;
            drawn = drawn.wrapping_sub(share);
            here
        });
        let class = class.unwrap();
        labels.push(label(class as u32));
        for feature in 0..shape.len() {
            let centre = f64::from(u8::from(feature % CLASSES == class));
            values.push((centre + 2.0 * (stream.uniform() - 0.5)) as f32);
        }
    }
    let names = (0..CLASSES).map(|class| class.to_string()).collect();
    Dataset::from_floats(shape, values, labels, names).unwrap()
}

fn splits_of(shares: [u64; CLASSES], shape: Shape) -> Splits {
    Splits {
        train: clouds(2_000, 1, shares, shape),
        validation: Some(clouds(400, 2, shares, shape)),
        test: None,
        preparation: Preparation::fixed(Scale::None).into(),
        validation_is_test: false,
        origin: "synthetic".into(),
    }
}

fn splits() -> Splits {
    splits_of([1; CLASSES], Shape::Vector(FEATURES))
}

fn linear(out: usize) -> Layer {
    Layer::Linear { out, bias: true }
}

fn plan(layers: Vec<Layer>) -> Plan {
    let mut plan = Plan::new("clouds", layers);
    plan.train.epochs = 5;
    plan
}

/// Two hidden layers of an activation.
fn two(activation: Activation) -> Plan {
    let hidden = || [linear(32), Layer::Activation(activation)];
    plan(hidden().into_iter().chain(hidden()).chain([linear(CLASSES)]).collect())
}

fn trained(plan: &Plan, splits: &Splits) -> Record {
    train(plan, splits, TrainOptions::default()).unwrap().record
}

/// Trained from initial weights that `change` has changed, by tensor.
fn trained_from(plan: &Plan, splits: &Splits, change: impl Fn(&mut Tensor)) -> Record {
    let spec = plan.spec_for(&splits.train).unwrap();
    let mut weights = compile(&spec, 1).unwrap().export().parameters;
    weights.iter_mut().for_each(change);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weights.safetensors");
    write_tensors(&file, &weights).unwrap();
    let mut plan = plan.clone();
    plan.model.init = Some(Path::new(&file).to_path_buf());
    trained(&plan, splits)
}

/// What was found where.
fn places(record: &Record) -> Vec<(Found, Option<String>)> {
    let place = |finding: Finding| (finding.kind, finding.sight.and_then(|sight| sight.layer));
    inside(record).into_iter().map(place).collect()
}

/// A finding of something that is looked for.
#[derive(Debug)]
struct Own {
    evidence: String,
    epoch: usize,
    value: f64,
    threshold: f64,
}

/// The finding of that kind in that layer, which must be there and in the verdict.
fn found(record: &Record, kind: InsideKind, layer: Option<&str>) -> Own {
    let findings = inside(record);
    let here = |finding: &&Finding| {
        let sight = finding.sight.as_ref().expect("seen from inside");
        finding.kind == Found::Inside(kind) && sight.layer.as_deref() == layer
    };
    let own = findings.iter().find(here);
    let own = own.unwrap_or_else(|| panic!("no {} in {findings:#?}", kind.name())).clone();
    let verdict = judge_record("run", record, Facts::default());
    assert!(verdict.findings.contains(&own), "{verdict:#?}");
    let (evidence, sight) = (own.evidence, own.sight.unwrap());
    Own { evidence, epoch: sight.epoch, value: sight.value, threshold: sight.threshold }
}

fn has(record: &Record, kind: InsideKind) -> bool {
    inside(record).iter().any(|finding| finding.kind == Found::Inside(kind))
}

fn scale(tensor: &mut Tensor, by: f32) {
    tensor.data.iter_mut().for_each(|x| *x *= by);
}

#[test]
fn biases_of_minus_ten_shut_every_unit_of_a_relu() {
    let record = trained_from(&two(Activation::Relu), &splits(), |tensor| {
        if tensor.name == "0.bias" {
            tensor.data.fill(-10.0);
        }
    });
    let finding = found(&record, DeadRelu, Some("1"));
    assert_eq!((finding.epoch, finding.value, finding.threshold), (0, 1.0, 0.5));
    assert_eq!(
        finding.evidence,
        "layer 1 (relu): 32 of 32 units are 0 for all 32 samples looked at after epoch 5, since \
         the start (more than 50 %)"
    );
    // What reaches the layers behind is their biases.
    assert!(!has(&record, VanishingGradient), "{:?}", places(&record));
}

#[test]
fn weights_of_zero_leave_a_relu_dead() {
    let record = trained_from(&two(Activation::Relu), &splits(), |tensor| {
        if tensor.name.starts_with("2.") {
            tensor.data.fill(0.0);
        }
    });
    assert_eq!(found(&record, DeadRelu, Some("3")).value, 1.0);
    // Nothing passes back, so nothing before it moves either.
    for layer in ["0", "2"] {
        let finding = found(&record, UnchangedWeights, Some(layer));
        assert_eq!((finding.epoch, finding.value), (1, 0.0));
    }
}

#[test]
fn large_weights_saturate_tanh_and_sigmoid() {
    for activation in [Activation::Tanh, Activation::Sigmoid] {
        let record = trained_from(&two(activation), &splits(), |tensor| {
            if tensor.name == "0.weight" {
                scale(tensor, 200.0);
            }
        });
        let finding = found(&record, Saturated, Some("1"));
        assert!(finding.value > 0.8 && finding.epoch == 0, "{finding:?}");
    }
}

#[test]
fn eight_small_sigmoids_let_the_gradient_vanish() {
    let hidden = (0..8).flat_map(|_| [linear(32), Layer::Activation(Activation::Sigmoid)]);
    let plan = plan(hidden.chain([linear(CLASSES)]).collect());
    let record = trained_from(&plan, &splits(), |tensor| {
        if tensor.shape.len() == 2 {
            scale(tensor, 0.3);
        }
    });
    let finding = found(&record, VanishingGradient, Some("1"));
    assert!(finding.value < finding.threshold && finding.epoch == 0, "{finding:?}");
}

#[test]
fn large_weights_in_every_layer_let_the_gradient_explode() {
    let hidden = (0..4).flat_map(|_| [linear(32), Layer::RELU]);
    let mut plan = plan(hidden.chain([linear(CLASSES)]).collect());
    plan.train.epochs = 1;
    let record = trained_from(&plan, &splits(), |tensor| {
        if tensor.shape.len() == 2 {
            scale(tensor, 30.0);
        }
    });
    let finding = found(&record, ExplodingGradient, Some("1"));
    assert!(finding.value > finding.threshold && finding.epoch == 0, "{finding:?}");
    // Nor does such a start suit the loss.
    let finding = found(&record, PoorInitialisation, None);
    assert!(finding.value > finding.threshold, "{finding:?}");
    let finding = found(&record, PoorInitialisation, Some("7"));
    assert!(finding.value > finding.threshold, "{finding:?}");
}

#[test]
fn a_run_that_diverges_names_the_layer_that_is_not_finite() {
    let mut plan = two(Activation::Relu);
    plan.train.optimizer = SGD;
    plan.train.lr = 1e20;
    let record = trained(&plan, &splits());
    let findings = inside(&record);
    let wild = findings.iter().find(|f| f.kind == Found::Inside(ExplodingGradient));
    let sight = wild.and_then(|finding| finding.sight.as_ref()).unwrap();
    assert!(sight.epoch > 0 && sight.layer.is_some(), "{findings:#?}");
}

const SGD: Optimizer = Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };

#[test]
fn a_rate_of_ten_is_too_large() {
    for optimizer in [Plan::new("x", Vec::new()).train.optimizer, SGD] {
        let mut plan = two(Activation::Relu);
        (plan.train.optimizer, plan.train.lr) = (optimizer, 10.0);
        let record = trained(&plan, &splits());
        let finding = found(&record, UpdateTooLarge, Some("4"));
        assert!(finding.value > finding.threshold, "{finding:?}");
    }
}

#[test]
fn a_rate_of_a_billionth_is_too_small() {
    let mut plan = two(Activation::Relu);
    plan.train.lr = 1e-9;
    let record = trained(&plan, &splits());
    for layer in ["0", "2", "4"] {
        let finding = found(&record, UpdateTooSmall, Some(layer));
        assert!(finding.value < finding.threshold && finding.value > 0.0, "{finding:?}");
    }
    let finding = found(&record, LossDoesNotFall, None);
    assert!(finding.value < finding.threshold && finding.epoch == 5, "{finding:?}");
}

#[test]
fn a_rate_below_what_float32_can_add_leaves_the_weights_unchanged() {
    let mut plan = two(Activation::Relu);
    (plan.train.optimizer, plan.train.lr) = (SGD, 1e-14);
    let record = trained(&plan, &splits());
    for layer in ["0", "2", "4"] {
        let finding = found(&record, UnchangedWeights, Some(layer));
        assert!(finding.evidence.contains(&format!("{layer}.weight")), "{finding:?}");
    }
    assert!(!has(&record, UpdateTooSmall));
}

#[test]
fn values_that_shrink_from_layer_to_layer_are_a_poor_start() {
    let hidden = (0..4).flat_map(|_| [Layer::Linear { out: 32, bias: false }, Layer::RELU]);
    let plan = plan(hidden.chain([linear(CLASSES)]).collect());
    let record = trained_from(&plan, &splits(), |tensor| scale(tensor, 0.1));
    let finding = found(&record, PoorInitialisation, Some("7"));
    assert!(finding.value < finding.threshold && finding.epoch == 0, "{finding:?}");
}

#[test]
fn a_class_that_is_rare_and_looks_like_another_is_never_predicted() {
    // One in 13 of the first class is called the last.
    let hidden = |n, seed| {
        let mut firsts = 0;
        labelled(n, seed, ([1, 1, 1, 0], Shape::Vector(FEATURES)), |class| {
            firsts += usize::from(class == 0);
            if class == 0 && firsts % 13 == 0 { 3 } else { class }
        })
    };
    let (train, validation) = (hidden(2_000, 1), Some(hidden(1_000, 2)));
    let splits = Splits { train, validation, ..splits() };
    let mut plan = two(Activation::Relu);
    let record = trained(&plan, &splits);
    let finding = found(&record, ClassImbalance, None);
    assert!(finding.value >= finding.threshold && finding.evidence.contains("class 3 has "));
    let finding = found(&record, ClassNeverPredicted, None);
    assert!(finding.evidence.starts_with("class 3 is never predicted after epoch "), "{finding:?}");
    // Class weights answer the imbalance.
    plan.train.loss = Some(wellfit_train::plan::LossSettings::CrossEntropy {
        label_smoothing: 0.0,
        class_weights: wellfit_train::plan::ClassWeights::Balanced,
    });
    assert!(!has(&trained(&plan, &splits), ClassImbalance));
}

#[test]
fn healthy_networks_of_every_kind_of_layer_give_no_finding() {
    use Activation::*;
    let conv = |out| Layer::Conv2d { out, window: Window::square(3, 1, 1), bias: true };
    let pool = Layer::MaxPool2d { window: Window::square(2, 2, 0) };
    let average = Layer::AvgPool2d { window: Window::square(2, 2, 0) };
    let block = |inner: Layer| Layer::Residual { layers: vec![inner, Layer::RELU] };
    let flat = Shape::Vector(FEATURES);
    let image = Shape::Image { channels: 1, height: 8, width: 8 };
    let mut networks = vec![
        (flat, vec![linear(CLASSES)]),
        (flat, vec![linear(32), Layer::RELU, Layer::Dropout { p: 0.5 }, linear(CLASSES)]),
        (flat, vec![linear(32), Layer::BatchNorm, Layer::RELU, linear(CLASSES)]),
        (flat, vec![linear(32), Layer::LayerNorm, Layer::RELU, linear(CLASSES)]),
        (flat, vec![linear(32), block(linear(32)), block(linear(32)), linear(CLASSES)]),
        (image, vec![conv(8), Layer::RELU, pool, Layer::Flatten, linear(CLASSES)]),
        (
            image,
            vec![conv(8), Layer::BatchNorm, Layer::RELU, average, Layer::Flatten, linear(CLASSES)],
        ),
        (image, vec![conv(8), block(conv(8)), Layer::Flatten, linear(CLASSES)]),
    ];
    let deep = (0..6).flat_map(|_| [linear(64), Layer::RELU]).chain([linear(CLASSES)]);
    networks.push((flat, deep.collect()));
    for activation in [Relu, LeakyRelu { slope: 0.01 }, Elu, Gelu, Silu, Tanh, Sigmoid] {
        networks.push((flat, two(activation).model.layers));
    }
    for (shape, layers) in networks {
        let splits = splits_of([1; CLASSES], shape);
        // Plain gradients need longer through sigmoids.
        let slow = layers.contains(&Layer::Activation(Sigmoid));
        let (lr, epochs) = if slow { (1.0, 20) } else { (0.1, 5) };
        let adam = Plan::new("x", Vec::new()).train.optimizer;
        for (optimizer, lr, epochs) in [(adam, 1e-3, 5), (SGD, lr, epochs)] {
            let mut plan = plan(layers.clone());
            plan.train.epochs = epochs;
            (plan.train.optimizer, plan.train.lr) = (optimizer, lr);
            let record = trained(&plan, &splits);
            let findings = inside(&record);
            assert!(findings.is_empty(), "{findings:#?}\n{layers:?}, {optimizer:?}");
        }
    }
}

#[test]
fn a_run_that_nobody_watched_gives_no_finding() {
    let mut plan = two(Activation::Relu);
    plan.train.lr = 1e-9;
    plan.train.watch = false;
    assert_eq!(inside(&trained(&plan, &splits())), []);
}

#[test]
fn records_cut_short_or_filled_with_nonsense_do_not_panic() {
    let whole = trained(&two(Activation::Relu), &splits());
    let change = |f: &dyn Fn(&mut wellfit_train::record::Watch)| {
        let mut record = whole.clone();
        f(record.watch.as_mut().unwrap());
        inside(&record);
    };
    change(&|watch| watch.looks.clear());
    change(&|watch| watch.looks.truncate(1));
    change(&|watch| watch.layers.clear());
    change(&|watch| watch.parameters.clear());
    change(&|watch| watch.looks.iter_mut().for_each(|look| look.rms.clear()));
    change(&|watch| watch.looks.iter_mut().for_each(|look| look.gradient_rms.truncate(1)));
    change(&|watch| watch.looks.iter_mut().for_each(|look| look.dead.clear()));
    change(&|watch| watch.looks.iter_mut().for_each(|look| look.norm.clear()));
    change(&|watch| watch.looks.iter_mut().for_each(|look| look.rms.fill(f64::NAN)));
    change(&|watch| watch.looks.iter_mut().for_each(|look| look.norm.fill(0.0)));
    change(&|watch| watch.classes.as_mut().unwrap().train.clear());
    change(&|watch| watch.classes.as_mut().unwrap().train.fill(0));
    change(&|watch| watch.classes.as_mut().unwrap().last = None);
}

#[test]
fn every_kind_has_advice_and_a_line_that_a_plan_takes() {
    const PLAN: &str = "[data]\nsource = \"fashion-mnist\"\n[model]\nlayers = [{ type = \"linear\", \
                        out = 10 }]\n[train]\nbatch_size = 8\n";
    let setting = Setting::default();
    for kind in InsideKind::ALL {
        for target in Target::ALL {
            assert!(!paste(kind, target, &setting).is_empty() && !words(kind).ends_with('.'));
        }
        let line = paste(kind, Target::Wellfit, &setting);
        let set = line.strip_prefix("wellfit train plan.toml --set ");
        let text = match (line.starts_with('{'), set) {
            (true, _) => PLAN.replace("layers = [", &format!("layers = [\n{line}\n")),
            (false, Some(_)) => format!("{PLAN}optimizer = {{ type = \"sgd\", lr = 1.0 }}\n"),
            (false, None) => format!("{PLAN}{line}\n"),
        };
        let mut document = Document::parse("plan", &text).unwrap_or_else(|e| panic!("{line}: {e}"));
        set.map(|set| document.set(set)).transpose().unwrap_or_else(|e| panic!("{line}: {e}"));
        Plan::read(&document, Path::new(".")).unwrap_or_else(|e| panic!("{line}: {e}"));
    }
}

#[test]
fn a_verdicts_json_names_layer_epoch_value_and_threshold() {
    let record = trained_from(&two(Activation::Relu), &splits(), |tensor| {
        if tensor.name == "0.bias" {
            tensor.data.fill(-10.0);
        }
    });
    let verdict = judge_record("run", &record, Facts::default());
    let json = json_value(&verdict, Target::Wellfit);
    let findings = json["findings"].as_array().unwrap();
    let dead = findings.iter().find(|finding| finding["kind"] == "dead-relu").unwrap();
    let figures = ["layer", "epoch", "value", "threshold"].map(|key| dead[key].clone());
    assert_eq!(figures, [json!("1"), json!(0), json!(1.0), json!(0.5)]);
    let others = findings.iter().filter(|finding| finding.get("layer").is_none());
    assert!(others.clone().all(|finding| finding.get("threshold").is_none()), "{json}");
    let text = render(&[verdict], &[], Show::default());
    assert!(text.contains("  dead-relu: layer 1 (relu): 32 of 32 units"), "{text}");
    assert!(text.contains("{ type = \"leaky-relu\" }"), "{text}");
}

/// A look at a network of three layers, the first two with ReLUs of 32 units, in which
/// nothing is wrong.
fn calm(epoch: usize) -> WatchLook {
    WatchLook {
        epoch,
        loss: if epoch == 0 { 1.4 } else { 0.5 },
        dead: vec![Some(0), Some(0), None],
        saturated: vec![None; 3],
        rms: vec![1.0; 3],
        gradient_rms: vec![1.0; 3],
        norm: vec![1.0; 6],
        gradient_norm: vec![1.0; 6],
        update_norm: vec![1e-3; 6],
        unchanged: Vec::new(),
    }
}

/// What is found in six calm looks at a `run` of five epochs after `change`: kinds, layers,
/// epochs and values.
fn shown(
    run: &Record,
    change: &dyn Fn(&mut Record, &mut Watch),
) -> Vec<(InsideKind, Option<String>, usize, f64)> {
    let mut record = run.clone();
    let classes = ClassCounts {
        train: vec![500; CLASSES],
        validation: Some(vec![100; CLASSES]),
        weighted: false,
        best: Some(Predicted { epoch: 4, counts: vec![100; CLASSES] }),
        last: None,
    };
    let looks = (0..=5).map(calm).collect();
    let mut watch = Watch { looks, classes: Some(classes), ..record.watch.take().unwrap() };
    record.epochs.iter_mut().for_each(|row| row.train_eval_loss = 0.5);
    change(&mut record, &mut watch);
    record.watch = Some(watch);
    let findings = inside(&record).into_iter().map(|finding| {
        let Found::Inside(kind) = finding.kind else { unreachable!("{finding:?}") };
        let sight = finding.sight.unwrap();
        (kind, sight.layer, sight.epoch, sight.value)
    });
    findings.collect()
}

#[test]
fn a_finding_begins_beyond_its_threshold_and_names_the_epoch_since_when() {
    type Change = Box<dyn Fn(&mut Record, &mut Watch)>;
    type Wanted = Option<(InsideKind, Option<&'static str>, usize, f64)>;
    let looks =
        |epochs: std::ops::RangeInclusive<usize>, change: fn(&mut WatchLook, f64), by: f64| {
            Box::new(move |_: &mut Record, watch: &mut Watch| {
                watch.looks[epochs.clone()].iter_mut().for_each(|look| change(look, by));
            }) as Change
        };
    // Looks of a short run on few samples: one after the first epoch, one at the end.
    let sparse = |epochs: &'static [usize], large: &'static [usize]| {
        Box::new(move |_: &mut Record, watch: &mut Watch| {
            watch.looks.retain(|look| epochs.contains(&look.epoch));
            let large = watch.looks.iter_mut().filter(|look| large.contains(&look.epoch));
            large.for_each(|look| look.update_norm[2] = 0.11);
        }) as Change
    };
    let losses = |start: f64, lowest: f64| {
        Box::new(move |record: &mut Record, watch: &mut Watch| {
            watch.looks[0].loss = start;
            record.epochs.iter_mut().for_each(|row| row.train_eval_loss = start);
            record.epochs[2].train_eval_loss = lowest;
        }) as Change
    };
    let rare = |n: u64, weighted: bool| {
        Box::new(move |_: &mut Record, watch: &mut Watch| {
            let classes = watch.classes.as_mut().unwrap();
            (classes.train[2], classes.weighted) = (n, weighted);
        }) as Change
    };
    let never = |there: u64| {
        Box::new(move |_: &mut Record, watch: &mut Watch| {
            let classes = watch.classes.as_mut().unwrap();
            classes.validation.as_mut().unwrap()[1] = there;
            classes.best.as_mut().unwrap().counts[1] = 0;
        }) as Change
    };
    let dead = |look: &mut WatchLook, n: f64| look.dead[1] = Some(n as usize);
    let saturated = |look: &mut WatchLook, share: f64| look.saturated[0] = Some(share);
    let gradient = |look: &mut WatchLook, rms: f64| look.gradient_rms[0] = rms;
    let values = |look: &mut WatchLook, rms: f64| look.rms[1] = rms;
    let update = |look: &mut WatchLook, norm: f64| look.update_norm[2] = norm;
    let loss = |look: &mut WatchLook, loss: f64| look.loss = loss;
    let still = |look: &mut WatchLook, _: f64| look.unchanged = vec!["4.bias".into()];
    let guessing = (CLASSES as f64).ln();
    let table: Vec<(Change, Wanted)> = vec![
        (Box::new(|_, _| {}), None),
        (looks(3..=5, dead, 16.0), None),
        (looks(3..=5, dead, 17.0), Some((DeadRelu, Some("3"), 3, 17.0 / 32.0))),
        // Units that came back to life.
        (looks(1..=4, dead, 32.0), None),
        (looks(2..=5, saturated, 0.5), None),
        (looks(2..=5, saturated, 0.51), Some((Saturated, Some("1"), 2, 0.51))),
        (looks(4..=5, gradient, 1.1e-5), None),
        (looks(4..=5, gradient, 0.9e-5), Some((VanishingGradient, Some("1"), 4, 0.9e-5))),
        (looks(2..=2, gradient, 999.0), None),
        (looks(2..=2, gradient, 1001.0), Some((ExplodingGradient, Some("1"), 2, 1001.0))),
        (looks(3..=5, values, f64::INFINITY), Some((ExplodingGradient, Some("3"), 3, 1.0))),
        (looks(0..=0, update, 0.9), None),
        (looks(0..=0, update, 1.1), Some((UpdateTooLarge, Some("2"), 0, 1.1))),
        (looks(4..=5, update, 0.11), None),
        (looks(3..=5, update, 0.11), Some((UpdateTooLarge, Some("2"), 3, 0.11))),
        (looks(3..=5, update, 0.09), None),
        (sparse(&[0, 1, 5], &[1]), None),
        (sparse(&[0, 1, 5], &[1, 5]), None),
        (sparse(&[0, 1, 3, 4, 5], &[1, 5]), None),
        (sparse(&[0, 1, 3, 5], &[1, 5]), Some((UpdateTooLarge, Some("2"), 1, 0.11))),
        (looks(0..=5, update, 1.1e-6), None),
        (looks(0..=4, update, 0.9e-6), None),
        (looks(0..=5, update, 0.9e-6), Some((UpdateTooSmall, Some("2"), 5, 0.9e-6))),
        (looks(2..=5, still, 0.0), None),
        (looks(1..=5, still, 0.0), Some((UnchangedWeights, Some("4"), 1, 0.0))),
        (looks(0..=0, loss, 1.99 * guessing), None),
        (looks(0..=0, loss, 2.01 * guessing), Some((PoorInitialisation, None, 0, 2.01 * guessing))),
        (looks(0..=0, values, 1.1e-3), None),
        (looks(0..=0, values, 0.9e-3), Some((PoorInitialisation, Some("3"), 0, 0.9e-3))),
        (looks(0..=0, values, 1001.0), Some((PoorInitialisation, Some("3"), 0, 1001.0))),
        (losses(1.0, 0.97), None),
        (losses(1.0, 0.985), Some((LossDoesNotFall, None, 5, 1.0 - 0.985))),
        // Little is left to learn.
        (losses(0.6, 0.595), None),
        (rare(51, false), None),
        (rare(50, false), Some((ClassImbalance, None, 0, 10.0))),
        (rare(50, true), None),
        (never(9), None),
        (never(10), Some((ClassNeverPredicted, None, 4, 1.0))),
    ];
    let run = trained(&two(Activation::Relu), &splits());
    for (case, (change, wanted)) in table.iter().enumerate() {
        let wanted = wanted
            .map(|(kind, layer, epoch, value)| (kind, layer.map(str::to_owned), epoch, value));
        assert_eq!(shown(&run, &**change), Vec::from_iter(wanted), "case {case}");
    }
}
