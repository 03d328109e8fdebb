//! SciPy's answers (`golden/make.py` wrote them) are ours.

use wellfit_stats::{Estimate, Normal, StudentT, holm, two_way};

/// The arguments and answers of every line of the golden file for `what`.
fn cases(what: &str) -> Vec<Vec<f64>> {
    let cases: Vec<Vec<f64>> = include_str!("golden/scipy.txt")
        .lines()
        .filter_map(|line| line.strip_prefix(what)?.strip_prefix(' '))
        .map(|line| line.split(' ').map(|number| number.parse().unwrap()).collect())
        .collect();
    assert!(cases.len() >= 3, "only {} cases of {what}", cases.len());
    cases
}

#[track_caller]
fn close(got: f64, want: f64, tolerance: f64, case: &[f64]) {
    let off = (got - want).abs();
    assert!(off <= tolerance * want.abs().max(1e-300), "{got} is not {want}: {case:?}");
}

fn same_estimate(estimate: &Estimate, answer: &[f64], case: &[f64]) {
    let got = [estimate.mean, estimate.low, estimate.high, estimate.p];
    for (got, want) in got.iter().zip(answer) {
        close(*got, *want, 1e-8, case);
    }
}

#[test]
fn the_tail_of_t_is_scipys() {
    for case in cases("two_sided") {
        close(StudentT::new(case[0]).two_sided(case[1]), case[2], 1e-9, &case);
    }
}

#[test]
fn the_quantile_of_t_is_scipys() {
    for case in cases("quantile") {
        let got = StudentT::new(case[0]).quantile(case[1]);
        if case[1] == 0.5 {
            assert_eq!(got.abs(), 0.0);
        } else {
            close(got, case[2], 1e-9, &case);
        }
    }
}

#[test]
fn the_normal_distribution_is_scipys() {
    for case in cases("normal") {
        close(Normal::upper_tail(case[0]), case[1], 1e-12, &case);
    }
    for case in cases("largest") {
        close(Normal::largest(case[0] as usize, case[1]), case[2], 1e-10, &case);
    }
}

#[test]
fn the_paired_t_test_is_scipys() {
    for case in cases("paired") {
        let n = case[0] as usize;
        let (a, rest) = case[1..].split_at(n);
        let (b, answer) = rest.split_at(n);
        same_estimate(&Estimate::paired(a, b), answer, &case);
    }
}

#[test]
fn the_two_way_interval_is_that_of_the_sums_of_squares() {
    for case in cases("two_way") {
        let (rows, columns) = (case[0] as usize, case[1] as usize);
        let (values, answer) = case[2..].split_at(rows * columns);
        let values: Vec<Vec<f64>> = values.chunks(columns).map(<[f64]>::to_vec).collect();
        same_estimate(&two_way(&values).unwrap(), answer, &case);
    }
}

#[test]
fn holms_correction_follows_its_definition() {
    for case in cases("holm") {
        let (p, want) = case[1..].split_at(case[0] as usize);
        for (got, want) in holm(p).iter().zip(want) {
            close(*got, *want, 1e-12, &case);
        }
    }
    let with_nan = holm(&[0.02, f64::NAN, 0.01]);
    assert!(with_nan[1].is_nan());
    assert_eq!((with_nan[0], with_nan[2]), (0.02, 0.02));
}
