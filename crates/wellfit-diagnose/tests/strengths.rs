//! Validation curves over a remedy's strengths, and the strength to take.

mod common;

use common::*;
use wellfit_data::Subset;
use wellfit_diagnose::{Axis, StrengthFamily, StudyFindings, diagnose, results_json};
use wellfit_nn::Layer;
use wellfit_study::remedy::Spacing;
use wellfit_study::{Strength, StudyRecords};
use wellfit_train::plan::{Metric, Plan};
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

/// Arms that learn from these shares of 6,000 samples, with the losses of a law and some luck
/// of each seed; the baseline learns from all of them.
fn learning(shares: &[f64], loss: impl Fn(f64) -> f64) -> StudyRecords {
    let lucky = |samples: f64, seed: u64| loss(samples) * (1.0 + 0.004 * luck(seed));
    let mut records = study(5, |seed| trial(seed, lucky(6000.0, seed)));
    records.data.samples[0] = 6000;
    for &share in shares {
        let own = |seed: u64| trial(seed, lucky(6000.0 * share, seed + (100.0 * share) as u64));
        let name = format!("more-data({share})");
        let subset = |plan: &mut Plan| plan.data.subset = Some(Subset::Fraction(share));
        records = with_arm(records, &name, &[&name], subset, own);
        records.study.arms.last_mut().unwrap().strength = Some(Strength {
            family: "more-data(0.1..0.6)".into(),
            value: share,
            spacing: Spacing::Logarithmic,
            falling: false,
        });
    }
    records
}

/// The smallest and largest of what a sentence's interval holds.
fn bounds(family: &StrengthFamily) -> [f64; 2] {
    let interval = family.learning.as_ref().unwrap().next.unwrap().interval.unwrap();
    [interval.low, interval.high]
}

#[test]
fn a_learning_curve_says_what_twice_the_data_would_bring() {
    let law = |samples: f64| 0.2 + 4.0 * samples.powf(-0.4);
    let records = learning(&[0.1, 0.2, 0.4, 0.6], law);
    let findings = diagnose(&records);
    let family = family(&findings);
    let learning = family.learning.as_ref().expect("a learning curve");
    // The baseline is a size of its own.
    assert_eq!((learning.sizes, family.axis), (5, Axis::Samples));
    let next = learning.next.expect("it follows a power law");
    assert_eq!(next.samples, 12_000);
    let [low, high] = bounds(family);
    assert!(low < law(12_000.0) && law(12_000.0) < high, "{next:?}");
    assert!((next.score - law(12_000.0)).abs() < 0.01, "{next:?}");
    assert!(
        family.sentence.starts_with(
            "more-data(0.1..0.6): twice the data (12,000 training samples) would lower \
             validation loss from 0.32"
        ) && family.sentence.contains("(power law over 5 sizes)"),
        "{}",
        family.sentence
    );
    let places: Vec<f64> = family.points.iter().map(|point| point.place).collect();
    assert_eq!(places, [600.0, 1200.0, 2400.0, 3600.0]);
    assert!(!family.open_ended);
    assert!(findings.answer.details.contains(&family.sentence), "{:?}", findings.answer.details);
    let json: serde_json::Value = serde_json::from_str(&results_json(&records, &findings)).unwrap();
    let strengths = &json["strengths"][0];
    assert_eq!(strengths["learning_curve"]["next"]["samples"], 12_000);
    assert!(strengths["learning_curve"]["curve"]["c"].as_f64().unwrap() > 0.0);
    assert_eq!(
        (&strengths["axis"], &strengths["points"][0]["samples"]),
        (&"samples".into(), &600.0.into())
    );
    assert_eq!(strengths["spacing"], "logarithmic");
}

