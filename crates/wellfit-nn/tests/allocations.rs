//! Training allocates nothing on the heap: counted by an allocator of our own.
//! A program without the test harness, whose own thread allocates meanwhile.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use common::fed::Fed;
use common::{ADAM, floats, mlp, run, stream};
use wellfit_nn::*;

/// The system's allocator, counting.
struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator with the arguments it came with.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::SeqCst);
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::SeqCst);
        // SAFETY: the caller keeps `realloc`'s contract.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of one call.
fn count<T>(call: impl FnOnce() -> T) -> usize {
    let before = COUNT.load(Ordering::SeqCst);
    std::hint::black_box(call());
    COUNT.load(Ordering::SeqCst) - before
}

fn main() {
    an_epoch_allocates_nothing_however_many_steps_it_takes();
    println!("an epoch allocates nothing however many steps it takes: ok");
    an_epoch_of_the_layered_engine_allocates_as_much_however_many_steps_it_takes();
    println!("nor does the layered engine's allocate more for more steps: ok");
}

fn an_epoch_allocates_nothing_however_many_steps_it_takes() {
    assert!(count(|| vec![0u8; 100]) == 1, "the allocator counts");

    let plain = mlp(50, &[70, 33], 10, 8);
    let mut dropout = plain.clone();
    dropout.layers.insert(2, Layer::Dropout { p: 0.5 });
    dropout.layers.insert(0, Layer::Dropout { p: 0.3 });
    let penalty = |kind| Penalty { kind, lambda: 1e-4, on: PenaltyOn::All };
    let penalties = [PenaltyKind::L1, PenaltyKind::L2, PenaltyKind::L2Norm].map(penalty).to_vec();
    let nesterov = Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-4 };
    let smoothed = Loss::CrossEntropy { label_smoothing: 0.1, class_weights: Some(vec![0.5; 3]) };
    let specs = [
        Spec { optimizer: ADAM, ..plain.clone() },
        Spec { optimizer: nesterov, ..plain.clone() },
        Spec { penalties, ..plain },
        dropout,
        mlp(50, &[], 3, 8),
        Spec { loss: smoothed, ..mlp(50, &[20], 3, 8) },
        Spec { max_norm: Some(0.5), average: true, ..mlp(50, &[70, 33], 10, 8) },
    ];
    for spec in specs {
        let samples = floats(&mut stream(1), 100, 50, spec.outputs);
        // 10 and 1000 steps, the last with a part of a batch.
        let long: Vec<u32> = (0..7_995).map(|i| i % 100).collect();
        let short = &long[..75];
        for threads in [1, 2, 3] {
            let mut engine = compile(&spec, threads).unwrap();
            let data = engine.upload(&samples).unwrap();
            engine.train_epoch(data, run(short, 1e-3));
            let [fed_short, fed_long] = [short, &long].map(|o| Fed::new(&samples, o, 8));
            engine.train_epoch(data, EpochRun { feed: Some(&fed_short), ..run(short, 1e-3) });
            let feeds: [[Option<&dyn Feed>; 2]; 2] =
                [[None, None], [Some(&fed_short), Some(&fed_long)]];
            for [few, many] in feeds {
                let mut steps = |feed, order| {
                    let run = EpochRun { feed, ..run(order, 1e-3) };
                    let mut steps = 0;
                    let count = count(|| steps = engine.train_epoch(data, run).steps);
                    (count, steps)
                };
                let ((few, ten), (many, thousand)) = (steps(few, short), steps(many, &long));
                assert_eq!((ten, thousand), (10, 1000));
                assert_eq!(few, many, "allocations grow with steps: {threads} threads, {spec:?}");
                if threads == 1 {
                    assert_eq!(many, 0, "one thread needs no allocation at all: {spec:?}");
                }
            }
        }
    }
}

/// By clipping a dense network gets there too.
fn an_epoch_of_the_layered_engine_allocates_as_much_however_many_steps_it_takes() {
    let input = Shape::Image { channels: 2, height: 6, width: 5 };
    let conv = |out| Layer::Conv2d { out, window: Window::square(3, 1, 1), bias: true };
    let layers = vec![
        Layer::Dropout { p: 0.1 },
        conv(32),
        Layer::BatchNorm,
        Layer::RELU,
        Layer::MaxPool2d { window: Window::square(2, 2, 0) },
        Layer::Residual { layers: vec![conv(32), Layer::BatchNorm, Layer::RELU] },
        Layer::AvgPool2d { window: Window::square(2, 1, 0) },
        Layer::Flatten,
        Layer::Linear { out: 20, bias: true },
        Layer::LayerNorm,
        Layer::Dropout { p: 0.3 },
        Layer::Linear { out: 3, bias: true },
    ];
    let penalties = vec![Penalty { kind: PenaltyKind::L2, lambda: 1e-4, on: PenaltyOn::All }];
    let images = Spec { batch_size: 32, ..Spec::new(input, 3, layers) };
    let clipped = Spec { clip_grad_norm: Some(1.0), average: true, penalties, ..images.clone() };
    let dense = Spec { clip_grad_norm: Some(1.0), ..mlp(60, &[40], 3, 32) };
    let limited = Spec { max_norm: Some(0.5), ..images.clone() };
    for spec in [images, clipped, dense, limited] {
        let samples = floats(&mut stream(1), 100, 60, 3);
        // 2 and 50 steps, the last with a part of a batch.
        let long: Vec<u32> = (0..1_590).map(|i| i % 100).collect();
        for threads in [1, 2, 3] {
            let mut engine = compile(&spec, threads).unwrap();
            let data = engine.upload(&samples).unwrap();
            engine.train_epoch(data, run(&long[..60], 1e-3));
            for fed in [false, true] {
                let mut epoch = |order, steps| {
                    let feed = Fed::new(&samples, order, spec.batch_size);
                    let feed: Option<&dyn Feed> = if fed { Some(&feed) } else { None };
                    let run = EpochRun { feed, ..run(order, 1e-3) };
                    count(|| assert_eq!(engine.train_epoch(data, run).steps, steps))
                };
                epoch(&long[..60], 2);
                let (few, many) = (epoch(&long[..60], 2), epoch(&long, 50));
                assert_eq!(few, many, "allocations grow with steps: {threads} threads, {spec:?}");
            }
        }
    }
}
