//! What is promised, held against studies whose truth is known.

mod common;

use common::{gains, normal, sample, share, stream};
use wellfit_random::Stream;
use wellfit_stats::{
    Estimate, Spread, StrengthCurve, StrengthGain, bootstrap, chance_to_clear, chance_to_fit, holm,
    optimism, resampled, strength_curve, unpaired,
};

fn covers(low: f64, high: f64, truth: f64) -> bool {
    low <= truth && truth <= high
}

/// Folds as Nadeau and Bengio take them: any two are correlated by n_test/(n_train +
/// n_test).
fn folds(stream: &mut Stream, n: usize) -> Vec<f64> {
    let correlation = 1.0 / n as f64;
    let common = correlation.sqrt() * normal(stream);
    sample(stream, n, common, (1.0 - correlation).sqrt())
}

#[test]
fn the_corrected_interval_covers_where_that_of_independent_values_does_not() {
    for n in [5, 10] {
        let mut stream = stream(n as u64);
        let (mut plain, mut corrected) = (0.0, 0.0);
        for _ in 0..10_000 {
            let values = folds(&mut stream, n);
            let of = |e: Estimate| f64::from(u8::from(covers(e.low, e.high, 0.0))) / 1e4;
            plain += of(Estimate::of(values.clone()));
            corrected += of(resampled(values, 1.0 / (n as f64 - 1.0)));
        }
        assert!((corrected - 0.95).abs() < 0.01, "{n} folds: {corrected}");
        assert!(plain < 0.88, "{n} folds: {plain}");
    }
}

#[test]
fn the_bootstrap_covers_nearly_as_often_as_t_and_on_skewed_values_too() {
    const ROUNDS: usize = 600;
    fn exponential(stream: &mut Stream) -> f64 {
        -(1.0 - stream.uniform()).ln() - 1.0
    }
    type Draw = fn(&mut Stream) -> f64;
    let cases: [(usize, Draw); 3] = [(5, normal), (10, normal), (10, exponential)];
    for (n, draw) in cases {
        let mut stream = stream(20 + n as u64);
        let covered = share(ROUNDS, |round| {
            let values: Vec<f64> = (0..n).map(|_| draw(&mut stream)).collect();
            let interval = bootstrap(&values, round as u64).unwrap();
            covers(interval.low, interval.high, 0.0)
        });
        assert!((0.88..0.98).contains(&covered), "{n} values: {covered}");
    }
}

/// As a comparison judges: seven arms, two kinds of claims, each kind with Holm's
/// correction of its own. The truth lies where it is hardest, on the margin's edge and
/// right within it, for some arms at no difference at all.
#[test]
fn no_kind_of_claim_is_false_of_any_arm_more_often_than_its_level() {
    const ROUNDS: usize = 4000;
    const EDGE: f64 = 1e-9;
    let within = |margin: f64| [margin - EDGE, EDGE - margin, 0.0, 0.0, margin - EDGE, 0.0, 0.0];
    let beyond = |margin: f64| [margin + EDGE, -EDGE - margin, 4.0, -4.0, margin + EDGE, 9.0, -9.0];
    for (seeds, margin) in [(3, 0.2), (5, 0.0), (5, 1.5), (10, 0.8)] {
        let mut stream = stream(40 + seeds as u64);
        let any = |gains: Vec<Vec<f64>>, p: fn(&Estimate, f64) -> f64, level: f64| {
            let p: Vec<f64> = gains.into_iter().map(|arm| p(&Estimate::of(arm), margin)).collect();
            holm(&p).iter().any(|&p| p <= level)
        };
        let different = share(ROUNDS, |_| {
            any(gains(&mut stream, &within(margin), seeds), Estimate::p_beyond, 0.05)
        });
        let alike = share(ROUNDS, |_| {
            any(gains(&mut stream, &beyond(margin), seeds), Estimate::p_within, 0.025)
        });
        // Three standard deviations of a binomial(4000, 0.05) are 1 %.
        assert!(different < 0.06, "{seeds} seeds, margin {margin}: {different}");
        assert!(alike < 0.0325, "{seeds} seeds, margin {margin}: {alike}");
    }
}

#[test]
fn chances_are_those_that_simulated_studies_have() {
    const ROUNDS: usize = 10_000;
    for (n, mean, margin) in [(3, 0.5, 3.0), (5, 1.2, 2.5), (10, 0.3, 1.2)] {
        let mut stream = stream(60 + n as u64);
        let mut estimates = (0..ROUNDS).map(|_| Estimate::of(sample(&mut stream, n, mean, 1.0)));
        let (mut clear, mut fit) = (0.0, 0.0);
        for estimate in &mut estimates {
            clear += f64::from(u8::from(estimate.is_above(0.0))) / ROUNDS as f64;
            fit += f64::from(u8::from(estimate.is_within(margin))) / ROUNDS as f64;
        }
        let want = [chance_to_clear(mean, 1.0, n, 0.05), chance_to_fit(mean, margin, 1.0, n, 0.05)];
        // Four standard deviations of a binomial(10000, 0.5) are 2 %.
        assert!((clear - want[0]).abs() < 0.02, "{n}: {clear} {want:?}");
        assert!((fit - want[1]).abs() < 0.02, "{n}: {fit} {want:?}");
    }
}

