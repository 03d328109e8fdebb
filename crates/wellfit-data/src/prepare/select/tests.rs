//! Rankings against scikit-learn's, from `tests/golden/make_prepare.py`.

use serde_json::Value;

use super::super::features::Encoded;
use super::super::figures::Figures;
use super::super::input::{Categories, Input, InputColumn, InputKind, Numbers};
use super::*;
use crate::{Column, ColumnValues, Features, Table};

fn golden() -> Value {
    serde_json::from_str(include_str!("../../../tests/golden/select.json")).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn places(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|value| value.as_u64().unwrap() as usize).collect()
}

/// Samples as a table; columns that hold only 0 and 1 become categories where asked.
struct Case {
    input: Input,
    features: Features,
    rows: Vec<u32>,
    golden: Value,
}

impl Case {
    fn new(categories: bool) -> Self {
        let golden = golden()["selections"].take();
        let x: Vec<Vec<f64>> = golden["x"].as_array().unwrap().iter().map(floats).collect();
        let (mut columns, mut table) = (Vec::new(), Vec::new());
        for at in 0..x[0].len() {
            let (name, values) = (format!("c{at}"), x.iter().map(|row| row[at]));
            let (kind, values) = if categories && golden["indicator"][at] == true {
                let names = vec!["0".to_owned(), "1".to_owned()];
                let kind = InputKind::Category(Categories { fill: None, names: names.clone() });
                let codes = values.map(|value| value as u32).collect();
                (kind, ColumnValues::Categories { codes, names })
            } else {
                (InputKind::Number(Numbers::AS_THEY_ARE), ColumnValues::Numbers(values.collect()))
            };
            columns.push(InputColumn { name: name.clone(), kind });
            table.push(Column { name, values });
        }
        let table = Table { columns: table, rows: x.len() };
        let rows = (0..x.len() as u32).collect();
        Case { input: Input::Table(columns), features: Features::Table(table.into()), rows, golden }
    }

    fn encoded(&self) -> Encoded<'_> {
        Encoded::new(&self.input, &self.features)
    }

    fn wanted(&self) -> [(&'static str, Wanted); 3] {
        let classes = |key: &str, count| {
            let labels = places(&self.golden[key]).into_iter().map(|label| label as u32);
            Wanted::Classes(labels.collect(), count)
        };
        let rows: Vec<Vec<f64>> =
            self.golden["numbers"].as_array().unwrap().iter().map(floats).collect();
        let target = |at: usize| rows.iter().map(|row| row[at]).collect();
        [
            ("three", classes("three", 3)),
            ("two", classes("two", 2)),
            ("numbers", Wanted::Numbers(vec![target(0), target(1)])),
        ]
    }
}

fn close(found: &[f64], wanted: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        let apart = (found - wanted).abs() / wanted.abs().max(1.0);
        assert!(apart < tolerance, "{what}, feature {at}: {found}, not {wanted}");
    }
}

#[test]
fn quantiles_are_numpys() {
    let golden = golden()["quantiles"].take();
    let mut figures = Figures::Values(floats(&golden["values"]));
    for (q, wanted) in floats(&golden["q"]).into_iter().zip(floats(&golden["quantile"])) {
        assert_eq!(figures.quantile(q), wanted, "{q}");
    }
}

#[test]
fn variances_are_scikit_learns() {
    let case = Case::new(false);
    let wanted = floats(&case.golden["variance"]);
    close(&variance::of(&case.encoded(), &case.rows), &wanted, 1e-12, "variance");
    for (threshold, wanted) in [0.0, 0.3, 1.0, 3.0].into_iter().zip(0..) {
        let kept = variance::above(&case.encoded(), &case.rows, threshold);
        assert_eq!(kept, places(&case.golden["variance_threshold"][wanted]), "{threshold}");
    }
}

#[test]
fn features_that_correlate_with_an_earlier_one_go() {
    let case = Case::new(false);
    for (bound, wanted) in case.golden["correlation"].as_object().unwrap() {
        let kept = correlation::within(&case.encoded(), &case.rows, bound.parse().unwrap());
        assert_eq!(kept, places(wanted), "{bound}");
    }
}

#[test]
fn those_that_correlate_least_are_kept_first_and_a_constant_last() {
    let case = Case::new(false);
    let order = correlation::least(&case.encoded(), &case.rows, 12);
    assert_eq!((order[0], order[11]), (0, 10));
    // 3 is nearly 0, and 7 is mostly −2.
    let place = |feature| order.iter().position(|&other| other == feature).unwrap();
    assert!(place(3) == 10 && place(7).max(place(2)) == 9, "{order:?}");
}

