//! What holds for every sample.

mod common;

use common::{normal, stream};
use proptest::prelude::*;
use wellfit_random::{Key, Purpose, Stream};
use wellfit_stats::{
    Estimate, Place, Race, Sample, StrengthGain, bootstrap, chance_to_clear, chance_to_fit, format,
    holm, optimism, resampled, sign_flip, size_to_clear, size_to_fit, strength_curve, two_way,
    unpaired,
};

fn values() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-1e3..1e3f64, 2..12)
}

/// Any bit pattern: NaN, infinities, subnormal and huge numbers too.
fn any_values() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(any::<u64>().prop_map(f64::from_bits), 0..6)
}

proptest! {
    #[test]
    fn an_interval_contains_its_mean_and_the_mean_lies_among_the_values(values in values()) {
        let e = Estimate::of(values.clone());
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        prop_assert!(e.low <= e.mean && e.mean <= e.high);
        prop_assert!(least <= e.mean && e.mean <= most);
        prop_assert!((0.0..=1.0).contains(&e.p));
        prop_assert_eq!(e.p < 0.05, e.low > 0.0 || e.high < 0.0);
    }

    #[test]
    fn shifting_and_scaling_the_values_moves_the_interval_along(
        values in values(), shift in -1e3..1e3f64, scale in 0.01..100.0f64,
    ) {
        let e = Estimate::of(values.clone());
        let moved = Estimate::of(values.iter().map(|v| v * scale + shift).collect::<Vec<_>>());
        for (got, was) in [(moved.mean, e.mean), (moved.low, e.low), (moved.high, e.high)] {
            let tolerance = 1e-9 * (1.0 + shift.abs() + scale * 1e4);
            prop_assert!((got - (was * scale + shift)).abs() < tolerance);
        }
        let turned = e.scaled(-1.0);
        prop_assert_eq!((turned.low, turned.high), (-e.high, -e.low));
    }

    #[test]
    fn the_p_beyond_a_margin_agrees_with_the_interval(values in values(), margin in 0.0..500.0f64) {
        let e = Estimate::of(values);
        let clear = e.is_above(margin) || e.is_below(-margin);
        prop_assert_eq!(e.p_beyond(margin) < 0.05, clear);
        prop_assert!(!(clear && e.is_within(margin)));
        prop_assert!((e.p_beyond(0.0) - e.p).abs() < 1e-9);
    }

    #[test]
    fn the_p_within_a_margin_agrees_with_the_interval(values in values(), margin in 0.0..500.0f64) {
        let e = Estimate::of(values);
        prop_assert_eq!(e.p_within(margin) < 0.025, e.is_within(margin));
        prop_assert_eq!(e.p_within(margin) < 0.05, e.with_confidence(0.9).is_within(margin));
    }

    #[test]
    fn folds_that_share_nothing_are_seeds_and_sharing_only_widens(
        values in values(), ratio in 0.0..1.0f64,
    ) {
        let e = Estimate::of(values.clone());
        let alone = resampled(values.clone(), 0.0).half_width();
        prop_assert!((alone - e.half_width()).abs() <= 1e-12 * alone);
        prop_assert!(resampled(values, ratio).half_width() >= alone);
    }

    #[test]
    fn a_bootstrap_lies_among_the_values_and_repeats_to_the_bit(values in values(), seed in 0..9u64) {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match bootstrap(&values, seed) {
            None => prop_assert!(values.len() < 5),
            Some(interval) => {
                let slack = 1e-9 * (most - least);
                prop_assert!(least - slack <= interval.low && interval.low <= interval.high);
                prop_assert!(interval.high <= most + slack);
                prop_assert_eq!(bootstrap(&values, seed), Some(interval));
            }
        }
    }

    #[test]
    fn signs_do_not_care_for_unit_direction_or_order(values in values(), scale in 0.01..100.0f64) {
        let p = sign_flip(&values, 0).unwrap();
        prop_assert!(p > 0.0 && p <= 1.0);
        let turned: Vec<f64> = values.iter().rev().map(|value| value * -scale).collect();
        prop_assert_eq!(sign_flip(&turned, 0), Some(p));
    }

    #[test]
    fn a_chance_lies_between_0_and_1_and_rises_with_the_values(
        distance in 0.0..3.0f64, std in 0.1..3.0f64, n in 2..40usize, alpha in 0.001..0.2f64,
    ) {
        let clear = |n| chance_to_clear(distance, std, n, alpha);
        prop_assert!((0.0..=1.0).contains(&clear(n)));
        prop_assert!(clear(n + 1) >= clear(n) - 1e-6);
        let fit = |n| chance_to_fit(distance, 2.0 * distance, std, n, alpha);
        prop_assert!((0.0..=1.0).contains(&fit(n)));
        if let Some(size) = size_to_fit(distance, 2.0 * distance, std, alpha, 200) {
            prop_assert!(fit(size) >= 0.8 && (size == 2 || fit(size - 1) < 0.8));
        }
        if let Some(size) = size_to_clear(distance, std, alpha, 200) {
            prop_assert!(clear(size) >= 0.8 && (size == 2 || clear(size - 1) < 0.8));
        }
    }

    #[test]
    fn no_race_panics_and_an_open_one_asks_for_seeds_that_are_missing(
        gains in prop::collection::vec(any_values(), 0..5),
        first in 0..5usize, most in 0..8usize, margin in any::<u64>().prop_map(f64::from_bits),
    ) {
        let standing = Race { first, most, margin }.standing(&gains);
        prop_assert_eq!(standing.arms.len(), gains.len());
        if let Some(next) = standing.next {
            let waits = |(arm, gains): (&wellfit_stats::Runner, &Vec<f64>)| {
                arm.place == Place::In && gains.len() < next
            };
            prop_assert!(standing.arms.iter().zip(&gains).any(waits));
            prop_assert_eq!(standing.winner, None);
        }
    }

    #[test]
    fn an_optimism_needs_a_whole_table(table in prop::collection::vec(any_values(), 1..4)) {
        let finite = table.iter().flatten().all(|value| value.is_finite());
        let square = table.iter().all(|row| row.len() == table[0].len() && !row.is_empty());
        let found = optimism(&[table.clone(), table.clone()]);
        prop_assert_eq!(found.is_some(), finite && square && table.len() > 1);
    }

    #[test]
    fn no_values_panic_and_what_is_not_finite_is_never_shown(values in any_values()) {
        let e = Estimate::of(values.clone());
        prop_assert_eq!(e.is_known(), Sample::new(values.clone()).is_ok());
        prop_assert!(!format::estimate(&e).contains("NaN"));
        prop_assert!(!format::estimate(&e).contains("inf"));
        let _ = (e.p_beyond(0.5), e.p_beyond(f64::NAN), e.scaled(-3.0), holm(&values));
        let _ = (e.p_within(0.5), e.p_within(f64::NAN), e.with_confidence(0.9), resampled(values.clone(), 0.25));
        let _ = (bootstrap(&values, 0), sign_flip(&values, 0));
        let tried = [true, true, false].map(|helps| StrengthGain { gain: e.clone(), helps });
        let _ = strength_curve(&tried, |_, _| Estimate::paired(&values, &values));
        let _ = (unpaired(&values, &[1.0, 2.0]), unpaired(&[1.0, 2.0], &values));
        let _ = two_way(&[values.clone(), values]);
    }

    #[test]
    fn a_corrected_p_is_never_smaller_and_keeps_the_order(p in prop::collection::vec(0.0..1.0f64, 1..9)) {
        let adjusted = holm(&p);
        for i in 0..p.len() {
            prop_assert!(adjusted[i] >= p[i] && adjusted[i] <= 1.0);
            for j in 0..p.len() {
                prop_assert!(p[i] > p[j] || adjusted[i] <= adjusted[j]);
            }
        }
    }
}

