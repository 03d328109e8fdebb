//! Known answers: what training and evaluating fixed networks gives, bit by bit, on
//! every machine. Where `twin.rs` asks whether instruction sets agree on one machine,
//! this asks whether machines agree; CI runs it on x86-64 and on ARM64.
//!
//! A hash that changes means that records made before cannot be made again. When that
//! is meant (another order of sums, say), put the new hashes here and say so in the
//! changelog.

mod common;

use common::{ADAM, ADAMW, Case, GO_ON, RMSPROP, bits, bytes, floats, mlp, stream};
use wellfit_nn::*;

/// FNV-1a of 32-bit words.
/// <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>
fn hash(words: impl IntoIterator<Item = u32>) -> u64 {
    let bytes = words.into_iter().flat_map(u32::to_le_bytes);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn halves(x: u64) -> [u32; 2] {
    [x as u32, (x >> 32) as u32]
}

/// Three epochs, then an evaluation: the hashes of all that the session holds, and of
/// tallies, losses and hits.
fn answer(instructions: &str, threads: usize, case: &Case) -> [u64; 2] {
    let mut session = compile_on(instructions, &case.spec, threads).unwrap();
    let data = session.upload(&case.samples).unwrap();
    let mut figures = Vec::new();
    let average = if case.spec.average { 0.1 } else { 0.0 };
    let steps = Steps::Same(StepSettings { average, ..StepSettings::rate(0.01) });
    for epoch in 0..3 {
        let order = case.order(epoch);
        let tally =
            session.train_epoch(data, EpochRun { order: &order, steps, stop: &GO_ON, feed: None });
        assert_eq!(tally.end, EpochEnd::Complete);
        figures.extend([tally.loss, tally.penalty].map(f64::to_bits).map(halves).concat());
    }
    let (values, sums, step) = bits(&session.export());
    let sums = sums.into_iter().flatten().chain([step]).flat_map(halves);
    let evaluation = session.evaluate(data);
    figures.extend(evaluation.losses.iter().map(|loss| loss.to_bits()));
    figures.extend(evaluation.scores.to_vec().iter().map(|&hit| hit as u32));
    [hash(values.into_iter().chain(sums)), hash(figures)]
}

fn case(index: u64, samples: Samples, spec: Spec) -> Case {
    Case { index, spec, samples }
}

/// The article's network on a few pictures.
fn article() -> Case {
    case(1, bytes(&mut stream(1), 70, 784, 10), mlp(784, &[200], 10, 32))
}

/// Widths that fill no vector, every activation, dropout everywhere, every penalty.
fn everything(optimizer: Optimizer) -> Case {
    use Activation::*;
    let mut layers = vec![Layer::Dropout { p: 0.1 }];
    let activations = [Relu, LeakyRelu { slope: 0.1 }, Elu, Gelu, Silu, Tanh, Sigmoid];
    for (i, activation) in activations.into_iter().enumerate() {
        layers.push(Layer::Linear { out: 83 - 5 * i, bias: i % 3 > 0 });
        layers.push(Layer::Activation(activation));
    }
    layers.extend([Layer::Dropout { p: 0.3 }, Layer::Linear { out: 7, bias: true }]);
    let penalty = |kind, on| Penalty { kind, lambda: 1e-3, on };
    let penalties = vec![
        penalty(PenaltyKind::L1, PenaltyOn::Weights),
        penalty(PenaltyKind::L2, PenaltyOn::All),
        penalty(PenaltyKind::L2Norm, PenaltyOn::Weights),
    ];
    let spec = Spec { layers, penalties, optimizer, ..mlp(37, &[], 7, 19) };
    case(2, floats(&mut stream(2), 90, 37, 7), spec)
}

fn momentum(nesterov: bool) -> Optimizer {
    Optimizer::Sgd { momentum: 0.9, nesterov, weight_decay: 1e-3 }
}

/// Images that are not square, padding, strides, both pools, both norms, a residual block,
/// clipping, an average.
fn convolutional() -> Case {
    let conv = |out, window| Layer::Conv2d { out, window, bias: true };
    let inner = vec![
        Layer::Conv2d { out: 20, window: Window::square(3, 1, 1), bias: false },
        Layer::BatchNorm,
        Layer::Activation(Activation::Gelu),
        Layer::Dropout { p: 0.2 },
    ];
    let strided = Window { kernel: [2, 3], stride: [1, 2], padding: [0, 1] };
    let layers = vec![
        conv(20, Window::square(3, 1, 1)),
        Layer::BatchNorm,
        Layer::RELU,
        Layer::MaxPool2d { window: Window::square(2, 2, 0) },
        Layer::Residual { layers: inner },
        conv(33, strided),
        Layer::Activation(Activation::Silu),
        Layer::AvgPool2d { window: Window { kernel: [2, 1], stride: [2, 1], padding: [0, 0] } },
        Layer::Flatten,
        Layer::Dropout { p: 0.3 },
        Layer::Linear { out: 40, bias: true },
        Layer::LayerNorm,
        Layer::RELU,
        Layer::Linear { out: 5, bias: true },
    ];
    let input = Shape::Image { channels: 3, height: 12, width: 9 };
    let penalty = |kind| Penalty { kind, lambda: 1e-3, on: PenaltyOn::Weights };
    let spec = Spec {
        penalties: vec![penalty(PenaltyKind::L1), penalty(PenaltyKind::L2)],
        clip_grad_norm: Some(0.5),
        average: true,
        batch_size: 19,
        seed: 4,
        ..Spec::new(input, 5, layers)
    };
    case(3, floats(&mut stream(3), 60, input.len(), 5), spec)
}

/// On every instruction set of this machine, with one thread and with three.
#[track_caller]
fn gives(case: &Case, known: [u64; 2]) {
    for instructions in instruction_sets() {
        for threads in [1, 3] {
            let found = answer(instructions, threads, case);
            let [[a, b], [c, d]] = [found, known];
            assert!(
                found == known,
                "{instructions}, {threads} threads: found [{a:#x}, {b:#x}], known [{c:#x}, {d:#x}]"
            );
        }
    }
}

#[test]
fn the_articles_network_gives_the_known_bits() {
    gives(&article(), [0xe651_2ee6_aac2_71b8, 0x4357_cd4f_4c7b_48ee]);
}

#[test]
fn adam_with_every_activation_and_penalty_gives_the_known_bits() {
    gives(&everything(ADAM), [0x7b5f_a141_3be1_c202, 0x6ea7_70fe_cd61_7f94]);
}

#[test]
fn adamw_gives_the_known_bits() {
    gives(&everything(ADAMW), [0xfe8e_5ef8_c508_69c8, 0xbd6d_7dbe_16c5_3f36]);
}

#[test]
fn rmsprop_gives_the_known_bits() {
    gives(&everything(RMSPROP), [0x7412_6684_7002_d073, 0xcc41_7a5a_db5e_b49d]);
}

#[test]
fn momentum_gives_the_known_bits() {
    gives(&everything(momentum(false)), [0x5a99_d476_3e31_3139, 0x9acf_d258_9cdf_27e9]);
}

#[test]
fn nesterovs_momentum_gives_the_known_bits() {
    gives(&everything(momentum(true)), [0x9886_f5c0_5916_3a48, 0xec88_dfd6_29b0_e12f]);
}

#[test]
fn a_convolutional_network_with_everything_gives_the_known_bits() {
    gives(&convolutional(), [0x5ac4_b00a_40d4_0ce8, 0x6c0a_ff68_db4e_e03b]);
}

#[test]
fn the_hash_is_fnv_1a() {
    // Nothing gives the offset basis; the other was computed byte by byte in Python.
    assert_eq!(hash([]), 0xcbf2_9ce4_8422_2325);
    assert_eq!(hash([*b"foob", *b"ar  "].map(u32::from_le_bytes)), 0x745c_47eb_4ec8_2d68);
}
