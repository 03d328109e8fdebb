//! The layered engine equals the slow twin, and gives the same bits at any number of
//! threads and on any instruction set.

mod common;

use common::twin::{
    all_follow, follows_where_calm, same_bits_at_any_number_of_threads,
    same_bits_on_every_instruction_set,
};
use common::{ADAM, ADAMW, Case, RMSPROP, SGD, bits, run};
use wellfit_nn::reference::Reference;
use wellfit_nn::*;

/// With rate 1, no momentum and one step, the movement is the gradient.
#[test]
fn one_step_of_sgd_gives_the_twins_gradients() {
    all_follow(10_000..10_150, |index| {
        let case = Case::draw_layered(index);
        let order = case.order(0);
        let batch = &order[..order.len().min(case.spec.batch_size)];
        follows_where_calm(&case, &[batch], 1.0, 2e-5)
    });
}

#[test]
fn epochs_with_every_optimizer_follow_the_twin() {
    // A small eps would make Adam blow gradients of pure rounding error up to full steps.
    let adam = |decoupled, weight_decay| Optimizer::Adam {
        betas: (0.9, 0.999),
        eps: 1e-2,
        weight_decay,
        decoupled,
    };
    let optimizers = [
        Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.1 },
        Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 0.01 },
        adam(false, 0.1),
        adam(true, 0.5),
        Optimizer::RmsProp { alpha: 0.9, eps: 1e-2, weight_decay: 0.1 },
    ];
    all_follow(11_000..11_080, |index| {
        let mut case = Case::draw_layered(index);
        case.spec.optimizer = optimizers[index as usize % optimizers.len()];
        follows_where_calm(&case, &[&case.order(0), &case.order(1)], 0.01, 2e-5)
    });
}

#[test]
fn evaluation_follows_the_twin() {
    let mut compared = 0;
    for index in 12_000..12_050 {
        let case = Case::draw_layered(index);
        let order = case.order(0);
        let mut engine = compile(&case.spec, 1 + (index % 3) as usize).unwrap();
        let ours = engine.upload(&case.samples).unwrap();
        engine.train_epoch(ours, run(&order, 0.01));
        // From the same weights and running statistics, so that nothing adds up.
        let weights = engine.export().parameters;
        let twin = |twin: &mut dyn Session| {
            twin.import_parameters(&weights).unwrap();
            let theirs = twin.upload(&case.samples).unwrap();
            (twin.logits(theirs), twin.evaluate(theirs).losses)
        };
        let (wanted, losses) = twin(&mut Reference::<f64>::new(&case.spec).unwrap());
        let (single, _) = twin(&mut Reference::<f32>::new(&case.spec).unwrap());
        let far = |a: &[f32], b: &[f32]| {
            let difference = |(a, b): (&f32, &f32)| (a - b).abs() / (1.0 + b.abs());
            a.iter()
                .zip(b)
                .map(difference)
                .fold(0.0, |most: f32, d| if d <= most { most } else { d })
        };
        if far(&single, &wanted) > 2e-6 {
            continue;
        }
        compared += 1;
        assert!(far(&engine.logits(ours), &wanted) < 2e-5, "{:?}", case.spec);
        let both = (engine.evaluate(ours), engine.logits(ours));
        assert_eq!(engine.evaluate_with_logits(ours), both);
        assert!(far(&engine.evaluate(ours).losses, &losses) < 2e-5, "{:?}", case.spec);
    }
    assert!(compared >= 25, "only {compared} compared");
}

/// Drawn cases by every kind of optimiser, and a network of the usual make.
fn cases() -> Vec<Case> {
    let mut usual = Case::draw_layered(13_000);
    let conv = |out| Layer::Conv2d { out, window: Window::square(3, 1, 1), bias: true };
    let pool = || Layer::MaxPool2d { window: Window::square(2, 2, 0) };
    let linear = |out| Layer::Linear { out, bias: true };
    let input = Shape::Image { channels: 1, height: 14, width: 14 };
    let layers = vec![
        conv(32),
        Layer::RELU,
        pool(),
        conv(64),
        Layer::BatchNorm,
        Layer::RELU,
        pool(),
        Layer::Flatten,
        Layer::Dropout { p: 0.5 },
        linear(128),
        Layer::RELU,
        linear(10),
    ];
    usual.spec = Spec { seed: 5, ..Spec::new(input, 10, layers) };
    usual.samples = common::bytes(&mut common::stream(2), 75, 196, 10);
    let mut cases = vec![usual];
    for index in 13_001..13_030 {
        let mut case = Case::draw_layered(index);
        case.spec.optimizer = [ADAM, SGD, ADAMW, RMSPROP][index as usize % 4];
        cases.push(case);
    }
    cases
}