#[test]
fn ninety_five_of_a_hundred_intervals_cover_the_truth() {
    const ROUNDS: usize = 20_000;
    for n in [2, 3, 5, 10] {
        let mut stream = stream(n as u64);
        let covered = (0..ROUNDS)
            .filter(|_| {
                let e = Estimate::of((0..n).map(|_| 3.0 + normal(&mut stream)).collect::<Vec<_>>());
                e.low <= 3.0 && 3.0 <= e.high
            })
            .count() as f64;
        // Four standard deviations of a binomial(20000, 0.95) are 0.6 %.
        assert!((covered / ROUNDS as f64 - 0.95).abs() < 0.0062, "n = {n}: {covered}");
    }
}

/// Values with row, column and own effects of the given standard deviations.
fn table(stream: &mut Stream, [row, column, own]: [f64; 3]) -> Vec<Vec<f64>> {
    let columns: Vec<f64> = (0..60).map(|_| column * normal(stream)).collect();
    let rows: Vec<f64> = (0..5).map(|_| row * normal(stream)).collect();
    let mut cell = |row: f64| columns.iter().map(|c| row + c + own * normal(stream)).collect();
    rows.into_iter().map(&mut cell).collect()
}

#[test]
fn the_two_way_interval_covers_the_truth_whichever_chance_is_larger() {
    const ROUNDS: usize = 4000;
    for (case, spreads) in
        [[0.3, 0.1, 1.0], [0.02, 1.0, 1.0], [0.1, 1.0, 3.0]].into_iter().enumerate()
    {
        let mut stream = stream(100 + case as u64);
        let covered = (0..ROUNDS)
            .filter(|_| {
                let e = two_way(&table(&mut stream, spreads)).unwrap();
                e.low <= 0.0 && 0.0 <= e.high
            })
            .count() as f64;
        let share = covered / ROUNDS as f64;
        assert!((0.93..0.98).contains(&share), "{spreads:?}: {share}");
    }
}

