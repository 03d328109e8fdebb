//! The twin against finite differences, and against itself in another precision.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use wellfit_random::{Key, Purpose};

use super::operation::Operation;
use super::pool::MaxPool2d;
use super::windows::Windows;
use super::*;
use crate::evaluation::largest;
use crate::{
    Activation, Layer, Loss, Optimizer, Penalty, PenaltyKind, PenaltyOn, Shape, Steps, Targets,
    Values, Window,
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

/// 2 channels of 6 rows and 5 columns.
const IMAGE: Shape = Shape::Image { channels: 2, height: 6, width: 5 };

fn conv(out: usize, kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2]) -> Layer {
    Layer::Conv2d { out, window: Window { kernel, stride, padding }, bias: true }
}

fn same(out: usize) -> Layer {
    conv(out, [3, 3], [1, 1], [1, 1])
}

fn pool(kernel: [usize; 2], stride: [usize; 2]) -> Window {
    Window { kernel, stride, padding: [0, 0] }
}

fn residual(layers: Vec<Layer>) -> Layer {
    Layer::Residual { layers }
}

/// Networks with every layer beyond those of [`networks`], over features and images.
fn wider_networks() -> Vec<(Shape, Vec<Layer>)> {
    use Layer::{AvgPool2d, BatchNorm, Flatten, LayerNorm, MaxPool2d};
    let flat = Shape::Flat(7);
    let dropout = Layer::Dropout { p: 0.3 };
    let act = Layer::Activation;
    let plain = |out, kernel| {
        let window = Window { kernel, stride: [1, 1], padding: [0, 0] };
        Layer::Conv2d { out, window, bias: false }
    };
    let max = |kernel, stride| MaxPool2d { window: pool(kernel, stride) };
    let avg = |kernel, stride| AvgPool2d { window: pool(kernel, stride) };
    let end = |mut layers: Vec<Layer>| {
        layers.extend([Flatten, linear(3)]);
        (IMAGE, layers)
    };
    let mut table = vec![
        // Convolutions.
        end(vec![same(3)]),
        end(vec![plain(3, [1, 1])]),
        end(vec![plain(2, [6, 5])]),
        end(vec![conv(3, [2, 4], [1, 1], [0, 0])]),
        end(vec![conv(3, [3, 2], [2, 3], [1, 1])]),
        end(vec![conv(2, [5, 5], [2, 2], [4, 3]), Layer::RELU, same(3), act(Activation::Gelu)]),
        end(vec![same(17), act(Activation::Tanh), plain(2, [2, 2])]),
        (IMAGE, vec![conv(3, [6, 5], [1, 1], [0, 0]), Flatten]),
        (IMAGE, vec![conv(4, [4, 4], [3, 3], [0, 0]), Flatten, Layer::RELU, linear(3)]),
        // Pools, with and without overlap and remainder.
        end(vec![max([2, 2], [2, 2])]),
        end(vec![same(3), Layer::RELU, max([3, 2], [1, 2]), same(2)]),
        end(vec![same(3), max([2, 3], [3, 1]), act(Activation::Silu)]),
        end(vec![avg([2, 2], [2, 2]), same(2)]),
        end(vec![same(3), avg([3, 2], [2, 1]), avg([2, 2], [1, 1])]),
        end(vec![same(2), max([6, 5], [1, 1])]),
        // Dropout at every place that numbers its columns in another way.
        end(vec![dropout.clone(), same(3), dropout.clone(), max([2, 2], [2, 2]), dropout.clone()]),
        (
            IMAGE,
            vec![dropout.clone(), Flatten, dropout.clone(), linear(4), dropout.clone(), linear(3)],
        ),
        (IMAGE, vec![dropout.clone(), linear(4), Layer::RELU, linear(3)]),
        (IMAGE, vec![same(3), Flatten, dropout.clone(), LayerNorm, dropout.clone(), linear(3)]),
        // Batch norm on features, on images, first, last, twice, and behind dropout.
        (flat, vec![BatchNorm, linear(3)]),
        (flat, vec![linear(6), BatchNorm, Layer::RELU, linear(3)]),
        (flat, vec![linear(6), dropout.clone(), BatchNorm, BatchNorm, linear(3), BatchNorm]),
        end(vec![BatchNorm, same(3), BatchNorm, Layer::RELU, max([2, 2], [2, 2])]),
        end(vec![dropout.clone(), BatchNorm, avg([2, 2], [2, 2]), dropout.clone()]),
        (IMAGE, vec![plain(3, [3, 3]), Flatten, BatchNorm, linear(3)]),
        // Layer norm.
        (flat, vec![LayerNorm, linear(3)]),
        (flat, vec![linear(6), LayerNorm, act(Activation::Elu), linear(3), LayerNorm]),
        (IMAGE, vec![same(3), Flatten, LayerNorm, linear(3)]),
        // Residuals, nested too.
        (flat, vec![residual(vec![linear(5), Layer::RELU, linear(7)]), linear(3)]),
        (flat, vec![residual(vec![Layer::RELU]), linear(3), residual(vec![linear(3)])]),
        (
            flat,
            vec![
                dropout.clone(),
                residual(vec![
                    dropout.clone(),
                    linear(7),
                    residual(vec![BatchNorm, dropout.clone(), linear(7)]),
                ]),
                dropout.clone(),
                linear(3),
            ],
        ),
        (
            flat,
            vec![linear(6), residual(vec![LayerNorm, linear(6), act(Activation::Gelu)]), linear(3)],
        ),
        end(vec![
            same(3),
            residual(vec![same(4), BatchNorm, Layer::RELU, dropout.clone(), same(3), BatchNorm]),
            Layer::RELU,
            avg([2, 2], [2, 2]),
        ]),
        end(vec![residual(vec![conv(2, [2, 1], [1, 1], [1, 0]), max([2, 1], [1, 1])]), BatchNorm]),
        (
            IMAGE,
            vec![same(2), Flatten, residual(vec![dropout.clone(), linear(60)]), dropout, linear(3)],
        ),
    ];
    for activation in [
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.1 },
        Activation::Elu,
        Activation::Gelu,
        Activation::Silu,
        Activation::Tanh,
        Activation::Sigmoid,
    ] {
        table.push(end(vec![plain(2, [3, 3]), act(activation)]));
    }
    table
}

