//! What holds for every sample.

use proptest::prelude::*;
use wellfit_random::{Key, Purpose, Stream};
use wellfit_stats::{Estimate, Sample, format, holm, two_way};

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
    fn no_values_panic_and_what_is_not_finite_is_never_shown(values in any_values()) {
        let e = Estimate::of(values.clone());
        prop_assert_eq!(e.is_known(), Sample::new(values.clone()).is_ok());
        prop_assert!(!format::estimate(&e).contains("NaN"));
        prop_assert!(!format::estimate(&e).contains("inf"));
        let _ = (e.p_beyond(0.5), e.p_beyond(f64::NAN), e.scaled(-3.0), holm(&values));
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

/// A normal number by Box and Muller's method.
fn normal(stream: &mut Stream) -> f64 {
    let (u, v) = (1.0 - stream.uniform(), stream.uniform());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

fn stream(step: u64) -> Stream {
    Key { seed: 5, purpose: Purpose::Synthetic, layer: 0, step }.stream()
}

#[test]
fn ninety_five_of_a_hundred_intervals_cover_the_truth() {
    const ROUNDS: usize = 20_000;
    for n in [2, 5] {
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