/// The bootstrap over rows and columns is the independent witness: its variance is
/// known to be the two-way one plus twice the rest's part (Owen 2007).
#[test]
fn the_two_way_variance_is_what_a_bootstrap_finds() {
    const ROUNDS: usize = 20_000;
    let values = table(&mut stream(200), [0.5, 2.0, 0.0]);
    let (rows, columns) = (values.len(), values[0].len());
    let mut draws = Key { seed: 1, purpose: Purpose::Bootstrap, layer: 0, step: 0 }.stream();
    let means = (0..ROUNDS)
        .map(|_| {
            // One row fewer than there are: then the rows' part has no bias.
            let picked: Vec<usize> = (1..rows).map(|_| draws.below(rows as u64) as usize).collect();
            let sum: f64 = (0..columns)
                .map(|_| {
                    let column = draws.below(columns as u64) as usize;
                    picked.iter().map(|&row| values[row][column]).sum::<f64>()
                })
                .sum();
            sum / (columns * picked.len()) as f64
        })
        .collect();
    let bootstrap = Sample::new(means).unwrap().std().unwrap();
    let e = two_way(&values).unwrap();
    // The interval is t times the error, with t between its values at the columns'
    // and at the rows' degrees of freedom, 59 and 4.
    let error = [e.half_width() / 2.776, e.half_width() / 2.001];
    assert!(error[0] < bootstrap && bootstrap < error[1], "{bootstrap} {error:?}");
}

#[test]
fn a_table_that_is_not_one_has_no_two_way_estimate() {
    assert!(two_way(&[]).is_none());
    assert!(two_way(&[vec![1.0, 2.0]]).is_none());
    assert!(two_way(&[vec![1.0], vec![2.0]]).is_none());
    assert!(two_way(&[vec![1.0, 2.0], vec![1.0]]).is_none());
    assert!(two_way(&[vec![1.0, f64::NAN], vec![1.0, 2.0]]).is_none());
    let still = two_way(&[vec![0.0, 0.0], vec![0.0, 0.0]]).unwrap();
    assert_eq!((still.low, still.high, still.p), (0.0, 0.0, 1.0));
}
