//! What every engine promises, asked of each: the fused and the layered one at one and
//! at two threads, and the slow twin.

mod common;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use common::{ADAM, Case, GO_ON, SGD, bits, floats, mlp, run, stream};
use wellfit_nn::reference::Reference;
use wellfit_nn::*;

type Make = fn(&Spec) -> Box<dyn Session>;

const ENGINES: [(&str, Make); 5] = [
    ("fused, 1 thread", |spec| compile(spec, 1).unwrap()),
    ("fused, 2 threads", |spec| compile(spec, 2).unwrap()),
    ("layered, 1 thread", |spec| compile(&clipped(spec), 1).unwrap()),
    ("layered, 2 threads", |spec| compile(&clipped(spec), 2).unwrap()),
    ("twin", |spec| Box::new(Reference::<f32>::new(spec).unwrap())),
];

/// The same objective for the layered engine: clipping, to a norm that no gradient has.
fn clipped(spec: &Spec) -> Spec {
    Spec { clip_grad_norm: Some(1e30), ..spec.clone() }
}

fn set(n: usize) -> Samples {
    floats(&mut stream(1), n, 6, 4)
}

fn spec() -> Spec {
    mlp(6, &[9], 4, 8)
}

fn indices(n: u32) -> Vec<u32> {
    (0..n).collect()
}

fn classes<const N: usize>(classes: [u32; N]) -> Targets {
    Targets::Classes(Arc::new(classes.to_vec()))
}

#[test]
fn data_that_do_not_fit_are_refused_and_the_error_says_why() {
    let with = |change: fn(&mut Samples)| {
        let mut samples = set(5);
        change(&mut samples);
        samples
    };
    let table: [(Samples, &str); 6] = [
        (with(|s| s.features = 5), "samples have 5 values, but the network takes 6"),
        (
            with(|s| s.values = Values::Floats(Arc::new(vec![0.0; 29]))),
            "29 values do not make 5 samples of 6 values, one a target",
        ),
        (
            with(|s| s.values = Values::Bytes(Arc::new(vec![0; 36]), Arc::new([0.0; 256]))),
            "36 values do not make 5 samples of 6 values, one a target",
        ),
        (
            with(|s| s.targets = classes([0, 1, 2, 4, 0])),
            "label 4 of sample 3 is not below the number of classes, 4",
        ),
        (
            with(|s| {
                s.targets = classes([0, 1, 2, u32::MAX, 0]);
                s.rows = Some(Arc::new(vec![1, 3]));
            }),
            "label 4294967295 of sample 1 is not below the number of classes, 4",
        ),
        (
            with(|s| s.rows = Some(Arc::new(vec![0, 5]))),
            "sample 1 is row 5, but only 5 rows are stored",
        ),
    ];
    for (name, make) in ENGINES {
        for (samples, message) in &table {
            let error = make(&spec()).upload(samples).unwrap_err();
            assert_eq!(error.to_string(), *message, "{name}");
        }
    }
}

#[test]
fn targets_that_do_not_fit_the_loss_or_the_outputs_are_refused() {
    let numbers = |per_sample, values: usize| Samples {
        targets: Targets::Numbers { per_sample, values: Arc::new(vec![0.5; values]) },
        ..set(5)
    };
    let regression = Spec { loss: Loss::Huber { delta: 1.0 }, ..spec() };
    let table = [
        (spec(), numbers(4, 20), "the targets are numbers, but cross-entropy needs classes"),
        (regression.clone(), set(5), "the targets are classes, but huber needs numbers"),
        (regression.clone(), numbers(3, 15), "samples have 3 targets, but the network gives 4"),
        (regression.clone(), numbers(4, 19), "19 target values do not make samples of 4 targets"),
        (regression, numbers(4, 16), "30 values do not make 4 samples of 6 values, one a target"),
    ];
    for (name, make) in ENGINES {
        for (spec, samples, message) in &table {
            let error = make(spec).upload(samples).unwrap_err();
            assert_eq!(error.to_string(), *message, "{name}");
        }
    }
}

