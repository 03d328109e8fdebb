//! How the machine's cores are shared between trials that run side by side.
//!
//! Trials that fit the last-level cache together run on one thread each; the cores
//! that are left join them. Results do not depend on any of this.

use std::sync::{Mutex, MutexGuard, PoisonError};

use wellfit_nn::Spec;

/// What is assumed when the system does not say how large its cache is: 8 MiB.
const ASSUMED_CACHE: usize = 8 << 20;

/// Trials side by side when nobody says how many: as many as fit the last-level
/// cache together, at least 1 and at most one a thread.
pub fn default_jobs(largest: &Spec, threads: usize) -> usize {
    let cache = last_level_cache().unwrap_or(ASSUMED_CACHE);
    (cache / hot_bytes(largest).max(1)).clamp(1, threads.max(1))
}

/// What a trial touches in every step, in float32: its weights with the optimiser's
/// values, and the values of a batch between its layers with their gradients. Of a dense
/// network nearly all is weights, of a convolutional one nearly all is values.
fn hot_bytes(spec: &Spec) -> usize {
    let weights: usize = spec.parameters().iter().map(|parameter| parameter.len()).sum();
    let weights = weights.saturating_mul(1 + spec.slots().count());
    let values = spec.activations().saturating_mul(spec.batch_size).saturating_mul(2);
    weights.saturating_add(values).saturating_mul(4)
}

/// Bytes of the highest level of data cache, summed over its instances (Linux).
fn last_level_cache() -> Option<usize> {
    let mut instances: Vec<(u32, String, usize)> = Vec::new();
    for cpu in std::fs::read_dir("/sys/devices/system/cpu").ok()?.flatten() {
        for index in std::fs::read_dir(cpu.path().join("cache")).into_iter().flatten().flatten() {
            let read = |file| std::fs::read_to_string(index.path().join(file)).ok();
            let instance = (|| {
                let level = read("level")?.trim().parse().ok()?;
                let size = kibibytes(read("size")?.trim())?;
                let kind = read("type")?;
                (kind.trim() != "Instruction").then_some((level, read("shared_cpu_list")?, size))
            })();
            instances.extend(instance.filter(|found| !instances.contains(found)));
        }
    }
    let last = instances.iter().map(|(level, ..)| *level).max()?;
    Some(instances.iter().filter(|(level, ..)| *level == last).map(|(.., size)| size).sum())
}

/// `32768K` in bytes.
fn kibibytes(text: &str) -> Option<usize> {
    text.strip_suffix('K')?.parse::<usize>().ok()?.checked_mul(1024)
}

/// The threads of a study, shared evenly between the trials that run.
pub(crate) struct Cores {
    total: usize,
    running: Mutex<Vec<usize>>,
}

impl Cores {
    /// At least one.
    pub(crate) fn new(total: usize) -> Self {
        Cores { total: total.max(1), running: Mutex::new(Vec::new()) }
    }

    /// A trial joins; it leaves when the share is dropped.
    pub(crate) fn join(&self, trial: usize) -> Share<'_> {
        self.running().push(trial);
        Share { cores: self, trial }
    }

    fn running(&self) -> MutexGuard<'_, Vec<usize>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running trial's part of the cores.
pub(crate) struct Share<'a> {
    cores: &'a Cores,
    trial: usize,
}

impl Share<'_> {
    /// How many threads the trial may use now, at least 1. It changes as other
    /// trials start and end, so it is asked for before each epoch.
    pub(crate) fn threads(&self) -> usize {
        let running = self.cores.running();
        let rank = running.iter().position(|&trial| trial == self.trial).unwrap_or(0);
        let (each, left) = (self.cores.total / running.len(), self.cores.total % running.len());
        (each + usize::from(rank < left)).max(1)
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.cores.running().retain(|&trial| trial != self.trial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wellfit_nn::{Layer, Shape, Window};

    #[test]
    fn cores_that_are_left_join_the_trials_that_run() {
        let cores = Cores::new(8);
        let first = cores.join(10);
        assert_eq!(first.threads(), 8);
        let second = cores.join(11);
        let third = cores.join(12);
        assert_eq!([first.threads(), second.threads(), third.threads()], [3, 3, 2]);
        drop(first);
        assert_eq!([second.threads(), third.threads()], [4, 4]);
    }

    #[test]
    fn every_trial_has_a_thread_even_when_there_are_more_trials_than_cores() {
        let cores = Cores::new(2);
        let shares: Vec<_> = (0..5).map(|trial| cores.join(trial)).collect();
        assert!(shares.iter().all(|share| share.threads() == 1));
    }

    #[test]
    fn trials_that_do_not_fit_the_cache_run_alone() {
        let spec = |out| {
            let linear = |out| Layer::Linear { out, bias: true };
            Spec::new(Shape::Flat(784), 10, vec![linear(out), linear(10)])
        };
        assert_eq!(default_jobs(&spec(1_000_000), 8), 1, "9.5 GB fit no cache");
        assert_eq!(default_jobs(&spec(1), 8), 8, "10 KB fit any cache");
        assert_eq!(default_jobs(&spec(1), 0), 1);
    }

    /// Worked out by hand.
    #[test]
    fn a_step_touches_weights_with_their_optimizer_and_a_batch_with_its_gradients() {
        let linear = |out| Layer::Linear { out, bias: true };
        let dense = Spec::new(Shape::Flat(784), 10, vec![linear(1000), linear(10)]);
        // 795,010 parameters, each with Adam's two moments; 32 samples of 1,794 values.
        assert_eq!(hot_bytes(&dense), 4 * (3 * 795_010 + 2 * 32 * 1_794));
        let conv = |out| Layer::Conv2d { out, window: Window::square(3, 1, 1), bias: true };
        let input = Shape::Image { channels: 1, height: 28, width: 28 };
        let images = Spec::new(input, 10, vec![conv(32), conv(64), Layer::Flatten, linear(10)]);
        // 320 + 18,496 + 501,770 parameters; 784 + 25,088 + 50,176 + 10 values.
        assert_eq!(hot_bytes(&images), 4 * (3 * 520_586 + 2 * 32 * 76_058));
        let huge = Spec { batch_size: usize::MAX, ..dense };
        assert_eq!(default_jobs(&huge, 8), 1);
    }

    #[test]
    fn a_cache_size_is_read() {
        assert_eq!(kibibytes("32768K"), Some(32 << 20));
        assert_eq!(kibibytes("lots"), None);
    }
}
