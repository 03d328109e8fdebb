//! Folders: burn's, TensorBoard's, Hugging Face's, and those with several runs.

mod support;

use support::{folder, gappy, has_note, names, record, scalar, text_with, values, within};
use wellfit_runs::{Options, ScoreKind, Unit, read_text};

#[test]
fn burns_experiment_is_read() {
    let (_folder, runs) = folder(&[
        ("experiment.log", b"words"),
        ("train/epoch-1/Loss.log", b"1.5,32\n0.9,16\n"),
        ("train/epoch-1/Accuracy.log", b"50,32\n80,16\n"),
        ("valid/epoch-1/Loss.log", b"1.1,10\n"),
        ("valid/epoch-1/Accuracy.log", b"0.5,10\n"),
        ("train/epoch-2/Loss.log", b"0.7\n0.5\n"),
        ("train/epoch-2/Accuracy.log", b"90,32\n90,16\n"),
        ("valid/epoch-2/Loss.log", b"NaN,10\n"),
        ("valid/epoch-2/Accuracy.log", b"70,10\n75,final\n"),
        ("train/epoch-10/Loss.log", b"0.4,32\n"),
    ]);
    let run = &runs.unwrap()[0];
    assert_eq!(run.origin, "burn's experiment folder");
    assert_eq!(run.at, [1.0, 2.0, 10.0]);
    assert_eq!(names(run), ["train/Loss", "valid/Loss", "train/Accuracy", "valid/Accuracy"]);
    let train = values(&run.train_loss);
    assert!((train[0] - 1.3).abs() < 1e-12 && (train[1] - 0.6).abs() < 1e-12);
    assert_eq!(gappy(&run.train_score), [Some(0.6), Some(0.9), None]);
    assert_eq!(gappy(&run.val_score), [Some(0.005), Some(0.75), None]);
    assert!(gappy(&run.val_loss)[1].unwrap().is_nan());
    assert_eq!((run.train_size, run.val_size), (Some(48), Some(10)));
}

/// Keras's folders: epochs from 0, tensors, an evaluation by steps.
fn keras() -> (Vec<u8>, Vec<u8>) {
    let head = record(b"\x09\0\0\0\0\0\0\0\0\x1a\x0dbrain.Event:2");
    let mut train = head.clone();
    let mut validation = head;
    for (epoch, loss) in [(0, 0.5), (1, 0.25), (2, 0.125)] {
        train.extend(scalar(epoch, "epoch_loss", loss, true));
        train.extend(scalar(epoch, "epoch_learning_rate", 0.1, true));
        validation.extend(scalar(epoch, "epoch_loss", 2.0 * loss, true));
        validation.extend(scalar(10 * epoch, "evaluation_loss_vs_iterations", 9.0, true));
    }
    (train, validation)
}

const EVENTS: &str = "events.out.tfevents.1700000000.host.1.0.v2";

#[test]
fn keras_event_folders_are_read() {
    let (train, validation) = keras();
    let (_folder, runs) = folder(&[
        (&format!("train/{EVENTS}"), &train),
        (&format!("validation/{EVENTS}"), &validation),
    ]);
    let run = &runs.unwrap()[0];
    assert_eq!(run.origin, "Keras's TensorBoard folder");
    assert_eq!((run.unit, &run.at[..]), (Unit::Epoch, &[0.0, 1.0, 2.0][..]));
    assert_eq!(names(run), ["train/epoch_loss", "validation/epoch_loss", "", ""]);
    assert_eq!(values(&run.train_loss), [0.5, 0.25, 0.125]);
    assert_eq!(values(&run.val_loss), [1.0, 0.5, 0.25]);
}

#[test]
fn event_folders_of_other_programs_are_not_called_keras() {
    let [train, validation] = [0.5, 0.6].map(|loss| scalar(0, "loss", loss, true));
    let (_folder, runs) = folder(&[
        (&format!("train/{EVENTS}"), &train),
        (&format!("validation/{EVENTS}"), &validation),
    ]);
    assert_eq!(runs.unwrap()[0].origin, "TensorBoard's event files");
}

#[test]
fn pytorchs_events_are_read_by_step_and_averaged_between_validations() {
    let mut file = Vec::new();
    for step in 0..20 {
        file.extend(scalar(step, "Loss/train", f32::from(step), false));
        if step % 10 == 9 {
            file.extend(scalar(step, "Loss/val", 0.5, false));
        }
    }
    let run = &read_text("events", &file, &Options::default()).unwrap()[0];
    assert_eq!((run.unit, &run.at[..]), (Unit::Step, &[9.0, 19.0][..]));
    assert_eq!(values(&run.train_loss), [4.5, 14.5]);
    assert!(has_note(run, "20 training figures were averaged between the 2 steps"));
}

