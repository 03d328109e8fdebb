//! Validation curves over a remedy's strengths, and the strength to take.

mod common;

use common::*;
use wellfit_diagnose::{StrengthFamily, StudyFindings, diagnose, results_json};
use wellfit_study::remedy::Spacing;
use wellfit_study::{Strength, StudyRecords};
use wellfit_train::record::Record;

/// A trial with this validation loss; its training loss ends at 0.1.
fn trial(seed: u64, loss: f64) -> Option<Record> {
    Some(record("arm", seed, &course(9, loss, loss + 0.1, 0.95, 0.89)))
}

/// A baseline with a loss of 0.4, so that the margin is 0.004, and dropout at these
/// strengths, each with the trials that `trial` makes of strength and seed.
fn dropouts(strengths: &[f64], trial: impl Fn(usize, u64) -> Option<Record>) -> StudyRecords {
    let mut records = study(5, |seed| self::trial(seed, 0.4));
    for (at, &p) in strengths.iter().enumerate() {
        let own = |seed: u64| trial(at, seed);
        records = with_arm(records, &format!("dropout({p})"), &["x"], same, own);
        let strength = Strength {
            family: "dropout(0.1..0.7)".into(),
            value: p,
            spacing: Spacing::Linear,
            falling: false,
        };
        records.study.arms.last_mut().unwrap().strength = Some(strength);
    }
    records
}

/// The same with these strengths and mean gains; seeds vary by ±0.001.
fn dropout(gains: &[(f64, f64)]) -> StudyRecords {
    let strengths: Vec<f64> = gains.iter().map(|&(p, _)| p).collect();
    dropouts(&strengths, |at, seed| trial(seed, 0.4 - gains[at].1 + 0.001 * luck(seed + at as u64)))
}

fn family(findings: &StudyFindings) -> &StrengthFamily {
    let [family] = findings.strengths.as_slice() else { panic!("{:?}", findings.strengths) };
    family
}

#[test]
fn the_weakest_strength_that_is_as_good_as_the_best_is_recommended() {
    let records = dropout(&[(0.1, 0.01), (0.3, 0.0300), (0.5, 0.0301), (0.7, -0.05)]);
    let findings = diagnose(&records);
    let family = family(&findings);
    assert_eq!((family.best, family.recommended, family.open_ended), (Some(2), Some(1), false));
    assert!(
        family.sentence.starts_with("dropout(0.1..0.7): take 0.3, which lowers validation loss by"),
        "{}",
        family.sentence
    );
    assert_eq!(findings.answer.arm, Some(2), "the answer takes the curve's strength");
    assert!(findings.answer.headline.contains("dropout(0.3) lowers"), "{:?}", findings.answer);
    assert!(findings.answer.details.contains(&family.sentence), "{:?}", findings.answer.details);
}

#[test]
fn a_best_strength_at_the_end_of_its_range_asks_for_a_wider_one() {
    let findings = diagnose(&dropout(&[(0.1, 0.01), (0.3, 0.03), (0.5, 0.06)]));
    let family = family(&findings);
    assert_eq!((family.recommended, family.open_ended), (Some(2), true));
    assert!(family.sentence.ends_with("stronger ones may do better"), "{}", family.sentence);
    let findings = diagnose(&dropout(&[(0.1, 0.06), (0.3, 0.03), (0.5, 0.01)]));
    assert!(self::family(&findings).sentence.ends_with("weaker ones may do better"));
}

#[test]
fn of_strengths_that_all_harm_none_is_recommended() {
    let findings = diagnose(&dropout(&[(0.1, -0.02), (0.3, -0.05)]));
    let family = family(&findings);
    assert_eq!((family.best, family.recommended), (Some(0), None));
    assert!(family.sentence.contains("no strength is known to help"), "{}", family.sentence);
    assert_eq!(findings.answer.arm, Some(0));
}

#[test]
fn a_strength_that_lost_trials_is_on_the_curve_and_not_recommended() {
    let mut records = dropout(&[(0.1, 0.01), (0.3, 0.03), (0.5, 0.06), (0.7, 0.02)]);
    records.records[3][4] = diverged(4);
    records.records[4] = (0..5).map(diverged).collect();
    let findings = diagnose(&records);
    let family = family(&findings);
    assert_eq!((family.points[2].difference.n, family.points[3].difference.n), (4, 0));
    assert_eq!(family.recommended, Some(1), "{family:?}");
}

