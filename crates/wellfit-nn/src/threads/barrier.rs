//! Where the threads of a session wait for each other, several thousand times a second.
//!
//! `fused/model.rs` checks it under every schedule that loom finds.

#[cfg(not(all(loom, test)))]
use std::{
    hint::spin_loop,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    sync::{Condvar, Mutex, MutexGuard},
};

#[cfg(all(loom, test))]
use loom::{
    hint::spin_loop,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    sync::{Condvar, Mutex, MutexGuard},
};

/// A reusable barrier: waiting threads spin briefly, then park.
pub struct Barrier {
    threads: usize,
    arrived: Alone<AtomicUsize>,
    /// How many times the barrier has opened.
    round: Alone<AtomicUsize>,
    /// A thread died: nobody may wait for it.
    broken: AtomicBool,
    /// How many threads sleep.
    parked: Mutex<usize>,
    opened: Condvar,
}

/// On cache lines of its own: who looks at it does not hold up who writes its neighbour.
#[repr(align(128))]
struct Alone<T>(T);

/// Another thread died, and will not come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Broken;

/// About 20 µs: longer than threads with equal work are ever apart, unless one was
/// taken off its core.
#[cfg(not(all(loom, test)))]
const SPINS: usize = 4_000;

/// Under loom one look before parking meets every order that more would.
#[cfg(all(loom, test))]
const SPINS: usize = 1;

impl Barrier {
    /// For so many threads.
    pub fn new(threads: usize) -> Self {
        Barrier {
            threads,
            arrived: Alone(AtomicUsize::new(0)),
            round: Alone(AtomicUsize::new(0)),
            broken: AtomicBool::new(false),
            parked: Mutex::new(0),
            opened: Condvar::new(),
        }
    }

    /// Returns when every thread has come here. What any of them wrote before is
    /// visible to all after.
    ///
    /// # Panics
    /// If another thread panicked.
    pub fn wait(&self) {
        assert!(self.meet().is_ok(), "another thread of the engine panicked");
    }

    /// [`wait`](Self::wait), with an error where it panics.
    pub(crate) fn meet(&self) -> Result<(), Broken> {
        if self.threads == 1 {
            return Ok(());
        }
        let round = self.round.0.load(Ordering::Relaxed);
        if self.arrived.0.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.arrived.0.store(0, Ordering::Relaxed);
            // Under the lock, so that nobody parks between looking and sleeping.
            let parked = self.lock();
            self.round.0.store(round.wrapping_add(1), Ordering::Release);
            let anybody = *parked > 0;
            drop(parked);
            if anybody {
                self.opened.notify_all();
            }
            return Ok(());
        }
        let open = || self.round.0.load(Ordering::Acquire) != round;
        for _ in 0..SPINS {
            if open() {
                return Ok(());
            }
            spin_loop();
        }
        let mut parked = self.lock();
        *parked += 1;
        let mut met = Ok(());
        while met.is_ok() && !open() {
            if self.broken.load(Ordering::Acquire) {
                met = Err(Broken);
            } else {
                parked = self.opened.wait(parked).unwrap_or_else(|e| e.into_inner());
            }
        }
        *parked -= 1;
        met
    }

    /// A guard that, dropped in a panic, sends everybody home.
    pub fn guard(&self) -> impl Drop + '_ {
        struct Guard<'a>(&'a Barrier);
        impl Drop for Guard<'_> {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    self.0.give_up();
                }
            }
        }
        Guard(self)
    }

    /// Sends everybody home who waits, or will.
    pub(crate) fn give_up(&self) {
        // Under the lock, as above.
        let guard = self.lock();
        self.broken.store(true, Ordering::Release);
        drop(guard);
        self.opened.notify_all();
    }

    /// The lock; nothing panics while it is held.
    fn lock(&self) -> MutexGuard<'_, usize> {
        self.parked.lock().unwrap_or_else(|e| e.into_inner())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn nobody_leaves_before_everybody_has_come() {
        for threads in [1, 2, 3, 8] {
            let (barrier, count) = (Barrier::new(threads), AtomicUsize::new(0));
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        for round in 1..=200 {
                            count.fetch_add(1, Ordering::Relaxed);
                            barrier.wait();
                            assert_eq!(count.load(Ordering::Relaxed), round * threads);
                            barrier.wait();
                        }
                    });
                }
            });
        }
    }

    #[test]
    fn a_panic_in_one_thread_does_not_hang_the_others() {
        let barrier = Barrier::new(2);
        let ended = std::thread::scope(|scope| {
            let waits = scope.spawn(|| {
                let _guard = barrier.guard();
                barrier.wait();
            });
            let dies = scope.spawn(|| {
                let _guard = barrier.guard();
                panic!("on purpose");
            });
            (waits.join().is_err(), dies.join().is_err())
        });
        assert_eq!(ended, (true, true));
    }
}