#[test]
fn f_statistics_are_scikit_learns() {
    let case = Case::new(false);
    for (key, wanted) in case.wanted() {
        let found = anova::of(&case.encoded(), &case.rows, &wanted);
        close(&found, &floats(&case.golden["f"][key]), 1e-9, key);
    }
}

#[test]
fn mutual_information_is_scikit_learns() {
    let case = Case::new(true);
    for (key, wanted) in case.wanted() {
        let found = mutual_information::of(&case.encoded(), &case.rows, &wanted, 0);
        // Of the two features of the category the second.
        let of = places(&case.golden["information_of"]).into_iter();
        let found: Vec<f64> = of.map(|at| found[at + usize::from(at == 11)]).collect();
        close(&found, &floats(&case.golden["information"][key]), 1e-6, key);
    }
}

#[test]
fn the_noise_that_tells_equal_values_apart_is_keyed() {
    let case = Case::new(false);
    let [(_, wanted), ..] = case.wanted();
    let of = |seed| mutual_information::of(&case.encoded(), &case.rows, &wanted, seed);
    assert_eq!(of(1), of(1));
    // Only the rounded column has equal values.
    let (a, b) = (of(1), of(2));
    for at in (0..12).filter(|&at| ![9, 11].contains(&at)) {
        assert!((a[at] - b[at]).abs() < 1e-12, "{at}");
    }
    assert_ne!(a[9], b[9]);
}

#[test]
fn features_enter_the_l1_path_in_scikit_learns_order() {
    let case = Case::new(false);
    for (key, wanted) in case.wanted() {
        let golden = places(&case.golden["l1"][key]);
        for keep in 1..=12 {
            let found = l1_path::first(&case.encoded(), &case.rows, &wanted, keep);
            assert_eq!(found, golden[..keep], "{key}");
        }
    }
}

#[test]
fn more_samples_than_are_ranked_on_are_drawn_evenly_and_in_order() {
    let rows: Vec<u32> = (0..3 * MOST_SAMPLES as u32).map(|row| 2 * row).collect();
    let drawn = draw(&rows, 5);
    assert_eq!(drawn.len(), MOST_SAMPLES);
    assert!(drawn.is_sorted_by(|a, b| a < b) && drawn.iter().all(|row| row % 2 == 0));
    let early = drawn.iter().filter(|&&row| row < rows[rows.len() / 2]).count();
    // Five standard deviations are 250 at most.
    assert!(early.abs_diff(MOST_SAMPLES / 2) < 250, "{early}");
    assert_ne!(drawn, draw(&rows, 6));
}

#[test]
fn equal_scores_keep_the_first_and_scores_that_are_none_go_last() {
    assert_eq!(largest(&[1.0, f64::NAN, 2.0, 1.0, 2.0], 3), [2, 4, 0]);
    assert_eq!(largest(&[f64::NAN, f64::NEG_INFINITY, f64::INFINITY], 2), [2, 0]);
}

proptest::proptest! {
    /// Distances found by looking along one axis are those of comparing all pairs.
    #[test]
    fn neighbours_are_those_of_comparing_all(
        points in proptest::collection::vec((-3_i32..4, -3_i32..4), 5..40), k in 1_usize..4
    ) {
        let x: Vec<f64> = points.iter().map(|point| f64::from(point.0)).collect();
        let y: Vec<f64> = points.iter().map(|point| f64::from(point.1)).collect();
        let all = |distance: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
            (0..x.len()).map(|at| {
                let others = (0..x.len()).filter(|&other| other != at);
                let mut each: Vec<f64> = others.map(|other| distance(at, other)).collect();
                each.sort_by(f64::total_cmp);
                each[k - 1]
            }).collect()
        };
        let along = |a: usize, b: usize| (x[a] - x[b]).abs();
        let both = |a: usize, b: usize| along(a, b).max((y[a] - y[b]).abs());
        proptest::prop_assert_eq!(neighbours::Sorted::new(&x).kth(k), all(&along));
        proptest::prop_assert_eq!(neighbours::kth_of_pairs(&x, &y, k), all(&both));
        let sorted = neighbours::Sorted::new(&x);
        for radius in [0.0, 1.0, 2.5] {
            let near = x.iter().filter(|other| (*other - x[0]).abs() <= radius).count();
            proptest::prop_assert_eq!(sorted.within(x[0], radius), near);
        }
    }
}
