//! CSV and TSV, as each program writes it.

mod support;

use support::{gappy, has_note, name, names, one, text, text_with, values};
use wellfit_runs::{Options, ScoreKind, TrainMeasure, Unit};

#[test]
fn keras_csv_logger_counts_from_0_and_writes_na_without_validation() {
    let run = one("epoch,accuracy,loss,val_accuracy,val_loss\n\
         0,0.81,0.52,NA,NA\n1,0.86,0.39,0.85,0.41\n2,0.88,nan,0.86,0.39\n");
    assert_eq!(run.origin, "looks like Keras's CSVLogger");
    assert_eq!((run.unit, &run.at[..]), (Unit::Epoch, &[0.0, 1.0, 2.0][..]));
    assert_eq!(names(&run), ["loss", "val_loss", "accuracy", "val_accuracy"]);
    assert_eq!(gappy(&run.val_loss), [None, Some(0.41), Some(0.39)]);
    assert!(values(&run.train_loss)[2].is_nan());
    assert_eq!((run.score, run.train_measure), (ScoreKind::Accuracy, TrainMeasure::Training));
    assert!(has_note(&run, "read `loss` as the training loss, `val_loss` as the validation loss"));
}

#[test]
fn a_table_that_anybody_may_have_written_only_looks_like_a_programs() {
    assert_eq!(one("epoch,loss,val_loss\n1,0.5,0.6\n").origin, "looks like Keras's CSVLogger");
    assert_eq!(
        one("epoch,step,loss,val_loss\n1,9,0.5,0.6\n").origin,
        "looks like Lightning's CSVLogger"
    );
    assert_eq!(one("epoch,loss,accuracy,val_loss\n1,0.5,0.9,0.6\n").origin, "a CSV table");
}

#[test]
fn any_separator_and_a_decimal_comma_are_understood() {
    for written in [
        "epoch\tloss\tval_loss\n1\t0.5\t0.6\n2\t0.4\t0.5\n",
        "epoch;loss;val_loss\n1;0.5;0.6\n2;0.4;0.5\n",
        "epoch;loss;val_loss\n1;0,5;0,6\n2;0,4;0,5\n",
        "epoch|loss|val_loss\n1|0.5|0.6\n2|0.4|0.5\n",
        "\u{feff}epoch, loss, val_loss\r\n1, 0.5, 0.6\r\n2, 0.4, 0.5\r\n",
        "\n\"epoch\",\"loss\",\"val_loss\"\n\"1\",\"0.5\",\"0.6\"\n2,tensor(0.4),\"tensor(0.5, device='cuda:0')\"\n",
        "# epoch,loss,val_loss\n1,0.5,0.6\n2,0.4,0.5\n",
    ] {
        let run = one(written);
        assert_eq!(run.at, [1.0, 2.0], "{written}");
        assert_eq!(values(&run.train_loss), [0.5, 0.4], "{written}");
        assert_eq!(values(&run.val_loss), [0.6, 0.5], "{written}");
    }
}

#[test]
fn a_pandas_dump_stands_where_its_index_says() {
    let run = one(",loss,val_loss\n0,0.5,0.6\n1,0.4,0.5\n");
    assert_eq!((run.origin.as_str(), &run.at[..]), ("pandas's to_csv", &[0.0, 1.0][..]));
    let run = one("loss,val_loss\n0.5,0.6\n0.4,0.5\n");
    assert_eq!(run.at, [1.0, 2.0]);
    assert!(has_note(&run, "counted from 1"));
}

