//! What is said of a race.

mod common;

use common::*;
use wellfit_diagnose::{Judgement, LeftBecause, diagnose, results_csv, results_json};
use wellfit_study::StudyRecords;
use wellfit_train::record::{Record, RunState};

fn trial(seed: u64, loss: f64) -> Option<Record> {
    Some(record("arm", seed, &course(9, loss, loss + 0.1, 0.95, 0.89)))
}

/// A race of ten seeds as far as `ran` of each arm: baseline, one that helps, one that
/// harms.
fn race(ran: [usize; 3]) -> StudyRecords {
    let there = |seed: u64, ran: usize, loss: f64| {
        if (seed as usize) < ran { trial(seed, loss + 0.002 * luck(seed)) } else { None }
    };
    let mut records = study(10, |seed| there(seed, ran[0], 0.4));
    records = with_arm(records, "good", &["x"], same, |seed| {
        there(seed, ran[1], 0.3 + 0.004 * luck(seed + 1))
    });
    records = with_arm(records, "bad", &["y"], same, |seed| {
        there(seed, ran[2], 0.6 + 0.004 * luck(seed + 2))
    });
    records.study.racing = true;
    records
}

/// The same, run to its end by its own rules.
fn run() -> StudyRecords {
    let mut ran = [2, 2, 2];
    loop {
        let records = race(ran);
        let racing =
            wellfit_study::Racing::of(&records.study, records.data.score(), &records.records)
                .unwrap();
        let Some(next) = racing.standing.next else { return records };
        for (arm, ran) in ran.iter_mut().enumerate() {
            if racing.seeds(arm).is_none() {
                *ran = next;
            }
        }
    }
}

#[test]
fn the_winner_is_recommended_and_the_loser_left_early() {
    let records = run();
    let findings = diagnose(&records);
    let race = findings.race.as_ref().unwrap();
    assert!(race.over && race.trials < race.of, "{race:?}");
    assert_eq!((race.winner, findings.answer.arm), (Some(1), Some(1)));
    assert!(findings.answer.headline.contains("good lowers validation loss"));
    let left = findings.arms[2].left_race.unwrap();
    assert_eq!((left.seeds, left.reason), (2, LeftBecause::Useless));
    assert_eq!(findings.arms[1].left_race, None);
    assert_eq!(findings.arms[1].judgement, Some(Judgement::Helps));
    let told = "A race: it ran";
    let caveat = findings.caveats.iter().find(|caveat| caveat.sentence.starts_with(told));
    assert!(caveat.is_some_and(|c| c.sentence.contains("bad (after 2)")), "{:?}", findings.caveats);
}

#[test]
fn intervals_hold_for_all_looks_and_are_wider_than_a_full_studys() {
    let records = run();
    let raced = diagnose(&records);
    let mut full = records.clone();
    full.study.racing = false;
    let full = diagnose(&full);
    for arm in [1, 2] {
        let [raced, full] = [&raced, &full].map(|f| f.arms[arm].against_baseline.as_ref().unwrap());
        assert_eq!((raced.primary.mean, raced.primary.n), (full.primary.mean, full.primary.n));
        assert!(raced.primary.half_width() > full.primary.half_width());
        assert_eq!((raced.bootstrap, raced.sign_flip_p), (None, None));
    }
}

#[test]
fn trials_that_the_race_did_without_are_not_missing() {
    let records = run();
    let findings = diagnose(&records);
    assert!(findings.arms.iter().all(|arm| arm.summary.missing == 0));
    assert!(!findings.caveats.iter().any(|caveat| caveat.sentence.contains("missing")));
    let csv = results_csv(&records);
    assert!(csv.contains("spared") && !csv.contains("missing"), "{csv}");
    let json: serde_json::Value = serde_json::from_str(&results_json(&records, &findings)).unwrap();
    assert_eq!(json["race"]["winner"], "good");
    assert_eq!(json["arms"][2]["left_race"]["seeds"], 2);
    assert_eq!(json["arms"][2]["left_race"]["reason"], "useless");
    assert_eq!(json["arms"][2]["trials"][9]["state"], "spared");
}

