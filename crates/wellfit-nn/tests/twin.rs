//! The engine that [`compile`] gives equals the slow twin, and gives the same
//! bits at any number of threads.

mod common;

use common::twin::{
    all_follow, follows_the_twin, follows_where_calm, outcome, same_bits_at_any_number_of_threads,
    same_bits_on_every_instruction_set, share_of_movement,
};
use common::{ADAM, ADAMW, Case, GO_ON, RMSPROP, SGD, bits, mlp, run};
use wellfit_nn::reference::Reference;
use wellfit_nn::*;

/// With rate 1, no momentum and one step, the movement is the gradient.
#[test]
fn one_step_of_sgd_gives_the_twins_gradients() {
    all_follow(0..150, |index| {
        let case = Case::draw(index);
        let order = case.order(0);
        let batch = &order[..order.len().min(case.spec.batch_size)];
        follows_the_twin(&case, &[batch], 1.0, 2e-6)
    });
}

#[test]
fn one_step_of_sgd_gives_the_twins_gradients_with_every_loss() {
    all_follow(6000..6150, |index| {
        let case = Case::draw(index).with_loss();
        let order = case.order(0);
        let batch = &order[..order.len().min(case.spec.batch_size)];
        follows_the_twin(&case, &[batch], 1.0, 3e-6)
    });
}

#[test]
fn epochs_with_every_optimizer_follow_the_twin() {
    let sgd =
        |momentum, nesterov, weight_decay| Optimizer::Sgd { momentum, nesterov, weight_decay };
    // A small eps would make Adam blow gradients of pure rounding error up to full steps.
    let adam =
        |betas, weight_decay| Optimizer::Adam { betas, eps: 1e-2, weight_decay, decoupled: false };
    let adamw = |weight_decay| Optimizer::Adam {
        betas: (0.9, 0.999),
        eps: 1e-2,
        weight_decay,
        decoupled: true,
    };
    let rmsprop = |alpha, weight_decay| Optimizer::RmsProp { alpha, eps: 1e-2, weight_decay };
    let optimizers = [
        sgd(0.0, false, 0.0),
        sgd(0.0, false, 0.1),
        sgd(0.9, false, 0.0),
        sgd(0.9, true, 0.01),
        adam((0.9, 0.999), 0.0),
        adam((0.9, 0.999), 0.1),
        adam((0.0, 0.5), 0.0),
        adamw(0.0),
        adamw(0.5),
        rmsprop(0.99, 0.0),
        rmsprop(0.5, 0.1),
    ];
    all_follow(1000..1100, |index| {
        let mut case = Case::draw(index);
        case.spec.optimizer = optimizers[index as usize % optimizers.len()];
        follows_the_twin(&case, &[&case.order(0), &case.order(1)], 0.01, 5e-6)
    });
}

/// With PyTorch's eps, single weights whose gradients are rounding errors may go
/// either way; the movement as a whole may not.
#[test]
fn adam_with_its_own_eps_moves_as_the_twin_does() {
    for index in 2000..2020 {
        let mut case = Case::draw(index);
        case.spec.optimizer = ADAM;
        let mut twin = Reference::<f64>::new(&case.spec).unwrap();
        let mut engine = compile(&case.spec, 2).unwrap();
        let start = twin.export();
        let theirs = twin.upload(&case.samples).unwrap();
        let ours = engine.upload(&case.samples).unwrap();
        let order = case.order(0);
        twin.train_epoch(theirs, run(&order, 1e-3));
        engine.train_epoch(ours, run(&order, 1e-3));
        let (found, wanted) = (engine.export(), twin.export());
        let share = share_of_movement(&found, &wanted, &start);
        assert!(share < 0.02, "off by {share} of the movement, {:?}", case.spec);
    }
}