#[test]
fn steps_that_count_up_with_a_validation_each_are_epochs() {
    let file: Vec<u8> = (1..5)
        .flat_map(|step| {
            [scalar(step, "Loss/train", 0.5, false), scalar(step, "Loss/val", 0.6, false)]
        })
        .flatten()
        .collect();
    let run = &read_text("events", &file, &Options::default()).unwrap()[0];
    assert_eq!((run.unit, &run.at[..]), (Unit::Epoch, &[1.0, 2.0, 3.0, 4.0][..]));
    assert!(has_note(run, "taken for epochs"));
}

#[test]
fn add_scalars_writes_a_folder_for_each_line_of_a_picture() {
    let train = [scalar(1, "Loss", 0.5, false), scalar(2, "Loss", 0.4, false)].concat();
    let val = [scalar(1, "Loss", 0.6, false), scalar(2, "Loss", 0.5, false)].concat();
    let (_folder, runs) =
        folder(&[(&format!("Loss_train/{EVENTS}"), &train), (&format!("Loss_val/{EVENTS}"), &val)]);
    let run = &runs.unwrap()[0];
    assert_eq!(names(run), ["Loss_train/Loss", "Loss_val/Loss", "", ""]);
}

#[test]
fn a_truncated_event_file_gives_the_rows_before_the_cut() {
    let (train, validation) = keras();
    let cut = validation.len() - 100;
    let (_folder, runs) = folder(&[
        (&format!("train/{EVENTS}"), &train),
        (&format!("validation/{EVENTS}"), &validation[..cut]),
    ]);
    let run = &runs.unwrap()[0];
    assert_eq!(gappy(&run.val_loss)[..2], [Some(1.0), Some(0.5)]);
    assert!(has_note(run, "it ends in the middle of a record"), "{:?}", run.notes);
}

#[test]
fn an_event_file_may_end_anywhere() {
    let (train, _) = keras();
    let options = Options { val_col: Some("epoch_loss".into()), ..Options::default() };
    let whole = read_text("events", &train, &options).unwrap()[0].at.len();
    for end in 1..train.len() {
        if let Ok(runs) = read_text("events", &train[..end], &options) {
            assert!(runs.iter().all(|run| run.at.len() <= whole));
        }
    }
}

/// Losses on training data at each step, on held-out data at every `every`-th, and the
/// epoch of four steps at each.
fn with_epochs(every: u8) -> Vec<u8> {
    let figures = (1..=12_u8).flat_map(|step| {
        let epoch = scalar(step, "epoch", f32::from((step - 1) / 4), false);
        let train = scalar(step, "train/loss", f32::from(step), false);
        let val = scalar(step, "val/loss", f32::from(100 - step), false);
        [epoch, train, if step % every == 0 { val } else { Vec::new() }]
    });
    figures.flatten().collect()
}

#[test]
fn steps_of_an_event_file_that_names_their_epochs_are_put_there() {
    let run = &read_text("events", &with_epochs(4), &Options::default()).unwrap()[0];
    assert_eq!((run.unit, &run.at[..]), (Unit::Epoch, &[0.0, 1.0, 2.0][..]));
    assert_eq!(values(&run.train_loss), [2.5, 6.5, 10.5]);
    assert_eq!(values(&run.val_loss), [96.0, 92.0, 88.0]);
    assert!(has_note(run, "`epoch` says to which epoch a step belongs"));
}

#[test]
fn several_validations_an_epoch_stay_at_their_steps() {
    let run = &read_text("events", &with_epochs(1), &Options::default()).unwrap()[0];
    assert_eq!((run.unit, run.at.len()), (Unit::Step, 12));
}

