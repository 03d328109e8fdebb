//! Learning curves: fits, refusals, and how often the extrapolation covers what is measured.

use wellfit_random::{Key, Purpose, Stream};
use wellfit_stats::{NoCurve, PowerCurve, SizeError, power_curve};

fn stream(step: u64) -> Stream {
    Key { seed: 11, purpose: Purpose::Synthetic, layer: 0, step }.stream()
}

/// A world of curves: the law, the noise of a seed and that of a draw of samples, both as
/// shares of the error.
struct World {
    curve: PowerCurve,
    of_seed: f64,
    of_draw: f64,
}

/// What a study measures: `count` sizes by equal factors up to `largest`, and their double
/// last.
fn measured(world: &World, count: usize, seeds: usize, stream: &mut Stream) -> Vec<SizeError> {
    let largest: f64 = 6000.0;
    let sizes = (0..count).map(|i| largest * 0.1f64.powf(1.0 - i as f64 / (count - 1) as f64));
    sizes
        .chain([2.0 * largest])
        .map(|samples| {
            let error = world.curve.at(samples);
            let draw = world.of_draw * stream.normal();
            let errors = (0..seeds)
                .map(|_| error * (1.0 + draw + world.of_seed * stream.normal()))
                .collect();
            SizeError { samples, errors }
        })
        .collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn a_curve_without_noise_is_found_again() {
    for (a, b, c) in [(0.1, 5.0, 0.4), (0.0, 3.0, 0.25), (0.3, 200.0, 1.0), (0.02, 1.0, 0.1)] {
        let curve = PowerCurve { a, b, c };
        let sizes: Vec<SizeError> = [500.0, 1000.0, 2000.0, 4000.0, 8000.0]
            .map(|samples| SizeError { samples, errors: vec![curve.at(samples)] })
            .into();
        let fitted = power_curve(&sizes, 16_000.0, true, 0).unwrap();
        let wanted = curve.at(16_000.0);
        assert!((fitted.next.error / wanted - 1.0).abs() < 1e-3, "{curve:?}: {fitted:?}");
        assert!((fitted.curve.at(3000.0) / curve.at(3000.0) - 1.0).abs() < 1e-3, "{fitted:?}");
    }
}

#[test]
fn what_is_no_learning_curve_is_refused_with_a_reason() {
    let sizes = |means: &[f64]| -> Vec<SizeError> {
        let size = |(i, mean): (usize, &f64)| SizeError {
            samples: 500.0 * 2f64.powi(i as i32),
            errors: vec![mean - 0.002, *mean, mean + 0.002],
        };
        means.iter().enumerate().map(size).collect()
    };
    let told = |means: &[f64]| power_curve(&sizes(means), 1e5, true, 0).unwrap_err();
    assert_eq!(told(&[0.5, 0.4]), NoCurve::TooFew);
    assert_eq!(told(&[]), NoCurve::TooFew);
    assert_eq!(told(&[0.4, 0.4, 0.4, 0.4, 0.4]), NoCurve::DoesNotFall);
    assert_eq!(told(&[0.3, 0.35, 0.4, 0.45, 0.5]), NoCurve::DoesNotFall);
    assert_eq!(told(&[0.4, 0.401, 0.399, 0.4, 0.3995]), NoCurve::DoesNotFall);
    // It falls faster and faster, which no power law does.
    assert_eq!(told(&[0.5, 0.495, 0.48, 0.43, 0.3]), NoCurve::NoPowerLaw);
    assert_eq!(told(&[0.5, f64::NAN, 0.4, 0.3]), NoCurve::TooFew);
    let one = sizes(&[0.5, 0.4, 0.33]);
    assert_eq!(power_curve(&one, f64::NAN, true, 0).unwrap_err(), NoCurve::TooFew);
    assert_eq!(power_curve(&one, 0.0, true, 0).unwrap_err(), NoCurve::TooFew);
    // The same size twice is one size.
    let twice: Vec<SizeError> = vec![one[0].clone(), one[0].clone(), one[1].clone()];
    assert_eq!(power_curve(&twice, 1e4, true, 0).unwrap_err(), NoCurve::TooFew);
}

#[test]
fn one_seed_has_an_interval_from_four_sizes_on() {
    let curve = PowerCurve { a: 0.1, b: 5.0, c: 0.4 };
    let of = |count: usize| -> Vec<SizeError> {
        let mut stream = stream(3);
        let size = |i: usize| 500.0 * 2f64.powi(i as i32);
        (0..count)
            .map(|i| {
                let errors = vec![curve.at(size(i)) * (1.0 + 0.01 * stream.normal())];
                SizeError { samples: size(i), errors }
            })
            .collect()
    };
    assert_eq!(power_curve(&of(3), 1e4, true, 0).unwrap().next.interval, None);
    let four = power_curve(&of(5), 1e4, true, 0).unwrap();
    let interval = four.next.interval.expect("two sizes more than parameters");
    assert!(interval.low <= four.next.error && four.next.error <= interval.high, "{four:?}");
}

#[test]
fn the_same_values_give_the_same_bits() {
    let world =
        World { curve: PowerCurve { a: 0.1, b: 5.0, c: 0.4 }, of_seed: 0.02, of_draw: 0.02 };
    let sizes = measured(&world, 5, 5, &mut stream(1));
    let fit = || power_curve(&sizes[..5], 12_000.0, true, 7).unwrap();
    assert_eq!(fit(), fit());
    let mut other = sizes[..5].to_vec();
    other.reverse();
    assert_eq!(power_curve(&other, 12_000.0, true, 7).unwrap(), fit());
}

/// How often the interval covers what is measured at twice the largest size, how wide it is
/// as a share of the error there, and how often there was none.
fn covered(world: &World, count: usize, seeds: usize, one_draw: bool, draws: u64) -> [f64; 3] {
    let (mut covered, mut fitted, mut wide) = (0.0, 0.0, 0.0);
    for draw in 0..draws {
        let sizes = measured(world, count, seeds, &mut stream(draw));
        let truth = mean(&sizes[count].errors);
        let found = power_curve(&sizes[..count], sizes[count].samples, one_draw, draw);
        let Ok(found) = found else { continue };
        let interval = found.next.interval.unwrap();
        fitted += 1.0;
        wide += (interval.high - interval.low) / truth;
        covered += f64::from(interval.low <= truth && truth <= interval.high);
    }
    [covered / fitted, wide / fitted, 1.0 - fitted / draws as f64]
}

#[test]
fn the_interval_covers_what_is_measured_at_twice_the_samples() {
    let steep = PowerCurve { a: 0.0, b: 5.0, c: 0.35 };
    let bent = PowerCurve { a: 0.2, b: 20.0, c: 0.55 };
    for (curve, name) in [(steep, "steep"), (bent, "bent")] {
        for (count, seeds, of_seed, of_draw, one_draw) in [
            (5, 5, 0.01, 0.01, true),
            (5, 5, 0.01, 0.02, true),
            (4, 3, 0.02, 0.01, true),
            (3, 5, 0.01, 0.01, true),
            (5, 10, 0.02, 0.0, false),
        ] {
            let world = World { curve, of_seed, of_draw };
            let [share, wide, none] = covered(&world, count, seeds, one_draw, 100);
            println!(
                "{name}, {count} sizes, {seeds} seeds, noise {of_seed} by seed and {of_draw} by \
                 draw: covered {share:.3}, width {wide:.3} of the error, no curve {none:.3}"
            );
            // Three standard errors of 95 % in 100 draws are 6.5 %.
            assert!(share >= 0.88, "{name}, {count} sizes, {seeds} seeds: {share}");
            assert!(none <= 0.1, "{name}, {count} sizes, {seeds} seeds: {none}");
        }
    }
}