#[test]
fn evaluation_follows_the_twin() {
    for index in 3000..3120 {
        let drawn = Case::draw(index);
        let case = if index < 3060 { drawn } else { drawn.with_loss() };
        let Case { spec, samples, .. } = case;
        let mut twin = Reference::<f64>::new(&spec).unwrap();
        let mut engine = compile(&spec, 1 + (index % 3) as usize).unwrap();
        let (theirs, ours) = (twin.upload(&samples).unwrap(), engine.upload(&samples).unwrap());
        let (wanted, found) = (twin.logits(theirs), engine.logits(ours));
        assert_eq!(found.len(), samples.len() * spec.outputs);
        assert_eq!(engine.evaluate_with_logits(ours), (engine.evaluate(ours), found.clone()));
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!((found - wanted).abs() < 1e-5, "{found}, twin {wanted}, {spec:?}");
        }
        let (evaluation, expected) = (engine.evaluate(ours), twin.evaluate(theirs));
        let close = |a: f64, b: f64| (a - b).abs() < 1e-5 * (1.0 + b.abs());
        assert!(close(evaluation.loss, expected.loss), "{evaluation:?}, {expected:?}, {spec:?}");
        assert_eq!(evaluation.losses.len(), samples.len());
        let losses = evaluation.losses.iter().zip(&expected.losses);
        for (&found, &wanted) in losses {
            let same = close(f64::from(found), f64::from(wanted));
            assert!(same, "{found}, twin {wanted}, {spec:?}");
        }
        if samples.squares().contains(&0.0) {
            continue; // R² says nothing
        }
        let scores = evaluation.scores.to_vec().into_iter().zip(expected.scores.to_vec());
        let mut unsure = 0;
        for (i, (found, expected)) in scores.enumerate() {
            let mut sorted = wanted[i * spec.outputs..(i + 1) * spec.outputs].to_vec();
            sorted.sort_by(|a, b| b.total_cmp(a));
            let apart = sorted[0] - *sorted.get(1).unwrap_or(&f32::NEG_INFINITY);
            if spec.loss.is_classification() && apart > 0.0 && apart <= 1e-5 {
                unsure += 1;
            } else {
                assert!(close(found, expected), "sample {i}: {found}, twin {expected}, {spec:?}");
            }
        }
        let difference = (evaluation.score - expected.score).abs();
        let allowed = f64::from(unsure) / samples.len() as f64 + 1e-5 * expected.score.abs();
        assert!(difference <= allowed + 1e-9, "{evaluation:?}, {expected:?}, {spec:?}");
    }
}

