//! What is said in each situation that a study can end in.

mod common;

use common::*;
use wellfit_diagnose::{Judgement, OverfittingVerdict, StudyFindings, diagnose};
use wellfit_study::JudgeAt;
use wellfit_train::plan::{ClassWeights, LossSettings, Metric, Plan};
use wellfit_train::record::{Record, RunState, Score, ScoreKind, Watch, WatchLook, WatchedLayer};

fn judgements(findings: &StudyFindings) -> Vec<Option<Judgement>> {
    findings.arms.iter().map(|arm| arm.judgement).collect()
}

fn has_caveat(findings: &StudyFindings, words: &str) -> bool {
    findings.caveats.iter().any(|caveat| caveat.sentence.contains(words))
}

#[test]
fn an_overfit_baseline_is_called_so_and_the_arm_that_helps_is_recommended() {
    let findings = diagnose(&article());
    let answer = &findings.answer;
    assert_eq!(
        answer.headline,
        "The baseline overfits; plateau lowers validation loss by 0.0280 [0.0260, 0.0300] (5 seeds)"
    );
    assert_eq!((answer.decided, answer.arm), (true, Some(1)));
    assert_eq!(answer.recipe, r#"remedies = ["reduce-on-plateau(0.5, patience=0)"]"#);
    assert_eq!(
        answer.final_figure,
        "no test set: this figure is optimistic, though not measurably for being the best of 2 arms"
    );
    assert_eq!(findings.overfitting.verdict, OverfittingVerdict::Overfits);
    assert_eq!(
        findings.overfitting.sentence,
        "The baseline overfits: from its lowest (epoch 9) to the last epoch validation loss rises \
         by 0.119 [0.119, 0.119] while training loss falls on; gap 6.60 [6.60, 6.60] points (5 seeds)"
    );
    assert_eq!(
        answer.details,
        ["Being the best of 2 arms does not flatter plateau: on left-out seeds the choice gains \
          as much"]
    );
    assert!((findings.margin - 0.00327).abs() < 1e-12);
}

#[test]
fn an_arm_whose_gap_shrinks_while_its_score_falls_over_regularises() {
    let findings = diagnose(&article());
    assert_eq!(findings.arms[2].judgement, Some(Judgement::OverRegularised));
    assert_eq!(
        findings.arms[2].sentence,
        "gap smaller, model worse: raises validation loss by 0.028 [0.023, 0.033] (5 seeds), \
         but lowers validation loss by 0.073 [0.068, 0.078] at the last epoch"
    );
}

#[test]
fn an_arm_that_is_worse_without_a_smaller_gap_hurts() {
    let worse = |seed| {
        Some(record("worse", seed, &course(9, 0.4 + 0.003 * luck(seed + 1), 0.5, 0.97, 0.88)))
    };
    let findings = diagnose(&with_arm(study(5, overfit), "worse", &["x"], same, worse));
    assert_eq!(findings.arms[1].judgement, Some(Judgement::Hurts));
    assert_eq!((findings.answer.decided, findings.answer.arm), (true, Some(0)));
    assert_eq!(
        findings.answer.headline,
        "The baseline overfits; no remedy makes validation loss better: \
         the nearest, worse, raises validation loss by 0.073 [0.067, 0.079] (5 seeds)"
    );
    assert_eq!(
        findings.answer.recipe,
        "keep the plan and its best epoch, not its last: 0.119 [0.119, 0.119] of validation loss"
    );
}

#[test]
fn when_loss_and_accuracy_disagree_the_first_sentence_says_so() {
    let calm = |seed| {
        let luck = 0.002 * luck(seed + 1);
        Some(record("calm", seed, &course(9, 0.30 + luck, 0.31, 0.93, 0.88 + luck)))
    };
    let findings = diagnose(&with_arm(study(5, overfit), "calm", &["x"], same, calm));
    let headline = &findings.answer.headline;
    assert!(
        headline.ends_with(
            "calm lowers validation loss by 0.027 [0.022, 0.032] (5 seeds), \
             but lowers validation accuracy by 1.30 [1.10, 1.50] points"
        ),
        "{headline}"
    );
}

#[test]
fn when_the_kept_and_the_last_epoch_disagree_the_first_sentence_says_so() {
    let mut study = with_arm(study(5, overfit), "l1", &["l1(1e-4)"], l1, penalised);
    study.study.judge_at = JudgeAt::Last;
    let headline = diagnose(&study).answer.headline;
    assert!(
        headline.ends_with(
            "l1 lowers validation loss by 0.073 [0.068, 0.078] at the last epoch (5 seeds), \
             but lowers validation accuracy by 2.50 [2.50, 2.50] points \
             and raises validation loss by 0.028 [0.023, 0.033] at the kept epoch"
        ),
        "{headline}"
    );
}

#[test]
fn one_seed_gives_no_interval_and_decides_nothing() {
    let study = with_arm(study(1, overfit), "plateau", &["reduce-on-plateau"], plateau, decayed);
    let findings = diagnose(&study);
    assert_eq!(
        findings.answer.headline,
        "The baseline overfits; what helps is undecided: plateau lowers validation loss by 0.0298 \
         (1 seed: no interval); more seeds would settle it"
    );
    assert_eq!((findings.answer.decided, findings.answer.arm), (false, None));
    assert_eq!(findings.arms[1].judgement, Some(Judgement::Undecided));
    assert!(has_caveat(&findings, "1 seed: no interval"));
    assert!(findings.arms[1].summary.primary.low.is_nan());
}

#[test]
fn a_missing_trial_is_counted_and_its_seed_left_out_on_both_sides() {
    let patchy = |seed| if seed == 2 { None } else { decayed(seed) };
    let findings = diagnose(&with_arm(study(5, overfit), "plateau", &["x"], plateau, patchy));
    let arm = &findings.arms[1];
    assert_eq!((arm.summary.missing, arm.summary.lost), (1, 0));
    assert_eq!(arm.summary.seeds, [0, 1, 3, 4]);
    let against = arm.against_baseline.as_ref().unwrap();
    assert_eq!(against.primary.n, 4);
    // The pairs stay those of the same seed.
    let (ours, theirs) = (decayed(4).unwrap(), overfit(4).unwrap());
    let last = ours.best().unwrap().val_loss.unwrap() - theirs.best().unwrap().val_loss.unwrap();
    assert_eq!(against.primary.values[3], last);
    assert!(has_caveat(&findings, "plateau: 1 of 5 trials missing"));
    assert!(arm.sentence.ends_with("(4 seeds); 1 of 5 trials missing"), "{}", arm.sentence);
}

#[test]
fn an_interrupted_trial_is_missing_and_a_failed_one_is_lost_with_its_message() {
    let mut study = article();
    study.records[1][0].as_mut().unwrap().state = RunState::Interrupted;
    study.records[1][1].as_mut().unwrap().state = RunState::Failed { message: "disk full".into() };
    let findings = diagnose(&study);
    let summary = &findings.arms[1].summary;
    assert_eq!((summary.missing, summary.lost, summary.diverged), (1, 1, 0));
    assert!(has_caveat(&findings, "plateau: 1 of 5 trials failed, 1 of 5 trials missing"));
    assert!(has_caveat(&findings, "disk full"));
}

#[test]
fn an_arm_whose_trials_all_diverge_hurts_and_says_so() {
    let findings = diagnose(&with_arm(study(5, overfit), "fast", &["x"], high_rate, diverged));
    assert_eq!(findings.arms[1].judgement, Some(Judgement::Hurts));
    assert_eq!(findings.arms[1].sentence, "5 of 5 trials diverged");
    assert_eq!(
        findings.answer.headline,
        "The baseline overfits; no remedy helps: every one of them diverged"
    );
    assert_eq!(findings.answer.arm, Some(0));
}

#[test]
fn an_arm_that_sometimes_diverges_yields_to_a_steady_one() {
    let better = |seed| match seed {
        0 => diverged(seed),
        _ => Some(record("risky", seed, &course(14, 0.25 + 0.002 * luck(seed), 0.26, 0.94, 0.90))),
    };
    let findings = diagnose(&with_arm(article(), "risky", &["x"], same, better));
    assert_eq!(findings.arms[3].judgement, Some(Judgement::Helps));
    assert_eq!(findings.answer.arm, Some(1));
    let alone = diagnose(&with_arm(study(5, overfit), "risky", &["x"], same, better));
    assert_eq!(alone.answer.arm, Some(1));
    let headline = &alone.answer.headline;
    assert!(headline.ends_with("(4 seeds); 1 of 5 trials diverged"), "{headline}");
}

#[test]
fn a_score_that_is_not_finite_is_a_divergence_whatever_the_record_says() {
    let mut study = article();
    let record = study.records[1][0].as_mut().unwrap();
    let kept = record.best_epoch.unwrap();
    record.epochs[kept - 1].val_loss = Some(f64::INFINITY);
    let findings = diagnose(&study);
    assert_eq!(findings.arms[1].summary.diverged, 1);
    assert_eq!(findings.arms[1].against_baseline.as_ref().unwrap().primary.n, 4);
}

#[test]
fn without_a_validation_set_nothing_is_judged() {
    let mut study = article();
    study.data.samples[1] = 0;
    for record in study.records.iter_mut().flatten().flatten() {
        record.best_epoch = None;
        for row in &mut record.epochs {
            (row.val_loss, row.val_score) = (None, None);
        }
    }
    let findings = diagnose(&study);
    assert_eq!(findings.answer.headline, "Nothing can be judged: validation loss was not measured");
    assert_eq!(findings.answer.arm, None);
    assert_eq!(findings.overfitting.verdict, OverfittingVerdict::Unknown);
    assert_eq!(judgements(&findings)[1..], [Some(Judgement::Undecided); 2]);
    assert_eq!(findings.arms[1].sentence, "validation loss was not measured");
    assert!(has_caveat(&findings, "no validation set"));
    assert!(findings.arms[0].summary.last_train_score.is_known());
}

#[test]
fn without_a_baseline_nothing_is_judged() {
    let findings = diagnose(&with_arm(study(3, diverged), "plateau", &["x"], plateau, decayed));
    assert_eq!(
        findings.answer.headline,
        "Nothing can be judged: the baseline has no trial that ended: 3 of 3 trials diverged"
    );
    assert_eq!(findings.arms[1].sentence, "no seed in common with the baseline");
}

#[test]
fn a_wide_interval_is_undecided_and_says_how_many_seeds_would_settle_it() {
    let noisy = |seed| {
        Some(record("noisy", seed, &course(9, 0.31 + 0.02 * luck(seed + 1), 0.44, 0.95, 0.893)))
    };
    let findings = diagnose(&with_arm(study(5, overfit), "noisy", &["x"], same, noisy));
    assert_eq!(findings.arms[1].judgement, Some(Judgement::Undecided));
    assert_eq!(
        findings.answer.headline,
        "The baseline overfits; what helps is undecided: noisy lowers validation loss by \
         0.017 [−0.005, 0.039] (5 seeds); about 11 more seeds would settle it"
    );
    assert_eq!(findings.answer.recipe, "run about 11 more seeds: --seeds 16");
    assert_eq!(
        findings.answer.details,
        ["Undecided, and what would settle it: noisy (about 11 more seeds)"]
    );
}

#[test]
fn identical_arms_differ_by_exactly_nothing_and_are_settled() {
    let findings = diagnose(&with_arm(study(5, overfit), "same", &["x"], same, overfit));
    let against = findings.arms[1].against_baseline.as_ref().unwrap();
    let primary = &against.primary;
    assert_eq!((primary.mean, primary.low, primary.high, primary.p), (0.0, 0.0, 0.0, 1.0));
    assert_eq!(against.corrected_p, 1.0);
    assert_eq!(findings.arms[1].judgement, Some(Judgement::NoUsefulDifference));
    assert_eq!(findings.answer.arm, Some(0));
}

#[test]
fn an_arm_that_only_mends_the_last_epoch_is_said_to_do_so() {
    // Early stopping keeps the baseline's best epoch and stops soon after it.
    let stopped = |seed| {
        let mut record = overfit(seed)?;
        record.epochs.truncate(14);
        record.state = RunState::StoppedEarly;
        Some(record)
    };
    let findings =
        diagnose(&with_arm(study(5, overfit), "early", &["early-stopping"], same, stopped));
    assert_eq!(
        findings.answer.headline,
        "The baseline overfits; no remedy makes validation loss better: the nearest, early, changes \
         validation loss by 0 [0, 0] (5 seeds), but lowers validation loss by 0.0907 [0.0907, 0.0907] \
         at the last epoch"
    );
}

#[test]
fn the_better_of_two_helpers_is_recommended_with_how_sure_its_lead_is() {
    let close = |seed| {
        let luck = 0.004 * luck(seed + 3);
        Some(record("close", seed, &course(14, 0.3 + luck, 0.3 + luck, 0.94, 0.90)))
    };
    let findings = diagnose(&with_arm(article(), "close", &["x"], same, close));
    assert_eq!(judgements(&findings)[3], Some(Judgement::Helps));
    assert_eq!(findings.answer.arm, Some(1));
    assert_eq!(
        findings.answer.details[0],
        "The lead of plateau over close is not clear of noise: 0.001 [−0.004, 0.006] (5 seeds)"
    );
}

#[test]
fn a_baseline_whose_validation_loss_stays_low_does_not_overfit() {
    let flat = |seed| {
        let (low, end) = (0.3 + 0.004 * luck(seed), 0.301 + 0.004 * luck(seed));
        let mut record = record("b", seed, &course(20, low, end, 0.92, 0.89));
        for row in &mut record.epochs {
            row.train_eval_loss = row.val_loss? - 0.0005 * row.epoch as f64;
        }
        Some(record)
    };
    let findings = diagnose(&study(5, flat));
    assert_eq!(findings.overfitting.verdict, OverfittingVerdict::DoesNotOverfit);
    assert_eq!(findings.answer.headline, "The baseline does not overfit; no remedy was tried");
}

#[test]
fn rising_training_loss_is_unstable_and_not_overfitting() {
    let wild = |seed| {
        let mut record = overfit(seed)?;
        record
            .epochs
            .iter_mut()
            .for_each(|row| row.train_eval_loss = 0.3 + 0.02 * (row.epoch as f64 + luck(seed)));
        Some(record)
    };
    let findings = diagnose(&study(5, wild));
    assert_eq!(findings.overfitting.verdict, OverfittingVerdict::Unstable);
    assert!(findings.overfitting.sentence.contains("training loss rises too"));
}

#[test]
fn accuracy_as_primary_score_is_told_in_points_and_more_is_better() {
    let mut study = article();
    study.study.primary = Metric::ValAccuracy;
    study.study.judge_at = JudgeAt::Last;
    let findings = diagnose(&study);
    // 1 % of the baseline's error.
    assert!((findings.margin - 0.00107).abs() < 1e-12);
    let headline = &findings.answer.headline;
    assert!(
        headline.contains("plateau raises validation accuracy by 0.70 [0.60, 0.80] points at the last epoch (5 seeds)"),
        "{headline}"
    );
    assert_eq!(findings.arms[2].judgement, Some(Judgement::OverRegularised));
}

#[test]
fn a_difference_that_one_test_would_call_clear_needs_more_when_there_are_many_arms() {
    // p is about 0.03: clear alone, not clear among eight.
    let slight = |seed| {
        let luck = 0.0135 * luck(seed + 1);
        Some(record(
            "slight",
            seed,
            &course(9, 0.327 - 0.0185 + 0.004 * common::luck(seed) + luck, 0.44, 0.95, 0.893),
        ))
    };
    let alone = diagnose(&with_arm(study(5, overfit), "slight", &["x"], same, slight));
    assert_eq!(alone.arms[1].judgement, Some(Judgement::Helps));
    let mut many = study(5, overfit);
    for arm in 0..8 {
        many = with_arm(many, &format!("slight {arm}"), &["x"], same, slight);
    }
    let many = diagnose(&many);
    assert_eq!(many.arms[1].judgement, Some(Judgement::Undecided));
    assert!(has_caveat(&many, "hold for all 8 arms together (Holm's correction)"));
    assert_eq!(
        many.why_undecided.as_deref(),
        Some("Undecided: clear of 0, but among 8 arms that may be luck (Holm)")
    );
    assert_eq!(alone.why_undecided, None);
}

#[test]
fn an_interval_that_is_clear_of_zero_and_reaches_into_the_margin_says_so() {
    let slight = |seed| {
        let loss = 0.327 - 0.004 + 0.004 * luck(seed) + 0.0015 * luck(seed + 1);
        Some(record("slight", seed, &course(9, loss, 0.44, 0.95, 0.893)))
    };
    let findings = diagnose(&with_arm(study(5, overfit), "slight", &["x"], same, slight));
    let primary = &findings.arms[1].against_baseline.as_ref().unwrap().primary;
    assert!(primary.is_below(0.0) && !primary.is_below(-findings.margin), "{primary:?}");
    assert_eq!(
        findings.why_undecided.as_deref(),
        Some("Undecided: no interval is clear of ±0.00327")
    );
}

#[test]
fn an_arm_that_explodes_without_a_nan_is_lost_and_hurts() {
    let findings = diagnose(&with_arm(study(5, overfit), "hot", &["x"], high_rate, exploded));
    let arm = &findings.arms[1];
    assert_eq!(arm.verdicts, [Some("diverged"); 5]);
    assert_eq!(arm.judgement, Some(Judgement::Hurts));
    assert_eq!(arm.sentence, "5 of 5 trials diverged");
    assert!(arm.summary.lost == 5 && !arm.summary.primary.is_known());
    assert!(has_caveat(&findings, "hot: 5 of 5 trials diverged: it has no figures."));
    let said = format!("{:?}", findings.answer);
    assert!(!said.contains("00000") && !said.contains("hot raises"), "{said}");
}

#[test]
fn a_trial_whose_training_loss_ends_above_its_first_is_not_lost_while_it_knows_something() {
    let restless = |seed| {
        let mut record = decayed(seed)?;
        for row in &mut record.epochs {
            row.train_eval_loss = 0.5 + 0.006 * row.epoch as f64;
        }
        Some(record)
    };
    let findings = diagnose(&with_arm(study(5, overfit), "restless", &["x"], same, restless));
    assert_eq!((findings.arms[1].summary.lost, findings.arms[1].summary.primary.n), (0, 5));
    assert_eq!(findings.arms[1].judgement, Some(Judgement::Helps));
}

#[test]
fn an_arm_that_explodes_in_a_race_hurts_too() {
    let some = |trial: fn(u64) -> Option<Record>| {
        move |seed: u64| if seed < 2 { trial(seed) } else { None }
    };
    let mut records = with_arm(study(6, some(overfit)), "hot", &["x"], high_rate, some(exploded));
    records.study.racing = true;
    let arm = &diagnose(&records).arms[1];
    assert_eq!(arm.judgement, Some(Judgement::Hurts));
    assert_eq!(arm.sentence, "2 of 2 trials diverged");
}

#[test]
fn an_arm_that_changes_nothing_is_called_identical() {
    let findings = diagnose(&with_arm(study(3, overfit), "idle", &["x"], same, overfit));
    assert!(findings.arms[1].identical && !findings.arms[0].identical);
    assert_eq!(
        findings.arms[1].sentence,
        "the same figures as the baseline's to the last bit (3 seeds)"
    );
    // As good at the kept epoch is not the same.
    let stopped = |seed| {
        let mut record = overfit(seed)?;
        record.epochs.truncate(20);
        Some(record)
    };
    let findings = diagnose(&with_arm(study(3, overfit), "stopped", &["x"], same, stopped));
    assert!(!findings.arms[1].identical);
    assert!(findings.arms[1].sentence.contains("no useful difference"));
}

#[test]
fn arms_that_take_as_many_seeds_are_told_together() {
    let slight = |shift: f64| {
        move |seed| Some(record("s", seed, &course(9, 0.327 - shift, 0.44, 0.95, 0.89)))
    };
    let study = with_arm(study(1, overfit), "a", &["x"], same, slight(0.01));
    let study = with_arm(study, "b", &["x"], same, slight(0.02));
    let answer = diagnose(&study).answer;
    let said = "Undecided, and what would settle it: b, a (more seeds)";
    assert!(answer.details.iter().any(|detail| detail == said), "{:?}", answer.details);
    assert_eq!(answer.recipe, "run more seeds: five in all are a good start");
}

#[test]
fn what_was_seen_from_inside_is_a_line_a_kind() {
    let stuck = |seed| {
        let mut record = overfit(seed)?;
        let look = |epoch| WatchLook {
            epoch,
            loss: 0.5,
            dead: vec![Some(90), Some(if seed == 0 { 95 } else { 10 })],
            saturated: vec![None, None],
            rms: vec![1.0; 2],
            gradient_rms: vec![1.0; 2],
            norm: Vec::new(),
            gradient_norm: Vec::new(),
            update_norm: Vec::new(),
            unchanged: Vec::new(),
        };
        let layer =
            |layer: &str| WatchedLayer { layer: layer.into(), name: "relu".into(), units: 100 };
        record.watch = Some(Watch {
            samples: 512,
            every: 10,
            layers: vec![layer("1"), layer("3")],
            parameters: Vec::new(),
            looks: [0, 10, 20, 30].map(look).to_vec(),
            classes: None,
        });
        Some(record)
    };
    let study = with_arm(study(3, overfit), "stuck", &["x"], same, stuck);
    let findings = diagnose(&study);
    let [dead] = findings.inside.as_slice() else { panic!("{:?}", findings.inside) };
    assert_eq!((dead.kind, dead.title), ("dead-relu", "Dead ReLUs"));
    assert_eq!(dead.sentence, "stuck (3 of 3 trials, layers 1, 3)");
    assert!(dead.evidence.starts_with("stuck, seed 0: layer 1 (relu): 90 of 100 units"));
    let json: serde_json::Value =
        serde_json::from_str(&wellfit_diagnose::results_json(&study, &findings)).unwrap();
    assert_eq!(json["inside"][0]["kind"], "dead-relu");
}

#[test]
fn the_chance_of_the_data_widens_the_interval_and_is_told_when_it_matters() {
    let scored = |record: Option<wellfit_train::record::Record>, spread: f64| {
        let mut record = record?;
        let best = record.best()?;
        let scores = samples(best.epoch, best.val_loss?, 1000, spread);
        record.best_samples = Some(scores);
        Some(record)
    };
    let with = |spread| {
        let study = study(5, |seed| scored(overfit(seed), 0.0));
        let arm = |seed| scored(decayed(seed), spread);
        diagnose(&with_arm(study, "plateau", &["x"], plateau, arm))
    };
    for (spread, told) in [(0.05, false), (2.0, true)] {
        let findings = with(spread);
        let against = findings.arms[1].against_baseline.as_ref().unwrap();
        let both = against.primary_with_data.as_ref().unwrap();
        assert!((both.mean - against.primary.mean).abs() < 1e-6);
        assert!(both.half_width() > against.primary.half_width());
        assert_eq!(has_caveat(&findings, "which includes zero"), told, "{:?}", findings.caveats);
    }
    // Scores of another epoch than the judged one are not used.
    let mut stale = with_arm(study(5, |s| scored(overfit(s), 0.0)), "p", &["x"], plateau, |s| {
        scored(decayed(s), 0.1)
    });
    stale.records[1][3].as_mut().unwrap().best_samples.as_mut().unwrap().epoch += 1;
    assert!(
        diagnose(&stale).arms[1].against_baseline.as_ref().unwrap().primary_with_data.is_none()
    );
}

#[test]
fn the_test_figure_is_the_recommended_arms() {
    let mut study = article();
    study.data.samples[2] = 5000;
    assert_eq!(
        diagnose(&study).answer.final_figure,
        "the test set has not been opened: this figure is optimistic, though not measurably for \
         being the best of 2 arms"
    );
    for (i, record) in study.records[1].iter_mut().flatten().enumerate() {
        let luck = 0.001 * luck(i as u64);
        record.test = Some(Score {
            loss: 0.31 + luck,
            kind: ScoreKind::Accuracy,
            score: 0.897 - luck,
            n: 5000,
            extras: Vec::new(),
        });
    }
    assert_eq!(
        diagnose(&study).answer.final_figure,
        "test loss 0.3100 [0.3090, 0.3110], test accuracy 89.70 [89.60, 89.80] % (5,000 samples, 5 seeds)"
    );
}

#[test]
fn validation_on_the_test_split_and_arms_that_still_improve_are_told() {
    let rising =
        |seed| Some(record("slow", seed, &course(30, 0.35 + 0.001 * luck(seed), 0.35, 0.9, 0.88)));
    let mut study = with_arm(study(5, overfit), "slow", &["x"], same, rising);
    study.data.validation_is_test = true;
    let findings = diagnose(&study);
    assert!(has_caveat(&findings, "the figures are optimistic"));
    assert!(has_caveat(&findings, "slow: the best epoch is the last one"));
}

#[test]
fn what_an_arm_sets_is_told_as_plan_lines() {
    let changes = ["dropout(0.5, input=0.5)", "train.batch_size = 8"];
    let findings = diagnose(&with_arm(study(5, overfit), "both", &changes, plateau, decayed));
    assert_eq!(
        findings.answer.recipe,
        r#"remedies = ["dropout(0.5, input=0.5)"]; train.batch_size = 8"#
    );
}

#[test]
fn regression_is_told_in_r2_and_without_the_articles_claims() {
    let mut study = regression(article());
    for record in study.records[1].iter_mut().flatten() {
        record.test = Some(Score {
            loss: 0.31,
            kind: ScoreKind::R2,
            score: 0.843,
            n: 500,
            extras: Vec::new(),
        });
    }
    let findings = diagnose(&study);
    assert_eq!(judgements(&findings), judgements(&diagnose(&article())));
    assert!(findings.claims.is_empty(), "{:?}", findings.claims);
    let sentence = &findings.overfitting.sentence;
    assert!(sentence.contains("; gap 0.0660 [0.0660, 0.0660] (5 seeds)"), "{sentence}");
    let figure = &findings.answer.final_figure;
    assert!(figure.contains("test R² 0.843") && figure.contains("500 samples"), "{figure}");

    study.study.primary = Metric::ValR2;
    let findings = diagnose(&study);
    let headline = &findings.answer.headline;
    assert!(headline.contains("plateau raises validation R² by 0.00"), "{headline}");
    assert!(
        !findings.caveats.iter().any(|c| c.sentence.contains("points")),
        "{:?}",
        findings.caveats
    );
}

/// The arm's own validation loss has class weights and says nothing here: by single
/// samples, unweighted, it is worse than the baseline.
#[test]
fn an_arm_with_another_loss_is_compared_by_the_losses_of_single_samples() {
    let trial = |own: f64, measured: f64| {
        move |seed| {
            let luck = 0.002 * luck(seed);
            let mut record = record("arm", seed, &[[own + luck, 0.8, 0.4, 0.9]; 2]);
            record.best_samples = Some(samples(1, measured + luck, 100, 0.01));
            record.last_samples = Some(samples(2, measured + luck, 100, 0.01));
            Some(record)
        }
    };
    let weighted = |plan: &mut Plan| {
        let class_weights = ClassWeights::Balanced;
        plan.train.loss = Some(LossSettings::CrossEntropy { label_smoothing: 0.1, class_weights });
    };
    let base = || study(5, trial(0.5, 0.5));
    let of = |change: &dyn Fn(&mut Plan)| {
        let findings = diagnose(&with_arm(base(), "arm", &["x"], change, trial(0.1, 0.7)));
        let words = "arm: trained with another loss or with class weights";
        assert_eq!(has_caveat(&findings, words), findings.arms[1].summary.primary.mean > 0.5);
        let against = findings.arms[1].against_baseline.clone().unwrap();
        (against.primary.mean, against.last_val_loss.mean, findings.arms[1].judgement)
    };
    let (best, last, judgement) = of(&weighted);
    assert!((best - 0.2).abs() < 1e-6 && (last - 0.2).abs() < 1e-6, "{best} {last}");
    assert_eq!(judgement, Some(Judgement::Hurts));
    // Smoothing alone changes nothing about the loss in evaluation mode.
    let smoothed = |plan: &mut Plan| {
        let class_weights = ClassWeights::Equal;
        plan.train.loss = Some(LossSettings::CrossEntropy { label_smoothing: 0.1, class_weights });
    };
    assert!((of(&smoothed).0 + 0.4).abs() < 1e-6);
}