#[test]
fn losses_out_of_range_give_no_session() {
    let entropy = |label_smoothing, class_weights: Option<[f64; 4]>| Loss::CrossEntropy {
        label_smoothing,
        class_weights: class_weights.map(Vec::from),
    };
    let nan = f64::NAN;
    let table = [
        (entropy(1.0, None), "loss label_smoothing must be at least 0 and below 1, not 1"),
        (entropy(nan, None), "loss label_smoothing must be at least 0 and below 1, not NaN"),
        (
            Loss::CrossEntropy { label_smoothing: 0.0, class_weights: Some(vec![1.0; 3]) },
            "there are 3 class weights, but the data have 4 classes",
        ),
        (
            entropy(0.0, Some([1.0, -1.0, 1.0, 1.0])),
            "loss class_weights[1] must be a finite number of at least 0, not -1",
        ),
        (
            entropy(0.0, Some([1.0, 1.0, nan, 1.0])),
            "loss class_weights[2] must be a finite number of at least 0, not NaN",
        ),
        (entropy(0.0, Some([0.0; 4])), "the sum of loss class_weights must be above 0, not 0"),
        (Loss::Huber { delta: 0.0 }, "loss delta must be a finite number above 0, not 0"),
        (Loss::Huber { delta: nan }, "loss delta must be a finite number above 0, not NaN"),
    ];
    for (loss, message) in table {
        let error = compile(&Spec { loss, ..spec() }, 1).err().unwrap();
        assert_eq!(error.to_string(), message);
    }
    let mixed = Spec { measure: Some(Measure::Mse), ..spec() };
    let message = "a network that trains by cross-entropy cannot be measured by mse";
    assert_eq!(compile(&mixed, 1).err().unwrap().to_string(), message);
}

/// By hand: outputs are the biases 1 and −1; targets (1, 0) and (3, −1).
#[test]
fn numbers_are_scored_by_the_share_of_their_variance_that_is_explained() {
    for (name, make) in ENGINES {
        let mut network = mlp(6, &[], 2, 8);
        (network.loss, network.measure) = (Loss::Mse, Some(Measure::Huber { delta: 1.0 }));
        let mut engine = make(&network);
        let mut parameters = engine.export().parameters;
        parameters[0].data.fill(0.0);
        parameters[1].data.copy_from_slice(&[1.0, -1.0]);
        engine.import_parameters(&parameters).unwrap();
        let values = Arc::new(vec![1.0, 0.0, 3.0, -1.0]);
        let targets = Targets::Numbers { per_sample: 2, values };
        let data = engine.upload(&Samples { targets, ..set(2) }).unwrap();
        let evaluation = engine.evaluate(data);
        // Squared errors 0, 1 and 4, 0; their mean.
        assert_eq!(evaluation.loss, 1.25, "{name}");
        // Huber's: 0, 0.5 and 1.5, 0, averaged over targets.
        assert_eq!(evaluation.losses, [0.25, 0.75], "{name}");
        // 1 − 4/2 and 1 − 1/0.5.
        assert_eq!(evaluation.score, -1.0, "{name}");
        assert_eq!(evaluation.scores, Scores::R2(vec![-1.0, -1.0]), "{name}");
    }
}

/// Classes 0 and 1 weigh 3 and 1; the network says nothing, so each loses ln 4.
#[test]
fn a_classifiers_own_loss_has_its_class_weights_and_its_samples_have_not() {
    for (name, make) in ENGINES {
        let weights = vec![3.0, 1.0, 0.5, 0.0];
        let loss = Loss::CrossEntropy { label_smoothing: 0.3, class_weights: Some(weights) };
        let mut engine = make(&Spec { loss, ..mlp(6, &[], 4, 8) });
        let mut parameters = engine.export().parameters;
        parameters[0].data.fill(0.0);
        parameters[1].data.copy_from_slice(&[2f32.ln(), 0.0, 0.0, 0.0]);
        engine.import_parameters(&parameters).unwrap();
        let samples = Samples { targets: classes([0, 1, 3]), ..set(3) };
        let data = engine.upload(&samples).unwrap();
        let evaluation = engine.evaluate(data);
        // p = 2/5 and 1/5.
        let [first, other] = [(5f64 / 2.0).ln(), 5f64.ln()];
        for (found, wanted) in evaluation.losses.iter().zip([first, other, other]) {
            assert!((f64::from(*found) - wanted).abs() < 1e-6, "{name}: {evaluation:?}");
        }
        let wanted = (3.0 * first + other) / 4.0;
        assert!((evaluation.loss - wanted).abs() < 1e-6, "{name}: {evaluation:?}");
    }
}

