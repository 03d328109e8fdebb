//! Monotone and valley-shaped fits by least squares.
//!
//! Pool adjacent violators: R. E. Barlow, D. J. Bartholomew, J. M. Bremner and H. D. Brunk,
//! *Statistical Inference under Order Restrictions*, Wiley 1972. The best turning point from
//! the errors of all prefixes in one pass: Q. F. Stout, *Unimodal regression via prefix
//! isotonic regression*, Computational Statistics & Data Analysis 53 (2008) 289–297.

/// Neighbouring values that a fit pools.
#[derive(Clone, Copy)]
struct Block {
    sum: f64,
    squares: f64,
    n: usize,
}

impl Block {
    fn of(value: f64) -> Block {
        Block { sum: value, squares: value * value, n: 1 }
    }

    fn and(self, other: Block) -> Block {
        Block {
            sum: self.sum + other.sum,
            squares: self.squares + other.squares,
            n: self.n + other.n,
        }
    }

    fn mean(self) -> f64 {
        self.sum / self.n as f64
    }

    /// Σ(value − mean)².
    fn error(self) -> f64 {
        (self.squares - self.sum * self.mean()).max(0.0)
    }
}

/// Pools until the blocks' means fall, and hands over the error after each value.
fn pool(values: impl Iterator<Item = f64>, mut after: impl FnMut(f64)) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut error = 0.0;
    for value in values {
        let mut block = Block::of(value);
        while let Some(&last) = blocks.last().filter(|last| last.mean() <= block.mean()) {
            blocks.pop();
            error -= last.error() + block.error();
            block = last.and(block);
            error += block.error();
        }
        blocks.push(block);
        after(error.max(0.0));
    }
    blocks
}

fn spread_out(blocks: &[Block]) -> impl DoubleEndedIterator<Item = f64> {
    blocks.iter().flat_map(|block| std::iter::repeat_n(block.mean(), block.n))
}

/// The best fit that never rises.
pub fn falling(values: &[f64]) -> Vec<f64> {
    spread_out(&pool(values.iter().copied(), |_| ())).collect()
}

/// The best fit that falls and then rises; of several equally good ones the one that falls
/// longest. Values should lie around zero: squares of large ones lose digits.
pub fn valley(values: &[f64]) -> Vec<f64> {
    let errors = |values: &mut dyn Iterator<Item = f64>| {
        let mut errors = vec![0.0];
        pool(values, |error| errors.push(error));
        errors
    };
    let n = values.len();
    let left = errors(&mut values.iter().copied());
    let right = errors(&mut values.iter().rev().copied());
    let least = |best: (usize, f64), turn: usize| {
        let error = left[turn] + right[n - turn];
        if error < best.1 * (1.0 - 1e-12) { (turn, error) } else { best }
    };
    let (turn, _) = (0..n).rev().fold((n, left[n]), least);
    let (falls, rises) = values.split_at(turn);
    let falls = pool(falls.iter().copied(), |_| ());
    let rises = pool(rises.iter().rev().copied(), |_| ());
    spread_out(&falls).chain(spread_out(&rises).rev()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(values: &[f64], fit: &[f64]) -> f64 {
        values.iter().zip(fit).map(|(value, fit)| (value - fit).powi(2)).sum()
    }

    #[test]
    fn what_falls_is_its_own_fit_and_what_rises_is_pooled() {
        assert_eq!(falling(&[3.0, 2.0, 1.0]), [3.0, 2.0, 1.0]);
        assert_eq!(falling(&[3.0, 1.0, 2.0, 0.0]), [3.0, 1.5, 1.5, 0.0]);
        assert_eq!(falling(&[1.0, 2.0, 3.0]), [2.0; 3]);
        assert_eq!(falling(&[]), [0.0; 0]);
    }

    #[test]
    fn a_valley_is_its_own_fit() {
        let valley_shaped = [5.0, 3.0, 1.0, 2.0, 4.0];
        assert_eq!(valley(&valley_shaped), valley_shaped);
        assert_eq!(valley(&[1.0, 1.0, 1.0]), [1.0; 3]);
        assert_eq!(valley(&[]), [0.0; 0]);
        // A hill in the valley is pooled away.
        assert_eq!(valley(&[4.0, 0.0, 2.0, 1.0, 4.0]), [4.0, 0.0, 1.5, 1.5, 4.0]);
    }

    proptest! {
        #[test]
        fn a_valley_falls_then_rises_and_fits_at_least_as_well_as_a_fall(
            values in prop::collection::vec(-1.0..1.0f64, 1..30)
        ) {
            let fit = valley(&values);
            prop_assert_eq!(fit.len(), values.len());
            let lowest = (0..fit.len()).min_by(|&a, &b| fit[a].total_cmp(&fit[b])).unwrap();
            prop_assert!(fit[..=lowest].windows(2).all(|pair| pair[0] >= pair[1] - 1e-12));
            prop_assert!(fit[lowest..].windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
            prop_assert!(error(&values, &fit) <= error(&values, &falling(&values)) + 1e-9);
        }

        #[test]
        fn no_other_turn_fits_better(values in prop::collection::vec(-1.0..1.0f64, 1..12)) {
            let best = error(&values, &valley(&values));
            for turn in 0..=values.len() {
                let (left, right) = values.split_at(turn);
                let back: Vec<f64> = right.iter().rev().copied().collect();
                let fit: Vec<f64> =
                    falling(left).into_iter().chain(falling(&back).into_iter().rev()).collect();
                prop_assert!(best <= error(&values, &fit) + 1e-9);
            }
        }
    }
}