#[test]
fn a_run_that_is_started_again_in_its_event_folder_is_two() {
    let epochs = |losses: &[f32]| {
        let pairs = losses.iter().zip(0..).flat_map(|(&loss, epoch)| {
            [scalar(epoch, "train_loss", loss, false), scalar(epoch, "val_loss", 2.0 * loss, false)]
        });
        pairs.flatten().collect::<Vec<u8>>()
    };
    let (_folder, runs) = folder(&[
        ("events.out.tfevents.1.host", &epochs(&[4.0, 3.0, 2.0])),
        ("events.out.tfevents.2.host", &epochs(&[5.0, 1.0])),
    ]);
    let runs = runs.unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!(values(&runs[0].val_loss), [8.0, 6.0, 4.0]);
    assert_eq!(values(&runs[1].val_loss), [10.0, 2.0]);
    assert!(has_note(&runs[1], "this is run 2 of 2"));
}

const CSV: &[u8] = b"epoch,loss,val_loss\n1,0.5,0.6\n2,0.4,0.5\n";

#[test]
fn a_folder_of_runs_gives_each_its_own_name() {
    let (folder, runs) = folder(&[
        ("version_0/metrics.csv", CSV),
        ("version_0/hparams.yaml", b"lr: 1"),
        ("version_1/metrics.csv", CSV),
        ("version_1/settings.json", b"{\"lr\": 1}"),
        ("seeds/0.csv", CSV),
        ("seeds/1.csv", CSV),
        (".hidden/metrics.csv", CSV),
    ]);
    let runs = runs.unwrap();
    let names: Vec<_> = runs.iter().map(|run| within(folder.path(), run)).collect();
    assert_eq!(names, ["seeds/0.csv", "seeds/1.csv", "version_0", "version_1"]);
}

#[test]
fn what_could_not_be_read_beside_runs_is_said() {
    let (_folder, runs) = folder(&[("a.csv", CSV), ("b.csv", b"")]);
    let runs = runs.unwrap();
    assert_eq!(runs.len(), 1);
    assert!(has_note(&runs[0], "b.csv: is empty"), "{:?}", runs[0].notes);
}

#[test]
fn a_wellfit_folder_without_a_record_says_so() {
    let history = b"epoch,lr,train_loss,train_penalty,train_eval_loss,train_accuracy,val_loss,val_accuracy,train_seconds,seconds\n\
        1,0.001,0.6,0.1,0.5,0.8,0.55,0.79,1,1.1\n";
    let (_folder, runs) = folder(&[("history.csv", history), ("plan.toml", b"")]);
    assert!(has_note(&runs.unwrap()[0], "there is no record.json beside it"));
    let (_folder, runs) = folder(&[("history.csv", history), ("record.json", b"{\"schema\": 1}")]);
    assert!(has_note(&runs.unwrap()[0], "history.csv alone was read"));
}

#[test]
fn the_last_checkpoint_of_hugging_faces_trainer_has_it_all() {
    let state = |losses: &[f64]| {
        let logs: Vec<_> = losses
            .iter()
            .zip(1..)
            .flat_map(|(loss, epoch)| {
                [
                    format!("{{\"epoch\": {epoch}.0, \"loss\": {loss}, \"step\": {epoch}0}}"),
                    format!("{{\"epoch\": {epoch}.0, \"eval_loss\": {loss}, \"step\": {epoch}0}}"),
                ]
            })
            .collect();
        format!("{{\"log_history\": [{}], \"max_steps\": 30}}", logs.join(","))
    };
    let (_folder, runs) = folder(&[
        ("checkpoint-90/trainer_state.json", state(&[0.5]).as_bytes()),
        ("checkpoint-100/trainer_state.json", state(&[0.5, 0.4]).as_bytes()),
        ("config.json", b"{\"hidden\": 7}"),
    ]);
    let runs = runs.unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(values(&runs[0].val_loss), [0.5, 0.4]);
}

#[test]
fn an_event_files_tags_can_be_named() {
    let file: Vec<u8> = (0..4)
        .flat_map(|step| {
            [scalar(step, "a/quality", 0.5, false), scalar(step, "b/quality", 0.25, false)]
        })
        .flatten()
        .collect();
    let options = Options {
        train_score_col: Some("a/quality".into()),
        val_score_col: Some("b/quality".into()),
        higher_is_better: Some(true),
        ..Options::default()
    };
    let run = &read_text("events", &file, &options).unwrap()[0];
    assert_eq!((values(&run.val_score), run.score), (vec![0.25; 4], ScoreKind::Rises));
    let wrong = Options { val_col: Some("c".into()), ..Options::default() };
    let error = read_text("events", &file, &wrong).unwrap_err().to_string();
    assert!(error.contains("columns: a/quality, b/quality"), "{error}");
    assert!(text_with("epoch,loss\n1,2\n", &wrong).is_err());
}
