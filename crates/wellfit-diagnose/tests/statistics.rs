//! What judgements and sentences go by: corrections, folds, luck.

mod common;

use common::*;
use wellfit_diagnose::{Judgement, StudyFindings, diagnose};
use wellfit_stats::Estimate;
use wellfit_study::{Folds, StudyRecords};
use wellfit_train::plan::Metric;
use wellfit_train::record::Record;

/// A baseline whose validation loss is 0.4 with every seed; the margin is 0.004.
fn level(seed: u64) -> Option<Record> {
    Some(record("baseline", seed, &course(9, 0.4, 0.5, 0.95, 0.89)))
}

/// A trial that gains so much over [`level`].
fn gaining(seed: u64, gain: f64) -> Option<Record> {
    Some(record("arm", seed, &course(9, 0.4 - gain, 0.5, 0.95, 0.89)))
}

fn arm(study: StudyRecords, name: &str, gain: impl Fn(usize) -> f64) -> StudyRecords {
    with_arm(study, name, &["x"], same, |seed| gaining(seed, gain(seed as usize)))
}

fn judgement(findings: &StudyFindings, arm: usize) -> Judgement {
    findings.arms[arm].judgement.unwrap()
}

fn primary(findings: &StudyFindings, arm: usize) -> &Estimate {
    &findings.arms[arm].against_baseline.as_ref().unwrap().primary
}

fn has_caveat(findings: &StudyFindings, words: &str) -> bool {
    findings.caveats.iter().any(|caveat| caveat.sentence.contains(words))
}

#[test]
fn a_difference_that_one_test_would_call_of_no_use_needs_more_when_there_are_many_arms() {
    // The 95 % interval is ±0.0032, just within ±0.004.
    let calm = |seed| 0.0032 * luck(seed as u64);
    let alone = diagnose(&arm(study(5, level), "calm", calm));
    assert!(primary(&alone, 1).is_within(alone.margin));
    assert_eq!(judgement(&alone, 1), Judgement::NoUsefulDifference);
    let many = (0..8).fold(study(5, level), |all, i| arm(all, &format!("calm {i}"), calm));
    let many = diagnose(&many);
    assert!(primary(&many, 1).is_within(many.margin));
    assert_eq!(judgement(&many, 1), Judgement::Undecided);
    assert!(many.arms[1].sentence.contains("more seeds would settle it"), "{:?}", many.arms[1]);
}

#[test]
fn what_is_clear_of_the_margin_is_settled_by_fewer_seeds_than_what_is_near_it() {
    let more = |gain: f64| {
        let findings = diagnose(&arm(study(5, level), "arm", |i| gain + 0.02 * luck(i as u64)));
        let recipe = findings.answer.recipe.clone();
        let words: Vec<&str> = recipe.split(' ').collect();
        assert_eq!(words[..2], ["run", "about"], "{recipe}");
        words[2].parse::<usize>().unwrap()
    };
    assert!(more(0.018) < more(0.012), "{} {}", more(0.018), more(0.012));
}

#[test]
fn a_mean_on_the_margin_is_not_settled_by_any_number_of_seeds() {
    let findings = diagnose(&arm(study(5, level), "edge", |i| 0.004 + 0.01 * luck(i as u64)));
    assert_eq!(findings.answer.recipe, "run more than 100 more seeds");
}

/// The same records, each seed a fold.
fn folded(mut study: StudyRecords) -> StudyRecords {
    study.study.folds = Some(Folds { of: study.study.seeds.len(), repeats: 1 });
    study.study.seeds.truncate(1);
    for record in study.records.iter_mut().flatten().flatten() {
        record.fold = Some(record.seed as usize);
        record.seed = 0;
        record.best_samples = Some(samples(9, 0.4, 100, 0.1));
    }
    study
}

