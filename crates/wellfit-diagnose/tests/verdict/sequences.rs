//! Runs written by hand: each verdict, each finding, and their words.

use wellfit_diagnose::verdict::{Found, Kind, Target};
use wellfit_diagnose::{Verdict, judge};
use wellfit_runs::{Curves, SamplePair, ScoreKind, TrainMeasure};

use crate::curves::{run, series, with_scores};

/// Falls to `low` at epoch `best` and ends at `end`, over 30 epochs.
fn valley(best: usize, low: f64, end: f64) -> Vec<f64> {
    (1..=30)
        .map(|epoch| match epoch {
            epoch if epoch <= best => low + 0.3 * ((best - epoch) as f64 / best as f64).powi(2),
            epoch => low + (end - low) * (epoch - best) as f64 / (30 - best) as f64,
        })
        .collect()
}

/// From `first` to `end`, fast at first.
fn fall(first: f64, end: f64) -> Vec<f64> {
    (0..30).map(|epoch| end + (first - end) * (-(epoch as f64) / 5.0).exp()).collect()
}

fn found(verdict: &Verdict) -> Vec<Found> {
    verdict.findings.iter().map(|finding| finding.kind).collect()
}

fn evidence(verdict: &Verdict, kind: Found) -> &str {
    let finding = verdict.findings.iter().find(|finding| finding.kind == kind);
    &finding.unwrap_or_else(|| panic!("{kind:?} is missing: {verdict:#?}")).evidence
}

/// The run of the article: overfit, accuracy unchanged.
fn article() -> Curves {
    let held: Vec<f64> = (0..30).map(|epoch| 0.885 + 0.001 * f64::from(epoch % 2)).collect();
    let train: Vec<f64> = (0..30).map(|epoch| 0.88 + 0.0027 * f64::from(epoch)).collect();
    with_scores(run(&fall(0.45, 0.15), &valley(12, 0.324, 0.443)), &train, &held)
}

#[test]
fn a_rise_is_told_with_its_epoch_its_figures_and_what_became_of_accuracy() {
    let verdict = judge(&article());
    assert_eq!((verdict.kind, verdict.severity, verdict.best), (Kind::Overfit, 3, Some(12.0)));
    assert!(verdict.confidence > 0.99, "{}", verdict.confidence);
    assert_eq!(
        verdict.headline,
        "OVERFITTING since epoch 13: validation loss 0.324 → 0.443 (+37 %), accuracy unchanged"
    );
    assert_eq!(found(&verdict), [Found::Overtrained, Found::Overconfident, Found::Memorised]);
    assert!(evidence(&verdict, Found::Overtrained).starts_with(
        "best at epoch 12 and worse since: validation loss 0.324 → 0.443 (+37 %) over 18 epochs"
    ),);
    assert_eq!(
        evidence(&verdict, Found::Overconfident),
        "validation loss 0.324 → 0.443 (+37 %) while accuracy unchanged: wrong answers are given \
         with more and more confidence"
    );
    assert!((verdict.gap.unwrap() - 0.068).abs() < 0.003 && verdict.gap_of_scores);
}

#[test]
fn accuracy_that_falls_too_is_no_overconfidence() {
    let held: Vec<f64> = valley(12, 0.1, 0.2).iter().map(|error| 1.0 - error).collect();
    let run = run(&fall(0.45, 0.2), &valley(12, 0.324, 0.443));
    let verdict = judge(&with_scores(run, &held, &held));
    assert!(verdict.headline.ends_with("accuracy 90.0 % → 80.0 %"), "{}", verdict.headline);
    assert_eq!(found(&verdict)[0], Found::Overtrained);
    assert!(!found(&verdict).contains(&Found::Overconfident));
}

#[test]
fn a_large_gap_with_validation_improving_is_healthy() {
    let held: Vec<f64> = (0..30).map(|epoch| 0.6 - 0.006 * f64::from(epoch)).collect();
    let verdict = judge(&run(&fall(0.6, 0.05), &held));
    assert_eq!((verdict.kind, verdict.severity), (Kind::Healthy, 0), "{verdict:#?}");
    assert_eq!(found(&verdict), [Found::LargeGap, Found::StillImproving]);
    assert!(evidence(&verdict, Found::LargeGap).ends_with("so the gap is no fault"));
    assert_eq!(verdict.since, None);
}