fn spec(layers: Vec<Layer>, penalties: Vec<Penalty>, optimizer: Optimizer) -> Spec {
    spec_of(Shape::Flat(7), layers, penalties, optimizer)
}

fn spec_of(
    input: Shape,
    layers: Vec<Layer>,
    penalties: Vec<Penalty>,
    optimizer: Optimizer,
) -> Spec {
    let (classes, batch_size, drop_last, seed) = (3, 5, false, 11);
    Spec { optimizer, penalties, batch_size, drop_last, seed, ..Spec::new(input, classes, layers) }
}

fn samples(n: usize) -> Samples {
    samples_of(Shape::Flat(7), n)
}

fn samples_of(input: Shape, n: usize) -> Samples {
    let mut stream = Key { seed: 5, purpose: Purpose::Synthetic, layer: 0, step: 0 }.stream();
    let features = input.len();
    let values = (0..n * features).map(|_| (stream.uniform() * 4.0 - 2.0) as f32).collect();
    let labels = (0..n).map(|_| stream.below(3) as u32).collect();
    let values = Values::Floats(Arc::new(values));
    let targets = Targets::Classes(Arc::new(labels));
    Samples { features, values, targets, rows: None }
}

/// Mean data loss plus penalty at the present weights.
fn objective(twin: &mut Reference<f64>, batch: &[u32]) -> f64 {
    let penalty: f64 =
        twin.parameters.iter().map(|p| p.penalty.value(tally(&p.values, p.read))).sum();
    twin.data_gradient(DataId(0), batch) / batch.len() as f64 + penalty
}

