//! Keras's output, pasted.

mod support;

use support::{has_note, names, one, values};

#[test]
fn the_output_of_keras_3_is_read() {
    let run = one("Epoch 1/2\n\
         \u{1b}[1m1/2\u{1b}[0m \u{1b}[32m━━━━━━━━━━\u{1b}[0m\u{1b}[37m━━━━━━━━━━\u{1b}[0m \u{1b}[1m0s\u{1b}[0m 5ms/step - accuracy: 0.1000 - loss: 2.9000\
         \u{8}\u{8}\u{8}\r\u{1b}[1m2/2\u{1b}[0m \u{1b}[32m━━━━━━━━━━━━━━━━━━━━\u{1b}[0m\u{1b}[37m\u{1b}[0m \u{1b}[1m1s\u{1b}[0m 9ms/step - accuracy: 0.5000 - loss: 1.5000 - val_accuracy: 0.4500 - val_loss: 1.6000\n\
         Epoch 1: val_loss improved from inf to 1.60000, saving model to best.keras\n\
         Epoch 2/2\n\
         \u{1b}[1m2/2\u{1b}[0m \u{1b}[32m━━━━━━━━━━━━━━━━━━━━\u{1b}[0m\u{1b}[37m\u{1b}[0m \u{1b}[1m0s\u{1b}[0m 9ms/step - accuracy: 0.6000 - loss: 1.2000 - val_accuracy: 0.5000 - val_loss: 1.4000 - learning_rate: 5.0000e-04\n\
         \u{1b}[1m4/4\u{1b}[0m \u{1b}[32m━━━━\u{1b}[0m\u{1b}[37m\u{1b}[0m \u{1b}[1m0s\u{1b}[0m 1ms/step - accuracy: 0.9900 - loss: 0.0100\n");
    assert_eq!(run.origin, "Keras's console output");
    assert_eq!(names(&run), ["loss", "val_loss", "accuracy", "val_accuracy"]);
    assert_eq!(run.at, [1.0, 2.0]);
    assert_eq!(values(&run.train_loss), [1.5, 1.2]);
    assert_eq!(values(&run.val_loss), [1.6, 1.4]);
    assert!(has_note(&run, "rounded to four digits"));
    assert!(has_note(&run, "1 line of evaluations"));
}

#[test]
fn the_output_of_keras_2_is_read() {
    let run = one(
        "2024-01-01 10:00:00.000000: I tensorflow/core/platform/cpu_feature_guard.cc:182] This TensorFlow binary is optimized\n\
         Epoch 1/2\n\
         100/100 [==============================] - 2s 15ms/step - loss: 0.5 - accuracy: 0.8 - val_loss: 0.6 - val_accuracy: 0.7\n\
         Epoch 2/2\n\
         100/100 [==============================] - ETA: 0s - loss: 0.45 - accuracy: 0.85\r\
         100/100 [==============================] - 1s 12ms/step - loss: 0.4 - accuracy: 0.9 - val_loss: 0.55 - val_accuracy: 0.75\n",
    );
    assert_eq!(values(&run.train_loss), [0.5, 0.4]);
    assert_eq!(values(&run.val_score), [0.7, 0.75]);
}

#[test]
fn short_lines_and_a_single_epoch_are_read() {
    let run = one("Epoch 1/1\n9/9 - 2s - 15ms/step - loss: 0.5 - val_loss: 0.6\n");
    assert_eq!((run.at.clone(), values(&run.val_loss)), (vec![1.0], vec![0.6]));
    let run = one("9/9 - 2s - loss: 0.5 - val_loss: 0.6 - 2s/epoch - 15ms/step\n");
    assert_eq!((run.at.clone(), values(&run.val_loss)), (vec![1.0], vec![0.6]));
}

#[test]
fn an_epoch_that_was_broken_off_is_left_with_a_note() {
    let run = one("Epoch 1/9\n9/9 - 2s 15ms/step - loss: 0.5 - val_loss: 0.6\n\
         Epoch 2/9\n3/9 [==>...] - ETA: 1s - loss: 0.4\nKeyboardInterrupt\n");
    assert_eq!(run.at, [1.0]);
    assert!(has_note(&run, "epoch 2 was not finished"));
}