#[test]
fn lightnings_sparse_rows_are_merged_by_epoch() {
    let run = one("epoch,step,train_acc,train_loss_epoch,train_loss_step,val_acc,val_loss\n\
         0,49,,,2.1,,\n0,99,,,1.9,,\n0,99,,,,0.5,1.5\n0,99,0.45,2.0,,,\n\
         1,149,,,1.4,,\n1,199,,,,0.6,1.2\n1,199,0.62,1.3,,,\n");
    assert_eq!(run.origin, "Lightning's CSVLogger");
    assert_eq!((run.unit, &run.at[..]), (Unit::Epoch, &[0.0, 1.0][..]));
    assert_eq!(names(&run), ["train_loss_epoch", "val_loss", "train_acc", "val_acc"]);
    assert_eq!(values(&run.train_loss), [2.0, 1.3]);
    assert_eq!(values(&run.val_loss), [1.5, 1.2]);
    assert!(has_note(&run, "left: `train_loss_step`"));
}

#[test]
fn lightnings_step_losses_are_averaged_over_the_epoch() {
    let run = one(
        "epoch,step,train_loss,val_loss\n0,49,2.0,\n0,99,1.0,\n0,99,,1.5\n1,149,0.5,\n1,199,,1.2\n",
    );
    assert_eq!(values(&run.train_loss), [1.5, 0.5]);
    assert_eq!(values(&run.val_loss), [1.5, 1.2]);
    assert!(has_note(&run, "training figures were averaged"));
}

#[test]
fn several_validations_an_epoch_make_steps_of_the_rows() {
    let run = one("epoch,step,train_loss,val_loss\n0,5,2.0,\n0,10,1.0,1.5\n0,20,0.8,1.2\n\
         1,25,0.7,\n1,30,0.5,1.1\n1,40,0.4,1.0\n1,45,0.3,\n");
    assert_eq!((run.unit, &run.at[..]), (Unit::Step, &[10.0, 20.0, 30.0, 40.0, 45.0][..]));
    assert_eq!(gappy(&run.val_loss), [Some(1.5), Some(1.2), Some(1.1), Some(1.0), None]);
    let train = values(&run.train_loss);
    assert_eq!((train[0], train[1], train[4]), (1.5, 0.8, 0.3));
    assert!((train[2] - 0.6).abs() < 1e-12);
    assert!(has_note(&run, "averaged between the 4 steps with validation figures"));
}

#[test]
fn fastais_scores_without_a_split_are_those_of_validation() {
    let runs = text(
        "epoch,train_loss,valid_loss,error_rate,accuracy,time\n0,0.9,0.7,0.3,0.7,00:12\n\
         1,0.6,0.5,0.2,0.8,00:11\nepoch,train_loss,valid_loss,error_rate,accuracy,time\n\
         0,0.5,0.45,0.18,0.82,00:12\n",
    );
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0].origin, "fastai's CSVLogger");
    assert_eq!(names(&runs[0]), ["train_loss", "valid_loss", "", "accuracy"]);
    assert_eq!((&runs[0].at[..], &runs[1].at[..]), (&[0.0, 1.0][..], &[0.0][..]));
    assert!(has_note(&runs[0], "`accuracy` does not say on which data"));
    assert!(has_note(&runs[1], "this is run 2 of 2, epoch 0 to 0"), "{:?}", runs[1].notes);
    assert_eq!(runs[1].name, "stdin (2 of 2)");
}

#[test]
fn ultralytics_padded_names_and_parts_of_the_loss_are_understood() {
    let run = one(
        "                  epoch,         train/box_loss,         train/cls_loss,   metrics/precision(B),\
                 metrics/mAP50(B),    metrics/mAP50-95(B),           val/box_loss,           val/cls_loss,                 lr/pg0\n\
                               1,                    1.0,                    0.5,                    0.1,\
                              0.2,                    0.1,                    1.25,                    0.25,                    0.01\n",
    );
    assert_eq!(run.origin, "Ultralytics's results.csv");
    assert_eq!(
        names(&run),
        [
            "train/box_loss + train/cls_loss",
            "val/box_loss + val/cls_loss",
            "",
            "metrics/mAP50-95(B)"
        ]
    );
    assert_eq!((values(&run.train_loss), values(&run.val_loss)), (vec![1.5], vec![1.5]));
    assert_eq!(run.score, ScoreKind::Rises);
}