#[test]
fn a_run_that_levels_off_is_healthy() {
    let settles = |end: f64| -> Vec<f64> {
        (0..30).map(|epoch| end + (1.0 - end) * 0.6f64.powi(epoch)).collect()
    };
    let verdict = judge(&run(&settles(0.28), &settles(0.3)));
    assert_eq!(verdict.kind, Kind::Healthy);
    assert!(verdict.confidence > 0.99 && verdict.findings.is_empty(), "{verdict:#?}");
    let words = "HEALTHY: validation loss is at its best at the end, 0.300 at epoch 30";
    assert_eq!(verdict.headline, words);
    let verdict = judge(&run(&fall(1.0, 0.28), &valley(20, 0.3, 0.3015)));
    assert_eq!(verdict.kind, Kind::Healthy);
    assert!(
        verdict.headline.contains("is near its best, 0.300 at epoch 20"),
        "{}",
        verdict.headline
    );
}

#[test]
fn a_training_set_known_by_heart_is_overfitting_without_a_rise() {
    let train: Vec<f64> = (0..30).map(|epoch| 0.5 * 0.8f64.powi(epoch)).collect();
    let held: Vec<f64> = fall(0.6, 0.5);
    let scores = |end: f64| -> Vec<f64> { fall(0.5, 1.0 - end).iter().map(|e| 1.0 - e).collect() };
    let verdict = judge(&with_scores(run(&train, &held), &scores(1.0), &scores(0.85)));
    assert_eq!((verdict.kind, verdict.severity), (Kind::Overfit, 1), "{verdict:#?}");
    assert_eq!(found(&verdict), [Found::Memorised]);
    assert!(
        verdict.headline.contains("training data are memorised (accuracy"),
        "{}",
        verdict.headline
    );
    // With nearly everything right there is nothing to win.
    let mut fine = with_scores(run(&train, &fall(0.6, 0.02)), &scores(1.0), &scores(0.995));
    fine.classes = Some(10);
    assert_eq!(judge(&fine).kind, Kind::Healthy, "{fine:#?}");
}

#[test]
fn a_loss_near_that_of_guessing_is_underfitting() {
    let mut curves = run(&fall(2.31, 2.25), &fall(2.31, 2.26));
    curves.classes = Some(10);
    let verdict = judge(&curves);
    assert_eq!((verdict.kind, verdict.severity), (Kind::Underfit, 3));
    assert_eq!(
        verdict.headline,
        "UNDERFITTING: training loss 2.25 is near that of guessing (2.30)"
    );
    assert_eq!(found(&verdict), [Found::HardlyLearned]);
    // Without the classes the first epoch is what there is to compare with.
    curves.classes = None;
    let verdict = judge(&curves);
    assert_eq!((verdict.kind, verdict.severity), (Kind::Underfit, 2));
    assert!(
        verdict.headline.contains("hardly falls: 2.31 → 2.25 (−2.6 %)"),
        "{}",
        verdict.headline
    );
    // A network that is right already need not move.
    let right = with_scores(run(&fall(0.1, 0.098), &fall(0.12, 0.118)), &[0.97; 30], &[0.96; 30]);
    assert_eq!(judge(&right).kind, Kind::Healthy);
}

#[test]
fn a_high_loss_with_many_hits_lies_in_the_labels() {
    let mut curves = run(&fall(2.3, 2.1), &fall(2.3, 2.12));
    curves.classes = Some(10);
    assert_eq!(judge(&curves).kind, Kind::Underfit);
    let noisy_labels = with_scores(curves, &[0.55; 30], &[0.53; 30]);
    assert_eq!(judge(&noisy_labels).kind, Kind::Healthy);
}

#[test]
fn a_regression_that_predicts_the_mean_is_underfitting() {
    let mut curves = run(&fall(1.0, 0.95), &fall(1.0, 0.96));
    curves.score = ScoreKind::Rises;
    (curves.train_score, curves.val_score) =
        (series("train_r2", &[0.04; 30]), series("val_r2", &[0.03; 30]));
    let verdict = judge(&curves);
    assert_eq!(verdict.kind, Kind::Underfit);
    assert!(verdict.headline.contains("training R² 0.0400"), "{}", verdict.headline);
}