#[test]
fn a_wrong_label_outside_the_rows_does_not_matter() {
    let mut samples = set(5);
    samples.targets = classes([0, 1, 2, 99, 0]);
    samples.rows = Some(Arc::new(vec![4, 0, 0]));
    for (name, make) in ENGINES {
        assert_eq!(make(&spec()).upload(&samples), Ok(DataId(0)), "{name}");
    }
}

#[test]
fn states_that_do_not_fit_are_refused_and_change_nothing() {
    let good = compile(&spec(), 1).unwrap().export();
    let with = |change: fn(&mut State)| {
        let mut state = good.clone();
        change(&mut state);
        state
    };
    let table: [(State, &str); 8] = [
        (with(|s| drop(s.parameters.remove(1))), "tensor 0.bias of shape [9] is missing"),
        (
            with(|s| s.parameters[2].shape = vec![9, 4]),
            "tensor 2.weight has shape [9, 4], but the network needs [4, 9]",
        ),
        (
            with(|s| s.parameters[2].data.truncate(35)),
            "tensor 2.weight has shape [35], but the network needs [4, 9]",
        ),
        (
            with(|s| {
                s.parameters.push(Tensor { name: "4.bias".into(), ..s.parameters[1].clone() })
            }),
            "tensor 4.bias belongs to no layer of the network",
        ),
        (
            with(|s| s.parameters.push(s.parameters[1].clone())),
            "tensor 0.bias belongs to no layer of the network",
        ),
        (with(|s| drop(s.slots.pop())), "tensor exp_avg_sq of shape [9, 6] is missing"),
        (
            with(|s| s.slots.push(s.slots[0].clone())),
            "tensor 0.weight (optimizer state) belongs to no layer of the network",
        ),
        (
            with(|s| s.slots[1][0].shape = vec![54]),
            "tensor 0.weight has shape [54], but the network needs [9, 6]",
        ),
    ];
    for (name, make) in ENGINES {
        for (state, message) in &table {
            let mut engine = make(&spec());
            let before = bits(&engine.export());
            assert_eq!(engine.import(state).unwrap_err().to_string(), *message, "{name}");
            assert!(bits(&engine.export()) == before, "{name}: {message}");
            if state.slots == good.slots {
                let error = engine.import_parameters(&state.parameters).unwrap_err();
                assert_eq!(error.to_string(), *message, "{name}");
                assert!(bits(&engine.export()) == before, "{name}: {message}");
            }
        }
    }
}

#[test]
fn tensors_may_come_in_any_order() {
    for (name, make) in ENGINES {
        let mut engine = make(&spec());
        let state = engine.export();
        let mut reversed = state.parameters.clone();
        reversed.reverse();
        engine.import_parameters(&reversed).unwrap();
        assert_eq!(engine.export().parameters, state.parameters, "{name}");
    }
}

