//! A probe sees what its slow twin sees, in the same bits wherever it looks, and touches
//! nothing.

mod common;

use std::sync::Arc;

use common::twin::MARGIN;
use common::{Case, SGD, bits, floats, run, stream};
use wellfit_nn::reference::look;
use wellfit_nn::*;

const RATE: f64 = 0.1;

/// A drawn network, by an optimiser of its own, after an epoch.
fn trained(index: u64) -> (Case, State) {
    let mut case = match index % 3 {
        0 => Case::draw(index).with_loss(),
        _ => Case::draw_layered(index),
    };
    // A small eps would blow gradients of pure rounding error up to full steps.
    let (betas, eps, weight_decay) = ((0.9, 0.999), 1e-2, 0.1);
    let adam = |decoupled| Optimizer::Adam { betas, eps, weight_decay, decoupled };
    let optimizers = [
        SGD,
        adam(false),
        adam(true),
        Optimizer::RmsProp { alpha: 0.9, eps, weight_decay },
        Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 0.01 },
    ];
    case.spec.optimizer = optimizers[index as usize % 5];
    case.spec.average = index.is_multiple_of(4);
    let mut engine = compile(&case.spec, 1).unwrap();
    let data = engine.upload(&case.samples).unwrap();
    engine.train_epoch(data, run(&case.order(0), 1e-3));
    let state = engine.export();
    (case, state)
}

/// All numbers of a look, each with what it is to be compared on the scale of.
fn numbers(look: &Look) -> Vec<(f64, f64)> {
    let mut all = vec![(look.loss, 1.0)];
    let largest = look.layers.iter().map(|layer| layer.gradient_rms).fold(0.0, f64::max);
    for layer in &look.layers {
        all.push((layer.rms, 1e-2));
        all.push((layer.gradient_rms, largest));
        // A value may stand on a threshold's other side.
        all.push((layer.saturated.unwrap_or(0.0), 100.0));
        all.push((layer.dead.unwrap_or(0) as f64, 1.0));
    }
    let largest = look.parameters.iter().map(|p| p.gradient_norm).fold(0.0, f64::max);
    for parameter in &look.parameters {
        all.push((parameter.norm, 1e-2));
        all.push((parameter.gradient_norm, largest));
        // Weights are stored in float32, and a step is the difference of two.
        all.push((parameter.update_norm, 1e-2 + parameter.norm));
    }
    all
}

/// The largest difference of two looks' numbers.
fn distance(found: &Look, wanted: &Look) -> f64 {
    let names = |look: &Look| {
        let layers = look.layers.iter().map(|l| format!("{} {} {}", l.layer, l.name, l.units));
        layers.chain(look.parameters.iter().map(|p| p.name.clone())).collect::<Vec<_>>()
    };
    assert_eq!(names(found), names(wanted));
    let pairs = numbers(found).into_iter().zip(numbers(wanted));
    pairs
        .map(|((a, _), (b, scale))| (a - b).abs() / (scale + b.abs()))
        .fold(0.0, |most, d| if d <= most { most } else { d })
}

#[test]
fn a_probe_sees_what_the_twin_sees() {
    let mut compared = 0;
    for index in 20_000..20_150 {
        let (case, state) = trained(index);
        let Case { spec, samples, .. } = &case;
        let settings = StepSettings::rate(RATE);
        let (wanted, margin) = look::<f64>(spec, samples, &state, settings).unwrap();
        let (single, _) = look::<f32>(spec, samples, &state, settings).unwrap();
        // Norms of values that hardly differ blow rounding errors up in any engine, and
        // near a kink rounding decides.
        let calm = distance(&single, &wanted) < 1e-4;
        if margin < MARGIN || !calm {
            continue;
        }
        let mut probe = Probe::new(spec, samples, 1 + (index % 3) as usize).unwrap();
        let found = probe.look(&state, settings).unwrap();
        let distance = distance(&found, &wanted);
        assert!(distance < 1e-3, "{index}: {distance}\n{found:?}\n{wanted:?}\n{spec:?}");
        compared += 1;
    }
    assert!(compared >= 75, "only {compared} compared");
}

/// Bit by bit: NaN, too, must come out alike.
fn as_bits(look: &Look) -> Vec<u64> {
    numbers(look).into_iter().map(|(number, _)| number.to_bits()).collect()
}

#[test]
fn threads_and_instruction_sets_change_no_bit_of_a_look() {
    for index in 21_000..21_020 {
        let (Case { spec, samples, .. }, state) = trained(index);
        let settings = StepSettings::rate(RATE);
        let look = |set: &str, threads| {
            let mut probe = Probe::on(set, &spec, &samples, threads).unwrap();
            as_bits(&probe.look(&state, settings).unwrap())
        };
        let best = instruction_sets().next().unwrap();
        let wanted = look(best, 1);
        for set in instruction_sets() {
            assert_eq!(look(set, 1), wanted, "{set}: {spec:?}");
        }
        for threads in [2, 3, 8] {
            assert_eq!(look(best, threads), wanted, "{threads} threads: {spec:?}");
        }
    }
}

#[test]
fn looking_twice_shows_the_same_and_the_state_stays() {
    for index in 22_000..22_010 {
        let (Case { spec, samples, .. }, state) = trained(index);
        let before = bits(&state);
        let mut probe = Probe::new(&spec, &samples, 2).unwrap();
        let settings = StepSettings::rate(RATE);
        let first = as_bits(&probe.look(&state, settings).unwrap());
        let mut shifted = state.clone();
        shifted.parameters[0].data.iter_mut().for_each(|x| *x += 0.5);
        probe.look(&shifted, settings).unwrap();
        assert_eq!(as_bits(&probe.look(&state, settings).unwrap()), first, "{spec:?}");
        assert!(bits(&state) == before);
    }
}