#[test]
fn a_run_that_stops_while_both_losses_fall_fast_is_underfitting() {
    let falls = |end: f64| -> Vec<f64> {
        (0..20).map(|epoch| 2.0 - (2.0 - end) * f64::from(epoch) / 19.0).collect()
    };
    let verdict = judge(&run(&falls(0.9), &falls(1.0)));
    assert_eq!(verdict.kind, Kind::Underfit, "{verdict:#?}");
    assert!(verdict.headline.starts_with("UNDERFITTING: validation loss "), "{}", verdict.headline);
    assert!(found(&verdict).contains(&Found::StillImproving));
}

#[test]
fn losses_that_are_not_finite_have_diverged_since_then() {
    let mut train = fall(1.0, 0.5);
    train[20..].fill(f64::NAN);
    let verdict = judge(&run(&train, &fall(1.0, 0.5)));
    assert_eq!((verdict.kind, verdict.severity, verdict.since), (Kind::Diverged, 3, Some(21.0)));
    assert_eq!(verdict.headline, "DIVERGED at epoch 21: training loss is not finite");
    let mut held = fall(1.0, 0.5);
    held[29] = f64::INFINITY;
    let verdict = judge(&run(&fall(1.0, 0.5), &held));
    assert_eq!(verdict.headline, "DIVERGED at epoch 30: validation loss is not finite");
    let mut said = run(&[0.5], &[0.6]);
    said.diverged_at = Some(2.0);
    assert_eq!(judge(&said).kind, Kind::Diverged);
}

#[test]
fn a_loss_far_beyond_its_beginning_has_diverged() {
    let mut train = fall(1.0, 0.5);
    train[15..].iter_mut().enumerate().for_each(|(i, loss)| *loss += i as f64);
    let verdict = judge(&run(&train, &train));
    assert_eq!((verdict.kind, verdict.since), (Kind::Diverged, Some(17.0)), "{}", verdict.headline);
    // Overfitting alone takes a validation loss beyond its beginning.
    let verdict = judge(&run(&fall(0.6, 0.01), &valley(5, 0.4, 1.9)));
    assert_eq!(verdict.kind, Kind::Overfit);
    let mut worse = run(&[40.0; 8], &[40.0; 8]);
    worse.classes = Some(10);
    assert!(judge(&worse).headline.contains("worse than that of guessing (2.30)"));
}

#[test]
fn a_loss_that_was_not_finite_for_a_while_is_unstable() {
    let mut held = fall(1.0, 0.3);
    held[4] = f64::NAN;
    let verdict = judge(&run(&fall(1.0, 0.28), &held));
    assert_eq!(verdict.kind, Kind::Healthy);
    let words = "validation loss was not finite at epoch 5 and went on";
    assert_eq!(evidence(&verdict, Found::Unstable), words);
}

#[test]
fn losses_that_rise_together_are_not_overfitting() {
    let verdict = judge(&run(&valley(12, 0.3, 0.45), &valley(12, 0.324, 0.5)));
    assert_eq!(verdict.kind, Kind::Underfit, "{verdict:#?}");
    let words = "UNDERFITTING: training is unstable: training loss rises along";
    assert!(verdict.headline.starts_with(words), "{}", verdict.headline);
    assert_eq!(found(&verdict)[0], Found::Unstable);
    // Where the training data are fitted all the same, nobody can tell.
    let mut fitted = run(&valley(12, 0.03, 0.045), &valley(12, 0.324, 0.5));
    fitted.classes = Some(10);
    fitted.train_loss.as_mut().unwrap().values[29] = Some(0.2);
    let verdict = judge(&fitted);
    assert_ne!(verdict.kind, Kind::Underfit, "{verdict:#?}");
}

#[test]
fn a_training_loss_that_jumps_asks_for_a_lower_rate() {
    let jumps = |level: f64| -> Vec<f64> {
        (0..30).map(|i| level + 0.6 * [0.3, -0.9, 0.8, -0.6, 0.7][i % 5]).collect()
    };
    let mut curves = run(&jumps(1.4), &jumps(1.5));
    curves.classes = Some(10);
    let verdict = judge(&curves);
    assert_eq!(verdict.kind, Kind::Underfit, "{verdict:#?}");
    assert!(verdict.headline.contains("training loss jumps by about"), "{}", verdict.headline);
    // A loss measured while training may jump with its batches.
    curves.train_measure = TrainMeasure::Training;
    assert_ne!(judge(&curves).kind, Kind::Underfit);
    // A large gap says that there is no lack of learning.
    let mut apart = run(&jumps(1.0), &jumps(1.6));
    apart.classes = Some(10);
    assert_ne!(judge(&apart).kind, Kind::Underfit, "{:#?}", judge(&apart));
}