#[test]
fn a_session_goes_on_from_an_export_with_the_same_bits() {
    for index in 6000..6016 {
        let mut case = Case::draw(index);
        case.spec.optimizer = match index % 3 {
            0 => ADAM,
            1 => Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-3 },
            _ => SGD,
        };
        for (name, make) in ENGINES {
            let mut whole = make(&case.spec);
            let data = whole.upload(&case.samples).unwrap();
            whole.train_epoch(data, run(&case.order(0), 1e-3));
            let kept = whole.export();
            let wanted = whole.train_epoch(data, run(&case.order(1), 1e-3));

            let mut resumed = make(&case.spec);
            resumed.import(&kept).unwrap();
            assert!(bits(&resumed.export()) == bits(&kept), "{name}, {:?}", case.spec);
            let data = resumed.upload(&case.samples).unwrap();
            let found = resumed.train_epoch(data, run(&case.order(1), 1e-3));
            assert_eq!(found.loss.to_bits(), wanted.loss.to_bits(), "{name}");
            assert_eq!(found.penalty.to_bits(), wanted.penalty.to_bits(), "{name}");
            assert!(bits(&resumed.export()) == bits(&whole.export()), "{name}, {:?}", case.spec);
        }
    }
}

#[test]
fn imported_parameters_start_afresh() {
    let mut spec = spec();
    spec.layers.insert(2, Layer::Dropout { p: 0.5 });
    spec.penalties = vec![Penalty { kind: PenaltyKind::L2Norm, lambda: 0.1, on: PenaltyOn::All }];
    let order = indices(20);
    for (name, make) in ENGINES {
        let mut fresh = make(&spec);
        let start = fresh.export();
        let data = fresh.upload(&set(20)).unwrap();
        let wanted = fresh.train_epoch(data, run(&order, 0.01));
        let after = fresh.export();

        fresh.import_parameters(&start.parameters).unwrap();
        assert_eq!(fresh.export().step, 0, "{name}");
        let found = fresh.train_epoch(data, run(&order, 0.01));
        assert_eq!(found.loss.to_bits(), wanted.loss.to_bits(), "{name}");
        assert!((found.penalty - wanted.penalty).abs() < 1e-9 * wanted.penalty, "{name}");
        for (a, b) in fresh.export().parameters.iter().zip(&after.parameters) {
            for (a, b) in a.data.iter().zip(&b.data) {
                assert!((a - b).abs() < 1e-6, "{name}: {a} and {b}");
            }
        }
    }
}

/// Only the sums themselves tell that they were used: make them wrong.
#[test]
fn the_penalty_before_a_step_comes_from_the_imported_sums() {
    let mut spec = spec();
    spec.penalties = vec![Penalty { kind: PenaltyKind::L1, lambda: 0.5, on: PenaltyOn::Weights }];
    for (name, make) in ENGINES {
        let mut engine = make(&spec);
        let data = engine.upload(&set(8)).unwrap();
        let state = engine.export();
        let honest: f64 = state
            .parameters
            .iter()
            .filter(|t| t.name.ends_with("weight"))
            .flat_map(|t| &t.data)
            .map(|w| f64::from(w.abs()))
            .sum();
        let penalty = |engine: &mut Box<dyn Session>, sums| {
            engine.import(&State { sums, ..state.clone() }).unwrap();
            engine.train_epoch(data, run(&indices(8), 0.01)).penalty
        };
        let recomputed = penalty(&mut engine, Vec::new());
        assert!((recomputed - 0.5 * honest).abs() < 1e-6 * honest, "{name}: {recomputed}");
        let given = penalty(&mut engine, vec![[10.0, 1.0]; 4]);
        assert!((given - 0.5 * 20.0).abs() < 1e-9, "{name}: {given}");
    }
}

#[test]
fn a_last_batch_is_kept_or_dropped_as_asked() {
    for (name, make) in ENGINES {
        for (drop_last, n, steps) in [
            (false, 17, 3),
            (true, 17, 2),
            (false, 16, 2),
            (true, 16, 2),
            (false, 5, 1),
            (true, 5, 0),
        ] {
            let mut engine = make(&Spec { drop_last, ..spec() });
            let data = engine.upload(&set(20)).unwrap();
            let tally = engine.train_epoch(data, run(&indices(n), 0.01));
            assert_eq!((tally.steps, tally.end), (steps, EpochEnd::Complete), "{name}");
            assert_eq!(engine.export().step, steps, "{name}");
        }
    }
}