#[test]
fn an_evaluation_does_not_depend_on_who_else_is_in_the_set() {
    for index in 3100..3110 {
        let Case { spec, samples, .. } = Case::draw(index);
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

/// Step by step: nothing, a copy, nothing, a tenth, a tenth, a copy of what differs.
#[test]
fn averages_are_the_twins_at_every_share() {
    let shares = [0.0, 1.0, 0.0, 0.1, 0.1, 1.0];
    let mut compared = [0, 0];
    for index in 7000..7040 {
        let layered = index % 2 == 1;
        let mut case = if layered { Case::draw_layered(index) } else { Case::draw(index) };
        let optimizer = Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.01 };
        case.spec = Spec { average: true, optimizer, ..case.spec };
        let order = case.order(0);
        let batch = &order[..order.len().min(case.spec.batch_size)];
        let train = |session: &mut dyn Session| {
            let data = session.upload(&case.samples).unwrap();
            shares.map(|average| {
                let steps = Steps::Same(StepSettings { average, ..StepSettings::rate(0.1) });
                session
                    .train_epoch(data, EpochRun { order: batch, steps, stop: &GO_ON, feed: None });
                session.export()
            })
        };
        let engine = train(&mut *compile(&case.spec, 2).unwrap());
        let mut twin = Reference::<f64>::new(&case.spec).unwrap();
        let wanted = train(&mut twin);
        let values = |state: &State| -> Vec<f32> {
            let average = state.slots.last().unwrap().iter();
            average.flat_map(|tensor| tensor.data.iter().copied()).collect()
        };
        assert!(values(&engine[0]).iter().all(|&a| a == 0.0), "{:?}", case.spec);
        for copied in [&engine[1], &engine[5]] {
            let weights = copied.parameters.iter().filter(|t| !t.name.contains("running"));
            let weights = weights.filter(|t| !t.name.ends_with("num_batches_tracked"));
            let weights: Vec<f32> = weights.flat_map(|tensor| tensor.data.clone()).collect();
            assert_eq!(values(copied), weights, "a copy: {:?}", case.spec);
        }
        assert_eq!(values(&engine[2]), values(&engine[1]), "left alone: {:?}", case.spec);
        if !follows_where_calm(&case, &[batch; 6], 0.1, 2e-5) {
            continue;
        }
        compared[usize::from(layered)] += 1;
        for (found, wanted) in engine.iter().zip(&wanted) {
            for (found, wanted) in values(found).into_iter().zip(values(wanted)) {
                let close = (found - wanted).abs() <= 1e-4 * (1.0 + wanted.abs());
                assert!(close, "{found}, twin {wanted}: {:?}", case.spec);
            }
        }
    }
    assert!(compared.iter().all(|&compared| compared >= 5), "only {compared:?} compared");
}

/// The article's network and a range of drawn ones.
fn cases() -> Vec<Case> {
    let mut article = Case::draw(4000);
    article.spec = mlp(784, &[1000], 10, 32);
    article.samples = common::bytes(&mut common::stream(1), 100, 784, 10);
    let mut cases = vec![article];
    for index in 4001..4037 {
        let drawn = Case::draw(index);
        let mut case = if index < 4025 { drawn } else { drawn.with_loss() };
        case.spec.optimizer = [ADAM, SGD, ADAMW, RMSPROP][index as usize % 4];
        cases.push(case);
    }
    cases
}

#[test]
fn every_number_of_threads_gives_the_same_bits() {
    same_bits_at_any_number_of_threads(&cases());
}

/// On a machine with one instruction set this compares nothing, and says so;
/// `known.rs` compares machines.
#[test]
fn every_instruction_set_gives_the_same_bits() {
    same_bits_on_every_instruction_set(&cases());
}

/// bfloat16 rounds each factor by up to 2⁻⁹ of it, so the movement as a whole must agree
/// with the twin's, not each weight.
#[test]
fn bfloat16_moves_as_the_twin_does_and_gives_the_same_bits_at_any_number_of_threads() {
    let able = |spec: &Spec| !matches!(compile(spec, 1), Err(CompileError::Bf16 { .. }));
    for index in 6000..6030 {
        let mut case = Case::draw(index);
        // A small eps would make Adam blow rounding errors up to full steps.
        let adam =
            Optimizer::Adam { betas: (0.9, 0.999), eps: 1e-2, weight_decay: 0.0, decoupled: false };
        case.spec.optimizer = [adam, SGD][index as usize % 2];
        let single = case.clone();
        case.spec.precision = Precision::Bf16;
        if !able(&case.spec) {
            println!("not compared: this processor has no AVX512-BF16");
            return;
        }
        let [one, two, three] =
            [1, 2, 3].map(|threads| outcome(compile(&case.spec, threads).unwrap(), &case));
        assert!(one == two && two == three, "{:?}", case.spec);
        let order = case.order(0);
        let train = |engine: &mut dyn Session| {
            let (start, data) = (engine.export(), engine.upload(&case.samples).unwrap());
            let tally = engine.train_epoch(data, run(&order, 1e-3));
            (start, engine.export(), tally)
        };
        let (start, wanted, tally) = train(&mut Reference::<f64>::new(&single.spec).unwrap());
        let (_, found, other) = train(&mut *compile(&case.spec, 2).unwrap());
        assert!((tally.loss - other.loss).abs() < 0.01 * tally.loss, "{tally:?} {other:?}");
        let share = share_of_movement(&found, &wanted, &start);
        assert!(share < 0.1, "case {index}: off by {share} of the movement, {:?}", case.spec);
    }
}

#[test]
fn threads_may_change_between_epochs() {
    for index in 5000..5006 {
        let mut case = Case::draw(index);
        case.spec.optimizer = ADAM;
        let train = |threads: [usize; 3]| {
            let mut engine = compile(&case.spec, 1).unwrap();
            let data = engine.upload(&case.samples).unwrap();
            for (epoch, threads) in threads.into_iter().enumerate() {
                engine.set_threads(threads);
                engine.train_epoch(data, run(&case.order(epoch as u64), 1e-3));
            }
            bits(&engine.export())
        };
        assert!(train([1, 1, 1]) == train([3, 1, 2]), "{:?}", case.spec);
    }
}
