//! Runs many pieces of work side by side on a few worker threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::cores::{Cores, Share};

/// How a piece of work ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Ended<T> {
    /// It gave this.
    Gave(T),
    /// It panicked with this message; the others go on.
    Panicked(String),
    /// It was not begun, because `stop` was raised.
    NotBegun,
}

/// Does `work(i, share)` for every i below `count`, in that order, at most `jobs` at
/// once. What comes back is in the order of i, whatever ended first. Nothing new is
/// begun once `stop` is raised.
pub(crate) fn side_by_side<T: Send>(
    count: usize,
    jobs: usize,
    cores: &Cores,
    stop: &AtomicBool,
    work: impl Fn(usize, &Share<'_>) -> T + Sync,
) -> Vec<Ended<T>> {
    let next = AtomicUsize::new(0);
    let ended: Mutex<Vec<Ended<T>>> = Mutex::new((0..count).map(|_| Ended::NotBegun).collect());
    let worker = || {
        while !stop.load(Ordering::Relaxed) {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= count {
                return;
            }
            let share = cores.join(i);
            // Nothing that the work leaves half-done is looked at again after a panic.
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(i, &share)));
            let gave = caught.map_or_else(|panic| Ended::Panicked(message(&*panic)), Ended::Gave);
            ended.lock().unwrap_or_else(PoisonError::into_inner)[i] = gave;
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, count.max(1)) {
            scope.spawn(worker);
        }
    });
    ended.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn results_come_back_in_order_at_any_number_of_jobs() {
        for jobs in [0, 1, 2, 3, 50] {
            let gave =
                side_by_side(20, jobs, &Cores::new(2), &AtomicBool::new(false), |i, _| i * i);
            assert_eq!(gave, (0..20).map(|i| Ended::Gave(i * i)).collect::<Vec<_>>());
        }
        let none = side_by_side(0, 4, &Cores::new(2), &AtomicBool::new(false), |i, _| i);
        assert!(none.is_empty());
    }

    #[test]
    fn so_many_jobs_do_run_at_once() {
        let meet = Barrier::new(3);
        let gave = side_by_side(3, 3, &Cores::new(1), &AtomicBool::new(false), |_, _| {
            meet.wait();
        });
        assert_eq!(gave.len(), 3, "three pieces of work met, so all three ran at once");
    }

    #[test]
    fn a_panic_ends_one_piece_of_work_and_no_other() {
        let gave = side_by_side(3, 2, &Cores::new(2), &AtomicBool::new(false), |i, _| {
            assert!(i != 1, "number {i}");
            i
        });
        assert_eq!(gave[0], Ended::Gave(0));
        assert_eq!(gave[1], Ended::Panicked("number 1".into()));
        assert_eq!(gave[2], Ended::Gave(2));
    }

    #[test]
    fn nothing_new_is_begun_after_stop() {
        let stop = AtomicBool::new(false);
        let gave = side_by_side(5, 1, &Cores::new(1), &stop, |i, _| {
            stop.store(i == 1, Ordering::Relaxed);
            i
        });
        assert_eq!(gave[..2], [Ended::Gave(0), Ended::Gave(1)]);
        assert!(gave[2..].iter().all(|ended| *ended == Ended::NotBegun));
    }
}
