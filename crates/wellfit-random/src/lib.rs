//! Random numbers that are a pure function of *what they are for*.
//!
//! Every draw in wellfit is keyed by a seed, a [`Purpose`], the ordinal of the
//! layer it belongs to and a step. The same key gives the same numbers on every
//! machine, at any thread count, in any order, before and after a resume; two
//! different keys give independent numbers. The generator is Philox4x32-10
//! (Salmon et al., *Parallel random numbers: as easy as 1, 2, 3*, SC 2011).

/// What random numbers are used for. Different purposes never share numbers.
///
/// The discriminants are part of every result ever computed: never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// Initial weights and biases.
    Init = 1,
    /// Dropout masks.
    Dropout = 2,
    /// The order of samples in an epoch.
    Shuffle = 3,
    /// Which samples go into which split.
    Split = 4,
    /// Which samples stay in a subset.
    Subset = 5,
    /// Bootstrap resamples.
    Bootstrap = 6,
    /// Data made for benchmarks and tests.
    Synthetic = 7,
    /// Which training samples a run is watched on.
    Watch = 8,
    /// How training samples are changed and blended.
    Augment = 9,
    /// Which samples go into which fold of a cross-validation.
    Folds = 10,
    /// Which samples of a class are drawn again or left out.
    Resample = 11,
    /// Which samples a check of the data looks at.
    Check = 12,
    /// Which samples features are ranked on, and what tells equal values apart there.
    Select = 13,
}

/// One block of Philox4x32-10: four 32-bit words from a counter and a key.
///
/// ```
/// // Known answer from the authors' Random123 distribution.
/// let words = wellfit_random::philox4x32([0; 4], [0; 2]);
/// assert_eq!(words, [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
/// ```
pub fn philox4x32(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    let [mut k0, mut k1] = key;
    for _ in 0..ROUNDS {
        let p0 = u64::from(c0) * u64::from(MULTIPLIERS[0]);
        let p1 = u64::from(c2) * u64::from(MULTIPLIERS[1]);
        (c0, c1, c2, c3) =
            ((p1 >> 32) as u32 ^ c1 ^ k0, p1 as u32, (p0 >> 32) as u32 ^ c3 ^ k1, p0 as u32);
        k0 = k0.wrapping_add(WEYL[0]);
        k1 = k1.wrapping_add(WEYL[1]);
    }
    [c0, c1, c2, c3]
}

/// Rounds of Philox4x32-10.
pub const ROUNDS: usize = 10;
/// Philox's two multipliers.
pub const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
/// What Philox adds to its key after each round.
pub const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Everything that names a sequence of random numbers, except the position in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The seed of the run (or `data.split_seed` for splits).
    pub seed: u64,
    /// What the numbers are for.
    pub purpose: Purpose,
    /// The layer's ordinal among layers of its kind, or 0.
    pub layer: u16,
    /// The step or epoch, or 0.
    pub step: u64,
}

impl Key {
    /// The Philox key: the seed's two halves.
    pub fn words(&self) -> [u32; 2] {
        [self.seed as u32, (self.seed >> 32) as u32]
    }

    /// The counter of block `index`. Steps wrap after 2⁴⁸.
    pub fn counter(&self, index: u32) -> [u32; 4] {
        let what = (self.purpose as u32) << 16 | u32::from(self.layer);
        let [step, high] = [self.step as u32, (self.step >> 32) as u32];
        [index, step, what ^ high << 24, high >> 8]
    }

    /// The four words of block `index`.
    pub fn block(&self, index: u32) -> [u32; 4] {
        philox4x32(self.counter(index), self.words())
    }

    /// The numbers of this key, one after the other.
    pub fn stream(self) -> Stream {
        Stream { key: self, next: 0, words: [0; 4], left: 0, spare: None }
    }
}

/// The numbers of one [`Key`] in order.
#[derive(Clone, Debug)]
pub struct Stream {
    key: Key,
    next: u32,
    words: [u32; 4],
    left: usize,
    /// The second of two normal numbers.
    spare: Option<f64>,
}

