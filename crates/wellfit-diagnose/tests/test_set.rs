//! The winner, honestly: the test set, the luck of the choice, the model handed over.

mod common;

use common::*;
use wellfit_diagnose::{diagnose, model_json, results_json};
use wellfit_study::{Opening, StudyRecords};
use wellfit_train::record::{Score, ScoreKind};

fn score(loss: f64) -> Option<Score> {
    Some(Score { loss, kind: ScoreKind::Accuracy, score: 1.0 - loss, n: 5000, extras: Vec::new() })
}

/// The article's study, whose test set was opened for plateau decay.
fn opened() -> StudyRecords {
    let mut study = article();
    study.data.samples[2] = 5000;
    study.opening = Some(Opening {
        opened: "2026-11-23T09:30:00Z".into(),
        arm: "plateau".into(),
        arms: study.study.arms.iter().map(|arm| arm.name.clone()).collect(),
        seeds: study.study.seeds.clone(),
        folds: None,
    });
    for (seed, record) in study.records[0].iter_mut().flatten().enumerate() {
        record.test = score(0.34 + 0.002 * luck(seed as u64));
    }
    for (seed, record) in study.records[1].iter_mut().flatten().enumerate() {
        record.test = score(0.31 + 0.001 * luck(seed as u64));
    }
    study
}

#[test]
fn the_chosen_arm_is_held_against_the_baseline_on_the_test_set() {
    let answer = diagnose(&opened()).answer;
    assert!(
        answer.final_figure.starts_with("test loss 0.3100 [0.3090, 0.3110], test accuracy")
            && answer.final_figure.ends_with("opened once, on 2026-11-23"),
        "{}",
        answer.final_figure
    );
    let test = answer.test.unwrap();
    let difference = test.loss_difference.unwrap();
    assert!((difference.mean + 0.03).abs() < 1e-9 && difference.n == 5, "{difference:?}");
    let said = "On the test set plateau lowers loss by 0.03";
    assert!(answer.details.iter().any(|d| d.starts_with(said)), "{:?}", answer.details);
}

#[test]
fn a_later_choice_of_another_arm_is_not_given_the_opened_test_set() {
    let mut study = opened();
    let better =
        |seed| Some(record("late", seed, &course(14, 0.2 + 0.001 * luck(seed), 0.21, 0.95, 0.93)));
    study = with_arm(study, "late", &["x"], same, better);
    let findings = diagnose(&study);
    assert_eq!(findings.answer.arm, Some(3));
    assert!(
        findings.answer.final_figure.starts_with(
            "the test set was opened on 2026-11-23 for plateau, and is not opened again for late: \
             this figure is optimistic"
        ),
        "{}",
        findings.answer.final_figure
    );
    let flagged = "late: added after the test set was opened (on 2026-11-23 for plateau)";
    assert!(
        findings.caveats.iter().any(|c| c.grave && c.sentence.starts_with(flagged)),
        "{:?}",
        findings.caveats
    );
    assert_eq!(findings.answer.test.as_ref().unwrap().joined, ["late"]);
    let json: serde_json::Value = serde_json::from_str(&results_json(&study, &findings)).unwrap();
    assert_eq!(json["recommendation"]["test"]["arm"], "plateau");
    assert_eq!(json["recommendation"]["test"]["joined_later"][0], "late");
}

#[test]
fn without_a_test_set_the_figure_is_called_optimistic_and_by_how_much() {
    // Arms that differ by luck alone beside one that is the best by little.
    let mut study =
        study(5, |seed| Some(record("baseline", seed, &course(9, 0.4, 0.5, 0.95, 0.89))));
    for arm in 0..6 {
        let own = move |seed: u64| {
            let loss = 0.37 + 0.004 * luck(seed * 2 + arm);
            Some(record("arm", seed, &course(9, loss, 0.5, 0.95, 0.89)))
        };
        study = with_arm(study, &format!("arm {arm}"), &["x"], same, own);
    }
    let answer = diagnose(&study).answer;
    let luck = answer.luck.expect("six arms to pick from");
    assert_eq!(luck.arms, 6);
    let start = "no test set: this figure is optimistic";
    assert!(answer.final_figure.starts_with(start), "{}", answer.final_figure);
    let told = answer.final_figure.contains("for being the best of 6 arms");
    assert_eq!(told, luck.apparent > luck.honest, "{} {luck:?}", answer.final_figure);
}

#[test]
fn the_model_handed_over_is_the_median_seeds() {
    let study = opened();
    let findings = diagnose(&study);
    let model = findings.answer.model.as_ref().unwrap();
    let mut losses: Vec<f64> = study.records[1]
        .iter()
        .flatten()
        .map(|record| record.best().unwrap().val_loss.unwrap())
        .collect();
    losses.sort_by(f64::total_cmp);
    assert_eq!(model.val_loss, losses[2]);
    assert_eq!(model.trial, format!("plateau-s{}", model.seed));
    assert!(model.sentence.contains("the median of 5 seeds"), "{}", model.sentence);
    let (trial, about) = model_json(&study, &findings, Some("model.onnx")).unwrap();
    assert!(trial == model.trial && about.contains("\"seed\""), "{about}");
}

#[test]
fn of_an_even_number_of_seeds_and_with_one_seed_there_is_a_median_too() {
    for (seeds, words) in [(2, "the median of 2 seeds"), (1, "the only one")] {
        let mut study = opened();
        study.study.seeds.truncate(seeds);
        study.records.iter_mut().for_each(|arm| arm.truncate(seeds));
        let findings = diagnose(&study);
        if let Some(model) = &findings.answer.model {
            assert!(model.sentence.contains(words), "{}", model.sentence);
        } else {
            assert!(
                !findings.answer.decided
                    && model_json(&study, &findings, Some("model.onnx")).is_none()
            );
        }
    }
}

#[test]
fn seeds_that_diverged_are_never_handed_over() {
    let mut study = opened();
    for seed in [0, 2] {
        study.records[1][seed] = diverged(seed as u64);
    }
    let findings = diagnose(&study);
    if let Some(model) = findings.answer.model {
        assert!(![0, 2].contains(&model.seed), "{model:?}");
        assert!(model.sentence.contains("the median of 3 seeds"), "{}", model.sentence);
    }
}