#[test]
fn folds_share_samples_so_their_intervals_are_wider_and_say_so() {
    let helps = |i: usize| 0.017 + 0.01 * luck(i as u64);
    let study = || arm(study(5, level), "arm", helps);
    let (seeds, folds) = (diagnose(&study()), diagnose(&folded(study())));
    // Nadeau and Bengio: √(1/5 + 1/4) in place of √(1/5).
    let wider = primary(&folds, 1).half_width() / primary(&seeds, 1).half_width();
    assert!((wider - 1.5).abs() < 1e-9, "{wider}");
    assert_eq!(judgement(&seeds, 1), Judgement::Helps);
    assert_eq!(judgement(&folds, 1), Judgement::Undecided);
    let against = folds.arms[1].against_baseline.as_ref().unwrap();
    assert!(against.covers.starts_with("the folds of a cross-validation"), "{}", against.covers);
    assert_eq!((against.bootstrap, against.sign_flip_p), (None, None));
    assert!(against.primary_with_data.is_none());
    assert!(has_caveat(&folds, "95 % intervals cover the folds of a cross-validation"));
    assert!(has_caveat(&seeds, "95 % intervals cover training seeds"));
}

#[test]
fn more_folds_do_not_settle_what_shared_samples_leave_open() {
    let study = || arm(study(5, level), "arm", |i| 0.01 + 0.01 * luck(i as u64));
    let settles = |findings: StudyFindings| findings.answer.recipe;
    assert!(settles(diagnose(&study())).starts_with("run about "));
    assert_eq!(
        settles(diagnose(&folded(study()))),
        "gather more samples: more folds of these would hardly settle it"
    );
}

#[test]
fn one_seed_that_disagrees_is_told_where_t_is_sure() {
    let gain = |i: usize| if i == 5 { -0.04 } else { 0.1 };
    let findings = diagnose(&arm(study(6, level), "lucky", gain));
    assert_eq!(judgement(&findings, 1), Judgement::Helps);
    assert!(
        has_caveat(&findings, "6.25 % of all choices of signs give as large a difference"),
        "{:?}",
        findings.caveats
    );
    let even = diagnose(&arm(study(6, level), "even", |i| 0.1 + 0.001 * i as f64));
    assert!(!has_caveat(&even, "uneven"), "{:?}", even.caveats);
}

#[test]
fn the_luck_of_the_best_of_many_is_said_in_the_unit_of_the_gain() {
    // Two arms that are as good but for their luck; each seed favours one of them.
    let turn = |i: usize, by: usize| 0.1 + 0.01 * luck((i + by) as u64);
    let both = || {
        let study = arm(study(5, level), "one", |i| turn(i, 0));
        arm(study, "other", |i| turn(i, 1) + 0.001)
    };
    let findings = diagnose(&both());
    assert_eq!(judgement(&findings, 2), Judgement::Helps);
    let said = &findings.answer.details[1];
    assert!(said.contains("of that gain is the luck of being the best of 2 arms"), "{said}");
    assert!(said.ends_with("(estimated on left-out seeds)"), "{said}");

    let mut scored = both();
    for record in scored.records.iter_mut().flatten().flatten() {
        let loss = record.best().unwrap().val_loss.unwrap();
        record.best_samples = Some(samples(9, loss, 100, 0.1));
    }
    let said = &diagnose(&scored).answer.details[1];
    assert!(said.ends_with("(estimated on left-out seeds and validation samples)"), "{said}");

    let mut points = both();
    points.study.primary = Metric::ValAccuracy;
    for (index, arm) in points.records.iter_mut().enumerate().skip(1) {
        for (i, record) in arm.iter_mut().flatten().enumerate() {
            let score = 0.93 + 0.1 * (turn(i, index - 1) - 0.1);
            record.epochs.iter_mut().for_each(|row| row.val_score = Some(score));
        }
    }
    let said = &diagnose(&points).answer.details[1];
    assert!(said.contains(" points of that gain is the luck"), "{said}");
}