/// Compares every gradient of `spec` with a central difference, whole and clipped to
/// each of `clips`.
fn check_gradients(spec: &Spec, clips: &[f64]) {
    const H: f64 = 1e-6;
    let batch = [4, 0, 3, 1, 2];
    let mut twin = Reference::<f64>::new(spec).unwrap();
    // A normalisation that starts as the identity would hide its weight's part.
    for (i, parameter) in twin.parameters.iter_mut().enumerate() {
        if !twin.infos[i].is_weight() {
            for (e, value) in parameter.values.iter_mut().enumerate() {
                *value += 0.3 * ((i * 7 + e) as f64).sin();
            }
        }
        parameter.sums = tally(&parameter.values, parameter.read);
    }
    twin.upload(&samples_of(spec.input, 5)).unwrap();
    let mut gradients = Vec::new();
    for clip in [None].into_iter().chain(clips.iter().copied().map(Some)) {
        twin.spec.clip_grad_norm = clip;
        twin.data_gradient(DataId(0), &batch);
        twin.add_penalties();
        twin.clip();
        let all = twin.parameters.iter().flat_map(|p| p.gradient.clone());
        gradients.push((clip, all.collect::<Vec<_>>()));
    }
    assert!(twin.margin() > 20.0 * H, "a kink at {}: change the seed, {spec:?}", twin.margin());
    let (mut differences, mut names) = (Vec::new(), Vec::new());
    for i in 0..twin.parameters.len() {
        for e in 0..twin.parameters[i].gradient.len() {
            let at = twin.parameters[i].values[e];
            let mut objective_at = |value| {
                twin.parameters[i].values[e] = value;
                objective(&mut twin, &batch)
            };
            differences.push((objective_at(at + H) - objective_at(at - H)) / (2.0 * H));
            twin.parameters[i].values[e] = at;
            names.push(twin.infos[i].name.clone());
        }
    }
    let norm = differences.iter().map(|d| d * d).sum::<f64>().sqrt();
    for (clip, gradient) in gradients {
        assert_eq!(gradient.len(), differences.len());
        let scale = clip.map_or(1.0, |most: f64| (most / (norm + 1e-6)).min(1.0));
        for ((exact, difference), name) in gradient.iter().zip(&differences).zip(&names) {
            let difference = difference * scale;
            assert!(
                (exact - difference).abs() < 2e-9 + 1e-7 * exact.abs(),
                "{name} of {spec:?}, clipped to {clip:?}: gradient {exact}, difference {difference}"
            );
        }
    }
}

#[test]
fn gradients_equal_finite_differences() {
    for layers in networks() {
        for penalties in penalties() {
            check_gradients(&spec(layers.clone(), penalties, SGD), &[]);
        }
    }
}

#[test]
fn gradients_of_images_norms_and_residuals_equal_finite_differences() {
    let table = penalties();
    for (i, (input, layers)) in wider_networks().into_iter().enumerate() {
        let penalties = table[i % table.len()].clone();
        check_gradients(&spec_of(input, layers, penalties, SGD), &[0.05, 1e3]);
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
        let found = BatchLoss::new(&loss, &set, &[0, 1]).of(&outputs, &mut Vec::new()) / 2.0;
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
    let plain = networks().into_iter().map(|layers| (Shape::Flat(7), layers));
    let plain = plain.map(|network| (network, ADAM));
    // A bias before batch norm has a gradient of rounding errors only, which a small eps
    // would make a full step of.
    let calm =
        Optimizer::Adam { betas: (0.9, 0.999), eps: 1e-2, weight_decay: 0.0, decoupled: false };
    let wider = wider_networks().into_iter().map(|network| (network, calm));
    let all = plain.chain(wider).zip(penalties().into_iter().cycle());
    for (((input, layers), adam), penalties) in all {
        for optimizer in [SGD, adam] {
            let spec = spec_of(input, layers.clone(), penalties.clone(), optimizer);
            let mut single = Reference::<f32>::new(&spec).unwrap();
            let mut double = Reference::<f64>::new(&spec).unwrap();
            let run = EpochRun {
                order: &order,
                steps: Steps::Same(StepSettings::rate(0.01)),
                stop: &stop,
                feed: None,
            };
            let set = samples_of(input, 23);
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
            assert_eq!(largest(&logits) == Some(label), hit, "{logits:?} for {label}");
        }
    }
    assert_eq!((largest(&[1.0f32]), largest(&[nan])), (Some(0), None));
}

/// Values of one channel, by the tensor's name.
fn exported(twin: &Reference<f64>, name: &str) -> Vec<f32> {
    let state = twin.export();
    state.parameters.iter().find(|t| t.name == name).unwrap().data.clone()
}

fn images(values: Vec<f32>, features: usize) -> Samples {
    let labels = (0..values.len() / features).map(|i| i as u32 % 2).collect();
    let targets = Targets::Classes(Arc::new(labels));
    Samples { features, values: Values::Floats(Arc::new(values)), targets, rows: None }
}

fn is_close(found: &[f32], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len());
    for (f, w) in found.iter().zip(wanted) {
        assert!((f64::from(*f) - w).abs() < 1e-6, "{found:?} should be {wanted:?}");
    }
}

