//! Cross-validations: what is counted, what is said, and how often nothing is called
//! something.

mod common;

use common::*;
use wellfit_data::SplitRule;
use wellfit_diagnose::{StudyFindings, diagnose, model_json, results_csv, results_json};
use wellfit_random::{Key, Purpose};
use wellfit_stats::Estimate;
use wellfit_study::{Cell, Folds, StudyRecords};
use wellfit_train::record::Record;

/// A cross-validation of two arms whose validation losses are given by arm and trial.
fn folded(seeds: u64, folds: Folds, loss: impl Fn(usize, usize, Cell) -> f64) -> StudyRecords {
    let mut study = with_arm(study(seeds, level), "arm", &["x"], same, level);
    study.study.folds = Some(folds);
    for (arm, records) in study.records.iter_mut().enumerate() {
        let trial = |(i, cell): (usize, Cell)| {
            let loss = loss(arm, i, cell);
            let name = ["baseline", "arm"][arm];
            // Two epochs: nothing that a verdict could say matters here.
            let epochs = [[loss + 0.1, 0.8, 0.5, 0.8], [loss, 0.9, 0.4, 0.9]];
            Some(Record { fold: cell.fold, ..record(name, cell.seed, &epochs) })
        };
        *records = study.study.cells().into_iter().enumerate().map(trial).collect();
    }
    study
}

fn level(seed: u64) -> Option<Record> {
    Some(record("baseline", seed, &course(9, 0.4, 0.5, 0.95, 0.89)))
}

fn difference(findings: &StudyFindings) -> &Estimate {
    &findings.arms[1].against_baseline.as_ref().unwrap().primary
}

/// An arm that gains 0.1, with some luck of each trial.
fn helps(arm: usize, i: usize, _: Cell) -> f64 {
    0.5 - arm as f64 * (0.1 + 0.004 * luck(i as u64) + 0.0002 * i as f64)
        + 0.01 * luck(i as u64 + 1)
}

#[test]
fn folds_repeats_and_seeds_are_named_wherever_figures_stand() {
    let folds = Folds { of: 5, repeats: 2 };
    for (seeds, words) in [(1, "(5 folds × 2 repeats)"), (3, "(5 folds × 2 repeats × 3 seeds)")]
    {
        let records = folded(seeds, folds, helps);
        let findings = diagnose(&records);
        assert_eq!(difference(&findings).n, 10, "seeds of a fold count as one");
        let headline = &findings.answer.headline;
        assert!(headline.contains(words), "{headline}");
        assert!(findings.arms[1].sentence.contains(words), "{}", findings.arms[1].sentence);
        assert!(findings.overfitting.sentence.contains("folds"), "{:?}", findings.overfitting);
        let all = format!("{:?}", findings.answer);
        assert!(!all.contains("5 seeds") && !all.contains("more seeds"), "{all}");
        let notes: Vec<&str> = findings.caveats.iter().map(|c| c.sentence.as_str()).collect();
        assert!(notes.iter().any(|note| note.contains("Nadeau and Bengio")), "{notes:?}");
        assert!(!notes.iter().any(|note| note.contains("1 seed")), "{notes:?}");
        assert!(!notes.iter().any(|note| note.contains("one validation set")), "{notes:?}");
    }
}

#[test]
fn a_trial_that_was_lost_is_left_out_of_its_fold() {
    let folds = Folds { of: 5, repeats: 1 };
    let mut records = folded(2, folds, helps);
    let whole = diagnose(&records);
    records.records[1][3] = None;
    let without = diagnose(&records);
    assert_eq!((difference(&whole).n, difference(&without).n), (5, 5));
    assert_ne!(difference(&whole).mean, difference(&without).mean);
    records.records[1][8] = None;
    let without = diagnose(&records);
    assert_eq!(difference(&without).n, 4);
    assert!(without.arms[1].sentence.contains("(4 folds)"), "{}", without.arms[1].sentence);
}

#[test]
fn what_is_open_needs_repeats_or_samples_and_never_seeds() {
    let folds = Folds { of: 5, repeats: 1 };
    let recipe = |loss: &dyn Fn(usize, usize) -> f64| {
        diagnose(&folded(1, folds, |arm, i, _| loss(arm, i))).answer.recipe
    };
    let near = recipe(&|arm, i| 0.5 - arm as f64 * (0.02 + 0.011 * luck(i as u64)));
    let repeats = near.starts_with("run about ") && near.contains("more repeat");
    assert!(repeats && near.contains(": --repeats "), "{near}");
    let far = recipe(&|arm, i| 0.5 - arm as f64 * (0.01 + 0.1 * luck(i as u64)));
    assert!(far.starts_with("gather more samples"), "{far}");
}

