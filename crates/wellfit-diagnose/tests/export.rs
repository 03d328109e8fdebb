//! `results.json` and `results.csv`.

mod common;

use common::*;
use serde_json::{Value, json};
use wellfit_diagnose::{diagnose, results_csv, results_json};
use wellfit_study::StudyRecords;
use wellfit_train::record::RunState;

fn parsed(study: &StudyRecords) -> Value {
    serde_json::from_str(&results_json(study, &diagnose(study))).unwrap()
}

#[test]
fn results_json_has_the_documented_keys() {
    let results = parsed(&article());
    assert_eq!((&results["schema"], &results["study"]), (&json!(1), &json!("by hand")));
    let plateau = &results["arms"][1];
    assert_eq!(plateau["name"], "plateau");
    assert_eq!(plateau["remedies"], json!(["reduce-on-plateau(0.5, patience=0)"]));
    assert_eq!(plateau["judgement"], "helps");
    assert_eq!(plateau["trials"].as_array().unwrap().len(), 5);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for metric in
        ["primary", "best_val_loss", "best_val_accuracy", "val_loss", "val_accuracy", "gap"]
    {
        let difference = &plateau["against_baseline"][metric];
        assert_eq!(keys(difference), ["difference", "high", "low", "n", "p"], "{metric}");
        assert_eq!(keys(&plateau["summary"][metric]), ["high", "low", "mean", "n"], "{metric}");
    }
    let tests = ["bootstrap", "corrected_p", "corrected_p_within", "sign_flip_p"];
    assert_eq!(keys(&plateau["tests"]), tests);
    assert_eq!(keys(&plateau["tests"]["bootstrap"]), ["high", "low"]);
    let loss = plateau["against_baseline"]["best_val_loss"]["difference"].as_f64().unwrap();
    assert!((loss + 0.028).abs() < 1e-12);
    assert_eq!(keys(&results["claims"][0]), ["claim", "evidence", "holds"]);
    assert_eq!(results["recommendation"]["arm"], "plateau");
    assert_eq!(results["arms"][0]["against_baseline"], Value::Null);
    assert_eq!(results["arms"][0]["tests"], Value::Null);
}

#[test]
fn what_is_not_known_is_null() {
    let results = parsed(&with_arm(study(1, overfit), "plateau", &["x"], plateau, decayed));
    let primary = &results["arms"][1]["against_baseline"]["primary"];
    assert_eq!((&primary["low"], &primary["p"]), (&Value::Null, &Value::Null));
    assert!(primary["difference"].is_number());
    assert_eq!(results["recommendation"]["arm"], Value::Null);
}

#[test]
fn results_csv_has_a_row_for_every_trial() {
    let patchy = |seed| match seed {
        0 => {
            Some(record("a, \"b\"", 0, &[[0.5, 0.75, 0.5, 0.875], [f64::INFINITY, 0.5, 1e-7, 1.0]]))
        }
        1 => {
            let mut record = record("a, \"b\"", 1, &[[0.5, 0.75, 0.25, 0.75]]);
            record.state = RunState::Diverged { epoch: 1, step: Some(17) };
            (record.epochs[0].val_loss, record.epochs[0].val_score) = (Some(f64::NAN), None);
            Some(record)
        }
        _ => None,
    };
    let study = with_arm(study(3, |_| None), "a, \"b\"", &["x"], same, patchy);
    assert_eq!(
        results_csv(&study),
        "arm,seed,fold,state,epochs,best_epoch,train_eval_loss,train_accuracy,val_loss,val_accuracy,\
         best_val_loss,best_val_accuracy,gap,seconds\n\
         baseline,0,,missing,,,,,,,,,,\n\
         baseline,1,,missing,,,,,,,,,,\n\
         baseline,2,,missing,,,,,,,,,,\n\
         \"a, \"\"b\"\"\",0,,complete,2,1,0.0000001,1,inf,0.5,0.5,0.75,0.5,2.5\n\
         \"a, \"\"b\"\"\",1,,diverged,1,1,0.25,0.75,nan,,nan,,,1.25\n\
         \"a, \"\"b\"\"\",2,,missing,,,,,,,,,,\n"
    );
}

#[test]
fn regression_has_r2_in_the_accuracies_places() {
    let study = regression(article());
    let csv = results_csv(&study);
    let head = "arm,seed,fold,state,epochs,best_epoch,train_eval_loss,train_r2,val_loss,val_r2,\
                best_val_loss,best_val_r2,gap,seconds\n";
    assert!(csv.starts_with(head), "{csv}");
    assert_eq!(
        csv[head.len()..],
        results_csv(&article())[results_csv(&article()).find('\n').unwrap() + 1..]
    );
    let results = parsed(&study);
    let plateau = &results["arms"][1];
    assert!(plateau["summary"]["best_val_r2"]["mean"].is_number());
    assert!(plateau["against_baseline"]["val_r2"]["difference"].is_number());
    assert_eq!(plateau["summary"]["val_accuracy"], Value::Null);
    assert_eq!(results["claims"], json!([]));
}