#[test]
fn an_arm_that_explodes_without_a_nan_takes_no_other_arm_out_of_the_race() {
    let with_hot = |ran: usize| {
        let hot = |seed: u64| if (seed as usize) < 2 { exploded(seed) } else { None };
        with_arm(race([ran, ran, 2]), "hot", &["z"], high_rate, hot)
    };
    let mut ran = 2;
    let records = loop {
        let records = with_hot(ran);
        let racing =
            wellfit_study::Racing::of(&records.study, records.data.score(), &records.records);
        match racing.unwrap().standing.next {
            Some(next) => ran = next,
            None => break records,
        }
    };
    let findings = diagnose(&records);
    assert_eq!(findings.race.as_ref().unwrap().winner, Some(1), "{:?}", findings.race);
    assert_eq!(findings.answer.arm, Some(1));
    let hot = &findings.arms[3];
    assert_eq!(
        (hot.judgement, hot.left_race.unwrap().reason),
        (Some(Judgement::Hurts), LeftBecause::Lost)
    );
}

#[test]
fn a_race_that_is_not_over_has_no_winner_and_says_how_to_go_on() {
    let findings = diagnose(&race([2, 2, 1]));
    assert!(!findings.race.as_ref().unwrap().over);
    assert_eq!((findings.answer.arm, findings.answer.decided), (None, false));
    assert!(findings.answer.headline.ends_with("the race is not over"));
    assert!(findings.answer.recipe.contains("go on with the race"), "{}", findings.answer.recipe);
    assert_eq!(findings.arms[2].summary.missing, 1, "the second seed of the third arm");
}

#[test]
fn a_race_without_a_helper_says_so() {
    let mut records = study(10, |seed| (seed < 2).then(|| trial(seed, 0.4)).flatten());
    for arm in ["a", "b"] {
        let own =
            |seed: u64| (seed < 2).then(|| trial(seed, 0.5 + 0.03 * luck(seed + 1))).flatten();
        records = with_arm(records, arm, &["x"], same, own);
    }
    records.study.racing = true;
    let findings = diagnose(&records);
    let race = findings.race.as_ref().unwrap();
    assert_eq!((race.over, race.winner), (true, None));
    assert!(!findings.arms.iter().any(|arm| arm.judgement == Some(Judgement::Helps)));
    assert_ne!(findings.answer.arm, Some(1));
    assert!(!findings.answer.recipe.contains("--seeds"), "{}", findings.answer.recipe);
    assert!(
        findings.arms[1].sentence.contains("left the race after 2 seeds"),
        "{:?}",
        findings.arms[1]
    );
}

#[test]
fn a_race_that_gave_all_arms_up_decides_for_the_baseline_and_claims_nothing() {
    let three = |loss: fn(u64) -> f64| {
        move |seed: u64| (seed < 3).then(|| trial(seed, loss(seed))).flatten()
    };
    let mut records = study(10, three(|_| 0.4));
    records = with_arm(records, "a", &["x"], same, three(|seed| 0.408 + 0.003 * luck(seed)));
    records = with_arm(records, "b", &["y"], same, three(|seed| 0.410 + 0.003 * luck(seed + 1)));
    records.study.racing = true;
    let findings = diagnose(&records);
    let race = findings.race.as_ref().unwrap();
    assert_eq!((race.over, race.winner), (true, None));
    for arm in &findings.arms[1..] {
        assert_eq!(arm.judgement, Some(Judgement::Undecided));
        assert_eq!(arm.left_race.unwrap().reason, LeftBecause::Useless);
    }
    let answer = &findings.answer;
    assert_eq!((answer.decided, answer.arm), (true, Some(0)));
    for words in ["no remedy is worth more seeds: the race gave them up", "the nearest, a, "] {
        assert!(answer.headline.contains(words), "{}", answer.headline);
    }
    assert!(answer.model.is_some());
    // An arm of which every trial failed may be run again: nothing is decided.
    for record in &mut records.records[2][..3] {
        record.as_mut().unwrap().state = RunState::Failed { message: "no memory".into() };
    }
    let findings = diagnose(&records);
    assert_eq!(findings.arms[2].left_race.unwrap().reason, LeftBecause::Lost);
    assert_eq!((findings.answer.decided, findings.answer.arm), (false, None));
}

#[test]
fn a_study_that_is_no_race_says_nothing_of_one() {
    let findings = diagnose(&article());
    assert!(findings.race.is_none() && findings.arms.iter().all(|arm| arm.left_race.is_none()));
}
