//! Samples that a feed changes and blends, and units with a largest norm: both engines equal
//! the slow twin, with the same bits at any number of threads and on any instruction set.

mod common;

use std::sync::Arc;

use common::twin::{
    all_follow, epoch, follows_fed, follows_where_calm, outcome_of, share_of_movement,
};
use common::{ADAM, ADAMW, Case, RMSPROP, SGD, floats, mlp, run, stream};
use wellfit_nn::reference::Reference;
use wellfit_nn::*;

/// Both engines' networks in turn, and all losses. L1 is for other tests: where a batch norm
/// makes a gradient 0 but for rounding, its sign decides. So is what is nothing but zeros: of
/// that batch norms make rounding errors as large as anything.
fn case(index: u64) -> Case {
    let even = index.is_multiple_of(2);
    let mut case = if even { Case::draw(index).with_loss() } else { Case::draw_layered(index) };
    case.spec.penalties.retain(|penalty| penalty.kind != PenaltyKind::L1);
    case.spec.layers.retain(|layer| *layer != Layer::Dropout { p: 1.0 });
    case
}

/// Batch norm blows rounding errors up.
const TOLERANCE: f64 = 1e-4;

/// With rate 1, no momentum and one step, the movement is the gradient.
#[test]
fn gradients_of_blended_samples_are_the_twins() {
    all_follow(20_000..20_160, |index| {
        let case = case(index);
        let order = case.order(0);
        let batch = &order[..order.len().min(case.spec.batch_size)];
        follows_fed(&case, &[batch], 1.0, TOLERANCE)
    });
}

#[test]
fn fed_epochs_with_limited_norms_follow_the_twin() {
    let adam =
        Optimizer::Adam { betas: (0.9, 0.999), eps: 1e-2, weight_decay: 0.0, decoupled: false };
    let momentum = Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 0.01 };
    all_follow(21_000..21_120, |index| {
        let mut case = case(index);
        case.spec.optimizer = [adam, momentum][index as usize / 2 % 2];
        // Some units start beyond it, some get there, some never do.
        case.spec.max_norm = Some([0.3, 0.6, 1.2][index as usize % 3]);
        let epochs: [&[u32]; 2] = [&case.order(0), &case.order(1)];
        match index % 4 {
            0 | 1 => follows_fed(&case, &epochs, 0.01, TOLERANCE),
            _ => follows_where_calm(&case, &epochs, 0.01, TOLERANCE),
        }
    });
}

#[test]
fn averages_are_of_weights_whose_norm_was_limited() {
    let mut compared = 0;
    for index in 22_000..22_020 {
        let mut case = case(index);
        case.spec = Spec { average: true, max_norm: Some(0.4), optimizer: SGD, ..case.spec };
        let order = case.order(0);
        let train = |session: &mut dyn Session| {
            let data = session.upload(&case.samples).unwrap();
            let steps = Steps::Same(StepSettings { average: 1.0, ..StepSettings::rate(0.1) });
            session.train_epoch(data, EpochRun { steps, ..run(&order, 0.1) });
            session.export()
        };
        let state = train(&mut *compile(&case.spec, 2).unwrap());
        let infos = case.spec.trained();
        for (info, average) in infos.iter().zip(state.slots.last().unwrap()) {
            let weight = state.parameters.iter().find(|t| t.name == info.name).unwrap();
            assert_eq!(weight.data, average.data, "{}: {:?}", info.name, case.spec);
            if !info.is_weight() {
                continue;
            }
            let inputs = weight.data.len() / weight.shape[0];
            for unit in weight.data.chunks(inputs) {
                let norm = unit.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>().sqrt();
                assert!(norm <= 0.4 + 1e-6 || norm.is_nan(), "{norm}");
                compared += usize::from(norm > 0.39);
            }
        }
    }
    assert!(compared > 100, "only {compared} units at their norm");
}

#[test]
fn every_number_of_threads_and_every_instruction_set_give_the_same_bits() {
    for index in 23_000..23_040 {
        let mut case = case(index);
        case.spec.optimizer = [ADAM, SGD, ADAMW, RMSPROP][index as usize % 4];
        case.spec.max_norm = [None, Some(0.5)][index as usize / 2 % 2];
        case.spec.average = index % 3 == 0;
        let one = outcome_of(compile(&case.spec, 1).unwrap(), &case, true);
        for threads in [2, 3, 8] {
            let more = outcome_of(compile(&case.spec, threads).unwrap(), &case, true);
            assert!(one == more, "1 and {threads} threads differ: {:?}", case.spec);
        }
        for set in instruction_sets() {
            let other = outcome_of(compile_on(set, &case.spec, 2).unwrap(), &case, true);
            assert!(one == other, "{set} differs: {:?}", case.spec);
        }
    }
}