#[test]
fn the_model_that_is_handed_over_is_of_the_median_fold_and_says_so() {
    let records = folded(1, Folds { of: 3, repeats: 1 }, |arm, i, _| {
        [0.5, 0.3, 0.4][i] - 0.1 * arm as f64 - 0.001 * i as f64 * arm as f64
    });
    let findings = diagnose(&records);
    let model = findings.answer.model.as_ref().expect("an arm that helps");
    assert_eq!((model.trial.as_str(), model.seed, model.fold), ("arm-s0-f2", 0, Some(2)));
    assert_eq!(
        model.sentence,
        "recommended/ holds the model of arm with fold 2, the median of 3 folds by validation \
         loss, 0.298: its kept epoch, trained on the training part of this fold alone"
    );
    let (_, about) = model_json(&records, &findings, None).unwrap();
    assert!(about.contains("\"fold\": 2"), "{about}");
}

#[test]
fn files_for_other_programs_have_the_folds() {
    let mut records = folded(2, Folds { of: 2, repeats: 1 }, helps);
    records.records[1][3] = None;
    let csv = results_csv(&records);
    let heads: Vec<String> =
        csv.lines().map(|line| line.splitn(5, ',').take(4).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(
        heads[1..5],
        [
            "baseline,0,0,complete",
            "baseline,0,1,complete",
            "baseline,1,0,complete",
            "baseline,1,1,complete"
        ]
    );
    assert_eq!(heads[8], "arm,1,1,missing");
    let json = results_json(&records, &diagnose(&records));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["folds"], serde_json::json!({ "of": 2, "repeats": 1 }));
    assert_eq!(json["arms"][1]["trials"][3]["fold"], 1);
}

#[test]
fn folds_in_order_of_time_have_wider_intervals_and_a_caveat() {
    let mut records = folded(1, Folds { of: 5, repeats: 1 }, helps);
    let random = diagnose(&records);
    records.study.plan.data.split = SplitRule::Time { column: "day".into() };
    let in_time = diagnose(&records);
    // √(1/5 + (1 + 1/2 + 1/3 + 1/4 + 1/5)/5) against √(1/5 + 1/4).
    let wider = difference(&in_time).half_width() / difference(&random).half_width();
    assert!((wider - (0.2f64 + 137.0 / 300.0).sqrt() / 0.45f64.sqrt()).abs() < 1e-9, "{wider}");
    let caveat = "The folds are in order of time";
    assert!(in_time.caveats.iter().any(|caveat_| caveat_.sentence.contains(caveat)));
}

/// A made-up set of samples, whose two features say as much of the target, and two arms
/// that learn from one of them each: on average over all sets, none is better. How much a
/// fold's losses of the two arms differ, by seed and fold; seeds move what is learned.
fn equal_arms(draw: u64, folds: Folds, seeds: u64) -> StudyRecords {
    const N: usize = 60;
    let key = |step| Key { seed: draw, purpose: Purpose::Synthetic, layer: 0, step };
    let mut stream = key(0).stream();
    let samples: Vec<[f64; 3]> = (0..N)
        .map(|_| {
            let [a, b] = [stream.normal(), stream.normal()];
            [a, b, a + b + 0.5 * stream.normal()]
        })
        .collect();
    let orders: Vec<Vec<u32>> = (0..folds.repeats)
        .map(|repeat| {
            let mut order: Vec<u32> = (0..N as u32).collect();
            key(1 + repeat as u64).stream().shuffle(&mut order);
            order
        })
        .collect();
    folded(seeds, folds, |arm, i, cell| {
        let fold = folds.fold(cell.fold.unwrap());
        let order = orders[fold.repeat].iter().enumerate();
        let (held, train): (Vec<_>, Vec<_>) = order.partition(|(at, _)| at % fold.of == fold.index);
        let rows = |part: Vec<(usize, &u32)>| -> Vec<[f64; 2]> {
            part.iter().map(|(_, row)| samples[**row as usize]).map(|s| [s[arm], s[2]]).collect()
        };
        let (held, train) = (rows(held), rows(train));
        let sum = |of: fn(&[f64; 2]) -> f64| train.iter().map(of).sum::<f64>();
        let luck = key(1000 + 2 * i as u64 + arm as u64).stream().normal();
        let slope = sum(|[x, y]| x * y) / sum(|[x, _]| x * x) + 0.1 * luck;
        held.iter().map(|[x, y]| (y - slope * x).powi(2)).sum::<f64>() / held.len() as f64
    })
}

/// In how many of `draws` sets the two equal arms differ by the study's own interval.
fn called(draws: u64, folds: Folds, seeds: u64) -> f64 {
    let found = (0..draws).filter(|&draw| {
        let findings = diagnose(&equal_arms(draw, folds, seeds));
        difference(&findings).p < 0.05
    });
    found.count() as f64 / draws as f64
}

#[test]
fn equal_arms_are_told_apart_in_about_one_study_of_twenty_at_most() {
    // Three standard errors of 5 % in 1000 draws are 2 %.
    for (of, repeats, seeds) in [(5, 1, 1), (5, 2, 1), (5, 1, 3), (10, 3, 2)] {
        let share = called(1000, Folds { of, repeats }, seeds);
        println!("{of} folds × {repeats} repeats × {seeds} seeds: {share}");
        assert!(share <= 0.06, "{of} folds × {repeats} repeats × {seeds} seeds: {share}");
    }
}
