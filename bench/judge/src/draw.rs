//! Random numbers of the benchmark, all from keys: the same ones in every run of it.

use wellfit_random::{Key, Purpose, Stream};

/// What the numbers are for. A group never shares numbers with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Group {
    /// What a made data set is: weights of the teacher, centres.
    Source = 100,
    /// The samples of a made data set.
    Samples = 101,
    /// Labels that are changed.
    LabelNoise = 102,
    /// How a planted run is set up.
    Case = 103,
    /// Which trained seeds a study is made of.
    Study = 105,
}

/// The numbers of a group: `seed` and `step` say which.
pub fn stream(group: Group, seed: u64, step: u64) -> Draws {
    let key = Key { seed, purpose: Purpose::Synthetic, layer: group as u16, step };
    Draws { stream: key.stream() }
}

/// Random numbers of several distributions.
pub struct Draws {
    stream: Stream,
}

impl Draws {
    /// A number in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        self.stream.uniform()
    }

    /// A number between `low` and `high` whose logarithm is uniform.
    pub fn log_uniform(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.uniform())
    }

    /// The same, rounded to a whole number.
    pub fn log_count(&mut self, low: usize, high: usize) -> usize {
        self.log_uniform(low as f64, high as f64).round() as usize
    }

    /// One of the values, each equally likely.
    pub fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.stream.below(values.len() as u64) as usize]
    }

    /// A whole number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.stream.below(n as u64) as usize
    }

    /// A standard normal number.
    pub fn normal(&mut self) -> f64 {
        self.stream.normal()
    }

    /// So many different numbers below `of`, in random order.
    pub fn without_replacement(&mut self, count: usize, of: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..of).collect();
        self.stream.shuffle(&mut all);
        all.truncate(count);
        all
    }
}