/// Evaluations and batch norm's averages are of the samples as they are stored.
#[test]
fn nothing_but_training_sees_what_a_feed_gives() {
    let case = Case::draw(24_000);
    let order = case.order(0);
    let mut fed = compile(&case.spec, 1).unwrap();
    let data = fed.upload(&case.samples).unwrap();
    epoch(&mut *fed, data, &case, &order, (0.05, true));
    let mut plain = compile(&case.spec, 1).unwrap();
    let other = plain.upload(&case.samples).unwrap();
    plain.import(&fed.export()).unwrap();
    assert_eq!(plain.evaluate(other), fed.evaluate(data));
    epoch(&mut *plain, other, &case, &order, (0.05, false));
    epoch(&mut *fed, data, &case, &order, (0.05, true));
    assert_ne!(plain.export(), fed.export());
}

/// A feed that changes nothing changes no bit.
#[test]
fn samples_that_are_fed_as_they_are_give_the_bits_of_those_that_are_not() {
    #[derive(Debug)]
    struct AsStored<'a>(&'a Samples, &'a [u32]);
    impl Feed for AsStored<'_> {
        fn read(&self, position: usize, out: &mut [f32], _: &mut [f32]) {
            self.0.read(self.1[position] as usize, out);
        }
    }
    for index in 25_000..25_020 {
        let case = case(index);
        let order = case.order(0);
        let feed = AsStored(&case.samples, &order);
        let [fed, plain] = [Some(&feed as &dyn Feed), None].map(|feed| {
            let mut engine = compile(&case.spec, 2).unwrap();
            let data = engine.upload(&case.samples).unwrap();
            let tally = engine.train_epoch(data, EpochRun { feed, ..run(&order, 0.01) });
            (tally, common::bits(&engine.export()))
        });
        assert!(fed.1 == plain.1, "{:?}", case.spec);
        let losses = [fed.0.loss, plain.0.loss].map(f64::to_bits);
        assert_eq!(losses[0], losses[1]);
    }
}

#[test]
fn bfloat16_takes_limited_norms_and_fed_samples() {
    for index in 26_000..26_012 {
        let mut case = Case::draw(index);
        case.spec.optimizer = SGD;
        case.spec.max_norm = Some(0.5);
        let single = case.clone();
        case.spec.precision = Precision::Bf16;
        if matches!(compile(&case.spec, 1), Err(CompileError::Bf16 { .. })) {
            println!("not compared: this processor has no AVX512-BF16");
            return;
        }
        let [one, two] = [1, 2].map(|t| outcome_of(compile(&case.spec, t).unwrap(), &case, true));
        assert!(one == two, "{:?}", case.spec);
        let order = case.order(0);
        let train = |session: &mut dyn Session| {
            let (start, data) = (session.export(), session.upload(&case.samples).unwrap());
            epoch(session, data, &case, &order, (1e-3, true));
            (start, session.export())
        };
        let (start, wanted) = train(&mut Reference::<f64>::new(&single.spec).unwrap());
        let (_, found) = train(&mut *compile(&case.spec, 2).unwrap());
        let share = share_of_movement(&found, &wanted, &start);
        assert!(share < 0.1, "case {index}: off by {share} of the movement, {:?}", case.spec);
    }
}

#[test]
fn a_largest_norm_that_is_none_is_refused() {
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let spec = Spec { max_norm: Some(wrong), ..mlp(3, &[], 2, 4) };
        let error = compile(&spec, 1).err().unwrap().to_string();
        assert!(error.contains("max_norm must be above 0"), "{error}");
    }
}

/// Each weight's share of the loss: of class a, λ·w(a), of b, (1−λ)·w(b).
#[test]
fn a_batchs_loss_is_the_mean_by_weight_of_both_targets() {
    let loss = Loss::CrossEntropy { label_smoothing: 0.0, class_weights: Some(vec![1.0, 3.0]) };
    let spec = Spec { loss, optimizer: SGD, ..mlp(1, &[], 2, 2) };
    let mut samples = floats(&mut stream(1), 2, 1, 2);
    samples.targets = Targets::Classes(Arc::new(vec![0, 1]));
    #[derive(Debug)]
    struct Half;
    impl Feed for Half {
        fn read(&self, _: usize, out: &mut [f32], _: &mut [f32]) {
            out[0] = 0.0;
        }
        fn blend(&self, position: usize) -> Option<Blend> {
            Some(Blend { other: 1 - position as u32, share: 0.25 })
        }
    }
    let mut engine = compile(&spec, 1).unwrap();
    let mut state = engine.export();
    state.parameters[1].data = vec![0.0, 1.0];
    engine.import(&state).unwrap();
    let data = engine.upload(&samples).unwrap();
    let tally = engine.train_epoch(data, EpochRun { feed: Some(&Half), ..run(&[0, 1], 0.0) });
    let log = (1.0 + 1f64.exp()).ln();
    let (first, second) = (log, 3.0 * (log - 1.0));
    // Two samples, each with both classes: 0.25 and 0.75, then 0.75 and 0.25.
    let wanted = (first + second) / (1.0 + 3.0);
    assert!((tally.loss - wanted).abs() < 1e-6, "{}, {wanted}", tally.loss);
}

