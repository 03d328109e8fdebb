//! `history.csv`: a row an epoch.

use std::fmt::Write;

use wellfit_metrics::Extra;

use crate::encode::word;
use crate::plan::Metric;
use crate::record::{EpochRow, ScoreKind};

/// The rows as CSV, header included: `train_accuracy` and `val_accuracy`, or in
/// regression `train_r2` and `val_r2`. The columns of `train.metrics`, which the first
/// row names, come last.
pub fn to_csv(score: ScoreKind, rows: &[EpochRow]) -> String {
    let [train, val] = score.columns();
    let mut out = format!(
        "epoch,lr,train_loss,train_penalty,train_eval_loss,{train},val_loss,{val},\
         train_seconds,seconds"
    );
    let extras: Vec<Extra> = match rows.first() {
        Some(row) => row.extras.iter().map(|score| score.extra).collect(),
        None => Vec::new(),
    };
    for [train, val] in extras.iter().map(|extra| extra.columns()) {
        let _ = write!(out, ",{train},{val}");
    }
    out.push('\n');
    for row in rows {
        let maybe = |value: Option<f64>| value.map_or_else(String::new, number);
        let _ = write!(
            out,
            "{},{},{},{},{},{},{},{},{},{}",
            row.epoch,
            number(row.lr),
            number(row.train_loss),
            number(row.train_penalty),
            number(row.train_eval_loss),
            number(row.train_score),
            maybe(row.val_loss),
            maybe(row.val_score),
            number(row.train_seconds),
            number(row.seconds),
        );
        for &extra in &extras {
            let of = |metric| maybe(row.metric(metric));
            let _ = write!(out, ",{},{}", of(Metric::Train(extra)), of(Metric::Val(extra)));
        }
        out.push('\n');
    }
    out
}

/// The shortest digits that read back to the same f64; `nan`, `inf`, `-inf`.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return word(value).into();
    }
    let mut text = format!("{value:?}");
    if text.ends_with(".0") {
        text.truncate(text.len() - 2);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::ExtraScore;
    use crate::record::tests::row;

    #[test]
    fn the_columns_are_the_contracts() {
        let bare = EpochRow { val_loss: None, val_score: None, train_loss: f64::NAN, ..row(1) };
        let rows = [bare, EpochRow { lr: 1e-5, train_penalty: f64::INFINITY, ..row(2) }];
        let text = to_csv(ScoreKind::Accuracy, &rows);
        assert_eq!(
            text,
            "epoch,lr,train_loss,train_penalty,train_eval_loss,train_accuracy,val_loss,\
             val_accuracy,train_seconds,seconds\n\
             1,0.001,nan,0,0.25,0.875,,,1.5,2\n\
             2,1e-5,0.5,inf,0.25,0.875,0.5,0.75,1.5,2\n"
        );
        assert_eq!(
            to_csv(ScoreKind::R2, &[]),
            "epoch,lr,train_loss,train_penalty,train_eval_loss,train_r2,val_loss,val_r2,\
             train_seconds,seconds\n"
        );
    }

    #[test]
    fn the_plans_metrics_are_the_last_columns() {
        let score = |extra, train, val| ExtraScore { extra, train, val };
        let extras =
            vec![score(Extra::Top(5), 0.5, None), score(Extra::F1Macro, f64::NAN, Some(0.25))];
        let text = to_csv(ScoreKind::Accuracy, &[EpochRow { extras, ..row(1) }]);
        let (head, values) = text.trim_end().split_once('\n').unwrap();
        assert!(head.ends_with(",seconds,train_top_5,val_top_5,train_f1_macro,val_f1_macro"));
        assert!(values.ends_with(",2,0.5,,nan,0.25"), "{values}");
    }

    proptest! {
        #[test]
        fn a_number_reads_back_to_the_same_bits(value in any::<f64>()) {
            let back: f64 = number(value).parse().unwrap();
            prop_assert!(back.to_bits() == value.to_bits() || back.is_nan() && value.is_nan());
        }
    }
}