#[test]
fn scores_that_are_to_rise_are_extrapolated_as_what_they_lack() {
    let mut records = learning(&[0.1, 0.2, 0.4, 0.6], |samples| 0.2 + 4.0 * samples.powf(-0.4));
    records.study.primary = Metric::ValAccuracy;
    for record in records.records.iter_mut().flatten().flatten() {
        let loss = record.best().unwrap().val_loss.unwrap();
        record.epochs.iter_mut().for_each(|row| row.val_score = Some(1.0 - loss / 2.0));
    }
    let findings = diagnose(&records);
    let family = family(&findings);
    let [low, high] = bounds(family);
    let truth = 1.0 - (0.2 + 4.0 * 12_000f64.powf(-0.4)) / 2.0;
    assert!(low < truth && truth < high && high < 1.0, "{family:?}");
    let words = "would raise validation accuracy from 83.";
    assert!(
        family.sentence.contains(words) && family.sentence.contains(" % (power law"),
        "{}",
        family.sentence
    );
}

#[test]
fn a_curve_that_is_none_says_so_and_promises_nothing() {
    let flat = diagnose(&learning(&[0.1, 0.2, 0.4, 0.6], |_| 0.4));
    let learning_of = |findings: &StudyFindings| family(findings).learning.clone().unwrap();
    assert_eq!(learning_of(&flat).next, None);
    assert!(family(&flat).sentence.contains("so no power law fits"), "{}", family(&flat).sentence);
    let falls = |samples: f64| 0.5 - 0.3 * (samples / 6000.0).powi(3);
    let odd = diagnose(&learning(&[0.1, 0.2, 0.4, 0.6, 0.8], falls));
    assert!(
        family(&odd).sentence.contains("no power law fits validation loss over 6 sizes"),
        "{}",
        family(&odd).sentence
    );
    let few = diagnose(&learning(&[0.5], |samples| 0.2 + 4.0 * samples.powf(-0.4)));
    assert!(family(&few).learning.is_none(), "one arm is no curve");
    let mut missing = learning(&[0.1, 0.5], |samples| 0.2 + 4.0 * samples.powf(-0.4));
    missing.records[1].iter_mut().for_each(|record| *record = None);
    let missing = diagnose(&missing);
    assert!(family(&missing).sentence.contains("takes 3 sizes"), "{}", family(&missing).sentence);
}

#[test]
fn arms_that_differ_in_more_than_samples_are_no_learning_curve() {
    let mut records = learning(&[0.1, 0.2, 0.4], |samples| 0.2 + 4.0 * samples.powf(-0.4));
    records.study.arms[2].plan.train.lr *= 2.0;
    let findings = diagnose(&records);
    assert_eq!((family(&findings).axis, &family(&findings).learning), (Axis::Strength, &None));
}

/// A network with this many hidden units.
fn narrow(units: usize) -> impl Fn(&mut Plan) {
    move |plan| plan.model.layers[0] = Layer::Linear { out: units, bias: true }
}

#[test]
fn capacities_stand_along_their_parameters_and_weaker_is_nearer_to_the_baseline() {
    let mut records = study(5, |seed| trial(seed, 0.4));
    for (units, factor, gain) in [(100, 0.1, 0.03), (500, 0.5, 0.05)] {
        let own = |seed: u64| {
            let mut record = trial(seed, 0.4 - gain + 0.001 * luck(seed))?;
            record.weights = vec![tensor("0.weight", &[units, 784], 0.1, 1.0)];
            Some(record)
        };
        records = with_arm(records, &format!("smaller({factor})"), &["x"], narrow(units), own);
        records.study.arms.last_mut().unwrap().strength = Some(Strength {
            family: "smaller(0.1..0.5)".into(),
            value: factor,
            spacing: Spacing::Linear,
            falling: true,
        });
    }
    let findings = diagnose(&records);
    let family = family(&findings);
    let places: Vec<(f64, f64)> = family.points.iter().map(|p| (p.strength, p.place)).collect();
    assert_eq!(places, [(0.5, 392_000.0), (0.1, 78_400.0)], "weakest first");
    assert_eq!(
        (family.axis, family.logarithmic, family.recommended),
        (Axis::Parameters, true, Some(0))
    );
    let words = "The best is the weakest that was tried: weaker ones (larger) may do better";
    assert!(family.sentence.contains(words), "{}", family.sentence);
    let json: serde_json::Value = serde_json::from_str(&results_json(&records, &findings)).unwrap();
    assert_eq!(json["strengths"][0]["points"][0]["parameters"], 392_000.0);
    assert_eq!(json["strengths"][0]["spacing"], "linear");
}