/// 2 inputs, 3 units, 2 classes.
fn small(activation: Activation) -> (Spec, Samples, State) {
    let linear = |out| Layer::Linear { out, bias: true };
    let layers =
        vec![linear(3), Layer::Dropout { p: 0.5 }, Layer::Activation(activation), linear(2)];
    let spec = Spec { optimizer: SGD, ..Spec::new(Shape::Flat(2), 2, layers) };
    let samples = floats(&mut stream(1), 20, 2, 2);
    let state = compile(&spec, 1).unwrap().export();
    (spec, samples, state)
}

#[test]
fn units_that_never_fire_are_counted() {
    let (spec, samples, mut state) = small(Activation::Relu);
    state.parameters[1].data = vec![-20.0, 20.0, -20.0];
    let mut probe = Probe::new(&spec, &samples, 1).unwrap();
    let look = probe.look(&state, StepSettings::rate(0.1)).unwrap();
    let [relu, head] = &look.layers[..] else { panic!("{look:?}") };
    assert_eq!((relu.layer.to_string(), relu.name), ("2".to_string(), "relu"));
    assert_eq!((relu.dead, relu.units, relu.saturated), (Some(2), 3, None));
    assert_eq!((head.layer.to_string(), head.dead), ("3".to_string(), None));
    assert_eq!(look.parameters.len(), 4);
}

#[test]
fn a_value_at_an_end_of_tanh_is_saturated() {
    let (spec, samples, mut state) = small(Activation::Tanh);
    state.parameters[1].data = vec![-20.0, 20.0, 0.0];
    state.parameters[0].data[4..].fill(0.0);
    let look = Probe::new(&spec, &samples, 1).unwrap().look(&state, StepSettings::rate(0.1));
    assert_eq!(look.unwrap().layers[0].saturated, Some(2.0 / 3.0));
}

#[test]
fn a_step_of_sgd_is_the_rate_times_the_gradient() {
    let (spec, samples, state) = small(Activation::Tanh);
    let mut probe = Probe::new(&spec, &samples, 1).unwrap();
    for rate in [0.0, 0.5] {
        let look = probe.look(&state, StepSettings::rate(rate)).unwrap();
        for parameter in &look.parameters {
            let wanted = rate * parameter.gradient_norm;
            let off = (parameter.update_norm - wanted).abs();
            assert!(off <= 1e-5 * wanted, "{parameter:?}, rate {rate}");
        }
    }
}

#[test]
fn weights_that_are_not_finite_give_nan_and_no_panic() {
    let (spec, samples, mut state) = small(Activation::Relu);
    state.parameters[0].data[0] = f32::NAN;
    let mut probe = Probe::new(&spec, &samples, 1).unwrap();
    let look = probe.look(&state, StepSettings::rate(0.1)).unwrap();
    assert!(look.loss.is_nan() && look.parameters.iter().all(|p| p.update_norm.is_nan()));
    assert!(look.layers[1].gradient_rms.is_nan(), "{look:?}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let (spec, samples, state) = small(Activation::Relu);
    let none = Samples { rows: Some(Arc::new(Vec::new())), ..samples.clone() };
    assert!(matches!(Probe::new(&spec, &none, 1), Err(ProbeError::Compile(_))));
    let wide = Samples { features: 3, ..samples.clone() };
    let error = Probe::new(&spec, &wide, 1).err().unwrap();
    assert_eq!(error.to_string(), "samples have 3 values, but the network takes 2");
    assert!(Probe::on("abacus", &spec, &samples, 1).is_err());
    let bad = Spec { outputs: 3, ..spec.clone() };
    let error = Probe::new(&bad, &samples, 1).err().unwrap();
    // The layer's number counts dropouts.
    assert!(error.to_string().starts_with("layer 3 (linear) gives 2 outputs"), "{error}");
    let mut probe = Probe::new(&spec, &samples, 1).unwrap();
    let mut other = state.clone();
    other.parameters.pop();
    let error = probe.look(&other, StepSettings::rate(0.1)).unwrap_err();
    assert_eq!(error.to_string(), "tensor 3.bias of shape [2] is missing");
}

#[test]
fn an_activation_stands_for_the_layer_before_it_and_pools_for_nothing() {
    let conv = |out| Layer::Conv2d { out, window: Window::square(3, 1, 1), bias: true };
    let pool = Layer::MaxPool2d { window: Window::square(2, 2, 0) };
    let activation = Layer::Activation;
    let layers = vec![
        activation(Activation::Tanh),
        conv(4),
        Layer::BatchNorm,
        Layer::RELU,
        Layer::Residual { layers: vec![activation(Activation::Sigmoid), conv(4)] },
        pool,
        Layer::Flatten,
        Layer::Dropout { p: 0.5 },
        Layer::Linear { out: 3, bias: true },
    ];
    let image = Shape::Image { channels: 2, height: 6, width: 6 };
    let spec = Spec::new(image, 3, layers);
    let samples = floats(&mut stream(2), 9, image.len(), 3);
    let state = compile(&spec, 1).unwrap().export();
    let look = Probe::new(&spec, &samples, 1).unwrap().look(&state, StepSettings::rate(0.1));
    let rows = look.unwrap().layers;
    let found: Vec<_> =
        rows.iter().map(|l| format!("{} {} {}", l.layer, l.name, l.units)).collect();
    let wanted =
        ["1 conv2d 4", "3 relu 4", "4.0 sigmoid 4", "4.1 conv2d 4", "4 residual 4", "8 linear 3"];
    assert_eq!(found, wanted);
}