/// Channel 0 holds 1, 3 | 5, 7 and then 2, 4; channel 1 holds 0, 0 | 0, 4 and then 8, 8.
/// Batches of two samples and of one: means 4 and 1, then 3 and 8; sums of squares 20
/// and 12, then 2 and 0; unbiased variances 20/3 and 4, then 2 and 0.
fn batch_norm_twin() -> (Reference<f64>, Samples) {
    let layers = vec![Layer::BatchNorm, Layer::Flatten, linear(2)];
    let shape = Shape::Image { channels: 2, height: 1, width: 2 };
    let spec = Spec { batch_size: 2, optimizer: SGD, ..Spec::new(shape, 2, layers) };
    let values = vec![1.0, 3.0, 0.0, 0.0, 5.0, 7.0, 0.0, 4.0, 2.0, 4.0, 8.0, 8.0];
    (Reference::new(&spec).unwrap(), images(values, 4))
}

fn train(twin: &mut Reference<f64>, order: &[u32], settings: StepSettings) -> EpochTally {
    let stop = AtomicBool::new(false);
    let run = EpochRun { order, steps: Steps::Same(settings), stop: &stop, feed: None };
    twin.train_epoch(DataId(0), run)
}

#[test]
fn running_statistics_take_a_tenth_of_the_new_with_the_unbiased_variance() {
    let (mut twin, set) = batch_norm_twin();
    twin.upload(&set).unwrap();
    assert_eq!(exported(&twin, "0.running_mean"), [0.0, 0.0]);
    assert_eq!(exported(&twin, "0.running_var"), [1.0, 1.0]);
    train(&mut twin, &[0, 1, 2], StepSettings::rate(0.0));
    is_close(&exported(&twin, "0.running_mean"), &[0.4 * 0.9 + 0.3, 0.1 * 0.9 + 0.8]);
    let wanted = [(0.9 + 2.0 / 3.0) * 0.9 + 0.2, (0.9 + 0.4) * 0.9];
    is_close(&exported(&twin, "0.running_var"), &wanted);
    assert_eq!(exported(&twin, "0.num_batches_tracked"), [2.0]);
}