#[test]
fn a_winner_far_ahead_is_not_flattered_and_a_lone_arm_was_not_picked() {
    let far = arm(study(5, level), "far", |i| 0.1 + 0.01 * luck(i as u64));
    assert!(diagnose(&far).answer.details.is_empty());
    let findings = diagnose(&arm(far, "worse", |_| -0.1));
    assert_eq!(
        findings.answer.details,
        [
            "Being the best of 2 arms does not flatter far: on left-out seeds the choice gains as much"
        ]
    );
}

#[test]
fn what_is_better_but_perhaps_of_no_use_is_leant_to_and_not_recommended() {
    // Clear of zero, not of the margin of 0.004.
    let small = |i: usize| 0.006 + 0.004 * luck(i as u64);
    let records = arm(study(5, level), "small", small);
    let findings = diagnose(&records);
    let answer = &findings.answer;
    assert_eq!(judgement(&findings, 1), Judgement::Undecided);
    assert_eq!((answer.arm, answer.decided), (None, false));
    assert_eq!(answer.leaning.as_ref().map(|leaning| leaning.arm), Some(1));
    assert!(answer.details[0].starts_with("If one must be taken now, take small"), "{answer:?}");
    let json: serde_json::Value =
        serde_json::from_str(&wellfit_diagnose::results_json(&records, &findings)).unwrap();
    assert_eq!(json["recommendation"]["leaning"]["arm"], "small");

    // The same among eight arms is no longer sure, and what is not clear of zero never was.
    let many = (0..8).fold(study(5, level), |all, i| arm(all, &format!("small {i}"), small));
    assert_eq!(diagnose(&many).answer.leaning, None);
    let noise = arm(study(5, level), "noise", |i| 0.006 + 0.02 * luck(i as u64));
    assert_eq!(diagnose(&noise).answer.leaning, None);
    let worse = arm(study(5, level), "worse", |i| -0.006 + 0.004 * luck(i as u64));
    assert_eq!(diagnose(&worse).answer.leaning, None);
    // What helps is recommended, and a lean beside it would say less.
    let helps = arm(study(5, level), "helps", |i| 0.05 + 0.004 * luck(i as u64));
    let helps = diagnose(&helps).answer;
    assert_eq!((helps.arm, helps.leaning), (Some(1), None));
}

#[test]
fn an_arm_that_lost_a_trial_is_not_leant_to() {
    let small = |seed: u64| {
        let mut trial = gaining(seed, 0.006 + 0.004 * luck(seed))?;
        if seed == 5 {
            trial.state = wellfit_train::record::RunState::Diverged { epoch: 1, step: None };
        }
        Some(trial)
    };
    let records = with_arm(study(6, level), "small", &["x"], same, small);
    assert_eq!(diagnose(&records).answer.leaning, None);
}

#[test]
fn validation_samples_that_are_too_few_are_named_where_no_number_of_seeds_can_settle() {
    let scored = |record: Option<Record>, spread: f64| {
        let mut record = record?;
        record.best_samples = Some(samples(9, record.best()?.val_loss?, 300, spread));
        Some(record)
    };
    let edge = |spread: f64| {
        let mut study = study(5, |seed| scored(level(seed), 0.0));
        study.data.samples[1] = 300;
        let trial = |seed| scored(gaining(seed, 0.004 + 0.01 * luck(seed)), spread);
        diagnose(&with_arm(study, "edge", &["x"], same, trial)).answer
    };
    let few = edge(0.1);
    assert!(
        few.headline
            .ends_with("300 validation samples are too few to settle it, whatever the seeds"),
        "{}",
        few.headline
    );
    // 300 · ((1.96 + 0.84) · 0.1/√300 / 0.004)² is about 4,900.
    assert_eq!(few.recipe, "hold out about 5,000 validation samples");
    assert!(few.details.iter().any(|said| said.contains("takes about 5,000")), "{few:?}");
    assert_eq!(edge(0.0).recipe, "run more than 100 more seeds");
}