impl Stream {
    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.left == 0 {
            self.words = self.key.block(self.next);
            self.next = self.next.wrapping_add(1);
            self.left = 4;
        }
        self.left -= 1;
        self.words[3 - self.left]
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        u64::from(self.next_u32()) << 32 | u64::from(self.next_u32())
    }

    /// A number below `n`, each equally likely (Lemire's rejection method).
    ///
    /// # Panics
    /// If `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "no number is below 0");
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            if product as u64 >= n.wrapping_neg() % n {
                return (product >> 64) as u64;
            }
        }
    }

    /// A number in [0, 1) with 53 random bits.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A standard normal number. They are made two at a time: of two calls the second draws
    /// nothing (G. E. P. Box and M. E. Muller, *A note on the generation of random normal
    /// deviates*, Annals of Mathematical Statistics 29, 1958).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * self.uniform()).sin_cos();
        self.spare = Some(radius * sin);
        radius * cos
    }

    /// Puts `items` into random order, each order equally likely (Fisher–Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers of the authors' Random123 distribution (`kat_vectors`).
    #[test]
    fn philox_gives_the_published_answers() {
        assert_eq!(
            philox4x32([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]
        );
        assert_eq!(
            philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
        );
    }

    #[test]
    fn every_part_of_a_key_moves_the_numbers() {
        let key = Key { seed: 1, purpose: Purpose::Init, layer: 0, step: 0 };
        let others = [
            Key { seed: 2, ..key },
            Key { seed: 1 << 40, ..key },
            Key { purpose: Purpose::Dropout, ..key },
            Key { layer: 1, ..key },
            Key { step: 1, ..key },
            Key { step: 1 << 33, ..key },
        ];
        for other in others {
            assert_ne!(key.block(0), other.block(0), "{other:?}");
        }
    }

    #[test]
    fn a_shuffle_keeps_every_item_and_moves_most() {
        let mut items: Vec<u32> = (0..1000).collect();
        let key = Key { seed: 7, purpose: Purpose::Shuffle, layer: 0, step: 3 };
        key.stream().shuffle(&mut items);
        assert!(items.iter().enumerate().filter(|&(i, &x)| i as u32 == x).count() < 20);
        items.sort_unstable();
        assert!(items.iter().enumerate().all(|(i, &x)| i as u32 == x));
    }

    #[test]
    fn numbers_below_n_are_equally_likely() {
        let mut stream = Key { seed: 3, purpose: Purpose::Split, layer: 0, step: 0 }.stream();
        let mut counts = [0u32; 6];
        for _ in 0..60_000 {
            counts[stream.below(6) as usize] += 1;
        }
        // Five standard deviations of a binomial(60000, 1/6) are 456.
        assert!(counts.iter().all(|&c| c.abs_diff(10_000) < 456), "{counts:?}");
    }

    #[test]
    fn normal_numbers_have_their_moments_and_two_take_two_uniform_ones() {
        let key = Key { seed: 1, purpose: Purpose::Synthetic, layer: 0, step: 0 };
        let mut stream = key.stream();
        let n = 20_000;
        let values: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let moment = |k: i32| values.iter().map(|value| value.powi(k)).sum::<f64>() / n as f64;
        // Four standard errors are 0.028, 0.04 and 0.28.
        assert!(moment(1).abs() < 0.03 && (moment(2) - 1.0).abs() < 0.04, "{}", moment(2));
        assert!((moment(4) - 3.0).abs() < 0.28, "{}", moment(4));
        let (mut one, mut other) = (key.stream(), key.stream());
        let [a, b] = [one.normal(), one.normal()];
        let [u, v] = [1.0 - other.uniform(), other.uniform()];
        assert!((a * a + b * b + 2.0 * u.ln()).abs() < 1e-12);
        assert!(
            (b.atan2(a).rem_euclid(std::f64::consts::TAU) - std::f64::consts::TAU * v).abs()
                < 1e-12
        );
        assert_eq!(one.next_u64(), other.next_u64());
    }
}
