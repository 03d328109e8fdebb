//! Work side by side, with a line on stderr now and then.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

/// A line is written when so many seconds have passed since the last one.
const EVERY: u64 = 20;

/// `work(0)` to `work(n − 1)` on so many threads; the results in order.
pub fn map<T: Send>(
    what: &str,
    threads: usize,
    n: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let started = Instant::now();
    let told = AtomicU64::new(0);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::with_capacity(n));
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, n.max(1)) {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= n {
                        break;
                    }
                    let result = work(i);
                    let mut done = done.lock().expect("no worker panics");
                    done.push((i, result));
                    let seconds = started.elapsed().as_secs();
                    if seconds >= told.load(Ordering::Relaxed) + EVERY {
                        told.store(seconds, Ordering::Relaxed);
                        eprintln!("{what}: {} of {n} after {seconds} s", done.len());
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no worker panics");
    done.sort_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, result)| result).collect()
}