/// The batches of `golden/blend.txt`: a name, then lines of a key and numbers.
fn golden_blends() -> Vec<(String, std::collections::HashMap<String, Vec<f32>>)> {
    let mut cases = Vec::new();
    for line in include_str!("golden/blend.txt").lines() {
        let (key, rest) = line.split_once(' ').unwrap();
        if key == "case" {
            cases.push((rest.to_owned(), std::collections::HashMap::new()));
            continue;
        }
        let values = rest.split(' ').map(|number| number.parse().unwrap()).collect();
        cases.last_mut().unwrap().1.insert(key.to_owned(), values);
    }
    cases
}

/// By SGD with rate 1 the movement is the gradient.
#[test]
fn a_blended_batchs_loss_and_gradients_are_pytorchs() {
    #[derive(Debug)]
    struct Mixed {
        x: Vec<f32>,
        partner: Vec<f32>,
        share: f32,
    }
    impl Feed for Mixed {
        fn read(&self, position: usize, out: &mut [f32], _: &mut [f32]) {
            let row = |i: usize| &self.x[i * 5..(i + 1) * 5];
            let both = row(position).iter().zip(row(self.partner[position] as usize));
            for (out, (own, other)) in out.iter_mut().zip(both) {
                *out = self.share * own + (1.0 - self.share) * other;
            }
        }
        fn blend(&self, position: usize) -> Option<Blend> {
            Some(Blend { other: self.partner[position] as u32, share: self.share })
        }
    }
    let cases = golden_blends();
    assert_eq!(cases.len(), 5);
    for (name, values) in cases {
        let of = |key: &str| values[key].clone();
        let entropy =
            |label_smoothing, class_weights| Loss::CrossEntropy { label_smoothing, class_weights };
        let loss = match &name[..] {
            "cross-entropy" => Loss::CROSS_ENTROPY,
            "smoothing" => entropy(0.2, None),
            "weights" => entropy(0.1, Some(of("weights").into_iter().map(f64::from).collect())),
            "mse" => Loss::Mse,
            "huber" => Loss::Huber { delta: 0.5 },
            other => panic!("{other}"),
        };
        let targets = match loss.is_classification() {
            true => Targets::Classes(Arc::new(of("labels").iter().map(|&c| c as u32).collect())),
            false => Targets::Numbers { per_sample: 4, values: Arc::new(of("numbers")) },
        };
        let linear = |out| Layer::Linear { out, bias: true };
        let dense = vec![linear(7), Layer::Activation(Activation::Tanh), linear(4)];
        // The second goes to the layered engine.
        for clip_grad_norm in [None, Some(1e9)] {
            let spec = Spec {
                loss: loss.clone(),
                optimizer: SGD,
                clip_grad_norm,
                ..Spec::new(Shape::Flat(5), 4, dense.clone())
            };
            let mut engine = compile(&spec, 2).unwrap();
            let mut state = engine.export();
            state.parameters.iter_mut().for_each(|tensor| tensor.data = of(&tensor.name));
            engine.import(&state).unwrap();
            let values = Values::Floats(Arc::new(of("x")));
            let data = engine
                .upload(&Samples { features: 5, values, targets: targets.clone(), rows: None })
                .unwrap();
            let feed = Mixed { x: of("x"), partner: of("partner"), share: of("share")[0] };
            let run = EpochRun { feed: Some(&feed), ..run(&[0, 1, 2, 3, 4, 5], 1.0) };
            let tally = engine.train_epoch(data, run);
            let wanted = f64::from(of("loss")[0]);
            assert!((tally.loss - wanted).abs() < 1e-6, "{name}: {}, {wanted}", tally.loss);
            for (new, old) in engine.export().parameters.iter().zip(&state.parameters) {
                let gradient = of(&format!("{}.grad", old.name));
                for ((new, old), wanted) in new.data.iter().zip(&old.data).zip(gradient) {
                    let found = old - new;
                    assert!((found - wanted).abs() < 1e-6, "{name}: {found}, {wanted}");
                }
            }
        }
    }
}
