//! Figures of a column: what preparation is fitted by. Sums go from the first value to
//! the last.

/// A column's values, none missing, at least one. Their order may change.
#[derive(Clone, Debug)]
pub(crate) enum Figures {
    Values(Vec<f64>),
    /// How often each byte occurs.
    Bytes(Box<[u64; 256]>),
}

impl Figures {
    pub fn len(&self) -> u64 {
        match self {
            Figures::Values(values) => values.len() as u64,
            Figures::Bytes(counts) => counts.iter().sum(),
        }
    }

    /// Σ f(x).
    fn sum(&self, f: impl Fn(f64) -> f64) -> f64 {
        match self {
            Figures::Values(values) => values.iter().map(|&value| f(value)).sum(),
            Figures::Bytes(counts) => {
                let each = (0..=255_u8).zip(counts.iter());
                each.filter(|(_, n)| **n > 0).map(|(byte, &n)| n as f64 * f(f64::from(byte))).sum()
            }
        }
    }

    pub fn mean(&self) -> f64 {
        self.sum(|value| value) / self.len() as f64
    }

    /// Σ (x − mean)² / n.
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        self.sum(|value| (value - mean) * (value - mean)) / self.len() as f64
    }

    pub fn range(&self) -> (f64, f64) {
        let wider = |(low, high): (f64, f64), value: f64| (low.min(value), high.max(value));
        let none = (f64::INFINITY, f64::NEG_INFINITY);
        match self {
            Figures::Values(values) => values.iter().copied().fold(none, wider),
            Figures::Bytes(counts) => {
                let there = (0..=255_u8).filter(|&byte| counts[usize::from(byte)] > 0);
                there.map(f64::from).fold(none, wider)
            }
        }
    }

    /// The quantile q, from 0 to 1: between the two nearest values linearly, as
    /// `numpy.quantile` has it by default.
    pub fn quantile(&mut self, q: f64) -> f64 {
        let last = self.len() - 1;
        let place = q * last as f64;
        let below = place.floor();
        let (low, high) = self.neighbours(below as u64, last);
        let (t, step) = (place - below, high - low);
        // From the nearer end, as NumPy does it.
        if step == 0.0 {
            low
        } else if t < 0.5 {
            low + step * t
        } else {
            high - step * (1.0 - t)
        }
    }

    /// The values at two places in ascending order, `place` and the next.
    fn neighbours(&mut self, place: u64, last: u64) -> (f64, f64) {
        let next = (place + 1).min(last);
        match self {
            Figures::Values(values) => {
                let (_, low, above) = values.select_nth_unstable_by(place as usize, f64::total_cmp);
                let high = above.iter().copied().fold(f64::INFINITY, f64::min);
                (*low, if next == place { *low } else { high })
            }
            Figures::Bytes(counts) => {
                let at = |place: u64| {
                    let mut seen = 0;
                    let found = counts.iter().position(|&n| {
                        seen += n;
                        seen > place
                    });
                    found.unwrap_or(0) as f64
                };
                (at(place), at(next))
            }
        }
    }

    /// The most frequent value, the smallest of equals.
    pub fn most_frequent(&mut self) -> f64 {
        match self {
            Figures::Values(values) => {
                values.sort_unstable_by(f64::total_cmp);
                let runs = values.chunk_by(|a, b| a == b);
                let longer = |best: &[f64], run: &[f64]| run.len() > best.len();
                let longest = runs.reduce(|best, run| if longer(best, run) { run } else { best });
                longest.map_or(f64::NAN, |run| run[0])
            }
            Figures::Bytes(counts) => {
                let more = |best: usize, byte: usize| counts[byte] > counts[best];
                (1..256).fold(0, |best, byte| if more(best, byte) { byte } else { best }) as f64
            }
        }
    }

    /// The same values, none of them beyond the bounds.
    pub fn clipped(mut self, (low, high): (f64, f64)) -> Self {
        if let Figures::Bytes(counts) = &self
            && (low.fract() != 0.0 || high.fract() != 0.0)
        {
            // A bound between two bytes is no byte.
            let each = (0..=255_u8).zip(counts.iter());
            let values =
                each.flat_map(|(byte, &n)| std::iter::repeat_n(f64::from(byte), n as usize));
            self = Figures::Values(values.collect());
        }
        match &mut self {
            Figures::Values(values) => {
                values.iter_mut().for_each(|value| *value = value.clamp(low, high));
            }
            Figures::Bytes(counts) => {
                let mut clipped = Box::new([0; 256]);
                for (byte, &n) in counts.iter().enumerate() {
                    clipped[(byte as f64).clamp(low, high) as usize] += n;
                }
                *counts = clipped;
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_bytes_have_the_figures_of_the_values_themselves() {
        let bytes = [3_u8, 200, 3, 7, 7, 255, 0, 9, 9, 31];
        let mut counts = Box::new([0; 256]);
        bytes.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
        let values: Vec<f64> = bytes.iter().map(|&byte| f64::from(byte)).collect();
        for bounds in [(0.0, 255.0), (4.0, 31.0), (3.5, 100.25)] {
            let mut counted = Figures::Bytes(counts.clone()).clipped(bounds);
            let mut listed = Figures::Values(values.clone()).clipped(bounds);
            assert_eq!(counted.range(), listed.range());
            assert_eq!(counted.mean(), listed.mean());
            assert!((counted.variance() - listed.variance()).abs() < 1e-9);
            for q in [0.0, 0.01, 0.25, 0.5, 0.61, 0.75, 1.0] {
                assert_eq!(counted.quantile(q), listed.quantile(q), "{q}");
            }
            assert_eq!(counted.most_frequent(), listed.most_frequent());
        }
    }
}