#[test]
fn what_happens_far_below_the_loss_of_guessing_is_of_no_consequence() {
    let mut rises = run(&fall(1.0, 0.0005), &valley(12, 0.001, 0.0014));
    rises.val_loss =
        series("val_loss", &[&[1.1, 0.3, 0.05][..], &[0.001; 10], &[0.0014; 17]].concat());
    let mut falls = run(&fall(1.0, 0.0005), &fall(1.0, 0.0005));
    for curves in [&mut rises, &mut falls] {
        curves.classes = Some(3);
        let verdict = judge(curves);
        assert_eq!(verdict.kind, Kind::Healthy, "{verdict:#?}");
    }
}

#[test]
fn few_epochs_are_too_few() {
    let verdict = judge(&run(&[0.5, 0.4], &[0.5, 0.6]));
    assert_eq!((verdict.kind, verdict.confidence), (Kind::Undecided, 1.0));
    assert_eq!(
        verdict.headline,
        "UNDECIDED: 2 epochs with validation figures are too few to tell: at least 3 are needed"
    );
    let one = judge(&run(&[0.5], &[0.5]));
    assert!(
        one.headline.contains("1 epoch with validation figures is too few"),
        "{}",
        one.headline
    );
    let falling = judge(&run(&[0.9, 0.6, 0.45], &[0.9, 0.62, 0.48]));
    assert_eq!(falling.kind, Kind::Undecided, "{falling:#?}");
    assert_eq!(found(&falling), [Found::TooFewEpochs]);
    // Three epochs of fine-tuning that plainly overfit are enough.
    let tuned = judge(&run(&[0.4, 0.2, 0.1], &[0.35, 0.42, 0.60]));
    assert_eq!(tuned.kind, Kind::Overfit, "{tuned:#?}");
}

#[test]
fn without_validation_nobody_can_tell() {
    let verdict = judge(&run(&fall(1.0, 0.1), &[]));
    assert_eq!((verdict.kind, verdict.best), (Kind::Undecided, None));
    assert_eq!(found(&verdict), [Found::NoValidation]);
    let nothing = judge(&run(&[], &[]));
    assert!(nothing.headline.contains("neither a training nor a validation figure"));
}

#[test]
fn a_small_validation_set_cannot_tell_what_a_large_one_can() {
    let mut curves = run(&fall(0.45, 0.25), &valley(12, 0.324, 0.37));
    let sure = judge(&curves);
    assert_eq!((sure.kind, sure.severity), (Kind::Overfit, 2), "{sure:#?}");
    curves.val_size = Some(60);
    let open = judge(&curves);
    assert_eq!(open.kind, Kind::Undecided, "{open:#?}");
    assert!(open.headline.starts_with("UNDECIDED: 60 validation samples know a change of"));
    assert_eq!(found(&open).last(), Some(&Found::TooLittleValidationData));
    assert!(open.confidence < 0.5);
    // A size that nobody knows is not counted, and limits what is said.
    curves.val_size = None;
    assert_eq!(judge(&curves).confidence, 0.95);
}

#[test]
fn the_same_samples_at_two_epochs_decide_what_their_number_alone_cannot() {
    let mut curves = run(&fall(0.45, 0.25), &valley(12, 0.324, 0.40));
    curves.val_size = Some(100);
    assert_eq!(judge(&curves).kind, Kind::Undecided);
    // Every sample's loss rises by about as much.
    let best: Vec<f32> = (0..100).map(|i| 0.02 + 0.0061 * i as f32).collect();
    let last = best.iter().enumerate();
    let last: Vec<f32> = last.map(|(i, loss)| loss + 0.066 + 0.02 * (i % 2) as f32).collect();
    curves.samples = Some(SamplePair { best_at: 12.0, best, last_at: 30.0, last });
    let verdict = judge(&curves);
    assert_eq!(verdict.kind, Kind::Overfit, "{verdict:#?}");
    let words = "on the same 100 samples 0.0760 ± 0.00197";
    assert!(evidence(&verdict, Found::Overtrained).ends_with(words), "{verdict:#?}");
}