#[test]
fn wellfits_own_history_has_its_training_loss_in_evaluation_mode() {
    let run = one(
        "epoch,lr,train_loss,train_penalty,train_eval_loss,train_accuracy,val_loss,val_accuracy,train_seconds,seconds\n\
         1,0.001,0.6,0.1,0.5,0.8,0.55,0.79,1,1.1\n",
    );
    assert_eq!(run.origin, "wellfit's history.csv");
    assert_eq!(names(&run), ["train_eval_loss", "val_loss", "train_accuracy", "val_accuracy"]);
    assert_eq!(run.train_measure, TrainMeasure::Evaluation);
    assert!(has_note(&run, "there is no record.json beside it"));
}

#[test]
fn unsorted_rows_are_sorted_and_of_repeated_ones_the_last_is_kept() {
    let run = one("epoch,loss,val_loss\n3,0.3,0.7\n1,0.5,0.6\n2,0.4,0.5\n2,0.45,0.55\n");
    assert_eq!(run.at, [1.0, 2.0, 3.0]);
    assert_eq!(values(&run.train_loss), [0.5, 0.45, 0.3]);
    assert_eq!(values(&run.val_loss), [0.6, 0.55, 0.7]);
    assert!(has_note(&run, "out of order"));
    assert!(has_note(&run, "repeat an earlier epoch the last was kept (1 row went)"));
}

