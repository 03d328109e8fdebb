//! The twin against finite differences, and against itself in another precision.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use wellfit_random::{Key, Purpose};

use super::*;
use crate::evaluation::is_hit;
use crate::{
    Layer, Loss, Optimizer, Penalty, PenaltyKind, PenaltyOn, Shape, Steps, Targets, Values,
};

const SGD: Optimizer = Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
const ADAM: Optimizer = Optimizer::ADAM;

fn linear(out: usize) -> Layer {
    Layer::Linear { out, bias: true }
}

fn penalty(kind: PenaltyKind, on: PenaltyOn) -> Penalty {
    Penalty { kind, lambda: 0.03, on }
}

/// Networks over 7 features and 3 classes: every layer in every place it can be in.
fn networks() -> Vec<Vec<Layer>> {
    let dropout = |p| Layer::Dropout { p };
    vec![
        vec![linear(3)],
        vec![Layer::Linear { out: 3, bias: false }],
        vec![linear(11), Layer::RELU, linear(3)],
        vec![linear(11), linear(3), Layer::RELU],
        vec![Layer::RELU, linear(5), Layer::RELU, Layer::RELU, linear(3)],
        vec![dropout(0.5), linear(11), Layer::RELU, dropout(0.3), linear(3)],
        vec![linear(6), dropout(0.2), dropout(0.4), Layer::RELU, linear(3), dropout(0.5)],
        vec![dropout(0.0), linear(4), dropout(1.0), linear(3)],
        vec![
            linear(9),
            Layer::RELU,
            Layer::Linear { out: 8, bias: false },
            Layer::RELU,
            dropout(0.25),
            linear(7),
            Layer::RELU,
            linear(3),
        ],
    ]
}

/// No penalty, each alone on all and on weights, and all together.
fn penalties() -> Vec<Vec<Penalty>> {
    let mut table = vec![vec![]];
    for on in [PenaltyOn::All, PenaltyOn::Weights] {
        for kind in [PenaltyKind::L1, PenaltyKind::L2, PenaltyKind::L2Norm] {
            table.push(vec![penalty(kind, on)]);
        }
    }
    table.push(table.concat());
    table
}

fn spec(layers: Vec<Layer>, penalties: Vec<Penalty>, optimizer: Optimizer) -> Spec {
    let (features, classes, batch_size, drop_last, seed) = (7, 3, 5, false, 11);
    Spec {
        optimizer,
        penalties,
        batch_size,
        drop_last,
        seed,
        ..Spec::new(Shape::Flat(features), classes, layers)
    }
}

fn samples(n: usize) -> Samples {
    let mut stream = Key { seed: 5, purpose: Purpose::Synthetic, layer: 0, step: 0 }.stream();
    let values = (0..n * 7).map(|_| (stream.uniform() * 4.0 - 2.0) as f32).collect();
    let labels = (0..n).map(|_| stream.below(3) as u32).collect();
    let values = Values::Floats(Arc::new(values));
    let targets = Targets::Classes(Arc::new(labels));
    Samples { features: 7, values, targets, rows: None }
}

/// Mean data loss plus penalty at the present weights.
fn objective(twin: &mut Reference<f64>, batch: &[u32]) -> f64 {
    let penalty: f64 =
        twin.parameters.iter().map(|p| p.penalty.value(tally(&p.values, p.read))).sum();
    twin.data_gradient(DataId(0), batch) / batch.len() as f64 + penalty
}

#[test]
fn gradients_equal_finite_differences() {
    let batch = [4, 0, 3, 1, 2];
    for layers in networks() {
        for penalties in penalties() {
            let spec = spec(layers.clone(), penalties, SGD);
            let mut twin = Reference::<f64>::new(&spec).unwrap();
            twin.upload(&samples(5)).unwrap();
            twin.data_gradient(DataId(0), &batch);
            for p in &mut twin.parameters {
                p.penalty.add_gradient(&mut p.gradient, &p.values, p.sums);
            }
            let gradients: Vec<_> = twin.parameters.iter().map(|p| p.gradient.clone()).collect();
            for (i, gradient) in gradients.iter().enumerate() {
                for (e, &exact) in gradient.iter().enumerate() {
                    const H: f64 = 1e-6;
                    let at = twin.parameters[i].values[e];
                    twin.parameters[i].values[e] = at + H;
                    let above = objective(&mut twin, &batch);
                    twin.parameters[i].values[e] = at - H;
                    let below = objective(&mut twin, &batch);
                    twin.parameters[i].values[e] = at;
                    let difference = (above - below) / (2.0 * H);
                    let name = &twin.infos[i].name;
                    assert!(
                        (exact - difference).abs() < 2e-9 + 1e-7 * exact.abs(),
                        "{name}[{e}] of {spec:?}: gradient {exact}, difference {difference}"
                    );
                }
            }
        }
    }
}