/// With rate 0 nothing moves, so the epoch's loss is the evaluation's, each
/// sample counting once whatever its batch.
#[test]
fn an_epochs_loss_is_the_mean_over_samples() {
    for (name, make) in ENGINES {
        let mut engine = make(&Spec { optimizer: SGD, ..spec() });
        let data = engine.upload(&set(19)).unwrap();
        let loss = engine.train_epoch(data, run(&indices(19), 0.0)).loss;
        let wanted = engine.evaluate(data).loss;
        assert!((loss - wanted).abs() < 1e-6, "{name}: {loss} and {wanted}");
    }
}

#[test]
fn a_raised_flag_stops_the_epoch() {
    for (name, make) in ENGINES {
        let mut engine = make(&spec());
        let data = engine.upload(&set(20)).unwrap();
        let stop = AtomicBool::new(true);
        let order = indices(20);
        let steps = Steps::Same(StepSettings::rate(0.1));
        let tally =
            engine.train_epoch(data, EpochRun { order: &order, steps, stop: &stop, feed: None });
        assert_eq!(tally.end, EpochEnd::Stopped, "{name}");
        let tally =
            engine.train_epoch(data, EpochRun { order: &order, steps, stop: &GO_ON, feed: None });
        assert_eq!(tally.end, EpochEnd::Complete, "{name}");
    }
}

#[test]
fn a_loss_that_is_not_finite_ends_the_epoch_at_its_step() {
    for (name, make) in ENGINES {
        for poison in [f32::NAN, f32::INFINITY] {
            let mut samples = set(40);
            let Values::Floats(values) = &samples.values else { unreachable!() };
            let mut values = values.to_vec();
            values[6 * 20 + 3] = poison;
            samples.values = Values::Floats(Arc::new(values));
            let mut engine = make(&spec());
            let data = engine.upload(&samples).unwrap();
            let tally = engine.train_epoch(data, run(&indices(40), 0.01));
            assert_eq!(tally.end, EpochEnd::Diverged { step: 2 }, "{name}, {poison}");
            assert_eq!(tally.steps, 2, "{name}, {poison}");
            assert!(!tally.loss.is_finite(), "{name}: {}", tally.loss);
        }
        let mut engine = make(&Spec { optimizer: SGD, ..spec() });
        let data = engine.upload(&set(40)).unwrap();
        let tally = engine.train_epoch(data, run(&indices(40), 1e30));
        assert!(matches!(tally.end, EpochEnd::Diverged { step: 1.. }), "{name}: {tally:?}");
    }
}

#[test]
fn a_network_full_of_nan_hits_nothing() {
    for (name, make) in ENGINES {
        let mut engine = make(&spec());
        let mut parameters = engine.export().parameters;
        parameters.iter_mut().for_each(|tensor| tensor.data.fill(f32::NAN));
        engine.import_parameters(&parameters).unwrap();
        let data = engine.upload(&set(20)).unwrap();
        let evaluation = engine.evaluate(data);
        assert_eq!(evaluation.score, 0.0, "{name}");
        assert!(evaluation.losses.iter().all(|loss| loss.is_nan()), "{name}");
        assert_eq!(evaluation.predicted, Some(vec![0; 4]), "{name}");
    }
}

#[test]
fn of_equal_logits_the_first_is_the_prediction() {
    for (name, make) in ENGINES {
        let mut engine = make(&spec());
        let mut parameters = engine.export().parameters;
        parameters.iter_mut().for_each(|tensor| tensor.data.fill(0.0));
        engine.import_parameters(&parameters).unwrap();
        let samples = set(20);
        let data = engine.upload(&samples).unwrap();
        let hits = engine.evaluate(data).scores;
        let right = (0..20).map(|i| samples.target(i) == Target::Class(0)).collect();
        assert_eq!(hits, Scores::Hits(right), "{name}");
        assert_eq!(engine.evaluate(data).predicted, Some(vec![20, 0, 0, 0]), "{name}");
        assert!((engine.evaluate(data).loss - 4f64.ln()).abs() < 1e-6, "{name}");
    }
}