#[test]
fn a_run_that_went_on_from_a_checkpoint_keeps_its_later_rows() {
    let run = one(
        "epoch,loss,val_loss\n1,0.5,0.6\n2,0.4,0.5\n3,0.3,0.9\n2,0.41,0.51\n3,0.31,0.41\n4,0.2,0.4\n",
    );
    assert_eq!(run.at, [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(values(&run.val_loss), [0.6, 0.51, 0.41, 0.4]);
    assert!(has_note(&run, "repeat an earlier epoch the last was kept (2 rows went)"));
}

#[test]
fn a_file_that_begins_again_holds_two_runs() {
    let runs = text("epoch,loss,val_loss\n1,0.5,0.6\n2,0.4,0.5\n3,0.3,0.4\n1,0.6,0.7\n2,0.5,0.6\n");
    assert_eq!(runs.iter().map(|run| run.at.len()).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(values(&runs[1].val_loss), [0.7, 0.6]);
    assert!(runs.iter().all(|run| has_note(run, "begin again")));
}

#[test]
fn unsorted_rows_are_no_second_run_though_the_first_epoch_stands_twice() {
    let run = one("epoch,loss,val_loss\n1,0.5,0.6\n3,0.3,0.4\n2,0.4,0.5\n1,0.55,0.65\n4,0.2,0.3\n");
    assert_eq!(run.at, [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(values(&run.val_loss), [0.65, 0.5, 0.4, 0.3]);
}

#[test]
fn per_cent_become_shares() {
    let run = one("epoch,loss,val_loss,acc,val_acc\n1,0.5,0.6,91.5,88\n2,0.4,0.5,93%,89.5%\n");
    assert_eq!(values(&run.val_score), [0.88, 0.895]);
    assert!(has_note(&run, "per cent"));
}

#[test]
fn cells_without_numbers_are_gaps_and_counted() {
    let run = one("epoch,loss,val_loss\n1,0.5,0.6\n2,0.4\n3,oops,0.4\n4,0.2,0.3,7,8\n");
    assert_eq!(gappy(&run.train_loss), [Some(0.5), Some(0.4), None, Some(0.2)]);
    assert_eq!(gappy(&run.val_loss), [Some(0.6), None, Some(0.4), Some(0.3)]);
    assert!(has_note(&run, "no number in 1 cell of `loss` (the first in line 4)"));
    assert!(has_note(&run, "beyond the header's columns was left, in 1 row"));
}

#[test]
fn a_last_line_that_is_cut_off_loses_its_last_cell() {
    let run = one("epoch,loss,val_loss\n1,0.5,0.6\n2,0.4");
    assert_eq!((run.at.clone(), gappy(&run.train_loss)), (vec![1.0], vec![Some(0.5)]));
    assert!(has_note(&run, "the last line is cut off; its last cell was left out"));
    // Whole, though nothing ends the line.
    let run = one("epoch,loss,val_loss\n1,0.5,0.6\n2,0.4,0.5");
    assert_eq!(values(&run.val_loss), [0.6, 0.5]);
}

#[test]
fn the_ranges_that_weights_and_biases_exports_are_left() {
    let run = one(
        "\"Step\",\"sun-12 - val_loss\",\"sun-12 - val_loss__MIN\",\"sun-12 - val_loss__MAX\"\n\
         1,0.6,0.6,0.6\n2,0.5,0.5,0.5\n",
    );
    assert_eq!(names(&run), ["", "sun-12 - val_loss", "", ""]);
}

#[test]
fn one_epoch_is_a_run() {
    let run = one("epoch,loss,val_loss\n1,0.5,0.6\n");
    assert_eq!((run.at.len(), values(&run.val_loss)), (1, vec![0.6]));
}

#[test]
fn a_row_without_a_place_is_left_out_and_takes_no_other_place() {
    let run = one("epoch,loss,val_loss\n1,0.5,0.6\nnan,nan,nan\n2,0.4,0.5\n");
    assert_eq!(values(&run.val_loss), [0.6, 0.5]);
    assert!(has_note(&run, "left out for lack of a number in `epoch`: 1 row"), "{:?}", run.notes);
}

#[test]
fn a_loss_without_a_number_is_left_out_and_said() {
    let run = one("epoch,loss,val_loss\n1,abc,0.6\n2,def,0.5\n");
    assert_eq!(names(&run), ["", "val_loss", "", ""]);
    assert!(has_note(&run, "no number in 2 cells of `loss` (the first in line 2): left out"));
}

#[test]
fn a_run_of_nothing_but_nan_is_a_run() {
    let run = one("epoch,loss,val_loss\n1,nan,nan\n2,nan,inf\n");
    assert!(values(&run.val_loss)[0].is_nan() && values(&run.val_loss)[1].is_infinite());
}

#[test]
fn options_choose_columns_direction_and_size() {
    let options = Options {
        val_score_col: Some("val_error".into()),
        higher_is_better: Some(false),
        val_size: Some(500),
        ..Options::default()
    };
    let written = "epoch,loss,val_loss,val_acc,error,val_error\n1,0.5,0.6,0.9,0.2,0.25\n";
    let run = &text_with(written, &options).unwrap()[0];
    assert_eq!((name(&run.val_score), name(&run.train_score)), ("val_error", "error"));
    assert_eq!((run.score, run.val_size), (ScoreKind::Falls, Some(500)));
}

#[test]
fn a_million_steps_are_thinned_and_it_is_said() {
    let rows = 1_000_000;
    let mut written = String::from("step,loss,val_loss\n");
    for i in 0..rows {
        use std::fmt::Write;
        writeln!(written, "{i},{},{}", f64::from(i % 7), f64::from(i % 5)).unwrap();
    }
    let run = one(&written);
    assert!((40_000..=100_000).contains(&run.at.len()), "{}", run.at.len());
    assert_eq!(run.at.last(), Some(&f64::from(rows - 1)));
    let train = values(&run.train_loss);
    let mean = train.iter().sum::<f64>() / train.len() as f64;
    assert!((mean - 3.0).abs() < 0.01, "{mean}");
    assert!(values(&run.val_loss).iter().all(|value| (0.0..5.0).contains(value)));
    assert!(has_note(&run, "of 1000000 rows every 16 neighbours became one"), "{:?}", run.notes);
}