/// Every loss with what it can be told, over 3 classes or 3 targets.
fn losses() -> Vec<Loss> {
    let weights = || Some(vec![0.5, 2.0, 0.0]);
    let classes =
        |label_smoothing, class_weights| Loss::CrossEntropy { label_smoothing, class_weights };
    vec![
        classes(0.0, None),
        classes(0.1, None),
        classes(0.9, None),
        classes(0.0, weights()),
        classes(0.3, weights()),
        Loss::Mse,
        Loss::Huber { delta: 1.0 },
        Loss::Huber { delta: 0.2 },
    ]
}

/// The same samples with 3 numbers each as targets.
fn numbers(n: usize) -> Samples {
    let mut stream = Key { seed: 6, purpose: Purpose::Synthetic, layer: 0, step: 0 }.stream();
    let values = (0..n * 3).map(|_| (stream.uniform() * 4.0 - 2.0) as f32).collect();
    let targets = Targets::Numbers { per_sample: 3, values: Arc::new(values) };
    Samples { targets, ..samples(n) }
}

#[test]
fn the_gradients_of_every_loss_equal_finite_differences() {
    const H: f64 = 1e-6;
    let batch = [4, 0, 3, 1, 2];
    let layers = vec![linear(11), Layer::RELU, linear(3)];
    for loss in losses() {
        let spec = Spec { loss: loss.clone(), ..spec(layers.clone(), vec![], SGD) };
        let mut twin = Reference::<f64>::new(&spec).unwrap();
        let set = if loss.is_classification() { samples(5) } else { numbers(5) };
        twin.upload(&set).unwrap();
        twin.data_gradient(DataId(0), &batch);
        let gradients: Vec<_> = twin.parameters.iter().map(|p| p.gradient.clone()).collect();
        assert!(gradients.iter().flatten().any(|&g| g.abs() > 0.01), "{loss:?}");
        for (i, gradient) in gradients.iter().enumerate() {
            for (e, &exact) in gradient.iter().enumerate() {
                let at = twin.parameters[i].values[e];
                let [above, below] = [at + H, at - H].map(|moved| {
                    twin.parameters[i].values[e] = moved;
                    objective(&mut twin, &batch)
                });
                twin.parameters[i].values[e] = at;
                let difference = (above - below) / (2.0 * H);
                assert!(
                    (exact - difference).abs() < 2e-9 + 1e-7 * exact.abs(),
                    "{}[{e}] of {loss:?}: gradient {exact}, difference {difference}",
                    twin.infos[i].name
                );
            }
        }
    }
}

/// What `torch.nn.functional` gives for these outputs and targets:
///
/// ```python
/// z = torch.tensor([[1., -2., .5], [0., 3., -1.]]); y = torch.tensor([2, 1])
/// w = torch.tensor([.5, 2., .25]); v = torch.tensor([[.5, -1., 4.], [0., 3.5, -1.]])
/// F.cross_entropy(z, y); F.cross_entropy(z, y, label_smoothing=.1)
/// F.cross_entropy(z, y, w); F.cross_entropy(z, y, w, label_smoothing=.1)
/// F.mse_loss(z, v); F.huber_loss(z, v); F.huber_loss(z, v, delta=.25)
/// ```
#[test]
fn losses_are_pytorchs() {
    let outputs = [1.0, -2.0, 0.5, 0.0, 3.0, -1.0];
    let classes = Targets::Classes(Arc::new(vec![2, 1]));
    let values = Arc::new(vec![0.5, -1.0, 4.0, 0.0, 3.5, -1.0]);
    let numbers = Targets::Numbers { per_sample: 3, values };
    let weights = || Some(vec![0.5, 2.0, 0.25]);
    let entropy =
        |label_smoothing, class_weights| Loss::CrossEntropy { label_smoothing, class_weights };
    let table = [
        (entropy(0.0, None), &classes, 0.535240403),
        (entropy(0.1, None), &classes, 0.685240403),
        (entropy(0.0, weights()), &classes, 0.170185348),
        (entropy(0.1, weights()), &classes, 0.304186402),
        (Loss::Mse, &numbers, 2.291666667),
        (Loss::Huber { delta: 1.0 }, &numbers, 0.625),
        (Loss::Huber { delta: 0.25 }, &numbers, 0.208333333),
    ];
    for (loss, targets, wanted) in table {
        let set = Samples { targets: targets.clone(), ..samples(2) };
        let found = loss::batch(&loss, &set, &[0, 1], &outputs, &mut Vec::new()) / 2.0;
        assert!((found - wanted).abs() < 1e-6, "{loss:?}: {found}, PyTorch {wanted}");
    }
}

#[test]
fn a_zero_tensor_has_no_penalty_gradient() {
    for kind in [PenaltyKind::L1, PenaltyKind::L2, PenaltyKind::L2Norm] {
        let terms = PenaltyTerms::new(&[penalty(kind, PenaltyOn::All)], true);
        let mut gradient = [1.5, -2.0];
        terms.add_gradient(&mut gradient, &[0.0, 0.0], [0.0, 0.0]);
        assert_eq!(gradient, [1.5, -2.0], "{kind:?}");
        assert_eq!(terms.value([0.0, 0.0]), 0.0, "{kind:?}");
    }
}

