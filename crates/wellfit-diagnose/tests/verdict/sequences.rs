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
    assert!(verdict.confidence > 0.99, "{verdict:#?}");
    // The curves cannot tell noisy data from a network that is too small.
    assert_eq!(found(&verdict), [Found::Unfitted]);
    assert_eq!(
        evidence(&verdict, Found::Unfitted),
        "training data are not fitted, and there is no gap (training loss 0.280, validation loss \
         0.300): whether they hold more, only a larger network can tell"
    );
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
fn many_hits_do_not_excuse_a_loss_near_that_of_guessing() {
    let mut curves = run(&fall(2.3, 2.1), &fall(2.3, 2.12));
    curves.classes = Some(10);
    assert_eq!(judge(&curves).kind, Kind::Underfit);
    let unsure = with_scores(curves, &[0.55; 30], &[0.53; 30]);
    assert_eq!(judge(&unsure).kind, Kind::Underfit);
    // What a network costs that is as sure as it is right, with 45 % of labels wrong.
    let settles: Vec<f64> = (0..30).map(|epoch| 1.68 + 0.6 * 0.6f64.powi(epoch)).collect();
    let mut wrong_labels = run(&settles, &settles);
    wrong_labels.classes = Some(10);
    let wrong_labels = with_scores(wrong_labels, &[0.55; 30], &[0.55; 30]);
    assert_eq!(judge(&wrong_labels).kind, Kind::Healthy);
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
fn a_large_gap_is_no_reason_to_stop_where_longer_training_wins_more() {
    let straight = |from: f64, to: f64| -> Vec<f64> {
        (0..30).map(|epoch| from + (to - from) * f64::from(epoch) / 29.0).collect()
    };
    let verdict = judge(&run(&straight(1.4, 0.6), &straight(1.8, 1.0)));
    assert_eq!(verdict.kind, Kind::Underfit, "{verdict:#?}");
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
fn a_slow_run_whose_loss_still_falls_is_not_lost_above_guessing() {
    let losses = |end: f64| -> Vec<f64> {
        (1..=30).map(|epoch| end + 0.03 * f64::from(30 - epoch)).collect()
    };
    let mut curves = run(&losses(2.6), &losses(2.65));
    curves.classes = Some(10);
    assert_eq!(judge(&curves).kind, Kind::Underfit, "{:#?}", judge(&curves));
    curves.train_loss.as_mut().unwrap().values[29] = Some(2.7);
    assert_eq!(judge(&curves).kind, Kind::Diverged);
}

#[test]
fn a_spike_before_the_end_is_no_divergence() {
    let mut curves = run(&fall(2.2, 1.0), &fall(2.2, 1.1));
    curves.classes = Some(10);
    curves.train_loss.as_mut().unwrap().values[28] = Some(60.0);
    assert_ne!(judge(&curves).kind, Kind::Diverged, "{:#?}", judge(&curves));
    curves.train_loss.as_mut().unwrap().values[29] = Some(60.0);
    assert_eq!(judge(&curves).kind, Kind::Diverged);
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
    // A mean over few batches that rises is no divergence, and nothing was learned yet.
    let flat = judge(&run(&[0.329, 0.310, 0.432], &[0.7496, 0.7496, 0.7496]));
    assert_eq!(flat.kind, Kind::Undecided, "{flat:#?}");
    assert!(
        flat.headline.ends_with("too few to tell: validation has hardly moved yet"),
        "{flat:#?}"
    );
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
    let words = "UNDECIDED: validation loss 0.324 → 0.370 (+14 %) since epoch 14 may be luck: 60 \
                 validation samples know a change of validation loss to ± ";
    assert!(open.headline.starts_with(words), "{}", open.headline);
    assert_eq!(found(&open).last(), Some(&Found::TooLittleValidationData));
    assert!(open.confidence < 0.5);
    // As many as it asks for do tell, and half of them do not.
    let (_, needed) = open.headline.split_once("; about ").unwrap();
    let needed = needed.strip_suffix(" would tell").unwrap().replace(',', "");
    curves.val_size = Some(needed.parse().unwrap());
    assert_eq!(judge(&curves).kind, Kind::Overfit, "{needed}");
    curves.val_size = Some(needed.parse::<usize>().unwrap() / 2);
    assert_eq!(judge(&curves).kind, Kind::Undecided, "{needed}");
}

#[test]
fn a_size_that_nobody_knows_is_assumed_and_widens_the_doubt() {
    let with = |rise: f64, size: Option<usize>| {
        let mut curves = run(&fall(0.45, 0.35), &valley(12, 0.324, 0.324 * (1.0 + rise)));
        curves.val_size = size;
        judge(&curves)
    };
    let (known, unknown) = (with(0.12, Some(10_000)), with(0.12, None));
    assert_eq!((known.kind, unknown.kind), (Kind::Overfit, Kind::Undecided), "{unknown:#?}");
    let note = "the size of the validation set is not known: 1,000 samples are assumed; give \
                --val-size N";
    assert_eq!((known.notes.len(), unknown.notes.as_slice()), (0, &[note.to_owned()][..]));
    // What is plain is said, but never more surely than this.
    let plain = with(0.4, None);
    assert_eq!((plain.kind, plain.confidence), (Kind::Overfit, 0.95), "{plain:#?}");
}

#[test]
fn accuracies_in_steps_of_a_hundredth_tell_of_a_hundred_samples() {
    let mut curves = article();
    let right = |row: usize| f64::from((80.0 + (row % 7) as f32) / 100.0);
    curves.val_score = series("val_accuracy", &(0..30).map(right).collect::<Vec<f64>>());
    curves.val_size = None;
    let guessed = judge(&curves);
    let note = "by the steps of `val_accuracy` there are 100 validation samples; if not, give \
                --val-size N";
    assert_eq!(guessed.notes, [note]);
    curves.val_size = Some(100);
    let given = judge(&curves);
    // It is a guess, and limits what is said.
    assert_eq!((given.kind, guessed.kind), (Kind::Overfit, Kind::Overfit));
    assert!((given.confidence, guessed.confidence) == (0.969, 0.95), "{given:#?}");
}

#[test]
fn accuracy_is_called_unchanged_only_where_a_change_can_be_excluded() {
    let mut curves = article();
    let held: Vec<f64> = (0..30).map(|row| 0.84 - 0.05 * (f64::from(row) / 29.0)).collect();
    curves.val_score = series("val_accuracy", &held);
    curves.val_size = Some(300);
    curves.val_loss = series("val_loss", &valley(12, 0.324, 0.9));
    let verdict = judge(&curves);
    assert!(
        verdict.headline.ends_with("accuracy 82.1 % → 79.0 %, which may be luck"),
        "{verdict:#?}"
    );
    assert!(!found(&verdict).contains(&Found::Overconfident));
}

#[test]
fn what_never_learned_its_training_data_has_not_memorised_them() {
    let mut curves = run(&fall(35.0, 2.7), &fall(34.0, 16.9));
    let guesses = [0.11; 30];
    curves = with_scores(curves, &guesses, &guesses);
    let verdict = judge(&curves);
    assert_eq!((verdict.kind, verdict.severity), (Kind::Underfit, 3), "{verdict:#?}");
    let words = "UNDERFITTING: training accuracy has not risen (11.0 %), and training loss 2.8";
    assert!(verdict.headline.starts_with(words), "{}", verdict.headline);
    assert!(!found(&verdict).contains(&Found::Memorised));
    // Without the accuracy on training data that on validation data tells.
    let mut held_alone = curves.clone();
    held_alone.train_score = None;
    let words =
        "UNDERFITTING: validation accuracy has not risen (11.0 %), and validation loss 17.0";
    assert!(judge(&held_alone).headline.starts_with(words), "{:#?}", judge(&held_alone));
    let learned: Vec<f64> = (0..30).map(|row| 0.11 + 0.02 * f64::from(row)).collect();
    let verdict = judge(&with_scores(curves, &learned, &guesses));
    assert!(found(&verdict).contains(&Found::Memorised), "{verdict:#?}");
}

#[test]
fn a_gap_is_not_called_harmless_beside_a_fault() {
    for curves in [article(), run(&fall(0.6, 0.05), &fall(0.6, 0.4))] {
        let verdict = judge(&curves);
        assert_eq!(verdict.kind, Kind::Overfit);
        assert!(!found(&verdict).contains(&Found::LargeGap), "{verdict:#?}");
    }
}

#[test]
fn what_is_judged_by_its_score_is_told_to_watch_the_score() {
    let mut curves = run(&[], &[]);
    let errors = valley(12, 0.1, 0.3);
    let right: Vec<f64> = errors.iter().map(|error| 1.0 - error).collect();
    curves.at = (1..=30).map(f64::from).collect();
    curves.val_score = series("val_acc", &right);
    let verdict = judge(&curves);
    let advice = |target| verdict.advice(&verdict.findings[0], target).paste;
    assert_eq!(verdict.findings[0].kind, Found::Overtrained);
    assert_eq!(
        advice(Target::Keras),
        r#"keras.callbacks.EarlyStopping(monitor="val_acc", mode="max", patience=3, restore_best_weights=True)"#
    );
    assert!(advice(Target::PyTorch).starts_with("if val_score >= max(val_scores): "));
    assert!(advice(Target::Wellfit).contains(r#"monitor = "val_accuracy""#));
}

#[test]
fn a_long_run_is_told_in_epochs_and_not_in_the_rows_that_were_judged() {
    let held: Vec<f64> = (0..1000).map(|row| 0.6 - 0.3 * f64::from(row) / 999.0).collect();
    let verdict = judge(&run(&held, &held));
    assert!(verdict.headline.contains(" over the last 255 epochs: "), "{}", verdict.headline);
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
    let words = "does not carry over: training loss (measured while training) 0.0";
    assert!(evidence(&verdict, Found::Memorised).contains(words), "{verdict:#?}");
    // A gap that is half as large says as little as that figure.
    let held: Vec<f64> = (0..30).map(|_| 0.4).collect();
    let mut near = run(&fall(0.6, 0.28), &held);
    assert_eq!(judge(&near).kind, Kind::Overfit);
    near.train_measure = TrainMeasure::Training;
    assert_eq!(judge(&near).kind, Kind::Healthy);
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
