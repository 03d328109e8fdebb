//! Studies that are judged by a score of `train.metrics`.

mod common;

use common::*;
use wellfit_diagnose::{Judgement, StudyFindings, diagnose, results_csv, results_json};
use wellfit_study::{JudgeAt, StudyRecords};
use wellfit_train::plan::{Extra, Metric};
use wellfit_train::record::{ExtraScore, Score, ScoreKind};

fn judgements(findings: &StudyFindings) -> Vec<Option<Judgement>> {
    findings.arms.iter().map(|arm| arm.judgement).collect()
}

/// The article's study judged by a score that `of` makes of an epoch's validation accuracy.
fn judged_by(extra: Extra, of: impl Fn(f64) -> f64) -> StudyRecords {
    let mut study = article();
    study.study.primary = Metric::Val(extra);
    study.study.plan.measure_also(extra);
    study.study.arms.iter_mut().for_each(|arm| arm.plan.measure_also(extra));
    for row in study.records.iter_mut().flatten().flatten().flat_map(|record| &mut record.epochs) {
        let val = row.val_score.map(&of);
        row.extras = vec![ExtraScore { extra, train: of(row.train_score), val }];
    }
    study
}

#[test]
fn a_score_that_follows_accuracy_is_judged_as_accuracy_is_but_for_the_samples_chance() {
    let mut by_accuracy = article();
    by_accuracy.study.primary = Metric::ValAccuracy;
    let accuracy = diagnose(&by_accuracy);
    let balanced = diagnose(&judged_by(Extra::BalancedAccuracy, |accuracy| accuracy));
    assert_eq!(judgements(&balanced), judgements(&accuracy));
    assert_eq!(balanced.margin, accuracy.margin);
    for arm in &balanced.arms {
        let against = arm.against_baseline.as_ref();
        assert!(against.is_none_or(|against| against.primary_with_data.is_none()));
        assert_eq!(arm.summary.extras[0].best, arm.summary.best_val_score);
    }
    let sentences = balanced.arms.iter().map(|arm| &arm.sentence);
    assert!(
        sentences
            .skip(1)
            .any(|words| words.contains("balanced accuracy by") && words.contains("points"))
    );
}

#[test]
fn a_score_that_is_to_fall_is_judged_the_other_way_round() {
    let falls = diagnose(&judged_by(Extra::Brier, |accuracy| 1.0 - accuracy));
    let rises = diagnose(&judged_by(Extra::F1Macro, |accuracy| accuracy));
    assert_eq!(judgements(&falls), judgements(&rises));
    assert!((falls.margin - rises.margin).abs() < 1e-12);
    let words = |findings: &StudyFindings| findings.answer.headline.clone();
    if falls.answer.decided {
        assert!(words(&falls).contains("Brier score"), "{}", words(&falls));
        assert!(words(&rises).contains("F1 (macro)"), "{}", words(&rises));
    }
}

#[test]
fn a_score_that_is_not_defined_was_not_measured_and_did_not_diverge() {
    let study = judged_by(Extra::Auc, |_| f64::NAN);
    let findings = diagnose(&study);
    for arm in &findings.arms {
        assert_eq!(arm.summary.diverged, 0, "{}", arm.name);
        assert!(!arm.summary.primary.is_known());
        assert_ne!(arm.judgement, Some(Judgement::Helps));
    }
    let words = &findings.arms[1].sentence;
    assert!(words.contains("validation ROC AUC was not measured"), "{words}");
}

#[test]
fn results_hold_the_scores_of_the_plan_last() {
    let mut study = judged_by(Extra::BalancedAccuracy, |accuracy| accuracy / 2.0);
    study.study.judge_at = JudgeAt::Last;
    let csv = results_csv(&study);
    let mut lines = csv.lines();
    let head: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(head[14..], ["val_balanced_accuracy", "best_val_balanced_accuracy"]);
    let row: Vec<&str> = lines.next().unwrap().split(',').collect();
    let number = |at: usize| row[at].parse::<f64>().unwrap();
    assert_eq!((number(14), number(15)), (number(9) / 2.0, number(11) / 2.0));
    let json: serde_json::Value =
        serde_json::from_str(&results_json(&study, &diagnose(&study))).unwrap();
    let summary = &json["arms"][0]["summary"];
    assert_eq!(summary["val_balanced_accuracy"]["mean"], summary["primary"]["mean"]);
    assert_eq!(json["why_primary"], serde_json::Value::Null);
}

#[test]
fn why_imbalanced_classes_are_judged_by_balanced_accuracy_is_said() {
    let mut study = judged_by(Extra::BalancedAccuracy, |accuracy| accuracy);
    study.data.class_samples = vec![6000, 5000, 40, 300, 300, 300, 300, 300, 300, 300];
    let findings = diagnose(&study);
    let why = findings.why_primary.clone().unwrap();
    let words = "Classes are imbalanced (0 has 6,000 samples, 2 40): arms are judged by balanced";
    assert!(why.starts_with(words), "{why}");
    assert!(findings.caveats.iter().any(|caveat| caveat.sentence == format!("{why}.")));
    study.study.primary = Metric::ValLoss;
    assert_eq!(diagnose(&study).why_primary, None);
}

#[test]
fn the_test_sets_figure_is_told_in_what_arms_are_judged_by() {
    let mut study = judged_by(Extra::F1Macro, |accuracy| accuracy);
    study.data.samples[2] = 5000;
    for (arm, f1) in [(0, 0.80), (1, 0.85)] {
        for record in study.records[arm].iter_mut().flatten() {
            record.test = Some(Score {
                loss: 0.3,
                kind: ScoreKind::Accuracy,
                score: 0.9,
                n: 5000,
                extras: vec![(Extra::F1Macro, f1)],
            });
        }
    }
    let findings = diagnose(&study);
    if findings.answer.arm == Some(1) {
        let figure = &findings.answer.final_figure;
        assert!(figure.starts_with("test F1 (macro) 0.85"), "{figure}");
        let test = findings.answer.test.as_ref().unwrap();
        assert!((test.primary_difference.as_ref().unwrap().mean - 0.05).abs() < 1e-12);
    }
}
