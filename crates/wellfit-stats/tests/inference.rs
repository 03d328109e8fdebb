//! SciPy's and statsmodels' answers (`golden/make.py` wrote them) are ours.

use serde_json::Value;
use wellfit_stats::{
    Estimate, Normal, Spread, StudentT, bootstrap, chance_to_clear, chance_to_fit, holm, resampled,
    sign_flip, size_to_clear, unpaired,
};

/// A case of the golden file.
struct Case(Value);

impl Case {
    fn number(&self, key: &str) -> f64 {
        self.0[key].as_f64().unwrap_or_else(|| panic!("no {key} in {}", self.0))
    }

    fn count(&self, key: &str) -> usize {
        self.number(key) as usize
    }

    fn numbers(&self, key: &str) -> Vec<f64> {
        self.0[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    }

    #[track_caller]
    fn holds(&self, got: f64, want: f64, tolerance: f64) {
        assert!((got - want).abs() <= tolerance, "{got} is not {want}: {}", self.0);
    }
}

fn cases(what: &str) -> Vec<Case> {
    let all: Value = serde_json::from_str(include_str!("golden/inference.json")).unwrap();
    let cases: Vec<Case> = all[what].as_array().unwrap().iter().cloned().map(Case).collect();
    assert!(cases.len() >= 3, "only {} cases of {what}", cases.len());
    cases
}

#[test]
fn intervals_of_any_confidence_are_scipys() {
    for case in cases("intervals") {
        let estimate = Estimate::of(case.numbers("values"));
        let estimate = estimate.with_confidence(case.number("confidence"));
        let (ends, wide) = (case.numbers("ends"), estimate.half_width());
        case.holds(estimate.low, ends[0], 1e-9 * wide);
        case.holds(estimate.high, ends[1], 1e-9 * wide);
    }
}

#[test]
fn the_difference_of_sides_without_pairs_is_scipys() {
    for case in cases("unpaired") {
        let estimate = unpaired(&case.numbers("a"), &case.numbers("b"));
        let ends = case.numbers("ends");
        case.holds(estimate.low, ends[0], 1e-8 * estimate.half_width());
        case.holds(estimate.high, ends[1], 1e-8 * estimate.half_width());
        case.holds(estimate.p, case.number("p"), 1e-9);
    }
}

#[test]
fn the_test_of_equivalence_is_statsmodels() {
    for case in cases("equivalence") {
        let estimate = Estimate::of(case.numbers("values"));
        case.holds(estimate.p_within(case.number("margin")), case.number("p"), 1e-9);
    }
}

#[test]
fn holms_correction_is_statsmodels() {
    for case in cases("holm") {
        for (got, want) in holm(&case.numbers("p")).iter().zip(case.numbers("corrected")) {
            case.holds(*got, want, 1e-12);
        }
    }
}

#[test]
fn the_corrected_resampled_t_test_is_that_of_its_paper() {
    for case in cases("resampled") {
        let estimate = resampled(case.numbers("values"), case.number("ratio"));
        let ends = case.numbers("ends");
        case.holds(estimate.low, ends[0], 1e-9);
        case.holds(estimate.high, ends[1], 1e-9);
        case.holds(estimate.p, case.number("p"), 1e-9);
    }
}

/// Both are drawn, SciPy's from twenty times as many resamples; the rarer the ends, the
/// rougher.
#[test]
fn the_bootstrap_is_scipys_but_for_its_luck() {
    for case in cases("bootstrap") {
        let values = case.numbers("values");
        let (ours, ends) = (bootstrap(&values, 1).unwrap(), case.numbers("ends"));
        let part = if values.len() == 5 { 0.06 } else { 0.03 };
        let tolerance = part * (ends[1] - ends[0]);
        case.holds(ours.low, ends[0], tolerance);
        case.holds(ours.high, ends[1], tolerance);
    }
}

#[test]
fn the_test_by_signs_is_scipys() {
    for case in cases("signs") {
        case.holds(sign_flip(&case.numbers("values"), 0).unwrap(), case.number("p"), 1e-12);
    }
}

#[test]
fn the_power_of_the_t_test_is_statsmodels() {
    for case in cases("power") {
        let (n, alpha) = (case.count("n"), case.number("alpha"));
        let chance = chance_to_clear(case.number("effect"), 1.0, n, alpha);
        case.holds(chance, case.number("chance"), 1e-6);
    }
    for case in cases("unpaired_power") {
        let (n, alpha) = (case.count("n"), case.number("alpha"));
        let chance = chance_to_clear(case.number("effect"), Spread::unpaired(1.0, 1.0), n, alpha);
        case.holds(chance, case.number("chance"), 1e-6);
    }
    for case in cases("sizes") {
        let size = size_to_clear(case.number("effect"), 1.0, case.number("alpha"), 500);
        assert_eq!(size, Some(case.count("size")), "{}", case.0);
    }
}

#[test]
fn the_power_of_equivalence_is_the_integral_over_the_spread() {
    for case in cases("equivalence_power") {
        let (mean, margin) = (case.number("mean"), case.number("margin"));
        let chance = chance_to_fit(mean, margin, 1.0, case.count("n"), case.number("alpha"));
        case.holds(chance, case.number("chance"), 1e-6);
    }
}

#[test]
fn tails_and_quantiles_are_scipys() {
    for case in cases("tails") {
        let tail = StudentT::new(case.number("df")).upper_tail(case.number("t"));
        case.holds(tail, case.number("tail"), 1e-9 * case.number("tail"));
    }
    for case in cases("quantiles") {
        let x = case.number("x");
        case.holds(Normal::quantile(case.number("p")), x, 1e-9 * x.abs().max(1.0));
    }
}
