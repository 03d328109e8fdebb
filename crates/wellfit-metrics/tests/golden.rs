//! Scores against scikit-learn's; `golden/make.py` made the file.

use serde_json::Value;
use wellfit_metrics::{Classified, Confusion, Extra, Predicted};

const FILE: &str = include_str!("golden/scores.json");

fn cases(kind: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(FILE).unwrap();
    file[kind].as_array().unwrap().clone()
}

fn floats(of: &Value) -> Vec<f64> {
    of.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn singles(of: &Value) -> Vec<f32> {
    floats(of).into_iter().map(|x| x as f32).collect()
}

#[track_caller]
fn close(found: f64, wanted: f64, what: &str) {
    assert!((found - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{what}: {found} {wanted}");
}

fn scores(case: &Value) -> Vec<(Extra, f64)> {
    let all = case["scores"].as_object().unwrap().iter();
    all.map(|(name, value)| (Extra::from_name(name).unwrap(), value.as_f64().unwrap())).collect()
}

fn set(case: &Value) -> Classified {
    let labels: Vec<u32> = floats(&case["labels"]).into_iter().map(|x| x as u32).collect();
    let classes = case["classes"].as_u64().unwrap() as usize;
    Classified::from_logits(&labels, &singles(&case["logits"]), classes).unwrap()
}

#[test]
fn scores_of_classes_are_scikit_learns() {
    let mut compared = 0;
    for case in cases("classes") {
        let set = set(&case);
        let (extras, wanted): (Vec<Extra>, Vec<f64>) = scores(&case).into_iter().unzip();
        let found = Extra::of_classes(&extras, &set);
        for ((extra, wanted), found) in extras.iter().zip(wanted).zip(found) {
            close(found.unwrap(), wanted, &format!("{}, {}", case["name"], extra.name()));
            compared += 1;
        }
    }
    assert!(compared > 90, "{compared}");
}

#[test]
fn the_confusion_matrix_and_each_classs_scores_are_scikit_learns() {
    for case in cases("classes") {
        let confusion = Confusion::of(&set(&case));
        let counts: Vec<f64> = confusion.counts().iter().map(|&n| n as f64).collect();
        assert_eq!(counts, floats(&case["confusion"]), "{}", case["name"]);
        for class in 0..confusion.classes() {
            let scores = confusion.scores(class);
            for (name, found) in
                [("precision", scores.precision), ("recall", scores.recall), ("f1", scores.f1)]
            {
                close(found, floats(&case[name])[class], &format!("{} {name}", case["name"]));
            }
        }
    }
}

#[test]
fn a_class_without_samples_leaves_its_ranks_undefined() {
    let case = cases("classes")
        .into_iter()
        .find(|case| case["name"] == "a class without samples that is predicted");
    let set = set(&case.unwrap());
    for found in Extra::of_classes(&[Extra::Auc, Extra::AveragePrecision], &set) {
        assert_eq!(found.unwrap_err().to_string(), "not defined: class 3 has no sample");
    }
}

#[test]
fn scores_of_numbers_are_scikit_learns() {
    for case in cases("numbers") {
        let columns = case["columns"].as_u64().unwrap() as usize;
        let (targets, predictions) = (singles(&case["targets"]), singles(&case["predictions"]));
        let set = Predicted::new(targets, predictions, columns).unwrap();
        for (extra, wanted) in scores(&case) {
            let found = Extra::of_numbers(&[extra], &set)[0].unwrap();
            close(found, wanted, &format!("{}, {}", case["name"], extra.name()));
        }
    }
}