#[test]
fn huge_logits_give_finite_losses() {
    for (name, make) in ENGINES {
        let mut engine = make(&mlp(6, &[], 4, 8));
        let mut parameters = engine.export().parameters;
        for tensor in &mut parameters {
            tensor.data.iter_mut().for_each(|w| *w *= 1e6);
        }
        engine.import_parameters(&parameters).unwrap();
        let data = engine.upload(&set(20)).unwrap();
        let evaluation = engine.evaluate(data);
        assert!(evaluation.losses.iter().all(|&l| l.is_finite() && l >= 0.0), "{name}");
        let tally = engine.train_epoch(data, run(&indices(20), 1e-3));
        assert_eq!(tally.end, EpochEnd::Complete, "{name}");
    }
}

#[test]
fn dropout_with_p_1_gives_the_bias_and_never_nan() {
    for (name, make) in ENGINES {
        let mut spec = spec();
        spec.layers.insert(0, Layer::Dropout { p: 1.0 });
        let mut engine = make(&spec);
        let data = engine.upload(&set(16)).unwrap();
        let tally = engine.train_epoch(data, run(&indices(16), 0.01));
        assert_eq!(tally.end, EpochEnd::Complete, "{name}");
        let state = engine.export();
        let mut fresh = make(&spec).export();
        // Nothing reaches the first layer's weights, so they stay.
        assert_eq!(state.parameters[0], fresh.parameters.remove(0), "{name}");
    }
}

#[test]
fn dropout_layers_leave_the_other_layers_initial_weights() {
    let plain = compile(&spec(), 1).unwrap().export();
    for (name, make) in ENGINES {
        let mut dropped = spec();
        dropped.layers.insert(2, Layer::Dropout { p: 0.5 });
        dropped.layers.insert(0, Layer::Dropout { p: 0.5 });
        let found = make(&dropped).export();
        for (found, plain) in found.parameters.iter().zip(&plain.parameters) {
            assert_eq!(found.data, plain.data, "{name}: {}", found.name);
        }
    }
}

#[test]
fn evaluating_changes_nothing() {
    for (name, make) in ENGINES {
        let mut engine = make(&Case::draw(77).spec);
        let data = engine.upload(&Case::draw(77).samples).unwrap();
        let before = bits(&engine.export());
        let first = engine.evaluate(data);
        assert_eq!(engine.evaluate(data), first, "{name}");
        assert!(bits(&engine.export()) == before, "{name}");
    }
}

#[test]
fn sets_are_kept_apart() {
    for (name, make) in ENGINES {
        let mut engine = make(&spec());
        let (small, large) = (engine.upload(&set(3)).unwrap(), engine.upload(&set(30)).unwrap());
        assert_eq!(engine.evaluate(large).scores.len(), 30, "{name}");
        assert_eq!(engine.evaluate(small).scores.len(), 3, "{name}");
        assert_eq!(engine.logits(small).len(), 12, "{name}");
        assert_eq!(engine.evaluate(small).losses[..], engine.evaluate(large).losses[..3], "{name}");
    }
}

#[test]
fn a_batch_larger_than_the_data_is_one_step() {
    for (name, make) in ENGINES {
        let mut engine = make(&Spec { batch_size: 1_000_000_000_000, ..spec() });
        let data = engine.upload(&set(30)).unwrap();
        let tally = engine.train_epoch(data, run(&indices(30), 0.01));
        assert_eq!((tally.steps, tally.end), (1, EpochEnd::Complete), "{name}");
    }
}

#[test]
fn a_wrong_spec_gives_no_session() {
    let wrong = Spec { outputs: 5, ..spec() };
    let message = "layer 2 (linear) gives 4 outputs, but the data have 5 classes: set out = 5";
    assert_eq!(compile(&wrong, 1).err().unwrap().to_string(), message);
    assert_eq!(Reference::<f64>::new(&wrong).err().unwrap().to_string(), message);
    assert!(compile(&Spec { input: Shape::Flat(0), ..spec() }, 1).is_err());
}