/// Two sides that spread differently, judged by Welch's interval.
#[test]
fn chances_of_sides_without_pairs_are_those_that_simulated_studies_have() {
    const ROUNDS: usize = 10_000;
    let cases =
        [(4, 2.0, [1.0, 1.0], 0.08), (12, 1.0, [1.0, 1.0], 0.03), (12, 1.2, [0.5, 1.5], 0.03)];
    for (n, mean, spreads, tolerance) in cases {
        let mut stream = stream(80 + n as u64);
        let clear = share(ROUNDS, |_| {
            let [a, b] = spreads.map(|std| sample(&mut stream, n, 0.0, std));
            let a: Vec<f64> = a.iter().map(|value| value + mean).collect();
            unpaired(&a, &b).is_above(0.0)
        });
        let want = chance_to_clear(mean, Spread::unpaired(spreads[0], spreads[1]), n, 0.05);
        // Degrees of freedom are estimated, which costs power where values are few.
        assert!((clear - want).abs() < tolerance, "{n}, {spreads:?}: {clear} for {want}");
    }
}

/// The mean bias of the picked arm's figure, and the mean of what was estimated.
fn picked(
    rounds: usize,
    truth: &[f64],
    mut study: impl FnMut(usize) -> Vec<Vec<Vec<f64>>>,
) -> [f64; 2] {
    let mut sums = [0.0; 2];
    for round in 0..rounds {
        let found = optimism(&study(round)).unwrap();
        sums[0] += (found.apparent - truth[found.picked]) / rounds as f64;
        sums[1] += found.bias() / rounds as f64;
    }
    sums
}

#[test]
fn the_optimism_of_the_best_of_many_is_found_whatever_the_truth() {
    let settings: [&[f64]; 4] =
        [&[0.0; 2], &[0.0; 7], &[1.0, 0.8, 0.5, 0.0, -1.0], &[9.0, 0.0, 0.0]];
    for (setting, truth) in settings.into_iter().enumerate() {
        for seeds in [3, 5, 10] {
            let mut stream = stream(100 + 10 * setting as u64 + seeds as u64);
            let [bias, found] = picked(6000, truth, |_| {
                let gains = gains(&mut stream, truth, seeds);
                gains.iter().map(|arm| arm.iter().map(|&gain| vec![gain]).collect()).collect()
            });
            // Picking with a seed fewer costs a little.
            let tolerance = 0.02 + 0.12 * bias;
            assert!((found - bias).abs() < tolerance, "{truth:?} {seeds}: {found} for {bias}");
        }
    }
}

/// Five arms that are alike, on one validation set of few samples: seeds alone do not
/// see the luck that all of them share.
#[test]
fn the_luck_of_the_validation_samples_is_seen_by_leaving_samples_out() {
    let truth = [0.0; 5];
    let mut stream = stream(200);
    let mut study = |parts: bool| {
        let mut arm = || {
            let samples = sample(&mut stream, 10, 0.0, 1.0);
            let mut row = |_| -> Vec<f64> {
                let seed = 0.3 * normal(&mut stream);
                samples.iter().map(|luck| seed + luck + 0.3 * normal(&mut stream)).collect()
            };
            (0..5).map(&mut row).collect::<Vec<_>>()
        };
        let table: Vec<Vec<Vec<f64>>> = truth.iter().map(|_| arm()).collect();
        let mean = |row: &Vec<f64>| vec![row.iter().sum::<f64>() / 10.0];
        let whole = |arm: &Vec<Vec<f64>>| arm.iter().map(mean).collect();
        if parts { table } else { table.iter().map(whole).collect() }
    };
    let [bias, crossed] = picked(4000, &truth, |_| study(true));
    let [_, seeds_alone] = picked(4000, &truth, |_| study(false));
    assert!((crossed - bias).abs() < 0.15 * bias, "{crossed} for {bias}");
    assert!(seeds_alone < 0.3 * bias, "{seeds_alone} for {bias}");
}

/// The curve of strengths that are all that was tried.
fn curve(gains: &[Vec<f64>], margin: f64) -> StrengthCurve {
    let estimates: Vec<Estimate> =
        gains.iter().map(|gains| Estimate::of(gains.as_slice())).collect();
    let p: Vec<f64> = estimates.iter().map(|gain| gain.p_beyond(margin)).collect();
    let tried: Vec<StrengthGain> = estimates
        .into_iter()
        .zip(holm(&p))
        .map(|(gain, p)| StrengthGain { helps: p <= 0.05 && gain.mean > 0.0, gain })
        .collect();
    strength_curve(&tried, |a, b| Estimate::paired(&gains[a], &gains[b]))
}

#[test]
fn of_strengths_that_do_nothing_hardly_one_is_recommended() {
    let mut stream = stream(300);
    for seeds in [3, 5, 10] {
        let recommended = share(4000, |_| {
            curve(&gains(&mut stream, &[0.0; 6], seeds), 0.0).recommended.is_some()
        });
        // Half of the level: what is clearly worse is no recommendation.
        assert!(recommended < 0.035, "{seeds} seeds: {recommended}");
    }
}

#[test]
fn the_recommended_strength_helps_and_is_near_the_best() {
    // Rises, is flat in the middle, and falls far below nothing.
    let truth = [3.0, 5.0, 5.2, 5.1, 2.0, -6.0];
    let mut stream = stream(400);
    let near = share(2000, |_| {
        let curve = curve(&gains(&mut stream, &truth, 5), 0.2);
        curve.recommended.is_some_and(|at| truth[at] >= 5.0)
    });
    assert!(near > 0.9, "{near}");
}
