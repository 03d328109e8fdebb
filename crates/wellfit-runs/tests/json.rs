//! JSON in its shapes.

mod support;

use support::{gappy, has_note, names, one, text, text_with, values};
use wellfit_runs::{Options, Unit};

#[test]
fn a_history_as_json_is_read_with_pythons_nan() {
    let run = one(
        r#"{"accuracy": [0.8, 0.9], "loss": [0.5, NaN], "val_accuracy": [0.7, 0.8], "val_loss": [0.6, Infinity], "lr": [0.1, 0.1]}"#,
    );
    assert_eq!(run.origin, "looks like Keras's history as JSON");
    assert_eq!(names(&run), ["loss", "val_loss", "accuracy", "val_accuracy"]);
    assert_eq!(run.at, [1.0, 2.0]);
    assert!(values(&run.train_loss)[1].is_nan());
    assert_eq!(values(&run.val_loss)[1], f64::INFINITY);
}

#[test]
fn a_history_may_lie_within_an_object_with_settings() {
    let run = one(
        r#"{"params": {"verbose": 1, "epochs": 2, "steps": 9}, "history": {"loss": [0.5, 0.4], "val_loss": [0.6, 0.5]}}"#,
    );
    assert_eq!((values(&run.train_loss), values(&run.val_loss)), (vec![0.5, 0.4], vec![0.6, 0.5]));
}

