//! How many validation samples there were, where a run does not say: accuracies are counts of
//! right samples over the number of samples, so they stand on its grid.

use super::thresholds::{FEWEST_STEPS, MOST_COUNTED, STEPS_BY_CHANCE};

/// Accuracies that are no more exact than this: float32 has 24 bits.
const FLOAT32: f64 = 1.2e-7;
/// From so many decimals on an accuracy was not rounded when it was written.
const DECIMALS: i32 = 7;

/// The least number of samples on whose grid all accuracies stand, if so many of them
/// standing there is no chance. Means over batches, the last of which is smaller, stand on a
/// finer grid than their samples: the number is a guess.
pub fn from_accuracies(accuracies: &[f64]) -> Option<usize> {
    let mut steps: Vec<f64> = accuracies.iter().copied().filter(|&a| a > 0.0 && a < 1.0).collect();
    steps.sort_by(f64::total_cmp);
    steps.dedup();
    if steps.len() < FEWEST_STEPS {
        return None;
    }
    let exact = exactness(&steps);
    let by_chance = |n: usize| {
        let each = (2.0 * exact * n as f64).min(1.0);
        n as f64 * each.powi(steps.len() as i32)
    };
    let fits = |n: &usize| {
        let off = |accuracy: &f64| {
            let right = accuracy * *n as f64;
            (right - right.round()).abs() / *n as f64
        };
        steps.iter().all(|accuracy| off(accuracy) <= exact)
    };
    (2..=MOST_COUNTED).take_while(|&n| by_chance(n) < STEPS_BY_CHANCE).find(fits)
}

/// How far an accuracy may be from what was counted: half a step of the last decimal, if all
/// of them were rounded, or what float32 leaves.
fn exactness(accuracies: &[f64]) -> f64 {
    let rounded = |decimals: i32| {
        let scale = 10f64.powi(decimals);
        accuracies.iter().all(|a| (a * scale - (a * scale).round()).abs() < 1e-6)
    };
    let decimals = (1..DECIMALS).find(|&decimals| rounded(decimals));
    decimals.map_or(FLOAT32, |decimals| 0.5 * 10f64.powi(-decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_float32(right: &[usize], n: usize) -> Vec<f64> {
        right.iter().map(|&right| f64::from(right as f32 / n as f32)).collect()
    }

    #[test]
    fn accuracies_give_the_number_of_samples_away() {
        let of = |right: &[usize], n| from_accuracies(&of_float32(right, n));
        assert_eq!(of(&[61, 72, 79, 83], 100), Some(100));
        assert_eq!(of(&[3001, 4117, 4210, 4333, 4386, 4402], 5000), Some(5000));
        assert_eq!(of(&[7331, 8444, 8719, 8731, 8814, 8849, 8851], 10_000), Some(10_000));
    }

    #[test]
    fn rounded_or_few_accuracies_give_nothing_away() {
        assert_eq!(from_accuracies(&[0.61, 0.72, 0.79, 0.83, 0.85]), None);
        assert_eq!(from_accuracies(&[0.8849, 0.8851, 0.8723, 0.8444, 0.8731]), None);
        assert_eq!(from_accuracies(&of_float32(&[61, 72], 100)), None);
        assert_eq!(from_accuracies(&[]), None);
    }

    #[test]
    fn four_decimals_are_enough_for_a_handful_of_samples() {
        let rounded = |n: usize| (n as f64 / 30.0 * 1e4).round() / 1e4;
        assert_eq!(from_accuracies(&[19, 22, 23, 26, 28].map(rounded)), Some(30));
    }

    #[test]
    fn means_over_uneven_batches_give_too_many_samples() {
        let mean = |a: usize, b: usize| (a as f64 / 32.0 + b as f64 / 11.0) / 2.0;
        let means = [mean(20, 7), mean(23, 9), mean(25, 8), mean(27, 10), mean(28, 9)];
        // 43 samples, on the grid of 2·32·11.
        assert_eq!(from_accuracies(&means), Some(704));
    }
}