#[test]
fn training_normalises_by_the_biased_variance_of_the_batch() {
    let (mut twin, set) = batch_norm_twin();
    twin.upload(&set).unwrap();
    // An identity behind it: logit 0 reads channel 0's first value, logit 1 channel 1's.
    twin.parameters[5].values.copy_from_slice(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    twin.parameters[6].values.fill(0.0);
    twin.data_gradient(DataId(0), &[0, 1]);
    let scale = [(5.0f64 + 1e-5).sqrt(), (3.0f64 + 1e-5).sqrt()];
    let wanted = [(1.0 - 4.0) / scale[0], -1.0 / scale[1], 1.0 / scale[0], -1.0 / scale[1]];
    for (found, wanted) in twin.network.outputs().iter().zip(wanted) {
        assert!((found - wanted).abs() < 1e-12, "{found}, {wanted}");
    }
    // In evaluation by what the batch left: means 0.4 and 0.1, variances 0.9 + 2/3 and 1.3.
    let logits = twin.logits(DataId(0));
    let scale = [(0.9 + 2.0 / 3.0 + 1e-5f64).sqrt(), (1.3 + 1e-5f64).sqrt()];
    is_close(&logits[..2], &[(1.0 - 0.4) / scale[0], -0.1 / scale[1]]);
}

#[test]
fn refreshed_statistics_are_plain_averages_and_nothing_else_changes() {
    let (mut twin, set) = batch_norm_twin();
    twin.upload(&set).unwrap();
    train(&mut twin, &[0, 1, 2], StepSettings::rate(0.1));
    let before = twin.export();
    twin.refresh_statistics(DataId(0), &[0, 1, 2]);
    is_close(&exported(&twin, "0.running_mean"), &[3.5, 4.5]);
    is_close(&exported(&twin, "0.running_var"), &[(20.0 / 3.0 + 2.0) / 2.0, 2.0]);
    assert_eq!(exported(&twin, "0.num_batches_tracked"), [2.0]);
    let after = twin.export();
    for (before, after) in before.parameters.iter().zip(&after.parameters) {
        let buffer = before.name.contains("running") || before.name.contains("tracked");
        assert!(buffer || before == after, "{} has moved", before.name);
    }
    assert_eq!((before.slots, before.step, before.sums), (after.slots, after.step, after.sums));
    twin.refresh_statistics(DataId(0), &[2]);
    is_close(&exported(&twin, "0.running_mean"), &[3.0, 8.0]);
    assert_eq!(exported(&twin, "0.num_batches_tracked"), [1.0]);
}

#[test]
fn refreshed_statistics_depend_on_the_step_and_nothing_else_random() {
    let layers = vec![Layer::Dropout { p: 0.5 }, Layer::BatchNorm, linear(3)];
    let mut twin = Reference::<f64>::new(&spec(layers, vec![], SGD)).unwrap();
    twin.upload(&samples(9)).unwrap();
    let order: Vec<u32> = (0..9).collect();
    let mut refreshed = |step| {
        let state = State { step, ..twin.export() };
        twin.import(&state).unwrap();
        twin.refresh_statistics(DataId(0), &order);
        twin.export()
    };
    assert_eq!(refreshed(3), refreshed(3));
    assert_ne!(refreshed(3).parameters, refreshed(4).parameters);
}

#[test]
fn buffers_are_neither_moved_nor_penalised_nor_in_the_slots() {
    let layers = vec![Layer::BatchNorm, linear(3)];
    let every = penalties().pop().unwrap();
    let adam =
        Optimizer::Adam { betas: (0.9, 0.999), eps: 1e-8, weight_decay: 0.1, decoupled: true };
    let spec = Spec { average: true, ..spec(layers, every, adam) };
    let mut twin = Reference::<f64>::new(&spec).unwrap();
    twin.upload(&samples(10)).unwrap();
    let order: Vec<u32> = (0..10).collect();
    let settings = StepSettings { average: 0.5, ..StepSettings::rate(0.1) };
    train(&mut twin, &order, settings);
    let state = twin.export();
    let names = |tensors: &[Tensor]| tensors.iter().map(|t| t.name.clone()).collect::<Vec<_>>();
    let trained = ["0.weight", "0.bias", "1.weight", "1.bias"];
    assert_eq!(state.slots.len(), 3);
    state.slots.iter().for_each(|slot| assert_eq!(names(slot), trained));
    assert_eq!(state.sums.len(), 4);
    assert_eq!(exported(&twin, "0.num_batches_tracked"), [2.0]);
    let mut other = Reference::<f64>::new(&spec).unwrap();
    other.import(&state).unwrap();
    assert_eq!(other.export(), state);
}

#[test]
fn the_average_moves_towards_the_new_weights_by_its_share() {
    let spec = Spec { average: true, ..spec(vec![linear(3)], vec![], SGD) };
    let mut twin = Reference::<f64>::new(&spec).unwrap();
    twin.upload(&samples(5)).unwrap();
    let order: Vec<u32> = (0..5).collect();
    let mut step = |share| {
        train(&mut twin, &order, StepSettings { average: share, ..StepSettings::rate(0.3) });
        let state = twin.export();
        let of = |tensor: &Tensor| tensor.data.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        (of(&state.parameters[0]), of(&state.slots[0][0]))
    };
    assert!(step(0.0).1.iter().all(|&a| a == 0.0));
    let (weights, average) = step(1.0);
    assert_eq!(weights, average);
    let (_, kept) = step(0.0);
    assert_eq!(kept, average);
    let (weights, moved) = step(0.25);
    for ((w, a), moved) in weights.iter().zip(&average).zip(moved) {
        assert!((moved - (a + (w - a) * 0.25)).abs() < 1e-6, "{moved}");
        assert!((w - a).abs() > 1e-6, "a weight that moves");
    }
}

/// By hand: the mean of two samples' gradients, its norm, a step of that length.
#[test]
fn a_clipped_step_has_the_length_of_the_limit() {
    let moved = |clip_grad_norm, penalties: Vec<Penalty>| {
        let spec = Spec { clip_grad_norm, ..spec(vec![linear(3)], penalties, SGD) };
        let mut twin = Reference::<f64>::new(&spec).unwrap();
        twin.upload(&samples(5)).unwrap();
        let weights = |twin: &Reference<f64>| {
            twin.parameters.iter().flat_map(|p| p.values.clone()).collect::<Vec<_>>()
        };
        let before = weights(&twin);
        train(&mut twin, &[0, 1, 2, 3, 4], StepSettings::rate(1.0));
        before.iter().zip(weights(&twin)).map(|(b, a)| a - b).collect::<Vec<f64>>()
    };
    let norm = |steps: &[f64]| steps.iter().map(|s| s * s).sum::<f64>().sqrt();
    let penalised = || vec![penalty(PenaltyKind::L2, PenaltyOn::All)];
    for penalties in [vec![], penalised()] {
        let free = moved(None, penalties.clone());
        assert_eq!(free, moved(Some(norm(&free) + 0.01), penalties.clone()));
        let clipped = moved(Some(0.01), penalties);
        for (free_step, step) in free.iter().zip(clipped) {
            let wanted = free_step * 0.01 / (norm(&free) + 1e-6);
            assert!((step - wanted).abs() < 1e-15, "{step}, {wanted}");
        }
    }
}

/// A 1×2×3 image; the second window holds the largest value twice.
#[test]
fn a_max_pool_gives_its_gradient_to_the_first_of_equals_and_lets_nan_win() {
    let window = pool([2, 2], [1, 1]);
    let shape = Shape::Image { channels: 1, height: 2, width: 3 };
    let mut layer = MaxPool2d::new(Windows::new(shape, window));
    let mut pass = |x: &[f64; 6]| {
        let (mut y, mut dx) = (Vec::new(), Vec::new());
        layer.forward(x, &mut y, &mut [], Pass::Evaluation);
        layer.backward(x, &[1.0, 10.0], &mut dx, &mut [], Pass::Evaluation);
        (y, dx)
    };
    let (y, dx) = pass(&[3.0, 1.0, 2.0, 0.0, 2.0, 2.0]);
    assert_eq!((y, dx), (vec![3.0, 2.0], vec![1.0, 0.0, 10.0, 0.0, 0.0, 0.0]));
    let (y, dx) = pass(&[3.0, 5.0, f64::NAN, 0.0, 2.0, 7.0]);
    assert!(y[0] == 5.0 && y[1].is_nan());
    assert_eq!(dx, [0.0, 1.0, 10.0, 0.0, 0.0, 0.0]);
}

#[test]
fn the_margin_of_a_max_pool_is_the_lead_of_its_largest_value() {
    let layers = vec![Layer::MaxPool2d { window: pool([1, 3], [1, 3]) }, Layer::Flatten, linear(2)];
    let spec = Spec::new(Shape::Image { channels: 1, height: 1, width: 6 }, 2, layers);
    let mut twin = Reference::<f64>::new(&spec).unwrap();
    // Equal values are no near miss: they are equal in every engine.
    twin.upload(&images(vec![1.0, 1.0, 0.5, -3.0, -2.0, -1.75], 6)).unwrap();
    assert_eq!(twin.margin(), f64::INFINITY);
    twin.data_gradient(DataId(0), &[0]);
    assert_eq!(twin.margin(), 0.25);
}
