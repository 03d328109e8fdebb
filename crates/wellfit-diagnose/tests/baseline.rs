//! What is said of the baseline: one statement, in the headline and in the line of single
//! verdicts.

mod common;

use common::*;
use wellfit_diagnose::{OverfittingVerdict, StudyFindings, diagnose, results_json};
use wellfit_train::record::{Record, RunState};

/// A trial whose validation loss falls to the end.
fn healthy(seed: u64) -> Option<Record> {
    Some(record("baseline", seed, &course(30, 0.327 + 0.004 * luck(seed), 0.3, 0.93, 0.9)))
}

/// A trial of which nobody can tell anything.
fn short(seed: u64) -> Option<Record> {
    Some(record("baseline", seed, &[[0.5; 4]]))
}

fn line(study: &wellfit_study::StudyRecords) -> String {
    diagnose(study).verdict.unwrap()
}

#[test]
fn a_studys_line_counts_every_kind_and_cites_the_first_of_the_commonest() {
    let all = line(&study(5, overfit));
    let begins = "baseline: 5 of 5 trials overfit; seed 0: OVERFITTING since epoch ";
    assert!(all.starts_with(begins), "{all}");
    let one = line(&study(1, overfit));
    assert!(one.starts_with("baseline: seed 0: OVERFITTING"), "{one}");
    assert_eq!(diagnose(&study(2, |_| None)).verdict, None);
    let mixed = line(&study(5, |seed| if seed < 2 { short(seed) } else { overfit(seed) }));
    let begins = "baseline: 3 of 5 trials overfit, 2 undecided; seed 2: OVERFITTING";
    assert!(mixed.starts_with(begins), "{mixed}");
}

#[test]
fn the_order_of_seeds_changes_no_count() {
    let mixed = |seed| if seed < 2 { short(seed) } else { overfit(seed) };
    let (one, mut other) = (study(5, mixed), study(5, mixed));
    other.study.seeds.reverse();
    other.records[0].reverse();
    let count = |study| line(study).split(';').next().unwrap().to_owned();
    assert_eq!(count(&one), count(&other));
}

#[test]
fn most_trials_that_overfit_are_a_baseline_that_overfits() {
    // The rise of all seeds together is anything: two trials fall to the end.
    let findings = diagnose(&study(5, |seed| if seed < 2 { healthy(seed) } else { overfit(seed) }));
    assert_eq!(findings.overfitting.verdict, OverfittingVerdict::Overfits);
    let half = diagnose(&study(5, |seed| if seed < 3 { healthy(seed) } else { overfit(seed) }));
    assert_eq!(half.overfitting.verdict, OverfittingVerdict::Undecided);
}

#[test]
fn what_early_stopping_kept_does_not_overfit() {
    let stopped = |seed| {
        let mut record = overfit(seed)?;
        record.state = RunState::StoppedEarly;
        Some(record)
    };
    let findings = diagnose(&study(5, stopped));
    assert_eq!(findings.overfitting.verdict, OverfittingVerdict::DoesNotOverfit);
    assert_eq!(findings.overfitting.rise.mean, 0.0);
    assert!(findings.verdict.as_ref().unwrap().contains("5 of 5 trials healthy"));
}

/// How many trials the line and `results.json` call overfit, and how many there are.
fn called_overfit(findings: &StudyFindings) -> (usize, usize) {
    let of: Vec<&str> = findings.arms[0].verdicts.iter().flatten().copied().collect();
    (of.iter().filter(|kind| **kind == "overfit").count(), of.len())
}

#[test]
fn the_headline_never_contradicts_the_line() {
    let steady = |end: f64| {
        move |seed: u64| {
            let low = 0.327 + 0.004 * luck(seed);
            Some(record("baseline", seed, &course(9, low, low * end, 0.96, 0.89)))
        }
    };
    let mut seen = Vec::new();
    for seeds in 1..=5 {
        for healthies in 0..=seeds {
            for end in [1.0, 1.03, 1.06, 1.12, 1.4] {
                let trial = |seed| if seed < healthies { healthy(seed) } else { steady(end)(seed) };
                let records = study(seeds, trial);
                let findings = diagnose(&records);
                let (overfit, all) = called_overfit(&findings);
                let (headline, line) =
                    (&findings.answer.headline, findings.verdict.as_ref().unwrap());
                let verdict = findings.overfitting.verdict;
                match verdict {
                    OverfittingVerdict::Overfits => {
                        assert!(headline.starts_with("The baseline overfits"), "{headline}");
                        assert!(!line.contains("HEALTHY"), "{headline} / {line}");
                    }
                    OverfittingVerdict::DoesNotOverfit => {
                        assert!(overfit == 0 && !line.contains("OVERFITTING"), "{line}");
                    }
                    _ => assert!(2 * overfit <= all, "{headline} / {line}"),
                }
                let json: serde_json::Value =
                    serde_json::from_str(&results_json(&records, &findings)).unwrap();
                assert_eq!(json["verdict"], line.as_str());
                let trials = json["arms"][0]["trials"].as_array().unwrap();
                let told = trials.iter().filter(|trial| trial["verdict"] == "overfit").count();
                assert_eq!(told, overfit);
                seen.push(verdict);
            }
        }
    }
    for verdict in [
        OverfittingVerdict::Overfits,
        OverfittingVerdict::DoesNotOverfit,
        OverfittingVerdict::Undecided,
    ] {
        assert!(seen.contains(&verdict), "{verdict:?} was never reached");
    }
}
