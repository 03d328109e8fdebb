//! The article's claims, held against studies written by hand.

mod common;

use common::*;
use wellfit_diagnose::{Claim, Holds, StudyFindings, diagnose};
use wellfit_study::StudyRecords;
use wellfit_train::plan::Plan;

fn claim<'a>(findings: &'a StudyFindings, words: &str) -> &'a Claim {
    let mut found = findings.claims.iter().filter(|claim| claim.claim.contains(words));
    let claim = found.next().unwrap_or_else(|| panic!("no claim about {words:?}"));
    assert!(found.next().is_none(), "two claims about {words:?}");
    claim
}

#[track_caller]
fn check(study: &StudyRecords, words: &str, holds: Holds, evidence: &str) {
    let findings = diagnose(study);
    let claim = claim(&findings, words);
    assert_eq!((claim.holds, claim.evidence.as_str()), (holds, evidence));
}

#[test]
fn training_passes_95_while_validation_stays_near_89() {
    let words = "passes 95 %";
    let evidence =
        "at the last epoch training 95.9 [95.9, 95.9] %, validation 89.3 [89.3, 89.3] % (5 seeds)";
    check(&article(), words, Holds::Holds, evidence);

    let lower =
        |seed| Some(record("b", seed, &course(9, 0.4, 0.5, 0.93 + 0.001 * luck(seed), 0.89)));
    let evidence = "at the last epoch training 93.00 [92.90, 93.10] %, validation 89.0 [89.0, 89.0] % (5 seeds)";
    check(&study(5, lower), words, Holds::DoesNotHold, evidence);

    let near =
        |seed| Some(record("b", seed, &course(9, 0.4, 0.5, 0.95 + 0.001 * luck(seed), 0.89)));
    assert_eq!(claim(&diagnose(&study(5, near)), words).holds, Holds::Undecided);
    assert_eq!(claim(&diagnose(&study(1, near)), words).holds, Holds::Undecided);
}

#[test]
fn the_articles_claims_are_held_against_the_articles_study_alone() {
    assert!(!diagnose(&article()).claims.is_empty());
    let mut sample = article();
    sample.data.source = "fashion-mnist-sample".into();
    assert!(!diagnose(&sample).claims.is_empty());
    let mut other_data = article();
    other_data.data.source = "iris.npz".into();
    assert!(diagnose(&other_data).claims.is_empty());
    let mut other_network = article();
    other_network.study.plan.model.layers.pop();
    assert!(diagnose(&other_network).claims.is_empty());
}

#[test]
fn large_weights_are_measured_against_a_normal_sample_of_the_same_size() {
    check(
        &article(),
        "weights of 0.weight",
        Holds::Holds,
        "largest 13.90 [13.85, 13.96] standard deviations (784,000 normal weights would stay below \
         5.4), 99.9 % within 4.00 [4.00, 4.00], kurtosis 9.00 [9.00, 9.00] (normal: 3) (5 seeds)",
    );
    let tame = |seed| {
        let mut record = overfit(seed)?;
        record.weights = vec![tensor("0.weight", &[1000, 784], 0.1, 0.45 + 0.01 * luck(seed))];
        Some(record)
    };
    assert_eq!(claim(&diagnose(&study(5, tame)), "0.weight").holds, Holds::DoesNotHold);
    let bare = |seed| Some(record("b", seed, &course(9, 0.3, 0.4, 0.96, 0.89)));
    check(
        &study(5, bare),
        "weights are far larger",
        Holds::NotMeasured,
        "no trial of the baseline kept its weights",
    );
}

#[test]
fn a_smaller_gap_is_told_with_what_it_costs() {
    check(
        &article(),
        "With l1 the gap",
        Holds::Holds,
        "6.60 → 2.20 points at the last epoch, difference −4.40 [−4.40, −4.40] points (5 seeds); \
         gap smaller, model worse",
    );
    let wider =
        |seed| Some(record("w", seed, &course(9, 0.3, 0.4, 0.99 + 0.001 * luck(seed), 0.89)));
    let findings = diagnose(&with_arm(study(5, overfit), "wide", &["x"], same, wider));
    assert_eq!(claim(&findings, "With wide the gap").holds, Holds::DoesNotHold);
    let none = with_arm(study(5, overfit), "gone", &["x"], same, |_| None);
    check(
        &none,
        "With gone the gap",
        Holds::NotMeasured,
        "no trial to measure: 5 of 5 trials missing",
    );
}

