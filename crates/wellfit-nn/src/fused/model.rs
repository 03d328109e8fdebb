//! The barrier, and the buffers between its meetings, under every schedule of their
//! threads and every value that the memory model lets a load see.
//!
//! ```sh
//! RUSTFLAGS="--cfg loom" cargo test --release -p wellfit-nn --lib fused::model
//! ```
//!
//! A cell that two threads touch at once, and threads that wait for ever, end a model
//! in a panic. `wait` is `meet` with a panic, and a dying thread's guard calls
//! `give_up`: models use what stands behind them, since loom's threads take turns on
//! one, where a panic of one would be seen by all.

use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;

use crate::threads::barrier::{Barrier, Broken};

/// Runs `work` in so many threads at once, for every schedule in which a thread is
/// taken off its core at most `preemptions` times where it could have gone on; three
/// find nearly all that can go wrong, and without a bound three threads take hours.
fn check<T: Send + Sync + 'static>(
    threads: usize,
    preemptions: usize,
    shared: impl Fn() -> T + Send + Sync + 'static,
    work: fn(&T, usize),
) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(move || {
        let shared = Arc::new(shared());
        let others: Vec<_> = (1..threads)
            .map(|me| {
                let shared = shared.clone();
                thread::spawn(move || work(&shared, me))
            })
            .collect();
        work(&shared, 0);
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}

/// One value by thread, each written by its owner.
struct Parts<const N: usize>([UnsafeCell<usize>; N]);

// SAFETY: whether threads keep apart is what the models find out.
unsafe impl<const N: usize> Sync for Parts<N> {}

impl<const N: usize> Parts<N> {
    fn new() -> Self {
        Parts(std::array::from_fn(|_| UnsafeCell::new(0)))
    }

    fn write(&self, me: usize, value: usize) {
        // SAFETY: loom panics if anybody else has it.
        self.0[me].with_mut(|part| unsafe { *part = value });
    }

    #[track_caller]
    fn all_are(&self, value: usize) {
        for part in &self.0 {
            // SAFETY: loom panics if anybody writes it.
            assert_eq!(part.with(|part| unsafe { *part }), value);
        }
    }
}

/// Two rounds of N threads: everybody has come when somebody leaves, and what they
/// wrote is seen.
fn rounds<const N: usize>(preemptions: usize) {
    struct Shared<const N: usize> {
        barrier: Barrier,
        came: AtomicUsize,
        written: [Parts<N>; 2],
    }
    let shared = || Shared::<N> {
        barrier: Barrier::new(N),
        came: AtomicUsize::new(0),
        written: [Parts::new(), Parts::new()],
    };
    check(N, preemptions, shared, |shared, me| {
        for round in 0..2 {
            shared.written[round].write(me, round + 1);
            shared.came.fetch_add(1, Ordering::Relaxed);
            assert_eq!(shared.barrier.meet(), Ok(()));
            assert!(shared.came.load(Ordering::Relaxed) >= (round + 1) * N);
            shared.written[round].all_are(round + 1);
        }
    });
}

#[test]
fn two_threads_leave_when_both_have_come_and_see_what_was_written() {
    rounds::<2>(5);
}

#[test]
fn three_threads_leave_when_all_have_come_and_see_what_was_written() {
    rounds::<3>(2);
}

/// One of N gives up, after meeting the others `met` times.
fn gives_up<const N: usize>(preemptions: usize, met: usize) {
    let shared = move || (Barrier::new(N), met);
    check(N, preemptions, shared, |(barrier, met), me| {
        for _ in 0..*met {
            assert_eq!(barrier.meet(), Ok(()));
        }
        if me + 1 == N {
            barrier.give_up();
        } else {
            assert_eq!(barrier.meet(), Err(Broken));
        }
    });
}

#[test]
fn a_thread_that_dies_sends_another_home() {
    gives_up::<2>(5, 0);
    gives_up::<2>(5, 1);
}

#[test]
fn a_thread_that_dies_sends_two_others_home() {
    gives_up::<3>(3, 0);
}

/// What two threads write and read in the steps of an epoch with one hidden layer, as
/// `step.rs` says, in so many buffers of inputs, and of partial logits and sums.
fn epoch<const INPUTS: usize, const PARTIALS: usize>() {
    const STEPS: usize = 3;
    struct Shared<const INPUTS: usize, const PARTIALS: usize> {
        barrier: Barrier,
        inputs: [Parts<2>; INPUTS],
        partials: [Parts<2>; PARTIALS],
        sums: [Parts<2>; PARTIALS],
        stop: [AtomicBool; PARTIALS],
    }
    let shared = || Shared::<INPUTS, PARTIALS> {
        barrier: Barrier::new(2),
        inputs: std::array::from_fn(|_| Parts::new()),
        partials: std::array::from_fn(|_| Parts::new()),
        sums: std::array::from_fn(|_| Parts::new()),
        stop: std::array::from_fn(|_| AtomicBool::new(false)),
    };
    check(2, 3, shared, |shared, me| {
        let Shared { barrier, inputs, partials, sums, stop } = shared;
        inputs[0].write(me, 0);
        assert_eq!(barrier.meet(), Ok(()));
        inputs[0].all_are(0);
        for t in 0..STEPS {
            // The first thread's word, which changes with every step here.
            if me == 0 {
                stop[t % PARTIALS].store(t % 2 == 1, Ordering::Relaxed);
            }
            partials[t % PARTIALS].write(me, t);
            inputs[(t + 1) % INPUTS].write(me, t + 1);
            assert_eq!(barrier.meet(), Ok(()));
            assert_eq!(stop[t % PARTIALS].load(Ordering::Relaxed), t % 2 == 1);
            sums[t % PARTIALS].all_are(t);
            partials[t % PARTIALS].all_are(t);
            // Gradients read this batch, the products that follow the next.
            inputs[t % INPUTS].all_are(t);
            inputs[(t + 1) % INPUTS].all_are(t + 1);
            sums[(t + 1) % PARTIALS].write(me, t + 1);
        }
    });
}

#[test]
fn one_meeting_a_step_keeps_three_batches_and_two_of_all_else_apart() {
    epoch::<3, 2>();
}

/// That the model above can fail.
#[test]
#[should_panic(expected = "Causality violation")]
fn two_batches_would_not_be_kept_apart() {
    epoch::<2, 2>();
}

/// As above.
#[test]
#[should_panic]
fn one_buffer_of_all_else_would_not_be_kept_apart() {
    epoch::<3, 1>();
}

/// With a largest norm: each thread's part of the head's squares, in one buffer, between
/// the meeting before the loss (if there is one) and the one after the updates.
fn squares<const FORWARD: bool>() {
    struct Shared(Barrier, Parts<2>);
    check(
        2,
        3,
        || Shared(Barrier::new(2), Parts::new()),
        |Shared(barrier, squares), me| {
            for t in 0..3 {
                if FORWARD {
                    assert_eq!(barrier.meet(), Ok(()));
                }
                squares.write(me, t);
                assert_eq!(barrier.meet(), Ok(()));
                squares.all_are(t);
            }
        },
    );
}

#[test]
fn two_meetings_a_step_keep_one_buffer_of_squares_apart() {
    squares::<true>();
}

/// That the model above can fail.
#[test]
#[should_panic(expected = "Causality violation")]
fn one_meeting_would_not_keep_them_apart() {
    squares::<false>();
}
