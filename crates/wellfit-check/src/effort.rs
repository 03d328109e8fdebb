//! How much of the data is looked at.

use wellfit_random::{Key, Purpose};

/// How long a check may take. What it looks at is bounded by this, never by the data: of
/// larger sets it draws rows, and says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// A fraction of a second: before training.
    Quick,
    /// Seconds: when asked.
    Full,
}

impl Effort {
    /// Values of rows that are compared for equality.
    pub(crate) fn equal_cells(self) -> usize {
        self.of(20_000_000, 1_000_000_000)
    }

    /// Rows that are compared for nearness.
    pub(crate) fn near_rows(self, width: usize) -> usize {
        self.of(5_000, 200_000).min(self.of(5_000_000, 200_000_000) / width.max(1))
    }

    /// Pairs of rows drawn to learn how dense the data are.
    pub(crate) fn pairs(self) -> usize {
        self.of(20_000, 200_000)
    }

    /// Training rows that columns are judged by.
    pub(crate) fn column_rows(self, width: usize) -> usize {
        self.of(5_000, 100_000).min((self.of(1_000_000, 40_000_000) / width.max(1)).max(200))
    }

    /// Rows of each side from which a classifier learns to tell them apart.
    pub(crate) fn drift_rows(self) -> usize {
        self.of(400, 2_000)
    }

    /// Columns that are compared with each other.
    pub(crate) fn correlated_columns(self) -> usize {
        self.of(50, 300)
    }

    /// Rows by which they are.
    pub(crate) fn correlated_rows(self) -> usize {
        self.of(1_000, 5_000)
    }

    fn of(self, quick: usize, full: usize) -> usize {
        match self {
            Effort::Quick => quick,
            Effort::Full => full,
        }
    }
}

/// What rows are drawn for: each draws its own.
#[derive(Clone, Copy)]
#[repr(u16)]
pub(crate) enum Draw {
    Equal = 1,
    Near = 2,
    Directions = 3,
    Pairs = 4,
    Columns = 5,
    Drift = 6,
    Network = 7,
}

/// The key of a draw, for one of several things.
pub(crate) fn key(draw: Draw, step: u64) -> Key {
    Key { seed: 0, purpose: Purpose::Check, layer: draw as u16, step }
}

/// `most` of the numbers below `n` in ascending order, one from each of as many stretches of
/// equal length; all where there are no more.
pub(crate) fn drawn(n: usize, most: usize, key: Key) -> Vec<u32> {
    if n <= most {
        return (0..n as u32).collect();
    }
    let mut stream = key.stream();
    let at = |i: usize| (i as u128 * n as u128 / most as u128) as u64;
    (0..most).map(|i| (at(i) + stream.below(at(i + 1) - at(i))) as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_ascend_repeat_nothing_and_are_as_many_as_asked() {
        for (n, most) in [(10, 3), (1000, 999), (5_000_000, 1000), (7, 7), (3, 9)] {
            let rows = drawn(n, most, key(Draw::Columns, 0));
            assert_eq!(rows.len(), n.min(most));
            assert!(rows.is_sorted_by(|a, b| a < b) && rows.iter().all(|&row| (row as usize) < n));
        }
        assert_eq!(drawn(100, 9, key(Draw::Equal, 1)), drawn(100, 9, key(Draw::Equal, 1)));
        assert_ne!(drawn(100, 9, key(Draw::Equal, 1)), drawn(100, 9, key(Draw::Near, 1)));
    }
}