#[test]
fn figures_may_lie_in_a_table_for_each_part_of_the_data() {
    let run = one(r#"{"train": {"loss": [0.5, 0.4]}, "val": {"loss": [0.6, 0.5]}}"#);
    assert_eq!(names(&run)[..2], ["train/loss", "val/loss"]);
    assert_eq!((values(&run.train_loss), values(&run.val_loss)), (vec![0.5, 0.4], vec![0.6, 0.5]));
}

#[test]
fn tables_of_several_runs_are_refused() {
    let run = r#"{"loss": [0.5, 0.4], "val_loss": [0.6, 0.5]}"#;
    let written = format!(r#"{{"first": {run}, "second": {run}}}"#);
    let error = text_with(&written, &Options::default()).unwrap_err().to_string();
    assert!(error.contains("in several tables (first, second); give each a file"), "{error}");
}

#[test]
fn what_pandas_writes_stands_where_its_index_says() {
    let run = one(r#"{"loss":{"0":0.5,"1":0.4},"val_loss":{"0":0.6,"1":null}}"#);
    assert_eq!(run.at, [0.0, 1.0]);
    assert_eq!(gappy(&run.val_loss), [Some(0.6), None]);
}

#[test]
fn a_validation_every_second_epoch_is_placed_and_said() {
    let run = one(r#"{"loss": [5, 4, 3, 2, 1], "val_loss": [4.5, 2.5]}"#);
    assert_eq!(gappy(&run.val_loss), [None, Some(4.5), None, Some(2.5), None]);
    assert!(has_note(
        &run,
        "`val_loss` has 2 values for 5 epochs; taken for those of the epochs that 2 divides"
    ));
}

#[test]
fn lists_that_do_not_fit_together_are_refused() {
    let written = r#"{"loss": [5, 4, 3, 2, 1], "val_loss": [4, 3, 2, 1]}"#;
    let error = text_with(written, &Options::default()).unwrap_err().to_string();
    assert_eq!(error, "stdin: `loss` has 5 values and `val_loss` 4: which belong together?");
}

#[test]
fn records_are_read_from_a_list_and_line_by_line() {
    for written in [
        r#"[{"epoch": 1, "loss": 0.5, "val_loss": 0.6}, {"epoch": 2, "loss": 0.4, "val_loss": NaN}]"#,
        "{\"epoch\": 1, \"loss\": 0.5, \"val_loss\": 0.6}\n{\"epoch\": 2, \"loss\": 0.4, \"val_loss\": NaN}\n",
        "{\"config\": {\"lr\": 1}}\n\n{\"epoch\": 1, \"train\": {\"loss\": 0.5}, \"val\": {\"loss\": 0.6}}\n{\"epoch\": 2, \"train\": {\"loss\": 0.4}, \"val\": {\"loss\": NaN}}",
        "{\"epoch\": 1, \"loss\": 0.5}\n{\"epoch\": 1, \"val_loss\": 0.6}\n{\"epoch\": 2, \"loss\": 0.4}\n{\"epoch\": 2, \"val_loss\": NaN}\n",
    ] {
        let run = one(written);
        assert_eq!(run.at, [1.0, 2.0], "{written}");
        assert_eq!(values(&run.train_loss), [0.5, 0.4], "{written}");
        assert!(values(&run.val_loss)[1].is_nan(), "{written}");
    }
}

#[test]
fn a_last_line_that_is_cut_off_is_left_with_a_note() {
    let run = one("{\"epoch\": 1, \"loss\": 0.5, \"val_loss\": 0.6}\n{\"epoch\": 2, \"lo");
    assert_eq!(run.at, [1.0]);
    assert!(has_note(&run, "line 2, the last, is cut off"));
}

#[test]
fn a_damaged_line_within_is_an_error_with_its_place() {
    let written = "{\"epoch\": 1, \"loss\": 1, \"val_loss\": 1}\n{\"epoch\" 2}\n{\"epoch\": 3}\n";
    let error = text_with(written, &Options::default()).unwrap_err().to_string();
    assert_eq!(error, "stdin: line 2, column 10: expected `:`");
}

const STATE: &str = r#"{
  "best_metric": null, "epoch": 2.0, "global_step": 20,
  "log_history": [
    {"epoch": 0.5, "grad_norm": 1.1, "learning_rate": 1e-05, "loss": 1.0, "step": 5},
    {"epoch": 1.0, "grad_norm": 1.2, "learning_rate": 1e-05, "loss": 0.8, "step": 10},
    {"epoch": 1.0, "eval_accuracy": 0.6, "eval_loss": 0.85, "eval_runtime": 1.5, "eval_samples_per_second": 133.333, "eval_steps_per_second": 16.667, "step": 10},
    {"epoch": 1.5, "grad_norm": 1.3, "learning_rate": 1e-05, "loss": 0.6, "step": 15},
    {"epoch": 2.0, "eval_accuracy": 0.7, "eval_loss": 0.75, "eval_runtime": 2.0, "eval_samples_per_second": 100.0, "eval_steps_per_second": 12.5, "step": 20},
    {"epoch": 2.0, "step": 20, "total_flos": 1e9, "train_loss": 0.77, "train_runtime": 9.1, "train_samples_per_second": 3.3}
  ],
  "logging_steps": 5, "max_steps": 20
}"#;

#[test]
fn hugging_faces_losses_are_averaged_between_evaluations() {
    let run = one(STATE);
    assert_eq!(run.origin, "Hugging Face's trainer_state.json");
    assert_eq!((run.unit, &run.at[..]), (Unit::Epoch, &[1.0, 2.0][..]));
    assert_eq!(names(&run), ["loss", "eval_loss", "", "eval_accuracy"]);
    assert_eq!(values(&run.train_loss), [0.9, 0.6]);
    assert_eq!(values(&run.val_loss), [0.85, 0.75]);
    assert!(has_note(&run, "3 training figures were averaged between the 2 epochs"));
}

#[test]
fn hugging_faces_evaluation_tells_how_many_samples_it_has() {
    assert_eq!(one(STATE).val_size, Some(200));
    let options = Options { val_size: Some(7), ..Options::default() };
    assert_eq!(text_with(STATE, &options).unwrap()[0].val_size, Some(7));
    // 5,000 samples in hundredths of a second: each evaluation knows them to a few.
    let fast = |second: &str| {
        STATE.replace("1.5, \"eval_samples_per_second\": 133.333", second).replace(
            "2.0, \"eval_samples_per_second\": 100.0",
            "0.0487, \"eval_samples_per_second\": 102616.457",
        )
    };
    let run = one(&fast("0.039, \"eval_samples_per_second\": 128211.286"));
    assert_eq!(run.val_size, Some(4998));
    assert!(has_note(&run, "about 4998 held-out samples, by the evaluation's speed"));
    // Evaluations of other sets contradict it, and one that is too fast says nothing.
    assert_eq!(one(&fast("0.039, \"eval_samples_per_second\": 64105.643")).val_size, None);
    assert_eq!(
        one(&STATE
            .replace(
                "1.5, \"eval_samples_per_second\": 133.333",
                "0.0001, \"eval_samples_per_second\": 2000000.0"
            )
            .replace(
                "2.0, \"eval_samples_per_second\": 100.0",
                "0.0001, \"eval_samples_per_second\": 2000000.0"
            ))
        .val_size,
        None
    );
}

#[test]
fn a_log_history_by_itself_is_read_too() {
    let start = STATE.find("[\n").unwrap();
    let end = STATE.find("],").unwrap();
    let runs = text(&STATE[start..=end]);
    assert_eq!(runs[0].origin, "Hugging Face's log_history");
    assert_eq!(values(&runs[0].val_loss), [0.85, 0.75]);
    assert_eq!(values(&runs[0].train_loss), [0.9, 0.6]);
}