#[test]
fn every_number_of_threads_gives_the_same_bits() {
    same_bits_at_any_number_of_threads(&cases());
}

/// On a machine with one instruction set this compares nothing, and says so.
#[test]
fn every_instruction_set_gives_the_same_bits() {
    same_bits_on_every_instruction_set(&cases());
}

#[test]
fn an_evaluation_does_not_depend_on_who_else_is_in_the_set() {
    for index in 14_000..14_010 {
        let Case { spec, samples, .. } = Case::draw_layered(index);
        let mut engine = compile(&spec, 2).unwrap();
        let all = engine.upload(&samples).unwrap();
        let losses = engine.evaluate(all).losses;
        for i in [0, samples.len() / 2, samples.len() - 1] {
            let rows = Some(std::sync::Arc::new(vec![samples.row(i) as u32]));
            let one = engine.upload(&Samples { rows, ..samples.clone() }).unwrap();
            assert_eq!(engine.evaluate(one).losses[0].to_bits(), losses[i].to_bits());
        }
    }
}

#[test]
fn a_state_that_goes_out_and_in_again_changes_nothing() {
    for index in 15_000..15_010 {
        let mut case = Case::draw_layered(index);
        case.spec.optimizer = ADAM;
        let mut one = compile(&case.spec, 2).unwrap();
        let mut two = compile(&Spec { seed: 99, ..case.spec.clone() }, 1).unwrap();
        let (a, b) = (one.upload(&case.samples).unwrap(), two.upload(&case.samples).unwrap());
        one.train_epoch(a, run(&case.order(0), 0.01));
        two.import(&one.export()).unwrap();
        assert!(bits(&one.export()) == bits(&two.export()), "{:?}", case.spec);
        if case.spec.layers.iter().any(|layer| matches!(layer, Layer::Dropout { .. })) {
            continue;
        }
        one.train_epoch(a, run(&case.order(1), 0.01));
        two.train_epoch(b, run(&case.order(1), 0.01));
        assert!(bits(&one.export()) == bits(&two.export()), "{:?}", case.spec);
    }
}

#[test]
fn refreshed_statistics_are_the_twins() {
    for index in 16_000..16_040 {
        let case = Case::draw_layered(index);
        let order = case.order(0);
        let refreshed = |engine: &mut dyn Session| {
            let data = engine.upload(&case.samples).unwrap();
            engine.train_epoch(data, run(&order, 0.0));
            engine.refresh_statistics(data, &order);
            engine.export()
        };
        let engine = refreshed(&mut *compile(&case.spec, 2).unwrap());
        let twin = refreshed(&mut Reference::<f64>::new(&case.spec).unwrap());
        for (found, wanted) in engine.parameters.iter().zip(&twin.parameters) {
            for (found, wanted) in found.data.iter().zip(&wanted.data) {
                let close = (found - wanted).abs() <= 1e-4 * (1.0 + wanted.abs());
                assert!(close, "{found}, twin {wanted}: {:?}", case.spec);
            }
        }
    }
}

/// What the comparisons above are worth hangs on what is drawn.
#[test]
fn the_drawn_networks_hold_every_layer_in_every_place() {
    fn visit(layers: &[Layer], see: &mut impl FnMut(&Layer)) {
        for layer in layers {
            see(layer);
            visit(layer.inner(), see);
        }
    }
    let (mut names, mut flattened_residuals, mut clipped, mut large) = (Vec::new(), 0, 0, 0);
    for index in 10_000..10_150 {
        let Case { spec, .. } = Case::draw_layered(index);
        visit(&spec.layers, &mut |layer| names.push(layer.name()));
        let flatten = spec.layers.iter().position(|layer| *layer == Layer::Flatten);
        let behind = flatten.map_or(&[][..], |at| &spec.layers[at + 1..]);
        let before_linear = behind.iter().take_while(|l| !matches!(l, Layer::Linear { .. }));
        let residual = |layer: &&Layer| layer.inner().len() > 1;
        flattened_residuals += usize::from(before_linear.clone().any(|l| residual(&l)));
        clipped += usize::from(spec.clip_grad_norm.is_some());
        large += usize::from(spec.input.len() >= 1000);
    }
    for name in [
        "linear",
        "conv2d",
        "max-pool2d",
        "avg-pool2d",
        "flatten",
        "batch-norm",
        "layer-norm",
        "relu",
        "leaky-relu",
        "elu",
        "gelu",
        "silu",
        "tanh",
        "sigmoid",
        "dropout",
        "residual",
    ] {
        let count = names.iter().filter(|&&found| found == name).count();
        assert!(count >= 10, "only {count} of {name}");
    }
    assert!(flattened_residuals >= 5, "only {flattened_residuals} over a flattened image");
    assert!(clipped >= 30 && large >= 8, "{clipped} clipped, {large} of many values");
}