#[test]
fn a_penalty_narrows_the_bulk_and_not_the_extremes() {
    check(
        &article(),
        "With l1 the bulk",
        Holds::Holds,
        "standard deviation of 1.weight 0.187 → 0.0180, × 0.0963 [0.0958, 0.0967]; \
         3.weight 0.290 → 0.113, × 0.3897 [0.3877, 0.3916] (5 seeds)",
    );
    check(
        &article(),
        "With l1 the range",
        Holds::DoesNotHold,
        "largest weight of 1.weight 2.60 → 2.10, × 0.808 [0.808, 0.808]; \
         3.weight 2.60 → 3.10, × 1.19 [1.19, 1.19] (5 seeds)",
    );
    let other_shape = |seed| {
        let mut record = penalised(seed)?;
        record.weights[0].shape = vec![500, 784];
        Some(record)
    };
    check(
        &with_arm(study(5, overfit), "l1", &["l1(1e-4)"], l1, other_shape),
        "With l1 the bulk",
        Holds::NotMeasured,
        "its weights cannot be compared with the baseline's",
    );
    check(
        &study(5, overfit),
        "With a penalty",
        Holds::NotMeasured,
        "no arm of this study adds a penalty",
    );
}

#[test]
fn plateau_decay_is_held_to_thirty_epochs() {
    check(
        &article(),
        "With plateau 30 epochs",
        Holds::Holds,
        "after 30 epochs validation loss is 0.00150 [0.00150, 0.00150] above its lowest \
         (no harm: at most 0.00299); without, 0.119 [0.119, 0.119] (5 seeds)",
    );
    check(
        &article(),
        "the gap becomes very small",
        Holds::DoesNotHold,
        "gap at the last epoch 4.70 [4.60, 4.80] points (very small: below 1 point); \
         without, 6.60 [6.60, 6.60] points (5 seeds)",
    );
    let harmed =
        |seed| Some(record("p", seed, &course(9, 0.3, 0.33 + 0.001 * luck(seed), 0.90, 0.895)));
    let findings = diagnose(&with_arm(study(5, overfit), "p", &["x"], plateau, harmed));
    assert_eq!(claim(&findings, "do no harm").holds, Holds::DoesNotHold);
    assert_eq!(claim(&findings, "very small").holds, Holds::Holds);
    let short = |seed| {
        let mut record = decayed(seed)?;
        record.epochs.truncate(20);
        Some(record)
    };
    let short = with_arm(study(5, overfit), "p", &["x"], plateau, short);
    check(&short, "do no harm", Holds::NotMeasured, "20 epochs were run");
    check(&short, "very small", Holds::NotMeasured, "20 epochs were run");
    check(
        &study(5, overfit),
        "plateau decay",
        Holds::NotMeasured,
        "no arm of this study decays its rate on a plateau",
    );
}

#[test]
fn a_high_rate_fails_when_it_diverges_or_is_worse_and_only_then() {
    let unscaled = |plan: &mut Plan| {
        high_rate(plan);
        plan.data.scale = Some(wellfit_data::Scale::None);
    };
    let fine = |seed| overfit(seed + 1);
    let study = with_arm(study(5, overfit), "fast", &["x"], high_rate, diverged);
    let study = with_arm(study, "fast unscaled", &["x"], unscaled, fine);
    check(
        &study,
        "on scaled inputs (fast)",
        Holds::Holds,
        "learning rate 0.01: 5 of 5 trials diverged",
    );
    // The same five runs in another order: no difference in the mean, wide in pairs.
    let findings = diagnose(&study);
    assert_eq!(claim(&findings, "unscaled inputs (fast unscaled)").holds, Holds::Undecided);
    check(
        &article(),
        "fails on unscaled inputs",
        Holds::NotMeasured,
        "no arm of this study has 10 times the baseline's learning rate or more on unscaled inputs",
    );
    let even = with_arm(common::study(5, overfit), "fast", &["x"], high_rate, overfit);
    assert_eq!(claim(&diagnose(&even), "on scaled inputs (fast)").holds, Holds::DoesNotHold);
    let some = |seed| if seed == 0 { diverged(seed) } else { overfit(seed) };
    let some = with_arm(common::study(5, overfit), "fast", &["x"], high_rate, some);
    assert_eq!(claim(&diagnose(&some), "on scaled inputs (fast)").holds, Holds::Undecided);
}