/// Adam and SGD by hand: two steps on one weight with gradients 0.5 and −0.25.
#[test]
fn optimizers_take_the_steps_worked_out_by_hand() {
    let two_steps = |optimizer: Optimizer| {
        let (mut w, mut slots) = ([1.0f64], vec![vec![0.0]; optimizer.slots().len()]);
        for (taken, gradient) in [0.5, -0.25].into_iter().enumerate() {
            Rule::at_step(&optimizer, 0.1, taken as u64).apply(&mut w, &[gradient], &mut slots);
        }
        w[0]
    };
    let sgd = |momentum, nesterov, weight_decay| {
        two_steps(Optimizer::Sgd { momentum, nesterov, weight_decay })
    };
    let close = |found: f64, wanted: f64| {
        assert!((found - wanted).abs() < 1e-12, "{found} should be {wanted}")
    };
    // 1 − 0.1·0.5 + 0.1·0.25
    close(sgd(0.0, false, 0.0), 0.975);
    // Gradients become 0.5 + 0.2·1 = 0.7 → w 0.93, then −0.25 + 0.2·0.93 = −0.064.
    close(sgd(0.0, false, 0.2), 0.9364);
    // Buffers 0.5, then 0.8·0.5 − 0.25 = 0.15.
    close(sgd(0.8, false, 0.0), 0.935);
    // Steps along 0.5 + 0.8·0.5 = 0.9, then −0.25 + 0.8·0.15 = −0.13.
    close(sgd(0.8, true, 0.0), 0.923);
    // m = 0.05, v = 0.00025: corrected 0.5 and 0.25, a step of 0.1 along the sign.
    // Then m = 0.02, v = 0.00031225: corrected 0.02/0.19 and 0.00031225/0.001999.
    let second = 0.1 * (0.02 / 0.19) / ((0.000_312_25f64 / 0.001_999).sqrt() + 1e-8);
    close(two_steps(ADAM), 1.0 - 0.1 * 0.5 / (0.5 + 1e-8) - second);
}

#[test]
fn moments_below_the_smallest_normal_become_zero() {
    let mut slots = vec![vec![1e-38f32], vec![1.1755e-38f32]];
    Rule::at_step(&ADAM, 1e-3, 1000).apply(&mut [1.0], &[0.0], &mut slots);
    assert_eq!(slots, [[0.0], [0.0]]);
}

#[test]
fn float32_follows_float64() {
    let stop = AtomicBool::new(false);
    let order: Vec<u32> = (0..23).collect();
    for (layers, penalties) in networks().into_iter().zip(penalties().into_iter().cycle()) {
        for optimizer in [SGD, ADAM] {
            let spec = spec(layers.clone(), penalties.clone(), optimizer);
            let mut single = Reference::<f32>::new(&spec).unwrap();
            let mut double = Reference::<f64>::new(&spec).unwrap();
            let run = EpochRun {
                order: &order,
                steps: Steps::Same(StepSettings::rate(0.01)),
                stop: &stop,
            };
            let set = samples(23);
            let (a, b) = (single.upload(&set).unwrap(), double.upload(&set).unwrap());
            for _ in 0..3 {
                let (a, b) = (single.train_epoch(a, run), double.train_epoch(b, run));
                assert_eq!((a.steps, a.end), (5, EpochEnd::Complete));
                assert_eq!((b.steps, b.end), (5, EpochEnd::Complete));
                assert!((a.loss - b.loss).abs() < 1e-5, "{a:?} {b:?} {spec:?}");
                assert!((a.penalty - b.penalty).abs() < 1e-5, "{a:?} {b:?} {spec:?}");
            }
            let (a, b) = (single.export(), double.export());
            for (a, b) in a.parameters.iter().zip(&b.parameters) {
                for (x, y) in a.data.iter().zip(&b.data) {
                    assert!((x - y).abs() < 1e-4, "{}: {x} and {y}, {spec:?}", a.name);
                }
            }
        }
    }
}

#[test]
fn a_hit_is_the_largest_logit_the_first_of_equals_and_never_among_nan() {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let table: [([f32; 3], [bool; 3]); 7] = [
        ([1.0, 3.0, 2.0], [false, true, false]),
        ([3.0, 3.0, 2.0], [true, false, false]),
        ([1.0, 3.0, 3.0], [false, true, false]),
        ([0.0, 0.0, 0.0], [true, false, false]),
        ([1.0, nan, 2.0], [false, false, false]),
        ([nan, nan, nan], [false, false, false]),
        ([-inf, inf, inf], [false, true, false]),
    ];
    for (logits, hits) in table {
        for (label, hit) in hits.into_iter().enumerate() {
            assert_eq!(is_hit(&logits, label), hit, "{logits:?} for {label}");
        }
    }
    assert!(is_hit(&[1.0f32], 0));
    assert!(!is_hit(&[nan], 0));
}