#[test]
fn strengths_are_chosen_among_those_that_help_beside_all_arms_of_the_study() {
    // 0.1 helps among the strengths alone (p 0.02 of three), not among eleven arms (0.18);
    // 0.3 is 0.0003 behind 0.5, with a standard error of 0.0004.
    let gains = [
        [0.060, 0.028, 0.024, 0.060, 0.018],
        [0.040, 0.038, 0.039, 0.041, 0.037],
        [0.041, 0.037, 0.040, 0.0405, 0.038],
    ];
    let mut records =
        dropouts(&[0.1, 0.3, 0.5], |at, seed| trial(seed, 0.4 - gains[at][seed as usize]));
    for idle in 0..8 {
        let own = |seed: u64| trial(seed, 0.4 + 0.001 * luck(seed + idle));
        records = with_arm(records, &format!("idle {idle}"), &["x"], same, own);
    }
    let findings = diagnose(&records);
    let family = family(&findings);
    let helps: Vec<bool> = family.points.iter().map(|point| point.helps).collect();
    assert_eq!(helps, [false, true, true]);
    assert_eq!((family.best, family.recommended), (Some(2), Some(1)));
    assert_eq!(findings.answer.arm, Some(2));
}

#[test]
fn strengths_without_the_same_seeds_are_compared_over_those_that_both_have() {
    // Every second seed gains more, at both strengths; by seed 0.3 is 0.005 ahead.
    let often = |seed: u64| 0.02 * (seed % 2) as f64;
    let records = dropouts(&[0.1, 0.3], |at, seed| {
        let lacks = [0, 4][at];
        let gain = [0.055, 0.060][at] + often(seed) + 0.0001 * luck(seed + at as u64);
        (seed != lacks).then(|| trial(seed, 0.4 - gain)).flatten()
    });
    let findings = diagnose(&records);
    let family = family(&findings);
    assert!(family.points.iter().all(|point| point.helps && point.difference.n == 4));
    assert_eq!(family.recommended, Some(1), "{family:?}");
}

#[test]
fn where_every_strength_lost_a_trial_none_is_recommended() {
    let records = dropouts(&[0.1, 0.3], |at, seed| match seed == at as u64 {
        true => diverged(seed),
        false => trial(seed, 0.34 - 0.02 * at as f64 + 0.001 * luck(seed)),
    });
    let findings = diagnose(&records);
    let family = family(&findings);
    assert!(family.points.iter().all(|point| point.helps && point.difference.n == 4));
    assert_eq!((family.best, family.recommended), (None, None));
    assert!(family.sentence.contains("lost trials, so none is recommended"), "{family:?}");
}

#[test]
fn one_seed_recommends_no_strength_and_nothing_at_all_is_no_panic() {
    let mut records = dropout(&[(0.1, 0.01), (0.3, 0.03)]);
    records.study.seeds.truncate(1);
    records.records.iter_mut().for_each(|arm| arm.truncate(1));
    let findings = diagnose(&records);
    assert_eq!((family(&findings).best, family(&findings).recommended), (Some(1), None));
    records.records.iter_mut().flatten().for_each(|record| *record = None);
    let findings = diagnose(&records);
    assert!(family(&findings).sentence.contains("no strength could be compared"));
}

#[test]
fn a_study_without_strengths_has_no_curve() {
    assert!(diagnose(&article()).strengths.is_empty());
}

#[test]
fn results_json_holds_the_curve() {
    let records = dropout(&[(0.5, 0.02), (0.1, 0.01), (0.3, 0.03)]);
    let findings = diagnose(&records);
    let json: serde_json::Value = serde_json::from_str(&results_json(&records, &findings)).unwrap();
    let curve = &json["strengths"][0];
    assert_eq!(
        (&curve["family"], &curve["spacing"]),
        (&"dropout(0.1..0.7)".into(), &"linear".into())
    );
    let strengths: Vec<f64> = curve["points"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["strength"].as_f64().unwrap())
        .collect();
    assert_eq!(strengths, [0.1, 0.3, 0.5], "weakest first");
    assert_eq!(curve["recommended"], "dropout(0.3)");
    for point in curve["points"].as_array().unwrap() {
        assert_eq!(point["val_loss"]["n"], 5);
        assert!(point["train_eval_loss"]["mean"].is_number(), "{point}");
        assert!(point["difference"]["low"].is_number() && point["helps"].is_boolean(), "{point}");
    }
    assert_eq!(json["arms"][1]["strength"]["value"], 0.5);
    assert_eq!(json["arms"][0]["strength"], serde_json::Value::Null);
}