#[test]
fn jumps_from_epoch_to_epoch_are_noise() {
    let jumps: Vec<f64> = (0..30).map(|i| 0.4 + 0.1 * [0.3, -0.9, 0.8, -0.6, 0.7][i % 5]).collect();
    let verdict = judge(&run(&fall(0.5, 0.3), &jumps));
    assert_ne!(verdict.kind, Kind::Overfit);
    assert!(evidence(&verdict, Found::Noisy).starts_with("validation loss jumps by about "));
}

#[test]
fn one_spike_at_the_end_is_no_overfitting() {
    let mut held = fall(1.0, 0.3);
    held[29] = 0.9;
    assert_ne!(judge(&run(&fall(1.0, 0.28), &held)).kind, Kind::Overfit);
}

#[test]
fn a_run_with_scores_alone_is_judged_by_them() {
    let mut curves = run(&[], &[]);
    curves.at = (1..=30).map(f64::from).collect();
    let accuracy: Vec<f64> = valley(12, 0.1, 0.2).iter().map(|error| 1.0 - error).collect();
    curves.val_score = series("val_accuracy", &accuracy);
    let verdict = judge(&curves);
    assert_eq!((verdict.kind, verdict.best), (Kind::Overfit, Some(12.0)), "{verdict:#?}");
    assert!(
        verdict.headline.ends_with("validation accuracy 90.0 % → 80.0 %"),
        "{}",
        verdict.headline
    );
    curves.score = ScoreKind::Falls;
    curves.val_score = series("val_mae", &valley(12, 0.1, 0.2));
    assert!(judge(&curves).headline.ends_with("val_mae 0.100 → 0.200"));
}

#[test]
fn a_loss_that_was_measured_while_training_is_called_so() {
    let mut curves = run(&fall(0.6, 0.05), &fall(0.6, 0.4));
    curves.train_measure = TrainMeasure::Training;
    let verdict = judge(&curves);
    let words = "(training loss (measured while training) 0.0";
    assert!(evidence(&verdict, Found::Memorised).contains(words), "{verdict:#?}");
}

#[test]
fn epochs_are_told_as_the_file_numbers_them() {
    let mut curves = article();
    curves.at = (0..30).map(|row| 0.5 * f64::from(row)).collect();
    let verdict = judge(&curves);
    assert_eq!((verdict.best, verdict.since), (Some(5.5), Some(6.0)));
    assert!(verdict.headline.starts_with("OVERFITTING since epoch 6:"), "{}", verdict.headline);
}

#[test]
fn columns_with_gaps_are_judged_by_what_is_there() {
    let mut curves = article();
    for column in [&mut curves.val_loss, &mut curves.train_loss] {
        let values = &mut column.as_mut().unwrap().values;
        values.iter_mut().skip(1).step_by(3).for_each(|value| *value = None);
    }
    assert_eq!(judge(&curves).kind, Kind::Overfit);
}

#[test]
fn ten_thousand_rows_are_judged_like_few() {
    let rows = 10_000;
    let held = |row: usize| {
        let at = row as f64 / rows as f64;
        let jitter = 0.02 * ((row * 7919 % 101) as f64 / 50.0 - 1.0);
        0.3 + 0.5 * (0.4 - at).max(0.0) + 0.3 * (at - 0.4).max(0.0) + jitter
    };
    let held: Vec<f64> = (0..rows).map(held).collect();
    let verdict = judge(&run(&[], &held));
    assert_eq!(verdict.kind, Kind::Overfit, "{verdict:#?}");
    let since = verdict.since.unwrap();
    assert!((4000.0..5500.0).contains(&since), "{since}");
}

#[test]
fn every_finding_has_advice_with_a_line_for_each_target() {
    let verdict = judge(&article());
    for target in Target::ALL {
        for finding in &verdict.findings {
            let advice = verdict.advice(finding, target);
            assert!(!advice.words.is_empty() && !advice.paste.contains('\n'));
        }
    }
    let stop = |target| verdict.advice(&verdict.findings[0], target).to_string();
    assert_eq!(
        stop(Target::Wellfit),
        "stop earlier and keep the best weights: early_stopping = { monitor = \"val_loss\", patience = 3 }"
    );
    assert!(
        stop(Target::Keras).contains("EarlyStopping(")
            && stop(Target::PyTorch).contains("torch.save(")
    );
}
