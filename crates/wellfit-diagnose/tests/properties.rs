//! No records panic, and none make a sentence that reads "NaN".

mod common;

use common::*;
use proptest::prelude::*;
use wellfit_diagnose::{Judgement, diagnose, results_csv, results_json};
use wellfit_nn::Scores;
use wellfit_study::{JudgeAt, StudyRecords};
use wellfit_train::plan::Metric;
use wellfit_train::record::{Record, RunState, SampleScores, Score, ScoreKind};

/// Numbers as they should be, and as they should not.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => 0.0..1.0f64,
        1 => any::<u64>().prop_map(f64::from_bits),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 1e300]),
    ]
}

fn state() -> impl Strategy<Value = RunState> {
    prop_oneof![
        4 => Just(RunState::Complete),
        1 => Just(RunState::StoppedEarly),
        1 => Just(RunState::Diverged { epoch: 1, step: None }),
        1 => Just(RunState::Interrupted),
        1 => Just(RunState::Failed { message: "x".into() }),
    ]
}

prop_compose! {
    fn trial()(
        epochs in prop::collection::vec([number(), number(), number(), number()], 0..5),
        state in state(),
        best in prop::option::of(0..6usize),
        blind in prop::bool::weighted(0.2),
        scores in prop::collection::vec(number(), 0..4),
        weights in prop::collection::vec((number(), number(), 0..3usize), 0..3),
        test in prop::option::of(number()),
        there in prop::bool::weighted(0.9),
    ) -> Option<Record> {
        let mut record = record("arm", 0, &[]);
        record.epochs = common::record("arm", 0, &epochs).epochs;
        record.state = state;
        record.best_epoch = best;
        for row in record.epochs.iter_mut().filter(|_| blind) {
            (row.val_loss, row.val_score) = (None, None);
        }
        let scores = SampleScores {
            epoch: best.unwrap_or(1),
            scores: Scores::Hits(scores.iter().map(|&score| score > 0.5).collect()),
            losses: scores.into_iter().map(|score| score as f32).collect(),
        };
        (record.best_samples, record.last_samples) = (Some(scores.clone()), Some(scores));
        record.weights = weights
            .into_iter()
            .map(|(std, max, rank)| tensor("0.weight", &vec![3; rank], std, max))
            .collect();
        record.test = test.map(|figure| Score { loss: figure, kind: ScoreKind::Accuracy, score: figure, n: 10, extras: Vec::new() });
        there.then_some(record)
    }
}

prop_compose! {
    fn any_study()(
        seeds in 0..4u64,
        trials in prop::collection::vec(prop::collection::vec(trial(), 0..5), 0..5),
        metric in prop::sample::select(Metric::ALL.to_vec()),
        at in prop::sample::select(vec![JudgeAt::Best, JudgeAt::Last]),
        no_arms in prop::bool::weighted(0.05),
    ) -> StudyRecords {
        let mut study = study(seeds, |_| None);
        for (i, _) in trials.iter().enumerate().skip(1) {
            let change = [same, l1, plateau, high_rate][i % 4];
            study = with_arm(study, &format!("arm {i}"), &["x"], change, |_| None);
        }
        // Rows and arms need not fit the study's seeds and arms.
        study.records = trials;
        (study.study.primary, study.study.judge_at) = (metric, at);
        if no_arms {
            study.study.arms.clear();
        }
        study
    }
}

proptest! {
    #[test]
    fn no_records_panic_and_no_sentence_holds_nan(study in any_study()) {
        let findings = diagnose(&study);
        prop_assert_eq!(findings.arms.len(), study.study.arms.len());
        let arms = findings.arms.iter().map(|arm| &arm.sentence);
        let claims = findings.claims.iter().flat_map(|claim| [&claim.claim, &claim.evidence]);
        let answer = &findings.answer;
        let answer = [&answer.headline, &answer.recipe, &answer.final_figure].into_iter();
        let caveats = findings.caveats.iter().map(|caveat| &caveat.sentence);
        let also = findings.why_undecided.iter().chain(&findings.verdict);
        for sentence in arms.chain(claims).chain(answer).chain(caveats).chain(also) {
            prop_assert!(!sentence.contains("NaN") && !sentence.contains("inf "), "{}", sentence);
            prop_assert!(!sentence.is_empty());
        }
        let json = results_json(&study, &findings);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
        let rows = study.study.arms.len() * study.study.seeds.len() + 1;
        prop_assert_eq!(results_csv(&study).lines().count(), rows);
    }

    #[test]
    fn only_an_arm_that_helps_or_the_baseline_is_recommended(study in any_study()) {
        let findings = diagnose(&study);
        prop_assert_eq!(findings.answer.decided, findings.answer.arm.is_some());
        if let Some(arm @ 1..) = findings.answer.arm {
            prop_assert_eq!(findings.arms[arm].judgement, Some(Judgement::Helps));
            prop_assert!(findings.arms[arm].summary.seeds.len() > 1);
        }
    }

    #[test]
    fn the_order_of_seeds_changes_no_judgement(swap in 0..4usize) {
        let (one, mut other) = (article(), article());
        other.study.seeds.swap(swap, swap + 1);
        other.records.iter_mut().for_each(|arm| arm.swap(swap, swap + 1));
        let (one, other) = (diagnose(&one), diagnose(&other));
        for (a, b) in one.arms.iter().zip(&other.arms) {
            prop_assert_eq!(a.judgement, b.judgement);
            prop_assert_eq!(&a.sentence, &b.sentence);
        }
        prop_assert_eq!(one.answer.headline, other.answer.headline);
    }
}
